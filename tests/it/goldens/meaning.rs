//! What a line of a statement is in our book: known by the kind of its resource, its label and its unit.

use super::statement::{Group, Statement};

/// What a line may be.
pub struct Meaning {
    /// Items of the book, the likeliest first: some labels do not tell a queue from one that is first in, first out.
    pub items: Vec<String>,
    /// How many units of the item's price one unit of the line is: a vCPU all month is 730 vCPU-hours.
    pub times: u64,
}

/// Kind of resource (empty: any), beginning of the label, units, items, and how many of an item's units one of the line's is.
type Rule = (&'static str, &'static str, &'static [&'static str], &'static [&'static str], u64);

const MILLIONS: &[&str] = &["1M requests", "1M events", "1M invocations"];
const MONTH: u64 = 730;

/// The first rule that fits counts.
const RULES: &[Rule] = &[
    ("aws_lambda", "requests", MILLIONS, &["lambda.requests"], 1),
    (
        "aws_lambda_provisioned",
        "provisioned concurrency",
        &["GB-seconds"],
        &["lambda.provisioned.x86", "lambda.provisioned.arm"],
        1,
    ),
    (
        "aws_lambda_provisioned",
        "duration",
        &["GB-seconds"],
        &["lambda.provisioned-duration.x86", "lambda.provisioned-duration.arm"],
        1,
    ),
    ("aws_lambda", "duration", &["GB-seconds"], &["lambda.duration.x86", "lambda.duration.arm"], 1),
    ("aws_lambda", "ephemeral storage", &["GB-seconds"], &["lambda.storage"], 1),
    ("aws_sqs_queue", "requests", MILLIONS, &["sqs.standard", "sqs.fifo"], 1),
    ("", "per gb per hour", &["GB"], &["fargate.memory.x86", "fargate.memory.arm"], MONTH),
    ("", "per vcpu per hour", &["CPU", "vCPU"], &["fargate.vcpu.x86", "fargate.vcpu.arm"], MONTH),
    ("aws_ecs", "ephemeral storage", &["GB"], &["fargate.storage"], MONTH),
    ("aws_ecr", "storage", &["GB"], &["ecr.storage"], 1),
    ("", "application load balancer", &["hours"], &["alb.hour"], 1),
    ("", "network load balancer", &["hours"], &["nlb.hour"], 1),
    ("", "load balancer capacity units", &["LCU"], &["alb.lcu", "nlb.lcu"], MONTH),
    ("", "nat gateway", &["hours"], &["nat.hour"], 1),
    ("aws_nat_gateway", "data processed", &["GB"], &["nat.data"], 1),
    ("aws_vpc_endpoint", "endpoint (interface)", &["hours"], &["endpoint.hour"], 1),
    ("aws_vpc_endpoint", "data processed", &["GB"], &["endpoint.data"], 1),
    ("aws_eip", "ip address", &["hours"], &["ipv4.address"], 1),
    ("", "custom events published", MILLIONS, &["events.custom"], 1),
    ("", "third-party events published", MILLIONS, &["events.custom"], 1),
    ("aws_cloudwatch_event_bus", "archive processing", &["GB"], &["events.archive"], 1),
    ("aws_cloudwatch_event_bus", "archive storage", &["GB"], &["events.archived"], 1),
    ("aws_cloudwatch_event_bus", "schema discovery", MILLIONS, &["events.schemas"], 1),
    ("aws_cloudwatch_metric_alarm", "standard resolution", &["alarm metrics"], &["cloudwatch.alarm"], 1),
    ("aws_cloudwatch_metric_alarm", "high resolution", &["alarm metrics"], &["cloudwatch.fast-alarm"], 1),
    ("aws_cloudwatch_log_group", "data ingested", &["GB"], &["cloudwatch.logs"], 1),
    ("", "ec2 detailed monitoring", &["metrics"], &["cloudwatch.metric"], 1),
    (
        "",
        "cpu credits",
        &["vCPU-hours"],
        &["ec2.credits.t3", "ec2.credits.t3a", "ec2.credits.t2", "ec2.credits.t4g"],
        1,
    ),
    ("aws_db", "storage (general purpose ssd, gp", &["GB"], &["rds.storage"], 1),
    ("", "storage (general purpose ssd, gp2)", &["GB"], &["ebs.gp2"], 1),
    ("", "storage (general purpose ssd, gp3)", &["GB"], &["ebs.gp3"], 1),
    ("aws_s3_bucket", "put, copy, post, list requests", &["1k requests"], &["s3.put"], 1),
    ("aws_s3_bucket", "get, select, and all other requests", &["1k requests"], &["s3.get"], 1),
    ("", "outbound data transfer to internet", &["GB"], &["data.out"], 1),
    ("", "data transfer to internet", &["GB"], &["data.out"], 1),
    ("", "intra-region data transfer", &["GB"], &["data.zone"], 2),
];

