//! What the fleet that knows everything is asked to do: what this run did, as soon as the goals say.
//!
//! - *The same work*: whoever had all its work done before the end in this run has it before the end, save for as many as a
//!   goal on `lost` lets go.
//! - *In time*: with goals on latencies, each counted request so soon that its goal holds, save for as many as may be later;
//!   one that is not counted as soon, or as soon as in this run. Without any, everybody as soon as in this run.
//!
//! A request may be at any pool from its birth on: whoever is before it may be quicker. What was done again or in vain is not
//! asked for.

use crate::cloud::topology::{NodeId, NodeKind, Topology, Verb, WorkloadId};
use crate::experiment::figures::{Stat, Whose};
use crate::experiment::goals::latency;
use crate::experiment::regret::bound::{Demand, Job, Problem};
use crate::experiment::regret::watch::{Host, Need, Watch};
use crate::experiment::replicate::owner;
use crate::ground::time::{SimTime, Span};
use crate::scenario::{Goal, Scenario};

/// How far a quantile in a result may be from the true one, as a share of it.
const BLUR: f64 = 0.005;

/// A goal on a latency that the fleet can be held to.
struct Promise<'a> {
    goal: &'a Goal,
    whose: Whose,
    times: &'a str,
    /// The share that must be in time.
    share: f64,
}

/// What is asked of the machines of one node.
pub struct Asked {
    /// The stays that are needed, in the order in which their requests ended.
    pub needs: Vec<(Need, Host)>,
    /// What it is held to, as goals are written; empty where it is held to the end of the run alone.
    pub goals: Vec<String>,
    /// Whether it is held to how soon everybody was done in this run.
    pub as_this_run: bool,
    demands: Vec<Demand>,
}

/// What is asked of the machines of `node` up to `end`.
pub fn asked(scenario: &Scenario, topology: &Topology, watch: &Watch<'_>, node: NodeId, end: SimTime) -> Asked {
    let host = |need: &Need| watch.hosts[need.pool.index()].filter(|host| host.node == node);
    let needs: Vec<(Need, Host)> = watch.needs.iter().filter_map(|need| Some((*need, host(need)?))).collect();
    let mut asked = Asked { needs, goals: Vec::new(), as_this_run: false, demands: Vec::new() };
    let lost = may_be_lost(scenario, topology, watch);
    let all = |asked: &Asked, due: &dyn Fn(&Need) -> f64| asked.needs.iter().map(|(need, _)| due(need)).collect();
    let done = all(&asked, &|need| if need.finished <= end { end.seconds() } else { f64::INFINITY });
    asked.demands.push(Demand { due: done, exempt: lost });
    if !scenario.goals.iter().any(|goal| goal.at_most && is_latency(scenario, topology, goal)) {
        asked.as_this_run = true;
        let due = all(&asked, &|need| need.finished.seconds());
        asked.demands.push(Demand { due, exempt: lost });
        return asked;
    }
    for promise in promises(scenario, topology) {
        let within = match promise.share {
            share if share < 1.0 => promise.goal.limit * (1.0 + BLUR),
            _ => promise.goal.limit,
        };
        let due = all(&asked, &|need| promise.due(scenario, topology, need, within));
        if due.iter().any(|due| due.is_finite()) {
            asked.goals.push(promise.goal.of.clone());
            asked.demands.push(Demand { due, exempt: promise.exempt(watch) });
        }
    }
    asked
}

impl Asked {
    /// The problem, with what is scarce on a machine: slots, or of a cluster its CPU, memory and places; `None` where
    /// nobody needs any of it.
    pub fn problem(&self, frame: &Problem, scarce: usize) -> Option<Problem> {
        let jobs = self.needs.iter().map(|(need, host)| Job {
            request: need.request,
            release: need.born.seconds(),
            work: need.work,
            share: host.shares[scarce],
        });
        let jobs: Vec<Job> = jobs.collect();
        let some = jobs.iter().any(|job| job.share > 0.0);
        some.then(|| Problem { jobs, demands: self.demands.clone(), ..frame.clone() })
    }
}

impl Promise<'_> {
    /// When a stay must be over (seconds since the start).
    fn due(&self, scenario: &Scenario, topology: &Topology, need: &Need, within: f64) -> f64 {
        let is_of = |kind: WorkloadId| match self.whose {
            Whose::Kind(of) => of == kind,
            _ => true,
        };
        let due = match (self.whose, self.times) {
            // Whoever waits for others in its slot may be kept longer or shorter: nothing is asked of it.
            (Whose::Node(node), _) if node == need.pool && need.counted && !calls(topology, node) => {
                return need.arrived.seconds() + within + need.stay;
            }
            (Whose::Node(_), _) => return f64::INFINITY,
            (_, "answer") if !is_before_the_answer(scenario, topology, need) => return f64::INFINITY,
            _ if !is_of(need.kind) => return f64::INFINITY,
            _ => need.born.seconds() + within,
        };
        if need.counted { due } else { due.max(need.finished.seconds()) }
    }

    /// How many requests may be later.
    fn exempt(&self, watch: &Watch<'_>) -> usize {
        let count = match self.whose {
            Whose::Node(node) => watch.waits[node.index()],
            Whose::Kind(kind) => watch.counts[kind.index()].born,
            _ => watch.counts.iter().map(|count| count.born).sum(),
        };
        let rank = (self.share * count as f64 * (1.0 - 4.0 * f64::EPSILON)).ceil().max(1.0) as u64;
        count.saturating_sub(rank) as usize
    }
}

