//! A grid on a screen that is too narrow for its columns: one column after the other, each cell beside its label or
//! below it.

use crate::report::table::grid::{Cell, Grid, Row};
use crate::report::table::terminal::{INDENT, Paint, characters, paint, wrapped};

/// The columns of a grid below each other, in lines of at most `width` characters unless one word is longer.
pub fn write(grid: &Grid, width: usize, colour: bool) -> String {
    let mut columns = Vec::new();
    for (column, head) in grid.heads.iter().enumerate() {
        let mut text = String::new();
        for line in wrapped(head, width) {
            text.push_str(&format!("{}\n", paint(&line, Paint::Strong, colour)));
        }
        text.push_str(&format!("{}\n", "─".repeat(characters(head).min(width))));
        text.push_str(&self::column(grid, column, width, colour));
        columns.push(text);
    }
    columns.join("\n") + "\n"
}

fn column(grid: &Grid, column: usize, width: usize, colour: bool) -> String {
    let mut sections = Vec::new();
    for section in &grid.sections {
        let said = |row: &&Row| row.cells.get(column).is_some_and(|cell| !cell.text.is_empty());
        let rows: Vec<_> = section.rows.iter().filter(said).collect();
        if rows.is_empty() {
            continue;
        }
        let (mut text, mut indent) = (String::new(), "");
        if !section.name.is_empty() {
            indent = INDENT;
            for line in wrapped(&section.name, width) {
                text.push_str(&format!("{}\n", paint(&line, Paint::Strong, colour)));
            }
        }
        for row in rows {
            text.push_str(&labelled((indent, &row.label), &row.cells[column], width, colour));
        }
        sections.push(text);
    }
    sections.join("\n")
}

/// A cell at the right of its label; below it where both do not fit into one line.
fn labelled((indent, label): (&str, &str), cell: &Cell, width: usize, colour: bool) -> String {
    let ink = |text: &str| paint(text, Paint::Tone(cell.tone), colour);
    let before = characters(indent) + characters(label);
    let both = before + INDENT.len() + characters(&cell.text);
    if both <= width {
        let gap = " ".repeat(width - before - characters(&cell.text));
        return format!("{indent}{label}{gap}{}\n", ink(&cell.text));
    }
    let mut text = String::new();
    for line in wrapped(label, width.saturating_sub(characters(indent))) {
        text.push_str(&format!("{indent}{line}\n"));
    }
    let within = width.saturating_sub(2 * INDENT.len());
    for line in wrapped(&cell.text, within) {
        let gap = " ".repeat(width.saturating_sub(characters(&line)));
        text.push_str(&format!("{gap}{}\n", ink(&line)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::grid::Section;

    #[test]
    fn a_cell_stands_beside_its_label_or_below_it_and_nothing_is_cut() {
        let row =
            |label: &str, cells: [&str; 2]| Row { label: label.to_owned(), cells: cells.map(Cell::plain).to_vec() };
        let rows = vec![
            row("mean", ["810 ms ± 8", "46 s"]),
            row("completion.p99 ≤ 10 min", ["✓ 347 s ± 12", ""]),
            row("wait", ["11,600,000 d [11,600,000, 17,400,000]", "1 s"]),
        ];
        let sections = vec![Section { name: "answer latency".to_owned(), rows }];
        let heads = vec!["decoupled".to_owned(), "a-name-that-is-too-long".to_owned()];
        let grid = Grid { heads, sections, ..Grid::default() };
        let expected = "\
decoupled
─────────
answer latency
  mean        810 ms ± 8
  completion.p99 ≤ 10
  min
            ✓ 347 s ± 12
  wait
            11,600,000 d
            [11,600,000,
             17,400,000]

a-name-that-is-too-long
───────────────────────
answer latency
  mean              46 s
  wait               1 s

";
        assert_eq!(write(&grid, 24, false), expected);
    }
}
