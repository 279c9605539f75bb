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
        // A day of 730 GiB is 24 GB-months, and what is read a cent each.
        row("s3.standard-ia.put", "0", "0"),
        row("s3.standard-ia.get", "100", "0.0001"),
        row("s3.standard-ia.storage", "63072000", "0.3"),
        row("s3.standard-ia.retrieval", "50", "0.5"),
        // On demand 88,000 × 350 + 2,000 × 1,150 ms = 33,100 s, at 0.5 GB; kept 10,000 × 350 ms; 0.5 GB of disk beyond 512 MB.
        row("lambda.duration.arm", "16550", "0.22066777"),
        row("lambda.requests", "100000", "0.02"),
        row("lambda.provisioned.arm", "3600", "0.01200024"),
        row("lambda.provisioned-duration.arm", "1750", "0.01361115"),
        row("lambda.storage", "18300", "0.00056547"),
        row("lambda.duration.x86", "17500", "0.29166725"),
        row("lambda.requests", "100000", "0.02"),
        row("lambda.duration.x86", "17500", "0.29166725"),
        row("lambda.requests", "100000", "0.02"),
        // 730 × 0.04048 $.
        row("fargate.vcpu.x86", "2628000", "29.5504"),
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
    let used =
        Used::Queue { fifo: false, sends: 16, receives: 16, deletes: 1, changes: 0, grouped: None, calls: Some(3) };
    assert_eq!(list.usage.nodes, [NodeUsage { node: "queue.1".to_owned(), used }]);
}

