//! Idle slots as pollers: each asks its queues, waits for an answer, and sleeps after an empty one.

use crate::cloud::topology::Poll;
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// A poll that ends in the instant in which it began, and is empty, is followed by so much rest at the least.
const REST: Span = Span::from_millis(1);

/// What an idle slot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Poller {
    /// It works, or its worker is not in service.
    Off,
    /// It is to poll now; true where it has just slept.
    Awake(bool),
    /// Its poll has been open since then; the stamp is that of the poll's end. True where it had slept before.
    Open(SimTime, u32, bool),
    /// It sleeps after an empty poll, until its stamp's time.
    Asleep(u32),
}

/// The pollers of a pool whose polls are counted and billed. Where nobody sleeps, empty polls follow each other
/// without an event: how many there were follows from how long a slot was idle.
#[derive(Debug)]
pub struct Pollers<'a> {
    /// How long a poll stays open; none: it is answered at once.
    wait: Span,
    /// From an empty answer to the next poll.
    sleep: Option<&'a Distribution>,
    /// Names the draws of sleeps.
    key: Key,
    /// Sleeps so far.
    sleeps: u64,
    /// By slot.
    slots: Vec<Poller>,
    /// Slots that may be awake.
    woken: Vec<u32>,
    /// Polls of each of the pool's queues that brought nothing: each idle slot polls all of them.
    empty: u64,
    /// Those of them that followed on a sleep.
    again: u64,
    /// Those of them that ended in an error.
    refused: u64,
}

impl<'a> Pollers<'a> {
    /// Nobody polls yet; nothing where polls are open and free.
    pub fn new(poll: &'a Poll, key: Key) -> Option<Box<Pollers<'a>>> {
        let (wait, sleep) = (poll.wait?, poll.sleep.as_ref());
        let (slots, woken) = (Vec::new(), Vec::new());
        Some(Box::new(Pollers {
            wait,
            sleep,
            key: key.named("sleep"),
            sleeps: 0,
            slots,
            woken,
            empty: 0,
            again: 0,
            refused: 0,
        }))
    }

    /// Whether slots sleep after an empty poll.
    pub fn sleep(&self) -> bool {
        self.sleep.is_some()
    }

    /// Whether a poll is answered at once.
    pub fn is_short(&self) -> bool {
        self.wait == Span::ZERO
    }

    /// Polls that ended in an error, where polls are short.
    pub fn refused(&self) -> Option<u64> {
        self.is_short().then_some(self.refused)
    }

    /// Whether an idle slot does not sleep.
    pub fn is_up(&self, slot: u32) -> bool {
        !matches!(self.slots.get(slot as usize), Some(Poller::Asleep(_)))
    }

    /// A slot is idle.
    pub fn wakes(&mut self, slot: u32) {
        let place = slot as usize;
        if place >= self.slots.len() {
            self.slots.resize(place + 1, Poller::Off);
        }
        self.slots[place] = Poller::Awake(false);
        self.woken.push(slot);
    }

    /// A slot is idle no longer, or its worker left service.
    pub fn stops(&mut self, slot: u32, now: SimTime) {
        let Some(&poller) = self.slots.get(slot as usize) else { return };
        self.empty += self.polled(poller, now);
        self.slots[slot as usize] = Poller::Off;
    }

    /// The poll that a slot has open ends early, and has brought nothing.
    pub fn breaks_off(&mut self, slot: u32, now: SimTime) {
        if let Some(&Poller::Open(since, ..)) = self.slots.get(slot as usize) {
            self.empty += (now - since).nanos().div_ceil(self.wait.nanos().max(1));
            self.slots[slot as usize] = Poller::Off;
        }
    }

    /// Nobody can poll for a while: who had a poll open begins anew afterwards.
    pub fn pause(&mut self, now: SimTime) {
        for slot in 0..self.slots.len() as u32 {
            if let Poller::Open(..) = self.slots[slot as usize] {
                self.stops(slot, now);
                self.wakes(slot);
            }
        }
    }

    /// A slot that is to poll.
    pub fn next_up(&mut self) -> Option<u32> {
        loop {
            let slot = self.woken.pop()?;
            if let Poller::Awake(_) = self.slots[slot as usize] {
                return Some(slot);
            }
        }
    }

    /// A slot polls, and finds nothing yet. Returns after how long it must be looked at again. `refused`: a queue tells
    /// short polls of an error.
    pub fn poll(&mut self, slot: u32, now: SimTime, stamp: u32, refused: bool) -> Option<Span> {
        let again = self.slots[slot as usize] == Poller::Awake(true);
        if self.is_short() {
            self.refused += u64::from(refused);
            return Some(self.falls_asleep(slot, stamp, again));
        }
        self.slots[slot as usize] = Poller::Open(now, stamp, again);
        self.sleep.map(|_| self.wait)
    }

    /// `again`: the poll that has brought nothing followed on a sleep.
    fn falls_asleep(&mut self, slot: u32, stamp: u32, again: bool) -> Span {
        self.empty += 1;
        self.again += u64::from(again);
        self.slots[slot as usize] = Poller::Asleep(stamp);
        let nanos = self.sleep.map_or(0, |law| law.sample(&mut self.key.draw(self.sleeps)));
        self.sleeps += 1;
        let span = Span::from_nanos(nanos);
        if self.wait == Span::ZERO { span.max(REST) } else { span }
    }

    /// The time of that stamp has come for a slot: its poll ends empty, and the time of its sleep is returned; or it
    /// is awake, or had turned to other things.
    pub fn is_due(&mut self, slot: u32, stamp: u32, next: u32) -> Option<Span> {
        match self.slots[slot as usize] {
            Poller::Open(_, due, again) if due == stamp => Some(self.falls_asleep(slot, next, again)),
            Poller::Asleep(due) if due == stamp => {
                self.slots[slot as usize] = Poller::Awake(true);
                self.woken.push(slot);
                None
            }
            _ => None,
        }
    }

    /// Polls that had ended empty when this one is over. Where slots sleep, each has been counted at its end.
    fn polled(&self, poller: Poller, now: SimTime) -> u64 {
        match poller {
            Poller::Open(since, ..) if self.sleep.is_none() => (now - since).nanos() / self.wait.nanos(),
            _ => 0,
        }
    }

    /// Polls of each queue that followed on a sleep and brought nothing, where anybody sleeps.
    pub fn empty_again(&self) -> Option<u64> {
        self.sleep.map(|_| self.again)
    }

    /// Polls of each queue that have brought nothing until `now`.
    pub fn empty(&self, now: SimTime) -> u64 {
        self.empty + self.slots.iter().map(|&poller| self.polled(poller, now)).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::START + Span::from_secs(seconds)
    }

    fn pollers(poll: &Poll) -> Box<Pollers<'_>> {
        Pollers::new(poll, Key::root(1, 0)).expect("polls are counted")
    }

