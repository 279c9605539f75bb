//! What has been read so far, and how it is joined: policies with groups, alarms with policies, queues with who receives.

use indexmap::IndexMap;

use crate::scenario::import::alarms::Alarm;
use crate::scenario::import::fragment::{Item, Keys, Out, Section, bare, quoted};
use crate::scenario::import::names::Names;
use crate::scenario::import::taking::{Findings, Origin};
use crate::scenario::import::{Remark, cloudwatch};

/// A pool and the controller that sizes it.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// What tells it from all others, whatever it is called.
    pub id: String,
    /// What it is called where it comes from.
    pub name: String,
    /// What it was read from, for people: ``ScaledObject `orders` ``.
    pub title: String,
    /// The word of its controller.
    pub word: &'static str,
    pub at: Origin,
    pub keys: Keys,
    pub scale_in: Keys,
    /// The keys without which its controller can't be.
    pub needs: &'static [&'static str],
}

impl Pool {
    /// A pool of which nothing more is said.
    pub fn new(id: String, name: String, word: &'static str, at: Origin, keys: Keys) -> Pool {
        Pool { id, name, title: String::new(), word, at, keys, scale_in: Keys::default(), needs: &[] }
    }
}

/// A queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// Where its attributes stand; `None` where others only name it.
    pub at: Option<Origin>,
    pub keys: Keys,
    /// Where a controller names it.
    pub named: Option<(Origin, String)>,
    /// The pools that receive from it.
    pub to: Vec<String>,
}

/// A policy of a group.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub group: String,
    pub name: String,
    /// By which alarms name it.
    pub arn: Option<String>,
    pub path: String,
    pub at: Origin,
    pub does: Does,
}

/// What a policy does.
#[derive(Clone, Debug)]
pub(super) enum Does {
    /// All of it is known.
    Whole(Item),
    /// It keeps a metric of a queue at a target; a backlog for each instance, maybe.
    Tracks { keys: Keys, queue: String, is_backlog: bool },
    /// It waits for an alarm.
    Alarmed { word: &'static str, alarms: Vec<String>, strides: Vec<Stride>, rest: Keys },
}

/// One step of a policy, from and to so far beyond the alarm's threshold.
#[derive(Clone, Debug)]
pub(super) struct Stride {
    pub from: Option<(f64, Origin)>,
    pub to: Option<(f64, Origin)>,
    pub change: (&'static str, Item),
    pub at: Origin,
}

/// What has been read so far.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// How many documents were known.
    pub read: usize,
    pub policies: Vec<Policy>,
    pub alarms: IndexMap<String, Alarm>,
    pools: IndexMap<String, Pool>,
    queues: IndexMap<String, Queue>,
    /// Of which region and account a queue of a name is, and where that stands.
    homes: IndexMap<String, (String, Origin)>,
    zones: Option<(Vec<String>, Origin)>,
}

impl Plan {
    /// Another pool; two that size the same workers are one too many.
    pub fn pool(&mut self, pool: Pool, found: &mut Findings) {
        if let Some(other) = self.pools.get(&pool.id) {
            let what = format!("`{}` is sized by {} and by {}", pool.name, other.title, pool.title);
            let advice = "a pool has one controller: import one of them at a time";
            found.refuse("E108", &other.at, what.clone(), advice);
            return found.refuse("E108", &pool.at, what, advice);
        }
        self.pools.insert(pool.id.clone(), pool);
    }

    /// A queue, by its own name.
    pub fn queue(&mut self, name: &str) -> &mut Queue {
        self.queues.entry(name.to_owned()).or_default()
    }

    /// A queue is named by its address or ARN: its own name. Two of one name in different accounts or regions are one too
    /// many.
    pub fn addressed(&mut self, address: &str, at: &Origin, found: &mut Findings) -> String {
        let (home, name) = parted(address);
        let Some(home) = home else { return name };
        match self.homes.get(&name) {
            Some((other, there)) if *other != home => {
                let what = format!("there are two queues `{name}`: of {other} and of {home}");
                let advice = "import them one after the other: a queue is known by its name here";
                found.refuse("E108", there, what.clone(), advice);
                found.refuse("E108", at, what, advice);
            }
            Some(_) => {}
            None => {
                self.homes.insert(name.clone(), (home, at.clone()));
            }
        }
        name
    }

