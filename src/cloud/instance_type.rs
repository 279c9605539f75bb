//! What the name of an EC2 instance type tells of it: vCPUs and memory.

/// Its vCPUs; `None` of a type whose name does not tell.
///
/// A size is twice the one before it from `large`, with 2, on, and `Nxlarge` is N times an `xlarge` of 4; below
/// `large` the families with burstable speed have 2 and the others 1 (Amazon EC2 instance types guide, the tables of
/// each family). `t2` is older than the rule, and so are the largest `c4` and `d2`. Bare metal and machines without
/// hyper-threads are of no rule.
pub fn vcpus(instance: &str) -> Option<u32> {
    let (family, size) = instance.split_once('.')?;
    if family.is_empty() || family.starts_with("hpc") || family.starts_with("mac") || family.starts_with("u-") {
        return None;
    }
    let bursts = matches!(family, "t3" | "t3a" | "t4g");
    match (family, size) {
        ("c4" | "d2", "8xlarge") => Some(36),
        ("t2", "nano" | "micro" | "small") => Some(1),
        ("t2", "medium") => Some(2),
        (_, "nano" | "micro" | "small") => bursts.then_some(2),
        (_, "medium") => Some(if bursts { 2 } else { 1 }),
        (_, "large") => Some(2),
        (_, "xlarge") => Some(4),
        _ => size.strip_suffix("xlarge")?.parse::<u32>().ok().filter(|&times| times >= 2)?.checked_mul(4),
    }
}

/// Its memory in bytes; `None` of a type whose name does not tell.
///
/// From the fifth generation on families whose name begins with `c` have 2 GiB for each vCPU, `m` 4 and `r` 8, but for
/// `c5n`; families with burstable speed have half a GiB as `nano` and twice as much with each size (Amazon EC2 instance
/// types guide, the tables of each family).
pub fn memory(instance: &str) -> Option<u64> {
    const GIB: u64 = 1 << 30;
    let (family, size) = instance.split_once('.')?;
    if matches!(family, "t2" | "t3" | "t3a" | "t4g") {
        let sizes = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"];
        return sizes.iter().position(|&known| known == size).map(|place| (GIB / 2) << place);
    }
    let mut letters = family.chars();
    let each = match letters.next()? {
        'c' if family != "c5n" => 2,
        'm' if !family.starts_with("mac") => 4,
        'r' => 8,
        _ => return None,
    };
    let generation = letters.next()?.to_digit(10)?;
    (generation >= 5).then_some(())?;
    Some(u64::from(vcpus(instance)?) * each * GIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published sizes in GiB (Amazon EC2 instance types guide, read 2026-07).
    #[test]
    fn names_tell_memory() {
        for (instance, gib) in [
            ("m5.large", 8.0),
            ("m7i-flex.xlarge", 16.0),
            ("c5.9xlarge", 72.0),
            ("c7g.medium", 2.0),
            ("r6i.24xlarge", 768.0),
            ("t3.nano", 0.5),
            ("t3.medium", 4.0),
            ("t2.2xlarge", 32.0),
        ] {
            assert_eq!(memory(instance), Some((gib * (1u64 << 30) as f64) as u64), "{instance}");
        }
        for strange in ["c4.large", "c5n.large", "p3.2xlarge", "m5.metal", "mac2.metal", "t3.16xlarge", "m5", "r.large"]
        {
            assert_eq!(memory(strange), None, "{strange}");
        }
    }

    /// Published sizes (Amazon EC2 instance types guide, read 2026-07).
    #[test]
    fn names_tell_vcpus() {
        for (instance, number) in [
            ("t3.nano", 2),
            ("t3.large", 2),
            ("t3.xlarge", 4),
            ("t4g.medium", 2),
            ("t2.micro", 1),
            ("t2.medium", 2),
            ("t2.2xlarge", 8),
            ("m5.large", 2),
            ("m5.24xlarge", 96),
            ("c7g.medium", 1),
            ("c5.9xlarge", 36),
            ("c4.8xlarge", 36),
            ("m7i-flex.xlarge", 4),
            ("r8i.96xlarge", 384),
        ] {
            assert_eq!(vcpus(instance), Some(number), "{instance}");
        }
        for strange in ["", "m5", "m5.", ".large", "m5.metal", "m5.1xlarge", "m5.huge", "hpc6a.48xlarge", "m5.small"] {
            assert_eq!(vcpus(strange), None, "{strange}");
        }
    }
}
