//! Which assumption matters, in words: one sentence for the verdict, and a table of what each setting does.

use indexmap::IndexMap;

use crate::experiment::document::Finding;
use crate::experiment::sensitivity::{Effect, Sensitivity, Setting, Turn};
use crate::report::numbers::{self, Kind};
use crate::report::reading;
use crate::report::table::grid::Tone;
use crate::report::table::terminal::{Paint, paint, wrapped};

/// Turns that are told in one sentence.
const TOLD: usize = 2;

/// On what the verdict hangs.
pub fn verdict(found: &Sensitivity) -> String {
    let sure = by_setting(found, Turn::is_sure);
    if !sure.is_empty() {
        return format!("The verdict hangs on {}", list(&sure));
    }
    let perhaps = by_setting(found, |_| true);
    let best = |sure: bool| if sure { "wins" } else { "is ahead, not surely," };
    let most = found.settings.iter().find(|setting| setting.effects.values().any(Effect::is_sure));
    match (&found.winner, perhaps.is_empty()) {
        (_, false) => format!("The verdict hangs on nothing for sure, perhaps on {}", list(&perhaps)),
        (Some(winner), true) => {
            let goals = if found.has_goals { ", and no goal changes" } else { "" };
            let (who, wins) = (&winner.topology, best(winner.sure));
            format!(
                "The verdict hangs on nothing here: {who} {wins} on {} at both ends of every setting{goals}",
                found.of
            )
        }
        (None, true) if found.has_goals => "The verdict hangs on nothing here: no goal changes".to_owned(),
        (None, true) => match most {
            Some(setting) => {
                let swing = numbers::value(kind(found), Some(setting.swing));
                format!("{} hangs most on {}: {swing} between its ends", found.of, setting.name)
            }
            None => format!("{} hangs on none of these settings", found.of),
        },
    }
}

/// What each setting turns, by its name.
fn by_setting(found: &Sensitivity, wanted: impl Fn(&Turn) -> bool) -> Vec<String> {
    let mut said: IndexMap<&str, Vec<String>> = IndexMap::new();
    for (setting, turn) in found.turning().filter(|(_, turn)| wanted(turn)) {
        said.entry(&setting.name).or_default().push(turned(setting, turn));
    }
    said.into_iter().map(|(name, turns)| format!("{name}: {}", turns.join(", "))).collect()
}

fn list(said: &[String]) -> String {
    let more = said.len().saturating_sub(TOLD);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{rest}", said[..said.len() - more].join("; and on "))
}

/// What is another verdict, and from where on: `above about 75 s, functions wins`.
pub fn turned(setting: &Setting, turn: &Turn) -> String {
    let at = |end: usize| format!("at {}", setting.values[2 * end]);
    match turn {
        Turn::Winner { end, to, about, .. } => {
            let side = if *end == 0 { "below" } else { "above" };
            let from = about.map_or_else(|| at(*end), |about| format!("{side} about {}", size(setting, about)));
            format!("{from} {to} wins")
        }
        Turn::Goal { end, topology, of, to, .. } => {
            let does = match to {
                Finding::Met => "meets",
                Finding::Missed => "misses",
                Finding::Undecided => "may miss",
            };
            format!("{} {topology} {does} its goal on {of}", at(*end))
        }
    }
}

/// A value of a setting.
fn size(setting: &Setting, size: f64) -> String {
    match setting.unit.as_str() {
        "B" => format!("{:.0} MiB", size / f64::from(1 << 20)),
        "1" if setting.values[1].ends_with('%') => numbers::value(Kind::Share, Some(size)),
        unit => numbers::value(Kind::of("", unit), Some(size)),
    }
}

/// What the figure measures.
pub fn kind(found: &Sensitivity) -> Kind {
    Kind::of(&found.of, &found.unit)
}

/// The settings that do anything at all.
pub fn moving(found: &Sensitivity) -> impl Iterator<Item = &Setting> {
    found.settings.iter().filter(|setting| !setting.effects.values().all(Effect::is_nothing))
}

/// The topologies of a setting that are worth a row: on which it surely does something, or else the one that moves most.
pub fn shown(setting: &Setting) -> Vec<(&String, &Effect)> {
    let mut all: Vec<(&String, &Effect)> = setting.effects.iter().filter(|(_, effect)| effect.is_sure()).collect();
    let most =
        |effect: &Effect| effect.ends.iter().filter_map(|end| end.change.value).map(f64::abs).fold(0.0, f64::max);
    if all.is_empty() {
        all.extend(setting.effects.iter().reduce(|a, b| if most(b.1) > most(a.1) { b } else { a }));
    }
    all
}

