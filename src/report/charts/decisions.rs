//! What controllers would have decided, over time: what they saw, and how many they wanted.

use crate::experiment::replay::Answer;
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Canvas, Side, Stroke, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::plot::{Label, MARGIN, Plot, WIDTH, end_labels, head};
use crate::report::charts::theme::Theme;
use crate::report::charts::timeline::unit;
use crate::report::numbers::{self, Kind};

const LEFT: f64 = 84.0;
const RIGHT: f64 = 860.0;
const HEIGHT: u32 = 560;
/// From top to bottom: what was seen, how many were wanted.
const PANELS: [(f64, f64); 2] = [(270.0, 120.0), (496.0, 326.0)];
/// Steps that a chart shows.
const CELLS: usize = 480;

/// The chart of one or two answers to the same question; `None` where there is only one look.
pub fn decisions(answers: &[Answer<'_>], theme: Theme) -> Option<Drawing> {
    let looks = answers.iter().filter_map(|answer| answer.news.ends);
    let ends: Vec<(f64, f64)> = looks.map(|(first, last)| (first.seconds(), last.seconds())).collect();
    let from = ends.iter().map(|ends| ends.0).fold(f64::INFINITY, f64::min);
    let to = ends.iter().map(|ends| ends.1).fold(f64::NEG_INFINITY, f64::max);
    if ends.is_empty() || to <= from {
        return None;
    }
    let length = to - from;
    let first = answers.first()?;
    let changes = first.summary.out + first.summary.back;
    let title = format!("{} changes {changes} times, up to {}", first.name(), first.summary.most);
    let step = length / CELLS as f64;
    let account = format!("{} looks, cells of {}", first.summary.looks, numbers::span(step));
    Some(drawn((WIDTH, HEIGHT), theme, &title, &account, |canvas| {
        head(canvas, &title, &account);
        let x = Axis::time(length, (LEFT, RIGHT));
        let mut seen = Vec::new();
        let mut wanted: Vec<(String, Vec<f64>)> = Vec::new();
        for (at, answer) in answers.iter().enumerate() {
            let name = if at == 0 { "wanted" } else { "other policy" };
            let [metrics, sizes] = cells(answer, from, step);
            wanted.push((name.to_owned(), sizes));
            if at == 0 {
                seen.push(("metric".to_owned(), metrics));
            }
        }
        panel(canvas, &x, PANELS[0], "Metric as it was seen", step, &seen);
        panel(canvas, &x, PANELS[1], "Wanted", step, &wanted);
        let (unit, size) = unit(length);
        let bottom = PANELS[1].0;
        let plot = Plot { canvas, x, y: Axis::linear(1.0, 1, (bottom, bottom - 1.0)) };
        plot.labels(|tick| numbers::tick(Kind::Number, tick / size));
        let middle = canvas.theme.small(Side::Middle);
        canvas.text(((LEFT + RIGHT) / 2.0, bottom + 42.0), &format!("{unit} since the first look"), middle);
    }))
}

/// The greatest metric and the greatest size of each cell; a cell without one has that of the cell before.
fn cells(answer: &Answer<'_>, from: f64, step: f64) -> [Vec<f64>; 2] {
    let mut levels = [vec![f64::NAN; CELLS], vec![f64::NAN; CELLS]];
    answer.each(|look| {
        let cell = (((look.at.seconds() - from) / step) as usize).min(CELLS - 1);
        let values = [look.metric.filter(|value| value.is_finite()), Some(f64::from(look.to))];
        for (cells, value) in levels.iter_mut().zip(values) {
            if let Some(value) = value {
                cells[cell] = cells[cell].max(value);
            }
        }
    });
    for cells in &mut levels {
        let mut before = 0.0;
        for cell in cells {
            if cell.is_nan() {
                *cell = before;
            }
            before = *cell;
        }
    }
    levels
}

fn panel(
    canvas: &Canvas<'_>,
    x: &Axis,
    (bottom, top): (f64, f64),
    name: &str,
    step: f64,
    lines: &[(String, Vec<f64>)],
) {
    let theme = canvas.theme;
    canvas.text((MARGIN, top - 19.0), name, theme.naming(Side::Left));
    let highest = lines.iter().flat_map(|(_, values)| values).copied().fold(0.0, f64::max);
    let plot = Plot { canvas, x: x.clone(), y: Axis::linear(highest, 4, (bottom, top)) };
    plot.columns();
    plot.rows(Kind::Number);
    let mut labels = Vec::new();
    for (at, (name, values)) in lines.iter().enumerate() {
        let path = plot.steps(values, step);
        let stroke = Stroke { colour: theme.part(if at == 0 { 2 } else { 0 }), width: 1.6, dash: None };
        if at == 0 {
            canvas.shape(&plot.under(&path), stroke.colour, 0.22);
        }
        canvas.line(&path, stroke);
        if let Some((_, y)) = path.last() {
            let peak = values.iter().copied().fold(0.0, f64::max);
            let peak =
                numbers::tick(Kind::Number, if peak >= 10.0 { peak.round() } else { (peak * 100.0).round() / 100.0 });
            labels.push(Label { y: *y, name: name.clone(), number: format!("peak {peak}"), stroke });
        }
    }
    plot.base();
    end_labels(&plot, &labels);
}