/// Whether a goal says how soon something must be done.
fn is_latency(scenario: &Scenario, topology: &Topology, goal: &Goal) -> bool {
    let times = owner(&goal.of, &scenario.application, topology).and_then(|(_, name)| latency(name));
    times.is_some_and(|(times, _)| times != "service")
}

/// The goals on latencies that say until when how many must be done. A mean says nothing of anybody.
fn promises<'a>(scenario: &'a Scenario, topology: &Topology) -> Vec<Promise<'a>> {
    let promise = |goal: &'a Goal| {
        let (whose, name) = owner(&goal.of, &scenario.application, topology)?;
        let (times, stat) = latency(name)?;
        let share = match stat {
            Stat::Quantile(share) => share,
            Stat::Max => 1.0,
            Stat::Mean | Stat::Sd => return None,
        };
        let is_of_use = match whose {
            Whose::Node(_) => times == "wait",
            _ => times == "completion" || times == "answer",
        };
        (goal.at_most && is_of_use).then_some(Promise { goal, whose, times, share })
    };
    scenario.goals.iter().filter_map(promise).collect()
}

/// How many requests the goals let go.
fn may_be_lost(scenario: &Scenario, topology: &Topology, watch: &Watch<'_>) -> usize {
    let lets_go = |goal: &Goal| {
        let (whose, name) = owner(&goal.of, &scenario.application, topology)?;
        let count: u64 = match whose {
            Whose::Whole => watch.counts.iter().map(|count| count.born).sum(),
            Whose::Kind(kind) => watch.counts[kind.index()].born,
            Whose::Node(_) | Whose::Goal(_) => return None,
        };
        (goal.at_most && name == "lost").then_some((goal.limit * count as f64 + BLUR).floor() as usize)
    };
    scenario.goals.iter().filter_map(lets_go).sum()
}

/// Whether somebody at a node may wait for others while it keeps its slot.
fn calls(topology: &Topology, node: NodeId) -> bool {
    let kind = &topology.nodes[node.index()].kind;
    kind.pool().is_some_and(|pool| pool.steps.iter().any(|step| matches!(step.verb, Verb::Call { .. })))
}

/// Whether all that a kind of request does at a pool is over before its client has the answer: whoever comes there was called,
/// by the client or by somebody who was.
fn is_before_the_answer(scenario: &Scenario, topology: &Topology, need: &Need) -> bool {
    let Need { kind, pool, .. } = *need;
    // Nobody has sent it, or its client was told at once that it was taken in.
    if scenario.application.workloads.get(kind.index()).is_none_or(|workload| workload.client.is_detached) {
        return false;
    }
    let mut called = vec![false; topology.nodes.len()];
    let mut left = vec![topology.entry[kind.index()]];
    while let Some(node) = left.pop() {
        if std::mem::replace(&mut called[node.index()], true) {
            continue;
        }
        match &topology.nodes[node.index()].kind {
            NodeKind::Balancer(balancer) => left.extend(&balancer.to),
            NodeKind::Pool(of) => left.extend(of.steps.iter().flat_map(|step| match &step.verb {
                Verb::Call { to, .. } => to.as_slice(),
                _ => &[],
            })),
            _ => {}
        }
    }
    called[pool.index()] && !topology.nodes.iter().any(|node| is_sent_to(topology, &node.kind, pool))
}

/// Whether something may come from a node to a pool for which nobody waits.
fn is_sent_to(topology: &Topology, kind: &NodeKind, pool: NodeId) -> bool {
    let reaches = |to: &NodeId| match &topology.nodes[to.index()].kind {
        NodeKind::Balancer(balancer) => balancer.to.contains(&pool),
        _ => *to == pool,
    };
    match kind {
        NodeKind::Queue(queue) => queue.to.iter().any(reaches),
        NodeKind::Bucket(bucket) => bucket.notify.iter().any(reaches),
        NodeKind::Bus(bus) => bus.rules.iter().flat_map(|rule| &rule.to).any(reaches),
        kind => kind.pool().is_some_and(|of| {
            of.steps.iter().any(|step| matches!(&step.verb, Verb::Send { to, .. } if to.iter().any(reaches)))
        }),
    }
}

/// The problem of a node without its jobs.
pub fn frame(topology: &Topology, watch: &Watch<'_>, node: NodeId, end: SimTime) -> Option<Problem> {
    let lives = watch.lives[node.index()].as_ref()?;
    let cheapest = lives.cheapest();
    let preempts = |kind: &NodeKind| {
        use crate::cloud::topology::Discipline;
        kind.pool().is_some_and(|pool| matches!(pool.line, Discipline::Priority { preempts: Some(_), .. }))
    };
    let here = (0..topology.nodes.len()).filter(|&place| watch.hosts[place].is_some_and(|host| host.node == node));
    let interrupts = here.into_iter().any(|place| preempts(&topology.nodes[place].kind));
    Some(Problem {
        end: Span::seconds(end - SimTime::START),
        boot: lives.boot(),
        minimum: lives.rates[cheapest].minimum.seconds(),
        ready_at_start: lives.ready_at_start,
        interrupts,
        whole: lives.sizes.iter().all(|size| size.slots == lives.sizes[cheapest].slots),
        jobs: Vec::new(),
        demands: Vec::new(),
    })
}
