//! Metrics that controllers read: what they are of, in which form, and how a limit of one is read.

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::metric::{Metric, Recorded};
use crate::scenario::draft::quantities::Limit;
use crate::scenario::figures::Form;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "what was measured elsewhere of a node's workers is a recording with values, in the order of time",
    check: measured,
};

/// The most datapoints that one recording may have.
pub(crate) const POINTS_MAX: usize = 1_000_000;
/// Ratios of ratios deeper than this are no formula that anybody reads.
const DEPTH_MAX: usize = 4;

/// Whether a metric is of a queue (or line), and not of the pool's own workers.
pub(crate) fn of_queue(metric: &Metric) -> bool {
    match metric {
        Metric::Visible(_) | Metric::InFlight(_) | Metric::Delayed(_) | Metric::Oldest(_) | Metric::Backlog(_) => true,
        Metric::Cpu(_)
        | Metric::Busy(_)
        | Metric::RequestsPerWorker(_)
        | Metric::Concurrency(_)
        | Metric::ProvisionedUse(_)
        | Metric::InService(_)
        | Metric::Ready(_)
        | Metric::Desired(_)
        | Metric::Recorded(_) => false,
        Metric::Ratio(ratio) => of_queue(&ratio.of) || of_queue(&ratio.to),
    }
}

/// Whether a metric is of a queue and does not say of which.
pub(crate) fn of_some_queue(metric: &Metric) -> bool {
    match metric {
        Metric::Ratio(ratio) => of_some_queue(&ratio.of) || of_some_queue(&ratio.to),
        other => of_queue(other) && node_of(other).is_none(),
    }
}

/// The node that a metric names.
pub(crate) fn node_of(metric: &Metric) -> Option<&str> {
    match metric {
        Metric::Visible(of)
        | Metric::InFlight(of)
        | Metric::Delayed(of)
        | Metric::Oldest(of)
        | Metric::Backlog(of)
        | Metric::Cpu(of)
        | Metric::Busy(of)
        | Metric::RequestsPerWorker(of)
        | Metric::Concurrency(of)
        | Metric::ProvisionedUse(of)
        | Metric::InService(of)
        | Metric::Ready(of)
        | Metric::Desired(of) => of.of.as_deref(),
        Metric::Ratio(ratio) => node_of(&ratio.of).or(node_of(&ratio.to)),
        Metric::Recorded(_) => None,
    }
}

/// The metric's word.
pub(crate) fn word(metric: &Metric) -> &'static str {
    match metric {
        Metric::Visible(_) => "visible",
        Metric::InFlight(_) => "in-flight",
        Metric::Delayed(_) => "delayed",
        Metric::Oldest(_) => "oldest",
        Metric::Backlog(_) => "backlog",
        Metric::Cpu(_) => "cpu",
        Metric::Busy(_) => "busy",
        Metric::RequestsPerWorker(_) => "requests-per-worker",
        Metric::Concurrency(_) => "concurrency",
        Metric::ProvisionedUse(_) => "provisioned-use",
        Metric::InService(_) => "in-service",
        Metric::Ready(_) => "ready",
        Metric::Desired(_) => "desired",
        Metric::Ratio(_) => "ratio",
        Metric::Recorded(_) => "recorded",
    }
}

/// The form of a metric's values.
pub(crate) fn form(metric: &Metric) -> Form {
    match metric {
        Metric::Cpu(_) | Metric::ProvisionedUse(_) => Form::Share,
        Metric::Oldest(_) => Form::Duration,
        Metric::Visible(_)
        | Metric::InFlight(_)
        | Metric::Delayed(_)
        | Metric::Backlog(_)
        | Metric::Busy(_)
        | Metric::RequestsPerWorker(_)
        | Metric::Concurrency(_)
        | Metric::InService(_)
        | Metric::Ready(_)
        | Metric::Desired(_)
        | Metric::Ratio(_)
        | Metric::Recorded(_) => Form::Number,
    }
}

