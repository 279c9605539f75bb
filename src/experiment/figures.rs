//! The figures of one replication, by name, from what was recorded, the levels and the bill.

use crate::billing::monthly;
use crate::cloud::fact::{Loss, Spent};
use crate::cloud::gauge::{Gauge, Level};
use crate::cloud::scaling::{Reactive, Scaling};
use crate::cloud::topology::{Node, NodeId, NodeKind, WorkloadId};
use crate::experiment::recorder::{Kind, Place};
use crate::ground::money::Money;
use crate::ground::stats::Histogram;
use crate::ground::time::{SECOND, Span};

/// Whom a figure is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// All requests of a topology.
    #[default]
    Whole,
    /// One kind of request.
    Kind(WorkloadId),
    /// One node.
    Node(NodeId),
    /// A goal, by its place in the scenario: lost requests count as infinitely late.
    Goal(usize),
}

/// A figure of one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Whom it is about.
    pub whose: Whose,
    /// Its name: `answer.p99`.
    pub name: String,
    /// `s`, `1/s`, `1`, `$`.
    pub unit: &'static str,
    /// `None` where there was nothing to measure.
    pub value: Option<f64>,
    /// Of how many it is a share, where it is one of things that were counted; else 0.
    pub trials: u64,
    /// What it is a ratio to, where it is one of two sums that vary from replication to replication; else 0.
    pub below: f64,
}

/// What is told of a distribution of times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stat {
    /// The mean.
    Mean,
    /// The standard deviation.
    Sd,
    /// The time within which this share was done.
    Quantile(f64),
    /// The longest.
    Max,
}

/// What is told of every distribution of times, by name.
pub const STATS: [(&str, Stat); 8] = [
    ("mean", Stat::Mean),
    ("sd", Stat::Sd),
    ("p50", Stat::Quantile(0.5)),
    ("p90", Stat::Quantile(0.9)),
    ("p95", Stat::Quantile(0.95)),
    ("p99", Stat::Quantile(0.99)),
    ("p99.9", Stat::Quantile(0.999)),
    ("max", Stat::Max),
];

impl Stat {
    /// Of times in nanoseconds, in seconds.
    pub fn of(self, times: &Histogram) -> Option<f64> {
        let nanos = match self {
            Stat::Mean => times.mean(),
            Stat::Sd => times.sd(),
            Stat::Quantile(p) => times.quantile(p),
            Stat::Max => times.max().map(|longest| longest as f64),
        };
        nanos.map(|nanos| nanos / SECOND as f64)
    }
}

/// Money of one replication.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spending {
    /// Everything from 0 to length.
    pub total: Money,
    /// The same, by [`NodeId`].
    pub nodes: Vec<Money>,
    /// The share of the money for machines that went into slots which nobody held; `None` without machines.
    pub idle: Option<f64>,
    /// What was spent after length, until everybody had left.
    pub drain: Money,
}

/// All that the figures of one replication come from.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// From warm-up to length.
    pub counted: Span,
    /// From 0 to length.
    pub length: Span,
    /// Requests born from 0 to length, counted or not.
    pub born: u64,
    /// Requests that figures count.
    pub requests: u64,
    /// What is followed …
    pub gauges: &'a [Gauge],
    /// … and its mean between warm-up and length; `None` where no time lies between.
    pub levels: Option<&'a [f64]>,
}

impl Ground<'_> {
    fn level(&self, node: Option<NodeId>, what: Level) -> Option<f64> {
        let place = self.gauges.iter().position(|gauge| gauge.node == node && gauge.what == what)?;
        self.levels.map(|levels| levels[place])
    }

    fn rate(&self, count: u64) -> Option<f64> {
        (self.counted > Span::ZERO).then(|| count as f64 / self.counted.seconds())
    }
}

