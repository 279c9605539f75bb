//! The document as CSV files, one a table, in full precision: for spreadsheets and notebooks.
//!
//! Numbers are as the document has them, in SI units with the unit in a column; an empty field is where nothing
//! was measured. Rust writes the shortest digits that read back as the same number.

use csv::Writer;

use crate::experiment::document::{Document, Figure, Finding, NodeResult};

/// Every table: file name and contents.
pub fn all(document: &Document) -> Vec<(String, String)> {
    let tables: [(&str, Lines); 8] = [
        ("figures.csv", figures(document)),
        ("differences.csv", differences(document)),
        ("goals.csv", goals(document)),
        ("replications.csv", replications(document)),
        ("bill.csv", bill(document)),
        ("series.csv", series(document)),
        ("tails.csv", tails(document)),
        ("decisions.csv", decisions(document)),
    ];
    tables.into_iter().map(|(name, lines)| (name.to_owned(), written(&lines))).collect()
}

type Lines = Vec<Vec<String>>;

fn written(lines: &Lines) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).expect("every line of a table is as long as its header, and memory takes it");
    }
    let bytes = writer.into_inner().expect("memory takes what is written to it");
    String::from_utf8(bytes).expect("strings went in")
}

fn header(names: &[&str]) -> Lines {
    vec![names.iter().map(|name| (*name).to_owned()).collect()]
}

