//! What a policy with an alarm does to a size: by so many, by a share, or to a number.

/// A change of a group's size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// So many more, or fewer where it is negative.
    By(i64),
    /// A share of the size, in per cent: more, or fewer where it is negative.
    Percent(f64),
    /// To this size.
    To(u32),
}

impl Change {
    /// By how much a size changes from `base`; a share by at least `min` either way.
    ///
    /// Shares are rounded towards none, but never to none: 12.7 is 12, 0.67 is 1, −0.58 is −1, −6.67 is −6 (EC2 Auto
    /// Scaling user guide, *Step and simple scaling policies*, on `PercentChangeInCapacity` and
    /// `MinAdjustmentMagnitude`).
    pub fn of(self, base: u32, min: u32) -> i64 {
        match self {
            Change::By(change) => change,
            Change::To(size) => i64::from(size) - i64::from(base),
            Change::Percent(percent) => {
                let exact = f64::from(base) * percent / 100.0;
                // A billionth of a worker is the noise of division.
                let size = (exact.abs() + 1e-9).floor().max(f64::from(u8::from(exact != 0.0)));
                let least = if exact == 0.0 { 0 } else { i64::from(min) };
                (size as i64).max(least) * exact.signum() as i64
            }
        }
    }
}

/// A size changed by so much, if a size can be that.
pub fn changed(size: u32, change: i64) -> u32 {
    u32::try_from((i64::from(size).saturating_add(change)).max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The guide's four, of sizes and shares that give them.
    #[test]
    fn shares_are_rounded_towards_none_but_never_to_none() {
        for (base, percent, change) in [
            (127, 10.0, 12),
            (67, 1.0, 1),
            (58, -1.0, -1),
            (667, -1.0, -6),
            (10, 30.0, 3),
            (11, 30.0, 3),
            (14, -10.0, -1),
            (13, -30.0, -3),
            (10, 200.0, 20),
            (0, 50.0, 0),
        ] {
            assert_eq!(Change::Percent(percent).of(base, 0), change, "{percent} % of {base}");
        }
    }

    /// 25 % of 4 with a smallest change of 2 (the same page).
    #[test]
    fn a_share_changes_by_no_less_than_its_least() {
        assert_eq!(Change::Percent(25.0).of(4, 2), 2);
        assert_eq!(Change::Percent(-25.0).of(4, 2), -2);
        assert_eq!(Change::Percent(75.0).of(4, 2), 3);
        assert_eq!(Change::By(1).of(4, 2), 1);
    }

    #[test]
    fn a_number_is_a_number_whatever_there_was() {
        assert_eq!([Change::To(3).of(2, 0), Change::To(3).of(7, 0)], [1, -4]);
        assert_eq!((changed(2, -5), changed(2, 1), changed(7, i64::MIN)), (0, 3, 0));
    }
}
