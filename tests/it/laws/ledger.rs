//! Keeps books of everything that is told, by rules of its own, and says where a world's gauges differ from them.

use std::collections::BTreeMap;

use queuelab::cloud::fact::{Fact, Loss, Outcome, Who};
use queuelab::cloud::gauge::{Gauge, Level};
use queuelab::cloud::topology::{Application, Harm, NodeId, NodeKind, Topology};
use queuelab::engine::Observer;
use queuelab::ground::time::SimTime;

use super::crew::Crew;
use super::mail::Mail;

/// More facts at one instant than any of these scenarios has reason for. Who sends copies on and then fails, again and
/// again, makes a queue of hundreds of thousands; where their bucket is away, all of them are received and fail at once.
const HANGS: u32 = 3_000_000;

/// Who a request is, in order.
pub type Name = (u16, u32);

pub fn name(who: Who) -> Name {
    (who.workload.0, who.ordinal)
}

/// A level and its integral, kept by hand.
#[derive(Clone, Copy, Default)]
pub struct Mirror {
    pub level: i64,
    moment: i128,
}

impl Mirror {
    pub fn add(&mut self, at: SimTime, change: i64) {
        self.level += change;
        self.moment += i128::from(change) * i128::from(at.nanos());
    }

    pub fn set(&mut self, at: SimTime, level: i64) {
        self.add(at, level - self.level);
    }

    pub fn integral(&self, now: SimTime) -> i128 {
        i128::from(self.level) * i128::from(now.nanos()) - self.moment
    }
}

/// What is wrong, in words; at most so many of one run.
#[derive(Default)]
pub struct Wrongs(pub Vec<String>);

impl Wrongs {
    pub fn tell(&mut self, at: SimTime, what: impl FnOnce() -> String) {
        if self.0.len() < 12 {
            self.0.push(format!("at {} s: {}", at.seconds(), what()));
        }
    }
}

/// What is known of a request.
#[derive(Clone, Copy)]
struct Life {
    born: SimTime,
    sent: u16,
    answered: bool,
    ended: bool,
}

/// The books of one run.
pub struct Ledger {
    pub wrongs: Wrongs,
    requests: BTreeMap<Name, Life>,
    next: Vec<u32>,
    /// Workload and instant of every birth.
    pub births: Vec<(u16, SimTime)>,
    /// Whether anything at all went otherwise than well.
    pub trouble: bool,
    /// Whether the run was ended before its time.
    pub cut: bool,
    in_system: Mirror,
    /// Stays whose work was for nothing, and what was told to be.
    wasted: [u64; 2],
    /// Stays that ended well, where their answers take time on their way and may come too late; else none.
    answers: Option<u64>,
    pub crews: Vec<Option<Crew>>,
    mails: Vec<Option<Mail>>,
    away: Vec<Mirror>,
    at_once: (SimTime, u32),
}

impl Ledger {
    pub fn new(application: &Application, topology: &Topology) -> Ledger {
        let crews = topology.nodes.iter().enumerate().map(|(place, node)| {
            let pool = node.kind.pool();
            pool.map(|pool| Crew::new(topology, NodeId::at(place), pool, application))
        });
        let mails = topology.nodes.iter().map(|node| match &node.kind {
            NodeKind::Queue(queue) => Some(Mail::new(queue)),
            _ => None,
        });
        Ledger {
            wrongs: Wrongs::default(),
            requests: BTreeMap::new(),
            next: vec![0; application.workloads.len()],
            births: Vec::new(),
            trouble: false,
            cut: false,
            in_system: Mirror::default(),
            wasted: [0; 2],
            answers: has_ways(topology).then_some(0),
            crews: crews.collect(),
            mails: mails.collect(),
            away: vec![Mirror::default(); topology.nodes.len()],
            at_once: (SimTime::START, 0),
        }
    }

    /// Everybody who has not ended.
    pub fn unended(&self) -> usize {
        self.requests.values().filter(|life| !life.ended).count()
    }

