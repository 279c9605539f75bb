//! `bill`: the bill of a result, and why it is what it is; or that of a plain list of usage, without simulating anything.

use std::path::{Path, PathBuf};

use clap::Args;
use indexmap::IndexMap;
use serde::Serialize;

use crate::billing::{self, Format, PriceBook, UsageList};
use crate::cli::complain;
use crate::cli::ending::{Ending, Failure};
use crate::cli::files;
use crate::cli::prices::book;
use crate::cli::voice::Voice;
use crate::experiment::document::{BillLine, PriceStamp};
use crate::report;

const EXAMPLES: &str = "\
Examples:
  queuelab bill output/video-upload-7
  queuelab bill output/video-upload-7 --why
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

/// Show the bill of a result, and why; or price a list of usage: machines, queues, functions …
#[derive(Args, Debug)]
#[command(after_help = help())]
pub struct Words {
    /// A result: the folder that `run` or `compare` wrote, or its result.json
    #[arg(
        value_name = "RESULT",
        required_unless_present = "usage",
        conflicts_with_all = ["usage", "prices"],
        value_hint = clap::ValueHint::AnyPath
    )]
    result: Option<PathBuf>,

    /// A list of what was used, to be priced without a result
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    usage: Option<PathBuf>,

    /// The price book of a list: a bundled one or a file [default: the list's, else us-east-1]
    #[arg(long, value_name = "BOOK")]
    prices: Option<String>,

    /// Say for each line what rounding up, minimums and idle time added
    #[arg(long)]
    why: bool,

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

/// The bills of a result as `--json` prints them.
#[derive(Serialize)]
struct Bills {
    prices: PriceStamp,
    topologies: IndexMap<String, Part>,
}

/// The bill of one topology.
#[derive(Serialize)]
struct Part {
    lines: Vec<BillLine>,
    /// `None` where a line's cost is no decimal.
    total: Option<String>,
}

/// Prints the bill of a result or of a list.
pub fn bill(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    match (&words.usage, &words.result) {
        (Some(list), _) => of_list(list, words, voice),
        (None, Some(result)) => of_result(result, words, voice),
        (None, None) => Err(Failure::Asked("neither a result nor a list was named".to_owned())),
    }
}

fn of_list(path: &Path, words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let source = files::text(path)?;
    let list = UsageList::read(&source.text, Format::of(&source.name)).map_err(|flaws| {
        voice.insist(&complain::of_flaws(&source, &flaws));
        Failure::Told
    })?;
    let beside = path.parent().unwrap_or(Path::new(""));
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
        say(&Bill { prices: PriceStamp::of(&book), lines, total: total.to_string() }, voice)?;
    } else {
        let why = if words.why { format!("\nWhy\n{}", report::why::lines(&lines)) } else { String::new() };
        voice.say(&format!("{}{why}", report::bill::lines(&lines)))?;
    }
    Ok(Ending::Done)
}

fn of_result(path: &Path, words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let (document, _) = files::result(path, "`queuelab bill --usage FILE` prices a list of usage")?;
    if words.json {
        let part = |lines: &Vec<BillLine>| Part {
            total: report::bill::total(lines).map(|total| total.to_string()),
            lines: lines.clone(),
        };
        let topologies = document.topologies.iter().map(|(name, of)| (name.clone(), part(&of.bill))).collect();
        say(&Bills { prices: document.prices, topologies }, voice)?;
    } else {
        let why = if words.why { report::why::why(&document) } else { String::new() };
        voice.say(&format!("{}{why}", report::bill(&document)))?;
    }
    Ok(Ending::Done)
}

fn say(bill: &impl Serialize, voice: &mut Voice) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(bill).expect("a bill holds nothing that JSON cannot say");
    voice.say(&text)
}

fn sentence(missing: &billing::MissingPrice) -> String {
    let nearest = match missing.nearest.as_slice() {
        [] => String::new(),
        names => format!("\n  = help: did you mean `{}`?", names.join("` or `")),
    };
    format!("{}: the price book has no `{}`{nearest}", missing.node, missing.item)
}
