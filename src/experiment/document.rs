//! The result document: all that tables, charts, reports and checks read, and nothing else.
//!
//! Nothing in it depends on the clock, the machine or the number of threads. Figures are numbers in SI units
//! with their unit beside them; money and billed quantities are exact decimal strings.

use std::io::{self, Write};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::billing::{Line, PriceBook};
use crate::scenario::Defaults;

/// The `schema` of documents that this version writes.
pub const SCHEMA: &str = "queuelab/result/1";

/// What a run of a scenario found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// Where it came from.
    pub scenario: ScenarioStamp,
    /// Which prices it was billed by.
    pub prices: PriceStamp,
    /// The seed of every draw.
    pub seed: u64,
    /// How many replications each topology had.
    pub replications: u32,
    /// Simulated seconds, warm-up included.
    pub length: f64,
    /// Seconds at the start that no figure counts.
    pub warm_up: f64,
    /// Whether pilot replications have found that; else somebody has said it.
    #[serde(default)]
    pub warm_up_found: bool,
    /// By name, in the order of the file.
    pub topologies: IndexMap<String, TopologyResult>,
    /// Paired differences between topologies.
    pub differences: Vec<Difference>,
    /// A verdict for each goal and topology.
    pub goals: Vec<Verdict>,
    /// Whether somebody has stopped the run before all of its replications were done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// What a reader should know before believing it: overload, too few replications.
    pub warnings: Vec<String>,
}

impl Document {
    /// As a file holds it: tables are indented, a list stands on one line.
    pub fn to_json(&self) -> String {
        let mut text = Vec::new();
        let mut writer = Serializer::with_formatter(&mut text, Layout::default());
        self.serialize(&mut writer).expect("a document holds only text, finite numbers and lists");
        text.push(b'\n');
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// From a file; the sentence says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Document, String> {
        /// What is read first, so that another version's result is called that and not a list of missing keys.
        #[derive(Deserialize)]
        struct Stamp {
            schema: String,
        }
        let stamp: Stamp = serde_json::from_str(text).map_err(|error| format!("not a result of queuelab: {error}"))?;
        if stamp.schema != SCHEMA {
            return Err(format!("a result of the form `{}`; this version reads `{SCHEMA}`", stamp.schema));
        }
        serde_json::from_str(text).map_err(|error| format!("a damaged result: {error}"))
    }
}

/// How a document's JSON is laid out.
#[derive(Default)]
struct Layout {
    /// How deep in tables.
    depth: usize,
    /// How deep in lists; in a list everything stands on its line.
    lists: usize,
}

impl Layout {
    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        if self.lists > 0 {
            return Ok(());
        }
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.lists += 1;
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.lists -= 1;
        out.write_all(b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.new_line(out)?;
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        self.new_line(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

/// The scenario that was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioStamp {
    /// Its question.
    pub title: String,
    /// A digest of the file, of the files it names, and of the settings changed by hand.
    pub digest: String,
    /// What held where the file says nothing: `textbook` or `documented`.
    #[serde(default)]
    pub defaults: Defaults,
}

/// The price book that was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceStamp {
    /// Its name.
    pub book: String,
    /// A digest of it and of the scenario's own prices.
    pub digest: String,
    /// The newest date of its prices.
    pub as_of: String,
}

impl PriceStamp {
    /// That of a book.
    pub fn of(book: &PriceBook) -> PriceStamp {
        PriceStamp { book: book.name.clone(), digest: book.digest(), as_of: book.as_of().to_owned() }
    }
}

/// A figure with its 95 % interval over replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The mean of the replications' figures; `None` where there was nothing to measure.
    pub value: Option<f64>,
    /// The interval's lower end; `None` with fewer than two replications.
    pub low: Option<f64>,
    /// The interval's upper end.
    pub high: Option<f64>,
    /// `s`, `1/s`, `1` (a share or a number), `$`.
    pub unit: String,
}

