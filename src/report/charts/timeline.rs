//! One topology over time: what comes and goes, what waits, who works.

use indexmap::IndexMap;
use plotters::style::RGBColor;

use crate::experiment::document::{Document, TopologyResult};
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Canvas, Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::plot::{Label, MARGIN, Plot, WIDTH, end_labels, head};
use crate::report::charts::theme::Theme;
use crate::report::numbers::{self, Kind};
use crate::report::{finding, reading};

const LEFT: f64 = 84.0;
const RIGHT: f64 = 860.0;
/// Above the first panel's name.
const TOP: f64 = 96.0;
/// From a panel's name to its top.
const NAME: f64 = 24.0;
/// From a panel's bottom to the next one's name.
const GAP: f64 = 24.0;
/// Panels of workers, at most: of more pools their sum is shown.
const PANELS: usize = 4;
/// The stroke of a label whose line is an area.
const SWATCH: f64 = 9.0;
/// Backlogs from here on are drawn on a logarithmic axis.
const LONG: f64 = 20.0;

/// All pools together, and what the label of each begins with.
const ALL: &str = "pool.";

type Levels = IndexMap<String, Vec<f64>>;

/// Arrivals against completions, the backlog, the workers of each pool that changes.
pub fn timeline(document: &Document, name: &str, topology: &TopologyResult, theme: Theme) -> Drawing {
    let (levels, account) = shown(document, topology);
    let title = finding::over_time(name, topology, levels);
    let step = topology.series.step;
    let pools = pools(levels);
    let height = TOP + 2.0 * (NAME + 150.0 + GAP) + pools.len() as f64 * (NAME + 110.0 + GAP) + 34.0;
    drawn((WIDTH, height as u32), theme, &title, &account, |canvas| {
        head(canvas, &title, &account);
        let x = Axis::time(document.length, (LEFT, RIGHT));
        let mut top = TOP;
        let mut panel = |height: f64| {
            let (from, to) = (top + NAME, top + NAME + height);
            top = to + GAP;
            (to, from)
        };
        let mut bottom = 0.0;
        let (flow, waiting) = (panel(150.0), panel(150.0));
        let workers: Vec<(f64, f64)> = pools.iter().map(|_| panel(110.0)).collect();
        let last = workers.last().unwrap_or(&waiting).0;
        shade(canvas, document, &x, levels, step, (flow.1, last));
        flows(canvas, &x, flow, levels, step);
        bottom = f64::max(bottom, backlog(canvas, &x, waiting, levels, step));
        for (pool, place) in pools.iter().zip(workers) {
            bottom = staff(canvas, &x, place, levels, step, pool);
        }
        let (unit, size) = unit(document.length);
        let plot = Plot { canvas, x, y: Axis::linear(1.0, 1, (bottom, bottom - 1.0)) };
        plot.labels(|tick| numbers::tick(Kind::Number, tick / size));
        let middle = canvas.theme.small(Side::Middle);
        canvas.text(((LEFT + RIGHT) / 2.0, bottom + 42.0), &format!("{unit} since the start"), middle);
    })
}

/// One run as it happened where there is one, else the mean of all; and how to say so.
fn shown<'t>(document: &Document, topology: &'t TopologyResult) -> (&'t Levels, String) {
    let series = &topology.series;
    let grey = if document.warm_up > 0.0 { ". Grey: warm-up, which no figure counts" } else { "" };
    let cells = format!("cells of {}{grey}", numbers::span(series.step));
    let seed = document.seed;
    match (series.first.is_empty(), document.replications) {
        (false, 0 | 1) => (&series.first, format!("One replication, seed {seed}, {cells}")),
        (false, many) => {
            (&series.first, format!("One run as it happened, the first of {many} replications, seed {seed}, {cells}"))
        }
        (true, _) => (&series.values, format!("Mean of {}, {cells}", reading::provenance(document))),
    }
}

/// Time that people count this long a run in.
pub fn unit(length: f64) -> (&'static str, f64) {
    match length {
        length if length >= 4.0 * 86_400.0 => ("days", 86_400.0),
        length if length >= 2.0 * 3_600.0 => ("hours", 3_600.0),
        length if length >= 120.0 => ("minutes", 60.0),
        _ => ("seconds", 1.0),
    }
}

