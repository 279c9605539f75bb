//! A list of what was used, written by a person or another program: the document of `bill --usage FILE`.
//!
//! [`UsageList::EXAMPLE`] shows every kind and every key. JSON has the same shape. CSV has a heading and a column `what`
//! for the kind; the other columns are the keys. A row of a balancer is one clock hour of its life: rows of one `name`
//! follow each other. What is no machine, queue or function stands there as an item of the price book.

mod function;

use crate::billing::capacity::{Capacity, Hour};
use crate::billing::flaw::Flaw;
use crate::billing::meter::{MINUTE, minimum, units};
use crate::billing::prices::PriceBook;
use crate::billing::profile::Profile;
use crate::billing::tree::{self, Entry, Flaws, Spot, Table, Value, decimal, join};
use crate::billing::usage::{Machines, NodeUsage, Usage, Used};
use crate::cloud::topology::{Platform, StorageClass};
use crate::ground::quantity;
use crate::ground::time::{SECOND, Span};

/// How a usage list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Tables of tables.
    Toml,
    /// The same shape in JSON.
    Json,
    /// Rows with a heading.
    Csv,
}

impl Format {
    /// By the end of a file's name; TOML where it says nothing.
    pub fn of(name: &str) -> Format {
        match name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).as_deref() {
            Some("json") => Format::Json,
            Some("csv") => Format::Csv,
            _ => Format::Toml,
        }
    }
}

/// What was used, and whose prices hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageList {
    /// What was used.
    pub usage: Usage,
    /// The price book it names: a bundled one or a file.
    pub book: Option<String>,
    /// Prices of its own: item and price, checked already.
    pub own: Vec<(String, String)>,
    /// By which rules functions are billed.
    pub billing: Profile,
    /// Whether what a month has free is taken off: the list is then that of one month and one account.
    pub free_tier: bool,
}

/// What may have been used, and what may be said of it.
const KINDS: [(&str, &[&str]); 7] = [
    ("machine", &["name", "type", "price", "minimum", "lasts", "from", "to", "count", "volume"]),
    ("balancer", &["name", "lasts", "from", "to", "hours"]),
    ("queue", &["name", "fifo", "requests", "sends", "receives", "deletes", "changes", "grouped", "size"]),
    ("volume", &["name", "size", "class", "lasts", "from", "to", "count"]),
    ("bucket", &["name", "class", "puts", "gets", "retrieved", "stored", "lasts", "from", "to"]),
    ("function", &FUNCTION),
    ("item", &["name", "item", "amount"]),
];

/// What may be said of a function.
const FUNCTION: [&str; 15] = [
    "name",
    "memory",
    "architecture",
    "requests",
    "duration",
    "cold",
    "init",
    "milliseconds",
    "gb-seconds",
    "ephemeral",
    "provisioned",
    "provisioned-requests",
    "lasts",
    "from",
    "to",
];

/// Reads what one table says was used.
type Reader<'r> = dyn Fn(&Table<'_>, &mut Flaws) -> Option<Used> + 'r;

/// What may be said of an hour of a balancer.
const HOUR: [&str; 5] = ["connections", "active", "gb", "rules", "requests"];

fn kinds() -> [&'static str; 7] {
    KINDS.map(|(kind, _)| kind)
}

impl UsageList {
    /// A list with every kind and every key, in TOML.
    pub const EXAMPLE: &str = include_str!("usage_list/example.toml");

    /// Reads a list.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str, format: Format) -> Result<UsageList, Vec<Flaw>> {
        let mut flaws = Flaws::default();
        let root = match format {
            Format::Toml => tree::toml(text)?,
            Format::Json => tree::json(text)?,
            Format::Csv => of_rows(tree::csv(text)?, &mut flaws),
        };
        let mut list = UsageList::default();
        let known = [&["prices"][..], &kinds()].concat();
        if let Some(table) = Table::open(String::new(), &root, &known, &mut flaws) {
            list.read_prices(&table, &mut flaws);
            let profile = list.billing;
            let function = move |table: &Table<'_>, flaws: &mut Flaws| function::function(table, profile, flaws);
            let readers: [&Reader<'_>; 7] = [&machine, &balancer, &queue, &volume, &bucket, &function, &function::item];
            for ((kind, keys), read) in KINDS.iter().zip(readers) {
                for (number, (at, spot)) in table.list(kind, &mut flaws).into_iter().enumerate() {
                    let Some(table) = Table::open(at, spot, keys, &mut flaws) else { continue };
                    let name = table.read("name", &mut flaws, |text| Ok(text.to_owned()));
                    if let Some(used) = read(&table, &mut flaws) {
                        let name = name.unwrap_or_else(|| (number + 1).to_string());
                        list.usage.nodes.push(NodeUsage { node: format!("{kind}.{name}"), used });
                    }
                }
            }
        }
        if flaws.0.is_empty() && list.usage.nodes.is_empty() {
            let advice = Some(format!("write a [[{}]] table", kinds().join("]], [[")));
            flaws.add("", None, "lists nothing that was used".to_owned(), advice);
        }
        if flaws.0.is_empty() { Ok(list) } else { Err(flaws.0) }
    }