    /// A pool receives from a queue.
    pub fn receives(&mut self, queue: &str, pool: &str, at: &Origin, path: &str) {
        let queue = self.queue(queue);
        queue.named.get_or_insert_with(|| (at.clone(), path.to_owned()));
        if !queue.to.iter().any(|to| to == pool) {
            queue.to.push(pool.to_owned());
        }
    }

    /// The zones of a group: those of the topology, if all groups are in the same.
    pub fn zones(&mut self, zones: Vec<String>, at: &Origin, path: &str, found: &mut Findings) {
        match &self.zones {
            None if zones.is_empty() => {}
            None => self.zones = Some((zones, at.clone())),
            Some((others, _)) if others.iter().all(|zone| zones.contains(zone)) && others.len() == zones.len() => {}
            Some((others, _)) => {
                let why = format!(
                    "differs from that of another group, and a topology has one list of zones: `{}` stands here",
                    others.join("`, `")
                );
                found.unread(at, path, why);
            }
        }
    }

    /// Joins all that was read, and makes tables of it.
    pub fn sections(mut self, topology: &str, found: &mut Findings) -> Sections {
        self.join(found);
        let mut names = Names::default();
        let mut called = |wanted: &str, kind: &str, found: &mut Findings| {
            let name = names.give(wanted, kind);
            if name != wanted {
                found.note(format!("`{wanted}` is called `{name}` here"));
            }
            name
        };
        let queues: IndexMap<String, String> =
            self.queues.keys().map(|queue| (queue.clone(), called(queue, "queue", found))).collect();
        let pools: IndexMap<String, String> =
            self.pools.values().map(|pool| (pool.id.clone(), called(&pool.name, "workers", found))).collect();
        let path = |keys: &[&str]| -> Vec<String> {
            ["topology", topology].iter().chain(keys).map(|key| (*key).to_owned()).collect()
        };
        let mut list = Vec::new();
        if let Some((zones, at)) = &self.zones {
            let names = zones.iter().map(|zone| Item::word(zone, at.clone())).collect();
            let mut keys = Keys::default();
            keys.put("zones", Some(Item::new(Out::List(names), at.clone())));
            list.push(Section::new(path(&[]), Some(at.clone()), keys, &[]));
        }
        for (own, queue) in &self.queues {
            let mut keys = Keys::default();
            let to: Vec<Item> = queue
                .to
                .iter()
                .filter_map(|id| pools.get(id))
                .map(|name| Item::loose(Out::Text(name.clone())))
                .collect();
            keys.put(
                "to",
                match to.as_slice() {
                    [] => None,
                    [one] => Some(one.clone()),
                    _ => Some(Item::loose(Out::List(to))),
                },
            );
            keys.0.extend(queue.keys.0.clone());
            let at = queue.at.clone().or(queue.named.as_ref().map(|(at, _)| at.clone()));
            list.push(Section::new(path(&["queue", &queues[own]]), at, keys, &[]));
        }
        for pool in self.pools.values() {
            let name = pools[&pool.id].as_str();
            if !pool.scale_in.is_empty() {
                let keys = pool.scale_in.clone();
                list.push(Section::new(path(&["pool", name, "scale-in"]), Some(pool.at.clone()), keys, &[]));
            }
            let path = path(&["pool", name, "scaling", pool.word]);
            list.push(Section::new(path, Some(pool.at.clone()), pool.keys.clone(), pool.needs));
        }
        let fed: Vec<&String> = self.queues.values().flat_map(|queue| &queue.to).collect();
        Sections {
            topology: topology.to_owned(),
            pools: pools.iter().map(|(id, name)| (name.clone(), fed.contains(&id))).collect(),
            received: self
                .queues
                .iter()
                .filter(|(_, queue)| !queue.to.is_empty())
                .map(|(own, _)| queues[own].clone())
                .collect(),
            queues,
            list,
        }
    }