/// The warm-up, and the times at which a node was away.
fn shade(canvas: &Canvas<'_>, document: &Document, x: &Axis, levels: &Levels, step: f64, (top, bottom): (f64, f64)) {
    let theme = canvas.theme;
    if document.warm_up > 0.0 {
        canvas.rectangle((x.at(0.0), top), (x.at(document.warm_up), bottom), theme.quiet, 0.09);
    }
    let mut names: Vec<&str> = Vec::new();
    let mut away: Vec<f64> = Vec::new();
    for (name, values) in levels {
        if let Some(node) = name.strip_suffix(".away")
            && values.iter().any(|value| *value > 0.0)
        {
            names.push(node.split_once('.').map_or(node, |(_, node)| node));
            away = reading::added(away, values);
        }
    }
    let mut begun = None;
    let mut first = None;
    for (cell, value) in away.iter().chain([&0.0]).enumerate() {
        match (begun, *value > 0.0) {
            (None, true) => begun = Some(cell),
            (Some(from), false) => {
                let ends = (x.at(from as f64 * step), x.at(cell as f64 * step));
                canvas.rectangle((ends.0, top), (ends.1, bottom), theme.alarm, 0.14);
                first = first.or(Some(ends.0));
                begun = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    if let Some(at) = first {
        let face = Type { colour: theme.alarm, size: 12.5, strong: true, side: Side::Left };
        canvas.text((at, top - 11.0), &format!("{} away", names.join(", ")), face);
    }
}

fn name(canvas: &Canvas<'_>, top: f64, text: &str) {
    canvas.text((MARGIN, top - NAME + 5.0), text, canvas.theme.naming(Side::Left));
}

/// What comes, what is done, what is lost, in the unit that suits the busiest cell.
fn flows(canvas: &Canvas<'_>, x: &Axis, (bottom, top): (f64, f64), levels: &Levels, step: f64) {
    let theme = canvas.theme;
    let empty = Vec::new();
    let [arrivals, completions, lost] =
        ["arrivals", "completions", "lost"].map(|name| levels.get(name).unwrap_or(&empty));
    let many = together(arrivals, step, x, 3.0);
    let highest = [arrivals, completions, lost].into_iter().filter_map(|of| reading::peak(&means(of, many)));
    let highest = highest.fold(0.0, f64::max);
    let (word, size) = match highest {
        rate if rate >= 1.0 => ("second", 1.0),
        rate if rate >= 1.0 / 60.0 => ("minute", 60.0),
        _ => ("hour", 3_600.0),
    };
    name(canvas, top, &format!("Requests a {word}"));
    let scaled = |of: &[f64]| means(of, many).into_iter().map(|rate| rate * size).collect::<Vec<f64>>();
    let plot = Plot { canvas, x: x.clone(), y: Axis::linear(highest * size, 4, (bottom, top)) };
    plot.columns();
    plot.rows(Kind::Number);
    let mut labels = Vec::new();
    let mut draw = |of: &Vec<f64>, name: &str, colour: RGBColor, width: f64, opacity: f64| {
        let path = plot.steps(&scaled(of), step * many as f64);
        canvas.shape(&plot.under(&path), colour, opacity);
        let stroke = Stroke { colour, width, dash: None };
        canvas.line(&path, stroke);
        if let Some((_, y)) = path.last() {
            let peak = peak_of(&means(of, many), size);
            labels.push(Label { y: *y, name: name.to_owned(), number: format!("peak {peak}"), stroke });
        }
    };
    draw(arrivals, "arrivals", theme.part(4), 1.2, 0.35);
    if lost.iter().any(|rate| *rate > 0.0) {
        draw(lost, "lost", theme.alarm, 1.2, 0.45);
    }
    draw(completions, "completions", theme.ink, 1.6, 0.0);
    plot.base();
    end_labels(&plot, &labels);
}

/// Requests in lines and messages in queues; returns where the panel ends.
fn backlog(canvas: &Canvas<'_>, x: &Axis, (bottom, top): (f64, f64), levels: &Levels, step: f64) -> f64 {
    let theme = canvas.theme;
    let mut waiting = reading::level(levels, "pool.", "line");
    waiting = reading::added(waiting, &reading::level(levels, "queue.", "visible"));
    let flying = reading::level(levels, "queue.", "in-flight");
    let highest = reading::peak(&waiting).unwrap_or(0.0).max(reading::peak(&flying).unwrap_or(0.0));
    let y = if highest >= LONG {
        Axis::log(Kind::Number, 1.0, highest, (bottom, top))
    } else {
        Axis::linear(highest, 4, (bottom, top))
    };
    name(canvas, top, if y.is_log() { "Backlog, logarithmic" } else { "Backlog" });
    let plot = Plot { canvas, x: x.clone(), y };
    plot.columns();
    plot.rows(Kind::Number);
    let mut labels = Vec::new();
    let mut draw = |of: &[f64], name: &str, stroke: Stroke, opacity: f64| {
        let many = together(of, step, x, 1.5);
        let path = plot.steps(&peaks(of, many), step * many as f64);
        canvas.shape(&plot.under(&path), stroke.colour, opacity);
        canvas.line(&path, stroke);
        if let Some((_, y)) = path.last() {
            let peak = peak_of(of, 1.0);
            labels.push(Label { y: *y, name: name.to_owned(), number: format!("peak {peak}"), stroke });
        }
    };
    draw(&waiting, "waiting", Stroke { colour: theme.part(0), width: 1.6, dash: None }, 0.22);
    if flying.iter().any(|level| *level > 0.0) {
        draw(&flying, "in flight", Stroke { colour: theme.part(3), width: 1.6, dash: None }, 0.0);
    }
    plot.base();
    end_labels(&plot, &labels);
    bottom
}

/// The pools, clusters and functions whose size changes; all where none does; [`ALL`] stands for the sum of the pools where
/// there are many.
fn pools(levels: &Levels) -> Vec<String> {
    let ready = |name: &str| name.strip_suffix(".ready").filter(|node| is_staffed(node)).map(str::to_owned);
    let all: Vec<String> = levels.keys().filter_map(|name| ready(name)).collect();
    let changes = |node: &&String| {
        let level = levels.get(&format!("{node}.ready"));
        level.is_some_and(|values| values.iter().any(|value| *value != values[0]))
    };
    let changing: Vec<String> = all.iter().filter(changes).cloned().collect();
    let pools = if changing.is_empty() { all } else { changing };
    if pools.len() > PANELS { vec![ALL.to_owned()] } else { pools }
}

/// Whether a node has workers or machines of its own that are drawn.
fn is_staffed(node: &str) -> bool {
    node.starts_with(ALL) || node.starts_with("cluster.") || node.starts_with("function.")
}

/// Workers of a pool, machines of a cluster, environments of a function, or workers of all pools: in service and at work, on
/// their way, wanted, and how many were measured elsewhere; returns where the panel ends.
fn staff(canvas: &Canvas<'_>, x: &Axis, (bottom, top): (f64, f64), levels: &Levels, step: f64, node: &str) -> f64 {
    let theme = canvas.theme;
    let of = |what: &str| match node {
        ALL => reading::level(levels, ALL, what),
        _ => levels.get(&format!("{node}.{what}")).cloned().unwrap_or_default(),
    };
    let is_function = node.starts_with("function.");
    // Of machines pods ask for a part.
    let (taken_by, used) = if node.starts_with("cluster.") { ("asked", "asked for") } else { ("busy", "busy") };
    let (ready, desired, slots, taken) = (of("ready"), of("desired"), of("slots"), of(taken_by));
    let coming = reading::added(of("booting"), &of("pending"));
    let with_coming = reading::added(coming.clone(), &ready);
    let busy: Vec<f64> = ready
        .iter()
        .zip(slots.iter().zip(&taken))
        .map(|(ready, (slots, taken))| if *slots > 0.0 { ready * taken / slots } else { 0.0 })
        .collect();
    let measured = of("measured");
    let highest =
        [&with_coming, &desired, &measured].into_iter().filter_map(|of| reading::peak(of)).fold(1.0, f64::max);
    let called = match node.split_once('.') {
        Some(("cluster", cluster)) => format!("Machines of {cluster}"),
        Some(("function", function)) => format!("Environments of {function}"),
        Some((_, pool)) if !pool.is_empty() => format!("Workers of {pool}"),
        _ => "Workers of all pools".to_owned(),
    };
    name(canvas, top, &called);
    let plot = Plot { canvas, x: x.clone(), y: Axis::linear(highest, 3, (bottom, top)) };
    plot.columns();
    plot.rows(Kind::Number);
    let mut labels = Vec::new();
    let many = together(&ready, step, x, 1.5);
    let steps = |of: &[f64]| plot.steps(&peaks(of, many), step * many as f64);
    let mut draw = |of: &[f64], name: &str, number: String, stroke: Stroke, opacity: f64| {
        let path = steps(of);
        canvas.shape(&plot.under(&path), stroke.colour, opacity);
        // A wide stroke is for the label's swatch: of what is busy only the area is drawn.
        if stroke.width < SWATCH {
            canvas.line(&path, stroke);
        }
        if let Some((_, y)) = path.last() {
            labels.push(Label { y: *y, name: name.to_owned(), number, stroke });
        }
    };
    let peak = |of: &[f64]| format!("peak {}", peak_of(of, 1.0));
    let line = |colour: RGBColor, width: f64| Stroke { colour, width, dash: None };
    if coming.iter().any(|level| *level > 0.0) {
        let between: Vec<(f64, f64)> = steps(&with_coming).into_iter().chain(steps(&ready).into_iter().rev()).collect();
        canvas.shape(&between, theme.part(1), 0.35);
        draw(
            &with_coming,
            if is_function { "starting" } else { "booting" },
            peak(&coming),
            line(theme.part(1), 1.0),
            0.0,
        );
    }
    draw(&ready, if is_function { "alive" } else { "ready" }, peak(&ready), line(theme.part(2), 1.6), 0.32);
    if busy.iter().any(|level| *level > 0.0) {
        let share = reading::mean(&taken).zip(reading::mean(&slots)).filter(|(_, slots)| *slots > 0.0);
        let share = numbers::value(Kind::Share, share.map(|(taken, slots)| (taken / slots * 100.0).round() / 100.0));
        draw(&busy, used, share, line(theme.part(2), SWATCH), 0.45);
    }
    // Nobody wants a number of environments: they come as they are needed.
    if !is_function && desired.iter().zip(&ready).any(|(desired, ready)| desired != ready) {
        let stroke = Stroke { colour: theme.ink, width: 1.2, dash: Some((4, 3)) };
        draw(&desired, "desired", String::new(), stroke, 0.0);
    }
    if !measured.is_empty() {
        draw(&measured, "measured", peak(&measured), line(theme.ink, 1.6), 0.0);
    }
    plot.base();
    end_labels(&plot, &labels);
    bottom
}

/// The highest level, to one decimal below ten and to none from there on.
fn peak_of(values: &[f64], size: f64) -> String {
    let Some(peak) = reading::peak(values) else { return numbers::NOTHING.to_owned() };
    let peak = peak * size;
    numbers::tick(Kind::Number, if peak >= 10.0 { peak.round() } else { (peak * 10.0).round() / 10.0 })
}

/// How many cells are drawn as one, so that a step is at least so many pixels wide.
fn together(values: &[f64], step: f64, x: &Axis, pixels: f64) -> usize {
    let cell = x.at(step) - x.at(0.0);
    let many = if cell > 0.0 { (pixels / cell).ceil() } else { 1.0 };
    (many as usize).clamp(1, values.len().max(1))
}

/// So many cells as one, by their mean: what comes and goes adds up.
fn means(values: &[f64], many: usize) -> Vec<f64> {
    values.chunks(many).map(|cells| reading::mean(cells).unwrap_or(0.0)).collect()
}

/// So many cells as one, by their highest: a short burst must not be averaged away.
fn peaks(values: &[f64], many: usize) -> Vec<f64> {
    values.chunks(many).map(|cells| reading::peak(cells).unwrap_or(0.0)).collect()
}
