//! The loop: takes the next event, hands it to the model, and lets an observer see what happens.

use crate::engine::{Calendar, Ordered, Packed};
use crate::ground::time::SimTime;

/// A world that can be simulated: its future is made of events, its past of facts.
pub trait Model {
    /// What can happen.
    type Event: Ordered;
    /// What has happened.
    type Fact;

    /// Something happens: the model changes, plans further events, and tells the facts.
    fn handle<O: Observer<Self::Fact>>(&mut self, event: Packed<Self::Event>, cx: &mut Context<'_, O>);
}

/// Sees every fact. May remember; must not interfere.
pub trait Observer<F> {
    /// A fact, at its instant.
    fn saw(&mut self, at: SimTime, fact: &F);
}

/// Sees nothing, costs nothing.
impl<F> Observer<F> for () {
    #[inline(always)]
    fn saw(&mut self, _at: SimTime, _fact: &F) {}
}

/// Both see it.
impl<F, A: Observer<F>, B: Observer<F>> Observer<F> for (A, B) {
    #[inline(always)]
    fn saw(&mut self, at: SimTime, fact: &F) {
        self.0.saw(at, fact);
        self.1.saw(at, fact);
    }
}

/// One that may be there or not.
impl<F, A: Observer<F>> Observer<F> for Option<A> {
    #[inline(always)]
    fn saw(&mut self, at: SimTime, fact: &F) {
        if let Some(observer) = self {
            observer.saw(at, fact);
        }
    }
}

/// All that a handler may touch besides its own world.
#[derive(Debug)]
pub struct Context<'a, O> {
    calendar: &'a mut Calendar,
    observer: &'a mut O,
}

impl<'a, O> Context<'a, O> {
    /// A context for setting up and closing a world; during a run [`Simulation`] makes them.
    pub fn new(calendar: &'a mut Calendar, observer: &'a mut O) -> Context<'a, O> {
        Context { calendar, observer }
    }

    /// The present instant.
    #[inline(always)]
    pub fn now(&self) -> SimTime {
        self.calendar.now()
    }

    /// Plans an event.
    #[inline(always)]
    pub fn plan(&mut self, at: SimTime, event: impl Ordered) {
        self.calendar.plan(at, event);
    }

    /// Plans an event that plans the next of its kind when it happens.
    #[inline(always)]
    pub fn plan_aside(&mut self, at: SimTime, event: impl Ordered) {
        self.calendar.plan_aside(at, event);
    }

    /// Tells a fact.
    #[inline(always)]
    pub fn tell<F>(&mut self, fact: F)
    where
        O: Observer<F>,
    {
        self.observer.saw(self.calendar.now(), &fact);
    }
}

/// How a stretch of a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// All is handled that happens until its end.
    All,
    /// The world says that it need not go on.
    Over,
    /// As many events were handled as may be at once, and more may be left.
    Some,
}

/// A model on its way through time.
#[derive(Debug)]
pub struct Simulation<M, O> {
    /// The world.
    pub model: M,
    /// Who watches it.
    pub observer: O,
    /// What will happen to it.
    pub calendar: Calendar,
    events: u64,
}

impl<M: Model, O: Observer<M::Fact>> Simulation<M, O> {
    /// A model whose first events stand in `calendar`.
    pub fn new(model: M, observer: O, calendar: Calendar) -> Simulation<M, O> {
        Simulation { model, observer, calendar, events: 0 }
    }

    /// Handles everything up to and including `end`, and stands at `end` then. May be called again with a later
    /// end: between two calls is where progress, pauses and samples have their turn.
    pub fn run_until(&mut self, end: SimTime) {
        self.run_some(end, u64::MAX, |_| true);
    }

    /// As [`Simulation::run_until`], but stops after the first event after which `goes_on` no longer holds of the
    /// world, and stands at that event's instant then; and after `most` events, whatever the time, as very many may
    /// happen in one instant.
    #[inline]
    pub fn run_some(&mut self, end: SimTime, most: u64, goes_on: impl Fn(&M) -> bool) -> Stretch {
        let mut left = most;
        let stretch = loop {
            if !goes_on(&self.model) {
                break Stretch::Over;
            }
            if left == 0 {
                break Stretch::Some;
            }
            let Some(event) = self.calendar.next(end) else {
                if end != SimTime::NEVER {
                    self.calendar.pass(end);
                }
                break Stretch::All;
            };
            left -= 1;
            self.model.handle(event, &mut Context { calendar: &mut self.calendar, observer: &mut self.observer });
        };
        self.events += most - left;
        stretch
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.calendar.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something happens every 10 ns for ever, and is counted.
    struct Ticks(u32);

    #[derive(Clone, Copy)]
    struct Tick;

    impl Ordered for Tick {
        fn code(self) -> u64 {
            0
        }
        fn from_code(_: u64) -> Tick {
            Tick
        }
    }

    impl Model for Ticks {
        type Event = Tick;
        type Fact = ();
        fn handle<O: Observer<()>>(&mut self, tick: Packed<Tick>, cx: &mut Context<'_, O>) {
            self.0 += 1;
            cx.plan(SimTime::from_nanos(cx.now().nanos() + 10), tick.unpack());
        }
    }

    fn ticking() -> Simulation<Ticks, ()> {
        let mut calendar = Calendar::default();
        calendar.plan(SimTime::from_nanos(10), Tick);
        Simulation::new(Ticks(0), (), calendar)
    }

    #[test]
    fn a_run_stands_at_its_end_and_may_go_on() {
        let mut sim = ticking();
        sim.run_until(SimTime::from_nanos(30));
        assert_eq!((sim.model.0, sim.events()), (3, 3), "what happens at the very end still happens");
        sim.run_until(SimTime::from_nanos(35));
        assert_eq!((sim.model.0, sim.now()), (3, SimTime::from_nanos(35)));
    }

    #[test]
    fn a_condition_stops_a_run_at_the_event_that_ended_it() {
        let mut sim = ticking();
        let few = |ticks: &Ticks| ticks.0 < 4;
        assert_eq!(sim.run_some(SimTime::from_nanos(25), 99, few), Stretch::All, "the end comes first");
        assert_eq!((sim.model.0, sim.now()), (2, SimTime::from_nanos(25)));
        assert_eq!(sim.run_some(SimTime::from_nanos(99), 99, few), Stretch::Over);
        assert_eq!((sim.model.0, sim.now()), (4, SimTime::from_nanos(40)));
        assert_eq!(sim.run_some(SimTime::from_nanos(99), 99, few), Stretch::Over, "and it stays there");
        assert_eq!((sim.model.0, sim.events()), (4, 4));
    }

    #[test]
    fn a_stretch_has_so_many_events_and_is_taken_up_again() {
        let mut sim = ticking();
        let always = |_: &Ticks| true;
        assert_eq!(sim.run_some(SimTime::from_nanos(45), 3, always), Stretch::Some);
        assert_eq!((sim.events(), sim.now()), (3, SimTime::from_nanos(30)));
        assert_eq!(sim.run_some(SimTime::from_nanos(45), 3, always), Stretch::All);
        assert_eq!((sim.events(), sim.now()), (4, SimTime::from_nanos(45)));
        assert_eq!(sim.run_some(SimTime::from_nanos(50), 0, always), Stretch::Some, "none at all");
    }
}
