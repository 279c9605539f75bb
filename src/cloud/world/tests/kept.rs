//! Environments that are kept ready: when more are there, who goes when there are fewer, and how their number follows use.

use super::functions::{alone, function, gone, runs};
use super::{application, at, diary, seconds, work};
use crate::cloud::fact::{Fact, Start};
use crate::cloud::scaling::{
    Cooldowns, Factor, Group, Metric, Policy, Reading, ScaleIn, Scaling, Scheduled, TargetTracking, Window,
};
use crate::cloud::topology::{Function, NodeId, Pool};
use crate::ground::time::{SECOND, SimTime, Span};

fn scaled(function: Function, policies: Vec<Policy>, max: u32) -> Function {
    let group = Group {
        min: 1,
        desired: function.provisioned,
        max,
        policies,
        warm_up: Some(Span::ZERO),
        service: Some(Cooldowns { out: Span::ZERO, back: Span::ZERO }),
        ..Group::default()
    };
    let desk = Pool { scaling: Scaling::Group(group), ..function.desk };
    Function { desk, ..function }
}

fn exactly(second: u64, count: u32) -> Policy {
    Policy::Scheduled(Scheduled {
        at: SimTime::from_nanos(second * SECOND),
        min: Some(count),
        desired: None,
        max: Some(count),
        late: seconds(0.0),
    })
}

/// One is kept at the start, four from 100 s on: the three that lack are there together at 160.03 s, a minute and 3 of 6,000
/// environments a minute later. Three come just before that, at 160 s: one finds the one that is kept. Of three at 170 s
/// all find one that is kept.
#[test]
fn more_are_ready_together_once_all_of_them_are() {
    let times = [160.0, 160.0, 160.0, 170.0, 170.0, 170.0];
    let application = application(at(&times), vec![seconds(2.0)]);
    let plain = Function { allocation: seconds(60.0), idle: Some(seconds(1.0)), ..function(vec![work(0)], 1) };
    let diary = diary(&application, &alone(scaled(plain, vec![exactly(100, 4)], 4)), 1_000.0);
    let starts: Vec<Start> = runs(&diary).iter().map(|run| run.1).collect();
    let (kept, cold) = (Start::Provisioned, Start::Cold);
    assert_eq!(starts, [kept, cold, cold, kept, kept, kept]);
    let ready = diary.iter().filter(|(_, fact)| matches!(fact, Fact::Launched { .. })).map(|(at, _)| *at);
    assert_eq!(ready.collect::<Vec<_>>(), [0.0, 160.0, 160.0, 160.03, 160.03, 160.03]);
}

/// Three are kept, two of them at work when one is wanted from 100 s on: the idle one goes at once, of the other two one when
/// its run is over.
#[test]
fn fewer_are_kept_at_once_and_who_is_at_work_ends_its_run() {
    let application = application(at(&[99.0, 99.0, 200.0, 201.0]), vec![seconds(5.0)]);
    let diary = diary(&application, &alone(scaled(function(vec![work(0)], 3), vec![exactly(100, 1)], 3)), 150.0);
    assert_eq!(gone(&diary).iter().map(|gone| gone.1).collect::<Vec<_>>(), [100.0, 104.0]);
}

/// Six tenths of those kept are to be at work. One is, all the time, of one that is kept: two are wanted after the first
/// minute, and from then on half of them is at work: one would be too few.
#[test]
fn their_number_follows_their_use() {
    let once = Window { points: 1, of: 1 };
    let tracking = Policy::TargetTracking(TargetTracking {
        metric: Metric { what: Reading::ProvisionedUse, of: NodeId(0) },
        target: 0.6,
        period: Span::from_secs(60),
        high: once,
        low: once,
        factor: Factor::Share(0.9),
        scale_in: ScaleIn::Proportional,
        warm_up: Some(Span::ZERO),
    });
    let application = application(at(&[0.0, 1_000.0]), vec![seconds(500.0)]);
    let diary = diary(&application, &alone(scaled(function(vec![work(0)], 1), vec![tracking], 9)), 400.0);
    let kept = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Kept { environments, .. } => Some((*at, *environments)),
        _ => None,
    });
    assert_eq!(kept.collect::<Vec<_>>(), [(60.0, 2)]);
}
