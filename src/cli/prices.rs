//! `prices`: what a price book has, and finding it there.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::billing::{Allowance, Item, PriceBook, Tier};
use crate::cli::complain;
use crate::cli::ending::{Ending, Failure};
use crate::cli::files;
use crate::cli::voice::Voice;
use crate::experiment::document::PriceStamp;
use crate::report;
use crate::scenario;

const EXAMPLES: &str = "\
Examples:
  queuelab prices lambda
  queuelab prices m5 large
  queuelab prices fargate arm --json
  queuelab prices

An item is shown if its name or its source has all of the words in it. Own prices are written with
the same names: `prices.own = { \"lambda.requests\" = \"$0.18/million\" }`.";

/// List the prices of a book, or search it: item, price, unit, date, source
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// Words that an item or its source must have; without one, all items are listed
    #[arg(value_name = "WORDS")]
    words: Vec<String>,

    /// The price book: a bundled one or a file
    #[arg(long, value_name = "BOOK", default_value = "us-east-1")]
    book: PathBuf,

    /// Print the items as JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Listing<'a> {
    prices: PriceStamp,
    items: Vec<Listed<'a>>,
    free: Vec<Free<'a>>,
}

/// What a month has free, as `--json` prints it.
#[derive(Serialize)]
struct Free<'a> {
    items: &'a [String],
    amount: &'a str,
    as_of: &'a str,
    source: &'a str,
}

/// An item as `--json` prints it.
#[derive(Serialize)]
struct Listed<'a> {
    item: &'a str,
    tiers: Vec<ListedTier>,
    /// Of the price.
    unit: &'a str,
    /// In which use is counted, and how many of it the price is for.
    counted: &'a str,
    per: u64,
    as_of: &'a str,
    source: &'a str,
}

#[derive(Serialize)]
struct ListedTier {
    /// In the unit in which use is counted.
    above: String,
    price: String,
}

/// Lists the items of a book that have all words.
pub fn prices(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let name = words.book.display().to_string();
    let book = book(&name, &words.book, voice)?;
    let wanted: Vec<String> = words.words.iter().map(|word| word.to_lowercase()).collect();
    let has = |item: &str, about: &Item| {
        let (item, source) = (item.to_lowercase(), about.source.to_lowercase());
        wanted.iter().all(|word| item.contains(word) || source.contains(word))
    };
    let found: Vec<(&str, &Item)> = book.items().filter(|(item, about)| has(item, about)).collect();
    if found.is_empty() {
        return Err(Failure::Asked(nothing(&words.words, &book)));
    }
    let is_found = |name: &String| found.iter().any(|(item, _)| item == name);
    let free: Vec<&Allowance> = book.free().iter().filter(|free| free.items.iter().any(is_found)).collect();
    if words.json {
        let listing = Listing {
            prices: PriceStamp::of(&book),
            items: found.iter().map(listed).collect(),
            free: free.into_iter().map(of_month).collect(),
        };
        let text = serde_json::to_string_pretty(&listing).expect("a listing holds nothing that JSON cannot say");
        voice.say(&text)?;
    } else {
        voice.say(&report::bill::prices(&found, &free))?;
    }
    Ok(Ending::Done)
}

fn of_month(free: &Allowance) -> Free<'_> {
    Free { items: &free.items, amount: &free.written, as_of: &free.as_of, source: &free.source }
}

fn listed<'a>(&(item, about): &(&'a str, &'a Item)) -> Listed<'a> {
    let tier = |tier: &Tier| ListedTier { above: tier.above.to_string(), price: tier.price().to_string() };
    Listed {
        item,
        tiers: about.tiers.iter().map(tier).collect(),
        unit: &about.unit,
        counted: about.counted,
        per: about.per,
        as_of: &about.as_of,
        source: &about.source,
    }
}

/// What to say where no item has the words.
fn nothing(words: &[String], book: &PriceBook) -> String {
    let mut services: Vec<&str> = book.items().filter_map(|(item, _)| item.split('.').next()).collect();
    services.sort_unstable();
    services.dedup();
    let meant = words.iter().filter_map(|word| scenario::nearest(word, services.iter().copied()));
    let joined = words.join(".");
    let whole: Vec<&str> = [joined.clone(), format!("ec2.{joined}")].iter().flat_map(|word| book.near(word)).collect();
    let mut near: Vec<&str> = Vec::new();
    for name in meant.filter(|name| !words.iter().any(|word| word == name)).chain(whole) {
        if near.len() < 3 && !near.contains(&name) {
            near.push(name);
        }
    }
    let help = match near.as_slice() {
        [] if services.is_empty() => "it has no item at all".to_owned(),
        [] => format!("it has items of `{}`", services.join("`, `")),
        names => format!("did you mean `{}`?", names.join("` or `")),
    };
    format!("no item of the price book `{}` has `{}`\n  = help: {help}", book.name(), words.join(" "))
}

/// A bundled book by its name, or one in a file.
pub fn book(name: &str, path: &Path, voice: &mut Voice) -> Result<PriceBook, Failure> {
    if let Some(book) = PriceBook::bundled(name) {
        return Ok(book);
    }
    let source = files::text(path).map_err(|failure| {
        let bundled = PriceBook::BUNDLED.join("`, `");
        Failure::Asked(format!("{failure}\n  = help: bundled books are `{bundled}`; others are files"))
    })?;
    PriceBook::read(name, &source.text).map_err(|flaws| {
        voice.insist(&complain::of_flaws(&source, &flaws));
        Failure::Told
    })
}
