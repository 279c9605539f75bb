//! Traffic through a topology by its means and rates alone, before anything runs.

use std::cell::RefCell;

use crate::cloud::arrivals::{Arrivals, Profile, Shape};
use crate::cloud::scaling::{Group, Policy, Scaling};
use crate::cloud::topology::{
    Application, Balancer, Mix, NodeId, NodeKind, Pool, Queue, Routing, Speed, Step, Topology, Verb, WorkId, Workload,
    WorkloadId, chances,
};
use crate::ground::time::{SECOND, Span};
use crate::scenario::place::Place;
use crate::scenario::rules::events;

/// What a pool must do on average.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    /// Visits a second.
    pub(super) visits: f64,
    /// Slots kept busy.
    pub(super) busy: f64,
}

/// One topology under the traffic of its application, by means and rates.
pub(super) struct Flow<'a> {
    application: &'a Application,
    topology: &'a Topology,
    /// What [`Flow::hold`] has found, by workload and node: shapes where many ways meet are walked once.
    held: RefCell<Vec<Option<f64>>>,
}

impl<'a> Flow<'a> {
    /// Nothing is found yet.
    pub(super) fn new(application: &'a Application, topology: &'a Topology) -> Flow<'a> {
        // Beside the workloads stand those whom nobody sends.
        let pairs = (application.workloads.len() + 1) * topology.nodes.len();
        Flow { application, topology, held: RefCell::new(vec![None; pairs]) }
    }

    /// What each node must do.
    pub(super) fn loads(&self, length: Option<Span>) -> Vec<Load> {
        let mut loads = vec![Load::default(); self.topology.nodes.len()];
        for (index, workload) in self.application.workloads.iter().enumerate() {
            // A closed group slows down with the system, so it can't overload it.
            let rate = rate(workload, length);
            if rate > 0.0 {
                self.visit(self.topology.entry[index], WorkloadId::at(index), rate, &mut loads);
            }
        }
        loads
    }

    /// Visits that one request makes, to all nodes together.
    pub(super) fn pieces(&self, workload: WorkloadId) -> f64 {
        self.of_one(workload).iter().map(|load| load.visits).sum()
    }

    /// What each node must do for one request a second.
    pub(super) fn of_one(&self, workload: WorkloadId) -> Vec<Load> {
        let mut loads = vec![Load::default(); self.topology.nodes.len()];
        self.visit(self.topology.entry[workload.index()], workload, 1.0, &mut loads);
        loads
    }

    /// Adds what `rate` requests a second make of a node and of all behind it, breadth first.
    fn visit(&self, from: NodeId, workload: WorkloadId, rate: f64, loads: &mut [Load]) {
        // Rates that still have to be handed on, by node; without circles every node's is final when its turn comes in
        // an order where edges lead forwards.
        let order = self.order(from, workload);
        let mut arriving = vec![0.0; self.topology.nodes.len()];
        // Of those, how many are left where the branches of each one's last fan-out are gathered.
        let mut fans = arriving.clone();
        (arriving[from.index()], fans[from.index()]) = (rate, rate);
        for node in order {
            let gathers = self.topology.nodes[node.index()].kind.pool().is_some_and(|pool| pool.gather);
            let fan = fans[node.index()];
            let rate = if gathers { fan } else { arriving[node.index()] };
            loads[node.index()].visits += rate;
            loads[node.index()].busy += rate * self.hold(node, workload);
            for (to, share, pieces) in self.onward(node, workload) {
                arriving[to.index()] += rate * share;
                fans[to.index()] += if pieces > 1.0 { rate * share / pieces } else { fan * share };
            }
        }
    }

    /// The nodes reached, each after all that lead to it.
    pub(super) fn order(&self, from: NodeId, workload: WorkloadId) -> Vec<NodeId> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.topology.nodes.len()];
        let mut way = vec![(from, self.onward(from, workload))];
        seen[from.index()] = true;
        while let Some((node, rest)) = way.last_mut() {
            match rest.pop() {
                Some((to, ..)) if !seen[to.index()] => {
                    seen[to.index()] = true;
                    way.push((to, self.onward(to, workload)));
                }
                Some(_) => {}
                None => {
                    order.push(*node);
                    way.pop();
                }
            }
        }
        order.reverse();
        order
    }

    /// Where a node's requests go on, how many of each one, and of how many pieces that are sent at once.
    fn onward(&self, node: NodeId, workload: WorkloadId) -> Vec<(NodeId, f64, f64)> {
        let single = |(to, share)| (to, share, 1.0);
        let kind = &self.topology.nodes[node.index()].kind;
        match (kind, kind.pool()) {
            (NodeKind::Balancer(Balancer { to, routing: Routing::Weighted(weights), .. }), _) => {
                let whole: f64 = weights.iter().sum();
                to.iter().zip(weights).map(|(to, weight)| (*to, weight / whole, 1.0)).collect()
            }
            (NodeKind::Balancer(balancer), _) => self.shared(&balancer.to).into_iter().map(single).collect(),
            (NodeKind::Queue(queue), _) if is_kept_from(queue, workload) => Vec::new(),
            (NodeKind::Queue(queue), _) => self.shared(&queue.to).into_iter().map(single).collect(),
            (NodeKind::Bucket(bucket), _) => {
                let pieces = bucket.notify.len() as f64;
                bucket.notify.iter().map(|&to| (to, 1.0, pieces)).collect()
            }
            (_, None) => Vec::new(),
            (_, Some(pool)) => {
                let mut onward = Vec::new();
                for (step, chance) in steps(pool, workload) {
                    match &step.verb {
                        Verb::Call { to, .. } => onward.extend(to.iter().map(|to| (*to, chance, 1.0))),
                        Verb::Send { to, copies, .. } => {
                            let copies = f64::from(*copies);
                            let pieces = copies * to.len() as f64;
                            onward.extend(to.iter().map(|to| (*to, chance * copies, pieces)));
                        }
                        Verb::Put { .. } | Verb::Event { .. } => {
                            if let Verb::Put { bucket, .. } = &step.verb
                                && self.tells(*bucket)
                            {
                                onward.push((*bucket, chance, 1.0));
                            }
                            let heard = events::of_step(self.topology, self.application, step);
                            onward.extend(heard.into_iter().map(|to| (to, chance, 1.0)));
                        }
                        Verb::Work { .. }
                        | Verb::Answer { .. }
                        | Verb::Get { .. }
                        | Verb::Act(_)
                        | Verb::Choose { .. } => {}
                    }
                }
                onward
            }
        }
    }

    /// Whether a bucket tells anybody of its objects.
    fn tells(&self, bucket: NodeId) -> bool {
        matches!(&self.topology.nodes[bucket.index()].kind, NodeKind::Bucket(bucket) if !bucket.notify.is_empty())
    }

    /// Pools behind one balancer or queue share by what they can do; those without a limit take all.
    fn shared(&self, to: &[NodeId]) -> Vec<(NodeId, f64)> {
        let capacity = |node: &NodeId| {
            let of = |pool| most_workers(pool).map_or(f64::INFINITY, |most| f64::from(most) * f64::from(slots(pool)));
            self.topology.nodes[node.index()].kind.pool().map_or(0.0, of)
        };
        let total: f64 = to.iter().map(capacity).sum();
        let equal = 1.0 / to.len().max(1) as f64;
        to.iter()
            .map(|node| (*node, if total > 0.0 && total.is_finite() { capacity(node) / total } else { equal }))
            .collect()
    }

    /// Seconds for which one request keeps a slot of a node, on average: its work and the calls that it waits for. The workload
    /// behind the last is that of requests that nobody sends.
    pub(super) fn hold(&self, node: NodeId, workload: WorkloadId) -> f64 {
        let at = workload.index() * self.topology.nodes.len() + node.index();
        if let Some(known) = self.held.borrow()[at] {
            return known;
        }
        let kind = &self.topology.nodes[node.index()].kind;
        let seconds = match (kind, kind.pool()) {
            (NodeKind::Balancer(balancer), _) => self.longest(&balancer.to, workload),
            (_, None) => 0.0,
            (_, Some(pool)) => {
                steps(pool, workload).map(|(step, chance)| chance * self.step(pool, step, workload)).sum()
            }
        };
        self.held.borrow_mut()[at] = Some(seconds);
        seconds
    }

    fn longest(&self, to: &[NodeId], workload: WorkloadId) -> f64 {
        to.iter().map(|to| self.hold(*to, workload)).fold(0.0, f64::max)
    }

    fn step(&self, pool: &Pool, step: &Step, workload: WorkloadId) -> f64 {
        match &step.verb {
            Verb::Work { work, together, .. } => {
                let alone = self.mean(*work, workload) * slowness(self.application, pool, *work);
                // Shared by all that are taken together: by as many as there may be, under load.
                alone / f64::from(pool.batch.filter(|_| *together).map_or(1, |batch| batch.at_most))
            }
            Verb::Call { to, timeout, .. } => {
                let answer = self.longest(to, workload);
                timeout.map_or(answer, |timeout| answer.min(timeout.seconds()))
            }
            Verb::Answer { latency, .. } => latency.mean() / SECOND as f64,
            Verb::Put { bucket, .. } | Verb::Get { bucket, .. } => {
                let law = match (&self.topology.nodes[bucket.index()].kind, &step.verb) {
                    (NodeKind::Bucket(bucket), Verb::Put { .. }) => bucket.put.as_ref(),
                    (NodeKind::Bucket(bucket), _) => bucket.get.as_ref(),
                    _ => None,
                };
                law.map_or(0.0, |law| law.mean() / SECOND as f64)
            }
            Verb::Send { .. } | Verb::Event { .. } | Verb::Act(_) | Verb::Choose { .. } => 0.0,
        }
    }

    /// The mean of a work in seconds: of the trace where it brings it, else of its law.
    fn mean(&self, work: WorkId, workload: WorkloadId) -> f64 {
        let law = self.application.works[work.index()].law.as_ref().map_or(0.0, |law| law.mean() / SECOND as f64);
        let arrivals = self.application.workloads.get(workload.index()).map(|workload| &workload.arrivals);
        let Some(Arrivals::Instants(rows)) = arrivals else { return law };
        let brought =
            rows.iter().filter_map(|row| row.work.iter().find(|(id, _)| *id == work).map(|(_, span)| span.seconds()));
        let (count, sum) = brought.fold((0usize, 0.0), |(count, sum), span| (count + 1, sum + span));
        let rows = rows.len().max(1) as f64;
        (sum + law * (rows - count as f64)) / rows
    }
}

