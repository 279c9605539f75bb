//! A policy by itself: the scaling table of a pool in a scenario, or of a file of its own.

use std::sync::Arc;

use crate::billing::PriceBook;
use crate::cloud::scaling::Group;
use crate::cloud::scaling::kubernetes::{Hpa, Jobs, Keda, Kpa};
use crate::ground::time::{SimTime, Span};
use crate::scenario::build::Builder;
use crate::scenario::complaint::{Complaint, Severity, did_you_mean};
use crate::scenario::draft::Draft;
use crate::scenario::draft::quantities::Time;
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::files::Files;
use crate::scenario::place::{Key, Place};
use crate::scenario::rules::RULES;
use crate::scenario::sight::Sight;
use crate::scenario::source::{Loader, Source};
use crate::scenario::tree::{self, Entry, Table, Tree, Value};
use crate::scenario::works::Works;
use crate::scenario::{documented, reader};

/// What decides about a pool's size.
#[derive(Clone, Debug)]
pub enum Controller {
    /// An Auto Scaling group, or an ECS service.
    Group(Box<Group>),
    /// A horizontal pod autoscaler.
    Hpa(Hpa),
    /// A KEDA `ScaledObject`.
    Keda(Box<Keda>),
    /// A KEDA `ScaledJob`.
    Jobs(Jobs),
    /// A Knative pod autoscaler.
    Kpa(Box<Kpa>),
}

impl Controller {
    /// As many workers, pods or jobs as there may be.
    pub fn max(&self) -> u32 {
        match self {
            Controller::Group(group) => group.max,
            Controller::Hpa(hpa) => hpa.max,
            Controller::Keda(keda) => keda.max,
            Controller::Jobs(jobs) => jobs.max,
            Controller::Kpa(kpa) => kpa.max.unwrap_or(u32::MAX),
        }
    }
}

/// A controller and what it reads.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What the person calls it.
    pub name: String,
    /// What decides.
    pub controller: Controller,
    /// What each of its policies, metrics or triggers reads, in their order.
    pub reads: Vec<Reads>,
    /// The container that each metric of an HPA is of; empty, or as many as metrics.
    pub containers: Vec<Option<String>>,
    /// What is legal but surely not meant.
    pub warnings: Vec<Complaint>,
}

/// What is read, by the names of values from outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Reads {
    /// Nothing.
    Nothing,
    /// The value of this name.
    Named(String),
    /// The figure of a node: `uploads.visible`, or where there is none of that name, `visible`.
    Of(String, String),
    /// Points that the policy brings itself.
    Recorded(String, Arc<[(SimTime, f64)]>),
    /// The value of this name, or one divided by another.
    Ratio {
        /// Its own name.
        name: String,
        /// What is divided.
        of: Box<Reads>,
        /// By what.
        to: Box<Reads>,
        /// The divisor is never taken to be less.
        at_least: f64,
    },
}

impl Reads {
    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Reads::Nothing => String::new(),
            Reads::Named(name) | Reads::Recorded(name, _) | Reads::Ratio { name, .. } => name.clone(),
            Reads::Of(node, word) => format!("{node}.{word}"),
        }
    }

    /// The names of values from outside that it needs.
    pub fn needs(&self) -> Vec<&str> {
        match self {
            Reads::Nothing | Reads::Recorded(..) => Vec::new(),
            Reads::Named(name) => vec![name],
            Reads::Of(_, word) => vec![word],
            Reads::Ratio { of, to, .. } => [of.needs(), to.needs()].concat(),
        }
    }
}

/// The longest time that a timetable's lines are looked for.
const LONGEST: Span = Span::from_secs(400 * 86_400);
/// Where the scaling table of a file of its own is put, to be read as a pool's.
const OWN: [&str; 2] = ["policy", "workers"];

