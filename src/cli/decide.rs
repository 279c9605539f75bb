//! `decide`: what a controller would have decided, when, and why.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::complain;
use crate::cli::ending::{Ending, Failure};
use crate::cli::files::{self, Beside};
use crate::cli::outputs::{Chosen, Folder};
use crate::cli::voice::Voice;
use crate::experiment::replay::{self, AlarmDocument, Answer, AnswerDocument};
use crate::ground::quantity;
use crate::ground::time::Span;
use crate::report;
use crate::scenario::decide::{self, Policy, Question, Taking};
use crate::scenario::{Complaint, Loader, Severity, Source};

const EXAMPLES: &str = "\
Examples:
  queuelab decide question.toml
  queuelab decide --policy scenarios/video-upload.toml:decoupled.media --metrics queue.csv
  queuelab decide --policy keda.toml --metrics range.json --compare hpa.toml

A policy is the scaling table of a pool: in a scenario, named as FILE:TOPOLOGY.POOL, or in a file of its own:

  scaling.hpa = { max = 10, metrics = [{ cpu = \"50%\" }] }

Metrics are CSV with a column of instants, the JSON of `aws cloudwatch get-metric-data`, or of a
range query of Prometheus; `--take cpu=CPUUtilization --scale cpu=0.01` says which series is what the
policy reads, and that it is in per cent. A document says all in one, the policy and what is seen at
each look:

  scaling.hpa = { max = 10, metrics = [{ cpu = \"50%\" }] }
  [[look]]
  replicas = 4
  pods = [{ count = 3, usage = 0.75, request = 1 }, { phase = \"pending\", request = 1 }]

  scaling.keda-jobs = { triggers = [{ target = 1 }], strategy = \"accurate\" }
  [[look]]
  values = { backlog = 20 }
  running = 8
  pending = 3

  scaling.kpa = {}
  [[look]]
  stable = 50
  panic = 300
  ready = 1

  [alarm]
  when = { above = 80 }
  points = 3
  missing = \"breaching\"
  datapoints = [90, \"missing\", 95]

  defaults = \"textbook\"
  [scaling.asg]
  min = 1
  desired = 10
  max = 40
  policies = [{ target-tracking = { backlog-per-instance = 100 } }]
  [[look]]
  values = { visible = 1500 }

`queuelab schema --decide` prints the JSON Schema of documents; JSON of the same shape is read, too.";

/// Ask what an autoscaler would have decided, given these metrics, when and why
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// A document: what is seen at each look, and the policy; `-` is standard input
    #[arg(value_name = "DOCUMENT", value_hint = clap::ValueHint::FilePath)]
    document: Option<PathBuf>,

    /// The policy: a file of its own, or FILE:TOPOLOGY.POOL of a scenario [default: the document's]
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,

    /// Another policy, to see both side by side
    #[arg(long, value_name = "POLICY")]
    compare: Option<String>,

    /// Recorded metrics: CSV, or JSON of CloudWatch or Prometheus
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    metrics: Option<PathBuf>,

    /// The series that is what the policy reads: `visible=m1`; may be given more than once
    #[arg(long, value_name = "METRIC=SERIES", value_parser = pair)]
    take: Vec<(String, String)>,

    /// What the values of a metric are multiplied by: `cpu=0.01` makes shares of per cent
    #[arg(long, value_name = "METRIC=FACTOR", value_parser = factor)]
    scale: Vec<(String, f64)>,

    /// The column of instants of a CSV file [default: one called `time`, `timestamp` or so]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,

    /// What a number in that column counts [default: seconds, or milliseconds since 1970]
    #[arg(long, value_name = "DURATION", value_parser = quantity::span)]
    unit: Option<Span>,

    /// Workers or pods wanted at the start [default: the policy's]
    #[arg(long, value_name = "N")]
    workers: Option<u32>,

    /// Show every look, and not only those at which something changed, where there are many
    #[arg(long)]
    all: bool,

    /// Print all looks as JSON
    #[arg(long)]
    json: bool,

    /// Write the looks and a chart to this folder
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,

    /// Replace files that are already there
    #[arg(long)]
    force: bool,
}

/// Answers a question.
pub fn decide(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let folder = match &words.output {
        Some(path) => Some(Folder::claim(path, Chosen::ByUser, words.force, |_| Vec::new())?),
        None => None,
    };
    let question = question(words, voice)?;
    let mut policies = Vec::new();
    if let Some(name) = &words.policy {
        policies.push(policy(name, voice)?);
    } else if let Some(own) = question.policy.clone() {
        policies.push(own);
    }
    if let Some(name) = &words.compare {
        policies.push(policy(name, voice)?);
    }
    let alarm = question.alarm.as_ref();
    if policies.is_empty() && alarm.is_none() {
        return Err(Failure::Asked(
            "there is no policy\n  = help: name one with `--policy`, or put its `scaling` table into the document"
                .to_owned(),
        ));
    }
    let answers: Vec<Answer<'_>> = policies
        .iter()
        .map(|policy| replay::decide(policy, &question).map_err(|(what, advice)| asked(&what, &advice)))
        .collect::<Result<_, _>>()?;
    let mut told: Vec<&String> = Vec::new();
    for note in answers.iter().flat_map(|answer| &answer.notes) {
        if !told.contains(&note) {
            told.push(note);
        }
    }
    told.iter().for_each(|note| voice.warn(note));
    let document = AnswerDocument::of(question.title.clone(), &answers, alarm);
    if words.json {
        voice.pour(|out| {
            serde_json::to_writer(&mut *out, &document)?;
            writeln!(out)
        })?;
    } else {
        if let Some(alarm) = alarm {
            voice.say(&report::decide::alarm(&AlarmDocument::of(alarm)))?;
        }
        for answer in &answers {
            voice.pour(|out| report::decide::answer(answer, words.all, out))?;
        }
        if let [one, other] = answers.as_slice() {
            voice.pour(|out| report::decide::side_by_side(one, other, out))?;
        }
    }
    if let Some(folder) = folder {
        let text = serde_json::to_string_pretty(&document).expect("an answer holds nothing that JSON cannot say");
        let mut files = vec![("decisions.json".to_owned(), text.into_bytes())];
        files.extend(report::charts::of_decisions(&answers).into_iter().map(|(name, svg)| (name, svg.into_bytes())));
        folder.write(&files)?;
        voice.tell(&format!("Looks and chart: {}", folder.path().display()));
    }
    Ok(Ending::Done)
}

fn asked(what: &str, advice: &str) -> Failure {
    Failure::Asked(if advice.is_empty() { what.to_owned() } else { format!("{what}\n  = help: {advice}") })
}

/// What is seen: by a document, by recorded metrics, or by both.
fn question(words: &Words, voice: &mut Voice) -> Result<Question, Failure> {
    let mut question = match &words.document {
        Some(path) => {
            let source = files::text(path)?;
            let question =
                decide::question(&source, &Beside::new(path)).map_err(|faults| refused(&source, &faults, voice))?;
            warn(&source, &question.warnings, voice);
            if let Some(policy) = &question.policy {
                warn(&source, &policy.warnings, voice);
            }
            question
        }
        None if words.metrics.is_none() => {
            return Err(Failure::Asked(
                "nothing is seen\n  = help: name a document, or recorded metrics with `--metrics FILE`".to_owned(),
            ));
        }
        None => Question::default(),
    };
    if let Some(path) = &words.metrics {
        if !question.columns.times.is_empty() {
            return Err(Failure::Asked(
                "the document says what is seen, and so do the metrics\n  = help: keep one of them".to_owned(),
            ));
        }
        let name = path.display().to_string();
        let beside = Beside::new(Path::new(""));
        let bytes = beside.load(&name).map_err(Failure::Asked)?;
        let taking = Taking {
            time: words.time.clone(),
            unit: words.unit,
            take: words.take.iter().cloned().collect(),
            scale: words.scale.iter().cloned().collect(),
        };
        question.columns =
            decide::read_metrics(&name, &bytes, &taking).map_err(|(what, advice)| asked(&what, &advice))?;
    }
    question.workers = words.workers.or(question.workers);
    Ok(question)
}

/// A policy by its name on the command line.
fn policy(name: &str, voice: &mut Voice) -> Result<Policy, Failure> {
    let (path, of) = match name.rsplit_once(':') {
        Some((path, of)) if !Path::new(name).exists() => (Path::new(path), Some(of)),
        _ => (Path::new(name), None),
    };
    let source = files::text(path)?;
    let policy = decide::policy(&source, of, &Beside::new(path)).map_err(|faults| refused(&source, &faults, voice))?;
    warn(&source, &policy.warnings, voice);
    Ok(policy)
}

fn refused(source: &Source, faults: &[Complaint], voice: &mut Voice) -> Failure {
    voice.insist(&complain::of_scenario(source, faults));
    Failure::Told
}

fn warn(source: &Source, warnings: &[Complaint], voice: &mut Voice) {
    let warnings: Vec<Complaint> =
        warnings.iter().filter(|warning| warning.severity == Severity::Warning).cloned().collect();
    if !warnings.is_empty() {
        voice.tell(&complain::of_scenario(source, &warnings));
    }
}

/// Reads `METRIC=SERIES`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (word, series) = text.split_once('=').ok_or("expected METRIC=SERIES, as in `visible=m1`")?;
    Ok((word.trim().to_owned(), series.trim().to_owned()))
}

/// Reads `METRIC=FACTOR`.
fn factor(text: &str) -> Result<(String, f64), String> {
    let (word, factor) = pair(text)?;
    let number = factor.parse::<f64>().ok().filter(|number| number.is_finite());
    number.map(|number| (word, number)).ok_or_else(|| format!("`{factor}` is not a number to multiply by"))
}
