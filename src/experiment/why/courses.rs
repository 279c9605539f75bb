//! Why nobody more served, over time: for each line of a topology the cause that a wait in it has at each instant.
//!
//! The first of two passes over a replication: what a wait was for is sometimes known only later (it was for a decision, if one
//! came while the line still stood), so the second pass, which plays the same draws, finds the causes here.

use crate::cloud::fact::Fact;
use crate::cloud::scaling::kubernetes::Why;
use crate::cloud::scaling::{Decision, Reason, Scaling};
use crate::cloud::topology::{NodeId, NodeKind, Pool, Topology};
use crate::engine::Observer;
use crate::experiment::why::cause::Cause;
use crate::experiment::why::staff::Staff;
use crate::ground::footprint::Footprint;
use crate::ground::time::{SimTime, Span};

/// What keeps a pool from serving more, at an instant. In the order in which one counts where a queue has several takers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// What was asked for is not there yet.
    Coming,
    /// More is wanted, and held back.
    Resting,
    /// It may grow, and nobody has decided so: for lack of a decision, if one comes while the line stands.
    Open,
    /// It is as large as it may be.
    Largest,
    /// A function that refuses.
    Refusing,
    /// It has what it has.
    Working,
    /// It is away, or some of its workers have failed.
    Broken,
}

/// A pool as its facts tell.
#[derive(Debug)]
struct Watched {
    staff: Staff,
    desired: u32,
    /// Never more; `None`: any number.
    max: Option<u32>,
    /// Somebody decides on its size.
    is_governed: bool,
    /// It refuses whom it does not serve at once.
    refuses: bool,
    /// Its last look wanted more than it may have.
    is_capped: bool,
    /// Its last look wanted more than steps allow.
    is_held: bool,
    rests_until: SimTime,
    is_away: bool,
    /// From when on which standing holds.
    course: Vec<(SimTime, Standing)>,
    /// When more was decided on.
    decided: Vec<SimTime>,
}

impl Watched {
    fn new(pool: &Pool, refuses: bool) -> Watched {
        let (desired, max) = match &pool.scaling {
            Scaling::Group(group) => (group.desired, Some(group.max)),
            Scaling::Pods(autoscaler) => (pool.workers.unwrap_or(0), autoscaler.max()),
            Scaling::Reactive(rule) => (pool.workers.unwrap_or(0), rule.max()),
            Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) | Scaling::Nodes(_) => {
                (pool.workers.unwrap_or(0), None)
            }
        };
        let is_governed = !matches!(pool.scaling, Scaling::Fixed | Scaling::Vertical(_));
        let mut watched = Watched {
            staff: Staff::default(),
            desired,
            max,
            is_governed,
            refuses,
            is_capped: false,
            is_held: false,
            rests_until: SimTime::START,
            is_away: false,
            course: Vec::new(),
            decided: Vec::new(),
        };
        let standing = watched.standing(SimTime::START);
        watched.course.push((SimTime::START, standing));
        watched
    }

    fn standing(&self, now: SimTime) -> Standing {
        if self.is_away || self.staff.failed > 0 {
            Standing::Broken
        } else if self.refuses {
            Standing::Refusing
        } else if self.staff.coming > 0 {
            Standing::Coming
        } else if !self.is_governed {
            Standing::Working
        } else if self.is_capped || self.max.is_some_and(|max| self.desired >= max) {
            Standing::Largest
        } else if self.is_held || now < self.rests_until {
            Standing::Resting
        } else if self.desired > self.staff.serving {
            // Decided, and not yet acted on.
            Standing::Coming
        } else {
            Standing::Open
        }
    }

    /// Notes what holds from now on.
    fn note(&mut self, now: SimTime) {
        let (_, last) = self.course[self.course.len() - 1];
        // A rest has ended since, with nobody there to see it.
        if last == Standing::Resting && !self.is_held && self.rests_until < now {
            let standing = self.before_now();
            self.push(self.rests_until, standing);
        }
        let standing = self.standing(now);
        self.push(now, standing);
    }

    /// What held after a rest, before anything else happened.
    fn before_now(&self) -> Standing {
        if self.is_governed { Standing::Open } else { Standing::Working }
    }

    fn push(&mut self, at: SimTime, standing: Standing) {
        let last = self.course.len() - 1;
        if self.course[last].1 == standing {
            return;
        }
        if self.course[last].0 >= at {
            self.course[last].1 = standing;
            if last > 0 && self.course[last - 1].1 == standing {
                self.course.pop();
            }
        } else {
            self.course.push((at, standing));
        }
    }

    fn decided(&mut self, now: SimTime, decision: &Decision) {
        let Decision { from, to, why, .. } = *decision;
        if to > from {
            self.decided.push(now);
        }
        self.desired = to;
        self.is_capped = matches!(why, Reason::AtMost { .. });
        self.is_held = match why {
            Reason::UnderWay { wanted } => wanted > to,
            Reason::Kubernetes(Why::Stabilised { wanted } | Why::Rate { wanted, .. } | Why::NotAllowed { wanted }) => {
                wanted > to
            }
            _ => false,
        };
        if let Reason::CoolingDown { until, wanted } = why
            && wanted > to
        {
            self.rests_until = until;
        }
    }
}

