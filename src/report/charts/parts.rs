//! The parts of a bar, named right below it.

use plotters::style::RGBColor;

use crate::report::charts::canvas::{Canvas, Side, Type};

/// A part of a bar.
pub struct Part {
    /// Its colour in the bar.
    pub colour: RGBColor,
    /// What it is.
    pub name: String,
    /// How much it is, where the bar does not say it.
    pub number: String,
}

/// Square, name and number of each part, as many as fit before `right`; then how many are left.
pub fn caption(canvas: &Canvas<'_>, (left, y): (f64, f64), parts: &[Part], right: f64) {
    let theme = canvas.theme;
    let quiet = theme.small(Side::Left);
    let ink = Type { colour: theme.ink, ..quiet };
    let more = |many: usize| format!("and {many} more");
    let mut x = left;
    for (place, part) in parts.iter().enumerate() {
        let name = canvas.width(&part.name, quiet);
        let number = if part.number.is_empty() { 0.0 } else { 5.0 + canvas.width(&part.number, ink) };
        let rest = parts.len() - place - 1;
        let room = if rest > 0 { right - canvas.width(&more(rest), quiet) - 16.0 } else { right };
        if x + 15.0 + name + number > room {
            canvas.plate((x, y), &more(rest + 1), quiet);
            return;
        }
        canvas.rectangle((x, y - 5.0), (x + 10.0, y + 5.0), part.colour, 1.0);
        canvas.plate((x + 15.0, y), &part.name, quiet);
        canvas.plate((x + 20.0 + name, y), &part.number, ink);
        x += 15.0 + name + number + 16.0;
    }
}