/// The policy of a pool in a scenario, as `TOPOLOGY.POOL`, or without that the one of a file of its own.
///
/// # Errors
/// Everything that is the matter with the policy, in the order of the file.
pub fn policy(source: &Source, of: Option<&str>, loader: &dyn Loader) -> Result<Policy, Vec<Complaint>> {
    let sorted = |mut complaints: Vec<Complaint>| {
        crate::scenario::sort(&mut complaints, source);
        complaints
    };
    read(source, of, loader).map(|policy| Policy { warnings: sorted(policy.warnings), ..policy }).map_err(sorted)
}

fn read(source: &Source, of: Option<&str>, loader: &dyn Loader) -> Result<Policy, Vec<Complaint>> {
    let tree = tree::parse(source)?;
    let name = of.map_or_else(|| source.name.clone(), |of| format!("{}:{of}", source.name));
    match of {
        Some(of) => {
            let (topology, pool) = pool_of(&tree, of).map_err(|complaint| vec![*complaint])?;
            from_scenario(tree, &topology, &pool, loader, name)
        }
        None => {
            let others =
                tree_keys(&tree).into_iter().filter(|key| !matches!(key.as_str(), "scaling" | "title" | "defaults"));
            let unknown: Vec<Complaint> = others.map(|key| strange(&tree, &key)).collect();
            if !unknown.is_empty() {
                return Err(unknown);
            }
            let textbook = is_textbook(&tree);
            own(&tree, textbook, loader, name)
        }
    }
}

fn strange(tree: &Tree, key: &str) -> Complaint {
    let complaint = Complaint::error("E002", Place::of(&[key]).key(), format!("a policy has no key `{key}`"));
    if tree.get("topology").is_some() {
        complaint.advise("this is a scenario: name the pool as `FILE:TOPOLOGY.POOL`")
    } else {
        complaint.advise("it has `scaling`, the table of a pool, and may have `title` and `defaults`")
    }
}

/// Whether a file says that textbook defaults hold.
pub(super) fn is_textbook(tree: &Tree) -> bool {
    matches!(tree.get("defaults").map(|tree| &tree.value), Some(Value::Text(word)) if word == "textbook")
}