/// The kind of a resource: `aws_lb` of `module.web.aws_lb.front[0]`.
pub fn kind(resource: &str) -> &str {
    resource.split('.').rev().find(|word| word.starts_with("aws_")).unwrap_or_default()
}

/// Whether the tiers of a function's duration are those of the other kind of processor (AWS Lambda pricing: 7.5 and 18.75
/// thousand million GB-s there, 6 and 15 else).
pub fn is_arm(group: &Group) -> bool {
    group.lines.iter().any(|line| ["7.5B", "11.25B", "18.75B"].iter().any(|tier| line.label.contains(tier)))
}

/// What the lines of a group are; the sentence says why they are nothing of ours.
pub fn of(group: &Group, statement: &Statement) -> Result<Meaning, String> {
    let (label, unit) = (group.base().to_lowercase(), group.lines[0].unit.as_str());
    let kind = kind(&group.resource);
    if let Some(machine) = machine(&label) {
        let items = vec![machine];
        return if unit == "hours" {
            Ok(Meaning { items, times: 1 })
        } else {
            Err(format!("no machine by the {unit}"))
        };
    }
    let storage = |class: &str| {
        let of_it = |other: &&Group| other.resource == group.resource && other.part == group.part;
        statement.groups.iter().filter(of_it).any(|other| other.base().to_lowercase().contains(class))
    };
    let standard = kind.starts_with("aws_s3_bucket") && (group.part == "Standard" || group.part.is_empty());
    // What is provisioned of a volume has its class on the line above it.
    let single = match (label.as_str(), unit) {
        ("provisioned iops", "IOPS") if storage("gp3") && !kind.starts_with("aws_db") => Some("ebs.gp3.iops"),
        ("provisioned throughput", "Mbps" | "MBps" | "MB/s") if storage("gp3") => Some("ebs.gp3.throughput"),
        ("storage", "GB") if standard => Some("s3.storage"),
        _ => None,
    };
    if let Some(item) = single {
        return Ok(Meaning { items: vec![item.to_owned()], times: 1 });
    }
    if kind.starts_with("aws_s3_bucket") && !standard {
        return Err(format!("the book has no class `{}` of S3", group.part));
    }
    let rule = RULES
        .iter()
        .find(|(of, begins, units, _, _)| kind.starts_with(of) && label.starts_with(begins) && units.contains(&unit));
    let Some((_, _, _, items, times)) = rule else { return Err("nothing in the book is called so".to_owned()) };
    // Some labels stand for several items.
    let mut items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
    // The tiers of a function say which of them is meant …
    if label == "duration" && items.iter().any(|item| item.starts_with("lambda.duration")) {
        items.retain(|item| item.ends_with("arm") == is_arm(group));
    }
    // … and a word of an item in the name of the resource.
    let name = group.resource.to_lowercase();
    let words: Vec<&str> = name.split(|letter: char| !letter.is_alphanumeric()).collect();
    let named = |item: &str| {
        let last = item.rsplit('.').next().unwrap_or_default();
        words.iter().any(|word| *word == last || word.strip_suffix("64") == Some(last))
    };
    if let Some(meant) = items.iter().find(|item| named(item)).cloned() {
        items = vec![meant];
    }
    let balancer = statement.groups.iter().find(|other| other.resource == group.resource);
    if label == "load balancer capacity units" && balancer.is_some_and(|other| other.base().starts_with("Network")) {
        items.reverse();
    }
    if label == "load balancer capacity units" {
        items.truncate(1);
    }
    Ok(Meaning { items, times: *times })
}

/// The item of a machine by the hour: `ec2.t3.micro`, `rds.t4g.micro`.
fn machine(label: &str) -> Option<String> {
    let about = |begins: &str| label.strip_prefix(begins)?.strip_suffix(')');
    if let Some(about) = about("instance usage (") {
        let mut words = about.split(", ");
        let (system, market, kind) = (words.next()?, words.next()?, words.next()?);
        return (system == "linux/unix" && market == "on-demand").then(|| format!("ec2.{kind}"));
    }
    let mut words = about("database instance (")?.split(", ");
    let (market, zones, kind) = (words.next()?, words.next()?, words.next()?);
    let kind = kind.strip_prefix("db.")?;
    (market == "on-demand" && zones == "single-az").then(|| format!("rds.{kind}"))
}
