//! What machines cost beside what perfect fleets would have.

use crate::experiment::document::Figure;
use crate::experiment::regret::{Costs, NodeRegret, Regret, TopologyRegret};
use crate::report::numbers::{self, Kind};
use crate::report::table::grid::{Cell, Grid, Section, Tone};
use crate::report::table::terminal;

/// Parts, and what bills say beside machine time, are told from this share of the whole on.
const TOLD: f64 = 0.000_5;
/// A part of that which is nothing.
const NOTHING: f64 = 0.01;

/// Costs by topology and node, and where the money went.
pub fn table(regret: &Regret, width: usize, colour: bool) -> String {
    let mut text = String::new();
    for (name, topology) in &regret.topologies {
        for line in terminal::wrapped(&format!("{name}: {}", sentence(&topology.whole)), width) {
            text.push_str(&terminal::paint(&line, terminal::Paint::Strong, colour));
            text.push('\n');
        }
    }
    text.push('\n');
    for grid in [overview(regret), parts(regret)].iter().filter(|grid| !grid.sections.is_empty()) {
        text.push_str(&terminal::write(grid, width, colour));
    }
    for line in notes(regret).iter().flat_map(|note| terminal::wrapped(note, width)) {
        text.push_str(&terminal::paint(&line, terminal::Paint::Tone(Tone::Quiet), colour));
        text.push('\n');
    }
    text
}

/// The topology against the perfect fleets, as a sentence.
pub fn sentence(costs: &Costs) -> String {
    if costs.ratio.value.is_none() {
        return match costs.cost.value {
            Some(cost) if cost > 0.0 => "machines that nobody needed".to_owned(),
            _ => "no machines that are paid for by time".to_owned(),
        };
    }
    let ratio = numbers::figure(Kind::Number, &costs.ratio);
    let times = match ratio.split_once(' ') {
        Some((value, interval)) => format!("{value} × the perfect autoscaler {interval}"),
        None => format!("{ratio} × the perfect autoscaler"),
    };
    match costs.most() {
        Some((part, share)) => format!("{times}; most of the excess is {} ({:.0} %)", words(part), share * 100.0),
        None => times,
    }
}

fn words(part: &str) -> &str {
    match part {
        "work" => "work that took longer, or dearer machines",
        "again" => "work done again or in vain",
        "answers" => "slots kept while others answer",
        "idle" => "idle time",
        "boots" => "boot time",
        "draining" => "idle time of machines on their way out",
        "failed" => "machines that had failed",
        "warm-pool" => "machines that run in the warm pool",
        "rounding" => "started seconds and minimums",
        other => other,
    }
}

/// The same in a few words.
fn label(part: &str) -> &str {
    match part {
        "again" => "again or in vain",
        "answers" => "others answer",
        "boots" => "booting",
        "draining" => "on the way out",
        "warm-pool" => "warm pool",
        other => other,
    }
}

fn money(figure: &Figure) -> Cell {
    Cell::plain(numbers::figure(Kind::Money, figure))
}

fn row(costs: &Costs, tone: Tone) -> Vec<Cell> {
    let cells = [money(&costs.cost), money(&costs.perfect), Cell::plain(numbers::figure(Kind::Number, &costs.ratio))];
    cells.into_iter().map(|cell| Cell { tone, ..cell }).collect()
}

fn overview(regret: &Regret) -> Grid {
    let section = |(name, topology): (&String, &TopologyRegret)| {
        let mut section = Section { name: name.clone(), rows: Vec::new() };
        for (node, of) in &topology.nodes {
            section.push(node.as_str(), row(&of.costs, Tone::Plain));
        }
        if topology.nodes.len() > 1 {
            section.push("all machines", row(&topology.whole, Tone::Quiet));
        }
        section
    };
    Grid {
        title: "what machines cost, against fleets that had known everything".to_owned(),
        heads: ["paid", "perfect", "paid ÷ perfect"].map(str::to_owned).to_vec(),
        sections: with_machines(regret).map(section).collect(),
        notes: Vec::new(),
    }
}

fn parts(regret: &Regret) -> Grid {
    let section = |(name, topology): (&String, &TopologyRegret)| {
        let mut section = Section { name: name.clone(), rows: Vec::new() };
        for (part, of) in &topology.whole.parts {
            let (cost, perfect) = (of.cost.value.unwrap_or(0.0), of.perfect.value.unwrap_or(0.0));
            // What rounding leaves over is nothing.
            let least = TOLD * topology.whole.cost.value.unwrap_or(0.0);
            if cost.max(perfect) > least {
                let shown = |figure: &Figure| match figure.value {
                    Some(value) if value > 0.0 && value < NOTHING * least => Cell::plain("$0"),
                    _ => money(figure),
                };
                let beyond = if (cost - perfect).abs() < NOTHING * least { 0.0 } else { cost - perfect };
                let beyond = numbers::value(Kind::Money, Some(beyond));
                section.push(label(part), vec![shown(&of.cost), shown(&of.perfect), Cell::plain(beyond)]);
            }
        }
        section
    };
    Grid {
        title: "where the money for machines went".to_owned(),
        heads: ["paid", "perfect", "paid − perfect"].map(str::to_owned).to_vec(),
        sections: with_machines(regret).map(section).collect(),
        notes: Vec::new(),
    }
}

