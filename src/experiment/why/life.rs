//! The life of one request, from its pieces: each instant between its birth and its end is put down to one cause.
//!
//! Pieces of a request may be under way side by side. What its end waited for is found from behind: at each instant the piece
//! that was under way last, and before it what that one had waited for. So the parts of a request add up to the whole, to the
//! nanosecond, whatever went on beside. It takes the logarithm of the number of pieces for each of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::cloud::topology::NodeId;
use crate::experiment::why::cause::Cause;
use crate::experiment::why::courses::Courses;
use crate::ground::footprint::Footprint;
use crate::ground::time::SimTime;

/// What a piece of a request was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// In the line of its node.
    Waiting,
    /// Something of one cause.
    Spending(Cause),
}

/// A stretch of a request's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// From here …
    pub from: SimTime,
    /// … to here.
    pub to: SimTime,
    /// Where.
    pub node: NodeId,
    /// On what.
    pub doing: Doing,
}

/// A stretch within work that is no work: waiting for answers, or for the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Aside {
    from: SimTime,
    to: SimTime,
    node: NodeId,
}

/// An instant at which something began again, and why nothing had gone on before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The instant.
    pub at: SimTime,
    /// What the pause before it was, where there was one.
    pub cause: Cause,
    /// Where; `None`: at none of the nodes.
    pub node: Option<NodeId>,
}

/// A request that has not ended.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// Its birth.
    pub born: SimTime,
    /// Whether figures count it; the timeline knows all.
    pub counted: bool,
    /// In the order in which they became known.
    pieces: Vec<Piece>,
    /// In the order of time.
    pub marks: Vec<Mark>,
    /// Those whose work has not ended, …
    asides: Vec<Aside>,
    /// … and all waits for answers, in the order of their ends.
    asked: Vec<Aside>,
}

impl Footprint for Life {
    fn footprint(&self) -> u64 {
        let asides = self.asides.footprint() + self.asked.footprint();
        self.pieces.footprint() + self.marks.footprint() + asides
    }
}

/// A part of a request's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it went on.
    pub cause: Cause,
    /// Where; `None`: at none of the nodes.
    pub node: Option<NodeId>,
    /// Nanoseconds.
    pub nanos: u64,
}