/// A number with the fewest digits that read back as the same; nothing where there is none.
fn number(value: Option<f64>) -> String {
    match value {
        Some(value) if value.is_nan() => String::new(),
        // Display would write 300 zeros.
        Some(value) if value != 0.0 && value.is_finite() && !(1e-7..1e16).contains(&value.abs()) => {
            format!("{value:e}")
        }
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// Of the whole (an empty `part`), of each node and of each workload.
fn figures(document: &Document) -> Lines {
    let mut lines = header(&["topology", "part", "figure", "value", "low", "high", "unit"]);
    for (topology, result) in &document.topologies {
        let mut push = |part: &str, name: &str, figure: &Figure| {
            let [value, low, high] = [figure.value, figure.low, figure.high].map(number);
            lines.push(vec![topology.clone(), part.into(), name.into(), value, low, high, figure.unit.clone()]);
        };
        for (name, figure) in &result.figures {
            push("", name, figure);
        }
        let workloads = result.workloads.iter().map(|(name, found)| (format!("workload.{name}"), found));
        let nodes = result.nodes.iter().map(|(name, found)| (name.clone(), found));
        for (part, found) in workloads.chain(nodes) {
            let NodeResult { figures, .. } = found;
            for (name, figure) in figures {
                push(&part, name, figure);
            }
        }
    }
    lines
}

fn differences(document: &Document) -> Lines {
    let mut lines = header(&["figure", "from", "to", "value", "low", "high", "unit"]);
    for d in &document.differences {
        let [value, low, high] = [d.value, d.low, d.high].map(number);
        lines.push(vec![d.of.clone(), d.from.clone(), d.to.clone(), value, low, high, d.unit.clone()]);
    }
    lines
}

fn goals(document: &Document) -> Lines {
    let mut lines = header(&["topology", "figure", "relation", "limit", "value", "low", "high", "verdict"]);
    for goal in &document.goals {
        let relation = if goal.at_most { "at most" } else { "at least" };
        let verdict = match goal.verdict {
            Finding::Met => "met",
            Finding::Missed => "missed",
            Finding::Undecided => "undecided",
        };
        let [limit, value, low, high] = [Some(goal.limit), goal.value, goal.low, goal.high].map(number);
        let [relation, verdict] = [relation, verdict].map(str::to_owned);
        lines.push(vec![goal.topology.clone(), goal.of.clone(), relation, limit, value, low, high, verdict]);
    }
    lines
}

fn replications(document: &Document) -> Lines {
    let mut lines = header(&["topology", "figure", "replication", "value"]);
    for (topology, result) in &document.topologies {
        for (figure, values) in &result.replications {
            for (replication, value) in values.iter().enumerate() {
                lines.push(vec![topology.clone(), figure.clone(), replication.to_string(), number(*value)]);
            }
        }
    }
    lines
}

fn bill(document: &Document) -> Lines {
    let names = ["topology", "node", "item", "quantity", "unit", "price", "per", "cost", "as_of", "source"];
    let mut lines = header(&names);
    for (topology, result) in &document.topologies {
        for line in &result.bill {
            let fields = [
                topology,
                &line.node,
                &line.item,
                &line.quantity,
                &line.unit,
                &line.price,
                &line.per,
                &line.cost,
                &line.as_of,
                &line.source,
            ];
            lines.push(fields.into_iter().cloned().collect());
        }
    }
    lines
}

/// `mean` is over the replications, `first` is the first replication alone; `from` is where the cell begins.
fn series(document: &Document) -> Lines {
    let mut lines = header(&["topology", "series", "from", "mean", "first"]);
    for (topology, result) in &document.topologies {
        let series = &result.series;
        let only_first = series.first.keys().filter(|name| !series.values.contains_key(*name));
        for name in series.values.keys().chain(only_first) {
            let [means, firsts] = [&series.values, &series.first].map(|of| of.get(name).map_or(&[][..], Vec::as_slice));
            for cell in 0..means.len().max(firsts.len()) {
                let from = number(Some(cell as f64 * series.step));
                let [mean, first] = [means, firsts].map(|of| number(of.get(cell).copied()));
                lines.push(vec![topology.clone(), name.clone(), from, mean, first]);
            }
        }
    }
    lines
}

/// The share of requests that got through later than `seconds`; the lost are beside it, for they have no latency.
fn tails(document: &Document) -> Lines {
    let mut lines = header(&["topology", "latency", "seconds", "slower", "measured", "lost"]);
    for (topology, result) in &document.topologies {
        for (latency, tail) in &result.tails {
            for (seconds, slower) in &tail.points {
                let [seconds, slower] = [*seconds, *slower].map(|value| number(Some(value)));
                let [measured, lost] = [tail.measured, tail.lost].map(|many| many.to_string());
                lines.push(vec![topology.clone(), latency.clone(), seconds, slower, measured, lost]);
            }
        }
    }
    lines
}

fn decisions(document: &Document) -> Lines {
    let mut lines = header(&["topology", "at", "node", "from", "to", "why"]);
    for (topology, result) in &document.topologies {
        for d in &result.decisions {
            let at = number(Some(d.at));
            let [from, to] = [d.from, d.to].map(|workers| workers.to_string());
            lines.push(vec![topology.clone(), at, d.node.clone(), from, to, d.why.clone()]);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{absurd, empty, video};

    fn table(document: &Document, name: &str) -> String {
        all(document).into_iter().find(|(file, _)| file == name).map(|(_, text)| text).unwrap()
    }

    #[test]
    fn every_table_begins_with_its_header_also_where_there_is_nothing_to_say() {
        let headers = [
            ("figures.csv", "topology,part,figure,value,low,high,unit"),
            ("differences.csv", "figure,from,to,value,low,high,unit"),
            ("goals.csv", "topology,figure,relation,limit,value,low,high,verdict"),
            ("replications.csv", "topology,figure,replication,value"),
            ("bill.csv", "topology,node,item,quantity,unit,price,per,cost,as_of,source"),
            ("series.csv", "topology,series,from,mean,first"),
            ("tails.csv", "topology,latency,seconds,slower,measured,lost"),
            ("decisions.csv", "topology,at,node,from,to,why"),
        ];
        for (name, header) in headers {
            assert_eq!(table(&empty(), name), format!("{header}\n"));
            assert_eq!(table(&video(), name).lines().next(), Some(header), "{name}");
        }
        assert_eq!(all(&empty()).len(), headers.len());
    }

    #[test]
    fn values_are_those_of_the_document_in_full() {
        let figures = table(&video(), "figures.csv");
        assert!(figures.contains("\nmonolith,,completion.p99,167,163.4,170.6,s\n"), "{figures}");
        assert!(figures.contains("\ndecoupled,queue.uploads,visible,11.2,10.299999999999999,12.1,1\n"), "{figures}");
        let bill = table(&video(), "bill.csv");
        let line = "decoupled,queue.uploads,sqs.standard.requests,441000,request,0.4,1000000,0.1764,2026-03-01,";
        assert!(bill.contains(line), "{bill}");
        let goals = table(&video(), "goals.csv");
        assert!(goals.contains("\nmonolith,completion.p99,at most,600,,,,missed\n"), "{goals}");
        let differences = table(&video(), "differences.csv");
        assert!(differences.contains("\ncompletion.p99,monolith,decoupled,181,168.5,193.5,s\n"), "{differences}");
    }

    #[test]
    fn a_cell_of_a_series_has_its_time_its_mean_and_the_first_run() {
        let mut document = video();
        let series = &mut document.topologies["decoupled"].series;
        series.values = [("arrivals".to_owned(), vec![1.5, 2.5])].into();
        series.first = [("arrivals".to_owned(), vec![1.0]), ("lost".to_owned(), vec![0.0])].into();
        let text = table(&document, "series.csv");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("decoupled")).collect();
        assert_eq!(lines, ["decoupled,arrivals,0,1.5,1", "decoupled,arrivals,60,2.5,", "decoupled,lost,0,,0"]);
    }

    #[test]
    fn replications_keep_their_numbers_and_their_gaps() {
        let mut document = video();
        document.topologies["tiered"].replications = [("lost".to_owned(), vec![Some(0.5), None])].into();
        let text = table(&document, "replications.csv");
        assert!(text.contains("\ntiered,lost,0,0.5\ntiered,lost,1,\n"), "{text}");
    }

    /// What no number can stand for is an empty field, infinity is `inf`: both are read by Python, R and Excel's
    /// text import.
    #[test]
    fn a_reader_of_csv_gets_back_as_many_fields_from_absurd_documents_too() {
        for (name, text) in all(&absurd()) {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let wide = reader.headers().unwrap().len();
            for record in reader.records() {
                assert_eq!(record.unwrap().len(), wide, "{name}");
            }
            assert!(!text.contains("NaN"), "{name}");
        }
    }
}
