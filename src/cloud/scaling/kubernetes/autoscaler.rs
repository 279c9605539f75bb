//! What sizes a pool of pods: the closed list of its controllers, and what they read of what runs.

use crate::cloud::scaling::kubernetes::hpa::{Hpa, HpaMetric, Target};
use crate::cloud::scaling::kubernetes::jobs::Jobs;
use crate::cloud::scaling::kubernetes::keda::Keda;
use crate::cloud::scaling::kubernetes::kpa::Kpa;
use crate::cloud::scaling::kubernetes::milli;
use crate::cloud::scaling::kubernetes::pods::Measured;
use crate::cloud::scaling::metric::{Metric, Reading};

/// What sizes a pool of pods.
#[derive(Clone, Debug, PartialEq)]
pub enum Autoscaler {
    /// Kubernetes' own.
    Hpa(Hpa),
    /// KEDA's `ScaledObject`, with the HPA that it makes.
    Keda(Keda),
    /// KEDA's `ScaledJob`: each worker takes what it receives once, and ends with it.
    Jobs(Jobs),
    /// Knative's.
    Kpa(Kpa),
}

impl Autoscaler {
    /// Its word in a scenario.
    pub fn word(&self) -> &'static str {
        match self {
            Autoscaler::Hpa(_) => "hpa",
            Autoscaler::Keda(_) => "keda",
            Autoscaler::Jobs(_) => "keda-jobs",
            Autoscaler::Kpa(_) => "kpa",
        }
    }

    /// Pods at the most; `None`: no end.
    pub fn max(&self) -> Option<u32> {
        match self {
            Autoscaler::Hpa(hpa) => Some(hpa.max),
            Autoscaler::Keda(keda) => Some(keda.max),
            Autoscaler::Jobs(jobs) => Some(jobs.max),
            Autoscaler::Kpa(kpa) => kpa.max,
        }
    }

    /// Whether it may leave no pod at all.
    pub fn goes_to_zero(&self) -> bool {
        match self {
            Autoscaler::Hpa(hpa) => hpa.min == 0,
            Autoscaler::Keda(keda) => keda.min == 0 || keda.idle == Some(0),
            Autoscaler::Jobs(_) => true,
            Autoscaler::Kpa(kpa) => kpa.min == 0 && kpa.to_zero,
        }
    }

    /// The metrics that its HPA reads.
    pub fn of_hpa(&self) -> &[HpaMetric] {
        match self {
            Autoscaler::Hpa(hpa) => &hpa.metrics,
            Autoscaler::Keda(keda) => &keda.hpa.metrics,
            Autoscaler::Jobs(_) | Autoscaler::Kpa(_) => &[],
        }
    }

    /// Whether its workers end with the first that they take.
    pub fn is_of_jobs(&self) -> bool {
        matches!(self, Autoscaler::Jobs(_))
    }

    /// Whether it reads figures of each pod by itself.
    pub fn reads_each(&self) -> bool {
        matches!(self, Autoscaler::Hpa(hpa) if hpa.metrics.iter().any(HpaMetric::is_of_each))
    }
}

impl HpaMetric {
    /// Whether it is read of each pod by itself.
    pub fn is_of_each(&self) -> bool {
        matches!(self.metric.what, Reading::Cpu | Reading::Busy) && !matches!(self.target, Target::Value(_))
    }

    /// One value for all, as an HPA gets it: a mean of the pods, or a value of all of them.
    pub fn measured(&self, value: f64) -> Measured<'static> {
        match self.target {
            // A share of the CPU, or per cent; a billionth is the noise of multiplication.
            Target::Utilisation(_) if self.cpu => Measured::Mean((value * 100.0 + 1e-9).floor() as i64),
            Target::Utilisation(_) => Measured::Mean((value + 1e-9).floor() as i64),
            Target::AverageValue(_) if Metric::is_per_worker(&self.metric) => Measured::Mean(milli(value)),
            Target::AverageValue(_) | Target::Value(_) => Measured::Total(milli(value)),
        }
    }
}
