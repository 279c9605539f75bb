//! The comparison as text: topologies side by side, their differences, the verdicts.

use crate::experiment::document::Document;
use crate::report::table::grid::{Grid, Tone};
use crate::report::table::terminal::{Paint, paint};
use crate::report::{numbers, reading};
use crate::scenario::Defaults;

pub mod causes;
mod comparison;
mod contrast;
pub(super) mod grid;
mod markdown;
pub mod regret;
mod spark;
mod stacked;
pub(super) mod terminal;
mod times;
pub mod validation;

pub use contrast::{goal_kind, goal_words};
pub use terminal::wrapped;

/// The narrowest screen that is taken at its word.
const NARROW: usize = 20;

/// The results as `compare` prints them, for a screen of so many columns: no line is longer, unless one number is.
///
/// The document's warnings are no results, and are left to whoever has another voice for them.
pub fn table(document: &Document, width: usize, colour: bool) -> String {
    let width = width.max(NARROW);
    let mut text = String::new();
    for line in wrapped(&document.scenario.title, width) {
        text.push_str(&paint(&line, Paint::Strong, colour));
        text.push('\n');
    }
    for line in wrapped(&stamp(document), width) {
        text.push_str(&paint(&line, Paint::Tone(Tone::Quiet), colour));
        text.push('\n');
    }
    for grid in grids(document) {
        text.push('\n');
        text.push_str(&terminal::write(&grid, width, colour));
    }
    text
}

/// Where the time of a request went, node by node, as `--times` prints it; `None` where no topology has several nodes.
pub fn times(document: &Document, width: usize, colour: bool) -> Option<String> {
    let grid = times::times(document);
    (!grid.sections.is_empty()).then(|| terminal::write(&grid, width.max(NARROW), colour))
}

/// The same as Markdown, for issues, reviews and READMEs: here the warnings stand below the results, or they are lost.
pub fn markdown(document: &Document) -> String {
    let mut text = format!("## {}\n\n", markdown::escaped(&document.scenario.title));
    text.push_str(&format!("{}\n", markdown::escaped(&stamp(document))));
    let times = Some(times::times(document)).filter(|grid| !grid.sections.is_empty());
    for grid in grids(document).into_iter().chain(times) {
        text.push('\n');
        text.push_str(&markdown::write(&grid));
    }
    for warning in &document.warnings {
        text.push_str(&format!("\n> **Warning:** {}\n", markdown::escaped(warning)));
    }
    text
}

fn grids(document: &Document) -> Vec<Grid> {
    let mut grids = vec![comparison::comparison(document)];
    for grid in [contrast::differences(document), contrast::goals(document)] {
        if grid.sections.iter().any(|section| !section.rows.is_empty()) {
            grids.push(grid);
        }
    }
    grids
}

/// What it takes to have these numbers again.
fn stamp(document: &Document) -> String {
    let mut parts = vec![numbers::span(document.length)];
    if document.warm_up > 0.0 {
        let found = if document.warm_up_found { " (found)" } else { "" };
        parts[0].push_str(&format!(", the first {} not counted{found}", numbers::span(document.warm_up)));
    }
    parts.push(reading::provenance(document));
    if document.scenario.defaults == Defaults::Textbook {
        parts.push("textbook defaults".to_owned());
    }
    parts.push(format!("scenario {}", reading::short(&document.scenario.digest)));
    parts.push(format!("prices {} of {}", document.prices.book, document.prices.as_of));
    parts.push(document.program.clone());
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{absurd, alone, empty, held, timed, video};

    #[test]
    fn the_comparison_is_the_snapshot_at_three_widths() {
        for width in [60, 100, 160] {
            held(&format!("comparison-{width}.txt"), &table(&video(), width, false));
        }
    }

    #[test]
    fn one_topology_and_one_replication_are_the_snapshot() {
        held("alone-100.txt", &table(&alone(), 100, false));
    }

    #[test]
    fn markdown_is_the_snapshot() {
        held("comparison.md", &markdown(&video()));
    }

    #[test]
    fn where_the_time_went_is_the_snapshot() {
        held("times-100.txt", &times(&timed(), 100, false).expect("several nodes"));
        assert_eq!(times(&video(), 100, false), None, "nobody told");
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let coloured = table(&video(), 100, true);
        assert!(coloured.contains("\u{1b}[31m✗"), "a missed goal is red");
        let mut plain = String::new();
        for (place, part) in coloured.split("\u{1b}[").enumerate() {
            let text = if place == 0 { part } else { part.split_once('m').map_or("", |(_, text)| text) };
            plain.push_str(text);
        }
        assert_eq!(plain, table(&video(), 100, false));
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        for document in [video(), alone(), empty(), absurd()] {
            for width in [24, 40, 50, 60, 80, 100, 160] {
                for line in table(&document, width, false).lines() {
                    assert!(line.chars().count() <= width, "{width}: {line}");
                }
            }
        }
    }

    /// In half a terminal: no label is cut, and no column leaves the screen.
    #[test]
    fn a_narrow_screen_shows_the_columns_below_each_other() {
        held("comparison-40.txt", &table(&video(), 40, false));
    }

    #[test]
    fn absurd_documents_are_written_like_others() {
        let text = table(&absurd(), 100, false);
        assert!(text.contains('∞') && text.contains(numbers::NOTHING), "{text}");
        assert!(!text.split_whitespace().any(|word| matches!(word, "NaN" | "inf" | "-inf")), "{text}");
        assert!(markdown(&absurd()).contains("What \\<nobody>"), "Markdown must not read a title as HTML");
    }
}
