//! How figures are written: no more digits than the interval supports, in units that people use.

use crate::experiment::document::{Difference, Figure, Finding, Verdict};

/// Significant digits of a value that has no interval to say how many it deserves.
const DIGITS: i32 = 3;
/// Significant digits of a value at most, however narrow its interval.
const DIGITS_AT_MOST: i32 = 5;
/// Amounts that are written with their digits in a row.
const READABLE: std::ops::Range<f64> = 1e-6..1e12;
/// An interval of a share whose sides differ by no more than this is told by the longer one.
const NEARLY_EVEN: f64 = 1.6;
/// Shown where there was nothing to measure.
pub const NOTHING: &str = "–";

/// What a figure measures, and so how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Seconds.
    Duration,
    /// A part of the whole, 0 to 1.
    Share,
    /// Dollars.
    Money,
    /// So many a second.
    Rate,
    /// A plain number.
    Number,
}

/// Last or first words of figures that are shares; a document's unit `1` does not tell them from plain numbers.
const SHARES: [&str; 13] = [
    "cold-starts",
    "lost",
    "availability",
    "utilisation",
    "waits",
    "retried",
    "duplicates",
    "wasted",
    "dead-letters",
    "discarded",
    "matched",
    "bucket-full",
    "idle-beside-line",
];

impl Kind {
    /// The kind of the figure `name` that a document gives in `unit`.
    pub fn of(name: &str, unit: &str) -> Kind {
        match unit {
            "s" => Kind::Duration,
            "$" => Kind::Money,
            "1/s" => Kind::Rate,
            _ if name.split('.').any(|word| SHARES.contains(&word)) => Kind::Share,
            _ => Kind::Number,
        }
    }

    /// The units of its own, smallest first: what it is called, how much of the document's unit it is, and the
    /// amount from which the next larger one reads better.
    fn units(self) -> &'static [Unit] {
        match self {
            Kind::Duration => &DURATIONS,
            Kind::Share => &[Unit { name: " %", size: 0.01, until: f64::INFINITY }],
            Kind::Money | Kind::Number => &[Unit { name: "", size: 1.0, until: f64::INFINITY }],
            Kind::Rate => &RATES,
        }
    }

    /// What stands before the digits.
    fn sign(self) -> &'static str {
        if self == Kind::Money { "$" } else { "" }
    }
}

struct Unit {
    name: &'static str,
    size: f64,
    until: f64,
}

const DURATIONS: [Unit; 7] = [
    Unit { name: " ns", size: 1e-9, until: 1000.0 },
    Unit { name: " µs", size: 1e-6, until: 1000.0 },
    Unit { name: " ms", size: 1e-3, until: 1000.0 },
    Unit { name: " s", size: 1.0, until: 600.0 },
    Unit { name: " min", size: 60.0, until: 120.0 },
    Unit { name: " h", size: 3_600.0, until: 72.0 },
    Unit { name: " d", size: 86_400.0, until: f64::INFINITY },
];

const RATES: [Unit; 4] = [
    Unit { name: "/day", size: 1.0 / 86_400.0, until: 24.0 },
    Unit { name: "/h", size: 1.0 / 3_600.0, until: 60.0 },
    Unit { name: "/min", size: 1.0 / 60.0, until: 60.0 },
    Unit { name: "/s", size: 1.0, until: f64::INFINITY },
];

/// A figure with its interval: `93.1 s ± 2.9`, `2.1 % ± 0.3`, `$312 ± 12`; `93.1 s [90.2, 99.0]` where the interval
/// is not even on both sides; `0.005 % [≤ 0.013]` where a share may be nothing; the value alone where there is no
/// interval, or where it has no width.
pub fn figure(kind: Kind, figure: &Figure) -> String {
    with_interval(kind, figure.value, figure.low, figure.high)
}

