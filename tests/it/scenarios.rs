//! What each shipped scenario is there to show. A few replications suffice: the findings are far wider than chance.

mod acts;
mod events;
mod regret;

use std::fs;

use queuelab::experiment::document::{Document, Finding};
use queuelab::experiment::{Options, run};
use queuelab::scenario::{Change, Loader, Source, read};

struct Folder;

impl Loader for Folder {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(format!("scenarios/{path}")).map_err(|error| error.to_string())
    }
}

/// What a scenario of the folder finds.
fn found(name: &str, replications: u32) -> Document {
    let source = Source::new(name, fs::read_to_string(format!("scenarios/{name}")).expect("the scenario is there"));
    let scenario = read(&source, &Folder, &[]).expect("a test of its own reads every shipped scenario");
    let options = Options { replications: Some(replications), ..Options::default() };
    run(&scenario, options, &|_| {}).expect("nothing cancels it").document
}

/// A figure of a topology.
fn figure(document: &Document, topology: &str, name: &str) -> f64 {
    let figure = document.topologies[topology].figures.get(name);
    figure.and_then(|figure| figure.value).unwrap_or_else(|| panic!("{topology} has no {name}"))
}

/// How a topology fared with a goal.
fn verdict(document: &Document, topology: &str, of: &str) -> Finding {
    let verdict = document.goals.iter().find(|verdict| verdict.topology == topology && verdict.of == of);
    verdict.unwrap_or_else(|| panic!("{topology} has no verdict on {of}")).verdict
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= expected.abs() * 0.005 + 1e-9, "{found} is not {expected}");
}

/// By hand: one machine ends at 30, 50 and 70 s what came at 10 s. The group looks at 60 s, wants three, has them
/// after 15 + 45 s at 120 s, and they end at 140 s; the look at 180 s finds nothing, so each ran from 75 to 180 s.
/// 600 s × $0.096 / 3600 s = $0.016; 3 × 105 s of it = $0.0084. Nine requests of a queue cost $0.0000036.
#[test]
fn three_messages_wait_for_three_machines() {
    let document = found("queue-of-three.toml", 1);
    near(figure(&document, "machine", "completion.mean"), 40.0);
    near(figure(&document, "group", "completion.mean"), 130.0);
    near(figure(&document, "machine", "cost.total"), 0.016 + 3.6e-6);
    near(figure(&document, "group", "cost.total"), 0.0084 + 3.6e-6);
}

/// The processing is away for 4 min of 450 at 20/min, where 450 min bring about 4,100: 2 % fail where it is called.
#[test]
fn a_queue_loses_nothing_to_an_outage_and_answers_before_the_work_is_done() {
    let document = found("video-upload.toml", 6);
    for calling in ["monolith", "tiered", "balanced"] {
        let lost = figure(&document, calling, "lost");
        assert!((0.01..0.04).contains(&lost), "{calling} loses {lost}");
        assert_eq!(verdict(&document, calling, "lost"), Finding::Missed);
        assert!(figure(&document, calling, "answer.mean") > 40.0);
        assert!(figure(&document, "decoupled", "cost.month") < figure(&document, calling, "cost.month"));
    }
    assert!(figure(&document, "decoupled", "lost") < 0.001);
    assert!(figure(&document, "decoupled", "answer.mean") < 1.0);
    // What it costs: the work is done later than where somebody waits for it.
    assert!(figure(&document, "decoupled", "completion.mean") > figure(&document, "monolith", "completion.mean"));
    assert_eq!(verdict(&document, "decoupled", "completion.p99"), Finding::Met);
    // The rest of the ladder has queues, too, and loses as little. Functions never wait for a machine; what stands ready for
    // each piece by itself, or twice, costs more.
    for sending in ["micro", "ecs", "functions"] {
        assert!(figure(&document, sending, "lost") < 0.001, "{sending}");
        assert_eq!(verdict(&document, sending, "completion.p99"), Finding::Met, "{sending}");
        assert_eq!(verdict(&document, sending, "cost.month"), Finding::Met, "{sending}");
        assert!(figure(&document, "decoupled", "cost.month") < figure(&document, sending, "cost.month"), "{sending}");
    }
    assert!(
        figure(&document, "functions", "completion.mean") < 0.8 * figure(&document, "decoupled", "completion.mean")
    );
}

