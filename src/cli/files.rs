//! Reading what people name: scenarios, and the files that scenarios name. Every refusal is a sentence for them.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::cli::ending::Failure;
use crate::cli::outputs::RESULT;
use crate::cli::voice::reason;
use crate::experiment::document::Document;
use crate::scenario::{Loader, Source};

/// Bytes of the largest scenario: far more than anybody writes, far less than what would stall an editor.
const LARGEST_SCENARIO: u64 = 16 << 20;

/// Bytes of the largest file that a scenario may name: some ten million rows of a trace.
const LARGEST_TABLE: u64 = 1 << 30;

/// The scenario that stands for standard input.
const STDIN: &str = "-";

/// Reads a text that a person wrote; `-` is standard input.
pub fn text(path: &Path) -> Result<Source, Failure> {
    text_of(path, LARGEST_SCENARIO)
}

/// Reads a result's text, which may be larger than anything that a person writes.
fn document(path: &Path) -> Result<Source, Failure> {
    text_of(path, LARGEST_TABLE)
}

/// Reads a result: the folder that a run wrote, or its document; and the folder that it stands in. `other` is what somebody
/// may have meant who named something else.
pub fn result(path: &Path, other: &str) -> Result<(Document, PathBuf), Failure> {
    let file = if path.is_dir() { path.join(RESULT) } else { path.to_owned() };
    if path.is_dir() && !file.exists() {
        return Err(Failure::Asked(format!(
            "`{}` holds no result: there is no `{RESULT}` in it\n  \
             = help: name the folder that `run` or `compare` wrote, such as `output/NAME-SEED`",
            path.display()
        )));
    }
    let source = document(&file)?;
    let document = Document::from_json(&source.text)
        .map_err(|what| Failure::Asked(format!("`{}` is {what}\n  = help: {other}", source.name)))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((document, folder.to_owned()))
}

fn text_of(path: &Path, largest: u64) -> Result<Source, Failure> {
    if path.is_dir() {
        return Err(Failure::Asked(folder(path)));
    }
    let bytes = if path == Path::new(STDIN) { at_most(io::stdin().lock(), largest) } else { bytes(path, largest) };
    let name = if path == Path::new(STDIN) { "<stdin>".to_owned() } else { path.display().to_string() };
    let bytes = bytes.map_err(|why| Failure::Asked(format!("cannot read `{name}`: {why}{}", advice(path))))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text: without_mark(text) }),
        Err(error) => Err(Failure::Asked(not_text(&name, error.as_bytes(), error.utf8_error().valid_up_to()))),
    }
}

/// A short name for files: that of the scenario's file, in lower case, with nothing but letters, digits and `-`.
pub fn slug(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let words: Vec<&str> =
        stem.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "scenario".to_owned() } else { words.join("-") }
}

/// Reads the files that a scenario names, beside the scenario.
#[derive(Debug)]
pub struct Beside {
    folder: PathBuf,
}

impl Beside {
    /// The files beside the scenario at `path`.
    pub fn new(path: &Path) -> Beside {
        Beside { folder: path.parent().unwrap_or(Path::new("")).to_owned() }
    }
}

impl Loader for Beside {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        let path = self.folder.join(path);
        bytes(&path, LARGEST_TABLE).map_err(|why| format!("{why}: `{}`", path.display()))
    }
}

/// The whole of a file of at most `largest` bytes.
fn bytes(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| reason(&error))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err("it is a folder".to_owned());
    }
    at_most(file, largest)
}

/// All of `source`, if that is at most `largest` bytes: a device may have no end.
fn at_most(source: impl Read, largest: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = source.take(largest + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if read as u64 > largest {
        return Err(format!("it is larger than {} MiB", largest >> 20));
    }
    Ok(bytes)
}

/// Without the mark that some editors put before a text.
fn without_mark(text: String) -> String {
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// What to say of a file that is not text, from its `valid`th byte on.
fn not_text(name: &str, bytes: &[u8], valid: usize) -> String {
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let byte = bytes.get(valid).copied().unwrap_or_default();
    format!(
        "cannot read `{name}`: it is not UTF-8 text: byte 0x{byte:02x} in line {line}, column {column}\n  \
         = help: save it as UTF-8"
    )
}

/// What to say of a folder where a file is asked for: what is in it.
fn folder(path: &Path) -> String {
    const SHOWN: usize = 12;
    let names = scenarios_in(path);
    let more = names.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let help = match names.get(..names.len() - more) {
        None | Some([]) => "it has no file that ends in `.toml`".to_owned(),
        Some(shown) => format!("it has `{}`{rest}", shown.join("`, `")),
    };
    format!("`{}` is a folder: name a file\n  = help: {help}", path.display())
}

/// What to do about a scenario that is not there: the file that may have been meant.
fn advice(path: &Path) -> String {
    if !matches!(File::open(path), Err(error) if error.kind() == ErrorKind::NotFound) {
        return String::new();
    }
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut near: Vec<(f64, String)> = scenarios_in(folder)
        .into_iter()
        .map(|name| {
            let own = Path::new(&name).file_name().unwrap_or_default().to_string_lossy().into_owned();
            (strsim::jaro_winkler(&own, &wanted), name)
        })
        .filter(|(likeness, _)| *likeness > 0.85)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    near.first().map_or(String::new(), |(_, name)| format!("\n  = help: did you mean `{name}`?"))
}

/// The scenarios of a folder, or what may be some, in the order of their names.
fn scenarios_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| path.strip_prefix(".").unwrap_or(&path).display().to_string())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_the_name_of_the_file_without_what_a_shell_trips_over() {
        assert_eq!(slug(Path::new("scenarios/video-upload.toml")), "video-upload");
        assert_eq!(slug(Path::new("My Scenario (2).toml")), "my-scenario-2");
        assert_eq!(slug(Path::new("-")), "scenario");
    }

    #[test]
    fn what_is_not_text_is_named_by_its_place() {
        let text = not_text("a.toml", b"title = \"x\"\nnote = \"\xc3\xa9\xff\"", 22);
        assert!(text.contains("byte 0xff in line 2, column 10"), "{text}");
    }

    #[test]
    fn a_source_without_an_end_is_refused() {
        let endless = io::repeat(b'#');
        assert_eq!(at_most(endless, 1 << 20), Err("it is larger than 1 MiB".to_owned()));
    }
}
