//! Everything that reads a file of somebody's, and what must hold whatever stands in it.
//!
//! Each is asked for the same: that it ends, does not panic, and where it refuses says so at a place inside the file. What is
//! accepted is used: a scenario is played for a while, a question answered, a list priced, a result drawn.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;

use queuelab::billing::{self, Format, PriceBook, UsageList};
use queuelab::cloud::bus::json;
use queuelab::cloud::bus::pattern::Pattern;
use queuelab::experiment::document::Document;
use queuelab::experiment::replay::{self, AlarmDocument, AnswerDocument};
use queuelab::experiment::{Limits, Options, RunError, run};
use queuelab::report;
use queuelab::scenario::decide::{self, Taking};
use queuelab::scenario::{Change, Complaint, Loader, NoFiles, Places, Scenario, Source, TEMPLATES, import, read};

use crate::tidy::files;

/// Something that reads files.
pub struct Reader {
    /// What it reads.
    pub name: &'static str,
    /// Files that it reads, and those over which it fell before: what is changed.
    pub corpus: fn() -> Vec<Vec<u8>>,
    /// Files that it refuses for one thing each: what is borrowed from.
    pub wrong: fn() -> Vec<Vec<u8>>,
    /// Reads one, and uses what was accepted; whether it was.
    pub reads: fn(&[u8]) -> bool,
}

/// All of them.
pub const READERS: &[Reader] = &[
    Reader { name: "scenario", corpus: scenarios, wrong: wrong_scenarios, reads: reads_scenario },
    Reader {
        name: "scenario-json",
        corpus: scenarios_of_json,
        wrong: wrong_scenarios_of_json,
        reads: reads_scenario_of_json,
    },
    Reader { name: "change", corpus: changes, wrong: none, reads: reads_change },
    Reader { name: "trace", corpus: traces, wrong: wrong_traces, reads: reads_trace },
    Reader { name: "question", corpus: questions, wrong: wrong_questions, reads: reads_question },
    Reader { name: "metrics", corpus: metrics, wrong: wrong_traces, reads: reads_metrics },
    Reader { name: "price-book", corpus: price_books, wrong: none, reads: reads_price_book },
    Reader { name: "usage", corpus: usages, wrong: none, reads: reads_usage },
    Reader { name: "import", corpus: imports, wrong: wrong_imports, reads: reads_import },
    Reader { name: "pattern", corpus: patterns, wrong: none, reads: reads_pattern },
    Reader { name: "result", corpus: results, wrong: none, reads: reads_result },
];

/// Files of folders, and those that were found by changing them.
fn corpus(name: &str, folders: &[&str], endings: &[&str]) -> Vec<Vec<u8>> {
    let own = files("tests/it/fuzz/corpus", &["txt"]);
    let own = own.into_iter().filter(|file| {
        let stem = Path::new(&file.path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        stem.starts_with(&format!("{name}."))
    });
    let theirs = folders.iter().flat_map(|folder| files(folder, endings));
    own.chain(theirs).map(|file| file.text.into_bytes()).collect()
}

fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

/// The files of a folder.
fn of_folder(folder: &str, endings: &[&str]) -> Vec<Vec<u8>> {
    files(folder, endings).into_iter().map(|file| file.text.into_bytes()).collect()
}

/// Bytes as the command line makes a text of them, which refuses what is none.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The files beside all others.
struct Beside;

impl Loader for Beside {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        if path.contains(['/', '\\']) || !path.ends_with(".csv") {
            return Err("there is no such file".to_owned());
        }
        ["tests/it/bad", "scenarios"]
            .iter()
            .find_map(|folder| std::fs::read(Path::new(folder).join(path)).ok())
            .ok_or_else(|| "there is no such file".to_owned())
    }
}

/// One file, by whatever name.
struct One<'a>(&'a [u8]);

impl Loader for One<'_> {
    fn load(&self, _: &str) -> Result<Vec<u8>, String> {
        Ok(self.0.to_vec())
    }
}