/// Six of the 110 minutes that count: 5.45 % of the uploads.
#[test]
fn what_calls_a_tier_fails_with_it_and_what_sends_to_it_waits() {
    let document = found("processing-outage.toml", 6);
    let lost = figure(&document, "tiered", "lost");
    assert!((0.045..0.065).contains(&lost), "{lost}");
    assert_eq!(figure(&document, "decoupled", "lost"), 0.0);
    assert_eq!(figure(&document, "decoupled", "availability"), 1.0);
    assert_eq!(verdict(&document, "tiered", "availability"), Finding::Missed);
    assert!(figure(&document, "decoupled", "completion.p99") > 200.0);
}

/// Machines that need a minute cannot follow a crowd that comes in five: attempts time out, are repeated, and are
/// served after nobody waits for them any more. Who raised the group before, or does only the urgent part, sells.
#[test]
fn scaling_comes_too_late_for_a_flash_crowd() {
    let document = found("black-friday.toml", 6);
    assert!(figure(&document, "scaled", "lost") > 0.2);
    for holds in ["fixed", "planned", "decoupled"] {
        assert!(figure(&document, holds, "lost") < 0.001, "{holds} loses");
        assert_eq!(verdict(&document, holds, "answer.p95"), Finding::Met, "{holds}");
    }
    assert_eq!(verdict(&document, "fixed", "cost.month"), Finding::Missed);
    assert_eq!(verdict(&document, "planned", "cost.month"), Finding::Met);
    assert_eq!(verdict(&document, "decoupled", "cost.month"), Finding::Met);
}

/// 2,000 documents × 40 s on six vCPUs take 3.7 h, on eight 2.8 h; a group that starts with the work is done within an
/// hour, for a sixth of the money.
#[test]
fn a_night_of_work_needs_no_machine_by_day() {
    let document = found("overnight-batch.toml", 4);
    let hours = |topology| figure(&document, topology, "completion.max") / 3_600.0;
    assert!((3.5..4.0).contains(&hours("always-on")), "{}", hours("always-on"));
    assert!((2.6..3.1).contains(&hours("timetable")), "{}", hours("timetable"));
    assert!(hours("group") < 1.0);
    assert!(figure(&document, "group", "cost.month") * 4.0 < figure(&document, "always-on", "cost.month"));
    assert_eq!(verdict(&document, "always-on", "cost.month"), Finding::Missed);
    assert_eq!(verdict(&document, "group", "cost.month"), Finding::Met);
}

/// Of 20 minutes the database stands still for one, 5 %. Where three tiers try three times each, ten orders a second make
/// 270 queries, and it can do 40: none of the last 15 minutes, 75 %, is ever answered. After a first minute of 270 its line
/// grows by 230 a second for 14: over the run 230 × 870² ÷ 2 ÷ 1200, about 72,000 on average.
#[test]
fn retries_that_multiply_keep_a_database_down_and_a_budget_lets_it_up() {
    let document = found("retry-storm.toml", 4);
    let lost = |topology| figure(&document, topology, "lost");
    let in_line = |topology: &str| {
        let line = document.topologies[topology].nodes["pool.database"].figures["in-line"].value;
        line.expect("there are slots to wait for")
    };
    for storm in ["storm", "jitter"] {
        assert!((0.74..0.76).contains(&lost(storm)), "{storm} loses {}", lost(storm));
        let line = in_line(storm);
        assert!((62_000.0..80_000.0).contains(&line), "{storm}: {line} stand in line");
        assert_eq!(verdict(&document, storm, "lost"), Finding::Missed);
    }
    for over in ["once", "budget", "one-tier-breaker"] {
        assert!((0.04..0.09).contains(&lost(over)), "{over} loses {}", lost(over));
        assert!(in_line(over) < 500.0, "{over}");
        assert_eq!(verdict(&document, over, "lost"), Finding::Met);
    }
    // A breaker spares the database, and alone does not save the orders from the tiers above.
    assert!(in_line("breaker") < 500.0);
    assert!((0.35..0.55).contains(&lost("breaker")), "{}", lost("breaker"));
    assert!(lost("one-tier-breaker") < lost("once") && lost("once") < lost("one-tier"));
    assert!(lost("one-tier") < 0.3, "{}", lost("one-tier"));
}

/// A group that kills whom it likes pays for the work twice, and its messages wait out their visibility timeout of 15 min;
/// a protected worker goes when it has ended. Nothing else differs.
#[test]
fn a_group_that_shrinks_kills_work_unless_it_is_protected() {
    let document = found("scale-in-kills-work.toml", 4);
    let p95 = |topology| figure(&document, topology, "completion.p95");
    assert!(p95("killed") > 900.0 && p95("protected") < 500.0, "{} {}", p95("killed"), p95("protected"));
    let month = |topology| figure(&document, topology, "cost.month");
    assert!(month("protected") < month("killed") * 0.8, "{} {}", month("protected"), month("killed"));
    assert_eq!(verdict(&document, "killed", "completion.p95"), Finding::Missed);
    assert_eq!(verdict(&document, "protected", "completion.p95"), Finding::Met);
}

