//! Messages that wait, oldest first.

use std::collections::{BTreeSet, VecDeque};

use crate::cloud::node::groups::Groups;
use crate::cloud::node::sameness::Sameness;
use crate::cloud::node::tenants::Tenants;
use crate::cloud::node::throttle::Throttle;
use crate::cloud::node::track::Track;
use crate::cloud::topology::{self, DeadLetters, NodeId, Returned, StaleDelete};
use crate::ground::chance::{Key, Stream, unit};
use crate::ground::maths;
use crate::ground::time::{SimTime, Span};

/// A message that was received so often goes to the back of the queue (Amazon SQS Developer Guide, CloudWatch metrics:
/// `ApproximateAgeOfOldestMessage`).
const BACK: u16 = 3;

/// A queue of a running world. Messages live in the world; here are their numbers in order.
#[derive(Debug)]
pub struct Queue {
    /// Who receives, in this order of preference.
    pub to: Vec<NodeId>,
    /// Its messages go back to another queue one day.
    pub redriven: bool,
    /// Every message that comes is visible at once, in the order of arrival, whoever sends it and how often it was sent;
    /// and every receive sees it.
    pub plain: bool,
    /// How long a received message stays hidden.
    pub visibility: Option<Span>,
    /// The row of its visibility timers.
    pub row: u16,
    /// When and where exhausted messages go.
    pub dead_letters: Option<DeadLetters>,
    /// Where a message that comes back stands.
    pub returned: Returned,
    /// Which deletes count.
    pub stale_delete: StaleDelete,
    /// How long a message that is sent stays out of sight.
    pub delay: Span,
    /// How long messages are kept, and the row of the timers of that.
    pub retention: Option<(Span, u16)>,
    /// As many as may be in flight.
    in_flight_limit: u64,
    /// Nothing hides a message longer than so long after it was received.
    ceiling: Option<Span>,
    /// Delivers messages once more that were deleted.
    duplicates: Option<Duplicates>,
    /// The share of messages that a short poll does not see, and its chance.
    unseen: Option<(f64, Stream)>,
    /// Outages that keep it away at present.
    pub away: u32,
    /// When those came that nobody receives, where nobody receives.
    pub kept: VecDeque<SimTime>,
    /// Messages ever sent here: gives the next its place.
    pub posted: u32,
    /// In the order of arrival.
    fresh: VecDeque<(u32, u32)>,
    /// Those that came back to an earlier place.
    back: BTreeSet<(u32, u32)>,
    /// All that are visible, by tenant, where the queue is fair.
    pub tenants: Option<Box<Tenants>>,
    /// What was sent of late, where that is not taken twice.
    pub sameness: Option<Box<Sameness>>,
    /// How many calls it takes.
    pub throttle: Option<Box<Throttle>>,
    /// Both, by group, where messages of a group are received one after the other.
    pub groups: Option<Box<Groups>>,
    /// Messages free to be received.
    pub visible: Track,
    /// Messages received and not yet deleted.
    pub in_flight: Track,
    /// Messages out of sight after a failure.
    pub hidden: Track,
    /// Messages that were sent and are not visible yet; `None` where none ever is.
    pub delayed: Option<Track>,
    /// 1 while it is away.
    pub absent: Track,
}

impl Queue {
    /// An empty queue. `row` is that of its visibility timers, `lapse` that of its retention.
    pub fn new(plan: &topology::Queue, row: u16, lapse: Option<u16>, delays: bool, key: Key) -> Queue {
        Queue {
            plain: !plan.fifo && plan.fair.is_none() && plan.delay == Span::ZERO && plan.unseen == 0.0,
            delay: plan.delay,
            retention: plan.retention.zip(lapse),
            in_flight_limit: plan.in_flight_limit.map_or(u64::MAX, u64::from),
            ceiling: plan.visibility_ceiling,
            duplicates: Duplicates::new(plan.duplicates, key),
            unseen: (plan.unseen > 0.0).then(|| (plan.unseen, key.named("unseen").stream())),
            delayed: delays.then(Track::default),
            to: plan.to.clone(),
            redriven: plan.redriven,
            visibility: plan.visibility,
            row,
            dead_letters: plan.dead_letters,
            returned: plan.returned,
            stale_delete: plan.stale_delete,
            away: 0,
            kept: VecDeque::new(),
            posted: 0,
            fresh: VecDeque::new(),
            back: BTreeSet::new(),
            tenants: plan.fair.filter(|_| !plan.fifo).map(|fair| Box::new(Tenants::new(fair))),
            sameness: plan.deduplication.filter(|_| plan.fifo).map(|interval| Box::new(Sameness::new(interval))),
            throttle: plan.throughput.filter(|_| plan.fifo).map(|plan| Box::new(Throttle::new(plan))),
            groups: plan.fifo.then(|| Box::new(Groups::new(plan.look_ahead))),
            visible: Track::default(),
            in_flight: Track::default(),
            hidden: Track::default(),
            absent: Track::default(),
        }
    }

