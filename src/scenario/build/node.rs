//! The nodes of one topology.

use crate::cloud::topology::{
    Admission, Balancer, Bucket, Farewell, Fargate, HealthCheck, Held, Initially, Life, NoWorker, Node, NodeId,
    NodeKind, Notice, Other, Platform, Pool, Retry, Routing, Service, Speed, Spot, Step, Termination, Ties, Verb, Way,
    WorkloadId,
};
use crate::ground::quantity;
use crate::ground::time::Span;
use crate::scenario::build::act::tags;
use crate::scenario::build::fault::held;
use crate::scenario::build::mapping::{batch_of, function_among, mapped};
use crate::scenario::build::messages::batch;
use crate::scenario::build::{Builder, Ids, calling, count};
use crate::scenario::draft::quantities::{Amount, Whole};
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::draft::words::{Mixed, Names};
use crate::scenario::draft::{self, Topology};
use crate::scenario::sight::Kind;

impl Builder<'_> {
    pub(super) fn node(&mut self, ids: &Ids<'_>, topology: &Topology, name: &str, kind: Kind) -> Node {
        let built = match kind {
            Kind::Balancer => topology.balancer.get(name).map(|draft| {
                let balancer = self.balancer(ids, draft);
                NodeKind::Balancer(if function_among(topology, &draft.to).is_some() {
                    before_function(balancer)
                } else {
                    balancer
                })
            }),
            Kind::Pool => {
                topology.pool.get(name).map(|draft| NodeKind::Pool(Box::new(self.pool(ids, topology, name, draft))))
            }
            Kind::Queue => {
                let kinds = self.sight.draft.workload.keys().map(String::as_str).chain([""]);
                let kinds: Vec<&str> = kinds.collect();
                let queue = topology.queue.get(name);
                queue.map(|draft| NodeKind::Queue(mapped(topology, &kinds, draft, self.queue(ids, draft))))
            }
            Kind::Bucket => topology.bucket.get(name).map(|draft| NodeKind::Bucket(self.bucket(ids, draft))),
            Kind::Service => topology.service.get(name).map(|draft| NodeKind::Service(Box::new(self.service(draft)))),
            Kind::Cluster => {
                topology.cluster.get(name).map(|draft| NodeKind::Cluster(Box::new(self.cluster(topology, name, draft))))
            }
            Kind::Function => topology.function.get(name).map(|draft| {
                let batch = batch_of(topology, name);
                NodeKind::Function(Box::new(self.function(ids, topology, name, draft, batch)))
            }),
            Kind::Bus => topology.bus.get(name).map(|draft| NodeKind::Bus(Box::new(self.bus(ids, draft)))),
        };
        let kind = built.unwrap_or_else(|| {
            self.slip(format!("node `{name}` was not found"));
            NodeKind::Bucket(Bucket::default())
        });
        Node { name: name.to_owned(), kind }
    }

    pub(super) fn ids(&mut self, ids: &Ids<'_>, names: &Names) -> Vec<NodeId> {
        names.names.iter().map(|name| self.id(ids, name)).collect()
    }

    fn service(&mut self, draft: &draft::service::Service) -> Service {
        let latency = self.law_or_none(&draft.latency);
        let fails = draft.fails.map_or(0.0, |share| share.0);
        let most = draft.at_most.map(|most| count(most.0));
        Service::new(latency, fails, most, draft.admission.map(|door| admission(door.any())), draft.price.clone())
    }

    fn balancer(&mut self, ids: &Ids<'_>, draft: &draft::node::Balancer) -> Balancer {
        use crate::scenario::draft::node;
        Balancer {
            to: self.ids(ids, &draft.to),
            routing: match &draft.routing {
                None | Some(node::Routing::RoundRobin) => Routing::RoundRobin,
                Some(node::Routing::LeastOutstanding) => Routing::LeastOutstanding,
                Some(node::Routing::Random) => Routing::Random,
                Some(node::Routing::PowerOfTwo) => Routing::PowerOfTwo,
                Some(node::Routing::Weighted(by)) => {
                    Routing::Weighted(by.weights.iter().map(|weight| weight.0).collect())
                }
            },
            ties: match draft.ties {
                None | Some(node::Ties::Lowest) => Ties::Lowest,
                Some(node::Ties::Random) => Ties::Random,
            },
            rules: draft.rules.map_or(0, |rules| count(rules.0)),
            admission: draft.admission.map(|door| admission(door.any())),
            idle_timeout: draft.idle_timeout.map(|time| time.0),
            deregistration_delay: draft.deregistration_delay.map(|time| time.0).filter(|delay| *delay > Span::ZERO),
            slow_start: draft.slow_start.map(|time| time.0).filter(|time| *time > Span::ZERO),
            health_check: draft.health_check.map(|check| HealthCheck {
                interval: check.interval.map_or(Span::from_secs(30), |time| time.0),
                timeout: check.timeout.map_or(Span::from_secs(5), |time| time.0),
                healthy: check.healthy.map_or(5, |checks| count(checks.0)),
                unhealthy: check.unhealthy.map_or(2, |checks| count(checks.0)),
                fail_open: check.fail_open.unwrap_or(true),
            }),
            connect_timeout: draft.connect_timeout.map(|time| time.0).filter(|time| *time > Span::ZERO),
            sticky: draft.sticky.map(|time| time.0),
        }
    }

    fn pool(&mut self, ids: &Ids<'_>, topology: &Topology, name: &str, draft: &draft::node::Pool) -> Pool {
        use crate::scenario::draft::node;
        let platform = self.platform(draft.platform.as_ref());
        let slots = draft.slots.map_or(1, |slots| count(slots.0));
        Pool {
            steps: self.steps(ids, topology, &draft.steps),
            workers: match draft.workers {
                Some(Amount::Unlimited) => None,
                Some(Amount::Of(workers)) => Some(count(workers)),
                None => Some(first_workers(draft.scaling.as_ref())),
            },
            slots,
            speed: draft.speed.map_or(Speed::ONE, |speed| fraction(speed.0)),
            room: match draft.room {
                Some(Amount::Of(room)) => Some(count(room)),
                Some(Amount::Unlimited) | None => None,
            },
            line: self.line(&draft.line),
            no_worker: match draft.no_worker {
                // Knative's activator holds who comes while there is no pod.
                None if matches!(draft.scaling, Some(Scaling::Kpa(_))) => NoWorker::Wait,
                // Whoever waits is what starts a worker.
                None if matches!(draft.scaling, Some(Scaling::StartOnDemand(_) | Scaling::NPolicy(_))) => {
                    NoWorker::Wait
                }
                None | Some(node::NoWorker::Refuse) => NoWorker::Refuse,
                Some(node::NoWorker::Wait) => NoWorker::Wait,
            },
            spot: spot(draft.platform.as_ref()),
            credits: credits(draft.platform.as_ref()),
            notice: match draft.notice {
                None | Some(node::Notice::Finish) => Notice::Finish,
                Some(node::Notice::Release) => Notice::Release,
            },
            life: Life {
                pending: self.law_or_none(&draft.pending),
                boot: self.law_or_none(&draft.boot),
                stopping: self.law_or_none(&draft.stopping),
            },
            initially: match draft.initially {
                None | Some(node::Initially::Ready) => Initially::Ready,
                Some(node::Initially::Launched) => Initially::Launched,
            },
            stopped: draft.stopped.map_or(0, |machines| count(machines.0)),
            tags: match &draft.platform {
                Some(draft::node::Platform::Ec2(ec2)) => tags(ec2.tags.iter()),
                _ => Vec::new(),
            },
            scaling: self.scaling(ids, topology, name, draft, &platform, slots),
            scale_in: farewell(draft.scale_in.as_ref(), who_goes(draft)),
            poll: self.poll(draft.poll.as_ref()),
            batch: draft.batch.as_ref().map(batch),
            admission: draft.admission.map(admission),
            lodging: self.lodging(ids, draft.platform.as_ref()),
            gather: draft.gather == Some(true),
            vcpus: vcpus_of_slot(draft),
            platform,
        }
    }

    fn platform(&mut self, draft: Option<&draft::node::Platform>) -> Platform {
        match draft {
            // Pods and tasks are paid for with the machines on which they run.
            None | Some(draft::node::Platform::Ecs(_) | draft::node::Platform::Kubernetes(_)) => Platform::Free,
            Some(draft::node::Platform::Machine(machine)) => {
                let hour = quantity::price(&machine.price).map(|price| price.picodollars).unwrap_or_else(|why| {
                    self.slip(why);
                    0
                });
                Platform::Machine { hour, minimum: machine.minimum.map_or(Span::from_secs(60), |time| time.0) }
            }
            Some(draft::node::Platform::Fargate(task)) => Platform::Fargate(Fargate {
                cpu: (task.cpu.0 * 1_000.0).round() as u32,
                memory: task.memory.0,
                is_arm: task.architecture == Some(draft::function::Architecture::Arm),
                disk: task.ephemeral.map_or(Fargate::FREE_DISK, |bytes| bytes.0),
                spot: false,
            }),
            Some(draft::node::Platform::Ec2(ec2)) => {
                let volume = ec2.volume.map_or(0, |bytes| bytes.0);
                Platform::Ec2 { instance: ec2.instance.clone(), volume, spot: false }
            }
        }
    }

    /// The steps of a node: those that stand in a choice follow on it.
    pub(super) fn steps(&mut self, ids: &Ids<'_>, topology: &Topology, drafts: &[draft::step::Step]) -> Vec<Step> {
        let mut steps = Vec::with_capacity(drafts.len());
        self.lay((ids, topology), drafts, None, &mut steps);
        steps
    }

    /// `outer`: the workloads to which the choice is limited in which they stand.
    fn lay(
        &mut self,
        (ids, topology): (&Ids<'_>, &Topology),
        drafts: &[draft::step::Step],
        outer: Option<&[WorkloadId]>,
        steps: &mut Vec<Step>,
    ) {
        for draft in drafts {
            let named = |names: &Names| names.names.iter().map(|name| self.workload(name)).collect::<Vec<_>>();
            let own = draft.only.as_ref().map(named);
            let only = match (own, outer) {
                (Some(own), Some(outer)) => Some(own.into_iter().filter(|own| outer.contains(own)).collect()),
                (own, outer) => own.or(outer.map(<[WorkloadId]>::to_vec)),
            };
            let Some(drafted) = &draft.choose else {
                let verb = self.verb(ids, topology, draft);
                steps.push(Step { verb, only });
                continue;
            };
            let at = steps.len();
            let choice = Verb::Choose { ways: Vec::new(), draw: draft.draw.clone(), fresh: draft.fresh == Some(true) };
            steps.push(Step { verb: choice, only: only.clone() });
            let mut laid = Vec::with_capacity(drafted.len());
            for way in drafted {
                let before = steps.len();
                self.lay((ids, topology), &way.steps, only.as_deref(), steps);
                laid.push(Way { share: way.share.0, steps: steps.len() - before });
            }
            if let Verb::Choose { ways, .. } = &mut steps[at].verb {
                *ways = laid;
            }
        }
    }

    fn verb(&mut self, ids: &Ids<'_>, topology: &Topology, draft: &draft::step::Step) -> Verb {
        if let Some(act) = &draft.act {
            return Verb::Act(self.act(ids, topology, act));
        }
        if let Some(call) = &draft.call {
            let retry = draft.retry.as_ref().map_or_else(Retry::default, |retry| self.retry(retry));
            let timeout = draft.timeout.map(|time| time.0);
            return Verb::Call { to: self.ids(ids, call), timeout, retry, guards: calling::guards(draft) };
        }
        if let Some(send) = &draft.send {
            return Verb::Send {
                to: self.ids(ids, send),
                size: self.some_law(&draft.size),
                copies: draft.copies.map_or(1, |copies| count(copies.0)),
                group: draft.group.as_ref().map(|name| self.named_group(name)),
                delay: draft.delay.map(|time| time.0),
            };
        }
        if let Some(put) = &draft.put {
            let shape = self.object_created(ids, put, draft.key.as_deref());
            return Verb::Put { bucket: self.id(ids, put), size: self.some_law(&draft.size), shape };
        }
        if let Some(event) = &draft.event {
            return self.event(ids, draft, event);
        }
        if let Some(get) = &draft.get {
            return Verb::Get { bucket: self.id(ids, get), size: self.some_law(&draft.size) };
        }
        let work = draft.work.as_deref().and_then(|name| self.sight.works.id(name)).unwrap_or_else(|| {
            self.slip("a step's work was not found".to_owned());
            Default::default()
        });
        Verb::Work {
            work,
            fails: draft.fails.map_or(0.0, |share| share.0),
            fresh: draft.fresh == Some(true),
            together: draft.per.is_some(),
            cold: draft.cold.as_deref().and_then(|name| self.sight.works.id(name)),
        }
    }
}

