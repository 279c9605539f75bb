//! Text as rules compare it: without regard to case, and with stars.

/// Whether `text` begins with `wanted`, upper and lower case being one; gives what follows.
fn without_start<'t>(text: &'t str, wanted: &str) -> Option<&'t str> {
    wanted.chars().try_fold(text, |rest, letter| {
        strip(rest, letter.to_lowercase(), str::strip_prefix)
            .or_else(|| strip(rest, letter.to_uppercase(), str::strip_prefix))
    })
}

/// The other case of a letter may be several: `ß` is `SS`.
fn strip<'t>(
    text: &'t str,
    letters: impl Iterator<Item = char>,
    cut: fn(&'t str, char) -> Option<&'t str>,
) -> Option<&'t str> {
    let mut rest = text;
    for letter in letters {
        rest = cut(rest, letter)?;
    }
    Some(rest)
}

/// Whether both are one text, upper and lower case being one.
pub(super) fn is_same(text: &str, wanted: &str) -> bool {
    without_start(text, wanted) == Some("")
}

/// Whether `text` begins so, upper and lower case being one.
pub(super) fn begins(text: &str, wanted: &str) -> bool {
    without_start(text, wanted).is_some()
}

/// Whether `text` ends so, upper and lower case being one.
pub(super) fn ends(text: &str, wanted: &str) -> bool {
    let left = wanted.chars().rev().try_fold(text, |rest, letter| {
        strip(rest, letter.to_lowercase().rev(), str::strip_suffix)
            .or_else(|| strip(rest, letter.to_uppercase().rev(), str::strip_suffix))
    });
    left.is_some()
}

/// A text with stars, each of which stands for any run of letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stars {
    /// What stands between the stars, the first and the last of them at the ends of the text.
    parts: Vec<String>,
}

impl Stars {
    /// Reads `a*z`; `\*` is a star, `\\` a backslash.
    ///
    /// # Errors
    /// What is the matter, and what to do.
    pub(super) fn read(text: &str) -> Result<Stars, (String, String)> {
        let mut parts = vec![String::new()];
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match (letter, letters.peek().copied()) {
                ('*', Some('*')) => {
                    let advice = "one star stands for any number of letters; `\\*` is the star itself".to_owned();
                    return Err((format!("two stars stand side by side in `{text}`"), advice));
                }
                ('*', _) => parts.push(String::new()),
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    letters.next();
                    parts.last_mut().expect("there is one from the start").push(escaped);
                }
                ('\\', next) => {
                    let what = match next {
                        Some(next) => format!("a backslash stands before `{next}` in `{text}`"),
                        None => format!("a backslash stands at the end of `{text}`"),
                    };
                    let advice =
                        "it may stand before `*` and `\\` alone; in JSON each is written twice: `\\\\*`, `\\\\\\\\`";
                    return Err((what, advice.to_owned()));
                }
                (other, _) => parts.last_mut().expect("there is one from the start").push(other),
            }
        }
        Ok(Stars { parts })
    }

    /// Whether all of `text` is like it. The leftmost place for each part is as good as any: time grows with the text alone.
    pub(super) fn meets(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
            return false;
        };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_no_difference() {
        assert!(is_same("AbC-1", "aBc-1") && is_same("", "") && is_same("ÄÖ", "äö"));
        assert!(!is_same("abc", "ab") && !is_same("ab", "abc") && !is_same("", "a"));
        // Each letter of the pattern is taken by itself, with both its cases.
        assert!(is_same("STRASSE", "straße") && !is_same("straße", "STRASSE"));
        assert!(begins("EVENTBRIDGE", "eventB") && begins("x", "") && !begins("even", "event"));
        assert!(ends("photo.PNG", ".png") && ends("x", "") && !ends("ng", "png") && ends("GROSS", "groß"));
    }

    /// The engine's README: a star is any run of letters, an escaped one is itself.
    #[test]
    fn stars_stand_for_any_letters() {
        for (stars, text, meets) in [
            ("a*z", "az", true),
            ("a*z", "abcz", true),
            ("a*z", "abczy", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a*a", "a", false),
            ("*.png", ".png", true),
            ("dir/*.png", "dir/a/b.png", true),
            ("a*b*c", "abbc", true),
            ("a*b*c", "acb", false),
            ("*ab*ab*", "xabyab", true),
            ("*ab*ab*", "xaby", false),
            ("a\\*z", "a*z", true),
            ("a\\*z", "abz", false),
            ("a\\\\*", "a\\bc", true),
            ("a\\\\\\*", "a\\*", true),
            ("\\**", "*x", true),
            ("*é*", "café!", true),
        ] {
            assert_eq!(Stars::read(stars).unwrap().meets(text), meets, "{stars} {text}");
        }
        for not in ["**", "a**b", "*\\**\\***", "a\\b", "a\\", "*\\"] {
            assert!(Stars::read(not).is_err(), "{not}");
        }
    }

    #[test]
    fn many_stars_and_a_long_text_take_no_time() {
        let stars = Stars::read(&"*a".repeat(500)).unwrap();
        assert!(!stars.meets(&("a".repeat(499) + "b")) && stars.meets(&"a".repeat(100_000)));
    }
}
