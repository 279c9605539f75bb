//! In which units prices are written, and what their use is counted in.

use crate::billing::storage;
use crate::ground::time::{SECOND, Span};

/// Seconds of an hour.
const HOUR: u64 = 3_600;

/// The units in which the price of `item` may be written; none where that is not the name of anything.
pub(super) fn units(item: &str) -> &'static [&'static str] {
    let (service, rest) = item.split_once('.').unwrap_or((item, ""));
    match (service, rest) {
        ("alb" | "nlb" | "nat" | "endpoint", "hour") | ("ipv4", "address") => &["h"],
        ("alb", "lcu") => &["LCU-h"],
        ("nlb", "lcu") => &["NLCU-h"],
        ("nat" | "endpoint", "data") => &["GB"],
        ("sqs", "standard" | "fifo" | "fair") => &["million", "thousand"],
        ("ecr", "storage") | ("ebs", "gp3" | "gp2") => &["GB-month"],
        ("s3", _) => of_storage(item),
        ("ebs", "gp3.iops") => &["IOPS-month"],
        ("ebs", "gp3.throughput") => &["MBps-month"],
        ("lambda", _) => of_functions(rest),
        ("fargate" | "fargate-spot", "vcpu.x86" | "vcpu.arm") => &["vCPU-h"],
        ("fargate" | "fargate-spot", "memory.x86" | "memory.arm") | ("fargate", "storage") => &["GB-h"],
        ("events", "custom" | "destinations" | "pipes" | "replay" | "schemas" | "scheduler") => {
            &["million", "thousand"]
        }
        ("events", "archive") => &["GB"],
        ("events", "archived") => &["GB-month"],
        ("cloudwatch", "alarm" | "fast-alarm") => &["alarm-month"],
        ("cloudwatch", "metric") => &["metric-month"],
        ("cloudwatch", "detailed") => &["instance-month"],
        ("cloudwatch", "logs") => &["GB"],
        ("data", "out" | "zone") => &["GB"],
        ("rds", "storage") => &["GB-month"],
        // Something outside, which no book knows: a mail, a look-up of a partner.
        ("service", name) if !name.is_empty() => &["million", "thousand"],
        ("ec2", "credits.t2" | "credits.t3" | "credits.t3a" | "credits.t4g") => &["vCPU-h"],
        ("ec2" | "spot" | "rds", kind) if kind.contains('.') => &["h"],
        _ => &[],
    }
}

fn of_storage(item: &str) -> &'static [&'static str] {
    match storage::use_of(item) {
        Some((_, "put" | "get")) => &["million", "thousand"],
        Some((_, "storage")) => &["GB-month"],
        Some((class, "retrieval")) if class.is_read_by_the_byte() => &["GB"],
        _ => &[],
    }
}

fn of_functions(rest: &str) -> &'static [&'static str] {
    match rest {
        "requests" => &["million", "thousand"],
        "duration.x86" | "duration.arm" | "storage" => &["GB-s"],
        "provisioned.x86" | "provisioned.arm" => &["GB-s"],
        "provisioned-duration.x86" | "provisioned-duration.arm" => &["GB-s"],
        "snap-start" => &["GB-s"],
        "snap-start-restore" => &["GB"],
        "poller" => &["poller-h"],
        _ => &[],
    }
}

/// In what the use of an item is counted whose price is written in `unit`, and how many of those the price is for; `month`
/// is that of the book.
pub(super) fn counted(item: &str, unit: &str, month: Span) -> (&'static str, u64) {
    let month = month.nanos() / SECOND;
    match unit {
        // Who is paid for by the started hour is counted in those.
        "h" if item.ends_with(".hour") => ("h", 1),
        "h" => ("s", HOUR),
        "million" => ("request", 1_000_000),
        "thousand" => ("request", 1_000),
        "GB-month" => ("GB-s", month),
        "IOPS-month" => ("IOPS-s", month),
        "MBps-month" => ("MBps-s", month),
        "alarm-month" => ("alarm-s", month),
        "metric-month" => ("metric-s", month),
        "instance-month" => ("instance-s", month),
        "GB-s" => ("GB-s", 1),
        "GB-h" => ("GB-s", HOUR),
        "vCPU-h" if item.starts_with("fargate") => ("vCPU-s", HOUR),
        "vCPU-h" => ("vCPU-h", 1),
        "GB" => ("GB", 1),
        "poller-h" => ("poller-h", 1),
        "NLCU-h" => ("NLCU-h", 1),
        _ => ("LCU-h", 1),
    }
}

/// How many units in which use is counted one of `unit` is, where the price of the item is for `per` of them. Requests may
/// be written in another number than their price is for.
pub(super) fn counts(unit: &str, per: u64) -> u64 {
    match unit {
        "million" => 1_000_000,
        "thousand" => 1_000,
        "request" => 1,
        _ => per,
    }
}

/// How many of the counted units one of those is in which a person writes the bounds of tiers: requests, and else the unit
/// of the price.
pub(super) fn of_bounds(unit: &str, per: u64) -> u64 {
    if matches!(unit, "million" | "thousand") { 1 } else { per }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fargate is billed by the second (AWS Fargate pricing), a NAT gateway by the started hour (Amazon VPC pricing).
    #[test]
    fn what_is_sold_by_the_hour_is_counted_as_its_provider_counts() {
        let month = Span::from_secs(730 * 3_600);
        assert_eq!(counted("fargate.vcpu.x86", "vCPU-h", month), ("vCPU-s", 3_600));
        assert_eq!(counted("ec2.credits.t3", "vCPU-h", month), ("vCPU-h", 1));
        assert_eq!(counted("nat.hour", "h", month), ("h", 1));
        assert_eq!(counted("ipv4.address", "h", month), ("s", 3_600));
        assert_eq!(counted("ebs.gp3.iops", "IOPS-month", month), ("IOPS-s", 2_628_000));
        assert_eq!((counts("million", 1_000), counts("GB-h", 3_600)), (1_000_000, 3_600));
        assert_eq!((of_bounds("thousand", 1_000), of_bounds("GB-month", 2_628_000)), (1, 2_628_000));
    }

    #[test]
    fn no_name_that_is_nothing_has_a_unit() {
        for name in ["", "sqs", "lambda", "ebs.gp4", "service.", "fargate.vcpu", "ec2.large", "alb", "data.in"] {
            assert!(units(name).is_empty(), "{name}");
        }
    }
}
