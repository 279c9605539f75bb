//! What a list of usage may say, and how it is answered where it may not.

use super::*;
use crate::billing::{invoice, missing, total};

fn bill(text: &str, format: Format) -> Vec<(String, String, String)> {
    let list = UsageList::read(text, format).unwrap();
    let book = list.prices(PriceBook::us_east_1());
    assert_eq!(missing(&list.usage, &book), []);
    let lines = invoice(&list.usage, &book);
    lines.into_iter().map(|line| (line.item, line.quantity.to_string(), line.cost.to_string())).collect()
}

fn row(item: &str, quantity: &str, cost: &str) -> (String, String, String) {
    (item.to_owned(), quantity.to_owned(), cost.to_owned())
}

/// Paper trace PT06, run `bill`, in each of the three forms: 2 h and 2.75 LCU-hours, 0.067 $ together.
#[test]
fn a_balancer_is_billed_by_started_hours_and_capacity() {
    let toml = r#"
        [[balancer]]
        lasts = "4500s"
        [[balancer.hours]]
        connections = 180000
        active = 4500
        gb = 1.2
        rules = 12
        requests = 180_000
        [[balancer.hours]]
        connections = 9000
        active = 60
        gb = 0.75
        rules = 12
        requests = 9000
    "#;
    let json = r#"{ "balancer": [{ "lasts": "1h15min", "hours": [
        { "connections": 180000, "active": 4500, "gb": 1.2, "rules": 12, "requests": 180000 },
        { "connections": 9000, "active": 60, "gb": 0.75, "rules": 12, "requests": 9000 }] }] }"#;
    let csv = "what,name,lasts,connections,active,gb,rules,requests\n\
               balancer,lb,4500s,180000,4500,1.2,12,180000\n\
               balancer,lb,,9000,60,0.75,12,9000\n";
    for (text, format) in [(toml, Format::Toml), (json, Format::Json), (csv, Format::Csv)] {
        let lines = bill(text, format);
        assert_eq!(lines, [row("alb.hour", "2", "0.045"), row("alb.lcu", "2.75", "0.022")]);
    }
    let list = UsageList::read(toml, Format::Toml).unwrap();
    assert_eq!(total(&invoice(&list.usage, &PriceBook::us_east_1())).to_string(), "0.067");
}

/// Whoever reads the help sees all that a list may say; each line of its bill is done by hand.
#[test]
fn the_example_says_everything_that_can_be_said() {
    for (kind, keys) in KINDS {
        let tables: String =
            UsageList::EXAMPLE.split("\n\n").filter(|table| table.contains(&format!("[[{kind}]]"))).collect();
        let missing = |key: &&&str| **key != "name" && !tables.contains(&format!("{key} = "));
        // How long something lasts is written alike for all.
        let spans = ["from", "to"];
        let missing: Vec<&&str> =
            keys.iter().filter(missing).filter(|key| kind == "machine" || !spans.contains(key)).collect();
        assert!(missing.is_empty(), "{kind}: {missing:?}");
    }
    let expected = [
        // 2 × 5,400 s at 0.096 $/h, and as long 16 GiB at 0.08 $ a month of 730 h.
        row("ec2.m5.large", "10800", "0.288"),
        row("ebs.gp3", "86400", "0.002630136986"),
        // 60 s for 30.
        row("machine", "60", "0.0006"),
        // 2.0 and 0.75 LCU-hours.
        row("alb.hour", "2", "0.045"),
        row("alb.lcu", "2.75", "0.022"),
        row("sqs.standard", "1000000", "0.4"),
        row("sqs.fair", "250000", "0.025"),
        // 2 × 2 × 20,000 + 20,000 + 500 at 0.50 $ a million.
        row("sqs.fifo", "100500", "0.05025"),
        row("ebs.gp3", "259200000", "7.890410958904"),
        row("s3.put", "1000", "0.005"),
        row("s3.get", "5000", "0.002"),
        row("s3.storage", "25920000", "0.226849315068"),
    ];
    assert_eq!(bill(UsageList::EXAMPLE, Format::Toml), expected);
}