/// Watches a replication for the standings of its pools and for when its lines stood.
#[derive(Debug)]
pub struct Lookout {
    pools: Vec<Option<Watched>>,
    /// Who serves each node's line: a pool its own, the takers of a queue the queue's.
    servers: Vec<Vec<NodeId>>,
    /// When each node's line stood: apart from each other, in order.
    stood: Vec<Vec<(SimTime, SimTime)>>,
}

impl Lookout {
    /// Before a replication of this topology.
    pub fn new(topology: &Topology) -> Lookout {
        let pools = topology.nodes.iter().map(|node| {
            let refuses = matches!(node.kind, NodeKind::Function(_));
            node.kind.pool().map(|pool| Watched::new(pool, refuses))
        });
        let servers = topology.nodes.iter().enumerate().map(|(place, node)| match &node.kind {
            NodeKind::Queue(queue) => queue.to.clone(),
            kind if kind.pool().is_some() => vec![NodeId::at(place)],
            _ => Vec::new(),
        });
        let stood = vec![Vec::new(); topology.nodes.len()];
        Lookout { pools: pools.collect(), servers: servers.collect(), stood }
    }

    /// What was found, when the replication is over.
    pub fn courses(self) -> Courses {
        let of = |place: usize| {
            let servers: Vec<&Watched> =
                self.servers[place].iter().filter_map(|server| self.pools[server.index()].as_ref()).collect();
            Course::of(&servers, &self.stood[place])
        };
        Courses((0..self.servers.len()).map(of).collect())
    }

    fn waited(&mut self, now: SimTime, node: NodeId, waited: Span) {
        if waited == Span::ZERO {
            return;
        }
        let stood = &mut self.stood[node.index()];
        let mut from = now.before(waited);
        // Waits come in the order of their ends: those that this one meets are one with it.
        while let Some((before, _)) = stood.pop_if(|(_, to)| *to >= from) {
            from = from.min(before);
        }
        stood.push((from, now));
    }

    fn change(&mut self, now: SimTime, node: NodeId, change: impl FnOnce(&mut Watched)) {
        if let Some(watched) = &mut self.pools[node.index()] {
            change(watched);
            watched.note(now);
        }
    }
}

impl Footprint for Lookout {
    fn footprint(&self) -> u64 {
        let stood: u64 = self.stood.iter().map(Footprint::footprint).sum();
        let of = |pool: &Watched| pool.course.footprint() + pool.decided.footprint() + pool.staff.footprint();
        stood + self.pools.iter().flatten().map(of).sum::<u64>()
    }
}