    /// `book` with the list's own prices over it, and with what a month has free if the list says so.
    pub fn prices(&self, mut book: PriceBook) -> PriceBook {
        for (item, price) in &self.own {
            // Checked when the list was read; a price that is refused here was refused there.
            let _ = book.own(item, price);
        }
        book.with_free(self.free_tier).with_billing(self.billing)
    }

    fn read_prices(&mut self, root: &Table<'_>, flaws: &mut Flaws) {
        let Some(spot) = root.get("prices") else { return };
        let Some(table) = Table::open("prices".to_owned(), spot, &["book", "own", "billing", "free-tier"], flaws)
        else {
            return;
        };
        self.billing = table.read("billing", flaws, Profile::read).unwrap_or_default();
        self.free_tier = table.truth("free-tier", flaws).unwrap_or(false);
        self.book = table.read("book", flaws, |text| Ok(text.to_owned()));
        let mut trial = PriceBook::us_east_1();
        for Entry { key, span, spot } in table.entries("own", flaws) {
            let place = join("prices.own", key);
            let Value::Text(text) = &spot.value else {
                flaws.add(&place, span.clone(), "a price is text, such as \"$0.0960/h\"".to_owned(), None);
                continue;
            };
            match trial.own(key, text) {
                Ok(()) => self.own.push((key.clone(), text.clone())),
                Err(what) => flaws.add(&place, spot.span.clone(), what, None),
            }
        }
    }
}

/// Rows as the tables they stand for.
fn of_rows(rows: Vec<Spot>, flaws: &mut Flaws) -> Spot {
    let mut tables: Vec<(&str, Vec<Spot>)> = kinds().into_iter().map(|kind| (kind, Vec::new())).collect();
    for (number, row) in rows.into_iter().enumerate() {
        let Value::Table(mut entries) = row.value else { continue };
        let what = entries.iter().position(|entry| entry.key == "what").map(|place| entries.remove(place));
        let word = what.and_then(|entry| match entry.spot.value {
            Value::Text(word) => Some(word),
            _ => None,
        });
        let kind = tables.iter_mut().find(|(kind, _)| Some(*kind) == word.as_deref());
        let Some((kind, list)) = kind else {
            let advice = Some(format!("the column `what` is one of {}", kinds().join(", ")));
            let word = word.map_or("nothing".to_owned(), |word| format!("`{word}`"));
            flaws.add(&format!("row {}", number + 1), row.span, format!("{word} is no kind of use"), advice);
            continue;
        };
        if *kind == "balancer" {
            hour_of_row(entries, row.span, list);
        } else {
            list.push(Spot { value: Value::Table(entries), span: row.span });
        }
    }
    let entry = |(kind, list): (&str, Vec<Spot>)| Entry {
        key: kind.to_owned(),
        span: None,
        spot: Spot { value: Value::List(list), span: None },
    };
    Spot { value: Value::Table(tables.into_iter().map(entry).collect()), span: None }
}

/// Adds a row of a balancer: one hour more of the last one, if it has the same name.
fn hour_of_row(entries: Vec<Entry>, span: Option<std::ops::Range<usize>>, list: &mut Vec<Spot>) {
    let (mut about, hour): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| !HOUR.contains(&entry.key.as_str()));
    let hour = Spot { value: Value::Table(hour), span: span.clone() };
    let name =
        |entries: &[Entry]| entries.iter().find(|entry| entry.key == "name").map(|entry| entry.spot.value.clone());
    if let Some(Spot { value: Value::Table(last), .. }) = list.last_mut()
        && name(last) == name(&about)
        && let Some(Value::List(hours)) =
            last.iter_mut().find(|entry| entry.key == "hours").map(|entry| &mut entry.spot.value)
    {
        hours.push(hour);
        // Whichever row of it says how long it lasted.
        about.retain(|new| !last.iter().any(|entry| entry.key == new.key));
        last.append(&mut about);
        return;
    }
    let hours = Spot { value: Value::List(vec![hour]), span: span.clone() };
    about.push(Entry { key: "hours".to_owned(), span: span.clone(), spot: hours });
    list.push(Spot { value: Value::Table(about), span });
}

