//! `explain`: what a figure, a setting, a choice or a complaint's code means, from the registries of the program.

use std::collections::BTreeSet;

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::glossary::{self, Kind, WORDS};
use crate::cli::voice::Voice;
use crate::cli::why;
use crate::scenario::{self, Word, nearest};

const EXAMPLES: &str = "\
Examples:
  queuelab explain lost
  queuelab explain media.wait.p99
  queuelab explain visibility-timeout
  queuelab explain queue-length
  queuelab explain E002
  queuelab explain figures
  queuelab explain

`figures`, `statistics`, `terms`, `causes`, `codes` and `checks` are explained together.";

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
    let width = voice.width().min(100);
    let Some(asked) = words.word.as_deref() else {
        voice.say(&list(width))?;
        return Ok(Ending::Done);
    };
    if let Some(all) = of_kind(asked) {
        let lines: String = all.iter().map(|(word, text)| wrapped(&format!("{word}: {text}"), width)).collect();
        voice.say(&lines)?;
        return Ok(Ending::Done);
    }
    let mut found: Vec<Entry> = glossary::find(asked).into_iter().map(of_word).collect();
    found.extend(of_scenario(asked));
    if found.is_empty() {
        return Err(Failure::Asked(unknown(asked)));
    }
    let texts: Vec<String> = found.iter().map(|entry| shown(entry, width)).collect();
    voice.say(&texts.join("\n"))?;
    Ok(Ending::Done)
}

/// All words of a kind that is asked for by its name, each with its sentence.
fn of_kind(kind: &str) -> Option<Vec<(String, String)>> {
    let glossary = |wanted: fn(Kind) -> bool| {
        let words = WORDS.iter().filter(move |word| wanted(word.kind));
        Some(words.map(|word| (word.word.to_owned(), word.text.to_owned())).collect())
    };
    let registry = |place: &str| {
        let words = scenario::words();
        Some(words.into_iter().filter(|word| word.place == place).map(|word| (word.word, word.about)).collect())
    };
    match kind.to_lowercase().as_str() {
        "figures" => glossary(|kind| matches!(kind, Kind::Times | Kind::Figure(_))),
        "statistics" => glossary(|kind| kind == Kind::Statistic),
        "terms" => glossary(|kind| kind == Kind::Term),
        "causes" => Some(why::known().map(|(word, says)| (word, says.to_owned())).collect()),
        "codes" => registry(COMPLAINT),
        "checks" => registry(CHECK),
        _ => None,
    }
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

/// What the grammar of scenarios says of a word or of a path such as `queue.visibility-timeout`.
fn of_scenario(asked: &str) -> Vec<Entry> {
    let all = scenario::words();
    // Figures are in the glossary, with more to say.
    let meant = all.iter().filter(|word| word.place != FIGURE && is_meant(word, asked));
    // What is said of several places alike is said once.
    let mut groups: Vec<(&Word, Vec<&str>)> = Vec::new();
    for word in meant {
        let alike = |other: &Word| Word { place: word.place.clone(), ..other.clone() } == *word;
        match groups.iter_mut().find(|(other, _)| alike(other)) {
            Some((_, places)) => places.push(&word.place),
            None => groups.push((word, vec![&word.place])),
        }
    }
    groups.into_iter().map(|(word, places)| of_setting(word, &places, &all)).collect()
}

const FIGURE: &str = "figure";
const COMPLAINT: &str = "complaint";
const CHECK: &str = "check";

/// Whether a word is asked for by itself, or by the end of its path, in which any name may stand for `NAME`.
fn is_meant(word: &Word, asked: &str) -> bool {
    let asked = asked.to_lowercase().replace('_', "-");
    if word.word.to_lowercase() == asked {
        return true;
    }
    let (Some(asked), Some(place)) = (above(&asked, &word.word.to_lowercase()), above(&word.place, &word.word)) else {
        return false;
    };
    let (asked, place): (Vec<&str>, Vec<&str>) = (asked.split('.').collect(), place.split('.').collect());
    let end = &place[place.len().saturating_sub(asked.len())..];
    asked.len() <= place.len() && end.iter().zip(&asked).all(|(part, asked)| part == asked || *part == "NAME")
}

fn of_setting(word: &Word, places: &[&str], all: &[Word]) -> Entry {
    let mut text = Vec::new();
    if !word.about.is_empty() {
        text.push(word.about.clone());
    }
    if let Some(form) = word.form.as_ref().filter(|form| **form != word.about) {
        text.push(format!("written as {form}"));
    }
    match (&word.default, &word.documented) {
        (Some(default), None) => text.push(format!("default: {default}")),
        (None, None) => {}
        (default, Some(documented)) => {
            text.push(format!("default: {documented}"));
            if !word.always {
                let textbook = default.as_deref().unwrap_or("not there");
                text.push(format!("default under `run.defaults = \"textbook\"`: {textbook}"));
            }
        }
    }
    let below = all.iter().filter(|other| above(&other.place, &other.word) == places.first().copied());
    text.extend(below.map(|other| format!("· {}: {}", other.word, other.about)));
    Entry { word: word.word.clone(), about: standing(&word.word, places), text }
}

/// Where a word stands.
fn standing(word: &str, places: &[&str]) -> String {
    const SHOWN: usize = 3;
    match places.first() {
        Some(&COMPLAINT) => return "the code of a complaint".to_owned(),
        Some(&CHECK) => return "what is looked at before a run".to_owned(),
        _ => {}
    }
    let mut tables: Vec<&str> = places.iter().map(|place| above(place, word).unwrap_or("the whole file")).collect();
    tables.dedup();
    let more = tables.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(" and {more} other places") } else { String::new() };
    format!("in {}{rest}", tables.into_iter().take(SHOWN).collect::<Vec<_>>().join(", "))
}

