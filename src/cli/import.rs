//! `import`: what people have becomes a piece of a scenario, with a list of all that could not.

use std::path::PathBuf;

use clap::Args;

use crate::cli::complain;
use crate::cli::ending::{Ending, Failure};
use crate::cli::files;
use crate::cli::outputs::{claim_file, write_file};
use crate::cli::voice::Voice;
use crate::scenario::import::{self, Imported};

const EXAMPLES: &str = "\
Examples:
  queuelab import scenarios/orders.yaml scenarios/orders-queue.json
  queuelab import scenarios/orders.yaml scenarios/orders-queue.json --output orders.toml

What can be read, in YAML or JSON, any mix of files and several in a file:
  kubectl get hpa,scaledobject,scaledjob -o yaml   HPAs of v2, v2beta2 or v1, and KEDA's objects
  aws autoscaling describe-auto-scaling-groups
  aws autoscaling describe-policies
  aws autoscaling describe-scheduled-actions
  aws cloudwatch describe-alarms                   what step and simple policies need besides
  aws sqs get-queue-attributes --attribute-names All --queue-url URL

Printed are tables of a topology, to be pasted into a scenario: queues, and the `scaling` of
pools. What a request needs, its way, and the machines are not in such files: write them.

Nothing is guessed. Each key that has no counterpart in a scenario, is not known, or needs what
is not there, is told with its line, on stderr and in comments of what is printed. Then the exit
code is 5; it is 0 where everything was understood, and 2 where a file is wrong.";

/// Turn autoscalers of Kubernetes, and groups, policies and queues of AWS, into tables of a scenario
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// Files of YAML or JSON; `-` is standard input
    #[arg(value_name = "FILE", required = true, value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,

    /// The topology that the tables are of
    #[arg(long, value_name = "NAME", default_value = "imported", value_parser = name)]
    topology: String,

    /// Write the tables to this file instead of printing them
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
}

/// Imports files, all of them or none.
pub fn import(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    if let Some(path) = &words.output {
        claim_file(path, words.force)?;
    }
    let (mut sources, mut failed) = (Vec::new(), false);
    for file in &words.files {
        match files::text(file) {
            Ok(source) => sources.push(source),
            Err(failure) => {
                super::fail(&failure, voice);
                failed = true;
            }
        }
    }
    let imported = import::import(&sources, &words.topology);
    if let Err(each) = &imported {
        for (source, complaints) in sources.iter().zip(each).filter(|(_, complaints)| !complaints.is_empty()) {
            voice.insist(&complain::of_foreign(source, complaints));
        }
    }
    let Some(imported) = imported.ok().filter(|_| !failed) else { return Err(Failure::Told) };
    match &words.output {
        Some(path) => {
            write_file(path, imported.fragment.as_bytes())?;
            voice.tell(&format!("wrote {}", path.display()));
        }
        None => voice.say(&imported.fragment)?,
    }
    Ok(told(&imported, voice))
}

/// Says what has not become a part of the tables.
fn told(imported: &Imported, voice: &mut Voice) -> Ending {
    for note in &imported.notes {
        voice.tell(&format!("note: {note}"));
    }
    for remark in &imported.unread {
        voice.warn(&remark.to_string());
    }
    if !imported.described.is_empty() {
        voice.tell(&format!("describes, and decides nothing: {}", imported.described.join(", ")));
    }
    match imported.unread.len() {
        0 => return Ending::Done,
        1 => voice.tell("1 thing is not understood, or missing: exit code 5"),
        number => voice.tell(&format!("{number} things are not understood, or missing: exit code 5")),
    }
    Ending::Incomplete
}

/// Reads the name of a topology.
fn name(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty()
        && text.chars().count() <= 64
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_');
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a name has letters, digits and hyphens, such as `today`".to_owned())
    }
}
