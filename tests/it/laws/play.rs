//! Plays a drawn scenario and holds every law of it.

use std::collections::BTreeMap;

use queuelab::billing::{Machines, Meter, Used, invoice};
use queuelab::cloud::arrivals::Arrivals;
use queuelab::cloud::gauge::{Gauge, Level};
use queuelab::cloud::topology::{Application, Client, Fault, Harm, Node, NodeId, NodeKind, Platform, Pool, Topology};
use queuelab::cloud::world::{Horizon, World, simulate};
use queuelab::engine::Simulation;
use queuelab::ground::chance::Key;
use queuelab::ground::time::{SimTime, Span};
use queuelab::scenario::{Loader, Scenario, Severity, Source, read};

use super::draw::{COUNTS, TRACE};
use super::ledger::{Ledger, Wrongs};

/// How often a run is stopped to compare its gauges with the books.
const STOPS: u64 = 40;

/// Events of one run. Some drawn scenarios multiply their messages without end, as some written ones would: a run is
/// held as far as this.
const EVENTS: u64 = 400_000;

/// The one file that drawn scenarios name.
struct Counts;

impl Loader for Counts {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        if path == TRACE { Ok(COUNTS.into()) } else { Err("there is no such file".to_owned()) }
    }
}

/// Reads a text in which nothing is wrong.
pub fn read_well(text: &str) -> Result<Scenario, String> {
    let source = Source::new("drawn.toml", text);
    let scenario = read(&source, &Counts, &[])
        .map_err(|complaints| complaints.iter().map(|told| told.plain(&source)).collect::<Vec<_>>().join("\n"))?;
    let errors = scenario.warnings.iter().filter(|told| told.severity == Severity::Error).count();
    if errors > 0 { Err(format!("{errors} errors among the warnings")) } else { Ok(scenario) }
}

type Played<'a> = Simulation<World<'a>, (Ledger, Meter)>;

/// Runs to an instant, or as far as events go.
fn run_to(sim: &mut Played<'_>, end: SimTime) {
    let left = EVENTS.saturating_sub(sim.events());
    sim.run_some(end, left, |_| true);
}

/// One topology of a scenario, played to its end.
pub struct Play<'a> {
    pub scenario: &'a Scenario,
    pub application: &'a Application,
    pub topology: &'a Topology,
}

