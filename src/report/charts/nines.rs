//! Latency by percentile, each step to the right ten times rarer: how much worse the worst are.
//!
//! Percentiles are of all requests, and a lost one is later than any: the line of a topology that loses 2 % ends
//! at p98, instead of looking fast beyond.

use crate::experiment::document::{Document, Tail, TopologyResult};
use crate::report::charts::axis::{Axis, apart};
use crate::report::charts::canvas::{Canvas, Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::plot::{Plot, WIDTH, head};
use crate::report::charts::theme::{Pen, Theme};
use crate::report::numbers::{self, Kind};
use crate::report::{finding, reading};

const LEFT: f64 = 96.0;
const RIGHT: f64 = 790.0;
const TOP: f64 = 104.0;
const BOTTOM: f64 = 524.0;
/// A percentile is drawn as far as so many requests are beyond it.
const BEYOND: f64 = 10.0;
/// The percentiles that replications have each: the share of those that got through which is later.
const HELD: [(&str, f64); 5] = [("p50", 0.5), ("p90", 0.1), ("p95", 0.05), ("p99", 0.01), ("p99.9", 0.001)];
/// Nines that are named below the axis: the share that is later.
const NAMED: [f64; 7] = [0.5, 0.1, 0.01, 0.001, 0.000_1, 0.000_01, 0.000_001];

/// A topology's line.
struct Curve<'d> {
    name: &'d str,
    topology: &'d TopologyResult,
    pen: Pen,
    /// The share of all requests that is later, falling, and the seconds.
    points: Vec<(f64, f64)>,
    /// The share, and the 10th and 90th percentile of the replications' seconds, at the percentiles that each has.
    spread: Vec<(f64, f64, f64)>,
    /// The share that is never served, where that is more than the line may end at.
    never: Option<f64>,
}

/// The lines of `answer` or `completion`; `None` where no topology has as many requests as a percentile needs.
pub fn nines(document: &Document, latency: &str, theme: Theme) -> Option<Drawing> {
    let curves: Vec<Curve<'_>> = document
        .topologies
        .iter()
        .enumerate()
        .filter_map(|(place, (name, topology))| curve(name, topology, latency, theme.pen(place)))
        .collect();
    if curves.is_empty() {
        return None;
    }
    let title = title(document, latency, &curves);
    let barred = curves.iter().any(|curve| !curve.spread.is_empty());
    let told = if barred { " Bars: 10th to 90th percentile of replications." } else { "" };
    let method = format!(
        "Line: {} pooled, lost requests later than any, as far as {BEYOND:.0} are beyond.{told} Seed {}",
        reading::counted(u64::from(document.replications), "replication"),
        document.seed
    );
    let rarest = curves.iter().map(|curve| curve.end()).fold(0.1, f64::min);
    let seconds = || {
        let line = curves.iter().flat_map(|curve| curve.points.iter().map(|(_, seconds)| *seconds));
        line.chain(curves.iter().flat_map(|curve| curve.spread.iter().flat_map(|(_, low, high)| [*low, *high])))
    };
    let fastest =
        curves.iter().map(|curve| curve.at(0.9)).chain(seconds().reduce(f64::max)).fold(f64::INFINITY, f64::min);
    let slowest = seconds().fold(0.0, f64::max);
    Some(drawn((WIDTH, 600), theme, &title, &account(&method, &curves, latency), |canvas| {
        head(canvas, &title, &method);
        // One in so many is later.
        let mut x = Axis::log(Kind::Number, 1.0, 1.0 / rarest, (LEFT, RIGHT)).ending(1.0 / rarest);
        x.ticks = NAMED.into_iter().filter(|share| *share >= rarest).map(|share| 1.0 / share).collect();
        let plot = Plot { canvas, x, y: Axis::log(Kind::Duration, fastest, slowest, (BOTTOM, TOP)) };
        plot.columns();
        plot.rows(Kind::Duration);
        plot.labels(|one_in| percent(1.0 / one_in));
        canvas.text((LEFT, BOTTOM + 18.0), "fastest", theme.small(Side::Middle));
        let x_name = format!("percentile of the time until {latency}: each step to the right is ten times rarer");
        canvas.text(((LEFT + RIGHT) / 2.0, BOTTOM + 44.0), &x_name, theme.small(Side::Middle));
        for (place, curve) in curves.iter().enumerate() {
            bars(
                &plot,
                curve,
                (place as f64 - (curves.len() - 1) as f64 / 2.0) * f64::min(6.0, 30.0 / curves.len() as f64),
            );
        }
        curves.iter().for_each(|curve| line(&plot, curve));
        plot.base();
        names(&plot, &curves);
    }))
}

