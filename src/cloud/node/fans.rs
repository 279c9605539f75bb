//! Which pieces of a request belong together: the branches of fan-outs, and who of them waits in joins.
//!
//! A *fan-out* is a step that sends several pieces, an object of which several are told, or an event that goes to several
//! targets. Each is a branch of it, and so is what a branch sends on alone; what a branch fans out anew is one branch of the
//! outer fan-out until the inner one is over. A branch is *alive* until it has ended or has sent on the last that it will send.

use crate::ground::footprint::Footprint;

/// Stands for no fan-out: whoever belongs to none comes alone.
pub const NO_FAN: u32 = u32::MAX;

/// Stands for a fan-out that a piece belonged to and that is over for it.
const LEFT: u32 = u32::MAX - 1;

/// What may be a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A piece at a pool, or on its way to one.
    Job(u32),
    /// A piece in a queue.
    Message(u32),
    /// A piece in a function's own queue.
    Errand(u32),
    /// A piece on its way to a queue.
    Parcel(u32),
    /// An event on its way to a target.
    Delivery(u32),
}

/// What is known of a branch.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    /// The fan-out; [`NO_FAN`] is none.
    pub fan: u32,
    /// Whether it is alive there.
    pub counts: bool,
    /// Whether it stands for all who were gathered at the pool where it is.
    pub passed: bool,
}

impl Tag {
    const NONE: Tag = Tag { fan: NO_FAN, counts: false, passed: false };

    /// Whether it belonged to a fan-out that is over for it.
    pub fn has_left(self) -> bool {
        self.fan == LEFT
    }
}

/// A fan-out.
#[derive(Clone, Copy, Debug)]
pub struct Fan {
    /// The one of which this is a branch.
    pub parent: u32,
    /// Branches that are alive.
    pub alive: u32,
    /// Those of them that wait in joins …
    pub waiting: u32,
    /// … and the job that came last.
    pub last: u32,
    /// Tags and inner fan-outs that speak of it, and one while its pieces are being sent.
    refs: u32,
    /// One of its branches came to nothing: nobody is gathered any more.
    pub lost: bool,
    /// Its branches were gathered.
    pub joined: bool,
    /// Nobody of it is alive, and its parent knows.
    over: bool,
    /// Its place may be used again.
    freed: bool,
}

/// The fan-outs of a running world.
#[derive(Debug, Default)]
pub struct Fans {
    fans: Vec<Fan>,
    free: Vec<u32>,
    jobs: Vec<Tag>,
    messages: Vec<Tag>,
    errands: Vec<Tag>,
    parcels: Vec<Tag>,
    deliveries: Vec<Tag>,
    /// Of jobs that wait in a join, the one that came before.
    before: Vec<u32>,
}

impl Footprint for Fans {
    fn footprint(&self) -> u64 {
        let tags = [&self.jobs, &self.messages, &self.errands, &self.parcels, &self.deliveries];
        let tags = tags.into_iter().map(Footprint::footprint).sum::<u64>();
        self.fans.footprint() + self.free.footprint() + self.before.footprint() + tags
    }
}

impl Fans {
    fn tags(&mut self, holder: Holder) -> (&mut Vec<Tag>, usize) {
        match holder {
            Holder::Job(id) => (&mut self.jobs, id as usize),
            Holder::Message(id) => (&mut self.messages, id as usize),
            Holder::Errand(id) => (&mut self.errands, id as usize),
            Holder::Parcel(id) => (&mut self.parcels, id as usize),
            Holder::Delivery(id) => (&mut self.deliveries, id as usize),
        }
    }

    /// What is known of one.
    pub fn tag(&self, holder: Holder) -> Tag {
        let (tags, id) = match holder {
            Holder::Job(id) => (&self.jobs, id),
            Holder::Message(id) => (&self.messages, id),
            Holder::Errand(id) => (&self.errands, id),
            Holder::Parcel(id) => (&self.parcels, id),
            Holder::Delivery(id) => (&self.deliveries, id),
        };
        tags.get(id as usize).copied().unwrap_or(Tag::NONE)
    }

    /// A fan-out; `None` for none, or one that is over for whoever asks.
    pub fn get(&self, fan: u32) -> Option<&Fan> {
        self.fans.get(fan as usize)
    }

    /// That fan-out, or what stands for one that is over: whoever still sends for it comes too late.
    fn living(&self, fan: u32) -> u32 {
        if self.get(fan).is_some_and(|fan| fan.over) { LEFT } else { fan }
    }

    /// A new piece is a branch of a fan-out, or of none.
    pub fn sets(&mut self, holder: Holder, fan: u32, passed: bool) {
        let fan = self.living(fan);
        let counts = (fan as usize) < self.fans.len();
        let (tags, place) = self.tags(holder);
        if place >= tags.len() {
            tags.resize(place + 1, Tag::NONE);
        }
        tags[place] = Tag { fan, counts, passed };
        if let Some(fan) = self.fans.get_mut(fan as usize) {
            fan.alive += 1;
            fan.refs += 1;
        }
    }

