//! A level and its integral over time.

use crate::ground::time::{SECOND, SimTime};

/// Follows a level exactly: its integral is in level × nanoseconds.
///
/// Each change of `c` at the instant t adds c · t to the moment; the integral up to `now` is level · now − moment. A
/// change so costs one addition and no product.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track {
    level: u64,
    moment: i128,
}

impl Track {
    /// The level at present.
    #[inline]
    pub fn level(&self) -> u64 {
        self.level
    }

    /// The level rises by one.
    #[inline(always)]
    pub fn up(&mut self, now: SimTime) {
        self.level += 1;
        self.moment += i128::from(now.nanos());
    }

    /// The level falls by one.
    #[inline(always)]
    pub fn down(&mut self, now: SimTime) {
        self.level -= 1;
        self.moment -= i128::from(now.nanos());
    }

    /// The level becomes `level`.
    #[inline]
    pub fn set(&mut self, now: SimTime, level: u64) {
        self.moment += (i128::from(level) - i128::from(self.level)) * i128::from(now.nanos());
        self.level = level;
    }

    /// So many times as much.
    pub fn times(self, factor: u64) -> Track {
        Track { level: self.level * factor, moment: self.moment * i128::from(factor) }
    }

    /// Something that is only counted: nothing is there now, and the integral is that of so many a second for a second.
    pub fn of_count(count: u64) -> Track {
        Track { level: 0, moment: -(i128::from(count) * i128::from(SECOND)) }
    }

    /// Something of which only the integral is known, in level × nanoseconds.
    pub fn of_sum(nanos: u64) -> Track {
        Track { level: 0, moment: -i128::from(nanos) }
    }

    /// Both together.
    pub fn with(self, other: Track) -> Track {
        Track { level: self.level + other.level, moment: self.moment + other.moment }
    }

    /// The integral from the start to `now`.
    pub fn integral(&self, now: SimTime) -> u128 {
        (i128::from(self.level) * i128::from(now.nanos()) - self.moment) as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 for 3 ns, 2 for 4 ns, 0 for 5 ns: 3 + 8 + 0 = 11.
    #[test]
    fn the_integral_is_exact() {
        let at = SimTime::from_nanos;
        let mut track = Track::default();
        track.up(at(10));
        track.up(at(13));
        track.set(at(17), 0);
        assert_eq!(track.integral(at(22)), 11);
        assert_eq!(track.level(), 0);
    }
}