impl Curve<'_> {
    /// Where its line ends.
    fn end(&self) -> f64 {
        self.points.last().map_or(1.0, |(share, _)| *share)
    }

    /// The seconds that this share is later than: those of the last point before it.
    fn at(&self, share: f64) -> f64 {
        let before = self.points.iter().take_while(|(later, _)| *later >= share).last();
        before.or(self.points.first()).map_or(f64::INFINITY, |(_, seconds)| *seconds)
    }
}

fn curve<'d>(name: &'d str, topology: &'d TopologyResult, latency: &str, pen: Pen) -> Option<Curve<'d>> {
    let tail: &Tail = topology.tails.get(latency)?;
    let (measured, lost) = (tail.measured as f64, tail.lost as f64);
    let all = measured + lost;
    let of_all = |later: f64| (later * measured + lost) / all;
    let least = BEYOND / all;
    let drawable = |(share, seconds): &(f64, f64)| *share >= least && *seconds > 0.0 && seconds.is_finite();
    let points: Vec<(f64, f64)> =
        tail.points.iter().map(|(seconds, later)| (of_all(*later), *seconds)).filter(drawable).collect();
    let end = points.last()?.0;
    let held = |(part, later): (&str, f64)| {
        let seconds = topology.replications.get(&format!("{latency}.{part}"))?;
        let mut seconds: Vec<f64> = seconds.iter().flatten().copied().filter(|s| s.is_finite() && *s > 0.0).collect();
        seconds.sort_by(f64::total_cmp);
        let share = of_all(later);
        (seconds.len() > 4 && share >= end).then(|| (share, quantile(&seconds, 0.1), quantile(&seconds, 0.9)))
    };
    let spread: Vec<(f64, f64, f64)> = HELD.into_iter().filter_map(held).collect();
    let never = lost / all;
    Some(Curve { name, topology, pen, points, spread, never: (never >= least).then_some(never) })
}

/// A quantile of values that rise, between two of them as far as it lies between their places.
fn quantile(values: &[f64], p: f64) -> f64 {
    let place = p * (values.len() - 1) as f64;
    let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
    low + (high - low) * (place - place.floor())
}

/// `p99.9` of one in a thousand.
fn percent(share: f64) -> String {
    format!("p{}", numbers::tick(Kind::Number, 100.0 - share * 100.0))
}

