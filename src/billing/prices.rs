//! What things cost: a bundled book of public prices, a book of one's own, and own prices over either.

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use crate::billing::allowance::Allowance;
use crate::billing::charges::items;
use crate::billing::flaw::{Flaw, meant, nearest};
use crate::billing::invoice::MONTH;
use crate::billing::meter::Meter;
use crate::billing::profile::Profile;
use crate::billing::tree::{self, Entry, Flaws, Spot, Table, Value, decimal, join};
use crate::billing::units;
use crate::billing::usage::Usage;
use crate::cloud::topology::Topology;
use crate::ground::money::Money;
use crate::ground::quantity;
use crate::ground::time::{SECOND, SimTime, Span};

/// The bundled book.
const US_EAST_1: &str = include_str!("books/us-east-1.toml");

/// The source of a price that the scenario or usage list names itself.
pub(super) const OWN: &str = "own price";

/// Items, each with its price, unit, source and date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceBook {
    /// Its name.
    pub name: String,
    /// How long the month of a GB-month is.
    month: Span,
    items: IndexMap<String, Item>,
    /// What a month has free, for those who ask for it.
    free: Vec<Allowance>,
    /// Whether they do.
    gives_free: bool,
    /// By which rules what is priced is counted.
    billing: Profile,
}

/// What one thing costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// At least one, the first above 0, rising.
    pub tiers: Vec<Tier>,
    /// The unit of the price, as books write it: `h`, `million`, `GB-month`.
    pub unit: String,
    /// The unit in which use is counted: `s`, `request`, `GB-s`.
    pub counted: &'static str,
    /// How many of the latter the price is for.
    pub per: u64,
    /// When the price was read; empty for an own price.
    pub as_of: String,
    /// Where.
    pub source: String,
}

/// A price, and the use of one month above which it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// In the unit in which use is counted.
    pub above: u128,
    /// For [`Item::per`] units.
    pub picodollars: u64,
}

impl Tier {
    /// The price of as many units as the item's price is for.
    pub fn price(&self) -> Money {
        Money::from_picodollars(i128::from(self.picodollars))
    }
}

impl PriceBook {
    /// The bundled public prices of AWS in us-east-1.
    ///
    /// ```
    /// use queuelab::billing::PriceBook;
    /// let book = PriceBook::us_east_1();
    /// assert_eq!(book.item("ec2.m5.large").map(|item| item.per), Some(3_600));
    /// ```
    pub fn us_east_1() -> PriceBook {
        PriceBook::read("us-east-1", US_EAST_1).expect("a test reads the bundled book")
    }

    /// A bundled book by its name.
    pub fn bundled(name: &str) -> Option<PriceBook> {
        (name == "us-east-1").then(PriceBook::us_east_1)
    }

    /// The names of the bundled books.
    pub const BUNDLED: [&'static str; 1] = ["us-east-1"];

    /// Reads a book of the form of the bundled one, in TOML or JSON. `name` is used where it has none.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(name: &str, text: &str) -> Result<PriceBook, Vec<Flaw>> {
        let root = if text.trim_start().starts_with('{') { tree::json(text)? } else { tree::toml(text)? };
        let mut flaws = Flaws::default();
        let mut book = PriceBook {
            name: name.to_owned(),
            month: MONTH,
            items: IndexMap::new(),
            free: Vec::new(),
            gives_free: false,
            billing: Profile::Current,
        };
        if let Some(table) = Table::open(String::new(), &root, &["name", "month", "list", "free"], &mut flaws) {
            book.name = table.read("name", &mut flaws, |text| Ok(text.to_owned())).unwrap_or(book.name);
            let month = table.read("month", &mut flaws, |text| {
                let month = quantity::span(text)?;
                let whole = month.nanos() % SECOND == 0 && month > Span::ZERO;
                if whole { Ok(month) } else { Err(format!("a month of `{text}` is not a number of whole seconds")) }
            });
            book.month = month.unwrap_or(MONTH);
            for (at, list) in table.list("list", &mut flaws) {
                book.read_list(at, list, &mut flaws);
            }
            for (at, spot) in table.list("free", &mut flaws) {
                let free = Allowance::read(at, spot, &book, &mut flaws);
                book.free.extend(free);
            }
        }
        if flaws.0.is_empty() { Ok(book) } else { Err(flaws.0) }
    }

