//! The defaults of functions: AWS Lambda.

use crate::cloud::topology::Function;
use crate::ground::quantity;
use crate::scenario::documented::{Following, Mark, Row};
use crate::scenario::tree::{Tree, Value};

/// A row of a function, from its place in its table.
macro_rules! row {
    ($place:literal, $value:literal, $mark:ident, $source:literal) => {
        Row {
            place: concat!("topology.*.function.*.", $place),
            value: $value,
            mark: Mark::$mark,
            source: $source,
            only: None,
        }
    };
}

/// The rows of functions, in the order of the grammar.
pub(crate) const FUNCTIONS: &[Row] = &[
    row!("memory", "\"128MiB\"", Documented, "AWS Lambda API reference, CreateFunction, MemorySize"),
    row!("architecture", "\"x86\"", Documented, "AWS Lambda API reference, CreateFunction, Architectures"),
    row!("ephemeral", "\"512MiB\"", Documented, "AWS Lambda API reference, CreateFunction, EphemeralStorage"),
    row!("runtime", "\"python3.13\"", Assumed, "that a function is written in the commonest language"),
    row!("package", "\"zip\"", Assumed, "that code comes as an archive"),
    row!(
        "creation",
        "{ uniform = { low = \"50ms\", high = \"150ms\" } }",
        Assumed,
        "the gap between the Init Duration of logs and what callers see of a cold start; AWS publishes no figure"
    ),
    row!("timeout", "\"3s\"", Documented, "AWS Lambda developer guide, Configure Lambda function timeout"),
    row!(
        "after-timeout",
        "\"reset\"",
        Documented,
        "AWS Lambda developer guide, Understanding the Lambda execution environment lifecycle"
    ),
    row!(
        "growth",
        "{ burst = 1000, rate = \"100/s\" }",
        Documented,
        "AWS Lambda developer guide, Lambda scaling behavior: 1,000 environments every ten seconds, refilled continuously"
    ),
    row!(
        "idle",
        "{ mixture = [{ weight = 1, of = { uniform = { low = \"5min\", high = \"40min\" } } }, \
         { weight = 1, of = { uniform = { low = \"40min\", high = \"60min\" } } }] }",
        Assumed,
        "between what experiments found: mostly 45 to 60 min, some 5 to 25 min; AWS does not say"
    ),
    row!(
        "recycle",
        "{ uniform = { low = \"2h\", high = \"4h\" } }",
        Assumed,
        "AWS Lambda developer guide, execution environment lifecycle: every few hours; how many it does not say"
    ),
    row!("reuse", "\"latest\"", Assumed, "which idle environment is used is not documented"),
    row!(
        "overhead",
        "{ lognormal = { p50 = \"10ms\", p99 = \"40ms\" } }",
        Assumed,
        "what callers in the region see beside the run; AWS publishes no figure"
    ),
    row!(
        "provisioned-concurrency.allocation",
        "{ uniform = { low = \"1min\", high = \"2min\" } }",
        Documented,
        "AWS Lambda developer guide, Configuring provisioned concurrency: it starts after a minute or two; the law is assumed"
    ),
    row!("async.retries", "2", Documented, "AWS Lambda API reference, PutFunctionEventInvokeConfig"),
    row!(
        "async.waits",
        "[\"1min\", \"2min\"]",
        Documented,
        "AWS Lambda developer guide, How Lambda handles errors and retries with asynchronous invocation"
    ),
    row!(
        "async.throttled.base",
        "\"1s\"",
        Documented,
        "AWS Lambda developer guide, How Lambda handles errors and retries with asynchronous invocation"
    ),
    row!(
        "async.throttled.cap",
        "\"5min\"",
        Documented,
        "AWS Lambda developer guide, How Lambda handles errors and retries with asynchronous invocation"
    ),
    row!("async.max-age", "\"6h\"", Documented, "AWS Lambda API reference, PutFunctionEventInvokeConfig"),
    Row {
        place: "topology.*.account?.concurrency",
        value: "1000",
        mark: Mark::Documented,
        source: "AWS Lambda developer guide, Lambda quotas; new accounts often get less",
        only: Some(has_functions),
    },
];

