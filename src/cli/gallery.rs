//! `gallery`: makes the README's pictures anew, from the scenario that it shows.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::options::Play;
use crate::cli::outputs::{Chosen, Folder};
use crate::cli::session;
use crate::cli::voice::Voice;
use crate::report::{self, charts};

/// The scenario that the README shows.
const SCENARIO: &str = "scenarios/video-upload.toml";

/// The topologies that the README shows: more do not stand beside each other on a page.
const SHOWN: [&str; 4] = ["monolith", "tiered", "balanced", "decoupled"];

/// The charts that the README shows, each light and dark.
const PICTURES: [&str; 5] = ["timeline-decoupled.", "tail-completion.", "latency.", "cost.", "pareto."];

/// Columns of the table: the topologies side by side.
const WIDTH: usize = 120;

/// Make the pictures of the README anew
#[derive(Args, Debug)]
#[command(hide = true)]
pub struct Words {
    /// Where they go
    #[arg(long, value_name = "DIR", default_value = "output/gallery")]
    output: PathBuf,
}

/// Runs the README's scenario and writes its charts and table.
pub fn gallery(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let mut scenario = session::read(Path::new(SCENARIO), &[], voice)?;
    scenario.topologies.retain(|topology| SHOWN.contains(&topology.name.as_str()));
    let folder = Folder::claim(&words.output, Chosen::ByUser, true, |_| Vec::new())?;
    let document = session::simulate(&scenario, &Play::default(), None, false, voice)?.document;
    let table: String =
        report::table(&document, WIDTH, false).lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    let mut files = vec![("video-upload.txt".to_owned(), table.into_bytes())];
    for (name, svg) in charts::all(&document) {
        if PICTURES.iter().any(|picture| name.starts_with(picture)) {
            files.push((format!("video-upload-{name}"), svg.into_bytes()));
        }
    }
    folder.write(&files)?;
    voice.tell(&format!("{} files in {}", files.len(), folder.path().display()));
    Ok(Ending::Done)
}
