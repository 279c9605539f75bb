//! How many wait how long: the share of requests not yet served after a time, on two logarithmic axes.
//!
//! A lost request is never served, so the line of a topology that loses requests does not fall below their share:
//! a design cannot look fast by losing what would have been slow.

use crate::experiment::document::{Document, Tail, TopologyResult};
use crate::ground::maths;
use crate::report::charts::axis::{Axis, apart};
use crate::report::charts::canvas::{Canvas, Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::plot::{Plot, WIDTH, head};
use crate::report::charts::theme::{Pen, Theme};
use crate::report::numbers::{self, Kind};
use crate::report::{finding, reading};

const LEFT: f64 = 84.0;
const RIGHT: f64 = 816.0;
const TOP: f64 = 96.0;
const BOTTOM: f64 = 526.0;
/// Shares below this are not drawn, however many were measured.
const RAREST: f64 = 1e-6;

/// A topology's line.
struct Curve<'d> {
    name: &'d str,
    topology: &'d TopologyResult,
    pen: Pen,
    /// Seconds, and the share of all requests that were not served by then.
    points: Vec<(f64, f64)>,
    /// The share that never was.
    never: f64,
}

/// The tails of `answer` or `completion`; `None` where no topology has any.
pub fn tail(document: &Document, latency: &str, theme: Theme) -> Option<Drawing> {
    let curves = curves(document, latency, theme);
    if curves.is_empty() {
        return None;
    }
    let title = finding::soonest(document, latency);
    let done = if latency == "answer" { "not answered" } else { "not completed" };
    let method = format!(
        "Share of requests {done} after a time; a lost one never is. Marks: 1 in 100. {} pooled, seed {}",
        reading::counted(u64::from(document.replications), "replication"),
        document.seed
    );
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let fastest = points().map(|(seconds, _)| *seconds).fold(f64::INFINITY, f64::min);
    let slowest = points().map(|(seconds, _)| *seconds).chain(limits(document, latency).map(|(_, limit)| limit));
    let slowest = slowest.filter(|seconds| seconds.is_finite()).fold(0.0, f64::max);
    let rarest = points().map(|(_, share)| *share).fold(0.01, f64::min).max(RAREST);
    Some(drawn((WIDTH, 600), theme, &title, &account(&method, &curves, latency), |canvas| {
        head(canvas, &title, &method);
        let x = Axis::log(Kind::Duration, fastest, slowest, (LEFT, RIGHT));
        let y = Axis::log(Kind::Share, rarest, 1.0, (BOTTOM, TOP));
        let plot = Plot { canvas, x, y };
        plot.columns();
        plot.rows(Kind::Share);
        plot.labels(|tick| numbers::tick(Kind::Duration, tick));
        let face = theme.small(Side::Middle);
        canvas.text(((LEFT + RIGHT) / 2.0, BOTTOM + 44.0), &format!("time until {latency}, logarithmic"), face);
        goals(&plot, document, latency);
        curves.iter().for_each(|curve| line(&plot, curve));
        plot.base();
        names(&plot, &curves, latency);
    }))
}

fn curves<'d>(document: &'d Document, latency: &str, theme: Theme) -> Vec<Curve<'d>> {
    let curve = |(place, (name, topology)): (usize, (&'d String, &'d TopologyResult))| {
        let tail = topology.tails.get(latency)?;
        let (points, never) = of_all(tail);
        (!points.is_empty()).then(|| Curve { name, topology, pen: theme.pen(place), points, never })
    };
    document.topologies.iter().enumerate().filter_map(curve).collect()
}

/// The tail among all requests, lost ones included, without what no logarithm takes.
fn of_all(tail: &Tail) -> (Vec<(f64, f64)>, f64) {
    let (measured, lost) = (tail.measured as f64, tail.lost as f64);
    let all = measured + lost;
    let never = if all > 0.0 { lost / all } else { 0.0 };
    let share = |slower: f64| if all > 0.0 { (slower * measured + lost) / all } else { slower };
    let points = tail.points.iter().map(|(seconds, slower)| (*seconds, share(*slower)));
    let drawable = |(seconds, share): &(f64, f64)| *seconds > 0.0 && seconds.is_finite() && *share >= RAREST;
    (points.filter(drawable).collect(), never)
}

/// The goals on percentiles of this latency: the share that may be later, and the limit.
fn limits<'d>(document: &'d Document, latency: &'d str) -> impl Iterator<Item = (f64, f64)> + 'd {
    document.goals.iter().filter_map(move |goal| {
        let percent: f64 = goal.of.strip_prefix(latency)?.strip_prefix(".p")?.parse().ok()?;
        let drawable = goal.at_most && goal.limit > 0.0 && goal.limit.is_finite() && percent < 100.0;
        drawable.then_some((1.0 - percent / 100.0, goal.limit))
    })
}