/// How long something lasted: `lasts`, or from `from` to `to`.
fn lasted(table: &Table<'_>, flaws: &mut Flaws) -> Option<Span> {
    let before = flaws.0.len();
    let lasts = table.read("lasts", flaws, quantity::span);
    let from = table.read("from", flaws, quantity::span);
    let to = table.read("to", flaws, quantity::span);
    if flaws.0.len() > before {
        return None;
    }
    match (lasts, from, to) {
        (Some(lasts), None, None) => Some(lasts),
        (None, from, Some(to)) if from.unwrap_or_default() <= to => {
            Some(Span::from_nanos(to.nanos() - from.unwrap_or_default().nanos()))
        }
        (None, _, Some(_)) => {
            flaws.add(&table.at, table.span.clone(), "`to` is earlier than `from`".to_owned(), None);
            None
        }
        _ => {
            let what = "does not say how long".to_owned();
            let advice = Some("write `lasts`, or `from` and `to`".to_owned());
            flaws.add(&table.at, table.span.clone(), what, advice);
            None
        }
    }
}

fn machine(table: &Table<'_>, flaws: &mut Flaws) -> Option<Used> {
    let kind = table.read("type", flaws, |text| Ok(text.to_owned()));
    let price = table.read("price", flaws, |text| {
        let price = quantity::price(text)?;
        if price.unit == "h" {
            Ok(price.picodollars)
        } else {
            Err("a machine has its price by the hour: `/h`".to_owned())
        }
    });
    let shortest = table.read("minimum", flaws, quantity::span);
    let volume = table.read("volume", flaws, quantity::size);
    let count = table.count("count", flaws).unwrap_or(1);
    let lasts = lasted(table, flaws);
    let platform = match (table.get("type").and(kind), table.get("price").and(price)) {
        (Some(instance), None) if shortest.is_none() => {
            Platform::Ec2 { instance, volume: volume.unwrap_or(0), spot: false }
        }
        (None, Some(hour)) if volume.is_none() => Platform::Machine { hour, minimum: shortest.unwrap_or(MINUTE) },
        (None, None) if table.get("type").or(table.get("price")).is_some() => return None,
        _ => {
            let what =
                "is neither a `type`, perhaps with a `volume`, nor a `price`, perhaps with a `minimum`".to_owned();
            flaws.add(&table.at, table.span.clone(), what, None);
            return None;
        }
    };
    let lasts = lasts?;
    let each = |shortest: Span| lasts.started_seconds().max(shortest.started_seconds());
    let mut machines = Machines::none(platform, 1);
    machines.starts = count;
    machines.lived = u128::from(count) * u128::from(lasts.nanos());
    machines.seconds = multiply(count, each(minimum(&machines.platform)), table, flaws)?;
    machines.byte_seconds = kept(volume.unwrap_or(0), each(MINUTE), count, table, flaws)?;
    Some(Used::Machines { sizes: vec![machines], busy: None })
}

/// So many of each, if that is a number.
fn multiply(count: u64, each: u64, table: &Table<'_>, flaws: &mut Flaws) -> Option<u64> {
    let product = count.checked_mul(each);
    if product.is_none() {
        flaws.add(&table.at, table.span.clone(), "is beyond all use".to_owned(), None);
    }
    product
}

/// Bytes of all volumes over their billed seconds, if that is a number that a bill can hold.
fn kept(bytes: u64, seconds: u64, count: u64, table: &Table<'_>, flaws: &mut Flaws) -> Option<u128> {
    let product = (u128::from(bytes) * u128::from(seconds)).checked_mul(u128::from(count));
    let sane = product.filter(|&product| product < 1 << 96);
    if sane.is_none() {
        flaws.add(&table.at, table.span.clone(), "is beyond all use".to_owned(), None);
    }
    sane
}

fn balancer(table: &Table<'_>, flaws: &mut Flaws) -> Option<Used> {
    let says = ["lasts", "from", "to"].iter().any(|key| table.get(key).is_some());
    let lasts = if says { lasted(table, flaws) } else { None };
    let hours: Vec<Capacity> =
        table.list("hours", flaws).into_iter().filter_map(|(at, spot)| hour(at, spot, flaws)).collect();
    let started = match lasts {
        Some(lasts) => lasts.nanos().div_ceil(Hour::NANOS),
        None if says => return None,
        None => hours.len() as u64,
    };
    if hours.len() as u64 > started {
        let what = format!("{} hours of use in a life that started {started}", hours.len());
        flaws.add(&table.place("hours"), table.span.clone(), what, None);
    }
    let lived = lasts.map(|lasts| u128::from(lasts.nanos()));
    Some(Used::Balancer { hours: started, capacity: hours.into_iter().sum(), lived })
}

