//! What a result came from, as one number: the text, the files it names and the changes beside it.

use sha2::{Digest, Sha256};

use crate::scenario::files::Files;
use crate::scenario::source::{Change, Source};

/// SHA-256 of all that a scenario is made of, as 64 hexadecimal digits.
pub(crate) fn digest(source: &Source, files: &Files, changes: &[Change]) -> String {
    let mut hash = Sha256::new();
    // Every part goes in with its length, so that no two scenarios run together into the same bytes.
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(source.text.as_bytes());
    for change in changes {
        part(change.path.as_bytes());
        part(change.value.as_bytes());
    }
    for (path, bytes) in &files.loaded {
        part(path.as_bytes());
        part(bytes.as_deref().unwrap_or_default());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