impl Observer<Fact> for Lookout {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        if let Some(pool) = Staff::moved(fact) {
            self.change(at, pool, |watched| watched.staff.note(fact));
            return;
        }
        match *fact {
            Fact::Started { pool, waited, .. } | Fact::Left { pool, waited, .. } => self.waited(at, pool, waited),
            Fact::Received { queue, waited, .. } => self.waited(at, queue, waited),
            Fact::Away { node } => self.change(at, node, |watched| watched.is_away = true),
            Fact::Back { node } => self.change(at, node, |watched| watched.is_away = false),
            Fact::Decided { pool, ref decision } => self.change(at, pool, |watched| watched.decided(at, decision)),
            _ => {}
        }
    }
}

/// The causes of waits in one line, over time.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// From when on …
    from: Vec<SimTime>,
    /// … waits have this cause …
    causes: Vec<Cause>,
    /// … and for how long each cause has held until then, in nanoseconds: what it is for a wait is a difference of two.
    sums: Vec<[u64; Cause::COUNT]>,
}

impl Course {
    fn of(servers: &[&Watched], stood: &[(SimTime, SimTime)]) -> Course {
        let mut course = Course::default();
        let mut decided: Vec<SimTime> = servers.iter().flat_map(|server| server.decided.iter().copied()).collect();
        decided.sort_unstable();
        for (from, to, standing) in together(servers) {
            match standing {
                Standing::Coming => course.push(from, Cause::Booting),
                Standing::Resting => course.push(from, Cause::Cooldown),
                Standing::Largest => course.push(from, Cause::AtMaximum),
                Standing::Refusing => course.push(from, Cause::Throttled),
                Standing::Working => course.push(from, Cause::BehindWork),
                Standing::Broken => course.push(from, Cause::Outage),
                Standing::Open => course.open(from, to, &decided, stood),
            }
        }
        course
    }

    /// While nobody had decided on more: until each decision that came while the line stood, waits were for it.
    fn open(&mut self, from: SimTime, to: SimTime, decided: &[SimTime], stood: &[(SimTime, SimTime)]) {
        self.push(from, Cause::BehindWork);
        let first = decided.partition_point(|&at| at <= from);
        for &at in decided[first..].iter().take_while(|&&at| at <= to) {
            let line = stood.partition_point(|&(_, end)| end < at);
            if let Some(&(since, _)) = stood.get(line).filter(|&&(since, _)| since < at) {
                self.push(since.max(from), Cause::Undecided);
                self.push(at, Cause::BehindWork);
            }
        }
    }

    fn push(&mut self, at: SimTime, cause: Cause) {
        let Some(last) = self.from.len().checked_sub(1) else {
            self.from.push(at);
            self.causes.push(cause);
            self.sums.push([0; Cause::COUNT]);
            return;
        };
        if self.causes[last] == cause {
            return;
        }
        if self.from[last] >= at {
            self.causes[last] = cause;
            return;
        }
        let sums = self.until(at);
        self.from.push(at);
        self.causes.push(cause);
        self.sums.push(sums);
    }

    /// For how long each cause has held until an instant, in nanoseconds.
    fn until(&self, at: SimTime) -> [u64; Cause::COUNT] {
        let after = self.from.partition_point(|&from| from <= at);
        let Some(last) = after.checked_sub(1) else { return [0; Cause::COUNT] };
        let mut sums = self.sums[last];
        sums[self.causes[last] as usize] += (at - self.from[last]).nanos();
        sums
    }

    /// What a wait between two instants was for, in nanoseconds by cause. In the logarithm of the changes.
    pub fn between(&self, from: SimTime, to: SimTime) -> [u64; Cause::COUNT] {
        if self.from.is_empty() {
            let mut sums = [0; Cause::COUNT];
            sums[Cause::BehindWork as usize] = (to - from).nanos();
            return sums;
        }
        let (before, mut after) = (self.until(from), self.until(to));
        after.iter_mut().zip(before).for_each(|(after, before)| *after -= before);
        after
    }
}

/// The courses of all lines of a topology, by node.
#[derive(Clone, Debug, Default)]
pub struct Courses(Vec<Course>);

impl Courses {
    /// So many lines of which nothing is known: all waits are behind work.
    #[cfg(test)]
    pub fn of_nodes(nodes: usize) -> Courses {
        Courses(vec![Course::default(); nodes])
    }

