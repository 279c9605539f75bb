//! Rules that follow each arrival and each departure.

use crate::cloud::scaling::{Hysteresis, NPolicy, OnDemand, Reactive};
use crate::scenario::build::{Builder, count};
use crate::scenario::draft::quantities::Amount;
use crate::scenario::draft::reactive as draft;

impl Builder<'_> {
    pub(super) fn on_demand(&mut self, rule: &draft::StartOnDemand) -> Reactive {
        let number = |amount: Amount| match amount {
            Amount::Of(number) => Some(count(number)),
            Amount::Unlimited => None,
        };
        Reactive::OnDemand(OnDemand {
            min: rule.min.map_or(0, |min| count(min.0)),
            max: number(rule.max),
            setups: rule.setups.and_then(number),
            idle: self.law_or_none(&rule.idle),
        })
    }
}

pub(super) fn n_policy(rule: &draft::NPolicy) -> Reactive {
    Reactive::NPolicy(NPolicy { n: rule.n.0, max: rule.max.map_or(1, |max| count(max.0)) })
}

pub(super) fn hysteresis(rule: &draft::Hysteresis) -> Reactive {
    let numbers = |list: &[crate::scenario::draft::quantities::Whole]| list.iter().map(|number| number.0).collect();
    Reactive::Hysteresis(Hysteresis {
        min: rule.min.map_or(0, |min| count(min.0)),
        up: numbers(&rule.up),
        down: numbers(&rule.down),
    })
}