impl Life {
    /// To be used again for another request.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.marks.clear();
        self.asides.clear();
        self.asked.clear();
    }

    /// Something of a request was under way.
    pub fn note(&mut self, piece: Piece) {
        if piece.from < piece.to {
            self.pieces.push(piece);
        }
    }

    /// Work stood still at a node, as it waited: for answers, or for its environment.
    pub fn pauses(&mut self, from: SimTime, to: SimTime, node: NodeId, for_answers: bool) {
        if from < to {
            self.asides.push(Aside { from, to, node });
            if for_answers {
                self.asked.push(Aside { from, to, node });
            }
        }
    }

    /// Work at a node is over: it was work but for its pauses.
    pub fn served(&mut self, from: SimTime, to: SimTime, node: NodeId) {
        let doing = Doing::Spending(Cause::Service);
        let mut since = from;
        let work = |pieces: &mut Vec<Piece>, from: SimTime, to: SimTime| {
            if from < to {
                pieces.push(Piece { from, to, node, doing });
            }
        };
        let pieces = &mut self.pieces;
        self.asides.retain(|aside| {
            let is_of_it = aside.node == node && aside.from >= since && aside.to <= to;
            if is_of_it {
                work(pieces, since, aside.from);
                since = aside.to;
            }
            !is_of_it
        });
        work(pieces, since, to);
    }

    /// Tells the parts of the time from birth to `end`: they add up to it.
    pub fn parts(&self, end: SimTime, courses: &Courses, tell: &mut impl FnMut(Part)) {
        let mut by_end: Vec<Piece> = self.pieces.clone();
        by_end.sort_unstable_by_key(|piece| Reverse((piece.to, piece.from)));
        let mut ended = by_end.iter().enumerate().peekable();
        let mut under_way = BinaryHeap::new();
        let mut now = end;
        while now > self.born {
            while let Some((place, piece)) = ended.next_if(|(_, piece)| piece.to >= now) {
                // Of two that began together the one that ended first was within the other.
                under_way.push((piece.from, Reverse(piece.to), place));
            }
            while under_way.peek().is_some_and(|(from, ..)| *from >= now) {
                under_way.pop();
            }
            now = match under_way.peek() {
                Some(&(from, _, place)) => {
                    let from = from.max(self.born);
                    told(&by_end[place], from, now, courses, tell);
                    from
                }
                None => {
                    let from = ended.peek().map_or(self.born, |(_, piece)| piece.to.max(self.born));
                    let (cause, node) = self.pause(from, now);
                    tell(Part { cause, node, nanos: (now - from).nanos() });
                    from
                }
            };
        }
    }

    /// What it was that nothing of the request was under way between two instants, and at which node.
    fn pause(&self, from: SimTime, to: SimTime) -> (Cause, Option<NodeId>) {
        let first = self.asked.partition_point(|asked| asked.to < to);
        let asking = self.asked[first..].iter().find(|asked| asked.from < to);
        let first = self.marks.partition_point(|mark| mark.at < from);
        // What ended the pause says most; a refusal at its beginning tells why it began.
        let within = self.marks[first..].iter().take_while(|mark| mark.at <= to);
        let mark = within.max_by_key(|mark| (mark.cause == Cause::Throttled, mark.at));
        match (mark, asking) {
            (Some(mark), _) => (mark.cause, mark.node.or(asking.map(|asked| asked.node))),
            // Whoever asks and hears of nobody has paused, or waits for what is lost.
            (None, Some(asked)) => (Cause::BackOff, Some(asked.node)),
            (None, None) => (Cause::Other, None),
        }
    }
}

