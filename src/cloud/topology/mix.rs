//! What of a piece of work computes, and what only waits.

use crate::cloud::topology::Speed;
use crate::ground::time::Span;

/// The share of a work's time, on the reference machine, that computes. A faster machine shortens that part and leaves the
/// rest, which waits for something else: a disk, a partner, a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// In millionths; at most [`Mix::WHOLE`].
    pub computing: u32,
}

impl Mix {
    /// Millionths of a whole.
    pub const WHOLE: u32 = 1_000_000;
    /// All of it computes.
    pub const ALL: Mix = Mix { computing: Mix::WHOLE };

    /// Whether all of it computes.
    pub fn is_all(self) -> bool {
        self.computing == Mix::WHOLE
    }

    /// How long `work` takes at a speed: what computes is scaled, rounded half up to a nanosecond, and the rest is not.
    #[inline(always)]
    pub fn takes(self, speed: Speed, work: Span) -> Span {
        if self.is_all() {
            return speed.takes(work);
        }
        let whole = u128::from(Mix::WHOLE);
        let computes = (u128::from(work.nanos()) * u128::from(self.computing) + whole / 2) / whole;
        let computes = Span::from_nanos(computes as u64);
        speed.takes(computes) + (Span::from_nanos(work.nanos() - computes.nanos()))
    }

    /// How long what is left of work takes at another speed, which took so long at the first.
    pub fn takes_then(self, left: Span, first: Speed, then: Speed) -> Span {
        if first == then {
            return left;
        }
        if self.is_all() {
            // Back to work on the reference machine, and to time here.
            return then.takes(Speed { work: first.time, time: first.work }.takes(left));
        }
        let span = |speed: Speed| {
            let share = f64::from(self.computing) / f64::from(Mix::WHOLE);
            share * (speed.time as f64 / speed.work as f64) + (1.0 - share)
        };
        Span::from_nanos((left.nanos() as f64 * (span(then) / span(first)) + 0.5) as u64)
    }

    /// Which share of its time at a speed computes, in millionths.
    pub fn share(self, speed: Speed) -> u32 {
        if self.is_all() || self.computing == 0 {
            return self.computing;
        }
        let computes = f64::from(self.computing) * (speed.time as f64 / speed.work as f64);
        let waits = f64::from(Mix::WHOLE - self.computing);
        (computes / (computes + waits) * f64::from(Mix::WHOLE) + 0.5) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWICE: Speed = Speed { work: 2, time: 1 };

    /// 10 s of which 60 % compute: on a machine twice as fast 3 s and 4 s, of which 3 ÷ 7 compute.
    #[test]
    fn a_faster_machine_shortens_what_computes_alone() {
        let (mix, work) = (Mix { computing: 600_000 }, Span::from_secs(10));
        assert_eq!(mix.takes(Speed::ONE, work), work);
        assert_eq!(mix.takes(TWICE, work), Span::from_secs(7));
        assert_eq!(Mix::ALL.takes(TWICE, work), Span::from_secs(5));
        assert_eq!(Mix { computing: 0 }.takes(TWICE, work), work);
        assert_eq!((mix.share(Speed::ONE), mix.share(TWICE)), (600_000, 428_571));
        assert_eq!((Mix::ALL.share(TWICE), Mix { computing: 0 }.share(TWICE)), (Mix::WHOLE, 0));
    }

    /// Half of it is done on the slower machine, 5 s; the rest takes 3.5 s on the faster one, and the other way round.
    #[test]
    fn what_is_left_goes_on_at_another_speed() {
        let mix = Mix { computing: 600_000 };
        assert_eq!(mix.takes_then(Span::from_secs(5), Speed::ONE, TWICE), Span::from_millis(3_500));
        assert_eq!(mix.takes_then(Span::from_millis(3_500), TWICE, Speed::ONE), Span::from_secs(5));
        assert_eq!(mix.takes_then(Span::from_secs(5), TWICE, TWICE), Span::from_secs(5));
        assert_eq!(Mix::ALL.takes_then(Span::from_secs(5), Speed::ONE, TWICE), Span::from_millis(2_500));
    }
}
