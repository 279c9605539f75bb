//! Why a figure is what it is, as text: the time of requests by cause, losses, money, and what becomes of it without a cause.

use crate::experiment::document::Figure;
use crate::experiment::why::{Cause, Division, Explained, Proof, Purpose, TopologyWhy};
use crate::report::numbers::{self, Kind, NOTHING};
use crate::report::table::grid::{Cell, Grid, Row, Section, Tone};
use crate::report::table::terminal;

/// Of a whole: parts that are smaller are told together with the others.
const SMALL: f64 = 0.0005;

/// All that was found, topology by topology.
pub fn table(explained: &Explained, width: usize, colour: bool) -> String {
    let mut text = String::new();
    for (name, topology) in &explained.topologies {
        for grid in grids(explained, name, topology) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&terminal::write(&grid, width, colour));
        }
    }
    text
}

fn grids(explained: &Explained, name: &str, topology: &TopologyWhy) -> Vec<Grid> {
    let mut grids = vec![times(explained, name, topology)];
    grids.extend(losses(name, topology));
    grids.extend(money(name, topology));
    grids.extend(proofs(explained, name, topology));
    grids
}

/// What is asked, and what it is: `completion.p99 of decoupled is 93.1 s ± 2.9`.
pub fn question(explained: &Explained, name: &str, topology: &TopologyWhy) -> String {
    let figure = topology.figure.as_ref();
    let value = figure.map_or_else(|| NOTHING.to_owned(), |figure| told(&explained.of, figure));
    format!("{name}: {} is {value}", explained.of)
}

fn told(of: &str, figure: &Figure) -> String {
    numbers::figure(Kind::of(of, &figure.unit), figure)
}

fn times(explained: &Explained, name: &str, topology: &TopologyWhy) -> Grid {
    let all = &topology.all;
    let slowest = topology.slowest.as_ref();
    let count = |requests: u64| numbers::grouped(&requests.to_string());
    let mut heads = vec![format!("all {}", count(all.requests)), "share".to_owned()];
    if let Some(slowest) = slowest {
        heads.extend([format!("slowest {}", count(slowest.requests)), "share".to_owned()]);
    }
    heads.push("most of it at".to_owned());
    let mut section = Section::default();
    for cause in Cause::ALL {
        let parts = [Some(all), slowest].map(|division| division.and_then(|division| part(division, cause)));
        if parts.iter().flatten().all(|share| share.share < SMALL) {
            continue;
        }
        let mut cells = Vec::new();
        for (division, share) in [Some(all), slowest].into_iter().zip(parts) {
            let Some(_) = division else { continue };
            match share {
                Some(share) => {
                    cells.push(Cell::plain(numbers::figure(Kind::Duration, &share.seconds)));
                    cells.push(Cell::plain(share_of(share.share)));
                }
                None => cells.extend([Cell::default(), Cell::default()]),
            }
        }
        let nodes = parts[1].or(parts[0]).map(|share| &share.nodes);
        let most = nodes.and_then(|nodes| nodes.iter().max_by(|one, other| one.1.total_cmp(other.1)));
        cells.push(Cell::toned(most.map_or("", |(node, _)| node.as_str()), Tone::Quiet));
        section.rows.push(Row { label: cause.label().to_owned(), cells });
    }
    let mut sums = Vec::new();
    for division in [Some(all), slowest].into_iter().flatten() {
        sums.push(Cell::toned(numbers::value(Kind::Duration, Some(division.seconds)), Tone::Quiet));
        sums.push(Cell::toned("100 %", Tone::Quiet));
    }
    sums.push(Cell::default());
    section.rows.push(Row { label: "mean time of a request".to_owned(), cells: sums });
    Grid {
        title: format!("why {}", question(explained, name, topology)),
        heads,
        sections: vec![section],
        notes: notes(explained, topology),
    }
}

fn part(division: &Division, cause: Cause) -> Option<&crate::experiment::why::CauseShare> {
    division.causes.iter().find(|share| share.cause == cause)
}

fn share_of(share: f64) -> String {
    if share < 0.001 { "< 0.1 %".to_owned() } else { format!("{:.1} %", share * 100.0) }
}

fn notes(explained: &Explained, topology: &TopologyWhy) -> Vec<String> {
    let span = |seconds: f64| numbers::span(seconds);
    let mut notes = Vec::new();
    let window = format!("Requests born from {} to {}", span(explained.from), span(explained.to));
    match topology.slowest.as_ref().and_then(|slowest| slowest.above) {
        Some(above) => notes.push(format!(
            "{window}, of {} replications; the slowest took longer than {}.",
            explained.replications,
            numbers::value(Kind::Duration, Some(above))
        )),
        None => notes.push(format!("{window}, of {} replications.", explained.replications)),
    }
    if let Some((from, to, mean)) = worst(topology) {
        notes.push(format!(
            "Slowest were those born from {} to {}: {} in the mean.",
            span(from),
            span(to),
            numbers::value(Kind::Duration, Some(mean))
        ));
    }
    notes
}