/// Spot costs a third; a job whose machine was taken waits 45 min for its message, unless that was handed back.
#[test]
fn machines_that_are_taken_back_are_cheap_and_hand_their_work_back() {
    let document = found("spot-fleet.toml", 4);
    let month = |topology| figure(&document, topology, "cost.month");
    for fleet in ["spot", "handed-back"] {
        let share = month(fleet) / month("on-demand");
        assert!((0.3..0.38).contains(&share), "{fleet} costs {share} of it");
    }
    let p99 = |topology| figure(&document, topology, "completion.p99");
    assert!(p99("spot") > 45.0 * 60.0, "{}", p99("spot"));
    assert!(p99("handed-back") < p99("spot"), "{} {}", p99("handed-back"), p99("spot"));
    assert!(figure(&document, "handed-back", "completion.mean") < figure(&document, "spot", "completion.mean"));
}

/// An hour of 230 min that count is 26 %: who has all in one zone loses as much, and who keeps too few loses more. Who has
/// enough loses what the balancer sends into the dark until its checks have told: half of some 50 s of 4/s at the most, of
/// 55,000.
#[test]
fn a_zone_that_goes_away_is_survived_by_who_has_enough_elsewhere() {
    let document = found("zone-loss.toml", 4);
    let lost = |topology| figure(&document, topology, "lost");
    assert!((0.24..0.29).contains(&lost("one-zone")), "{}", lost("one-zone"));
    assert!(lost("two-zones") > lost("one-zone"), "{}", lost("two-zones"));
    assert!(lost("twice") < 0.004, "{}", lost("twice"));
    assert!(lost("healed") < 0.03, "{}", lost("healed"));
    let month = |topology| figure(&document, topology, "cost.month");
    assert!(month("twice") > 1.8 * month("two-zones"));
    assert!(month("healed") < 1.2 * month("two-zones"), "{}", month("healed"));
}

/// By the law of the work (p50 18 s, p95 50 s) one video in five takes longer than 30 s: ln(30/18) / (ln(50/18) / 1.645)
/// is 0.82 standard deviations, beyond which 20.5 % lie. With idle workers none of its deliveries is ever the newest at
/// its end: it is worked on without end, or put aside though every one of its deliveries was good work.
#[test]
fn work_longer_than_its_message_is_hidden_is_done_again_and_again() {
    let document = found("visibility-too-short.toml", 6);
    assert!(figure(&document, "default", "duplicates") > 0.5, "{}", figure(&document, "default", "duplicates"));
    let lost = figure(&document, "put-aside", "lost");
    assert!((0.17..0.24).contains(&lost), "{lost}");
    for well in ["longer", "heartbeat"] {
        assert!(figure(&document, well, "duplicates") < 0.001, "{well}");
        assert_eq!(verdict(&document, well, "lost"), Finding::Met, "{well}");
        assert_eq!(verdict(&document, well, "completion.p95"), Finding::Met, "{well}");
    }
    assert_eq!(verdict(&document, "default", "duplicates"), Finding::Missed);
}

/// 3.3 of six workers are busy with orders. A poison message that nothing puts aside takes 4 s of each 34 s for ever:
/// 360 of them in six hours would need 42 workers, so the queue grows and every order waits with them. Put aside after
/// three tries they cost 3 × 4 s a minute.
#[test]
fn poison_messages_take_all_workers_unless_they_are_put_aside() {
    let document = found("poison-message.toml", 6);
    // Without a limit they come to be more and more, and there is no steady state.
    assert!(figure(&document, "for-ever", "growth") > 0.0);
    assert!(figure(&document, "put-aside", "completion.p95") < 600.0);
    assert_eq!(verdict(&document, "for-ever", "orders.completion.p99"), Finding::Missed);
    assert_eq!(verdict(&document, "put-aside", "orders.lost"), Finding::Met);
    assert_eq!(verdict(&document, "put-aside", "orders.completion.p99"), Finding::Met);
}

