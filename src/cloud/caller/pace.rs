//! The pace at which a process sends, found by itself: fast until a limit refuses it, then as the limit lets it.
//!
//! The adaptive retry mode of the AWS SDKs (AWS SDKs and Tools reference guide, *Retry behavior*): a cubic curve around
//! the rate at which it was last refused, as TCP CUBIC's (RFC 9438): cut to 0.7 of the rate, back at it after
//! (0.3 · rate ÷ 0.4)^⅓ seconds, and beyond. At least 0.5 a second, at most twice what it was seen to send.

use std::collections::VecDeque;

use crate::ground::maths;
use crate::ground::time::{SECOND, SimTime, Span};

/// What is left of the rate when a limit refuses.
const BETA: f64 = 0.7;
/// How fast the curve bends.
const SCALE: f64 = 0.4;
/// The weight of the newest half second in the rate that was seen.
const SMOOTH: f64 = 0.8;
/// The slowest pace, a second.
const FLOOR: f64 = 0.5;

/// The pace of one process, and who waits for it.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// What it may send a second; `None` until it was first refused.
    rate: Option<f64>,
    /// Tokens, at an instant.
    tokens: f64,
    filled: SimTime,
    /// The rate that it was seen to have: answers a second, by half seconds.
    seen: f64,
    half: u64,
    count: u32,
    /// When and at which rate it was last refused.
    refused: SimTime,
    most: f64,
    /// Who waits for a token: whoever this belongs to knows what the numbers mean.
    pub waiting: VecDeque<(u32, u32)>,
    /// Changes when the next token is due at another time.
    pub turn: u32,
}

impl Pace {
    /// Whether a token is there for somebody who comes now; taken, if so.
    pub fn goes(&mut self, now: SimTime) -> bool {
        let Some(rate) = self.rate else { return true };
        self.fills(rate, now);
        // Whoever waits comes first; a float's last bit is no reason to wait for.
        if self.tokens < 1.0 - 1e-9 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// How long until the next token.
    pub fn until_next(&self) -> Span {
        let rate = self.rate.unwrap_or(FLOOR);
        // Rounded up, and never nothing: a wait must end later than it begins.
        Span::from_nanos(((1.0 - self.tokens).max(0.0) / rate * SECOND as f64) as u64 + 1)
    }

    /// An answer has come: a limit refused, or anything else. Returns whether the pace has changed.
    pub fn heard(&mut self, now: SimTime, throttled: bool) -> bool {
        self.sees(now);
        let wanted = if throttled {
            let rate = self.rate.map_or(self.seen, |rate| rate.min(self.seen));
            (self.most, self.refused) = (rate, now);
            rate * BETA
        } else {
            if self.rate.is_none() {
                return false;
            }
            let turning = maths::pow(self.most * (1.0 - BETA) / SCALE, 1.0 / 3.0);
            let since = (now - self.refused).seconds() - turning;
            SCALE * since * since * since + self.most
        };
        let rate = wanted.min(2.0 * self.seen).max(FLOOR);
        match self.rate {
            Some(old) => self.fills(old, now),
            // It begins without a token.
            None => (self.tokens, self.filled) = (0.0, now),
        }
        self.tokens = self.tokens.min(rate.max(1.0));
        self.rate = Some(rate);
        true
    }

    fn fills(&mut self, rate: f64, now: SimTime) {
        self.tokens = (self.tokens + (now - self.filled).seconds() * rate).min(rate.max(1.0));
        self.filled = now;
    }

    /// Counts an answer into its half second.
    fn sees(&mut self, now: SimTime) {
        let half = now.nanos() / (SECOND / 2);
        self.count += 1;
        if half > self.half {
            let rate = f64::from(self.count) / ((half - self.half) as f64 / 2.0);
            self.seen = rate * SMOOTH + self.seen * (1.0 - SMOOTH);
            (self.half, self.count) = (half, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SimTime {
        SimTime::START + Span::from_millis(millis)
    }

    /// Ten answers a second for 20 s: the smoothed rate is 10. Refused then, it goes on at 7; at the rate again after
    /// (10 · 0.3 ÷ 0.4)^⅓ = 1.957 s, and 1 s later at 10 + 0.4.
    #[test]
    fn it_is_cut_by_a_refusal_and_comes_back_along_a_cubic() {
        let mut pace = Pace::default();
        for tenth in 0..200 {
            assert!(pace.goes(at(tenth * 100)) && !pace.heard(at(tenth * 100), false));
        }
        assert!((pace.seen - 10.0).abs() < 1e-6, "{}", pace.seen);
        assert!(pace.heard(at(20_000), true));
        let rate = |pace: &Pace| pace.rate.expect("it was refused");
        let seen = pace.seen;
        assert!((rate(&pace) - 0.7 * seen).abs() < 1e-9);
        // No token at once: the first is there after 1/7 s.
        assert!(!pace.goes(at(20_000)));
        assert!((pace.until_next().seconds() - 1.0 / rate(&pace)).abs() < 1e-6);
        let turning = maths::pow(seen * 0.75, 1.0 / 3.0);
        for (millis, tenth) in (20_100..24_000).step_by(100).zip(1..) {
            pace.heard(at(millis), false);
            let since = f64::from(tenth) / 10.0 - turning;
            let expected = (0.4 * since * since * since + seen).min(2.0 * pace.seen);
            assert!((rate(&pace) - expected).abs() < 1e-6, "at {millis} ms: {} is not {expected}", rate(&pace));
        }
    }

    #[test]
    fn it_never_falls_below_one_in_two_seconds() {
        let mut pace = Pace::default();
        for second in 0..50 {
            pace.heard(at(second * 1_000), true);
        }
        assert_eq!(pace.rate, Some(0.5));
        assert!(pace.until_next() <= Span::from_millis(2_001));
    }
}
