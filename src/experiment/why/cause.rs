//! The closed list of causes: what the time of a request goes on, and why.

use serde::{Deserialize, Serialize};

/// What a part of a request's time went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Cause {
    /// Being worked on.
    Service,
    /// On the way between nodes, or an object being stored or read.
    Hop,
    /// In line behind the work of others, while nobody means to add capacity.
    BehindWork,
    /// In line while the fleet is as large as it may be.
    AtMaximum,
    /// In line while capacity that was asked for is not in service yet.
    Booting,
    /// In line until more capacity was decided on: the metric, its alarm and the rhythm of looks had not come so far.
    Undecided,
    /// In line while more was wanted, and a cooldown, a warm-up or a limit of steps held that back.
    Cooldown,
    /// A message lay visible while somebody was free all the time who had not polled it yet.
    Polling,
    /// A message was hidden although nobody worked on it any more: it waited for its next delivery.
    Redelivery,
    /// A caller paused before it tried again, or waited for what had failed.
    BackOff,
    /// Refused by a limit, and waiting for it.
    Throttled,
    /// A new environment was made for it.
    ColdStart,
    /// In line while what it waited for was away, or some of its workers had failed.
    Outage,
    /// Kept out of sight for a while, as its sender or queue said.
    Delay,
    /// None of these.
    Other,
}

impl Cause {
    /// How many there are.
    pub const COUNT: usize = Cause::ALL.len();

    /// All, in the order in which they are shown.
    pub const ALL: [Cause; 15] = [
        Cause::Service,
        Cause::Hop,
        Cause::BehindWork,
        Cause::AtMaximum,
        Cause::Booting,
        Cause::Undecided,
        Cause::Cooldown,
        Cause::Polling,
        Cause::Redelivery,
        Cause::BackOff,
        Cause::Throttled,
        Cause::ColdStart,
        Cause::Outage,
        Cause::Delay,
        Cause::Other,
    ];

    /// As tables and documents write it.
    pub const fn word(self) -> &'static str {
        match self {
            Cause::Service => "service",
            Cause::Hop => "hop",
            Cause::BehindWork => "behind-work",
            Cause::AtMaximum => "at-maximum",
            Cause::Booting => "booting",
            Cause::Undecided => "undecided",
            Cause::Cooldown => "cooldown",
            Cause::Polling => "polling",
            Cause::Redelivery => "redelivery",
            Cause::BackOff => "back-off",
            Cause::Throttled => "throttled",
            Cause::ColdStart => "cold-start",
            Cause::Outage => "outage",
            Cause::Delay => "delay",
            Cause::Other => "other",
        }
    }

    /// What it is, as short as a row of a table has it.
    pub const fn label(self) -> &'static str {
        match self {
            Cause::Service => "at work",
            Cause::Hop => "on the way",
            Cause::BehindWork => "in line behind work",
            Cause::AtMaximum => "fleet at its maximum",
            Cause::Booting => "capacity booting",
            Cause::Undecided => "scaling undecided",
            Cause::Cooldown => "scaling held back",
            Cause::Polling => "not yet polled",
            Cause::Redelivery => "until redelivery",
            Cause::BackOff => "between attempts",
            Cause::Throttled => "throttled",
            Cause::ColdStart => "cold start",
            Cause::Outage => "workers failed or away",
            Cause::Delay => "delayed",
            Cause::Other => "none of these",
        }
    }

    /// What it is, for people.
    pub const fn says(self) -> &'static str {
        match self {
            Cause::Service => "being worked on",
            Cause::Hop => "on the way, objects stored and read among it",
            Cause::BehindWork => "in line behind the work of others",
            Cause::AtMaximum => "in line, the fleet at its maximum",
            Cause::Booting => "in line, capacity asked for and not in service",
            Cause::Undecided => "in line until more was decided on: metric, alarm and rhythm had not come so far",
            Cause::Cooldown => "in line, more wanted and held back by a cooldown, a warm-up or a limit of steps",
            Cause::Polling => "visible, and not polled by those who were free",
            Cause::Redelivery => "hidden until the next delivery, nobody at work on it",
            Cause::BackOff => "between attempts",
            Cause::Throttled => "refused by a limit",
            Cause::ColdStart => "a new environment made for it",
            Cause::Outage => "in line, workers failed or away",
            Cause::Delay => "kept out of sight by a delay",
            Cause::Other => "none of these",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_where_its_number_says_and_is_written_as_its_word() {
        for (place, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, place);
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.word());
        }
    }
}
