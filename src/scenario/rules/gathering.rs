//! Pools that gather have something to gather, and keep those themselves who wait.

use crate::cloud::topology::DEFAULT_BUS;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::step::Step;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, Way, deeds, edges, entry, node_place, reached};

pub(super) const RULE: Rule = Rule {
    about: "a pool that gathers is sent branches of a fan-out, one by one, neither called nor behind a balancer",
    check,
};

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        let gathers = topology.pool.iter().filter(|(_, pool)| pool.gather == Some(true));
        for (pool_name, pool) in gathers {
            let place = node_place(name, Kind::Pool, pool_name);
            for edge in edges(name, topology).iter().filter(|edge| edge.to == pool_name) {
                let (what, advice) = match edge.way {
                    Way::Call => (
                        format!("`{pool_name}` gathers what is sent, and is called here"),
                        "a call to several nodes waits for all of them by itself; use `send` for a pool that gathers",
                    ),
                    Way::Route => (
                        format!("`{pool_name}` gathers, and would do so behind a balancer, worker by worker"),
                        "lead to it directly, or through a queue",
                    ),
                    _ => continue,
                };
                complaints.push(Complaint::error("E108", edge.place.clone(), what).advise(advice));
            }
            let messages = pool.poll.as_ref().and_then(|poll| poll.messages).filter(|messages| messages.0 > 1);
            for (there, at) in
                [(pool.batch.is_some(), place.then("batch")), (messages.is_some(), place.then("poll").then("messages"))]
            {
                if there {
                    let what = format!("`{pool_name}` gathers branches one by one, and would take several together");
                    complaints.push(Complaint::error("E108", at.key(), what).advise("take one of the two out"));
                }
            }
            if !sight.is_at_fault(&place) && !is_fanned_out_to(sight, name, topology, pool_name) {
                let what = format!("nothing that comes to `{pool_name}` is one of several: there is nothing to gather");
                complaints.push(
                    Complaint::error("E108", place.then("gather").key(), what)
                        .advise("before it, `send` to several nodes or with `copies`, `notify` several, or let rules of a bus lead to several; or take it out"),
                );
            }
        }
    }
    complaints
}

/// Whether something sends several pieces, of which some may come to a pool: a step that requests come to, or a bus by itself.
fn is_fanned_out_to(sight: &Sight<'_>, name: &str, topology: &Topology, pool: &str) -> bool {
    let (nodes, edges, deeds) = (sight.nodes(name), edges(name, topology), deeds(name, topology));
    let comes_to_it = |targets: &[&str], workload: &str| {
        let ways = targets.iter().flat_map(|target| edges.iter().filter(|edge| edge.to == *target)).map(|edge| edge.to);
        ways.into_iter().any(|to| to == pool || reached(&edges, to, workload).contains(pool))
    };
    // Schedules and machines need no request, and only one bus hears of them.
    let background = targets_of(topology, DEFAULT_BUS);
    background.len() > 1 && comes_to_it(&background, "")
        || sight.declared("workload").into_iter().any(|workload| {
            let Ok(from) = entry(topology, &nodes, &edges, workload) else { return true };
            let comes = reached(&edges, from, workload);
            deeds.iter().filter(|deed| comes.contains(deed.node)).any(|deed| {
                let targets = pieces(topology, deed.step);
                targets.len() > 1 && comes_to_it(&targets, workload)
            })
        })
}

/// Whom the rules of a bus send events to; where that is another bus, those whom it sends them to.
fn targets_of<'a>(topology: &'a Topology, bus: &'a str) -> Vec<&'a str> {
    let (mut known, mut ahead, mut targets) = (vec![bus], vec![bus], Vec::new());
    while let Some(bus) = ahead.pop() {
        let rules = topology.bus.get(bus).into_iter().flat_map(|bus| bus.rule.values());
        for to in rules.flat_map(|rule| rule.to.names.iter().map(String::as_str)) {
            match topology.bus.contains_key(to) {
                true if known.contains(&to) => (),
                true => {
                    known.push(to);
                    ahead.push(to);
                }
                false => targets.push(to),
            }
        }
    }
    targets
}

/// Whom a step sends pieces of a request to, each as often as it may be sent one, though not more than twice.
fn pieces<'a>(topology: &'a Topology, step: &'a Step) -> Vec<&'a str> {
    let copies = step.copies.map_or(1, |copies| copies.0.min(2)) as usize;
    let sent = step.send.iter().flat_map(|to| &to.names).map(String::as_str);
    let sent = sent.flat_map(|to| std::iter::repeat_n(to, copies));
    let bucket = step.put.as_ref().and_then(|bucket| topology.bucket.get(bucket));
    let notified = bucket.and_then(|bucket| bucket.notify.as_ref()).into_iter().flat_map(|to| &to.names);
    let told =
        bucket.and_then(|bucket| bucket.bus.as_deref()).into_iter().chain(step.event.as_ref().map(|it| it.bus()));
    sent.chain(notified.map(String::as_str)).chain(told.flat_map(|bus| targets_of(topology, bus))).collect()
}

