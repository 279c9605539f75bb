//! A grid on a screen: as many columns side by side as fit, the others below; on a narrow one all below each other.

use comfy_table::{Cell as Field, CellAlignment, ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};

use crate::report::table::grid::{Cell, Grid, Tone};
use crate::report::table::stacked;

/// Columns between two topologies.
const GAP: u16 = 3;
/// Labels take at most this part of the screen.
const LABELS: f64 = 0.3;
/// On a screen narrower than this so little of a label that is cut is left that it says nothing.
const LEAST: usize = 60;
/// What a section's rows stand in.
pub const INDENT: &str = "  ";

/// The grid in lines of at most `width` characters, wherever that is possible without cutting a number.
pub fn write(grid: &Grid, width: usize, colour: bool) -> String {
    let mut text = String::new();
    if !grid.title.is_empty() {
        text.push_str(&paint(&grid.title, Paint::Strong, colour));
        text.push('\n');
    }
    let short = &shortened(grid, width);
    if is_readable(short, width) {
        for columns in blocks(short, width) {
            text.push_str(&block(short, &columns, colour));
            text.push('\n');
        }
    } else {
        text.push_str(&stacked::write(grid, width, colour));
    }
    for note in &grid.notes {
        for line in wrapped(note, width) {
            text.push_str(&paint(&line, Paint::Tone(Tone::Quiet), colour));
            text.push('\n');
        }
    }
    text
}

/// The grid with labels that leave room for numbers.
fn shortened(grid: &Grid, width: usize) -> Grid {
    let room = ((width as f64 * LABELS) as usize).saturating_sub(INDENT.len());
    let mut grid = grid.clone();
    for row in grid.sections.iter_mut().flat_map(|section| &mut section.rows) {
        if characters(&row.label) > room {
            row.label = row.label.chars().take(room - 1).chain(['…']).collect();
        }
    }
    grid
}

/// Whether every column fits beside labels that say enough to be told apart.
fn is_readable(grid: &Grid, width: usize) -> bool {
    let label = label_width(grid);
    let fits = |column| label + Halves::of(grid, column).total() + usize::from(GAP) <= width;
    let is_cut = |label: &&str| label.ends_with('…');
    let says_nothing = grid.sections.iter().any(|section| {
        let labels: Vec<&str> = section.rows.iter().map(|row| row.label.as_str()).filter(is_cut).collect();
        let are_alike = labels.iter().enumerate().any(|(place, label)| labels[..place].contains(label));
        are_alike || (width < LEAST && !labels.is_empty())
    });
    !says_nothing && (0..grid.heads.len()).all(fits)
}

/// Words in lines of at most `width` characters.
pub fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let last = lines.len() - 1;
        if lines[last].is_empty() {
            lines[last].push_str(word);
        } else if characters(&lines[last]) + 1 + characters(word) <= width {
            lines[last].push(' ');
            lines[last].push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A colour for a meaning, or none.
#[derive(Clone, Copy)]
pub enum Paint {
    /// A title.
    Strong,
    /// A cell's meaning.
    Tone(Tone),
}

impl Paint {
    const fn code(self) -> &'static str {
        match self {
            Paint::Strong => "\u{1b}[1m",
            Paint::Tone(Tone::Plain) => "",
            Paint::Tone(Tone::Good) => "\u{1b}[32m",
            Paint::Tone(Tone::Bad) => "\u{1b}[31m",
            Paint::Tone(Tone::Open) => "\u{1b}[33m",
            Paint::Tone(Tone::Quiet) => "\u{1b}[2m",
        }
    }

    /// Invisible operators without width stand for the codes while the table is laid out: it counts characters,
    /// and codes are not.
    const fn marker(self) -> &'static str {
        match self {
            Paint::Strong => "\u{2061}",
            Paint::Tone(Tone::Plain) => "",
            Paint::Tone(Tone::Good) => "\u{2062}",
            Paint::Tone(Tone::Bad) => "\u{2063}",
            Paint::Tone(Tone::Open) => "\u{2064}",
            Paint::Tone(Tone::Quiet) => "\u{206a}",
        }
    }
}

const END: (&str, &str) = ("\u{206b}", "\u{1b}[0m");
const PAINTS: [Paint; 5] =
    [Paint::Strong, Paint::Tone(Tone::Good), Paint::Tone(Tone::Bad), Paint::Tone(Tone::Open), Paint::Tone(Tone::Quiet)];

/// A text in the colour of its meaning, or as it is.
pub fn paint(text: &str, paint: Paint, colour: bool) -> String {
    match paint.code() {
        code if colour && !code.is_empty() && !text.is_empty() => format!("{code}{text}{}", END.1),
        _ => text.to_owned(),
    }
}

