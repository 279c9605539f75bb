//! `[topology.T.function.N]`: code that the provider runs in environments of its own.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::metric::Recorded;
use crate::scenario::draft::quantities::{Bytes, Gap, Number, Share, Time, Whole};
use crate::scenario::draft::step::Step;

/// A function. Called, it answers or refuses; sent to, it takes in at once and tries again by itself. Each request at work
/// has an environment to itself, or a slot in one (`concurrency`): in one that is idle, or a new one, which must first be
/// initialised.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Function {
    /// What it does for a request, in this order.
    pub steps: Vec<Step>,
    /// Memory of an environment. Without it, as much as has one vCPU: 1769 MiB.
    pub memory: Option<Bytes>,
    /// How fast it works, where 1 is the reference machine.
    #[schemars(extend("default" = 1))]
    pub speed: Option<Number>,
    /// The kind of processor, for the bill.
    #[schemars(extend("default" = "x86"))]
    pub architecture: Option<Architecture>,
    /// Disk of an environment: what is beyond 512 MiB is paid for.
    #[schemars(extend("default" = "512MiB"))]
    pub ephemeral: Option<Bytes>,
    /// What runs the code, and so how long `init` takes where nothing else is said and the provider's defaults hold.
    pub runtime: Option<Runtime>,
    /// How the code is packed.
    #[schemars(extend("default" = "zip"))]
    pub package: Option<Package>,
    /// From the request for an environment until it is there with the code; not billed.
    #[schemars(extend("default" = "0s"))]
    pub creation: Option<Law<Time>>,
    /// The initialisation of an environment before its first run; billed.
    #[schemars(extend("default" = "0s"))]
    pub init: Option<Law<Time>>,
    /// Whether new environments are restored from a snapshot of one that was initialised.
    #[schemars(extend("default" = false))]
    pub snap_start: Option<bool>,
    /// With `snap-start`: how long restoring takes, in the place of `init`; billed.
    #[schemars(extend("default" = "0s"))]
    pub restore: Option<Law<Time>>,
    /// The longest run; initialisation is not part of it. Then the run is cut off (`function-timeout`).
    #[schemars(extend("default" = "15min"))]
    pub timeout: Option<Time>,
    /// What becomes of an environment whose run was too long.
    #[schemars(extend("default" = "discard"))]
    pub after_timeout: Option<AfterTimeout>,
    /// Environments that it may use at once and that are kept for it: no more, and no fewer. With 0 it refuses all. Without
    /// it, what `account.concurrency` leaves.
    pub reserved_concurrency: Option<Whole>,
    /// Environments that are kept ready, and paid for, busy or not. Who finds none of them gets one as usual.
    pub provisioned_concurrency: Option<Provisioned>,
    /// Requests that an environment serves at once: 1 on AWS Lambda. Where `speed` follows from `memory`, each has an even share
    /// of that. A request goes to an environment at work that has room before an idle one, and before a new one to one that is
    /// being initialised, where it waits with others. An environment is billed while anybody is in it, once however many they
    /// are.
    #[schemars(extend("default" = 1))]
    pub concurrency: Option<Whole>,
    /// How fast new environments come: who needs one beyond it is refused. Without it, at once.
    pub growth: Option<Growth>,
    /// How long an idle environment lives. Without it, for ever.
    pub idle: Option<Law<Time>>,
    /// The age at which an environment is replaced, however busy it is. Without it, never.
    pub recycle: Option<Law<Time>>,
    /// Which idle environment is used first.
    #[schemars(extend("default" = "latest"))]
    pub reuse: Option<Reuse>,
    /// What an invocation that is waited for takes before the function hears of it.
    #[schemars(extend("default" = "0s"))]
    pub overhead: Option<Law<Time>>,
    /// How many of its environments there were in a real system: stands beside those of the simulation, over time.
    pub measured: Option<Recorded>,
    /// What becomes of requests that are sent to it and not waited for.
    #[serde(rename = "async", default)]
    pub errands: Errands,
}

/// A kind of processor.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Architecture {
    /// Intel and AMD.
    X86,
    /// Graviton, which costs less.
    Arm,
}

