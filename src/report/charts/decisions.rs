//! What controllers would have decided, over time: what they saw, and how many they wanted.

use crate::experiment::replay::{Answer, Look};
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Canvas, Side, Stroke, drawn};
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
pub fn decisions(answers: &[Answer], theme: Theme) -> Option<String> {
    let looks = |answer: &'_ Answer| -> Option<(f64, f64)> {
        Some((answer.looks.first()?.at.seconds(), answer.looks.last()?.at.seconds()))
    };
    let ends: Vec<(f64, f64)> = answers.iter().filter_map(looks).collect();
    let from = ends.iter().map(|ends| ends.0).fold(f64::INFINITY, f64::min);
    let to = ends.iter().map(|ends| ends.1).fold(f64::NEG_INFINITY, f64::max);
    if ends.is_empty() || to <= from {
        return None;
    }
    let length = to - from;
    let first = answers.first()?;
    let changes = first.summary.out + first.summary.back;
    let title = format!("{} changes {changes} times, up to {}", first.policy, first.summary.most);
    let step = length / CELLS as f64;
    let account = format!("{} looks, cells of {}", first.summary.looks, numbers::span(step));
    Some(drawn((WIDTH, HEIGHT), theme, &title, &account, |canvas| {
        head(canvas, &title, &account);
        let x = Axis::time(length, (LEFT, RIGHT));
        let levels = |answer: &Answer, of: &dyn Fn(&Look) -> Option<f64>| cells(&answer.looks, from, step, of);
        let seen = vec![("metric".to_owned(), levels(first, &|look| look.metric))];
        panel(canvas, &x, PANELS[0], "Metric as it was seen", step, &seen);
        let mut wanted: Vec<(String, Vec<f64>)> = Vec::new();
        for (at, answer) in answers.iter().enumerate() {
            let name = if at == 0 { "wanted" } else { "other policy" };
            wanted.push((name.to_owned(), levels(answer, &|look| Some(f64::from(look.to)))));
        }
        panel(canvas, &x, PANELS[1], "Wanted", step, &wanted);
        let (unit, size) = unit(length);
        let bottom = PANELS[1].0;
        let plot = Plot { canvas, x, y: Axis::linear(1.0, 1, (bottom, bottom - 1.0)) };
        plot.labels(|tick| numbers::tick(Kind::Number, tick / size));
        let middle = canvas.theme.small(Side::Middle);
        canvas.text(((LEFT + RIGHT) / 2.0, bottom + 42.0), &format!("{unit} since the first look"), middle);
    }))
}

/// The greatest value of each cell; a cell without one has that of the cell before.
fn cells(looks: &[Look], from: f64, step: f64, of: &dyn Fn(&Look) -> Option<f64>) -> Vec<f64> {
    let mut cells = vec![f64::NAN; CELLS];
    for look in looks {
        let cell = (((look.at.seconds() - from) / step) as usize).min(CELLS - 1);
        if let Some(value) = of(look).filter(|value| value.is_finite()) {
            cells[cell] = cells[cell].max(value);
        }
    }
    let mut before = 0.0;
    for cell in &mut cells {
        if cell.is_nan() {
            *cell = before;
        }
        before = *cell;
    }
    cells
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
