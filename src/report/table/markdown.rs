//! A grid as a Markdown table, for issues, reviews and READMEs.

use crate::report::table::grid::{Grid, Row};

/// The grid, its title a heading, its notes below it.
pub fn write(grid: &Grid) -> String {
    let mut text = String::new();
    if !grid.title.is_empty() {
        text.push_str(&format!("### {}\n\n", escaped(&grid.title)));
    }
    text.push_str(&line("", grid.heads.iter().map(String::as_str)));
    text.push_str(&format!("|:---|{}\n", "---:|".repeat(grid.heads.len())));
    for section in grid.sections.iter().filter(|section| !section.rows.is_empty()) {
        if !section.name.is_empty() {
            let name = format!("**{}**", escaped(&section.name));
            text.push_str(&format!("| {name} |{}\n", " |".repeat(grid.heads.len())));
        }
        for row in &section.rows {
            text.push_str(&self::row(row));
        }
    }
    for note in &grid.notes {
        text.push_str(&format!("\n{}\n", escaped(note)));
    }
    text
}

fn row(row: &Row) -> String {
    line(&row.label, row.cells.iter().map(|cell| cell.text.as_str()))
}

fn line<'a>(label: &str, cells: impl Iterator<Item = &'a str>) -> String {
    let mut text = format!("| {} |", escaped(label));
    for cell in cells {
        text.push_str(&format!(" {} |", escaped(cell)));
    }
    text.push('\n');
    text
}

/// A name may hold what Markdown would read as its own.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '|' | '*' | '_' | '`' | '<' | '\\' | '[' | ']') {
            escaped.push('\\');
        }
        escaped.push(if character == '\n' { ' ' } else { character });
    }
    escaped
}
