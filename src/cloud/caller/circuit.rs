//! A circuit breaker: when too many of the last calls failed, none is made for a while, and then a few to try.
//!
//! resilience4j, *CircuitBreaker*: a window of the last calls, judged once it is full; open for a set time; half open for
//! a few calls, whose failures close it or open it again. It stays open until somebody calls.

use std::collections::VecDeque;

use crate::cloud::topology::Breaker;
use crate::ground::time::{SimTime, Span};

/// A circuit of one process.
#[derive(Clone, Debug, Default)]
pub struct Circuit {
    state: State,
    /// Changes with the state: results of calls made before tell nothing of what is now.
    generation: u32,
    /// Of the last calls in this state: whether each failed, and whether it was slow.
    calls: VecDeque<(bool, bool)>,
    failed: u32,
    slow: u32,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Closed,
    Open {
        until: SimTime,
    },
    /// So many calls may still be made to try.
    HalfOpen {
        left: u32,
    },
}

impl Circuit {
    /// Whether a call may be made now; if so, what its result is told with.
    pub fn lets_pass(&mut self, plan: &Breaker, now: SimTime) -> Option<u32> {
        if let State::Open { until } = self.state
            && now >= until
        {
            self.enters(State::HalfOpen { left: plan.trial });
        }
        match &mut self.state {
            State::Closed => Some(self.generation),
            State::Open { .. } | State::HalfOpen { left: 0 } => None,
            State::HalfOpen { left } => {
                *left -= 1;
                Some(self.generation)
            }
        }
    }

    /// A call has come back, whichever way.
    pub fn heard(&mut self, plan: &Breaker, generation: u32, failed: bool, took: Span, now: SimTime) {
        if generation != self.generation {
            return;
        }
        let window = match self.state {
            State::Closed => plan.of,
            State::HalfOpen { .. } => plan.trial,
            State::Open { .. } => return,
        };
        let slow = plan.slow.is_some_and(|slow| took > slow.after);
        if self.calls.len() as u32 == window
            && let Some((failed, slow)) = self.calls.pop_front()
        {
            self.failed -= u32::from(failed);
            self.slow -= u32::from(slow);
        }
        self.calls.push_back((failed, slow));
        self.failed += u32::from(failed);
        self.slow += u32::from(slow);
        if (self.calls.len() as u32) < window {
            return;
        }
        let reaches = |count: u32, share: f64| f64::from(count) >= share * f64::from(window);
        if reaches(self.failed, plan.failures) || plan.slow.is_some_and(|slow| reaches(self.slow, slow.share)) {
            self.enters(State::Open { until: now.after(plan.open) });
        } else if matches!(self.state, State::HalfOpen { .. }) {
            self.enters(State::Closed);
        }
    }

    /// A call will never come back: whoever made it was taken away.
    pub fn forgets(&mut self, generation: u32) {
        if generation == self.generation
            && let State::HalfOpen { left } = &mut self.state
        {
            *left += 1;
        }
    }

    fn enters(&mut self, state: State) {
        self.state = state;
        self.generation = self.generation.wrapping_add(1);
        self.calls.clear();
        (self.failed, self.slow) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::topology::Slow;

    /// resilience4j's own: 50 % of 100, 60 s, 10 to try, 100 % slower than 60 s.
    const USUAL: Breaker = Breaker {
        failures: 0.5,
        of: 100,
        open: Span::from_secs(60),
        trial: 10,
        slow: Some(Slow { share: 1.0, after: Span::from_secs(60) }),
    };

    fn second(at: u64) -> SimTime {
        SimTime::START + Span::from_secs(at)
    }

    fn call(circuit: &mut Circuit, at: u64, failed: bool, took: u64) -> bool {
        let passed = circuit.lets_pass(&USUAL, second(at));
        if let Some(generation) = passed {
            circuit.heard(&USUAL, generation, failed, Span::from_secs(took), second(at));
        }
        passed.is_some()
    }

    #[test]
    fn it_opens_at_half_of_a_full_window_and_not_before() {
        for (failures, opens) in [(49, false), (50, true)] {
            let mut circuit = Circuit::default();
            for n in 0..100 {
                assert!(call(&mut circuit, 0, n < failures, 0), "call {n}: the window is not full");
            }
            assert_eq!(!call(&mut circuit, 0, false, 0), opens, "{failures} failures");
        }
        let mut circuit = Circuit::default();
        for _ in 0..99 {
            assert!(call(&mut circuit, 0, true, 0));
        }
        assert!(call(&mut circuit, 0, true, 0) && !call(&mut circuit, 0, true, 0));
    }

    #[test]
    fn it_stays_open_for_its_time_and_then_lets_a_few_try() {
        for (failures, closes) in [(4, true), (5, false)] {
            let mut circuit = Circuit::default();
            (0..100).for_each(|_| assert!(call(&mut circuit, 0, true, 0)));
            assert!(!call(&mut circuit, 59, false, 0));
            let trial: Vec<u32> = (0..10).map(|_| circuit.lets_pass(&USUAL, second(60)).expect("may try")).collect();
            assert_eq!(circuit.lets_pass(&USUAL, second(60)), None, "no more than ten");
            for (n, generation) in trial.into_iter().enumerate() {
                circuit.heard(&USUAL, generation, n < failures, Span::ZERO, second(61));
            }
            assert_eq!(call(&mut circuit, 62, false, 0), closes, "{failures} of ten failed");
        }
    }

    #[test]
    fn slow_calls_open_it_if_all_are_slow() {
        let mut circuit = Circuit::default();
        (0..99).for_each(|_| assert!(call(&mut circuit, 0, false, 61)));
        assert!(call(&mut circuit, 0, false, 60), "not slower than 60 s");
        assert!(call(&mut circuit, 0, false, 61));
        let mut circuit = Circuit::default();
        (0..100).for_each(|_| assert!(call(&mut circuit, 0, false, 61)));
        assert!(!call(&mut circuit, 0, false, 0));
    }

    #[test]
    fn who_is_taken_away_gives_his_try_back_and_old_results_tell_nothing() {
        let mut circuit = Circuit::default();
        let old = circuit.lets_pass(&USUAL, second(0)).expect("closed");
        (0..100).for_each(|_| assert!(call(&mut circuit, 0, true, 0)));
        let trial: Vec<u32> = (0..10).map(|_| circuit.lets_pass(&USUAL, second(60)).expect("may try")).collect();
        circuit.forgets(trial[0]);
        assert!(circuit.lets_pass(&USUAL, second(60)).is_some());
        circuit.forgets(old);
        circuit.heard(&USUAL, old, true, Span::ZERO, second(60));
        assert!(circuit.lets_pass(&USUAL, second(60)).is_none() && circuit.calls.is_empty());
    }
}