/// A limit of a metric, in the metric's own unit.
pub(crate) fn limit_value(metric: &Metric, limit: &Limit) -> Result<f64, String> {
    let value = signed_value(metric, limit)?;
    if value >= 0.0 || matches!(metric, Metric::Recorded(_) | Metric::Ratio(_)) {
        Ok(value)
    } else {
        Err("no metric is ever below zero".to_owned())
    }
}

/// A distance from a limit of a metric, in the metric's own unit; it may be negative.
pub(crate) fn signed_value(metric: &Metric, distance: &Limit) -> Result<f64, String> {
    match (form(metric), distance) {
        (Form::Number, Limit::Number(number)) if number.is_finite() => Ok(*number),
        (form, Limit::Text(text)) => match text.trim().strip_prefix('-') {
            Some(rest) => form.read(rest.trim()).map(|value| -value),
            None => form.read(text),
        },
        (form, Limit::Number(number)) => Err(format!("{number} is a bare number; write {}", form.example())),
    }
}

/// The target of a policy that names its metric, in the metric's own unit.
pub(crate) fn target_value(metric: &Metric, target: &Limit) -> Result<f64, String> {
    let value = limit_value(metric, target)?;
    if value > 0.0 { Ok(value) } else { Err("a target is above zero".to_owned()) }
}

/// Whether a metric reads what there is.
pub(super) fn reads(
    sight: &Sight<'_>,
    (topology, pool): (&str, &str),
    metric: &Metric,
    place: &Place,
    complaints: &mut Vec<Complaint>,
) {
    reads_within(sight, (topology, pool), metric, place, 0, complaints);
}

fn reads_within(
    sight: &Sight<'_>,
    (topology, pool): (&str, &str),
    metric: &Metric,
    place: &Place,
    depth: usize,
    complaints: &mut Vec<Complaint>,
) {
    let place = place.then(word(metric));
    match metric {
        Metric::Ratio(_) if depth == DEPTH_MAX => {
            complaints.push(
                Complaint::error("E201", place, "ratios of ratios of ratios are no metric that anybody reads")
                    .advise(format!("at most {DEPTH_MAX} deep")),
            );
        }
        Metric::ProvisionedUse(_) if depth > 0 => {
            let what = "`provisioned-use` is a share already";
            complaints.push(Complaint::error("E201", place, what).advise("use it by itself"));
        }
        Metric::Ratio(ratio) => {
            for (key, part) in [("of", &ratio.of), ("to", &ratio.to)] {
                reads_within(sight, (topology, pool), part, &place.then(key), depth + 1, complaints);
            }
            if let Some(least) = ratio.at_least.filter(|least| !(0.0..=1e12).contains(&least.0)) {
                let what = format!("a divisor of at least {}", least.0);
                complaints.push(
                    Complaint::error("E201", place.then("at-least"), what).advise("give 0, or a number above it"),
                );
            }
        }
        // Of values from outside, some have their name alone.
        Metric::Recorded(recorded)
            if sight.for_decide && recorded.name.is_some() && recorded.points.is_none() && recorded.file.is_none() => {}
        Metric::Recorded(recorded) => recording(recorded, &place, complaints),
        _ => of_node(sight, (topology, pool), metric, &place, complaints),
    }
}

