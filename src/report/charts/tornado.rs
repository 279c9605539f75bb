//! What settings do to a figure, the most important at the top: a bar for each topology from one end to the other.

use crate::experiment::sensitivity::{At, Effect, Sensitivity, Setting};
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Canvas, Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::parts::{Part, caption};
use crate::report::charts::plot::{MARGIN, Plot, WIDTH, head};
use crate::report::charts::theme::Theme;
use crate::report::numbers::{self, Kind};
use crate::report::reading;
use crate::report::sensitivity::{kind, moving, shown, turned, verdict};

const LEFT: f64 = 380.0;
const RIGHT: f64 = 960.0;
const TOP: f64 = 128.0;
/// From one topology of a setting to the next.
const LINE: f64 = 20.0;
const BAR: f64 = 13.0;
/// Above and below the bars of a setting.
const GAP: f64 = 15.0;
/// Topologies of a setting, at most: those that it moves most.
const SHOWN: usize = 4;

/// The bars; `None` where no setting does anything.
pub fn tornado(found: &Sensitivity, top: usize, theme: Theme) -> Option<Drawing> {
    let rows: Vec<Row<'_>> = moving(found).take(top).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let kind = kind(found);
    let title = verdict(found);
    let method = format!(
        "{}: what is different at either end of each setting, on the same requests. {}, seed {}",
        found.of,
        reading::counted(u64::from(found.replications), "replication"),
        found.seed
    );
    let ends = || rows.iter().flat_map(|row| &row.effects).flat_map(|(_, effect)| &effect.ends).flat_map(reach);
    let (low, high) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
    let bottom = TOP + rows.iter().map(Row::height).sum::<f64>();
    let size = (WIDTH, (bottom + 66.0) as u32);
    Some(drawn(size, theme, &title, &account(&method, &rows, kind), |canvas| {
        head(canvas, &title, &method);
        legend(canvas, found, &rows);
        let plot =
            Plot { canvas, x: Axis::around(low, high, 5, (LEFT, RIGHT)), y: Axis::linear(1.0, 1, (bottom, TOP)) };
        plot.columns();
        plot.labels(|tick| signed(kind, tick));
        let zero = plot.x.at(0.0);
        canvas.line(&[(zero, TOP - 4.0), (zero, bottom)], Stroke { colour: theme.axis, width: 1.4, dash: None });
        let mut y = TOP;
        for row in &rows {
            draw(&plot, found, row, y, kind);
            y += row.height();
        }
        let note = "Pale: at the lower end. Full: at the upper end. Whiskers: interval of the paired difference. Grey names: noise";
        canvas.text((MARGIN, bottom + 46.0), note, theme.small(Side::Left));
    }))
}

/// A setting and the topologies that are shown.
struct Row<'f> {
    setting: &'f Setting,
    effects: Vec<(&'f String, &'f Effect)>,
}

impl Row<'_> {
    fn height(&self) -> f64 {
        f64::max(self.effects.len() as f64 * LINE, 2.0 * LINE) + GAP
    }

    fn is_noise(&self) -> bool {
        !self.effects.iter().any(|(_, effect)| effect.is_sure())
    }
}

fn row(setting: &Setting) -> Row<'_> {
    let mut effects = shown(setting);
    let most =
        |effect: &Effect| effect.ends.iter().filter_map(|end| end.change.value).map(f64::abs).fold(0.0, f64::max);
    effects.sort_by(|one, other| most(other.1).total_cmp(&most(one.1)));
    effects.truncate(SHOWN);
    Row { setting, effects }
}

/// What an axis has to hold of an end.
fn reach(end: &At) -> impl Iterator<Item = f64> {
    [end.change.value, end.change.low, end.change.high].into_iter().flatten().filter(|value| value.is_finite())
}

fn signed(kind: Kind, tick: f64) -> String {
    let size = numbers::tick(kind, tick.abs());
    match tick {
        tick if tick > 0.0 => format!("+{size}"),
        tick if tick < 0.0 => format!("−{size}"),
        _ => "as it is".to_owned(),
    }
}

/// The topologies that have a bar, in their colours.
fn legend(canvas: &Canvas<'_>, found: &Sensitivity, rows: &[Row<'_>]) {
    let has_bar = |name: &String| rows.iter().any(|row| row.effects.iter().any(|(other, _)| *other == name));
    let parts =
        found.figures.iter().enumerate().filter(|(_, (name, _))| has_bar(name)).map(|(place, (name, figure))| {
            let number = numbers::value(kind(found), figure.value);
            Part { colour: canvas.theme.pen(place).colour, name: name.clone(), number }
        });
    caption(canvas, (MARGIN, 96.0), &parts.collect::<Vec<_>>(), f64::from(WIDTH) - MARGIN);
}