    /// Holds the world's gauges against the books.
    pub fn compare(&mut self, now: SimTime, gauges: &[Gauge], levels: &[u64], integrals: &[u128]) {
        for ((gauge, &level), &integral) in gauges.iter().zip(levels).zip(integrals) {
            let known = match gauge.node {
                None if gauge.what == Level::InSystem => Some(self.in_system),
                // Nobody is told when a client begins to pause; at the end nobody does any more.
                None => None,
                Some(node) => self.mirror(node, gauge.what),
            };
            let Some(known) = known else { continue };
            if i128::from(level) != i128::from(known.level) || integral as i128 != known.integral(now) {
                let whose = gauge.node.map_or("the whole".to_owned(), |node| format!("node {}", node.0));
                self.wrongs.tell(now, || {
                    format!(
                        "`{}` of {whose} is {level}, its integral {integral}; by the facts {}, {}",
                        gauge.what.word(),
                        known.level,
                        known.integral(now)
                    )
                });
            }
        }
        let [stays, told] = self.wasted;
        if !(stays..=stays + self.answers.unwrap_or(0)).contains(&told) {
            self.wrongs.tell(now, || format!("{stays} stays were for nothing, and {told} are told of"));
        }
        for (place, crew) in self.crews.iter().enumerate() {
            let Some(known) = crew.as_ref().and_then(Crew::at_work) else { continue };
            let of = |what| gauges.iter().position(|gauge| *gauge == Gauge { node: Some(NodeId::at(place)), what });
            let parts = [Level::Busy, Level::Together].map(|what| of(what).expect("pools with batches have it"));
            let level: u64 = parts.iter().map(|&at| levels[at]).sum();
            let integral: u128 = parts.iter().map(|&at| integrals[at]).sum();
            if i128::from(level) != i128::from(known.level) || integral as i128 != known.integral(now) {
                self.wrongs.tell(now, || format!("pool {place} works on {level}; by the facts on {}", known.level));
            }
        }
        for (place, mail) in self.mails.iter().enumerate() {
            let Some(mail) = mail else { continue };
            let of = |what| gauges.iter().position(|gauge| *gauge == Gauge { node: Some(NodeId::at(place)), what });
            let parts = [Level::Visible, Level::InFlight, Level::Hidden].map(|what| of(what).expect("queues have it"));
            let parts: Vec<usize> = parts.into_iter().chain(of(Level::Delayed)).collect();
            let level: u64 = parts.iter().map(|&at| levels[at]).sum();
            let integral: u128 = parts.iter().map(|&at| integrals[at]).sum();
            let known = mail.there;
            if i128::from(level) != i128::from(known.level) || integral as i128 != known.integral(now) {
                self.wrongs.tell(now, || format!("queue {place} holds {level} messages; by the facts {}", known.level));
            }
        }
    }

    /// Units of calls to a queue, as a bill has them: sent, received, deleted, changed.
    pub fn calls(&self, place: usize) -> [u64; 4] {
        self.mails[place].as_ref().map_or([0; 4], |mail| mail.calls)
    }

    fn mirror(&self, node: NodeId, what: Level) -> Option<Mirror> {
        let (crew, mail) = (&self.crews[node.index()], &self.mails[node.index()]);
        match (what, crew, mail) {
            (Level::Away, ..) => Some(self.away[node.index()]),
            (_, Some(crew), _) => crew.mirror(what),
            (_, _, Some(mail)) => mail.mirror(what),
            _ => None,
        }
    }

    fn life(&mut self, at: SimTime, who: Who, fact: &Fact) -> Option<&mut Life> {
        let Ledger { requests, wrongs, .. } = self;
        let life = requests.get_mut(&name(who));
        if life.is_none() {
            wrongs.tell(at, || format!("{fact:?} is told of somebody who was not born"));
        }
        life
    }

