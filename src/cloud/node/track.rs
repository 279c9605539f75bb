//! A level and its integral over time.

use crate::ground::time::SimTime;

/// Follows a level exactly: its integral is in level × nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track {
    level: u64,
    since: SimTime,
    area: u128,
}

impl Track {
    /// The level at present.
    #[inline]
    pub fn level(&self) -> u64 {
        self.level
    }

    /// The level rises by one.
    #[inline]
    pub fn up(&mut self, now: SimTime) {
        self.set(now, self.level + 1);
    }

    /// The level falls by one.
    #[inline]
    pub fn down(&mut self, now: SimTime) {
        self.set(now, self.level - 1);
    }

    /// The level becomes `level`.
    #[inline]
    pub fn set(&mut self, now: SimTime, level: u64) {
        self.area += u128::from(self.level) * u128::from((now - self.since).nanos());
        self.since = now;
        self.level = level;
    }

    /// The integral from the start to `now`.
    pub fn integral(&self, now: SimTime) -> u128 {
        self.area + u128::from(self.level) * u128::from((now - self.since).nanos())
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
