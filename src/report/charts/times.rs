//! Where the time of a request went: a bar for each node of each topology, its parts by what the time went on.

use crate::experiment::document::Document;
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::parts::{Part, caption};
use crate::report::charts::plot::{MARGIN, Plot, WIDTH, head};
use crate::report::charts::theme::Theme;
use crate::report::numbers::{self, Kind};
use crate::report::reading::{self, TIMES};

const LEFT: f64 = 230.0;
const RIGHT: f64 = 900.0;
const TOP: f64 = 122.0;
/// Above the bars of a topology, for its name.
const NAME: f64 = 30.0;
/// From one node to the next.
const ROW: f64 = 24.0;
const BAR: f64 = 15.0;
/// Bars of one topology, at the most: those of the least time are told together.
const MOST: usize = 14;
/// Of the whole: less is not drawn.
const SMALL: f64 = 1e-4;

/// What `answers` is drawn with: it is told twice.
const TWICE: f64 = 0.35;

struct Group<'d> {
    name: &'d str,
    nodes: Vec<(String, [f64; TIMES.len()])>,
    sum: f64,
    completion: Option<f64>,
    lost: String,
}

/// The bars; `None` where no topology has several nodes that took time.
pub fn times(document: &Document, theme: Theme) -> Option<Drawing> {
    let groups: Vec<Group<'_>> = document.topologies.iter().map(|(name, topology)| group(name, topology)).collect();
    if !groups.iter().any(|group| group.nodes.len() > 1) {
        return None;
    }
    let longest = |times: &[f64; TIMES.len()]| times.iter().sum::<f64>();
    let most = groups.iter().flat_map(|group| &group.nodes).map(|node| longest(&node.1)).fold(0.0, f64::max);
    if most <= 0.0 || !most.is_finite() {
        return None;
    }
    let title = finding(&groups);
    let method = format!(
        "Mean time for each request, the sum over all of its visits to a node. Pale: kept while others answer, whose bars \
         tell it, too. {}",
        reading::provenance(document)
    );
    let rows: f64 = groups.iter().map(|group| NAME + ROW * group.nodes.len() as f64).sum();
    let bottom = TOP + rows;
    let size = (WIDTH, (bottom + 44.0) as u32);
    let account = account(&groups, &method);
    Some(drawn(size, theme, &title, &account, |canvas| {
        head(canvas, &title, &method);
        let used =
            (0..TIMES.len()).filter(|&what| groups.iter().flat_map(|group| &group.nodes).any(|n| n.1[what] > 0.0));
        let parts: Vec<Part> = used
            .map(|what| Part { colour: theme.part(what), name: TIMES[what].to_owned(), number: String::new() })
            .collect();
        caption(canvas, (MARGIN, 92.0), &parts, f64::from(WIDTH) - MARGIN);
        let plot = Plot { canvas, x: Axis::linear(most, 5, (LEFT, RIGHT)), y: Axis::linear(1.0, 1, (bottom, TOP)) };
        plot.columns();
        plot.labels(|tick| numbers::tick(Kind::Duration, tick));
        let mut y = TOP;
        for group in &groups {
            let strong = Type { colour: theme.ink, size: 15.0, strong: true, side: Side::Left };
            let name = canvas.fitted(group.name, strong, LEFT - MARGIN);
            canvas.plate((MARGIN, y + NAME / 2.0), &name, strong);
            let after = MARGIN + canvas.width(&name, strong) + 12.0;
            canvas.plate((after, y + NAME / 2.0), &summed(group), theme.small(Side::Left));
            y += NAME;
            for (node, times) in &group.nodes {
                row(&plot, y, node, times);
                y += ROW;
            }
        }
    }))
}

fn group<'d>(name: &'d str, topology: &crate::experiment::document::TopologyResult) -> Group<'d> {
    let mut nodes = reading::times(topology);
    let sum = reading::once(&nodes.iter().fold([0.0; TIMES.len()], |sum, node| added(sum, &node.1)));
    if nodes.len() > MOST {
        // The shortest go together, the others stay in the order of the file.
        let mut lengths: Vec<f64> = nodes.iter().map(|node| node.1.iter().sum()).collect();
        lengths.sort_by(|one, other| other.total_cmp(one));
        let least = lengths[MOST - 2];
        let (mut kept, mut rest, mut others) = (Vec::new(), [0.0; TIMES.len()], 0);
        for node in nodes {
            if node.1.iter().sum::<f64>() >= least && kept.len() < MOST - 1 {
                kept.push(node);
            } else {
                rest = added(rest, &node.1);
                others += 1;
            }
        }
        kept.push((format!("{others} others"), rest));
        nodes = kept;
    }
    let completion = reading::value(topology, "completion.mean");
    Group { name, nodes, sum, completion, lost: reading::lost_words(topology) }
}

