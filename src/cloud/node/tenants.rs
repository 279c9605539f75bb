//! Messages of tenants who share a queue: those of quiet ones before those of noisy neighbours.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::topology::Fair;
use crate::ground::maths;
use crate::ground::time::{SECOND, SimTime};

/// The visible messages of a fair queue, by tenant.
///
/// A tenant is noisy whose share of all messages in flight, or of the workers' time of late, is too large. Messages of quiet
/// tenants are received first; of the noisy ones the one with the fewest in flight is next. A tenant is quiet again once it
/// has no message left, or had none in flight for a while. Who has no group is a tenant alone (Amazon SQS Developer Guide,
/// fair queues).
#[derive(Debug)]
pub struct Tenants {
    plan: Fair,
    tenants: BTreeMap<u32, Tenant>,
    /// Of each quiet tenant the place of its first message, and who it is.
    quiet: BTreeSet<(u32, u32)>,
    /// Who is noisy.
    noisy: BTreeSet<u32>,
    /// Messages without a tenant, by place.
    alone: BTreeSet<(u32, u32)>,
    /// Each message's tenant, by message.
    of: Vec<u32>,
    all: Use,
}

#[derive(Debug, Default)]
struct Tenant {
    /// Places and messages that are visible.
    waiting: BTreeSet<(u32, u32)>,
    /// What it takes of the workers.
    uses: Use,
    /// Since when it has nothing in flight.
    idle: SimTime,
}

/// Messages in flight, and the time that they have taken of late: what is long past counts less.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    in_flight: u32,
    spent: f64,
    at: SimTime,
}

impl Use {
    /// The time taken until `now`, in seconds, each of which counts by e^(−its age ÷ memory).
    fn spent(&self, now: SimTime, memory: f64) -> f64 {
        let fade = maths::exp(-((now - self.at).nanos() as f64 / SECOND as f64) / memory);
        self.spent * fade + f64::from(self.in_flight) * memory * (1.0 - fade)
    }

    fn set(&mut self, now: SimTime, memory: f64, in_flight: u32) {
        *self = Use { in_flight, spent: self.spent(now, memory), at: now };
    }
}

impl Tenants {
    /// Nobody's messages yet.
    pub fn new(plan: Fair) -> Tenants {
        let (tenants, quiet, noisy) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Tenants { plan, tenants, quiet, noisy, alone: BTreeSet::new(), of: Vec::new(), all: Use::default() }
    }

    fn memory(&self) -> f64 {
        self.plan.memory.seconds()
    }

    /// A message will come.
    pub fn note(&mut self, message: u32, tenant: u32) {
        let place = message as usize;
        if place >= self.of.len() {
            self.of.resize(place + 1, 0);
        }
        self.of[place] = tenant;
    }

    /// Whose a message is.
    pub fn of(&self, message: u32) -> u32 {
        self.of[message as usize]
    }

    /// A message is visible, at its place.
    pub fn insert(&mut self, message: u32, order: u32) {
        let tenant = self.of(message);
        if tenant == 0 {
            self.alone.insert((order, message));
            return;
        }
        let state = self.tenants.entry(tenant).or_default();
        let first = state.waiting.first().copied();
        state.waiting.insert((order, message));
        if !self.noisy.contains(&tenant) {
            if let Some((before, _)) = first {
                self.quiet.remove(&(before, tenant));
            }
            self.quiet.insert((first.map_or(order, |(before, _)| before.min(order)), tenant));
        }
    }

    /// A message is visible no more: it was received, or is gone.
    pub fn remove(&mut self, message: u32, order: u32) {
        let tenant = self.of(message);
        if tenant == 0 {
            self.alone.remove(&(order, message));
            return;
        }
        let Some(state) = self.tenants.get_mut(&tenant) else { return };
        let first = state.waiting.first().map(|&(place, _)| place);
        state.waiting.remove(&(order, message));
        let next = state.waiting.first().map(|&(place, _)| place);
        if let Some(first) = first {
            self.quiet.remove(&(first, tenant));
        }
        match next {
            // Its backlog is consumed.
            None => {
                self.noisy.remove(&tenant);
            }
            Some(next) if !self.noisy.contains(&tenant) => {
                self.quiet.insert((next, tenant));
            }
            Some(_) => (),
        }
        self.forget(tenant);
    }

    /// One more of a message's tenant is in flight, or one fewer.
    pub fn in_flight(&mut self, message: u32, now: SimTime, change: i32) {
        let (tenant, memory) = (self.of(message), self.memory());
        self.all.set(now, memory, self.all.in_flight.saturating_add_signed(change));
        if tenant == 0 {
            return;
        }
        let state = self.tenants.entry(tenant).or_default();
        state.uses.set(now, memory, state.uses.in_flight.saturating_add_signed(change));
        state.idle = now;
        self.forget(tenant);
    }

    /// Who has nothing here, nothing in flight, and has not had for long, is forgotten.
    fn forget(&mut self, tenant: u32) {
        let memory = self.memory();
        let now = self.all.at;
        let over = |state: &Tenant| {
            let trifle = state.uses.spent(now, memory) < 1e-6;
            state.waiting.is_empty() && state.uses.in_flight == 0 && trifle
        };
        if self.tenants.get(&tenant).is_some_and(over) {
            self.tenants.remove(&tenant);
        }
    }

    /// Whether a tenant takes too much.
    fn is_too_much(&self, tenant: u32, now: SimTime) -> bool {
        let Some(Tenant { uses, .. }) = self.tenants.get(&tenant) else { return false };
        let Fair { share, in_flight, .. } = self.plan;
        let many = uses.in_flight >= in_flight && f64::from(uses.in_flight) > share * f64::from(self.all.in_flight);
        let memory = self.memory();
        many || uses.spent(now, memory) > share * self.all.spent(now, memory)
    }