    fn read_list(&mut self, at: String, list: &Spot, flaws: &mut Flaws) {
        let Some(table) = Table::open(at, list, &["source", "as-of", "prices"], flaws) else { return };
        let advice = "every price says where and when it was read";
        let mut word = |key: &str| table.word(key, advice, flaws).unwrap_or_default();
        let (source, as_of) = (word("source"), word("as-of"));
        for Entry { key, span, spot } in table.entries("prices", flaws) {
            let place = join(&table.place("prices"), key);
            let (tiers, unit) = self.read_tiers(&place, key, spot, flaws);
            if tiers.is_empty() {
                continue;
            }
            if self.items.contains_key(key) {
                flaws.add(&place, span.clone(), format!("the price of `{key}` is given twice"), None);
                continue;
            }
            let item = self.new_item(key, tiers, unit, as_of.clone(), source.clone());
            self.items.insert(key.clone(), item);
        }
    }

    /// The tiers of one item, and their unit; none where something is wrong with them.
    fn read_tiers(&self, place: &str, key: &str, spot: &Spot, flaws: &mut Flaws) -> (Vec<Tier>, String) {
        let before = flaws.0.len();
        let mut tiers = Vec::new();
        let mut units: Vec<String> = Vec::new();
        let mut add = |text: &str, above: u128, place: &str, spot: &Spot, flaws: &mut Flaws| match price(key, text) {
            Ok(price) => {
                tiers.push(Tier { above, picodollars: price.picodollars });
                units.push(price.unit);
            }
            Err(what) => flaws.add(place, spot.span.clone(), what, None),
        };
        match &spot.value {
            Value::Text(text) => add(text, 0, place, spot, flaws),
            Value::List(elements) => {
                for (number, element) in elements.iter().enumerate() {
                    let place = format!("{place}[{number}]");
                    let Some(tier) = Table::open(place.clone(), element, &["above", "price"], flaws) else { continue };
                    let above = tier.read("above", flaws, |text| decimal(text, 0)).unwrap_or(0);
                    match tier.get("price").map(|spot| (&spot.value, spot)) {
                        Some((Value::Text(text), spot)) => add(text, above, &tier.place("price"), spot, flaws),
                        _ => flaws.add(&place, element.span.clone(), "lacks a `price`".to_owned(), None),
                    }
                }
            }
            _ => {
                let what = "neither a price nor a list of tiers".to_owned();
                let advice = "write \"$0.40/million\", or [{ price = … }, { above = …, price = … }]".to_owned();
                flaws.add(place, spot.span.clone(), what, Some(advice));
            }
        }
        let rising = tiers.first().is_some_and(|tier| tier.above == 0)
            && tiers.windows(2).all(|pair| pair[0].above < pair[1].above);
        let alike = units.windows(2).all(|pair| pair[0] == pair[1]);
        if flaws.0.len() == before && !rising {
            let what = "tiers begin at 0 and rise".to_owned();
            flaws.add(place, spot.span.clone(), what, None);
        }
        if flaws.0.len() == before && !alike {
            flaws.add(place, spot.span.clone(), "tiers of one item have one unit".to_owned(), None);
        }
        if flaws.0.len() > before {
            return (Vec::new(), String::new());
        }
        (tiers, units.into_iter().next().unwrap_or_default())
    }

    /// An item with its count's unit; `above` of its tiers is turned from what a person writes into that.
    fn new_item(&self, key: &str, mut tiers: Vec<Tier>, unit: String, as_of: String, source: String) -> Item {
        let (counted, per) = units::counted(key, &unit, self.month);
        let bound = units::of_bounds(&unit, per);
        tiers.iter_mut().for_each(|tier| tier.above *= u128::from(bound));
        Item { tiers, unit, counted, per, as_of, source }
    }

    /// Sets a price of one's own over the book's: `"ec2.m5.large"`, `"$0.0960/h"`.
    ///
    /// # Errors
    /// Says what is wrong with the name or the price.
    pub fn own(&mut self, item: &str, text: &str) -> Result<(), String> {
        let priced = price(item, text).map_err(|what| match (units::units(item), meant(&self.near(item))) {
            (&[], Some(meant)) => format!("{what}: {meant}"),
            _ => what,
        })?;
        let tiers = vec![Tier { above: 0, picodollars: priced.picodollars }];
        let own = self.new_item(item, tiers, priced.unit, String::new(), OWN.to_owned());
        self.items.insert(item.to_owned(), own);
        Ok(())
    }