/// A balancer whose target is a function: it has no workers to choose among, to check, or to wait for (Elastic Load Balancing,
/// *Use Lambda functions as targets of an Application Load Balancer*).
fn before_function(balancer: Balancer) -> Balancer {
    let Balancer { to, rules, admission, idle_timeout, .. } = balancer;
    Balancer { to, rules, admission, idle_timeout, ..Balancer::default() }
}

/// The vCPUs of a slot: those of its machine or task divided by the slots, and one at least.
fn vcpus_of_slot(draft: &draft::node::Pool) -> Speed {
    let each = crate::scenario::rules::room::vcpus(draft);
    let slot = |(vcpus, slots): (f64, u64)| fraction(vcpus).times(Speed { work: 1, time: slots.max(1) });
    each.first().copied().map(slot).filter(|slot| slot.work > slot.time).unwrap_or(Speed::ONE)
}

fn admission(draft: draft::admission::Admission) -> Admission {
    use crate::scenario::draft::admission;
    match draft {
        admission::Admission::TokenBucket(bucket) => {
            Admission::TokenBucket { every: bucket.rate.0, burst: count(bucket.burst.0) }
        }
        admission::Admission::AtMost(most) => Admission::AtMost { in_system: count(most.in_system.0) },
        admission::Admission::Codel(codel) => Admission::Codel {
            target: codel.target.map_or(Span::from_millis(5), |time| time.0),
            interval: codel.interval.map_or(Span::from_millis(100), |time| time.0),
        },
    }
}