    /// What is told of a request as a whole.
    fn of_request(&mut self, at: SimTime, fact: &Fact) {
        match *fact {
            Fact::Born { who } => {
                let next = &mut self.next[who.workload.index()];
                if *next != who.ordinal {
                    let expected = *next;
                    self.wrongs.tell(at, || format!("{who:?} is born where number {expected} should be"));
                }
                *next = who.ordinal + 1;
                self.births.push((who.workload.0, at));
                self.requests.insert(name(who), Life { born: at, sent: 0, answered: false, ended: false });
                self.in_system.add(at, 1);
            }
            Fact::Sent { who, attempt } => {
                let Some(life) = self.life(at, who, fact) else { return };
                let right = life.sent + 1 == attempt && !life.answered && !life.ended;
                life.sent = attempt;
                self.trouble |= attempt > 1;
                self.must(right, at, fact);
            }
            Fact::Answered { who, born } => {
                let Some(life) = self.life(at, who, fact) else { return };
                let right = life.sent > 0 && !life.answered && !life.ended && life.born == born;
                life.answered = true;
                self.must(right, at, fact);
            }
            Fact::Completed { who, born, answered } => {
                let Some(life) = self.life(at, who, fact) else { return };
                // Either now, by this very fact, or before: never twice.
                let right = life.sent > 0 && life.answered != answered && !life.ended && life.born == born;
                (life.answered, life.ended) = (true, true);
                self.in_system.add(at, -1);
                self.must(right, at, fact);
            }
            Fact::Lost { who, born, answered, .. } => {
                let Some(life) = self.life(at, who, fact) else { return };
                let right = life.answered == answered && !life.ended && life.born == born;
                life.ended = true;
                self.trouble = true;
                self.in_system.add(at, -1);
                self.must(right, at, fact);
            }
            _ => (),
        }
    }

    fn must(&mut self, right: bool, at: SimTime, fact: &Fact) {
        if !right {
            self.wrongs.tell(at, || format!("{fact:?} can't follow on what was told before"));
        }
    }

    fn hangs(&mut self, at: SimTime, fact: &Fact) {
        // At the end all who are still inside are told of at once, however many a storm of retries left there.
        if let Fact::Left { why: Loss::Unfinished, .. } | Fact::Lost { why: Loss::Unfinished, .. } = fact {
            return;
        }
        if self.at_once.0 != at {
            self.at_once = (at, 0);
        }
        self.at_once.1 += 1;
        assert!(self.at_once.1 < HANGS, "time stands still at {} s; just now {fact:?}", at.seconds());
    }
}

/// Whether ways between nodes take time, or may lose what takes them.
fn has_ways(topology: &Topology) -> bool {
    let network = &topology.network;
    network.hop.is_some()
        || network.across.is_some()
        || topology.faults.iter().any(|fault| matches!(fault.what, Harm::Link(_)))
}

impl Observer<Fact> for Ledger {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        self.hangs(at, fact);
        self.of_request(at, fact);
        let Ledger { wrongs, crews, mails, away, .. } = self;
        match *fact {
            Fact::Away { node } => away[node.index()].set(at, 1),
            Fact::Back { node } => away[node.index()].set(at, 0),
            Fact::Served { result: Outcome::Abandoned | Outcome::StaleDelete | Outcome::Duplicate, .. } => {
                self.wasted[0] += 1;
            }
            Fact::Served { result: Outcome::Ok, .. } => {
                if let Some(answers) = &mut self.answers {
                    *answers += 1;
                }
            }
            Fact::Wasted { .. } => self.wasted[1] += 1,
            _ => (),
        }
        for (place, crew) in crews.iter_mut().enumerate() {
            if let Some(crew) = crew {
                crew.saw(NodeId::at(place), at, fact, wrongs);
            }
        }
        // Dead letters go from one queue to another without being sent.
        let mut buried = None;
        for (place, mail) in mails.iter_mut().enumerate() {
            if let Some(mail) = mail {
                buried = buried.or(mail.saw(NodeId::at(place), at, fact, wrongs));
            }
        }
        if let Some((keeper, who)) = buried
            && let Some(mail) = &mut mails[keeper.index()]
        {
            mail.comes(at, who);
        }
    }
}
