//! The books of one pool: its line, its slots, and the lives of its workers.

use std::collections::{BTreeMap, BTreeSet};

use queuelab::cloud::fact::{Fact, Outcome};
use queuelab::cloud::gauge::Level;
use queuelab::cloud::scaling::Scaling;
use queuelab::cloud::topology::{Application, Discipline, Harm, Held, NodeId, NodeKind, Notice, Pool, Topology};
use queuelab::ground::time::{SimTime, Span};

use super::ledger::{Mirror, Name, Wrongs, name};

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Launched,
    Running,
    Ready,
    Failed,
    Draining,
    /// For the warm pool or in it.
    Warm,
    Gone,
}

struct Worker {
    stage: Stage,
    size: u16,
    ran: SimTime,
    ready: SimTime,
    /// Its machine runs, and is paid for.
    runs: bool,
}

/// A stay with a worker.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    pub who: Name,
    pub worker: u32,
    pub began: SimTime,
    pub ended: SimTime,
    pub result: Outcome,
}

/// Since when a worker was in service, and until when it served.
struct Service {
    worker: u32,
    slots: u32,
    from: SimTime,
    to: SimTime,
}

/// The books of a pool.
pub struct Crew {
    slots: Vec<u32>,
    /// As many as a slot takes together.
    together: u32,
    /// A slot may hold more than the one that is at work.
    several: bool,
    unlimited: bool,
    /// One line for all, and nobody overtakes.
    in_order: bool,
    shared: bool,
    /// Somebody may begin while others stand in a line.
    overtakes: bool,
    away: bool,
    line: Mirror,
    busy: Mirror,
    levels: [Mirror; 7],
    desired: Option<Mirror>,
    bounded: Option<(u32, u32)>,
    /// Who stands in line since when.
    waiting: BTreeMap<(Name, SimTime), u32>,
    /// Two pieces of one request came at the same instant, so that the facts don't tell which of them stands.
    in_doubt: bool,
    last_in_line: SimTime,
    /// Who is at work since when.
    working: BTreeMap<(Name, SimTime), u32>,
    pub stays: Vec<Stay>,
    /// Who left the line without having been served, or served to the end.
    pub left: BTreeSet<Name>,
    workers: BTreeMap<u32, Worker>,
    services: Vec<Service>,
    /// Size, from and until when a machine ran.
    pub lives: Vec<(u16, SimTime, SimTime)>,
    /// The worker whose machine the provider is taking back.
    taken: Option<u32>,
    /// Whether machines are ever taken back.
    reclaims: bool,
    /// Whether there is a warm pool.
    warms: bool,
    /// Sizes of machines that were taken back within an hour: nobody pays for them.
    pub free: Vec<u16>,
}

const PENDING: usize = 0;
const BOOTING: usize = 1;
const READY: usize = 2;
const DRAINING: usize = 3;
const SLOTS: usize = 4;
const FAILED: usize = 5;
const WARM: usize = 6;

