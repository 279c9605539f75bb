//! Durations, sizes and prices as people write them.

use crate::ground::time::{SECOND, Span};

/// A price and its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnitPrice {
    pub picodollars: u64,
    pub unit: String,
}

fn scaled(text: &str, scale: u128) -> Result<u128, String> {
    let wrong = || format!("`{text}` is not a number");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let one = 10u128.pow(u32::try_from(part.len()).map_err(|_| wrong())?);
    let all: u128 = format!("{whole}{part}").parse().map_err(|_| wrong())?;
    if (all * scale).is_multiple_of(one) { Ok(all * scale / one) } else { Err(format!("`{text}` is too fine")) }
}

/// `2h30min`.
pub(super) fn span(text: &str) -> Result<Span, String> {
    let units = [
        ("min", 60 * SECOND),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
        ("d", 86_400 * SECOND),
        ("h", 3_600 * SECOND),
        ("s", SECOND),
    ];
    let mut rest = text;
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter.is_alphabetic()).ok_or(format!("`{text}` has no unit"))?;
        let (unit, size) =
            units.iter().find(|(unit, _)| rest[end..].starts_with(unit)).ok_or(format!("`{text}` is no duration"))?;
        total += scaled(&rest[..end], u128::from(*size))?;
        rest = &rest[end + unit.len()..];
    }
    u64::try_from(total).map(Span::from_nanos).map_err(|_| format!("`{text}` is too long"))
}

/// `8GiB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let units = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1u128 << 40),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("B", 1),
    ];
    let (unit, size) = units.iter().find(|(unit, _)| text.ends_with(unit)).ok_or(format!("`{text}` is no size"))?;
    u64::try_from(scaled(&text[..text.len() - unit.len()], *size)?).map_err(|_| "too large".to_owned())
}

/// `$0.40/million`.
pub(super) fn price(text: &str) -> Result<UnitPrice, String> {
    let (amount, unit) = text
        .strip_prefix('$')
        .and_then(|rest| rest.split_once('/'))
        .ok_or(format!("`{text}` is not a price such as `$0.0960/h`"))?;
    let picodollars = u64::try_from(scaled(amount, 1_000_000_000_000)?).map_err(|_| "too dear".to_owned())?;
    Ok(UnitPrice { picodollars, unit: unit.to_owned() })
}
