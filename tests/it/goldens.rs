//! Bills that another program wrote (Infracost's price tests), line by line: the same quantities at the prices of the bundled
//! book. `QUEUELAB_DATA` names the folder that holds them, as none is part of the project; without it nothing is held here.
//!
//! Lines are known by their label and unit, and by what kind of thing they stand below; never by a file's name.

mod meaning;
mod statement;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use queuelab::billing::{Format, Line, PriceBook, UsageList, invoice};

use meaning::Meaning;
use statement::{Group, Row, Statement};

/// The statements of a folder with their texts, in the order of their names; `None` where there are no data.
fn statements() -> Option<Vec<(PathBuf, Statement)>> {
    let Some(folder) = env::var_os("QUEUELAB_DATA") else {
        eprintln!("skipped: QUEUELAB_DATA names no folder with prices/infracost/");
        return None;
    };
    let folder = Path::new(&folder).join("prices/infracost");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "golden"));
    paths.sort();
    Some(paths.into_iter().map(|path| (path.clone(), Statement::read(&fs::read_to_string(path).unwrap()))).collect())
}

/// The bill of a list in JSON.
fn bill(list: &str) -> Vec<Line> {
    let list = UsageList::read(list, Format::Json).unwrap_or_else(|flaws| panic!("{list}: {flaws:?}"));
    invoice(&list.usage, &PriceBook::us_east_1())
}

/// What became of the lines of one group.
enum Outcome {
    Agree,
    /// The first tier agrees; why the others can't be held against the book.
    Part(String),
    /// Nothing in the book stands for these: why.
    Unknown(String),
    Differ(String),
}

/// Holds a group of lines, the tiers of one item, against the book.
fn held(group: &Group, meaning: &Meaning, book: &PriceBook) -> Outcome {
    let mut first = None;
    let mut missing = None;
    for name in &meaning.items {
        let Some(item) = book.item(name) else {
            missing.get_or_insert(format!("the book has no `{name}`"));
            continue;
        };
        let source = format!("{}, {}", item.source, item.as_of);
        let known = if item.tiers.len() == 1 { 1 } else { group.lines.len() };
        match difference(&group.lines[..known], name, meaning.times, book) {
            None if known < group.lines.len() => {
                return Outcome::Part(format!("of `{name}` the book has the first tier only ({source})"));
            }
            None => return Outcome::Agree,
            Some(what) => {
                first.get_or_insert(format!("{what}; ours is of {source}"));
            }
        }
    }
    match (first, missing) {
        (Some(what), _) => Outcome::Differ(what),
        (None, what) => Outcome::Unknown(what.unwrap_or_default()),
    }
}

/// How the lines differ from what the book makes of them as `name`, `times` of whose units one of theirs is.
fn difference(lines: &[Row], name: &str, times: u64, book: &PriceBook) -> Option<String> {
    let item = book.item(name)?;
    // Quantities are printed to four decimals, costs to the cent.
    const DECIMALS: u32 = 4;
    const CENT: i128 = 10_000_000_000;
    let step = |picodollars: i128| picodollars * i128::from(times) / 10i128.pow(DECIMALS) + CENT / 2;
    let priced: Vec<_> = lines.iter().filter(|line| line.quantity.is_some()).collect();
    if !priced.is_empty() {
        let sum: u128 = priced.iter().filter_map(|line| line.quantity).sum();
        let all = sum * u128::from(times);
        let scale = 10u128.pow(DECIMALS);
        let amount = format!("{}.{:04} {}", all / scale, all % scale, item.unit);
        let list = format!("{{\"item\": [{{\"item\": \"{name}\", \"amount\": \"{amount}\"}}]}}");
        let ours = bill(&list);
        if ours.len() != priced.len() {
            return Some(format!("{} lines of `{name}` for {amount}, not {}", ours.len(), priced.len()));
        }
        for (theirs, ours) in priced.iter().zip(&ours) {
            let cost = theirs.cost.unwrap_or(0);
            if (ours.cost.picodollars() - cost).abs() > step(ours.price.picodollars()) {
                let theirs = format!("{} of {} cost ${:.2}", theirs.label, theirs.unit, cost as f64 / 1e12);
                return Some(format!("{theirs}, as `{name}` ${} (× ${} / {})", ours.cost, ours.price, item.unit));
            }
        }
    }
    for (tier, line) in lines.iter().enumerate() {
        let Some((price, decimals)) = line.price else { continue };
        let ours = i128::from(item.tiers.get(tier)?.picodollars) * i128::from(times);
        // As the price is printed: rounded half up at its last place.
        let unit = 10i128.pow(12u32.saturating_sub(decimals));
        if (ours + unit / 2) / unit != price / unit {
            let theirs = format!("{} costs ${} a {}", line.label, price as f64 / 1e12, line.unit);
            return Some(format!("{theirs}, as `{name}` ${}", ours as f64 / 1e12));
        }
    }
    None
}

/// What holding statements against the book has come to.
#[derive(Default)]
struct Told {
    agree: usize,
    unknown: Vec<String>,
    differ: Vec<String>,
}

impl Told {
    fn hold(&mut self, name: &str, statement: &Statement, book: &PriceBook) {
        for group in &statement.groups {
            let place = format!("{name}: {}: {} ({})", group.resource, group.lines[0].label, group.lines[0].unit);
            let outcome = match meaning::of(group, statement) {
                Ok(meaning) => held(group, &meaning, book),
                Err(why) => Outcome::Unknown(why),
            };
            match outcome {
                Outcome::Agree => self.agree += group.lines.len(),
                Outcome::Part(why) => {
                    self.agree += 1;
                    self.unknown.push(format!("{place}: {why}"));
                }
                Outcome::Unknown(why) => self.unknown.push(format!("{place}: {why}")),
                Outcome::Differ(how) => self.differ.push(format!("{place}: {how}")),
            }
        }
    }
}