fn within(text: &str, span: &Range<usize>) {
    assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {}", text.len());
    assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{span:?} cuts a character");
}

/// Complaints stand inside the file, and can be printed.
fn told(source: &Source, places: &Places, complaints: &[Complaint]) {
    for complaint in complaints {
        for place in std::iter::once(&complaint.at).chain(complaint.also.iter().map(|(place, _)| place)) {
            if let Some(span) = places.locate(place) {
                within(&source.text, &span);
            }
        }
        assert!(!complaint.what.is_empty() && !complaint.plain_in(source, places).is_empty());
    }
}

/// Plays a scenario for a short while, on so little that a large one comes to its limits.
fn plays(scenario: &Scenario) {
    let limits = Limits { events: 20_000, memory: 256 << 20, ..Limits::default() };
    let options = Options { threads: Some(NonZeroUsize::MIN), replications: Some(1), limits, ..Options::default() };
    match run(scenario, options, &|_| {}) {
        Ok(found) => assert!(!found.document.to_json().is_empty()),
        Err(RunError::TooMuch(excess)) => assert!(!excess.to_string().is_empty()),
        Err(error) => panic!("{error}"),
    }
}

fn reads_with(source: &Source, loader: &dyn Loader, changes: &[Change]) -> bool {
    match read(source, loader, changes) {
        Ok(scenario) => {
            told(source, &Places::of(source), &scenario.warnings);
            plays(&scenario);
            true
        }
        Err(complaints) => {
            assert!(!complaints.is_empty(), "refused without a word");
            told(source, &Places::of(source), &complaints);
            false
        }
    }
}

fn scenarios() -> Vec<Vec<u8>> {
    let templates = TEMPLATES.iter().map(|template| template.text.as_bytes().to_vec());
    corpus("scenario", &["scenarios"], &["toml"]).into_iter().chain(templates).collect()
}

fn wrong_scenarios() -> Vec<Vec<u8>> {
    of_folder("tests/it/bad", &["toml"])
}

fn wrong_scenarios_of_json() -> Vec<Vec<u8>> {
    of_folder("tests/it/bad", &["json"])
}

fn reads_scenario(bytes: &[u8]) -> bool {
    reads_with(&Source::new("changed.toml", text(bytes)), &Beside, &[])
}

/// Those of TOML, written as JSON.
fn scenarios_of_json() -> Vec<Vec<u8>> {
    let as_json = |text: Vec<u8>| {
        let table: toml::Table = toml::from_str(&String::from_utf8(text).ok()?).ok()?;
        serde_json::to_vec_pretty(&table).ok()
    };
    let of_toml = corpus("scenario", &["scenarios"], &["toml"]).into_iter().filter_map(as_json);
    corpus("scenario-json", &[], &[]).into_iter().chain(of_toml).collect()
}

fn reads_scenario_of_json(bytes: &[u8]) -> bool {
    reads_with(&Source::new("changed.json", text(bytes)), &Beside, &[])
}

/// A setting that changes a scenario from beside it.
fn changes() -> Vec<Vec<u8>> {
    let changes = [
        "run.length=2h",
        "run.warm-up=auto",
        "work.process={ exponential = \"4s\" }",
        "topology.decoupled.pool.media.workers=4",
        "topology.decoupled.pool.media.scaling={ asg = { min = 1, max = 9, policies = [\"queue-length\"] } }",
        "topology.tiered.pool.web.steps=[{ work = \"process\" }]",
        "workload.uploads.arrivals={ users = { count = 9, think = \"1s\" } }",
        "goal={ \"completion.p99\" = \"10min\" }",
        "prices.own={ \"ec2.m5.large\" = \"$1/h\" }",
        "workload.uploads.client.retry.backoff={ doubling = { base = \"1s\", cap = \"20s\" } }",
    ];
    changes.iter().map(|change| change.as_bytes().to_vec()).chain(corpus("change", &[], &[])).collect()
}

