//! Messages that come back before their work is done, told by the laws of that work before anything runs.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::topology::{
    Application, NodeId, NodeKind, Pool, Queue, Step, Topology, Verb, WorkId, WorkloadId, chosen,
};
use crate::ground::chance::{Key, unit};
use crate::ground::time::{SECOND, Span};
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;
use crate::scenario::rules::flow::slowness;
use crate::scenario::rules::stability::shown;

pub(super) const VISIBILITY: Foresight = Foresight {
    about: "a visibility timeout is longer than the work it covers takes for 99 messages in a hundred",
    check,
};

/// Messages whose work is drawn: a quantile of 99 % is then known to some 2 ‰ of all.
const DRAWS: u64 = 2_000;

fn check(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let draws = Draws { application, topology, key: Key::root(0, 0).named("visibility") };
    let mut complaints = Vec::new();
    for node in &topology.nodes {
        let NodeKind::Queue(queue) = &node.kind else { continue };
        let Some(timeout) = queue.visibility else { continue };
        // Of a function a run is cut off before: a mapping with less is refused.
        let to = queue.to.iter().filter(|_| queue.mapping.is_none());
        let pools = to.filter_map(|&pool| draws.pool(pool)).filter(|pool| !keeps_hidden(pool, queue));
        let times = pools
            .flat_map(|pool| (0..application.workloads.len()).map(move |workload| (pool, WorkloadId::at(workload))));
        let worst = times
            .map(|(pool, workload)| (prefetched(pool), draws.times(pool, workload)))
            .max_by(|one, other| one.1[quantile()].total_cmp(&other.1[quantile()]));
        let Some((together, times)) = worst.filter(|worst| worst.1[quantile()] > timeout.seconds()) else { continue };
        let longer = times.iter().filter(|&&time| time > timeout.seconds()).count() as f64 / DRAWS as f64;
        let when = match together {
            1 => String::new(),
            several => format!(" where a receive brings all {several} that it may, which are done one after the other"),
        };
        let what = format!(
            "messages of queue `{}` of topology `{}` are visible again after {timeout}, and the work they bring takes {} or longer for one in a hundred{when}: {:.0} % of them come back before it is done",
            node.name,
            topology.name,
            shown(times[quantile()]),
            longer * 100.0
        );
        let place = Place::of(&["topology", &topology.name, "queue", &node.name, "visibility-timeout"]);
        complaints.push(Complaint::warning("W103", place, what).advise(
            "those are worked on more than once; a timeout of six times the work is customary, or a `heartbeat` that hides them for longer",
        ));
    }
    complaints
}

/// Whether a pool's workers keep what they work on out of sight in time.
fn keeps_hidden(pool: &Pool, queue: &Queue) -> bool {
    pool.poll.heartbeat.zip(queue.visibility).is_some_and(|(beat, timeout)| beat < timeout)
}

/// How many messages a slot receives at once to work on one after the other.
fn prefetched(pool: &Pool) -> u64 {
    if pool.batch.is_some() { 1 } else { u64::from(pool.poll.messages.unwrap_or(1)) }
}

/// The place of the 99 % quantile among the draws.
const fn quantile() -> usize {
    (DRAWS * 99 / 100) as usize
}

/// Draws of how long messages are in hand.
struct Draws<'a> {
    application: &'a Application,
    topology: &'a Topology,
    key: Key,
}