/// EC2 price page: by the second, at least 60 s a start. 20 s and 1 h at 0.096 $/h: 0.0016 $ and 0.096 $.
#[test]
fn machines_are_billed_by_the_second_and_at_least_a_minute() {
    let lines = bill(
        r#"
        machine = [
            { type = "m5.large", from = "10s", to = "30s" },
            { type = "m5.large", lasts = "1h" },
            { price = "$0.0360/h", minimum = "0s", lasts = "20s", count = 5 },
        ]
        "#,
        Format::Toml,
    );
    let expected =
        [row("ec2.m5.large", "60", "0.0016"), row("ec2.m5.large", "3600", "0.096"), row("machine", "100", "0.001")];
    assert_eq!(lines, expected);
}

/// SQS price page: every 64 KiB of a payload is one request. A message of 1 MiB sent, received and deleted:
/// 16 + 16 + 1.
#[test]
fn queues_are_billed_by_64_kib() {
    let text = r#"queue = [{ sends = 1, receives = 1, deletes = 1, size = "1MiB" }]"#;
    let list = UsageList::read(text, Format::Toml).unwrap();
    let used = Used::Queue { fifo: false, sends: 16, receives: 16, deletes: 1, changes: 0, grouped: None };
    assert_eq!(list.usage.nodes, [NodeUsage { node: "queue.1".to_owned(), used }]);
}

/// A month of 100 GB on gp3 at 0.08 $ and of 10 GB on S3 at 0.023 $, with 1,000 puts (0.005 $) and 5,000 gets
/// (0.002 $): the us-east-1 list prices of 2024.
#[test]
fn storage_is_billed_by_the_month() {
    let text = r#"
        volume = [{ size = "100GiB", lasts = "730h" }]
        bucket = [{ puts = 1000, gets = 5000, stored = "10GiB", lasts = "730h" }]
    "#;
    let expected = [
        row("ebs.gp3", "262800000", "8"),
        row("s3.put", "1000", "0.005"),
        row("s3.get", "5000", "0.002"),
        row("s3.storage", "26280000", "0.23"),
    ];
    assert_eq!(bill(text, Format::Toml), expected);
}

#[test]
fn own_prices_go_over_the_books() {
    let text = r#"
        prices.own = { "ec2.m5.large" = "$0.0720/h", "sqs.fifo" = "$1/million" }
        machine = [{ type = "m5.large", lasts = "1h" }]
        queue = [{ requests = 500_000, fifo = true }]
    "#;
    let expected = [row("ec2.m5.large", "3600", "0.072"), row("sqs.fifo", "500000", "0.5")];
    assert_eq!(bill(text, Format::Toml), expected);
}

#[test]
fn all_faults_are_told_at_once_with_their_places() {
    let text = r#"prices.own = { "ec2.m5.large" = "$0.07/million", "sqs.standart" = "$1/million" }
machine = [{ tipe = "m5.large", lasts = "1h" }, { type = "m5.large", from = "2h", to = "1h", count = 1.5 }]
balancer = [{ lasts = "30min", hours = [{ gb = 1 }, { gb = "much" }, { gb = 2 }] }]
queue = [{ requests = 5, sends = 3 }]
volume = [{ lasts = "1h" }]
"#;
    let flaws = UsageList::read(text, Format::Toml).unwrap_err();
    let places: Vec<&str> = flaws.iter().map(|flaw| flaw.at.as_str()).collect();
    let expected = [
        "prices.own.\"ec2.m5.large\"",
        "prices.own.\"sqs.standart\"",
        "machine[0].tipe",
        "machine[0]",
        "machine[1].count",
        "machine[1]",
        "balancer[0].hours[1].gb",
        "balancer[0].hours",
        "queue[0]",
        "volume[0]",
    ];
    assert_eq!(places, expected);
    assert!(flaws.iter().all(|flaw| flaw.span.is_some()), "{flaws:#?}");
    assert_eq!(flaws[2].advice.as_deref(), Some("did you mean `type`?"));
    assert_eq!(&text[flaws[6].span.clone().unwrap()], "\"much\"");
}

