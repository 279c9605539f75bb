//! Simulated values beside exact ones.

use crate::experiment::validation::{Covered, Held, Of};
use crate::report::numbers::NOTHING;
use crate::report::table::grid::{Cell, Grid, Section, Tone};
use crate::report::table::terminal;

/// The share of quantities that lie outside of their 95 % intervals although all is well.
const HONEST: f64 = 0.05;

/// Quantities of some systems, one system below the other; or only one line for each.
pub fn table(held: &[Held], whole: bool, width: usize, colour: bool) -> String {
    let mut grid = if whole { quantities(held) } else { overview(held) };
    grid.notes = if whole { sources(held) } else { Vec::new() };
    grid.notes.push(tally(held));
    terminal::write(&grid, width, colour)
}

/// How often the intervals of each figure held.
pub fn covered(covered: &[Covered], width: usize, colour: bool) -> String {
    let mut sections: Vec<Section> = Vec::new();
    for one in covered {
        let name = if one.by_rule { "until the mean is known to 4 %" } else { "20 replications" };
        if sections.last().is_none_or(|section| section.name != name) {
            sections.push(Section { name: name.to_owned(), rows: Vec::new() });
        }
        let of = match one.of {
            Of::Mean => "mean",
            Of::P95 => "p95",
            Of::Cost => "cost",
        };
        let (share, low, high) = one.share();
        let cells = vec![
            Cell::plain(format!("{:.1} % [{:.1}, {:.1}]", share * 100.0, low * 100.0, high * 100.0)),
            Cell::plain(format!("± {:.2} %", one.half * 100.0)),
            Cell::plain(format!("{:+.3} %", one.bias * 100.0)),
        ];
        if let Some(section) = sections.last_mut() {
            section.push(format!("M/M/1, load {}: {of}", one.rho), cells);
        }
    }
    let experiments = covered.first().map_or(0, |one| one.experiments);
    let grid = Grid {
        title: "How often 95 % intervals hold the exact answer".to_owned(),
        heads: heads(&["held", "half an interval", "off by"]),
        sections,
        notes: vec![format!("{experiments} experiments each; in brackets the 99 % interval of the share that held.")],
    };
    terminal::write(&grid, width, colour)
}

/// How many quantities were held, and how many of them lie outside of their intervals.
pub fn tally(held: &[Held]) -> String {
    let all = || held.iter().flat_map(|held| &held.checked);
    let (count, outside) = (all().count(), all().filter(|checked| checked.outside).count());
    let wrong = all().filter(|checked| checked.wrong).count();
    let expected = count as f64 * HONEST;
    let verdict = match wrong {
        0 => "none is outside of every doubt".to_owned(),
        1 => "one is outside of every doubt (99.9999 %): something is wrong".to_owned(),
        more => format!("{more} are outside of every doubt (99.9999 %): something is wrong"),
    };
    format!(
        "{count} quantities; {outside} outside of their 95 % intervals, where {expected:.0} are expected of an honest program (those of one \
         system share their luck); {verdict}"
    )
}

/// Where the answers are from, each source once.
fn sources(held: &[Held]) -> Vec<String> {
    let mut sources: Vec<String> = Vec::new();
    for held in held.iter().filter(|held| !held.source.is_empty()) {
        let line = format!("exact: {}", held.source);
        if !sources.contains(&line) {
            sources.push(line);
        }
    }
    sources
}

fn heads(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn overview(held: &[Held]) -> Grid {
    let mut section = Section::default();
    for held in held {
        let main = held.checked.iter().find(|checked| checked.name == "mean_sojourn").or(held.checked.first());
        let inside = held.checked.iter().filter(|checked| !checked.outside).count();
        let wrong = held.checked.iter().any(|checked| checked.wrong);
        let tone = if wrong { Tone::Bad } else { Tone::Plain };
        let cells = vec![
            Cell::plain(main.map_or(String::new(), |checked| checked.name.clone())),
            Cell::toned(main.map_or(NOTHING.to_owned(), |checked| found(checked.value, checked.ends)), tone),
            Cell::plain(main.map_or(NOTHING.to_owned(), |checked| exact(checked.exact, checked.ends))),
            Cell::toned(format!("{inside} of {}", held.checked.len()), tone),
        ];
        section.push(held.system.clone(), cells);
    }
    let heads = heads(&["quantity", "simulated", "exact", "inside"]);
    Grid { title: "Systems whose answers are known".to_owned(), heads, sections: vec![section], notes: Vec::new() }
}

fn quantities(held: &[Held]) -> Grid {
    let section = |held: &Held| {
        let mut section = Section { name: format!("{}: {}", held.system, held.title), rows: Vec::new() };
        for checked in &held.checked {
            let (word, tone) = match (checked.wrong, checked.outside) {
                (true, _) => ("wrong", Tone::Bad),
                (false, true) => ("outside", Tone::Open),
                (false, false) => ("inside", Tone::Quiet),
            };
            let cells = vec![
                Cell::toned(found(checked.value, checked.ends), if checked.wrong { Tone::Bad } else { Tone::Plain }),
                Cell::plain(exact(checked.exact, checked.ends)),
                Cell::toned(word, tone),
            ];
            section.push(checked.name.clone(), cells);
        }
        for (name, why) in &held.untold {
            section.push(name.clone(), vec![Cell::toned(format!("{NOTHING} {why}"), Tone::Quiet)]);
        }
        section
    };
    let sections = held.iter().map(section).collect();
    Grid { title: String::new(), heads: heads(&["simulated", "exact", ""]), sections, notes: Vec::new() }
}

/// A value with half of its interval, to as many digits as that supports.
fn found(value: Option<f64>, ends: Option<(f64, f64)>) -> String {
    let Some(value) = value else { return NOTHING.to_owned() };
    match ends {
        Some((low, high)) => {
            let half = (high - low) / 2.0;
            let places = places(half);
            format!("{value:.places$} ± {half:.places$}")
        }
        None => format!("{value}"),
    }
}

/// The exact value, to one digit more than the simulated one has.
fn exact(value: f64, ends: Option<(f64, f64)>) -> String {
    let places = ends.map_or(6, |(low, high)| places((high - low) / 2.0)) + 1;
    format!("{value:.places$}")
}

/// Decimal places for two digits of half an interval.
fn places(half: f64) -> usize {
    let enough = |&places: &usize| half * 10_u64.pow(places as u32) as f64 >= 10.0;
    (0..9).find(enough).unwrap_or(9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::validation::Checked;

    fn held(outside: bool, wrong: bool) -> Held {
        let checked = Checked {
            name: "mean_sojourn".into(),
            exact: 5.0,
            value: Some(5.0123),
            ends: Some((4.97, 5.05)),
            outside,
            missed: wrong,
            wrong,
        };
        Held {
            system: "mmc-01".into(),
            title: "M/M/1".into(),
            source: "Erlang 1917".into(),
            checked: vec![checked],
            untold: vec![],
            customers: 1e6,
            known: Some(0.01),
            lean: Some(0.3),
        }
    }

    #[test]
    fn values_stand_beside_the_exact_ones_with_the_digits_that_they_deserve() {
        let text = table(&[held(false, false)], true, 100, false);
        for part in
            ["mmc-01: M/M/1", "5.012 ± 0.040", "5.0000", "inside", "Erlang 1917", "none is outside of every doubt"]
        {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
        assert!(table(&[held(true, true)], false, 100, false).contains("something is wrong"));
    }
}
