//! What is wrong with a price book or a usage list.

use std::fmt;
use std::ops::Range;

/// One fault of a file that a person wrote. All of them are told at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where, as a path from the top: `machine[2].type`; empty for the whole file.
    pub at: String,
    /// Which bytes of the text, where the format tells (TOML, CSV).
    pub span: Option<Range<usize>>,
    /// What is the matter.
    pub what: String,
    /// What to do.
    pub advice: Option<String>,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        f.write_str(&self.what)?;
        if let Some(advice) = &self.advice {
            write!(f, " ({advice})")?;
        }
        Ok(())
    }
}

/// Those of `known` that `word` may have been meant for, nearest first; at most three.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut close: Vec<(f64, &str)> =
        known.map(|name| (strsim::jaro_winkler(word, name), name)).filter(|&(likeness, _)| likeness > 0.85).collect();
    close.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    close.into_iter().take(3).map(|(_, name)| name).collect()
}

/// "did you mean … or …?", if anything is near.
pub(super) fn meant(names: &[&str]) -> Option<String> {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => None,
        [one] => Some(format!("did you mean {one}?")),
        [first @ .., last] => Some(format!("did you mean {} or {last}?", first.join(", "))),
    }
}