fn hour(at: String, spot: &Spot, flaws: &mut Flaws) -> Option<Capacity> {
    let table = Table::open(at, spot, &HOUR, flaws)?;
    let active = table.read("active", flaws, |text| decimal(text, 9)).unwrap_or(0);
    let bytes = table.read("gb", flaws, |text| decimal(text, 9)).unwrap_or(0);
    let rules = table.read("rules", flaws, |text| {
        u32::try_from(decimal(text, 0)?).map_err(|_| "no balancer has so many rules".to_owned())
    });
    let hour = Hour {
        connections: table.count("connections", flaws).unwrap_or(0),
        // 10⁻⁹ of a connection, all through an hour.
        active: active * u128::from(Hour::NANOS / SECOND),
        bytes,
        requests: table.count("requests", flaws).unwrap_or(0),
        rules: rules.unwrap_or(0),
        is_of_function: false,
    };
    Some(hour.capacity())
}

fn queue(table: &Table<'_>, flaws: &mut Flaws) -> Option<Used> {
    let fifo = table.truth("fifo", flaws).unwrap_or(false);
    let each = units(table.read("size", flaws, quantity::size).unwrap_or(1));
    let calls = table.count("requests", flaws);
    let [sends, receives, deletes, changes] =
        ["sends", "receives", "deletes", "changes"].map(|key| table.count(key, flaws));
    let named = [sends, receives, deletes, changes].iter().any(Option::is_some);
    if calls.is_some() && named {
        let what = "`requests` are all calls together: not beside sends, receives, deletes and changes".to_owned();
        flaws.add(&table.at, table.span.clone(), what, None);
    }
    let all = [calls, sends, receives, deletes, changes].into_iter().flatten().try_fold(0, u64::checked_add);
    let sends = multiply(calls.or(sends).unwrap_or(0), each, table, flaws)?;
    let receives = multiply(receives.unwrap_or(0), each, table, flaws)?;
    let grouped = match table.count("grouped", flaws) {
        Some(grouped) => Some(multiply(grouped, each, table, flaws)?),
        None => None,
    };
    let (deletes, changes) = (deletes.unwrap_or(0), changes.unwrap_or(0));
    Some(Used::Queue { fifo, sends, receives, deletes, changes, grouped, calls: all })
}

fn volume(table: &Table<'_>, flaws: &mut Flaws) -> Option<Used> {
    let size = required(table, "size", flaws, quantity::size);
    let count = table.count("count", flaws).unwrap_or(1);
    let item = table.read("class", flaws, |class| match class {
        "gp3" => Ok("ebs.gp3"),
        "gp2" => Ok("ebs.gp2"),
        _ => Err(format!("`{class}` is no class of volume: gp3 or gp2")),
    });
    let seconds = lasted(table, flaws)?.started_seconds().max(MINUTE.started_seconds());
    let byte_seconds = kept(size?, seconds, count, table, flaws)?;
    Some(Used::Volumes { item: item.unwrap_or("ebs.gp3"), byte_seconds })
}

fn bucket(table: &Table<'_>, flaws: &mut Flaws) -> Option<Used> {
    let puts = table.count("puts", flaws).unwrap_or(0);
    let gets = table.count("gets", flaws).unwrap_or(0);
    let kept = match table.get("stored") {
        None => 0,
        Some(_) => {
            let stored = table.read("stored", flaws, quantity::size);
            let lasts = lasted(table, flaws);
            u128::from(stored?) * u128::from(lasts?.nanos())
        }
    };
    let class = table.read("class", flaws, |word| {
        let known = StorageClass::ALL.into_iter().find(|class| class.word() == word);
        known.ok_or_else(|| {
            format!("`{word}` is no class of storage: {}", StorageClass::ALL.map(StorageClass::word).join(", "))
        })
    });
    let retrieved = u128::from(table.read("retrieved", flaws, quantity::size).unwrap_or(0));
    let class = class.unwrap_or_default();
    if retrieved > 0 && !class.is_read_by_the_byte() {
        let what = "what is read is not paid for by the byte in the class standard".to_owned();
        flaws.add(&table.place("retrieved"), table.span.clone(), what, None);
    }
    Some(Used::Bucket { class, puts, gets, retrieved, kept, real: None })
}

/// What must be there.
fn required<T>(
    table: &Table<'_>,
    key: &str,
    flaws: &mut Flaws,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    if table.get(key).is_none() {
        flaws.add(&table.at, table.span.clone(), format!("lacks `{key}`"), None);
    }
    table.read(key, flaws, parse)
}

#[cfg(test)]
mod tests;
