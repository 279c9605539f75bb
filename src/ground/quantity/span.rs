//! Durations: `90s`, `2h30min`, `0.25s`.

use super::decimal::{Kind, Product};
use crate::ground::time::{SECOND, Span};

/// The longest duration that is read, 100 years of 365.25 days.
pub const LONGEST: Span = Span::from_secs(36_525 * 86_400);

pub(super) const UNITS: [(&str, u64); 7] = [
    ("d", 86_400 * SECOND),
    ("h", 3_600 * SECOND),
    ("min", 60 * SECOND),
    ("s", SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const KIND: Kind = Kind { name: "a duration", example: "2h30min" };

/// A duration: numbers with units, largest first, each unit at most once; the last number may have a decimal
/// point. At most 100 years, no finer than a nanosecond.
///
/// ```
/// # use queuelab::ground::quantity::span;
/// assert_eq!(span("2h30min")?.nanos(), 9_000_000_000_000);
/// assert_eq!(span("0.25s")?.nanos(), 250_000_000);
/// assert!(span("5m").unwrap_err().ends_with("did you mean `5min` or `5ms`?"));
/// # Ok::<(), String>(())
/// ```
pub fn span(text: &str) -> Result<Span, String> {
    KIND.look_over(text)?;
    let (mut rest, mut total, mut last) = (text, 0u128, None);
    while !rest.is_empty() {
        let before = rest;
        let (number, after) = KIND.number(text, rest)?;
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, following) = after.split_at(end);
        let written = &before[..before.len() - after.len()];
        let place = place(text, written, unit)?;
        if last.is_some_and(|last| place <= last) {
            return Err(KIND.refuse(text, "write the largest unit first and each unit once, like `1h30min`"));
        }
        if !following.is_empty() && number.places > 0 {
            return Err(KIND.refuse(text, "only its last number may have a decimal point"));
        }
        match number.times(UNITS[place].1) {
            Product::Whole(nanos) => total = total.saturating_add(nanos),
            Product::NotWhole => return Err(KIND.refuse(text, "nothing is finer than a nanosecond")),
            Product::TooLarge => total = u128::MAX,
        }
        (rest, last) = (following, Some(place));
    }
    match u64::try_from(total) {
        Ok(nanos) if nanos <= LONGEST.nanos() => Ok(Span::from_nanos(nanos)),
        _ => Err(format!("`{text}` is too long: a duration is at most 100 years, `36525d`")),
    }
}

/// The place of a unit in the list, or what would be right instead.
fn place(text: &str, number: &str, unit: &str) -> Result<usize, String> {
    if let Some(place) = UNITS.iter().position(|(name, _)| *name == unit) {
        return Ok(place);
    }
    let why = match unit {
        "" if text == number => {
            return Err(format!("`{text}` has no unit: write `{text}s`, `{text}ms` or another of d h min s ms us ns"));
        }
        "" => format!("`{number}` has no unit"),
        "m" | "M" => return Err(format!("`{text}` is ambiguous: did you mean `{number}min` or `{number}ms`?")),
        _ => match meant(unit) {
            Some(right) => format!("write `{right}` for `{unit}`"),
            None => format!("there is no unit `{unit}`, the units are d h min s ms us ns"),
        },
    };
    Err(KIND.refuse(text, &why))
}

/// The unit of time that somebody meant by another word for it.
pub(super) fn meant(unit: &str) -> Option<&'static str> {
    Some(match unit.to_lowercase().as_str() {
        "d" | "day" | "days" => "d",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "min" | "mins" | "minute" | "minutes" => "min",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "ms" | "msec" | "milli" | "millis" | "millisecond" | "milliseconds" => "ms",
        // Micro sign and Greek letter.
        "us" | "µs" | "μs" | "usec" | "micros" | "microsecond" | "microseconds" => "us",
        "ns" | "nsec" | "nanos" | "nanosecond" | "nanoseconds" => "ns",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_exactly() {
        for (text, nanos) in [
            ("0s", 0),
            ("90s", 90 * SECOND),
            ("2h30min", 9_000 * SECOND),
            ("0.25s", SECOND / 4),
            ("1.5h", 5_400 * SECOND),
            ("1h0.5s", 3_600 * SECOND + SECOND / 2),
            ("1d2h3min4s5ms6us7ns", 93_784_005_006_007),
            ("0.000000001s", 1),
            ("0.1s", 100_000_000),
            ("007s", 7 * SECOND),
            ("1.50min", 90 * SECOND),
            ("90min", 5_400 * SECOND),
            ("36525d", LONGEST.nanos()),
        ] {
            assert_eq!(span(text).map(Span::nanos), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for nanos in [0, 1, 999, 90 * SECOND, 9_000 * SECOND, 93_784_005_006_007, LONGEST.nanos()] {
            let span_of = Span::from_nanos(nanos);
            assert_eq!(span(&span_of.to_string()), Ok(span_of));
        }
    }

    #[test]
    fn what_is_no_duration_is_answered() {
        for (text, answer) in [
            ("", "an empty text is not a duration: write it like `2h30min`"),
            ("90", "`90` has no unit: write `90s`, `90ms` or another of d h min s ms us ns"),
            ("0", "`0` has no unit: write `0s`, `0ms` or another of d h min s ms us ns"),
            ("5m", "`5m` is ambiguous: did you mean `5min` or `5ms`?"),
            ("2h5m", "`2h5m` is ambiguous: did you mean `5min` or `5ms`?"),
            ("-5s", "`-5s` is not a duration: it can't be negative"),
            ("+5s", "`+5s` is not a duration: write it without a sign"),
            ("2h 30min", "`2h 30min` is not a duration: write it without spaces, `2h30min`"),
            ("5sec", "`5sec` is not a duration: write `s` for `sec`"),
            ("5µs", "`5µs` is not a duration: write `us` for `µs`"),
            ("5S", "`5S` is not a duration: write `s` for `S`"),
            ("5weeks", "`5weeks` is not a duration: there is no unit `weeks`, the units are d h min s ms us ns"),
            ("1h30", "`1h30` is not a duration: `30` has no unit"),
            ("30min2h", "`30min2h` is not a duration: write the largest unit first and each unit once, like `1h30min`"),
            ("1s1s", "`1s1s` is not a duration: write the largest unit first and each unit once, like `1h30min`"),
            ("1.5h30min", "`1.5h30min` is not a duration: only its last number may have a decimal point"),
            ("0.5ns", "`0.5ns` is not a duration: nothing is finer than a nanosecond"),
            (".5s", "`.5s` is not a duration: a decimal point stands between digits, as in `0.5`"),
            ("5.s", "`5.s` is not a duration: a decimal point stands between digits, as in `0.5`"),
            ("1.2.3s", "`1.2.3s` is not a duration: a decimal point stands between digits, as in `0.5`"),
            ("1,5s", "`1,5s` is not a duration: write a number with digits and at most one point, like `1234.5`"),
            ("1e3s", "`1e3s` is not a duration: write a number in full, without an exponent"),
            ("min", "`min` is not a duration: a number is missing before `min`; write it like `2h30min`"),
            ("36525d1ns", "`36525d1ns` is too long: a duration is at most 100 years, `36525d`"),
            (
                "999999999999999999999999999d",
                "`999999999999999999999999999d` is too long: a duration is at most 100 years, `36525d`",
            ),
            (
                "1234567890123456789012345678901s",
                "`1234567890123456789012345678901s` is not a duration: that is more digits than can be kept",
            ),
        ] {
            assert_eq!(span(text).unwrap_err(), answer, "{text}");
        }
    }
}
