//! Exact fractions: the traces know amounts of money that are no whole picodollars.

/// A fraction in its lowest terms, none below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    over: u128,
    under: u128,
}

fn divisor(mut one: u128, mut other: u128) -> u128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one.max(1)
}

impl Exact {
    pub const ZERO: Exact = Exact { over: 0, under: 1 };

    /// `under` is not 0.
    pub fn new(over: u128, under: u128) -> Exact {
        let common = divisor(over, under);
        Exact { over: over / common, under: under / common }
    }

    /// A decimal as it is written.
    pub fn read(text: &str) -> Option<Exact> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let under = 10u128.checked_pow(u32::try_from(part.len()).ok()?)?;
        Some(Exact::new(format!("{whole}{part}").parse().ok()?, under))
    }

    /// `None` where it is too large to be told.
    pub fn times(self, other: Exact) -> Option<Exact> {
        // What cancels out across goes first, so that little is left to multiply.
        let (one, two) = (Exact::new(self.over, other.under), Exact::new(other.over, self.under));
        Some(Exact::new(one.over.checked_mul(two.over)?, one.under.checked_mul(two.under)?))
    }

    pub fn plus(self, other: Exact) -> Option<Exact> {
        let common = divisor(self.under, other.under);
        let (mine, theirs) = (other.under / common, self.under / common);
        let over = self.over.checked_mul(mine)?.checked_add(other.over.checked_mul(theirs)?)?;
        Some(Exact::new(over, self.under.checked_mul(mine)?))
    }
}
