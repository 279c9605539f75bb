//! The defaults of the controllers of Kubernetes, in the order of the grammar.
//!
//! They are programs that anybody runs, and no provider's service: under `"textbook"` they have the same defaults, which
//! the builder has of its own.

use crate::cloud::scaling::kubernetes::Kpa;
use crate::ground::quantity;
use crate::ground::time::Span;
use crate::scenario::documented::{Following, Mark, Row};
use crate::scenario::tree::{Tree, Value};

/// A row of a controller, from its place under `scaling`.
macro_rules! row {
    ($place:literal, $value:literal, $mark:ident, $source:literal) => {
        Row {
            place: concat!("topology.*.pool.*.scaling.", $place),
            value: $value,
            mark: Mark::$mark,
            source: $source,
            only: None,
        }
    };
}

/// The rows of controllers of pods, in the order of the grammar.
pub(crate) const KUBERNETES: &[Row] = &[
    row!("hpa.min", "1", Documented, "Kubernetes API reference, HorizontalPodAutoscalerSpec, minReplicas"),
    row!(
        "hpa.sync",
        "\"15s\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-sync-period"
    ),
    row!(
        "hpa.tolerance",
        "\"10%\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-tolerance"
    ),
    row!(
        "hpa.tolerance.up",
        "\"10%\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-tolerance"
    ),
    row!(
        "hpa.tolerance.down",
        "\"10%\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-tolerance"
    ),
    row!(
        "hpa.stabilisation",
        "\"300s\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-downscale-stabilization"
    ),
    row!(
        "hpa.behavior.up?.window",
        "\"0s\"",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "hpa.behavior.up?.select",
        "\"max\"",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "hpa.behavior.up?.policies",
        "[{ pods = 4, period = \"15s\" }, { percent = 100, period = \"15s\" }]",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "hpa.behavior.down?.select",
        "\"max\"",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "hpa.behavior.down?.policies",
        "[{ percent = 100, period = \"15s\" }]",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "hpa.cpu-initialisation",
        "\"5min\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-cpu-initialization-period"
    ),
    row!(
        "hpa.readiness-delay",
        "\"30s\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-initial-readiness-delay"
    ),
    row!("keda.min", "0", Documented, "KEDA documentation, ScaledObject specification, minReplicaCount"),
    row!("keda.max", "100", Documented, "KEDA documentation, ScaledObject specification, maxReplicaCount"),
    row!("keda.poll", "\"30s\"", Documented, "KEDA documentation, ScaledObject specification, pollingInterval"),
    row!("keda.cooldown", "\"300s\"", Documented, "KEDA documentation, ScaledObject specification, cooldownPeriod"),
    row!(
        "keda.initial-cooldown",
        "\"0s\"",
        Documented,
        "KEDA documentation, ScaledObject specification, initialCooldownPeriod"
    ),
    row!(
        "keda.triggers.[].metric",
        "\"backlog\"",
        Documented,
        "KEDA documentation, AWS SQS Queue, scaleOnInFlight and scaleOnDelayed"
    ),
    row!("keda.triggers.[].target", "5", Documented, "KEDA documentation, AWS SQS Queue, queueLength"),
    row!(
        "keda.triggers.[].type",
        "\"average-value\"",
        Documented,
        "KEDA documentation, ScaledObject specification, metricType"
    ),
    row!("keda.triggers.[].activation", "0", Documented, "KEDA documentation, AWS SQS Queue, activationQueueLength"),
    row!(
        "keda.fallback.mode",
        "\"static\"",
        Documented,
        "KEDA documentation, ScaledObject specification, fallback.behavior"
    ),
    row!(
        "keda.hpa?.sync",
        "\"15s\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-sync-period"
    ),
    row!(
        "keda.hpa?.tolerance",
        "\"10%\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-tolerance"
    ),
    row!(
        "keda.hpa.tolerance.up",
        "\"10%\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-tolerance"
    ),
    row!(
        "keda.hpa.tolerance.down",
        "\"10%\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-tolerance"
    ),
    row!(
        "keda.hpa?.stabilisation",
        "\"300s\"",
        Documented,
        "Kubernetes documentation, kube-controller-manager, --horizontal-pod-autoscaler-downscale-stabilization"
    ),
    row!(
        "keda.hpa.behavior.up?.window",
        "\"0s\"",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "keda.hpa.behavior.up?.select",
        "\"max\"",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "keda.hpa.behavior.up?.policies",
        "[{ pods = 4, period = \"15s\" }, { percent = 100, period = \"15s\" }]",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "keda.hpa.behavior.down?.select",
        "\"max\"",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!(
        "keda.hpa.behavior.down?.policies",
        "[{ percent = 100, period = \"15s\" }]",
        Documented,
        "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
    ),
    row!("keda-jobs.min", "0", Documented, "KEDA documentation, ScaledJob specification, minReplicaCount"),
    row!("keda-jobs.max", "100", Documented, "KEDA documentation, ScaledJob specification, maxReplicaCount"),
    row!("keda-jobs.poll", "\"30s\"", Documented, "KEDA documentation, ScaledJob specification, pollingInterval"),
    row!(
        "keda-jobs.triggers.[].metric",
        "\"backlog\"",
        Documented,
        "KEDA documentation, AWS SQS Queue, scaleOnInFlight and scaleOnDelayed"
    ),
    row!("keda-jobs.triggers.[].target", "5", Documented, "KEDA documentation, AWS SQS Queue, queueLength"),
    row!(
        "keda-jobs.triggers.[].type",
        "\"average-value\"",
        Documented,
        "KEDA documentation, Scaling Jobs: a target average value, and no other"
    ),
    row!(
        "keda-jobs.triggers.[].activation",
        "0",
        Documented,
        "KEDA documentation, AWS SQS Queue, activationQueueLength"
    ),
    row!(
        "keda-jobs.several",
        "\"max\"",
        Documented,
        "KEDA documentation, ScaledJob specification, multipleScalersCalculation"
    ),
    row!(
        "keda-jobs.strategy",
        "\"default\"",
        Documented,
        "KEDA documentation, ScaledJob specification, scalingStrategy"
    ),
    row!(
        "keda-jobs.strategy.custom.deduct",
        "0",
        Assumed,
        "the ScaledJob specification of KEDA has no value for it: nothing is taken off where nothing is said"
    ),
    row!(
        "keda-jobs.strategy.custom.running",
        "\"0%\"",
        Assumed,
        "the ScaledJob specification of KEDA has no value for it: nothing is taken off where nothing is said"
    ),
    row!("kpa.min", "0", Documented, "Knative documentation, Configuring scale bounds, min-scale"),
    row!(
        "kpa.target",
        "100",
        Documented,
        "Knative documentation, Configuring concurrency, container-concurrency-target-default"
    ),
    row!(
        "kpa.target-share",
        "\"70%\"",
        Documented,
        "Knative documentation, Configuring concurrency, container-concurrency-target-percentage"
    ),
    row!(
        "kpa.window",
        "\"60s\"",
        Documented,
        "Knative documentation, Additional autoscaling configuration for Knative Pod Autoscaler, stable-window"
    ),
    row!(
        "kpa.panic?.threshold",
        "\"200%\"",
        Documented,
        "Knative documentation, Additional autoscaling configuration for Knative Pod Autoscaler, panic-threshold-percentage"
    ),
    row!(
        "kpa.up-rate",
        "1000",
        Documented,
        "Knative documentation, Additional autoscaling configuration for Knative Pod Autoscaler, max-scale-up-rate"
    ),
    row!(
        "kpa.down-rate",
        "2",
        Documented,
        "Knative documentation, Additional autoscaling configuration for Knative Pod Autoscaler, max-scale-down-rate"
    ),
    row!(
        "kpa.grace",
        "\"30s\"",
        Documented,
        "Knative documentation, Configuring scale to zero, scale-to-zero-grace-period"
    ),
    row!("kpa.delay", "\"0s\"", Documented, "Knative documentation, Configuring scale bounds, scale-down-delay"),
    row!("kpa.initial", "1", Documented, "Knative documentation, Configuring scale bounds, initial-scale"),
    row!("kpa.activation", "1", Documented, "Knative documentation, Configuring scale bounds, activation-scale"),
    row!(
        "kpa.burst",
        "211",
        Documented,
        "Knative documentation, Configuring target burst capacity, target-burst-capacity"
    ),
    row!("kpa.to-zero", "true", Documented, "Knative documentation, Configuring scale to zero, enable-scale-to-zero"),
];

/// What follows from other settings of theirs, written after the rows.
pub(crate) const KUBERNETES_FOLLOWING: &[Following] = &[
    Following {
        row: row!(
            "hpa.behavior.down?.window",
            "the `stabilisation`",
            Documented,
            "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
        ),
        value: |pool| stabilisation(pool, &["scaling", "hpa", "stabilisation"]),
    },
    Following {
        row: row!(
            "keda.hpa.behavior.down?.window",
            "the `stabilisation`",
            Documented,
            "Kubernetes documentation, Horizontal Pod Autoscaling, Default behavior"
        ),
        value: |pool| stabilisation(pool, &["scaling", "keda", "hpa", "stabilisation"]),
    },
    Following {
        row: row!(
            "kpa.panic?.window",
            "a tenth of the stable window, in whole seconds, and at least one",
            Documented,
            "Knative documentation, Additional autoscaling configuration for Knative Pod Autoscaler, \
             panic-window-percentage"
        ),
        value: |pool| {
            let Value::Text(stable) = &at(pool, &["scaling", "kpa", "window"])?.value else { return None };
            let stable = quantity::span(stable).ok().filter(|stable| *stable >= Span::from_secs(1))?;
            Some(format!("\"{}\"", Kpa::panic_window(stable)))
        },
    },
];

fn at<'t>(tree: &'t Tree, path: &[&str]) -> Option<&'t Tree> {
    path.iter().try_fold(tree, |here, key| here.get(key))
}

/// A stabilisation as TOML writes it, if a window may be as long: one that is too long is told where it stands.
fn stabilisation(pool: &Tree, path: &[&str]) -> Option<String> {
    let Value::Text(text) = &at(pool, path)?.value else { return None };
    let within = quantity::span(text).is_ok_and(|span| span <= Span::from_secs(3_600));
    within.then(|| format!("{text:?}"))
}
