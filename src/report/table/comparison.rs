//! Topologies side by side: latency with its losses, workers, cost.

use crate::experiment::document::{Document, Figure, TopologyResult};
use crate::report::numbers::{self, Kind};
use crate::report::reading;
use crate::report::table::grid::{Cell, Grid, Section, Tone};
use crate::report::table::spark::sparkline;

/// Characters of the line that shows workers over time.
const SPARK: usize = 14;
/// Lines of a bill below this part of every topology's total are shown together.
const SMALL: f64 = 0.005;

/// The comparison that `compare` and `run` print.
pub fn comparison(document: &Document) -> Grid {
    let mut sections = Vec::new();
    for latency in ["answer", "completion"] {
        sections.push(self::latency(document, latency));
    }
    sections.push(losses(document));
    sections.push(workers(document));
    sections.extend(Some(functions(document)).filter(|section| !section.rows.is_empty()));
    sections.extend(Some(buses(document)).filter(|section| !section.rows.is_empty()));
    sections.extend(Some(theory(document)).filter(|section| !section.rows.is_empty()));
    sections.push(cost(document));
    Grid {
        title: String::new(),
        heads: document.topologies.keys().cloned().collect(),
        sections,
        notes: notes(document),
    }
}

/// Figures of which theory says what they are, beside what was found.
fn theory(document: &Document) -> Section {
    let mut section = Section { name: "beside theory".to_owned(), rows: Vec::new() };
    let mut names: Vec<(&str, &str)> = Vec::new();
    for line in document.topologies.values().flat_map(|topology| &topology.theory) {
        let name = (line.of.as_str(), line.by.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for (of, by) in names {
        let mut exact = Vec::new();
        let mut found = Vec::new();
        for topology in document.topologies.values() {
            let line = topology.theory.iter().find(|line| line.of == of && line.by == by);
            let figure = reading::any(topology, of);
            let kind = figure.map_or(Kind::Number, |figure| Kind::of(of, &figure.unit));
            let told = line.map(|line| numbers::value(kind, Some(line.exact)));
            exact.push(told.map_or_else(Cell::default, |told| Cell::toned(told, Tone::Quiet)));
            let figure = figure.filter(|_| line.is_some()).map(|figure| Cell::plain(numbers::figure(kind, figure)));
            found.push(figure.unwrap_or_default());
        }
        section.push(of.trim_start_matches("pool.").trim_start_matches("function."), found);
        section.push(format!("· {by}"), exact);
    }
    section
}

fn latency(document: &Document, what: &str) -> Section {
    let mut section = Section { name: format!("{what} latency"), rows: Vec::new() };
    for part in ["mean", "p50", "p95", "p99"] {
        section.push(part, figures(document, &format!("{what}.{part}"), Tone::Plain));
    }
    if !section.rows.is_empty() {
        section.push("lost", lost(document, "lost"));
    }
    section
}

fn losses(document: &Document) -> Section {
    let mut section = Section { name: "requests".to_owned(), rows: Vec::new() };
    section.push("availability", figures(document, "availability", Tone::Plain));
    section.push("goodput", figures(document, "goodput", Tone::Plain));
    section.push("lost", lost(document, "lost"));
    for reason in reading::reasons(document) {
        section.push(format!("· {reason}"), lost(document, &format!("lost.{reason}")));
    }
    section.push("duplicates", figures(document, "duplicates", Tone::Plain));
    section
}

fn workers(document: &Document) -> Section {
    let mut section = Section { name: "workers in service".to_owned(), rows: Vec::new() };
    let of = |node: String, topology: &TopologyResult| match reading::of_node(topology, &node, "workers.ready") {
        Some(found) => Cell::plain(numbers::figure(Kind::Number, found)),
        None => Cell::default(),
    };
    for pool in each(document, reading::pools) {
        let cells = document.topologies.values().map(|topology| of(format!("pool.{pool}"), topology));
        section.push(pool, cells.collect());
    }
    for cluster in each(document, reading::clusters) {
        let cells = document.topologies.values().map(|topology| of(format!("cluster.{cluster}"), topology));
        section.push(format!("machines of {cluster}"), cells.collect());
    }
    let ready = |topology: &TopologyResult| reading::level(&topology.series.values, "pool.", "ready");
    let peak = |topology: &TopologyResult| match reading::peak(&ready(topology)) {
        Some(peak) => Cell::plain(numbers::value(Kind::Number, Some(peak))),
        None => Cell::default(),
    };
    section.push("peak of all", document.topologies.values().map(peak).collect());
    let line = |topology: &TopologyResult| Cell::toned(sparkline(&ready(topology), SPARK), Tone::Quiet);
    section.push("over time", document.topologies.values().map(line).collect());
    section
}

/// Environments of functions, and how often a new one was needed.
fn functions(document: &Document) -> Section {
    let mut section = Section { name: "environments of functions".to_owned(), rows: Vec::new() };
    let cells = |function: &str, name: &str| of_nodes(document, &format!("function.{function}"), name);
    for function in each(document, reading::functions) {
        section.push(function, cells(function, "workers.ready"));
        section.push(format!("· {function} busy"), cells(function, "busy"));
        section.push(format!("· {function} cold starts"), cells(function, "cold-starts"));
    }
    section
}

/// What event buses took and handed on, and what came to nothing.
fn buses(document: &Document) -> Section {
    let mut section = Section { name: "events".to_owned(), rows: Vec::new() };
    let cells = |bus: &str, name: &str| of_nodes(document, &format!("bus.{bus}"), name);
    for bus in each(document, reading::buses) {
        section.push(bus, cells(bus, "events"));
        section.push(format!("· {bus} delivered"), cells(bus, "delivered"));
        section.push(format!("· {bus} put aside"), cells(bus, "dead-letters"));
        section.push(format!("· {bus} discarded"), cells(bus, "discarded"));
    }
    section
}

/// A figure of a node of that name in each topology.
fn of_nodes(document: &Document, node: &str, name: &str) -> Vec<Cell> {
    let of = |topology: &TopologyResult| match reading::of_node(topology, node, name) {
        Some(found) => Cell::plain(written(name, found)),
        None => Cell::default(),
    };
    document.topologies.values().map(of).collect()
}

/// Names of nodes of all topologies, each once.
fn each<'d>(document: &'d Document, of: impl Fn(&'d TopologyResult) -> Vec<&'d str>) -> Vec<&'d str> {
    let mut names: Vec<&str> = Vec::new();
    for name in document.topologies.values().flat_map(of) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn cost(document: &Document) -> Section {
    let mut section = Section { name: format!("cost of {}", numbers::span(document.length)), rows: Vec::new() };
    let bills: Vec<_> = document.topologies.values().map(reading::items).collect();
    let totals: Vec<f64> = bills.iter().map(|items| items.values().sum()).collect();
    let mut large: Vec<&String> = Vec::new();
    let mut small = vec![0.0; bills.len()];
    let mut merged = 0;
    let mut names: Vec<&String> = Vec::new();
    for name in bills.iter().flat_map(|items| items.keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let counts =
            bills.iter().zip(&totals).any(|(items, total)| items.get(name).is_some_and(|c| *c > SMALL * total));
        if counts {
            large.push(name);
            continue;
        }
        merged += 1;
        for (sum, items) in small.iter_mut().zip(&bills) {
            *sum += items.get(name).copied().unwrap_or(0.0);
        }
    }
    let money = |dollars: f64| Cell::plain(numbers::value(Kind::Money, Some(dollars)));
    for name in large {
        section.push(name, bills.iter().map(|items| items.get(name).copied().map(money).unwrap_or_default()).collect());
    }
    if merged > 0 {
        section.push(reading::counted(merged, "smaller line"), small.into_iter().map(money).collect());
    }
    section.push("total", figures(document, "cost.total", Tone::Plain));
    section.push("of it idle", figures(document, "cost.wasted", Tone::Plain));
    section.push("drain, after it", figures(document, "cost.drain", Tone::Plain));
    section.push("a million requests", figures(document, "cost.million", Tone::Plain));
    section.push("a month", figures(document, "cost.month", Tone::Plain));
    section
}

fn figures(document: &Document, name: &str, tone: Tone) -> Vec<Cell> {
    let cell = |topology: &TopologyResult| match topology.figures.get(name) {
        Some(found) => Cell::toned(written(name, found), tone),
        None => Cell::default(),
    };
    document.topologies.values().map(cell).collect()
}

/// Losses stand out where there are any.
fn lost(document: &Document, name: &str) -> Vec<Cell> {
    let cell = |topology: &TopologyResult| match topology.figures.get(name) {
        Some(found) if found.value.is_some_and(|share| share > 0.0) => Cell::toned(written(name, found), Tone::Bad),
        Some(found) => Cell::toned(written(name, found), Tone::Quiet),
        None => Cell::default(),
    };
    document.topologies.values().map(cell).collect()
}

fn written(name: &str, figure: &Figure) -> String {
    numbers::figure(Kind::of(name, &figure.unit), figure)
}

fn notes(document: &Document) -> Vec<String> {
    let mut notes = Vec::new();
    notes.push(match document.replications {
        0 | 1 => "One replication: no figure has an interval. More replications give one.".to_owned(),
        many => format!("± is the 95 % interval over {many} replications. Latencies are of requests that got through."),
    });
    if reading::months(document).is_some() && document.topologies.values().any(|t| t.figures.contains_key("cost.month"))
    {
        notes.push(format!(
            "A month is 730 h at this run's rate of spending: cost × 730 h ÷ {}.",
            numbers::span(document.length)
        ));
    }
    notes
}
