//! Scenarios of event buses and schedules.

use queuelab::experiment::document::Finding;

use super::{figure, found, near, verdict};

/// Three nights. The function is cut off three times a night, 9 × 900 s of 1.7275 GB at $0.0000166667 are $0.2332, and three
/// reports lie among the dead letters, none of them done. A task works for 20 min a night beside its start and end, at
/// $0.04048 + 2 × $0.004445 an hour; a machine for 72 h at $0.085 is some forty times as dear.
#[test]
fn a_nightly_report_of_twenty_minutes_is_no_work_for_a_function() {
    let document = found("cron-nightly.toml", 2);
    let of = |topology: &str, node: &str, name: &str| {
        document.topologies[topology].nodes[node].figures[name].value.expect("it is measured")
    };
    let days = 3.0 * 86_400.0;
    let function = of("function", "function.report", "cost.total");
    assert!((0.2332..0.2345).contains(&function), "{function}");
    near(of("function", "function.report", "throughput") * days, 9.0);
    // Nobody has sent them, and all the same the first of three is in a new environment, and each is cut off after 15 minutes.
    near(of("function", "function.report", "cold-starts"), 1.0 / 3.0);
    assert!((900.0..901.0).contains(&of("function", "function.report", "service.mean")));
    // The third attempts are over at 3:48, 27:48 and 51:48, so that one letter lies there for a third of the time, …
    let letters = of("function", "queue.failed", "visible");
    assert!((letters - (72.0 - 3.8 + 72.0 - 27.8 + 72.0 - 51.8) / 72.0).abs() < 0.01, "{letters}");
    let task = of("task", "pool.reporter", "cost.total");
    assert!((0.05..0.07).contains(&task), "{task}");
    assert!(of("machine", "pool.reporter", "cost.total") > 30.0 * task);
    for done in ["task", "machine"] {
        near(of(done, "pool.reporter", "throughput") * days, 3.0);
        near(of(done, "bus.default", "delivered") * days, 3.0);
        near(of(done, "bus.default", "cost.total"), 0.0);
    }
    near(figure(&document, "function", "lost"), 0.0);
}

/// Two lines of a hundred: the bus itself costs nothing, as S3's events on the default bus are free, and the function's runs
/// of 0.12 s of 1.73 GB are $0.0000035 a video. It adds its latency and the function's start before half a minute of work.
#[test]
fn to_hear_of_an_upload_from_the_bucket_costs_tenths_of_a_second_and_hardly_any_money() {
    let document = found("event-driven-upload.toml", 4);
    let bus = &document.topologies["heard"].nodes["bus.default"].figures;
    let of = |name: &str| bus[name].value.expect("it is measured");
    near(of("cost.total"), 0.0);
    near(of("matched"), 1.0);
    near(of("discarded"), 0.0);
    // Measured: 130 ms in the middle and 390 ms for one in a hundred.
    assert!((0.12..0.14).contains(&of("latency.p50")) && (0.33..0.45).contains(&of("latency.p99")));
    for topology in ["told", "heard"] {
        assert_eq!(verdict(&document, topology, "completion.p95"), Finding::Met, "{topology}");
        assert_eq!(figure(&document, topology, "lost"), 0.0, "{topology}");
    }
    let later = figure(&document, "heard", "completion.mean") - figure(&document, "told", "completion.mean");
    assert!((0.0..1.5).contains(&later), "{later}");
    let sooner = figure(&document, "told", "answer.mean") - figure(&document, "heard", "answer.mean");
    assert!(sooner > 0.1, "{sooner}");
    let cost = |topology| figure(&document, topology, "cost.month");
    assert!((0.98..1.02).contains(&(cost("heard") / cost("told"))), "{} and {}", cost("heard"), cost("told"));
}
