//! What a second of a machine costs.

use crate::billing::charges::charges;
use crate::billing::meter::{minimum, volume};
use crate::billing::prices::PriceBook;
use crate::billing::usage::{Machines, Used};
use crate::cloud::topology::Platform;
use crate::ground::time::Span;

/// What a machine costs by time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// A second of it, its volume included (dollars): at the first price of each item, before anything that is free or cheaper
    /// in bulk.
    pub second: f64,
    /// The shortest time that is paid for, of one start.
    pub minimum: Span,
}

impl Rate {
    /// That of a platform. Nothing for an item without a price, of which a check has told before.
    pub fn of(platform: &Platform, book: &PriceBook) -> Rate {
        const HOUR: u64 = 3_600;
        let machines = Machines {
            starts: 1,
            seconds: HOUR,
            lived: u128::from(Span::from_secs(HOUR).nanos()),
            byte_seconds: u128::from(volume(platform)) * u128::from(HOUR),
            ..Machines::none(platform.clone(), 1)
        };
        let used = Used::Machines { sizes: vec![machines], busy: None };
        let cost = |charge: &crate::billing::charges::Charge| match charge.hour {
            Some(hour) => hour as f64,
            None => book.item(&charge.item).map_or(0.0, |item| {
                let price = item.tiers.first().map_or(0, |tier| tier.picodollars) as f64;
                charge.quantity.approximately() * price / item.per as f64
            }),
        };
        let picodollars: f64 = charges(&used).iter().map(cost).sum();
        Rate { second: picodollars / 1e12 / HOUR as f64, minimum: minimum(platform) }
    }

    /// The seconds that are billed for a life of so long.
    pub fn billed(&self, lived: Span) -> u64 {
        lived.started_seconds().max(self.minimum.started_seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{NodeUsage, Usage, invoice, total};
    use crate::cloud::topology::Fargate;

    /// The same as the bill says of 1,000 seconds, for each kind of machine; c5.large is $0.085/h, and 8 GiB of gp3 at
    /// $0.08/GB-month of 730 h are 0.64/730 $/h.
    #[test]
    fn a_rate_is_what_the_bill_says() {
        let book = PriceBook::us_east_1();
        let ec2 = |volume| Platform::Ec2 { instance: "c5.large".to_owned(), volume, spot: false };
        let task = Fargate { cpu: 1_000, memory: 2 << 30, is_arm: false, disk: 20 << 30, spot: false };
        let own = Platform::Machine { hour: 360_000_000_000, minimum: Span::from_secs(3_600) };
        for platform in [ec2(0), ec2(8 << 30), Platform::Fargate(task), own, Platform::Free] {
            let rate = Rate::of(&platform, &book);
            let machines = Machines {
                seconds: 1_000,
                byte_seconds: u128::from(volume(&platform)) * 1_000,
                ..Machines::none(platform.clone(), 1)
            };
            let used = Used::Machines { sizes: vec![machines], busy: None };
            let usage = Usage { nodes: vec![NodeUsage { node: "pool.app".to_owned(), used }] };
            let billed = total(&invoice(&usage, &book)).dollars();
            assert!((rate.second * 1_000.0 - billed).abs() < 1e-9, "{platform:?}: {rate:?} and {billed}");
        }
        assert!((Rate::of(&ec2(8 << 30), &book).second * 3_600.0 - 0.085 - 0.64 / 730.0).abs() < 1e-9);
        assert_eq!(Rate::of(&ec2(0), &book).billed(Span::from_millis(60_001)), 61);
        assert_eq!(Rate::of(&ec2(0), &book).billed(Span::ZERO), 60);
    }
}
