//! Who wins, and what of the verdict an end of a setting turns round.

use crate::experiment::document::Document;
use crate::experiment::figures::Stat;
use crate::experiment::goals;
use crate::experiment::sensitivity::document::{Sensitivity, Turn, Winner};
use crate::experiment::sensitivity::{CONFIDENCE, values};
use crate::ground::stats::{interval, mean};
use crate::scenario::Assumption;

/// Whose figure is best, of those that reach it at all: whoever loses more than one in a hundred has no p99, however quick
/// the others are.
pub(super) fn winner(document: &Document, of: &Sensitivity) -> Option<Winner> {
    let mut ranked: Vec<(&String, f64)> = Vec::new();
    for name in document.topologies.keys().filter(|name| reaches(document, name, &of.of)) {
        let measured: Vec<f64> = values(document, name, &of.of).into_iter().flatten().collect();
        ranked.extend(mean(&measured).map(|value| (name, if of.more_is_better { -value } else { value })));
    }
    if document.topologies.len() < 2 {
        return None;
    }
    ranked.sort_by(|one, other| one.1.total_cmp(&other.1));
    let (best, _) = ranked.first()?;
    let sure = ranked[1..].iter().all(|(other, _)| differs(document, best, other, of));
    Some(Winner { topology: (*best).clone(), sure })
}

/// Whether enough of a topology's requests come as far as the percentile counts.
fn reaches(document: &Document, topology: &str, of: &str) -> bool {
    let Some((latency, Stat::Quantile(part))) = goals::latency(of) else { return true };
    let tail = document.topologies.get(topology).and_then(|one| one.tails.get(latency));
    tail.is_none_or(|tail| tail.lost as f64 <= (1.0 - part) * (tail.lost + tail.measured) as f64)
}

/// Whether two topologies' figures differ for sure, replication by replication.
fn differs(document: &Document, one: &str, other: &str, of: &Sensitivity) -> bool {
    let (one, other) = (values(document, one, &of.of), values(document, other, &of.of));
    let paired: Vec<f64> = one.iter().zip(&other).filter_map(|(one, other)| Some((*other)? - (*one)?)).collect();
    interval(&paired, CONFIDENCE).is_some_and(|(_, low, high)| low > 0.0 || high < 0.0)
}

/// What is another verdict at an end.
pub(super) fn turns(
    base: &Document,
    both: &[Document; 2],
    winners: &[Option<Winner>; 2],
    assumption: &Assumption,
    of: &Sensitivity,
) -> Vec<Turn> {
    let mut found = Vec::new();
    for (end, (document, winner)) in both.iter().zip(winners).enumerate() {
        if let (Some(from), Some(to)) = (&of.winner, winner)
            && from.topology != to.topology
        {
            let (one, other) = (&from.topology, &to.topology);
            let sure = differs(base, one, other, of) && differs(document, one, other, of);
            let about = crossing([base, document], [one, other], assumption, end, of);
            found.push(Turn::Winner { end, from: one.clone(), to: other.clone(), sure, about });
        }
        for (was, is) in base.goals.iter().zip(&document.goals) {
            if was.verdict != is.verdict {
                let (topology, of) = (was.topology.clone(), was.of.clone());
                found.push(Turn::Goal { end, topology, of, from: was.verdict, to: is.verdict });
            }
        }
    }
    found
}

/// About where between the default and an end two topologies are level, if what lies between is a straight line.
fn crossing(
    documents: [&Document; 2],
    names: [&String; 2],
    assumption: &Assumption,
    end: usize,
    of: &Sensitivity,
) -> Option<f64> {
    let [low, default, high] = assumption.sizes?;
    let ahead = |document: &Document| {
        let of = |name: &String| mean(&values(document, name, &of.of).into_iter().flatten().collect::<Vec<f64>>());
        Some(of(names[1])? - of(names[0])?)
    };
    let (was, is) = (ahead(documents[0])?, ahead(documents[1])?);
    let part = was / (was - is);
    let to = if end == 0 { low } else { high };
    // Where it turns only at the very end, the end itself is what to say.
    (0.0..0.95).contains(&part).then_some(default + (to - default) * part)
}
