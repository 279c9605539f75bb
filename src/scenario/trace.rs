//! Recorded traces: a CSV file becomes instants or counts, on the run's own clock.
//!
//! A trace is refused with the lines at fault, or taken; what had to be put right is a warning.

pub(crate) mod clock;
mod counts;
mod instants;
pub(crate) mod series;
pub(crate) mod sheet;
#[cfg(test)]
mod tests;

use indexmap::IndexSet;

use crate::cloud::arrivals::{Cell, Recorded, Spread};
use crate::cloud::topology::WorkId;
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::workload::{Spread as DraftSpread, Trace};
use crate::scenario::place::Place;
use crate::scenario::trace::sheet::Sheet;

/// The most rows of one trace, repetitions included.
pub(crate) const ROWS_MAX: usize = 20_000_000;

/// What a trace holds.
#[derive(Clone, Debug)]
pub(crate) enum Recording {
    /// One request a row, sorted; and the names of groups, by number from 1.
    Instants(Vec<Recorded>, IndexSet<String>),
    /// Counts per interval, sorted and without overlap.
    Counts(Vec<Cell>, Spread),
}

/// What reading a trace needs to know of the scenario.
pub(crate) struct Setting<'a> {
    /// The trace's own table.
    pub trace: &'a Trace,
    /// Where that stands.
    pub place: Place,
    /// Numbers of the works it brings, in the order of `trace.work`.
    pub works: Vec<WorkId>,
    /// How long a repeated trace must last.
    pub length: Option<Span>,
}

/// Everything that reading a trace found.
pub(crate) struct Reading {
    pub recording: Option<Recording>,
    pub complaints: Vec<Complaint>,
}

/// Reads a trace.
pub(crate) fn read(setting: &Setting<'_>, bytes: &[u8]) -> Reading {
    let file_place = setting.place.then("file");
    let trace = setting.trace;
    let mut complaints = Vec::new();
    let sheet = match Sheet::open(&trace.file, bytes) {
        Ok(sheet) => sheet,
        Err((what, advice)) => {
            return Reading {
                recording: None,
                complaints: vec![Complaint::error("E402", file_place, what).advise(advice)],
            };
        }
    };
    if let Some((what, advice)) = sheet.lacks_headings(&named(trace)) {
        return Reading {
            recording: None,
            complaints: vec![Complaint::error("E402", file_place, what).advise(advice)],
        };
    }
    let mut columns = Columns { time: 0, value: None, work: Vec::new(), size: None, name: None, group: None };
    let mut find = |name: &str, place: Place| match sheet.column(name) {
        Ok(at) => at,
        Err((what, advice)) => {
            complaints.push(Complaint::error("E402", place, what).advise(advice));
            0
        }
    };
    columns.time = find(&trace.time, setting.place.then("time"));
    columns.value = trace.value.as_ref().map(|name| find(name, setting.place.then("value")));
    for (work, column) in &trace.work {
        columns.work.push(find(column, setting.place.then("work").then(work)));
    }
    let fields = setting.place.then("fields");
    columns.size = trace.fields.size.as_ref().map(|name| find(name, fields.then("size")));
    columns.name = trace.fields.name.as_ref().map(|name| find(name, fields.then("name")));
    columns.group = trace.fields.group.as_ref().map(|name| find(name, fields.then("group")));
    if !complaints.is_empty() {
        return Reading { recording: None, complaints };
    }
    let recording = match columns.value {
        Some(value) => counts::read(setting, &sheet, columns.time, value, &mut complaints)
            .map(|cells| Recording::Counts(cells, spread(trace))),
        None => instants::read(setting, &sheet, &columns, &mut complaints)
            .map(|(rows, groups)| Recording::Instants(rows, groups)),
    };
    Reading { recording, complaints }
}

/// The columns that a trace speaks of, each once.
fn named(trace: &Trace) -> Vec<&str> {
    let mut names = vec![trace.time.as_str()];
    let fields = &trace.fields;
    let fields = fields.size.iter().chain(&fields.name).chain(&fields.group);
    for name in trace.value.iter().chain(trace.work.values()).chain(fields) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn spread(trace: &Trace) -> Spread {
    match trace.spread {
        Some(DraftSpread::Even) => Spread::Even,
        Some(DraftSpread::Poisson) | None => Spread::Poisson,
    }
}

/// Where what stands in a row.
struct Columns {
    time: usize,
    value: Option<usize>,
    work: Vec<usize>,
    size: Option<usize>,
    name: Option<usize>,
    group: Option<usize>,
}

/// Rows that can't be used: the first are told, the others counted.
struct Bad {
    told: Vec<String>,
    more: usize,
}

impl Bad {
    const TOLD_MAX: usize = 3;

    fn new() -> Bad {
        Bad { told: Vec::new(), more: 0 }
    }

    fn row(&mut self, line: u64, what: &str) {
        if self.told.len() < Bad::TOLD_MAX {
            self.told.push(format!("line {line}: {what}"));
        } else {
            self.more += 1;
        }
    }

    fn complain(self, setting: &Setting<'_>, complaints: &mut Vec<Complaint>, advice: &str) -> bool {
        if self.told.is_empty() {
            return false;
        }
        let mut what = format!("{}, {}", setting.trace.file, self.told.join("; "));
        if self.more > 0 {
            what.push_str(&format!("; and {} more", self.more));
        }
        complaints.push(Complaint::error("E402", setting.place.then("file"), what).advise(advice));
        true
    }
}