    /// Its name: that of a bundled book, or its own.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `item` costs.
    pub fn item(&self, item: &str) -> Option<&Item> {
        self.items.get(item)
    }

    /// All items, in the order of the book.
    pub fn items(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.items.iter().map(|(name, item)| (name.as_str(), item))
    }

    /// Items whose names are near to `name`, nearest first; at most three.
    pub fn near(&self, name: &str) -> Vec<&str> {
        nearest(name, self.items.keys().map(String::as_str))
    }

    /// Gives what a month has free, or not; a book by itself does not.
    #[must_use]
    pub fn with_free(mut self, gives: bool) -> PriceBook {
        self.gives_free = gives;
        self
    }

    /// Counts by these rules; a book by itself counts by those of now.
    #[must_use]
    pub fn with_billing(mut self, billing: Profile) -> PriceBook {
        self.billing = billing;
        self
    }

    /// By which rules what is priced is counted.
    pub fn billing(&self) -> Profile {
        self.billing
    }

    /// What a month has free, whether it is given or not.
    pub fn free(&self) -> &[Allowance] {
        &self.free
    }

    /// What the bill of a month takes off.
    pub(super) fn given(&self) -> &[Allowance] {
        if self.gives_free { &self.free } else { &[] }
    }

    /// A digest of every price with its unit, source and date, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{}\n{}\n", self.name, self.month));
        for (name, item) in &self.items {
            hash.update(format!("{name}\t{}\t{}\t{}\t{}", item.unit, item.per, item.as_of, item.source));
            for tier in &item.tiers {
                hash.update(format!("\t{}:{}", tier.above, tier.picodollars));
            }
            hash.update("\n");
        }
        if self.billing != Profile::Current {
            hash.update(format!("billing\t{:?}\n", self.billing));
        }
        for free in self.given() {
            hash.update(format!("free\t{}\t{}\t{}\t{}\n", free.items.join(" "), free.amount, free.as_of, free.source));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The newest date of its prices; empty where all are own prices.
    pub fn as_of(&self) -> &str {
        self.items.values().map(|item| item.as_of.as_str()).max().unwrap_or_default()
    }
}

/// Reads the price of `item`, whose unit must be one of the item's.
fn price(item: &str, text: &str) -> Result<quantity::UnitPrice, String> {
    let known = units::units(item);
    if known.is_empty() {
        return Err(format!("no price book knows an item `{item}`"));
    }
    let price = quantity::price(text)?;
    if known.contains(&price.unit.as_str()) {
        return Ok(price);
    }
    let known: Vec<String> = known.iter().map(|unit| format!("`/{unit}`")).collect();
    Err(format!("`{item}` has its price {}, not `/{}`", known.join(" or "), price.unit))
}

/// An item that is used and has no price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPrice {
    /// Whose use it is: `pool.media`.
    pub node: String,
    /// The item: `ec2.c5.lrage`.
    pub item: String,
    /// Items of the book that may be meant, nearest first.
    pub nearest: Vec<String>,
}

/// What a topology would use and `book` has no price for.
pub fn check(topology: &Topology, book: &PriceBook) -> Vec<MissingPrice> {
    missing(&Meter::new(topology).usage(SimTime::START), book)
}

