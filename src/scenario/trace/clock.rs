//! Instants of a trace, in whichever of the usual forms the first row has.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

/// How the instants of a file are written; all rows are of one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Seconds from the start of the run.
    Relative,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Date and time of day, with or without a zone.
    Calendar,
}

/// Advice wherever an instant can't be read.
pub(super) const ADVICE: &str = "instants are written `2024-05-01 12:00:00`, `2024-05-01T12:00:00Z`, as seconds or milliseconds since 1970, or as seconds from the start";

impl Form {
    /// The form of a value, by its looks and size.
    pub fn of(text: &str) -> Option<Form> {
        match text.parse::<f64>() {
            Ok(number) if !number.is_finite() => None,
            // 3 years of seconds: nobody records relative times of that size, and 1973 was before the cloud.
            Ok(number) if number.abs() < 1e8 => Some(Form::Relative),
            Ok(number) if number.abs() < 1e11 => Some(Form::Seconds),
            Ok(_) => Some(Form::Milliseconds),
            Err(_) => calendar(text).map(|_| Form::Calendar),
        }
    }

    /// Whether the run starts at the first row, and not at the zero of the file's clock.
    pub fn is_absolute(self) -> bool {
        self != Form::Relative
    }

    /// Nanoseconds on the file's own clock.
    pub fn read(self, text: &str) -> Option<i128> {
        match self {
            Form::Relative | Form::Seconds => decimal(text, 9),
            Form::Milliseconds => decimal(text, 6),
            Form::Calendar => calendar(text),
        }
    }
}

fn calendar(text: &str) -> Option<i128> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_nanosecond());
    }
    // Without a zone every row is of the same one, whichever that is.
    let civil = text.parse::<DateTime>().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_nanosecond())
}

/// A decimal number times 10^`places`, exactly; what is finer is rounded half up.
fn decimal(text: &str, places: usize) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !plain {
        // An exponent: floats are as exact as such a number is.
        let value: f64 = text.parse().ok()?;
        let scaled = (0..places).fold(value, |value, _| value * 10.0).round();
        return (scaled.abs() < 1e27).then_some(scaled as i128);
    }
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && part.is_empty()) || whole.len() > 18 || part.contains('.') {
        return None;
    }
    let mut value: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut digits = part.bytes();
    for _ in 0..places {
        value = value * 10 + digits.next().map_or(0, |digit| i128::from(digit - b'0'));
    }
    value += i128::from(digits.next().is_some_and(|digit| digit >= b'5'));
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_the_usual_forms_are_read_to_the_nanosecond() {
        let read = |text: &str| Form::of(text).map(|form| (form, form.read(text)));
        assert_eq!(read("12.5"), Some((Form::Relative, Some(12_500_000_000))));
        assert_eq!(read("0.07949090003967285"), Some((Form::Relative, Some(79_490_900))));
        assert_eq!(read("1665103118000"), Some((Form::Milliseconds, Some(1_665_103_118_000_000_000))));
        assert_eq!(read("1665103118.25"), Some((Form::Seconds, Some(1_665_103_118_250_000_000))));
        let dated = Some((Form::Calendar, Some(1_665_014_400_123_456_700)));
        assert_eq!(read("2022-10-06 00:00:00.1234567"), dated);
        assert_eq!(read("2022-10-06T00:00:00.1234567Z"), dated);
        assert_eq!(read("2022-10-06T02:00:00.1234567+02:00"), dated);
        assert_eq!(read("2022-10-06 00:00").map(|(form, _)| form), Some(Form::Calendar));
        for wrong in ["", "yesterday", "06/10/2022 00:00", "NaN", "inf", "1.2.3"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
