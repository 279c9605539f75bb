//! Why a bill is what it is: for each line, what rounding up, minimums and idle time added to it.

use crate::billing::storage;
use crate::cloud::topology::StorageClass;
use crate::experiment::document::{BillLine, Document};
use crate::report::numbers::{self, Kind};

/// What is said of results that do not hold what was used before rounding.
const UNKNOWN: &str =
    "  This result does not hold what was used before rounding: an earlier version wrote it. Run it again.\n";

/// The lines of each topology's bill, each with what it is made of.
pub fn why(document: &Document) -> String {
    let mut text = String::new();
    for (name, topology) in &document.topologies {
        let bill = &topology.bill;
        let older = if bill.is_empty() || bill.iter().any(is_known) { "" } else { UNKNOWN };
        text.push_str(&format!("\nWhy, {name}\n{}{older}", lines(bill)));
    }
    text
}

/// Sentences for the lines of one bill.
pub fn lines(lines: &[BillLine]) -> String {
    if lines.is_empty() {
        return "  nothing was billed\n".to_owned();
    }
    let mut text: String = lines.iter().map(line).collect();
    if lines.iter().any(is_known) {
        text.push_str(&sums(lines));
    }
    text
}

/// Whether a line holds what was really used, or what nobody held.
fn is_known(line: &BillLine) -> bool {
    line.exact.is_some() || line.wasted.is_some()
}

fn line(line: &BillLine) -> String {
    let mut text = format!("  {} {}: {}\n", line.node, line.item, numbers::dollars(&line.cost));
    for sentence in sentences(line) {
        text.push_str(&format!("    {sentence}\n"));
    }
    text
}

/// What is known of a line; nothing where it was simply used.
fn sentences(line: &BillLine) -> Vec<String> {
    let mut told = Vec::new();
    if line.price == "0" {
        told.push(format!("Free: a part of what each month has free ({}).", line.source));
        return told;
    }
    if let (Some(exact), Some(rounding)) = (&line.exact, &line.rounding) {
        let (used, billed) = (amount(line, exact), amount(line, &line.quantity));
        let (was, rule) = (verb(line), rule(line));
        told.push(if numeric(rounding) == Some(0.0) {
            format!("{was} {used}, and no more was billed: {rule}.")
        } else {
            let (added, part) = (numbers::dollars(rounding), share(rounding, &line.cost));
            format!("{was} {used}, billed as {billed}: {rule}. That added {added}{part}.")
        });
    } else if let Some(how) = plain(line) {
        told.push(format!("{how}."));
    }
    if let Some(wasted) = &line.wasted {
        told.push(if numeric(wasted) == Some(0.0) {
            "All of its slots were held all the time that was paid for.".to_owned()
        } else {
            format!(
                "For slots that nobody held, rounding included: {}{}.",
                numbers::dollars(wasted),
                share(wasted, &line.cost)
            )
        });
    }
    told
}

/// What became of the quantity that was really used.
fn verb(line: &BillLine) -> &'static str {
    match line.unit.as_str() {
        "s" => "Lived",
        "h" => "Stood for",
        "request" => "Made",
        _ => "Used",
    }
}

/// A quantity with its unit.
fn amount(line: &BillLine, decimal: &str) -> String {
    let unit = if line.unit == "request" { "calls" } else { &line.unit };
    format!("{} {unit}", shortened(decimal))
}

/// By which rule a quantity was rounded up.
fn rule(line: &BillLine) -> &'static str {
    let item = line.item.as_str();
    match line.unit.as_str() {
        "h" => "each started hour is a whole one",
        "request" => "each 64 KiB of a call counts as one, a part of them too",
        "s" => "each start by started seconds, and at least the shortest time that is billed",
        _ if item == "lambda.snap-start" => "a snapshot is kept for three hours at the least",
        _ if item.starts_with("lambda.provisioned.") => "what is kept ready by started five minutes",
        _ if item.starts_with("lambda.") => "each run by the started step of time",
        _ => "rounded up",
    }
}

/// How a line comes about whose use is billed as it is.
fn plain(line: &BillLine) -> Option<&'static str> {
    if line.node.starts_with("item.") {
        return Some("As it was listed");
    }
    match line.item.as_str() {
        "alb.lcu" => Some("The largest of four dimensions, each clock hour anew"),
        "sqs.fair" => Some("Besides, for requests that carry a tenant"),
        "data.out" => Some("Answers to clients, each at their mean size"),
        "data.zone" => Some("Calls with their answers, and what was sent, into another zone: once out and once in"),
        "nat.data" => Some("Calls of services outside, with their answers"),
        "cloudwatch.alarm" | "cloudwatch.fast-alarm" => {
            Some("Two alarms for each target-tracking policy, one for each other, by the figures in it")
        }
        "cloudwatch.detailed" => {
            Some("Figures of every minute, which a policy reads, as long as the machines were paid for")
        }
        "ipv4.address" => Some("As long as they were held"),
        "lambda.snap-start-restore" => Some("Each environment that was restored, by its memory"),
        "lambda.requests" => Some("Each invocation that was not refused"),
        "lambda.storage" => Some("Disk beyond 512 MB, while requests ran"),
        item if item.starts_with("ebs.") && !line.node.starts_with("volume.") => {
            Some("As long as its machine, by started seconds; a start at least a minute")
        }
        item if item.starts_with("ec2.credits.") => {
            Some("Computing beyond the credits that its machines earn in a day")
        }
        item if item.starts_with("ebs.") => Some("As it was used"),
        item => match storage::use_of(item)? {
            (StorageClass::StandardIa | StorageClass::OneZoneIa, "storage") => {
                Some("An object as 128 KiB and 30 days at the least, when it is deleted")
            }
            (StorageClass::GlacierInstant, "storage") => {
                Some("An object as 128 KiB and 90 days at the least, when it is deleted")
            }
            _ => Some("As it was used"),
        },
    }
}

