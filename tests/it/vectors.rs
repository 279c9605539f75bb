//! What a provider's own pages say of Amazon SQS in numbers, played or read as scenarios. Both sides of each bound stand in
//! each table.

use queuelab::experiment::document::Document;
use queuelab::experiment::{Options, run};
use queuelab::scenario::{NoFiles, Source, read};

/// Whether a scenario with these lines of a queue, of a pool and of a step is taken.
fn is_taken(queue: &str, pool: &str, step: &str) -> bool {
    let text = format!(
        "run = {{ length = \"1h\", defaults = \"textbook\" }}\nworkload.jobs.arrivals = {{ poisson = {{ rate = \"1/min\" }} }}\n\
         work.serve = \"1s\"\n[topology.it.queue]\nq = {{ to = \"w\"{queue} }}\ndead = {{}}\n[topology.it.pool.front]\n\
         steps = [{{ send = \"q\"{step} }}]\n[topology.it.pool.w]\nsteps = [{{ work = \"serve\" }}]\n{pool}"
    );
    read(&Source::new("it.toml", text), &NoFiles, &[]).is_ok()
}

/// Amazon SQS API reference: SetQueueAttributes, SendMessage, ReceiveMessage, ChangeMessageVisibility.
#[test]
fn bounds_of_queues_are_those_of_the_provider() {
    for (queue, pool, step, taken) in [
        // DelaySeconds: 0 to 900.
        (", delay = \"0s\"", "", "", true),
        (", delay = \"900s\"", "", "", true),
        (", delay = \"901s\"", "", "", false),
        ("", "", ", delay = \"900s\"", true),
        ("", "", ", delay = \"901s\"", false),
        // FIFO queues have no delay per message, but one of the queue.
        (", fifo = true, delay = \"900s\"", "", "", true),
        (", fifo = true", "", ", delay = \"1s\"", false),
        // MessageRetentionPeriod: 60 s to 1,209,600 s.
        (", retention = \"59s\"", "", "", false),
        (", retention = \"60s\"", "", "", true),
        (", retention = \"1209600s\"", "", "", true),
        (", retention = \"1209601s\"", "", "", false),
        // VisibilityTimeout: up to 43,200 s, the ceiling from the receive on.
        (", visibility-timeout = \"43200s\", visibility-ceiling = \"12h\"", "", "", true),
        (", visibility-timeout = \"43201s\", visibility-ceiling = \"12h\"", "", "", false),
        // MaxNumberOfMessages: 1 to 10.
        ("", "poll.messages = 0\n", "", false),
        ("", "poll.messages = 1\n", "", true),
        ("", "poll.messages = 10\n", "", true),
        ("", "poll.messages = 11\n", "", false),
        // maxReceiveCount: 1 to 1,000.
        (", max-receive-count = 0, dead-letters = \"dead\"", "", "", false),
        (", max-receive-count = 1, dead-letters = \"dead\"", "", "", true),
        (", max-receive-count = 1000, dead-letters = \"dead\"", "", "", true),
        (", max-receive-count = 1001, dead-letters = \"dead\"", "", "", false),
    ] {
        assert_eq!(is_taken(queue, pool, step), taken, "{queue} {pool} {step}");
    }
}

fn play(text: &str) -> Document {
    let text = format!("run.defaults = \"textbook\"\nrun.replications = 1\n{text}");
    let scenario = read(&Source::new("it.toml", text), &NoFiles, &[]).unwrap_or_else(|why| panic!("{why:#?}"));
    run(&scenario, Options::default(), &|_| {}).unwrap_or_else(|why| panic!("{why}")).document
}

/// Requests that a queue is billed for, and their cost in dollars.
fn billed(document: &Document, queue: &str) -> (String, f64) {
    let lines = &document.topologies["it"].bill;
    let line = lines.iter().find(|line| line.node == format!("queue.{queue}")).expect("a line of the queue");
    (line.quantity.clone(), line.cost.parse().expect("money is a number"))
}

/// What idle pollers cost in 30 days at $0.40 for a million requests (Amazon SQS pricing; empty receives are billed as any
/// other): one thread with 20 s long polls 129,600 requests, $0.052; a hundred of them 12.96 million, $5.18; one short poll
/// each second 2.59 million, $1.04.
#[test]
fn idle_pollers_cost_what_their_polls_cost() {
    for (workers, poll, requests, cost) in [
        (1, "wait = \"20s\"", "129600", 0.051_84),
        (100, "wait = \"20s\"", "12960000", 5.184),
        // One at either end of the time.
        (1, "wait = \"0s\", sleep = \"1s\"", "2592001", 1.036_800_4),
    ] {
        let document = play(&format!(
            "run.length = \"30d\"\nworkload.jobs.arrivals = {{ scripted = [{{ at = \"0s\" }}] }}\nwork.serve = \"1s\"\n\
             [topology.it]\nentry = \"elsewhere\"\npool.elsewhere.steps = [{{ work = \"serve\" }}]\nqueue.q.to = \"w\"\n\
             [topology.it.pool.w]\nsteps = [{{ work = \"serve\" }}]\nworkers = {workers}\npoll = {{ {poll} }}\n"
        ));
        let (quantity, dollars) = billed(&document, "q");
        assert_eq!(quantity, requests, "{workers} with {poll}");
        assert!((dollars - cost).abs() < 1e-9, "{workers} with {poll}: {dollars}");
    }
}

/// The life of a small message is a send, a receive and a delete: three requests alone, and 0.3 in tens. A thousand of them:
/// $1.20 and $0.12 a million messages.
#[test]
fn messages_in_tens_cost_a_tenth() {
    let in_tens = "poll.messages = 10\nbatch = { at-most = 10, at-least = 10 }\n";
    for (every, copies, worker, requests) in [("10ms", 1, "", "3000"), ("100ms", 10, in_tens, "300")] {
        let times = 1_000 / copies;
        let calls: Vec<String> = (0..times).map(|_| "{ at = \"1s\" }".to_owned()).collect();
        let document = play(&format!(
            "workload.jobs.arrivals = {{ scripted = [{}] }}\nworkload.jobs.size = \"1KiB\"\nwork.serve = \"{every}\"\n\
             [topology.it]\npool.front.steps = [{{ send = \"q\", copies = {copies} }}]\nqueue.q.to = \"w\"\n\
             [topology.it.pool.w]\nsteps = [{{ work = \"serve\" }}]\n{worker}",
            calls.join(", ")
        ));
        assert_eq!(billed(&document, "q").0, requests, "{copies} a call");
    }
}

/// Of a batch of ten 25.6 KB are four requests, and one message of 1 MiB is sixteen.
#[test]
fn a_call_counts_each_64_kilobytes_of_its_payload() {
    for (copies, size, sends) in
        [(1, "64KiB", 1), (1, "65537B", 2), (1, "1MiB", 16), (10, "25600B", 4), (10, "1KiB", 1)]
    {
        let document = play(&format!(
            "run.length = \"1h\"\nworkload.jobs.arrivals = {{ scripted = [{{ at = \"1s\" }}] }}\n[topology.it]\n\
             pool.front.steps = [{{ send = \"q\", copies = {copies}, size = \"{size}\" }}]\nqueue.q = {{}}\n"
        ));
        assert_eq!(billed(&document, "q").0, sends.to_string(), "{copies} of {size}");
    }
}