    /// Amazon SQS pricing: an empty receive is billed as any other. One thread with 20 s long polls makes 129,600 requests
    /// in 30 days, none of which is an event.
    #[test]
    fn empty_long_polls_are_counted_and_not_played() {
        let poll = Poll { wait: Some(Span::from_secs(20)), ..Poll::default() };
        let mut pollers = pollers(&poll);
        pollers.wakes(0);
        let slot = pollers.next_up().expect("it is awake");
        assert_eq!(pollers.poll(slot, at(0), 1, false), None);
        assert_eq!(pollers.empty(at(19)), 0);
        assert_eq!(pollers.empty(at(20)), 1);
        assert_eq!(pollers.empty(at(30 * 86_400)), 129_600);
        pollers.stops(slot, at(45));
        assert_eq!(pollers.empty(at(1_000)), 2, "the third poll brought a message after 5 s");
    }

    #[test]
    fn a_short_poll_is_empty_at_once_and_a_sleep_follows() {
        let sleep = Distribution::constant(Span::from_secs(10).nanos());
        let poll = Poll { wait: Some(Span::ZERO), sleep: Some(sleep), ..Poll::default() };
        let mut pollers = pollers(&poll);
        pollers.wakes(0);
        let slot = pollers.next_up().expect("it is awake");
        assert_eq!(pollers.poll(slot, at(0), 1, false), Some(Span::from_secs(10)));
        assert_eq!((pollers.empty(at(0)), pollers.is_up(slot)), (1, false));
        assert_eq!(pollers.is_due(slot, 1, 2), None);
        assert_eq!((pollers.next_up(), pollers.is_up(slot)), (Some(slot), true));
        assert_eq!(pollers.empty_again(), Some(0));
        pollers.poll(slot, at(10), 3, false);
        assert_eq!((pollers.empty(at(10)), pollers.empty_again()), (2, Some(1)));
    }
}
