//! Traffic recorded on real systems, in the forms in which it comes. `QUEUELAB_DATA` names the folder of recordings;
//! without it nothing is tested here, as none of them is part of the project. How they are played stands in `played.rs`.

mod lambda;
mod played;

use std::env;
use std::fs;
use std::path::PathBuf;

use queuelab::cloud::arrivals::Arrivals;
use queuelab::scenario::{Change, Loader, Scenario, Source, read};

struct Folder(PathBuf);

impl Loader for Folder {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.0.join(path)).map_err(|error| error.to_string())
    }
}

/// The main scenario on other arrivals; `None` where there are no recordings.
fn on(arrivals: &str, more: &[(&str, &str)]) -> Option<Scenario> {
    let Some(folder) = env::var_os("QUEUELAB_DATA") else {
        eprintln!("skipped: QUEUELAB_DATA names no folder with recordings");
        return None;
    };
    let text = fs::read_to_string("scenarios/video-upload.toml").expect("the main scenario is there");
    let change = |path: &str, value: &str| Change { path: path.to_owned(), value: value.to_owned() };
    let mut changes = vec![change("workload.uploads.arrivals", arrivals), change("run.length", "14d")];
    changes.extend(more.iter().map(|(path, value)| change(path, value)));
    let source = Source::new("video-upload.toml", text);
    let folder = Folder(PathBuf::from(folder).join("arrivals"));
    match read(&source, &folder, &changes) {
        Ok(scenario) => Some(scenario),
        Err(complaints) => panic!("{}", complaints.iter().map(|one| one.plain(&source) + "\n").collect::<String>()),
    }
}

/// Requests of a counted trace, in thousandths, and the seconds that it covers.
fn counted(scenario: &Scenario) -> (u64, f64) {
    let Arrivals::Counts { cells, .. } = &scenario.application.workloads[0].arrivals else { panic!("counts") };
    (cells.iter().map(|cell| cell.thousandths).sum(), cells.last().map_or(0.0, |cell| cell.to.seconds()))
}

/// Requests of a trace of instants, the first and last second, and the seconds of work that they bring.
fn single(scenario: &Scenario) -> (usize, f64, f64, f64) {
    let Arrivals::Instants(rows) = &scenario.application.workloads[0].arrivals else { panic!("instants") };
    let work = rows.iter().flat_map(|row| &row.work).map(|(_, span)| span.seconds()).sum();
    let ends = |row: Option<&queuelab::cloud::arrivals::Recorded>| row.map_or(0.0, |row| row.at.seconds());
    (rows.len(), ends(rows.first()), ends(rows.last()), work)
}

/// 4,032 rows of five minutes from 2014-04-10 00:04 to 04-24 00:39 hold 249,327 requests.
#[test]
fn counts_of_a_load_balancer() {
    let trace = "{ trace = { file = \"elb_request_count_8c0756.csv\", time = \"timestamp\", value = \"value\" } }";
    let Some(scenario) = on(trace, &[]) else { return };
    let (requests, seconds) = counted(&scenario);
    assert_eq!(requests, 249_327_000);
    assert_eq!(seconds, (14 * 24 * 60 + 40) as f64 * 60.0);
}

/// 10,320 half hours, 215 days, hold 156,219,716 passengers; a thousandth of them comes here.
#[test]
fn counts_of_half_hours() {
    let trace = "{ trace = { file = \"nyc_taxi.csv\", time = \"timestamp\", value = \"value\", scale = 0.001 } }";
    let Some(scenario) = on(trace, &[("run.length", "215d")]) else { return };
    assert_eq!(counted(&scenario), (156_219_716, 215.0 * 86_400.0));
}

/// 8,819 calls of a model between 18:17:03.97996 and 19:14:19.928016; their 245,896 tokens are work of 30 ms each.
#[test]
fn single_instants_with_tokens() {
    let trace = "{ trace = { file = \"AzureLLMInferenceTrace_code.csv\", time = \"TIMESTAMP\", \
                 work = { process = \"GeneratedTokens\" }, unit = { GeneratedTokens = \"30ms\" } } }";
    let Some(scenario) = on(trace, &[("run.length", "1h")]) else { return };
    let (requests, first, last, work) = single(&scenario);
    assert_eq!((requests, first, last), (8_819, 0.0, 3_435.948_056));
    assert!((work - 245_896.0 * 0.03).abs() < 1e-3, "{work}");
}

/// 199 runs whose ends and durations are known: the first began at 1.49 ms, the last at 1,200.0148 s.
#[test]
fn ends_with_durations() {
    let trace = "{ trace = { file = \"Azure2021_200.csv\", time = \"end_timestamp\", marks = \"end\", \
                 work = { process = \"duration\" } } }";
    let Some(scenario) = on(trace, &[("run.length", "1h")]) else { return };
    let (requests, first, last, work) = single(&scenario);
    assert_eq!(requests, 199);
    assert!((first - 0.001_490_9).abs() < 1e-6 && (last - 1_200.014_798).abs() < 1e-6, "{first} to {last}");
    assert!((work - 10_599.17).abs() < 1e-3, "{work}");
    assert!(!scenario.warnings.iter().any(|warning| warning.code == "W201"));
}

/// 6,175 jobs in milliseconds since 1970, in disorder; their 71,410,457 s of work are taken as milliseconds.
#[test]
fn jobs_in_disorder() {
    let trace = "{ trace = { file = \"surf_2022-10-06_week_tasks.csv\", time = \"submission_time\", \
                 work = { process = \"duration\" }, unit = { duration = \"1ms\" }, fields = { name = \"id\" } } }";
    let Some(scenario) = on(trace, &[]) else { return };
    let (requests, first, last, work) = single(&scenario);
    assert_eq!((requests, first, last), (6_175, 0.0, 599_057.0));
    assert!((work - 71_410_457.0).abs() < 1.0, "{work}");
    assert!(scenario.warnings.iter().any(|warning| warning.code == "W201"), "the disorder is told");
}
