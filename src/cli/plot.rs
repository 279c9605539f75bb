//! `plot`: charts from a result, without simulating anything again.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::ending::{Ending, Failure};
use crate::cli::files;
use crate::cli::outputs::Folder;
use crate::cli::voice::Voice;
use crate::report::charts::{self, KINDS, Kind, Picture};

const EXAMPLES: &str = "\
Examples:
  queuelab plot output/video-upload-7
  queuelab plot output/video-upload-7 pareto nines --format png --scale 3
  queuelab plot output/video-upload-7/result.json timeline-decoupled --theme dark --output slides

Charts:
";

/// Examples of calls, then all that can be drawn.
fn help() -> String {
    let width = KINDS.iter().map(|kind| kind.name.len()).max().unwrap_or(0);
    let kinds: Vec<String> = KINDS.iter().map(|kind| format!("  {:width$}  {}", kind.name, kind.shows)).collect();
    format!(
        "{EXAMPLES}{}\n\n`tail` and `nines` are both of theirs, `timeline-NAME` is that of one topology.",
        kinds.join("\n")
    )
}

/// What a chart is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Sharp at any size.
    Svg,
    /// Where nothing else is taken.
    Png,
    /// Each chart twice.
    Both,
}

/// What a chart is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Theme {
    /// White paper.
    Light,
    /// A dark screen.
    Dark,
    /// Each chart twice.
    Both,
}

/// Make charts from a result: cost against p99, percentiles by nines, timelines … as SVG and PNG
#[derive(Args, Debug)]
#[command(after_help = help())]
pub struct Words {
    /// A result: the folder that `run` or `compare` wrote, or its result.json
    #[arg(value_name = "RESULT", value_hint = clap::ValueHint::AnyPath)]
    result: PathBuf,

    /// Which charts [default: all that the result has something for]
    #[arg(value_name = "CHART")]
    charts: Vec<String>,

    /// What they are written as: svg, png, both
    #[arg(long, value_name = "FORMAT", default_value = "both", hide_possible_values = true)]
    format: Format,

    /// What they are drawn for: light paper, a dark screen, or both
    #[arg(long, value_name = "THEME", default_value = "both", hide_possible_values = true)]
    theme: Theme,

    /// Pixels of a PNG for each of the chart's own, across and down: 2 gives 2,160 across
    #[arg(long, value_name = "N", default_value = "2", value_parser = scale, allow_negative_numbers = true)]
    scale: f64,

    /// The folder that they go to [default: that of the result]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,

    /// Replace files that differ in a folder that was named
    #[arg(long)]
    force: bool,
}

/// Reads a scale.
fn scale(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|scale| (0.25..=10.0).contains(scale));
    number.ok_or_else(|| "a scale is a number from 0.25 to 10".to_owned())
}

/// Writes the charts of a result.
pub fn plot(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let (document, beside) = files::result(&words.result, "`queuelab compare FILE` makes a result")?;
    let drawn = charts::pictures(&document, |kind| is_asked(kind, &words.charts));
    let mut chosen: Vec<&Picture> = Vec::new();
    let mut lacking = Vec::new();
    for asked in &words.charts {
        let found = named(&drawn, asked);
        if found.is_empty() {
            lacking.push(why_none(asked, &drawn)?);
        }
        chosen.extend(found);
    }
    if words.charts.is_empty() {
        chosen.extend(&drawn);
        let without = KINDS.iter().filter(|kind| !drawn.iter().any(|picture| is_of(kind, picture.stem())));
        lacking.extend(without.map(|kind| format!("no `{}`: {}", kind.name, kind.lacks)));
    }
    let theme = |picture: &&Picture| match words.theme {
        Theme::Light => picture.name.ends_with(".light"),
        Theme::Dark => picture.name.ends_with(".dark"),
        Theme::Both => true,
    };
    let mut written: Vec<(String, Vec<u8>)> = Vec::new();
    for picture in chosen.into_iter().filter(theme) {
        if words.format != Format::Png {
            written.push((format!("{}.svg", picture.name), picture.svg().into_bytes()));
        }
        if words.format != Format::Svg {
            let png = picture.png(words.scale).ok_or_else(|| {
                let chart = picture.stem();
                Failure::Asked(format!("`{chart}` is too large for a PNG\n  = help: a smaller `--scale`, or an SVG"))
            })?;
            written.push((format!("{}.png", picture.name), png));
        }
    }
    // A chart may have been named twice.
    written.sort_by(|one, other| one.0.cmp(&other.0));
    written.dedup_by(|one, other| one.0 == other.0);
    if written.is_empty() {
        let all = lacking.join("\n  ");
        let named = !words.charts.is_empty();
        return Err(Failure::Asked(if named { all } else { format!("nothing can be drawn of this result\n  {all}") }));
    }
    let folder = words.output.as_ref().unwrap_or(&beside);
    // Beside the result stand its own charts, which are replaced as a new result replaces them.
    Folder::add(folder, &written, words.force || words.output.is_none())?;
    lacking.iter().for_each(|what| voice.tell(what));
    voice.tell(&format!("{} in {}", counted(written.len()), folder.display()));
    Ok(Ending::Done)
}

fn counted(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

/// Whether `name` is a kind's own, or begins with it: `timeline-decoupled`.
fn is_of(kind: &Kind, name: &str) -> bool {
    name.strip_prefix(kind.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn is_asked(kind: &Kind, charts: &[String]) -> bool {
    let begins = |asked: &String| kind.name.strip_prefix(asked.as_str()).is_some_and(|rest| rest.starts_with('-'));
    charts.is_empty() || charts.iter().any(|asked| is_of(kind, asked) || begins(asked))
}

/// The pictures of that name, or else those whose name begins with it.
fn named<'p>(drawn: &'p [Picture], asked: &str) -> Vec<&'p Picture> {
    let exact: Vec<&Picture> = drawn.iter().filter(|picture| picture.stem() == asked).collect();
    if !exact.is_empty() {
        return exact;
    }
    let begins = |picture: &&Picture| picture.stem().strip_prefix(asked).is_some_and(|rest| rest.starts_with('-'));
    drawn.iter().filter(begins).collect()
}

/// Why there is no chart of a name: the result lacks something, or there is no such chart.
fn why_none(asked: &str, drawn: &[Picture]) -> Result<String, Failure> {
    let one = [asked.to_owned()];
    let kinds: Vec<&Kind> = KINDS.iter().filter(|kind| is_asked(kind, &one)).collect();
    let timelines: Vec<&str> = drawn.iter().map(Picture::stem).filter(|stem| stem.starts_with("timeline-")).collect();
    match kinds.first() {
        Some(kind) if kind.name == asked || kind.name.starts_with(asked) => Ok(format!("no `{asked}`: {}", kind.lacks)),
        _ => {
            let names = KINDS.iter().map(|kind| kind.name).chain(timelines);
            let near = names.map(|name| (strsim::jaro_winkler(name, asked), name)).filter(|(near, _)| *near > 0.75);
            let help = match near.max_by(|one, other| one.0.total_cmp(&other.0)) {
                Some((_, name)) => format!("did you mean `{name}`?"),
                None => {
                    let all: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
                    format!("there is `{}`", all.join("`, `"))
                }
            };
            Err(Failure::Asked(format!("there is no chart `{asked}`\n  = help: {help}")))
        }
    }
}
