//! Calls and messages never come back to where they began.

use indexmap::IndexMap;

use crate::scenario::complaint::Complaint;
use crate::scenario::rules::Rule;
use crate::scenario::rules::edges::fits;
use crate::scenario::sight::{Edge, Kind, Sight, Way, edges, is_for};

pub(super) const RULE: Rule = Rule {
    about: "no node calls or sends to itself, directly or through others: no such request would ever end",
    check,
};

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        let nodes = sight.nodes(name);
        let all = edges(name, topology);
        // Only edges that can be taken at all; what is wrong with the others is told elsewhere.
        let sound = |edge: &&Edge<'_>| {
            // What is stored leads on where its bucket tells of it.
            let onward = !matches!(edge.way, Way::DeadLetter | Way::Get | Way::Event | Way::Bus | Way::Rule);
            onward && nodes.get(edge.to).is_some_and(|kind| fits(edge.way, *kind).is_ok())
        };
        let sound: Vec<&Edge<'_>> = all.iter().filter(sound).collect();
        // Where no step is limited, every kind of request goes the same ways.
        let limited = sound.iter().any(|edge| edge.only.is_some());
        let workloads = sight.declared("workload");
        let different = if limited { workloads.len() } else { 1 };
        // One circle is one complaint, however many kinds of request run in it.
        let mut told: Vec<Vec<&str>> = Vec::new();
        for workload in workloads.into_iter().take(different) {
            let mut ways: IndexMap<&str, Vec<&Edge<'_>>> = IndexMap::new();
            for edge in sound.iter().filter(|edge| is_for(edge.only.as_ref(), workload)) {
                ways.entry(edge.from).or_default().push(edge);
            }
            let Some(circle) = circle(&ways) else { continue };
            let circle = from_its_first(circle, &nodes);
            let names: Vec<&str> = circle.iter().map(|edge| edge.from).collect();
            if !told.contains(&names) {
                complaints.push(complaint(name, &circle));
                told.push(names);
            }
        }
    }
    complaints
}

fn complaint(topology: &str, circle: &[&Edge<'_>]) -> Complaint {
    let round = circle.iter().chain(circle.first()).map(|edge| format!("`{}`", edge.from));
    let what = format!("requests of topology `{topology}` run in a circle: {}", round.collect::<Vec<_>>().join(" → "));
    let last = circle.last().expect("a circle has an edge");
    let told = circle.iter().find(|edge| edge.way == Way::Notify);
    let advice = match told {
        Some(Edge { from, .. }) => format!(
            "each object stored in `{from}` would bring another one, for ever and at your expense: put what comes of them into another bucket"
        ),
        None => "none of them would ever end: cut the circle at one of its edges, or limit a step by `for`".to_owned(),
    };
    Complaint::error("E106", last.place.clone(), what).advise(advice)
}

/// The circle told from the node that stands first in the file.
fn from_its_first<'e, 'a>(mut circle: Vec<&'e Edge<'a>>, nodes: &IndexMap<&str, Kind>) -> Vec<&'e Edge<'a>> {
    let first = (0..circle.len()).min_by_key(|at| nodes.get_index_of(circle[*at].from)).unwrap_or(0);
    circle.rotate_left(first);
    circle
}

/// Some circle, as edges in the order of the way.
fn circle<'e, 'a>(ways: &IndexMap<&'a str, Vec<&'e Edge<'a>>>) -> Option<Vec<&'e Edge<'a>>> {
    let none = Vec::new();
    let onward = |node: &str| ways.get(node).unwrap_or(&none).iter();
    let mut done = vec![false; ways.len()];
    let is_done = |done: &[bool], node: &str| ways.get_index_of(node).is_none_or(|at| done[at]);
    for start in ways.keys() {
        if is_done(&done, start) {
            continue;
        }
        // A way down without recursion: the edges taken so far, and of each of its nodes the edges still untried.
        let mut way: Vec<&Edge<'_>> = Vec::new();
        let mut untried = vec![(*start, onward(start))];
        let mut on_way = vec![false; ways.len()];
        on_way[ways.get_index_of(start).unwrap_or(0)] = true;
        while let Some((node, rest)) = untried.last_mut() {
            let Some(edge) = rest.next() else {
                if let Some(at) = ways.get_index_of(*node) {
                    (done[at], on_way[at]) = (true, false);
                }
                untried.pop();
                way.pop();
                continue;
            };
            if is_done(&done, edge.to) {
                continue;
            }
            way.push(edge);
            let at = ways.get_index_of(edge.to).unwrap_or(0);
            if on_way[at] {
                let begins = way.iter().position(|taken| taken.from == edge.to).unwrap_or(0);
                return Some(way.split_off(begins));
            }
            on_way[at] = true;
            untried.push((edge.to, onward(edge.to)));
        }
    }
    None
}