fn reads_change(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let Some((path, value)) = text.split_once('=') else { return false };
    let change = Change { path: path.trim().to_owned(), value: value.trim().to_owned() };
    let scenario = std::fs::read_to_string("scenarios/video-upload.toml").expect("it is shipped");
    reads_with(&Source::new("video-upload.toml", scenario), &Beside, &[change])
}

fn traces() -> Vec<Vec<u8>> {
    corpus("trace", &["scenarios"], &["csv"])
}

fn wrong_traces() -> Vec<Vec<u8>> {
    of_folder("tests/it/bad", &["csv"])
}

/// The same file as instants, as counts of intervals, with works and groups of its own, as measured values, and as a metric.
fn reads_trace(bytes: &[u8]) -> bool {
    const USES: &[&str] = &[
        "workload.calls.arrivals = { trace = { file = \"t.csv\", time = \"timestamp\", value = \"value\", scale = 0.5 } }",
        "workload.calls.arrivals = { trace = { file = \"t.csv\", time = \"timestamp\", value = \"value\", repeat = true } }",
        "workload.calls.arrivals = { trace = { file = \"t.csv\", time = \"timestamp\" } }",
        "workload.calls.arrivals = { trace = { file = \"t.csv\", time = \"time\", work = { serve = \"value\" } } }",
        "workload.calls = { arrivals = { poisson = { rate = \"1/s\" } }, batch = { file = \"t.csv\", column = \"value\" } }",
    ];
    let mut taken = false;
    for used in USES {
        let scenario = format!(
            "run = {{ length = \"10min\" }}\n{used}\nwork = {{ serve = \"2s\" }}\n\
             topology.one.pool.app = {{ steps = [{{ work = \"serve\" }}] }}\n"
        );
        taken |= reads_with(&Source::new("traced.toml", scenario), &One(bytes), &[]);
    }
    taken
}

fn questions() -> Vec<Vec<u8>> {
    corpus("question", &[], &[])
}

fn wrong_questions() -> Vec<Vec<u8>> {
    of_folder("tests/it/bad-decide", &["toml"])
}

fn reads_question(bytes: &[u8]) -> bool {
    let source = Source::new("question.toml", text(bytes));
    let places = Places::of(&source);
    match decide::policy(&source, None, &NoFiles) {
        Ok(policy) => told(&source, &places, &policy.warnings),
        Err(complaints) => told(&source, &places, &complaints),
    }
    let question = match decide::question(&source, &NoFiles) {
        Ok(question) => question,
        Err(complaints) => {
            assert!(!complaints.is_empty(), "refused without a word");
            told(&source, &places, &complaints);
            return false;
        }
    };
    told(&source, &places, &question.warnings);
    if let Some(alarm) = &question.alarm {
        assert!(!report::decide::alarm(&AlarmDocument::of(alarm)).is_empty());
    }
    if let Some(policy) = &question.policy {
        match replay::decide(policy, &question) {
            Ok(answer) => {
                report::decide::answer(&answer, true, &mut Vec::new()).expect("a vector takes everything");
                report::charts::of_decisions(std::slice::from_ref(&answer));
                let document = AnswerDocument::of(question.title.clone(), std::slice::from_ref(&answer), None);
                assert!(serde_json::to_string(&document).is_ok());
            }
            Err((what, _)) => assert!(!what.is_empty()),
        }
    }
    true
}

fn metrics() -> Vec<Vec<u8>> {
    let csv = corpus("metrics", &["scenarios"], &["csv"]);
    let json = [
        r#"{"MetricDataResults": [{"Id": "m1", "Label": "ApproximateNumberOfMessagesVisible",
            "Timestamps": ["2024-05-01T12:00:00+00:00", "2024-05-01T12:01:00+00:00"], "Values": [3.0, 4.5],
            "StatusCode": "Complete"}], "Messages": []}"#,
        r#"{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {"__name__": "cpu", "pod": "a"},
            "values": [[1714564800, "0.5"], [1714564815, "NaN"], [1714564830.5, "+Inf"]]}]}}"#,
    ];
    csv.into_iter().chain(json.iter().map(|text| text.as_bytes().to_vec())).collect()
}

