//! What a FIFO queue remembers of messages that were sent, to drop those that are sent again.

use std::collections::{BTreeMap, VecDeque};

use crate::cloud::fact::Loss;
use crate::ground::footprint::Footprint;
use crate::ground::time::{SimTime, Span};

/// Who a message is, whichever attempt or delivery sends it: its workload, ordinal and branch, and the step that sends it.
pub type Name = (u16, u32, u16, u32);

/// What became of a message that was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is still there.
    There(u32),
    /// Its work is done.
    Done,
    /// It came to nothing.
    Lost(Loss),
}

/// The messages that were sent of late: one that is sent again is acknowledged and not queued, even if the first is long
/// done (Amazon SQS Developer Guide, exactly-once processing: a deduplication interval of five minutes from the first).
#[derive(Debug)]
pub struct Sameness {
    interval: Span,
    known: BTreeMap<Name, Fate>,
    /// When each was first sent, the oldest first.
    sent: VecDeque<(SimTime, Name)>,
    /// Each message's name, by message.
    of: Vec<Name>,
}

impl Footprint for Sameness {
    fn footprint(&self) -> u64 {
        self.known.footprint() + self.sent.footprint() + self.of.footprint()
    }
}

impl Sameness {
    /// Nothing was sent yet.
    pub fn new(interval: Span) -> Sameness {
        Sameness { interval, known: BTreeMap::new(), sent: VecDeque::new(), of: Vec::new() }
    }

    /// What became of the same message, if it was sent within the interval.
    pub fn find(&mut self, now: SimTime, name: Name) -> Option<Fate> {
        while let Some(&(at, old)) = self.sent.front()
            && at + self.interval <= now
        {
            self.sent.pop_front();
            self.known.remove(&old);
        }
        self.known.get(&name).copied()
    }

    /// A message is sent for the first time.
    pub fn note(&mut self, now: SimTime, name: Name, message: u32) {
        let place = message as usize;
        if place >= self.of.len() {
            self.of.resize(place + 1, Name::default());
        }
        self.of[place] = name;
        self.known.insert(name, Fate::There(message));
        self.sent.push_back((now, name));
    }

    /// A message is gone.
    pub fn ends(&mut self, message: u32, fate: Fate) {
        let Some(name) = self.of.get(message as usize) else { return };
        if let Some(known) = self.known.get_mut(name)
            && *known == Fate::There(message)
        {
            *known = fate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::START + Span::from_secs(seconds)
    }

    /// Amazon SQS Developer Guide, exactly-once processing: five minutes from the first, which later ones do not lengthen.
    #[test]
    fn the_same_is_known_for_five_minutes_whatever_became_of_it() {
        let mut sameness = Sameness::new(Span::from_secs(300));
        let (name, other) = ((0, 1, 0, 9), (0, 1, 0, 8));
        sameness.note(at(0), name, 3);
        assert_eq!(sameness.find(at(10), name), Some(Fate::There(3)));
        assert_eq!(sameness.find(at(10), other), None, "another step's is another message");
        sameness.ends(3, Fate::Done);
        assert_eq!(sameness.find(at(299), name), Some(Fate::Done));
        assert_eq!(sameness.find(at(300), name), None);
    }
}