impl<'a> Draws<'a> {
    fn pool(&self, id: NodeId) -> Option<&'a Pool> {
        self.topology.nodes[id.index()].kind.pool()
    }

    /// How long so many messages are in the hands of a pool, in seconds, in order: their own work, and that of those before
    /// them in the same hand; of those taken together all of it.
    fn times(&self, pool: &Pool, workload: WorkloadId) -> Vec<f64> {
        let together = pool.batch.map_or(1, |batch| u64::from(batch.at_most));
        let in_hand = together.max(prefetched(pool));
        let mut times: Vec<f64> = (0..DRAWS)
            .map(|draw| {
                let one = |place: u64| {
                    let number = draw * in_hand + place;
                    let own = self.steps(pool, workload, number).filter(|step| place == 0 || !is_shared(step));
                    own.map(|step| self.step(pool, step, workload, number)).sum::<f64>()
                };
                // One is the first of its hand, the next the second, and so on.
                let up_to = if together > 1 { in_hand } else { draw % in_hand + 1 };
                (0..up_to).map(one).sum()
            })
            .collect();
        times.sort_unstable_by(f64::total_cmp);
        times
    }

    /// What is done for one request, as its choices fall.
    fn steps<'p>(&self, pool: &'p Pool, workload: WorkloadId, draw: u64) -> impl Iterator<Item = &'p Step> + use<'p> {
        let key = self.key.named("choose");
        let chosen = chosen(&pool.steps, workload, &mut |choice| unit(&mut key.nth(choice as u64).draw(draw)));
        chosen.into_iter().map(|place| &pool.steps[place])
    }

    fn step(&self, pool: &Pool, step: &Step, workload: WorkloadId, draw: u64) -> f64 {
        let nanos = |law: &crate::ground::distribution::Distribution, what: &str| {
            law.sample(&mut self.key.named(what).draw(draw)) as f64 / SECOND as f64
        };
        match &step.verb {
            Verb::Work { work, .. } => self.work(*work, workload, draw) * slowness(self.application, pool, *work),
            Verb::Call { to, timeout, .. } => {
                let answer = to.iter().map(|&to| self.answer(to, workload, draw)).fold(0.0, f64::max);
                timeout.map_or(answer, |timeout| answer.min(timeout.seconds()))
            }
            Verb::Answer { latency, .. } => nanos(latency, "answer"),
            Verb::Put { bucket, .. } | Verb::Get { bucket, .. } => {
                let law = match (&self.topology.nodes[bucket.index()].kind, &step.verb) {
                    (NodeKind::Bucket(bucket), Verb::Put { .. }) => bucket.put.as_ref(),
                    (NodeKind::Bucket(bucket), _) => bucket.get.as_ref(),
                    _ => None,
                };
                law.map_or(0.0, |law| nanos(law, "bucket"))
            }
            Verb::Send { .. } | Verb::Event { .. } | Verb::Act(_) | Verb::Choose { .. } => 0.0,
        }
    }

    /// How long a node takes to answer, if nobody stands in line.
    fn answer(&self, node: NodeId, workload: WorkloadId, draw: u64) -> f64 {
        if let NodeKind::Balancer(balancer) = &self.topology.nodes[node.index()].kind {
            return balancer.to.iter().map(|&to| self.answer(to, workload, draw)).fold(0.0, f64::max);
        }
        let Some(pool) = self.pool(node) else { return 0.0 };
        self.steps(pool, workload, draw).map(|step| self.step(pool, step, workload, draw)).sum()
    }

    /// A work in seconds: of one of the trace's requests where these bring it, else of its law.
    fn work(&self, work: WorkId, workload: WorkloadId, draw: u64) -> f64 {
        let described = &self.application.works[work.index()];
        if let Arrivals::Instants(rows) = &self.application.workloads[workload.index()].arrivals
            && let Some(row) = rows.get((draw % rows.len().max(1) as u64) as usize)
            && let Some((_, span)) = row.work.iter().find(|(id, _)| *id == work)
        {
            return span.seconds();
        }
        let law = described.law.as_ref();
        law.map_or(0.0, |law| law.sample(&mut self.key.named(&described.name).draw(draw)) as f64 / SECOND as f64)
    }
}

fn is_shared(step: &Step) -> bool {
    matches!(step.verb, Verb::Work { together: true, .. })
}

#[cfg(test)]
mod tests {
    use crate::scenario::{NoFiles, Source, read};

    fn warns(serve: &str, timeout: &str, more: &str) -> bool {
        let text = format!(
            "run.length = \"1h\"\nrun.defaults = \"textbook\"\nworkload.jobs.arrivals = {{ poisson = {{ rate = \"1/min\" }} }}\n\
             work.serve = {serve}\n[topology.it]\nqueue.q = {{ to = \"a\", visibility-timeout = {timeout} }}\n\
             [topology.it.pool.a]\nsteps = [{{ work = \"serve\" }}]\n{more}"
        );
        let scenario = read(&Source::new("it.toml", text), &NoFiles, &[]).expect("nothing is wrong with it");
        scenario.warnings.iter().any(|told| told.code == "W103")
    }

    /// The 99 % quantile of exponential work of 10 s is 10 s · ln 100 = 46.05 s; 2,000 draws know it to some 5 %.
    #[test]
    fn the_work_of_one_in_a_hundred_decides() {
        let exponential = "{ exponential = \"10s\" }";
        assert!(warns(exponential, "\"43s\"", ""));
        assert!(!warns(exponential, "\"50s\"", ""));
        assert!(!warns("\"10s\"", "\"10s\"", ""));
        assert!(warns("\"10s\"", "\"9s\"", ""));
    }

    /// Three of 10 s in one hand: the last is hidden for 30 s before it is done. Done once for all of three, it is 10 s.
    #[test]
    fn those_before_it_in_the_same_hand_count() {
        assert!(warns("\"10s\"", "\"29s\"", "poll.messages = 3\n"));
        assert!(!warns("\"10s\"", "\"30s\"", "poll.messages = 3\n"));
        let once = "steps = [{ work = \"serve\", per = \"batch\" }]\nbatch.at-most = 3\n";
        let text = |timeout: &str| {
            format!(
                "run.length = \"1h\"\nrun.defaults = \"textbook\"\nworkload.jobs.arrivals = {{ poisson = {{ rate = \"1/min\" }} }}\n\
                 work.serve = \"10s\"\n[topology.it]\nqueue.q = {{ to = \"a\", visibility-timeout = {timeout} }}\n\
                 [topology.it.pool.a]\n{once}"
            )
        };
        for (timeout, told) in [("\"9s\"", true), ("\"10s\"", false)] {
            let scenario =
                read(&Source::new("it.toml", text(timeout)), &NoFiles, &[]).expect("nothing is wrong with it");
            assert_eq!(scenario.warnings.iter().any(|told| told.code == "W103"), told, "{timeout}");
        }
    }

    #[test]
    fn a_heartbeat_in_time_hides_it_for_as_long_as_it_takes() {
        assert!(!warns("\"10s\"", "\"4s\"", "poll.heartbeat = \"3s\"\n"));
        assert!(warns("\"10s\"", "\"4s\"", "poll.heartbeat = \"4s\"\n"));
    }
}
