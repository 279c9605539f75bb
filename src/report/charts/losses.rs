//! Losses by reason, beside the latency that they would flatter.

use crate::experiment::document::{Document, TopologyResult};
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::parts::{Part, caption};
use crate::report::charts::plot::{MARGIN, Plot, WIDTH, head};
use crate::report::charts::theme::{Pen, Theme};
use crate::report::numbers::{self, Kind};
use crate::report::{finding, reading};

const TOP: f64 = 122.0;
const ROW: f64 = 66.0;
const BAR: f64 = 22.0;
/// Where the left panel begins and ends, and the right one.
const SLOW: (f64, f64) = (170.0, 480.0);
const LOST: (f64, f64) = (560.0, 920.0);
const OF: &str = "completion.p99";

/// A row for each topology: p99 of completion at the left, losses at the right.
pub fn losses(document: &Document, theme: Theme) -> Option<Drawing> {
    if document.topologies.values().all(|topology| reading::lost(topology).is_none()) {
        return None;
    }
    let title = finding::losers(document);
    let method = format!(
        "p99 is of requests that got through: read it together with what did not. {}",
        reading::provenance(document)
    );
    let reasons = reading::reasons(document);
    let bottom = TOP + ROW * document.topologies.len() as f64;
    let account = account(document, &method, &reasons);
    Some(drawn((WIDTH, (bottom + 40.0) as u32), theme, &title, &account, |canvas| {
        head(canvas, &title, &method);
        let upright = Axis::linear(1.0, 1, (bottom, TOP));
        let slow = Plot { canvas, x: slow_axis(document), y: upright.clone() };
        let most = document.topologies.values().filter_map(reading::lost).fold(0.0, f64::max);
        let lost = Plot { canvas, x: Axis::linear((most * 100.0).clamp(0.01, 100.0), 4, LOST), y: upright };
        for (plot, name) in [(&slow, "p99 of completion, logarithmic"), (&lost, "Lost, share of requests")] {
            plot.columns();
            canvas.text((plot.x.ends().0, TOP - 18.0), name, theme.naming(Side::Left));
        }
        slow.labels(|tick| numbers::tick(Kind::Duration, tick));
        lost.labels(|tick| numbers::tick(Kind::Share, tick / 100.0));
        for (place, (name, topology)) in document.topologies.iter().enumerate() {
            let y = TOP + ROW * place as f64 + 10.0 + BAR / 2.0;
            let naming = theme.naming(Side::Right);
            canvas.text((SLOW.0 - 14.0, y), &canvas.fitted(name, naming, SLOW.0 - MARGIN - 16.0), naming);
            dot(&slow, y, topology, place);
            bar(&lost, y, topology, &reasons);
        }
    }))
}

fn slow_axis(document: &Document) -> Axis {
    let values = || {
        let ends = |topology: &TopologyResult| {
            let figure = topology.figures.get(OF)?;
            Some([figure.low.or(figure.value)?, figure.high.or(figure.value)?])
        };
        document.topologies.values().filter_map(ends).flatten().filter(|value| value.is_finite() && *value > 0.0)
    };
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(0.0, f64::max);
    Axis::log(Kind::Duration, low, high, SLOW)
}

/// A mark with its interval and its number.
fn dot(plot: &Plot<'_, '_>, y: f64, topology: &TopologyResult, place: usize) {
    let (canvas, theme) = (plot.canvas, plot.canvas.theme);
    let Some(figure) = topology.figures.get(OF) else { return };
    let number = numbers::figure(Kind::Duration, figure);
    let face = Type { colour: theme.ink, ..theme.small(Side::Middle) };
    let Some(value) = figure.value.filter(|value| value.is_finite()) else {
        canvas.text((SLOW.0 + 8.0, y), &number, Type { side: Side::Left, ..face });
        return;
    };
    // Colours are for the reasons here: a topology has its mark only.
    let pen = Pen { colour: theme.ink, ..theme.pen(place) };
    let x = plot.x.at(value);
    canvas.line(&[(SLOW.0, y), (x, y)], Stroke { colour: theme.grid, width: 2.0, dash: None });
    if let Some((low, high)) = figure.low.zip(figure.high) {
        let stroke = Stroke { colour: pen.colour, width: 3.0, dash: None };
        canvas.line(&[(plot.x.at(low), y), (plot.x.at(high), y)], stroke);
    }
    canvas.mark((x, y), 5.5, pen);
    let half = canvas.width(&number, face) / 2.0;
    canvas.plate((x.clamp(SLOW.0 + half, SLOW.1 + 40.0 - half), y + 20.0), &number, face);
}

/// The losses of a topology, reason by reason.
fn bar(plot: &Plot<'_, '_>, y: f64, topology: &TopologyResult, reasons: &[String]) {
    let (canvas, theme) = (plot.canvas, plot.canvas.theme);
    let total = reading::lost(topology);
    let mut sum = 0.0;
    let mut parts = Vec::new();
    for (place, reason) in reasons.iter().enumerate() {
        let share = reading::value(topology, &format!("lost.{reason}")).filter(|share| *share > 0.0);
        let Some(share) = share else { continue };
        let colour = theme.shade_of_alarm(place);
        let (from, to) = (plot.x.at(sum * 100.0), plot.x.at((sum + share) * 100.0));
        sum += share;
        canvas.rectangle((from, y - BAR / 2.0), (to.max(from + 1.0), y + BAR / 2.0), colour, 1.0);
        if to - from > 3.0 {
            let stroke = Stroke { colour: theme.ground, width: 1.5, dash: None };
            canvas.line(&[(to, y - BAR / 2.0), (to, y + BAR / 2.0)], stroke);
        }
        parts.push(Part { colour, name: reason.clone(), number: numbers::value(Kind::Share, Some(share)) });
    }
    let end = plot.x.at(total.unwrap_or(0.0).max(sum) * 100.0);
    if let (Some(total), true) = (total, parts.is_empty())
        && total > 0.0
    {
        canvas.rectangle((plot.x.at(0.0), y - BAR / 2.0), (end, y + BAR / 2.0), theme.alarm, 1.0);
    }
    let loses = total.is_some_and(|lost| lost > 0.0);
    let words = match topology.figures.get("lost") {
        Some(figure) => numbers::figure(Kind::Share, figure),
        None => numbers::NOTHING.to_owned(),
    };
    let naming = theme.naming(Side::Left);
    let face = if loses { Type { colour: theme.alarm, ..naming } } else { theme.small(Side::Left) };
    canvas.plate((end + 10.0, y), &words, face);
    caption(canvas, (LOST.0, y + BAR / 2.0 + 14.0), &parts, f64::from(WIDTH) - MARGIN);
}

fn account(document: &Document, method: &str, reasons: &[String]) -> String {
    let each = document.topologies.iter().map(|(name, topology)| {
        let p99 = numbers::value(Kind::Duration, topology.figures.get(OF).and_then(|figure| figure.value));
        let why = reasons.iter().filter_map(|reason| {
            let share = reading::value(topology, &format!("lost.{reason}")).filter(|share| *share > 0.0)?;
            Some(format!(", {reason} {}", numbers::value(Kind::Share, Some(share))))
        });
        format!(" {name}: p99 {p99}, {}{}.", reading::lost_words(topology), why.collect::<String>())
    });
    format!("{method}.{}", each.collect::<String>())
}
