//! `explain`: what a figure, a setting, a choice or a complaint's code means, from the registries of the program.

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::glossary::{self, Kind, WORDS};
use crate::cli::voice::Voice;

const EXAMPLES: &str = "\
Examples:
  queuelab explain lost
  queuelab explain media.wait.p99
  queuelab explain visibility-timeout
  queuelab explain queue-length
  queuelab explain E002
  queuelab explain";

/// Explain a figure, a setting, a choice or the code of a complaint
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The word, as a result or a scenario writes it; without one, all words are listed
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

/// Something that can be explained.
struct Entry {
    /// As one writes it.
    word: String,
    /// What kind of thing it is, and where it belongs.
    about: String,
    /// What it means; a line each.
    text: Vec<String>,
}

/// Explains a word, or lists all.
pub fn explain(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let Some(asked) = words.word.as_deref() else {
        voice.say(&list())?;
        return Ok(Ending::Done);
    };
    let mut found: Vec<Entry> = glossary::find(asked).into_iter().map(of_word).collect();
    found.extend(of_scenario(asked));
    if found.is_empty() {
        return Err(Failure::Asked(unknown(asked)));
    }
    let texts: Vec<String> = found.iter().map(|entry| shown(entry, voice.width().min(100))).collect();
    voice.say(&texts.join("\n"))?;
    Ok(Ending::Done)
}

fn of_word(word: &glossary::Word) -> Entry {
    let about = match word.kind {
        Kind::Times => {
            let statistics: Vec<&str> =
                WORDS.iter().filter(|word| word.kind == Kind::Statistic).map(|word| word.word).collect();
            format!("figures of times: {}.{{{}}}", word.word, statistics.join(","))
        }
        Kind::Figure(unit) => format!("a figure ({unit})"),
        Kind::Statistic => "a statistic of times".to_owned(),
        Kind::Term => "a word of the trade".to_owned(),
    };
    Entry { word: word.word.to_owned(), about, text: vec![word.text.to_owned()] }
}

fn shown(entry: &Entry, width: usize) -> String {
    let mut shown = format!("\u{1b}[1m{}\u{1b}[0m: {}\n", entry.word, entry.about);
    for line in &entry.text {
        shown += &wrapped(line, width);
    }
    shown
}

/// A sentence in lines of at most `width`, each set in by two.
fn wrapped(text: &str, width: usize) -> String {
    let (mut lines, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length == 0 || length + 1 + letters > width {
            let end = if length == 0 { "  " } else { "\n  " };
            lines += end;
            length = 2;
        } else {
            lines += " ";
            length += 1;
        }
        lines += word;
        length += letters;
    }
    lines + "\n"
}

fn of_scenario(_: &str) -> Vec<Entry> {
    Vec::new()
}

fn unknown(asked: &str) -> String {
    format!("nothing is called `{asked}`")
}

fn list() -> String {
    String::new()
}