/// What one topology did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TopologyResult {
    /// Of the whole: `answer.p99`, `completion.mean`, `lost`, `lost.timed-out`, `availability`, `cost.total` …
    pub figures: IndexMap<String, Figure>,
    /// Of each node, as `pool.media`, `queue.uploads`: `wait.mean`, `utilisation`, `workers.ready` …
    pub nodes: IndexMap<String, NodeResult>,
    /// Of each workload, where there are several: the same figures as the whole.
    pub workloads: IndexMap<String, NodeResult>,
    /// What queueing theory says of some of these figures, where its assumptions hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub theory: Vec<Theory>,
    /// The bill of 0 to length: the mean of the replications, line by line.
    pub bill: Vec<BillLine>,
    /// How the replications went over time.
    pub series: Series,
    /// Latency tails, pooled over replications: `answer`, `completion`.
    pub tails: IndexMap<String, Tail>,
    /// The changes that controllers made in the first replication, at most the last thousand.
    pub decisions: Vec<DecisionRecord>,
    /// How often controllers looked at each pool, by the reason for what they decided, over all replications.
    pub looks: IndexMap<String, IndexMap<String, u64>>,
    /// The figures of each replication, in the order of their numbers; `None` where there was nothing to measure. Of
    /// the whole by name, of nodes as `pool.media.wait.p99`, of workloads (where there are several) as
    /// `uploads.answer.p99`.
    pub replications: IndexMap<String, Vec<Option<f64>>>,
}

/// What theory says of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theory {
    /// Its whole name, as `pool.app.wait.mean`.
    pub of: String,
    /// The exact value, in the figure's unit.
    pub exact: f64,
    /// The formula: `M/M/c, Erlang C`.
    pub by: String,
}

/// The figures of one node or workload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeResult {
    /// By name.
    pub figures: IndexMap<String, Figure>,
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillLine {
    /// Whose use it was: `pool.media`.
    pub node: String,
    /// The price book's item: `ec2.c5.large`.
    pub item: String,
    /// How much was billed, after the provider's rounding: an exact decimal.
    pub quantity: String,
    /// Of what: `s`, `request`, `GB-month`.
    pub unit: String,
    /// Dollars for `per` units.
    pub price: String,
    /// How many units the price is for.
    pub per: String,
    /// Dollars: an exact decimal.
    pub cost: String,
    /// The price's date.
    pub as_of: String,
    /// Where the price was read.
    pub source: String,
    /// How much was really used, before started units, minimums and chunks: an exact decimal, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<String>,
    /// Dollars of the cost for what rounding up and minimums added to that: an exact decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<String>,
    /// Dollars of the cost for slots that nobody held: an exact decimal, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wasted: Option<String>,
}

impl From<&Line> for BillLine {
    fn from(line: &Line) -> BillLine {
        BillLine {
            node: line.node.clone(),
            item: line.item.clone(),
            quantity: line.quantity.to_string(),
            unit: line.unit.to_owned(),
            price: line.price.to_string(),
            per: line.per.to_string(),
            cost: line.cost.to_string(),
            as_of: line.as_of.clone(),
            source: line.source.clone(),
            exact: line.exact.map(|exact| exact.to_string()),
            rounding: line.rounding.map(|rounding| rounding.to_string()),
            wasted: line.wasted.map(|wasted| wasted.to_string()),
        }
    }
}

/// Levels and rates over time, on a grid of equal cells from 0 to length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Seconds of a cell.
    pub step: f64,
    /// By name, the mean over replications of each cell. `arrivals`, `completions`, `lost` (a second);
    /// `pool.media.line`, `.busy`, `.ready`, `.booting`, `.desired`; `queue.uploads.visible`, `.in-flight`.
    pub values: IndexMap<String, Vec<f64>>,
    /// The same of the first replication alone: one run as it happened.
    pub first: IndexMap<String, Vec<f64>>,
}

/// How many were slower than a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// Seconds, and the share of measured requests slower than that; falling.
    pub points: Vec<(f64, f64)>,
    /// Requests measured, over all replications.
    pub measured: u64,
    /// Requests lost, over all replications: they have no latency, and must be shown beside it.
    pub lost: u64,
}

/// One change that a controller made or held back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Seconds since the start.
    pub at: f64,
    /// Whose size: `pool.media`.
    pub node: String,
    /// Workers wanted before.
    pub from: u32,
    /// Workers wanted after.
    pub to: u32,
    /// Why, as a sentence.
    pub why: String,
}

