//! Load balancer capacity units, exactly: the largest of four dimensions, each clock hour anew.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Hours of one capacity unit, in parts of which 10.8 · 10¹⁵ make one LCU-hour: so many that every dimension is a
/// whole number of them, and nothing is rounded before the bill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capacity(pub u128);

impl Capacity {
    /// One LCU-hour.
    pub const UNIT: u128 = 10_800_000_000_000_000;

    /// Decimals of what is billed.
    pub const DECIMALS: u8 = 12;

    /// In units of 10⁻¹² LCU-hours, rounded half up: what is billed.
    pub const fn billed(self) -> u128 {
        const PER: u128 = Capacity::UNIT / 1_000_000_000_000;
        (self.0 + PER / 2) / PER
    }
}

impl Add for Capacity {
    type Output = Capacity;
    fn add(self, other: Capacity) -> Capacity {
        Capacity(self.0 + other.0)
    }
}

impl AddAssign for Capacity {
    fn add_assign(&mut self, other: Capacity) {
        self.0 += other.0;
    }
}

impl Sum for Capacity {
    fn sum<I: Iterator<Item = Capacity>>(hours: I) -> Capacity {
        hours.fold(Capacity::default(), Add::add)
    }
}

/// What passed through a balancer in one clock hour of its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// New connections.
    pub connections: u64,
    /// Open connections, summed over time, in connection·nanoseconds: their mean is this ÷ one hour.
    pub active: u128,
    /// Bytes of requests and answers; 10⁹ are a GB.
    pub bytes: u128,
    /// Requests.
    pub requests: u64,
    /// Listener rules.
    pub rules: u32,
    /// Behind it is a function, for which bytes weigh more.
    pub is_of_function: bool,
}

impl Hour {
    /// Its nanoseconds.
    pub const NANOS: u64 = 3_600_000_000_000;

    /// Its capacity: the largest of new connections a second ÷ 25, active connections ÷ 3,000, GB (of functions ÷ 0.4), and rule
    /// evaluations a second ÷ 1,000, of which ten a request are free. A second's or minute's figure is the mean of
    /// the whole hour, also where the balancer lived for a part of it only.
    ///
    /// Source: AWS Elastic Load Balancing price page, dimensions of an Application Load Balancer's LCU.
    pub fn capacity(&self) -> Capacity {
        let evaluations = u128::from(self.rules.saturating_sub(10)) * u128::from(self.requests);
        let connections = u128::from(self.connections) * (Capacity::UNIT / (25 * 3_600));
        let active = self.active * (Capacity::UNIT / (3_000 * Hour::NANOS as u128));
        let bytes = self.bytes * (Capacity::UNIT / 1_000_000_000);
        let bytes = if self.is_of_function { bytes * 5 / 2 } else { bytes };
        let evaluations = evaluations * (Capacity::UNIT / (1_000 * 3_600));
        Capacity(connections.max(active).max(bytes).max(evaluations))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paper trace PT06, run `bill`: 2 and 0.75 units, 2.75 LCU-hours together.
    #[test]
    fn an_hour_is_the_largest_of_its_dimensions() {
        let hour = |connections, active_mean: u128, bytes| Hour {
            connections,
            active: active_mean * u128::from(Hour::NANOS),
            bytes,
            requests: connections,
            rules: 12,
            is_of_function: false,
        };
        let first = hour(180_000, 4_500, 1_200_000_000);
        let second = hour(9_000, 60, 750_000_000);
        assert_eq!(first.capacity(), Capacity(2 * Capacity::UNIT));
        // Of a function 0.4 GB are a unit: 0.75 GB are 1.875.
        assert_eq!(hour(0, 0, 1_000_000_000).capacity(), Capacity(Capacity::UNIT), "1 GB is a unit");
        let third = Hour { is_of_function: true, ..second };
        assert_eq!(third.capacity(), Capacity(Capacity::UNIT * 15 / 8));
        assert_eq!(second.capacity(), Capacity(3 * Capacity::UNIT / 4));
        assert_eq!((first.capacity() + second.capacity()).billed(), 2_750_000_000_000);
    }

    /// Each dimension alone: 25 a second, 3,000 active, 1 GB, 1,000 evaluations a second make one unit.
    #[test]
    fn each_dimension_reaches_one_unit_by_itself() {
        let one = Capacity(Capacity::UNIT);
        assert_eq!(Hour { connections: 90_000, ..Hour::default() }.capacity(), one);
        assert_eq!(Hour { active: 3_000 * u128::from(Hour::NANOS), ..Hour::default() }.capacity(), one);
        assert_eq!(Hour { bytes: 1_000_000_000, ..Hour::default() }.capacity(), one);
        assert_eq!(Hour { rules: 11, requests: 3_600_000, ..Hour::default() }.capacity(), one);
        assert_eq!(Hour { rules: 10, requests: 3_600_000, ..Hour::default() }.capacity(), Capacity(0));
    }

    /// 1/9 of a unit twice: added as parts, and rounded once, to twelve decimals.
    #[test]
    fn hours_are_added_before_they_are_rounded() {
        let ninth = Hour { connections: 10_000, ..Hour::default() }.capacity();
        assert_eq!(ninth.billed(), 111_111_111_111);
        assert_eq!((ninth + ninth).billed(), 222_222_222_222);
        assert_eq!([ninth; 9].into_iter().sum::<Capacity>().billed(), 1_000_000_000_000);
    }
}
