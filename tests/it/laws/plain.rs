//! Which stays at which pools last just as long as the request's own work, and how that is told from the facts.

use std::collections::BTreeMap;

use queuelab::cloud::fact::Outcome;
use queuelab::cloud::scaling::Scaling;
use queuelab::cloud::topology::{
    Application, Crash, Discipline, Harm, Held, Node, NodeId, NodeKind, Notice, Outage, Pool, Reclaim, Speed, Stop,
    Topology, Verb, WorkId, WorkloadId,
};
use queuelab::ground::time::{SimTime, Span};

use super::crew::{Crew, Stay};
use super::ledger::Name;

/// The plain pools of a topology.
pub struct Plain<'a> {
    application: &'a Application,
    topology: &'a Topology,
    copies: bool,
}

impl<'a> Plain<'a> {
    pub fn new(application: &'a Application, topology: &'a Topology) -> Plain<'a> {
        let copies = topology.nodes.iter().any(|node| match &node.kind {
            NodeKind::Pool(pool) => {
                pool.steps.iter().any(|step| matches!(step.verb, Verb::Send { copies, .. } if copies > 1))
            }
            _ => false,
        });
        Plain { application, topology, copies }
    }

    fn pool(&self, id: NodeId) -> Option<&'a Pool> {
        match &self.topology.nodes[id.index()].kind {
            NodeKind::Pool(pool) => Some(pool),
            _ => None,
        }
    }

    /// The works that a pool does for a kind of request.
    pub fn parts(&self, id: NodeId, workload: u16) -> Vec<WorkId> {
        let Some(pool) = self.pool(id) else { return Vec::new() };
        let wanted =
            |only: &Option<Vec<WorkloadId>>| only.as_ref().is_none_or(|only| only.contains(&WorkloadId(workload)));
        let works = pool.steps.iter().filter(|step| wanted(&step.only)).filter_map(|step| match step.verb {
            Verb::Work { work, .. } => Some(work),
            _ => None,
        });
        works.collect()
    }

    /// How long works take at a pool's speed, each rounded half up by itself.
    pub fn takes(&self, id: NodeId, works: &[Span]) -> Span {
        let speed = self.pool(id).map(|pool| (u128::from(pool.speed.work), u128::from(pool.speed.time)));
        let (work, time) = speed.unwrap_or((1, 1));
        let one = |span: &Span| ((u128::from(span.nanos()) * time + work / 2) / work) as u64;
        Span::from_nanos(works.iter().map(one).sum())
    }

    /// Whether nothing but its work keeps a request at a pool.
    fn is_plain(&self, id: NodeId, pool: &Pool) -> bool {
        let steps = pool.steps.iter().all(|step| match step.verb {
            // What waits is not scaled as what computes.
            Verb::Work { fresh, work, .. } => {
                let work = &self.application.works[work.index()];
                !fresh && work.parallel == 0 && (work.mix.is_all() || pool.speed == Speed::ONE)
            }
            Verb::Send { .. } | Verb::Act(_) => true,
            Verb::Call { .. } | Verb::Answer { .. } | Verb::Put { .. } | Verb::Get { .. } => false,
            Verb::Event { .. } | Verb::Choose { .. } => false,
        });
        let does =
            |work| pool.steps.iter().any(|step| matches!(step.verb, Verb::Work { work: done, .. } if done == work));
        let hit = self.application.faults.iter().chain(&self.topology.faults).any(|fault| match &fault.what {
            Harm::Outage(Outage::Component(work)) => does(*work),
            Harm::Outage(Outage::Node(node)) => *node == id,
            Harm::BrownOut(brown_out) => {
                brown_out.pool.is_none_or(|slow| slow == id) && brown_out.work.is_none_or(does)
            }
            // Who is refused is not served, and who is poison is told by the result of the stay.
            Harm::Poison(_) | Harm::Throttle(_) => false,
            // What is killed, or interrupted and goes on, is told by the results of its stays.
            Harm::Crash(Crash { pool, .. }) => {
                let told = matches!(fault.held, Held::Lost | Held::Finish) || fault.held == Held::Resume && fault.moves;
                *pool == id && !told
            }
            Harm::Stop(Stop { pool, .. }) => *pool == id,
            Harm::Zone(_) => {
                !(matches!(fault.held, Held::Lost | Held::Finish) || fault.held == Held::Resume && fault.moves)
            }
            // A message that was received is under way to its slot.
            Harm::Link(link) => link.to == id,
            Harm::Reclaim(Reclaim { pool, .. }) => {
                *pool == id && !matches!(fault.held, Held::Lost | Held::Finish | Held::Resume)
            }
        });
        let kept = matches!(pool.scale_in.held, Held::Finish | Held::Lost | Held::Resume);
        let fed = |node: &Node| matches!(&node.kind, NodeKind::Queue(queue) if queue.to.contains(&id));
        let waits_for_messages = self.topology.network.hop.is_some() && self.topology.nodes.iter().any(fed);
        steps
            && pool.batch.is_none()
            && !waits_for_messages
            && !hit
            && kept
            && pool.notice == Notice::Finish
            && !self.copies
            && pool.credits.is_none()
            && pool.spot.as_ref().is_none_or(|spot| spot.mixed.iter().all(|other| other.speed.is_none()))
            && !matches!(pool.scaling, Scaling::Vertical(_))
    }

    /// Those who did all their work at a pool, how long they were at it in all, and when they ended.
    pub fn worked(&self, id: NodeId, crew: &Crew) -> Vec<(Name, Span, SimTime)> {
        let Some(pool) = self.pool(id).filter(|pool| self.is_plain(id, pool)) else { return Vec::new() };
        let preempts = match pool.line {
            Discipline::Priority { preempts, .. } => preempts,
            _ => None,
        };
        if preempts.is_some_and(|held| !matches!(held, Held::Finish | Held::Lost | Held::Resume)) {
            return Vec::new();
        }
        let mut of: BTreeMap<Name, Vec<&Stay>> = BTreeMap::new();
        for stay in &crew.stays {
            of.entry(stay.who).or_default().push(stay);
        }
        let mut worked = Vec::new();
        for (who, stays) in of {
            let ends: Vec<&&Stay> = stays.iter().filter(|stay| stay.result != Outcome::Interrupted).collect();
            let well = |stay: &Stay| matches!(stay.result, Outcome::Ok | Outcome::StaleDelete | Outcome::Duplicate);
            match ends.as_slice() {
                // Interrupted work goes on where it stopped, so all its parts are its work.
                [only] if well(only) && !crew.left.contains(&who) => {
                    let all = stays.iter().map(|stay| (stay.ended - stay.began).nanos()).sum();
                    worked.push((who, Span::from_nanos(all), only.ended));
                }
                several if several.len() == stays.len() => {
                    let those = several.iter().filter(|stay| well(stay));
                    worked.extend(those.map(|stay| (who, stay.ended - stay.began, stay.ended)));
                }
                _ => (),
            }
        }
        worked
    }
}