/// Whether the filter of a queue's mapping takes nothing of a workload.
fn is_kept_from(queue: &Queue, workload: WorkloadId) -> bool {
    let filter = queue.mapping.as_ref().and_then(|mapping| mapping.filter.as_ref());
    filter.is_some_and(|filter| filter.decided(workload) == Some(false))
}

/// The steps that a pool may do for a request of a workload, and how likely each is.
pub(super) fn steps(pool: &Pool, workload: WorkloadId) -> impl Iterator<Item = (&Step, f64)> {
    pool.steps.iter().zip(chances(&pool.steps, workload)).filter(|(_, chance)| *chance > 0.0)
}

/// Where a step of that number among all of a list stands below it, as the file writes it: those of a choice stand in its
/// ways.
pub(super) fn place_of(list: &[Step], number: usize, place: &Place) -> Place {
    let (mut at, mut nth) = (0, 0);
    while at < list.len() {
        if at == number {
            return place.nth(nth);
        }
        let (mut next, here) = (at + 1, place.nth(nth).then("choose"));
        if let Verb::Choose { ways, .. } = &list[at].verb {
            for (index, way) in ways.iter().enumerate() {
                if number < next + way.steps {
                    return place_of(&list[next..next + way.steps], number - next, &here.nth(index).then("steps"));
                }
                next += way.steps;
            }
        }
        (at, nth) = (next, nth + 1);
    }
    place.clone()
}

