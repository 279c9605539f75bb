//! KEDA's `ScaledJob`. Source: KEDA documentation, *ScaledJob specification*.

use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::plan::{Plan, Pool};
use crate::scenario::import::taking::{Findings, Taking, written};
use crate::scenario::import::triggers::Scaled;
use crate::scenario::import::{Kind, kubernetes, triggers};

pub(super) const KIND: Kind = Kind {
    about: "a ScaledJob of keda.sh/v1alpha1",
    knows: |table| kubernetes::is(table, "ScaledJob", &["keda.sh/v1alpha1"]),
    read,
};

fn read(object: &mut Taking, plan: &mut Plan, found: &mut Findings) {
    let head = kubernetes::head(object, found);
    let Some(mut spec) = kubernetes::spec(object, found) else { return };
    let id = format!("{}/ScaledJob/{}", head.namespace, head.name);
    job(&mut spec, found);
    // Histories and variables of the object itself; a rollout is about changes of the object.
    let describing = ["successfulJobsHistoryLimit", "failedJobsHistoryLimit", "envSourceContainerName", "rollout"];
    spec.describes(&describing, found);
    spec.describes(&["rolloutStrategy"], found);
    let mut keys = Keys::default();
    keys.put("min", spec.whole("minReplicaCount", found));
    keys.put("max", spec.whole("maxReplicaCount", found));
    keys.put("poll", spec.seconds("pollingInterval", found));
    keys.put("triggers", Some(triggers::read(&mut spec, Scaled::Jobs(&id), plan, found)));
    strategy(&mut spec, &mut keys, found);
    let known = [
        "jobTargetRef",
        "minReplicaCount",
        "maxReplicaCount",
        "pollingInterval",
        "triggers",
        "scalingStrategy",
        "rollout",
    ];
    spec.finish(&known, found);
    let title = head.title();
    let pool = Pool { title, needs: &["triggers"], ..Pool::new(id, head.name, "keda-jobs", head.at, keys) };
    plan.pool(pool, found);
}

/// The job itself is the pool's steps, which a person writes; a job of several pods is not one of a scenario.
fn job(spec: &mut Taking, found: &mut Findings) {
    let Some(mut job) = spec.table("jobTargetRef", found) else { return };
    job.describes(&["template", "ttlSecondsAfterFinished"], found);
    for key in ["parallelism", "completions"] {
        job.as_usual(key, &["1"]);
        job.leave(key, "has no counterpart in a scenario: a job is one pod", found);
    }
    job.leave("activeDeadlineSeconds", "has no counterpart in a scenario: a job runs until its work is done", found);
    job.leave("backoffLimit", "has no counterpart in a scenario: a job that fails is not started again", found);
    job.finish(&["template", "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit"], found);
}

fn strategy(spec: &mut Taking, keys: &mut Keys, found: &mut Findings) {
    let Some(mut strategy) = spec.table("scalingStrategy", found) else { return };
    if let Some((word, at)) = strategy.text("multipleScalersCalculation", found) {
        match word.as_str() {
            "max" | "min" | "avg" | "sum" => keys.put("several", Some(Item::word(&word, at))),
            _ => {
                let what = format!("`{word}` is no way to make one length of several");
                found.refuse("E005", &at, what, "known here: `max`, `min`, `avg` and `sum`");
            }
        }
    }
    let word = strategy.text("strategy", found);
    let deduct = strategy.whole("customScalingQueueLengthDeduction", found);
    let running = share(&mut strategy, found);
    let is_custom = word.as_ref().is_some_and(|(word, _)| word == "custom");
    for at in [&deduct, &running].into_iter().flatten().filter_map(|item| item.at.as_ref()) {
        if !is_custom {
            found.unread(
                at,
                strategy.path.clone(),
                "has a setting of the strategy `custom`, which it is not: KEDA ignores it",
            );
        }
    }
    match word.as_ref().map(|(word, at)| (word.as_str(), at)) {
        Some((word @ ("default" | "accurate" | "eager"), at)) => {
            keys.put("strategy", Some(Item::word(word, at.clone())));
        }
        Some(("custom", at)) => {
            let mut custom = Keys::default();
            custom.put("deduct", deduct);
            custom.put("running", running);
            keys.put("strategy", Some(Item::choice("custom", custom.table(at.clone()))));
        }
        Some((other, at)) => {
            let why = format!("is `{other}`, which KEDA does not know: it takes `default`, and so does a scenario");
            found.unread(at, strategy.below("strategy"), why);
        }
        None => {}
    }
    let why = "has no counterpart in a scenario: a job is pending until its pod runs";
    strategy.leave("pendingPodConditions", why, found);
    let known = [
        "strategy",
        "customScalingQueueLengthDeduction",
        "customScalingRunningJobPercentage",
        "pendingPodConditions",
        "multipleScalersCalculation",
    ];
    strategy.finish(&known, found);
}

/// The share of running jobs that is taken off, which is text: `"0.5"` is half of them.
fn share(strategy: &mut Taking, found: &mut Findings) -> Option<Item> {
    let (text, at) = strategy.text("customScalingRunningJobPercentage", found)?;
    match text.trim().parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => {
            // As decimal as it was written: 0.07 × 100 is not 7 in binary.
            let percent = (share * 1e9).round() / 1e7;
            Some(Item::new(Out::Text(format!("{}%", written(percent))), at))
        }
        _ => {
            let what = format!("a share of {text:?} of the running jobs");
            found.refuse("E201", &at, what, "from \"0\" to \"1\"");
            None
        }
    }
}