impl Crew {
    pub fn new(topology: &Topology, id: NodeId, pool: &Pool, application: &Application) -> Crew {
        let among = |to: &[NodeId]| to.contains(&id);
        let behind_balancer =
            topology.nodes.iter().any(|node| matches!(&node.kind, NodeKind::Balancer(balancer) if among(&balancer.to)));
        let preempts = match pool.line {
            Discipline::Priority { preempts, .. } => preempts,
            _ => None,
        };
        let all = || application.faults.iter().chain(&topology.faults);
        let mut fates: Vec<Held> = all().map(|fault| fault.held).chain([pool.scale_in.held]).chain(preempts).collect();
        if let Scaling::Vertical(vertical) = &pool.scaling {
            fates.push(vertical.held);
        }
        if pool.notice == Notice::Release {
            fates.push(Held::Back);
        }
        let back = fates.iter().any(|held| !matches!(held, Held::Finish | Held::Lost));
        let slots = match &pool.scaling {
            Scaling::Vertical(vertical) => vertical.sizes.iter().map(|size| size.slots).collect(),
            _ => vec![if pool.workers.is_none() { 1 } else { pool.slots }],
        };
        let mut desired = Mirror::default();
        desired.set(SimTime::START, i64::from(pool.workers.unwrap_or(1)));
        let several = pool.batch.is_some() || pool.poll.messages.is_some_and(|messages| messages > 1);
        Crew {
            slots,
            together: pool.batch.map_or(1, |batch| batch.at_most),
            several,
            unlimited: pool.workers.is_none(),
            in_order: pool.line == Discipline::FirstCome && !behind_balancer && !back && !several,
            shared: !behind_balancer,
            overtakes: behind_balancer || preempts.is_some() || several,
            away: false,
            line: Mirror::default(),
            busy: Mirror::default(),
            levels: [Mirror::default(); 7],
            desired: (!matches!(pool.scaling, Scaling::Timetable(_))).then_some(desired),
            bounded: match &pool.scaling {
                Scaling::Group(group) => Some((group.min, group.max)),
                _ => None,
            },
            waiting: BTreeMap::new(),
            in_doubt: false,
            last_in_line: SimTime::START,
            working: BTreeMap::new(),
            stays: Vec::new(),
            left: BTreeSet::new(),
            workers: BTreeMap::new(),
            services: Vec::new(),
            lives: Vec::new(),
            taken: None,
            warms: pool.scaling.warm_pool().is_some(),
            reclaims: all().any(|fault| matches!(fault.what, Harm::Reclaim(_))),
            free: Vec::new(),
        }
    }

    pub fn mirror(&self, what: Level) -> Option<Mirror> {
        match what {
            Level::Line => (!self.in_doubt).then_some(self.line),
            Level::Busy => (self.together == 1).then_some(self.busy),
            Level::Pending => Some(self.levels[PENDING]),
            Level::Booting => Some(self.levels[BOOTING]),
            Level::Ready => Some(self.levels[READY]),
            Level::Failed => Some(self.levels[FAILED]),
            Level::Draining => Some(self.levels[DRAINING]),
            Level::Warm => Some(self.levels[WARM]),
            Level::Slots => Some(self.levels[SLOTS]),
            Level::Desired => self.desired,
            _ => None,
        }
    }

    /// All who are at work, where slots hold several: their slots and who is beside them are told apart nowhere.
    pub fn at_work(&self) -> Option<Mirror> {
        (self.together > 1).then_some(self.busy)
    }

    pub fn saw(&mut self, own: NodeId, at: SimTime, fact: &Fact, wrongs: &mut Wrongs) {
        let right = match *fact {
            Fact::Queued { pool, .. }
            | Fact::Started { pool, .. }
            | Fact::Left { pool, .. }
            | Fact::Served { pool, .. }
                if pool == own =>
            {
                self.of_work(at, fact)
            }
            Fact::Away { node } | Fact::Back { node } if node == own => {
                self.away = matches!(fact, Fact::Away { .. });
                true
            }
            Fact::Launched { pool, worker } if pool == own => self.lives_on(at, worker, Stage::Launched, None),
            Fact::Running { pool, worker, size } if pool == own => match self.workers.get_mut(&worker) {
                Some(warm) if warm.stage == Stage::Warm => {
                    (warm.ran, warm.size) = (at, size);
                    !std::mem::replace(&mut warm.runs, true)
                }
                _ => self.lives_on(at, worker, Stage::Running, Some(size)),
            },
            Fact::Warming { pool, worker } if pool == own => self.lives_on(at, worker, Stage::Warm, None),
            Fact::Stopped { pool, worker } if pool == own => self.stops(at, worker),
            Fact::Woken { pool, worker, runs } if pool == own => {
                self.lives_on(at, worker, if runs { Stage::Running } else { Stage::Launched }, None)
            }
            Fact::Ready { pool, worker } if pool == own => self.lives_on(at, worker, Stage::Ready, None),
            Fact::Failed { pool, worker } if pool == own => {
                self.drains(worker) || self.lives_on(at, worker, Stage::Failed, None)
            }
            Fact::Repaired { pool, worker } if pool == own => {
                self.drains(worker) || self.lives_on(at, worker, Stage::Ready, None)
            }
            Fact::Draining { pool, worker } if pool == own => self.lives_on(at, worker, Stage::Draining, None),
            Fact::Reclaimed { pool, worker } if pool == own => self.taken.replace(worker).is_none(),
            Fact::Gone { pool, worker } if pool == own => self.lives_on(at, worker, Stage::Gone, None),
            Fact::Decided { pool, decision } if pool == own => {
                let Some(desired) = &mut self.desired else { return };
                let right = desired.level == i64::from(decision.from)
                    && self.bounded.is_none_or(|(_, max)| decision.to <= max.max(decision.from));
                desired.set(at, i64::from(decision.to));
                right
            }
            _ => true,
        };
        if !right {
            wrongs.tell(at, || format!("{fact:?} can't follow on what was told before"));
        }
    }

