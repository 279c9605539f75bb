//! A scenario file becomes checked data, or a list of complaints: all of them, each with its place and what to do.
//!
//! The way of a text: [`tree`] (TOML or JSON, with places) → `change` (settings from beside the file) → [`draft`]
//! (plain structs, derived) → `files` (traces, measured values) → [`rules`] (a check a file) → [`build`] (names become
//! numbers). After [`read`] nothing can refuse.

mod assumptions;
mod build;
mod change;
mod complaint;
mod cron;
pub mod decide;
mod digest;
mod documented;
mod draft;
mod figures;
mod files;
pub mod import;
mod json;
mod later;
mod laws;
mod place;
mod prices;
mod reader;
mod rules;
mod schema;
mod sight;
mod source;
mod steady;
mod templates;
mod trace;
mod tree;
mod words;
mod works;

pub use assumptions::{Assumption, Given, assumable, assumptions, more_is_better};
pub use complaint::{CODES, Complaint, Severity, did_you_mean, nearest};
pub use draft::run::Defaults;
pub use place::{Key, Place, Places, locate};
pub use schema::schema;
pub use source::{Change, Loader, NoFiles, Source};
pub use templates::{TEMPLATES, Template};
pub use words::{Word, words};

use crate::billing::{self, PriceBook};
use crate::cloud::topology::{Application, Topology};
use crate::ground::time::Span;
use crate::scenario::build::Builder;
use crate::scenario::draft::Draft;
use crate::scenario::draft::run::{Precision as DraftPrecision, WarmUp as DraftWarmUp};
use crate::scenario::draft::words::Replications as DraftReplications;
use crate::scenario::files::Files;
use crate::scenario::rules::{FORESIGHTS, RULES};
use crate::scenario::sight::Sight;
use crate::scenario::works::Works;

/// A description that has passed every check. Nothing after this can refuse it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its question, for headings.
    pub title: String,
    /// SHA-256 of the text, of the files it names and of the changes beside it.
    pub digest: String,
    /// How long, how often, with which chance.
    pub run: RunPlan,
    /// The requests and what they need, the same for every architecture.
    pub application: Application,
    /// The architectures, in the order of the file.
    pub topologies: Vec<Topology>,
    /// What the bill is priced from: a book, and own prices over it.
    pub prices: PriceBook,
    /// What must hold.
    pub goals: Vec<Goal>,
    /// What is legal but surely not meant.
    pub warnings: Vec<Complaint>,
}

/// How long is simulated, how often, and with which chance.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlan {
    /// Simulated time, warm-up included; `None`: until every request has ended.
    pub length: Option<Span>,
    /// The start that no figure counts; nothing where it is still to be found.
    pub warm_up: Span,
    /// Whether pilot replications find the warm-up.
    pub finds_warm_up: bool,
    /// Requests that are born from here on count no more; `None`: all that are born after the warm-up do. No file says it:
    /// who asks about a part of a run does.
    pub until: Option<Span>,
    /// Nothing varies with the clock: the system may come to a steady state.
    pub is_steady: bool,
    /// How long after `length` requests are followed to their end; `None` where there is no length.
    pub drain: Option<Span>,
    /// How many times the whole is played.
    pub replications: Replications,
    /// Where all chance begins.
    pub seed: u64,
    /// The step of the recorded series; `None` where there is no length.
    pub series: Option<Span>,
    /// Instants whose states are kept; `None`: none.
    pub snapshots: Option<SnapshotPlan>,
    /// What holds where the file says nothing.
    pub defaults: Defaults,
}

/// Instants whose states are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotPlan {
    /// The instants, in their order.
    pub at: Vec<Span>,
    /// The cycle whose instants they are; `None`: each is one instant of the run.
    pub every: Option<Span>,
}

/// How many times the whole is played.
#[derive(Clone, Debug, PartialEq)]
pub enum Replications {
    /// So many.
    Fixed(u32),
    /// Until a figure is known well enough, judged at fixed counts.
    Precision {
        /// How wide half the interval may be.
        width: Width,
        /// The figure.
        of: String,
        /// Never fewer.
        at_least: u32,
        /// Never more.
        at_most: u32,
        /// How sure the interval is.
        confidence: f64,
    },
}

/// How wide half an interval may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// As a share of the figure.
    Share(f64),
    /// In the figure's own unit: seconds, dollars, a share.
    Amount(f64),
}

