//! The books of one queue: where each message is, as far as the facts tell messages apart.

use std::collections::BTreeMap;

use queuelab::cloud::fact::{Fact, Who};
use queuelab::cloud::gauge::Level;
use queuelab::cloud::topology::{NodeId, Queue};
use queuelab::ground::time::SimTime;

use super::ledger::{Mirror, Name, Wrongs, name};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Visible(SimTime),
    InFlight,
    Hidden,
    Delayed,
}

/// The books of a queue.
pub struct Mail {
    keeper: Option<NodeId>,
    /// Messages in any place: known whoever they are.
    pub there: Mirror,
    visible: Mirror,
    in_flight: Mirror,
    hidden: Mirror,
    delayed: Mirror,
    /// Where the only message of a request is.
    places: BTreeMap<Name, Place>,
    /// Messages that were alive at once for one request can't be told apart: from then on only their sum is known.
    in_doubt: bool,
    /// Units of 64 KiB, as a bill has them: sent, received, deleted, changed.
    pub calls: [u64; 4],
    /// Bytes of the last call that sent, and of the last that received.
    last: [u64; 2],
}

impl Mail {
    pub fn new(queue: &Queue) -> Mail {
        Mail {
            keeper: queue.dead_letters.map(|letters| letters.to),
            there: Mirror::default(),
            visible: Mirror::default(),
            in_flight: Mirror::default(),
            hidden: Mirror::default(),
            delayed: Mirror::default(),
            places: BTreeMap::new(),
            in_doubt: false,
            calls: [0; 4],
            last: [0; 2],
        }
    }

    pub fn mirror(&self, what: Level) -> Option<Mirror> {
        match what {
            _ if self.in_doubt => None,
            Level::Visible => Some(self.visible),
            Level::InFlight => Some(self.in_flight),
            Level::Hidden => Some(self.hidden),
            Level::Delayed => Some(self.delayed),
            _ => None,
        }
    }

    /// A message is there and visible.
    pub fn comes(&mut self, at: SimTime, who: Who) {
        self.there.add(at, 1);
        self.in_doubt |= self.places.contains_key(&name(who));
        self.moves(at, who, Some(Place::Visible(at)));
    }

    /// A message more of a call: it is billed by the 64 KiB of all its messages.
    fn call(&mut self, which: usize, bytes: u64, joins: bool) {
        let units = |bytes: u64| bytes.div_ceil(65_536).max(1);
        let before = if joins { self.last[which] } else { 0 };
        self.last[which] = before + bytes;
        self.calls[which] += units(before + bytes) - if joins { units(before) } else { 0 };
    }

    /// The only message of a request goes somewhere; `None` is out.
    fn moves(&mut self, at: SimTime, who: Who, to: Option<Place>) {
        if self.in_doubt {
            return;
        }
        let from = match to {
            Some(place) => self.places.insert(name(who), place),
            None => self.places.remove(&name(who)),
        };
        for (place, change) in [(from, -1), (to, 1)] {
            match place {
                Some(Place::Visible(_)) => self.visible.add(at, change),
                Some(Place::InFlight) => self.in_flight.add(at, change),
                Some(Place::Hidden) => self.hidden.add(at, change),
                Some(Place::Delayed) => self.delayed.add(at, change),
                None => (),
            }
        }
    }

    /// Sees a fact; returns where a dead letter goes.
    pub fn saw(&mut self, own: NodeId, at: SimTime, fact: &Fact, wrongs: &mut Wrongs) -> Option<(NodeId, Who)> {
        let (who, queue) = match *fact {
            Fact::Posted { who, queue, .. }
            | Fact::Dropped { who, queue, .. }
            | Fact::Received { who, queue, .. }
            | Fact::Deleted { who, queue, .. }
            | Fact::Changed { who, queue }
            | Fact::Extended { who, queue }
            | Fact::Returned { who, queue }
            | Fact::Withheld { who, queue }
            | Fact::Appeared { who, queue }
            | Fact::Expired { who, queue }
            | Fact::Buried { who, queue } => (who, queue),
            _ => return None,
        };
        if queue != own {
            return None;
        }
        let was = self.places.get(&name(who)).copied();
        let mut right = self.in_doubt || was.is_some();
        match *fact {
            Fact::Posted { bytes, joins, .. } => {
                right = true;
                self.call(0, bytes, joins);
                self.comes(at, who);
            }
            Fact::Dropped { bytes, joins, .. } => {
                right = true;
                self.call(0, bytes, joins);
            }
            Fact::Received { waited, bytes, joins, .. } => {
                self.call(1, bytes, joins);
                right &= self.in_doubt
                    || matches!(was, Some(Place::Visible(since)) if at.nanos() - since.nanos() == waited.nanos());
                self.moves(at, who, Some(Place::InFlight));
            }
            Fact::Deleted { gone, joins, .. } => {
                self.calls[2] += u64::from(!joins);
                // One without effect may come long after the message went.
                right |= !gone;
                if gone {
                    self.there.add(at, -1);
                    self.moves(at, who, None);
                }
            }
            Fact::Changed { .. } => {
                self.calls[3] += 1;
                right &= self.in_doubt || was == Some(Place::InFlight);
                self.moves(at, who, Some(Place::Hidden));
            }
            Fact::Extended { .. } => {
                self.calls[3] += 1;
                right &= self.in_doubt || was == Some(Place::InFlight);
            }
            Fact::Returned { .. } => {
                right &= self.in_doubt || matches!(was, Some(Place::InFlight | Place::Hidden));
                self.moves(at, who, Some(Place::Visible(at)));
            }
            Fact::Withheld { .. } => {
                right &= self.in_doubt || matches!(was, Some(Place::Visible(since)) if since == at);
                self.moves(at, who, Some(Place::Delayed));
            }
            Fact::Appeared { .. } => {
                right &= self.in_doubt || was == Some(Place::Delayed);
                self.moves(at, who, Some(Place::Visible(at)));
            }
            Fact::Buried { .. } | Fact::Expired { .. } => {
                self.there.add(at, -1);
                self.moves(at, who, None);
            }
            _ => (),
        }
        if !right {
            wrongs.tell(at, || format!("{fact:?} can't happen to a message that is {was:?}"));
        }
        if let Fact::Buried { .. } = fact { self.keeper.map(|keeper| (keeper, who)) } else { None }
    }
}
