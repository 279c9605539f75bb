//! What happened in a run, read off its facts in the words of the traces.

use queuelab::cloud::fact::{Fact, Loss, Outcome, Start, Who};
use queuelab::cloud::scaling::Decision;
use queuelab::cloud::topology::NodeId;
use queuelab::engine::Observer;
use queuelab::ground::time::SimTime;

/// Every fact as it comes.
#[derive(Default)]
pub struct Log(pub Vec<(u64, Fact)>);

impl Observer<Fact> for Log {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        self.0.push((at.nanos(), *fact));
    }
}

/// One stay with one worker.
#[derive(Clone, Debug)]
pub struct Visit {
    pub pool: NodeId,
    pub worker: u32,
    pub attempt: u16,
    pub start: u64,
    pub finish: u64,
    pub result: &'static str,
    /// Of a function: how it began, and what it is billed.
    pub invoked: Option<Invoked>,
}

/// What is told of a run of a function.
#[derive(Clone, Copy, Debug)]
pub struct Invoked {
    pub cold: bool,
    /// When the initialisation was over.
    pub run_from: u64,
    pub billed: u64,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Its kind; what a rule brings about is of none that the trace names.
    pub kind: usize,
    pub ordinal: u32,
    pub born: u64,
    pub sent: Vec<u64>,
    pub visits: Vec<Visit>,
    /// When its client had its answer.
    pub answered: Option<u64>,
    pub completed: Option<u64>,
    /// When and why it came to nothing.
    pub lost: Option<(u64, &'static str)>,
    pub receives: u64,
    /// When a function refused it.
    pub throttled: Vec<u64>,
    /// When its worker hid it for longer.
    pub heartbeats: Vec<u64>,
    /// From birth, or the last attempt, to the first start of work.
    pub first_start: Option<u64>,
}

/// One start of one worker.
#[derive(Clone, Debug)]
pub struct Life {
    pub pool: NodeId,
    pub worker: u32,
    pub size: u16,
    pub launched: u64,
    pub running: Option<u64>,
    pub ready: Option<u64>,
    pub gone: Option<u64>,
    /// The provider took its machine back.
    pub taken: bool,
}

/// One decision of a controller.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub at: u64,
    pub decision: Decision,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Run {
    pub requests: Vec<Seen>,
    pub lives: Vec<Life>,
    pub looks: Vec<Look>,
    /// Machines that were started again: when, and which.
    pub restarts: Vec<(u64, NodeId, u32)>,
    /// Spans during which a node was away.
    pub away: Vec<(NodeId, u64, Option<u64>)>,
}

impl Run {
    /// What is told of requests that somebody sends, and of the workers of these pools.
    pub fn of(log: &Log, is_told: impl Fn(NodeId) -> bool) -> Run {
        let mut run = Run::default();
        for &(at, fact) in &log.0 {
            run.see(at, fact);
        }
        run.requests.retain(|seen| seen.kind == 0);
        run.lives.retain(|life| is_told(life.pool));
        run
    }

    fn request(&mut self, who: Who) -> &mut Seen {
        let (kind, ordinal) = (who.workload.index(), who.ordinal);
        let place = self.requests.iter().position(|seen| (seen.kind, seen.ordinal) == (kind, ordinal));
        let place = place.unwrap_or_else(|| {
            self.requests.push(Seen { kind, ordinal, ..Seen::default() });
            self.requests.len() - 1
        });
        &mut self.requests[place]
    }

    /// The present start of a worker.
    fn life(&mut self, pool: NodeId, worker: u32) -> &mut Life {
        let place = self.lives.iter().rposition(|life| life.pool == pool && life.worker == worker);
        &mut self.lives[place.expect("a worker is asked for before anything else happens to it")]
    }

    /// A worker is asked for, or started again.
    fn asked_for(&mut self, launched: u64, pool: NodeId, worker: u32) {
        let life = Life { pool, worker, size: 0, launched, running: None, ready: None, gone: None, taken: false };
        self.lives.push(life);
    }

