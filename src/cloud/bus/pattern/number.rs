//! Numbers as rules compare them: doubles, and where a double cannot hold what was written, the digits themselves.

use serde_json::Number;

/// Up to here a double holds every whole number.
const WHOLE_MAX: u64 = 1 << 53;

/// A number of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    /// As it was written.
    pub text: String,
    /// `None` where a double cannot hold it: then it is nothing but its text.
    pub value: Option<f64>,
}

impl Literal {
    pub(super) fn new(text: &str) -> Literal {
        Literal { text: text.to_owned(), value: held(text) }
    }

    /// Whether a number of an event is this one: 300 is 300.0 is 3.0e2.
    pub(super) fn is(&self, number: &Number) -> bool {
        match (self.value, compared(number)) {
            (Some(own), Some(other)) => own == other,
            _ => number.to_string() == self.text,
        }
    }
}

/// The double that stands for a number of an event; `None` where none holds all of its digits, and it meets no range.
pub(super) fn compared(number: &Number) -> Option<f64> {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    match magnitude {
        Some(whole) if whole > WHOLE_MAX => held(&number.to_string()),
        _ => number.as_f64(),
    }
}

/// The double that a decimal text is, if it is no other number when written out again.
fn held(text: &str) -> Option<f64> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
    (digits(text)? == digits(&format!("{value:e}"))?).then_some(value)
}

/// Sign, digits without zeros at either end, and the power of ten of the last of them.
fn digits(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let power: i64 = power.parse().ok()?;
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{part}");
    let kept = all.trim_end_matches('0');
    let power = power.checked_add((all.len() - kept.len()) as i64)?.checked_sub(part.len() as i64)?;
    let kept = kept.trim_start_matches('0');
    Some(if kept.is_empty() { (false, String::new(), 0) } else { (sign, kept.to_owned(), power) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (own, other, same) in [
            ("300", "300.0", true),
            ("300", "3.0e2", true),
            ("3e2", "300", true),
            ("-0", "0", true),
            ("0.1", "1e-1", true),
            ("123456789012", "123456789012", true),
            ("300", "300.0000001", false),
            ("5", "-5", false),
            // Beyond 2^53 a double skips numbers: there the digits decide.
            ("9007199254740993", "9007199254740993", true),
            ("9007199254740993", "9007199254740992", false),
            ("18446744073709551615", "18446744073709551615", true),
        ] {
            assert_eq!(Literal::new(own).is(&number(other)), same, "{own} and {other}");
        }
    }

    #[test]
    fn a_number_with_more_digits_than_a_double_holds_is_compared_with_nothing() {
        for (text, is_held) in [
            ("1E-320", true),
            ("1E-325", false),
            ("0.30000000000000004", true),
            ("0.1234567890123456789", false),
            ("4999999999.99999", true),
            ("1e22", true),
            ("9007199254740993", false),
        ] {
            assert_eq!(held(text).is_some(), is_held, "{text}");
        }
        assert_eq!(compared(&number("9007199254740993")), None);
        assert_eq!(compared(&number("-7")), Some(-7.0));
        assert_eq!(held("1e99999999999999999999"), None);
    }
}