#[test]
fn a_row_of_no_kind_is_told_with_its_line() {
    let text = "what,name,requests\nqueue,q,5\nqeue,r,6\n";
    let flaws = UsageList::read(text, Format::Csv).unwrap_err();
    assert_eq!((flaws.len(), flaws[0].at.as_str()), (1, "row 2"));
    assert_eq!(&text[flaws[0].span.clone().unwrap()], "qeue,r,6");
}

#[test]
fn numbers_beyond_all_use_are_refused_and_do_not_overflow() {
    for text in [
        r#"machine = [{ type = "m5.large", lasts = "100000d", count = 999999999999999999 }]"#,
        r#"queue = [{ requests = 999999999999999999, size = "1TiB" }]"#,
        r#"volume = [{ size = "1000000TiB", lasts = "100000d", count = 999999999999999999 }]"#,
    ] {
        assert!(UsageList::read(text, Format::Toml).is_err(), "{text}");
    }
    let most = r#"balancer = [{ hours = [{ connections = 999999999999999999, active = 999999999999999999,
        gb = 999999999999999999, rules = 4000000000, requests = 999999999999999999 }] }]"#;
    assert_eq!(bill(most, Format::Toml).len(), 2);
}

/// Another program's bill for a month of two queues: Infracost's price test of SQS (2024-07). It counts a
/// million requests of 128 KB as two million, and charges 0.80 $ (standard) and 0.50 $ (first in, first out).
#[test]
fn another_programs_bill_for_queues_is_reproduced() {
    let Ok(data) = std::env::var("QUEUELAB_DATA") else {
        println!("skipped: QUEUELAB_DATA names no folder with prices/infracost/");
        return;
    };
    let folder = std::path::Path::new(&data).join("prices/infracost");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let usage = queues_of(&read("sqs_queue_test.usage.yml"));
    let mut compared = 0;
    let golden = read("sqs_queue_test.golden");
    let mut lines = golden.lines();
    while let Some(line) = lines.next() {
        let Some((fifo, calls, kib)) = usage.iter().find_map(|(name, queue)| (line.trim() == name).then_some(*queue))
        else {
            continue;
        };
        let text = format!("queue = [{{ fifo = {fifo}, requests = {calls}, size = \"{kib}KiB\" }}]");
        let [(_, quantity, cost)] = bill(&text, Format::Toml).try_into().unwrap();
        let cells: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
        let [millions, price] = [cells[2], cells[5]];
        assert_eq!(quantity.parse::<f64>().unwrap() / 1e6, millions.parse::<f64>().unwrap(), "{line}");
        assert_eq!(format!("${:.2}", cost.parse::<f64>().unwrap()), price, "{line}");
        compared += 1;
    }
    assert_eq!(compared, 2);
}

/// Name, first-in-first-out, requests a month and KiB of each, of the usage file's few lines of YAML.
fn queues_of(yaml: &str) -> Vec<(String, (bool, u64, u64))> {
    let mut queues: Vec<(String, (bool, u64, u64))> = Vec::new();
    for line in yaml.lines() {
        let (key, value) = line.split('#').next().unwrap_or_default().trim().split_once(':').unwrap_or_default();
        if key.contains('.') {
            queues.push((key.to_owned(), (key.contains("fifo"), 0, 1)));
        } else if let (Some((_, queue)), Ok(number)) = (queues.last_mut(), value.trim().parse()) {
            match key {
                "monthly_requests" => queue.1 = number,
                "request_size" | "request_size_kb" => queue.2 = number,
                _ => {}
            }
        }
    }
    queues
}
