//! What a worker does for one kind of request, with everything that is needed to do it at hand.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::topology::{
    Act, Application, Harm, Mix, NodeId, NodeKind, Retry, Speed, Topology, Verb, WorkId, Workload,
};
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;

/// A law and the name of its draws: sizes, latencies, patience.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The law.
    pub law: &'a Distribution,
    /// Names the draws.
    pub key: Key,
}

impl Named<'_> {
    /// The draw of that number.
    pub fn nth(&self, n: u64) -> u64 {
        self.law.sample(&mut self.key.draw(n))
    }
}

/// A piece of work, and how one finds out how long it takes.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Which; `None` is none that a request could bring: how long something outside takes.
    pub work: Option<WorkId>,
    /// How long it takes on the reference machine, where requests do not bring it.
    pub law: Option<&'a Distribution>,
    /// Names the draws.
    pub key: Key,
    /// Draws each visit anew.
    pub fresh: bool,
    /// What of it computes.
    pub mix: Mix,
    /// How much faster that is here than with one vCPU.
    pub gain: Speed,
}

impl<'a> Piece<'a> {
    /// A piece of work of a kind of request. `root` is the replication's key.
    pub fn of(whose: Whose<'a, '_>, work: WorkId, fresh: bool, root: Key) -> Piece<'a> {
        let described = &whose.application.works[work.index()];
        let key = root.named("work").named(&whose.workload.name).named(&described.name);
        let here = whose.topology.nodes[whose.node.index()].kind.pool();
        let gain = described.gain(here.map_or(Speed::ONE, |pool| pool.vcpus));
        Piece { work: Some(work), law: described.law.as_ref(), key, fresh, mix: described.mix, gain }
    }

    /// How fast it computes on a machine of some speed.
    #[inline(always)]
    pub fn speed(&self, machine: Speed) -> Speed {
        if self.gain == Speed::ONE { machine } else { machine.times(self.gain) }
    }
}

/// Whom a step calls, and how.
#[derive(Clone, Copy, Debug)]
pub struct Calls<'a> {
    /// Whom.
    pub to: &'a [NodeId],
    /// The row of its timeouts.
    pub row: Option<u16>,
    /// Where its calls are remembered, among all steps whose are.
    pub guard: Option<u32>,
    /// Sends a copy to whoever has not answered after so long.
    pub hedge: Option<Span>,
}

/// One step of a programme.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Acts on the infrastructure.
    Act(&'a Act),
    /// Keeps the slot for a piece of work.
    Work {
        /// Which.
        piece: Piece<'a>,
        /// The chance that it ends in an error …
        fails: f64,
        /// … and what names the draws of that.
        failing: Key,
        /// Some requests may be such that it always fails on them.
        poisoned: bool,
        /// Always drawn by request, and computes all the time: how it begins needs no further look.
        opens: bool,
        /// Whether it goes well is its own chance at most: how it ends needs no further look.
        ends: bool,
        /// Done once for all that are taken together: the number of its step, from 1; 0 where each does its own.
        together: u16,
    },
    /// Waits until its environment is ready: of functions the first of all steps.
    Wake,
    /// Goes on with the next of the programme where what is drawn is below a bound, and else at another place of it.
    Choose {
        /// Names the draws.
        key: Key,
        /// Draws each visit anew.
        fresh: bool,
        /// Below it.
        bound: f64,
        /// The place where it goes on otherwise.
        other: u16,
    },
    /// Goes on at another place of the programme.
    GoTo(u16),
    /// Sends on and waits.
    Call {
        /// Whom, and how.
        calls: Calls<'a>,
        /// Whether, when and how often it tries again.
        retry: &'a Retry,
        /// Names the draws of its pauses.
        key: Key,
    },
    /// Sends on and goes on.
    Send {
        /// Whom.
        to: &'a [NodeId],
        /// The message's size; `None` is the request's own.
        size: Option<Named<'a>>,
        /// How many of the same.
        copies: u32,
        /// The group of the message; `None` is the request's own.
        group: Option<u32>,
        /// How long it stays out of sight; `None` is what its queue says.
        delay: Option<Span>,
    },
    /// Stores an object.
    Put {
        /// Where.
        bucket: NodeId,
        /// The object's size; `None` is the request's own.
        size: Option<Named<'a>>,
        /// How long it takes; `None` is no time.
        takes: Option<Named<'a>>,
        /// Which bus hears of it, and of an event of which shape.
        told: Option<(NodeId, u32)>,
        /// Its bucket tells others of it.
        notifies: bool,
    },
    /// Puts an event on a bus.
    Event {
        /// On which.
        bus: NodeId,
        /// Of which shape.
        shape: u32,
        /// Its bytes; `None`: as many as it has as text.
        size: Option<Named<'a>>,
    },
    /// Reads an object.
    Get {
        /// From where.
        bucket: NodeId,
        /// The object's size; `None` is the request's own.
        size: Option<Named<'a>>,
        /// How long it takes; `None` is no time.
        takes: Option<Named<'a>>,
    },
}

