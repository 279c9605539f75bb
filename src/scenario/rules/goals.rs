//! Goals are for figures that exist, in the form of those figures.

use crate::ground::quantity;
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::quantities::Limit;
use crate::scenario::draft::words::Replications;
use crate::scenario::figures::{self, Figure, Form, Of};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight};

pub(super) const RULE: Rule = Rule {
    about: "a goal, and the figure of a precision, is the name of a figure; its limit is written in the figure's own form",
    check,
};

/// Advice where no figure is near.
const FIGURES: &str = "`explain figures` lists them";

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, limit) in &sight.draft.goal {
        let place = Place::of(&["goal", name]);
        match figure(sight, name) {
            Err((what, advice)) => complaints.push(Complaint { advice, ..Complaint::error("E301", place.key(), what) }),
            Ok(figure) => {
                if let Err((what, advice)) = read(figure, name, limit) {
                    complaints.push(Complaint::error("E302", place, what).advise(advice));
                }
            }
        }
    }
    if let Some(Replications::Until(until)) = &sight.draft.run.replications {
        let place = Place::of(&["run", "replications"]);
        match (figure(sight, &until.of), &until.within) {
            (Err((what, advice)), _) => {
                complaints.push(Complaint { advice, ..Complaint::error("E301", place.then("of"), what) });
            }
            (Ok(figure), Some(limit)) => {
                if let Err((what, advice)) = read(figure, &until.of, limit) {
                    complaints.push(Complaint::error("E302", place.then("within"), what).advise(advice));
                }
            }
            (Ok(_), None) => {}
        }
    }
    complaints
}

/// The limit in SI units or dollars, or what is wrong and what would be right.
pub(crate) fn read(figure: &Figure, name: &str, limit: &Limit) -> Result<f64, (String, String)> {
    let wanted = format!("it is measured by {}", figure.form.example());
    match (figure.form, limit) {
        (Form::Number, Limit::Number(number)) if *number >= 0.0 => Ok(*number),
        (Form::Number, Limit::Number(number)) => Err((format!("{number} is negative, and `{name}` never is"), wanted)),
        (_, Limit::Number(number)) => Err((format!("the bare number {number} is no limit for `{name}`"), wanted)),
        (form, Limit::Text(text)) => {
            form.read(text).map_err(|why| (format!("{text:?} is no limit for `{name}`"), format!("{wanted}; {why}")))
        }
    }
}

/// A name as results write it: the instant of a state in the usual form.
pub(crate) fn canonical(name: &str) -> String {
    let instant = name.split_once('@').and_then(|(name, at)| Some((name, quantity::span(at).ok()?)));
    instant.map_or_else(|| name.to_owned(), |(name, at)| format!("{name}@{at}"))
}

/// The figure that a name means: of the whole, of a workload, or of a node that some topology has.
pub(crate) fn figure(sight: &Sight<'_>, name: &str) -> Result<&'static Figure, (String, Option<String>)> {
    if let Some((_, at)) = name.split_once('@') {
        let kept = sight.draft.run.snapshots.as_ref().map_or(&[][..], |snapshots| &snapshots.at);
        let at = quantity::span(at).map_err(|why| (format!("`{name}`: {why}"), None))?;
        if !kept.iter().any(|kept| kept.0 == at) {
            let what = format!("`{name}` is the state at {at}, which is not kept");
            return Err((what, Some("name the instant in `at` of `[run] snapshots`".to_owned())));
        }
    }
    if let Some(figure) = figures::find(name, |of| matches!(of, Of::Requests | Of::Whole)) {
        return Ok(figure);
    }
    let kinds = |node: &str| -> Vec<Kind> {
        sight.declared("topology").iter().filter_map(|topology| sight.nodes(topology).get(node).copied()).collect()
    };
    if let Some((front, rest)) = name.split_once('.') {
        let kinds = kinds(front);
        let is_workload = sight.declared("workload").contains(&front);
        if !kinds.is_empty() || is_workload {
            let is = |of: Of| match of {
                Of::Requests => is_workload,
                Of::Whole => false,
                Of::Pool => kinds.contains(&Kind::Pool),
                Of::Server => [Kind::Pool, Kind::Service, Kind::Function].iter().any(|kind| kinds.contains(kind)),
                Of::Function => kinds.contains(&Kind::Function),
                Of::Bus => kinds.contains(&Kind::Bus),
                Of::Queue => kinds.contains(&Kind::Queue),
                Of::AnyNode => !kinds.is_empty(),
            };
            let known = figures::known(is);
            let who = if kinds.is_empty() { "workload".to_owned() } else { kinds[0].word().to_owned() };
            return figures::find(rest, is).ok_or_else(|| {
                (
                    format!("{who} `{front}` has no figure `{rest}`"),
                    Some(did_you_mean(rest, known.iter().map(String::as_str)).unwrap_or_else(|| FIGURES.to_owned())),
                )
            });
        }
    }
    let mut known = figures::known(|of| matches!(of, Of::Requests | Of::Whole));
    let of_nodes = figures::known(|of| matches!(of, Of::Pool | Of::Server | Of::Function | Of::Bus | Of::Queue));
    if of_nodes.iter().any(|figure| figure == name) {
        return Err((format!("`{name}` is a figure of a node"), Some(format!("say whose: `NODE.{name}`"))));
    }
    if let Some((front, rest)) = name.split_once('.')
        && of_nodes.iter().any(|figure| figure == rest)
    {
        let nodes: Vec<&str> =
            sight.declared("topology").into_iter().flat_map(|topology| sight.nodes(topology).into_keys()).collect();
        return Err((
            format!("no topology has a node `{front}`, and there is no workload of that name"),
            did_you_mean(front, nodes),
        ));
    }
    known.dedup();
    let advice = did_you_mean(name, known.iter().map(String::as_str)).unwrap_or_else(|| FIGURES.to_owned());
    Err((format!("there is no figure `{name}`"), Some(advice)))
}