/// What all lines hold together for rounding and for idle slots.
fn sums(lines: &[BillLine]) -> String {
    let sum = |of: fn(&BillLine) -> Option<&String>| -> f64 {
        lines.iter().filter_map(of).filter_map(|amount| numeric(amount)).filter(|amount| amount.is_finite()).sum()
    };
    let all = sum(|line| Some(&line.cost));
    let told = |amount: f64| {
        let part =
            if all > 0.0 { format!(", {}", numbers::value(Kind::Share, Some(amount / all))) } else { String::new() };
        format!("{}{part}", numbers::value(Kind::Money, Some(amount)))
    };
    let (rounding, wasted) = (sum(|line| line.rounding.as_ref()), sum(|line| line.wasted.as_ref()));
    format!("  In all: rounding and minimums {}; idle slots {}.\n", told(rounding), told(wasted))
}

fn numeric(decimal: &str) -> Option<f64> {
    decimal.parse().ok()
}

/// ` (48 % of it)`, where that can be said.
fn share(part: &str, whole: &str) -> String {
    match (numeric(part), numeric(whole)) {
        (Some(part), Some(whole)) if whole > 0.0 => {
            format!(" ({} of it)", numbers::value(Kind::Share, Some(part / whole)))
        }
        _ => String::new(),
    }
}

/// An exact decimal with as many places as a person reads: three, or up to its first three digits.
fn shortened(decimal: &str) -> String {
    let Some((whole, part)) = decimal.split_once('.') else { return numbers::grouped(decimal) };
    let zeros = if whole == "0" { part.len() - part.trim_start_matches('0').len() } else { 0 };
    let kept = part.get(..(zeros + 3).min(part.len())).unwrap_or(part).trim_end_matches('0');
    numbers::grouped(&if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{absurd, empty, video};

    fn of(item: &str, unit: &str, [quantity, exact, cost, rounding]: [&str; 4], wasted: Option<&str>) -> BillLine {
        let line = video().topologies["decoupled"].bill[0].clone();
        let [quantity, cost] = [quantity, cost].map(str::to_owned);
        let [exact, rounding] = [exact, rounding].map(|text| Some(text.to_owned()));
        let (item, unit, wasted) = (item.to_owned(), unit.to_owned(), wasted.map(str::to_owned));
        BillLine { node: "pool.media".to_owned(), item, unit, quantity, cost, exact, rounding, wasted, ..line }
    }

    /// 3,590.5 s lived and 3,600 billed at 0.36 $/h; half an hour of a started one at 0.0225 $.
    #[test]
    fn each_line_says_what_was_added() {
        let told = lines(&[
            of("machine", "s", ["3600", "3590.5", "0.36", "0.00095"], Some("0.18")),
            of("alb.hour", "h", ["1", "0.500000000", "0.0225", "0.01125"], None),
            of("sqs.standard", "request", ["6", "6", "0.0000024", "0"], None),
        ]);
        let expected = "  pool.media machine: $0.360
    Lived 3,590.5 s, billed as 3,600 s: each start by started seconds, and at least the shortest time that is billed. \
That added $0.000950 (0.26 % of it).
    For slots that nobody held, rounding included: $0.180 (50 % of it).
  pool.media alb.hour: $0.0225
    Stood for 0.5 h, billed as 1 h: each started hour is a whole one. That added $0.0112 (50 % of it).
  pool.media sqs.standard: $0.00000240
    Made 6 calls, and no more was billed: each 64 KiB of a call counts as one, a part of them too.
  In all: rounding and minimums $0.0122, 3.2 %; idle slots $0.180, 47.1 %.
";
        assert_eq!(told, expected);
    }

    #[test]
    fn results_of_earlier_versions_are_said_to_know_less() {
        assert!(why(&video()).contains("an earlier version wrote it"));
        assert_eq!(why(&empty()).matches("nothing was billed").count(), empty().topologies.len());
        assert!(!why(&absurd()).is_empty());
        assert_eq!(lines(&[]), "  nothing was billed\n");
    }

    /// A list says how much, and not of what it was made.
    #[test]
    fn what_was_listed_is_told_as_that() {
        let listed = of("ebs.gp3.iops", "IOPS-s", ["2628000", "0", "0.005", "0"], None);
        let listed = BillLine { node: "item.1".to_owned(), exact: None, rounding: None, ..listed };
        assert_eq!(lines(&[listed]), "  item.1 ebs.gp3.iops: $0.00500\n    As it was listed.\n");
    }

    #[test]
    fn quantities_are_short() {
        for (long, short) in
            [("12345.67891", "12,345.678"), ("0.00012345", "0.000123"), ("5.000", "5"), ("7", "7"), ("0.0", "0")]
        {
            assert_eq!(shortened(long), short);
        }
    }
}