/// A month of storage that is seldom read, as Infracost's price tests have it: 30,000 GB of Standard-IA for $375, 30,000 puts for
/// $0.30, as many gets for $0.03, and 30,000 GB read for $300; of One Zone-IA 40,000 of each for $400, $0.40, $0.04 and $400.
#[test]
fn storage_that_is_seldom_read_costs_less_there_and_more_to_read() {
    let text = r#"
        bucket = [
            { class = "standard-ia", puts = 30000, gets = 30000, retrieved = "30000GiB", stored = "30000GiB", lasts = "730h" },
            { class = "one-zone-ia", puts = 40000, gets = 40000, retrieved = "40000GiB", stored = "40000GiB", lasts = "730h" },
        ]
    "#;
    let of = |line: (String, String, String)| (line.0, line.2);
    let found: Vec<_> = bill(text, Format::Toml).into_iter().map(of).collect();
    let expected = [
        ("s3.standard-ia.put", "0.3"),
        ("s3.standard-ia.get", "0.03"),
        ("s3.standard-ia.storage", "375"),
        ("s3.standard-ia.retrieval", "300"),
        ("s3.one-zone-ia.put", "0.4"),
        ("s3.one-zone-ia.get", "0.04"),
        ("s3.one-zone-ia.storage", "400"),
        ("s3.one-zone-ia.retrieval", "400"),
    ];
    assert_eq!(found, expected.map(|(item, cost)| (item.to_owned(), cost.to_owned())));
    let refused = UsageList::read(r#"bucket = [{ class = "cold", puts = 1 }]"#, Format::Toml).unwrap_err();
    assert!(refused.iter().any(|flaw| flaw.to_string().contains("no class of storage")), "{refused:?}");
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

/// AWS Lambda pricing: a million requests of 100 ms at 1 GB are 100,000 GB-s, 1.66667 $ and 0.20 $; each run is rounded up
/// by itself: 100,000 runs of 99.2 ms are as many of 100 ms.
#[test]
fn functions_are_billed_by_the_started_millisecond_of_each_run() {
    let toml = r#"function = [{ memory = "1GiB", requests = 1_000_000, duration = "99.2ms" }]"#;
    let json = r#"{ "function": [{ "memory": "1024MiB", "requests": 1000000, "duration": "100ms" }] }"#;
    let csv = "what,name,memory,requests,duration,milliseconds\nfunction,f,1GiB,1000000,,100000000\n";
    for (text, format) in [(toml, Format::Toml), (json, Format::Json), (csv, Format::Csv)] {
        let expected = [row("lambda.duration.x86", "100000", "1.66667"), row("lambda.requests", "1000000", "0.2")];
        assert_eq!(bill(text, format), expected);
    }
}

/// AWS Lambda pricing, free tier: 1 M requests and 400,000 GB-s a month, not of what is provisioned. 3 M requests of 1 s at
/// 512 MB: 1.1 M GB-s and 2 M requests are paid for.
#[test]
fn what_a_month_has_free_is_taken_off() {
    let text = r#"
        prices.free-tier = true
        function = [
            { memory = "512MiB", requests = 1_000_000, duration = "1s" },
            { memory = "512MiB", requests = 2_000_000, duration = "1s", provisioned = 1, lasts = "1h" },
        ]
        queue = [{ requests = 999_999 }]
    "#;
    let expected = [
        row("sqs.standard", "999999", "0"),
        row("lambda.duration.x86", "400000", "0"),
        row("lambda.duration.x86", "100000", "1.66667"),
        row("lambda.requests", "1000000", "0"),
        row("lambda.duration.x86", "1000000", "16.6667"),
        row("lambda.requests", "2000000", "0.4"),
        row("lambda.provisioned.x86", "1800", "0.00750006"),
        row("lambda.provisioned-duration.x86", "0", "0"),
    ];
    assert_eq!(bill(text, Format::Toml), expected);
}

/// 1,000 runs of 120 ms, 100 of them after an initialisation of 500 ms, at 1 GB: 170 s now, 120 s before August 2025, 200 s
/// before December 2020.
#[test]
fn functions_are_billed_by_the_rules_of_a_date() {
    for (word, seconds) in [("current", "170"), ("before-2025-08", "120"), ("lambda-2020", "200")] {
        let text = format!(
            "prices.billing = \"{word}\"\n\
             function = [{{ memory = \"1GiB\", requests = 1000, duration = \"120ms\", cold = 100, init = \"500ms\" }}]"
        );
        assert_eq!(bill(&text, Format::Toml)[0].1, seconds, "{word}");
    }
}

/// 2 million of EventBridge's events at 1 $; 1.5 NAT gateway months of 730 h at 0.045 $; 10 IOPS all month at 0.005 $.
#[test]
fn anything_with_a_price_can_be_listed() {
    let text = r#"item = [
        { item = "events.custom", amount = "2_000 thousand" },
        { item = "nat.hour", amount = "1_095 h" },
        { item = "ebs.gp3.iops", amount = "10 IOPS-month" },
        { item = "sqs.fifo", amount = "3 request" },
    ]"#;
    let expected = [
        row("events.custom", "2000000", "2"),
        row("nat.hour", "1095", "49.275"),
        row("ebs.gp3.iops", "26280000", "0.05"),
        row("sqs.fifo", "3", "0.0000015"),
    ];
    assert_eq!(bill(text, Format::Toml), expected);
}

#[test]
fn what_is_wrong_with_a_function_or_an_item_is_told() {
    for (entry, what) in [
        (r#"function = [{ requests = 5, duration = "1s" }]"#, "lacks `memory`"),
        (r#"function = [{ memory = "64MiB" }]"#, "128 to 10240 MiB"),
        (r#"function = [{ memory = "200MB" }]"#, "no whole number of MiB"),
        (r#"function = [{ memory = "1GiB", requests = 5 }]"#, "how long its requests took"),
        (r#"function = [{ memory = "1GiB", requests = 5, duration = "1s", cold = 2 }]"#, "belong together"),
        (r#"function = [{ memory = "1GiB", requests = 5, duration = "1s", cold = 6, init = "1s" }]"#, "more requests"),
        (r#"function = [{ memory = "1GiB", requests = 5, duration = "1s", milliseconds = 5 }]"#, "not beside"),
        (r#"function = [{ gb-seconds = 5, memory = "1GiB" }]"#, "not beside `memory`"),
        (r#"function = [{ gb-seconds = 5, architecture = "mips" }]"#, "x86 or arm"),
        (r#"function = [{ memory = "1GiB", provisioned = 1 }]"#, "does not say how long"),
        (r#"function = [{ memory = "1GiB", requests = 5, duration = "1s", provisioned-requests = 1 }]"#, "without"),
        (r#"function = [{ memory = "1GiB", requests = 5, duration = "1s", provisioned-requests = 9 }]"#, "not more"),
        (r#"function = [{ memory = "9GiB", requests = 999999999999999999, duration = "36500d" }]"#, "beyond all use"),
        (r#"item = [{ item = "nat", amount = "1 h" }]"#, "no price book knows an item `nat`"),
        (r#"item = [{ item = "nat.hour", amount = "1 GB" }]"#, "is counted in `h`"),
        (r#"item = [{ item = "nat.hour", amount = 5 }]"#, "has no unit"),
        (r#"item = [{ item = "nat.hour" }]"#, "lacks `amount`"),
        ("prices.billing = \"old\"\nitem = [{ item = \"nat.hour\", amount = \"1 h\" }]", "no way of billing"),
    ] {
        let flaws = UsageList::read(entry, Format::Toml).unwrap_err();
        assert!(flaws.iter().any(|flaw| flaw.to_string().contains(what)), "{entry}: {flaws:?}");
    }
}

/// What was used is told beside what was billed: 30 s of a minimum of 60, 1.25 of 2 started hours, one call of two chunks,
/// and 99.2 of 100 ms at 1 GB.
#[test]
fn what_rounding_added_is_known() {
    let text = r#"
        machine = [{ price = "$0.0360/h", lasts = "30s" }]
        balancer = [{ lasts = "1h15min" }]
        queue = [{ requests = 1, size = "128KiB" }]
        function = [{ memory = "1GiB", requests = 10, duration = "99.2ms" }]
    "#;
    let list = UsageList::read(text, Format::Toml).unwrap();
    let lines = invoice(&list.usage, &PriceBook::us_east_1());
    let told = lines.iter().filter_map(|line| Some((line.exact?.to_string(), line.rounding?.to_string())));
    let told: Vec<(String, String)> = told.collect();
    let expected = [("30", "0.0003"), ("1.25", "0.016875"), ("1", "0.0000004"), ("0.992", "0.000000133334")];
    assert_eq!(told, expected.map(|(exact, rounding)| (exact.to_owned(), rounding.to_owned())));
}

/// The row that says how long a balancer lasted may be any of its rows.
#[test]
fn a_balancer_lasts_as_long_as_whichever_row_says() {
    let csv = "what,name,lasts,connections,active,gb,rules,requests\n\
               balancer,lb,,180000,4500,1.2,12,180000\n\
               balancer,lb,4500s,9000,60,0.75,12,9000\n";
    assert_eq!(bill(csv, Format::Csv), [row("alb.hour", "2", "0.045"), row("alb.lcu", "2.75", "0.022")]);
}

#[test]
fn prices_of_ones_own_are_a_table_of_texts() {
    let told = |text: &str| {
        let flaws = UsageList::read(text, Format::Toml).expect_err("it is wrong");
        flaws.into_iter().map(|flaw| (flaw.at, flaw.what)).collect::<Vec<_>>()
    };
    let of_text = ("prices.own.x".to_owned(), "a price is text, such as \"$0.0960/h\"".to_owned());
    assert!(told("prices = { own = { x = 3 } }").contains(&of_text));
    assert!(
        told("prices = { own = 3 }")
            .iter()
            .any(|(at, what)| at == "prices.own" && what.ends_with("where a table belongs"))
    );
}

#[test]
fn as_many_machines_were_started_as_there_are() {
    let list = UsageList::read("[[machine]]\ncount = 3\ntype = \"m5.large\"\nlasts = \"2h\"\n", Format::Toml).unwrap();
    let Used::Machines { sizes, .. } = &list.usage.nodes[0].used else { panic!("{:?}", list.usage) };
    assert_eq!((sizes[0].starts, sizes[0].lived, sizes[0].seconds), (3, 3 * 7_200_000_000_000, 3 * 7_200));
}

/// Two kept ready for 301 s: 600 s each are paid, and 301 s each were had.
#[test]
fn what_is_kept_ready_was_had_as_long_as_it_lasted() {
    let text = "[[function]]\nmemory = \"1GiB\"\nprovisioned = 2\nlasts = \"301s\"\n";
    let list = UsageList::read(text, Format::Toml).unwrap();
    let Used::Function { invocations, kept, real, .. } = &list.usage.nodes[0].used else { panic!("{:?}", list.usage) };
    assert_eq!((*invocations, kept.map(|(seconds, _)| seconds)), (0, Some(1_200)));
    assert!(format!("{real:?}").contains("602000000000"), "{real:?}");
}

#[test]
fn broken_json_is_told_at_its_byte() {
    let text = "{\n  \"machine\": [\n    { \"type\": }\n  ]\n}";
    let flaws = UsageList::read(text, Format::Json).expect_err("it is broken");
    let span = flaws[0].span.clone().expect("it has a place");
    assert_eq!(&text[span.start..=span.start], "}");
}

#[test]
fn what_is_there_from_one_time_to_another_lasts_as_long_as_between() {
    let text = "[[machine]]\ntype = \"m5.large\"\nfrom = \"1h\"\nto = \"3h\"\n";
    assert_eq!(bill(text, Format::Toml)[0].1, "7200");
}