/// Topologies with machines that are paid for by time.
fn with_machines(regret: &Regret) -> impl Iterator<Item = (&String, &TopologyRegret)> {
    regret.topologies.iter().filter(|(_, topology)| !topology.nodes.is_empty())
}

/// What a reader must know.
fn notes(regret: &Regret) -> Vec<String> {
    let mut notes = vec![format!(
        "`perfect`: no fleet of the same machines is below that, whatever it knows beforehand, if it does the same work, boots as long \
         and is in time. It may come and go at any time, whatever `min` and `max` say, and is looked at in steps of {}. {} of {}, \
         warm-up included.",
        numbers::span(regret.step),
        match regret.replications {
            1 => "One replication".to_owned(),
            more => format!("{more} replications"),
        },
        numbers::span(regret.length.round()),
    )];
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for (name, topology) in &regret.topologies {
        for (node, of) in &topology.nodes {
            let (held, whose) = (held(of), format!("{name} {node}"));
            match told.iter_mut().find(|(other, _)| *other == held) {
                Some((_, nodes)) => nodes.push(whose),
                None => told.push((held, vec![whose])),
            }
        }
    }
    match told.as_slice() {
        [(held, _)] => notes.push(format!("In time: {held}.")),
        all => notes.extend(all.iter().map(|(held, nodes)| format!("In time: {held} ({}).", nodes.join(", ")))),
    }
    for (name, topology) in &regret.topologies {
        if !topology.missed.is_empty() {
            let missed = topology.missed.join("`, `");
            notes.push(format!("{name} missed `{missed}`, which perfect fleets hold where they are held to it."));
        }
        if !topology.left_out.is_empty() {
            let left_out = topology.left_out.join("`, `");
            notes.push(format!(
                "{name}: nothing is said of `{left_out}`, as the work of jobs that are taken together depends on who comes together."
            ));
        }
        for (node, of) in &topology.nodes {
            let beside = of.beside.value.unwrap_or(0.0);
            if beside.abs() > TOLD * of.costs.cost.value.unwrap_or(0.0) {
                notes.push(format!(
                    "{name} {node}: {} is on its bill beside machine time at list prices: volumes of stopped machines and CPU credits, \
                     less what was free.",
                    numbers::value(Kind::Money, Some(beside))
                ));
            }
        }
    }
    notes
}

/// What a perfect fleet is held to.
fn held(of: &NodeRegret) -> String {
    match of.goals.as_slice() {
        _ if of.as_this_run => "everybody as soon as in this run, as there is no goal on a latency".to_owned(),
        [] => "by the end of the run, as no goal says until when what is done there must be done".to_owned(),
        goals => format!("the goals on `{}`", goals.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::experiment::regret::PartCost;

    fn figure(value: f64, half: f64, unit: &str) -> Figure {
        Figure { value: Some(value), low: Some(value - half), high: Some(value + half), unit: unit.to_owned() }
    }

    fn costs(cost: f64, perfect: f64) -> Costs {
        let part =
            |paid: f64, perfect: f64| PartCost { cost: figure(paid, 0.01, "$"), perfect: figure(perfect, 0.01, "$") };
        let parts = [
            ("work".to_owned(), part(perfect * 0.9, perfect * 0.9)),
            ("idle".to_owned(), part(cost - perfect * 0.95, perfect * 0.1)),
            ("boots".to_owned(), part(perfect * 0.05, 0.0)),
        ];
        Costs {
            cost: figure(cost, 0.02, "$"),
            perfect: figure(perfect, 0.01, "$"),
            ratio: figure(cost / perfect, 0.03, "1"),
            parts: IndexMap::from(parts),
        }
    }

    fn regret() -> Regret {
        let node = NodeRegret {
            costs: costs(1.42, 1.0),
            beside: figure(0.0, 0.0, "$"),
            goals: vec!["completion.p99".to_owned()],
            as_this_run: false,
        };
        let nodes = IndexMap::from([("pool.media".to_owned(), node)]);
        let whole = costs(1.42, 1.0);
        let topology = TopologyRegret { whole, nodes, left_out: Vec::new(), missed: vec!["completion.p99".to_owned()] };
        Regret {
            program: "queuelab".into(),
            scenario: "Which?".into(),
            digest: String::new(),
            seed: 7,
            replications: 20,
            length: 28_800.0,
            warm_up: 0.0,
            step: 60.0,
            incomplete: false,
            topologies: IndexMap::from([("decoupled".to_owned(), topology)]),
        }
    }

    #[test]
    fn a_topology_is_told_in_a_sentence() {
        let text = table(&regret(), 120, false);
        let sentence = "decoupled: 1.42 × the perfect autoscaler ± 0.03; most of the excess is idle time (88 %)";
        for part in
            [sentence, "pool.media", "steps of 1 min", "the goals on `completion.p99`", "missed `completion.p99`"]
        {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
    }

    #[test]
    fn without_machines_there_is_nothing_to_regret() {
        let nothing = Figure { value: Some(0.0), low: None, high: None, unit: "$".into() };
        let none = Figure { value: None, ..nothing.clone() };
        let costs = Costs { cost: nothing.clone(), perfect: nothing, ratio: none, parts: IndexMap::new() };
        assert_eq!(sentence(&costs), "no machines that are paid for by time");
    }
}