    fn join(&mut self, found: &mut Findings) {
        let mut used: Vec<String> = Vec::new();
        let policies = std::mem::take(&mut self.policies);
        for policy in &policies {
            if !self.pools.contains_key(&policy.group) {
                self.unbounded(policy, found);
            }
            let item = match policy.does.clone() {
                Does::Whole(item) => item,
                Does::Tracks { keys, queue, is_backlog } => {
                    self.receives(&queue, &policy.group, &policy.at, &policy.path);
                    let one = |other: &Policy| match &other.does {
                        Does::Tracks { queue: other, .. } => *other == queue,
                        Does::Whole(_) | Does::Alarmed { .. } => true,
                    };
                    // With one queue before the pool it is plain which backlog is meant.
                    let is_plain = is_backlog && policies.iter().filter(|other| other.group == policy.group).all(one);
                    let keys = if is_plain { backlog(keys) } else { keys };
                    Item::choice("target-tracking", keys.table(policy.at.clone()))
                }
                Does::Alarmed { word, alarms, strides, rest } => {
                    used.extend(alarms.iter().cloned());
                    self.alarmed(policy, word, &alarms, &strides, rest, found)
                }
            };
            let pool = &mut self.pools[&policy.group];
            match pool.keys.0.iter_mut().find(|(key, _)| key == "policies") {
                Some((_, Item { out: Out::List(list), .. })) => list.push(item),
                _ => pool.keys.put("policies", Some(Item::new(Out::List(vec![item]), policy.at.clone()))),
            }
        }
        for (name, alarm) in &self.alarms {
            if Alarm::is_own(name) {
                found.note(
                    "alarms that target tracking made for itself are left out: a policy of a scenario makes its own",
                );
            } else if !used.contains(name) {
                let why = format!("`{name}` sets off none of the step or simple policies that were imported");
                found.unread(&alarm.at, alarm.path.clone(), why);
            }
        }
        for (name, queue) in &self.queues {
            if let (None, Some((at, path))) = (&queue.at, &queue.named) {
                let why = format!(
                    "names the queue `{name}`, whose attributes are not here: import what `aws sqs get-queue-attributes \
                     --attribute-names All` prints of it, too"
                );
                found.unread(at, path.clone(), why);
            }
        }
    }

    /// A group that only its policies name: its bounds can't be known.
    fn unbounded(&mut self, policy: &Policy, found: &mut Findings) {
        let group = &policy.group;
        let why = format!(
            "is of group `{group}`, whose bounds are not here: import what `aws autoscaling describe-auto-scaling-groups` \
             prints of it, too"
        );
        found.unread(&policy.at, policy.path.clone(), why);
        let mut keys = Keys::default();
        keys.put("max", Some(Item::loose(Out::Blank)));
        let title = format!("group `{group}`");
        let pool = Pool::new(group.clone(), group.clone(), "asg", policy.at.clone(), keys);
        self.pools.insert(group.clone(), Pool { title, needs: &["max"], ..pool });
    }

