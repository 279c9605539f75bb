//! A decimal number at the beginning of a text, exact.

/// A number without sign or exponent: `digits` × 10^−`places`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) digits: u128,
    pub(super) places: u32,
}

/// What a text must be, for sentences: `a duration`, and an example of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) example: &'static str,
}

impl Kind {
    /// A sentence about `text` as a whole.
    pub(super) fn refuse(self, text: &str, why: &str) -> String {
        format!("`{text}` is not {}: {why}", self.name)
    }

    /// Refuses what no quantity may be: empty, spaced, signed.
    pub(super) fn look_over(self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Err(format!("an empty text is not {}: write it like `{}`", self.name, self.example));
        }
        if text.contains(char::is_whitespace) {
            let closed: String = text.replace(" per ", "/").split_whitespace().collect();
            return Err(self.refuse(text, &format!("write it without spaces, `{closed}`")));
        }
        if text.starts_with('-') || text.starts_with("$-") {
            return Err(self.refuse(text, "it can't be negative"));
        }
        if text.starts_with('+') {
            return Err(self.refuse(text, "write it without a sign"));
        }
        Ok(())
    }

    /// The number at the beginning of `rest`, a part of `text`, and what follows it.
    pub(super) fn number<'a>(self, text: &str, rest: &'a str) -> Result<(Decimal, &'a str), String> {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        if number.is_empty() {
            let before = if rest.is_empty() { String::new() } else { format!(" before `{rest}`") };
            return Err(self.refuse(text, &format!("a number is missing{before}; write it like `{}`", self.example)));
        }
        if after.starts_with([',', '_', '\'']) {
            return Err(self.refuse(text, "write a number with digits and at most one point, like `1234.5`"));
        }
        let (whole, part) = match number.split_once('.') {
            None => (number, ""),
            Some((whole, part)) => {
                if whole.is_empty() || part.is_empty() || part.contains('.') {
                    return Err(self.refuse(text, "a decimal point stands between digits, as in `0.5`"));
                }
                (whole, part.trim_end_matches('0'))
            }
        };
        let whole = whole.trim_start_matches('0');
        // More than any unit needs, and few enough that what follows fits into 128 bits.
        if whole.len() + part.len() > 30 || part.len() > 18 {
            return Err(self.refuse(text, "that is more digits than can be kept"));
        }
        let digits = whole.bytes().chain(part.bytes()).fold(0, |sum, digit| sum * 10 + u128::from(digit - b'0'));
        let places = part.len() as u32;
        // A unit that looks like an exponent is one.
        let exponent = after.strip_prefix(['e', 'E']);
        if exponent.is_some_and(|more| more.starts_with(|c: char| c.is_ascii_digit() || c == '+')) {
            return Err(self.refuse(text, "write a number in full, without an exponent"));
        }
        Ok((Decimal { digits, places }, after))
    }
}

impl Decimal {
    /// This number of `unit`s, where that is a whole number.
    pub(super) fn times(self, unit: u64) -> Product {
        let scale = 10u128.pow(self.places);
        match self.digits.checked_mul(u128::from(unit)) {
            None => Product::TooLarge,
            Some(product) if !product.is_multiple_of(scale) => Product::NotWhole,
            Some(product) => Product::Whole(product / scale),
        }
    }

    /// This number ÷ `unit`, as the nearest float where neither has more than 15 digits.
    pub(super) fn over(self, unit: u64) -> f64 {
        let scale = 10u128.pow(self.places) * u128::from(unit);
        let common = greatest_common_divisor(self.digits, scale);
        (self.digits / common) as f64 / (scale / common) as f64
    }
}

/// A number of units.
pub(super) enum Product {
    Whole(u128),
    NotWhole,
    TooLarge,
}

pub(super) fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_common_divisor_is_never_0() {
        let of = greatest_common_divisor;
        assert_eq!([of(12, 18), of(18, 12), of(7, 5), of(5, 0), of(0, 5), of(0, 0)], [6, 6, 1, 5, 5, 1]);
    }
}