/// How much of a pool is Spot.
fn spot(platform: Option<&draft::node::Platform>) -> Option<Spot> {
    if let Some(draft::node::Platform::Fargate(task)) = platform {
        let share = task.spot?.share();
        return (share > 0.0).then_some(Spot { share, ..Spot::ALL });
    }
    let Some(draft::node::Platform::Ec2(ec2)) = platform else { return None };
    let share = ec2.spot?.share();
    (share > 0.0).then(|| Spot {
        share,
        base: ec2.on_demand_base.map_or(0, |base| count(base.0)),
        mixed: ec2.mixed.iter().flatten().map(other).collect(),
    })
}

fn other(mixed: &Mixed) -> Other {
    Other { instance: mixed.instance.clone(), speed: mixed.speed.map(|speed| fraction(speed.0)) }
}

/// Whether machines with burstable speed may owe CPU credits.
fn credits(platform: Option<&draft::node::Platform>) -> Option<bool> {
    let Some(draft::node::Platform::Ec2(ec2)) = platform else { return None };
    ec2.credits.map(|mode| mode == draft::node::CreditMode::Unlimited)
}

/// Who goes first where the file does not say: nobody is taken away from its work while another has none. Of pods, the newest
/// (Kubernetes, `ReplicaSet`, *Scaling a ReplicaSet*: pending ones, then those that have been ready for less long).
fn who_goes(draft: &draft::node::Pool) -> Termination {
    match draft.scaling {
        Some(Scaling::Hpa(_) | Scaling::Keda(_) | Scaling::KedaJobs(_) | Scaling::Kpa(_)) => Termination::Newest,
        _ => Termination::Idle,
    }
}

