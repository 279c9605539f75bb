//! The files that a scenario names: loaded once each, complained about where they are named.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::ground::time::SimTime;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Draft;
use crate::scenario::draft::law::{Law, Quantity};
use crate::scenario::draft::metric::{Metric, Recorded};
use crate::scenario::draft::scaling::{Policy, Scaling, Scheduled};
use crate::scenario::draft::workload::Arrivals;
use crate::scenario::laws::Samples;
use crate::scenario::place::Place;
use crate::scenario::rules::kubernetes;
use crate::scenario::sight::{Deed, deeds, node_place};
use crate::scenario::source::Loader;
use crate::scenario::trace::sheet::{FILE_MAX, Sheet, number};
use crate::scenario::trace::{self, Recording, Setting, series};
use crate::scenario::works::Works;

/// Bytes of all files together.
const ALL_MAX: usize = 512 << 20;

/// What the files hold.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Their bytes by path, for the digest; in the order of their paths. `None` could not be had.
    pub loaded: BTreeMap<String, Option<Vec<u8>>>,
    /// Columns of measured values.
    pub samples: Samples,
    /// Recorded metrics by file and columns.
    pub metrics: BTreeMap<Columns, Arc<[(SimTime, f64)]>>,
    /// Traces by workload.
    pub recordings: IndexMap<String, Recording>,
}

/// A file, its column of times and its column of values.
pub(crate) type Columns = (String, String, String);

/// The file and columns of a recorded metric, if it is of a file and says which.
pub(crate) fn columns_of(recorded: &Recorded) -> Option<Columns> {
    Some((recorded.file.clone()?, recorded.time.clone()?, recorded.value.clone()?))
}

impl Files {
    /// Loads everything that a draft names.
    pub fn load(draft: &Draft, works: &Works, loader: &dyn Loader, complaints: &mut Vec<Complaint>) -> Files {
        let mut files = Files::default();
        let length = draft.run.length.map(|length| length.0);
        for (name, workload) in &draft.workload {
            let place = Place::of(&["workload", name]);
            if let Arrivals::Trace(trace) = &workload.arrivals {
                let place = place.then("arrivals").then("trace");
                files.trace(name, Setting { trace, place, works: works.of_trace(trace), length }, loader, complaints);
            }
        }
        each_law(draft, &mut |place, law| match law {
            AnyLaw::Time(law) => files.columns(law, &place, loader, complaints),
            AnyLaw::Bytes(law) => files.columns(law, &place, loader, complaints),
            AnyLaw::Count(law) => files.columns(law, &place, loader, complaints),
        });
        each_metric(draft, &mut |place, metric| files.metric(metric, &place, loader, complaints));
        for (name, topology) in &draft.topology {
            for (kind, node, recorded) in topology.measured() {
                files.recorded(recorded, &node_place(name, kind, node).then("measured"), loader, complaints);
            }
        }
        files
    }

    fn metric(&mut self, metric: &Metric, place: &Place, loader: &dyn Loader, complaints: &mut Vec<Complaint>) {
        match metric {
            Metric::Ratio(ratio) => {
                let place = place.then("ratio");
                self.metric(&ratio.of, &place.then("of"), loader, complaints);
                self.metric(&ratio.to, &place.then("to"), loader, complaints);
            }
            Metric::Recorded(recorded) => self.recorded(recorded, &place.then("recorded"), loader, complaints),
            _ => {}
        }
    }

    fn recorded(&mut self, recorded: &Recorded, place: &Place, loader: &dyn Loader, complaints: &mut Vec<Complaint>) {
        let Some(columns) = columns_of(recorded).filter(|columns| !self.metrics.contains_key(columns)) else { return };
        let place = place.then("file");
        let Some(bytes) = self.bytes(&columns.0, &place, loader, complaints) else { return };
        match series::read(recorded, bytes) {
            Ok(points) => {
                self.metrics.insert(columns, points.into());
            }
            Err((what, advice)) => complaints.push(Complaint::error("E402", place, what).advise(advice)),
        }
    }

