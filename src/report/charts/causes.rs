//! Why requests took as long as they did: all of them and the slowest as bars, and over the run those born at each time.

use crate::experiment::why::{Cause, Division, Explained, TopologyWhy};
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Canvas, Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::parts::{Part, caption};
use crate::report::charts::plot::{MARGIN, Plot, WIDTH, head};
use crate::report::charts::theme::Theme;
use crate::report::charts::timeline::unit;
use crate::report::numbers::{self, Kind};
use crate::report::table::causes::question;

const LEFT: f64 = 150.0;
const RIGHT: f64 = 1_000.0;
const BARS: f64 = 120.0;
/// From one bar to the next.
const ROW: f64 = 42.0;
const BAR: f64 = 26.0;
/// The timeline, from top to bottom.
const PANEL: (f64, f64) = (262.0, 500.0);
const HEIGHT: u32 = 560;
/// Causes drawn apart, at the most: the rest is told together.
const MOST: usize = 7;

/// The bars and the timeline; `None` where no request came to its end.
pub fn causes(explained: &Explained, name: &str, topology: &TopologyWhy, theme: Theme) -> Option<Drawing> {
    if topology.all.requests == 0 || topology.all.seconds <= 0.0 {
        return None;
    }
    let drawn_apart = largest(topology);
    let title = finding(name, topology);
    let method = format!(
        "{}. Requests born from {} to {}, {} replications, seed {}",
        question(explained, name, topology),
        numbers::span(explained.from),
        numbers::span(explained.to),
        explained.replications,
        explained.seed
    );
    Some(drawn((WIDTH, HEIGHT), theme, &title, &method, |canvas| {
        head(canvas, &title, &method);
        let mut parts: Vec<Part> = drawn_apart
            .iter()
            .enumerate()
            .map(|(place, cause)| Part {
                colour: theme.part(place),
                name: cause.label().to_owned(),
                number: String::new(),
            })
            .collect();
        parts.push(Part { colour: theme.part(MOST), name: "the rest".to_owned(), number: String::new() });
        caption(canvas, (MARGIN, 92.0), &parts, f64::from(WIDTH) - MARGIN);
        bar(canvas, BARS, "all", &topology.all, &drawn_apart);
        if let Some(slowest) = &topology.slowest {
            bar(canvas, BARS + ROW, "slowest", slowest, &drawn_apart);
        }
        over_time(canvas, explained, topology, &drawn_apart);
    }))
}

/// The causes that weigh most among all or among the slowest, in the order of all causes.
fn largest(topology: &TopologyWhy) -> Vec<Cause> {
    let share = |cause: Cause| {
        let of = |division: &Division| {
            division.causes.iter().find(|share| share.cause == cause).map_or(0.0, |share| share.share)
        };
        topology.slowest.as_ref().map_or(0.0, of).max(of(&topology.all))
    };
    let mut causes: Vec<Cause> = Cause::ALL.into_iter().filter(|cause| share(*cause) > 0.0).collect();
    causes.sort_by(|one, other| share(*other).total_cmp(&share(*one)));
    causes.truncate(MOST);
    causes.sort_by_key(|cause| *cause as usize);
    causes
}

/// What most of the slowest requests' time went on.
fn finding(name: &str, topology: &TopologyWhy) -> String {
    let (who, division) = match &topology.slowest {
        Some(slowest) => ("the slowest requests", slowest),
        None => ("requests", &topology.all),
    };
    let most = division.causes.iter().max_by(|one, other| one.share.total_cmp(&other.share));
    match most {
        Some(most) => format!("{name}: {:.0} % of the time of {who} is “{}”", most.share * 100.0, most.cause.label()),
        None => format!("{name}: where the time of requests went"),
    }
}

/// Seconds of each of the causes that are drawn apart, and of the rest.
fn heights(seconds: impl Fn(Cause) -> f64, apart: &[Cause]) -> Vec<f64> {
    let rest = Cause::ALL.into_iter().filter(|cause| !apart.contains(cause)).map(&seconds).sum();
    apart.iter().map(|cause| seconds(*cause)).chain([rest]).collect()
}