/// As the terminal shows it: the `top` settings, the sentence below.
pub fn table(found: &Sensitivity, top: usize, width: usize, colour: bool) -> String {
    let quiet = |text: &str| paint(text, Paint::Tone(Tone::Quiet), colour);
    let provenance = reading::counted(u64::from(found.replications), "replication");
    let title = format!("What {} hangs on: {}", found.of, found.scenario.title);
    let mut text = String::new();
    for line in wrapped(&title, width) {
        text += &format!("{}\n", paint(&line, Paint::Strong, colour));
    }
    text += &format!("{}\n", quiet(&format!("{provenance}, seed {}", found.seed)));
    let moving: Vec<&Setting> = moving(found).collect();
    let shown: Vec<(&Setting, Vec<[String; 5]>)> =
        moving.iter().take(top).map(|setting| (*setting, rows(found, setting))).collect();
    let heads = ["", "as it is", "at the lower end", "at the upper end", ""].map(str::to_owned);
    let letters = |text: &String| text.chars().count();
    let wide = |column: usize| {
        let all = shown.iter().flat_map(|(_, rows)| rows).chain([&heads]);
        all.map(|row| letters(&row[column])).max().unwrap_or(0)
    };
    let widths = [wide(0), wide(1), wide(2), wide(3)];
    let line = |row: &[String; 5]| {
        let mut line = format!("  {}{}", row[0], " ".repeat(widths[0] - letters(&row[0])));
        for (cell, width) in row[1..4].iter().zip(&widths[1..]) {
            line += &format!("   {}{cell}", " ".repeat(width - letters(cell)));
        }
        format!("{line}   {}", row[4]).trim_end().to_owned()
    };
    if !shown.is_empty() {
        text += &format!("\n{}\n", quiet(&line(&heads)));
    }
    for (setting, rows) in &shown {
        let [low, default, high] = &setting.values;
        text += &format!("{} {}\n", paint(&setting.name, Paint::Strong, colour), quiet(&format!("({})", setting.mark)));
        for piece in wrapped(&format!("{}: {low} … {default} … {high}", setting.setting), width.saturating_sub(2)) {
            text += &format!("  {}\n", quiet(&piece));
        }
        for row in rows {
            let noise = !row[4].is_empty();
            text += &format!("{}\n", if noise { quiet(&line(row)) } else { line(row) });
        }
        for turn in &setting.turns {
            let perhaps = if turn.is_sure() { "" } else { "perhaps " };
            text += &format!(
                "  {}\n",
                paint(&format!("{perhaps}{}", turned(setting, turn)), Paint::Tone(Tone::Bad), colour)
            );
        }
    }
    text.push('\n');
    for note in notes(found, moving.len(), top) {
        for line in wrapped(&note, width) {
            text += &format!("{}\n", quiet(&line));
        }
    }
    text.push('\n');
    for line in wrapped(&format!("{}.", verdict(found)), width) {
        text += &format!("{}\n", paint(&line, Paint::Strong, colour));
    }
    text
}

/// A topology's figure, what each end changes, and whether that may be nothing.
fn rows(found: &Sensitivity, setting: &Setting) -> Vec<[String; 5]> {
    let kind = kind(found);
    let row = |(topology, effect): (&String, &Effect)| {
        let figure = found.figures.get(topology).map(|figure| numbers::figure(kind, figure)).unwrap_or_default();
        let [low, high] = effect.ends.each_ref().map(|end| numbers::difference(kind, &end.change));
        let remark = if effect.is_sure() { "" } else { "noise" };
        [topology.clone(), figure, low, high, remark.to_owned()]
    };
    shown(setting).into_iter().map(row).collect()
}

fn notes(found: &Sensitivity, moving: usize, top: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let confidence = format!("{:.3}", found.confidence * 100.0);
    let confidence = confidence.trim_end_matches('0').trim_end_matches('.');
    notes.push(format!(
        "Differences from the scenario as it is, on the same requests; each interval holds with {confidence} %, so that all hold \
         together with 95 %. Noise: all of its intervals include 0."
    ));
    if moving > top {
        notes.push(format!("{} more move less: `--top {moving}` shows them.", moving - top));
    }
    let still: Vec<&str> = found
        .settings
        .iter()
        .filter(|setting| setting.effects.values().all(Effect::is_nothing))
        .map(|setting| setting.name.as_str())
        .collect();
    if !still.is_empty() {
        notes.push(format!("Without any effect here: {}.", still.join("; ")));
    }
    if found.replications < 2 {
        notes.push("One replication has no interval: nothing can be told from noise.".to_owned());
    }
    if found.incomplete {
        notes.push("Stopped before all settings were varied.".to_owned());
    }
    notes
}
