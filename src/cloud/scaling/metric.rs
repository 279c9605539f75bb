//! What controllers read, as plain data: a figure of a node, a ratio of two, or a recording from outside.

use std::sync::Arc;

use crate::cloud::topology::NodeId;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// What a controller reads, and of which node.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What.
    pub what: Reading,
    /// Of which queue or pool; of a ratio and a recording, the pool that is scaled.
    pub of: NodeId,
}

/// The closed list of what can be read.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Messages free to be received; of a pool, requests in line.
    Visible,
    /// Messages received and not yet deleted; of a pool, requests in service.
    InFlight,
    /// Messages that are hidden until their delay is over.
    Delayed,
    /// Seconds since the oldest message came.
    Oldest,
    /// Visible and in flight.
    Backlog,
    /// Busy share of the ready slots, averaged since the last look.
    Cpu,
    /// Busy slots per ready worker, averaged since the last look.
    Busy,
    /// Requests begun per ready worker and minute since the last look.
    RequestsPerWorker,
    /// Busy share of a function's environments that are kept ready, averaged since the last look.
    ProvisionedUse,
    /// Workers in service.
    InService,
    /// Workers that are in service and warm.
    Ready,
    /// Workers wanted.
    Desired,
    /// One figure divided by another.
    Ratio(Box<Ratio>),
    /// From outside: it does not react to what is decided.
    Recorded(Recorded),
}

/// Metric math: one figure divided by another. There is no datapoint where the divisor is 0 (Amazon CloudWatch user
/// guide, *Use metric math*).
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// What is divided.
    pub of: Metric,
    /// By what.
    pub to: Metric,
    /// The divisor is never taken to be less: `m1 / MAX([m2, 1])`.
    pub at_least: f64,
}

impl Ratio {
    /// The one value divided by the other; `None` where the divisor is 0.
    pub fn value(of: f64, to: f64, at_least: f64) -> Option<f64> {
        let to = to.max(at_least);
        (to > 0.0).then(|| of / to)
    }
}

/// Values and the instants of their datapoints, in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded(pub Arc<[(SimTime, f64)]>);

impl Recorded {
    /// The newest value after one instant, up to and with another; `None` where there is none.
    pub fn between(&self, after: SimTime, until: SimTime) -> Option<f64> {
        let come = self.0.partition_point(|&(at, _)| at <= until);
        self.0[..come]
            .last()
            .filter(|&&(at, _)| at > after || after == SimTime::START && at == after)
            .map(|point| point.1)
    }
}

/// Whose number a metric is divided among: what a proportional policy multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Population {
    /// Workers in service, those that are not yet warm among them.
    InService,
    /// Workers in service that are warm.
    Warm,
    /// Workers wanted.
    Desired,
}

impl Metric {
    /// Whether it is an average over the workers' own figures, in which new ones do not yet count.
    pub fn is_of_workers(&self) -> bool {
        match &self.what {
            Reading::Cpu | Reading::Busy => true,
            Reading::Ratio(ratio) => ratio.of.is_of_workers() || ratio.to.is_of_workers(),
            _ => false,
        }
    }

    /// Whether it is a figure of each worker, which falls where there are more of them.
    pub fn is_per_worker(&self) -> bool {
        match &self.what {
            Reading::Cpu | Reading::Busy | Reading::RequestsPerWorker | Reading::ProvisionedUse => true,
            Reading::Ratio(ratio) => matches!(ratio.to.what, Reading::InService | Reading::Ready | Reading::Desired),
            _ => false,
        }
    }

    /// Whether it is a provider's figure of machines, which comes every five minutes where nobody pays for more.
    pub fn is_of_machines(&self) -> bool {
        match &self.what {
            Reading::Cpu => true,
            Reading::Ratio(ratio) => ratio.of.is_of_machines() || ratio.to.is_of_machines(),
            _ => false,
        }
    }

    /// The node and the figure whose datapoints it is made of; of a ratio those of what is divided.
    pub fn source(&self) -> (NodeId, &'static str) {
        let word = match &self.what {
            Reading::Visible => "visible",
            Reading::InFlight => "in-flight",
            Reading::Delayed => "delayed",
            Reading::Oldest => "oldest",
            Reading::Backlog => "backlog",
            Reading::Cpu => "cpu",
            Reading::Busy => "busy",
            Reading::RequestsPerWorker => "requests-per-worker",
            Reading::ProvisionedUse => "provisioned-use",
            Reading::InService => "in-service",
            Reading::Ready => "ready",
            Reading::Desired => "desired",
            Reading::Recorded(_) => "recorded",
            Reading::Ratio(ratio) => return ratio.of.source(),
        };
        (self.of, word)
    }

    /// How many figures go into it.
    pub fn figures(&self) -> u32 {
        match &self.what {
            Reading::Ratio(ratio) => ratio.of.figures() + ratio.to.figures(),
            _ => 1,
        }
    }

    /// Whether it comes from outside.
    pub fn is_recorded(&self) -> bool {
        match &self.what {
            Reading::Recorded(_) => true,
            Reading::Ratio(ratio) => ratio.of.is_recorded() || ratio.to.is_recorded(),
            _ => false,
        }
    }

