//! A chart as PNG: the same shapes as its SVG has, their edges smoothed, in the font that the program brings along.

use plotters::style::RGBColor;
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};
use ttf_parser::gpos::{PairAdjustment, PositioningSubtable};
use ttf_parser::{Face, GlyphId, OutlineBuilder, Tag};

use crate::report::charts::canvas::{Side, Type};
use crate::report::charts::drawing::{Drawing, REGULAR, SEMIBOLD, Shape};

/// Regular and semibold.
type Fonts = [Face<'static>; 2];

fn fonts() -> Fonts {
    [REGULAR, SEMIBOLD].map(|font| Face::parse(font, 0).expect("the embedded fonts are fonts"))
}

impl Drawing {
    /// As PNG, with so many pixels for each of the chart's own across and down; `None` where that is more than an
    /// image may have.
    pub fn png(&self, scale: f64) -> Option<Vec<u8>> {
        let pixels = |length: u32| (f64::from(length) * scale).round() as u32;
        let mut paper = Pixmap::new(pixels(self.size.0), pixels(self.size.1))?;
        paper.fill(colour(self.ground, 1.0));
        let to = Transform::from_scale(scale as f32, scale as f32);
        let fonts = fonts();
        self.shapes.iter().for_each(|shape| put(&mut paper, &fonts, to, shape));
        paper.encode_png().ok()
    }
}

fn put(paper: &mut Pixmap, fonts: &Fonts, to: Transform, shape: &Shape) {
    match shape {
        Shape::Line { points, colour, width } => {
            let mut pen = PathBuilder::new();
            through(&mut pen, points);
            if let Some(path) = pen.finish() {
                let stroke = Stroke { width: *width as f32, ..Stroke::default() };
                paper.stroke_path(&path, &paint(*colour, 1.0), &stroke, to, None);
            }
        }
        Shape::Polygon { points, colour, opacity } => {
            let mut pen = PathBuilder::new();
            through(&mut pen, points);
            pen.close();
            fill(paper, to, pen.finish(), *colour, *opacity);
        }
        Shape::Rectangle { corners: [from, to_], colour, opacity } => {
            let corners = [from.0, from.1, to_.0, to_.1].map(|length| length as f32);
            if let Some(rectangle) = Rect::from_ltrb(corners[0], corners[1], corners[2], corners[3]) {
                fill(paper, to, Some(PathBuilder::from_rect(rectangle)), *colour, *opacity);
            }
        }
        Shape::Disc { at, radius, colour } => {
            let disc = PathBuilder::from_circle(at.0 as f32, at.1 as f32, *radius as f32);
            fill(paper, to, disc, *colour, 1.0);
        }
        Shape::Text { at, text, face } => fill(paper, to, outline(fonts, *at, text, *face), face.colour, 1.0),
    }
}

fn through(pen: &mut PathBuilder, points: &[(f64, f64)]) {
    for (place, (x, y)) in points.iter().enumerate() {
        match place {
            0 => pen.move_to(*x as f32, *y as f32),
            _ => pen.line_to(*x as f32, *y as f32),
        }
    }
}

fn fill(paper: &mut Pixmap, to: Transform, path: Option<Path>, colour: RGBColor, opacity: f64) {
    if let Some(path) = path {
        paper.fill_path(&path, &paint(colour, opacity), FillRule::Winding, to, None);
    }
}

fn paint(of: RGBColor, opacity: f64) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour(of, opacity));
    paint
}