impl Play<'_> {
    /// Runs it; the books come back, with everything in them that was wrong.
    pub fn run(&self) -> Ledger {
        let plan = &self.scenario.run;
        let length = plan.length.unwrap_or(Span::from_secs(600));
        let horizon = Horizon {
            warm_up: SimTime::START + plan.warm_up,
            length: plan.length.map(|length| SimTime::START + length),
            until: None,
        };
        let watchers = (Ledger::new(self.application, self.topology), Meter::new(self.topology));
        let key = Key::root(plan.seed, 0);
        let mut sim = simulate(self.application, self.topology, key, horizon, watchers);
        let gauges = sim.model.gauges();
        for stop in 1..=STOPS {
            let end = u128::from(length.nanos()) * u128::from(stop) / u128::from(STOPS);
            run_to(&mut sim, SimTime::from_nanos(end as u64));
            self.compare(&mut sim, &gauges);
        }
        self.money(&mut sim);
        // Followed to their end for three times as long again.
        for stop in 0..STOPS {
            if sim.model.inside() == 0 {
                break;
            }
            let step = length.nanos() / STOPS * (1 + stop / 4);
            let end = sim.now() + Span::from_nanos(step);
            run_to(&mut sim, end);
            self.compare(&mut sim, &gauges);
        }
        if sim.observer.0.unended() as u64 != sim.model.inside() {
            let (told, inside) = (sim.observer.0.unended(), sim.model.inside());
            sim.observer.0.wrongs.tell(sim.now(), || format!("{inside} are inside; by the facts {told}"));
        }
        self.stillness(&mut sim, &gauges);
        self.money(&mut sim);
        // A run without a length would be followed for a year after requests that never end.
        let endless = plan.length.is_none() && sim.model.inside() > 0;
        let cut = endless || sim.events() >= EVENTS;
        let now = sim.now();
        sim.model.abandon(now, &mut sim.observer);
        let mut ledger = sim.observer.0;
        ledger.cut = cut;
        if ledger.unended() > 0 {
            let left = ledger.unended();
            ledger.wrongs.tell(now, || format!("{left} requests never ended"));
        }
        let Ledger { crews, wrongs, .. } = &mut ledger;
        for crew in crews.iter_mut().flatten() {
            crew.close(now, wrongs);
        }
        ledger
    }

    fn compare(&self, sim: &mut Played<'_>, gauges: &[Gauge]) {
        let (now, mut levels, mut integrals) = (sim.now(), Vec::new(), Vec::new());
        sim.model.levels(&mut levels);
        sim.model.integrals(now, &mut integrals);
        let ledger = &mut sim.observer.0;
        ledger.compare(now, gauges, &levels, &integrals);
        let level = |node: NodeId, what| {
            let at = gauges.iter().position(|gauge| *gauge == Gauge { node: Some(node), what });
            at.map_or(0, |at| levels[at])
        };
        for (place, node) in self.topology.nodes.iter().enumerate() {
            let id = NodeId::at(place);
            if level(id, Level::Away) > 0 {
                continue;
            }
            let in_flight = level(id, Level::InFlight) + level(id, Level::Hidden);
            match &node.kind {
                // One waits for more of them, or holds them in its hands.
                NodeKind::Pool(pool) if waits_for_more(pool) || pool.poll.messages.is_some() => (),
                NodeKind::Pool(_) => {
                    let idle = level(id, Level::Busy) < level(id, Level::Slots);
                    if idle && level(id, Level::Line) > 0 && !self.is_balanced(id) {
                        ledger.wrongs.tell(now, || format!("`{}` has a line and an idle slot", node.name));
                    }
                }
                // A group whose message is in flight holds its others up, and so does a limit on those in flight.
                NodeKind::Queue(queue)
                    if level(id, Level::Visible) > 0
                        && !queue.fifo
                        && queue.in_flight_limit.is_none_or(|most| in_flight < u64::from(most)) =>
                {
                    // Nor do those take it who sleep between polls.
                    for &taker in queue.to.iter().filter(|&&taker| !self.sleeps(taker)) {
                        let open = level(taker, Level::Away) == 0 && level(taker, Level::Draining) == 0;
                        if open && level(taker, Level::Busy) < level(taker, Level::Slots) {
                            let name = &self.topology.nodes[taker.index()].name;
                            ledger.wrongs.tell(now, || {
                                format!("`{}` holds a visible message and `{name}` an idle slot", node.name)
                            });
                        }
                    }
                }
                _ => (),
            }
        }
    }

    /// Whether a pool's idle workers sleep after a poll that brought nothing, or wait for more messages.
    fn sleeps(&self, pool: NodeId) -> bool {
        matches!(&self.topology.nodes[pool.index()].kind, NodeKind::Pool(pool) if pool.poll.sleep.is_some() || waits_for_more(pool))
    }

    fn is_balanced(&self, id: NodeId) -> bool {
        let over = |kind: &NodeKind| matches!(kind, NodeKind::Balancer(balancer) if balancer.to.contains(&id));
        self.topology.nodes.iter().any(|node| over(&node.kind))
    }

    /// Where everything went well and nobody is inside, nothing stands, works or hides anywhere any more.
    fn stillness(&self, sim: &mut Played<'_>, gauges: &[Gauge]) {
        // Whoever calls without a timeout waits for ever for what is lost on its way, and copies that nobody waits for may
        // wait for company for ever.
        let lossy = |fault: &Fault| matches!(&fault.what, Harm::Link(link) if link.loss > 0.0);
        let gathers = |node: &Node| matches!(&node.kind, NodeKind::Pool(pool) if waits_for_more(pool));
        let waits = self.topology.faults.iter().any(lossy) || self.topology.nodes.iter().any(gathers);
        if sim.model.inside() > 0 || sim.observer.0.trouble || sim.events() >= EVENTS || waits {
            return;
        }
        // Calls that nobody waits for any more may still be served.
        for _ in 0..20 {
            let end = sim.now() + Span::from_secs(30);
            run_to(sim, end);
        }
        self.compare(sim, gauges);
        let (now, mut levels) = (sim.now(), Vec::new());
        sim.model.levels(&mut levels);
        for (gauge, &level) in gauges.iter().zip(&levels) {
            let kept = |node: NodeId| match &self.topology.nodes[node.index()].kind {
                NodeKind::Queue(queue) => queue.to.is_empty(),
                _ => false,
            };
            let counts = match gauge.what {
                Level::InSystem
                | Level::Retrying
                | Level::Line
                | Level::Busy
                | Level::InFlight
                | Level::Hidden
                | Level::Delayed => true,
                Level::Visible => gauge.node.is_some_and(|node| !kept(node)),
                _ => false,
            };
            let closed = gauge.node.is_some_and(|node| {
                let at = |what| gauges.iter().position(|gauge| *gauge == Gauge { node: Some(node), what });
                at(Level::Away).is_some_and(|at| levels[at] > 0) || at(Level::Ready).is_some_and(|at| levels[at] == 0)
            });
            if counts && level > 0 && !closed {
                sim.observer.0.wrongs.tell(now, || format!("all is over, and {gauge:?} is {level}"));
            }
        }
    }

    /// The meter and the bill against the lives that the facts tell.
    fn money(&self, sim: &mut Played<'_>) {
        let now = sim.now();
        let (ledger, meter) = &mut sim.observer;
        let usage = meter.usage(now);
        let lines = invoice(&usage, &self.scenario.prices);
        let Ledger { crews, wrongs, .. } = ledger;
        for (crew, used) in crews.iter().zip(&usage.nodes) {
            let (Some(crew), Used::Machines { sizes, .. }) = (crew, &used.used) else { continue };
            let mut wanted: Vec<Machines> =
                sizes.iter().map(|size| Machines::none(size.platform.clone(), size.slots)).collect();
            let over = crew.lives.iter().copied();
            // What starts at the very end belongs to what follows.
            let running = crew.running().filter(|&(_, from)| from < now).map(|(size, from)| (size, from, now));
            for (size, from, to) in over.chain(running) {
                let machines = &mut wanted[usize::from(size)];
                let least = match machines.platform {
                    Platform::Free => 0,
                    Platform::Ec2 { .. } | Platform::Fargate(_) => 60,
                    Platform::Machine { minimum, .. } => minimum.nanos().div_ceil(1_000_000_000),
                };
                machines.starts += 1;
                machines.seconds += (to - from).nanos().div_ceil(1_000_000_000).max(least);
            }
            crew.free.iter().for_each(|&size| wanted[usize::from(size)].starts += 1);
            let told = |machines: &[Machines]| -> Vec<(u64, u64)> {
                machines.iter().map(|size| (size.starts, size.seconds)).collect()
            };
            let (wanted, found) = (told(&wanted), told(sizes));
            if wanted != found {
                wrongs.tell(now, || format!("{} is metered {found:?}; its lives say {wanted:?}", used.node));
            }
            let paid = sizes.iter().any(|size| size.platform != Platform::Free);
            let seconds: u64 = wanted.iter().map(|&(_, seconds)| seconds).sum();
            let billed = lines.iter().filter(|line| line.node == used.node && line.unit == "s");
            let billed: u128 = billed.map(|line| line.quantity.parts).sum();
            if paid && billed != u128::from(seconds) {
                wrongs.tell(now, || format!("{} is billed {billed} s; its lives say {seconds} s", used.node));
            }
        }
        self.calls(ledger, &usage.nodes, now);
    }

    fn calls(&self, ledger: &mut Ledger, nodes: &[queuelab::billing::NodeUsage], now: SimTime) {
        for (place, used) in nodes.iter().enumerate() {
            if let Used::Queue { sends, receives, deletes, changes, .. } = used.used {
                let wanted = ledger.calls(place);
                let found = [sends, receives, deletes, changes];
                if wanted != found {
                    ledger.wrongs.tell(now, || format!("{} is metered {found:?}; by the facts {wanted:?}", used.node));
                }
            }
        }
    }
}

