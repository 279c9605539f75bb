//! Worked values, each from a document, each with its source.

use super::{answer, sizes};

/// The one look of a document.
fn only(text: &str) -> queuelab::experiment::replay::LookDocument {
    let mut looks = answer(text).policies.remove(0).looks;
    assert_eq!(looks.len(), 1, "{text}");
    looks.remove(0)
}

/// Kubernetes documentation, *Horizontal Pod Autoscaling*, the formula and its tolerance: 4 pods at a target of 50 %.
#[test]
fn hpa_utilisation() {
    for (percent, wanted) in [(45, 4), (54, 4), (56, 5), (75, 6), (200, 16), (10, 1)] {
        let policy = "scaling.hpa = { max = 100, metrics = [{ cpu = \"50%\" }] }";
        let as_pods = format!(
            "{policy}\n[[look]]\nreplicas = 4\npods = [{{ count = 4, usage = \"{}m\", request = 1 }}]",
            percent * 10
        );
        let as_mean = format!("{policy}\n[[look]]\nreplicas = 4\nvalues = {{ cpu = \"{percent}%\" }}");
        for text in [as_pods, as_mean] {
            let look = only(&text);
            assert_eq!(look.recommended, Some(wanted), "{percent} %: {}\n{text}", look.why);
        }
    }
}

/// The same page, on metrics that are shared: a target of 5 for each of 20 replicas.
#[test]
fn hpa_average_value() {
    for (total, wanted) in [(100, 20), (109, 20), (112, 23), (89, 18)] {
        let look = only(&format!(
            "scaling.hpa = {{ max = 100, metrics = [{{ average-value = {{ metric = \"backlog\", target = 5 }} }}] }}\n\
             [[look]]\nreplicas = 20\nvalues = {{ backlog = {total} }}"
        ));
        assert_eq!(look.recommended, Some(wanted), "{total}: {}", look.why);
    }
}

/// The same page, *Default behavior*: 20 are wanted of 1; the first sync makes 4 without `behavior` and 5 with it.
#[test]
fn hpa_first_sync() {
    for (behavior, first) in [("", 4), (", behavior = {}", 5)] {
        let look = only(&format!(
            "scaling.hpa = {{ max = 100{behavior}, metrics = [{{ average-value = {{ metric = \"backlog\", target = 5 }} }}] }}\n\
             [[look]]\nreplicas = 1\nvalues = {{ backlog = 100 }}"
        ));
        assert_eq!((look.recommended, look.desired), (Some(20), first), "{}", look.why);
    }
}

/// The same page: the ramps from 1 to 100, the demand there all the time.
#[test]
fn hpa_ramps() {
    for (behavior, ramp) in [("", [4, 8, 16, 32, 64, 100]), (", behavior = {}", [5, 10, 20, 40, 80, 100])] {
        let looks = "[[look]]\nvalues = { backlog = 100 }\n".repeat(6);
        let found = sizes(&format!(
            "workers = 1\nscaling.hpa = {{ max = 100{behavior}, metrics = [{{ average-value = {{ metric = \"backlog\", target = 1 }} }}] }}\n{looks}"
        ));
        assert_eq!(found, ramp);
    }
}

/// KEDA documentation, *AWS SQS Queue*: what is in flight counts, so 0 visible and 40 in flight at 5 are 8.
#[test]
fn keda_in_flight() {
    let text = "scaling.keda = { triggers = [{}] }\n[[look]]\nreplicas = 10\nvalues = { visible = 0, in-flight = 40 }";
    let looks = answer(text).policies.remove(0).looks;
    let by: Vec<(&str, u32)> = looks.iter().map(|look| (look.by.as_str(), look.desired)).collect();
    assert_eq!(by, [("keda", 10), ("hpa", 8)]);
}

/// KEDA documentation, *ScaledObject specification*, `metricType`, and the HPA's way with a `Value`: 10 of which 5 are ready,
/// at 5 for the whole backlog, both sides of the tolerance of a tenth.
#[test]
fn keda_value() {
    let of = |kind: &str, backlog: f64| {
        let looks = answer(&format!(
            "scaling.keda = {{ triggers = [{{ target = 5{kind} }}] }}\n\
             [[look]]\nreplicas = 10\nready = 5\nvalues = {{ backlog = {backlog} }}"
        ))
        .policies
        .remove(0)
        .looks;
        looks.last().and_then(|look| look.recommended).expect("the HPA asks for so many")
    };
    let value = |backlog| of(", type = \"value\"", backlog);
    assert_eq!([4.4, 4.5, 5.5, 5.6, 25.0].map(value), [5, 10, 10, 6, 25]);
    let average = |backlog| of(", type = \"average-value\"", backlog);
    assert_eq!([44.0, 45.0, 55.0, 56.0].map(average), [9, 10, 10, 12]);
    assert_eq!(of("", 56.0), 12);
}

