//! The bill: quantities after the provider's rounding, times prices, each line rounded once.

use std::collections::BTreeMap;
use std::fmt;

use crate::billing::allowance::Free;
use crate::billing::charges::{Charge, SHARES, charges};
use crate::billing::prices::{Item, OWN, PriceBook};
use crate::billing::units::counts;
use crate::billing::usage::Usage;
use crate::ground::money::{Money, Price};
use crate::ground::time::Span;

/// One line of a bill: `quantity` ÷ `per` × `price` = `cost`, rounded half up to a picodollar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose use it was: `pool.media`.
    pub node: String,
    /// The price book's item: `ec2.c5.large`; `machine` where the platform has a price of its own.
    pub item: String,
    /// How much is billed, after the provider's rounding.
    pub quantity: Quantity,
    /// Of what: `s`, `h`, `request`, `LCU-h`, `GB-s`.
    pub unit: &'static str,
    /// What `per` of them cost.
    pub price: Money,
    /// How many units the price is for.
    pub per: u64,
    /// The charge.
    pub cost: Money,
    /// The price's date; empty for an own price.
    pub as_of: String,
    /// Where the price was read.
    pub source: String,
    /// The part of the charge for slots that nobody held, where that was measured.
    pub wasted: Option<Money>,
    /// How much was really used, before started units, minimums and chunks; `None` where nobody measured it.
    pub exact: Option<Quantity>,
    /// The part of the charge for what rounding up and minimums added to that.
    pub rounding: Option<Money>,
}

impl Line {
    /// Whether hours that are only begun are paid for as whole ones.
    pub fn is_by_the_hour(&self) -> bool {
        self.unit == "h"
    }
}

/// An exact decimal: `parts` ÷ 10^`decimals`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantity {
    /// How many parts.
    pub parts: u128,
    /// Ten to this power of them make one; at most 38.
    pub decimals: u8,
}

impl Quantity {
    /// A whole number.
    pub const fn whole(parts: u128) -> Quantity {
        Quantity { parts, decimals: 0 }
    }

    /// How many parts make one.
    pub(super) const fn scale(self) -> u128 {
        10u128.pow(self.decimals as u32)
    }

    /// For figures and charts; `Display` is exact.
    pub fn approximately(self) -> f64 {
        self.parts as f64 / self.scale() as f64
    }
}

impl fmt::Display for Quantity {
    /// The exact decimal without idle zeros: `2.75`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale();
        let (whole, part) = (self.parts / scale, self.parts % scale);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:0width$}", width = usize::from(self.decimals));
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// Usage × prices. The tiers of an item count its use by all nodes together, from the first node on, and begin anew
/// with every bill; what a month has free (where the book gives it) is taken off before them. Each line is rounded once.
///
/// # Panics
/// Where an item has no price: [`check`](crate::billing::check) says so before anything runs.
pub fn invoice(usage: &Usage, book: &PriceBook) -> Vec<Line> {
    priced(usage, book, Free::of(book))
}

/// The same for so long a time: of what a month has free, that time's share of a month of 730 h is taken off.
///
/// # Panics
/// As [`invoice`].
pub fn invoice_of(usage: &Usage, book: &PriceBook, over: Span) -> Vec<Line> {
    priced(usage, book, Free::of_time(book, over))
}

fn priced(usage: &Usage, book: &PriceBook, mut free: Free<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut before: BTreeMap<String, u128> = BTreeMap::new();
    for node in &usage.nodes {
        for mut charge in charges(&node.used) {
            if let Some(hour) = charge.hour {
                let price = Price { picodollars: hour, per: 3_600 };
                lines.push(line(&node.node, &charge, charge.quantity, price, ("s", "", OWN)));
                continue;
            }
            let item = book.item(&charge.item).expect("the prices of a scenario are checked before it runs");
            if let Some(unit) = &charge.unit {
                charge.quantity.parts *= u128::from(counts(unit, item.per));
            }
            if let Some((quantity, free)) = free.take(&charge.item, charge.quantity) {
                let price = Price { picodollars: 0, per: item.per };
                let about = (item.counted, free.as_of.as_str(), free.source.as_str());
                lines.push(Line { wasted: None, ..line(&node.node, &charge, quantity, price, about) });
                charge.quantity.parts -= quantity.parts;
                charge.exact = None;
                if charge.quantity.parts == 0 {
                    continue;
                }
            }
            let used = before.entry(charge.item.clone()).or_default();
            let about = (item.counted, item.as_of.as_str(), item.source.as_str());
            for (quantity, picodollars) in split(item, *used, charge.quantity) {
                let price = Price { picodollars, per: item.per };
                lines.push(line(&node.node, &charge, quantity, price, about));
            }
            *used += charge.quantity.parts;
        }
    }
    lines
}