/// The figure that a goal was judged by. A latency that is infinite because too many were lost is written `∞`,
/// also where a format without infinities has made nothing of it.
pub fn verdict(kind: Kind, verdict: &Verdict) -> String {
    match verdict.value {
        None if kind == Kind::Duration && verdict.verdict == Finding::Missed => "∞".to_owned(),
        value => with_interval(kind, value, verdict.low, verdict.high),
    }
}

/// A value alone, to as many digits as one run deserves.
pub fn value(kind: Kind, value: Option<f64>) -> String {
    with_interval(kind, value, None, None)
}

/// A difference with its sign: `+41.0 s ± 2.1`. Differences of shares are in percentage points, `pp`.
pub fn difference(kind: Kind, difference: &Difference) -> String {
    with_sign(kind, difference.value, difference.low, difference.high)
}

/// The same of a change of one figure.
pub fn change(kind: Kind, change: &Figure) -> String {
    with_sign(kind, change.value, change.low, change.high)
}

fn with_sign(kind: Kind, value: Option<f64>, low: Option<f64>, high: Option<f64>) -> String {
    let text = with_interval(kind, value, low, high);
    let text = if kind == Kind::Share { text.replacen(" %", " pp", 1) } else { text };
    match value {
        Some(value) if value > 0.0 && text.starts_with(|c: char| c.is_ascii_digit() || c == '$' || c == '∞') => {
            format!("+{text}")
        }
        _ => text,
    }
}

/// Whether an interval lies wholly on one side of zero; `None` where there is no interval.
pub fn excludes_zero(low: Option<f64>, high: Option<f64>) -> Option<bool> {
    let (low, high) = (low?, high?);
    Some(low > 0.0 || high < 0.0)
}

/// Dollars written exactly (`1.918025000`), to the cent, or to three digits where it is less than a dollar.
/// What is not a decimal is handed back as it is.
pub fn dollars(exact: &str) -> String {
    exact.parse().map_or_else(|_| exact.to_owned(), |dollars| value(Kind::Money, Some(dollars)))
}

/// An exact decimal with its thousands apart: `81234.5` is `81,234.5`.
pub fn grouped(decimal: &str) -> String {
    let (sign, digits) = match decimal.strip_prefix('-') {
        Some(digits) => ("−", digits),
        None => ("", decimal),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (digits, None),
    };
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return decimal.to_owned();
    }
    let mut text = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(part) = part {
        text.push('.');
        text.push_str(part);
    }
    text
}

/// A round number of seconds as a person writes it: `8 h`, `30 min`, `2 h 30 min`, `1.5 s`.
pub fn span(seconds: f64) -> String {
    if !(60.0..100.0 * 86_400.0).contains(&seconds) || seconds.round() != seconds {
        return value(Kind::Duration, Some(seconds));
    }
    let mut rest = seconds as u64;
    let mut parts = Vec::new();
    for (name, size) in [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)] {
        // Two days and more read as days; a day or so of hours is more usual than `1 d 6 h`.
        let many = rest / size;
        if many > 0 && !(name == "d" && seconds < 2.0 * 86_400.0) {
            parts.push(format!("{many} {name}"));
            rest %= size;
        }
    }
    parts.join(" ")
}

/// A value for an axis: as few digits as tell it from its neighbours.
pub fn tick(kind: Kind, value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return match kind {
            Kind::Money => "$0".to_owned(),
            Kind::Share => "0 %".to_owned(),
            Kind::Duration | Kind::Rate | Kind::Number => "0".to_owned(),
        };
    }
    let unit = if kind == Kind::Duration { unit_of_tick(size) } else { unit_for(kind, size) };
    let scaled = size / unit.size;
    let (scaled, thousands) = match kind {
        Kind::Number | Kind::Money if scaled >= 999_999.5 => (scaled / 1e6, "M"),
        Kind::Number | Kind::Money if scaled >= 9_999.5 => (scaled / 1e3, "k"),
        _ => (scaled, ""),
    };
    let digits = plain(scaled, DIGITS - 1 - exponent(scaled, DIGITS));
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    let minus = if value < 0.0 { "−" } else { "" };
    format!("{minus}{}{digits}{thousands}{}", kind.sign(), unit.name)
}