    /// A file's bytes, loaded when it is first asked for.
    pub fn bytes(
        &mut self,
        path: &str,
        place: &Place,
        loader: &dyn Loader,
        complaints: &mut Vec<Complaint>,
    ) -> Option<&[u8]> {
        if !self.loaded.contains_key(path) {
            let bytes = match loader.load(path) {
                Ok(bytes) if bytes.len() > FILE_MAX => {
                    let what = format!("{path} has {} MiB", bytes.len() >> 20);
                    let advice = format!(
                        "at most {} MiB can be read; count over longer intervals, or take a part",
                        FILE_MAX >> 20
                    );
                    complaints.push(Complaint::error("E401", place.clone(), what).advise(advice));
                    None
                }
                Ok(bytes) => {
                    let others = self.loaded.values().flatten().map(Vec::len).sum::<usize>();
                    if others + bytes.len() > ALL_MAX {
                        let what = format!("with {path} the files have more than {} MiB together", ALL_MAX >> 20);
                        let advice = "use shorter ones, or fewer: each workload and law has a file's rows in memory";
                        complaints.push(Complaint::error("E401", place.clone(), what).advise(advice));
                        None
                    } else {
                        Some(bytes)
                    }
                }
                Err(why) => {
                    let advice = "paths are relative to the scenario's own folder";
                    complaints.push(
                        Complaint::error("E401", place.clone(), format!("{path} can't be read: {why}")).advise(advice),
                    );
                    None
                }
            };
            self.loaded.insert(path.to_owned(), bytes);
        }
        self.loaded.get(path).and_then(Option::as_deref)
    }

    fn trace(&mut self, name: &str, setting: Setting<'_>, loader: &dyn Loader, complaints: &mut Vec<Complaint>) {
        let file = setting.place.then("file");
        let Some(bytes) = self.bytes(&setting.trace.file, &file, loader, complaints) else { return };
        let reading = trace::read(&setting, bytes);
        complaints.extend(reading.complaints);
        if let Some(recording) = reading.recording {
            self.recordings.insert(name.to_owned(), recording);
        }
    }

    fn columns<Q: Quantity>(
        &mut self,
        law: &Law<Q>,
        place: &Place,
        loader: &dyn Loader,
        complaints: &mut Vec<Complaint>,
    ) {
        for column in law.empirical() {
            let key = (column.file.clone(), column.column.clone());
            if self.samples.0.contains_key(&key) {
                continue;
            }
            let Some(bytes) = self.bytes(&column.file, place, loader, complaints) else { continue };
            match measured(&column.file, &column.column, bytes) {
                Ok(values) => {
                    self.samples.0.insert(key, values);
                    if let Err(what) = law.make(&self.samples) {
                        complaints.push(Complaint::error("E402", place.clone(), what));
                    }
                }
                Err((what, advice)) => complaints.push(Complaint::error("E402", place.clone(), what).advise(advice)),
            }
        }
    }
}

fn measured(file: &str, column: &str, bytes: &[u8]) -> Result<Vec<f64>, (String, String)> {
    let sheet = Sheet::open(file, bytes)?;
    let at = sheet.column(column)?;
    let mut values = Vec::new();
    let mut bad = None;
    sheet.rows(|line, record| {
        match number(record, at) {
            Some(value) => values.push(value),
            None => bad = Some(line),
        }
        bad.is_none() && values.len() < trace::ROWS_MAX
    })?;
    match bad {
        Some(line) => Err((
            format!("{file}, line {line}: column `{column}` holds no number"),
            "measured values are numbers".to_owned(),
        )),
        None => Ok(values),
    }
}