    /// A branch stands for all who were gathered where it is, and is one of the fan-out around theirs.
    pub fn sets_anew(&mut self, holder: Holder, parent: u32) {
        self.ends(holder);
        self.sets(holder, parent, true);
    }

    /// A fan-out begins, of which its sender is a branch until [`Fans::sent`].
    pub fn opens(&mut self, parent: u32) -> u32 {
        let parent = self.living(parent);
        if let Some(fan) = self.fans.get_mut(parent as usize) {
            fan.alive += 1;
            fan.refs += 1;
        }
        let (last, refs) = (u32::MAX, 1);
        let fan =
            Fan { parent, alive: 1, waiting: 0, last, refs, lost: false, joined: false, over: false, freed: false };
        match self.free.pop() {
            Some(place) => {
                self.fans[place as usize] = fan;
                place
            }
            None => {
                self.fans.push(fan);
                self.fans.len() as u32 - 1
            }
        }
    }

    /// All pieces of a fan-out are sent.
    pub fn sent(&mut self, fan: u32) {
        let fan = &mut self.fans[fan as usize];
        (fan.alive, fan.refs) = (fan.alive - 1, fan.refs - 1);
    }

    /// A branch has sent on all that it will: it is alive no longer, and still speaks of its fan-out.
    pub fn rests(&mut self, holder: Holder) {
        let (tags, place) = self.tags(holder);
        let Some(tag) = tags.get_mut(place) else { return };
        let fan = tag.fan;
        if std::mem::replace(&mut tag.counts, false) {
            self.fans[fan as usize].alive -= 1;
        }
    }

    /// A branch is over; returns its fan-out.
    pub fn ends(&mut self, holder: Holder) -> u32 {
        let (tags, place) = self.tags(holder);
        let Some(tag) = tags.get_mut(place) else { return NO_FAN };
        let Tag { fan, counts, .. } = *tag;
        if fan == NO_FAN || fan == LEFT {
            return fan;
        }
        *tag = Tag { fan: LEFT, counts: false, passed: false };
        let known = &mut self.fans[fan as usize];
        known.alive -= u32::from(counts);
        known.refs -= 1;
        fan
    }

    /// A job waits for the other branches of its fan-out.
    pub fn waits(&mut self, fan: u32, job: u32) {
        let place = job as usize;
        if place >= self.before.len() {
            self.before.resize(place + 1, u32::MAX);
        }
        let fan = &mut self.fans[fan as usize];
        self.before[place] = std::mem::replace(&mut fan.last, job);
        fan.waiting += 1;
    }

    /// Takes those out who wait, in the order in which they came.
    pub fn take_waiting(&mut self, fan: u32) -> Vec<u32> {
        let fan = &mut self.fans[fan as usize];
        let mut waiting = Vec::with_capacity(fan.waiting as usize);
        let mut job = std::mem::replace(&mut fan.last, u32::MAX);
        fan.waiting = 0;
        while job != u32::MAX {
            waiting.push(job);
            job = self.before[job as usize];
        }
        waiting.reverse();
        waiting
    }

    /// One of its branches came to nothing, and so with it each fan-out around it.
    pub fn loses(&mut self, fan: u32) {
        let mut fan = fan;
        while let Some(known) = self.fans.get_mut(fan as usize) {
            known.lost = true;
            fan = known.parent;
        }
    }

    /// Whether all that are left of a fan-out wait, and are to be gathered.
    pub fn is_whole(&self, fan: u32) -> bool {
        self.get(fan).is_some_and(|fan| !fan.lost && !fan.joined && fan.waiting > 0 && fan.waiting == fan.alive)
    }

    /// Frees a fan-out of which nobody is alive; returns the one around it, if that has lost a branch so.
    pub fn settles(&mut self, fan: u32) -> Option<u32> {
        let known = self.fans.get_mut(fan as usize)?;
        let is_over = known.alive == 0 && !known.over;
        known.over |= is_over;
        // What is over has nobody around it any more: that one may be freed before it.
        let parent = if is_over { std::mem::replace(&mut known.parent, NO_FAN) } else { NO_FAN };
        if known.refs == 0 && known.over && !std::mem::replace(&mut known.freed, true) {
            self.free.push(fan);
        }
        let around = self.fans.get_mut(parent as usize)?;
        around.alive -= 1;
        around.refs -= 1;
        Some(parent)
    }

    /// The branches of a fan-out were gathered.
    pub fn joins(&mut self, fan: u32) {
        self.fans[fan as usize].joined = true;
    }

    /// The fan-outs that are not freed, for audits: each with how many speak of it.
    #[cfg(test)]
    pub fn inside(&self) -> impl Iterator<Item = (u32, &Fan, u32, bool)> {
        (0..).zip(&self.fans).filter(|(_, fan)| !fan.freed).map(|(id, fan)| (id, fan, fan.refs, fan.over))
    }
}
