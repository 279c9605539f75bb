//! Who is let in, and who is turned away: one gate a node that has one.

use crate::cloud::fact::Loss;
use crate::cloud::topology::Admission;
use crate::ground::time::{SimTime, Span};

/// A gate of a running world.
#[derive(Clone, Debug)]
pub struct Gate {
    plan: Admission,
    /// When the bucket is full again; the tokens that it lacks follow from that, exactly.
    full: SimTime,
    /// How long it has been full, up to when it last became so (nanoseconds).
    was_full: u64,
    /// What is known of the waits in each line.
    lines: Vec<Delay>,
}

impl Gate {
    /// A gate with a full bucket.
    pub fn new(plan: Admission) -> Gate {
        Gate { plan, full: SimTime::START, was_full: 0, lines: Vec::new() }
    }

    /// Whether one who comes is let in, where so many are inside; why not, if not.
    ///
    /// The bucket fills evenly: one is let in iff at least one whole token is there, and takes it (Berger, *Performance
    /// Evaluation* 12, 1991). Kept as the instant at which it is full, as ATM's generic cell rate algorithm does it
    /// (ITU-T I.371), no fraction of a token is ever rounded.
    pub fn turns_away(&mut self, now: SimTime, inside: impl FnOnce() -> u64) -> Option<Loss> {
        match self.plan {
            Admission::TokenBucket { every, burst } => {
                let lacking = u128::from(self.full.nanos().saturating_sub(now.nanos()));
                if lacking > u128::from(every.nanos()) * u128::from(burst - 1) {
                    return Some(Loss::Limited);
                }
                self.was_full += now.nanos().saturating_sub(self.full.nanos());
                self.full = self.full.max(now) + every;
                None
            }
            Admission::AtMost { in_system } => (inside() >= u64::from(in_system)).then_some(Loss::Shed),
            Admission::Codel { .. } => None,
        }
    }

    /// How long its bucket has been full until now; `None` where it has none.
    pub fn full_for(&self, now: SimTime) -> Option<Span> {
        let since = now.nanos().saturating_sub(self.full.nanos());
        matches!(self.plan, Admission::TokenBucket { .. }).then_some(Span::from_nanos(self.was_full + since))
    }

    /// Whether it ever turns away out of a line.
    pub fn watches_lines(&self) -> bool {
        matches!(self.plan, Admission::Codel { .. })
    }

    /// Whether the next of a line, which has waited so long, is turned away instead of served.
    pub fn turns_out(&mut self, line: usize, now: SimTime, waited: Span, others_wait: bool) -> bool {
        let Admission::Codel { target, interval } = self.plan else { return false };
        if line >= self.lines.len() {
            self.lines.resize(line + 1, Delay::default());
        }
        self.lines[line].turns_out(now, interval, waited >= target && others_wait)
    }
}

/// Controlled delay: what is known of the waits in one line.
///
/// The rule, the square root and the memory of the last time are those of RFC 8289, section 5: nobody is turned away as
/// long as any wait within an interval was short enough, or nobody else waits; from then on one, and the next ones
/// after interval ÷ √n each.
#[derive(Clone, Copy, Debug, Default)]
struct Delay {
    /// When waits will have been too long for an interval.
    patience: Option<SimTime>,
    /// It is turning away at present.
    dropping: bool,
    /// When the next one is turned away.
    next: SimTime,
    /// How many were turned away since it began, and when it last began.
    count: u32,
    last: u32,
    /// One was turned away: `next` moves on if the one behind has waited too long as well.
    owing: bool,
}

impl Delay {
    fn turns_out(&mut self, now: SimTime, interval: Span, long: bool) -> bool {
        let long = self.is_long_enough(now, interval, long);
        if self.owing {
            self.owing = false;
            if long {
                self.next = after(self.next, interval, self.count);
            } else {
                self.dropping = false;
            }
        }
        if self.dropping {
            self.dropping = long;
            let out = long && now >= self.next;
            self.count += u32::from(out);
            self.owing = out;
            out
        } else if long {
            self.dropping = true;
            let since = self.count - self.last;
            let lately = now.nanos() < self.next.nanos().saturating_add(interval.nanos().saturating_mul(16));
            self.count = if since > 1 && lately { since } else { 1 };
            self.last = self.count;
            self.next = after(now, interval, self.count);
            true
        } else {
            false
        }
    }

