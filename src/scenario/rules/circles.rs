//! Calls and messages never come back to where they began.

use crate::scenario::complaint::Complaint;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Edge, Sight, Way, edges, is_for};

pub(super) const RULE: Rule = Rule {
    about: "no node calls or sends to itself, directly or through others: no such request would ever end",
    check,
};

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        let all = edges(name, topology);
        // One circle is one complaint, however many kinds of request run in it.
        let mut told: Vec<Vec<&str>> = Vec::new();
        for workload in sight.declared("workload") {
            let edges: Vec<&Edge<'_>> = all
                .iter()
                .filter(|edge| {
                    is_for(edge.only, workload) && !matches!(edge.way, Way::DeadLetter | Way::Put | Way::Get)
                })
                .collect();
            if let Some(circle) = circle(&edges) {
                let mut nodes: Vec<&str> = circle.iter().map(|edge| edge.from).collect();
                nodes.sort_unstable();
                if !told.contains(&nodes) {
                    complaints.push(complaint(name, &circle));
                    told.push(nodes);
                }
            }
        }
    }
    complaints
}

fn complaint(topology: &str, circle: &[&Edge<'_>]) -> Complaint {
    let way: Vec<String> = circle
        .iter()
        .map(|edge| format!("`{}`", edge.from))
        .chain(circle.first().map(|edge| format!("`{}`", edge.from)))
        .collect();
    let what = format!("requests of topology `{topology}` run in a circle: {}", way.join(" → "));
    let last = circle.last().expect("a circle has an edge");
    Complaint::error("E106", last.place.clone(), what)
        .advise("none of them would ever end: cut the circle at one of its edges, or limit a step by `for`")
}

/// Some circle, as edges in the order of the way.
fn circle<'e, 'a>(edges: &[&'e Edge<'a>]) -> Option<Vec<&'e Edge<'a>>> {
    let mut done: Vec<&str> = Vec::new();
    for start in edges {
        // A way down from here without recursion: the way so far, and of each of its nodes the edges still untried.
        let mut way: Vec<&Edge<'_>> = Vec::new();
        let from = |node: &str| edges.iter().copied().filter(|edge| edge.from == node).collect::<Vec<_>>();
        let mut untried = vec![(start.from, from(start.from))];
        while let Some((node, rest)) = untried.last_mut() {
            let Some(edge) = rest.pop() else {
                done.push(node);
                untried.pop();
                way.pop();
                continue;
            };
            if let Some(at) = untried.iter().position(|(node, _)| *node == edge.to) {
                way.push(edge);
                return Some(way.split_off(at));
            }
            if !done.contains(&edge.to) {
                way.push(edge);
                untried.push((edge.to, from(edge.to)));
            }
        }
    }
    None
}
