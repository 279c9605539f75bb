//! `why`: why a figure is what it is, cause by cause, and what it would be without them.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::interrupt;
use crate::cli::options::Play;
use crate::cli::outputs::{Chosen, Folder};
use crate::cli::progress::Progress;
use crate::cli::session;
use crate::cli::voice::Voice;
use crate::experiment::why::{Asked, Cause, Explained, Purpose, WhyError, why as ask};
use crate::ground::quantity;
use crate::ground::time::Span;
use crate::report::{charts, table};

const EXAMPLES: &str = "\
Examples:
  queuelab why scenarios/video-upload.toml --topology decoupled
  queuelab why scenarios/video-upload.toml --of answer.p99 --from 30min --to 1h
  queuelab why scenarios/black-friday.toml --of lost --prove 2
  queuelab why scenarios/queue-of-three.toml --of cost.total --output why-three

What is asked may be a time of requests (`completion.p99`, `answer.mean`), `lost`, `availability` or a cost, of
the whole or of one workload (`uploads.answer.p99`).

Every request's time is put down to one cause at each instant, so that the parts add up to it: of pieces side by
side the one that the end waited for counts. A wait in line is `scaling not yet decided` where more was decided on
while that line still stood, `capacity booting` while what was asked for is not in service, `the fleet at its
maximum` where it may not grow, and else `behind the work of others`. Then the largest causes are taken away one
at a time, and the same requests with the same work are played again.";

/// Why was it slow, lost or dear: time and money by cause, and what becomes of a figure without them
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The scenario; `-` reads standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// The figure that is to be explained
    #[arg(long, value_name = "FIGURE", default_value = "completion.p99")]
    of: String,

    /// Only requests born from here on [default: the warm-up's end]
    #[arg(long, value_name = "DURATION", value_parser = quantity::span)]
    from: Option<Span>,

    /// Only requests born before [default: the end]
    #[arg(long, value_name = "DURATION", value_parser = quantity::span)]
    to: Option<Span>,

    /// How many of the largest causes are taken away, each by itself
    #[arg(long, value_name = "N", default_value_t = 3)]
    prove: u8,

    #[command(flatten)]
    play: Play,

    /// Print what was found as JSON
    #[arg(long)]
    json: bool,

    /// Also write what was found, and charts of it, to this folder
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,

    /// Replace files that are already there
    #[arg(long, requires = "output")]
    force: bool,
}

/// Explains a figure.
pub fn why(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let scenario = session::read(&words.file, &words.play.changes, voice)?;
    let folder = words.output.as_deref().map(|path| Folder::claim(path, Chosen::ByUser, words.force, |_| Vec::new()));
    let folder = folder.transpose()?;
    let window = match (words.from, words.to) {
        (None, None) => None,
        (from, to) => Some((from.unwrap_or(scenario.run.warm_up), to.unwrap_or(Span::FOREVER))),
    };
    let began = Instant::now();
    let asked = Asked {
        of: words.of.clone(),
        window,
        prove: usize::from(words.prove),
        threads: words.play.threads,
        replications: words.play.replications,
        seed: words.play.seed,
        topology: words.play.topology.clone(),
        cancel: Some(interrupt::asked()),
        limits: (&words.play.limits).into(),
        elapsed: Some(&|| session::since(began)),
    };
    let progress = Progress::new(voice, "asking why");
    let found = interrupt::stoppable(|| ask(&scenario, &asked, &|at| progress.reached(at.done, at.of)));
    drop(progress);
    let explained = found.map_err(failure)?;
    if let Some(folder) = &folder {
        let mut files = vec![("why.json".to_owned(), json(&explained).into_bytes())];
        files.push(("why.txt".to_owned(), table::causes::table(&explained, WIDE, false).into_bytes()));
        for picture in charts::of_causes(&explained) {
            files.extend(picture.png(SCALE).map(|png| (format!("{}.png", picture.name), png)));
            files.push((format!("{}.svg", picture.name), picture.svg().into_bytes()));
        }
        folder.write(&files)?;
    }
    if words.json {
        voice.say(&json(&explained))?;
    } else {
        voice.say(&table::causes::table(&explained, voice.width(), voice.colours_results()))?;
        for warning in &explained.warnings {
            voice.warn(warning);
        }
    }
    if let Some(folder) = &folder {
        voice.tell(&format!("causes and charts: {}", folder.path().display()));
    }
    Ok(Ending::Done)
}

/// Pixels of an image for each of the chart's own, across and down.
const SCALE: f64 = 2.0;

/// Columns of a text in a file.
const WIDE: usize = 160;

fn json(explained: &Explained) -> String {
    let mut text = serde_json::to_string_pretty(explained).expect("causes hold nothing that JSON cannot say");
    text.push('\n');
    text
}

fn failure(error: WhyError) -> Failure {
    match error {
        WhyError::Run(error) => session::failure(error, None),
        WhyError::NoWindow(why) => Failure::Asked(why),
        WhyError::NoFigure(of) => Failure::Asked(format!(
            "`{of}` is no figure whose causes are known\n  = help: ask of the times of requests (`completion.p99`, \
             `answer.mean`), of `lost`, `availability` or a cost (`cost.total`), or of one workload (`uploads.answer.p99`)"
        )),
    }
}

/// The causes of time and the purposes of money, for whoever explains words.
pub fn known() -> impl Iterator<Item = (String, &'static str)> {
    let causes = Cause::ALL.into_iter().map(|cause| (cause.word().to_owned(), cause.says()));
    causes.chain(Purpose::ALL.into_iter().map(|purpose| (format!("{} (of money)", purpose.word()), purpose.says())))
}