/// How a node is called in results: `pool.media`.
pub fn label(node: &Node) -> String {
    let kind = match node.kind {
        NodeKind::Balancer(_) => "balancer",
        NodeKind::Pool(_) => "pool",
        NodeKind::Queue(_) => "queue",
        NodeKind::Bucket(_) => "bucket",
        NodeKind::Service(_) => "service",
        NodeKind::Cluster(_) => "cluster",
        NodeKind::Function(_) => "function",
        NodeKind::Bus(_) => "bus",
    };
    format!("{kind}.{}", node.name)
}

/// Gathers figures of one kind, node or whole.
struct List<'a> {
    whose: Whose,
    into: &'a mut Vec<Measured>,
}

impl List<'_> {
    fn add(&mut self, name: impl Into<String>, unit: &'static str, value: Option<f64>) {
        self.into.push(Measured { whose: self.whose, name: name.into(), unit, value, trials: 0, below: 0.0 });
    }

    /// A share of things that were counted.
    fn share(&mut self, name: impl Into<String>, part: u64, of: u64) {
        let value = share(part, of);
        self.into.push(Measured { whose: self.whose, name: name.into(), unit: "1", value, trials: of, below: 0.0 });
    }

    /// A ratio of two sums.
    fn ratio(&mut self, name: impl Into<String>, unit: &'static str, above: f64, below: f64) {
        let value = (below > 0.0).then(|| above / below);
        self.into.push(Measured { whose: self.whose, name: name.into(), unit, value, trials: 0, below });
    }

    fn times(&mut self, name: &str, times: &Histogram) {
        for (stat, which) in STATS {
            self.add(format!("{name}.{stat}"), "s", which.of(times));
        }
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// Adds the figures of all requests, or of one kind.
pub fn of_requests(whose: Whose, kind: &Kind, ground: &Ground<'_>, into: &mut Vec<Measured>) {
    let mut list = List { whose, into };
    list.times("answer", &kind.answer);
    list.times("completion", &kind.completion);
    list.share("lost", kind.losses(), kind.born);
    for why in Loss::ALL {
        list.share(format!("lost.{}", why.word()), kind.lost[why as usize], kind.born);
    }
    list.share("availability", kind.answer.count(), kind.born);
    list.add("goodput", "1/s", ground.rate(kind.completion.count()));
    list.ratio("attempts", "1", (kind.born + kind.repeats) as f64, kind.born as f64);
    list.share("retried", kind.retried, kind.born);
    list.ratio("duplicates", "1", kind.wasted as f64, kind.born as f64);
}

/// Adds the figures of the whole that are not those of its requests.
pub fn of_whole(ground: &Ground<'_>, spending: &Spending, into: &mut Vec<Measured>) {
    let mut list = List { whose: Whose::Whole, into };
    list.add("in-system", "1", ground.level(None, Level::InSystem));
    list.add("retrying", "1", ground.level(None, Level::Retrying));
    let total = spending.total.dollars();
    let month = (ground.length > Span::ZERO).then(|| monthly(spending.total, ground.length).dollars());
    list.add("cost.total", "$", Some(total));
    list.add("cost.month", "$", month);
    list.ratio("cost.million", "$", total, ground.born as f64 / 1e6);
    list.add("cost.wasted", "1", spending.idle);
    list.add("cost.drain", "$", Some(spending.drain.dollars()));
}

/// Where the time of counted requests of clients went at a node, in nanoseconds, each by its word: what stands in line, for
/// siblings, at a start, at work, for answers, and what is on its way. Of these only `answers` is told twice: by whoever is
/// asked, too.
pub fn times_of(place: &Place) -> [(&'static str, u128); 6] {
    let spent = |on: Spent| place.spent[on as usize];
    let [lines, unsent] = place.unsent;
    let stays = place.service.sum() + place.cut - unsent;
    let (start, answers, fetch) = (spent(Spent::Start), spent(Spent::Answers), spent(Spent::Fetch));
    [
        ("wait", place.wait.sum() + place.left.sum() - lines + spent(Spent::Queue)),
        ("join", spent(Spent::Join)),
        ("start", start),
        ("work", stays.saturating_sub(start + answers + fetch) + spent(Spent::Object)),
        ("answers", answers),
        ("way", spent(Spent::Way) + fetch),
    ]
}

/// Adds the figures of a node.
pub fn of_node(id: NodeId, node: &Node, place: &Place, ground: &Ground<'_>, cost: Money, into: &mut Vec<Measured>) {
    let mut list = List { whose: Whose::Node(id), into };
    let level = |what| ground.level(Some(id), what);
    match &node.kind {
        NodeKind::Pool(pool) => {
            let (line, busy) = (level(Level::Line), level(Level::Busy));
            list.times("wait", &place.wait);
            list.times("service", &place.service);
            // Work that goes on after an interruption is no other visit.
            let visits = (place.wait.count() + place.left.count()).saturating_sub(place.resumed);
            list.share("waits", place.queued, visits);
            list.share("leaves", place.left.count(), visits);
            list.times("left", &place.left);
            if pool.gather {
                list.times("join", &place.join);
                list.add("in-join", "1", level(Level::Joining));
            }
            list.add("in-line", "1", line);
            let beside = level(Level::Together).unwrap_or(0.0);
            list.add("in-system", "1", line.zip(busy).map(|(line, busy)| line + busy + beside));
            if pool.batch.is_some() {
                list.ratio("batch-size", "1", place.gathered as f64, place.gatherings as f64);
            }
            let slots = level(Level::Slots).filter(|&slots| slots > 0.0);
            list.add("busy", "1", busy);
            // Of slots without number no share is taken.
            let slots = slots.filter(|_| pool.workers.is_some());
            list.ratio("utilisation", "1", busy.unwrap_or(0.0), slots.unwrap_or(0.0));
            for state in [Level::Desired, Level::Pending, Level::Booting, Level::Ready, Level::Failed, Level::Draining]
            {
                list.add(format!("workers.{}", state.word()), "1", level(state));
            }
            for size in pool.scaling.reactive().map(Reactive::told_sizes).into_iter().flatten() {
                list.add(format!("workers.desired.{size}"), "1", level(Level::Wanted(size)));
            }
            if let Some(lopsided) = level(Level::IdleBesideLine) {
                list.add("idle-beside-line", "1", Some(lopsided));
            }
            if let Some(warm) = level(Level::Warm) {
                list.add("workers.warm", "1", Some(warm));
            }
            if let Some(off) = level(Level::Off) {
                list.add("workers.off", "1", Some(off));
            }
            if let Some(denied) = level(Level::Denied) {
                list.add("workers.denied", "1/s", Some(denied));
            }
            list.add("workers.started", "1/s", ground.rate(place.started));
            list.add("workers.stopped", "1/s", ground.rate(place.stopped));
            list.add("workers.failures", "1/s", ground.rate(place.failures));
            if !matches!(pool.scaling, Scaling::Fixed) {
                list.add("looks", "1/s", ground.rate(place.looks));
                list.add("workers.added", "1/s", ground.rate(place.added));
                list.add("workers.removed", "1/s", ground.rate(place.removed));
            }
            list.add("throughput", "1/s", ground.rate(place.served));
            list.add("outages", "1/s", ground.rate(place.outages));
            list.add("availability", "1", level(Level::Away).map(|away| 1.0 - away));
        }
        NodeKind::Queue(queue) => {
            let states = [Level::Visible, Level::InFlight, Level::Hidden];
            for state in states {
                list.add(state.word(), "1", level(state));
            }
            let delayed = level(Level::Delayed);
            let sum = states.into_iter().map(level).try_fold(delayed.unwrap_or(0.0), |sum, level| Some(sum + level?));
            if delayed.is_some() {
                list.add("delayed", "1", delayed);
            }
            list.add("in-system", "1", sum);
            list.times("wait", &place.wait);
            list.share("waits", place.queued, place.wait.count());
            list.add("receives", "1/s", ground.rate(place.receives));
            list.ratio("batch-size", "1", place.received as f64, place.receives as f64);
            for what in [Level::EmptyReceives, Level::EmptyAgain, Level::OverLimit] {
                if let Some(empty) = level(what) {
                    list.add(what.word(), "1/s", Some(empty));
                }
            }
            if let Some(pollers) = level(Level::Pollers) {
                list.add("pollers", "1", Some(pollers));
            }
            if queue.mapping.as_ref().is_some_and(|mapping| mapping.filter.is_some()) {
                list.add("filtered", "1/s", ground.rate(place.filtered));
            }
            list.ratio("deliveries", "1", place.wait.count() as f64, place.posted as f64);
            list.share("dead-letters", place.buried, place.posted);
            if queue.deduplication.is_some() {
                list.add("dropped", "1/s", ground.rate(place.dropped));
            }
            if queue.throughput.is_some() {
                list.add("throttled", "1/s", ground.rate(place.throttled));
            }
            if queue.retention.is_some() {
                list.add("expired", "1/s", ground.rate(place.expired));
            }
        }
        NodeKind::Service(_) => {
            list.times("service", &place.service);
            for (name, value) in [("in-system", level(Level::Busy)), ("busy", level(Level::Busy))] {
                list.add(name, "1", value);
            }
            list.add("throughput", "1/s", ground.rate(place.served));
            list.add("outages", "1/s", ground.rate(place.outages));
            list.add("availability", "1", level(Level::Away).map(|away| 1.0 - away));
        }
        NodeKind::Function(function) => {
            list.times("service", &place.service);
            let mut held = 0.0;
            if function.desk.batch.is_some() {
                list.times("wait", &place.wait);
                list.add("in-line", "1", level(Level::Line));
                list.ratio("batch-size", "1", place.gathered as f64, place.gatherings as f64);
                held = level(Level::Line).unwrap_or(0.0) + level(Level::Together).unwrap_or(0.0);
            }
            list.share("cold-starts", place.cold, place.invoked);
            list.add("throttled", "1/s", ground.rate(place.throttled));
            list.add("in-system", "1", level(Level::Busy).map(|busy| busy + held));
            list.add("busy", "1", level(Level::Busy));
            for state in [Level::Booting, Level::Ready] {
                list.add(format!("workers.{}", state.word()), "1", level(state));
            }
            list.add("workers.started", "1/s", ground.rate(place.started));
            list.add("workers.stopped", "1/s", ground.rate(place.stopped));
            list.add("throughput", "1/s", ground.rate(place.served));
            list.add("outages", "1/s", ground.rate(place.outages));
            list.add("availability", "1", level(Level::Away).map(|away| 1.0 - away));
        }
        NodeKind::Bus(bus) => {
            let delivered = place.service.count();
            let given_up = place.buried + place.expired;
            list.add("events", "1/s", ground.rate(place.heard));
            list.share("matched", place.taken, place.heard);
            list.add("delivered", "1/s", ground.rate(delivered));
            list.times("latency", &place.service);
            list.add("failures", "1/s", ground.rate(place.failures));
            list.share("dead-letters", place.buried, delivered + given_up);
            list.share("discarded", place.expired, delivered + given_up);
            if bus.loss > 0.0 {
                list.add("missed", "1/s", ground.rate(place.missed));
            }
            if bus.archive.as_ref().is_some_and(|archive| !archive.replays.is_empty()) {
                list.add("replayed", "1/s", ground.rate(place.replayed));
            }
            if bus.puts.is_some() {
                list.add("throttled", "1/s", ground.rate(place.throttled));
            }
        }
        NodeKind::Cluster(_) => {
            for state in [Level::Desired, Level::Pending, Level::Booting, Level::Ready, Level::Failed, Level::Draining]
            {
                list.add(format!("workers.{}", state.word()), "1", level(state));
            }
            for (name, count) in [("started", place.started), ("stopped", place.stopped), ("failures", place.failures)]
            {
                list.add(format!("workers.{name}"), "1/s", ground.rate(count));
            }
            let asked = level(Level::Asked).zip(level(Level::Slots).filter(|&slots| slots > 0.0));
            let (asked, whole) = asked.unwrap_or((0.0, 0.0));
            list.ratio("utilisation", "1", asked, whole);
        }
        NodeKind::Balancer(_) | NodeKind::Bucket(_) => {}
    }
    for (what, nanos) in times_of(place) {
        let share = (ground.requests > 0).then(|| nanos as f64 / ground.requests as f64 / SECOND as f64);
        list.add(format!("time.{what}"), "s", share);
    }
    if let Some(full) = level(Level::BucketFull) {
        list.add("bucket-full", "1", Some(full));
    }
    list.add("cost.total", "$", Some(cost.dollars()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::topology::Bucket;
    use crate::ground::money::DOLLAR;

    fn value(figures: &[Measured], name: &str) -> Option<f64> {
        figures.iter().find(|figure| figure.name == name).expect("a figure of that name").value
    }

    fn ground<'a>(gauges: &'a [Gauge], levels: Option<&'a [f64]>) -> Ground<'a> {
        Ground {
            counted: Span::from_secs(3_600),
            length: Span::from_secs(7_200),
            born: 500_000,
            requests: 400_000,
            gauges,
            levels,
        }
    }

    #[test]
    fn shares_are_of_the_counted_and_rates_of_the_counted_time() {
        let mut kind = Kind { born: 400, repeats: 100, wasted: 20, ..Kind::default() };
        kind.lost[Loss::Full as usize] = 30;
        kind.lost[Loss::Error as usize] = 10;
        for _ in 0..360 {
            kind.answer.add(SECOND);
            kind.completion.add(2 * SECOND);
        }
        let mut figures = Vec::new();
        of_requests(Whose::Whole, &kind, &ground(&[], None), &mut figures);
        assert_eq!(value(&figures, "lost"), Some(0.1));
        assert_eq!(value(&figures, "lost.full"), Some(0.075));
        assert_eq!(value(&figures, "lost.timed-out"), Some(0.0));
        assert_eq!(value(&figures, "availability"), Some(0.9));
        assert_eq!(value(&figures, "goodput"), Some(0.1));
        assert_eq!(value(&figures, "attempts"), Some(1.25));
        assert_eq!(value(&figures, "duplicates"), Some(0.05));
        assert_eq!(value(&figures, "completion.mean"), Some(2.0));
    }

    #[test]
    fn where_nobody_came_there_is_nothing_to_measure() {
        let mut figures = Vec::new();
        of_requests(Whose::Whole, &Kind::default(), &ground(&[], None), &mut figures);
        for name in ["answer.p99", "completion.mean", "lost", "availability"] {
            assert_eq!(value(&figures, name), None, "{name}");
        }
        assert_eq!(value(&figures, "goodput"), Some(0.0));
    }

    /// 3 $ in two hours: × 730 h / 2 h = 1095 $ a month; for half a million requests, so 6 $ a million.
    #[test]
    fn money_is_extrapolated_from_the_whole_run() {
        let spending = Spending { total: Money::from_picodollars(3 * DOLLAR), ..Spending::default() };
        let mut figures = Vec::new();
        of_whole(&ground(&[], None), &spending, &mut figures);
        assert_eq!(value(&figures, "cost.month"), Some(1_095.0));
        assert_eq!(value(&figures, "cost.million"), Some(6.0));
        assert_eq!(value(&figures, "cost.wasted"), None, "there were no machines");
    }

    #[test]
    fn a_queue_holds_what_is_visible_in_flight_and_hidden() {
        let queue = NodeId(0);
        let gauge = |what| Gauge { node: Some(queue), what };
        let gauges = [gauge(Level::Visible), gauge(Level::InFlight), gauge(Level::Hidden)];
        let node = Node { name: "uploads".into(), kind: NodeKind::Bucket(Bucket::default()) };
        assert_eq!(label(&node), "bucket.uploads");
        let levels = ground(&gauges, Some(&[5.0, 2.0, 0.5]));
        assert_eq!(levels.level(Some(queue), Level::Hidden), Some(0.5));
        assert_eq!(levels.level(Some(queue), Level::Ready), None);
    }
}