fn colour(RGBColor(red, green, blue): RGBColor, opacity: f64) -> Color {
    Color::from_rgba8(red, green, blue, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// The outlines of a text, about the height of its place as the SVG has it: its base line half the height of an `x` below.
fn outline(fonts: &Fonts, at: (f64, f64), text: &str, face: Type) -> Option<Path> {
    let font = &fonts[usize::from(face.strong)];
    let unit = face.size / f64::from(font.units_per_em());
    let (glyphs, length) = set(font, text);
    let left = match face.side {
        Side::Left => at.0,
        Side::Middle => at.0 - length * unit / 2.0,
        Side::Right => at.0 - length * unit,
    };
    let base = at.1 + f64::from(font.x_height().unwrap_or(0)) * unit / 2.0;
    let mut pen = PathBuilder::new();
    for (glyph, x) in glyphs {
        let place = (left + x * unit, base);
        // A space has no outline.
        let _ = font.outline_glyph(glyph, &mut Nib { pen: &mut pen, place, unit });
    }
    pen.finish()
}

/// The glyphs of a text and where each begins, and where the last ends, in units of the font.
fn set(font: &Face<'_>, text: &str) -> (Vec<(GlyphId, f64)>, f64) {
    let (mut glyphs, mut x, mut before) = (Vec::new(), 0.0, None);
    for letter in text.chars() {
        // What the font has not is its empty box.
        let glyph = font.glyph_index(letter).unwrap_or_default();
        x += before.map_or(0.0, |before| f64::from(nearer(font, before, glyph)));
        glyphs.push((glyph, x));
        x += f64::from(font.glyph_hor_advance(glyph).unwrap_or(0));
        before = Some(glyph);
    }
    (glyphs, x)
}

/// How much farther from the one before it a glyph stands than usual, which is mostly below zero: `To`, `AV`.
fn nearer(font: &Face<'_>, first: GlyphId, second: GlyphId) -> i16 {
    let Some(table) = font.tables().gpos else { return 0 };
    let Some(feature) = table.features.find(Tag::from_bytes(b"kern")) else { return 0 };
    for lookup in feature.lookup_indices {
        let Some(lookup) = table.lookups.get(lookup) else { continue };
        for part in lookup.subtables.into_iter::<PositioningSubtable<'_>>() {
            let PositioningSubtable::Pair(pairs) = part else { continue };
            if !pairs.coverage().contains(first) {
                continue;
            }
            let found = match pairs {
                PairAdjustment::Format1 { coverage, sets } => {
                    coverage.get(first).and_then(|place| sets.get(place)).and_then(|set| set.get(second))
                }
                PairAdjustment::Format2 { classes, matrix, .. } => {
                    matrix.get((classes.0.get(first), classes.1.get(second)))
                }
            };
            if let Some((first, _)) = found {
                return first.x_advance;
            }
        }
    }
    0
}

/// Draws a glyph's outline, which counts upwards, at its place.
struct Nib<'a> {
    pen: &'a mut PathBuilder,
    place: (f64, f64),
    unit: f64,
}

impl Nib<'_> {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let place = (self.place.0 + f64::from(x) * self.unit, self.place.1 - f64::from(y) * self.unit);
        (place.0 as f32, place.1 as f32)
    }
}

impl OutlineBuilder for Nib<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.pen.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.pen.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.pen.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.pen.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.pen.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::canvas::drawn;
    use crate::report::charts::drawing::width;
    use crate::report::charts::theme::LIGHT;

    fn pixels(drawing: &Drawing, scale: f64) -> Pixmap {
        Pixmap::decode_png(&drawing.png(scale).unwrap()).unwrap()
    }

    fn red(paper: &Pixmap, x: u32, y: u32) -> u8 {
        paper.pixel(x, y).unwrap().red()
    }

    #[test]
    fn shapes_are_where_they_should_be_at_any_scale() {
        let black = RGBColor(0, 0, 0);
        let drawing = drawn((40, 20), LIGHT, "", "", |canvas| {
            canvas.rectangle((10.0, 5.0), (20.0, 15.0), black, 1.0);
            canvas.rectangle((30.0, 5.0), (40.0, 15.0), black, 0.5);
        });
        for scale in [1.0, 2.0, 3.0] {
            let paper = pixels(&drawing, scale);
            let at = |x: f64, y: f64| red(&paper, (x * scale) as u32, (y * scale) as u32);
            assert_eq!((paper.width(), paper.height()), ((40.0 * scale) as u32, (20.0 * scale) as u32));
            assert_eq!([at(10.0, 5.0), at(19.0, 14.0), at(9.0, 5.0), at(20.0, 14.0)], [0, 0, 255, 255], "{scale}");
            assert!((126..=128).contains(&at(35.0, 10.0)));
        }
        assert!(drawing.png(1e9).is_none());
    }

    /// The SVG leaves room for a text by the same font without kerning, so that the drawn one is hardly ever longer.
    #[test]
    fn a_text_is_as_wide_as_the_room_that_is_left_for_it() {
        for strong in [false, true] {
            let face = Type { colour: RGBColor(0, 0, 0), size: 20.0, strong, side: Side::Left };
            for text in ["decoupled costs least: $453 a month", "AV To ≤ 12.5 µs", "monolith"] {
                let path = outline(&fonts(), (0.0, 20.0), text, face).unwrap();
                let (room, found) = (width(text, face), f64::from(path.bounds().right()));
                assert!(found <= room + 1.0 && found > room * 0.93, "{text}: {found} in {room}");
            }
        }
    }

    #[test]
    fn letters_that_lean_apart_stand_nearer() {
        let font = &fonts()[0];
        let apart = |text: &str| set(font, text).1 - text.chars().map(|one| set(font, &one.to_string()).1).sum::<f64>();
        assert!(apart("To") < 0.0 && apart("AV") < 0.0, "{} {}", apart("To"), apart("AV"));
        assert_eq!(apart("nn"), 0.0);
    }
}
