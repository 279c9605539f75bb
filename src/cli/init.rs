//! `init`: a commented scenario to start from, and the schema beside it.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::outputs::{claim_file, write_file};
use crate::cli::voice::Voice;
use crate::scenario;

const EXAMPLES: &str = "\
Examples:
  queuelab init
  queuelab init my-system.toml
  queuelab init --force my-system.toml";

/// The schema's name, as the first line of [`scenario::TEMPLATE`] has it.
const SCHEMA: &str = "scenario.schema.json";

/// Write a commented scenario to start from, and the schema beside it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "scenario.toml", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
}

/// Writes the scenario and the schema.
pub fn init(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    claim_file(&words.file, words.force)?;
    let (schema, text) = (words.file.with_file_name(SCHEMA), scenario::schema());
    // All scenarios of a folder share one.
    if !fs::read(&schema).is_ok_and(|there| there == text.as_bytes()) {
        claim_file(&schema, words.force)?;
        write_file(&schema, text.as_bytes())?;
    }
    write_file(&words.file, scenario::TEMPLATE.as_bytes())?;
    voice.tell(&format!("wrote {} and {}", words.file.display(), schema.display()));
    voice.tell(&format!("next: queuelab compare {}", words.file.display()));
    Ok(Ending::Done)
}