/// What follows on a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing: it was the last one.
    Done,
    /// The last step, which sends one piece to this pool, as it is.
    HandOn(NodeId),
    /// The last step, which sends one piece to this queue, as it is.
    Post(NodeId),
    /// Another step.
    More,
}

/// What a node is to those who send a piece there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pool, or a service.
    Pool,
    /// A queue.
    Queue,
    /// A balancer, or a bucket.
    Other,
}

/// How a step ends, and what follows on it.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// What follows where it went well.
    pub after: After,
    /// The chance that it ends in an error …
    pub fails: f64,
    /// … and what names the draws of that.
    pub failing: Key,
}

impl Ending {
    /// How each step of a programme ends. `kind`: what a node is.
    pub fn each(programme: &[Action<'_>], kind: &impl Fn(NodeId) -> Kind) -> Vec<Ending> {
        // What stands at a place, or where it leads.
        let stands = |mut place: usize| {
            while let Some(Action::GoTo(other)) = programme.get(place) {
                place = usize::from(*other);
            }
            (place, programme.get(place).copied())
        };
        let ending = |step: usize| {
            let after = match stands(step + 1) {
                (_, None) => After::Done,
                (place, Some(Action::Send { to: &[to], size: None, copies: 1, group: None, delay: None }))
                    if stands(place + 1).1.is_none() =>
                {
                    match kind(to) {
                        Kind::Pool => After::HandOn(to),
                        Kind::Queue => After::Post(to),
                        Kind::Other => After::More,
                    }
                }
                _ => After::More,
            };
            match programme[step] {
                Action::Work { fails, failing, .. } => Ending { after, fails, failing },
                Action::Choose { .. } | Action::GoTo(_) => {
                    Ending { after: After::More, fails: 0.0, failing: Key::root(0, 0) }
                }
                _ => Ending { after, fails: 0.0, failing: Key::root(0, 0) },
            }
        };
        (0..programme.len()).map(ending).collect()
    }

    /// What follows on the first step of each of some programmes, where that is always the same, cannot fail, and leaves no
    /// other step that might end.
    pub fn alike(endings: &[Vec<Ending>]) -> Option<After> {
        let follows = |steps: &Vec<Ending>| {
            let first = steps.first()?;
            (first.fails == 0.0 && first.after != After::More).then_some(first.after)
        };
        let after = follows(endings.first()?)?;
        endings.iter().all(|steps| follows(steps) == Some(after)).then_some(after)
    }
}

impl<'a> Action<'a> {
    /// The action of a verb at a node for one workload. `root` is the replication's key; the names below it are those
    /// of the application and of nodes, never places in a list, so that every topology draws the same.
    pub fn of(verb: &'a Verb, whose: Whose<'a, '_>, root: Key, row: Option<u16>, guard: Option<u32>) -> Action<'a> {
        let Whose { application, topology, node, workload, step } = whose;
        let name_of = |node: NodeId| topology.nodes[node.index()].name.as_str();
        let key = |what: &str| root.named(what).named(&workload.name);
        let sizes = |size: &'a Option<Distribution>| size.as_ref().map(|law| Named { law, key: key("body") });
        let latency = |bucket: NodeId, what: &str| match &topology.nodes[bucket.index()].kind {
            NodeKind::Bucket(store) => {
                let law = if what == "put" { &store.put } else { &store.get };
                law.as_ref().map(|law| Named { law, key: key(what).named(name_of(bucket)) })
            }
            NodeKind::Balancer(_)
            | NodeKind::Pool(_)
            | NodeKind::Queue(_)
            | NodeKind::Service(_)
            | NodeKind::Function(_)
            | NodeKind::Bus(_)
            | NodeKind::Cluster(_) => None,
        };
        match verb {
            Verb::Act(act) => Action::Act(act),
            Verb::Work { work, fails, fresh, together, .. } => {
                let described = &application.works[work.index()];
                let piece = Piece::of(whose, *work, *fresh, root);
                let key = piece.key;
                let scripted = matches!(workload.arrivals, Arrivals::Instants(_));
                let faults = || application.faults.iter().chain(&topology.faults);
                let poisoned = faults().any(|fault| matches!(fault.what, Harm::Poison(poison) if poison.work == *work));
                let drawn = described.law.is_some() && !fresh && !scripted;
                let opens = drawn && !together && described.mix.is_all() && piece.gain == Speed::ONE;
                let ends = !scripted && !together && !poisoned && described.mix.is_all();
                let together = if *together { step + 1 } else { 0 };
                Action::Work { piece, fails: *fails, failing: key.named("fails"), poisoned, opens, ends, together }
            }
            Verb::Call { to, retry, guards, .. } => {
                let key = to.iter().fold(key("call").named(name_of(node)), |key, &to| key.named(name_of(to)));
                Action::Call { calls: Calls { to, row, guard, hedge: guards.hedge }, retry, key }
            }
            Verb::Send { to, size, copies, group, delay } => {
                Action::Send { to, size: sizes(size), copies: *copies, group: *group, delay: *delay }
            }
            Verb::Answer { latency, fails } => {
                let key = key("answer").named(name_of(node));
                let piece = Piece {
                    work: None,
                    law: Some(latency),
                    key,
                    fresh: true,
                    mix: Mix { computing: 0 },
                    gain: Speed::ONE,
                };
                let failing = key.named("fails");
                Action::Work { piece, fails: *fails, failing, poisoned: false, opens: false, ends: false, together: 0 }
            }
            Verb::Put { bucket, size, shape } => {
                let (bus, notifies) = match &topology.nodes[bucket.index()].kind {
                    NodeKind::Bucket(bucket) => (bucket.bus, !bucket.notify.is_empty()),
                    _ => (None, false),
                };
                let (told, takes) = (bus.zip(*shape), latency(*bucket, "put"));
                Action::Put { bucket: *bucket, size: sizes(size), takes, told, notifies }
            }
            Verb::Event { bus, shape, size } => Action::Event { bus: *bus, shape: *shape, size: sizes(size) },
            Verb::Get { bucket, size } => {
                Action::Get { bucket: *bucket, size: sizes(size), takes: latency(*bucket, "get") }
            }
            Verb::Choose { .. } => unreachable!("a choice is laid out in turns"),
        }
    }

    /// The action of a turn at a choice.
    pub fn choice(verb: &Verb, whose: Whose<'_, '_>, root: Key, bound: f64, other: usize) -> Action<'a> {
        let (name, fresh) = match verb {
            Verb::Choose { draw, fresh, .. } => (draw.as_ref(), *fresh),
            _ => (None, false),
        };
        let key = root.named("choose").named(&whose.workload.name);
        let key = match name {
            Some(name) => key.named(name),
            None => {
                let of = &whose.topology.nodes[whose.node.index()];
                let before = of.kind.pool().map_or(&[][..], |pool| &pool.steps[..usize::from(whose.step)]);
                let number = before.iter().filter(|step| matches!(step.verb, Verb::Choose { .. })).count();
                key.named(&of.name).nth(number as u64)
            }
        };
        Action::Choose { key, fresh, bound, other: other as u16 }
    }
}

/// Where a step is done, and for which kind of request.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a, 'w> {
    /// What requests need.
    pub application: &'a Application,
    /// What they are played through.
    pub topology: &'a Topology,
    /// Whose step it is.
    pub node: NodeId,
    /// The kind of request.
    pub workload: &'w Workload,
    /// The step's place among all of the node, from 0.
    pub step: u16,
}