#[cfg(test)]
mod tests {
    use crate::scenario::{NoFiles, Source, read};

    fn told(topology: &str) -> Vec<(&'static str, String)> {
        let text = format!(
            "run = {{ length = \"1h\" }}\nwork = {{ serve = \"2s\" }}\nworkload.jobs.arrivals = {{ poisson = {{ rate = \"1/h\" }} }}\n{topology}"
        );
        match read(&Source::new("joins.toml", text), &NoFiles, &[]) {
            Ok(scenario) => scenario.warnings.into_iter().map(|told| (told.code, told.what)).collect(),
            Err(complaints) => complaints.into_iter().map(|told| (told.code, told.what)).collect(),
        }
    }

    #[test]
    fn branches_of_a_fan_out_are_gathered_wherever_they_come_from() {
        let none: Vec<(&str, String)> = Vec::new();
        let direct = "[topology.t.pool]\nfront = { steps = [{ send = [\"a\", \"b\"] }] }\na = { steps = [{ send = \"join\" }] }\n\
                      b = { steps = [{ send = \"join\" }] }\njoin = { steps = [{ work = \"serve\" }], gather = true }\n";
        assert_eq!(told(direct), none);
        let queued = "[topology.t]\npool.front = { steps = [{ choose = [{ share = \"50%\", steps = [{ send = \"q\", copies = 3 }] }] }] }\n\
                      queue.q.to = \"join\"\npool.join = { steps = [{ work = \"serve\" }], gather = true }\n";
        assert_eq!(told(queued), none);
        let join = "pool.join = { steps = [{ work = \"serve\" }], gather = true }\n";
        let published = format!(
            "[topology.t]\npool.front = {{ steps = [{{ event = {{ source = \"shop\", detail-type = \"order\", bus = \"b\" }} }}] }}\n\
             bus.b.rule.r = {{ pattern = {{ source = [\"shop\"] }}, to = [\"one\", \"two\"] }}\n\
             pool.one = {{ steps = [{{ send = \"join\" }}] }}\npool.two = {{ steps = [{{ send = \"join\" }}] }}\n{join}"
        );
        assert_eq!(told(&published), none);
        let through_another = published.replace("to = [\"one\", \"two\"]", "to = \"c\"")
            + "bus.c.rule.r = { pattern = { source = [\"shop\"] }, to = [\"one\", \"two\"] }\n";
        assert_eq!(told(&through_another), none);
        let nightly = format!(
            "[topology.t]\nentry = \"join\"\nbus.default.rule.r = {{ schedule = {{ every = \"1h\" }}, to = [\"one\", \"two\"] }}\n\
             pool.one = {{ steps = [{{ send = \"join\" }}] }}\npool.two = {{ steps = [{{ send = \"join\" }}] }}\n{join}"
        );
        assert_eq!(told(&nightly), none);
        let stored = format!(
            "[topology.t]\nentry = \"front\"\npool.front = {{ steps = [{{ put = \"b\" }}] }}\nbucket.b.notify = [\"one\", \"join\"]\n\
             pool.one = {{ steps = [{{ send = \"join\" }}] }}\n{join}"
        );
        assert_eq!(told(&stored), none);
    }

    #[test]
    fn who_gathers_nothing_or_could_not_is_told() {
        let lonely = "[topology.t.pool]\nfront = { steps = [{ send = \"join\" }] }\njoin = { steps = [{ work = \"serve\" }], gather = true }\n";
        let what = "nothing that comes to `join` is one of several: there is nothing to gather".to_owned();
        assert_eq!(told(lonely), [("E108", what)]);
        let called = "[topology.t.pool]\nfront = { steps = [{ send = [\"a\", \"join\"] }] }\na = { steps = [{ call = \"join\" }] }\n\
                      join = { steps = [{ work = \"serve\" }], gather = true }\n";
        assert_eq!(told(called), [("E108", "`join` gathers what is sent, and is called here".to_owned())]);
        let behind = "[topology.t]\npool.front = { steps = [{ send = \"lb\", copies = 2 }] }\nbalancer.lb.to = \"join\"\n\
                      pool.join = { steps = [{ work = \"serve\" }], gather = true }\n";
        let what = "`join` gathers, and would do so behind a balancer, worker by worker".to_owned();
        assert_eq!(told(behind), [("E108", what)]);
        let together = "[topology.t]\npool.front = { steps = [{ send = \"join\", copies = 2 }] }\n\
                        pool.join = { steps = [{ work = \"serve\" }], gather = true, batch.at-most = 3 }\n";
        let what = "`join` gathers branches one by one, and would take several together".to_owned();
        assert_eq!(told(together), [("E108", what)]);
    }
}