/// What follows from what else a function says.
pub(crate) const FUNCTIONS_FOLLOWING: &[Following] = &[
    Following {
        row: Row {
            place: "topology.*.function.*.speed",
            value: "its memory ÷ 1769 MiB ÷ its `concurrency`, 1 at the most",
            mark: Mark::Documented,
            source: "AWS Lambda developer guide, Configure Lambda function memory: CPU in proportion, a vCPU at 1,769 MB",
            only: None,
        },
        value: |function| {
            let Value::Text(memory) = &function.get("memory")?.value else { return None };
            let slots = match function.get("concurrency").map(|tree| &tree.value) {
                None => 1,
                Some(Value::Integer(requests)) => u32::try_from(*requests).ok()?,
                Some(_) => return None,
            };
            Some(format!("{:.9}", Function::speed(quantity::size(memory).ok()?, slots)))
        },
    },
    Following {
        row: Row {
            place: "topology.*.function.*.init",
            value: "by its runtime, package and architecture",
            mark: Mark::Measured,
            source: "maxday/lambda-perf, July and August 2026: Init Duration of functions that do nothing; real code adds its own",
            only: None,
        },
        value: |function| {
            if has_snapshot(function) {
                return None;
            }
            init(function).map(|(p50, p90)| lognormal(p50, p90))
        },
    },
    Following {
        row: Row {
            place: "topology.*.function.*.restore",
            value: "half of them within 200 ms, nine in ten within 400 ms, where there is a snapshot",
            mark: Mark::Assumed,
            source: "AWS Lambda developer guide, Improving startup performance with Lambda SnapStart: usually well below a second; \
                     at the most ten",
            only: None,
        },
        value: |function| {
            has_snapshot(function).then(|| "{ lognormal = { p50 = \"200ms\", p90 = \"400ms\" } }".to_owned())
        },
    },
];

/// Milliseconds of a function's initialisation, as measured: p50 and p90.
fn init(function: &Tree) -> Option<(u32, u32)> {
    let word = |key: &str| match function.get(key).map(|tree| &tree.value) {
        Some(Value::Text(word)) => word.as_str(),
        _ => "",
    };
    let runtime = word("runtime");
    let of = (runtime, word("package"), word("architecture"));
    let known = INIT.iter().find(|row| (row.0, row.1, row.2) == of);
    // Archives on the other kind of processor were measured for two runtimes only, and differ little.
    let known = known.or_else(|| INIT.iter().find(|row| (row.0, row.1) == (runtime, of.1)));
    known.map(|(.., p50, p90)| (*p50, *p90))
}

fn lognormal(p50: u32, p90: u32) -> String {
    format!("{{ lognormal = {{ p50 = \"{p50}ms\", p90 = \"{p90}ms\" }} }}")
}

/// Between what an initialisation lies: with nothing of one's own to do, and with 2 s of it.
pub(super) fn init_ends(function: &Tree) -> Option<[String; 2]> {
    const OWN: u32 = 2_000;
    init(function).map(|(p50, p90)| [lognormal(p50, p90), lognormal(p50 + OWN, p90 + OWN)])
}

fn has_snapshot(function: &Tree) -> bool {
    matches!(function.get("snap-start").map(|tree| &tree.value), Some(Value::Bool(true)))
}

/// Milliseconds of initialisation: runtime, package, architecture, p50, p90.
const INIT: [(&str, &str, &str, u32, u32); 19] = [
    ("rust", "zip", "x86", 16, 22),
    ("go", "zip", "x86", 50, 53),
    ("go", "zip", "arm", 43, 45),
    ("python3.13", "zip", "x86", 84, 105),
    ("python3.13", "zip", "arm", 81, 93),
    ("python3.14", "zip", "x86", 110, 146),
    ("nodejs22", "zip", "x86", 141, 161),
    ("nodejs24", "zip", "x86", 134, 155),
    ("java21", "zip", "x86", 240, 285),
    ("java25", "zip", "x86", 191, 283),
    ("dotnet8", "zip", "x86", 253, 370),
    ("dotnet10", "zip", "x86", 257, 569),
    ("dotnet10-aot", "zip", "x86", 72, 84),
    ("ruby3.4", "zip", "x86", 224, 389),
    ("graalvm-java23", "zip", "x86", 155, 172),
    ("rust", "image", "x86", 35, 60),
    ("python3.13", "image", "x86", 153, 290),
    ("nodejs22", "image", "x86", 301, 579),
    ("java21", "image", "x86", 337, 619),
];

fn has_functions(topology: &Tree, _: &Tree) -> bool {
    matches!(topology.get("function").map(|tree| &tree.value), Some(Value::Table(functions)) if !functions.is_empty())
}