/// A goal is a corner that no line may enter: later than the limit, and more often than is allowed.
fn goals(plot: &Plot<'_, '_>, document: &Document, latency: &str) {
    let theme = plot.canvas.theme;
    let mut drawn: Vec<(f64, f64)> = Vec::new();
    for (share, limit) in limits(document, latency) {
        if drawn.contains(&(share, limit)) {
            continue;
        }
        drawn.push((share, limit));
        let (x, y) = plot.at(limit, share);
        plot.canvas.rectangle((x, TOP), (RIGHT, y), theme.alarm, 0.08);
        let stroke = Stroke { colour: theme.alarm, width: 1.4, dash: Some((5, 4)) };
        plot.canvas.line(&[(x, TOP), (x, y), (RIGHT, y)], stroke);
        let percent = numbers::tick(Kind::Number, 100.0 - share * 100.0);
        let words = format!("goal: p{percent} ≤ {}", numbers::span(limit));
        let near = Type { colour: theme.alarm, size: 12.5, strong: true, side: Side::Left };
        let inside = x + 8.0 + plot.canvas.width(&words, near) < RIGHT;
        let (at, side) = if inside { (x + 8.0, Side::Left) } else { (x - 8.0, Side::Right) };
        plot.canvas.text((at, TOP + 13.0 + 18.0 * (drawn.len() - 1) as f64), &words, Type { side, ..near });
    }
}

fn line(plot: &Plot<'_, '_>, curve: &Curve<'_>) {
    let first = plot.at(curve.points[0].0, curve.points[0].1);
    let mut path = vec![(LEFT, first.1)];
    for (seconds, share) in &curve.points {
        let point = plot.at(*seconds, *share);
        // A histogram has finer buckets than a screen has pixels.
        if path.last().is_none_or(|last| (point.0 - last.0).abs() + (point.1 - last.1).abs() >= 0.4) {
            path.push(point);
        }
    }
    if curve.never >= RAREST {
        let level = plot.y.at(curve.never);
        path.extend([(plot.x.at(curve.points[curve.points.len() - 1].0), level), (RIGHT, level)]);
    }
    plot.canvas.line(&path, Stroke { colour: curve.pen.colour, width: 2.2, dash: curve.pen.dash });
    if let Some(seconds) = crossing(&curve.points, 0.01) {
        plot.canvas.mark(plot.at(seconds, 0.01), 5.0, curve.pen);
    }
}

/// Where a falling line crosses a share, on logarithmic axes.
fn crossing(points: &[(f64, f64)], share: f64) -> Option<f64> {
    let pair = points.windows(2).find(|pair| pair[0].1 >= share && pair[1].1 < share)?;
    let ((from, above), (to, below)) = (pair[0], pair[1]);
    let part = maths::ln(above / share) / maths::ln(above / below);
    Some(from * maths::pow(to / from, part))
}

/// Each name where its line ends, with its p99 and, always, its losses.
fn names(plot: &Plot<'_, '_>, curves: &[Curve<'_>], latency: &str) {
    let theme = plot.canvas.theme;
    // Lines that fall to the bottom end there from right to left: the slowest is named first.
    let mut order: Vec<&Curve<'_>> = curves.iter().collect();
    let slow = |curve: &Curve<'_>| curve.points.last().map_or(0.0, |(seconds, _)| *seconds);
    order.sort_by(|a, b| b.never.total_cmp(&a.never).then(slow(b).total_cmp(&slow(a))));
    let wanted: Vec<f64> = order
        .iter()
        .enumerate()
        .map(|(place, curve)| match curve.never >= RAREST {
            true => plot.y.at(curve.never),
            false => BOTTOM - 20.0 - (order.len() - 1 - place) as f64 * 0.01,
        })
        .collect();
    for (curve, y) in order.iter().zip(apart(&wanted, 50.0, (TOP + 8.0, BOTTOM - 24.0))) {
        let stroke = Stroke { colour: curve.pen.colour, width: 2.2, dash: curve.pen.dash };
        plot.canvas.line(&[(RIGHT + 12.0, y), (RIGHT + 40.0, y)], stroke);
        plot.canvas.mark((RIGHT + 26.0, y), 4.5, curve.pen);
        let room = f64::from(WIDTH) - RIGHT - 56.0;
        let naming = theme.naming(Side::Left);
        plot.canvas.text((RIGHT + 48.0, y), &plot.canvas.fitted(curve.name, naming, room), naming);
        beside(plot.canvas, (RIGHT + 48.0, y + 18.0), curve.topology, &format!("{latency}.p99"));
    }
}

/// `p99 347 s · lost 2.1 %`: the loss in red where there is one.
fn beside(canvas: &Canvas<'_>, (x, y): (f64, f64), topology: &TopologyResult, of: &str) {
    let theme = canvas.theme;
    let small = theme.small(Side::Left);
    let p99 = numbers::value(Kind::Duration, topology.figures.get(of).and_then(|figure| figure.value));
    let first = format!("p99 {p99} · ");
    canvas.text((x, y), &first, small);
    let loses = reading::lost(topology).is_some_and(|lost| lost > 0.0);
    let face = if loses { Type { colour: theme.alarm, strong: true, ..small } } else { small };
    canvas.text((x + canvas.width(&first, small), y), &reading::lost_words(topology), face);
}

fn account(method: &str, curves: &[Curve<'_>], latency: &str) -> String {
    let of = format!("{latency}.p99");
    let each = curves.iter().map(|curve| {
        let p99 = curve.topology.figures.get(&of).and_then(|figure| figure.value);
        let p99 = numbers::value(Kind::Duration, p99);
        format!(" {}: p99 {p99}, {}.", curve.name, reading::lost_words(curve.topology))
    });
    format!("{method}.{}", each.collect::<String>())
}
