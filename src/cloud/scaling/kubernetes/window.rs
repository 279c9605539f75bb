//! Averages over a sliding window of seconds, as Knative's autoscaler takes them.

use std::collections::VecDeque;

use crate::ground::time::{SECOND, SimTime, Span};

/// What was measured in each of the last seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Concurrency {
    /// Seconds since the start, oldest first, and what was measured in each.
    seconds: VecDeque<(u64, f64)>,
    first: Option<u64>,
    /// How many seconds are kept.
    kept: u64,
}

fn second(at: SimTime) -> u64 {
    at.nanos() / SECOND
}

fn seconds(window: Span) -> u64 {
    window.started_seconds().max(1)
}

impl Concurrency {
    /// Nothing yet, for windows of up to that.
    pub fn of(longest: Span) -> Concurrency {
        Concurrency { seconds: VecDeque::new(), first: None, kept: seconds(longest) }
    }

    /// Counts what was measured at an instant, which is not before the last. Two values of one second are added up.
    pub fn note(&mut self, at: SimTime, value: f64) {
        let at = second(at);
        self.first.get_or_insert(at);
        match self.seconds.back_mut() {
            Some((last, sum)) if *last >= at => *sum += value,
            _ => self.seconds.push_back((at, value)),
        }
        while self.seconds.front().is_some_and(|&(first, _)| first + self.kept <= at) {
            self.seconds.pop_front();
        }
    }

    /// The average over the window that ends now; `None` before anything was measured.
    ///
    /// A second without a value counts as 0, but neither the seconds before the first value do, nor those since the
    /// last. A window with nothing in it is 0.
    pub fn average(&self, now: SimTime, window: Span) -> Option<f64> {
        let first = self.first?;
        let (last, _) = *self.seconds.back()?;
        let (now, window) = (second(now).max(last), seconds(window));
        if now - last >= window {
            return Some(0.0);
        }
        let sum: f64 = self.seconds.iter().filter(|&&(at, _)| at + window > now).map(|&(_, value)| value).sum();
        let spans = (last - first + 1).min(window - (now - last));
        // To a millionth, so that the noise of division asks for no pod more.
        Some((sum / spans as f64 * 1e6).round() / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SimTime {
        SimTime::from_nanos(second * SECOND)
    }

    #[test]
    fn a_window_that_is_not_full_yet_is_averaged_over_what_there_is() {
        let mut seen = Concurrency::of(Span::from_secs(60));
        assert_eq!(seen.average(at(0), Span::from_secs(60)), None);
        seen.note(at(10), 8.0);
        seen.note(at(11), 4.0);
        assert_eq!(seen.average(at(11), Span::from_secs(60)), Some(6.0));
        // A second that was left out counts as nothing.
        seen.note(at(13), 0.0);
        assert_eq!(seen.average(at(13), Span::from_secs(60)), Some(3.0));
    }

    /// Both sides of the end of a window of six seconds.
    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let mut seen = Concurrency::of(Span::from_secs(60));
        for second in 0..=20 {
            seen.note(at(second), if second == 14 { 60.0 } else { 6.0 });
        }
        let panic = |second| seen.average(at(second), Span::from_secs(6));
        assert_eq!((panic(19), panic(20)), (Some(6.0), Some(6.0)));
        let mut seen = Concurrency::of(Span::from_secs(60));
        for second in 0..=19 {
            seen.note(at(second), if second == 14 { 60.0 } else { 6.0 });
        }
        assert_eq!(seen.average(at(19), Span::from_secs(6)), Some(15.0));
        // Since the last value, nothing is known: the seconds that are left in the window share what is.
        assert_eq!(seen.average(at(24), Span::from_secs(6)), Some(6.0));
        assert_eq!(seen.average(at(25), Span::from_secs(6)), Some(0.0));
    }

    #[test]
    fn two_values_of_one_second_are_added_up() {
        let mut seen = Concurrency::of(Span::from_secs(60));
        seen.note(at(10), 8.0);
        seen.note(at(10), 4.0);
        seen.note(at(11), 0.0);
        assert_eq!(seen.average(at(11), Span::from_secs(60)), Some(6.0));
    }
}
