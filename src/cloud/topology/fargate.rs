//! Fargate: tasks without machines of one's own, in sizes that the provider has.

/// What each task of a pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fargate {
    /// Thousandths of a vCPU.
    pub cpu: u32,
    /// Bytes of memory.
    pub memory: u64,
    /// Whether its processors are of the other kind, which cost less.
    pub is_arm: bool,
    /// Bytes of disk.
    pub disk: u64,
    /// At the price of spare capacity, which the provider may take back.
    pub spot: bool,
}

const GIB: u64 = 1 << 30;

/// Sizes of tasks: thousandths of a vCPU, the least and the most memory with so much CPU in GiB, and its steps (Amazon ECS
/// developer guide, *Task size*).
const SIZES: [(u32, u64, u64, u64); 7] = [
    (500, 1, 4, 1),
    (1_000, 2, 8, 1),
    (2_000, 4, 16, 1),
    (4_000, 8, 30, 1),
    (8_000, 16, 60, 4),
    (16_000, 32, 120, 8),
    (32_000, 60, 244, 1),
];

impl Fargate {
    /// The disk of a task that costs nothing: 20 GiB (Amazon ECS developer guide, *Fargate task ephemeral storage*).
    pub const FREE_DISK: u64 = 20 * GIB;

    /// Memory with which a task of so much CPU can be had, as a sentence; `None`: with so much CPU there is none.
    pub fn memories(cpu: u32) -> Option<String> {
        match cpu {
            250 => Some("0.5, 1 or 2 GiB".to_owned()),
            32_000 => Some("60, 120 or 244 GiB".to_owned()),
            _ => {
                let &(_, least, most, step) = SIZES.iter().find(|size| size.0 == cpu)?;
                Some(format!("{least} to {most} GiB in steps of {step}"))
            }
        }
    }

    /// Whether the provider has tasks of that size.
    pub fn is_size(cpu: u32, memory: u64) -> bool {
        match cpu {
            250 => [GIB / 2, GIB, 2 * GIB].contains(&memory),
            32_000 => [60 * GIB, 120 * GIB, 244 * GIB].contains(&memory),
            _ => SIZES.iter().any(|&(of, least, most, step)| {
                let fits = memory.is_multiple_of(GIB) && (least..=most).contains(&(memory / GIB));
                of == cpu && fits && (memory / GIB - least).is_multiple_of(step)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amazon ECS developer guide, *Task size*: both ends of each row, and what lies beside them.
    #[test]
    fn tasks_have_the_sizes_of_the_guide() {
        for (cpu, there, missing) in [
            (250, &[512, 1_024, 2_048][..], &[256, 1_536, 3_072][..]),
            (500, &[1_024, 4_096], &[512, 5_120, 1_536]),
            (1_000, &[2_048, 8_192], &[1_024, 9_216]),
            (4_000, &[8_192, 30_720], &[7_168, 31_744]),
            (8_000, &[16_384, 20_480, 61_440], &[17_408, 65_536]),
            (16_000, &[32_768, 40_960, 122_880], &[36_864]),
            (32_000, &[61_440, 122_880, 249_856], &[65_536]),
            (750, &[], &[2_048]),
        ] {
            there.iter().for_each(|&mib| assert!(Fargate::is_size(cpu, mib << 20), "{cpu} {mib}"));
            missing.iter().for_each(|&mib| assert!(!Fargate::is_size(cpu, mib << 20), "{cpu} {mib}"));
            assert_eq!(Fargate::memories(cpu).is_some(), !there.is_empty(), "{cpu}");
        }
    }
}
