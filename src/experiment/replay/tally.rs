//! What looks come to, kept up from look to look, and those of them that are worth a line.

use std::mem;

use crate::experiment::replay::{By, Look, More};
use crate::ground::time::{SimTime, Span};

/// Looks that are all worth a line; of more, only those at which something was done, or held back anew.
const FEW: usize = 200;
/// Lines that somebody may want to read.
const LINES: usize = 1_000;

/// What looks come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Looks.
    pub looks: u64,
    /// From the first to the last.
    pub time: Span,
    /// Nanoseconds of workers wanted: a worker for an hour is an hour of capacity.
    pub capacity: u128,
    /// Changes to more.
    pub out: u64,
    /// Changes to fewer.
    pub back: u64,
    /// The fewest that were wanted.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// How long as many were wanted as there may be.
    pub at_max: Span,
    /// Looks at which another number was asked for than came of it.
    pub held: u64,
    /// Jobs that were created.
    pub jobs: u64,
}

/// The looks that are worth a line, and how the size changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// All looks where they are few; else the first of those at which something was done, or held back anew.
    pub looks: Vec<Look>,
    /// Such looks that were too many to keep.
    pub further: u64,
    /// The size after the first look, and after each instant that changed it.
    pub sizes: Vec<(SimTime, u32)>,
    /// When the first and the last look was.
    pub ends: Option<(SimTime, SimTime)>,
}

/// What is known of the looks so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    summary: Summary,
    /// The first looks, whatever they say.
    opening: Vec<Look>,
    news: News,
    /// When the last look was, and what it wanted.
    last: Option<(SimTime, u32)>,
    /// Whether the last look of each who looks was held back.
    held: Vec<(By, bool)>,
    /// As many as there may be.
    max: u32,
}

impl Tally {
    /// Of no look yet, where there may be so many workers.
    pub fn of(max: u32) -> Tally {
        Tally { summary: Summary { least: u32::MAX, ..Summary::default() }, max, ..Tally::default() }
    }

    /// Another look.
    pub fn note(&mut self, look: &Look) {
        self.pass(look.at);
        let summary = &mut self.summary;
        summary.looks += 1;
        summary.least = summary.least.min(look.to);
        summary.most = summary.most.max(look.to);
        let is_held = look.recommended.is_some_and(|recommended| recommended != look.to);
        summary.held += u64::from(is_held);
        if let More::Jobs { created, .. } = look.more {
            summary.jobs += u64::from(created);
        } else {
            summary.out += u64::from(look.to > look.from);
            summary.back += u64::from(look.to < look.from);
        }
        let is_first = self.last.replace((look.at, look.to)).is_none();
        let was_held = match self.held.iter_mut().find(|(by, _)| *by == look.by) {
            Some((_, held)) => mem::replace(held, is_held),
            None => {
                self.held.push((look.by, is_held));
                false
            }
        };
        let News { looks, further, sizes, ends } = &mut self.news;
        *ends = Some((ends.map_or(look.at, |ends| ends.0), look.at));
        match sizes.last_mut() {
            Some((at, size)) if *at == look.at => *size = look.to,
            Some((_, size)) if *size == look.to => {}
            _ => sizes.push((look.at, look.to)),
        }
        let is_news = is_first || look.from != look.to || is_held && !was_held;
        if is_news && looks.len() < LINES {
            looks.push(look.clone());
        } else if is_news {
            *further += 1;
        }
        if self.opening.len() < FEW {
            self.opening.push(look.clone());
        }
    }

    /// The size of the last look lasts until then.
    fn pass(&mut self, until: SimTime) {
        let Some((at, size)) = self.last else { return };
        let span = until.max(at) - at;
        self.summary.capacity += u128::from(size) * u128::from(span.nanos());
        if size >= self.max {
            self.summary.at_max += span;
        }
    }

    /// What all looks come to, where the values end then.
    pub fn finish(mut self, end: SimTime) -> (Summary, News) {
        self.pass(end);
        self.summary.least = self.summary.least.min(self.summary.most);
        if let Some((first, last)) = self.news.ends {
            self.summary.time = end.max(last).max(first) - first;
        }
        if self.summary.looks == self.opening.len() as u64 {
            (self.news.looks, self.news.further) = (self.opening, 0);
        }
        (self.summary, self.news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::Reason;

    fn at(minute: u64) -> SimTime {
        SimTime::from_nanos(minute * 60_000_000_000)
    }

    /// A look of a policy at a minute, which wanted so many and got so many.
    fn look(minute: u64, policy: u16, from: u32, wanted: u32, to: u32) -> Look {
        let why = Reason::Quiet;
        let by = By::Policy(policy);
        let (at, recommended) = (at(minute), Some(wanted));
        Look {
            at,
            by,
            metric: None,
            high: None,
            low: None,
            recommended,
            asked: why,
            from,
            to,
            why,
            more: More::Nothing,
        }
    }

    fn told(max: u32, end: u64, looks: impl IntoIterator<Item = Look>) -> (Summary, News) {
        let mut tally = Tally::of(max);
        looks.into_iter().for_each(|look| tally.note(&look));
        tally.finish(at(end))
    }

    #[test]
    fn a_size_lasts_until_the_next_look_and_the_last_until_the_end() {
        let (summary, news) = told(4, 10, [look(0, 0, 2, 2, 2), look(3, 0, 2, 5, 4), look(4, 0, 4, 1, 1)]);
        let minute = 60_000_000_000_u128;
        assert_eq!(summary.capacity, (2 * 3 + 4 + 6) * minute);
        assert_eq!((summary.time, summary.at_max), (at(10) - at(0), at(1) - at(0)));
        assert_eq!((summary.least, summary.most, summary.out, summary.back, summary.held), (1, 4, 1, 1, 1));
        assert_eq!(news.sizes, [(at(0), 2), (at(3), 4), (at(4), 1)]);
        assert_eq!(news.ends, Some((at(0), at(4))));
    }

    #[test]
    fn nothing_seen_comes_to_nothing() {
        let (summary, news) = told(4, 10, []);
        assert_eq!((summary, news), (Summary::default(), News::default()));
    }

    /// Of many looks those are news that change something, and the first of each policy that is held back.
    #[test]
    fn of_many_looks_the_news_are_kept() {
        let few = (0..FEW as u64).map(|minute| look(minute, 0, 1, 1, 1));
        assert_eq!(told(9, 999, few).1.looks.len(), FEW);
        let held = (0..500).flat_map(|minute| [look(minute, 0, 9, 12, 9), look(minute, 1, 9, 9, 9)]);
        let (_, news) = told(9, 999, held);
        assert_eq!((news.looks.len(), news.further, news.sizes.len()), (1, 0, 1));
        let changes = (0..5_000).map(|minute| look(minute, 0, minute as u32, minute as u32 + 1, minute as u32 + 1));
        let (_, news) = told(9, 999, changes);
        assert_eq!((news.looks.len(), news.further, news.sizes.len()), (LINES, 4_000, 5_000));
    }
}