fn told(piece: &Piece, from: SimTime, to: SimTime, courses: &Courses, tell: &mut impl FnMut(Part)) {
    let node = Some(piece.node);
    match piece.doing {
        Doing::Spending(cause) => tell(Part { cause, node, nanos: (to - from).nanos() }),
        Doing::Waiting => {
            let sums = courses.of(piece.node).between(from, to);
            for (cause, nanos) in Cause::ALL.into_iter().zip(sums).filter(|(_, nanos)| *nanos > 0) {
                tell(Part { cause, node, nanos });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time::Span;

    fn at(second: u64) -> SimTime {
        SimTime::START + Span::from_secs(second)
    }

    fn born(second: u64) -> Life {
        Life { born: at(second), ..Life::default() }
    }

    impl Life {
        fn waited(mut self, from: u64, to: u64, node: u16) -> Life {
            self.note(Piece { from: at(from), to: at(to), node: NodeId(node), doing: Doing::Waiting });
            self
        }

        fn spent(mut self, from: u64, to: u64, node: u16, cause: Cause) -> Life {
            self.note(Piece { from: at(from), to: at(to), node: NodeId(node), doing: Doing::Spending(cause) });
            self
        }

        fn worked(mut self, from: u64, to: u64, node: u16) -> Life {
            self.served(at(from), at(to), NodeId(node));
            self
        }

        fn asked(mut self, from: u64, to: u64, node: u16) -> Life {
            self.pauses(at(from), at(to), NodeId(node), true);
            self
        }

        fn marked(mut self, second: u64, cause: Cause) -> Life {
            self.marks.push(Mark { at: at(second), cause, node: None });
            self
        }
    }

    /// The parts of a life, as (cause, node, seconds), the last first.
    fn parts(life: &Life, end: u64) -> Vec<(Cause, Option<u16>, u64)> {
        let (courses, mut found, mut sum) = (Courses::of_nodes(4), Vec::new(), 0);
        life.parts(at(end), &courses, &mut |part| {
            sum += part.nanos;
            found.push((part.cause, part.node.map(|node| node.0), part.nanos / 1_000_000_000));
        });
        assert_eq!(sum, (at(end) - life.born).nanos());
        found
    }

    #[test]
    fn a_wait_and_the_work_after_it() {
        let life = born(2).waited(2, 5, 0).worked(5, 9, 0);
        assert_eq!(parts(&life, 9), [(Cause::Service, Some(0), 4), (Cause::BehindWork, Some(0), 3)]);
    }

    /// Work from 0 to 10 asks another node from 2 to 8, which is reached in a second, works for four and answers in one.
    #[test]
    fn while_others_answer_their_time_counts() {
        let asked = born(0).spent(2, 3, 1, Cause::Hop).worked(3, 7, 1).spent(7, 8, 0, Cause::Hop).asked(2, 8, 0);
        let life = asked.worked(0, 10, 0);
        let expected = [
            (Cause::Service, Some(0), 2),
            (Cause::Hop, Some(0), 1),
            (Cause::Service, Some(1), 4),
            (Cause::Hop, Some(1), 1),
            (Cause::Service, Some(0), 2),
        ];
        assert_eq!(parts(&life, 10), expected);
    }

    /// Two branches: the longer one is what the end waited for.
    #[test]
    fn of_branches_the_last_one_counts() {
        let life = born(1).worked(1, 3, 1).waited(1, 4, 2).worked(4, 9, 2).worked(9, 10, 3);
        let expected = [(Cause::Service, Some(3), 1), (Cause::Service, Some(2), 5), (Cause::BehindWork, Some(2), 3)];
        assert_eq!(parts(&life, 10), expected);
    }

    /// An attempt fails at 3 s, the next is sent at 7 s.
    #[test]
    fn between_attempts_a_caller_pauses() {
        let life = born(0).worked(0, 3, 0).worked(7, 9, 1).marked(7, Cause::BackOff);
        let expected = [(Cause::Service, Some(1), 2), (Cause::BackOff, None, 4), (Cause::Service, Some(0), 3)];
        assert_eq!(parts(&life, 9), expected);
    }

    /// A caller that asks from 1 to 9 s hears of nobody between the end of one answer at 3 s and the start of the next at 7 s.
    #[test]
    fn between_the_attempts_of_a_call_the_caller_pauses() {
        let life = born(0).worked(1, 3, 1).worked(7, 9, 1).asked(1, 9, 0).worked(0, 10, 0);
        let expected = [
            (Cause::Service, Some(0), 1),
            (Cause::Service, Some(1), 2),
            (Cause::BackOff, Some(0), 4),
            (Cause::Service, Some(1), 2),
            (Cause::Service, Some(0), 1),
        ];
        assert_eq!(parts(&life, 10), expected);
    }

    #[test]
    fn a_refusal_makes_the_pause_after_it_one_of_the_limit() {
        let life = born(0).marked(0, Cause::Throttled).worked(4, 5, 0).marked(4, Cause::BackOff);
        assert_eq!(parts(&life, 5), [(Cause::Service, Some(0), 1), (Cause::Throttled, None, 4)]);
    }

    #[test]
    fn what_nothing_explains_is_said_to_be_so() {
        let life = born(1).worked(3, 5, 0);
        assert_eq!(parts(&life, 5), [(Cause::Service, Some(0), 2), (Cause::Other, None, 2)]);
        assert_eq!(parts(&Life::default(), 4), [(Cause::Other, None, 4)]);
    }

    /// Pieces of chance, many side by side: the parts always add up.
    #[test]
    fn parts_add_up_whatever_is_side_by_side() {
        for seed in 0..200u64 {
            let mut life = born(5);
            let mut state = seed;
            let mut next = |below: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % below
            };
            for _ in 0..next(40) {
                let (from, node) = (next(60), next(4) as u16);
                let to = from + next(20);
                life = match next(4) {
                    0 => life.waited(from, to, node),
                    1 => life.worked(from, to, node),
                    2 => life.asked(from, to, node),
                    _ => life.spent(from, to, node, Cause::Hop),
                };
            }
            // The sum is looked at within.
            let _ = parts(&life, 5 + next(70));
        }
    }
}
