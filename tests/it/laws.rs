//! Laws that hold for every scenario, held on scenarios drawn at random with whole features switched off.
//!
//! A failing one is printed as a file that can be saved and run. `QUEUELAB_SWARM` names another number of scenarios,
//! or a range as `from..to`.

mod architecture;
mod beyond;
mod crew;
mod draw;
mod found;
mod growth;
mod ledger;
mod mail;
mod mailbox;
mod plain;
mod play;
mod taste;

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use queuelab::experiment::{Options, run};
use queuelab::scenario::Scenario;

use draw::draw;
use play::{Brought, Play, births, read_well, told};

/// The seed of the swarm: written down, so that every run of the tests draws the same scenarios.
const SEED: u64 = 20_26;

/// How many scenarios are drawn, to hold every law of, and to run again and again for the same bytes.
const LAWFUL: u32 = 2_000;
const REPEATED: u32 = 200;

/// Failing files that are printed whole.
const PRINTED: usize = 3;

#[test]
fn every_law_holds_for_every_scenario_that_can_be_drawn() {
    hold("law", LAWFUL, |text| {
        let scenario = read_well(text)?;
        let brought = Brought::of(text, &scenario)?;
        let mut first = None;
        for topology in &scenario.topologies {
            let application = &scenario.application;
            let mut ledger = Play { scenario: &scenario, application, topology }.run();
            brought.compare(application, topology, &mut ledger);
            if !ledger.wrongs.0.is_empty() {
                return Err(format!("topology `{}`\n{}", topology.name, told(&ledger.wrongs)));
            }
            let births = births(application, &ledger);
            if ledger.cut {
                continue;
            }
            if *first.get_or_insert_with(|| births.clone()) != births {
                return Err(format!("topology `{}` has other births than the first", topology.name));
            }
        }
        Ok(())
    });
}

#[test]
fn any_number_of_threads_and_any_run_give_the_same_bytes() {
    hold("bytes", REPEATED, |text| {
        let scenario = read_well(text)?;
        let application = &scenario.application;
        if scenario.topologies.iter().any(|topology| Play { scenario: &scenario, application, topology }.run().cut) {
            return Ok(());
        }
        let one = document(&scenario, 1)?;
        for threads in [1, 2, 5] {
            if document(&scenario, threads)? != one {
                return Err(format!("{threads} threads give other bytes than one"));
            }
        }
        Ok(())
    });
}

fn document(scenario: &Scenario, threads: usize) -> Result<String, String> {
    let options = Options { threads: NonZeroUsize::new(threads), ..Options::default() };
    run(scenario, options, &|_| ()).map(|found| found.document.to_json()).map_err(|error| error.to_string())
}

/// Holds something for so many drawn scenarios.
fn hold(what: &str, many: u32, law: impl Fn(&str) -> Result<(), String>) {
    let mut failures: Vec<(u32, String)> = Vec::new();
    let numbers = numbers(many);
    for number in numbers.clone() {
        let text = draw(SEED, number);
        let held = catch_unwind(AssertUnwindSafe(|| law(&text)));
        let held = held.unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            Err(format!("it panics: {}", message.or(panic.downcast_ref().copied()).unwrap_or("without a word")))
        });
        if let Err(why) = held {
            if failures.len() < PRINTED {
                println!("{text}\n# Broken {what} of the file above, number {number}:\n{why}\n");
            }
            failures.push((number, why));
        }
    }
    let named: Vec<String> = failures
        .iter()
        .map(|(number, why)| format!("{number}: {}", why.lines().take(2).collect::<Vec<_>>().join(" · ")))
        .collect();
    assert!(named.is_empty(), "{} of {} scenarios:\n{}", named.len(), numbers.len(), named.join("\n"));
}

/// Which scenarios are drawn.
fn numbers(many: u32) -> std::ops::Range<u32> {
    let Ok(asked) = std::env::var("QUEUELAB_SWARM") else { return 0..many };
    let number = |text: &str| text.parse::<u32>().expect("QUEUELAB_SWARM is a number, or a range as `from..to`");
    match asked.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => 0..number(&asked),
    }
}
