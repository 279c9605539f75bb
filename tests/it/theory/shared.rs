//! Environments that serve several requests at once, held against theory.

use queuelab::experiment::document::Document;
use queuelab::experiment::validation::{Formula, REPLICATIONS, check, made};
use queuelab::experiment::{Options, run};
use queuelab::ground::stats::theory::erlang_b;
use queuelab::scenario::{NoFiles, Source, read};

/// A second of work for each request, on average, at so many requests a second.
fn played(rate: f64, length: u32, function: &str) -> Document {
    let text = format!(
        "run = {{ defaults = \"textbook\", length = \"{length}s\", replications = {REPLICATIONS} }}\n\
         workload.jobs.arrivals = {{ poisson = {{ rate = \"{rate}/s\" }} }}\n\
         work = {{ serve = {{ exponential = \"1s\" }} }}\n\
         topology.it.function.f = {{ steps = [{{ work = \"serve\" }}], memory = \"1024MiB\", speed = 1, {function} }}\n"
    );
    let scenario = read(&Source { name: "shared.toml".to_owned(), text }, &NoFiles, &[]).expect("a sound scenario");
    run(&scenario, Options::default(), &|_| {}).expect("it can be played").document
}

fn holds(document: &Document, name: &str, expected: f64, formula: &Formula) {
    let checked = check(document, name, expected, formula);
    assert!(!checked.wrong, "{name}: {expected} is not near {:?} {:?}", checked.value, checked.ends);
}

/// One environment with five slots is five servers without a line: of four that come while one is served, Erlang's share is
/// refused. The seed is fixed; an honest program fails one time in a million.
#[test]
fn slots_of_one_environment_refuse_by_erlang_b() {
    let document = played(4.0, 20_000, "reserved-concurrency = 1, concurrency = 5");
    let lost = made(|read| read("lost")).expect("a formula");
    holds(&document, "lost", erlang_b(5, 4.0), &lost);
}

/// In an environment with room for all, requests are M/G/∞: somebody is in it for 1 − e^(−λS) of the time, however many they
/// are, and that is billed: each time that it is busy by the started millisecond, half of one more than it took on average. The
/// seed is fixed; an honest program fails one time in a million.
#[test]
fn runs_beside_one_another_are_billed_once() {
    let (rate, length) = (2.0_f64, 20_000);
    let document = played(rate, length, "reserved-concurrency = 1, concurrency = 1000");
    let idle = (-rate).exp();
    let busy = 1.0 - idle + rate * idle * 0.000_5;
    // $0.0000166667 a GB-second, $0.20 a million requests.
    let share = made(move |read| {
        let requests = read("function.f.throughput")? * f64::from(length);
        Some((read("function.f.cost.total")? - requests * 0.2e-6) / 0.000_016_666_7 / f64::from(length))
    });
    holds(&document, "billed", busy, &share.expect("a formula"));
}
