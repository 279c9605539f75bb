//! `schema`: the JSON Schema of scenarios, for editors.

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::voice::Voice;
use crate::scenario;

const EXAMPLES: &str = "\
Examples:
  queuelab schema > scenario.schema.json

A scenario whose first line is `#:schema ./scenario.schema.json` is then completed and checked while it is
written, by editors that know TOML schemas. `init` writes both.";

/// Print the JSON Schema of scenarios, for editors
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The schema of documents for `decide` instead
    #[arg(long)]
    decide: bool,
}

/// Prints the schema.
pub fn schema(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    voice.say(&if words.decide { scenario::decide::schema() } else { scenario::schema() })?;
    Ok(Ending::Done)
}
