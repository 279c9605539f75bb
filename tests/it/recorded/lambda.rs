//! Two recorded runs of a function of AWS Lambda, replayed by their own instants and durations: how often is a new
//! environment needed? (pacslab/serverless-performance-modeling, Mahmoudi and Khazaei; MIT.)

use std::collections::BTreeSet;
use std::path::Path;

use queuelab::cloud::fact::{Fact, Start};
use queuelab::cloud::world::{Horizon, simulate};
use queuelab::engine::Observer;
use queuelab::experiment::{Options, run};
use queuelab::ground::chance::Key;
use queuelab::ground::time::SimTime;
use queuelab::report::charts;
use queuelab::scenario::{NoFiles, Source, read};

/// One idle lifetime for all runs: AWS does not say how long it is, and two years later experiments found longer ones.
const IDLE: &str = "10min";

/// Counts runs, and those in new environments.
#[derive(Default)]
struct Runs {
    all: usize,
    cold: usize,
    /// When the number of environments changed, and by how much.
    changes: Vec<(f64, i64)>,
}

impl Observer<Fact> for Runs {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        match fact {
            Fact::Invoked { start, .. } => {
                self.all += 1;
                self.cold += usize::from(*start == Start::Cold);
            }
            Fact::Launched { .. } => self.changes.push((at.seconds(), 1)),
            Fact::Gone { .. } => self.changes.push((at.seconds(), -1)),
            _ => (),
        }
    }
}

/// One invocation: when it was sent and for how long it was served, in seconds; whether in a new environment, and in which.
struct Row {
    at: f64,
    lasts: f64,
    is_cold: bool,
    environment: String,
}

fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let heads = reader.headers().expect("a heading").clone();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap_or_else(|| panic!("no `{name}`"));
    let columns = ["client_start_time", "client_elapsed_time", "is_cold", "exist_id"].map(column);
    let row = |record: csv::StringRecord| {
        let [at, lasts, is_cold, environment] = columns.map(|column| record[column].to_owned());
        let number = |text: String| text.parse::<f64>().expect("a number");
        Row { at: number(at), lasts: number(lasts), is_cold: is_cold == "True", environment }
    };
    let mut rows: Vec<Row> = reader.records().map(|record| row(record.expect("a row"))).collect();
    rows.sort_by(|one, other| one.at.total_cmp(&other.at));
    rows
}

/// Environments at `at`: of the recording those that are used before and after.
fn recorded_size(rows: &[Row], at: f64) -> usize {
    let names = |of: &mut dyn Iterator<Item = &Row>| of.map(|row| row.environment.clone()).collect::<BTreeSet<_>>();
    let before = names(&mut rows.iter().filter(|row| row.at <= at));
    let after = names(&mut rows.iter().filter(|row| row.at > at));
    before.intersection(&after).count()
}

/// The recorded size every ten minutes, as points of a scenario.
fn measured_sizes(rows: &[Row], length: f64) -> String {
    let tens = (0..).map(|ten| f64::from(ten) * 600.0).take_while(|at| *at < length);
    let points = tens.map(|at| format!("[\"{at}s\", {}]", recorded_size(rows, rows[0].at + at)));
    points.collect::<Vec<_>>().join(", ")
}

/// Every run of the folder, so that others of the kind can be held against it.
#[test]
fn recorded_functions_start_as_often_in_new_environments() {
    let Some(folder) = std::env::var_os("QUEUELAB_DATA") else {
        eprintln!("skipped: QUEUELAB_DATA names no folder with recordings");
        return;
    };
    let folder = Path::new(&folder).join("service");
    let is_run = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("aws_lambda_res-") && name.ends_with(".csv")
    };
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| is_run(path));
    files.sort();
    assert!(!files.is_empty(), "no recorded functions in {}", folder.display());
    for path in files {
        let rows = rows(&path);
        let zero = rows[0].at;
        let length = (rows[rows.len() - 1].at - zero).ceil() + 3_600.0;
        let mut text = format!(
            "run = {{ defaults = \"textbook\", length = \"{length}s\" }}\n[topology.it.function.f]\n\
             steps = [{{ work = \"run\" }}]\nidle = {IDLE:?}\nmeasured.points = [{}]\n\
             [workload.calls.arrivals]\nscripted = [\n",
            measured_sizes(&rows, length)
        );
        for row in &rows {
            let nanos = |seconds: f64| (seconds * 1e9).round() as u64;
            text +=
                &format!("{{ at = \"{}ns\", work = {{ run = \"{}ns\" }} }},\n", nanos(row.at - zero), nanos(row.lasts));
        }
        text += "]\n";
        let source = Source::new("recorded.toml", text);
        let scenario = read(&source, &NoFiles, &[]).expect("a recording is a scenario");
        let end = SimTime::from_nanos((length * 1e9) as u64);
        let horizon = Horizon { warm_up: SimTime::START, length: Some(end), until: None };
        let topology = &scenario.topologies[0];
        let mut sim = simulate(&scenario.application, topology, Key::root(1, 0), horizon, Runs::default());
        sim.run_until(end);
        let Runs { all, cold, changes } = sim.observer;
        let measured = rows.iter().filter(|row| row.is_cold).count();
        println!("{}: {all} runs, {cold} in new environments, {measured} measured", path.display());
        println!("  hours  environments  measured");
        for hour in (2..28).step_by(2) {
            let at = f64::from(hour) * 3_600.0;
            let size: i64 = changes.iter().filter(|change| change.0 <= at).map(|change| change.1).sum();
            println!("  {hour:>5}  {size:>12}  {:>8}", recorded_size(&rows, zero + at));
        }
        assert_eq!(all, rows.len());
        let document = run(&scenario, Options { replications: Some(1), ..Options::default() }, &|_| {});
        let document = document.expect("nothing cancels it").document;
        let name = "timeline-it.light.svg";
        let (_, chart) = charts::all(&document).into_iter().find(|(chart, _)| chart == name).expect("it is drawn");
        assert!(chart.contains("alive") && chart.contains("measured"), "both sizes stand in the chart");
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{stem}.svg"));
        std::fs::write(&drawn, chart).expect("the chart is written");
        println!("  beside each other: {}", drawn.display());
        let off = cold as f64 / measured as f64 - 1.0;
        assert!(off.abs() <= 0.25, "{cold} new environments, {measured} were measured: {off:+.0}", off = off * 100.0);
    }
}