/// A whole, and its parts by share.
fn bar(canvas: &Canvas<'_>, y: f64, label: &str, division: &Division, apart: &[Cause]) {
    let theme = canvas.theme;
    let middle = y + BAR / 2.0;
    canvas.text((MARGIN, middle - 7.0), label, theme.naming(Side::Left));
    let count = numbers::grouped(&division.requests.to_string());
    canvas.text(
        (MARGIN, middle + 9.0),
        &canvas.fitted(&count, theme.small(Side::Left), LEFT - MARGIN - 8.0),
        theme.small(Side::Left),
    );
    let share = |cause: Cause| division.causes.iter().find(|share| share.cause == cause).map_or(0.0, |part| part.share);
    let mut from = LEFT;
    for (place, part) in heights(share, apart).into_iter().enumerate() {
        let to = from + part * (RIGHT - LEFT);
        let colour = theme.part(if place == apart.len() { MOST } else { place });
        if to > from {
            canvas.rectangle((from, y), (to, y + BAR), colour, 1.0);
            let text = format!("{:.0} %", part * 100.0);
            let face = Type { colour: theme.on(colour), size: 12.5, strong: true, side: Side::Middle };
            if canvas.width(&text, face) + 8.0 < to - from {
                canvas.text(((from + to) / 2.0, middle), &text, face);
            }
        }
        from = to;
    }
    let mean = numbers::value(Kind::Duration, Some(division.seconds));
    canvas.text((RIGHT + 8.0, middle), &mean, theme.small(Side::Left));
}

/// The mean time of those born in each cell, cause upon cause, and the window that is told of.
fn over_time(canvas: &Canvas<'_>, explained: &Explained, topology: &TopologyWhy, apart: &[Cause]) {
    let theme = canvas.theme;
    let (top, bottom) = PANEL;
    let timeline = &topology.timeline;
    let cells: Vec<Vec<f64>> = (0..timeline.requests.len())
        .map(|cell| {
            let of = |cause: Cause| timeline.causes.get(cause.word()).map_or(0.0, |row| row[cell]);
            heights(of, apart)
        })
        .collect();
    let highest = cells.iter().map(|cell| cell.iter().sum::<f64>()).fold(0.0, f64::max);
    if highest <= 0.0 {
        return;
    }
    canvas.text((MARGIN, top - 22.0), "Mean time of requests, by when they were born", theme.naming(Side::Left));
    let plot = Plot {
        canvas,
        x: Axis::time(explained.length.max(timeline.step), (LEFT, RIGHT)),
        y: Axis::linear(highest, 4, (bottom, top)),
    };
    plot.columns();
    plot.rows(Kind::Duration);
    let mut below = vec![0.0; cells.len()];
    for place in 0..=apart.len() {
        let above: Vec<f64> = cells.iter().zip(&below).map(|(cell, below)| below + cell[place]).collect();
        let mut area = plot.steps(&above, timeline.step);
        area.extend(plot.steps(&below, timeline.step).into_iter().rev());
        if area.len() > 2 {
            canvas.shape(&area, theme.part(if place == apart.len() { MOST } else { place }), 1.0);
        }
        below = above;
    }
    // What lies outside of the window is pale.
    for (from, to) in [(0.0, explained.from), (explained.to, explained.length)] {
        if to > from {
            canvas.rectangle((plot.x.at(from), top), (plot.x.at(to), bottom), theme.ground, 0.7);
        }
    }
    for edge in [explained.from, explained.to] {
        if edge > 0.0 && edge < explained.length {
            let stroke = Stroke { colour: theme.ink, width: 1.2, dash: Some((3, 3)) };
            canvas.line(&[(plot.x.at(edge), top), (plot.x.at(edge), bottom)], stroke);
        }
    }
    plot.base();
    let (word, size) = unit(explained.length);
    plot.labels(|tick| numbers::tick(Kind::Number, tick / size));
    canvas.text(((LEFT + RIGHT) / 2.0, bottom + 40.0), &format!("{word} since the start"), theme.small(Side::Middle));
}