    /// Whether waits have been too long for a whole interval.
    fn is_long_enough(&mut self, now: SimTime, interval: Span, long: bool) -> bool {
        match (long, self.patience) {
            (false, _) => {
                self.patience = None;
                false
            }
            (true, None) => {
                self.patience = Some(now + interval);
                false
            }
            (true, Some(until)) => now >= until,
        }
    }
}

fn after(from: SimTime, interval: Span, count: u32) -> SimTime {
    from + Span::from_nanos((interval.nanos() as f64 / f64::from(count).sqrt()) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: u64 = 1_000_000;

    fn at(millis: u64) -> SimTime {
        SimTime::from_nanos(millis * MILLISECOND)
    }

    /// Three tokens, one every 100 ms. By hand: three at once, none left; the next is whole after 100 ms, not before.
    #[test]
    fn a_token_is_there_when_it_is_whole_and_not_before() {
        let mut gate = Gate::new(Admission::TokenBucket { every: Span::from_millis(100), burst: 3 });
        let mut takes = |nanos: u64| gate.turns_away(SimTime::from_nanos(nanos), || 0).is_none();
        assert_eq!([takes(0), takes(0), takes(0), takes(0)], [true, true, true, false]);
        assert!(!takes(100 * MILLISECOND - 1));
        assert!(takes(100 * MILLISECOND) && !takes(100 * MILLISECOND));
        // Full again after 300 ms more, and never fuller.
        assert!(takes(10_000 * MILLISECOND) && takes(10_000 * MILLISECOND) && takes(10_000 * MILLISECOND));
        assert!(!takes(10_000 * MILLISECOND));
    }

    /// As above: full until 0 and again from 300 ms on; one token is taken at 500 ms and is back at 600 ms.
    #[test]
    fn it_knows_how_long_its_bucket_was_full() {
        let mut gate = Gate::new(Admission::TokenBucket { every: Span::from_millis(100), burst: 3 });
        assert!((0..3).all(|_| gate.turns_away(at(0), || 0).is_none()));
        let full = |gate: &Gate, millis: u64| gate.full_for(at(millis)).expect("it has a bucket").nanos() / MILLISECOND;
        assert_eq!([full(&gate, 250), full(&gate, 300), full(&gate, 450)], [0, 0, 150]);
        assert!(gate.turns_away(at(500), || 0).is_none());
        assert_eq!([full(&gate, 500), full(&gate, 600), full(&gate, 610)], [200, 200, 210]);
        assert_eq!(Gate::new(Admission::AtMost { in_system: 1 }).full_for(at(5)), None);
    }

    #[test]
    fn at_most_so_many_are_inside() {
        let mut gate = Gate::new(Admission::AtMost { in_system: 4 });
        assert_eq!(gate.turns_away(at(0), || 3), None);
        assert_eq!(gate.turns_away(at(0), || 4), Some(Loss::Shed));
    }

    /// RFC 8289 with 5 ms and 100 ms: all waits are 10 ms. The first that is seen starts the interval; the first one
    /// seen after it goes at 100 ms, the next 100 ms later, then after 100/√2 = 70.7 and 100/√3 = 57.7 ms.
    #[test]
    fn waits_that_stay_long_turn_out_more_and_more_often() {
        let mut gate = Gate::new(Admission::Codel { target: Span::from_millis(5), interval: Span::from_millis(100) });
        let wait = Span::from_millis(10);
        let mut out = Vec::new();
        for millis in 0..400 {
            if gate.turns_out(0, at(millis), wait, true) {
                out.push(millis);
            }
        }
        assert_eq!(out, [100, 200, 271, 329, 379]);
        // One short wait, or nobody behind, and all is well for another interval.
        assert!(!gate.turns_out(0, at(400), Span::from_millis(4), true));
        assert!(!gate.turns_out(0, at(401), wait, false));
        assert!((402..502).all(|millis| !gate.turns_out(0, at(millis), wait, true)));
        // Turned away lately, it begins where it was: five less the one before them, at 100/√4 = 50 ms.
        assert!(gate.turns_out(0, at(502), wait, true));
        assert!(!gate.turns_out(0, at(551), wait, true));
        assert!(gate.turns_out(0, at(552), wait, true));
    }
}