    /// A policy with its alarm, or with a blank in its place.
    fn alarmed(
        &mut self,
        policy: &Policy,
        word: &str,
        alarms: &[String],
        strides: &[Stride],
        rest: Keys,
        found: &mut Findings,
    ) -> Item {
        for other in alarms.iter().skip(1) {
            let why = format!(
                "is set off by the alarm `{other}`, too, and a policy of a scenario has one: write another policy"
            );
            found.unread(&policy.at, policy.path.clone(), why);
        }
        let name = alarms.first();
        let read = match name.map(|name| (name, self.alarms.get(name))) {
            None => Err("is set off by no alarm: leave it out, or write its `metric` and `when`".to_owned()),
            Some((name, None)) => Err(format!(
                "is set off by the alarm `{name}`, whose metric and threshold are not here: import what `aws cloudwatch \
                 describe-alarms` prints, too"
            )),
            Some((name, Some(alarm))) => alarm
                .of(&policy.group, policy.arn.as_deref())
                .map_err(|why| format!("is set off by the alarm `{name}`, which {why}")),
        };
        let (mut keys, form) = match read {
            Ok((keys, form, queue)) => {
                if let Some(queue) = queue {
                    self.receives(&queue, &policy.group, &policy.at, &policy.path);
                }
                (keys, form)
            }
            Err(why) => {
                found.unread(&policy.at, policy.path.clone(), format!("(`{}`) {why}", policy.name));
                let mut keys = Keys::default();
                keys.put("metric", Some(Item::loose(Out::Blank)));
                keys.put("when", Some(Item::loose(Out::Blank)));
                (keys, cloudwatch::Form::Number)
            }
        };
        if word == "step" {
            let steps = strides.iter().map(|stride| stride.item(form)).collect();
            keys.put("steps", Some(Item::new(Out::List(steps), policy.at.clone())));
        }
        keys.0.extend(rest.0);
        Item::choice(word, keys.table(policy.at.clone()))
    }
}

impl Stride {
    fn item(&self, form: cloudwatch::Form) -> Item {
        let mut keys = Keys::default();
        for (key, end) in [("from", &self.from), ("to", &self.to)] {
            keys.put(key, end.as_ref().map(|(value, at)| form.item(*value, at.clone())));
        }
        keys.put(self.change.0, Some(self.change.1.clone()));
        keys.table(self.at.clone())
    }
}

/// The region and account of a queue, and its name, from its address (`https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`) or ARN
/// (`arn:aws:sqs:REGION:ACCOUNT:NAME`).
fn parted(address: &str) -> (Option<String>, String) {
    let parts: Vec<&str> = address.trim_end_matches('/').rsplit(['/', ':']).collect();
    let name = parts.first().copied().unwrap_or(address).to_owned();
    let account =
        parts.get(1).filter(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
    let region = parts.get(2).map(|host| host.strip_prefix("sqs.").unwrap_or(host).trim_end_matches(".amazonaws.com"));
    let home = account.zip(region).map(|(account, region)| format!("account {account} in {region}"));
    (home, name)
}

/// The short form of the visible messages for each instance in service.
fn backlog(keys: Keys) -> Keys {
    let renamed = keys.0.into_iter().filter(|(key, _)| key != "metric").map(|(key, item)| match key.as_str() {
        "target" => ("backlog-per-instance".to_owned(), item),
        _ => (key, item),
    });
    Keys(renamed.collect())
}

/// Columns of a comment.
const WIDTH: usize = 110;

/// An entry of a list in comments, cut at blanks.
fn item(line: &str) -> String {
    let mut text = String::new();
    let mut row = "# -".to_owned();
    for word in line.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty())
    {
        if row.chars().count() + 1 + word.chars().count() > WIDTH && row.len() > 3 {
            text += &(row + "\n");
            row = "#  ".to_owned();
        }
        row = format!("{row} {word}");
    }
    text + &row + "\n"
}

/// Tables of a topology.
#[derive(Debug)]
pub(super) struct Sections {
    pub topology: String,
    pub list: Vec<Section>,
    /// Pools by their names here, and whether a queue feeds them.
    pub pools: Vec<(String, bool)>,
    /// Queues that somebody receives from.
    pub received: Vec<String>,
    /// Names of queues here, by their own.
    queues: IndexMap<String, String>,
}

impl Sections {
    /// How many nodes they are.
    pub fn nodes(&self) -> usize {
        self.pools.len() + self.queues.len()
    }

    /// The tables alone, those that can stand.
    pub fn standing(&self) -> String {
        let whole = self.list.iter().filter(|section| section.is_whole());
        whole.map(|section| section.text(&|queue| self.name(queue)) + "\n").collect()
    }

    fn name(&self, queue: &str) -> String {
        self.queues.get(queue).cloned().unwrap_or_else(|| queue.to_owned())
    }

    /// The whole fragment: what it is from, what is not in it, and its tables.
    pub fn text(&self, files: &[&str], unread: &[Remark], described: &[String], notes: &[String]) -> String {
        let mut text = format!("# Imported from {}.\n", files.join(", "));
        if !self.pools.is_empty() {
            let example = format!("[topology.{}.pool.{}]", bare(&self.topology), bare(&self.pools[0].0));
            text +=
                &format!("# Each pool still needs its `steps`, such as `steps = [{{ work = {} }}]`,\n", quoted("NAME"));
            text += &format!("# under a header of its own: `{example}`.\n");
        }
        let mut part = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                text += &format!("#\n# {title}:\n");
                lines.iter().for_each(|line| text += &item(line));
            }
        };
        part("To know", notes.to_vec());
        part("Not understood, or missing", unread.iter().map(Remark::to_string).collect());
        let all = described.join(", ");
        part("Describes, and decides nothing", if all.is_empty() { Vec::new() } else { vec![all] });
        for section in &self.list {
            text += "\n";
            text += &section.text(&|queue| self.name(queue));
        }
        text
    }
}
