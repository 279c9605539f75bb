//! What a month has free, and amounts as people write them: a number and its unit.

use crate::billing::invoice::{MONTH, Quantity};
use crate::billing::prices::PriceBook;
use crate::billing::tree::{Flaws, Spot, Table, Value, decimal};
use crate::billing::units::{counts, units};
use crate::ground::time::Span;

/// So much of some items together is free each month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Of what: each unit that is free is free of one of them.
    pub items: Vec<String>,
    /// How much, in the unit in which their use is counted.
    pub amount: u128,
    /// How much, as the book writes it.
    pub written: String,
    /// When that was read.
    pub as_of: String,
    /// Where.
    pub source: String,
}

impl Allowance {
    /// Reads one of a book's list `free`, whose items stand in `book` already.
    pub(super) fn read(at: String, spot: &Spot, book: &PriceBook, flaws: &mut Flaws) -> Option<Allowance> {
        let before = flaws.0.len();
        let table = Table::open(at, spot, &["items", "amount", "source", "as-of"], flaws)?;
        let mut items = Vec::new();
        for (place, spot) in table.list("items", flaws) {
            match &spot.value {
                Value::Text(item) if book.item(item).is_some() => items.push(item.clone()),
                Value::Text(item) => {
                    flaws.add(&place, spot.span.clone(), format!("`{item}` has no price in this book"), None);
                }
                _ => flaws.add(&place, spot.span.clone(), "an item is named by a text".to_owned(), None),
            }
        }
        let written = table.word("amount", "a free amount is a number and its unit", flaws);
        let source = table.word("source", "every free amount says where and when it was read", flaws);
        let as_of = table.word("as-of", "every free amount says where and when it was read", flaws);
        let amount = table.read("amount", flaws, |text| {
            let (quantity, unit) = amount(text)?;
            let mut amounts = items.iter().filter_map(|item| Some((item, book.item(item)?)));
            let Some((name, first)) = amounts.next() else { return Err("is of no item".to_owned()) };
            if amounts.any(|(_, item)| (item.counted, item.per) != (first.counted, first.per)) {
                return Err("is of items that are not counted alike".to_owned());
            }
            in_unit_of(name, &unit)?;
            let scale = 10u128.pow(u32::from(quantity.decimals));
            Ok(quantity.parts * u128::from(counts(&unit, first.per)) / scale)
        });
        if flaws.0.len() > before {
            return None;
        }
        Some(Allowance { items, amount: amount?, written: written?, as_of: as_of?, source: source? })
    }
}

/// Decimals of a written amount.
const PLACES: u8 = 9;

/// A number and its unit, with a blank between: `2.5 GB-h`.
pub(super) fn amount(text: &str) -> Result<(Quantity, String), String> {
    let Some((number, unit)) = text.trim().rsplit_once(' ') else {
        return Err(format!("`{text}` has no unit: write a number, a blank and the unit, like `730 h` or `2 million`"));
    };
    let parts = decimal(number, usize::from(PLACES))?;
    Ok((Quantity { parts, decimals: PLACES }, unit.to_owned()))
}

/// Whether use of `item` may be written in `unit`; the sentence says in which it may.
pub(super) fn in_unit_of(item: &str, unit: &str) -> Result<(), String> {
    let known = units(item);
    let requests = known.contains(&"million");
    if known.contains(&unit) || (requests && unit == "request") {
        return Ok(());
    }
    let request = requests.then_some("request");
    let known: Vec<String> = known.iter().copied().chain(request).map(|unit| format!("`{unit}`")).collect();
    Err(format!("`{item}` is counted in {}, not `{unit}`", known.join(", ")))
}

/// What is left of a month's free amounts while a bill is made.
pub(super) struct Free<'a> {
    /// Each with what is left of it, in parts of which 10^[`FINE`] make one counted unit.
    left: Vec<(&'a Allowance, u128)>,
}

/// Decimals to which free amounts are counted: as many as memory × time has, and nothing else has more.
const FINE: u8 = 13;