/// What is in the book costs there what it costs in another program's statements, to the cent; what differs, and what the
/// book does not know, is told with its source.
#[test]
fn another_programs_statements_are_reproduced_line_by_line() {
    let Some(statements) = statements() else { return };
    let book = PriceBook::us_east_1();
    let mut told = Told::default();
    for (path, statement) in &statements {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some((sum, total)) = statement.lacks() {
            let (sum, total) = (sum as f64 / 1e12, total as f64 / 1e12);
            eprintln!("not all read: {name}: lines of ${sum:.2} in a total of ${total:.2}");
        }
        told.hold(&name, statement, &book);
    }
    eprintln!("{} lines of {} statements agree", told.agree, statements.len());
    told.unknown.iter().for_each(|line| eprintln!("not in the book: {line}"));
    told.differ.iter().for_each(|line| eprintln!("differs: {line}"));
    assert!(told.differ.is_empty(), "\n{}", told.differ.join("\n"));
    assert!(told.agree > 0, "not one line is known");
}

/// A statement made up in the same form, at the list prices of us-east-1: lines of all kinds are found in the book, and a
/// wrong one is told with the source of ours.
#[test]
fn lines_of_all_kinds_are_understood() {
    let text = crate::tidy::file("tests/it/goldens/made.txt").text;
    let hold = |text: &str| {
        let statement = Statement::read(text);
        assert_eq!(statement.lacks(), None);
        let mut told = Told::default();
        told.hold("made", &statement, &PriceBook::us_east_1());
        told
    };
    let told = hold(&text);
    assert_eq!((told.agree, told.differ), (26, Vec::new()));
    let unknown =
        ["Classic load balancer", "aws_elb.elb1: Data processed", "io1)", "Provisioned IOPS", "first tier only"];
    assert_eq!(told.unknown.len(), unknown.len());
    assert!(told.unknown.iter().zip(unknown).all(|(line, what)| line.contains(what)), "{:?}", told.unknown);
    let told = hold(&text.replace("$32.85", "$32.86"));
    let expected =
        "NAT gateway of hours cost $32.86, as `nat.hour` $32.85 (× $0.045 / h); ours is of AWS load balancing";
    assert!(told.differ.len() == 1 && told.differ[0].contains(expected), "{:?}", told.differ);
}

/// Where the usage of a statement stands beside it, our own kinds of use come to the same quantities: calls of a queue by
/// chunks, runs of a function by memory and time.
#[test]
fn another_programs_usage_comes_to_the_same_quantities() {
    let Some(statements) = statements() else { return };
    let mut compared = 0;
    for (path, statement) in &statements {
        let Ok(text) = fs::read_to_string(path.with_extension("usage.yml")) else { continue };
        for (resource, usage) in statement::usages(&text) {
            let Some(list) = list_of(&resource, &usage, statement) else { continue };
            let ours = bill(&list);
            for group in statement.groups.iter().filter(|group| group.resource == resource) {
                let parts: Vec<_> = group.lines.iter().filter_map(|line| line.quantity).collect();
                let Ok(meaning) = meaning::of(group, statement) else { continue };
                let found: Vec<&Line> = ours.iter().filter(|line| meaning.items.contains(&line.item)).collect();
                assert_eq!(found.len(), parts.len(), "{resource}: {list}");
                for (line, parts) in found.iter().zip(parts) {
                    let per = if line.unit == "request" { 1e6 } else { 1.0 };
                    let ours = line.quantity.approximately() / per;
                    assert!(
                        (ours - parts as f64 / 1e4).abs() < 1e-4,
                        "{resource}: {} × {ours}, not {parts}",
                        line.item
                    );
                }
                compared += 1;
            }
        }
    }
    eprintln!("{compared} quantities come out of their usage");
}

/// A usage list for what another program's usage says of one resource.
fn list_of(resource: &str, usage: &[(String, u64)], statement: &Statement) -> Option<String> {
    let of = |keys: &[&str]| usage.iter().find(|(key, _)| keys.contains(&key.as_str())).map(|(_, value)| *value);
    let requests = of(&["monthly_requests"])?;
    match meaning::kind(resource) {
        "aws_sqs_queue" => {
            let fifo = resource.contains("fifo");
            let size = of(&["request_size_kb", "request_size"]).unwrap_or(64);
            Some(format!("{{\"queue\": [{{\"fifo\": {fifo}, \"requests\": {requests}, \"size\": \"{size}KiB\"}}]}}"))
        }
        "aws_lambda_function" => {
            let duration = of(&["request_duration_ms"])?;
            let group = statement
                .groups
                .iter()
                .find(|group| group.resource == resource && group.base().eq_ignore_ascii_case("duration"))?;
            // The statement does not say how much memory there is: what its GB-seconds come to, which is whole.
            let parts: u128 = group.lines.iter().filter_map(|line| line.quantity).sum();
            let (mb, run) = (parts * 1_024 * 1_000, u128::from(requests) * u128::from(duration) * 10_000);
            assert_eq!(mb % run, 0, "{resource}: no whole number of MB");
            let processor = if meaning::is_arm(group) { "arm" } else { "x86" };
            Some(format!(
                "{{\"function\": [{{\"memory\": \"{}MiB\", \"architecture\": \"{processor}\", \
                 \"requests\": {requests}, \"duration\": \"{duration}ms\"}}]}}",
                mb / run
            ))
        }
        _ => None,
    }
}