    /// One of those that nobody receives is gone, which came then.
    pub fn forgets(&mut self, came: SimTime) {
        // They came in the order of time; those of one instant are alike.
        if let Ok(place) = self.kept.binary_search(&came) {
            self.kept.remove(place);
        }
    }

    /// Whether nobody ever takes a message from it: then it only counts them.
    #[inline]
    pub fn only_keeps(&self) -> bool {
        self.to.is_empty() && !self.redriven
    }

    /// Whether only so many may be in flight.
    pub fn is_limited(&self) -> bool {
        self.in_flight_limit < u64::MAX
    }

    /// Whether as many are in flight as may be: a receive brings nothing.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.in_flight.level() + self.hidden.level() >= self.in_flight_limit
    }

    /// Whether a message that was received then may be hidden until `until`.
    #[inline]
    pub fn may_hide(&self, received: SimTime, until: SimTime) -> bool {
        self.ceiling.is_none_or(|most| until <= received.after(most))
    }

    /// Whether messages that were deleted may be delivered once more.
    #[inline]
    pub fn may_duplicate(&self) -> bool {
        self.duplicates.is_some()
    }

    /// Whether the next message that is deleted is delivered once more.
    #[inline]
    pub fn duplicates(&mut self) -> bool {
        self.duplicates.as_mut().is_some_and(Duplicates::is_next)
    }

    /// Whether short polls overlook messages here.
    #[inline]
    pub fn overlooks(&self) -> bool {
        self.unseen.is_some()
    }

    /// Whether a short poll overlooks the next message.
    pub fn is_overlooked(&mut self) -> bool {
        self.unseen.as_mut().is_some_and(|(share, chance)| unit(chance) < *share)
    }

    /// A message that short polls have overlooked stands where it stood.
    pub fn stays(&mut self, message: u32, order: u32) {
        if let Some(tenants) = &mut self.tenants {
            return tenants.insert(message, order);
        }
        self.back.insert((order, message));
    }

    /// The place of a message that is sent and not visible yet.
    pub fn reserve(&mut self, message: u32, group: u32) -> u32 {
        let order = self.posted;
        self.posted = self.posted.wrapping_add(1);
        if let Some(groups) = &mut self.groups {
            groups.note(message, group);
        }
        if let Some(tenants) = &mut self.tenants {
            tenants.note(message, group);
        }
        order
    }

    /// A message that has a place becomes visible.
    pub fn appear(&mut self, message: u32, order: u32) {
        if let Some(tenants) = &mut self.tenants {
            return tenants.insert(message, order);
        }
        match &mut self.groups {
            Some(groups) => groups.push(message, order, groups.of(message)),
            None if self.fresh.back().is_none_or(|&(last, _)| last < order) => self.fresh.push_back((order, message)),
            None => {
                self.back.insert((order, message));
            }
        }
    }

    /// A new message, behind all others; returns its place by first arrival. `group` matters where there are groups.
    #[inline]
    pub fn push(&mut self, message: u32, group: u32) -> u32 {
        let order = self.posted;
        self.posted = self.posted.wrapping_add(1);
        if let Some(tenants) = &mut self.tenants {
            tenants.note(message, group);
            tenants.insert(message, order);
            return order;
        }
        match &mut self.groups {
            None => self.fresh.push_back((order, message)),
            Some(groups) => groups.push(message, order, group),
        }
        order
    }

    /// A message comes back; returns its place.
    /// `receives`: how often it was received.
    pub fn put_back(&mut self, message: u32, order: u32, receives: u16) -> u32 {
        if let Some(groups) = &mut self.groups {
            groups.put_back(message, order);
            return order;
        }
        let tenant = self.tenants.as_ref().map_or(0, |tenants| tenants.of(message));
        match self.returned {
            Returned::Last => self.push(message, tenant),
            Returned::ByReceives if receives >= BACK => self.push(message, tenant),
            Returned::InPlace | Returned::ByReceives => {
                self.stays(message, order);
                order
            }
        }
    }

    /// The message that is next, which stays: the oldest that nothing holds up.
    #[inline]
    pub fn front(&self) -> Option<u32> {
        if let Some(groups) = &self.groups {
            return groups.front();
        }
        if let Some(tenants) = &self.tenants {
            return tenants.oldest();
        }
        match (self.fresh.front(), self.back.first()) {
            (Some(&(fresh, message)), Some(&(back, returned))) => Some(if back < fresh { returned } else { message }),
            (Some(&(_, message)), None) | (None, Some(&(_, message))) => Some(message),
            (None, None) => None,
        }
    }

    /// How many messages may be received, counted up to `most`.
    pub fn receivable(&self, most: u32) -> u64 {
        match &self.groups {
            None => self.visible.level(),
            Some(groups) => groups.receivable(u64::from(most)),
        }
    }

    /// The message that is received next, which stays.
    #[inline]
    pub fn next(&mut self, after: Option<u32>, now: SimTime) -> Option<u32> {
        match (&self.groups, &mut self.tenants) {
            (Some(groups), _) => groups.next(after),
            (None, Some(tenants)) => tenants.next(now),
            (None, None) => self.front(),
        }
    }

    /// Takes the next message out. `after` is the last that the same answer has taken.
    #[inline]
    pub fn pop(&mut self, after: Option<u32>) -> Option<u32> {
        if let Some(groups) = &mut self.groups {
            return groups.pop(after);
        }
        let returned_first = match (self.fresh.front(), self.back.first()) {
            (Some(&(fresh, _)), Some(&(back, _))) => back < fresh,
            (None, Some(_)) => true,
            _ => false,
        };
        let taken = if returned_first { self.back.pop_first() } else { self.fresh.pop_front() };
        taken.map(|(_, message)| message)
    }

    /// A message is received, which [`Queue::next`] has just named; `after` as there.
    #[inline]
    pub fn take(&mut self, message: u32, order: u32, after: Option<u32>) {
        if let Some(tenants) = &mut self.tenants {
            return tenants.remove(message, order);
        }
        self.pop(after);
    }

    /// Takes a message out before its turn: its delete came while it was visible again.
    pub fn take_out(&mut self, message: u32, order: u32) {
        if let Some(groups) = &mut self.groups {
            return groups.take_out(message, order);
        }
        if let Some(tenants) = &mut self.tenants {
            return tenants.remove(message, order);
        }
        if !self.back.remove(&(order, message))
            && let Ok(at) = self.fresh.binary_search_by_key(&order, |&(order, _)| order)
        {
            self.fresh.remove(at);
        }
    }
}

