//! What controllers see of a world: the values of metrics, and the datapoints that become of them.

use crate::cloud::node::Node;
use crate::cloud::scaling::{Metric, Metrics, Reading, Sample};
use crate::cloud::topology::NodeId;
use crate::cloud::world::World;
use crate::ground::chance::{Draw, unit};
use crate::ground::time::{SECOND, SimTime, Span};

/// The integrals and counts at the last sample of a metric: averages are differences of them.
#[derive(Clone, Debug, Default)]
pub(super) struct LastLook {
    at: SimTime,
    busy: u128,
    /// Slots that were computing, where that is less.
    computing: u128,
    slots: u128,
    ready: u128,
    /// Environments that are kept ready: at work, and there.
    kept: (u128, u128),
    begun: u64,
    /// Of each worker by index, where they are told apart.
    busy_each: Vec<u128>,
    computing_each: Vec<u128>,
    /// What tells that a queue was used.
    traffic: (u32, u128),
    /// How many samples there were.
    count: u64,
    /// Since when the queue is idle, if it is.
    idle_since: Option<SimTime>,
    /// A queue left alone for long tells nothing before this instant.
    asleep_until: SimTime,
}

impl World<'_> {
    /// A policy's metric gets its sample of this instant.
    pub(super) fn observe(&mut self, at: usize, policy: u32, metric: &Metric, warm_up: Span, now: SimTime) {
        let id = self.controllers[at].pool;
        let watched = &mut self.controllers[at].watched[policy as usize];
        let (last, key) = (std::mem::take(&mut watched.last), watched.key);
        let mut here = self.last_look(id, metric, &last, now);
        let mut draw = key.draw(here.count);
        let value = self.read(metric, id, warm_up, &last, &here);
        let (value, published) = self.as_published(metric, value, &last, &mut here, &mut draw);
        let (visible, in_flight) = (self.waiting_at(metric.of), self.worked_on_at(metric.of));
        self.controllers[at].watched[policy as usize].last = here;
        self.controllers[at].notes(policy, Sample { value, visible, in_flight, published }, now);
    }

    /// What becomes of a value on its way to whoever looks: when it comes, if at all, and how exact it is.
    fn as_published(
        &self,
        metric: &Metric,
        value: Option<f64>,
        last: &LastLook,
        here: &mut LastLook,
        draw: &mut Draw,
    ) -> (Option<f64>, SimTime) {
        let Metrics { delay, idle_wake, .. } = &self.topology.metrics;
        if metric.is_recorded() {
            return (value, here.at);
        }
        let published = here.at + Span::from_nanos(delay.sample(draw));
        let value = self.roughly(metric, value, draw);
        let awake = *idle_wake == Span::ZERO || !metric.counts_messages() || self.is_awake(last, here, draw);
        (value.filter(|_| awake), published)
    }

    /// A value as whoever asks for it gets it: if at all, and not quite exact where many messages are counted.
    fn roughly(&self, metric: &Metric, value: Option<f64>, draw: &mut Draw) -> Option<f64> {
        let Metrics { noise, missing, .. } = &self.topology.metrics;
        let comes = *missing == 0.0 || unit(draw) >= *missing;
        let exact = *noise == 0.0 || !self.is_rough(metric) || value.is_none_or(|value| value < Metrics::ROUGH);
        let value = if exact { value } else { value.map(|value| value * (1.0 + noise * (2.0 * unit(draw) - 1.0))) };
        value.filter(|_| comes)
    }

    /// What a controller reads that asks for it at this instant.
    pub(super) fn reads_now(&mut self, at: usize, watch: usize, metric: &Metric, now: SimTime) -> Option<f64> {
        let id = self.controllers[at].pool;
        let watched = &mut self.controllers[at].watched[watch];
        let (last, key) = (std::mem::take(&mut watched.last), watched.key);
        let here = self.last_look(id, metric, &last, now);
        let mut draw = key.draw(here.count);
        let value = self.read(metric, id, Span::ZERO, &last, &here);
        self.controllers[at].watched[watch].last = here;
        if metric.is_recorded() { value } else { self.roughly(metric, value, &mut draw) }
    }

    /// Whether a metric only says about how many messages there are: standard queues' counts, and no ages (Amazon SQS
    /// Developer Guide: FIFO metrics are exact).
    fn is_rough(&self, metric: &Metric) -> bool {
        match &metric.what {
            Reading::Visible | Reading::InFlight | Reading::Delayed | Reading::Backlog => {
                self.queue_of(metric.of).is_some_and(|queue| queue.groups.is_none())
            }
            Reading::Ratio(ratio) => self.is_rough(&ratio.of) || self.is_rough(&ratio.to),
            _ => false,
        }
    }

    /// Whether a queue tells of itself: not when nobody has used it for hours, and not for some time after that.
    fn is_awake(&self, last: &LastLook, here: &mut LastLook, draw: &mut Draw) -> bool {
        let polled = here.ready > last.ready;
        if here.traffic == last.traffic && !polled {
            let since = *here.idle_since.get_or_insert(last.at);
            return here.at < since + Metrics::IDLE;
        }
        if here.idle_since.take().is_some_and(|since| since + Metrics::IDLE <= here.at) {
            let wake = self.topology.metrics.idle_wake.nanos() as f64 * unit(draw);
            here.asleep_until = here.at + Span::from_nanos(wake as u64);
        }
        here.asleep_until <= here.at
    }

    fn last_look(&self, id: NodeId, metric: &Metric, last: &LastLook, now: SimTime) -> LastLook {
        let pool = self.pool(id);
        let traffic = self
            .queue_of(metric.of)
            .map_or((0, 0), |queue| (queue.posted, queue.visible.integral(now) + queue.in_flight.integral(now)));
        LastLook {
            at: now,
            busy_each: pool.busy_each.iter().flatten().map(|busy| busy.integral(now)).collect(),
            busy: pool.levels.busy.integral(now),
            computing: match &pool.computing {
                Some(computing) => computing.integral(now),
                None => pool.levels.busy.integral(now),
            },
            computing_each: pool.computing.iter().flat_map(|computing| computing.integrals_each(now)).collect(),
            slots: pool.levels.slots.integral(now),
            ready: pool.levels.ready.integral(now),
            kept: self.kept_at(metric.source().0, now),
            begun: pool.begun,
            traffic,
            count: last.count + 1,
            idle_since: last.idle_since,
            asleep_until: last.asleep_until,
        }
    }

    /// Environments of a function that are kept ready, until `now` in environments × nanoseconds: at work, and there.
    fn kept_at(&self, node: NodeId, now: SimTime) -> (u128, u128) {
        let environments = match &self.nodes[node.index()] {
            Node::Pool(pool) => pool.environments.as_ref(),
            _ => None,
        };
        environments.map_or((0, 0), |environments| environments.kept.integrals(now))
    }

    /// Messages free to be received, or requests in line.
    pub(super) fn waiting_at(&self, node: NodeId) -> u64 {
        match &self.nodes[node.index()] {
            Node::Queue(queue) => queue.visible.level(),
            Node::Pool(pool) => pool.levels.line.level(),
            Node::Balancer(_) | Node::Bucket(_) | Node::Bus(_) => 0,
        }
    }

    /// Messages in flight, or requests in service.
    pub(super) fn worked_on_at(&self, node: NodeId) -> u64 {
        match &self.nodes[node.index()] {
            // Who has failed with one and hidden it for longer still has it in flight.
            Node::Queue(queue) => queue.in_flight.level() + queue.hidden.level(),
            Node::Pool(pool) => pool.in_service(),
            Node::Balancer(_) | Node::Bucket(_) | Node::Bus(_) => 0,
        }
    }

    /// A metric's value for a pool's controller; `None` where there is no datapoint.
    fn read(&self, metric: &Metric, own: NodeId, warm_up: Span, last: &LastLook, here: &LastLook) -> Option<f64> {
        let pool = self.pool(own);
        let ratio = |part: u128, whole: u128| (whole > 0).then(|| part as f64 / whole as f64);
        match &metric.what {
            Reading::Visible => Some(self.waiting_at(metric.of) as f64),
            Reading::InFlight => Some(self.worked_on_at(metric.of) as f64),
            Reading::Delayed => {
                let delayed = self.queue_of(metric.of).and_then(|queue| queue.delayed);
                Some(delayed.map_or(0, |delayed| delayed.level()) as f64)
            }
            Reading::Oldest => Some(self.oldest_at(metric.of, here.at).seconds()),
            Reading::Backlog => Some((self.waiting_at(metric.of) + self.worked_on_at(metric.of)) as f64),
            what @ (Reading::Cpu | Reading::Busy) if warm_up > Span::ZERO => {
                self.read_of_warm(*what == Reading::Cpu, own, warm_up, last, here)
            }
            Reading::Cpu => ratio(here.computing - last.computing, here.slots - last.slots),
            Reading::Busy => ratio(here.busy - last.busy, here.ready - last.ready),
            Reading::RequestsPerWorker => {
                // Ready workers are in workers × nanoseconds; a minute has sixty thousand million of those.
                let minutes = (here.ready - last.ready) as f64 / (60 * SECOND) as f64;
                (minutes > 0.0).then(|| (here.begun - last.begun) as f64 / minutes)
            }
            Reading::ProvisionedUse => ratio(here.kept.0 - last.kept.0, here.kept.1 - last.kept.1),
            Reading::InService => Some(pool.levels.ready.level() as f64),
            Reading::Ready => Some(f64::from(pool.warm(warm_up, here.at))),
            Reading::Desired => Some(pool.levels.desired.level() as f64),
            Reading::Ratio(ratio) => {
                let to = self.read(&ratio.to, own, warm_up, last, here)?.max(ratio.at_least);
                let of = self.read(&ratio.of, own, warm_up, last, here)?;
                (to > 0.0).then(|| of / to)
            }
            Reading::Recorded(recorded) => recorded.between(last.at, here.at),
        }
    }

    /// The average over those who were in service, and warm, since the last look; `None` where nobody was.
    fn read_of_warm(&self, share: bool, own: NodeId, warm_up: Span, last: &LastLook, here: &LastLook) -> Option<f64> {
        let pool = self.pool(own);
        let (mut busy, mut whole) = (0u128, 0u128);
        for index in (0..pool.workers.len() as u32).filter(|&index| pool.is_warm(index, warm_up, last.at)) {
            let (mine, then) = if share && pool.computing.is_some() {
                (&here.computing_each, &last.computing_each)
            } else {
                (&here.busy_each, &last.busy_each)
            };
            let of = |each: &Vec<u128>| each.get(index as usize).copied().unwrap_or(0);
            busy += of(mine) - of(then);
            let slots = if share { pool.slots_of(index) } else { 1 };
            whole += u128::from(slots) * u128::from((here.at - last.at).nanos());
        }
        (whole > 0).then(|| busy as f64 / whole as f64)
    }

    /// How long the oldest message has been there that is not deleted, in flight or not; one that was received three times
    /// or more is left out (Amazon SQS Developer Guide, CloudWatch metrics: `ApproximateAgeOfOldestMessage`, which of a dead
    /// letter counts from when it was put aside). Looked for among all: looks are rare.
    fn oldest_at(&self, node: NodeId, now: SimTime) -> Span {
        if let Some(&came) = self.queue_of(node).and_then(|queue| queue.kept.front()) {
            return now - came;
        }
        let there = self.messages.places().map(|place| self.messages[place]);
        let counts =
            there.filter(|letter| letter.tag != 0 && letter.queue == node && letter.receives < Metrics::SET_ASIDE);
        counts.map(|letter| now - letter.sent).max().unwrap_or(Span::ZERO)
    }
}