fn line(node: &str, charge: &Charge, quantity: Quantity, price: Price, about: (&'static str, &str, &str)) -> Line {
    let of = |quantity: Quantity| {
        let whole = u64::try_from(quantity.scale()).expect("no use is counted in finer parts than 10⁻¹⁹");
        price.of_parts(quantity.parts, whole)
    };
    let cost = of(quantity);
    let wasted = charge.idle.map(|idle| {
        let share = i128::try_from(idle).unwrap_or(0);
        Money::from_picodollars(cost.picodollars() * share / SHARES as i128)
    });
    // Where a charge is cut into several lines, nobody can say which of them rounding belongs to.
    let exact = charge.exact.filter(|_| quantity == charge.quantity);
    let (unit, as_of, source) = about;
    Line {
        node: node.to_owned(),
        item: charge.item.clone(),
        quantity,
        unit,
        price: Money::from_picodollars(i128::from(price.picodollars)),
        per: price.per,
        cost,
        as_of: as_of.to_owned(),
        source: source.to_owned(),
        wasted,
        exact,
        rounding: exact.map(|exact| cost - of(exact)),
    }
}

/// A quantity cut at the bounds of the tiers in which it lies, `before` parts having been used already. At least
/// one piece.
fn split(item: &Item, before: u128, quantity: Quantity) -> Vec<(Quantity, u64)> {
    let end = before + quantity.parts;
    let mut pieces = Vec::new();
    for (number, tier) in item.tiers.iter().enumerate() {
        let scale = quantity.scale();
        let from = (tier.above * scale).max(before);
        let to = item.tiers.get(number + 1).map_or(end, |next| (next.above * scale).min(end));
        if from < to {
            pieces.push((Quantity { parts: to - from, ..quantity }, tier.picodollars));
        }
    }
    if pieces.is_empty() {
        let price = item.tiers.first().map_or(0, |tier| tier.picodollars);
        pieces.push((quantity, price));
    }
    pieces
}

/// The sum of a bill.
pub fn total(lines: &[Line]) -> Money {
    lines.iter().map(|line| line.cost).sum()
}

/// What part of the money for machines went into slots that nobody held; `None` where that was not measured or
/// nothing was paid.
pub fn idle_share(lines: &[Line]) -> Option<f64> {
    let measured = || lines.iter().filter_map(|line| Some((line.wasted?, line.cost)));
    let paid: Money = measured().map(|(_, cost)| cost).sum();
    let wasted: Money = measured().map(|(wasted, _)| wasted).sum();
    (paid > Money::ZERO).then(|| wasted.dollars() / paid.dollars())
}

/// The month of every monthly figure: a twelfth of 8,760 hours.
pub const MONTH: Span = Span::from_secs(730 * 3_600);

/// What [`monthly`] says, to be shown wherever it is shown.
pub const MONTHLY: &str = "per month: the cost of the run × 730 h ÷ its length, as if the whole month went like the \
    run; started hours, minimums and price tiers are those of the run";

/// What a month of 730 h would cost if all of it went like `over`, which cost `cost`; rounded half up. Nothing, where
/// `over` is no time at all.
pub fn monthly(cost: Money, over: Span) -> Money {
    let length = i128::from(over.nanos());
    if length == 0 {
        return Money::ZERO;
    }
    let month = i128::from(MONTH.nanos());
    // Whole lengths first, so that nothing overflows where a month of a short and dear run is very dear.
    let (whole, rest) = (month / length, month % length);
    let part = cost.picodollars() / length * rest + (cost.picodollars() % length * rest + length / 2) / length;
    Money::from_picodollars(cost.picodollars() * whole + part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::capacity::Capacity;
    use crate::billing::usage::{Machines, NodeUsage, Used};
    use crate::cloud::topology::Platform;

    fn of(used: Used) -> NodeUsage {
        NodeUsage { node: "x.y".to_owned(), used }
    }

    fn machines(seconds: u64, slots: u32, volume: u64) -> Machines {
        let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume, spot: false };
        let byte_seconds = u128::from(volume) * u128::from(seconds);
        let lived = u128::from(seconds) * 1_000_000_000;
        Machines { starts: 1, seconds, lived, byte_seconds, ..Machines::none(platform, slots) }
    }

    fn costs(usage: &Usage, book: &PriceBook) -> Vec<String> {
        invoice(usage, book).iter().map(|line| line.cost.to_string()).collect()
    }

    /// EBS price page, example 1: 2,000 GB of gp3 for 43,200 s of a month of 30 days, here at 0.08 $ a GB-month:
    /// 0.08 × 2000 × 43200 / (86400 × 30) = 2.666… $.
    #[test]
    fn a_volume_for_twelve_hours() {
        let book = r#"
            month = "30d"
            list = [{ source = "page", as-of = "2024-07-01", prices = { "ebs.gp3" = "$0.08/GB-month" } }]
        "#;
        let byte_seconds = 2_000 * (1 << 30) * 43_200;
        let usage = Usage { nodes: vec![of(Used::Volumes { item: "ebs.gp3", byte_seconds })] };
        let lines = invoice(&usage, &PriceBook::read("book", book).unwrap());
        assert_eq!((lines[0].quantity.to_string().as_str(), lines[0].unit), ("86400000", "GB-s"));
        assert_eq!(lines[0].cost.to_string(), "2.666666666667");
    }

    /// SQS price page: 0.40 $ a million up to 100 thousand million a month, then 0.30 $, then 0.24 $. Two queues share the tiers:
    /// 150 and 100 thousand million are 40,000 + 15,000 $ and 15,000 + 12,000 $.
    #[test]
    fn tiers_count_the_use_of_all_nodes_together() {
        let (grouped, calls) = (None, None);
        let queue = |sends| of(Used::Queue { fifo: false, sends, receives: 0, deletes: 0, changes: 0, grouped, calls });
        let usage = Usage { nodes: vec![queue(150_000_000_000), queue(100_000_000_000)] };
        assert_eq!(costs(&usage, &PriceBook::us_east_1()), ["40000", "15000", "15000", "12000"]);
    }

    /// A machine of two slots for 100 s, one slot held for 50 s: three quarters are idle, of the machine, not of its
    /// volume.
    #[test]
    fn what_nobody_held_is_wasted() {
        let mut usage =
            Usage { nodes: vec![of(Used::Machines { sizes: vec![machines(100, 2, 8 << 30)], busy: None })] };
        let book = PriceBook::us_east_1();
        assert_eq!(invoice(&usage, &book)[0].wasted, None);
        usage.held(crate::cloud::topology::NodeId(0), 50_000_000_000);
        let lines = invoice(&usage, &book);
        assert_eq!(lines[0].cost, Money::from_picodollars(2_666_666_667));
        assert_eq!(lines[0].wasted, Some(Money::from_picodollars(2_000_000_000)));
        assert_eq!((lines[1].item.as_str(), lines[1].wasted), ("ebs.gp3", None));
        assert!((idle_share(&lines).unwrap() - 0.75).abs() < 1e-9);
    }

    #[test]
    fn a_use_of_nothing_has_its_lines_too() {
        let nothing = Used::Balancer { hours: 0, capacity: Capacity::default(), lived: None };
        assert_eq!(costs(&Usage { nodes: vec![of(nothing)] }, &PriceBook::us_east_1()), ["0", "0"]);
    }

    #[test]
    fn quantities_are_shown_exactly() {
        let shown = |parts, decimals| Quantity { parts, decimals }.to_string();
        assert_eq!(shown(2_750, 3), "2.75");
        assert_eq!(shown(5, 3), "0.005");
        assert_eq!(shown(120, 0), "120");
        assert_eq!(shown(1, 21), "0.000000000000000000001");
    }

    /// 1 $ in 8 h is 91.25 $ a month; in 730 h it is 1 $; a picodollar in a nanosecond does not overflow.
    #[test]
    fn a_month_is_730_hours() {
        let dollar = Money::from_picodollars(crate::ground::money::DOLLAR);
        assert_eq!(monthly(dollar, Span::from_secs(8 * 3_600)).to_string(), "91.25");
        assert_eq!(monthly(dollar, MONTH), dollar);
        assert_eq!(monthly(dollar, Span::from_secs(1_460 * 3_600)).to_string(), "0.5");
        assert_eq!(monthly(Money::from_picodollars(1), Span::from_nanos(1)).picodollars(), 2_628_000_000_000_000);
        assert_eq!(monthly(dollar, Span::ZERO), Money::ZERO);
    }
}
