//! Cost against p99: who is beaten on both, and among whom there is something to choose.

use crate::experiment::document::{Document, Figure};
use crate::report::charts::axis::{Axis, apart};
use crate::report::charts::canvas::{Canvas, Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::plot::{MARGIN, Plot, WIDTH, head};
use crate::report::charts::theme::{Pen, Theme};
use crate::report::numbers::{self, Kind};
use crate::report::{finding, reading};

const LEFT: f64 = 96.0;
const RIGHT: f64 = 760.0;
const TOP: f64 = 118.0;
/// Where the names stand.
const NAMES: f64 = RIGHT + 30.0;
/// From one name to the next, at least.
const APART: f64 = 44.0;
/// Costs of which one is this many times another are drawn on a logarithmic axis.
const FAR: f64 = 20.0;
/// Who loses more than this completes no 99 of 100 requests, however fast the others are.
const MOST_LOST: f64 = 0.01;
/// A name at its mark is no longer than this.
const LONGEST: f64 = 130.0;
/// Room for a mark with its rim.
const MARK: f64 = 8.0;

const COST: &str = "cost.month";

/// A topology on the plot.
struct Spot<'d> {
    name: &'d str,
    pen: Pen,
    cost: &'d Figure,
    slow: &'d Figure,
    /// The share of requests that it loses.
    lost: f64,
    lost_words: String,
    /// Nobody is both cheaper and faster, and it completes 99 of 100.
    frontier: bool,
}

impl Spot<'_> {
    fn at(&self) -> (f64, f64) {
        (self.cost.value.unwrap_or(0.0), self.slow.value.unwrap_or(0.0))
    }

    fn is_able(&self) -> bool {
        self.lost <= MOST_LOST
    }
}

/// The plot; `None` with fewer than two topologies that have both a cost and a p99.
pub fn pareto(document: &Document, theme: Theme) -> Option<Drawing> {
    // Where some topology completes nothing later than it answers, the answer is all there is.
    let latency = ["completion", "answer"].into_iter().find(|latency| spots(document, latency, theme).len() > 1)?;
    let spots = spots(document, latency, theme);
    let title = title(document, latency, &spots);
    let left_out: Vec<&str> =
        document.topologies.keys().map(String::as_str).filter(|name| is_missing(&spots, name)).collect();
    let mut method = format!("Filled area: beaten on both. Crosses: 95 % intervals. {}", reading::provenance(document));
    if spots.iter().any(|spot| !spot.is_able()) {
        method = format!("{method}. Struck out: loses more than 1 in 100");
    }
    if !left_out.is_empty() {
        method = format!("{method}. Without cost or p99: {}", left_out.join(", "));
    }
    let bottom = f64::max(TOP + 440.0, TOP + APART * spots.len() as f64);
    let account = account(&method, &spots);
    Some(drawn((WIDTH, (bottom + 66.0) as u32), theme, &title, &account, |canvas| {
        head(canvas, &title, &method);
        let plot = Plot { canvas, x: costs(&spots), y: latencies(&spots, bottom) };
        let frontier = staircase(&plot, &spots);
        if frontier.len() > 1 {
            let corner = [(RIGHT, frontier[frontier.len() - 1].1), (RIGHT, TOP)];
            let beaten: Vec<(f64, f64)> = frontier.iter().copied().chain(corner).collect();
            canvas.shape(&beaten, theme.part(2), 0.09);
        }
        plot.columns();
        plot.rows(Kind::Duration);
        plot.labels(|tick| numbers::tick(Kind::Money, tick));
        canvas.line(&frontier, Stroke { colour: theme.quiet, width: 1.6, dash: None });
        plot.base();
        let small = theme.small(Side::Left);
        let scale = |log: bool| if log { ", logarithmic" } else { "" };
        canvas.text((MARGIN, TOP - 22.0), &format!("p99 of {latency}{}", scale(plot.y.is_log())), small);
        let x = format!("dollars a month{}", scale(plot.x.is_log()));
        canvas.text(((LEFT + RIGHT) / 2.0, bottom + 44.0), &x, theme.small(Side::Middle));
        spots.iter().for_each(|spot| cross(&plot, spot));
        spots.iter().for_each(|spot| mark(&plot, spot));
        near_names(&plot, &spots);
        names(&plot, &spots);
    }))
}