/// Which of the messages that are deleted are delivered once more: each by the same chance.
#[derive(Debug)]
struct Duplicates {
    chance: Stream,
    share: f64,
    /// Deletes that come before the next of them.
    before: u64,
}

impl Duplicates {
    /// Nothing where none ever is.
    fn new(share: f64, key: Key) -> Option<Duplicates> {
        let mut duplicates = Duplicates { chance: key.named("duplicates").stream(), share, before: 0 };
        duplicates.before = duplicates.gap();
        (share > 0.0).then_some(duplicates)
    }

    /// How many go before the next one, drawn at once: one in ten million need not be asked for each.
    fn gap(&mut self) -> u64 {
        if self.share >= 1.0 {
            return 0;
        }
        let drawn = 1.0 - unit(&mut self.chance);
        // 0 ≤ ln(drawn) ÷ ln(1 − share): the geometric law from 0.
        (maths::ln(drawn) / maths::ln_1p(-self.share)) as u64
    }

    fn is_next(&mut self) -> bool {
        if self.before > 0 {
            self.before -= 1;
            return false;
        }
        self.before = self.gap();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(returned: Returned) -> Queue {
        let plan = topology::Queue { returned, ..topology::Queue::default() };
        Queue::new(&plan, 0, None, false, Key::root(1, 0))
    }

    /// A message that comes back keeps its place by first arrival (paper trace PT10), or goes behind the others: on SQS
    /// once it was received three times (Amazon SQS Developer Guide, `ApproximateAgeOfOldestMessage`).
    #[test]
    fn where_a_message_comes_back_to() {
        for (returned, receives, expected) in [
            (Returned::InPlace, 9, [10, 11, 12]),
            (Returned::Last, 1, [11, 12, 10]),
            (Returned::ByReceives, 2, [10, 11, 12]),
            (Returned::ByReceives, 3, [11, 12, 10]),
        ] {
            let mut queue = queue(returned);
            let orders: Vec<u32> = (10..13).map(|message| queue.push(message, 0)).collect();
            assert_eq!(queue.pop(None), Some(10));
            queue.put_back(10, orders[0], receives);
            let found: Vec<u32> = std::iter::from_fn(|| queue.pop(None)).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_message_can_be_taken_out_of_the_middle() {
        let mut queue = queue(Returned::InPlace);
        let orders: Vec<u32> = (10..13).map(|message| queue.push(message, 0)).collect();
        queue.take_out(11, orders[1]);
        assert_eq!(queue.front(), Some(10));
        let found: Vec<u32> = std::iter::from_fn(|| queue.pop(None)).collect();
        assert_eq!(found, [10, 12]);
    }

    /// One in four, and all: of 40,000 deletes 10,000 are followed by another delivery, give or take 5 standard
    /// deviations of 87, which an honest program misses once in two million seeds.
    #[test]
    fn each_delete_is_followed_by_another_delivery_by_the_same_chance() {
        for (share, low, high) in [(0.0, 0, 0), (0.25, 9_567, 10_433), (1.0, 40_000, 40_000)] {
            let plan = topology::Queue { duplicates: share, ..topology::Queue::default() };
            let mut queue = Queue::new(&plan, 0, None, false, Key::root(7, 0));
            let again = (0..40_000).filter(|_| queue.duplicates()).count();
            assert!((low..=high).contains(&again), "{share}: {again}");
        }
    }
}
