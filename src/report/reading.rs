//! What tables and charts alike read from a document: its parts added up, ordered and told apart.

use indexmap::IndexMap;

use crate::cloud::fact::Loss;
use crate::experiment::document::{Document, Figure, NodeResult, TopologyResult};
use crate::report::numbers::{self, Kind};

/// Hours of a month, as providers reckon it.
pub const MONTH_HOURS: f64 = 730.0;

/// The value of a figure of the whole, where it was measured and is finite.
pub fn value(topology: &TopologyResult, name: &str) -> Option<f64> {
    topology.figures.get(name)?.value.filter(|value| value.is_finite())
}

/// The share of requests that were lost, where it was measured.
pub fn lost(topology: &TopologyResult) -> Option<f64> {
    value(topology, "lost")
}

/// What must stand beside every latency: `lost 0.3 %`.
pub fn lost_words(topology: &TopologyResult) -> String {
    format!("lost {}", numbers::value(Kind::Share, topology.figures.get("lost").and_then(|figure| figure.value)))
}

/// The reasons for which any topology lost any request, in the order of [`Loss::ALL`]; unknown ones last.
pub fn reasons(document: &Document) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for topology in document.topologies.values() {
        for (name, figure) in &topology.figures {
            if let Some(reason) = name.strip_prefix("lost.")
                && figure.value.is_some_and(|share| share > 0.0)
                && !found.iter().any(|known| known == reason)
            {
                found.push(reason.to_owned());
            }
        }
    }
    let place = |reason: &String| Loss::ALL.iter().position(|loss| loss.word() == reason).unwrap_or(Loss::ALL.len());
    found.sort_by_key(place);
    found
}

/// The names of a topology's pools, without `pool.`, in the order of the document.
pub fn pools(topology: &TopologyResult) -> Vec<&str> {
    topology.nodes.keys().filter_map(|node| node.strip_prefix("pool.")).collect()
}

/// The names of a topology's clusters, without `cluster.`.
pub fn clusters(topology: &TopologyResult) -> Vec<&str> {
    topology.nodes.keys().filter_map(|node| node.strip_prefix("cluster.")).collect()
}

/// The names of a topology's functions, without `function.`.
pub fn functions(topology: &TopologyResult) -> Vec<&str> {
    topology.nodes.keys().filter_map(|node| node.strip_prefix("function.")).collect()
}

/// The names of a topology's event buses, without `bus.`.
pub fn buses(topology: &TopologyResult) -> Vec<&str> {
    topology.nodes.keys().filter_map(|node| node.strip_prefix("bus.")).collect()
}

/// The figure of a node.
pub fn of_node<'a>(topology: &'a TopologyResult, node: &str, name: &str) -> Option<&'a Figure> {
    topology.nodes.get(node)?.figures.get(name)
}

/// A figure by its whole name: of the whole, or `pool.app.wait.mean`.
pub fn any<'a>(topology: &'a TopologyResult, name: &str) -> Option<&'a Figure> {
    let of = |(node, found): (&String, &'a NodeResult)| {
        found.figures.get(name.strip_prefix(node.as_str())?.strip_prefix('.')?)
    };
    topology.figures.get(name).or_else(|| topology.nodes.iter().find_map(of))
}

/// What the time of a request goes on at a node, by the word of its figure: `time.wait`. Of these, `answers` stands at whoever
/// is asked, too.
pub const TIMES: [&str; 6] = ["wait", "join", "start", "work", "answers", "way"];

/// The nodes of a topology at which requests spent time, each with the mean seconds of a request by [`TIMES`].
pub fn times(topology: &TopologyResult) -> Vec<(String, [f64; TIMES.len()])> {
    let time = |node: &str, what: &str| {
        let figure = of_node(topology, node, &format!("time.{what}"));
        figure.and_then(|figure| figure.value).filter(|value| value.is_finite()).unwrap_or(0.0).max(0.0)
    };
    let nodes = topology.nodes.keys().map(|node| (node.clone(), TIMES.map(|what| time(node, what))));
    nodes.filter(|(_, times)| times.iter().any(|time| *time > 0.0)).collect()
}

/// All of it, what is told twice counted once.
pub fn once(times: &[f64; TIMES.len()]) -> f64 {
    TIMES.iter().zip(times).filter(|(what, _)| **what != "answers").map(|(_, time)| time).sum()
}

/// The sum, cell by cell, of all series of nodes of one kind that follow one level: of `pool.` and `.ready`, say.
/// Empty where there is none.
pub fn level(series: &IndexMap<String, Vec<f64>>, kind: &str, what: &str) -> Vec<f64> {
    let mut sum: Vec<f64> = Vec::new();
    for (name, values) in series {
        let Some(node) = name.strip_suffix(what).and_then(|node| node.strip_suffix('.')) else { continue };
        if !node.starts_with(kind) {
            continue;
        }
        sum = added(sum, values);
    }
    sum
}

/// Two series, cell by cell; the shorter one counts as zero after its end.
pub fn added(mut sum: Vec<f64>, values: &[f64]) -> Vec<f64> {
    if values.len() > sum.len() {
        sum.resize(values.len(), 0.0);
    }
    for (total, value) in sum.iter_mut().zip(values) {
        *total += if value.is_finite() { *value } else { 0.0 };
    }
    sum
}

/// The largest finite value.
pub fn peak(values: &[f64]) -> Option<f64> {
    values.iter().copied().filter(|value| value.is_finite()).fold(None, |peak, value| match peak {
        Some(peak) if peak >= value => Some(peak),
        _ => Some(value),
    })
}

/// The mean of the finite values.
pub fn mean(values: &[f64]) -> Option<f64> {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (sum, count) = finite.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// The dollars of a topology's bill by item, lines of one item added up, in the order of the bill.
pub fn items(topology: &TopologyResult) -> IndexMap<String, f64> {
    let mut items: IndexMap<String, f64> = IndexMap::new();
    for line in &topology.bill {
        let cost: f64 = line.cost.parse().unwrap_or(0.0);
        *items.entry(line.item.clone()).or_default() += if cost.is_finite() { cost } else { 0.0 };
    }
    items
}

/// What a month would be, as a multiple of the run; `None` for a run without length.
pub fn months(document: &Document) -> Option<f64> {
    (document.length > 0.0 && document.length.is_finite()).then(|| MONTH_HOURS * 3_600.0 / document.length)
}

/// Seed and replications, as every output says them: `20 replications, seed 7`.
pub fn provenance(document: &Document) -> String {
    let incomplete = if document.incomplete { " (incomplete)" } else { "" };
    format!("{}{incomplete}, seed {}", counted(u64::from(document.replications), "replication"), document.seed)
}

/// So many of something: `1 replication`, `20 replications`.
pub fn counted(many: u64, what: &str) -> String {
    let ending = if many == 1 { "" } else { "s" };
    format!("{} {what}{ending}", numbers::grouped(&many.to_string()))
}

/// The first characters of a digest, enough to tell two scenarios apart by eye.
pub fn short(digest: &str) -> &str {
    digest.char_indices().nth(12).map_or(digest, |(end, _)| &digest[..end])
}