fn with_interval(kind: Kind, value: Option<f64>, low: Option<f64>, high: Option<f64>) -> String {
    let Some(value) = value.filter(|value| !value.is_nan()) else { return NOTHING.to_owned() };
    if value.is_infinite() {
        return if value > 0.0 { "∞".to_owned() } else { "−∞".to_owned() };
    }
    match (low, high) {
        (Some(low), Some(high)) if low.is_finite() && high.is_finite() && high > low => {
            interval(kind, value, low, high)
        }
        _ => alone(kind, value),
    }
}

fn alone(kind: Kind, value: f64) -> String {
    let unit = unit_for(kind, value.abs());
    let scaled = value / unit.size;
    let minus = if value < 0.0 { "−" } else { "" };
    if value == 0.0 {
        return format!("{}0{}", kind.sign(), if kind == Kind::Duration { " s" } else { unit.name });
    }
    let size = scaled.abs();
    let digits = match kind {
        Kind::Share => share(size),
        Kind::Number if size.fract() == 0.0 => plain(size, 0),
        Kind::Money if size >= 99.995 => plain(size, 0),
        Kind::Money if size >= 0.9995 => plain(size, 2),
        _ => plain(size, DIGITS - 1 - exponent(size, DIGITS)),
    };
    format!("{minus}{}{digits}{}", kind.sign(), unit.name)
}

/// Per cent to two digits of what is rarer, it or its opposite, and at least one decimal: 17.7, 0.034, 99.966.
fn share(percent: f64) -> String {
    let rarer = percent.min((100.0 - percent).abs());
    if rounded(percent, 2) < 0.0001 {
        return "<0.0001".to_owned();
    }
    // Nearer to the whole than a double can tell apart from it.
    let decimals = if rarer < 1e-9 { 0 } else { (1 - exponent(rarer, 2)).clamp(1, 6) };
    let digits = plain(percent, decimals);
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits,
    }
}

fn interval(kind: Kind, value: f64, low: f64, high: f64) -> String {
    let (below, above) = (value - low, high - value);
    let mut half = (high - low) / 2.0;
    let mut even = (above - below).abs() <= 0.05 * half;
    let inside = low > 0.0 && high < 1.0;
    if kind == Kind::Share && inside && !even && above.max(below) <= NEARLY_EVEN * above.min(below) {
        // The longer side holds for both.
        (even, half) = (true, above.max(below));
    }
    let unit = unit_for(kind, value.abs().max(half));
    if !READABLE.contains(&(value.abs().max(half) / unit.size)) {
        return alone(kind, value);
    }
    let (value, half) = (value / unit.size, half / unit.size);
    let mut decimals = spread_decimals(half);
    // Whole numbers that fit on three digits are not rounded to tens: 93 ± 31 and not 90 ± 30.
    if value.abs().max(half) < 1000.0 {
        decimals = decimals.max(0);
    }
    if value != 0.0 {
        // The digits of the larger of the two count: 0.01 ± 5 has no digit to show of the value itself.
        // Of a share it is what is rarer, it or its opposite.
        let size = if kind == Kind::Share { value.abs().min((100.0 - value).abs()) } else { value.abs() };
        decimals = decimals.min(DIGITS_AT_MOST - 1 - exponent(size.max(half), DIGITS_AT_MOST));
    }
    if kind == Kind::Money && decimals == 1 {
        decimals = 0;
    }
    let (digits, sign, name) = (signed(value, decimals, kind.sign()), "", unit.name);
    if !even {
        let (low, high) = (low / unit.size, high / unit.size);
        if kind == Kind::Share && rounds_to(low, 0.0, decimals) {
            return format!("{digits}{name} [≤ {}]", signed(high, decimals, sign));
        }
        if kind == Kind::Share && rounds_to(high, 100.0, decimals) {
            return format!("{digits}{name} [≥ {}]", signed(low, decimals, sign));
        }
        return format!("{digits}{name} [{}, {}]", signed(low, decimals, sign), signed(high, decimals, sign));
    }
    let spread = fixed(half, decimals);
    if spread.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0') {
        format!("{digits}{name} ± {spread}")
    } else {
        format!("{digits}{name} ± <{}", smallest(decimals))
    }
}