fn tree_keys(tree: &Tree) -> Vec<String> {
    match &tree.value {
        Value::Table(table) => table.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The policy of a file's own `scaling` table.
pub(super) fn own(tree: &Tree, textbook: bool, loader: &dyn Loader, name: String) -> Result<Policy, Vec<Complaint>> {
    let Some(Value::Table(table)) = Some(&tree.value) else { return Err(Vec::new()) };
    let Some(scaling) = table.get("scaling") else {
        let what = "there is no policy here";
        return Err(vec![
            Complaint::error("E004", Place::top(), what)
                .advise("add `scaling`, the table of a pool, or name a policy with `--policy`"),
        ]);
    };
    let entry = |key: &str, tree: Tree| (key.to_owned(), Entry { key: None, tree });
    let inside = |key: &str, tree: Tree| Tree::loose(Value::Table(Table::from_iter([entry(key, tree)])));
    let pool = Table::from_iter([
        ("scaling".to_owned(), scaling.clone()),
        entry("steps", Tree::loose(Value::List(Vec::new()))),
    ]);
    let topology = inside("pool", inside(OWN[1], Tree::loose(Value::Table(pool))));
    let mut whole = inside("topology", inside(OWN[0], topology));
    if textbook && let Value::Table(table) = &mut whole.value {
        let run = inside("defaults", Tree::loose(Value::Text("textbook".to_owned())));
        table.insert("run".to_owned(), Entry { key: None, tree: run });
    }
    let own_place = |place: Place| {
        let keys: Vec<Key> = place.keys().iter().skip(4).cloned().collect();
        place.with_keys(keys)
    };
    let found = from_scenario(whole, OWN[0], OWN[1], loader, name);
    let moved = |mut complaints: Vec<Complaint>| {
        for complaint in &mut complaints {
            complaint.at = own_place(complaint.at.clone());
            for (place, _) in &mut complaint.also {
                *place = own_place(place.clone());
            }
            complaint.what = complaint.what.replace("pool `workers` of topology `policy`", "the group");
            complaint.what = complaint.what.replace("pool `workers`", "the group");
            if complaint.code == "E101" {
                complaint.what = "a metric is of a node, and a policy of its own has none around it".to_owned();
                complaint.advice = Some("take `of` out; what is seen has its values by their names".to_owned());
            }
        }
        complaints
    };
    match found {
        Ok(policy) => Ok(Policy { warnings: moved(policy.warnings), ..policy }),
        Err(complaints) => Err(moved(complaints)),
    }
}

/// The topology and pool that a path names.
fn pool_of(tree: &Tree, path: &str) -> Result<(String, String), Box<Complaint>> {
    let topologies = tree.table("topology").map(|table| table.keys().map(String::as_str).collect::<Vec<_>>());
    let topologies = topologies.unwrap_or_default();
    let refuse = |what: String, advice: Option<String>| Complaint::error("E101", Place::top(), what).advise_if(advice);
    let Some((topology, pool)) = path.split_once('.') else {
        let what = format!("`{path}` is not the way to a pool");
        return Err(refuse(what, Some("write `TOPOLOGY.POOL`".to_owned())).into());
    };
    let Some(found) = tree.get("topology").and_then(|all| all.get(topology)) else {
        let what = format!("the scenario has no topology `{topology}`");
        return Err(refuse(what, did_you_mean(topology, topologies)).into());
    };
    let pools: Vec<&str> =
        found.table("pool").map(|pools| pools.keys().map(String::as_str).collect()).unwrap_or_default();
    if !pools.contains(&pool) {
        let what = format!("topology `{topology}` has no pool `{pool}`");
        return Err(refuse(what, did_you_mean(pool, pools)).into());
    }
    if found.get("pool").and_then(|all| all.get(pool)?.get("scaling")).is_some() {
        return Ok((topology.to_owned(), pool.to_owned()));
    }
    let scaled: Vec<String> = scaled(tree);
    let advice = match scaled.as_slice() {
        [] => "no pool of this scenario has one".to_owned(),
        some => format!("those that have one: `{}`", some.join("`, `")),
    };
    Err(refuse(format!("pool `{pool}` of topology `{topology}` has no `scaling`"), Some(advice)).into())
}

/// The pools of a scenario that are scaled, as paths.
fn scaled(tree: &Tree) -> Vec<String> {
    let mut paths = Vec::new();
    for (name, topology) in tree.table("topology").into_iter().flatten() {
        for (pool, entry) in topology.tree.table("pool").into_iter().flatten() {
            if entry.tree.get("scaling").is_some() {
                paths.push(format!("{name}.{pool}"));
            }
        }
    }
    paths
}

/// The policy of a pool, by the checks of scenarios as far as they are about its scaling.
fn from_scenario(
    mut tree: Tree,
    topology: &str,
    pool: &str,
    loader: &dyn Loader,
    name: String,
) -> Result<Policy, Vec<Complaint>> {
    keep_only(&mut tree, topology, pool);
    if documented::holds_for(&tree) {
        documented::fill(&mut tree);
    }
    let place = Place::of(&["topology", topology, "pool", pool, "scaling"]);
    let derived = reader::derive::<Draft>(&tree);
    let about = |complaint: &Complaint| complaint.at.is_within(&place);
    let mut complaints: Vec<Complaint> = derived.complaints.iter().filter(|one| about(one)).cloned().collect();
    let Some(mut draft) = derived.draft.filter(|_| complaints.is_empty()) else { return Err(complaints) };
    draft.run.length.get_or_insert(Time(LONGEST));
    let works = Works::of(&draft);
    let mut found = Vec::new();
    let files = Files::load(&draft, &works, loader, &mut found);
    let book = PriceBook::us_east_1();
    let (faults, holes) = (&derived.complaints, &derived.holes);
    let sight = Sight {
        draft: &draft,
        tree: &tree,
        works: &works,
        files: &files,
        book: &book,
        faults,
        holes,
        for_decide: true,
    };
    found.extend(RULES.iter().flat_map(|rule| (rule.check)(&sight)));
    complaints.extend(found.into_iter().filter(about));
    if complaints.iter().any(|complaint| complaint.severity == Severity::Error) {
        return Err(complaints);
    }
    let mut builder = Builder::new(&sight, Default::default());
    let built = builder.controller(topology, pool);
    if let Some(slip) = builder.slips.into_iter().next() {
        let advice = "this slipped past the checks: please report it with the policy";
        return Err(vec![Complaint::error("E011", place, slip).advise(advice)]);
    }
    match built {
        Some((controller, reads)) => {
            let scaling = draft.topology.get(topology).and_then(|all| all.pool.get(pool)?.scaling.as_ref());
            let containers = match scaling {
                Some(Scaling::Hpa(hpa)) => hpa.metrics.iter().map(|metric| metric.container().cloned()).collect(),
                _ => Vec::new(),
            };
            Ok(Policy { name, controller, reads, containers, warnings: complaints })
        }
        None => {
            let what = "nothing here decides by what it sees";
            let advice = "a policy is one of `asg`, `ecs-service`, `hpa`, `keda`, `keda-jobs` and `kpa`";
            Err(vec![Complaint::error("E011", place, what).advise(advice)])
        }
    }
}

/// Leaves out what is not asked about.
fn keep_only(tree: &mut Tree, topology: &str, pool: &str) {
    let Value::Table(table) = &mut tree.value else { return };
    table.retain(|key, _| matches!(key.as_str(), "topology" | "run"));
    if let Some(run) = table.get_mut("run")
        && let Value::Table(run) = &mut run.tree.value
    {
        run.retain(|key, _| key == "defaults");
    }
    if let Some(all) = table.get_mut("topology")
        && let Value::Table(all) = &mut all.tree.value
    {
        all.retain(|key, _| key == topology);
        let pools = all.get_mut(topology).and_then(|topology| match &mut topology.tree.value {
            Value::Table(nodes) => nodes.get_mut("pool"),
            _ => None,
        });
        if let Some(Value::Table(pools)) = pools.map(|pools| &mut pools.tree.value)
            && let Some(Value::Table(pool)) = pools.get_mut(pool).map(|pool| &mut pool.tree.value)
        {
            // Whatever else is the matter with the pool, its policy can be asked.
            pool.retain(|key, _| matches!(key.as_str(), "scaling" | "workers"));
            let steps = Entry { key: None, tree: Tree::loose(Value::List(Vec::new())) };
            pool.insert("steps".to_owned(), steps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::source::NoFiles;
    use crate::scenario::words::words;

    /// Policies that have a table for every setting.
    const FULL: [&str; 4] = [
        "scaling.hpa = { max = 9, metrics = [{ cpu = \"50%\" }], tolerance = {}, behavior = { up = {}, down = {} } }",
        "scaling.keda = { triggers = [{}], fallback = { failures = 3, replicas = 2 }, hpa = { behavior = { up = {} }, tolerance = {} } }",
        "scaling.keda-jobs = { triggers = [{}], strategy = { custom = {} } }",
        "scaling.kpa = { panic = {} }",
    ];

    fn of(text: &str) -> Result<Policy, Vec<Complaint>> {
        policy(&Source::new("p.toml", text), None, &NoFiles)
    }

    /// What the schema (and so `explain`) gives as a default is what a policy without the key gets.
    #[test]
    fn the_defaults_that_are_explained_are_those_that_hold() {
        let mut tried = 0;
        for word in words() {
            let Some((default, place)) = word.default.zip(word.place.split_once("pool.NAME.scaling.")) else {
                continue;
            };
            let Some((kind, path)) = place.1.split_once('.') else { continue };
            let Some(full) = FULL.iter().find(|text| text.starts_with(&format!("scaling.{kind} ="))) else { continue };
            let plain = of(full).unwrap_or_else(|faults| panic!("{full}: {faults:?}"));
            // A trigger is an entry of a list; a metric's own settings are tried elsewhere.
            if path.contains("metric") || path.contains("policies") {
                continue;
            }
            let setting = path.replace("triggers.", "triggers[0].").replace("metrics.", "metrics[0].");
            let mut tree = tree::parse(&Source::new("p.toml", *full)).expect("it is TOML");
            let path = format!("scaling.{kind}.{setting}");
            let change = crate::scenario::source::Change { path: path.clone(), value: default.clone() };
            if matches!(path.as_str(), "scaling.keda-jobs.strategy") {
                continue;
            }
            crate::scenario::change::apply(&mut tree, &change).unwrap_or_else(|fault| panic!("{path}: {fault:?}"));
            let changed =
                own(&tree, false, &NoFiles, "p.toml".to_owned()).unwrap_or_else(|faults| panic!("{path}: {faults:?}"));
            assert_eq!(
                format!("{:?}", changed.controller),
                format!("{:?}", plain.controller),
                "{path} is not {default}"
            );
            tried += 1;
        }
        assert!(tried > 25, "only {tried} defaults were tried");
    }

    /// Their defaults are no provider's, so a policy of pods is the same under both sets; only a job's patience is ours.
    #[test]
    fn controllers_of_pods_have_the_same_defaults_under_both_sets() {
        let mut texts: Vec<String> = FULL.map(str::to_owned).to_vec();
        for window in [6, 14, 15, 61, 3_600] {
            texts.push(format!("scaling.kpa.window = \"{window}s\""));
        }
        for behavior in ["", "up.select = \"min\"", "down.window = \"1min\"", "down.select = \"disabled\""] {
            let held = format!("stabilisation = \"200s\", behavior = {{ {behavior} }}");
            texts.push(format!("scaling.hpa = {{ max = 9, metrics = [{{ cpu = \"50%\" }}], {held} }}"));
            texts.push(format!("scaling.keda = {{ triggers = [{{ target = 3 }}], hpa = {{ {held} }} }}"));
        }
        texts.push("scaling.keda-jobs = { triggers = [{ metric = \"visible\" }], strategy = \"custom\" }".to_owned());
        for text in texts {
            let of = |defaults: &str| {
                let policy = of(&format!("defaults = \"{defaults}\"\n{text}"));
                let Policy { mut controller, reads, .. } = policy.unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
                if let Controller::Jobs(jobs) = &mut controller {
                    assert_eq!(jobs.patience.take().is_some(), defaults == "documented");
                }
                format!("{controller:?} {reads:?}")
            };
            assert_eq!(of("documented"), of("textbook"), "{text}");
        }
    }

    #[test]
    fn a_pool_is_found_by_its_path_and_nothing_else_of_the_scenario_is_asked() {
        let text = "run.length = 3\n[topology.t.pool.p]\nscaling.asg = { max = 3, policies = [\"queue-length\"] }\n[topology.t.pool.r]\n";
        let source = Source::new("s.toml", text);
        let found = policy(&source, Some("t.p"), &NoFiles).expect("the policy is well, whatever the run is");
        assert_eq!((found.name.as_str(), found.reads.len()), ("s.toml:t.p", 1));
        for (path, what) in [
            ("t.q", "no pool `q`"),
            ("u.p", "no topology `u`"),
            ("t", "not the way to a pool"),
            ("t.r", "has no `scaling`"),
        ] {
            let faults = policy(&source, Some(path), &NoFiles).expect_err(path);
            assert!(faults[0].what.contains(what), "{}", faults[0].what);
        }
        let faults = policy(&source, None, &NoFiles).expect_err("a scenario is no policy");
        assert!(
            faults.iter().any(|fault| fault.advice.as_deref().is_some_and(|advice| advice.contains("TOPOLOGY.POOL")))
        );
    }
}
