//! Sizes of bodies and memories: `10MiB`, `2GB`, `500B`.

use super::decimal::{Kind, Product};

const KIND: Kind = Kind { name: "a size", example: "10MiB" };

const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

/// The largest size that is read.
const LARGEST: u64 = 1 << 60;

/// A size in bytes: a decimal number of B, KB, MB, GB, TB (thousands) or KiB, MiB, GiB, TiB (powers of 1024).
///
/// ```
/// # use queuelab::ground::quantity::size;
/// assert_eq!(size("10MiB")?, 10_485_760);
/// # Ok::<(), String>(())
/// ```
pub fn size(text: &str) -> Result<u64, String> {
    KIND.look_over(text)?;
    let (number, unit) = KIND.number(text, text)?;
    let written = &text[..text.len() - unit.len()];
    let Some((_, bytes)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let why = match (unit, meant(unit)) {
            ("", _) => {
                return Err(format!("`{text}` has no unit: write `{text}B`, `{text}KiB`, `{text}MiB` or `{text}GiB`"));
            }
            (_, Some(right)) => format!("write `{written}{right}`"),
            (_, None) => format!("there is no unit `{unit}`, the units are B, KB, MB, GB, TB, KiB, MiB, GiB, TiB"),
        };
        return Err(KIND.refuse(text, &why));
    };
    match number.times(*bytes) {
        Product::Whole(bytes) if bytes <= u128::from(LARGEST) => Ok(bytes as u64),
        Product::NotWhole => Err(KIND.refuse(text, "it is no whole number of bytes")),
        Product::Whole(_) | Product::TooLarge => Err(format!("`{text}` is too large: a size is at most `1048576TiB`")),
    }
}

/// The unit that somebody meant: the same letters in another case, or one letter short.
fn meant(unit: &str) -> Option<&'static str> {
    let alike = |word: &str| UNITS.iter().map(|(name, _)| *name).find(|name| name.eq_ignore_ascii_case(word));
    match unit {
        "byte" | "bytes" | "Byte" | "Bytes" => Some("B"),
        _ => alike(unit).or_else(|| alike(&format!("{unit}B"))),
    }
}

/// A size for people, which reads back as the same: in the largest unit of which it is a whole number.
pub fn show_size(bytes: u64) -> String {
    let fits = |&&(_, unit): &&(&str, u64)| bytes > 0 && bytes.is_multiple_of(unit);
    let (unit, of) = UNITS.iter().rev().find(fits).copied().unwrap_or(UNITS[0]);
    format!("{}{unit}", bytes / of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_exactly() {
        for (text, bytes) in [
            ("10MiB", 10 << 20),
            ("2GB", 2_000_000_000),
            ("1KiB", 1_024),
            ("500B", 500),
            ("0B", 0),
            ("1.5KiB", 1_536),
            ("0.5GB", 500_000_000),
            ("1048576TiB", 1 << 60),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_answered() {
        for (text, answer) in [
            ("500", "`500` has no unit: write `500B`, `500KiB`, `500MiB` or `500GiB`"),
            ("10mib", "`10mib` is not a size: write `10MiB`"),
            ("10kB", "`10kB` is not a size: write `10KB`"),
            ("10M", "`10M` is not a size: write `10MB`"),
            ("10Gi", "`10Gi` is not a size: write `10GiB`"),
            ("10bytes", "`10bytes` is not a size: write `10B`"),
            (
                "10PB",
                "`10PB` is not a size: there is no unit `PB`, the units are B, KB, MB, GB, TB, KiB, MiB, GiB, TiB",
            ),
            ("0.5B", "`0.5B` is not a size: it is no whole number of bytes"),
            ("-1B", "`-1B` is not a size: it can't be negative"),
            ("1048577TiB", "`1048577TiB` is too large: a size is at most `1048576TiB`"),
        ] {
            assert_eq!(size(text).unwrap_err(), answer, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for (bytes, shown) in [
            (0, "0B"),
            (1, "1B"),
            (1_024, "1KiB"),
            (10 << 20, "10MiB"),
            (2_000_000_000, "2GB"),
            (1_536, "1536B"),
            (262_144, "256KiB"),
        ] {
            assert_eq!(show_size(bytes), shown);
            assert_eq!(size(shown), Ok(bytes));
        }
    }
}
