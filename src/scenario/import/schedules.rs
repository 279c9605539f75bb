//! Scheduled actions: the JSON of `aws autoscaling describe-scheduled-actions`.
//!
//! Source: EC2 Auto Scaling API reference, *ScheduledUpdateGroupAction*.

use crate::scenario::cron::Cron;
use crate::scenario::import::Kind;
use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::plan::{Does, Plan, Policy};
use crate::scenario::import::taking::{Findings, Taking};

pub(super) const KIND: Kind = Kind {
    about: "`aws autoscaling describe-scheduled-actions`",
    knows: |table| table.contains_key("ScheduledUpdateGroupActions"),
    read,
};

fn read(document: &mut Taking, plan: &mut Plan, found: &mut Findings) {
    document.describes(&["NextToken"], found);
    for action in document.tables("ScheduledUpdateGroupActions", found).unwrap_or_default() {
        one(action, plan, found);
    }
}

fn one(mut action: Taking, plan: &mut Plan, found: &mut Findings) {
    let (at, path) = (action.at.clone(), action.path.clone());
    action.describes(&["ScheduledActionARN"], found);
    let name = action.text("ScheduledActionName", found).map(|(name, _)| name).unwrap_or_default();
    action.need("AutoScalingGroupName", "it names the group that the action is of", found);
    let Some((group, _)) = action.text("AutoScalingGroupName", found) else { return action.drop_rest() };
    let mut keys = Keys::default();
    match action.text("Recurrence", found) {
        Some((text, of)) => match Cron::read(&text) {
            Ok(_) => keys.put("cron", Some(Item::new(Out::Text(text), of))),
            Err(why) => {
                found.unread(&of, action.below("Recurrence"), format!("is not read: {why}"));
                return action.drop_rest();
            }
        },
        None => {
            let why = format!(
                "(`{name}`) happens at one instant of the calendar, and a run has none: write `scheduled = {{ at = \"…\" }}` \
                 with the time since the start of the run"
            );
            found.unread(&at, path, why);
            return action.drop_rest();
        }
    }
    // The next time at which a recurring action happens: its `Recurrence` says it for all of them.
    action.describes(&["Time"], found);
    let zone = "has no counterpart in a scenario: the clock of a run has no zone and no summer time";
    for usual in ["UTC", "Etc/UTC", "Etc/GMT"] {
        action.as_usual("TimeZone", &[usual]);
    }
    action.leave("TimeZone", zone, found);
    let bounded = "bounds the recurrence by instants of the calendar, and a run has none";
    action.leave("StartTime", bounded, found);
    action.leave("EndTime", bounded, found);
    for (key, word) in [("MinSize", "min"), ("DesiredCapacity", "desired"), ("MaxSize", "max")] {
        keys.put(word, action.whole(key, found));
    }
    action.finish(&["Recurrence", "MinSize", "DesiredCapacity", "MaxSize", "TimeZone", "StartTime", "EndTime"], found);
    let does = Does::Whole(Item::choice("scheduled", keys.table(at.clone())));
    plan.policies.push(Policy { group, name, arn: None, path, at, does });
}
