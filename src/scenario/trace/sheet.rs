//! A CSV file with a line of headings, as bytes in and rows out.

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::scenario::complaint::{did_you_mean, listed};
use crate::scenario::trace::clock::is_instant;

/// The most bytes of one file that a scenario names.
pub(crate) const FILE_MAX: usize = 256 << 20;

/// What is the matter, and what to do.
pub(crate) type Refusal = (String, String);

/// A table of text.
pub(crate) struct Sheet<'b> {
    file: String,
    bytes: &'b [u8],
    delimiter: u8,
    headings: Vec<String>,
}

impl<'b> Sheet<'b> {
    /// Looks at the file as a whole and reads its headings.
    pub fn open(file: &str, bytes: &'b [u8]) -> Result<Sheet<'b>, Refusal> {
        let refuse = |what: &str, advice: &str| Err((format!("{file} {what}"), advice.to_owned()));
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return refuse(
                "is empty",
                "a trace is a CSV file: a line of headings, then a row for each request or interval",
            );
        }
        if bytes.starts_with(&[0x1f, 0x8b]) {
            return refuse("is packed by gzip", "unpack it first: `gunzip`");
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return refuse("is UTF-16", "save it as UTF-8");
        }
        if let Err(error) = std::str::from_utf8(bytes) {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            return refuse(
                &format!("is not UTF-8 text; the first other byte is on line {line}"),
                "a trace is a CSV file saved as UTF-8",
            );
        }
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |mark: u8| first.iter().filter(|byte| **byte == mark).count();
        let delimiter = if count(b',') > 0 {
            b','
        } else if count(b';') > 0 {
            b';'
        } else if count(b'\t') > 0 {
            b'\t'
        } else {
            b','
        };
        let mut sheet = Sheet { file: file.to_owned(), bytes, delimiter, headings: Vec::new() };
        let headings = sheet.reader().byte_headers().cloned();
        let headings = headings
            .map_err(|error| (format!("{file}, line 1: {error}"), "the first line names the columns".to_owned()))?;
        sheet.headings = headings.iter().map(|heading| String::from_utf8_lossy(heading).trim().to_owned()).collect();
        let rest = bytes.iter().skip(first.len());
        if rest.clone().all(u8::is_ascii_whitespace) {
            return refuse("has a line of headings and no rows", "record at least one request");
        }
        Ok(sheet)
    }

    /// The names of the columns.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Result<usize, Refusal> {
        if let Some(at) = self.headings.iter().position(|heading| heading == name) {
            return Ok(at);
        }
        if let Some(refusal) = self.lacks_headings(&[name]) {
            return Err(refusal);
        }
        let what = format!("{} has no column `{name}`", self.file);
        let advice = did_you_mean(name, self.headings.iter().map(String::as_str)).unwrap_or_default();
        Err((what, advice))
    }

    /// The refusal of a file whose first line is a row already, where columns of these names are looked for.
    pub fn lacks_headings(&self, names: &[&str]) -> Option<Refusal> {
        /// Characters of a line that say enough.
        const SHOWN: usize = 60;
        let are_there = names.iter().all(|name| self.headings.iter().any(|heading| heading == name));
        // A number may well be a heading, and is data only where the names that are asked for are missing.
        if are_there || !self.headings.iter().any(|heading| is_instant(heading)) {
            return None;
        }
        let line = self.headings.join(&char::from(self.delimiter).to_string());
        let cut: String = line.chars().take(SHOWN).collect();
        let rest = if cut.len() < line.len() { "…" } else { "" };
        let what = format!("{} has no line of headings: its first line, `{cut}{rest}`, looks like data", self.file);
        let columns = match self.headings.len() {
            1 => "column".to_owned(),
            many => format!("{many} columns"),
        };
        Some((what, format!("put a line before it that names its {columns}, among them {}", listed(names))))
    }

    /// Every row with the number of its line. Stops at the first false.
    pub fn rows(&self, mut row: impl FnMut(u64, &ByteRecord) -> bool) -> Result<(), Refusal> {
        let mut reader = self.reader();
        let mut record = ByteRecord::new();
        loop {
            match reader.read_byte_record(&mut record) {
                Ok(true) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    if !row(line, &record) {
                        return Ok(());
                    }
                }
                Ok(false) => return Ok(()),
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    fn broken(&self, error: &csv::Error) -> Refusal {
        let what = match error.kind() {
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
                let line = pos.as_ref().map_or(0, csv::Position::line);
                format!("{}, line {line}: {len} columns, where the headings have {expected_len}", self.file)
            }
            _ => format!("{}: {error}", self.file),
        };
        (what, "every row has a value for each heading; put quotes around values that hold a comma".to_owned())
    }

    fn reader(&self) -> Reader<&'b [u8]> {
        ReaderBuilder::new().delimiter(self.delimiter).trim(csv::Trim::All).from_reader(self.bytes)
    }
}

/// A cell as text.
pub(crate) fn text(record: &ByteRecord, at: usize) -> &str {
    // The whole file was checked to be UTF-8, and a delimiter never splits a character.
    record.get(at).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or_default()
}

/// A cell as a finite number.
pub(crate) fn number(record: &ByteRecord, at: usize) -> Option<f64> {
    text(record, at).parse::<f64>().ok().filter(|number| number.is_finite())
}
