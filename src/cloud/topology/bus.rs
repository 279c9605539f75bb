//! An event bus: rules take the events that are put on it, and send each on to their targets.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::bus::pattern::Pattern;
use crate::cloud::topology::{Backoff, Client, Growth, Node, NodeId, NodeKind, Topology, Workload};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// The bus that hears what happens to the infrastructure, and that schedules stand on.
pub const DEFAULT_BUS: &str = "default";

impl Topology {
    /// The bus that is called [`DEFAULT_BUS`], if there is one.
    pub fn default_bus(&self) -> Option<NodeId> {
        let is_default = |node: &Node| matches!(&node.kind, NodeKind::Bus(_) if node.name == DEFAULT_BUS);
        self.nodes.iter().position(is_default).map(NodeId::at)
    }
}

/// An event bus.
#[derive(Clone, Debug)]
pub struct Bus {
    /// From an event to the first attempt to hand it to a target (nanoseconds).
    pub latency: Distribution,
    /// The share of what happens to machines that it never hears of: their services do their best, and promise nothing.
    pub loss: f64,
    /// Events that it takes: beyond them who puts one is refused. `None`: any number.
    pub puts: Option<Growth>,
    /// Deliveries that it makes: beyond them events wait. `None`: any number.
    pub invocations: Option<Growth>,
    /// Whether what comes to it is kept, for the bill and for replays.
    pub archive: Option<Archive>,
    /// Its rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// What those requests are like that stand for its own events: [`background`].
    pub background: Workload,
}

/// The memory of a bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    /// How long an event is kept; nothing is for ever.
    pub keep: Span,
    /// What of it goes through the rules again, and when.
    pub replays: Vec<Replay>,
}

/// Events of an archive that go through the rules of its bus again, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Its name in the file, which the events carry (Amazon EventBridge user guide, *Replaying archived events*: `replay-name`).
    pub name: String,
    /// When it begins.
    pub at: SimTime,
    /// Events from this instant on …
    pub from: SimTime,
    /// … and before this one.
    pub to: SimTime,
    /// The rules that hear of them; `None`: all that take events by pattern.
    pub rules: Option<Vec<u16>>,
    /// From one event to the next.
    pub every: Span,
}

impl Archive {
    /// Whether a replay is to come of what comes at an instant.
    pub fn replays_of(&self, at: SimTime) -> bool {
        self.replays.iter().any(|replay| (replay.from..replay.to).contains(&at))
    }

    /// Whether what came at an instant is still kept at another.
    pub fn has(&self, at: SimTime, now: SimTime) -> bool {
        self.keep == Span::ZERO || at.after(self.keep) > now
    }
}

/// A rule of a bus.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name in the file; names its draws.
    pub name: String,
    /// What it takes.
    pub takes: Takes,
    /// To whom each event goes, to each by itself.
    pub to: Vec<NodeId>,
    /// What the targets get instead of the whole event.
    pub input: Option<Input>,
    /// How often a delivery is tried again.
    pub retries: u32,
    /// One that is older is not tried again.
    pub max_age: Span,
    /// The pause before the next attempt.
    pub backoff: Backoff,
    /// The queue of what could not be delivered.
    pub dead_letters: Option<NodeId>,
}

/// What a rule takes.
#[derive(Clone, Debug)]
pub enum Takes {
    /// Events that match.
    Pattern(Box<Pattern>),
    /// Nothing: it makes an event of its own at these times.
    Schedule {
        /// When.
        when: Times,
        /// How much later than that it happens (nanoseconds), drawn each time.
        late: Distribution,
    },
}

/// The times of a schedule.
#[derive(Clone, Debug)]
pub enum Times {
    /// So long after the start, and so long after each time.
    Every(Span),
    /// At these instants.
    At(Vec<SimTime>),
}

/// What a target gets instead of the whole event.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Variables and where in the event their values stand: keys joined with dots, behind `$.`.
    pub paths: Vec<(String, String)>,
    /// The text, with variables between `<` and `>`; `None`: what the first path leads to.
    pub template: Option<String>,
}

/// Bytes of a request that nobody sends.
const BACKGROUND_BYTES: u64 = 1_024;

/// The kind of those requests that nobody sends: what schedules do, and what follows on what happens to machines. Its number
/// is one more than the last of the application's; no figure counts it.
pub fn background() -> Workload {
    Workload {
        // No name of a file is empty.
        name: String::new(),
        arrivals: Arrivals::Even { every: Span::from_secs(1), offset: Span::ZERO },
        batch: None,
        at_start: 0,
        client: Client::default(),
        size: Distribution::constant(BACKGROUND_BYTES),
        answer_size: Distribution::constant(0),
        groups: None,
    }
}
