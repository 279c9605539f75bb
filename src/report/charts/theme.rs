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
    /// The pen of the topology at this place; after eight they begin again.
    pub fn pen(&self, place: usize) -> Pen {
        const DASHES: [Dash; 4] = [None, Some((11, 4)), Some((3, 3)), Some((18, 5))];
        const MARKS: [Mark; 4] = [Mark::Disc, Mark::Square, Mark::Triangle, Mark::Diamond];
        Pen {
            colour: self.part(place),
            dash: DASHES[place % DASHES.len()],
            mark: MARKS[place % MARKS.len()],
            hollow: place / MARKS.len() % 2 == 1,
        }
    }

    /// The colour of the part of a whole at this place.
    pub fn part(&self, place: usize) -> RGBColor {
        self.series[place % self.series.len()]
    }

    /// Ink that can be read on a colour, by its luminance (Rec. 709 weights, without the gamma: near enough to
    /// choose between black and white).
    pub fn on(&self, colour: RGBColor) -> RGBColor {
        let RGBColor(red, green, blue) = colour;
        let light = 0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue);
        if light > 118.0 { LIGHT.ink } else { LIGHT.ground }
    }
}