/// 10,000 invoices of half a second are 5,000 s of work; six of ten workers that others leave idle do it in 14 min, and
/// forty with four in use in 2 min 20 s. Whoever comes meanwhile waits for all of it, but in a fair queue only for a worker
/// to become free.
#[test]
fn a_fair_queue_keeps_a_noisy_neighbour_from_all_others() {
    let document = found("noisy-neighbour.toml", 4);
    let late = |topology: &str| {
        let others = &document.topologies[topology].workloads["others"].figures["completion.p99"];
        others.value.expect("many came")
    };
    assert!(late("shared") > 300.0, "{}", late("shared"));
    assert!(late("more") > 60.0, "{}", late("more"));
    assert!(late("fair") < 10.0, "{}", late("fair"));
    for topology in ["shared", "fair", "more"] {
        assert_eq!(figure(&document, topology, "lost"), 0.0, "{topology}");
    }
}

/// Messages for each machine in service, of none: no datapoint, no alarm, no machine, and nothing is ever done. What works
/// where nobody is does all of it.
#[test]
fn target_tracking_by_the_backlog_of_each_machine_never_leaves_zero() {
    let document = found("stuck-at-zero.toml", 6);
    assert_eq!(figure(&document, "stuck", "lost"), 1.0);
    assert_eq!(figure(&document, "stuck", "lost.unfinished"), 1.0);
    assert!(figure(&document, "stuck", "cost.month") < 1.0, "only messages are paid for");
    for going in ["never-empty", "first-step", "metric-math"] {
        assert!(figure(&document, going, "lost") < 0.001, "{going}");
        assert_eq!(verdict(&document, going, "completion.p95"), Finding::Met, "{going}");
    }
}

/// 4/s × 1.6 s need 6.4 machines, at 70 % 9.1. A rest of 20 s from when a machine runs ends while it boots for two minutes,
/// so three more are asked for once a minute and go again; five minutes are enough to see what came of it. Without
/// warm-up, target tracking shrinks on a share that a new machine's first minute has lowered.
#[test]
fn a_rest_shorter_than_the_boot_flaps() {
    let document = found("flapping.toml", 6);
    let started = |topology: &str| {
        let figure = document.topologies[topology].nodes["pool.app"].figures["workers.started"].value;
        figure.expect("it is counted")
    };
    assert!(started("impatient") > 2.0 * started("rests"), "{} {}", started("impatient"), started("rests"));
    assert!(started("rests") > started("warm-up"));
    assert!(started("no-warm-up") > 5.0 * started("warm-up"), "{} {}", started("no-warm-up"), started("warm-up"));
    let p95 = |topology| figure(&document, topology, "answer.p95");
    assert!(p95("impatient") > p95("rests") && p95("rests") > p95("warm-up"));
    assert!(figure(&document, "impatient", "cost.month") > figure(&document, "rests", "cost.month"));
    assert_eq!(verdict(&document, "rests", "app.workers.started"), Finding::Met);
    assert_eq!(verdict(&document, "impatient", "app.workers.started"), Finding::Missed);
}

/// Three machines serve 6/s, and 8/s come: in line and given up after 10 s. Each minute that the alarm waits is a minute of
/// the 35 that count in which most attempts time out: 3 % for one point, some seven minutes (20 %) for three with what
/// comes before and after them, and with a point in five minutes, three of which are over at 2 h 15 min, more than half.
#[test]
fn each_point_that_an_alarm_waits_for_is_paid_with_lost_calls() {
    let document = found("alarm-delay.toml", 10);
    let lost = |topology| figure(&document, topology, "lost");
    assert!(lost("no-delay") < 0.001, "{}", lost("no-delay"));
    assert!(lost("one-point") < 0.1, "{}", lost("one-point"));
    assert!((0.15..0.3).contains(&lost("three-points")), "{}", lost("three-points"));
    assert!((0.6..0.8).contains(&lost("basic")), "{}", lost("basic"));
    assert_eq!(verdict(&document, "no-delay", "answer.p95"), Finding::Met);
    assert_eq!(verdict(&document, "three-points", "lost"), Finding::Missed);
}

/// A machine at a third of its pace serves 1/3 a second of the 1/2 that it gets in turn: within minutes its line is longer
/// than anybody waits. After the hour 600 stand there, most of whom have given up, and it takes 20 min more to serve them: a
/// quarter of 80 of 170 min is 11.8 %, less the first minutes. The others could serve 3 a second beside it, and 2 come.
#[test]
fn who_deals_out_in_turn_loses_what_a_slow_machine_gets() {
    let document = found("one-slow-worker.toml", 4);
    let lost = figure(&document, "in-turn", "lost");
    assert!((0.09..0.12).contains(&lost), "{lost}");
    for good in ["to-the-least-busy", "queued"] {
        assert_eq!(verdict(&document, good, "completion.p99"), Finding::Met, "{good}");
        assert_eq!(verdict(&document, good, "lost"), Finding::Met, "{good}");
    }
}