fn draw(plot: &Plot<'_, '_>, found: &Sensitivity, row: &Row<'_>, y: f64, kind: Kind) {
    let (canvas, theme) = (plot.canvas, plot.canvas.theme);
    let line = Stroke { colour: theme.grid, width: 1.0, dash: None };
    canvas.line(&[(MARGIN, y), (f64::from(WIDTH) - MARGIN, y)], line);
    let naming = theme.naming(Side::Left);
    let naming = if row.is_noise() { Type { colour: theme.quiet, ..naming } } else { naming };
    let room = LEFT - MARGIN - 24.0;
    let first = y + GAP / 2.0 + LINE / 2.0;
    canvas.text((MARGIN, first), &canvas.fitted(&row.setting.name, naming, room), naming);
    let [low, default, high] = &row.setting.values;
    let small = theme.small(Side::Left);
    let values = format!("{low} … {default} … {high}");
    let second = match row.setting.turns.iter().find(|turn| turn.is_sure()) {
        Some(turn) => (turned(row.setting, turn), Type { colour: theme.alarm, strong: true, ..small }),
        None => (values.clone(), small),
    };
    canvas.text((MARGIN, first + 18.0), &canvas.fitted(&second.0, second.1, room), second.1);
    for (place, (name, effect)) in row.effects.iter().enumerate() {
        let colour = found.figures.get_index_of(*name).map_or(theme.quiet, |place| theme.pen(place).colour);
        let middle = y + GAP / 2.0 + LINE * place as f64 + LINE / 2.0;
        for (end, opacity) in effect.ends.iter().zip([0.45, 1.0]) {
            let Some(change) = end.change.value.filter(|change| change.is_finite()) else { continue };
            let inset = if opacity < 1.0 { 0.0 } else { 2.0 };
            let (from, to) = (plot.x.at(0.0), plot.x.at(change));
            canvas.rectangle((from, middle - BAR / 2.0 + inset), (to, middle + BAR / 2.0 - inset), colour, opacity);
            if let Some((low, high)) = end.change.low.zip(end.change.high) {
                let stroke = Stroke { colour: theme.ink, width: 1.2, dash: None };
                canvas.line(&[(plot.x.at(low), middle), (plot.x.at(high), middle)], stroke);
            }
        }
        ends(plot, effect, middle, kind);
    }
}

/// The largest changes to both sides, beside their bars.
fn ends(plot: &Plot<'_, '_>, effect: &Effect, y: f64, kind: Kind) {
    let face = Type { colour: plot.canvas.theme.ink, size: 11.5, ..plot.canvas.theme.small(Side::Left) };
    let far = |sign: f64| {
        let ends = effect.ends.iter().filter(|end| end.change.value.is_some_and(|change| change * sign > 0.0));
        ends.max_by(|a, b| (a.change.value.unwrap_or(0.0) * sign).total_cmp(&(b.change.value.unwrap_or(0.0) * sign)))
    };
    for (sign, side) in [(1.0, Side::Left), (-1.0, Side::Right)] {
        let Some(end) = far(sign) else { continue };
        let most = reach(end).map(|value| value * sign).fold(0.0, f64::max) * sign;
        let text = signed_value(kind, end.change.value.unwrap_or(0.0));
        plot.canvas.plate((plot.x.at(most) + 6.0 * sign, y), &text, Type { side, ..face });
    }
}

fn signed_value(kind: Kind, change: f64) -> String {
    let size = numbers::value(kind, Some(change.abs()));
    let size = if kind == Kind::Share { size.replacen(" %", " pp", 1) } else { size };
    format!("{}{size}", if change < 0.0 { "−" } else { "+" })
}

fn account(method: &str, rows: &[Row<'_>], kind: Kind) -> String {
    let mut text = format!("{method}.");
    for row in rows {
        let [low, default, high] = &row.setting.values;
        text.push_str(&format!(" {}, {low} to {high}, else {default}:", row.setting.name));
        for (name, effect) in &row.effects {
            let [low, high] = effect.ends.each_ref().map(|end| numbers::difference(kind, &end.change));
            text.push_str(&format!(" {name} {low} and {high},"));
        }
        text.push_str(if row.is_noise() { " noise." } else { " surely." });
    }
    text
}
