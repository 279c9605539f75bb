//! Rates and shares: `12/min`, `0.5/s`; `60%`.

use super::decimal::{Decimal, Kind, greatest_common_divisor};
use super::span;
use crate::ground::time::{SECOND, Span};

const RATE: Kind = Kind { name: "a rate", example: "12/min" };
const SHARE: Kind = Kind { name: "a share", example: "60%" };

/// The units a rate may be per, and their seconds.
const PER: [(&str, u64); 4] = [("s", 1), ("min", 60), ("h", 3_600), ("d", 86_400)];

/// A rate as it was written, exact: so many times in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    times: u128,
    seconds: u128,
}

impl Rate {
    /// Times a second.
    pub fn per_second(self) -> f64 {
        self.times as f64 / self.seconds as f64
    }

    /// The time between one and the next, to the nearest nanosecond; nothing where it never comes.
    pub fn gap(self) -> Option<Span> {
        // Rounded half up: (2 × seconds + times) ÷ (2 × times).
        let nanos =
            (self.seconds * u128::from(SECOND) * 2 + self.times) / self.times.checked_mul(2).filter(|&n| n > 0)?;
        u64::try_from(nanos).ok().map(Span::from_nanos)
    }
}

/// A rate with nothing rounded: a decimal number per `s`, `min`, `h` or `d`, from 0 to a billion a second.
pub fn exact_rate(text: &str) -> Result<Rate, String> {
    RATE.look_over(text)?;
    let (number, after) = RATE.number(text, text)?;
    let Some(unit) = after.strip_prefix('/') else {
        let why = match after {
            "" => say_per_what(text),
            "%" => "a share of what? write it like `12/min`".into(),
            _ => "write it like `12/min`".into(),
        };
        return Err(RATE.refuse(text, &why));
    };
    let Some((_, seconds)) = PER.iter().find(|(name, _)| *name == unit) else {
        let written = &text[..text.len() - after.len()];
        let why = match (unit, span::meant(unit)) {
            ("", _) => say_per_what(written),
            ("m" | "M", _) => return Err(format!("`{text}` is ambiguous: did you mean `{written}/min`?")),
            (_, Some(right)) if PER.iter().any(|(name, _)| *name == right) => {
                format!("write `{written}/{right}`")
            }
            _ => format!("a rate is per s, min, h or d, not per `{unit}`"),
        };
        return Err(RATE.refuse(text, &why));
    };
    let scale = 10u128.pow(number.places) * u128::from(*seconds);
    let common = greatest_common_divisor(number.digits, scale);
    let rate = Rate { times: number.digits / common, seconds: scale / common };
    if rate.times / rate.seconds > u128::from(SECOND) {
        return Err(format!("`{text}` is too fast: a rate is at most once a nanosecond"));
    }
    Ok(rate)
}

fn say_per_what(number: &str) -> String {
    format!("say per what, like `{number}/s` or `{number}/min`")
}

/// A rate, in times a second.
///
/// ```
/// # use queuelab::ground::quantity::rate;
/// assert_eq!(rate("12/min")?, 0.2);
/// # Ok::<(), String>(())
/// ```
pub fn rate(text: &str) -> Result<f64, String> {
    exact_rate(text).map(Rate::per_second)
}

/// The time from one to the next of what comes at this rate, to the nearest nanosecond: `12/min` is `5s`.
pub fn gap(text: &str) -> Result<Span, String> {
    let rate = exact_rate(text)?;
    if rate.times == 0 {
        return Err(format!("`{text}` never comes: this rate must be above zero"));
    }
    match rate.gap() {
        Some(gap) if gap <= super::LONGEST => Ok(gap),
        _ => Err(format!("`{text}` is too slow: it must come once in 100 years at least")),
    }
}

/// A share, from 0 to 1: `60%` is 0.6.
pub fn share(text: &str) -> Result<f64, String> {
    SHARE.look_over(text)?;
    let (number, after) = SHARE.number(text, text)?;
    if after != "%" {
        let why = match after {
            "" if number.over(1) <= 1.0 => {
                format!("write it in per cent, `{}`; `{text}%` if you meant that", in_per_cent(number))
            }
            "" => format!("write it in per cent, `{text}%`"),
            _ => "write it in per cent, like `60%`".into(),
        };
        return Err(SHARE.refuse(text, &why));
    }
    if number.digits > 100 * 10u128.pow(number.places) {
        return Err(format!("`{text}` is more than all: a share is at most `100%`"));
    }
    Ok(number.over(100))
}

fn in_per_cent(share: Decimal) -> String {
    let hundredfold = share.digits * 100;
    let scale = 10u128.pow(share.places);
    let (whole, part) = (hundredfold / scale, hundredfold % scale);
    if part == 0 {
        return format!("{whole}%");
    }
    let part = format!("{part:0width$}", width = share.places as usize);
    format!("{whole}.{}%", part.trim_end_matches('0'))
}

/// A rate for people, by the unit in which it is a short number: `12/min`, `0.4/d`.
pub fn show_rate(per_second: f64) -> String {
    if per_second == 0.0 {
        return "0/s".into();
    }
    let in_units = PER.map(|(unit, seconds)| (unit, per_second * seconds as f64));
    let whole = in_units.iter().find(|(_, number)| *number >= 1.0 && (number - number.round()).abs() < 1e-9 * number);
    let above_one = in_units.iter().find(|(_, number)| *number >= 1.0);
    let (unit, number) = whole.or(above_one).copied().unwrap_or(in_units[PER.len() - 1]);
    format!("{}/{unit}", short(number))
}