/// The path above a word, which may have dots of its own, as `python3.13` has.
fn above<'p>(place: &'p str, word: &str) -> Option<&'p str> {
    place.strip_suffix(word)?.strip_suffix('.')
}

fn unknown(asked: &str) -> String {
    let words = scenario::words();
    let known = WORDS.iter().map(|word| word.word).chain(words.iter().map(|word| word.word.as_str()));
    let help = match nearest(asked, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`queuelab explain` lists all words".to_owned(),
    };
    format!("nothing is called `{asked}`\n  = help: {help}")
}

/// Every word, by kind.
fn list(width: usize) -> String {
    let of_kind = |wanted: fn(Kind) -> bool| WORDS.iter().filter(move |word| wanted(word.kind)).map(|word| word.word);
    let words = scenario::words();
    let named = |codes: bool| {
        let words = words
            .iter()
            .filter(move |word| (word.place == COMPLAINT) == codes && word.place != FIGURE && word.place != CHECK);
        words.map(|word| word.word.as_str())
    };
    let mut text = String::new();
    let mut section = |title: &str, words: &mut dyn Iterator<Item = &str>| {
        let words: BTreeSet<&str> = words.collect();
        text += &format!("\u{1b}[1m{title}\u{1b}[0m\n");
        text += &wrapped(&words.into_iter().collect::<Vec<_>>().join(", "), width);
        text += "\n";
    };
    section("Figures", &mut of_kind(|kind| matches!(kind, Kind::Times | Kind::Figure(_))));
    section("Statistics", &mut of_kind(|kind| kind == Kind::Statistic));
    section("Words of the trade", &mut of_kind(|kind| kind == Kind::Term));
    section("Settings and choices of scenarios", &mut named(false));
    section("Codes of complaints", &mut named(true));
    text + "`queuelab explain WORD` explains each; a path such as `queue.to` or `asg.max` narrows it down.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(place: &str) -> Word {
        let word = place.rsplit('.').next().unwrap_or(place).to_owned();
        Word {
            word,
            place: place.to_owned(),
            about: String::new(),
            form: None,
            default: None,
            documented: None,
            always: false,
        }
    }

    #[test]
    fn a_word_is_meant_by_itself_and_by_any_end_of_its_path() {
        let timeout = word("topology.NAME.queue.NAME.visibility-timeout");
        let own = "topology.decoupled.queue.uploads.visibility-timeout";
        for asked in ["visibility-timeout", "Visibility_Timeout", "uploads.visibility-timeout", own] {
            assert!(is_meant(&timeout, asked), "{asked}");
        }
        for asked in ["timeout", "pool.web.visibility-timeout", "visibility-timeout.x", "queue"] {
            assert!(!is_meant(&timeout, asked), "{asked}");
        }
    }

    #[test]
    fn a_word_may_have_dots_of_its_own() {
        let place = "topology.NAME.function.NAME.runtime.python3.13";
        let runtime = Word { word: "python3.13".to_owned(), ..word(place) };
        for asked in ["python3.13", "runtime.python3.13", "resize.runtime.python3.13"] {
            assert!(is_meant(&runtime, asked), "{asked}");
        }
        for asked in ["13", "3.13", "pool.python3.13"] {
            assert!(!is_meant(&runtime, asked), "{asked}");
        }
        assert_eq!(standing("python3.13", &[place]), "in topology.NAME.function.NAME.runtime");
        assert_eq!(standing("runs", &["runs"]), "in the whole file");
    }

    /// Whoever reads a goal's name in the scenario's list of figures can ask for it here; `figures` asks for all.
    #[test]
    fn every_figure_that_a_goal_may_name_is_in_the_glossary() {
        for word in scenario::words().iter().filter(|word| word.place == FIGURE && word.word != "figures") {
            assert!(!glossary::find(&word.word).is_empty(), "{}", word.word);
        }
    }

    #[test]
    fn lines_are_broken_at_blanks() {
        assert_eq!(wrapped("one two three", 9), "  one two\n  three\n");
        assert_eq!(wrapped("unbreakable", 4), "  unbreakable\n");
    }
}
