//! Holds what happened against what must: every field that a trace prescribes.

use queuelab::billing::{Line, Quantity};
use queuelab::cloud::scaling::kubernetes::Why;
use queuelab::cloud::scaling::{Edge, Reason};
use queuelab::cloud::topology::{NodeId, Topology};
use queuelab::ground::money::{Money, Price};
use serde_json::Value;

use super::exact::Exact;
use super::scene::{Scene, Stage};
use super::trace::{Table, nanos, pico, plain};
use super::watch::{Life, Run, Seen, Visit};

/// Times agree to a microsecond.
const CLOSE: u64 = 1_000;

/// Collects what differs.
#[derive(Debug, Default)]
pub struct Verdict(pub Vec<String>);

impl Verdict {
    /// Two words, counts or lists.
    pub fn same<T: PartialEq + std::fmt::Debug>(&mut self, of: &str, found: T, expected: T) {
        if found != expected {
            self.0.push(format!("{of}: found {found:?}, expected {expected:?}"));
        }
    }

    /// A time against a number of seconds, or nothing against null.
    pub fn time(&mut self, of: &str, found: Option<u64>, expected: Option<&Value>) {
        let Some(expected) = expected else { return };
        let agrees = match (found, nanos(expected)) {
            (Some(found), Some(expected)) => found.abs_diff(expected) <= CLOSE,
            (None, None) => expected.is_null(),
            _ => false,
        };
        if !agrees {
            let found = found.map_or("none".to_owned(), |found| (found as f64 / 1e9).to_string());
            self.0.push(format!("{of}: found {found}, expected {expected}"));
        }
    }

    pub fn wrong(&mut self, what: String) {
        self.0.push(what);
    }
}

/// A simulated run, and how to name what is in it.
pub struct Played<'a> {
    pub scene: &'a Scene,
    pub topology: &'a Topology,
    pub run: &'a Run,
    /// Names of requests by their number.
    pub names: Vec<String>,
    pub lines: &'a [Line],
}