impl<'a> Free<'a> {
    /// Nothing is used yet.
    pub fn of(book: &'a PriceBook) -> Free<'a> {
        let fine = 10u128.pow(u32::from(FINE));
        Free { left: book.given().iter().map(|free| (free, free.amount.saturating_mul(fine))).collect() }
    }

    /// Nothing is used yet of this time's share of a month of 730 h.
    pub fn of_time(book: &'a PriceBook, over: Span) -> Free<'a> {
        let mut free = Free::of(book);
        for (_, left) in &mut free.left {
            let (month, nanos) = (u128::from(MONTH.nanos()), u128::from(over.nanos()));
            // More than anybody has free need not be told to the last part.
            *left = left.checked_mul(nanos).map_or((*left / month).saturating_mul(nanos), |parts| parts / month);
        }
        free
    }

    /// The part of a use of `item` that is free, if some amount of it is.
    pub fn take(&mut self, item: &str, quantity: Quantity) -> Option<(Quantity, &'a Allowance)> {
        let (free, left) = self.left.iter_mut().find(|(free, _)| free.items.iter().any(|name| name == item))?;
        let finer = 10u128.pow(u32::from(FINE.saturating_sub(quantity.decimals)));
        let parts = quantity.parts.min(*left / finer);
        *left -= parts * finer;
        (parts > 0).then_some((Quantity { parts, ..quantity }, *free))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number_and_its_unit() {
        assert_eq!(
            amount("400_000 GB-s").map(|(amount, unit)| (amount.to_string(), unit)),
            Ok(("400000".into(), "GB-s".into()))
        );
        assert_eq!(amount(" 0.25 million ").map(|(amount, _)| amount.to_string()), Ok("0.25".into()));
        assert!(amount("5").unwrap_err().contains("has no unit"));
        assert!(amount("many GB").is_err() && amount("-1 GB").is_err() && amount("").is_err());
        assert_eq!(in_unit_of("sqs.fifo", "request"), Ok(()));
        assert_eq!(in_unit_of("nat.data", "h").unwrap_err(), "`nat.data` is counted in `GB`, not `h`");
    }

    /// Amazon SQS pricing: the first million requests of a month, of all queues together. Two queues of 0.75 million: half a
    /// million of the second is paid for.
    #[test]
    fn what_is_free_is_taken_once() {
        let book = PriceBook::us_east_1().with_free(true);
        let mut free = Free::of(&book);
        let mut take = |item, parts, decimals| {
            free.take(item, Quantity { parts, decimals }).map(|(quantity, _)| quantity.to_string())
        };
        assert_eq!(take("sqs.standard", 750_000, 0), Some("750000".to_owned()));
        assert_eq!(take("sqs.fifo", 7_500_000, 1), Some("250000".to_owned()));
        assert_eq!((take("sqs.fifo", 1, 0), take("alb.hour", 1, 0)), (None, None));
        assert!(Free::of(&PriceBook::us_east_1()).take("sqs.standard", Quantity::whole(1)).is_none());
    }

    /// 8 of 730 hours: 10,958 of a million requests. A time without end has all that a book can say.
    #[test]
    fn a_time_has_its_share() {
        let book = PriceBook::us_east_1().with_free(true);
        let take =
            |over| Free::of_time(&book, over).take("sqs.fifo", Quantity::whole(1 << 80)).map(|(free, _)| free.parts);
        assert_eq!(take(Span::from_secs(8 * 3_600)), Some(10_958));
        assert_eq!((take(MONTH), take(Span::ZERO)), (Some(1_000_000), None));
        let text = r#"
            list = [{ source = "page", as-of = "2026-01-01", prices = { "sqs.fifo" = "$1/million" } }]
            free = [{ items = ["sqs.fifo"], amount = "999_999_999_999 million", source = "page", as-of = "2026-01-01" }]
        "#;
        let book = PriceBook::read("much", text).unwrap().with_free(true);
        let mut free = Free::of_time(&book, Span::from_nanos(u64::MAX));
        assert!(free.take("sqs.fifo", Quantity::whole(1)).is_some());
    }

    #[test]
    fn every_free_amount_of_the_bundled_book_has_a_source() {
        let book = PriceBook::us_east_1();
        assert!(book.free().len() > 4);
        assert!(book.free().iter().all(|free| !free.source.is_empty() && free.as_of.len() == 10 && free.amount > 0));
    }

    #[test]
    fn what_is_wrong_with_a_free_amount_is_told() {
        let text = r#"
            list = [{ source = "page", as-of = "2026-01-01", prices = { "sqs.fifo" = "$1/million", "nat.data" = "$1/GB" } }]
            [[free]]
            items = ["sqs.fifo", "nat.data", "nat.hour"]
            amount = "1 GB"
            source = "page"
        "#;
        let flaws = PriceBook::read("bad", text).unwrap_err();
        let places: Vec<&str> = flaws.iter().map(|flaw| flaw.at.as_str()).collect();
        assert_eq!(places, ["free[0].items[2]", "free[0]", "free[0].amount"]);
    }
}
