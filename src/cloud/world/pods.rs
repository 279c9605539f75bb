//! Controllers of pods in a running world: what they see of it, and what they make of that.
//!
//! They ask for what they read, a queue for its length and each pod for its use, so nothing that they see is late: of how a
//! topology's metrics come to pass only the noise of counts and the share that never comes concern them.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::node::{Phase, Worker};
use crate::cloud::scaling::kubernetes::{
    self, Autoscaler, Concurrency, Hpa, HpaMemory, HpaMetric, HpaSeen, Jobs, JobsSeen, Keda, KedaMemory, KedaSeen, Kpa,
    KpaMemory, KpaSeen, MILLI, Measured, Pod, PodMetric, Ready, Sample, milli, ready,
};
use crate::cloud::scaling::{Decision, Metric, Reading, Reason};
use crate::cloud::topology::NodeId;
use crate::cloud::world::World;
use crate::engine::{Context, Observer};
use crate::ground::chance::unit;
use crate::ground::time::{SimTime, Span};

/// KEDA's own look, and Knative's look at what was measured in the last second; of all others the only one.
const FIRST: u32 = 0;
/// The look of the HPA that KEDA makes, and Knative's decision.
const SECOND_LOOK: u32 = 1;
/// So often Knative measures (its documentation, *Autoscaling*: metrics are scraped every second).
const SCRAPE: Span = Span::from_secs(1);

/// What a controller of pods remembers from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Memories {
    hpa: HpaMemory,
    keda: KedaMemory,
    kpa: KpaMemory,
    concurrency: Concurrency,
    /// When Knative last measured, and requests there until then, as an integral over time.
    scraped: (SimTime, u128),
    /// What each pod had used at the last look, by metric.
    used: Vec<Used>,
}

/// What each pod had used at a look.
#[derive(Clone, Debug, Default)]
struct Used {
    at: SimTime,
    /// Numbers of workers and integrals over time, by index.
    of: Vec<(u32, u128)>,
}

impl Memories {
    pub(super) fn of(autoscaler: &Autoscaler) -> Memories {
        let concurrency = match autoscaler {
            Autoscaler::Kpa(kpa) => Concurrency::of(kpa.window.max(kpa.panic.window)),
            Autoscaler::Hpa(_) | Autoscaler::Keda(_) | Autoscaler::Jobs(_) => Concurrency::default(),
        };
        Memories { concurrency, used: vec![Used::default(); autoscaler.of_hpa().len()], ..Memories::default() }
    }
}

/// How many metrics a controller reads by itself, each with a memory of its own: KEDA and its HPA read the same twice.
pub(super) fn readings(autoscaler: &Autoscaler) -> usize {
    match autoscaler {
        Autoscaler::Hpa(hpa) => hpa.metrics.len(),
        Autoscaler::Keda(keda) => 2 * keda.triggers.len(),
        Autoscaler::Jobs(jobs) => jobs.triggers.len(),
        Autoscaler::Kpa(_) => 0,
    }
}

