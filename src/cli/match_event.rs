//! `match-event`: whether a rule of an event bus takes an event, and why not.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::complain;
use crate::cli::ending::{Ending, Failure};
use crate::cli::files;
use crate::cli::voice::Voice;
use crate::cloud::bus::json::{self, Objection};
use crate::cloud::bus::pattern::Pattern;
use crate::scenario::{Severity, Source};

const EXAMPLES: &str = "\
Examples:
  queuelab match-event --pattern scenarios/late-orders.json --event scenarios/order-event.json

A pattern is what `aws events put-rule --event-pattern` takes, an event any JSON object:
  {\"source\": [\"my.shop\"], \"detail\": {\"items\": {\"price\": [{\"numeric\": [\">\", 0, \"<=\", 5]}]}}}

Every field that is named must match, by any one alternative of its array: a value, or
  {\"prefix\": \"a\"}   {\"suffix\": \".png\"}   {\"prefix\": {\"equals-ignore-case\": \"A\"}}   also of `suffix`
  {\"equals-ignore-case\": \"a\"}   {\"wildcard\": \"dir/*.png\"}   {\"cidr\": \"10.0.0.0/24\"}
  {\"numeric\": [\"=\", 5]}   {\"numeric\": [\">\", 0, \"<=\", 5]}   {\"exists\": true}   {\"exists\": false}
  {\"anything-but\": \"a\"}   {\"anything-but\": [1, 2]}   {\"anything-but\": {\"prefix\": [\"a\", \"b\"]}}
  {\"$or\": [{\"a\": [1]}, {\"b\": [2]}]}

Types count: \"5\" is not 5, but 300 is 300.0. Fields in objects of one array are met by one element.

The exit code is 0 for a match, 1 for none, 2 where the pattern or the event is not valid.";

/// Tell whether an event pattern of Amazon EventBridge matches an event, and if not, why
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The event pattern of a rule, as JSON; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pattern: PathBuf,

    /// The event, as JSON; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    event: PathBuf,
}

/// Matches one event, after all that is wrong with both files was told.
pub fn match_event(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let stdin = Path::new("-");
    if words.pattern == stdin && words.event == stdin {
        return Err(Failure::Asked(
            "the pattern and the event are both to come from standard input\n  = help: name a file for one of them"
                .to_owned(),
        ));
    }
    let pattern = read(&words.pattern, Pattern::read, voice);
    let event = read(&words.event, |text| json::event(text).map_err(|fault| vec![fault]), voice);
    let (Some(pattern), Some(event)) = (pattern, event) else { return Err(Failure::Told) };
    match pattern.explain(&event) {
        None => {
            voice.say("match")?;
            Ok(Ending::Done)
        }
        Some(mismatch) => {
            voice.say(&format!("no match\n{mismatch}"))?;
            Ok(Ending::Unmatched)
        }
    }
}

/// What a file holds, if it can be read; all that is to be said about it is told.
fn read<T>(
    path: &Path,
    parse: impl Fn(&str) -> Result<(T, Vec<Objection>), Vec<Objection>>,
    voice: &mut Voice,
) -> Option<T> {
    let source: Source = match files::text(path) {
        Ok(source) => source,
        Err(failure) => {
            super::fail(&failure, voice);
            return None;
        }
    };
    match parse(&source.text) {
        Ok((value, notes)) => {
            if !notes.is_empty() {
                voice.tell(&complain::of_objections(&source, &notes, Severity::Warning));
            }
            Some(value)
        }
        Err(faults) => {
            voice.insist(&complain::of_objections(&source, &faults, Severity::Error));
            None
        }
    }
}