/// What runs the code.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Runtime {
    /// A program in Rust, on the runtime for such.
    Rust,
    /// A program in Go, on the runtime for such.
    Go,
    /// Python 3.13.
    #[serde(rename = "python3.13")]
    Python313,
    /// Python 3.14.
    #[serde(rename = "python3.14")]
    Python314,
    /// Node.js 22.
    #[serde(rename = "nodejs22")]
    Nodejs22,
    /// Node.js 24.
    #[serde(rename = "nodejs24")]
    Nodejs24,
    /// Java 21.
    #[serde(rename = "java21")]
    Java21,
    /// Java 25.
    #[serde(rename = "java25")]
    Java25,
    /// .NET 8.
    #[serde(rename = "dotnet8")]
    Dotnet8,
    /// .NET 10.
    #[serde(rename = "dotnet10")]
    Dotnet10,
    /// .NET 10, compiled ahead of time.
    #[serde(rename = "dotnet10-aot")]
    Dotnet10Aot,
    /// Ruby 3.4.
    #[serde(rename = "ruby3.4")]
    Ruby34,
    /// Java 23, compiled ahead of time by GraalVM.
    #[serde(rename = "graalvm-java23")]
    GraalvmJava23,
}

impl Runtime {
    /// Whether a snapshot of it costs nothing.
    pub(crate) fn is_java(self) -> bool {
        matches!(self, Runtime::Java21 | Runtime::Java25)
    }

    /// Whether environments can be restored from a snapshot (AWS Lambda developer guide, *Improving startup performance with
    /// Lambda SnapStart*: Java 11, Python 3.12 and .NET 8, and later).
    pub(crate) fn has_snapshots(self) -> bool {
        self.is_java() || matches!(self, Runtime::Python313 | Runtime::Python314 | Runtime::Dotnet8 | Runtime::Dotnet10)
    }
}

/// How the code is packed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Package {
    /// An archive.
    Zip,
    /// A container image.
    Image,
}

/// What becomes of an environment whose run was too long.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AfterTimeout {
    /// It is gone.
    Discard,
    /// It stays, and is initialised again within its next run.
    Reset,
}

/// Which idle environment is used first.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reuse {
    /// The one that was used last.
    Latest,
    /// The one that has been idle for longest.
    Oldest,
    /// Any, evenly.
    Random,
}

/// Environments that are kept ready.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Provisioned {
    /// How many at the start. Without it, `min`.
    pub count: Option<Whole>,
    /// With `max`: never fewer.
    #[schemars(extend("default" = 1))]
    pub min: Option<Whole>,
    /// Never more. With it their number follows their use: three minutes above `target` ask for more, fifteen below 90 % of
    /// it for fewer. Without it, only `schedule` changes their number.
    pub max: Option<Whole>,
    /// The share of them that should be at work; needs `max`.
    #[schemars(extend("default" = "70%"))]
    pub target: Option<Share>,
    /// When their number, or its bounds, change.
    #[serde(default)]
    pub schedule: Vec<Planned>,
    /// From when more are wanted until the first six thousand a minute are ready: none before all are.
    #[schemars(extend("default" = "0s"))]
    pub allocation: Option<Law<Time>>,
}

/// A change at given times: one of `at` and `cron`, and `count`, or any of `min` and `max`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Planned {
    /// Since the start of the run.
    pub at: Option<Time>,
    /// Five fields: minute, hour, day of month, month, day of week. A run begins on a Monday, the 1st of January, at
    /// 0:00.
    pub cron: Option<String>,
    /// Exactly so many, until the next change.
    pub count: Option<Whole>,
    /// Never fewer.
    pub min: Option<Whole>,
    /// Never more.
    pub max: Option<Whole>,
}

/// A bucket of new environments.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Growth {
    /// New environments that it holds at the most, and at the start.
    pub burst: Whole,
    /// How fast it fills.
    pub rate: Gap,
}

/// What becomes of requests that are sent to a function and not waited for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Errands {
    /// Runs after the first one that ended in an error; 0, 1 or 2.
    #[schemars(extend("default" = 2))]
    pub retries: Option<Whole>,
    /// How long it waits before the first and the second of them.
    #[schemars(extend("default" = ["1min", "2min"]))]
    pub waits: Option<Vec<Time>>,
    /// How long one waits that was refused; each further refusal doubles it.
    #[serde(default)]
    pub throttled: Throttled,
    /// One that is older is given up when its turn comes.
    #[schemars(extend("default" = "6h"))]
    pub max_age: Option<Time>,
    /// The queue of those that are given up. Without it and `on-failure`, they are lost without a trace.
    pub dead_letters: Option<String>,
    /// Who is sent a record of each that went well: a queue, function, service or pool.
    pub on_success: Option<String>,
    /// Who is sent a record of each that is given up.
    pub on_failure: Option<String>,
}

/// How long one waits that was refused.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Throttled {
    /// The first time.
    #[schemars(extend("default" = "1s"))]
    pub base: Option<Time>,
    /// At the most.
    #[schemars(extend("default" = "5min"))]
    pub cap: Option<Time>,
}