/// Who is fastest at the median and at the rarest percentile that all lines reach, where the intervals tell.
fn title(document: &Document, latency: &str, curves: &[Curve<'_>]) -> String {
    let end = curves.iter().map(Curve::end).fold(0.0, f64::max);
    let rarest = NAMED.into_iter().rfind(|share| *share >= end);
    let seconds = |curve: &Curve<'_>, share: f64| numbers::value(Kind::Duration, Some(curve.at(share)));
    if let ([only], Some(rarest)) = (curves, rarest.filter(|rarest| *rarest < 0.5)) {
        let (median, worst) = (seconds(only, 0.5), seconds(only, rarest));
        return format!("{}: half are done within {median}, {} within {worst}", only.name, many(rarest));
    }
    let short = curves.iter().filter(|curve| curve.never.is_some_and(|never| never > 0.01)).count();
    let able = |name: &str| curves.iter().any(|curve| curve.name == name && curve.end() <= 0.01);
    let fastest = |part: &str| finding::surely_least(document, &format!("{latency}.{part}"), able);
    match (fastest("p50"), fastest("p99")) {
        _ if short == curves.len() => {
            format!("Nobody has a p99 of the time until {latency}: all lose more than 1 in 100")
        }
        (_, Some(late)) if short > 0 => {
            format!("{late} is fastest at p99; {short} of {} lose too many to have one", curves.len())
        }
        _ if short > 0 => format!("{short} of {} lose too many requests to have a p99", curves.len()),
        (Some(soon), Some(late)) if soon == late => format!("{soon} is fastest at the median and at p99"),
        (Some(soon), Some(late)) => format!("{soon} is fastest at the median, {late} at p99"),
        _ => format!("How much later than half of all {latency}s the latest are"),
    }
}

/// `99 of 100`, of the share that is later.
fn many(later: f64) -> String {
    let all = (1.0 / later).round();
    format!(
        "{} of {}",
        numbers::grouped(&format!("{}", all - (all * later).round())),
        numbers::grouped(&format!("{all}"))
    )
}

/// How far replications lie apart, at the percentiles that each of them has; those of several topologies beside each other.
fn bars(plot: &Plot<'_, '_>, curve: &Curve<'_>, aside: f64) {
    for (share, low, high) in &curve.spread {
        let (x, top) = plot.at(1.0 / share, *high);
        let bottom = plot.y.at(*low).max(top + 1.0);
        plot.canvas.rectangle((x + aside - 2.5, top), (x + aside + 2.5, bottom), curve.pen.colour, 0.35);
    }
}

fn line(plot: &Plot<'_, '_>, curve: &Curve<'_>) {
    let mut path: Vec<(f64, f64)> = Vec::new();
    for (share, seconds) in &curve.points {
        let point = plot.at(1.0 / *share, *seconds);
        // A histogram has finer buckets than a screen has pixels.
        if path.last().is_none_or(|last| (point.0 - last.0).abs() + (point.1 - last.1).abs() >= 0.4) {
            path.push(point);
        }
    }
    plot.canvas.line(&path, Stroke { colour: curve.pen.colour, width: 2.2, dash: curve.pen.dash });
    let Some(end) = path.last().copied() else { return };
    if curve.never.is_some() {
        // What is lost is later than any time: the line goes up and does not come back.
        let stroke = Stroke { colour: plot.canvas.theme.alarm, width: 1.6, dash: Some((2, 4)) };
        plot.canvas.line(&[end, (end.0, TOP)], stroke);
    }
    plot.canvas.mark(end, 4.5, curve.pen);
}

/// Each name as high as its line ends, with its last percentile and, always, its losses.
fn names(plot: &Plot<'_, '_>, curves: &[Curve<'_>]) {
    let canvas = plot.canvas;
    let wanted: Vec<f64> = curves.iter().map(|curve| plot.y.at(curve.at(curve.end()))).collect();
    let gap = f64::min(46.0, (BOTTOM - TOP) / curves.len() as f64);
    for (curve, y) in curves.iter().zip(apart(&wanted, gap, (TOP + 6.0, BOTTOM - 20.0))) {
        let stroke = Stroke { colour: curve.pen.colour, width: 2.2, dash: curve.pen.dash };
        canvas.line(&[(RIGHT + 12.0, y), (RIGHT + 40.0, y)], stroke);
        canvas.mark((RIGHT + 26.0, y), 4.5, curve.pen);
        let naming = canvas.theme.naming(Side::Left);
        let room = f64::from(WIDTH) - RIGHT - 60.0;
        canvas.text((RIGHT + 48.0, y), &canvas.fitted(curve.name, naming, room), naming);
        beside(canvas, (RIGHT + 48.0, y + 16.0), curve);
    }
}

/// `p99.9 510 s · lost 2.1 %`: the loss in red where there is one.
fn beside(canvas: &Canvas<'_>, (x, y): (f64, f64), curve: &Curve<'_>) {
    let small = canvas.theme.small(Side::Left);
    let first = format!("{} · ", last(curve));
    canvas.text((x, y), &first, small);
    let loses = reading::lost(curve.topology).is_some_and(|lost| lost > 0.0);
    let face = if loses { Type { colour: canvas.theme.alarm, strong: true, ..small } } else { small };
    canvas.text((x + canvas.width(&first, small), y), &reading::lost_words(curve.topology), face);
}

/// The rarest named percentile that the line reaches.
fn last(curve: &Curve<'_>) -> String {
    match NAMED.into_iter().rfind(|share| *share >= curve.end()) {
        Some(share) => format!("{} {}", percent(share), numbers::value(Kind::Duration, Some(curve.at(share)))),
        None => "no p50".to_owned(),
    }
}

fn account(method: &str, curves: &[Curve<'_>], latency: &str) -> String {
    let each = curves.iter().map(|curve| {
        let reached = NAMED.into_iter().filter(|share| *share >= curve.end());
        let parts = reached
            .map(|share| format!("{} {}, ", percent(share), numbers::value(Kind::Duration, Some(curve.at(share)))));
        format!(" {}, {latency}: {}{}.", curve.name, parts.collect::<String>(), reading::lost_words(curve.topology))
    });
    format!("{method}.{}", each.collect::<String>())
}
