//! `init`: a commented scenario to start from, and the schema beside it.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::cli::ending::{Ending, Failure};
use crate::cli::outputs::{claim_file, write_file};
use crate::cli::voice::Voice;
use crate::scenario::{self, TEMPLATES, Template};

const EXAMPLES: &str = "\
Examples:
  queuelab init
  queuelab init my-system.toml
  queuelab init --template functions my-functions.toml
  queuelab init --force my-system.toml";

/// The schema's name, as the first line of each of [`TEMPLATES`] has it.
const SCHEMA: &str = "scenario.schema.json";

/// Write a commented scenario to start from, and the schema beside it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "scenario.toml", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// What to start from
    #[arg(long, value_name = "NAME", default_value = TEMPLATES[0].name, value_parser = templates())]
    template: String,

    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
}

/// The names of the templates, each with what it compares.
fn templates() -> PossibleValuesParser {
    TEMPLATES.iter().map(|template| PossibleValue::new(template.name).help(template.about)).collect::<Vec<_>>().into()
}

/// Writes the scenario and the schema.
pub fn init(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    claim_file(&words.file, words.force)?;
    let template = TEMPLATES.iter().find(|template| template.name == words.template);
    let text = template.map_or(TEMPLATES[0].text, |template: &Template| template.text);
    let (schema, grammar) = (words.file.with_file_name(SCHEMA), scenario::schema());
    // All scenarios of a folder share one.
    if !fs::read(&schema).is_ok_and(|there| there == grammar.as_bytes()) {
        claim_file(&schema, words.force)?;
        write_file(&schema, grammar.as_bytes())?;
    }
    write_file(&words.file, text.as_bytes())?;
    voice.tell(&format!("wrote {} and {}", words.file.display(), schema.display()));
    voice.tell(&format!("next: queuelab compare {}", words.file.display()));
    Ok(Ending::Done)
}