/// Whether a value is written as that with so many decimals.
fn rounds_to(value: f64, other: f64, decimals: i32) -> bool {
    fixed(value.abs(), decimals) == fixed(other, decimals)
}

/// Half an interval deserves two digits where the first is 1 or 2, for one digit would be off by up to a third;
/// else one.
fn spread_decimals(half: f64) -> i32 {
    let power = exponent(half, 2);
    let leading = format!("{half:.1e}").bytes().next().unwrap_or(b'1');
    if leading < b'3' { 1 - power } else { -power }
}

/// The smallest amount that so many decimals show.
fn smallest(decimals: i32) -> String {
    match usize::try_from(decimals) {
        Ok(0) | Err(_) => "1".to_owned(),
        Ok(decimals) => format!("0.{}1", "0".repeat(decimals - 1)),
    }
}

/// The unit in which `size` reads best, once rounded as it will be shown.
fn unit_for(kind: Kind, size: f64) -> &'static Unit {
    let units = kind.units();
    let fits = |unit: &&Unit| rounded(size / unit.size, DIGITS) < unit.until;
    units.iter().find(fits).unwrap_or(&units[units.len() - 1])
}

/// The largest unit that a duration has a round number of: `5 min` and not `300 s`, but `90 s` and not `1.5 min`.
fn unit_of_tick(seconds: f64) -> &'static Unit {
    let whole = |unit: &&Unit| {
        let many = seconds / unit.size;
        many >= 0.999 && (many - many.round()).abs() < 1e-6 * many
    };
    DURATIONS.iter().rev().find(whole).unwrap_or_else(|| unit_for(Kind::Duration, seconds))
}

/// `value` to so many significant digits.
fn rounded(value: f64, digits: i32) -> f64 {
    format!("{value:.*e}", usize::try_from(digits - 1).unwrap_or(0)).parse().unwrap_or(value)
}

/// The power of ten of the leading digit of `value` once it is rounded to so many significant digits.
fn exponent(value: f64, digits: i32) -> i32 {
    let text = format!("{value:.*e}", usize::try_from(digits - 1).unwrap_or(0));
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

/// `value`, perhaps negative, with so many decimals.
fn signed(value: f64, decimals: i32, sign: &str) -> String {
    let digits = fixed(value.abs(), decimals);
    let shows = digits.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0');
    let minus = if value < 0.0 && shows { "−" } else { "" };
    format!("{minus}{sign}{digits}")
}

/// `value`, not negative, with so many decimals; what is too small or too large for digits in a row is written with
/// a power of ten.
fn plain(value: f64, decimals: i32) -> String {
    if value != 0.0 && !READABLE.contains(&value) {
        return format!("{value:.2e}");
    }
    fixed(value, decimals)
}

/// `value`, not negative, with so many decimals; with fewer than none, rounded to tens, hundreds and so on.
fn fixed(value: f64, decimals: i32) -> String {
    match usize::try_from(decimals) {
        Ok(decimals) => grouped(&format!("{value:.decimals$}")),
        Err(_) => {
            let step = 10_u64.saturating_pow(decimals.unsigned_abs()) as f64;
            grouped(&format!("{:.0}", (value / step).round() * step))
        }
    }
}

#[cfg(test)]
mod tests;