fn reads_metrics(bytes: &[u8]) -> bool {
    let mut taken = false;
    for (word, from) in [("visible", "m1"), ("cpu", "cpu"), ("visible", "value")] {
        let taking = Taking {
            take: [(word.to_owned(), from.to_owned())].into_iter().collect(),
            scale: [(word.to_owned(), 0.01)].into_iter().collect(),
            ..Taking::default()
        };
        match decide::read_metrics("metrics", bytes, &taking) {
            Ok(_) => taken = true,
            Err((what, _)) => assert!(!what.is_empty()),
        }
    }
    taken
}

fn price_books() -> Vec<Vec<u8>> {
    let mut books = corpus("price-book", &["src/billing/books"], &["toml"]);
    // The whole of one is larger than what is changed: each of its lists by itself, with the head of all.
    let lists = |book: &Vec<u8>| {
        let text = text(book);
        let (head, lists) = text.split_once("[[list]]").unwrap_or((&text, ""));
        let one =
            |list: &str| head.lines().chain(["[[list]]"]).chain(list.lines().take(60)).collect::<Vec<_>>().join("\n");
        lists.split("[[list]]").map(|list| one(list).into_bytes()).collect::<Vec<_>>()
    };
    let lists: Vec<Vec<u8>> = books.iter().flat_map(lists).collect();
    books.retain(|book| book.len() < 16 << 10);
    books.extend(lists);
    books
}

fn reads_price_book(bytes: &[u8]) -> bool {
    let text = text(bytes);
    match PriceBook::read("changed", &text) {
        Ok(book) => {
            let list = UsageList::read(UsageList::EXAMPLE, Format::Toml).expect("it is shipped");
            if billing::missing(&list.usage, &book).is_empty() {
                billing::total(&billing::invoice(&list.usage, &book));
            }
            let items: Vec<_> = book.items().collect();
            assert!(report::bill::prices(&items, &[]).len() > items.len() && !book.digest().is_empty());
            true
        }
        Err(flaws) => {
            assert!(!flaws.is_empty(), "refused without a word");
            flaws.iter().filter_map(|flaw| flaw.span.as_ref()).for_each(|span| within(&text, span));
            false
        }
    }
}

fn usages() -> Vec<Vec<u8>> {
    let csv = "what,name,lasts,connections,active,gb,rules,requests\nbalancer,front,1h15min,180000,4500,1.2,12,180000\n\
               balancer,front,,9000,60,0.75,,";
    let own = [UsageList::EXAMPLE, csv].map(|text| text.as_bytes().to_vec());
    own.into_iter().chain(corpus("usage", &[], &[])).collect()
}

fn reads_usage(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let mut taken = false;
    for format in [Format::Toml, Format::Csv, Format::Json] {
        match UsageList::read(&text, format) {
            Ok(list) => {
                let book = list.prices(PriceBook::us_east_1());
                if billing::missing(&list.usage, &book).is_empty() {
                    billing::total(&billing::invoice(&list.usage, &book));
                }
                taken = true;
            }
            Err(flaws) => {
                assert!(!flaws.is_empty(), "refused without a word");
                flaws.iter().filter_map(|flaw| flaw.span.as_ref()).for_each(|span| within(&text, span));
            }
        }
    }
    taken
}

fn imports() -> Vec<Vec<u8>> {
    corpus("import", &["tests/it/import/cases", "scenarios"], &["yaml", "json"])
}

fn wrong_imports() -> Vec<Vec<u8>> {
    of_folder("tests/it/import/wrong", &["yaml", "json"])
}