/// What each request brings to each work: the time it takes where everybody is served at once.
pub struct Brought(BTreeMap<(u16, u32, usize), Span>);

impl Brought {
    /// Plays the requests through a topology with an idle worker for every piece of work.
    pub fn of(text: &str, scenario: &Scenario) -> Result<Brought, String> {
        let works = &scenario.application.works;
        let mut text = format!("{text}\n[topology.reference]\nentry = \"all\"\n");
        let calls: Vec<String> = works.iter().map(|work| format!("{{ call = \"only-{}\" }}", work.name)).collect();
        text.push_str(&format!("pool.all = {{ steps = [{}], workers = \"unlimited\" }}\n", calls.join(", ")));
        for work in works {
            let name = &work.name;
            text.push_str(&format!(
                "pool.only-{name} = {{ steps = [{{ work = \"{name}\" }}], workers = \"unlimited\" }}\n"
            ));
        }
        let calm = read_well(&text)?;
        let mut application = calm.application.clone();
        application.faults.clear();
        for workload in &mut application.workloads {
            workload.client = Client::default();
        }
        let topology = calm.topologies.last().ok_or("there is no topology")?;
        let ledger = Play { scenario: &calm, application: &application, topology }.run();
        if !ledger.wrongs.0.is_empty() {
            return Err(format!("in the reference topology: {}", ledger.wrongs.0.join("\n")));
        }
        let mut brought = BTreeMap::new();
        for (place, node) in topology.nodes.iter().enumerate() {
            let of = works.iter().position(|work| node.name == format!("only-{}", work.name));
            let (Some(of), Some(crew)) = (of, &ledger.crews[place]) else { continue };
            for stay in &crew.stays {
                brought.insert((stay.who.0, stay.who.1, of), stay.ended - stay.began);
            }
        }
        Ok(Brought(brought))
    }