/// A law of any of the quantities.
pub(crate) enum AnyLaw<'a> {
    Time(&'a Law<crate::scenario::draft::quantities::Time>),
    Bytes(&'a Law<crate::scenario::draft::quantities::Bytes>),
    Count(&'a Law<crate::scenario::draft::quantities::Whole>),
}

/// Every law of a draft with its place.
pub(crate) fn each_law(draft: &Draft, visit: &mut dyn FnMut(Place, AnyLaw<'_>)) {
    use crate::scenario::draft::client::Backoff;
    for (name, law) in &draft.work {
        visit(Place::of(&["work", name]), AnyLaw::Time(law));
    }
    for (name, workload) in &draft.workload {
        let place = Place::of(&["workload", name]);
        let arrivals = place.then("arrivals");
        match &workload.arrivals {
            Arrivals::Renewal(renewal) => visit(arrivals.then("renewal").then("gap"), AnyLaw::Time(&renewal.gap)),
            Arrivals::Bursts(bursts) => {
                visit(arrivals.then("bursts").then("calm").then("lasts"), AnyLaw::Time(&bursts.calm.lasts));
                visit(arrivals.then("bursts").then("burst").then("lasts"), AnyLaw::Time(&bursts.burst.lasts));
            }
            Arrivals::Users(users) => visit(arrivals.then("users").then("think"), AnyLaw::Time(&users.think)),
            Arrivals::Poisson(_)
            | Arrivals::Even(_)
            | Arrivals::Profile(_)
            | Arrivals::Sine(_)
            | Arrivals::Trace(_)
            | Arrivals::Scripted(_) => {}
        }
        if let Some(law) = &workload.batch {
            visit(place.then("batch"), AnyLaw::Count(law));
        }
        for (key, law) in [("size", &workload.size), ("answer-size", &workload.answer_size)] {
            if let Some(law) = law {
                visit(place.then(key), AnyLaw::Bytes(law));
            }
        }
        if let Some(client) = &workload.client {
            let place = place.then("client");
            if let Some(law) = &client.patience {
                visit(place.then("patience"), AnyLaw::Time(law));
            }
            if let Some(Backoff::Wait(law)) = client.retry.as_ref().and_then(|retry| retry.backoff.as_ref()) {
                visit(place.then("retry").then("backoff").then("wait"), AnyLaw::Time(law));
            }
        }
    }
    each_law_of_topologies(draft, visit);
    let mut faults = |place: Place, faults: &crate::scenario::draft::fault::Faults| {
        for (kind, name, course) in faults.courses() {
            let place = place.then(kind).then(name);
            for (key, law) in [("every", course.every), ("lasts", course.lasts)] {
                if let Some(law) = law {
                    visit(place.then(key), AnyLaw::Time(law));
                }
            }
        }
        for (name, link) in &faults.link {
            if let Some(law) = &link.delay {
                visit(place.then("link").then(name).then("delay"), AnyLaw::Time(law));
            }
        }
    };
    faults(Place::of(&["fault"]), &draft.fault);
    for (name, topology) in &draft.topology {
        faults(Place::of(&["topology", name, "fault"]), &topology.fault);
    }
}

/// Every metric that a controller of a draft reads, with its place.
fn each_metric(draft: &Draft, visit: &mut dyn FnMut(Place, &Metric)) {
    for (topology_name, topology) in &draft.topology {
        for (name, pool) in &topology.pool {
            let place = Place::of(&["topology", topology_name, "pool", name, "scaling"]);
            match &pool.scaling {
                Some(Scaling::Vertical(vertical)) => {
                    if let Some(alarm) = &vertical.alarm {
                        visit(place.then("vertical").then("alarm").then("metric"), &alarm.metric);
                    }
                }
                Some(scaling @ (Scaling::Asg(_) | Scaling::EcsService(_))) => {
                    let Some(group) = scaling.bounded() else { continue };
                    for (index, policy) in group.policies.iter().enumerate() {
                        let (word, metric) = match policy {
                            Policy::QueueLength(rule) => ("queue-length", rule.metric.as_ref()),
                            Policy::TargetTracking(rule) => ("target-tracking", rule.metric.as_ref()),
                            Policy::Step(rule) => ("step", Some(&rule.metric)),
                            Policy::Simple(rule) => ("simple", Some(&rule.metric)),
                            Policy::Predictive(rule) => ("predictive", Some(&rule.metric)),
                            Policy::Scheduled(_) => continue,
                        };
                        if let Some(metric) = metric {
                            visit(place.then(group.word).then("policies").nth(index).then(word).then("metric"), metric);
                        }
                    }
                }
                Some(scaling @ (Scaling::Hpa(_) | Scaling::Keda(_) | Scaling::KedaJobs(_) | Scaling::Kpa(_))) => {
                    let word = kubernetes::word_of(scaling).unwrap_or_default();
                    for (place, metric) in kubernetes::metrics_of(scaling, &place.then(word)) {
                        visit(place, metric);
                    }
                }
                Some(_) | None => {}
            }
        }
    }
}

fn each_law_of_topologies(draft: &Draft, visit: &mut dyn FnMut(Place, AnyLaw<'_>)) {
    use crate::scenario::draft::client::Backoff;
    for (topology_name, topology) in &draft.topology {
        for (name, pool) in &topology.pool {
            let place = Place::of(&["topology", topology_name, "pool", name]);
            for (key, law) in [("pending", &pool.pending), ("boot", &pool.boot), ("stopping", &pool.stopping)] {
                if let Some(law) = law {
                    visit(place.then(key), AnyLaw::Time(law));
                }
            }
            if let Some(law) = pool.poll.as_ref().and_then(|poll| poll.on_error.as_ref()) {
                visit(place.then("poll").then("on-error"), AnyLaw::Time(law));
            }
            if let Some(Scaling::Asg(asg)) = &pool.scaling
                && let Some(law) = &asg.lag
            {
                visit(place.then("scaling").then("asg").then("lag"), AnyLaw::Time(law));
            }
            if let Some(group) = pool.scaling.as_ref().and_then(Scaling::bounded) {
                let place = place.then("scaling").then(group.word);
                for (index, policy) in group.policies.iter().enumerate() {
                    if let Policy::Scheduled(Scheduled { late: Some(law), .. }) = policy {
                        visit(place.then("policies").nth(index).then("scheduled").then("late"), AnyLaw::Time(law));
                    }
                }
            }
            if let Some(Scaling::StartOnDemand(rule)) = &pool.scaling
                && let Some(law) = &rule.idle
            {
                visit(place.then("scaling").then("start-on-demand").then("idle"), AnyLaw::Time(law));
            }
            if let Some(Scaling::Vertical(vertical)) = &pool.scaling
                && let Some(law) = &vertical.change
            {
                visit(place.then("scaling").then("vertical").then("change"), AnyLaw::Time(law));
            }
        }
        for Deed { step, place, .. } in deeds(topology_name, topology) {
            if let Some(law) = &step.size {
                visit(place.then("size"), AnyLaw::Bytes(law));
            }
            if let Some(Backoff::Wait(law)) = step.retry.as_ref().and_then(|retry| retry.backoff.as_ref()) {
                visit(place.then("retry").then("backoff").then("wait"), AnyLaw::Time(law));
            }
        }
        for (key, law) in [("hop", &topology.network.hop), ("across", &topology.network.across)] {
            if let Some(law) = law {
                visit(Place::of(&["topology", topology_name, "network", key]), AnyLaw::Time(law));
            }
        }
        if let Some(law) = &topology.metrics.delay {
            visit(Place::of(&["topology", topology_name, "metrics", "delay"]), AnyLaw::Time(law));
        }
        for (name, service) in &topology.service {
            if let Some(law) = &service.latency {
                visit(Place::of(&["topology", topology_name, "service", name, "latency"]), AnyLaw::Time(law));
            }
        }
        for (name, function) in &topology.function {
            let place = Place::of(&["topology", topology_name, "function", name]);
            for (key, law) in [
                ("creation", &function.creation),
                ("init", &function.init),
                ("idle", &function.idle),
                ("recycle", &function.recycle),
                ("overhead", &function.overhead),
            ] {
                if let Some(law) = law {
                    visit(place.then(key), AnyLaw::Time(law));
                }
            }
        }
        for (name, bus) in &topology.bus {
            let place = Place::of(&["topology", topology_name, "bus", name]);
            if let Some(law) = &bus.latency {
                visit(place.then("latency"), AnyLaw::Time(law));
            }
            for (rule_name, rule) in &bus.rule {
                let place = place.then("rule").then(rule_name);
                if let Some(law) = &rule.late {
                    visit(place.then("late"), AnyLaw::Time(law));
                }
                if let Some(Backoff::Wait(law)) = &rule.retry.backoff {
                    visit(place.then("retry").then("backoff").then("wait"), AnyLaw::Time(law));
                }
            }
        }
        for (name, bucket) in &topology.bucket {
            let place = Place::of(&["topology", topology_name, "bucket", name]);
            for (key, law) in [("put", &bucket.put), ("get", &bucket.get)] {
                if let Some(law) = law {
                    visit(place.then(key), AnyLaw::Time(law));
                }
            }
        }
    }
}
