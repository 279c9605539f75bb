//! A plot: two axes on a canvas, the lines to count by, and paths in their coordinates.

use crate::report::charts::axis::{Axis, apart};
use crate::report::charts::canvas::{Canvas, Side, Stroke, Type};
use crate::report::numbers::{self, Kind};

/// Where every chart's text begins.
pub const MARGIN: f64 = 28.0;
/// How wide every chart is.
pub const WIDTH: u32 = 1080;

/// Two axes on a canvas.
pub struct Plot<'c, 'a> {
    /// What is drawn on.
    pub canvas: &'c Canvas<'a>,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
}

/// The finding, and below it how it was found.
pub fn head(canvas: &Canvas<'_>, title: &str, method: &str) {
    let large = Type { colour: canvas.theme.ink, size: 20.0, strong: true, side: Side::Left };
    let quiet = Type { colour: canvas.theme.quiet, size: 13.5, strong: false, side: Side::Left };
    let room = f64::from(WIDTH) - 2.0 * MARGIN;
    // A long finding is rather smaller than cut off.
    let ink = Type { size: (large.size * room / canvas.width(title, large)).clamp(15.0, large.size), ..large };
    canvas.text((MARGIN, 32.0), &canvas.fitted(title, ink, room), ink);
    let quiet = Type { size: (quiet.size * room / canvas.width(method, quiet)).clamp(11.5, quiet.size), ..quiet };
    canvas.text((MARGIN, 61.0), &canvas.fitted(method, quiet, room), quiet);
}

impl Plot<'_, '_> {
    /// The pixel of a pair of values.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// Lines across at the ticks of the upright axis, each with its value at the left.
    pub fn rows(&self, kind: Kind) {
        let theme = self.canvas.theme;
        let (left, right) = self.x.ends();
        for tick in &self.y.ticks {
            let y = self.y.at(*tick);
            self.canvas.line(&[(left, y), (right, y)], Stroke { colour: theme.grid, width: 1.0, dash: None });
            self.canvas.text((left - 10.0, y), &numbers::tick(kind, *tick), theme.small(Side::Right));
        }
    }

    /// Lines up at the ticks of the level axis, and the line on which the plot stands.
    pub fn columns(&self) {
        let theme = self.canvas.theme;
        let (bottom, top) = self.y.ends();
        for tick in &self.x.ticks {
            let x = self.x.at(*tick);
            self.canvas.line(&[(x, top), (x, bottom)], Stroke { colour: theme.grid, width: 1.0, dash: None });
        }
    }

    /// The line on which the plot stands.
    pub fn base(&self) {
        let (left, right) = self.x.ends();
        let bottom = self.y.ends().0;
        let stroke = Stroke { colour: self.canvas.theme.axis, width: 1.2, dash: None };
        self.canvas.line(&[(left, bottom), (right, bottom)], stroke);
    }

    /// The values of the level axis, below it.
    pub fn labels(&self, label: impl Fn(f64) -> String) {
        let bottom = self.y.ends().0;
        let face = self.canvas.theme.small(Side::Middle);
        let mut free = f64::NEG_INFINITY;
        for tick in &self.x.ticks {
            let (x, text) = (self.x.at(*tick), label(*tick));
            let half = self.canvas.width(&text, face) / 2.0;
            // A label that would touch the one before is left out; its line stays.
            if x - half >= free {
                self.canvas.text((x, bottom + 18.0), &text, face);
                free = x + half + 6.0;
            }
        }
    }

    /// Cells of equal length as steps, in pixels; cells that are alike are one step.
    pub fn steps(&self, values: &[f64], step: f64) -> Vec<(f64, f64)> {
        let mut path: Vec<(f64, f64)> = Vec::new();
        for (cell, value) in values.iter().enumerate() {
            let (from, to) = (self.x.at(cell as f64 * step), self.x.at((cell + 1) as f64 * step));
            let y = self.y.at(*value);
            match path.last_mut() {
                Some(last) if last.1 == y => last.0 = to,
                _ => path.extend([(from, y), (to, y)]),
            }
        }
        path
    }

    /// The area between a path of steps and the bottom.
    pub fn under(&self, path: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let bottom = self.y.ends().0;
        match (path.first(), path.last()) {
            (Some(first), Some(last)) => {
                let ends = [(last.0, bottom), (first.0, bottom)];
                path.iter().copied().chain(ends).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What stands at the end of a line: what it is, and the number that matters.
pub struct Label {
    /// Where the line ends, as a pixel of the upright axis.
    pub y: f64,
    /// What it is.
    pub name: String,
    /// The number that matters.
    pub number: String,
    /// How the line looks.
    pub stroke: Stroke,
}

/// Names at the ends of lines, moved apart where they would overlap.
pub fn end_labels(plot: &Plot<'_, '_>, labels: &[Label]) {
    let canvas = plot.canvas;
    let (bottom, top) = plot.y.ends();
    let wanted: Vec<f64> = labels.iter().map(|label| label.y).collect();
    let places = apart(&wanted, 20.0, (top + 6.0, bottom - 4.0));
    let x = plot.x.ends().1 + 10.0;
    for (label, y) in labels.iter().zip(places) {
        let stroke =
            Stroke { width: label.stroke.width.max(3.0), dash: label.stroke.dash.map(|_| (4, 2)), ..label.stroke };
        canvas.line(&[(x, y), (x + 16.0, y)], stroke);
        let naming = canvas.theme.naming(Side::Left);
        canvas.text((x + 22.0, y), &label.name, naming);
        let after = x + 22.0 + canvas.width(&label.name, naming) + 6.0;
        canvas.text((after, y), &label.number, canvas.theme.small(Side::Left));
    }
}