impl Played<'_> {
    fn stage(&self, pool: NodeId) -> &Stage {
        let name = &self.topology.nodes[pool.index()].name;
        self.scene.stages.iter().find(|stage| stage.pool == *name).expect("every pool of a scene is one of its stages")
    }

    /// A loss in the word of the model.
    fn reason(&self, why: &'static str) -> String {
        let nobody = self.scene.nobody.filter(|_| why == "no_downstream");
        nobody.unwrap_or(why).to_owned()
    }

    /// The place of a pool's stage among all.
    fn rank(&self, pool: NodeId) -> usize {
        let name = &self.stage(pool).stage;
        self.scene.stages.iter().position(|stage| stage.stage == *name).unwrap_or(usize::MAX)
    }

    fn worker(&self, pool: NodeId, number: u32) -> String {
        let stage = self.stage(pool);
        if stage.alone { stage.prefix.clone() } else { format!("{}{number}", stage.prefix) }
    }

    /// Everything in `expected`; a field that nothing here knows is a difference too.
    pub fn check(&self, expected: &Table<'_>) -> Result<Verdict, String> {
        let mut verdict = Verdict::default();
        let requests = expected.tables("requests")?;
        verdict.same("number of requests", self.run.requests.len(), requests.len());
        for request in &requests {
            self.request(&mut verdict, request)?;
        }
        let workers = expected.tables("workers")?;
        if !((self.scene.pods || self.scene.functions) && workers.is_empty()) {
            self.workers(&mut verdict, &workers)?;
        }
        self.decisions(&mut verdict, &expected.tables("decisions")?)?;
        meter(&mut verdict, expected, self.lines, self.scene)?;
        if expected.get("aggregates").is_some() {
            self.aggregates(&mut verdict, &expected.table("aggregates")?)?;
        }
        unread(&mut verdict, expected);
        Ok(verdict)
    }

    fn seen(&self, id: &str) -> Option<&Seen> {
        self.run.requests.iter().find(|seen| self.names.get(seen.ordinal as usize).is_some_and(|name| name == id))
    }

    fn request(&self, verdict: &mut Verdict, expected: &Table<'_>) -> Result<(), String> {
        let id = expected.must_text("id")?;
        let Some(seen) = self.seen(&id) else {
            verdict.wrong(format!("{id} was never born"));
            return Ok(());
        };
        let of = |field: &str| format!("{id}.{field}");
        verdict.time(&of("arrival_s"), Some(seen.born), expected.get("arrival_s"));
        let (outcome, reason, end) = match (seen.completed, seen.lost) {
            (Some(at), _) => ("completed", None, Some(at)),
            (None, Some((at, why))) => ("failed", Some(self.reason(why)), Some(at)),
            (None, None) => ("unfinished", None, None),
        };
        verdict.same(&of("outcome"), outcome.to_owned(), expected.must_text("outcome")?);
        verdict.same(&of("reason"), reason, expected.text("reason")?);
        verdict.time(&of("end_s"), end, expected.get("end_s"));
        let latency = seen.completed.map(|at| at - seen.born);
        verdict.time(&of("latency_s"), latency, expected.get("latency_s").or(Some(&Value::Null)));
        if expected.get("ack_s").is_some() {
            verdict.time(&of("ack_s"), seen.answered, expected.get("ack_s"));
        }
        if let Some(sent) = expected.get("attempts_sent_s").and_then(Value::as_array) {
            verdict.same(&of("attempts"), seen.sent.len(), sent.len());
            for (found, expected) in seen.sent.iter().zip(sent) {
                verdict.time(&of("attempts_sent_s"), Some(*found), Some(expected));
            }
        }
        if let Some(beats) = expected.get("heartbeats_s").and_then(Value::as_array) {
            verdict.same(&of("heartbeats"), seen.heartbeats.len(), beats.len());
            for (found, expected) in seen.heartbeats.iter().zip(beats) {
                verdict.time(&of("heartbeats_s"), Some(*found), Some(expected));
            }
        }
        if let Some(refusals) = expected.get("throttled_at_s").and_then(Value::as_array) {
            verdict.same(&of("throttled"), seen.throttled.len(), refusals.len());
            for (found, expected) in seen.throttled.iter().zip(refusals) {
                verdict.time(&of("throttled_at_s"), Some(*found), Some(expected));
            }
        }
        if let Some(receives) = expected.count("receives")? {
            verdict.same(&of("receives"), seen.receives, receives);
        }
        let mut visits: Vec<&Visit> = seen.visits.iter().collect();
        visits.sort_by_key(|visit| (visit.attempt, self.rank(visit.pool), visit.start));
        let wanted = expected.tables("visits")?;
        verdict.same(&of("visits"), visits.len(), wanted.len());
        for (number, (found, expected)) in visits.into_iter().zip(&wanted).enumerate() {
            let of = |field: &str| format!("{id}.visits[{number}].{field}");
            verdict.same(&of("stage"), self.stage(found.pool).stage.clone(), expected.must_text("stage")?);
            verdict.same(&of("worker"), self.worker(found.pool, found.worker), expected.must_text("worker")?);
            verdict.same(&of("attempt"), Some(u64::from(found.attempt)), expected.count("attempt")?);
            verdict.time(&of("start_s"), Some(found.start), expected.get("start_s"));
            verdict.time(&of("finish_s"), Some(found.finish), expected.get("finish_s"));
            verdict.same(&of("result"), found.result.to_owned(), expected.must_text("result")?);
            if let Some(invoked) = found.invoked {
                let cold = expected.get("cold").and_then(Value::as_bool);
                verdict.same(&of("cold"), cold.map(|_| invoked.cold), cold);
                if expected.get("run_from_s").is_some() {
                    verdict.time(&of("run_from_s"), Some(invoked.run_from), expected.get("run_from_s"));
                }
                let billed = expected.count("billed_ms")?;
                verdict.same(&of("billed_ms"), billed.map(|_| invoked.billed.div_ceil(1_000_000)), billed);
            }
            unread(verdict, expected);
        }
        unread(verdict, expected);
        Ok(())
    }

    /// Every start of every worker; those that never ran are starts too.
    fn workers(&self, verdict: &mut Verdict, expected: &[Table<'_>]) -> Result<(), String> {
        verdict.same("number of workers", self.run.lives.len(), expected.len());
        let mut met: Vec<String> = Vec::new();
        for worker in expected {
            let id = worker.must_text("id")?;
            let nth = met.iter().filter(|known| **known == id).count();
            met.push(id.clone());
            let mut starts = self.run.lives.iter().filter(|life| self.worker(life.pool, life.worker) == id);
            let Some(life) = starts.nth(nth) else {
                verdict.wrong(format!("{id} was not started {} times", nth + 1));
                continue;
            };
            self.worker_life(verdict, &format!("{id}#{}", nth + 1), life, worker)?;
        }
        Ok(())
    }

    fn worker_life(&self, verdict: &mut Verdict, id: &str, life: &Life, expected: &Table<'_>) -> Result<(), String> {
        let of = |field: &str| format!("{id}.{field}");
        verdict.time(&of("launch_requested_s"), Some(life.launched), expected.get("launch_requested_s"));
        for (field, found) in [("running_s", life.running), ("in_service_s", life.ready), ("terminated_s", life.gone)] {
            verdict.time(&of(field), found, expected.get(field).or(Some(&Value::Null)));
        }
        verdict.same(&of("billable_s"), Some(self.billable(life)), expected.count("billable_s")?);
        if let Some(size) = expected.text("size")? {
            let found = self.scene.sizes.get(usize::from(life.size)).copied().unwrap_or("none");
            verdict.same(&of("size"), found.to_owned(), size);
        }
        unread(verdict, expected);
        Ok(())
    }

    /// Started seconds from running to the end, at least a minute; nothing of a machine that is taken within an hour.
    fn billable(&self, life: &Life) -> u64 {
        let end = life.gone.unwrap_or(self.scene.end);
        let free = life.taken && life.running.is_some_and(|running| end - running < 3_600_000_000_000);
        life.running.filter(|_| !free).map_or(0, |running| (end - running).div_ceil(1_000_000_000).max(60))
    }

    /// What a rule's function has started: all starts but those by hand.
    fn starts(&self, verdict: &mut Verdict, by_hand: &[(u64, u64)], expected: &[Table<'_>]) -> Result<(), String> {
        let is_own = |(at, _, number): &&(u64, NodeId, u32)| !by_hand.contains(&(*at, u64::from(*number)));
        let starts: Vec<_> = self.run.restarts.iter().filter(is_own).collect();
        verdict.same("number of decisions", starts.len(), expected.len());
        for (number, (&(at, pool, worker), expected)) in starts.into_iter().zip(expected).enumerate() {
            let of = |field: &str| format!("decisions[{number}].{field}");
            verdict.time(&of("t_s"), Some(at), expected.get("t_s"));
            verdict.same(&of("controller"), "rule".to_owned(), expected.must_text("controller")?);
            verdict.same(&of("action"), "start".to_owned(), expected.must_text("action")?);
            if let Some(metric) = expected.text("metric")? {
                verdict.same(&of("metric"), self.worker(pool, worker), metric);
            }
            for size in ["desired_before", "desired_after"] {
                // A rule starts machines and wants no number of them.
                verdict.same(&of(size), None, expected.count(size)?);
            }
            unread(verdict, expected);
        }
        Ok(())
    }

    fn decisions(&self, verdict: &mut Verdict, expected: &[Table<'_>]) -> Result<(), String> {
        if let Some(by_hand) = &self.scene.started_by_hand {
            return self.starts(verdict, by_hand, expected);
        }
        // A policy with alarms is only told of where one has gone off; all others at every look.
        let told = self.run.looks.iter().filter(|look| !self.scene.alarms || look.decision.edge.is_some());
        let told: Vec<_> = told.filter(|look| !self.scene.pods || look.decision.metric.is_some()).collect();
        verdict.same("number of decisions", told.len(), expected.len());
        for (number, (found, expected)) in told.into_iter().zip(expected).enumerate() {
            let of = |field: &str| format!("decisions[{number}].{field}");
            let decision = found.decision;
            verdict.time(&of("t_s"), Some(found.at), expected.get("t_s"));
            let controller = match decision.edge {
                None if self.scene.pods => "hpa",
                None => "group",
                Some(Edge::High) => "high",
                Some(Edge::Low) => "low",
            };
            verdict.same(&of("controller"), controller.to_owned(), expected.must_text("controller")?);
            match expected.get("metric") {
                Some(Value::Object(_)) => {
                    let metric = expected.table("metric")?;
                    verdict.same(&of("visible"), Some(decision.visible), metric.count("visible")?);
                    verdict.same(&of("in_flight"), Some(decision.in_flight), metric.count("in_flight")?);
                    unread(verdict, &metric);
                }
                Some(metric) => {
                    // As a decimal or a fraction; either is met to a millionth.
                    let text = plain(metric).ok_or("a metric that is no number")?;
                    let (over, under) = text.split_once('/').unwrap_or((&text, "1"));
                    let of_text = |text: &str| text.trim().parse::<f64>().map_err(|_| format!("`{text}` is no metric"));
                    let (found, wanted) = (decision.metric, of_text(over)? / of_text(under)?);
                    if found.is_none_or(|found| (found - wanted).abs() > 1e-6 * wanted.abs().max(1.0)) {
                        verdict.wrong(format!("{}: found {found:?}, expected {text}", of("metric")));
                    }
                }
                None => {}
            }
            if let Some(base) = expected.count("base")? {
                verdict.same(&of("base"), decision.base.map(u64::from), Some(base));
            }
            if self.scene.pods {
                let stabilised = match decision.why {
                    Reason::AtMost { wanted, .. } | Reason::AtLeast { wanted, .. } => wanted,
                    Reason::Kubernetes(Why::Rate { wanted, .. }) => wanted,
                    _ => decision.to,
                };
                verdict.same(&of("raw"), Some(u64::from(decision.asked)), expected.count("raw")?);
                verdict.same(&of("stabilised"), Some(u64::from(stabilised)), expected.count("stabilised")?);
            }
            verdict.same(&of("desired_before"), Some(u64::from(decision.from)), expected.count("desired_before")?);
            verdict.same(&of("desired_after"), Some(u64::from(decision.to)), expected.count("desired_after")?);
            verdict.same(&of("action"), decision.action().replace('-', "_"), expected.must_text("action")?);
            unread(verdict, expected);
        }
        Ok(())
    }

    fn aggregates(&self, verdict: &mut Verdict, expected: &Table<'_>) -> Result<(), String> {
        let requests = &self.run.requests;
        let latencies: Vec<u64> = requests.iter().filter_map(|seen| Some(seen.completed? - seen.born)).collect();
        let failed = requests.iter().filter(|seen| seen.completed.is_none() && seen.lost.is_some()).count();
        let sum: u64 = latencies.iter().sum();
        let invoked = || requests.iter().flat_map(|seen| &seen.visits).filter_map(|visit| visit.invoked);
        for (key, found) in [
            ("arrived", requests.len()),
            ("completed", latencies.len()),
            ("failed", failed),
            ("unfinished", requests.len() - latencies.len() - failed),
            ("attempts", requests.iter().map(|seen| seen.sent.len()).sum()),
            ("deliveries", requests.iter().map(|seen| seen.receives as usize).sum()),
            ("peak_in_service", self.run.peak_in_service()),
            ("cold_starts", invoked().filter(|run| run.cold).count()),
            ("throttled", requests.iter().map(|seen| seen.throttled.len()).sum()),
        ] {
            if let Some(expected) = expected.count(key)? {
                verdict.same(key, found as u64, expected);
            }
        }
        if let Some(target) = expected.text("target")? {
            verdict.same("target", self.scene.target.as_deref().map(pico), Some(pico(&target)));
        }
        let billed = self.run.lives.iter().map(|life| self.billable(life)).sum();
        if let Some(expected) = expected.count("peak")? {
            verdict.same("peak", self.run.peak_in_service() as u64, expected);
        }
        let lasts = |life: &Life| life.gone.unwrap_or(self.scene.end) - life.running.unwrap_or(self.scene.end);
        let pods: u64 = self.run.lives.iter().map(|life| lasts(life).div_ceil(1_000_000_000)).sum();
        if let Some(expected) = expected.count("pod_seconds")? {
            verdict.same("pod_seconds", pods, expected);
        }
        if let Some(expected) = expected.count("worker_seconds_billed")? {
            verdict.same("worker_seconds_billed", billed, expected);
        }
        verdict.time("sum_latency_s", Some(sum), expected.get("sum_latency_s"));
        verdict.time("max_latency_s", latencies.iter().max().copied(), expected.get("max_latency_s"));
        mean(verdict, sum, latencies.len() as u64, expected)?;
        let waits = requests.iter().filter_map(|seen| Some(seen.first_start? - seen.born)).sum();
        verdict.time("sum_wait_s", Some(waits), expected.get("sum_wait_s"));
        let visits = || requests.iter().flat_map(|seen| &seen.visits);
        let stay = |visit: &Visit| visit.finish - visit.start;
        let wasted = visits().filter(|visit| visit.result != "ok").map(stay).sum();
        verdict.time("wasted_s", Some(wasted), expected.get("wasted_s"));
        for key in ["busy_s", "occupied_s"] {
            match expected.get(key) {
                Some(Value::Object(tiers)) => {
                    for (tier, expected) in tiers {
                        let found = visits().filter(|visit| self.stage(visit.pool).stage == *tier).map(stay).sum();
                        verdict.time(&format!("{key}.{tier}"), Some(found), Some(expected));
                    }
                }
                whole => verdict.time(key, Some(visits().map(stay).sum()), whole),
            }
        }
        if let Some(down) = expected.get("downtime_s") {
            let front = self.topology.entry[0];
            verdict.time("downtime_s", Some(self.run.downtime(front, self.scene.end)), Some(down));
        }
        unread(verdict, expected);
        Ok(())
    }
}

/// A mean as a decimal or a fraction: `53/6`.
fn mean(verdict: &mut Verdict, sum: u64, count: u64, expected: &Table<'_>) -> Result<(), String> {
    let Some(text) = expected.text("mean_latency_s")? else { return Ok(()) };
    let (over, under) = text.split_once('/').unwrap_or((&text, "1"));
    let (Some(over), Some(under)) = (pico(over), pico(under)) else {
        return Err(format!("`{text}` is no mean"));
    };
    // sum/count = over/under, each side times count × under; a microsecond of the mean is count × under of them.
    let (found, wanted) = (i128::from(sum) * under, over * 1_000_000_000 * i128::from(count));
    if (found - wanted).abs() > 1_000 * i128::from(count) * under {
        verdict.wrong(format!("mean_latency_s: found {} s of {count}, expected {text}", sum as f64 / 1e9));
    }
    Ok(())
}

/// A field that nothing here knows.
pub fn unread(verdict: &mut Verdict, table: &Table<'_>) {
    verdict.0.extend(table.unread().into_iter().map(|field| format!("{field} is prescribed, and not looked at")));
}

/// The traces' word for an item of the bill.
fn resource(item: &str, scene: &Scene) -> String {
    const KINDS: [&str; 3] = ["ec2.m5.large", "ec2.m5.xlarge", "ec2.m5.2xlarge"];
    match item {
        "alb.hour" => "load balancer hours".to_owned(),
        "alb.lcu" => "load balancer capacity".to_owned(),
        "sqs.standard" | "sqs.fifo" => "queue requests".to_owned(),
        "lambda.duration.x86" | "lambda.duration.arm" => "function duration".to_owned(),
        "lambda.requests" => "function requests".to_owned(),
        "fargate.vcpu.x86" | "fargate.vcpu.arm" => "task vCPU".to_owned(),
        "fargate.memory.x86" | "fargate.memory.arm" => "task memory".to_owned(),
        item if item.starts_with("events.") => "events".to_owned(),
        "machine" if scene.pods => "pods".to_owned(),
        "machine" | "spot.m5.large" => "vm".to_owned(),
        _ => match KINDS.iter().position(|kind| *kind == item).and_then(|size| scene.sizes.get(size)) {
            Some(size) => format!("vm {size}"),
            None => "vm".to_owned(),
        },
    }
}

/// The meter and the bill, exactly: the quantities and charges of a resource over all nodes.
///
/// A trace adds up its machines before it prices them, a bill has a line a node, each rounded: so the sum of the
/// lines may differ by half a picodollar a line, and the price of the summed quantity by nothing.
pub fn meter(verdict: &mut Verdict, expected: &Table<'_>, lines: &[Line], scene: &Scene) -> Result<(), String> {
    let mut priced = Some(Exact::ZERO);
    let mut known: Vec<String> = Vec::new();
    for entry in expected.tables("meter")? {
        let name = entry.must_text("resource")?;
        known.push(name.clone());
        let mine: Vec<&Line> = lines.iter().filter(|line| resource(&line.item, scene) == name).collect();
        let Some(first) = mine.first() else {
            verdict.wrong(format!("nothing was billed for `{name}`"));
            continue;
        };
        let decimals = first.quantity.decimals;
        let quantity = Quantity { parts: mine.iter().map(|line| line.quantity.parts).sum(), decimals };
        let expect = |verdict: &mut Verdict, of: &str, found: Option<Exact>, expected: String| {
            if found.is_none() || found != Exact::read(&expected) {
                verdict.wrong(format!("meter `{name}`.{of}: found {found:?}, expected {expected}"));
            }
        };
        let exact = Some(Exact::new(quantity.parts, 10u128.pow(u32::from(decimals))));
        if let Some((vcpu, gb)) = scene.tasks.as_ref().filter(|_| name.starts_with("task ")) {
            let (size, unit) = if name == "task vCPU" { (vcpu, "vCPU") } else { (gb, "GB") };
            let whole = format!("second x {size} {unit}");
            let seconds = Exact::read(&entry.must_text("quantity")?);
            let expected = seconds.zip(Exact::read(size)).and_then(|(seconds, size)| seconds.times(size));
            verdict.same(&format!("meter `{name}`.quantity"), exact, expected);
            verdict.same(&format!("meter `{name}`.unit"), entry.must_text("unit")?, whole);
            verdict.same(&format!("meter `{name}`.price_per"), entry.must_text("price_per")?, format!("1 {unit}-hour"));
        } else {
            expect(verdict, "quantity", exact, entry.must_text("quantity")?);
            unit_of(verdict, &name, first, &entry)?;
        }
        expect(verdict, "price", Exact::read(&first.price.to_string()), entry.must_text("price")?);
        let alike = mine.iter().all(|line| (line.price, line.per) == (first.price, first.per));
        let picodollars = u64::try_from(first.price.picodollars()).ok().filter(|_| alike);
        let Some(picodollars) = picodollars else {
            verdict.wrong(format!("meter `{name}` has several prices"));
            continue;
        };
        let price = Price { picodollars, per: first.per };
        let cost = price.of_parts(quantity.parts, 10u64.pow(u32::from(decimals)));
        let each = Exact::new(u128::from(picodollars), 1_000_000_000_000 * u128::from(first.per));
        let charge = exact.and_then(|quantity| quantity.times(each));
        expect(verdict, "cost", charge, entry.must_text("cost")?);
        let billed: Money = mine.iter().map(|line| line.cost).sum();
        let off = (billed - cost).picodollars().unsigned_abs();
        if 2 * off > mine.len() as u128 {
            verdict.wrong(format!("the lines of `{name}` add up to {billed}, their quantity costs {cost}"));
        }
        priced = priced.zip(charge).and_then(|(sum, charge)| sum.plus(charge));
        unread(verdict, &entry);
    }
    if let Some(total) = expected.text("total_cost")? {
        verdict.same("total_cost", priced, Exact::read(&total));
    }
    for line in lines.iter().filter(|line| line.cost != Money::ZERO) {
        if !known.contains(&resource(&line.item, scene)) {
            verdict
                .wrong(format!("{} {} of {} was billed, and is not in the meter", line.quantity, line.unit, line.item));
        }
    }
    Ok(())
}

/// The unit of a quantity, and how many of them its price is for.
fn unit_of(verdict: &mut Verdict, name: &str, first: &Line, entry: &Table<'_>) -> Result<(), String> {
    let (per, unit) = (entry.must_text("price_per")?, entry.must_text("unit")?);
    let units =
        [("s", "second"), ("h", "started hour"), ("request", "request"), ("LCU-h", "LCU-hour"), ("GB-s", "GB-second")];
    let found = units.iter().find(|(ours, _)| *ours == first.unit).map_or(first.unit, |(_, theirs)| theirs);
    verdict.same(&format!("meter `{name}`.unit"), found.to_owned(), unit);
    verdict.same(&format!("meter `{name}`.price_per"), format!("{} {found}", first.per), per);
    Ok(())
}

/// The capacity of each hour of a balancer.
pub fn capacity_by_hour(verdict: &mut Verdict, expected: &Table<'_>, hours: &[String]) {
    if let Some(list) = expected.get("lcu_by_hour").and_then(Value::as_array) {
        let wanted: Vec<Option<i128>> = list.iter().map(|hour| pico(&plain(hour)?)).collect();
        let found: Vec<Option<i128>> = hours.iter().map(|hour| pico(hour)).collect();
        verdict.same("lcu_by_hour", found, wanted);
    }
}
