//! What is the matter with a scenario, where, and what to do about it.

use std::fmt;

use crate::scenario::place::{Place, Places};
use crate::scenario::source::Source;

/// One thing that is the matter, in terms of the person's system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// For `explain`, and for searching: `E103`.
    pub code: &'static str,
    /// Whether it stops the run.
    pub severity: Severity,
    /// What is the matter: lower case, no full stop.
    pub what: String,
    /// Where.
    pub at: Place,
    /// Other places that belong to it, each with a word.
    pub also: Vec<(Place, String)>,
    /// What to do.
    pub advice: Option<String>,
}

/// Whether a complaint stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does.
    Error,
    /// It is legal but surely not meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

impl Complaint {
    /// Something that stops the run.
    pub fn error(code: &'static str, at: Place, what: impl Into<String>) -> Complaint {
        Complaint { code, severity: Severity::Error, what: what.into(), at, also: Vec::new(), advice: None }
    }

    /// Something legal that is surely not meant.
    pub fn warning(code: &'static str, at: Place, what: impl Into<String>) -> Complaint {
        Complaint { severity: Severity::Warning, ..Complaint::error(code, at, what) }
    }

    /// With what to do about it.
    pub fn advise(mut self, advice: impl Into<String>) -> Complaint {
        self.advice = Some(advice.into());
        self
    }

    /// With what to do about it, where there is something.
    pub fn advise_if(mut self, advice: Option<String>) -> Complaint {
        self.advice = advice.or(self.advice);
        self
    }

    /// With another place that belongs to it.
    pub fn and(mut self, place: Place, what: impl Into<String>) -> Complaint {
        self.also.push((place, what.into()));
        self
    }

    /// The complaint as lines of plain text: `file:line:column: error[E103]: what`, then its other places and its
    /// advice.
    pub fn plain(&self, source: &Source) -> String {
        self.plain_in(source, &Places::of(source))
    }

    /// As [`Complaint::plain`], in a text whose places were found before.
    pub fn plain_in(&self, source: &Source, places: &Places) -> String {
        let position = |place: &Place| match places.locate(place) {
            Some(range) => {
                let (line, column) = source.position(range.start);
                format!("{}:{line}:{column}", source.name)
            }
            None => source.name.clone(),
        };
        let mut text = format!("{}: {}[{}]: {}", position(&self.at), self.severity, self.code, self.what);
        for (place, what) in &self.also {
            text.push_str(&format!("\n  = note: {}: {what}", position(place)));
        }
        if let Some(advice) = &self.advice {
            text.push_str(&format!("\n  = help: {advice}"));
        }
        text
    }
}

/// The known word that is nearest to one that is not known, if any is near enough to have been meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()),
                strsim::jaro_winkler(&folded, candidate),
                candidate,
            )
        })
        .filter(|(edits, likeness, candidate)| {
            let length = candidate.chars().count().max(folded.chars().count());
            *edits <= length.div_ceil(3) || *likeness > 0.88
        })
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))
        .map(|(_, _, candidate)| candidate)
}

/// Advice for a word that is not known: the nearest known one, or all of them where they are few.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    match known.as_slice() {
        [] => None,
        [only] => Some(format!("the only one here is `{only}`")),
        few if few.len() <= 24 => Some(format!("known here: {}", listed(few))),
        _ => None,
    }
}

/// `a`, `b` and `c`, each in backquotes.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

/// Every code with what it says, for `explain`.
pub const CODES: &[(&str, &str)] = &[
    ("E001", "the text can't be read at all, as TOML, JSON or YAML, or nothing in it is of a kind that is known"),
    ("E002", "a key that this table does not have"),
    ("E003", "a value of the wrong form: text for a number, a table for a list"),
    ("E004", "a key that must be there is missing"),
    ("E005", "a word that is not one of the choices here"),
    ("E006", "a choice with more than one key: exactly one says which it is"),
    ("E007", "a value that can't be understood: a duration without its unit, a rate without its time"),
    ("E008", "something that this version does not have yet"),
    ("E009", "a name that is not allowed: names are short, without dots, and a topology uses each once"),
    ("E010", "a change by `--set` that leads nowhere"),
    ("E011", "something the scenario can't do without: a workload, a topology, a length where arrivals never end"),
    ("E012", "more faults than are told at once"),
    ("E101", "a node is named that the topology does not have"),
    ("E102", "a work is named that nothing brings"),
    ("E103", "a workload is named that the scenario does not have"),
    ("E104", "an edge to a kind of node that can't take it"),
    ("E105", "it is not clear where requests enter"),
    ("E106", "nodes that call or send to each other in a circle: no request would ever end"),
    ("E107", "a step without a verb, or with more than one, or with a setting of another verb"),
    ("E108", "two settings that exclude each other, or two that need each other"),
    ("E201", "a number out of its range"),
    ("E202", "a minimum above its maximum"),
    ("E203", "points or rows that must grow with time, and do not"),
    ("E204", "something that would happen over and over again in one and the same instant"),
    ("E301", "a goal for a figure that does not exist"),
    ("E302", "a goal in the wrong unit for its figure"),
    ("E401", "a file that can't be read"),
    ("E402", "a trace that can't be understood"),
    ("E501", "a price that the book does not have, or in a unit that is not the book's"),
    ("W101", "a pool that can never keep up with what reaches it"),
    ("W102", "a queue that nobody receives from"),
    ("W103", "a visibility timeout shorter than the work takes for one message in a hundred"),
    ("W104", "a node that no request can reach"),
    ("W105", "a group that can never leave zero workers"),
    ("W106", "a run that would take very long"),
    ("W107", "attempts of tiers that call each other multiply"),
    ("W108", "a group whose maximum is too small for its busiest hour"),
    ("W109", "a group that may ask for more before what it asked for serves"),
    ("W111", "dead letters that would be kept otherwise than the provider allows, or too short"),
    ("W113", "somebody who waits for ever for what is lost on its way"),
    ("W114", "a setting beyond what the provider allows"),
    ("W115", "machines that have not room for all the pods that there may be, or for nobody"),
    ("W116", "a function that is cut off before it has done its work"),
    ("W117", "a rule of a bus, or a filter of a mapping, that takes nothing of what comes"),
    ("W118", "objects that are deleted before they have been there for as long as they are paid for"),
    (
        "W121",
        "a queue whose healthy messages may end as dead letters, because its function refuses what is received for it",
    ),
    ("W201", "rows of a trace were not sorted, or partly unusable"),
    ("W301", "a kind of request that a priority line does not rank"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_its_neighbour_and_a_strange_one_does_not() {
        let known = ["workers", "slots", "platform", "scaling"];
        assert_eq!(nearest("worker", known), Some("workers"));
        assert_eq!(nearest("Slots", known), Some("slots"));
        assert_eq!(nearest("scailng", known), Some("scaling"));
        assert_eq!(nearest("visibility-timeout", known), None);
    }

    #[test]
    fn codes_are_told_once_and_in_order() {
        for pair in CODES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
        }
    }
}
