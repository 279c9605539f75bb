//! Paper: what charts draw with. Coordinates are pixels from the top left, and may lie between two.

use std::cell::RefCell;

use plotters::style::RGBColor;

use crate::report::charts::dash::dashes;
use crate::report::charts::drawing::{Drawing, Shape, width};
use crate::report::charts::theme::{Dash, Mark, Pen, Theme};

/// What is drawn on.
pub struct Canvas<'a> {
    shapes: &'a RefCell<Vec<Shape>>,
    /// Its colours.
    pub theme: Theme,
}

/// How a line looks.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Its colour.
    pub colour: RGBColor,
    /// In pixels.
    pub width: f64,
    /// Its dash.
    pub dash: Dash,
}

/// Which end of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It goes on to the right.
    Left,
    /// It stands about it.
    Middle,
    /// It ends there.
    Right,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Type {
    /// Its colour.
    pub colour: RGBColor,
    /// In pixels.
    pub size: f64,
    /// Regular or semibold.
    pub strong: bool,
    /// Which end of it is given.
    pub side: Side,
}

/// A chart of so many pixels. `title` and `account` are for those who do not see it.
pub fn drawn(size: (u32, u32), theme: Theme, title: &str, account: &str, draw: impl FnOnce(&Canvas<'_>)) -> Drawing {
    let shapes = RefCell::new(Vec::new());
    draw(&Canvas { shapes: &shapes, theme });
    Drawing {
        size,
        ground: theme.ground,
        title: title.to_owned(),
        account: account.to_owned(),
        shapes: shapes.into_inner(),
    }
}

impl Canvas<'_> {
    fn put(&self, shape: Shape) {
        self.shapes.borrow_mut().push(shape);
    }

    /// A line through points.
    pub fn line(&self, points: &[(f64, f64)], stroke: Stroke) {
        if points.len() < 2 {
            return;
        }
        let path = |points: Vec<(f64, f64)>| {
            self.put(Shape::Line { points, colour: stroke.colour, width: stroke.width });
        };
        match stroke.dash {
            None => path(points.to_vec()),
            Some((dash, gap)) => dashes(points, f64::from(dash), f64::from(gap)).into_iter().for_each(path),
        }
    }

    /// A filled shape, its edge going through points and back to the first.
    pub fn shape(&self, points: &[(f64, f64)], colour: RGBColor, opacity: f64) {
        if points.len() > 2 {
            self.put(Shape::Polygon { points: points.to_vec(), colour, opacity });
        }
    }

    /// A filled rectangle between two corners.
    pub fn rectangle(&self, from: (f64, f64), to: (f64, f64), colour: RGBColor, opacity: f64) {
        let corners = [(from.0.min(to.0), from.1.min(to.1)), (from.0.max(to.0), from.1.max(to.1))];
        self.put(Shape::Rectangle { corners, colour, opacity });
    }

    /// A topology's mark, with a rim of the ground so that it stands clear of lines.
    pub fn mark(&self, at: (f64, f64), radius: f64, pen: Pen) {
        self.one_mark(at, radius + 1.5, pen.mark, self.theme.ground);
        self.one_mark(at, radius, pen.mark, pen.colour);
        if pen.hollow {
            self.one_mark(at, radius * 0.5, pen.mark, self.theme.ground);
        }
    }

    fn one_mark(&self, (x, y): (f64, f64), r: f64, mark: Mark, colour: RGBColor) {
        let near = |shape: &[(f64, f64)]| {
            let points: Vec<(f64, f64)> = shape.iter().map(|(dx, dy)| (x + dx * r, y + dy * r)).collect();
            self.shape(&points, colour, 1.0);
        };
        match mark {
            Mark::Disc => self.put(Shape::Disc { at: (x, y), radius: r, colour }),
            Mark::Square => near(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Mark::Triangle => near(&[(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)]),
            Mark::Diamond => near(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]),
        }
    }

    /// A text about the height of `at`.
    pub fn text(&self, at: (f64, f64), text: &str, face: Type) {
        if !text.is_empty() {
            self.put(Shape::Text { at, text: text.to_owned(), face });
        }
    }

    /// A text that lines of the grid do not run through.
    pub fn plate(&self, (x, y): (f64, f64), text: &str, face: Type) {
        if text.is_empty() {
            return;
        }
        let width = self.width(text, face);
        let left = match face.side {
            Side::Left => x,
            Side::Middle => x - width / 2.0,
            Side::Right => x - width,
        };
        let (from, to) = ((left - 2.0, y - face.size * 0.6), (left + width + 2.0, y + face.size * 0.6));
        self.rectangle(from, to, self.theme.ground, 0.85);
        self.text((x, y), text, face);
    }

    /// How wide a text is.
    pub fn width(&self, text: &str, face: Type) -> f64 {
        width(text, face)
    }

    /// As much of a text as fits, with an ellipsis where that is not all.
    pub fn fitted(&self, text: &str, face: Type, room: f64) -> String {
        if self.width(text, face) <= room {
            return text.to_owned();
        }
        let mut kept = text.to_owned();
        while kept.pop().is_some() {
            let short = format!("{}…", kept.trim_end());
            if self.width(&short, face) <= room {
                return short;
            }
        }
        String::new()
    }
}

/// Text that is read second, at this size.
impl Theme {
    /// Text in the colour and size of ticks and notes.
    pub fn small(&self, side: Side) -> Type {
        Type { colour: self.quiet, size: 12.5, strong: false, side }
    }

    /// Text that names something.
    pub fn naming(&self, side: Side) -> Type {
        Type { colour: self.ink, size: 13.0, strong: true, side }
    }
}