/// At most four digits that count, without idle zeros; whole numbers in full.
fn short(number: f64) -> String {
    if (number - number.round()).abs() < 1e-9 * number {
        return format!("{:.0}", number.round());
    }
    let mut places = 3;
    let mut scaled = number;
    while scaled < 1.0 && places < 15 {
        scaled *= 10.0;
        places += 1;
    }
    while scaled >= 10.0 && places > 0 {
        scaled *= 0.1;
        places -= 1;
    }
    let written = format!("{number:.places$}");
    if written.contains('.') { written.trim_end_matches('0').trim_end_matches('.').into() } else { written }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_the_nearest_float() {
        for (text, per_second) in [
            ("12/min", 0.2),
            ("3/h", 3.0 / 3_600.0),
            ("0.5/s", 0.5),
            ("1/d", 1.0 / 86_400.0),
            ("0/min", 0.0),
            ("0.1/s", 0.1),
            ("6/min", 0.1),
            ("1000000000/s", 1e9),
        ] {
            assert_eq!(rate(text), Ok(per_second), "{text}");
        }
    }

    #[test]
    fn gaps_are_exact_or_the_nearest_nanosecond() {
        for (text, nanos) in
            [("12/min", 5 * SECOND), ("3/s", 333_333_333), ("0.6/s", 1_666_666_667), ("1/d", 86_400 * SECOND)]
        {
            assert_eq!(gap(text).map(Span::nanos), Ok(nanos), "{text}");
        }
        assert_eq!(gap("0/s").unwrap_err(), "`0/s` never comes: this rate must be above zero");
        assert_eq!(gap("0.00001/d").unwrap_err(), "`0.00001/d` is too slow: it must come once in 100 years at least");
    }

    #[test]
    fn what_is_no_rate_is_answered() {
        for (text, answer) in [
            ("12", "`12` is not a rate: say per what, like `12/s` or `12/min`"),
            ("12/m", "`12/m` is ambiguous: did you mean `12/min`?"),
            ("12/sec", "`12/sec` is not a rate: write `12/s`"),
            ("12/minute", "`12/minute` is not a rate: write `12/min`"),
            ("12/ms", "`12/ms` is not a rate: a rate is per s, min, h or d, not per `ms`"),
            ("12/", "`12/` is not a rate: say per what, like `12/s` or `12/min`"),
            ("12rps", "`12rps` is not a rate: write it like `12/min`"),
            ("12%", "`12%` is not a rate: a share of what? write it like `12/min`"),
            ("-1/s", "`-1/s` is not a rate: it can't be negative"),
            ("12 / min", "`12 / min` is not a rate: write it without spaces, `12/min`"),
            ("5 per min", "`5 per min` is not a rate: write it without spaces, `5/min`"),
            ("/s", "`/s` is not a rate: a number is missing before `/s`; write it like `12/min`"),
            ("1000000001/s", "`1000000001/s` is too fast: a rate is at most once a nanosecond"),
            ("", "an empty text is not a rate: write it like `12/min`"),
        ] {
            assert_eq!(rate(text).unwrap_err(), answer, "{text}");
        }
    }

    #[test]
    fn shares_are_the_nearest_float() {
        for (text, expected) in
            [("60%", 0.6), ("0.1%", 0.001), ("0%", 0.0), ("100%", 1.0), ("99.9%", 0.999), ("12.5%", 0.125)]
        {
            assert_eq!(share(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_share_is_answered() {
        for (text, answer) in [
            ("0.6", "`0.6` is not a share: write it in per cent, `60%`; `0.6%` if you meant that"),
            ("0.125", "`0.125` is not a share: write it in per cent, `12.5%`; `0.125%` if you meant that"),
            ("60", "`60` is not a share: write it in per cent, `60%`"),
            ("101%", "`101%` is more than all: a share is at most `100%`"),
            ("-1%", "`-1%` is not a share: it can't be negative"),
            ("60%%", "`60%%` is not a share: write it in per cent, like `60%`"),
            ("60 %", "`60 %` is not a share: write it without spaces, `60%`"),
            ("half", "`half` is not a share: a number is missing before `half`; write it like `60%`"),
        ] {
            assert_eq!(share(text).unwrap_err(), answer, "{text}");
        }
    }

    #[test]
    fn rates_are_shown_in_the_unit_that_suits_them() {
        for (per_second, shown) in [
            (0.2, "12/min"),
            (20.0, "20/s"),
            (3.0 / 3_600.0, "3/h"),
            (0.0, "0/s"),
            (12.345_678, "12.35/s"),
            (1_234.567, "1235/s"),
            (0.123_4, "7.404/min"),
            (1e-6, "0.0864/d"),
        ] {
            assert_eq!(show_rate(per_second), shown);
        }
    }

    #[test]
    fn rates_are_shown_in_the_unit_in_which_they_are_short() {
        for (per_second, shown) in [
            (1.0, "1/s"),
            (10.4321, "10.43/s"),
            (0.2, "12/min"),
            (0.4 / 86_400.0, "0.4/d"),
            (1.0 / 3_600.0, "1/h"),
            (0.0, "0/s"),
        ] {
            assert_eq!(show_rate(per_second), shown);
        }
    }
}
