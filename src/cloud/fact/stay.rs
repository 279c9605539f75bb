//! How a stay with a worker begins and ends, and what time and bytes go on beside it.

/// A way on which bytes are paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// Into another zone.
    Zones,
    /// Through a gateway, to something outside.
    Gateway,
}

/// What a piece of a request spends time on, beside lines and work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Spent {
    /// Waiting for the other branches of its fan-out.
    Join,
    /// Keeping a slot while calls are answered and objects brought, with pauses between attempts: time that whoever is asked
    /// tells, too.
    Answers,
    /// On the way to a node or back from it, and whatever an invocation of a function takes beside its run.
    Way,
    /// On the way to a slot that has received it and is kept meanwhile.
    Fetch,
    /// Waiting for an environment of a function that is made for it.
    Start,
    /// In a function's own queue, or in one where it is not visible yet.
    Queue,
    /// An object that is stored or read.
    Object,
}

impl Spent {
    /// All of it.
    pub const ALL: [Spent; 7] =
        [Spent::Join, Spent::Answers, Spent::Way, Spent::Fetch, Spent::Start, Spent::Queue, Spent::Object];
}

/// How a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// In a new environment.
    Cold,
    /// In one that was still initialised for another.
    Joined,
    /// In one that was idle, or had room beside others.
    Warm,
    /// In one that is kept ready.
    Provisioned,
}

impl Start {
    /// Whether it waited for an environment that was not there yet.
    #[inline]
    pub fn is_cold(self) -> bool {
        matches!(self, Start::Cold | Start::Joined)
    }
}

/// How a stay with a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Ok,
    /// Well, but its caller had given up.
    Abandoned,
    /// Its worker went away.
    Killed,
    /// Handed back before the end: a message is free for others.
    Released,
    /// Interrupted: it stands in line again, to go on or to begin anew.
    Interrupted,
    /// A call it made was refused.
    Refused,
    /// The work, or a call it made, failed.
    Error,
    /// A call it made took too long.
    TimedOut,
    /// Well, but its message had been delivered again meanwhile.
    StaleDelete,
    /// Well, but all of it had been done before.
    Duplicate,
}

impl Outcome {
    /// As traces and tables write it.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Abandoned => "abandoned",
            Outcome::Killed => "killed",
            Outcome::Released => "released",
            Outcome::Interrupted => "interrupted",
            Outcome::Refused => "refused",
            Outcome::Error => "error",
            Outcome::TimedOut => "timed-out",
            Outcome::StaleDelete => "stale-delete",
            Outcome::Duplicate => "duplicate",
        }
    }
}
