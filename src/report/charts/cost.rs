//! What each topology costs a month, and for what: the lines of its bill in a bar.

use indexmap::IndexMap;

use crate::experiment::document::{Document, TopologyResult};
use crate::report::charts::axis::Axis;
use crate::report::charts::canvas::{Side, Stroke, Type, drawn};
use crate::report::charts::drawing::Drawing;
use crate::report::charts::parts::{Part, caption};
use crate::report::charts::plot::{MARGIN, Plot, WIDTH, head};
use crate::report::charts::theme::Theme;
use crate::report::numbers::{self, Kind};
use crate::report::{finding, reading};

const LEFT: f64 = 170.0;
const RIGHT: f64 = 800.0;
const TOP: f64 = 98.0;
/// From one topology to the next.
const ROW: f64 = 74.0;
const BAR: f64 = 32.0;

/// The bars; `None` where nothing was billed.
pub fn cost(document: &Document, theme: Theme) -> Option<Drawing> {
    // A run without length has no month; its bars are of the run.
    let (scale, of, span) = match reading::months(document) {
        Some(months) => (months, "cost.month", "a month"),
        None => (1.0, "cost.total", "the run"),
    };
    let bills: Vec<IndexMap<String, f64>> = document.topologies.values().map(reading::items).collect();
    let total = |bill: &IndexMap<String, f64>| bill.values().sum::<f64>() * scale;
    let most = bills.iter().map(total).filter(|total| total.is_finite()).fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let colours = colours(&bills);
    let title = finding::cheapest(document);
    let method = format!(
        "Dollars {span}: the bill of {} × {}. Prices: {} of {}. {}",
        numbers::span(document.length),
        if scale == 1.0 { "1".to_owned() } else { format!("730 h ÷ {}", numbers::span(document.length)) },
        document.prices.book,
        document.prices.as_of,
        reading::provenance(document)
    );
    let bottom = TOP + ROW * bills.len() as f64;
    let size = (WIDTH, (bottom + 44.0) as u32);
    Some(drawn(size, theme, &title, &account(document, &method, of), |canvas| {
        head(canvas, &title, &method);
        let plot = Plot { canvas, x: Axis::linear(most, 5, (LEFT, RIGHT)), y: Axis::linear(1.0, 1, (bottom, TOP)) };
        plot.columns();
        plot.labels(|tick| numbers::tick(Kind::Money, tick));
        for (place, ((name, topology), bill)) in document.topologies.iter().zip(&bills).enumerate() {
            let y = TOP + ROW * place as f64 + 8.0;
            let naming = theme.naming(Side::Right);
            let name = canvas.fitted(name, naming, LEFT - MARGIN - 16.0);
            canvas.text((LEFT - 14.0, y + BAR / 2.0), &name, naming);
            bar(&plot, y, bill, scale, &colours);
            end(&plot, y, topology, of, total(bill));
        }
    }))
}

/// A colour for each item, the same in every bar; the dearest items have the most different ones.
fn colours(bills: &[IndexMap<String, f64>]) -> IndexMap<String, usize> {
    let mut sums: IndexMap<String, f64> = IndexMap::new();
    for (item, cost) in bills.iter().flatten() {
        *sums.entry(item.clone()).or_default() += cost;
    }
    sums.sort_by(|_, a, _, b| b.total_cmp(a));
    sums.into_keys().enumerate().map(|(place, item)| (item, place)).collect()
}

fn bar(plot: &Plot<'_, '_>, y: f64, bill: &IndexMap<String, f64>, scale: f64, colours: &IndexMap<String, usize>) {
    let (canvas, theme) = (plot.canvas, plot.canvas.theme);
    let mut parts: Vec<(&String, f64)> = bill.iter().map(|(item, cost)| (item, cost * scale)).collect();
    parts.sort_by_key(|(item, _)| colours.get(*item).copied());
    let mut sum = 0.0;
    let mut named = Vec::new();
    for (item, cost) in parts {
        let colour = theme.part(colours.get(item).copied().unwrap_or(0));
        let (from, to) = (plot.x.at(sum), plot.x.at(sum + cost));
        sum += cost;
        canvas.rectangle((from, y), (to, y + BAR), colour, 1.0);
        if to - from > 3.0 {
            canvas.line(&[(to, y), (to, y + BAR)], Stroke { colour: theme.ground, width: 1.5, dash: None });
        }
        let number = numbers::value(Kind::Money, Some(cost));
        let face = Type { colour: theme.on(colour), size: 13.0, strong: true, side: Side::Middle };
        let inside = canvas.width(&number, face) + 12.0 < to - from;
        if inside {
            canvas.text(((from + to) / 2.0, y + BAR / 2.0), &number, face);
        }
        named.push(Part { colour, name: item.clone(), number: if inside { String::new() } else { number } });
    }
    caption(canvas, (LEFT, y + BAR + 15.0), &named, f64::from(WIDTH) - MARGIN);
}

/// The month, its interval, how much of it is idle, and what it loses.
fn end(plot: &Plot<'_, '_>, y: f64, topology: &TopologyResult, of: &str, total: f64) {
    let (canvas, theme) = (plot.canvas, plot.canvas.theme);
    let figure = topology.figures.get(of);
    let mut x = plot.x.at(total);
    if let Some((low, high)) = figure.and_then(|figure| figure.low.zip(figure.high))
        && low.is_finite()
        && high.is_finite()
        && plot.x.at(high) - plot.x.at(low) >= 1.0
    {
        let stroke = Stroke { colour: theme.ink, width: 1.4, dash: None };
        let middle = y + BAR / 2.0;
        canvas.line(&[(plot.x.at(low), middle), (plot.x.at(high), middle)], stroke);
        for end in [low, high] {
            canvas.line(&[(plot.x.at(end), middle - 5.0), (plot.x.at(end), middle + 5.0)], stroke);
        }
        x = x.max(plot.x.at(high));
    }
    let words = match figure {
        Some(figure) => numbers::figure(Kind::Money, figure),
        None => numbers::value(Kind::Money, Some(total)),
    };
    let naming = Type { size: 14.0, ..theme.naming(Side::Left) };
    canvas.plate((x + 12.0, y + BAR / 2.0 - 8.0), &words, naming);
    let mut facts = Vec::new();
    if let Some(idle) = reading::value(topology, "cost.wasted") {
        facts.push(format!("{:.0} % idle", idle * 100.0));
    }
    let loses = reading::lost(topology).is_some_and(|lost| lost > 0.0);
    let small = theme.small(Side::Left);
    let first = if facts.is_empty() { String::new() } else { format!("{} · ", facts.join(" · ")) };
    canvas.plate((x + 12.0, y + BAR / 2.0 + 9.0), &first, small);
    let after = x + 12.0 + canvas.width(&first, small);
    let face = if loses { Type { colour: theme.alarm, strong: true, ..small } } else { small };
    canvas.plate((after, y + BAR / 2.0 + 9.0), &reading::lost_words(topology), face);
}

fn account(document: &Document, method: &str, of: &str) -> String {
    let each = document.topologies.iter().map(|(name, topology)| {
        let cost = numbers::value(Kind::Money, topology.figures.get(of).and_then(|figure| figure.value));
        format!(" {name}: {cost}, {}.", reading::lost_words(topology))
    });
    format!("{method}.{}", each.collect::<String>())
}