fn is_missing(spots: &[Spot<'_>], name: &str) -> bool {
    !spots.iter().any(|spot| spot.name == name)
}

/// The topologies that have both figures; who is on the frontier is said.
fn spots<'d>(document: &'d Document, latency: &str, theme: Theme) -> Vec<Spot<'d>> {
    let of = format!("{latency}.p99");
    let drawable = |figure: &&Figure| figure.value.is_some_and(|value| value.is_finite() && value >= 0.0);
    let mut spots: Vec<Spot<'d>> = Vec::new();
    for (place, (name, topology)) in document.topologies.iter().enumerate() {
        let figures = (topology.figures.get(COST).filter(drawable), topology.figures.get(&of).filter(drawable));
        let (Some(cost), Some(slow)) = figures else { continue };
        let lost = finding::never(topology, latency);
        let lost_words = reading::lost_words(topology);
        spots.push(Spot { name, pen: theme.pen(place), cost, slow, lost, lost_words, frontier: false });
    }
    let frontier: Vec<bool> = spots.iter().map(|spot| !spots.iter().any(|other| beats(other, spot))).collect();
    for (spot, frontier) in spots.iter_mut().zip(frontier) {
        spot.frontier = frontier && spot.is_able();
    }
    spots
}

/// Whether one leaves nothing to be said for the other: no dearer, no slower, and not the same.
fn beats(one: &Spot<'_>, other: &Spot<'_>) -> bool {
    let ((cost, slow), (other_cost, other_slow)) = (one.at(), other.at());
    one.is_able() && cost <= other_cost && slow <= other_slow && (cost, slow) != (other_cost, other_slow)
}

/// What there is to choose, by the values where the intervals tell them apart.
fn title(document: &Document, latency: &str, spots: &[Spot<'_>]) -> String {
    let mut frontier: Vec<&Spot<'_>> = spots.iter().filter(|spot| spot.frontier).collect();
    frontier.sort_by(|a, b| a.at().0.total_cmp(&b.at().0));
    let words = |spot: &Spot<'_>| {
        let cost = numbers::value(Kind::Money, spot.cost.value);
        format!("{cost} a month, p99 {}", numbers::value(Kind::Duration, spot.slow.value))
    };
    // A title has room for two names that are not overlong.
    let name = |spot: &Spot<'_>| match spot.name.char_indices().nth(30) {
        Some((end, _)) => format!("{}…", spot.name[..end].trim_end()),
        None => spot.name.to_owned(),
    };
    let of = format!("{latency}.p99");
    let sure = |one: &Spot<'_>, other: &Spot<'_>, of: &str| {
        let figures = |spot: &Spot<'_>| if of == COST { spot.cost.clone() } else { spot.slow.clone() };
        finding::clear(document, of, one.name, other.name, &figures(one), &figures(other))
    };
    match frontier.as_slice() {
        [] => format!("Nobody {}s 99 of 100 requests, whatever it costs", finding::verb(latency)),
        [only] if spots.iter().filter(|spot| spot.is_able()).count() == 1 => {
            format!("Only {} {}s 99 of 100 requests: {}", name(only), finding::verb(latency), words(only))
        }
        [best] => {
            let others = || spots.iter().filter(|spot| spot.name != best.name && spot.is_able());
            let clear = others().all(|other| sure(best, other, COST) && sure(best, other, &of));
            let what = if clear { "beats the others on both" } else { "is ahead on both, not surely of all" };
            format!("{} {what}: {}", name(best), words(best))
        }
        [cheapest, .., fastest] => {
            format!(
                "{} is cheapest ({}), {} fastest ({})",
                name(cheapest),
                words(cheapest),
                name(fastest),
                words(fastest)
            )
        }
    }
}