    fn of_work(&mut self, at: SimTime, fact: &Fact) -> bool {
        match *fact {
            Fact::Queued { who, .. } => {
                self.stands(name(who), at);
                // Where workers are unlimited, each request finds one idle.
                !self.unlimited || self.away || self.several
            }
            Fact::Started { who, waited, .. } => {
                let since = SimTime::from_nanos(at.nanos() - waited.nanos());
                let in_line = self.goes(name(who), since, at);
                let known = in_line || since == at || self.in_doubt;
                // Where all but those who drain have failed nobody is taken in, and they still end their own lines.
                let closed = self.away && !self.several && (self.shared || self.levels[DRAINING].level == 0);
                let right = known && !closed && (!self.in_order || since >= self.last_in_line);
                self.last_in_line = self.last_in_line.max(since);
                self.busy.add(at, 1);
                *self.working.entry((name(who), at)).or_default() += 1;
                right
            }
            Fact::Left { who, waited, .. } => {
                self.left.insert(name(who));
                let since = SimTime::from_nanos(at.nanos() - waited.nanos());
                self.goes(name(who), since, at) || self.in_doubt
            }
            Fact::Served { who, worker, began, result, .. } => {
                self.busy.add(at, -1);
                self.stays.push(Stay { who: name(who), worker, began, ended: at, result });
                if result == Outcome::Interrupted && self.shared {
                    // It stands at the head of the line again.
                    self.stands(name(who), at);
                }
                take(&mut self.working, (name(who), began))
            }
            _ => true,
        }
    }

    /// Whether a worker is on its way out, from which failing and being mended do not keep it.
    fn drains(&self, number: u32) -> bool {
        self.workers.get(&number).is_some_and(|worker| worker.stage == Stage::Draining)
    }

    fn stands(&mut self, who: Name, at: SimTime) {
        self.line.add(at, 1);
        *self.waiting.entry((who, at)).or_default() += 1;
    }

    fn goes(&mut self, who: Name, since: SimTime, at: SimTime) -> bool {
        let stood = take(&mut self.waiting, (who, since));
        if stood {
            self.line.add(at, -1);
            // Where one may begin past a line, it may have been another piece of the same request.
            self.in_doubt |= since == at && self.overtakes;
        }
        stood
    }

    /// A machine of the warm pool is stopped, unless it had not run before the start.
    fn stops(&mut self, at: SimTime, number: u32) -> bool {
        let Some(worker) = self.workers.get_mut(&number) else { return false };
        if std::mem::replace(&mut worker.runs, false) {
            self.lives.push((worker.size, worker.ran, at));
        }
        worker.stage == Stage::Warm
    }

