//! `behavior` of an HPA: how fast it may change, and how far from its target it leaves a metric alone.

use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::taking::{Findings, Taking};

/// What `behavior` says.
#[derive(Default)]
pub(super) struct Behavior {
    pub behavior: Option<Item>,
    pub tolerance: Option<Item>,
}

/// Takes `behavior`. Where any part of it is there, Kubernetes has others for what is not; so has a scenario.
pub(super) fn read(spec: &mut Taking, found: &mut Findings) -> Behavior {
    let Some(mut behavior) = spec.table("behavior", found) else { return Behavior::default() };
    let at = behavior.at.clone();
    let (mut both, mut tolerances) = (Keys::default(), Keys::default());
    for (key, word) in [("scaleUp", "up"), ("scaleDown", "down")] {
        if let Some(mut rules) = behavior.table(key, found) {
            tolerances.put(word, tolerance(&mut rules, found));
            let at = rules.at.clone();
            both.put(word, Some(direction(&mut rules, found).table(at)));
            rules.finish(&["stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"], found);
        }
    }
    behavior.finish(&["scaleUp", "scaleDown"], found);
    let tolerance = (!tolerances.is_empty()).then(|| tolerances.table(at.clone()));
    Behavior { behavior: Some(both.table(at)), tolerance }
}

fn direction(rules: &mut Taking, found: &mut Findings) -> Keys {
    let mut keys = Keys::default();
    keys.put("window", rules.seconds("stabilizationWindowSeconds", found));
    if let Some((word, at)) = rules.text("selectPolicy", found) {
        match word.as_str() {
            "Max" => keys.put("select", Some(Item::word("max", at))),
            "Min" => keys.put("select", Some(Item::word("min", at))),
            "Disabled" => keys.put("select", Some(Item::word("disabled", at))),
            _ => {
                let what = format!("`{word}` is no way to choose among policies");
                found.refuse("E005", &at, what, "known here: `Max`, `Min` and `Disabled`");
            }
        }
    }
    let Some(policies) = rules.tables("policies", found) else { return keys };
    let at = policies.first().map_or_else(|| rules.at.clone(), |policy| policy.at.clone());
    let rates = policies.into_iter().filter_map(|policy| rate(policy, found)).collect();
    keys.put("policies", Some(Item::new(Out::List(rates), at)));
    keys
}

fn rate(mut policy: Taking, found: &mut Findings) -> Option<Item> {
    for key in ["type", "value", "periodSeconds"] {
        policy.need(key, "a policy has all three", found);
    }
    let word = policy.text("type", found);
    let (value, period) = (policy.whole("value", found), policy.seconds("periodSeconds", found));
    let mut keys = Keys::default();
    let at = policy.at.clone();
    let key = match word.as_ref().map(|(word, _)| word.as_str()) {
        Some("Pods") => Some("pods"),
        Some("Percent") => Some("percent"),
        Some(other) => {
            let what = format!("`{other}` is no kind of policy");
            found.refuse("E005", &at, what, "known here: `Pods` and `Percent`");
            None
        }
        None => None,
    };
    policy.finish(&["type", "value", "periodSeconds"], found);
    keys.put(key?, value);
    keys.put("period", period);
    Some(keys.table(at))
}

/// A tolerance is a share of 1, as text: `"0.05"`, or `50m`.
fn tolerance(rules: &mut Taking, found: &mut Findings) -> Option<Item> {
    let item = rules.amount("tolerance", found)?;
    let text = match &item.out {
        Out::Bare(text) | Out::Text(text) => text.clone(),
        Out::Queue(_) | Out::Blank | Out::List(_) | Out::Table(_) => String::new(),
    };
    let at = item.at.unwrap_or_else(|| rules.at.clone());
    let share = match text.strip_suffix('m') {
        Some(thousandths) => thousandths.parse::<f64>().map(|number| number / 1e3),
        None => text.parse::<f64>(),
    };
    match share {
        Ok(share) if (0.0..=1.0).contains(&share) => {
            // As decimal as it was written: 0.05 × 100 is not 5 in binary.
            let percent = (share * 1e9).round() / 1e7;
            Some(Item::new(Out::Text(format!("{}%", crate::scenario::import::taking::written(percent))), at))
        }
        _ => {
            let what = format!("a tolerance of `{text}`");
            found.refuse("E201", &at, what, "a share of 1 from 0 to 1, such as `\"0.05\"`");
            None
        }
    }
}