/// A difference between two topologies, replication by replication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The figure.
    pub of: String,
    /// Subtracted.
    pub from: String,
    /// Subtracted from.
    pub to: String,
    /// The mean of the differences.
    pub value: Option<f64>,
    /// The interval's lower end.
    pub low: Option<f64>,
    /// The interval's upper end.
    pub high: Option<f64>,
    /// The figure's unit.
    pub unit: String,
    /// How sure the interval is: the more pairs there are, the surer each, so that all hold together with 95 %.
    #[serde(default = "usual_confidence")]
    pub confidence: f64,
    /// How wide the interval is, compared with what draws of its own for each topology would have given: 0.3 of that, say.
    #[serde(default)]
    pub narrowed: Option<f64>,
}

/// How sure intervals are where a document does not say.
fn usual_confidence() -> f64 {
    0.95
}

/// Whether one topology met one goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The figure.
    pub of: String,
    /// Its limit, in the figure's unit.
    pub limit: f64,
    /// Whether the figure must stay below the limit (latency, loss, money) or above it (availability, goodput).
    pub at_most: bool,
    /// Who.
    pub topology: String,
    /// Lost requests count as infinitely late, so this is not always the figure of the table.
    pub value: Option<f64>,
    /// The interval's lower end.
    pub low: Option<f64>,
    /// The interval's upper end.
    pub high: Option<f64>,
    /// The finding.
    pub verdict: Finding,
}

/// What became of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The whole interval is on the right side of the limit.
    Met,
    /// The whole interval is on the wrong side.
    Missed,
    /// The interval straddles the limit: more replications would tell.
    Undecided,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let figure = Figure { value: Some(0.1 + 0.2), low: Some(1.0 / 3.0), high: None, unit: "s".into() };
        let topology = TopologyResult {
            figures: IndexMap::from([("completion.p99".to_owned(), figure)]),
            replications: IndexMap::from([("completion.p99".to_owned(), vec![Some(2.0 / 3.0), None])]),
            ..TopologyResult::default()
        };
        let verdict = Verdict {
            of: "completion.p99".into(),
            limit: 600.0,
            at_most: true,
            topology: "tiered".into(),
            value: None,
            low: None,
            high: None,
            verdict: Finding::Missed,
        };
        Document {
            schema: SCHEMA.into(),
            program: "queuelab".into(),
            scenario: ScenarioStamp { title: "Which?".into(), digest: "abc".into(), defaults: Defaults::Textbook },
            prices: PriceStamp { book: "us-east-1".into(), digest: "def".into(), as_of: "2026-01-01".into() },
            seed: u64::MAX,
            replications: 2,
            length: 28_800.0,
            warm_up: 0.0,
            warm_up_found: false,
            topologies: IndexMap::from([("tiered".to_owned(), topology)]),
            differences: vec![],
            goals: vec![verdict],
            incomplete: false,
            warnings: vec![],
        }
    }

    /// To the last bit, whatever the figures: reports of a file and of a run are the same.
    #[test]
    fn a_document_comes_back_from_its_file_as_it_was() {
        let mut document = document();
        let mut chance = crate::ground::chance::Key::root(1, 0).stream();
        let figures = (0..10_000).map(|_| Some(1e3 * crate::ground::chance::unit(&mut chance))).collect();
        document.topologies["tiered"].replications.insert("answer.mean".into(), figures);
        assert_eq!(Document::from_json(&document.to_json()), Ok(document));
    }

    /// A column of replications stays a line: a result can be read, and compared line by line.
    #[test]
    fn lists_stand_on_one_line_each() {
        let text = document().to_json();
        assert!(text.starts_with("{\n  \"schema\": \"queuelab/result/1\",\n"), "{text}");
        assert!(text.contains("\n        \"completion.p99\": [0.6666666666666666,null]"), "{text}");
        assert!(text.ends_with("}\n"));
    }

    #[test]
    fn what_is_no_result_is_refused_with_a_sentence() {
        let refused = |text: &str| Document::from_json(text).expect_err("it is no result");
        assert!(refused("no").starts_with("not a result of queuelab"));
        let newer = document().to_json().replace(SCHEMA, "queuelab/result/9");
        assert_eq!(refused(&newer), "a result of the form `queuelab/result/9`; this version reads `queuelab/result/1`");
        let damaged = document().to_json().replace("\"seed\"", "\"seat\"");
        assert!(refused(&damaged).starts_with("a damaged result: missing field `seed`"), "{}", refused(&damaged));
    }
}