/// Time for a unit of a work at the pool's best: of what computes and of what waits.
pub(super) fn slowness(application: &Application, pool: &Pool, work: WorkId) -> f64 {
    let work = &application.works[work.index()];
    let computes = f64::from(work.mix.computing) / f64::from(Mix::WHOLE);
    let gain = work.gain(pool.vcpus);
    computes * fastest(pool) * gain.time as f64 / gain.work as f64 + 1.0 - computes
}

/// Time for a unit of work at the pool's best.
pub(super) fn fastest(pool: &Pool) -> f64 {
    let per = |speed: Speed| speed.time as f64 / speed.work as f64;
    match &pool.scaling {
        Scaling::Vertical(vertical) => vertical.sizes.iter().map(|size| per(size.speed)).fold(f64::INFINITY, f64::min),
        _ => per(pool.speed),
    }
}

/// Workers at the most; `None` is unlimited.
pub(super) fn most_workers(pool: &Pool) -> Option<u32> {
    let start = pool.workers?;
    Some(match &pool.scaling {
        Scaling::Fixed | Scaling::Vertical(_) | Scaling::Nodes(_) => start,
        Scaling::Group(group) if group.policies.is_empty() => start,
        Scaling::Group(group) => {
            let scheduled = group.policies.iter().filter_map(|policy| match policy {
                Policy::Scheduled(scheduled) => scheduled.max,
                _ => None,
            });
            scheduled.fold(group.max, u32::max)
        }
        Scaling::Timetable(entries) => entries.iter().map(|entry| entry.workers).fold(start, u32::max),
        Scaling::Reactive(rule) => start.max(rule.max()?),
        Scaling::Pods(autoscaler) => start.max(autoscaler.max()?),
    })
}