fn costs(spots: &[Spot<'_>]) -> Axis {
    let ends = || spots.iter().flat_map(|spot| [spot.cost.low, spot.cost.value, spot.cost.high]).flatten();
    let high = ends().filter(|cost| cost.is_finite()).fold(0.0, f64::max);
    let low = spots.iter().map(|spot| spot.at().0).fold(f64::INFINITY, f64::min);
    if low > 0.0 && high / low > FAR {
        return Axis::log(Kind::Money, low, high, (LEFT, RIGHT));
    }
    Axis::linear(high, 5, (LEFT, RIGHT))
}

fn latencies(spots: &[Spot<'_>], bottom: f64) -> Axis {
    let values = || spots.iter().map(|spot| spot.at().1);
    let highs = spots.iter().filter_map(|spot| spot.slow.high).filter(|high| high.is_finite());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().chain(highs).fold(0.0, f64::max));
    if low > 0.0 { Axis::log(Kind::Duration, low, high, (bottom, TOP)) } else { Axis::linear(high, 5, (bottom, TOP)) }
}

/// The edge of what is beaten, from the top above the cheapest to the right of the fastest.
fn staircase(plot: &Plot<'_, '_>, spots: &[Spot<'_>]) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = spots.iter().filter(|spot| spot.frontier).map(|spot| spot.at()).collect();
    corners.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut path: Vec<(f64, f64)> = Vec::new();
    for (cost, slow) in corners {
        let (x, y) = plot.at(cost, slow);
        path.extend([(x, path.last().map_or(TOP, |last| last.1)), (x, y)]);
    }
    if let Some(last) = path.last().copied() {
        path.push((RIGHT, last.1));
    }
    path
}

fn cross(plot: &Plot<'_, '_>, spot: &Spot<'_>) {
    let stroke = Stroke { colour: spot.pen.colour, width: 1.6, dash: None };
    let (x, y) = plot.at(spot.at().0, spot.at().1);
    let finite =
        |figure: &Figure| figure.low.zip(figure.high).filter(|(low, high)| low.is_finite() && high.is_finite());
    if let Some((low, high)) = finite(spot.cost) {
        plot.canvas.line(&[(plot.x.at(low), y), (plot.x.at(high), y)], stroke);
    }
    if let Some((low, high)) = finite(spot.slow) {
        plot.canvas.line(&[(x, plot.y.at(low)), (x, plot.y.at(high))], stroke);
    }
}

/// A topology's mark, struck out where it loses more than 1 in 100.
fn mark(plot: &Plot<'_, '_>, spot: &Spot<'_>) {
    let (x, y) = plot.at(spot.at().0, spot.at().1);
    plot.canvas.mark((x, y), 6.0, spot.pen);
    if !spot.is_able() {
        for way in [1.0, -1.0] {
            let ends = [(x - 10.0, y - 10.0 * way), (x + 10.0, y + 10.0 * way)];
            plot.canvas.line(&ends, Stroke { colour: plot.canvas.theme.alarm, width: 1.8, dash: None });
        }
    }
}

/// A rectangle: left, top, right, bottom.
type Frame = (f64, f64, f64, f64);

/// Names at their marks, where there is room for them; all stand at the right in any case.
fn near_names(plot: &Plot<'_, '_>, spots: &[Spot<'_>]) {
    let canvas = plot.canvas;
    let mut taken: Vec<Frame> = Vec::new();
    for spot in spots {
        let (x, y) = plot.at(spot.at().0, spot.at().1);
        let room = if spot.is_able() { MARK } else { 11.0 };
        taken.push((x - room, y - room, x + room, y + room));
    }
    for spot in spots {
        let colour = if spot.is_able() { canvas.theme.ink } else { canvas.theme.alarm };
        let face = Type { size: 12.5, colour, ..canvas.theme.naming(Side::Left) };
        let short = canvas.fitted(spot.name, face, LONGEST);
        let name = if spot.is_able() { short } else { format!("{short}, {}", spot.lost_words) };
        let width = canvas.width(&name, face);
        let (x, y) = plot.at(spot.at().0, spot.at().1);
        let places = [
            (x + 13.0, y - 12.0),
            (x - 13.0 - width, y + 13.0),
            (x + 13.0, y + 13.0),
            (x - 13.0 - width, y - 12.0),
            (x - width / 2.0, y - 21.0),
            (x - width / 2.0, y + 22.0),
        ];
        let frame = |(x, y): (f64, f64)| (x - 2.0, y - 8.0, x + width + 2.0, y + 8.0);
        let bottom = plot.y.ends().0;
        let inside = |(left, top, right, low): Frame| left > LEFT && right < RIGHT && top > TOP && low < bottom;
        let free = |one: Frame| {
            taken.iter().all(|other| one.2 < other.0 || other.2 < one.0 || one.3 < other.1 || other.3 < one.1)
        };
        let Some(place) = places.into_iter().find(|place| inside(frame(*place)) && free(frame(*place))) else {
            continue;
        };
        taken.push(frame(place));
        canvas.plate(place, &name, face);
    }
}

/// Every name with its numbers, the slowest at the top.
fn names(plot: &Plot<'_, '_>, spots: &[Spot<'_>]) {
    let (canvas, theme) = (plot.canvas, plot.canvas.theme);
    let wanted: Vec<f64> = spots.iter().map(|spot| plot.y.at(spot.at().1)).collect();
    let bottom = plot.y.ends().0;
    for (spot, y) in spots.iter().zip(apart(&wanted, APART, (TOP + 4.0, bottom - 18.0))) {
        canvas.mark((NAMES, y), 5.0, spot.pen);
        let naming = theme.naming(Side::Left);
        let x = NAMES + 16.0;
        canvas.text((x, y), &canvas.fitted(spot.name, naming, f64::from(WIDTH) - x - 12.0), naming);
        numbers_of(canvas, (x, y + 17.0), spot);
    }
}

/// `$453 · p99 347 s · lost 2.1 %`, the loss in red where there is one.
fn numbers_of(canvas: &Canvas<'_>, (x, y): (f64, f64), spot: &Spot<'_>) {
    let small = canvas.theme.small(Side::Left);
    let cost = numbers::value(Kind::Money, spot.cost.value);
    let first = format!("{cost} · p99 {} · ", numbers::value(Kind::Duration, spot.slow.value));
    canvas.text((x, y), &first, small);
    let alarm = Type { colour: canvas.theme.alarm, strong: true, ..small };
    let face = if spot.lost > 0.0 { alarm } else { small };
    canvas.text((x + canvas.width(&first, small), y), &spot.lost_words, face);
}

fn account(method: &str, spots: &[Spot<'_>]) -> String {
    let each = spots.iter().map(|spot| {
        let cost = numbers::figure(Kind::Money, spot.cost);
        let beaten = if spot.frontier { ", on the line" } else { "" };
        format!(
            " {}: {cost} a month, p99 {}, {}{beaten}.",
            spot.name,
            numbers::figure(Kind::Duration, spot.slow),
            spot.lost_words
        )
    });
    format!("{method}.{}", each.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::theme::LIGHT;
    use crate::report::specimen::{alone, figure, video};

    fn placed(places: &[(&str, f64, f64, f64)]) -> Document {
        let mut document = video();
        let shape = document.topologies["decoupled"].clone();
        document.topologies.clear();
        document.differences.clear();
        for (name, cost, slow, lost) in places {
            let mut topology = shape.clone();
            topology.tails.clear();
            for (of, value, unit) in [(COST, *cost, "$"), ("completion.p99", *slow, "s"), ("lost", *lost, "1")] {
                topology.figures.insert(of.to_owned(), figure(value, value * 0.01, unit));
            }
            document.topologies.insert((*name).to_owned(), topology);
        }
        document
    }

    fn frontier(document: &Document) -> Vec<&str> {
        spots(document, "completion", LIGHT).iter().filter(|spot| spot.frontier).map(|spot| spot.name).collect()
    }

    #[test]
    fn who_is_dearer_and_slower_is_beaten_and_who_loses_is_not_on_the_line() {
        let places = [("a", 10.0, 100.0, 0.0), ("b", 20.0, 50.0, 0.0), ("c", 25.0, 60.0, 0.0), ("d", 1.0, 1.0, 0.3)];
        let document = placed(&places);
        assert_eq!(frontier(&document), ["a", "b"]);
        let svg = pareto(&document, LIGHT).unwrap().svg();
        assert!(
            svg.contains("a is cheapest ($10.00 a month, p99 100 s), b fastest ($20.00 a month, p99 50.0 s)"),
            "{svg}"
        );
        assert!(svg.contains("lost 30 %") && svg.contains("Struck out: loses more than 1 in 100"));
    }

    #[test]
    fn two_alike_are_both_on_the_line() {
        assert_eq!(
            frontier(&placed(&[("a", 10.0, 5.0, 0.0), ("b", 10.0, 5.0, 0.0), ("c", 10.0, 6.0, 0.0)])),
            ["a", "b"]
        );
    }

    #[test]
    fn a_winner_on_both_is_named_and_doubted_where_intervals_overlap() {
        let title = |document: &Document| title(document, "completion", &spots(document, "completion", LIGHT));
        let clear = placed(&[("a", 10.0, 5.0, 0.0), ("b", 20.0, 9.0, 0.0)]);
        assert_eq!(title(&clear), "a beats the others on both: $10.00 a month, p99 5.00 s");
        let near = placed(&[("a", 10.0, 5.0, 0.0), ("b", 20.0, 5.01, 0.0)]);
        assert_eq!(title(&near), "a is ahead on both, not surely of all: $10.00 a month, p99 5.00 s");
        let alone = placed(&[("a", 10.0, 5.0, 0.0), ("b", 5.0, 2.0, 0.5)]);
        assert_eq!(title(&alone), "Only a completes 99 of 100 requests: $10.00 a month, p99 5.00 s");
        let nobody = placed(&[("a", 10.0, 5.0, 0.2), ("b", 5.0, 2.0, 0.5)]);
        assert_eq!(title(&nobody), "Nobody completes 99 of 100 requests, whatever it costs");
    }

    #[test]
    fn one_alone_has_nobody_to_be_beside() {
        assert!(pareto(&alone(), LIGHT).is_none());
        let mut unstable = placed(&[("a", 10.0, 5.0, 0.0), ("b", 20.0, 9.0, 0.0), ("c", 1.0, 1.0, 0.0)]);
        unstable.topologies["c"].figures["completion.p99"].value = None;
        let svg = pareto(&unstable, LIGHT).unwrap().svg();
        assert!(svg.contains("Without cost or p99: c"), "{svg}");
    }
}
