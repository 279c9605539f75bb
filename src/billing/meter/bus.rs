//! What event buses use: events that are put, calls that rules make, and what archives keep.

use crate::billing::meter::bucket::Keeping;
use crate::billing::meter::units;
use crate::billing::usage::Used;
use crate::cloud::topology::{Bus, NodeId, NodeKind, Topology};
use crate::ground::time::{SimTime, Span};

/// A meter at a bus.
#[derive(Clone, Debug)]
pub(super) struct BusCounter {
    /// Units of 64 KiB of events that somebody pays for, and how many events those were.
    units: u64,
    events: u64,
    /// Pools and services that rules call, each by its place; empty where there is none.
    called: Vec<NodeId>,
    calls: u64,
    archive: Option<ArchiveCounter>,
    /// Units of what was heard again; `None` where nothing ever is.
    replayed: Option<u64>,
}

/// A meter at an archive.
#[derive(Clone, Debug)]
struct ArchiveCounter {
    bytes: u128,
    kept: Keeping,
}

impl BusCounter {
    pub fn new(topology: &Topology, bus: &Bus) -> BusCounter {
        let is_called =
            |to: &&NodeId| matches!(topology.nodes[to.index()].kind, NodeKind::Pool(_) | NodeKind::Service(_));
        let mut called: Vec<NodeId> = bus.rules.iter().flat_map(|rule| &rule.to).filter(is_called).copied().collect();
        called.sort_unstable();
        called.dedup();
        let keep = |span: Span| (span > Span::ZERO).then_some(span);
        let archive = bus
            .archive
            .as_ref()
            .map(|archive| ArchiveCounter { bytes: 0, kept: Keeping::new(keep(archive.keep), Span::ZERO) });
        let replayed = bus.archive.as_ref().filter(|archive| !archive.replays.is_empty()).map(|_| 0);
        BusCounter { units: 0, events: 0, called, calls: 0, archive, replayed }
    }

    /// An event came; `is_own`: somebody pays for it.
    #[inline]
    pub fn heard(&mut self, at: SimTime, bytes: u64, is_own: bool) {
        if is_own {
            self.units += units(bytes);
            self.events += 1;
        }
        if let Some(archive) = &mut self.archive {
            archive.bytes += u128::from(bytes);
            archive.kept.stored(at, bytes);
        }
    }

    /// An event of the archive was heard again, which is billed as one that is put (Amazon EventBridge pricing, replay).
    #[inline]
    pub fn replayed(&mut self, bytes: u64) {
        if let Some(replayed) = &mut self.replayed {
            *replayed += units(bytes);
        }
    }

    /// A target took an event.
    #[inline]
    pub fn delivered(&mut self, to: NodeId) {
        if !self.called.is_empty() && self.called.contains(&to) {
            self.calls += 1;
        }
    }

    pub fn used(&self, at: SimTime) -> Used {
        let archive = self.archive.as_ref().map(|archive| (archive.bytes, archive.kept.kept(at)));
        let calls = (!self.called.is_empty()).then_some(self.calls);
        Used::Bus { events: self.units, real: Some(self.events), calls, replayed: self.replayed, archive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{NodeUsage, PriceBook, Usage, invoice};
    use crate::cloud::topology::{Archive, Pool, Replay, Rule, Takes, Times, background};
    use crate::cloud::topology::{Backoff, Node};
    use crate::ground::distribution::Distribution;

    fn bus(archive: Option<u64>, to: Vec<NodeId>) -> Bus {
        let wait = Backoff::Wait(Distribution::constant(0));
        let takes = Takes::Schedule { when: Times::Every(Span::from_secs(60)), late: Distribution::constant(0) };
        let rule = Rule {
            name: "r".into(),
            takes,
            to,
            input: None,
            retries: 0,
            max_age: Span::ZERO,
            backoff: wait,
            dead_letters: None,
        };
        Bus {
            latency: Distribution::constant(0),
            loss: 0.0,
            puts: None,
            invocations: None,
            archive: archive.map(|seconds| Archive { keep: Span::from_secs(seconds), replays: Vec::new() }),
            rules: vec![rule],
            background: background(),
        }
    }

    /// Item, quantity and charge of each line at that second.
    fn bill(counter: &BusCounter, second: u64) -> Vec<(String, String, String)> {
        let used = counter.used(SimTime::START + Span::from_secs(second));
        let usage = Usage { nodes: vec![NodeUsage { node: "bus.b".to_owned(), used }] };
        let lines = invoice(&usage, &PriceBook::us_east_1());
        lines.into_iter().map(|line| (line.item, line.quantity.to_string(), line.cost.to_string())).collect()
    }

    fn told(lines: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
        lines.iter().map(|&(item, quantity, cost)| (item.into(), quantity.into(), cost.into())).collect()
    }

    /// At $1 a million of 64 KB each: 1 KiB is one, 64 KiB + 1 byte are two, and the provider's own are free. A pool that a
    /// rule calls costs $0.20 a million, a queue nothing.
    #[test]
    fn events_are_billed_by_64_kb_and_the_providers_own_are_free() {
        let node = |name: &str, kind| Node { name: name.into(), kind };
        let nodes = vec![
            node("pool", NodeKind::Pool(Box::new(Pool::of(Vec::new())))),
            node("queue", NodeKind::Queue(Default::default())),
        ];
        let topology = Topology { nodes, ..Topology::default() };
        let mut counter = BusCounter::new(&topology, &bus(None, vec![NodeId(0), NodeId(1)]));
        let at = SimTime::START;
        counter.heard(at, 1_024, true);
        counter.heard(at, 65_537, true);
        counter.heard(at, 1_000_000, false);
        counter.delivered(NodeId(0));
        counter.delivered(NodeId(1));
        assert_eq!(
            bill(&counter, 10),
            told(&[("events.custom", "3", "0.000003"), ("events.destinations", "1", "0.0000002")])
        );
    }

    /// 1 GiB goes in at $0.10 and lies there for 100 s, of which the archive keeps it for 60: 60 GB·s at $0.023 a GB-month of
    /// 2,628,000 s.
    #[test]
    fn an_archive_is_billed_by_what_it_takes_and_keeps() {
        let mut counter = BusCounter::new(&Topology::default(), &bus(Some(60), Vec::new()));
        counter.heard(SimTime::START, 1 << 30, false);
        let lines = bill(&counter, 100);
        assert_eq!(lines[..2], told(&[("events.custom", "0", "0"), ("events.archive", "1", "0.1")]));
        assert_eq!((lines[2].0.as_str(), lines[2].1.as_str()), ("events.archived", "60"));
        let replay = Replay {
            name: "r".into(),
            at: SimTime::START,
            from: SimTime::START,
            to: SimTime::START,
            rules: None,
            every: Span::ZERO,
        };
        let mut plan = bus(Some(0), Vec::new());
        plan.archive = Some(Archive { keep: Span::ZERO, replays: vec![replay] });
        let mut again = BusCounter::new(&Topology::default(), &plan);
        again.replayed(1_024);
        again.replayed(65_537);
        // $1 a million of 64 KB each: one and two.
        assert_eq!(bill(&again, 100)[3..], told(&[("events.replay", "3", "0.000003")]));
        let for_ever = BusCounter::new(&Topology::default(), &bus(Some(0), Vec::new()));
        assert_eq!(bill(&for_ever, 100).len(), 3);
    }
}
