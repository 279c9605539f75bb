//! `bill`: prices a plain list of usage, without simulating anything.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::billing::{self, Format, PriceBook, UsageList};
use crate::cli::complain;
use crate::cli::ending::{Ending, Failure};
use crate::cli::files;
use crate::cli::voice::Voice;
use crate::experiment::document::{BillLine, PriceStamp};
use crate::report;

const EXAMPLES: &str = "\
Examples:
  queuelab bill --usage usage.toml
  queuelab bill --usage usage.toml --prices us-east-1 --json

A list names what was used, each by itself or many alike. All kinds and all keys:
";

const FORMS: &str = "\
JSON has the same shape. CSV has a column `what` for the kind, the other columns are the keys, and
the rows of a balancer are its hours:

  what,name,lasts,connections,active,gb,rules,requests
  balancer,front,1h15min,180000,4500,1.2,12,180000
  balancer,front,,9000,60,0.75,,";

/// Examples of calls, then all that a list may say.
fn help() -> String {
    let list: String =
        UsageList::EXAMPLE.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect();
    format!("{EXAMPLES}\n{list}\n{FORMS}")
}

/// Price a list of usage: machines, balancers, queues, volumes, buckets
#[derive(Args, Debug)]
#[command(after_help = help())]
pub struct Words {
    /// What was used
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    usage: PathBuf,

    /// The price book: a bundled one or a file [default: the list's, else us-east-1]
    #[arg(long, value_name = "BOOK")]
    prices: Option<String>,

    /// Print the lines as JSON
    #[arg(long)]
    json: bool,
}

/// A bill as `--json` prints it.
#[derive(Serialize)]
struct Bill {
    prices: PriceStamp,
    lines: Vec<BillLine>,
    total: String,
}

/// Prints the bill of a list.
pub fn bill(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let source = files::text(&words.usage)?;
    let list = UsageList::read(&source.text, Format::of(&source.name)).map_err(|flaws| {
        voice.insist(&complain::of_flaws(&source, &flaws));
        Failure::Told
    })?;
    let beside = words.usage.parent().unwrap_or(Path::new(""));
    let book = match (&words.prices, &list.book) {
        // What was typed is meant from here, what is written from beside the list.
        (Some(name), _) => book(name, Path::new(name), voice)?,
        (None, Some(name)) => book(name, &beside.join(name), voice)?,
        (None, None) => PriceBook::us_east_1(),
    };
    let book = list.prices(book);
    let missing = billing::missing(&list.usage, &book);
    if !missing.is_empty() {
        let sentences: Vec<String> = missing.iter().map(sentence).collect();
        return Err(Failure::Asked(sentences.join("\n")));
    }
    let lines = billing::invoice(&list.usage, &book);
    let total = billing::total(&lines);
    let lines: Vec<BillLine> = lines.iter().map(BillLine::from).collect();
    if words.json {
        let prices = PriceStamp { book: book.name().to_owned(), digest: book.digest(), as_of: book.as_of().to_owned() };
        let bill = Bill { prices, lines, total: total.to_string() };
        let text = serde_json::to_string_pretty(&bill).expect("a bill holds nothing that JSON cannot say");
        voice.say(&text)?;
    } else {
        voice.say(&report::bill::lines(&lines))?;
    }
    Ok(Ending::Done)
}

/// A bundled book by its name, or one in a file.
fn book(name: &str, path: &Path, voice: &mut Voice) -> Result<PriceBook, Failure> {
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

fn sentence(missing: &billing::MissingPrice) -> String {
    let nearest = match missing.nearest.as_slice() {
        [] => String::new(),
        names => format!("\n  = help: did you mean `{}`?", names.join("` or `")),
    };
    format!("{}: the price book has no `{}`{nearest}", missing.node, missing.item)
}