    /// Whether a queue's own figures go into it.
    pub fn counts_messages(&self) -> bool {
        match &self.what {
            Reading::Visible | Reading::InFlight | Reading::Delayed | Reading::Oldest | Reading::Backlog => true,
            Reading::Ratio(ratio) => ratio.of.counts_messages() || ratio.to.counts_messages(),
            _ => false,
        }
    }

    /// Whose number it is divided among: the same workers that its figure is of. A queue's length for each instance in
    /// service is shared by all of those, also by those that are not yet warm; a busy share is of the warm alone.
    pub fn population(&self) -> Population {
        match &self.what {
            Reading::Cpu | Reading::Busy => Population::Warm,
            Reading::Ratio(ratio) => match ratio.to.what {
                Reading::Ready => Population::Warm,
                Reading::Desired => Population::Desired,
                _ => ratio.of.population(),
            },
            _ => Population::InService,
        }
    }
}

/// How what happens becomes what a controller sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// A figure has a datapoint so often; zero: whoever looks sees the very moment.
    pub period: Span,
    /// How late a datapoint comes (a law of nanoseconds).
    pub delay: Distribution,
    /// How long after the minute alarms are evaluated (a law of nanoseconds): drawn once for each of them.
    pub phase: Distribution,
    /// By how much of itself a count of messages may be off, either way, from a thousand on.
    pub noise: f64,
    /// The share of datapoints that never come.
    pub missing: f64,
    /// Whether machines tell of themselves every minute, or else every five.
    pub detailed: bool,
    /// How long at the most a queue's first datapoint takes after it was left alone for long; zero: no time.
    pub idle_wake: Span,
    /// Whether alarms, and detailed figures of machines that somebody reads, are on the bill.
    pub are_billed: bool,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            period: Span::ZERO,
            delay: Distribution::constant(0),
            phase: Distribution::constant(0),
            noise: 0.0,
            missing: 0.0,
            detailed: true,
            idle_wake: Span::ZERO,
            are_billed: false,
        }
    }
}

impl Metrics {
    /// A queue nobody used for so long has no figures any more (Amazon SQS developer guide, *Available CloudWatch
    /// metrics*: active for up to six hours after its last message or call).
    pub const IDLE: Span = Span::from_secs(6 * 3_600);
    /// A message that was received so often no longer counts as the oldest.
    pub const SET_ASIDE: u16 = 3;
    /// From so many messages on a count is only approximately known: below, the service is exact enough; how exact it
    /// is above is nowhere said.
    pub const ROUGH: f64 = 1_000.0;
    /// Machines without detailed monitoring tell of themselves so often (Amazon EC2 user guide, *Monitoring*).
    pub const BASIC: Span = Span::from_secs(300);

    /// From one sample of this metric to the next; zero: whoever looks sees the very moment, or what was recorded.
    pub fn spacing(&self, metric: &Metric) -> Span {
        if metric.is_recorded() {
            return Span::ZERO;
        }
        let basic = if metric.is_of_machines() && !self.detailed { Metrics::BASIC } else { Span::ZERO };
        self.period.max(basic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(what: Reading) -> Metric {
        Metric { what, of: NodeId(0) }
    }

    fn per(to: Reading) -> Metric {
        metric(Reading::Ratio(Box::new(Ratio { of: metric(Reading::Visible), to: metric(to), at_least: 0.0 })))
    }

    #[test]
    fn a_recording_is_read_between_two_instants() {
        let at = |second: u64| SimTime::from_nanos(second * 1_000_000_000);
        let recorded = Recorded([(at(0), 1.0), (at(60), 4.0), (at(120), 12.0)].into());
        assert_eq!(recorded.between(at(0), at(60)), Some(4.0));
        assert_eq!(recorded.between(at(60), at(119)), None);
        assert_eq!(recorded.between(at(60), at(120)), Some(12.0));
        assert_eq!(recorded.between(at(0), at(59)), Some(1.0));
        assert_eq!(recorded.between(at(120), at(180)), None);
    }

    /// The same population in the figure and in what it is multiplied by.
    #[test]
    fn a_ratio_is_shared_by_those_it_is_divided_by() {
        assert_eq!(per(Reading::InService).population(), Population::InService);
        assert_eq!(per(Reading::Ready).population(), Population::Warm);
        assert_eq!(per(Reading::Desired).population(), Population::Desired);
        assert_eq!(metric(Reading::Cpu).population(), Population::Warm);
    }

    /// Two policies on one metric see one figure of it: so do those of its shares.
    #[test]
    fn a_ratio_has_the_datapoints_of_what_is_divided() {
        assert_eq!(per(Reading::InService).source(), metric(Reading::Visible).source());
        assert_ne!(metric(Reading::InFlight).source(), metric(Reading::Visible).source());
    }

    #[test]
    fn a_queues_own_figures_are_told_from_those_of_workers() {
        for what in [Reading::Visible, Reading::InFlight, Reading::Delayed, Reading::Oldest, Reading::Backlog] {
            assert!(metric(what).counts_messages());
        }
        assert!(!metric(Reading::Cpu).counts_messages());
        assert!(per(Reading::Cpu).counts_messages(), "one part is enough");
    }
}