/// A figure and its limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The figure, as `completion.p99`, `media.wait.p99` or `uploads.lost`.
    pub of: String,
    /// Its limit, in SI units or dollars.
    pub limit: f64,
    /// Whether the figure must stay at or below the limit, or else at or above.
    pub at_most: bool,
}

/// Steps of the recorded series where the file does not say.
const CELLS: u64 = 480;

/// Reads, checks and builds.
///
/// # Errors
/// Everything that is the matter, warnings included, in the order of the file.
pub fn read(source: &Source, loader: &dyn Loader, changes: &[Change]) -> Result<Scenario, Vec<Complaint>> {
    let mut tree = tree::parse(source)?;
    let mut complaints = Vec::new();
    let mut changed = Vec::new();
    for change in changes {
        match change::apply(&mut tree, change) {
            Ok(place) => changed.push((place, change)),
            Err(complaint) => complaints.push(*complaint),
        }
    }
    if documented::holds_for(&tree) {
        documented::fill(&mut tree);
    }
    let derived = reader::derive::<Draft>(&tree);
    let found = derived.draft.as_ref().and_then(|draft| {
        let whole =
            Whole { source, loader, changes, tree: &tree, draft, faults: &derived.complaints, holes: &derived.holes };
        look(&whole, &mut complaints)
    });
    complaints.extend(derived.complaints);
    mark_changes(&mut complaints, &changed);
    sort(&mut complaints, source);
    match found {
        Some(scenario) if complaints.iter().all(|complaint| complaint.severity == Severity::Warning) => {
            Ok(Scenario { warnings: complaints, ..scenario })
        }
        _ => Err(complaints),
    }
}

/// All that a scenario is made of.
struct Whole<'a> {
    source: &'a Source,
    loader: &'a dyn Loader,
    changes: &'a [Change],
    tree: &'a tree::Tree,
    draft: &'a Draft,
    faults: &'a [Complaint],
    holes: &'a reader::Holes,
}

/// Checks a draft, and builds from it where nothing stands against it.
fn look(whole: &Whole<'_>, complaints: &mut Vec<Complaint>) -> Option<Scenario> {
    let Whole { source, loader, changes, tree, draft, faults, holes } = *whole;
    let works = Works::of(draft);
    let too_much = rules::limits::check(draft, tree, &works);
    if !too_much.is_empty() {
        complaints.extend(too_much);
        return None;
    }
    let mut found = Vec::new();
    let mut files = Files::load(draft, &works, loader, &mut found);
    let recordings = std::mem::take(&mut files.recordings);
    let book = prices::book(&draft.prices, &mut files, loader, &mut found);
    let sight = Sight { draft, tree, works: &works, files: &files, book: &book, faults, holes, for_decide: false };
    found.extend(RULES.iter().flat_map(|rule| (rule.check)(&sight)));
    for complaint in &mut found {
        complaint.at = holes.restore(&complaint.at);
        complaint.also.iter_mut().for_each(|(place, _)| *place = holes.restore(place));
    }
    // What misses a part of a table, or counts the entries of a list, may miss what was left out for a fault of its own.
    found.retain(|complaint| !(matches!(complaint.code, "E108" | "E201") && holes.right_under(&complaint.at)));
    let refused = !faults.is_empty() || found.iter().any(|complaint| complaint.severity == Severity::Error);
    complaints.extend(found);
    if refused {
        return None;
    }
    let goals = goals(&sight);
    let mut builder = Builder::new(&sight, recordings);
    let (application, topologies) = (builder.application(), builder.topologies());
    if let Some(slip) = builder.slips.into_iter().next() {
        complaints.push(
            Complaint::error("E011", Place::top(), slip)
                .advise("this slipped past the checks: please report it with the scenario"),
        );
        return None;
    }
    for topology in &topologies {
        complaints
            .extend(billing::check(topology, &book).into_iter().map(|missing| unpriced(topology, &book, missing)));
    }
    let length = draft.run.length.map(|length| length.0);
    for foresight in FORESIGHTS {
        complaints.extend(topologies.iter().flat_map(|topology| (foresight.check)(&application, topology, length)));
    }
    let varies = steady::varies(&application, &topologies, draft);
    if draft.run.warm_up == Some(DraftWarmUp::Auto)
        && let Some(why) = &varies
    {
        let what = format!("a warm-up that is found by itself needs a system that comes to rest, and {why}");
        complaints.push(
            Complaint::error("E108", Place::of(&["run", "warm-up"]), what)
                .advise("give it as a duration, such as `\"30min\"`, or take it out"),
        );
        return None;
    }
    let title = draft.title.clone().unwrap_or_else(|| stem(&source.name));
    let digest = digest::digest(source, &files, changes);
    Some(Scenario {
        title,
        digest,
        run: run_plan(&sight, varies.is_none()),
        application,
        topologies,
        prices: book,
        goals,
        warnings: Vec::new(),
    })
}

