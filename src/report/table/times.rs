//! Where the time of a request went, node by node.

use crate::experiment::document::Document;
use crate::report::numbers::{self, Kind};
use crate::report::reading::{self, TIMES};
use crate::report::table::grid::{Cell, Grid, Row, Section, Tone};

/// A section a topology, a row a node, a column for each thing that time went on anywhere; empty where no topology has
/// several nodes.
pub fn times(document: &Document) -> Grid {
    let all: Vec<_> = document.topologies.values().map(reading::times).collect();
    if !all.iter().any(|nodes| nodes.len() > 1) {
        return Grid::default();
    }
    let used: Vec<usize> =
        (0..TIMES.len()).filter(|&what| all.iter().flatten().any(|node| node.1[what] > 0.0)).collect();
    let mut sections = Vec::new();
    for ((name, topology), nodes) in document.topologies.iter().zip(&all) {
        let row = |label: &str, times: &[f64; TIMES.len()], last: Cell| {
            let cell = |&what: &usize| match times[what] {
                time if time > 0.0 => Cell::plain(numbers::value(Kind::Duration, Some(time))),
                _ => Cell::default(),
            };
            Row { label: label.to_owned(), cells: used.iter().map(cell).chain([last]).collect() }
        };
        let mut rows: Vec<Row> = Vec::new();
        let mut sum = [0.0; TIMES.len()];
        for (node, times) in nodes {
            let visit = if node.starts_with("queue.") { "wait.p99" } else { "service.p99" };
            let p99 = reading::of_node(topology, node, visit).and_then(|figure| figure.value);
            let p99 = p99.map_or_else(Cell::default, |p99| Cell::plain(numbers::value(Kind::Duration, Some(p99))));
            rows.push(row(node, times, p99));
            sum.iter_mut().zip(times).for_each(|(sum, time)| *sum += time);
        }
        if nodes.len() > 1 {
            let mut all = row("all nodes", &sum, Cell::default());
            all.cells.iter_mut().for_each(|cell| cell.tone = Tone::Quiet);
            rows.push(all);
        }
        let taken: f64 = reading::once(&sum);
        let completion = reading::value(topology, "completion.mean");
        let completion = completion.map_or(String::new(), |mean| {
            format!(" of {} until completion", numbers::value(Kind::Duration, Some(mean)))
        });
        let name = format!("{name}: {}{completion}", numbers::value(Kind::Duration, Some(taken)));
        sections.push(Section { name, rows });
    }
    let heads = used.iter().map(|&what| TIMES[what].to_owned()).chain(["p99 of a visit".to_owned()]).collect();
    Grid { title: "where the time of a request went".to_owned(), heads, sections, notes: notes(&used) }
}

fn notes(used: &[usize]) -> Vec<String> {
    let mut notes = vec![
        "Mean time for each request, the sum over all of its visits; branches that run side by side count each, so that \
         the sum may be more than the time until completion."
            .to_owned(),
    ];
    if used.iter().any(|&what| TIMES[what] == "answers") {
        notes.push(
            "`answers`: slots kept while others answer, whose time stands there, too; not in the sum.".to_owned(),
        );
    }
    notes
}