/// KEDA documentation, *Scaling Jobs*: q = 20, target 1, at most 100, 8 running, 3 pending.
#[test]
fn keda_jobs() {
    for (strategy, created) in [
        ("\"default\"", 12),
        ("\"accurate\"", 17),
        ("\"eager\"", 20),
        ("{ custom = { deduct = 2, running = \"50%\" } }", 14),
    ] {
        let look = only(&format!(
            "scaling.keda-jobs = {{ triggers = [{{ target = 1 }}], strategy = {strategy} }}\n\
             [[look]]\nvalues = {{ backlog = 20 }}\nrunning = 8\npending = 3"
        ));
        assert_eq!(look.created, Some(created), "{strategy}: {}", look.why);
    }
}

/// Knative documentation, *Configuring the autoscaler*: a target of 70, 1 ready, a panic average of 300: 5, in panic.
#[test]
fn kpa_panic() {
    let look = only("scaling.kpa = {}\n[[look]]\nstable = 50\npanic = 300\nready = 1");
    assert_eq!((look.desired, look.panic), (5, Some(true)), "{}", look.why);
    // The same of what was measured: 300 in each of the last six seconds, nothing before.
    let measured: Vec<String> = (55..=60).map(|second| format!("[\"{second}s\", 300]")).collect();
    let text = format!(
        "scaling.kpa = {{}}\n[[look]]\nat = \"60s\"\nready = 1\nconcurrency = [[\"1s\", 0], {}]",
        measured.join(", ")
    );
    let look = only(&text);
    assert_eq!((look.desired, look.panic, look.metric), (5, Some(true), Some(30.0)), "{}", look.why);
}

/// Amazon CloudWatch user guide, *Configuring how CloudWatch alarms treat missing data*: T1 and T2, every row, in the order
/// missing, ignore, breaching, not breaching; and T3, alarms that go off early.
#[test]
fn alarms_with_gaps() {
    let state = |points: &str, of: (u16, u16), missing: &str, before: &str| {
        let datapoints: Vec<&str> = points
            .chars()
            .map(|point| match point {
                '0' => "0",
                'X' => "1",
                _ => "\"missing\"",
            })
            .collect();
        let text = format!(
            "alarm = {{ when = {{ above = 0.5 }}, points = {}, of = {}, missing = \"{missing}\", state = \"{before}\", datapoints = [{}] }}",
            of.0,
            of.1,
            datapoints.join(", ")
        );
        answer(&text).alarm.expect("an alarm was asked for").state
    };
    for (of, points, expected) in [
        ((3, 3), "0-X-X", "OOOO"),
        ((3, 3), "0----", "OOOO"),
        ((3, 3), "-----", "I=AO"),
        ((3, 3), "0XX-X", "AAAA"),
        ((3, 3), "--X--", "A=AO"),
        ((2, 3), "0-X-X", "AAAA"),
        ((2, 3), "00X0X", "AAAA"),
        ((2, 3), "0-X--", "OOAO"),
        ((2, 3), "----0", "OOAO"),
        ((2, 3), "---X-", "A=AO"),
    ] {
        for (missing, expected) in ["missing", "ignore", "breaching", "not-breaching"].into_iter().zip(expected.chars())
        {
            for before in ["insufficient-data", "ok", "alarm"] {
                let expected = match expected {
                    'O' => "ok",
                    'A' => "alarm",
                    'I' => "insufficient-data",
                    _ => before,
                };
                assert_eq!(state(points, of, missing, before), expected, "{points} {of:?} {missing} after {before}");
            }
        }
    }
    for (points, off) in [("----X", false), ("---X-", false), ("--X--", true)] {
        assert_eq!(state(points, (3, 3), "missing", "ok") == "alarm", off, "{points}");
    }
}