impl World<'_> {
    /// Plans the first looks of a controller of pods.
    pub(super) fn first_looks_of_pods<O>(&mut self, cx: &mut Context<'_, O>, at: usize, autoscaler: &Autoscaler) {
        let id = self.controllers[at].pool;
        let mut plan = |after: Span, policy| cx.plan(SimTime::START + after, Event::Look { pool: id, policy });
        match autoscaler {
            Autoscaler::Hpa(hpa) => plan(hpa.sync, FIRST),
            Autoscaler::Keda(keda) => {
                plan(Span::ZERO, FIRST);
                plan(keda.hpa.sync, SECOND_LOOK);
            }
            Autoscaler::Jobs(_) => plan(Span::ZERO, FIRST),
            Autoscaler::Kpa(kpa) => {
                plan(SCRAPE, FIRST);
                plan(kpa.tick, SECOND_LOOK);
            }
        }
        let ready = self.pool(id).levels.ready.level() as u32;
        self.controllers[at].pods.kpa = KpaMemory::begin(ready, SimTime::START);
        for (metric, of) in autoscaler.of_hpa().iter().enumerate() {
            if of.is_of_each() {
                self.controllers[at].pods.used[metric] = self.used(id, of, SimTime::START);
            }
        }
    }

    /// A controller of pods looks, and acts.
    pub(super) fn look_at_pods<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        at: usize,
        autoscaler: &Autoscaler,
        policy: u32,
    ) {
        let (id, now) = (self.controllers[at].pool, cx.now());
        let mut again = |after: Span| cx.plan(now + after, Event::Look { pool: id, policy });
        let decision = match (autoscaler, policy) {
            (Autoscaler::Hpa(hpa), _) => {
                again(hpa.sync);
                Some(self.hpa_looks(at, hpa, now))
            }
            (Autoscaler::Keda(keda), FIRST) => {
                again(keda.poll);
                Some(self.keda_looks(at, keda, now))
            }
            (Autoscaler::Keda(keda), _) => {
                again(keda.hpa.sync);
                // Without replicas it is switched off.
                (self.wanted(id) > 0).then(|| self.hpa_of_keda_looks(at, keda, now))
            }
            (Autoscaler::Jobs(jobs), _) => {
                again(jobs.poll);
                Some(self.jobs_look(at, jobs, now))
            }
            (Autoscaler::Kpa(kpa), FIRST) => {
                again(SCRAPE);
                // Whoever comes while no pod is wanted is not left waiting for the next look.
                (self.measures(at, now) && self.wanted(id) == 0).then(|| self.kpa_looks(at, kpa, now))
            }
            (Autoscaler::Kpa(kpa), _) => {
                again(kpa.tick);
                Some(self.kpa_looks(at, kpa, now))
            }
        };
        let Some(decision) = decision else { return };
        cx.tell(Fact::Decided { pool: id, decision });
        if decision.to != decision.from {
            self.want(cx, id, decision.to);
        }
    }

    fn wanted(&self, id: NodeId) -> u32 {
        self.pool(id).levels.desired.level() as u32
    }

    /// The workers that there are, as the HPA sees them.
    fn pods(&self, id: NodeId, now: SimTime) -> (Vec<u32>, Vec<Pod>) {
        let workers = &self.pool(id).workers;
        let all = (0..).zip(workers).filter_map(|(index, worker)| Some((index, pod(worker, now)?)));
        all.unzip()
    }

    fn hpa_looks(&mut self, at: usize, hpa: &Hpa, now: SimTime) -> Decision {
        let id = self.controllers[at].pool;
        let (indices, pods) = self.pods(id, now);
        let mut each = Vec::with_capacity(hpa.metrics.len());
        let mut all = Vec::with_capacity(hpa.metrics.len());
        for (number, metric) in hpa.metrics.iter().enumerate() {
            let samples = metric.is_of_each().then(|| self.samples(at, number, metric, &indices, now));
            let value = if samples.is_some() { None } else { self.reads_now(at, number, &metric.metric, now) };
            each.push(samples);
            all.push(value);
        }
        let both = hpa.metrics.iter().zip(&each).zip(&all);
        let measured: Vec<Measured<'_>> = both
            .map(|((metric, each), value)| match (each, value) {
                (Some(samples), _) => Measured::Pods(samples),
                (None, Some(value)) => metric.measured(*value),
                (None, None) => Measured::Nothing,
            })
            .collect();
        let decision = self.hpa_decides(at, hpa, &pods, &measured, now);
        self.seen_with(decision, hpa.metrics.first().map(|metric| &metric.metric))
    }

    fn hpa_decides(&mut self, at: usize, hpa: &Hpa, pods: &[Pod], measured: &[Measured<'_>], now: SimTime) -> Decision {
        let replicas = self.wanted(self.controllers[at].pool);
        let status = pods.iter().filter(|pod| !pod.deleted).count() as u32;
        let seen = HpaSeen { now, replicas, status, pods, measured };
        let memory = std::mem::take(&mut self.controllers[at].pods.hpa);
        let (decision, memory) = hpa.restrain(hpa.recommend(&seen), &seen, memory);
        self.controllers[at].pods.hpa = memory;
        decision
    }

    /// What is visible and in flight where a controller's first metric is read.
    fn seen_with(&self, decision: Decision, metric: Option<&Metric>) -> Decision {
        let Some(metric) = metric else { return decision };
        Decision { visible: self.waiting_at(metric.of), in_flight: self.worked_on_at(metric.of), ..decision }
    }

    fn keda_looks(&mut self, at: usize, keda: &Keda, now: SimTime) -> Decision {
        let replicas = self.wanted(self.controllers[at].pool);
        let triggers = keda.triggers.iter().map(|trigger| &trigger.metric);
        let values = self.amounts(at, 0, triggers, now);
        let memory = std::mem::take(&mut self.controllers[at].pods.keda);
        let seen = KedaSeen { now, made: SimTime::START, replicas, values: &values };
        let (decision, memory) = keda.look(&seen, memory);
        self.controllers[at].pods.keda = memory;
        self.seen_with(decision, keda.triggers.first().map(|trigger| &trigger.metric))
    }

    fn hpa_of_keda_looks(&mut self, at: usize, keda: &Keda, now: SimTime) -> Decision {
        let id = self.controllers[at].pool;
        let triggers = keda.triggers.iter().map(|trigger| &trigger.metric);
        let values = self.amounts(at, keda.triggers.len(), triggers, now);
        let memory = std::mem::take(&mut self.controllers[at].pods.keda);
        let (_, pods) = self.pods(id, now);
        let (measured, memory) = keda.measured(&values, (self.wanted(id), ready(&pods)), memory);
        self.controllers[at].pods.keda = memory;
        let decision = self.hpa_decides(at, &keda.hpa, &pods, &measured, now);
        self.seen_with(decision, keda.triggers.first().map(|trigger| &trigger.metric))
    }

    /// Jobs that are not finished are those that are wanted; where one ends, one fewer is.
    fn jobs_look(&mut self, at: usize, jobs: &Jobs, now: SimTime) -> Decision {
        let id = self.controllers[at].pool;
        let lengths = self.amounts(at, 0, jobs.triggers.iter().map(|trigger| &trigger.metric), now);
        let unfinished = self.wanted(id);
        let levels = &self.pool(id).levels;
        let running = levels.booting.level() + levels.ready.level() + levels.failed.level() + levels.draining.level();
        let pending = unfinished.saturating_sub(running as u32);
        let created = jobs.look(&JobsSeen { lengths: &lengths, unfinished, pending });
        let decision = Decision {
            at: now,
            from: unfinished,
            to: unfinished.saturating_add(created.jobs),
            asked: unfinished.saturating_add(created.jobs),
            metric: lengths.first().copied().flatten().map(|length| length as f64 / MILLI as f64),
            visible: 0,
            in_flight: 0,
            why: Reason::Kubernetes(created.why),
            edge: None,
            base: None,
        };
        self.seen_with(decision, jobs.triggers.first().map(|trigger| &trigger.metric))
    }

    /// Knative measures: the requests that were there in the last second, those that no pod had yet among them. Says whether
    /// there were any.
    fn measures(&mut self, at: usize, now: SimTime) -> bool {
        let levels = &self.pool(self.controllers[at].pool).levels;
        let there = levels.busy.integral(now) + levels.line.integral(now);
        let memory = &mut self.controllers[at].pods;
        let (then, before) = std::mem::replace(&mut memory.scraped, (now, there));
        memory.concurrency.note(now, (there - before) as f64 / (now - then).nanos().max(1) as f64);
        there > before
    }

    fn kpa_looks(&mut self, at: usize, kpa: &Kpa, now: SimTime) -> Decision {
        let id = self.controllers[at].pool;
        let (ready, replicas) = (self.pool(id).levels.ready.level() as u32, self.wanted(id));
        let memory = &mut self.controllers[at].pods;
        let stable = memory.concurrency.average(now, kpa.window);
        let panic = memory.concurrency.average(now, kpa.panic.window);
        let seen = KpaSeen { now, stable, panic, ready, replicas, reachable: true };
        let (wanted, next) = kpa.recommend(&seen, std::mem::take(&mut memory.kpa));
        let (decision, next) = kpa.restrain(wanted, &seen, next);
        memory.kpa = next;
        self.seen_with(decision, Some(&Metric { what: Reading::Backlog, of: id }))
    }

    /// What several metrics read, in thousandths.
    fn amounts<'m>(
        &mut self,
        at: usize,
        first: usize,
        metrics: impl Iterator<Item = &'m Metric>,
        now: SimTime,
    ) -> Vec<Option<i64>> {
        metrics.enumerate().map(|(number, metric)| self.reads_now(at, first + number, metric, now).map(milli)).collect()
    }

    /// What each pod used on average since the last look.
    fn samples(
        &mut self,
        at: usize,
        number: usize,
        metric: &HpaMetric,
        indices: &[u32],
        now: SimTime,
    ) -> Vec<PodMetric> {
        let id = self.controllers[at].pool;
        let here = self.used(id, metric, now);
        let last = std::mem::replace(&mut self.controllers[at].pods.used[number], here);
        let here = &self.controllers[at].pods.used[number];
        let pool = self.pool(id);
        let (window, missing) = (now - last.at, self.topology.metrics.missing);
        let mut draw = pool.key.named("metric").nth(number as u64).named("missing").draw(now.nanos());
        let of = |&index: &u32| {
            let index = index as usize;
            let slots = if metric.metric.what == Reading::Cpu { 1 } else { pool.slots_of(index as u32) };
            let request = Some(i64::from(slots) * MILLI);
            let comes = missing == 0.0 || unit(&mut draw) >= missing;
            let Worker { number, phase, .. } = pool.workers[index];
            // One that was not there at the last look, or does not run, has told nothing yet.
            let before = last.of.get(index).filter(|&&(known, _)| known == number && phase != Phase::Pending);
            let sample = before.filter(|_| comes && window > Span::ZERO).map(|&(_, before)| {
                let used = (here.of[index].1 - before) as f64 / window.nanos() as f64;
                let whole =
                    if metric.metric.what == Reading::Cpu { f64::from(pool.slots_of(index as u32)) } else { 1.0 };
                Sample { value: milli(used / whole), at: now, window }
            });
            PodMetric { sample, request }
        };
        indices.iter().map(of).collect()
    }

    /// What each worker has used until now.
    fn used(&self, id: NodeId, metric: &HpaMetric, now: SimTime) -> Used {
        let pool = self.pool(id);
        let busy = || pool.busy_each.iter().flatten().map(|busy| busy.integral(now));
        let mut of: Vec<u128> = match &pool.computing {
            Some(computing) if metric.metric.what == Reading::Cpu => computing.integrals_each(now).collect(),
            _ => busy().collect(),
        };
        of.resize(pool.workers.len(), 0);
        Used { at: now, of: pool.workers.iter().map(|worker| worker.number).zip(of).collect() }
    }

    /// A job has taken what it was there for: it takes nothing else, and ends with it.
    pub(super) fn takes_its_only<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        if pool.workers[index as usize].phase != Phase::Ready {
            return;
        }
        pool.shut(index, Phase::Draining, now);
        pool.levels.draining.up(now);
        let number = pool.workers[index as usize].number;
        cx.tell(Fact::Draining { pool: id, worker: number });
        self.goes_if_done(cx, id, index);
        self.notes_absence(cx, id);
    }

    /// A job looks for a message for so long as it has patience.
    pub(super) fn has_patience<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        if let Some(Autoscaler::Jobs(Jobs { patience: Some(patience), .. })) = self.pool(id).plan.scaling.autoscaler() {
            cx.plan(cx.now() + *patience, Event::Vanish { pool: id, worker: number });
        }
    }
}

/// A worker as the HPA sees it; `None` where there is none.
fn pod(worker: &Worker, now: SimTime) -> Option<Pod> {
    let started = Some(worker.ran).filter(|ran| *ran != SimTime::NEVER);
    let unready = |since| Some(Ready { is: false, since });
    let (phase, ready) = match worker.phase {
        Phase::Pending | Phase::Changing => (kubernetes::Phase::Pending, None),
        Phase::Booting => (kubernetes::Phase::Running, unready(worker.ran)),
        Phase::Ready => (kubernetes::Phase::Running, Some(Ready { is: true, since: worker.since })),
        Phase::Failed => (kubernetes::Phase::Running, unready(worker.down)),
        Phase::Noticed | Phase::Draining | Phase::Leaving => (kubernetes::Phase::Running, unready(now)),
        Phase::Preparing | Phase::Warm | Phase::Stopping | Phase::Stopped | Phase::Gone => return None,
    };
    let deleted = matches!(worker.phase, Phase::Draining | Phase::Leaving);
    Some(Pod { phase, deleted, started, ready })
}