/// What was used and `book` has no price for.
pub fn missing(usage: &Usage, book: &PriceBook) -> Vec<MissingPrice> {
    let used = usage.nodes.iter().flat_map(|usage| items(&usage.used).into_iter().map(|item| (&usage.node, item)));
    let unknown = used.filter(|(_, item)| book.item(item).is_none());
    unknown
        .map(|(node, item)| {
            let nearest = book.near(&item).into_iter().map(str::to_owned).collect();
            MissingPrice { node: node.clone(), item, nearest }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prices of the AWS pages, with the dates at which they were read there: EC2 2026-07-20, pollers 2026-09-19, most others
    /// 2024-07-01.
    #[test]
    fn the_bundled_book_holds_the_public_prices() {
        let book = PriceBook::us_east_1();
        let price = |item: &str| book.item(item).map(|item| (item.tiers[0].picodollars, item.per, item.counted));
        assert_eq!(price("ec2.t3.micro"), Some((10_400_000_000, 3_600, "s")));
        assert_eq!(price("ec2.m5.large"), Some((96_000_000_000, 3_600, "s")));
        assert_eq!(price("ec2.c7i.large"), Some((89_250_000_000, 3_600, "s")));
        assert_eq!(price("ec2.m7g.large"), Some((81_600_000_000, 3_600, "s")));
        assert_eq!(price("alb.hour"), Some((22_500_000_000, 1, "h")));
        assert_eq!(price("alb.lcu"), Some((8_000_000_000, 1, "LCU-h")));
        assert_eq!(price("sqs.standard"), Some((400_000_000_000, 1_000_000, "request")));
        assert_eq!(price("s3.get"), Some((400_000_000, 1_000, "request")));
        assert_eq!(price("ebs.gp3"), Some((80_000_000_000, 730 * 3_600, "GB-s")));
        assert_eq!(book.as_of(), "2026-09-19");
        assert!(book.items().all(|(_, item)| !item.source.is_empty() && item.as_of.len() == 10));
    }

    #[test]
    fn the_digest_follows_every_price() {
        let book = PriceBook::us_east_1();
        assert_eq!((book.digest().len(), book.digest()), (64, PriceBook::us_east_1().digest()));
        let mut own = book.clone();
        own.own("ec2.m5.large", "$0.0961/h").unwrap();
        assert_ne!(book.digest(), own.digest());
    }

    #[test]
    fn own_prices_must_be_of_something_and_in_its_unit() {
        let mut book = PriceBook::us_east_1();
        assert_eq!(book.own("ec2.x99.large", "$1/h"), Ok(()));
        assert_eq!(book.item("ec2.x99.large").map(|item| item.source.as_str()), Some("own price"));
        let wrong = book.own("sqs.standard", "$1/h").unwrap_err();
        assert_eq!(wrong, "`sqs.standard` has its price `/million` or `/thousand`, not `/h`");
        let unknown = book.own("sqs.standart", "$1/million").unwrap_err();
        assert_eq!(unknown, "no price book knows an item `sqs.standart`: did you mean `sqs.standard`?");
    }

    /// A month of 30 days, as in the AWS example for EBS.
    #[test]
    fn a_book_of_ones_own_is_read_in_toml_and_json() {
        let toml = r#"
            name = "contract"
            month = "30d"
            [[list]]
            source = "contract 12"
            as-of = "2026-01-01"
            [list.prices]
            "ebs.gp3" = [{ price = "$0.08/GB-month" }, { above = 500, price = "$0.05/GB-month" }]
        "#;
        let json = r#"{ "name": "contract", "month": "30d", "list": [{ "source": "contract 12", "as-of": "2026-01-01",
            "prices": { "ebs.gp3": [{ "price": "$0.08/GB-month" }, { "above": 500, "price": "$0.05/GB-month" }] } }] }"#;
        let book = PriceBook::read("file", toml).unwrap();
        assert_eq!(Ok(&book), PriceBook::read("file", json).as_ref());
        let item = book.item("ebs.gp3").unwrap();
        assert_eq!((item.per, item.tiers[1].above), (2_592_000, 500 * 2_592_000));
    }

    #[test]
    fn all_faults_of_a_book_are_told_at_once() {
        let text = r#"
            name = "bad"
            [[list]]
            source = "page"
            [list.prices]
            "ec2.m5.large" = "$0.1/million"
            "lambda" = "$1/h"
            "sqs.fifo" = [{ above = 5, price = "$1/million" }]
            "s3.put" = [{ price = "$1/million" }, { above = 9, price = "$1/thousand" }]
            "s3.get" = 0.1
            [[list]]
            source = "page"
            as-of = "2026-01-01"
            price = {}
        "#;
        let flaws = PriceBook::read("bad", text).unwrap_err();
        let places: Vec<&str> = flaws.iter().map(|flaw| flaw.at.as_str()).collect();
        let expected = [
            "list[0]",
            "list[0].prices.\"ec2.m5.large\"",
            "list[0].prices.lambda",
            "list[0].prices.\"sqs.fifo\"",
            "list[0].prices.\"s3.put\"",
            "list[0].prices.\"s3.get\"",
            "list[1].price",
        ];
        assert_eq!(places, expected);
        assert!(flaws.iter().all(|flaw| flaw.span.is_some()));
    }
}
