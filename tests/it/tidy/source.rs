//! The files of the project, and their code without comments, texts and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the project stands.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One file of the project.
pub struct Text {
    /// Its path from the root, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl Text {
    /// Its code: every comment, text and character is blank; lines stay where they are.
    pub fn code(&self) -> String {
        code(&self.text)
    }

    /// Its code before its own tests.
    pub fn code_without_tests(&self) -> String {
        if self.is_test() {
            return String::new();
        }
        let code = self.code();
        let end = code.find("#[cfg(test)]\nmod ").unwrap_or(code.len());
        code[..end].to_owned()
    }

    /// Whether it is there for tests alone: by its folder, or by the `mod` line that names it.
    fn is_test(&self) -> bool {
        let Some((folder, name)) = self.path.strip_prefix("src/").and_then(|path| path.rsplit_once('/')) else {
            return self.path.starts_with("tests/");
        };
        let line = format!("#[cfg(test)]\nmod {};", name.trim_end_matches(".rs"));
        let parents = [format!("src/{folder}/mod.rs"), format!("src/{folder}.rs")];
        parents.iter().any(|parent| fs::read_to_string(root().join(parent)).is_ok_and(|text| text.contains(&line)))
    }

    /// The number of the line at a byte.
    pub fn line(&self, byte: usize) -> usize {
        self.text.as_bytes()[..byte].iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

/// All files with one of the endings in a folder and in those below it, by path.
pub fn files(folder: &str, endings: &[&str]) -> Vec<Text> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = folder.read_dir() else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                // Wrong input is kept as wrong as people write it.
                if !path.ends_with("bad") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                found.push(read(path));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// One file, by its path from the root.
pub fn file(path: &str) -> Text {
    read(root().join(path))
}

fn read(path: PathBuf) -> Text {
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/");
    Text { path, text }
}

/// Rust without comments, texts and characters: they become blanks, byte by byte.
fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let length = blank(&bytes[at..], at.checked_sub(1).map(|before| bytes[before]));
        for byte in &mut code[at..at + length] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at += length.max(1);
    }
    String::from_utf8(code).expect("whole characters are replaced, or none")
}

/// How many bytes from the start are no code.
fn blank(rest: &[u8], before: Option<u8>) -> usize {
    let until = |end: &[u8]| rest.windows(end.len()).position(|part| part == end);
    match rest {
        [b'/', b'/', ..] => until(b"\n").unwrap_or(rest.len()),
        [b'/', b'*', ..] => until(b"*/").map_or(rest.len(), |end| end + 2),
        [b'r', b'"' | b'#', ..] if !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            let fences = rest[1..].iter().take_while(|byte| **byte == b'#').count();
            if rest.get(1 + fences) != Some(&b'"') {
                return 0;
            }
            let end = [b"\"".to_vec(), vec![b'#'; fences]].concat();
            let body = &rest[2 + fences..];
            let length = body.windows(end.len()).position(|part| part == end).unwrap_or(body.len() - end.len());
            2 + fences + length + end.len()
        }
        [b'"', ..] => quoted(rest, b'"'),
        // A character, and not a lifetime: it ends soon.
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        [b'\'', ..] => {
            let letter = std::str::from_utf8(&rest[1..rest.len().min(5)])
                .unwrap_or_else(|error| std::str::from_utf8(&rest[1..1 + error.valid_up_to()]).unwrap_or_default());
            let length = letter.chars().next().map_or(0, char::len_utf8);
            if rest.get(1 + length) == Some(&b'\'') { length + 2 } else { 0 }
        }
        _ => 0,
    }
}

/// The length of a text between two marks, in which a backslash keeps the next byte from ending it.
fn quoted(rest: &[u8], mark: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == mark => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

#[test]
fn code_is_what_is_left_without_comments_and_texts() {
    let text = "let a = \"HashMap \\\" é\"; // HashMap
let b: &'static str = r#\"x \" HashMap\"#; /* y
 */ c('\\'', '\"', 'é', bar)";
    let left = code(text);
    assert_eq!(left.len(), text.len());
    assert!(!left.contains("HashMap"), "{left}");
    assert!(left.contains("&'static str"), "{left}");
    assert!(left.contains("bar)"), "{left}");
    assert_eq!(left.lines().count(), 3);
}
