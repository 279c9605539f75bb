//! A chart as shapes on a ground, and as SVG: the same bytes for the same shapes.

use std::sync::Once;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle, register_font};

use crate::report::charts::canvas::{Side, Type};

/// The name under which the embedded Inter is known, and that the SVG asks the reader's machine for.
const FONT: &str = "Inter, Helvetica Neue, Arial, sans-serif";
/// Inter, regular, cut down to what charts say.
pub static REGULAR: &[u8] = include_bytes!("../font/Inter-Regular.sub.otf");
/// The same, semibold.
pub static SEMIBOLD: &[u8] = include_bytes!("../font/Inter-SemiBold.sub.otf");

/// Plotters draws on whole numbers. A canvas this many times as large, shown at its own size, puts lines between
/// pixels, where steep curves would else be ragged.
const FINE: f64 = 10.0;
/// Plotters divides a font's size by this before it writes it.
const FONT_SCALE: f64 = 1.24;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What a chart is made of, the lower first. Places and lengths are in pixels.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A line through points.
    Line {
        /// At least two.
        points: Vec<(f64, f64)>,
        /// Its colour.
        colour: RGBColor,
        /// How wide it is.
        width: f64,
    },
    /// A filled shape.
    Polygon {
        /// Its corners, at least three.
        points: Vec<(f64, f64)>,
        /// Its colour.
        colour: RGBColor,
        /// From 0 to 1.
        opacity: f64,
    },
    /// A filled rectangle.
    Rectangle {
        /// Top left and bottom right.
        corners: [(f64, f64); 2],
        /// Its colour.
        colour: RGBColor,
        /// From 0 to 1.
        opacity: f64,
    },
    /// A filled disc.
    Disc {
        /// Its middle.
        at: (f64, f64),
        /// From there to its edge.
        radius: f64,
        /// Its colour.
        colour: RGBColor,
    },
    /// A text about the height of its place.
    Text {
        /// Where it begins, stands about, or ends.
        at: (f64, f64),
        /// Its words.
        text: String,
        /// How it looks.
        face: Type,
    },
}

/// A chart, whatever it will be written as.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Width and height.
    pub size: (u32, u32),
    /// Behind everything.
    pub ground: RGBColor,
    /// For those who do not see it.
    pub title: String,
    /// What it shows, in words, for the same.
    pub account: String,
    /// The lower first.
    pub shapes: Vec<Shape>,
}

const DRAWS: &str = "a string takes whatever is drawn on it";

impl Drawing {
    /// As SVG.
    pub fn svg(&self) -> String {
        know_fonts();
        let (width, height) = self.size;
        let fine = (width * FINE as u32, height * FINE as u32);
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, fine).into_drawing_area();
            let all = Shape::Rectangle {
                corners: [(0.0, 0.0), (f64::from(width), f64::from(height))],
                colour: self.ground,
                opacity: 1.0,
            };
            put(&area, &all);
            self.shapes.iter().for_each(|shape| put(&area, shape));
            area.present().expect(DRAWS);
        }
        let head = format!("<svg width=\"{}\" height=\"{}\"", fine.0, fine.1);
        let own = format!("<svg width=\"{width}\" height=\"{height}\" role=\"img\"");
        let svg = svg.replacen(&head, &own, 1).replace("font-weight=\"bold\"", "font-weight=\"600\"");
        let about = format!(">\n<title>{}</title>\n<desc>{}</desc>\n", escaped(&self.title), escaped(&self.account));
        svg.replacen(">\n", &about, 1)
    }
}

fn put(area: &Area<'_>, shape: &Shape) {
    let all = |points: &[(f64, f64)]| points.iter().copied().map(fine).collect::<Vec<(i32, i32)>>();
    match shape {
        Shape::Line { points, colour, width } => {
            let style = style(*colour, 1.0).stroke_width((width * FINE) as u32);
            area.draw(&PathElement::new(all(points), style)).expect(DRAWS);
        }
        Shape::Polygon { points, colour, opacity } => {
            area.draw(&Polygon::new(all(points), style(*colour, *opacity).filled())).expect(DRAWS);
        }
        Shape::Rectangle { corners, colour, opacity } => {
            area.draw(&Rectangle::new(corners.map(fine), style(*colour, *opacity).filled())).expect(DRAWS);
        }
        Shape::Disc { at, radius, colour } => {
            area.draw(&Circle::new(fine(*at), (radius * FINE) as i32, style(*colour, 1.0).filled())).expect(DRAWS);
        }
        Shape::Text { at, text, face } => {
            let side = match face.side {
                Side::Left => HPos::Left,
                Side::Middle => HPos::Center,
                Side::Right => HPos::Right,
            };
            let style: TextStyle<'_> = font(*face).color(&face.colour).pos(Pos::new(side, VPos::Center));
            area.draw_text(text, &style, fine(*at)).expect(DRAWS);
        }
    }
}

/// How wide a text is.
pub fn width(text: &str, face: Type) -> f64 {
    know_fonts();
    let (width, _) = font(face).box_size(text).expect("the embedded fonts are known");
    f64::from(width) / FINE
}

fn know_fonts() {
    static FONTS: Once = Once::new();
    FONTS.call_once(|| {
        for (style, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, SEMIBOLD)] {
            assert!(register_font(FONT, style, bytes).is_ok(), "the embedded fonts are fonts");
        }
    });
}

fn font(face: Type) -> FontDesc<'static> {
    let style = if face.strong { FontStyle::Bold } else { FontStyle::Normal };
    (FONT, face.size * FINE * FONT_SCALE, style).into_font()
}

fn style(colour: RGBColor, opacity: f64) -> ShapeStyle {
    ShapeStyle { color: colour.mix(opacity), filled: false, stroke_width: 1 }
}

fn fine((x, y): (f64, f64)) -> (i32, i32) {
    // A cast from floating point saturates, and makes 0 of what is no number.
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
