//! A table before anybody decided how wide a screen is: columns, sections, rows, and what their cells mean.

/// Columns under names, rows under sections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// What stands above it.
    pub title: String,
    /// The names of the columns, without the column of labels.
    pub heads: Vec<String>,
    /// The rows, in groups.
    pub sections: Vec<Section>,
    /// What a reader must know to read it, below.
    pub notes: Vec<String>,
}

/// Rows that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Their name; empty for none.
    pub name: String,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One label, and a cell for each column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What the row is about.
    pub label: String,
    /// A cell for each column.
    pub cells: Vec<Cell>,
}

/// A text and what it means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// What is written.
    pub text: String,
    /// What it means for the reader.
    pub tone: Tone,
}

/// What a cell means for the reader: its colour, where there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// It says what it says.
    #[default]
    Plain,
    /// A goal met, a clear gain.
    Good,
    /// A goal missed, a clear harm, requests lost.
    Bad,
    /// Nothing can be said yet.
    Open,
    /// Less important than the rest.
    Quiet,
}

impl Cell {
    /// A cell that only says something.
    pub fn plain(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), tone: Tone::Plain }
    }

    /// A cell with a meaning.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone }
    }

    /// The value, and the interval that follows it: columns line up where the one ends and the other begins.
    pub fn halves(&self) -> (&str, &str) {
        match self.text.find(" ± ").or_else(|| self.text.find(" [")) {
            Some(end) => (&self.text[..end], &self.text[end + 1..]),
            None => (&self.text, ""),
        }
    }
}

impl Section {
    /// Adds a row, unless all of its cells are empty.
    pub fn push(&mut self, label: impl Into<String>, cells: Vec<Cell>) {
        if cells.iter().any(|cell| !cell.text.is_empty()) {
            self.rows.push(Row { label: label.into(), cells });
        }
    }
}