/// A server that refuses is taken out after two checks in a row: between 30 and 60 s at one every 30 s, 5 and 10 s at one
/// every 5 s. So long a quarter of 20/s is lost, of 144,000 in two hours; all of it where the one that fails at once is the
/// least busy; and next to nothing where another attempt comes to the next server.
#[test]
fn a_dead_server_costs_requests_until_two_checks_have_failed() {
    let document = found("dead-server.toml", 6);
    let lost = |topology| figure(&document, topology, "lost");
    let share = |seconds: f64| 20.0 * seconds / 144_000.0;
    let within = |topology, low: f64, high: f64| {
        // Poisson about, of a hundred and more: a fifth to either side is two deviations of the mean of six.
        let found = lost(topology);
        assert!((0.8 * share(low)..1.2 * share(high)).contains(&found), "{topology} loses {found}");
    };
    within("usual", 30.0 / 4.0, 60.0 / 4.0);
    within("often", 5.0 / 4.0, 10.0 / 4.0);
    within("least-outstanding", 0.8 * 30.0, 60.0);
    assert!(lost("least-outstanding") > 2.5 * lost("usual"));
    assert!(lost("tried-again") < 0.1 * lost("usual"), "{}", lost("tried-again"));
    assert_eq!(verdict(&document, "usual", "lost"), Finding::Missed);
    assert_eq!(verdict(&document, "often", "lost"), Finding::Met);
}

/// Four t3.large for 730 h cost 4 × $60.74 = $242.94, and what they compute beyond 30 % is 4 × 2 vCPUs × 30 % × 730 h × $0.05 =
/// $87.60 more, where the m5.large cost $280.32; each with the front's calls. At its baseline a standard one can do half of what
/// comes, so that the queue grows all day.
#[test]
fn a_burstable_machine_is_slow_or_dear_where_the_load_is_steady() {
    let document = found("burst-credits.toml", 6);
    let month = |topology| figure(&document, topology, "cost.month");
    assert!((month("t3-unlimited") - 242.94 - 87.6).abs() < 12.0, "{}", month("t3-unlimited"));
    assert!((month("m5") - 280.32).abs() < 3.0, "{}", month("m5"));
    assert!((month("t3-standard") - 242.94).abs() < 3.0, "{}", month("t3-standard"));
    // It has no steady state: what its machines do without credits is less than what comes.
    assert!(figure(&document, "t3-standard", "growth") > 0.0);
    assert_eq!(document.topologies["t3-standard"].figures["completion.p95"].value, None);
    for fast in ["t3-unlimited", "m5"] {
        assert_eq!(verdict(&document, fast, "completion.p95"), Finding::Met, "{fast}");
    }
    assert_eq!(verdict(&document, "t3-unlimited", "cost.month"), Finding::Missed);
    assert_eq!(verdict(&document, "m5", "cost.month"), Finding::Met);
}

/// Stopped machines that are there within a minute help nearly as much as running ones, for the price of their volumes.
#[test]
fn a_warm_pool_of_stopped_machines_is_fast_and_cheap() {
    let document = found("warm-pool.toml", 6);
    let (p95, month) = (|of| figure(&document, of, "completion.p95"), |of| figure(&document, of, "cost.month"));
    assert!(p95("warm") < p95("cold") * 0.6 && p95("warm-running") < p95("warm"), "{} {}", p95("warm"), p95("cold"));
    assert!(month("warm") < month("cold") * 1.3 && month("warm-running") > month("warm") * 2.0);
    assert_eq!(verdict(&document, "cold", "completion.p95"), Finding::Missed);
    assert_eq!(verdict(&document, "warm", "completion.p95"), Finding::Met);
    for dear in ["warm-running", "always-enough"] {
        assert_eq!(verdict(&document, dear, "cost.month"), Finding::Missed, "{dear}");
    }
}