fn of_node(
    sight: &Sight<'_>,
    (topology, pool): (&str, &str),
    metric: &Metric,
    place: &Place,
    complaints: &mut Vec<Complaint>,
) {
    let Some(of) = node_of(metric) else {
        if matches!(metric, Metric::ProvisionedUse(_)) {
            let what = "`provisioned-use` is of a function";
            let complaint = Complaint::error("E104", place.clone(), what);
            complaints.push(complaint.advise("name it: `{ provisioned-use = { of = \"f\" } }`"));
        }
        return;
    };
    let place = place.then("of");
    let nodes = sight.nodes(topology);
    match nodes.get(of) {
        None => {
            let known =
                nodes.iter().filter(|(_, kind)| matches!(kind, Kind::Pool | Kind::Queue)).map(|(name, _)| *name);
            let what = format!("the metric `{}` is of `{of}`, which topology `{topology}` does not have", word(metric));
            complaints.push(Complaint::error("E101", place, what).advise_if(did_you_mean(of, known)));
        }
        Some(Kind::Function) if matches!(metric, Metric::Concurrency(_) | Metric::ProvisionedUse(_)) => {}
        Some(Kind::Pool) if matches!(metric, Metric::Concurrency(_)) => {}
        Some(kind) if matches!(metric, Metric::Concurrency(_) | Metric::ProvisionedUse(_)) => {
            let what = format!("`{of}` is a {}, which has no `{}`", kind.word(), word(metric));
            complaints.push(Complaint::error("E104", place, what).advise("name a function"));
        }
        Some(_) if !of_queue(metric) && of != pool => {
            let what = format!("`{}` is measured at the workers that are scaled, and not at `{of}`", word(metric));
            complaints.push(Complaint::error("E104", place, what).advise("take `of` out"));
        }
        Some(Kind::Pool | Kind::Queue) => {}
        Some(kind) => {
            let what = format!("`{of}` is a {}, which has no `{}`", kind.word(), word(metric));
            complaints.push(Complaint::error("E104", place, what).advise("name a queue or a pool"));
        }
    }
}

/// What was measured elsewhere of a node's workers is a recording with values.
fn measured(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (kind, node, recorded) in topology.measured() {
            let place = node_place(name, kind, node).then("measured");
            recording(recorded, &place, &mut complaints);
            if recorded.name.is_some() {
                let what = "`name` is how `decide` knows a metric, and nothing is decided by what was measured";
                complaints.push(Complaint::error("E108", place.then("name").key(), what).advise("take it out"));
            }
        }
    }
    complaints
}

/// A recording is either points or a file, and its points are in the order of time.
fn recording(recorded: &Recorded, place: &Place, complaints: &mut Vec<Complaint>) {
    super::pairs::one_of(
        &[("points", recorded.points.is_some()), ("file", recorded.file.is_some())],
        place,
        complaints,
    );
    for (key, column) in [("time", &recorded.time), ("value", &recorded.value)] {
        if recorded.file.is_some() && column.is_none() {
            complaints.push(
                Complaint::error(
                    "E108",
                    place.then("file").key(),
                    format!("`file` needs `{key}`, the name of a column"),
                )
                .advise(format!("name it: `{key} = \"COLUMN\"`")),
            );
        } else if recorded.file.is_none() && column.is_some() {
            complaints.push(
                Complaint::error(
                    "E108",
                    place.then(key).key(),
                    format!("`{key}` is a column of a `file`, and there is none"),
                )
                .advise("take it out"),
            );
        }
    }
    for column in recorded.unit.keys().filter(|column| recorded.time.as_ref() != Some(*column)) {
        let what = format!("`unit` speaks of column `{column}`, from which no time is read");
        complaints.push(Complaint::error("E108", place.then("unit").then(column).key(), what).advise("take it out"));
    }
    let Some(points) = &recorded.points else { return };
    if points.is_empty() || points.len() > POINTS_MAX {
        let what = format!("a recording of {} points", points.len());
        complaints.push(Complaint::error("E201", place.then("points"), what).advise(format!("give 1 to {POINTS_MAX}")));
    }
    if let Some(at) = points.windows(2).position(|pair| pair[0].0.0 >= pair[1].0.0) {
        let what = format!("the point at {} does not come after the one at {}", points[at + 1].0.0, points[at].0.0);
        complaints.push(
            Complaint::error("E203", place.then("points").nth(at + 1), what)
                .advise("write points in the order of time"),
        );
    }
    if let Some(at) = points.iter().position(|point| !point.1.0.is_finite()) {
        complaints.push(Complaint::error("E201", place.then("points").nth(at), "a value is a finite number"));
    }
}