    fn see(&mut self, at: u64, fact: Fact) {
        match fact {
            Fact::Born { who } => self.request(who).born = at,
            Fact::Sent { who, .. } => self.request(who).sent.push(at),
            Fact::Started { who, .. } => {
                self.request(who).first_start.get_or_insert(at);
            }
            Fact::Served { who, pool, worker, visit, began, result } => {
                let (start, result) = (began.nanos(), of_outcome(result));
                self.request(who).visits.push(Visit {
                    pool,
                    worker,
                    attempt: visit,
                    start,
                    finish: at,
                    result,
                    invoked: None,
                });
            }
            Fact::Invoked { who, start, init, ran, .. } => {
                if let Some(visit) = self.request(who).visits.last_mut() {
                    let (cold, run_from) = (start == Start::Cold, at - ran.nanos());
                    visit.invoked = Some(Invoked { cold, run_from, billed: (init + ran).nanos() });
                }
            }
            Fact::Denied { who, .. } => self.request(who).throttled.push(at),
            Fact::Received { who, .. } => self.request(who).receives += 1,
            Fact::Extended { who, .. } => self.request(who).heartbeats.push(at),
            Fact::Answered { who, .. } => self.request(who).answered = Some(at),
            Fact::Completed { who, answered, .. } => {
                let request = self.request(who);
                request.answered = if answered { Some(at) } else { request.answered };
                request.completed = Some(at);
            }
            Fact::Lost { who, why, .. } => self.request(who).lost = Some((at, of_loss(why))),
            Fact::Launched { pool, worker } => self.asked_for(at, pool, worker),
            Fact::Running { pool, worker, size } => {
                let life = self.life(pool, worker);
                (life.running, life.size) = (Some(at), size);
            }
            Fact::Ready { pool, worker } => self.life(pool, worker).ready = Some(at),
            // One that never ran was stopped before the start: its first start is yet to come.
            Fact::Stopped { pool, worker } => match self.life(pool, worker) {
                life if life.running.is_some() => life.gone = Some(at),
                _ => self.lives.retain(|life| life.running.is_some() || (life.pool, life.worker) != (pool, worker)),
            },
            Fact::Woken { pool, worker, runs: false } => {
                self.restarts.push((at, pool, worker));
                self.asked_for(at, pool, worker);
            }
            Fact::Reclaimed { pool, worker } => self.life(pool, worker).taken = true,
            Fact::Gone { pool, worker } => self.life(pool, worker).gone = Some(at),
            Fact::Decided { decision, .. } => self.looks.push(Look { at, decision }),
            Fact::Away { node } => self.away.push((node, at, None)),
            Fact::Back { node } => {
                if let Some((_, _, end)) = self.away.iter_mut().rfind(|(gone, _, end)| *gone == node && end.is_none()) {
                    *end = Some(at);
                }
            }
            _ => {}
        }
    }

    /// How long `pool` could serve nobody before `end`: away, or without a worker in service.
    pub fn downtime(&self, pool: NodeId, end: u64) -> u64 {
        let mut changes: Vec<(u64, i32, i32)> = Vec::new();
        for life in self.lives.iter().filter(|life| life.pool == pool) {
            if let Some(ready) = life.ready {
                changes.push((ready, 1, 0));
                changes.extend(life.gone.map(|gone| (gone, -1, 0)));
            }
        }
        for &(_, from, to) in self.away.iter().filter(|(node, _, _)| *node == pool) {
            changes.push((from, 0, 1));
            changes.extend(to.map(|to| (to, 0, -1)));
        }
        changes.sort_by_key(|change| change.0);
        let (mut since, mut ready, mut away, mut down) = (0, 0, 0, 0);
        for (at, more, gone) in changes.into_iter().filter(|change| change.0 < end).chain([(end, 0, 0)]) {
            if ready == 0 || away > 0 {
                down += at - since;
            }
            (since, ready, away) = (at, ready + more, away + gone);
        }
        down
    }

    /// The most workers that were in service at once.
    pub fn peak_in_service(&self) -> usize {
        let serves = |life: &Life, at: u64| {
            life.ready.is_some_and(|ready| ready <= at) && life.gone.is_none_or(|gone| gone > at)
        };
        let instants = self.lives.iter().filter_map(|life| life.ready);
        instants.map(|at| self.lives.iter().filter(|life| serves(life, at)).count()).max().unwrap_or(0)
    }
}

fn of_outcome(result: Outcome) -> &'static str {
    match result {
        Outcome::Ok => "ok",
        Outcome::Abandoned => "abandoned",
        Outcome::Killed => "killed",
        Outcome::Released => "released",
        Outcome::Interrupted => "interrupted",
        Outcome::Refused => "refused",
        Outcome::Error => "error",
        Outcome::TimedOut => "timeout",
        Outcome::StaleDelete => "stale_delete",
        Outcome::Duplicate => "duplicate",
    }
}

fn of_loss(why: Loss) -> &'static str {
    match why {
        Loss::NoWorker => "no_downstream",
        Loss::Down => "down",
        Loss::Crashed => "crash",
        Loss::Stopped => "stopped",
        Loss::TimedOut => "timeout",
        Loss::FunctionTimeout => "function_timeout",
        Loss::DeadLettered => "dead_letter",
        Loss::Expired => "expired",
        Loss::Full => "full",
        Loss::Left => "left",
        Loss::Error => "error",
        Loss::Limited => "limited",
        Loss::Throttled => "throttled",
        Loss::Shed => "shed",
        Loss::Late => "late",
        Loss::Broken => "breaker_open",
        Loss::Crowded => "bulkhead_full",
        Loss::BadGateway => "bad_gateway",
        Loss::GatewayTimeout => "gateway_timeout",
        Loss::Network => "network",
        Loss::Unfinished => "unfinished",
    }
}