/// Something that a topology would use, and that a book of one's own forgot.
fn unpriced(topology: &Topology, book: &PriceBook, missing: billing::MissingPrice) -> Complaint {
    let (kind, name) = missing.node.split_once('.').unwrap_or(("pool", &missing.node));
    let what = format!(
        "{kind} `{name}` of topology `{}` uses `{}`, and the price book `{}` has no price for it",
        topology.name, missing.item, book.name
    );
    Complaint::error("E501", Place::of(&["topology", &topology.name, kind, name]), what)
        .advise(format!("add it to the book, or to `[prices.own]`: `\"{}\" = \"$…\"`", missing.item))
}

fn goals(sight: &Sight<'_>) -> Vec<Goal> {
    let goals = sight.draft.goal.iter().filter_map(|(name, limit)| {
        let figure = rules::goals::figure(sight, name).ok()?;
        let limit = rules::goals::read(figure, name, limit).ok()?;
        Some(Goal { of: rules::goals::canonical(name), limit, at_most: !figure.at_least })
    });
    goals.collect()
}

/// How precise a figure must be, as the file says it.
fn width(sight: &Sight<'_>, until: &DraftPrecision) -> Width {
    let amount = until.within.as_ref().and_then(|limit| {
        let figure = rules::goals::figure(sight, &until.of).ok()?;
        rules::goals::read(figure, &until.of, limit).ok()
    });
    amount.map_or(Width::Share(until.precision.map_or(0.05, |share| share.0)), Width::Amount)
}

fn run_plan(sight: &Sight<'_>, steady: bool) -> RunPlan {
    let run = &sight.draft.run;
    let length = run.length.map(|length| length.0);
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    RunPlan {
        length,
        warm_up: match run.warm_up {
            Some(DraftWarmUp::Of(span)) => span,
            Some(DraftWarmUp::Auto) | None => Span::ZERO,
        },
        finds_warm_up: steady && length.is_some() && !matches!(run.warm_up, Some(DraftWarmUp::Of(_))),
        until: None,
        is_steady: steady,
        drain: run.drain.map(|time| time.0).or(length),
        replications: match &run.replications {
            None => Replications::Fixed(20),
            Some(DraftReplications::Count(number)) => Replications::Fixed(u32::try_from(*number).unwrap_or(20)),
            Some(DraftReplications::Until(until)) => Replications::Precision {
                width: width(sight, until),
                of: rules::goals::canonical(&until.of),
                at_least: until.at_least.map_or(10, |number| count(number.0)),
                at_most: until.at_most.map_or(1_000, |number| count(number.0)),
                confidence: until.confidence.map_or(0.95, |share| share.0),
            },
        },
        seed: run.seed.map_or(1, |seed| seed.0),
        snapshots: run.snapshots.as_ref().map(|snapshots| SnapshotPlan {
            at: snapshots.at.iter().map(|time| time.0).collect(),
            every: snapshots.every.map(|time| time.0),
        }),
        defaults: run.defaults.unwrap_or_default(),
        series: run.series.map(|time| time.0).or(length.map(|length| Span::from_nanos(length.nanos().div_ceil(CELLS)))),
    }
}

/// A file's name without its folder and ending.
fn stem(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

/// A value set beside the file does not stand in it: the complaint says where it comes from.
fn mark_changes(complaints: &mut [Complaint], changed: &[(Place, &Change)]) {
    for complaint in complaints {
        let by = changed.iter().rev().find(|(place, _)| !place.keys().is_empty() && complaint.at.is_within(place));
        if let Some((_, change)) = by {
            complaint.what.push_str(&format!(" (set by `--set {}={}`)", change.path, change.value));
        }
    }
}

/// In the order of the text; what has no place in it comes first.
fn sort(complaints: &mut Vec<Complaint>, source: &Source) {
    let places = Places::of(source);
    let start = |complaint: &Complaint| places.locate(&complaint.at).map(|range| range.start);
    complaints.sort_by_cached_key(|complaint| (start(complaint), complaint.severity, complaint.code));
    complaints.dedup();
}

#[cfg(test)]
mod tests;
