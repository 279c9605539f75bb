//! Instants of a trace, in whichever of the usual forms the first row has.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::trace::Setting;

/// Advice wherever an instant can't be read.
pub(crate) const ADVICE: &str = "instants are written `2024-05-01 12:00:00`, `2024-05-01T12:00:00Z`, as seconds or milliseconds since 1970, or as seconds from the start; `unit = { COLUMN = \"1ms\" }` says what else a number counts";

/// Numbers of this many seconds are since 1970: 3 years, for which nobody records relative times, and 1973 was before
/// the cloud.
const EPOCH: f64 = 1e8;

/// The file's own clock: how its instants are written, and what a number of them counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    unit: Option<Span>,
    form: Option<Form>,
}

/// How the instants of a file are written; all rows are of one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// So many of these from the start of the run.
    Relative(Span),
    /// So many of these since 1970.
    Epoch(Span),
    /// Date and time of day, with or without a zone.
    Calendar,
}

impl Clock {
    /// The clock of a trace, before its first row.
    pub fn of(setting: &Setting<'_>) -> Clock {
        Clock::counting(setting.trace.unit.get(&setting.trace.time).map(|unit| unit.0))
    }

    /// A clock whose numbers count `unit`; without one, their size tells seconds from milliseconds.
    pub fn counting(unit: Option<Span>) -> Clock {
        Clock { unit, form: None }
    }

    /// Nanoseconds on this clock. The first instant that can be read settles the form.
    pub fn read(&mut self, text: &str) -> Option<i128> {
        if self.form.is_none() {
            self.form = Form::of(text, self.unit);
        }
        match self.form? {
            Form::Relative(unit) | Form::Epoch(unit) => decimal(text, unit),
            Form::Calendar => calendar(text),
        }
    }

    /// Whether the run starts at the first row, and not at the zero of this clock.
    pub fn is_absolute(self) -> bool {
        matches!(self.form, Some(Form::Epoch(_) | Form::Calendar))
    }

    /// Complains of a unit for what is no number.
    pub fn complain(self, setting: &Setting<'_>, complaints: &mut Vec<Complaint>) -> bool {
        let wrong = self.unit.is_some() && self.form == Some(Form::Calendar);
        if wrong {
            let Setting { trace, place, .. } = setting;
            let what = format!("column `{}` of {} holds dates, which have no unit", trace.time, trace.file);
            complaints.push(
                Complaint::error("E402", place.then("unit").then(&trace.time).key(), what)
                    .advise("take it out; a unit is for instants that are numbers"),
            );
        }
        wrong
    }
}

impl Form {
    /// The form of a value, by its looks and size.
    fn of(text: &str, unit: Option<Span>) -> Option<Form> {
        let Ok(number) = text.parse::<f64>() else { return calendar(text).map(|_| Form::Calendar) };
        // Seconds since 1970 have less than 12 digits until the year 5138.
        let guess = Span::from_millis(if number.abs() < 1e11 { 1_000 } else { 1 });
        let unit = unit.unwrap_or(guess);
        match number.abs() * unit.seconds() {
            seconds if !seconds.is_finite() => None,
            seconds if seconds < EPOCH => Some(Form::Relative(unit)),
            _ => Some(Form::Epoch(unit)),
        }
    }
}

/// Whether this may be an instant.
pub(crate) fn is_instant(text: &str) -> bool {
    Form::of(text, None).is_some()
}

fn calendar(text: &str) -> Option<i128> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_nanosecond());
    }
    // Without a zone every row is of the same one, whichever that is.
    let civil = text.parse::<DateTime>().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_nanosecond())
}

/// Nanoseconds of a decimal number of `unit`, exactly; what is finer is rounded half up.
fn decimal(text: &str, unit: Span) -> Option<i128> {
    /// Digits before the point: nanoseconds since 1970 have 19.
    const DIGITS: usize = 19;
    /// Digits behind it that are looked at.
    const PLACES: usize = 18;
    /// Nanoseconds beyond which nothing is recorded: some 30 thousand million years.
    const FARTHEST: i128 = 10_i128.pow(27);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !plain {
        // An exponent: floats are as exact as such a number is.
        let scaled = (text.parse::<f64>().ok()? * unit.nanos() as f64).round();
        return (scaled.abs() < FARTHEST as f64).then_some(scaled as i128);
    }
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && part.is_empty()) || whole.len() > DIGITS || part.contains('.') {
        return None;
    }
    let unit = i128::from(unit.nanos());
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut digits = part.bytes();
    let part = (0..PLACES).fold(0, |part, _| part * 10 + digits.next().map_or(0, |digit| i128::from(digit - b'0')));
    let one = 10_i128.pow(PLACES as u32);
    let whole = whole.checked_mul(unit).filter(|nanos| *nanos < FARTHEST)?;
    let value = whole + (part * unit + one / 2) / one;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, unit: Option<Span>) -> Option<(bool, i128)> {
        let mut clock = Clock::counting(unit);
        let nanos = clock.read(text)?;
        Some((clock.is_absolute(), nanos))
    }

    #[test]
    fn instants_of_the_usual_forms_are_read_to_the_nanosecond() {
        let read = |text: &str| read(text, None);
        assert_eq!(read("12.5"), Some((false, 12_500_000_000)));
        assert_eq!(read("-2"), Some((false, -2_000_000_000)));
        assert_eq!(read("1.5e3"), Some((false, 1_500_000_000_000)));
        assert_eq!(read("0.07949090003967285"), Some((false, 79_490_900)));
        assert_eq!(read("1665103118000"), Some((true, 1_665_103_118_000_000_000)));
        assert_eq!(read("1665103118.25"), Some((true, 1_665_103_118_250_000_000)));
        let dated = Some((true, 1_665_014_400_123_456_700));
        assert_eq!(read("2022-10-06 00:00:00.1234567"), dated);
        assert_eq!(read("2022-10-06T00:00:00.1234567Z"), dated);
        assert_eq!(read("2022-10-06T02:00:00.1234567+02:00"), dated);
        assert_eq!(read("2022-10-06 00:00").map(|(absolute, _)| absolute), Some(true));
        for wrong in ["", "yesterday", "06/10/2022 00:00", "NaN", "inf", "1.2.3"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    /// What a number comes to in its unit says whether it counts from the start or since 1970.
    #[test]
    fn numbers_count_in_the_unit_that_is_named() {
        let read = |text: &str, unit: Span| read(text, Some(unit));
        assert_eq!(read("250", Span::from_millis(1)), Some((false, 250_000_000)));
        assert_eq!(read("0.0000015", Span::from_millis(1)), Some((false, 2)));
        assert_eq!(read("3600000000", Span::from_nanos(1_000)), Some((false, 3_600_000_000_000)));
        assert_eq!(read("0.5", Span::from_secs(3_600)), Some((false, 1_800_000_000_000)));
        assert_eq!(read("1665103118000", Span::from_millis(1)), Some((true, 1_665_103_118_000_000_000)));
        assert_eq!(read("1665103118000000", Span::from_nanos(1_000)), Some((true, 1_665_103_118_000_000_000)));
        assert_eq!(read("1665103118000000007", Span::from_nanos(1)), Some((true, 1_665_103_118_000_000_007)));
        assert_eq!(read("9999999999999999999", Span::FOREVER), None);
    }
}