/// 1/s of 30 s each need thirty pods, of four on a machine, for 20 min twice a day. On machines that stand there they start
/// within a poll of KEDA (30 s). Karpenter's machines are there after a minute, a Cluster Autoscaler's after three and a half,
/// each with its image of 16 s; and machines that come and go are paid for in less than a tenth of the day.
#[test]
fn machines_that_must_come_first_cost_a_burst_minutes_and_save_the_night() {
    let document = found("cold-cluster.toml", 8);
    let p99 = |topology| figure(&document, topology, "completion.p99");
    let (standing, karpenter, autoscaler) = (p99("standing"), p99("karpenter"), p99("autoscaler"));
    assert!((15.0..90.0).contains(&(karpenter - standing)), "{karpenter} {standing}");
    assert!((90.0..210.0).contains(&(autoscaler - standing)), "{autoscaler} {standing}");
    let cost = |topology| figure(&document, topology, "cost.month");
    assert!(cost("karpenter") < cost("autoscaler") && cost("autoscaler") < 0.1 * cost("standing"));
    let machines = |topology: &str| document.topologies[topology].nodes["cluster.own"].figures["workers.ready"].value;
    assert_eq!(machines("standing"), Some(10.0));
    assert_eq!(verdict(&document, "standing", "cost.month"), Finding::Missed);
    assert_eq!(verdict(&document, "autoscaler", "completion.p99"), Finding::Missed);
    for finding in ["completion.p99", "cost.month"] {
        assert_eq!(verdict(&document, "karpenter", finding), Finding::Met, "{finding}");
    }
}

/// 30/min × 20 s need ten workers, for one hour of three. KEDA pays for that hour alone and starts within half a minute;
/// pods that are busy with a full queue tell the HPA only that they are busy, so it asks for more until the queue is empty;
/// the group waits for three points of a minute and then for its machines.
#[test]
fn keda_follows_a_queue_sooner_than_a_group_and_cheaper_than_the_cpu() {
    let document = found("hpa-vs-keda-vs-asg.toml", 6);
    for topology in ["hpa", "keda", "asg"] {
        assert!(figure(&document, topology, "lost") < 0.001, "{topology}");
    }
    let cost = |topology| figure(&document, topology, "cost.month");
    assert!(
        cost("keda") < cost("asg") && cost("keda") < cost("hpa"),
        "{} {} {}",
        cost("keda"),
        cost("asg"),
        cost("hpa")
    );
    let p95 = |topology| figure(&document, topology, "completion.p95");
    assert!(p95("keda") < p95("asg"), "{} {}", p95("keda"), p95("asg"));
    assert_eq!(verdict(&document, "asg", "completion.p95"), Finding::Missed);
    for holds in ["hpa", "keda"] {
        assert_eq!(verdict(&document, holds, "completion.p95"), Finding::Met, "{holds}");
    }
}

/// Renders take a quarter of an hour. Five minutes after the last one was received nothing is visible any more, and who
/// counts that alone takes the pods away; 30 s later they are killed, and their messages come back an hour after they
/// were received.
#[test]
fn who_does_not_count_messages_in_flight_kills_the_work_on_them() {
    let document = found("in-flight-matters.toml", 6);
    let mean = |topology| figure(&document, topology, "completion.mean");
    assert!(mean("visible") > 1.5 * mean("in-flight"), "{} {}", mean("visible"), mean("in-flight"));
    let received = |topology: &str| {
        let figure = document.topologies[topology].nodes["queue.films"].figures["receives"].value;
        figure.expect("it is counted")
    };
    assert!(received("visible") > 1.2 * received("in-flight"), "{} {}", received("visible"), received("in-flight"));
    assert_eq!(verdict(&document, "in-flight", "completion.p95"), Finding::Met);
    assert_eq!(verdict(&document, "visible", "completion.p95"), Finding::Missed);
}

/// Two files a minute, five minutes of work each: ten jobs at work. By the strategies that fit there is a job for each
/// file; where those at work are counted and not taken off, each look makes as many more as are at work.
#[test]
fn a_strategy_that_does_not_fit_its_metric_makes_too_many_jobs_or_too_few() {
    let document = found("runaway-jobs.toml", 6);
    let started = |topology: &str| {
        let figure = document.topologies[topology].nodes["pool.converters"].figures["workers.started"].value;
        figure.expect("it is counted")
    };
    let fits = started("default");
    assert!((started("accurate") - fits).abs() < 0.2 * fits, "{} {fits}", started("accurate"));
    assert!(started("runaway") > 3.0 * fits, "{} {fits}", started("runaway"));
    let cost = |topology| figure(&document, topology, "cost.month");
    assert!(cost("runaway") > 1.2 * cost("default"), "{} {}", cost("runaway"), cost("default"));
    let p95 = |topology| figure(&document, topology, "completion.p95");
    assert!(p95("starving") > 1.5 * p95("default"), "{} {}", p95("starving"), p95("default"));
}

