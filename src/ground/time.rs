//! Time as whole nanoseconds: instants and spans. Never a float, never the machine's clock.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;

/// An instant: nanoseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A length of time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl SimTime {
    /// The beginning of the run.
    pub const START: SimTime = SimTime(0);
    /// Later than anything that happens.
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// The instant so many nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> SimTime {
        SimTime(nanos)
    }

    /// Nanoseconds since the start.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for figures and charts: exact to a nanosecond up to about 104 days.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }

    /// The instant `span` later; [`SimTime::NEVER`] where that lies beyond the end of time.
    pub const fn after(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }

    /// The instant `span` earlier; the start where that lies before it.
    pub const fn before(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_sub(span.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// Longer than any run.
    pub const FOREVER: Span = Span(u64::MAX);

    /// A span of so many nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Span {
        Span(nanos)
    }

    /// A span of so many milliseconds.
    pub const fn from_millis(millis: u64) -> Span {
        Span(millis * 1_000_000)
    }

    /// A span of so many seconds.
    pub const fn from_secs(seconds: u64) -> Span {
        Span(seconds * SECOND)
    }

    /// Its nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Its seconds, for figures and charts.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }

    /// Whole seconds, a part of one counting as a whole: how providers count.
    pub const fn started_seconds(self) -> u64 {
        self.0.div_ceil(SECOND)
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        self.after(span)
    }
}

impl Sub for SimTime {
    type Output = Span;
    /// Later minus earlier.
    ///
    /// # Panics
    /// In debug builds, where `earlier` is the later one: an ordering bug of ours.
    fn sub(self, earlier: SimTime) -> Span {
        debug_assert!(earlier <= self, "time ran backwards: {earlier:?} after {self:?}");
        Span(self.0.wrapping_sub(earlier.0))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

impl fmt::Display for Span {
    /// The form in which a scenario writes it: `2h30min`, `90s`, `1s500ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, u64); 7] = [
            ("d", 86_400 * SECOND),
            ("h", 3_600 * SECOND),
            ("min", 60 * SECOND),
            ("s", SECOND),
            ("ms", 1_000_000),
            ("us", 1_000),
            ("ns", 1),
        ];
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (unit, size) in UNITS {
            if rest >= size {
                write!(f, "{}{unit}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_shown_as_scenarios_write_them() {
        let shown = |nanos| Span::from_nanos(nanos).to_string();
        assert_eq!(shown(0), "0s");
        assert_eq!(shown(90 * SECOND), "1min30s");
        assert_eq!(shown(9_000 * SECOND), "2h30min");
        assert_eq!(shown(1_500_000_000), "1s500ms");
        assert_eq!(shown(1), "1ns");
    }

    #[test]
    fn a_started_second_counts_whole() {
        assert_eq!(Span::from_nanos(1).started_seconds(), 1);
        assert_eq!(Span::from_secs(60).started_seconds(), 60);
        assert_eq!(Span::from_nanos(60 * SECOND + 1).started_seconds(), 61);
    }

    #[test]
    fn the_end_of_time_is_not_passed() {
        assert_eq!(SimTime::from_nanos(5) + Span::FOREVER, SimTime::NEVER);
    }
}
