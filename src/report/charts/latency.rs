//! p50, p95 and p99 with their intervals, until the answer and until completion, side by side.

use crate::experiment::document::{Document, Figure, TopologyResult};
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::plot::{MARGIN, Plot, WIDTH, head};
use crate::report::charts::theme::{Pen, Theme};
use crate::report::numbers::{self, Kind};
use crate::report::{finding, reading};

const LEFT: f64 = 280.0;
const RIGHT: f64 = 872.0;
/// Where the losses stand.
const LOST: f64 = 1_000.0;
const TOP: f64 = 122.0;
/// From one latency to the next of the same topology.
const LINE: f64 = 38.0;
/// From one topology to the next.
const ROW: f64 = 2.0 * LINE + 18.0;
const WHICH: [&str; 2] = ["answer", "completion"];
const PARTS: [&str; 3] = ["p50", "p95", "p99"];

/// Two lines for each topology; `None` where no latency was measured.
pub fn latency(document: &Document, theme: Theme) -> Option<Drawing> {
    let ends: Vec<f64> = document.topologies.values().flat_map(ends).collect();
    if ends.is_empty() {
        return None;
    }
    let title = finding::soonest(document, "answer");
    let method = format!(
        "From left to right p50, p95 and p99, each with its 95 % interval as a bar, logarithmic. {}",
        reading::provenance(document)
    );
    let bottom = TOP + ROW * document.topologies.len() as f64;
    let account = account(document, &method);
    Some(drawn((WIDTH, (bottom + 40.0) as u32), theme, &title, &account, |canvas| {
        head(canvas, &title, &method);
        let low = ends.iter().copied().fold(f64::INFINITY, f64::min);
        let high = ends.iter().copied().fold(0.0, f64::max);
        let plot = Plot {
            canvas,
            x: Axis::log(Kind::Duration, low, high, (LEFT, RIGHT)),
            y: Axis::linear(1.0, 1, (bottom, TOP)),
        };
        plot.columns();
        plot.labels(|tick| numbers::tick(Kind::Duration, tick));
        canvas.text((LOST, TOP - 14.0), "lost", theme.small(Side::Left));
        for (place, (name, topology)) in document.topologies.iter().enumerate() {
            let top = TOP + ROW * place as f64 + 18.0;
            let naming = theme.naming(Side::Left);
            canvas.text((MARGIN, top), &canvas.fitted(name, naming, LEFT - MARGIN - 100.0), naming);
            for (line, which) in WHICH.into_iter().enumerate() {
                let y = top + LINE * line as f64;
                canvas.text((LEFT - 14.0, y), which, theme.small(Side::Right));
                let pen = Pen { hollow: line == 0, ..theme.pen(place) };
                percentiles(&plot, y, topology, which, pen);
            }
            lost(&plot, top, topology);
            if place > 0 {
                let y = TOP + ROW * place as f64 - 6.0;
                let edge = f64::from(WIDTH) - MARGIN;
                canvas.line(&[(MARGIN, y), (edge, y)], Stroke { colour: theme.grid, width: 1.0, dash: None });
            }
        }
    }))
}

/// Every end of every interval that an axis has to hold.
fn ends(topology: &TopologyResult) -> Vec<f64> {
    let names = WHICH.into_iter().flat_map(|which| PARTS.map(|part| format!("{which}.{part}")));
    let figures = names.filter_map(|name| topology.figures.get(&name));
    let ends = figures.flat_map(|figure| [figure.value, figure.low, figure.high]);
    ends.flatten().filter(|value| value.is_finite() && *value > 0.0).collect()
}

/// Three marks on a line; the first has its number at its left, the last at its right.
fn percentiles(plot: &Plot<'_, '_>, y: f64, topology: &TopologyResult, which: &str, pen: Pen) {
    let (canvas, theme) = (plot.canvas, plot.canvas.theme);
    let finite = |part: &str| {
        let figure = topology.figures.get(&format!("{which}.{part}"))?;
        figure.value.filter(|value| value.is_finite() && *value > 0.0).map(|value| (value, figure))
    };
    let found: Vec<(f64, &Figure)> = PARTS.into_iter().filter_map(finite).collect();
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        canvas.text((LEFT + 8.0, y), "nothing measured", theme.small(Side::Left));
        return;
    };
    let places: Vec<f64> = found.iter().map(|(value, _)| plot.x.at(*value)).collect();
    let (left, right) = (places[0], places[places.len() - 1]);
    canvas.line(&[(left, y), (right, y)], Stroke { colour: pen.colour, width: 1.6, dash: pen.dash });
    for ((_, figure), x) in found.iter().zip(&places) {
        if let Some((low, high)) = figure.low.zip(figure.high) {
            canvas.rectangle((plot.x.at(low), y - 5.0), (plot.x.at(high), y + 5.0), pen.colour, 0.35);
        }
        canvas.mark((*x, y), 4.5, pen);
    }
    let ink = Type { colour: theme.ink, ..theme.small(Side::Right) };
    let number = |figure: &Figure| numbers::value(Kind::Duration, figure.value);
    if found.len() > 1 && left - canvas.width(&number(first.1), ink) - 12.0 > LEFT {
        canvas.plate((left - 12.0, y), &number(first.1), ink);
    }
    if let [_, (_, middle), _] = found.as_slice() {
        let face = Type { size: 11.5, ..theme.small(Side::Middle) };
        canvas.plate((places[1], y - 14.0), &number(middle), face);
    }
    let face = Type { side: Side::Left, strong: true, ..ink };
    canvas.plate((right + 13.0, y), &numbers::figure(Kind::Duration, last.1), face);
}

fn lost(plot: &Plot<'_, '_>, y: f64, topology: &TopologyResult) {
    let theme = plot.canvas.theme;
    let loses = reading::lost(topology).is_some_and(|lost| lost > 0.0);
    let small = theme.small(Side::Left);
    let face = if loses { Type { colour: theme.alarm, strong: true, ..small } } else { small };
    let share = topology.figures.get("lost").and_then(|figure| figure.value);
    plot.canvas.text((LOST, y), &numbers::value(Kind::Share, share), face);
}

fn account(document: &Document, method: &str) -> String {
    let mut text = format!("{method}.");
    for (name, topology) in &document.topologies {
        for which in WHICH {
            text.push_str(&format!(" {name}, {which}:"));
            for part in PARTS {
                let value = topology.figures.get(&format!("{which}.{part}")).and_then(|figure| figure.value);
                text.push_str(&format!(" {part} {},", numbers::value(Kind::Duration, value)));
            }
        }
        text.push_str(&format!(" {}.", reading::lost_words(topology)));
    }
    text
}