    /// A worker goes on to the next stage of its life; false where that can't be.
    fn lives_on(&mut self, at: SimTime, number: u32, to: Stage, size: Option<u16>) -> bool {
        let known = self.workers.len() as u32;
        let worker = self.workers.entry(number).or_insert(Worker {
            stage: Stage::Gone,
            size: 0,
            ran: at,
            ready: at,
            runs: false,
        });
        let from = std::mem::replace(&mut worker.stage, to);
        worker.size = size.unwrap_or(worker.size);
        let slots = self.slots[usize::from(worker.size).min(self.slots.len() - 1)];
        if to == Stage::Running && from != Stage::Warm {
            (worker.ran, worker.runs) = (at, true);
        }
        if to == Stage::Ready && from != Stage::Failed {
            worker.ready = at;
        }
        let levels = &mut self.levels;
        let mut count = |stage: Stage, change: i64| match stage {
            Stage::Launched => levels[PENDING].add(at, change),
            Stage::Running => levels[BOOTING].add(at, change),
            Stage::Ready => {
                levels[READY].add(at, change);
                levels[SLOTS].add(at, change * i64::from(slots));
            }
            Stage::Failed => levels[FAILED].add(at, change),
            Stage::Draining => levels[DRAINING].add(at, change),
            Stage::Warm => levels[WARM].add(at, change),
            Stage::Gone => (),
        };
        count(from, -1);
        count(to, 1);
        let taken = to == Stage::Gone && self.taken == Some(number);
        if taken {
            self.taken = None;
        }
        if taken && at - worker.ran < Span::from_secs(3_600) {
            self.free.push(worker.size);
        } else if to == Stage::Gone && worker.runs {
            self.lives.push((worker.size, worker.ran, at));
        }
        worker.runs &= to != Stage::Gone;
        if matches!(to, Stage::Gone | Stage::Warm) && matches!(from, Stage::Ready | Stage::Failed | Stage::Draining) {
            self.services.push(Service { worker: number, slots, from: worker.ready, to: at });
        }
        match (from, to) {
            // A new one, or one that comes back as another size.
            (Stage::Gone, Stage::Launched) => number == known + 1 || self.slots.len() > 1,
            (Stage::Launched, Stage::Running) | (Stage::Running, Stage::Ready) | (Stage::Ready, Stage::Draining) => {
                true
            }
            // A machine that boots when it hears of its end never serves.
            (Stage::Running, Stage::Draining) => self.reclaims,
            (Stage::Ready, Stage::Failed) | (Stage::Failed, Stage::Ready | Stage::Draining | Stage::Gone) => true,
            (Stage::Launched | Stage::Draining, Stage::Warm) => self.warms,
            (Stage::Warm, Stage::Launched | Stage::Running | Stage::Gone) => self.warms,
            (Stage::Draining, Stage::Gone) | (Stage::Launched | Stage::Running, Stage::Gone) => true,
            (Stage::Ready, Stage::Gone) => self.slots.len() > 1,
            _ => false,
        }
    }

    /// Closes the books: lives that go on end here for the bill, and nobody served more at once than they could.
    pub fn close(&mut self, at: SimTime, wrongs: &mut Wrongs) {
        for (&number, worker) in &self.workers {
            let slots = self.slots[usize::from(worker.size).min(self.slots.len() - 1)];
            if matches!(worker.stage, Stage::Ready | Stage::Failed | Stage::Draining) {
                self.services.push(Service { worker: number, slots, from: worker.ready, to: at });
            }
        }
        if self.unlimited {
            return;
        }
        for service in &self.services {
            let of = self.stays.iter().filter(|stay| stay.worker == service.worker && stay.began != stay.ended);
            let mut changes: Vec<(SimTime, i64)> = of
                .filter(|stay| stay.began >= service.from && stay.ended <= service.to)
                .flat_map(|stay| [(stay.began, 1), (stay.ended, -1)])
                .collect();
            changes.sort_unstable();
            let mut at_once = 0;
            for (when, change) in changes {
                at_once += change;
                if at_once > i64::from(service.slots) * i64::from(self.together) {
                    wrongs.tell(when, || {
                        format!(
                            "worker {} serves {at_once} at once with {} slots of {}",
                            service.worker, service.slots, self.together
                        )
                    });
                }
            }
        }
        for stay in &self.stays {
            let known = self
                .services
                .iter()
                .any(|service| service.worker == stay.worker && service.from <= stay.began && stay.ended <= service.to);
            if !known {
                wrongs.tell(stay.ended, || format!("{stay:?} is not within the worker's service"));
            }
        }
    }

    /// Machines that run at present: their sizes, and since when.
    pub fn running(&self) -> impl Iterator<Item = (u16, SimTime)> {
        self.workers.values().filter(|worker| worker.runs).map(|worker| (worker.size, worker.ran))
    }
}

/// Takes one of a kind out of a bag; false where there is none.
fn take<K: Ord>(bag: &mut BTreeMap<K, u32>, what: K) -> bool {
    match bag.get_mut(&what) {
        Some(1) => {
            bag.remove(&what);
            true
        }
        Some(count) => {
            *count -= 1;
            true
        }
        None => false,
    }
}