fn added(mut sum: [f64; TIMES.len()], more: &[f64; TIMES.len()]) -> [f64; TIMES.len()] {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    sum
}

/// Which node takes most of the time, where one topology is told of; else of which topology it takes the largest share.
fn finding(groups: &[Group<'_>]) -> String {
    let shares = groups
        .iter()
        .filter(|group| group.sum > 0.0 && group.nodes.len() > 1)
        .flat_map(|group| group.nodes.iter().map(move |(node, times)| (group, node, reading::once(times) / group.sum)));
    match shares.reduce(|one, other| if other.2 > one.2 { other } else { one }) {
        Some((group, node, share)) if share.is_finite() => {
            let plain = node.split_once('.').map_or(node.as_str(), |(_, plain)| plain);
            format!("{:.0} % of the time of a request of {} goes into {plain}", share * 100.0, group.name)
        }
        _ => "Where the time of a request went".to_owned(),
    }
}

fn summed(group: &Group<'_>) -> String {
    let time = |seconds| numbers::value(Kind::Duration, seconds);
    let completion =
        group.completion.map_or(String::new(), |_| format!(" · {} until completion", time(group.completion)));
    format!("{} in all{completion} · {}", time(Some(group.sum)), group.lost)
}

fn row(plot: &Plot<'_, '_>, y: f64, node: &str, times: &[f64; TIMES.len()]) {
    let (canvas, theme) = (plot.canvas, plot.canvas.theme);
    let middle = y + BAR / 2.0;
    let naming = theme.small(Side::Right);
    canvas.text((LEFT - 12.0, middle), &canvas.fitted(node, naming, LEFT - MARGIN - 16.0), naming);
    let mut sum = 0.0;
    for (what, &time) in times.iter().enumerate().filter(|(_, time)| **time > 0.0) {
        let (from, to) = (plot.x.at(sum), plot.x.at(sum + time));
        sum += time;
        let twice = TIMES[what] == "answers";
        canvas.rectangle((from, y), (to, y + BAR), theme.part(what), if twice { TWICE } else { 1.0 });
        if to - from > 3.0 {
            canvas.line(&[(to, y), (to, y + BAR)], Stroke { colour: theme.ground, width: 1.0, dash: None });
        }
    }
    let end = plot.x.at(sum) + 8.0;
    let own = reading::once(times);
    let words = if own > SMALL * sum || sum == 0.0 { numbers::value(Kind::Duration, Some(own)) } else { String::new() };
    canvas.plate((end, middle), &words, Type { colour: theme.ink, ..theme.small(Side::Left) });
}

fn account(groups: &[Group<'_>], method: &str) -> String {
    let each = groups.iter().map(|group| {
        let nodes = group
            .nodes
            .iter()
            .map(|(node, times)| format!(" {node} {}", numbers::value(Kind::Duration, Some(reading::once(times)))));
        format!(" {}: {};{}.", group.name, summed(group), nodes.collect::<Vec<_>>().join(","))
    });
    format!("{method}{}", each.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::theme::{DARK, LIGHT};
    use crate::report::specimen::{figure, timed, video};

    #[test]
    fn each_node_has_its_bar_and_its_time() {
        let svg = times(&timed(), LIGHT).expect("several nodes").svg();
        for word in ["pool.web", "pool.media", "queue.uploads", "44.3 s", "answers", "93.1 s until completion"] {
            assert!(svg.contains(word), "{word}: {svg}");
        }
    }

    /// Twenty nodes: thirteen bars, and one for the seven of the least time.
    #[test]
    fn the_least_of_many_nodes_are_told_together() {
        let mut document = timed();
        for n in 0..20 {
            let node = document.topologies["tiered"].nodes.entry(format!("pool.n{n}")).or_default();
            node.figures.insert("time.work".to_owned(), figure(1.0 + f64::from(n), 0.0, "s"));
        }
        let group = group("tiered", &document.topologies["tiered"]);
        assert_eq!((group.nodes.len(), group.nodes[13].0.as_str()), (14, "9 others"));
        let whole = 45.1 + (1..=20).sum::<i32>() as f64;
        assert!((group.sum - whole).abs() < 1e-9);
        let shown: f64 = group.nodes.iter().map(|node| reading::once(&node.1)).sum();
        assert!((shown - whole).abs() < 1e-9);
    }

    #[test]
    fn losses_stand_beside_it_and_the_finding_above() {
        let svg = times(&timed(), DARK).expect("several nodes").svg();
        assert!(svg.contains("lost 2.1 %"), "{svg}");
        assert!(svg.contains("98 % of the time of a request of tiered goes into media"), "{svg}");
    }

    #[test]
    fn where_no_time_was_told_nothing_is_drawn() {
        assert_eq!(times(&video(), LIGHT), None);
    }
}