    /// The message that is received next, which stays.
    pub fn next(&mut self, now: SimTime) -> Option<u32> {
        let rested: Vec<u32> = self.noisy.iter().copied().filter(|tenant| self.has_rested(*tenant, now)).collect();
        for tenant in rested {
            self.noisy.remove(&tenant);
            let Some(state) = self.tenants.get_mut(&tenant) else { continue };
            // What it took before is forgiven.
            state.uses.spent = 0.0;
            if let Some(&(first, _)) = state.waiting.first() {
                self.quiet.insert((first, tenant));
            }
        }
        loop {
            let alone = self.alone.first().copied();
            match (self.quiet.first().copied(), alone) {
                (Some((place, tenant)), alone) if alone.is_none_or(|(other, _)| place < other) => {
                    if self.is_too_much(tenant, now) {
                        self.quiet.remove(&(place, tenant));
                        self.noisy.insert(tenant);
                        continue;
                    }
                    return self.first_of(tenant);
                }
                (_, Some((_, message))) => return Some(message),
                (_, None) => break,
            }
        }
        let fewest = |&&tenant: &&u32| {
            let state = &self.tenants[&tenant];
            (state.uses.in_flight, state.waiting.first().map(|&(place, _)| place))
        };
        self.noisy.iter().min_by_key(fewest).and_then(|&tenant| self.first_of(tenant))
    }

    fn has_rested(&self, tenant: u32, now: SimTime) -> bool {
        self.tenants.get(&tenant).is_none_or(|state| state.uses.in_flight == 0 && state.idle + self.plan.memory <= now)
    }

    fn first_of(&self, tenant: u32) -> Option<u32> {
        self.tenants.get(&tenant)?.waiting.first().map(|&(_, message)| message)
    }

    /// The message that was first of all that are visible.
    pub fn oldest(&self) -> Option<u32> {
        let firsts = self.tenants.values().filter_map(|state| state.waiting.first());
        firsts.chain(self.alone.first()).min().map(|&(_, message)| message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time::Span;

    fn at(seconds: u64) -> SimTime {
        SimTime::START + Span::from_secs(seconds)
    }

    /// Messages 0, 1, 2 … of these tenants.
    fn tenants(of: &[u32]) -> Tenants {
        let mut tenants = Tenants::new(Fair { share: 0.1, in_flight: 30, memory: Span::from_secs(300) });
        for (message, &tenant) in (0..).zip(of) {
            tenants.note(message, tenant);
            tenants.insert(message, message);
        }
        tenants
    }

    fn receive(tenants: &mut Tenants, now: SimTime) -> u32 {
        let message = tenants.next(now).expect("one is there");
        let tenant = tenants.of(message);
        tenants.remove(message, message);
        tenants.in_flight(message, now, 1);
        tenant
    }

    /// Amazon SQS Developer Guide, fair queues: a tenant is noisy with 30 or more in flight that are more than a tenth of
    /// all. 40 messages of one tenant stand before one of another: the first 30 are received, and then the other's.
    #[test]
    fn a_tenant_with_thirty_in_flight_lets_quiet_ones_go_first() {
        let mut of = vec![7; 40];
        of.push(8);
        let mut tenants = tenants(&of);
        let received: Vec<u32> = (0..41).map(|_| receive(&mut tenants, at(0))).collect();
        let quiet = received.iter().position(|&tenant| tenant == 8);
        assert_eq!(quiet, Some(30));
        assert_eq!(received.iter().filter(|&&tenant| tenant == 7).count(), 40, "noisy ones use what is left");
    }

    /// 29 are not enough to be noisy.
    #[test]
    fn a_tenant_with_fewer_in_flight_is_quiet() {
        let mut of = vec![7; 29];
        of.push(8);
        let mut tenants = tenants(&of);
        let received: Vec<u32> = (0..30).map(|_| receive(&mut tenants, at(0))).collect();
        assert_eq!(received.last(), Some(&8), "in the order in which they came");
    }

    /// The same guide: so is one who takes more than a tenth of the workers' time of late, with few messages in flight. It is
    /// quiet again after five minutes without any.
    #[test]
    fn who_takes_much_of_the_workers_time_is_noisy_for_a_while() {
        for (pause, next) in [(299, 3), (300, 1)] {
            let mut tenants = tenants(&[7, 7, 7, 8]);
            assert_eq!(receive(&mut tenants, at(0)), 7);
            // Noticed when the next is looked for, a minute later.
            assert_eq!(tenants.next(at(60)), Some(3));
            tenants.in_flight(0, at(60), -1);
            assert_eq!(tenants.next(at(60 + pause)), Some(next), "after {pause} s");
        }
    }

    /// Of noisy ones that with the fewest in flight is next.
    #[test]
    fn of_noisy_ones_the_least_busy_goes_first() {
        let mut of = vec![7; 50];
        of.extend([8; 50]);
        let mut tenants = tenants(&of);
        let received: Vec<u32> = (0..62).map(|_| receive(&mut tenants, at(0))).collect();
        // 30 of each make both noisy; then they take turns.
        assert_eq!(received[..60].iter().filter(|&&tenant| tenant == 7).count(), 30);
        assert_ne!(received[60], received[61]);
    }

    #[test]
    fn who_has_no_tenant_is_received_in_order() {
        let mut tenants = tenants(&[0, 7, 0]);
        assert_eq!((0..3).map(|_| receive(&mut tenants, at(0))).collect::<Vec<_>>(), [0, 7, 0]);
        assert_eq!((tenants.next(at(0)), tenants.oldest()), (None, None));
    }
}