fn reads_import(bytes: &[u8]) -> bool {
    let source = Source::new("changed.yaml", text(bytes));
    match import::import(std::slice::from_ref(&source), "imported") {
        Ok(imported) => {
            // What is printed is TOML, whatever names stood in the file.
            toml::from_str::<toml::Table>(&imported.fragment)
                .unwrap_or_else(|error| panic!("{error}\n{}", imported.fragment));
            true
        }
        Err(each) => {
            assert!(each.iter().any(|complaints| !complaints.is_empty()), "refused without a word");
            each.iter().for_each(|complaints| told(&source, &Places::of_bytes(), complaints));
            false
        }
    }
}

/// Patterns, each with an event in the next line.
fn patterns() -> Vec<Vec<u8>> {
    let tables = files("tests/it/patterns", &["txt"]);
    let lines = tables.iter().flat_map(|table| table.text.lines());
    let mut cases: Vec<Vec<u8>> = Vec::new();
    let mut pattern = String::new();
    for line in lines {
        if let Some(text) = line.strip_prefix("pattern ").or_else(|| line.strip_prefix("invalid ")) {
            text.rsplit_once(" @").map_or(text, |(text, _)| text).clone_into(&mut pattern);
            cases.push(format!("{pattern}\n{{}}").into_bytes());
        } else if let Some(event) = line.strip_prefix("+ ").or_else(|| line.strip_prefix("- ")) {
            cases.push(format!("{pattern}\n{event}").into_bytes());
        }
    }
    cases.into_iter().chain(corpus("pattern", &[], &[])).collect()
}

fn reads_pattern(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let (pattern, event) = text.rsplit_once('\n').unwrap_or((&text, "{}"));
    let spans = |text: &str, objections: &[json::Objection]| {
        objections.iter().filter_map(|objection| objection.span.as_ref()).for_each(|span| within(text, span));
    };
    let event = match json::event(event) {
        Ok((value, objections)) => {
            spans(event, &objections);
            Some(value)
        }
        Err(objection) => {
            spans(event, &[objection]);
            None
        }
    };
    match Pattern::read(pattern) {
        Ok((read, objections)) => {
            spans(pattern, &objections);
            if let Some(event) = event {
                assert_eq!(read.matches(&event), read.explain(&event).is_none(), "it says why it does not match");
            }
            true
        }
        Err(objections) => {
            assert!(!objections.is_empty(), "refused without a word");
            spans(pattern, &objections);
            false
        }
    }
}

/// A result of two topologies.
fn results() -> Vec<Vec<u8>> {
    let scenario = "run = { length = \"10min\", warm-up = \"1min\", series = \"2min\", replications = 2 }\n\
                    workload.jobs.arrivals = { poisson = { rate = \"1/s\" } }\nwork = { serve = { exponential = \"1s\" } }\n\
                    goal = { \"completion.p99\" = \"10s\" }\n\
                    topology.one.pool.app = { steps = [{ work = \"serve\" }], workers = 2 }\n\
                    topology.two.pool.app = { steps = [{ work = \"serve\" }], scaling = { asg = { max = 4 } } }\n";
    let scenario = read(&Source::new("result.toml", scenario), &NoFiles, &[]).expect("nothing is wrong with it");
    let options = Options { threads: Some(NonZeroUsize::MIN), ..Options::default() };
    let document = run(&scenario, options, &|_| {}).expect("it runs").document;
    std::iter::once(document.to_json().into_bytes()).chain(corpus("result", &[], &[])).collect()
}

fn reads_result(bytes: &[u8]) -> bool {
    let Ok(document) = Document::from_json(&text(bytes)) else { return false };
    for written in [report::table(&document, 100, true), report::markdown(&document), report::bill(&document)] {
        assert!(!written.is_empty());
    }
    assert!(!report::csv::all(&document).is_empty());
    report::charts::all(&document);
    report::why::why(&document);
    true
}
