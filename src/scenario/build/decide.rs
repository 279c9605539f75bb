//! One pool's controller by itself, for the question what it would decide.

use crate::cloud::scaling::{Group, Policy, Recorded};
use crate::scenario::build::kubernetes::kpa;
use crate::scenario::build::{Builder, Ids};
use crate::scenario::decide::policy::{Controller, Reads};
use crate::scenario::draft::kubernetes::{HpaMetric, Trigger};
use crate::scenario::draft::metric::Metric;
use crate::scenario::draft::scaling as draft;
use crate::scenario::rules::metrics::{node_of, word};
use crate::scenario::sight::nodes;

impl<'a> Builder<'a> {
    /// The controller of a pool and what each of its policies or metrics reads; `None` of a pool without one.
    pub fn controller(&mut self, topology: &str, pool: &str) -> Option<(Controller, Vec<Reads>)> {
        let draft = self.sight.draft.topology.get(topology)?;
        let pool_draft = draft.pool.get(pool)?;
        let names = nodes(self.sight.tree, topology);
        let ids = Ids { names: names.keys().copied().collect(), zones: Vec::new(), heard: Default::default() };
        let around = self.around(&ids, draft, pool);
        let scaling = pool_draft.scaling.as_ref()?;
        let controller = match scaling {
            draft::Scaling::Asg(asg) => {
                let group = self.group(&ids, draft, pool, pool_draft, asg);
                return Some(self.policies_one_by_one(&ids, draft, pool, group, &asg.policies));
            }
            draft::Scaling::EcsService(service) => {
                let group = self.ecs_service(&ids, draft, pool, pool_draft, service);
                return Some(self.policies_one_by_one(&ids, draft, pool, group, &service.policies));
            }
            draft::Scaling::Hpa(hpa) => Controller::Hpa(self.hpa(&ids, hpa, around)),
            draft::Scaling::Keda(keda) => Controller::Keda(Box::new(self.keda(&ids, keda, around))),
            draft::Scaling::KedaJobs(jobs) => Controller::Jobs(self.keda_jobs(&ids, jobs, around)),
            draft::Scaling::Kpa(kpa_draft) => Controller::Kpa(Box::new(kpa(kpa_draft))),
            draft::Scaling::Schedule(_) | draft::Scaling::Vertical(_) => return None,
            draft::Scaling::StartOnDemand(_) | draft::Scaling::NPolicy(_) | draft::Scaling::Hysteresis(_) => {
                return None;
            }
        };
        let triggers = |all: &[Trigger], this: &mut Self| -> Vec<Reads> {
            let one = |trigger: &Trigger| match &trigger.metric {
                Some(metric) => this.reads(metric),
                None => Reads::Named("backlog".to_owned()),
            };
            all.iter().map(one).collect()
        };
        let reads = match scaling {
            draft::Scaling::Hpa(hpa) => hpa.metrics.iter().map(|metric| self.reads_of_hpa(metric)).collect(),
            draft::Scaling::Keda(keda) => triggers(&keda.triggers, self),
            draft::Scaling::KedaJobs(jobs) => triggers(&jobs.triggers, self),
            _ => Vec::new(),
        };
        Some((controller, reads))
    }

    /// A line of a timetable may become many policies, so each is built by itself.
    fn policies_one_by_one(
        &mut self,
        ids: &Ids<'_>,
        topology: &crate::scenario::draft::Topology,
        pool: &str,
        group: Group,
        drafts: &[draft::Policy],
    ) -> (Controller, Vec<Reads>) {
        let (mut policies, mut reads) = (Vec::new(), Vec::new());
        for policy in drafts {
            let built: Vec<Policy> = self.policies(ids, topology, pool, std::slice::from_ref(policy));
            let read = self.reads_of_policy(policy);
            reads.extend(std::iter::repeat_n(read, built.len()));
            policies.extend(built);
        }
        (Controller::Group(Box::new(Group { policies, ..group })), reads)
    }

    fn reads_of_hpa(&mut self, metric: &HpaMetric) -> Reads {
        match metric {
            HpaMetric::Cpu(_) => Reads::Named("cpu".to_owned()),
            HpaMetric::Utilisation(aim) => self.reads(&aim.metric),
            HpaMetric::Value(aim) | HpaMetric::AverageValue(aim) => self.reads(&aim.metric),
        }
    }

    fn reads_of_policy(&mut self, policy: &draft::Policy) -> Reads {
        let named = |word: &str| Reads::Named(word.to_owned());
        match policy {
            draft::Policy::QueueLength(rule) => {
                rule.metric.as_ref().map_or_else(|| named("visible"), |metric| self.reads(metric))
            }
            draft::Policy::TargetTracking(rule) => match &rule.metric {
                Some(metric) => self.reads(metric),
                None if rule.cpu.is_some() => named("cpu"),
                None if rule.requests_per_worker.is_some() => named("requests-per-worker"),
                None => Reads::Ratio {
                    name: "backlog-per-instance".to_owned(),
                    of: Box::new(named("visible")),
                    to: Box::new(named("in-service")),
                    at_least: 0.0,
                },
            },
            draft::Policy::Step(rule) => self.reads(&rule.metric),
            draft::Policy::Simple(rule) => self.reads(&rule.metric),
            draft::Policy::Predictive(rule) => self.reads(&rule.metric),
            draft::Policy::Scheduled(_) => Reads::Nothing,
        }
    }

    /// What a metric reads, by the names that values from outside have.
    fn reads(&mut self, metric: &Metric) -> Reads {
        match metric {
            Metric::Ratio(ratio) => Reads::Ratio {
                name: "ratio".to_owned(),
                of: Box::new(self.reads(&ratio.of)),
                to: Box::new(self.reads(&ratio.to)),
                at_least: ratio.at_least.map_or(0.0, |least| least.0),
            },
            Metric::Recorded(recorded) if recorded.points.is_none() && recorded.file.is_none() => {
                Reads::Named(recorded.name.clone().unwrap_or_else(|| "recorded".to_owned()))
            }
            Metric::Recorded(recorded) => {
                let Recorded(points) = self.recorded(recorded);
                Reads::Recorded(recorded.name.clone().unwrap_or_else(|| "recorded".to_owned()), points)
            }
            _ => match node_of(metric) {
                Some(node) => Reads::Of(node.to_owned(), word(metric).to_owned()),
                None => Reads::Named(word(metric).to_owned()),
            },
        }
    }
}
