//! Paper: what charts draw with. Coordinates are pixels from the top left, and may lie between two.

use std::sync::Once;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle, register_font};

use crate::report::charts::dash::dashes;
use crate::report::charts::theme::{Dash, Mark, Pen, Theme};

/// The name under which the embedded Inter is known, and that the SVG asks the reader's machine for.
const FONT: &str = "Inter, Helvetica Neue, Arial, sans-serif";
static REGULAR: &[u8] = include_bytes!("../font/Inter-Regular.sub.otf");
static SEMIBOLD: &[u8] = include_bytes!("../font/Inter-SemiBold.sub.otf");

/// Plotters draws on whole numbers. A canvas this many times as large, shown at its own size, puts lines between
/// pixels, where steep curves would else be ragged.
const FINE: f64 = 10.0;
/// Plotters divides a font's size by this before it writes it.
const FONT_SCALE: f64 = 1.24;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What is drawn on.
pub struct Canvas<'a> {
    area: Area<'a>,
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
#[derive(Clone, Copy, Debug)]
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

/// A chart of so many pixels as SVG. `title` and `account` are for those who do not see it.
pub fn drawn(size: (u32, u32), theme: Theme, title: &str, account: &str, draw: impl FnOnce(&Canvas<'_>)) -> String {
    static FONTS: Once = Once::new();
    FONTS.call_once(|| {
        for (style, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, SEMIBOLD)] {
            assert!(register_font(FONT, style, bytes).is_ok(), "the embedded fonts are fonts");
        }
    });
    let (width, height) = size;
    let fine = (width * FINE as u32, height * FINE as u32);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, fine).into_drawing_area();
        let canvas = Canvas { area, theme };
        canvas.rectangle((0.0, 0.0), (f64::from(width), f64::from(height)), theme.ground, 1.0);
        draw(&canvas);
        canvas.area.present().expect(DRAWS);
    }
    let head = format!("<svg width=\"{}\" height=\"{}\"", fine.0, fine.1);
    let own = format!("<svg width=\"{width}\" height=\"{height}\" role=\"img\"");
    let svg = svg.replacen(&head, &own, 1).replace("font-weight=\"bold\"", "font-weight=\"600\"");
    let about = format!(">\n<title>{}</title>\n<desc>{}</desc>\n", escaped(title), escaped(account));
    svg.replacen(">\n", &about, 1)
}

const DRAWS: &str = "a string takes whatever is drawn on it";

impl Canvas<'_> {
    /// A line through points.
    pub fn line(&self, points: &[(f64, f64)], stroke: Stroke) {
        if points.len() < 2 {
            return;
        }
        let style = self.style(stroke.colour, 1.0).stroke_width((stroke.width * FINE) as u32);
        let path = |points: &[(f64, f64)]| {
            let points: Vec<(i32, i32)> = points.iter().copied().map(fine).collect();
            self.area.draw(&PathElement::new(points, style)).expect(DRAWS);
        };
        match stroke.dash {
            None => path(points),
            Some((dash, gap)) => dashes(points, f64::from(dash), f64::from(gap)).iter().for_each(|dash| path(dash)),
        }
    }

    /// A filled shape, its edge going through points and back to the first.
    pub fn shape(&self, points: &[(f64, f64)], colour: RGBColor, opacity: f64) {
        if points.len() > 2 {
            let points: Vec<(i32, i32)> = points.iter().copied().map(fine).collect();
            self.area.draw(&Polygon::new(points, self.style(colour, opacity).filled())).expect(DRAWS);
        }
    }

    /// A filled rectangle between two corners.
    pub fn rectangle(&self, from: (f64, f64), to: (f64, f64), colour: RGBColor, opacity: f64) {
        let corners = [fine((from.0.min(to.0), from.1.min(to.1))), fine((from.0.max(to.0), from.1.max(to.1)))];
        self.area.draw(&Rectangle::new(corners, self.style(colour, opacity).filled())).expect(DRAWS);
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
            Mark::Disc => {
                let style = self.style(colour, 1.0).filled();
                self.area.draw(&Circle::new(fine((x, y)), (r * FINE) as i32, style)).expect(DRAWS);
            }
            Mark::Square => near(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Mark::Triangle => near(&[(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)]),
            Mark::Diamond => near(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]),
        }
    }

    /// A text about the height of `at`.
    pub fn text(&self, at: (f64, f64), text: &str, face: Type) {
        if !text.is_empty() {
            self.area.draw_text(text, &self.face(face), fine(at)).expect(DRAWS);
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
        let (width, _) = self.area.estimate_text_size(text, &self.face(face)).expect(DRAWS);
        f64::from(width) / FINE
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

    fn face(&self, face: Type) -> TextStyle<'static> {
        let style = if face.strong { FontStyle::Bold } else { FontStyle::Normal };
        let side = match face.side {
            Side::Left => HPos::Left,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Right,
        };
        let font = (FONT, face.size * FINE * FONT_SCALE, style).into_font();
        font.color(&face.colour).pos(Pos::new(side, VPos::Center))
    }

    fn style(&self, colour: RGBColor, opacity: f64) -> ShapeStyle {
        ShapeStyle { color: colour.mix(opacity), filled: false, stroke_width: 1 }
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

fn fine((x, y): (f64, f64)) -> (i32, i32) {
    // A cast from floating point saturates, and makes 0 of what is no number.
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