fn marked(text: String, paint: Paint) -> String {
    match paint.marker() {
        "" => text,
        marker => format!("{marker}{text}{}", END.0),
    }
}

/// Which columns stand side by side.
fn blocks(grid: &Grid, width: usize) -> Vec<Vec<usize>> {
    let label = label_width(grid);
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for column in 0..grid.heads.len() {
        let wide = Halves::of(grid, column).total() + usize::from(GAP);
        match blocks.last_mut() {
            Some(block) if used + wide <= width => {
                block.push(column);
                used += wide;
            }
            _ => {
                blocks.push(vec![column]);
                used = label + wide;
            }
        }
    }
    blocks
}

/// How wide the values of a column are, and the intervals that follow them.
struct Halves {
    value: usize,
    interval: usize,
    least: usize,
}

impl Halves {
    fn of(grid: &Grid, column: usize) -> Halves {
        let cells = grid.sections.iter().flat_map(|section| &section.rows).filter_map(|row| row.cells.get(column));
        let start = Halves { value: 0, interval: 0, least: characters(&grid.heads[column]) };
        cells.fold(start, |halves, cell| {
            let (value, interval) = cell.halves();
            if interval.is_empty() && !starts_like_a_number(value) {
                return Halves { least: halves.least.max(characters(value)), ..halves };
            }
            Halves {
                value: halves.value.max(characters(value)),
                interval: halves.interval.max(characters(interval)),
                ..halves
            }
        })
    }

    fn total(&self) -> usize {
        let both = self.value + self.interval + usize::from(self.interval > 0);
        both.max(self.least)
    }

    /// The cell, its value ending where those of the column end; what is not a number stands at the right.
    fn lined_up(&self, cell: &Cell) -> String {
        let (value, interval) = cell.halves();
        if interval.is_empty() && !starts_like_a_number(value) {
            return cell.text.clone();
        }
        let after = self.interval + usize::from(self.interval > 0);
        let interval = if interval.is_empty() { String::new() } else { format!(" {interval}") };
        format!("{value}{interval}{}", " ".repeat(after - characters(&interval)))
    }
}

fn starts_like_a_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || "+−$∞<–✓✗?".contains(c))
}

fn label_width(grid: &Grid) -> usize {
    let rows = grid.sections.iter().flat_map(|section| {
        let indent = if section.name.is_empty() { 0 } else { INDENT.len() };
        section.rows.iter().map(move |row| characters(&row.label) + indent)
    });
    let names = grid.sections.iter().map(|section| characters(&section.name));
    rows.chain(names).max().unwrap_or(0) + 1
}

fn block(grid: &Grid, columns: &[usize], colour: bool) -> String {
    let halves: Vec<Halves> = columns.iter().map(|column| Halves::of(grid, *column)).collect();
    let mut table = Table::new();
    table.load_style(style()).set_content_arrangement(ContentArrangement::Disabled);
    let head = |column: &usize| {
        let text = marked(grid.heads[*column].clone(), Paint::Strong);
        Field::new(text).set_alignment(CellAlignment::Right)
    };
    table.set_header(std::iter::once(Field::new("")).chain(columns.iter().map(head)).collect::<Vec<Field>>());
    for (place, section) in grid.sections.iter().filter(|section| !section.rows.is_empty()).enumerate() {
        if !section.name.is_empty() {
            if place > 0 {
                table.add_row(vec![Field::new("")]);
            }
            table.add_row(vec![Field::new(marked(section.name.clone(), Paint::Strong))]);
        }
        let indent = if section.name.is_empty() { "" } else { INDENT };
        for row in &section.rows {
            let mut fields = vec![Field::new(format!("{indent}{}", row.label))];
            for (column, halves) in columns.iter().zip(&halves) {
                let cell = row.cells.get(*column).cloned().unwrap_or_default();
                let text = marked(halves.lined_up(&cell), Paint::Tone(cell.tone));
                fields.push(Field::new(text).set_alignment(CellAlignment::Right));
            }
            table.add_row(fields);
        }
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding(if place == 0 { (0, 1) } else { (GAP - 1, 0) });
    }
    let mut text: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    for paint in PAINTS {
        text = text.replace(paint.marker(), if colour { paint.code() } else { "" });
    }
    text.replace(END.0, if colour { END.1 } else { "" })
}

/// One rule below the names, and air.
fn style() -> TableStyle {
    TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'))
        .content_lines(ContentLineStyle::none())
}

/// How many columns a text takes.
pub fn characters(text: &str) -> usize {
    text.chars().count()
}
