//! By which rules functions are billed: those of now, or of a date for those who hold old bills against it.

use crate::ground::time::Span;

const MILLISECOND: u64 = 1_000_000;

/// Rules of billing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Runs with their initialisation, by the started millisecond (AWS Lambda pricing).
    #[default]
    Current,
    /// Before 1 August 2025 the initialisation of what is packed as a ZIP file, on a runtime of the provider's, was free (AWS
    /// Compute blog of 29 April 2025).
    Before202508,
    /// Before 1 December 2020 runs were billed by started 100 ms besides (AWS, What's New of that day).
    Lambda2020,
}

impl Profile {
    /// Their words in a file, and what they stand for.
    pub const WORDS: [(&'static str, Profile); 3] = [
        ("current", Profile::Current),
        ("before-2025-08", Profile::Before202508),
        ("lambda-2020", Profile::Lambda2020),
    ];

    /// The rules of that word.
    ///
    /// # Errors
    /// Says which words there are.
    pub fn read(word: &str) -> Result<Profile, String> {
        let known = || Profile::WORDS.map(|(word, _)| format!("`{word}`")).join(", ");
        let found = Profile::WORDS.into_iter().find(|(known, _)| *known == word);
        found.map(|(_, profile)| profile).ok_or_else(|| format!("`{word}` is no way of billing: there are {}", known()))
    }

    /// What of a stay is billed, before it is rounded up.
    pub(super) fn billed(self, init: Span, ran: Span) -> Span {
        match self {
            Profile::Current => init + ran,
            Profile::Before202508 | Profile::Lambda2020 => ran,
        }
    }

    /// That, rounded up, in milliseconds.
    pub(super) fn milliseconds(self, billed: Span) -> u128 {
        let step = match self {
            Profile::Current | Profile::Before202508 => 1,
            Profile::Lambda2020 => 100,
        };
        u128::from(billed.nanos().div_ceil(step * MILLISECOND)) * u128::from(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 101.5 ms after an initialisation of 800 ms: 902 ms now, 102 ms before August 2025, 200 ms before December 2020.
    #[test]
    fn a_cold_start_is_billed_by_the_rules_of_its_day() {
        let (init, ran) = (Span::from_nanos(800 * MILLISECOND), Span::from_nanos(101_500_000));
        let billed = |word: &str| {
            let profile = Profile::read(word).unwrap();
            profile.milliseconds(profile.billed(init, ran))
        };
        assert_eq!((billed("current"), billed("before-2025-08"), billed("lambda-2020")), (902, 102, 200));
        let refused = Profile::read("lambda-2019").unwrap_err();
        assert!(refused.ends_with("there are `current`, `before-2025-08`, `lambda-2020`"), "{refused}");
    }
}
