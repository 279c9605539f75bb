//! KEDA's `ScaledObject`. Source: KEDA documentation, *ScaledObject specification*.

use crate::scenario::import::behavior;
use crate::scenario::import::fragment::{Item, Keys};
use crate::scenario::import::plan::{Plan, Pool};
use crate::scenario::import::taking::{Findings, Taking};
use crate::scenario::import::triggers::Scaled;
use crate::scenario::import::{Kind, kubernetes, triggers};

pub(super) const KIND: Kind = Kind {
    about: "a ScaledObject of keda.sh/v1alpha1",
    knows: |table| kubernetes::is(table, "ScaledObject", &["keda.sh/v1alpha1"]),
    read,
};

fn read(object: &mut Taking, plan: &mut Plan, found: &mut Findings) {
    let head = kubernetes::head(object, found);
    let Some(mut spec) = kubernetes::spec(object, found) else { return };
    let target = kubernetes::target(&mut spec, &head, found);
    let mut keys = Keys::default();
    keys.put("min", spec.whole("minReplicaCount", found));
    keys.put("max", spec.whole("maxReplicaCount", found));
    keys.put("idle", spec.whole("idleReplicaCount", found));
    keys.put("poll", spec.seconds("pollingInterval", found));
    keys.put("cooldown", spec.seconds("cooldownPeriod", found));
    keys.put("initial-cooldown", spec.seconds("initialCooldownPeriod", found));
    let pods = Scaled::Pods(target.as_ref().map(|(_, id)| id.as_str()));
    keys.put("triggers", Some(triggers::read(&mut spec, pods, plan, found)));
    keys.put("fallback", fallback(&mut spec, found));
    keys.put("hpa", advanced(&mut spec, found));
    let known = [
        "minReplicaCount",
        "maxReplicaCount",
        "idleReplicaCount",
        "pollingInterval",
        "cooldownPeriod",
        "initialCooldownPeriod",
        "triggers",
        "fallback",
        "advanced",
    ];
    spec.finish(&known, found);
    let Some((name, id)) = target else { return };
    plan.pool(Pool { title: head.title(), needs: &["triggers"], ..Pool::new(id, name, "keda", head.at, keys) }, found);
}

fn fallback(spec: &mut Taking, found: &mut Findings) -> Option<Item> {
    let mut fallback = spec.table("fallback", found)?;
    let at = fallback.at.clone();
    let mut keys = Keys::default();
    keys.put("failures", fallback.whole("failureThreshold", found));
    keys.put("replicas", fallback.whole("replicas", found));
    if let Some((word, at)) = fallback.text("behavior", found) {
        let mode = match word.as_str() {
            "static" => Some("static"),
            "currentReplicas" => Some("current"),
            "currentReplicasIfHigher" => Some("current-if-higher"),
            "currentReplicasIfLower" => Some("current-if-lower"),
            _ => None,
        };
        match mode {
            Some(mode) => keys.put("mode", Some(Item::word(mode, at))),
            None => found.unread(&at, fallback.below("behavior"), format!("is `{word}`, which is not known here")),
        }
    }
    fallback.finish(&["failureThreshold", "replicas", "behavior"], found);
    Some(keys.table(at))
}

/// Settings of the HPA that KEDA makes.
fn advanced(spec: &mut Taking, found: &mut Findings) -> Option<Item> {
    let mut advanced = spec.table("advanced", found)?;
    // What is left behind when the object is deleted, which no run does.
    advanced.describes(&["restoreToOriginalReplicaCount"], found);
    let why = "has no counterpart in a scenario: each trigger asks for pods by itself, and the most count";
    advanced.leave("scalingModifiers", why, found);
    let config = advanced.table("horizontalPodAutoscalerConfig", found);
    advanced.finish(&["horizontalPodAutoscalerConfig", "scalingModifiers", "restoreToOriginalReplicaCount"], found);
    let mut config = config?;
    let at = config.at.clone();
    config.describes(&["name"], found);
    let behavior = behavior::read(&mut config, found);
    config.finish(&["behavior", "name"], found);
    let mut keys = Keys::default();
    keys.put("tolerance", behavior.tolerance);
    keys.put("behavior", behavior.behavior);
    (!keys.is_empty()).then(|| keys.table(at))
}
