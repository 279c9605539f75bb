//! `HorizontalPodAutoscaler` of Kubernetes: `autoscaling/v2`, `v2beta2` of the same shape, and `v1`.
//!
//! Source: Kubernetes API reference, *HorizontalPodAutoscaler*.

use crate::scenario::import::Kind;
use crate::scenario::import::behavior;
use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::kubernetes::{self, Head};
use crate::scenario::import::plan::{Plan, Pool};
use crate::scenario::import::taking::{Findings, Taking};

pub(super) const KIND: Kind = Kind {
    about: "a HorizontalPodAutoscaler of autoscaling/v2, v2beta2 or v1",
    knows: |table| {
        kubernetes::is(table, "HorizontalPodAutoscaler", &["autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v1"])
    },
    read,
};

/// What Kubernetes goes by where nothing is said (the same page, `metrics`).
const CPU: &str = "80%";

fn read(object: &mut Taking, plan: &mut Plan, found: &mut Findings) {
    let head = kubernetes::head(object, found);
    let Some(mut spec) = kubernetes::spec(object, found) else { return };
    if head.is_keda {
        found.note(format!("{} is KEDA's own: its ScaledObject says it all", head.title()));
        return spec.drop_rest();
    }
    let target = kubernetes::target(&mut spec, &head, found);
    let mut keys = Keys::default();
    keys.put("min", spec.whole("minReplicas", found));
    spec.need("maxReplicas", "Kubernetes wants it, too", found);
    keys.put("max", spec.whole("maxReplicas", found));
    keys.put("metrics", Some(metrics(&mut spec, &head, found)));
    let behavior = behavior::read(&mut spec, found);
    keys.put("tolerance", behavior.tolerance);
    keys.put("behavior", behavior.behavior);
    let known =
        ["scaleTargetRef", "minReplicas", "maxReplicas", "metrics", "behavior", "targetCPUUtilizationPercentage"];
    spec.finish(&known, found);
    let Some((name, id)) = target else { return };
    plan.pool(
        Pool { title: head.title(), needs: &["max", "metrics"], ..Pool::new(id, name, "hpa", head.at, keys) },
        found,
    );
}

/// What it goes by: of several, the one that asks for most counts, there as here.
fn metrics(spec: &mut Taking, head: &Head, found: &mut Findings) -> Item {
    let mut list = Vec::new();
    if let Some((share, at)) = spec.count("targetCPUUtilizationPercentage", found) {
        list.push(Item::choice("cpu", Item::new(Out::Text(format!("{share}%")), at)));
    }
    let tables = spec.tables("metrics", found).unwrap_or_default();
    if tables.is_empty() && list.is_empty() {
        found.note(format!(
            "{} has no metrics: Kubernetes goes by a CPU of {CPU} then, which is written here",
            head.title()
        ));
        list.push(Item::choice("cpu", Item::new(Out::Text(CPU.to_owned()), spec.at.clone())));
    }
    list.extend(tables.into_iter().filter_map(|table| metric(table, found)));
    Item::new(Out::List(list), spec.at.clone())
}

fn metric(mut metric: Taking, found: &mut Findings) -> Option<Item> {
    let (word, at) = metric.text("type", found).unwrap_or_else(|| (String::new(), metric.at.clone()));
    let key = match word.as_str() {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        "Pods" => "pods",
        "Object" => "object",
        "External" => "external",
        _ => {
            let what = format!("`{word}` is no type of metric");
            let advice = "known here: `Resource`, `ContainerResource`, `Pods`, `Object` and `External`";
            found.refuse("E005", &at, what, advice);
            metric.drop_rest();
            return None;
        }
    };
    if !metric.has(key) {
        let what = format!("`{}` is missing", metric.below(key));
        found.refuse("E004", &at, what, "a metric's settings stand under its type");
        metric.drop_rest();
        return None;
    }
    let inner = metric.table(key, found);
    metric.finish(&["type", key], found);
    let mut inner = inner?;
    let item = if key == "resource" { resource(&mut inner, found) } else { named(&mut inner, key, found) };
    inner.finish(&["name", "target"], found);
    item
}

/// The pods' own CPU is what a scenario has; their memory is not.
fn resource(inner: &mut Taking, found: &mut Findings) -> Option<Item> {
    let name = inner.text("name", found).map(|(name, _)| name).unwrap_or_default();
    let mut target = inner.table("target", found)?;
    let kind = target.text("type", found).map(|(kind, _)| kind).unwrap_or_default();
    if name == "cpu" && kind == "Utilization" {
        target.need("averageUtilization", "say the target in per cent", found);
        let share = target.count("averageUtilization", found);
        target.finish(&["averageUtilization"], found);
        let (share, at) = share?;
        return Some(Item::choice("cpu", Item::new(Out::Text(format!("{share}%")), at)));
    }
    let why = match name.as_str() {
        "cpu" => "counts cores, and a scenario knows a pod's CPU as a share of its request: give `averageUtilization`",
        "memory" => "has no counterpart in a scenario: its pods have no memory that fills",
        _ => "has no counterpart in a scenario: of a pod's resources it has the CPU",
    };
    found.unread(&inner.at, inner.path.clone(), format!("(`{name}`) {why}"));
    target.drop_rest();
    None
}

/// A metric that somebody gave a name: what it counts is not said here, and so stands as a blank.
fn named(inner: &mut Taking, key: &str, found: &mut Findings) -> Option<Item> {
    let at = inner.at.clone();
    let path = inner.path.clone();
    if key == "containerResource" {
        let why = "has no counterpart in a scenario: its pods have one container";
        found.unread(&at, path, why);
        inner.pass(&["name", "container", "target"]);
        return None;
    }
    let mut name = String::new();
    if let Some(mut metric) = inner.table("metric", found) {
        name = metric.text("name", found).map(|(name, _)| name).unwrap_or_default();
        metric.leave("selector", "chooses the series of the metric, and goes with its name", found);
        metric.finish(&["name", "selector"], found);
    }
    inner.leave("describedObject", "is the object of the metric, and goes with its name", found);
    let mut target = inner.table("target", found)?;
    let kind = target.text("type", found).map(|(kind, _)| kind).unwrap_or_default();
    let (word, value) = match kind.as_str() {
        "Value" => ("value", target.amount("value", found)),
        _ => ("average-value", target.amount("averageValue", found)),
    };
    target.finish(&["value", "averageValue"], found);
    let why = format!(
        "is the metric `{name}`, and its name does not say what it counts: write what it is in a scenario in the place of \
         the `…`, such as `\"backlog\"` or `{{ visible = {{ of = \"QUEUE\" }} }}`"
    );
    found.unread(&at, path, why);
    let mut keys = Keys::default();
    keys.put("metric", Some(Item::new(Out::Blank, at.clone())));
    keys.put("target", value);
    Some(Item::choice(word, keys.table(at)))
}