    /// That of a node's line.
    pub fn of(&self, node: NodeId) -> &Course {
        &self.0[node.index()]
    }
}

/// What holds of several together: at each instant what comes first in the order of standings.
fn together(servers: &[&Watched]) -> Vec<(SimTime, SimTime, Standing)> {
    let mut changes: Vec<SimTime> = servers.iter().flat_map(|server| server.course.iter().map(|&(at, _)| at)).collect();
    changes.sort_unstable();
    changes.dedup();
    let mut places = vec![0; servers.len()];
    let mut told = Vec::with_capacity(changes.len());
    for (nth, &at) in changes.iter().enumerate() {
        let to = changes.get(nth + 1).copied().unwrap_or(SimTime::NEVER);
        let mut least = None;
        for (server, place) in servers.iter().zip(&mut places) {
            while server.course.get(*place + 1).is_some_and(|&(next, _)| next <= at) {
                *place += 1;
            }
            let standing = server.course[*place].1;
            least = Some(least.map_or(standing, |least: Standing| least.min(standing)));
        }
        if let Some(standing) = least {
            told.push((at, to, standing));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SimTime {
        SimTime::START + Span::from_secs(second)
    }

    fn seconds(sums: [u64; Cause::COUNT], cause: Cause) -> u64 {
        sums[cause as usize] / 1_000_000_000
    }

    fn watched(course: &[(u64, Standing)], decided: &[u64]) -> Watched {
        let mut watched = Watched::new(&Pool::of(Vec::new()), false);
        watched.course = course.iter().map(|&(second, standing)| (at(second), standing)).collect();
        watched.decided = decided.iter().map(|&second| at(second)).collect();
        watched
    }

    /// The line stands from 10 to 100 s; more is decided on at 40 s and comes at 70 s.
    #[test]
    fn a_wait_is_for_a_decision_only_if_one_comes_while_the_line_stands() {
        let pool = watched(&[(0, Standing::Open), (40, Standing::Coming), (70, Standing::Open)], &[40]);
        let course = Course::of(&[&pool], &[(at(2), at(5)), (at(10), at(100))]);
        let early = course.between(at(2), at(5));
        assert_eq!(seconds(early, Cause::BehindWork), 3);
        let long = course.between(at(10), at(100));
        assert_eq!(
            [Cause::Undecided, Cause::Booting, Cause::BehindWork].map(|cause| seconds(long, cause)),
            [30, 30, 30]
        );
        assert_eq!(long.iter().sum::<u64>(), 90_000_000_000);
    }

    #[test]
    fn of_several_takers_the_one_that_grows_says_what_a_wait_is_for() {
        let fixed = watched(&[(0, Standing::Working)], &[]);
        let growing = watched(&[(0, Standing::Largest), (20, Standing::Coming), (30, Standing::Largest)], &[]);
        let course = Course::of(&[&fixed, &growing], &[]);
        let wait = course.between(at(15), at(35));
        assert_eq!([Cause::AtMaximum, Cause::Booting].map(|cause| seconds(wait, cause)), [10, 10]);
    }

    #[test]
    fn waits_that_meet_are_one_line() {
        let mut lookout = Lookout { pools: vec![None], servers: vec![Vec::new()], stood: vec![Vec::new()] };
        for (from, to) in [(0, 4), (6, 7), (6, 9), (8, 10), (5, 12), (13, 14)] {
            lookout.waited(at(to), NodeId(0), Span::from_secs(to - from));
        }
        assert_eq!(lookout.stood[0], [(at(0), at(4)), (at(5), at(12)), (at(13), at(14))]);
    }

    /// A rest that ends unseen ends when it was to end.
    #[test]
    fn a_rest_ends_by_itself() {
        let mut pool = watched(&[(0, Standing::Open)], &[]);
        (pool.is_governed, pool.max, pool.desired) = (true, Some(9), 0);
        pool.rests_until = at(30);
        pool.note(at(10));
        pool.note(at(50));
        assert_eq!(pool.course, [(at(0), Standing::Open), (at(10), Standing::Resting), (at(30), Standing::Open)]);
    }
}