/// More than fifteen minutes take 2.0 % of the videos (ln 15/4 ÷ (ln 18/4 ÷ 2.326) = 2.04 standard deviations), each of them
/// in all of its three tries: the work is the video's. More memory is more vCPUs, of which the work uses one.
#[test]
fn a_function_loses_what_takes_longer_than_fifteen_minutes_and_pays_for_it_three_times() {
    let document = found("fifteen-minutes.toml", 8);
    let lost = |topology| figure(&document, topology, "lost");
    assert!((0.012..0.032).contains(&lost("function")), "{}", lost("function"));
    near(lost("faster"), lost("function"));
    assert_eq!(lost("machines"), 0.0);
    assert_eq!(verdict(&document, "function", "lost"), Finding::Missed);
    assert_eq!(verdict(&document, "machines", "lost"), Finding::Met);
    let cost = |topology| figure(&document, topology, "cost.month");
    // 10240 ÷ 1769 = 5.79 times the memory for the same time.
    assert!((5.7..5.9).contains(&(cost("faster") / cost("function"))), "{}", cost("faster") / cost("function"));
}

/// At 1.5 calls an hour and idle lifetimes of 5 to 60 min nearly half of the calls are cold: the mean of e^(−1.5 T) over two
/// uniform halves, 5 to 40 and 40 to 60 min, is 0.44. Kept ready is 1.73 GB × $0.0000041667 × 2,628,000 s = $18.9 a month.
#[test]
fn an_environment_kept_ready_takes_cold_starts_away_and_costs_thousands_of_times_the_calls() {
    let document = found("provisioned-or-not.toml", 8);
    let cold = |topology: &str| {
        document.topologies[topology].nodes["function.api"].figures["cold-starts"].value.expect("it was called")
    };
    assert!((0.40..0.50).contains(&cold("on-demand")), "{}", cold("on-demand"));
    assert!(cold("kept-ready") < 0.005, "{}", cold("kept-ready"));
    assert_eq!(verdict(&document, "on-demand", "answer.p95"), Finding::Missed);
    for holds in ["kept-ready", "another-language"] {
        assert_eq!(verdict(&document, holds, "answer.p95"), Finding::Met, "{holds}");
    }
    let cost = |topology| figure(&document, topology, "cost.month");
    assert!((18.8..19.1).contains(&cost("kept-ready")), "{}", cost("kept-ready"));
    assert!(cost("kept-ready") > 1_000.0 * cost("on-demand"), "{}", cost("on-demand"));
}

/// Six orders a second for two minutes, of which five environments do about three: some 360 wait at the end. Pollers that know
/// nothing of that receive them, are refused, and let go what is then visible again: after three receives it is put aside. As
/// many pollers as environments receive what can be done at once, and lose none but those (four in a million) whose work takes
/// longer than a run may.
#[test]
fn pollers_that_are_not_capped_put_healthy_messages_aside() {
    let document = found("lambda-throttle-trap.toml", 6);
    let lost = |topology| figure(&document, topology, "lost");
    assert!(lost("trap") > 0.02, "{}", lost("trap"));
    near(figure(&document, "trap", "lost.dead-lettered"), lost("trap"));
    assert!(lost("patient") < 0.5 * lost("trap"), "{}", lost("patient"));
    assert!(lost("capped") < 0.0001, "{}", lost("capped"));
    assert_eq!(verdict(&document, "trap", "lost"), Finding::Missed);
    assert_eq!(verdict(&document, "capped", "lost"), Finding::Met);
    assert_eq!(verdict(&document, "capped", "completion.p99"), Finding::Met);
    let of = |topology: &str, node: &str, name: &str| {
        document.topologies[topology].nodes[node].figures[name].value.expect("it is counted")
    };
    assert!(of("trap", "queue.orders", "pollers") > 5.0 && of("capped", "queue.orders", "pollers") <= 5.0);
    assert_eq!(of("capped", "function.book", "throttled"), 0.0);
}

