//! Spot: machines at the price of spare capacity, which the provider may take back.

use crate::cloud::scaling::{Scaling, Size};
use crate::cloud::topology::{Platform, Pool, Speed};

/// How much of a pool is Spot.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// The share of the machines above the base, in 0..=1; what is left over is On-Demand, rounded in favour of it
    /// (EC2 Auto Scaling user guide, Auto Scaling groups with multiple instance types and purchase options).
    pub share: f64,
    /// Machines that are On-Demand before any is Spot.
    pub base: u32,
    /// Types besides the pool's own that its Spot machines may have.
    pub mixed: Vec<Other>,
}

impl Spot {
    /// All of them.
    pub const ALL: Spot = Spot { share: 1.0, base: 0, mixed: Vec::new() };

    /// How many of so many machines are On-Demand.
    pub fn on_demand(&self, machines: u32) -> u32 {
        let base = self.base.min(machines);
        let above = f64::from(machines - base) * (1.0 - self.share);
        // A share of per cents is no sum of halves: what misses a whole number by nothing is one.
        base + (above - 1e-9).ceil().max(0.0) as u32
    }
}

/// Another type of a mixed group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The instance type.
    pub instance: String,
    /// How fast it is; `None`: as the pool's own.
    pub speed: Option<Speed>,
}

/// What a machine whose end is announced does with the work in its hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notice {
    /// Goes on with it for as long as it is there.
    #[default]
    Finish,
    /// Hands it back at once.
    Release,
}

impl Pool {
    /// The kinds of machine it may have: the sizes through which it grows, or what it pays in full and then its Spot
    /// types; one where nothing of that is said.
    pub fn sizes(&self) -> Vec<Size> {
        if let Scaling::Vertical(vertical) = &self.scaling {
            return vertical.sizes.clone();
        }
        let size = |platform| Size { platform, speed: self.speed, slots: self.slots };
        let Some(spot) = &self.spot else { return vec![size(self.platform.clone())] };
        let full = (self.first_spot() > 0).then(|| size(self.platform.at(false)));
        let others = spot.mixed.iter().map(|other| {
            let platform = match self.platform.at(true) {
                Platform::Ec2 { volume, spot, .. } => Platform::Ec2 { instance: other.instance.clone(), volume, spot },
                only => only,
            };
            let Size { platform, speed, slots } = size(platform);
            Size { platform, speed: other.speed.unwrap_or(speed), slots }
        });
        full.into_iter().chain([size(self.platform.at(true))]).chain(others).collect()
    }

    /// The place of the first Spot type among its sizes: 0 where nothing is paid in full.
    pub fn first_spot(&self) -> u16 {
        u16::from(self.spot.as_ref().is_some_and(|spot| spot.share < 1.0 || spot.base > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::topology::Service;
    use crate::ground::distribution::Distribution;

    /// Another type may have a speed of its own.
    #[test]
    fn types_of_a_mixed_group_may_differ_in_speed() {
        let twice = Speed { work: 2, time: 1 };
        let other = |name: &str, speed| Other { instance: name.to_owned(), speed };
        let mixed = vec![other("c5.large", None), other("c7i.large", Some(twice))];
        let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: false };
        let plain = Service::new(Distribution::constant(0), 0.0, None, None, None).desk;
        let pool = Pool { platform, spot: Some(Spot { share: 0.5, base: 0, mixed }), ..plain };
        let speeds: Vec<Speed> = pool.sizes().into_iter().map(|size| size.speed).collect();
        assert_eq!(speeds, [Speed::ONE, Speed::ONE, Speed::ONE, twice], "at the full price, and three Spot types");
    }

    /// On-Demand is rounded up: of 3 above the base, half is 2.
    #[test]
    fn what_is_not_spot_is_rounded_in_favour_of_on_demand() {
        let spot = |share, base| Spot { share, base, mixed: Vec::new() };
        let table = [(1.0, 0, 5, 0), (1.0, 2, 5, 2), (1.0, 2, 1, 1), (0.5, 0, 3, 2), (0.5, 1, 4, 3), (0.7, 0, 10, 3)];
        for (share, base, machines, expected) in table {
            assert_eq!(spot(share, base).on_demand(machines), expected, "{share} above {base} of {machines}");
        }
    }
}
