//! Colours, dashes and marks: Okabe and Ito's palette without its yellow, on white and on dark.
//!
//! Never colour alone: each topology also has a dash and a mark of its own, and its name stands at its line.

use plotters::style::RGBColor;

/// A chart is made once for white paper and once for a dark screen.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// As file names have it.
    pub name: &'static str,
    /// Behind everything.
    pub ground: RGBColor,
    /// Text that is read first, lines that matter most.
    pub ink: RGBColor,
    /// Text that is read second.
    pub quiet: RGBColor,
    /// Lines to count by.
    pub grid: RGBColor,
    /// The line on which a plot stands.
    pub axis: RGBColor,
    /// What went wrong: goals, losses, outages.
    pub alarm: RGBColor,
    /// One a topology, or one a part.
    pub series: [RGBColor; 8],
}

/// On white.
pub const LIGHT: Theme = Theme {
    name: "light",
    ground: RGBColor(0xff, 0xff, 0xff),
    ink: RGBColor(0x16, 0x1b, 0x22),
    quiet: RGBColor(0x6b, 0x72, 0x80),
    grid: RGBColor(0xe4, 0xe7, 0xec),
    axis: RGBColor(0x6b, 0x72, 0x80),
    alarm: RGBColor(0xb3, 0x16, 0x2b),
    series: [
        RGBColor(0x00, 0x72, 0xb2),
        RGBColor(0xd5, 0x5e, 0x00),
        RGBColor(0x00, 0x9e, 0x73),
        RGBColor(0xcc, 0x79, 0xa7),
        RGBColor(0xe6, 0x9f, 0x00),
        RGBColor(0x56, 0xb4, 0xe9),
        RGBColor(0x3d, 0x45, 0x50),
        RGBColor(0x94, 0x9b, 0xa6),
    ],
};

/// On a dark screen: the same hues, lifted.
pub const DARK: Theme = Theme {
    name: "dark",
    ground: RGBColor(0x12, 0x17, 0x1e),
    ink: RGBColor(0xee, 0xf1, 0xf4),
    quiet: RGBColor(0x98, 0xa1, 0xac),
    grid: RGBColor(0x29, 0x30, 0x39),
    axis: RGBColor(0x7d, 0x87, 0x93),
    alarm: RGBColor(0xff, 0x6b, 0x73),
    series: [
        RGBColor(0x4f, 0xa8, 0xe0),
        RGBColor(0xf2, 0x8a, 0x2e),
        RGBColor(0x2d, 0xc7, 0x9a),
        RGBColor(0xe6, 0x9a, 0xc8),
        RGBColor(0xf2, 0xc1, 0x4e),
        RGBColor(0xa5, 0xd8, 0xf6),
        RGBColor(0xc9, 0xd1, 0xd9),
        RGBColor(0x7d, 0x87, 0x93),
    ],
};

/// The shape of a topology's dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A disc.
    Disc,
    /// A square on its side.
    Square,
    /// A triangle on its base.
    Triangle,
    /// A square on its corner.
    Diamond,
}

/// Lengths of dash and gap in pixels; nothing for a line without gaps.
pub type Dash = Option<(u32, u32)>;

/// How a topology is drawn wherever it is drawn: by its place in the document.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    /// Its colour.
    pub colour: RGBColor,
    /// Its dash.
    pub dash: Dash,
    /// Its mark.
    pub mark: Mark,
    /// Whether its mark is hollow.
    pub hollow: bool,
}

impl Theme {
    /// The pen of the topology at this place; after eight marks begin again, in other colours.
    pub fn pen(&self, place: usize) -> Pen {
        const DASHES: [Dash; 4] = [None, Some((11, 4)), Some((3, 3)), Some((18, 5))];
        const MARKS: [Mark; 4] = [Mark::Disc, Mark::Square, Mark::Triangle, Mark::Diamond];
        Pen {
            colour: self.part(place + place / self.series.len() * 3),
            dash: DASHES[place % DASHES.len()],
            mark: MARKS[place % MARKS.len()],
            hollow: place / MARKS.len() % 2 == 1,
        }
    }

    /// The colour of the part of a whole at this place.
    pub fn part(&self, place: usize) -> RGBColor {
        self.series[place % self.series.len()]
    }

    /// Red for the first reason, paler for each one after it.
    pub fn shade_of_alarm(&self, place: usize) -> RGBColor {
        const PALER: [f64; 6] = [1.0, 0.66, 0.42, 0.82, 0.53, 0.3];
        let part = PALER[place % PALER.len()];
        let mix = |colour: u8, ground: u8| (f64::from(colour) * part + f64::from(ground) * (1.0 - part)).round() as u8;
        let (RGBColor(r, g, b), RGBColor(x, y, z)) = (self.alarm, self.ground);
        RGBColor(mix(r, x), mix(g, y), mix(b, z))
    }

    /// Ink that can be read on a colour, by its luminance (Rec. 709 weights, without the gamma: near enough to
    /// choose between black and white).
    pub fn on(&self, colour: RGBColor) -> RGBColor {
        let RGBColor(red, green, blue) = colour;
        let light = 0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue);
        if light > 118.0 { LIGHT.ink } else { LIGHT.ground }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::maths;

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(one: RGBColor, other: RGBColor) -> f64 {
        let linear = |value: u8| {
            let part = f64::from(value) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { maths::pow((part + 0.055) / 1.055, 2.4) }
        };
        let light = |RGBColor(r, g, b): RGBColor| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        let (a, b) = (light(one), light(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG asks 4.5 to 1 of small text and 3 to 1 of lines. Orange and sky have less on white: they are areas only,
    /// with a name beside them.
    #[test]
    fn text_and_lines_can_be_seen() {
        for theme in [LIGHT, DARK] {
            for text in [theme.ink, theme.quiet, theme.alarm] {
                assert!(contrast(text, theme.ground) >= 4.5, "{} {text:?}", theme.name);
            }
            for place in 0..4 {
                assert!(contrast(theme.part(place), theme.ground) >= 3.0, "{} {place}", theme.name);
            }
        }
    }

    #[test]
    fn text_on_a_part_can_be_read() {
        for theme in [LIGHT, DARK] {
            for place in 0..8 {
                let colour = theme.part(place);
                assert!(contrast(theme.on(colour), colour) >= 3.5, "{} {place}", theme.name);
            }
        }
    }

    #[test]
    fn no_two_of_eight_topologies_are_drawn_alike_without_colour() {
        for theme in [LIGHT, DARK] {
            let looks: Vec<_> = (0..8).map(|place| (theme.pen(place).mark, theme.pen(place).hollow)).collect();
            for (place, look) in looks.iter().enumerate() {
                assert!(!looks[..place].contains(look), "{look:?}");
            }
        }
    }
}
