//! `init`: a commented scenario to start from, and the schema beside it.

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

/// The scenario that `init` writes.
const START: &str = include_str!("start.toml");

/// The schema's name, as the first line of [`START`] has it.
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
    let schema = words.file.with_file_name(SCHEMA);
    // The schema is made by this program alone and the same for all scenarios of a folder.
    claim_file(&schema, true)?;
    write_file(&schema, scenario::schema().as_bytes())?;
    write_file(&words.file, START.as_bytes())?;
    voice.tell(&format!("wrote {} and {}", words.file.display(), schema.display()));
    voice.tell(&format!("next: queuelab compare {}", words.file.display()));
    Ok(Ending::Done)
}