    /// Holds the stays at plain pools of a topology against it.
    pub fn compare(&self, application: &Application, topology: &Topology, ledger: &mut Ledger) {
        let plain = super::plain::Plain::new(application, topology);
        let Ledger { crews, wrongs, .. } = ledger;
        for (place, crew) in crews.iter().enumerate() {
            let Some(crew) = crew else { continue };
            for (who, worked, at) in plain.worked(NodeId::at(place), crew) {
                let parts = plain.parts(NodeId::at(place), who.0);
                let all: Option<Vec<Span>> =
                    parts.iter().map(|&work| self.0.get(&(who.0, who.1, work.index())).copied()).collect();
                let Some(all) = all else { continue };
                let wanted = plain.takes(NodeId::at(place), &all);
                if worked != wanted {
                    let name = &topology.nodes[place].name;
                    wrongs.tell(at, || format!("{who:?} keeps `{name}` for {worked}; it brings {wanted}"));
                }
            }
        }
    }
}

/// Whether a free slot may stand beside those who wait, because they are too few.
fn waits_for_more(pool: &Pool) -> bool {
    pool.batch.is_some_and(|batch| batch.at_least > 1)
}

/// Births that do not depend on answers.
pub fn births(application: &Application, ledger: &Ledger) -> Vec<(u16, SimTime)> {
    let open =
        |workload: &u16| !matches!(application.workloads[usize::from(*workload)].arrivals, Arrivals::Users { .. });
    ledger.births.iter().copied().filter(|(workload, _)| open(workload)).collect()
}

/// A failure with all that was wrong.
pub fn told(wrongs: &Wrongs) -> String {
    wrongs.0.join("\n")
}