/// How workers are taken away on purpose.
fn farewell(draft: Option<&draft::node::ScaleIn>, usual: Termination) -> Farewell {
    use crate::scenario::draft::node;
    let Some(draft) = draft else { return Farewell { termination: usual, ..Farewell::default() } };
    Farewell {
        termination: match draft.termination_policy {
            None => usual,
            Some(node::Termination::Newest) => Termination::Newest,
            Some(node::Termination::Idle) => Termination::Idle,
            Some(node::Termination::Oldest) => Termination::Oldest,
            Some(node::Termination::ClosestToHour) => Termination::ClosestToHour,
            Some(node::Termination::Default) => Termination::Default,
        },
        held: draft.held.map_or(Held::Finish, held),
        grace: draft.grace.map(|time| time.0),
        protect: draft.protect == Some(true),
        protection: draft.protection.map(|time| time.0),
    }
}

/// Workers at the start where the file does not say.
fn first_workers(scaling: Option<&Scaling>) -> u32 {
    let number = |number: Option<Whole>, default: u32| number.map_or(default, |number| count(number.0));
    match scaling {
        Some(Scaling::Hpa(hpa)) => number(hpa.min, 1),
        Some(Scaling::Keda(keda)) => number(keda.min, 0),
        Some(Scaling::KedaJobs(jobs)) => number(jobs.min, 0),
        Some(Scaling::StartOnDemand(rule)) => number(rule.min, 0),
        Some(Scaling::NPolicy(_)) => 0,
        Some(Scaling::Hysteresis(rule)) => number(rule.min, 0),
        Some(Scaling::Kpa(kpa)) => number(kpa.min, 0).max(number(kpa.initial, 1)),
        _ => match scaling.map(Scaling::bounded) {
            Some(Some(group)) => number(group.desired.or(group.min), 0),
            Some(None) | None => 1,
        },
    }
}

/// A decimal number as an exact fraction: 1.5 is 3 to 2.
pub(super) fn fraction(number: f64) -> Speed {
    let written = format!("{number}");
    let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
    // Nine places are finer than anybody measures a machine.
    let part = &part[..part.len().min(9)];
    let time = 10u64.pow(part.len() as u32);
    let work = whole.parse::<u64>().unwrap_or(1).saturating_mul(time).saturating_add(part.parse().unwrap_or(0));
    let common = common_divisor(work.max(1), time);
    Speed { work: (work / common).max(1), time: time / common }
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_exact_fractions() {
        let pair = |number| {
            let speed = fraction(number);
            (speed.work, speed.time)
        };
        assert_eq!(pair(1.0), (1, 1));
        assert_eq!(pair(2.0), (2, 1));
        assert_eq!(pair(1.5), (3, 2));
        assert_eq!(pair(0.1), (1, 10));
        assert_eq!(pair(0.001), (1, 1000));
    }
}