/// The cell of the timeline whose requests took longest: from, to, mean seconds.
pub fn worst(topology: &TopologyWhy) -> Option<(f64, f64, f64)> {
    let timeline = &topology.timeline;
    let mean = |cell: usize| timeline.causes.values().map(|row| row[cell]).sum::<f64>();
    let cells = (0..timeline.requests.len()).filter(|&cell| timeline.requests[cell] > 0);
    let worst = cells.max_by(|&one, &other| mean(one).total_cmp(&mean(other)))?;
    let from = worst as f64 * timeline.step;
    Some((from, from + timeline.step, mean(worst)))
}

fn losses(name: &str, topology: &TopologyWhy) -> Option<Grid> {
    let mut section = Section::default();
    for lost in &topology.lost {
        let causes = lost.causes.iter().map(|(cause, count)| {
            let known = Cause::ALL.into_iter().find(|known| known.word() == cause);
            format!("{} {}", numbers::grouped(&count.to_string()), known.map_or(cause.as_str(), |cause| cause.label()))
        });
        let requests = Cell::toned(numbers::grouped(&lost.requests.to_string()), Tone::Bad);
        let cells = vec![requests, Cell::plain(causes.collect::<Vec<_>>().join("; "))];
        section.rows.push(Row { label: lost.reason.clone(), cells });
    }
    let heads = vec!["requests".to_owned(), "what most of their time went on".to_owned()];
    let title = format!("{name}: lost");
    (!section.rows.is_empty()).then(|| Grid { title, heads, sections: vec![section], notes: Vec::new() })
}

fn money(name: &str, topology: &TopologyWhy) -> Option<Grid> {
    let whole: f64 = topology.money.iter().filter_map(|share| share.dollars.value).sum();
    if whole <= 0.0 {
        return None;
    }
    let rows = topology.money.iter().map(|share| {
        let tone = if share.purpose == Purpose::Work { Tone::Good } else { Tone::Plain };
        let dollars = Cell::toned(numbers::figure(Kind::Money, &share.dollars), tone);
        Row { label: share.purpose.label().to_owned(), cells: vec![dollars, Cell::plain(share_of(share.share))] }
    });
    let all = numbers::value(Kind::Money, Some(whole));
    let sum = vec![Cell::toned(all, Tone::Quiet), Cell::toned("100 %", Tone::Quiet)];
    let rows = rows.chain([Row { label: "the bill of a run".to_owned(), cells: sum }]).collect();
    let heads = vec!["dollars".to_owned(), "share".to_owned()];
    let title = format!("{name}: where the money went");
    Some(Grid { title, heads, sections: vec![Section { name: String::new(), rows }], notes: Vec::new() })
}

fn proofs(explained: &Explained, name: &str, topology: &TopologyWhy) -> Option<Grid> {
    let first = topology.proofs.iter().max_by_key(|proof| proof.figures.len())?;
    let mut heads = Vec::new();
    for (place, changed) in first.figures.iter().enumerate() {
        heads.push(format!("{} becomes", changed.of));
        if place == 0 {
            heads.push("by".to_owned());
        }
    }
    let row = |proof: &Proof| Row { label: format!("without: {}", proof.cause.label()), cells: cells(proof) };
    let rows = topology.proofs.iter().map(row).collect();
    let how = topology.proofs.iter().map(|proof| format!("{}: with {}", proof.cause.label(), proof.with));
    let how = format!("Played with other settings: {}.", how.collect::<Vec<_>>().join("; "));
    let what = format!(
        "The same requests with the same work, {} times; `by` is the difference, pair by pair. Causes share what they cost: taken \
         away together they do not add up.",
        explained.replications
    );
    Some(Grid {
        title: format!("{name}: what becomes of it without a cause"),
        heads,
        sections: vec![Section { name: String::new(), rows }],
        notes: vec![how, what],
    })
}

fn cells(proof: &Proof) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (place, changed) in proof.figures.iter().enumerate() {
        let tone = match (numbers::excludes_zero(changed.by.low, changed.by.high), changed.by.value) {
            (Some(true), Some(value)) if (value < 0.0) == (changed.of != "availability") => Tone::Good,
            (Some(true), _) => Tone::Bad,
            _ => Tone::Quiet,
        };
        cells.push(Cell::toned(told(&changed.of, &changed.becomes), tone));
        if place == 0 {
            let by = numbers::change(Kind::of(&changed.of, &changed.by.unit), &changed.by);
            cells.push(Cell::toned(by, tone));
        }
    }
    cells
}