/// A function of one vCPU costs 1.73 GB × $0.0000166667 × 0.41 s = $0.0000118 a picture, and nothing for being there; two
/// machines, or two tasks, and a balancer cost some $140 a month before anybody comes. So the lines cross between one picture
/// every ten seconds and thirty a second. Tasks on machines cost what the same machines cost without them but for the minutes'
/// metrics of those, and machines that wait for tasks to leave. What pictures cost on their way out is the same for all.
#[test]
fn a_function_is_cheap_for_few_pictures_and_dear_for_many() {
    let at = |rate: &str| {
        let source =
            Source::new("image-resize.toml", fs::read_to_string("scenarios/image-resize.toml").expect("it is there"));
        let path = "workload.uploads.arrivals.poisson.rate".to_owned();
        let change = Change { path, value: format!("\"{rate}\"") };
        let scenario = read(&source, &Folder, &[change]).expect("another rate is no mistake");
        let options = Options { replications: Some(2), ..Options::default() };
        let document = run(&scenario, options, &|_| {}).expect("nothing cancels it").document;
        ["machines", "ecs", "fargate", "function"].map(|topology| figure(&document, topology, "cost.month"))
    };
    let [machines, ecs, fargate, function] = at("0.1/s");
    assert!(function < 0.1 * machines.min(ecs).min(fargate), "{function}, {machines}, {ecs}, {fargate}");
    assert!((0.95..1.01).contains(&(ecs / machines)), "two machines each: {ecs}, {machines}");
    let [machines, ecs, fargate, function] = at("30/s");
    assert!(function > 1.1 * machines && function > 1.05 * fargate, "{function}, {machines}, {fargate}");
    assert!(fargate > machines && fargate > ecs, "{fargate}, {machines}, {ecs}");
    assert!((0.9..1.3).contains(&(ecs / machines)), "{ecs}, {machines}");
}

/// A figure of a node.
fn of_node(document: &Document, topology: &str, node: &str, name: &str) -> f64 {
    let figure = document.topologies[topology].nodes[node].figures.get(name);
    figure.and_then(|figure| figure.value).unwrap_or_else(|| panic!("{node} of {topology} has no {name}"))
}

/// What the nodes of a topology tell of where the time of a request went, added up.
fn time(document: &Document, topology: &str, what: &str) -> f64 {
    let nodes = document.topologies[topology].nodes.values();
    nodes.filter_map(|node| node.figures.get(&format!("time.{what}"))?.value).sum()
}

/// The works of an order take 0.52 s on average, those of the bank aside: 0.02 + 0.03 + 0.12 + 0.03 · 1 + 0.04 + 0.02 + 0.12 +
/// 0.08 + 0.03 + 0.02 + 0.01. Both topologies do them; the ten services add queues and ways, and ten tasks where three are
/// enough.
#[test]
fn ten_services_do_the_same_work_for_more_money() {
    let document = found("orders-microservices.toml", 2);
    let bank = |topology: &str| of_node(&document, topology, "service.bank", "time.work");
    for topology in ["one", "ten"] {
        let work = time(&document, topology, "work") - bank(topology);
        assert!((work - 0.52).abs() < 0.02, "{topology} works for {work} s on an order");
        assert!(figure(&document, topology, "lost") < 0.001);
        assert_eq!(verdict(&document, topology, "completion.p99"), Finding::Met);
    }
    assert!((bank("one") - bank("ten")).abs() < 0.01, "the same orders");
    assert!(time(&document, "ten", "way") > 3.0 * time(&document, "one", "way"));
    let (one, ten) = (figure(&document, "one", "cost.month"), figure(&document, "ten", "cost.month"));
    assert!((2.5..4.5).contains(&(ten / one)), "{ten} and {one}");
    let sent = |topology: &str| -> f64 {
        let lines = document.topologies[topology].bill.iter().filter(|line| line.item.starts_with("sqs."));
        lines.map(|line| line.quantity.parse::<f64>().expect("a number")).sum()
    };
    assert!(sent("ten") > 7.0 * sent("one"), "{} and {}", sent("ten"), sent("one"));
    assert!(of_node(&document, "ten", "pool.archive", "join.mean") > 0.0);
}

/// One after the other a photo's sizes take 4.8 s on average. Side by side, the poster alone takes 3 s: no more than a third is
/// gained, and the three others wait for the longest.
#[test]
fn side_by_side_takes_as_long_as_the_longest() {
    let document = found("photo-thumbnails.toml", 3);
    let work = |topology: &str| time(&document, topology, "work");
    assert!((work("one-by-one") - work("side-by-side")).abs() < 0.2, "the same work");
    let (one, many) =
        (figure(&document, "one-by-one", "completion.mean"), figure(&document, "side-by-side", "completion.mean"));
    assert!((0.6..0.9).contains(&(many / one)), "{many} s and {one} s");
    assert!(many > 3.0 + 0.15, "the poster alone takes 3 s");
    let join = of_node(&document, "side-by-side", "pool.album", "time.join");
    assert!(join > 3.0, "three wait for the longest: {join} s");
    assert!(figure(&document, "side-by-side", "cost.month") > figure(&document, "one-by-one", "cost.month"));
    assert!(figure(&document, "side-by-side", "lost") < 0.001);
}