/// The word of a group in the file.
pub(super) fn word_of(group: &Group) -> &'static str {
    if group.service.is_some() { "ecs-service" } else { "asg" }
}

/// Slots of a worker at its largest.
pub(super) fn slots(pool: &Pool) -> u32 {
    match &pool.scaling {
        Scaling::Vertical(vertical) => vertical.sizes.iter().map(|size| size.slots).fold(1, u32::max),
        _ => pool.slots,
    }
}

/// Requests a second, averaged over the run; 0 for a closed group, whose rate follows the system.
pub(super) fn rate(workload: &Workload, length: Option<Span>) -> f64 {
    let batch = workload.batch.as_ref().map_or(1.0, |batch| batch.mean());
    let seconds = length.map(Span::seconds).filter(|seconds| *seconds > 0.0);
    let arrivals = match &workload.arrivals {
        Arrivals::Poisson { rate } => *rate,
        Arrivals::Even { every, .. } => 1.0 / every.seconds(),
        Arrivals::Renewal { gap } => SECOND as f64 / gap.mean(),
        Arrivals::Bursts { calm, burst } => {
            let (calm_time, burst_time) = (calm.lasts.mean(), burst.lasts.mean());
            (calm.rate * calm_time + burst.rate * burst_time) / (calm_time + burst_time)
        }
        // Averaged over whole periods, which a warning may.
        Arrivals::Sine(sine) => sine.mean,
        Arrivals::Profile(profile) => seconds.map_or(0.0, |seconds| profile_mean(profile, seconds)),
        Arrivals::Users { .. } => 0.0,
        Arrivals::Instants(rows) => {
            let last = rows.last().map_or(0.0, |row| row.at.seconds());
            // A script of a few requests has no rate to speak of.
            let seconds = seconds.unwrap_or(last);
            let inside = rows.iter().filter(|row| row.at.seconds() < seconds).count();
            if inside < 100 || seconds <= 0.0 { 0.0 } else { inside as f64 / seconds }
        }
        Arrivals::Counts { cells, .. } => {
            let last = cells.last().map_or(0.0, |cell| cell.to.seconds());
            let seconds = seconds.unwrap_or(last);
            let inside = cells.iter().filter(|cell| cell.from.seconds() < seconds);
            let requests: f64 = inside.map(|cell| cell.thousandths as f64 / 1_000.0).sum();
            if seconds > 0.0 { requests / seconds } else { 0.0 }
        }
    };
    arrivals * batch
}

/// The mean rate of a profile over the run, from a thousand equal steps: a warning needs no more.
fn profile_mean(profile: &Profile, seconds: f64) -> f64 {
    const STEPS: u32 = 1_000;
    let at = |step: u32| profile_rate(profile, seconds * (f64::from(step) + 0.5) / f64::from(STEPS));
    (0..STEPS).map(at).sum::<f64>() / f64::from(STEPS)
}

/// Requests a second that a profile has at an instant.
pub(super) fn profile_rate(profile: &Profile, mut time: f64) -> f64 {
    if let Some(repeat) = profile.repeat.map(Span::seconds).filter(|repeat| *repeat > 0.0) {
        time %= repeat;
    }
    let after = profile.points.iter().position(|(at, _)| at.seconds() > time);
    match after {
        Some(0) => profile.points[0].1,
        None => profile.points.last().map_or(0.0, |point| point.1),
        Some(next) => {
            let ((from, low), (to, high)) = (profile.points[next - 1], profile.points[next]);
            match profile.shape {
                Shape::Steps => low,
                Shape::Linear => low + (high - low) * (time - from.seconds()) / (to.seconds() - from.seconds()),
            }
        }
    }
}
