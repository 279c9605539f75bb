//! How often a metric is sampled, how many samples are a datapoint, and how often whoever acts on it looks.

use crate::cloud::scaling::metric::{Metric, Metrics};
use crate::cloud::scaling::plan::{Policy, QueueLength};
use crate::cloud::scaling::predictive::Predictive;
use crate::ground::time::Span;

/// How a policy follows its metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    /// From one sample to the next; `None`: each look takes its own.
    pub sample: Option<Span>,
    /// How many samples are one datapoint, their mean.
    pub per: usize,
    /// The first look, but for its phase.
    pub first: Span,
    /// From one look to the next.
    pub every: Span,
    /// Whether the phase of evaluations delays its looks.
    pub phased: bool,
    /// An alarm that goes on acts again after so long; zero: at every look.
    pub repeat: Span,
}

impl Rhythm {
    /// An alarm that goes on has its policy act again so often (Amazon EC2 Auto Scaling and CloudWatch user guides,
    /// *Alarm actions*: once a minute while it stays in that state).
    pub const REPEAT: Span = MINUTE;

    /// How often an alarm over datapoints of such a period is evaluated: every minute, and every ten seconds where its
    /// period is shorter than a minute (Amazon CloudWatch user guide, *Evaluating an alarm*).
    pub fn evaluations(period: Span) -> Span {
        if period >= MINUTE { MINUTE } else { period.min(TEN_SECONDS) }
    }

    /// How many samples so far apart a period has, counting one that is begun.
    pub fn samples(period: Span, spacing: Span) -> usize {
        usize::try_from(period.nanos().div_ceil(spacing.nanos().max(1))).unwrap_or(usize::MAX).max(1)
    }

    /// Of an alarm with such a period.
    ///
    /// Under textbook defaults metrics have no period of their own: the alarm looks once a period, and sees the very
    /// moment. Else its datapoints are made of samples that come by themselves, and each evaluation takes the newest of
    /// them, so that a period of more than a minute is a window that slides by a minute.
    pub fn of_alarm(metrics: &Metrics, metric: &Metric, period: Span) -> Rhythm {
        if metrics.period == Span::ZERO {
            return Rhythm::of_looks(metrics, metric, period);
        }
        let outside = metric.is_recorded();
        let period = period.max(metrics.spacing(metric));
        let every = Rhythm::evaluations(period);
        let spacing = if outside { every } else { metrics.spacing(metric) };
        Rhythm {
            sample: (!outside).then_some(spacing),
            per: Rhythm::samples(period, spacing),
            first: every.max(spacing),
            every,
            phased: !outside,
            repeat: Rhythm::REPEAT,
        }
    }

    /// Of whoever looks at the very moment, but not more often than there are datapoints.
    fn of_looks(metrics: &Metrics, metric: &Metric, every: Span) -> Rhythm {
        let every = every.max(metrics.spacing(metric));
        Rhythm { per: 1, first: every, every, ..Rhythm::default() }
    }

    /// Of a loop of one's own, which looks when it wants to, at whatever datapoint is the newest then.
    fn of_loop(metrics: &Metrics, rule: &QueueLength) -> Rhythm {
        let first = rule.first.unwrap_or(rule.every);
        let spacing = metrics.spacing(&rule.metric);
        if metrics.period == Span::ZERO || rule.metric.is_recorded() {
            let looks = Rhythm::of_looks(metrics, &rule.metric, rule.every);
            return Rhythm { first: first.max(spacing), ..looks };
        }
        let (sample, phased) = (Some(spacing), rule.first.is_none());
        Rhythm { sample, per: 1, first, every: rule.every, phased, repeat: Span::ZERO }
    }

    /// Of a policy; `None` of a timetable.
    pub fn of(policy: &Policy, metrics: &Metrics) -> Option<Rhythm> {
        match policy {
            Policy::TargetTracking(rule) => Some(Rhythm::of_alarm(metrics, &rule.metric, rule.period)),
            Policy::Step(rule) => Some(Rhythm::of_alarm(metrics, &rule.alarm.metric, rule.alarm.period)),
            Policy::Simple(rule) => Some(Rhythm::of_alarm(metrics, &rule.alarm.metric, rule.alarm.period)),
            Policy::Predictive(rule) => Some(Rhythm::of_looks(metrics, &rule.metric, Predictive::LOOK)),
            Policy::QueueLength(rule) => Some(Rhythm::of_loop(metrics, rule)),
            Policy::Scheduled(_) => None,
        }
    }
}

const MINUTE: Span = Span::from_secs(60);
const TEN_SECONDS: Span = Span::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::metric::{Reading, Recorded};
    use crate::cloud::topology::NodeId;

    const FIVE_MINUTES: Span = Span::from_secs(300);

    fn metric(what: Reading) -> Metric {
        Metric { what, of: NodeId(0) }
    }

    fn minutely() -> Metrics {
        Metrics { period: MINUTE, ..Metrics::default() }
    }

    /// When it first looks, how often again, over how many samples so far apart.
    fn told(rhythm: Rhythm) -> (u64, u64, usize, Option<u64>) {
        let seconds = |span: Span| span.nanos() / 1_000_000_000;
        (seconds(rhythm.first), seconds(rhythm.every), rhythm.per, rhythm.sample.map(seconds))
    }

    /// Amazon CloudWatch user guide, *Evaluating an alarm*: every minute on a window that slides, every ten seconds below.
    #[test]
    fn alarms_are_evaluated_every_minute_or_every_ten_seconds() {
        let quick = Metrics { period: TEN_SECONDS, ..Metrics::default() };
        let of = |metrics: &Metrics, period| told(Rhythm::of_alarm(metrics, &metric(Reading::Visible), period));
        for (metrics, period, expected) in [
            (minutely(), 60, (60, 60, 1, Some(60))),
            (minutely(), 300, (60, 60, 5, Some(60))),
            (minutely(), 10, (60, 60, 1, Some(60))),
            (quick.clone(), 10, (10, 10, 1, Some(10))),
            (quick.clone(), 30, (10, 10, 3, Some(10))),
            (quick, 60, (60, 60, 6, Some(10))),
            (Metrics::default(), 300, (300, 300, 1, None)),
        ] {
            assert_eq!(of(&metrics, Span::from_secs(period)), expected, "{metrics:?} {period}");
        }
    }

    /// Amazon EC2 user guide, *Monitoring*: machines tell of themselves every five minutes, which are one datapoint.
    #[test]
    fn basic_monitoring_is_one_sample_a_datapoint() {
        let basic = Metrics { detailed: false, ..minutely() };
        assert_eq!(told(Rhythm::of_alarm(&basic, &metric(Reading::Cpu), MINUTE)), (300, 60, 1, Some(300)));
        assert_eq!(told(Rhythm::of_alarm(&basic, &metric(Reading::Visible), MINUTE)), (60, 60, 1, Some(60)));
        let moment = Metrics { detailed: false, ..Metrics::default() };
        assert_eq!(told(Rhythm::of_alarm(&moment, &metric(Reading::Cpu), MINUTE)), (300, 300, 1, None));
    }

    /// What comes from outside is there when it is there: no phase, and windows of what was read each minute.
    #[test]
    fn a_recording_has_no_phase() {
        let recorded = metric(Reading::Recorded(Recorded([].into())));
        let rhythm = Rhythm::of_alarm(&minutely(), &recorded, FIVE_MINUTES);
        assert_eq!((told(rhythm), rhythm.phased), ((60, 60, 5, None), false));
    }
}
