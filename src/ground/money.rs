//! Money as whole picodollars, and prices that multiply once.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// Picodollars in a dollar.
pub const DOLLAR: i128 = 1_000_000_000_000;

/// An amount, in picodollars (10⁻¹² $).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// So many picodollars.
    pub const fn from_picodollars(picodollars: i128) -> Money {
        Money(picodollars)
    }

    /// Its picodollars.
    pub const fn picodollars(self) -> i128 {
        self.0
    }

    /// Dollars, for figures and charts; the exact amount is what `Display` shows.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / DOLLAR as f64
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0 - other.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        self.0 += other.0;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// The exact decimal in dollars, without a sign of currency and without idle zeros: `0.0257`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0.unsigned_abs() / DOLLAR as u128, self.0.unsigned_abs() % DOLLAR as u128);
        let sign = if self.0 < 0 { "-" } else { "" };
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{part:012}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// So many picodollars for every `per` units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// What `per` units cost.
    pub picodollars: u64,
    /// How many units that is; at least 1.
    pub per: u64,
}

impl Price {
    /// The charge for `units`, rounded once, half up.
    ///
    /// # Panics
    /// Where the charge exceeds what an `i128` of picodollars holds: no bill of this world does.
    pub fn of(self, units: u128) -> Money {
        self.of_parts(units, 1)
    }

    /// The charge for so many parts of which `whole` make one unit, rounded once, half up.
    ///
    /// # Panics
    /// As [`Price::of`].
    pub fn of_parts(self, parts: u128, whole: u64) -> Money {
        // Divided first: parts × price may exceed 128 bits where neither the charge nor the rest does.
        let per = u128::from(self.per) * u128::from(whole);
        let (sets, rest) = (parts / per, parts % per);
        let price = u128::from(self.picodollars);
        let product = rest.checked_mul(price).expect("a price for so many units and parts fits 128 bits");
        let up = u128::from(product % per >= per - product % per);
        let charge = sets.checked_mul(price).and_then(|charge| charge.checked_add(product / per + up));
        Money(charge.and_then(|charge| i128::try_from(charge).ok()).expect("a charge fits 127 bits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_exactly() {
        assert_eq!(Money(0).to_string(), "0");
        assert_eq!(Money(25_700_000_000).to_string(), "0.0257");
        assert_eq!(Money(-3 * DOLLAR).to_string(), "-3");
        assert_eq!(Money(1).to_string(), "0.000000000001");
    }

    /// 60 s at 0.0960 $ an hour: 60 × 0.0960 / 3600 = 0.0016 $ (paper trace PT01).
    #[test]
    fn a_minute_of_a_machine() {
        let hour = Price { picodollars: 96_000_000_000, per: 3_600 };
        assert_eq!(hour.of(60).to_string(), "0.0016");
    }

    #[test]
    fn a_charge_is_rounded_once_and_half_up() {
        let third = Price { picodollars: 1, per: 3 };
        assert_eq!(third.of(1), Money(0));
        assert_eq!(third.of(2), Money(1));
        let half = Price { picodollars: 1, per: 2 };
        assert_eq!(half.of(1), Money(1));
    }

    /// 2.75 LCU-hours at 0.008 $: 0.022 $ (paper trace PT06).
    #[test]
    fn parts_of_a_unit_are_charged_as_parts() {
        let hour = Price { picodollars: 8_000_000_000, per: 1 };
        assert_eq!(hour.of_parts(275, 100).to_string(), "0.022");
        assert_eq!(hour.of_parts(2_750_000_000_000, 1_000_000_000_000).to_string(), "0.022");
        let tiny = Price { picodollars: 1, per: 1 };
        assert_eq!((tiny.of_parts(49, 100), tiny.of_parts(50, 100)), (Money(0), Money(1)));
    }

    #[test]
    fn large_uses_do_not_overflow() {
        let dear = Price { picodollars: u64::MAX, per: 1 };
        assert_eq!(dear.of(1 << 62), Money(i128::from(u64::MAX) << 62));
    }

    #[test]
    fn amounts_add_up_and_become_dollars() {
        let mut sum = Money(DOLLAR / 2);
        sum += Money(DOLLAR);
        assert_eq!((sum, sum.dollars()), (Money(3 * DOLLAR / 2), 1.5));
    }
}