/// The guide's group around 50 %: +10 % from 60, +30 % from 70; −10 % to 40, −30 % to 30.
const GUIDE: &str = "defaults = \"textbook\"\n[scaling.asg]\nmin = 0\nmax = 100\ndesired = 10\npolicies = [
  { step = { metric = { recorded = { name = \"m\" } }, when = { at-least = 60 }, steps = [
    { from = 0, to = 10, change = \"10%\" }, { from = 10, change = \"30%\" }] } },
  { step = { metric = { recorded = { name = \"m\" } }, when = { at-most = 40 }, steps = [
    { from = -10, to = 0, change = \"-10%\" }, { to = -10, change = \"-30%\" }] } }]\n";

/// The sizes after each row of two policies: what the second leaves.
fn walk(text: &str, policies: usize) -> Vec<u32> {
    sizes(text).into_iter().skip(policies - 1).step_by(policies).collect()
}

/// EC2 Auto Scaling user guide, *Step and simple scaling policies* (T4): without warm-up 10 → 11 → 14 → 13 → 10.
#[test]
fn steps_without_warm_up() {
    let looks: Vec<String> = [60, 70, 40, 30].iter().map(|m| format!("[[look]]\nvalues = {{ m = {m} }}\n")).collect();
    assert_eq!(walk(&format!("{GUIDE}{}", looks.concat()), 2), [11, 14, 13, 10]);
}

/// The same page (T5), the eleventh still warming up: 60 → 11, 62 → 11, 70 → 13.
#[test]
fn steps_with_warm_up() {
    let looks = "[[look]]\nvalues = { m = 60 }\n[[look]]\nvalues = { m = 62 }\nin-service = 11\nwarm = 10\n\
                 [[look]]\nvalues = { m = 70 }\nin-service = 11\nwarm = 10\n";
    assert_eq!(walk(&format!("{GUIDE}{looks}"), 2), [11, 11, 13]);
}

/// One step policy that changes by this at once.
fn step(settings: &str, change: &str, min_change: u32) -> String {
    let least = if min_change > 0 { format!(", min-change = {min_change}") } else { String::new() };
    format!(
        "defaults = \"textbook\"\nscaling.asg = {{ {settings}, policies = [{{ step = {{ metric = {{ recorded = {{ name = \"m\" }} }}, \
         when = {{ at-least = 1 }}, steps = [{{ change = {change} }}]{least} }} }}] }}\n"
    )
}

/// The same page (T6), `PercentChangeInCapacity`: 12.7 → 12, 0.67 → 1, −0.58 → −1, −6.67 → −6; and (T7) 25 % of 4 with a
/// smallest change of 2 is 2; and (T8) changes end at the bounds.
#[test]
fn changes_by_shares_and_their_bounds() {
    for (desired, percent, least, after) in [
        (127, "\"10%\"", 0, 139),
        (67, "\"1%\"", 0, 68),
        (58, "\"-1%\"", 0, 57),
        (667, "\"-1%\"", 0, 661),
        (4, "\"25%\"", 2, 6),
    ] {
        let text = step("min = 0, max = 1000", percent, least)
            + &format!("[[look]]\ndesired = {desired}\nvalues = {{ m = 1 }}");
        assert_eq!(sizes(&text), [after], "{percent} of {desired}");
    }
    for (bounds, desired, change, after) in [("min = 0, max = 3", 2, "3", 3), ("min = 2, max = 9", 3, "-2", 2)] {
        let text = step(bounds, change, 0) + &format!("[[look]]\ndesired = {desired}\nvalues = {{ m = 1 }}");
        assert_eq!(sizes(&text), [after], "{bounds}");
    }
}

/// EC2 Auto Scaling user guide, *Scaling based on Amazon SQS* (T9): 1,500 messages, 10 instances, 100 for each.
#[test]
fn backlog_per_instance() {
    let text = "defaults = \"textbook\"\n\
                scaling.asg = { min = 1, max = 100, policies = [{ target-tracking = { backlog-per-instance = 100 } }] }\n\
                [[look]]\ndesired = 10\nvalues = { visible = 1500 }";
    assert_eq!(sizes(text), [15]);
}

/// EC2 Auto Scaling API reference, *PutScalingPolicy* (T10): +3 and +200 % of 10 at one moment are 30, in either order.
#[test]
fn the_larger_of_two_policies() {
    let policy = |change| {
        format!(
            "{{ step = {{ metric = {{ recorded = {{ name = \"m\" }} }}, when = {{ at-least = 1 }}, steps = [{{ change = {change} }}] }} }}"
        )
    };
    for (one, other) in [("3", "\"200%\""), ("\"200%\"", "3")] {
        let text = format!(
            "defaults = \"textbook\"\nscaling.asg = {{ min = 1, max = 100, policies = [{}, {}] }}\n[[look]]\ndesired = 10\nvalues = {{ m = 1 }}",
            policy(one),
            policy(other)
        );
        assert_eq!(sizes(&text).last(), Some(&30), "{one} and {other}");
    }
}

/// Application Auto Scaling user guide, *Define cooldown periods* (T11): 2 were added, and 3 within the rest add 1 more.
#[test]
fn an_addition_counts_what_was_added_before() {
    let text = "[scaling.ecs-service]\nmin = 1\nmax = 40\npolicies = [{ step = { metric = { recorded = { name = \"m\" } }, \
                when = { at-least = 10 }, steps = [{ from = 0, to = 10, change = 2 }, { from = 10, change = 3 }] } }]\n\
                [[look]]\nat = \"0s\"\ndesired = 10\nvalues = { m = 12 }\n\
                [[look]]\nat = \"60s\"\nin-service = 10\nvalues = { m = 25 }\n\
                [[look]]\nat = \"360s\"\nin-service = 13\nvalues = { m = 25 }\n";
    assert_eq!(sizes(text), [12, 13, 16]);
}

/// Application Auto Scaling user guide, *Target tracking scaling policies* (T15): 1.5 more are 2, 1.5 fewer are 1, half a
/// task fewer is none.
#[test]
fn target_tracking_rounds_to_the_safe_side() {
    for (value, after) in [(115, 12), (85, 9), (95, 10)] {
        let text = format!(
            "defaults = \"textbook\"\nscaling.ecs-service = {{ min = 1, max = 40, policies = [{{ target-tracking = {{ \
             metric = {{ recorded = {{ name = \"m\" }} }}, target = 100 }} }}] }}\n[[look]]\ndesired = 10\nvalues = {{ m = {value} }}"
        );
        assert_eq!(sizes(&text), [after], "{value} against 100");
    }
}
