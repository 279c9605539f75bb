//! The bill as text: quantity × price per = cost, line by line, with the price's date and source.

use comfy_table::{Cell, CellAlignment, ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};

use crate::billing::{Allowance, Item};
use crate::experiment::document::{BillLine, Document, TopologyResult};
use crate::ground::money::Money;
use crate::report::{numbers, reading};

/// The bill of each topology: the mean of its replications, exact, with each line's arithmetic.
pub fn bill(document: &Document) -> String {
    let mut text = format!(
        "{}\nBill of {} of {}, the mean of {}\nPrices: {} of {}, digest {}\n",
        document.scenario.title,
        numbers::span(document.length),
        reading::short(&document.scenario.digest),
        reading::provenance(document),
        document.prices.book,
        document.prices.as_of,
        reading::short(&document.prices.digest),
    );
    for (name, topology) in &document.topologies {
        text.push_str(&format!("\n{name}\n"));
        text.push_str(&of_one(document, topology));
    }
    text
}

/// Lines with their arithmetic, and their sum.
pub fn lines(lines: &[BillLine]) -> String {
    let mut text = table(lines);
    if let Some(total) = total(lines) {
        text.push_str(&format!("  total ${total}\n"));
    }
    text
}

/// Items of a price book: price, unit, date and source, a line each tier; and what of them a month has free.
pub fn prices(items: &[(&str, &Item)], free: &[&Allowance]) -> String {
    let mut table = Table::new();
    table.load_style(style()).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["item", "price", "", "above", "as of", "source"]);
    for (name, item) in items {
        for (number, tier) in item.tiers.iter().enumerate() {
            let is_first = number == 0;
            let above =
                if is_first { String::new() } else { numbers::grouped(&tier.above.to_string()) + " " + item.counted };
            let once = |text: &str| if is_first { text.to_owned() } else { String::new() };
            let price = format!("${}", tier.price());
            let unit = format!("/ {}", item.unit);
            let texts = [once(name), price, unit, above, once(&item.as_of), once(&item.source)];
            table.add_row(texts.map(Cell::new_owned));
        }
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if place == 0 { 2 } else { 0 }, if place == 1 { 1 } else { 2 }));
        if place == 3 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    if !free.is_empty() {
        text.push_str("\nFree each month, with `prices.free-tier = true`:\n");
    }
    for free in free {
        let of = free.items.join(" and ");
        text.push_str(&format!("  {} of {of} ({}, {})\n", free.written.replace('_', ","), free.source, free.as_of));
    }
    text
}

fn of_one(document: &Document, topology: &TopologyResult) -> String {
    if topology.bill.is_empty() {
        return "  nothing was billed\n".to_owned();
    }
    let mut text = table(&topology.bill);
    match total(&topology.bill) {
        Some(total) => {
            text.push_str(&format!("  total ${total}"));
            if let Some(months) = reading::months(document) {
                let month = numbers::value(numbers::Kind::Money, Some(total.dollars() * months));
                let length = numbers::span(document.length);
                text.push_str(&format!(", a month {month} (× 730 h ÷ {length})"));
            }
            text.push('\n');
        }
        None => text.push_str("  total unknown: a line's cost is not a decimal\n"),
    }
    text
}

fn table(lines: &[BillLine]) -> String {
    let mut table = Table::new();
    table.load_style(style()).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["whose", "item", "quantity", "", "price", "cost", "as of", "source"]);
    for line in lines {
        table.add_row(fields(line));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if place == 0 { 2 } else { 0 }, 2));
        if matches!(place, 2 | 5) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn fields(line: &BillLine) -> Vec<Cell> {
    let per = if line.per == "1" { String::new() } else { format!("{} ", numbers::grouped(&line.per)) };
    let price = format!("× ${} / {per}{}", line.price, line.unit);
    let texts = [
        line.node.clone(),
        line.item.clone(),
        numbers::grouped(&line.quantity),
        line.unit.clone(),
        price,
        format!("= ${}", line.cost),
        line.as_of.clone(),
        line.source.clone(),
    ];
    texts.into_iter().map(Cell::new_owned).collect()
}

/// The sum of the lines, exactly; `None` where one is not a decimal of at most twelve places.
pub fn total(lines: &[BillLine]) -> Option<Money> {
    lines.iter().map(|line| picodollars(&line.cost)).sum()
}

/// An exact decimal of dollars.
fn picodollars(decimal: &str) -> Option<Money> {
    let (negative, digits) = match decimal.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, decimal),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 12 || !is_number(whole) || !is_number(part) {
        return None;
    }
    let amount: i128 = format!("{whole}{part:0<12}").parse().ok()?;
    Some(Money::from_picodollars(if negative { -amount } else { amount }))
}

fn style() -> TableStyle {
    TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'))
        .content_lines(ContentLineStyle::none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{absurd, empty, held, video};

    #[test]
    fn the_bill_is_the_snapshot() {
        held("bill.txt", &bill(&video()));
    }

    /// 0.6656 + 4.1225 + 0.000168 + 0.1764 = 4.964668 by hand; a month is 730 / 8 of it.
    #[test]
    fn the_total_is_exact() {
        let document = video();
        let lines = &document.topologies["decoupled"].bill;
        assert_eq!(total(lines).map(|total| total.to_string()), Some("4.964668".to_owned()));
        assert!(bill(&document).contains("  total $4.964668, a month $453 (× 730 h ÷ 8 h)\n"));
    }

    #[test]
    fn a_cost_that_is_no_decimal_is_said_and_not_counted_as_nothing() {
        assert!(bill(&absurd()).contains("total unknown"));
        assert!(bill(&empty()).starts_with("Video upload"));
        for text in ["", "1e3", "0.0000000000001", "1.", "-", "1.2.3", "99999999999999999999999999999999999999"] {
            let accepted = picodollars(text);
            assert_eq!(accepted.is_some(), text == "1.", "{text}");
        }
        assert_eq!(picodollars("-0.5"), Some(Money::from_picodollars(-500_000_000_000)));
    }
}
