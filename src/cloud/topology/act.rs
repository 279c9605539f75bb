//! What a step does to the infrastructure itself: machines, groups, dead letters.

use crate::cloud::topology::NodeId;
use crate::ground::time::Span;

/// A deed on the infrastructure. Takes no time of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Starts machines that are stopped.
    Start(Chosen),
    /// Stops machines that run; what they hold is lost.
    Stop(Chosen),
    /// Takes machines away for good; what they hold is lost.
    Terminate(Chosen),
    /// Launches machines.
    Launch(Launch),
    /// Sets the bounds of a group, or the size that it wants.
    SetCapacity(Capacity),
    /// Moves dead letters back.
    Redrive(Redrive),
}

/// Which machines: those of which all holds that is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// Of which.
    pub of: Whom,
    /// Only those in this state.
    pub state: Option<MachineState>,
    /// Only those that have each of these tags.
    pub with: Vec<Wanted>,
    /// Only those that have none of these tags.
    pub without: Vec<Wanted>,
}

/// Of which machines some are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The one that the event is about which the request came of.
    Event,
    /// Those of a pool.
    Pool(NodeId),
    /// Those of all pools.
    All,
}

/// The state of a machine, in the words of EC2 (Amazon EC2 user guide, instance lifecycle).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineState {
    /// Asked for, or started; not yet running.
    Pending,
    /// Running, whatever its software does.
    Running,
    /// Told to stop.
    Stopping,
    /// Stopped.
    Stopped,
}

/// A name and a value that somebody has given a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A tag that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The name.
    pub name: String,
    /// The value; `None`: any.
    pub value: Option<String>,
}

impl Wanted {
    /// Whether a tag is this one.
    pub fn is(&self, tag: &Tag) -> bool {
        self.name == tag.name && self.value.as_ref().is_none_or(|value| *value == tag.value)
    }
}

/// Machines that somebody launches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Of which pool, whose size nobody else sees to.
    pub pool: NodeId,
    /// How many; at least 1.
    pub count: u32,
    /// Their tags, beside those of the pool; one of the same name takes its place.
    pub tags: Vec<Tag>,
}

/// What becomes of the bounds of a group, and of the size that it wants; `None`: it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Whose.
    pub pool: NodeId,
    /// At least so many from now on.
    pub min: Option<u32>,
    /// So many now.
    pub desired: Option<u32>,
    /// At most so many from now on.
    pub max: Option<u32>,
}

/// Dead letters that go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// From this queue …
    pub from: NodeId,
    /// … to this one.
    pub to: NodeId,
    /// From one message to the next; above nothing.
    pub every: Span,
}
