//! The names of figures, and the form of each: what goals may ask for.

use crate::cloud::fact::Loss;
use crate::ground::quantity;

/// What a figure is measured in, and so how its limit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Duration,
    Share,
    Rate,
    Money,
    Number,
}

impl Form {
    /// A limit of this form for an example.
    pub fn example(self) -> &'static str {
        match self {
            Form::Duration => "a duration such as `\"10min\"`",
            Form::Share => "a share such as `\"0.1%\"`",
            Form::Rate => "a rate such as `\"5/s\"`",
            Form::Money => "an amount such as `\"$900\"`",
            Form::Number => "a number such as `40`",
        }
    }

    /// The limit in SI units or dollars, as figures are.
    pub fn read(self, text: &str) -> Result<f64, String> {
        match self {
            Form::Duration => quantity::span(text).map(|span| span.seconds()),
            Form::Share => quantity::share(text),
            Form::Rate => quantity::rate(text),
            Form::Money => quantity::money(text).map(|money| money.dollars()),
            Form::Number => Err("a bare number is expected".to_owned()),
        }
    }
}

/// Whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Of a topology as a whole, and of each workload.
    Requests,
    /// Of a topology as a whole.
    Whole,
    /// Of pools.
    Pool,
    /// Of all who serve: pools, services and functions.
    Server,
    /// Of functions.
    Function,
    /// Of event buses.
    Bus,
    Queue,
    /// Of nodes of every kind.
    AnyNode,
}

/// One row of the list of figures. Where it has statistics they follow its name: `answer.p99`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    pub name: &'static str,
    pub statistics: bool,
    pub of: Of,
    pub form: Form,
    /// Whether more is better, so that a goal is a lower limit.
    pub at_least: bool,
    pub about: &'static str,
}

/// What follows a name that has statistics.
pub(crate) const STATISTICS: [&str; 8] = ["mean", "sd", "p50", "p90", "p95", "p99", "p99.9", "max"];

const fn row(name: &'static str, of: Of, form: Form, about: &'static str) -> Figure {
    Figure { name, statistics: false, of, form, at_least: false, about }
}

const fn times(name: &'static str, of: Of, about: &'static str) -> Figure {
    Figure { name, statistics: true, of, form: Form::Duration, at_least: false, about }
}

const fn good(figure: Figure) -> Figure {
    Figure { at_least: true, ..figure }
}

/// Every figure.
pub(crate) const FIGURES: &[Figure] = &[
    times("answer", Of::Requests, "from a request's birth until the client has its answer"),
    times("completion", Of::Requests, "from a request's birth until all its work is done"),
    row("in-system", Of::Whole, Form::Number, "requests present, on average over time"),
    row("retrying", Of::Whole, Form::Number, "clients that pause before another attempt, on average over time"),
    row("lost", Of::Requests, Form::Share, "share of requests that did not end well, for any reason"),
    good(row("goodput", Of::Requests, Form::Rate, "requests that end well, a second")),
    good(row("availability", Of::Requests, Form::Share, "share of requests that were answered")),
    row("attempts", Of::Requests, Form::Number, "how often clients sent a request, the first time included"),
    row("retried", Of::Requests, Form::Share, "share of requests that their clients sent more than once"),
    row("duplicates", Of::Requests, Form::Share, "share of requests whose work was done more than once"),
    row("cost.total", Of::Whole, Form::Money, "the bill of the run"),
    row("cost.month", Of::Whole, Form::Money, "the bill of 730 hours at the run's rate of spending"),
    row("cost.million", Of::Whole, Form::Money, "the bill of a million requests"),
    row("cost.wasted", Of::Whole, Form::Share, "share of the bill that paid for idle workers"),
    row("cost.drain", Of::Whole, Form::Money, "what following the last requests to their end cost, beside the bill"),
    times("wait", Of::Pool, "time in line, from joining it to leaving it; of a queue, from visible to received"),
    times("service", Of::Server, "time at work, from start to end at one worker"),
    row("waits", Of::Pool, Form::Share, "share of visits whose service does not begin at once"),
    times("left", Of::Pool, "time in line of those who left it unserved"),
    row("leaves", Of::Pool, Form::Share, "share of visits that left the line unserved"),
    times("join", Of::Pool, "from a branch's coming until the others of its fan-out have come, with `gather`"),
    row("in-join", Of::Pool, Form::Number, "branches that wait for the others, on average over time, with `gather`"),
    row("in-line", Of::Pool, Form::Number, "requests that wait, on average over time"),
    row("in-system", Of::Server, Form::Number, "requests that wait or are served, on average over time"),
    row("busy", Of::Server, Form::Number, "slots that are taken, on average over time"),
    good(row("batch-size", Of::Pool, Form::Number, "requests that a slot takes together, with `batch`")),
    row("utilisation", Of::Pool, Form::Share, "busy slots ÷ ready slots, averaged over time"),
    row("workers.desired", Of::Pool, Form::Number, "workers that the controller wants, on average over time"),
    row("workers.desired.N", Of::Pool, Form::Share, "share of time in which N workers are wanted, with `hysteresis`"),
    row("workers.pending", Of::Pool, Form::Number, "workers asked for and not yet running, on average over time"),
    row("workers.booting", Of::Pool, Form::Number, "workers running and not yet in service, on average over time"),
    row("workers.ready", Of::Pool, Form::Number, "workers in service, on average over time"),
    row(
        "workers.draining",
        Of::Pool,
        Form::Number,
        "workers that finish what they hold before they go, on average over time",
    ),
    row("workers.warm", Of::Pool, Form::Number, "machines in the warm pool, on average over time, where there is one"),
    row(
        "workers.off",
        Of::Pool,
        Form::Number,
        "machines that are stopped, on average over time, where somebody stops any",
    ),
    row("workers.denied", Of::Pool, Form::Rate, "launches that came to nothing, a second, where an account has limits"),
    row("workers.started", Of::Pool, Form::Rate, "workers started, a second"),
    row("workers.stopped", Of::Pool, Form::Rate, "workers stopped, a second"),
    row("looks", Of::Pool, Form::Rate, "decisions of its controller, a second, where it is scaled"),
    row("workers.added", Of::Pool, Form::Rate, "workers that those ask for in addition, a second"),
    row("workers.removed", Of::Pool, Form::Rate, "workers that those want fewer, a second"),
    good(row("throughput", Of::Server, Form::Rate, "visits that end, a second")),
    row(
        "idle-beside-line",
        Of::Pool,
        Form::Share,
        "share of time in which a request waits at one worker behind a balancer while a slot of another is free",
    ),
    times("wait", Of::Function, "of a message, in the hands of a poller, from being received to the start of its run"),
    row("in-line", Of::Function, Form::Number, "messages in the hands of pollers, on average over time"),
    good(row("batch-size", Of::Function, Form::Number, "messages of a run, where a queue leads to it")),
    row("cold-starts", Of::Function, Form::Share, "share of its runs that began in a new environment"),
    row("throttled", Of::Function, Form::Rate, "invocations that it refused, a second"),
    row(
        "workers.booting",
        Of::Function,
        Form::Number,
        "environments that are made and initialised, on average over time",
    ),
    row("workers.ready", Of::Function, Form::Number, "environments at work or idle, on average over time"),
    row("workers.started", Of::Function, Form::Rate, "environments that came to run, a second"),
    row("workers.stopped", Of::Function, Form::Rate, "environments that went, a second"),
    row("events", Of::Bus, Form::Rate, "events that come to it, a second"),
    row("matched", Of::Bus, Form::Share, "share of its events that some rule takes"),
    row("delivered", Of::Bus, Form::Rate, "events that a target takes, a second"),
    times("latency", Of::Bus, "from an event to a target that takes it"),
    row("failures", Of::Bus, Form::Rate, "attempts to hand an event to a target that fail, a second"),
    row("dead-letters", Of::Bus, Form::Share, "share of what goes to targets that is given up and put aside"),
    row("discarded", Of::Bus, Form::Share, "share of what goes to targets that is given up and kept nowhere"),
    row("missed", Of::Bus, Form::Rate, "what happens to machines and it never hears of, a second, with `loss`"),
    row("throttled", Of::Bus, Form::Rate, "events that it refuses, a second, with `puts`"),
    row("outages", Of::Server, Form::Rate, "outages, a second"),
    good(row("availability", Of::Server, Form::Share, "share of time in which it was not away")),
    row("time.wait", Of::AnyNode, Form::Duration, "time in its lines or its queue, for each request of the topology"),
    row(
        "time.join",
        Of::AnyNode,
        Form::Duration,
        "time that branches wait for the others, for each request of the topology",
    ),
    row(
        "time.start",
        Of::AnyNode,
        Form::Duration,
        "time for new environments of a function, for each request of the topology",
    ),
    row("time.work", Of::AnyNode, Form::Duration, "time at work, for each request of the topology"),
    row(
        "time.answers",
        Of::AnyNode,
        Form::Duration,
        "time that slots are kept while others answer, for each request of the topology: those tell it, too",
    ),
    row("time.way", Of::AnyNode, Form::Duration, "time on the way to it and back, for each request of the topology"),
    row("cost.total", Of::AnyNode, Form::Money, "its part of the bill of the run"),
    row("bucket-full", Of::AnyNode, Form::Share, "share of time in which its admission's bucket holds all its tokens"),
    times("wait", Of::Queue, "from visible to received"),
    row("waits", Of::Queue, Form::Share, "share of receives that found a message which had to wait"),
    row("deliveries", Of::Queue, Form::Number, "how often a message was received"),
    row("in-system", Of::Queue, Form::Number, "messages visible, in flight or hidden, on average over time"),
    row("visible", Of::Queue, Form::Number, "messages free to be received, on average over time"),
    row("in-flight", Of::Queue, Form::Number, "messages received and not yet deleted, on average over time"),
    row("hidden", Of::Queue, Form::Number, "messages that are hidden after a failure, on average over time"),
    row("receives", Of::Queue, Form::Rate, "receives that brought something, a second"),
    good(row("batch-size", Of::Queue, Form::Number, "messages that a receive brings, where it brings any")),
    row("empty-receives", Of::Queue, Form::Rate, "polls that brought nothing, a second, where polls are counted"),
    row("pollers", Of::Queue, Form::Number, "pollers that take its messages to its function, on average over time"),
    row("filtered", Of::Queue, Form::Rate, "messages that were deleted and never run, a second, with `mapping.filter`"),
    row("delayed", Of::Queue, Form::Number, "messages not visible yet after they were sent, on average over time"),
    row("over-limit", Of::Queue, Form::Rate, "short polls refused for a limit on messages in flight, a second"),
    row("dropped", Of::Queue, Form::Rate, "messages sent again and dropped, a second, with `deduplication`"),
    row("throttled", Of::Queue, Form::Rate, "calls refused, a second, with `rate-limit`"),
    row("expired", Of::Queue, Form::Rate, "messages that were kept too long, a second, with `retention`"),
    row("empty-again", Of::Queue, Form::Rate, "those that followed on a sleep, where idle slots sleep"),
    row("dead-letters", Of::Queue, Form::Share, "share of messages that were put aside"),
];

impl Figure {
    /// Whether a name is this figure's, with its statistic where it has them.
    fn is_called(&self, name: &str) -> bool {
        if self.statistics {
            name.strip_prefix(self.name)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|rest| STATISTICS.contains(&rest))
        } else if self.name == "lost" {
            name == "lost"
                || name.strip_prefix("lost.").is_some_and(|reason| Loss::ALL.iter().any(|loss| loss.word() == reason))
        } else if let Some(family) = self.name.strip_suffix(".N") {
            let number = name.strip_prefix(family).and_then(|rest| rest.strip_prefix('.'));
            number.is_some_and(|number| number.parse::<u16>().is_ok())
        } else {
            name == self.name
        }
    }

    /// All its names.
    pub fn names(&self) -> Vec<String> {
        if self.statistics {
            STATISTICS.iter().map(|statistic| format!("{}.{statistic}", self.name)).collect()
        } else if self.name == "lost" {
            let reasons = Loss::ALL.iter().map(|loss| format!("lost.{}", loss.word()));
            std::iter::once("lost".to_owned()).chain(reasons).collect()
        } else {
            vec![self.name.to_owned()]
        }
    }
}

/// What is told of an instant whose state is kept, as `in-system@15s`.
pub(crate) const AT_INSTANTS: &[Figure] = &[
    row("in-system", Of::Whole, Form::Number, "requests present at that instant"),
    row("arrivals", Of::Whole, Form::Rate, "arrivals a second since the instant before"),
    good(row("completions", Of::Whole, Form::Rate, "completions a second since the instant before")),
    row("losses", Of::Whole, Form::Rate, "losses a second since the instant before"),
    row("in-system", Of::Server, Form::Number, "requests that wait or are served at that instant"),
    row("in-line", Of::Pool, Form::Number, "requests that wait at that instant"),
    row("busy", Of::Server, Form::Number, "slots that are taken at that instant"),
    row("full", Of::Server, Form::Share, "share of runs or cycles in which no slot is free at that instant"),
    row("workers.desired", Of::Pool, Form::Number, "workers wanted at that instant"),
    row("workers.ready", Of::Server, Form::Number, "workers in service at that instant"),
    row("workers.booting", Of::Server, Form::Number, "workers that boot at that instant"),
    row("visible", Of::Queue, Form::Number, "messages free to be received at that instant"),
    row("in-flight", Of::Queue, Form::Number, "messages received and not yet deleted at that instant"),
];

/// The figure of that name of anything that `is` lets pass.
pub(crate) fn find(name: &str, is: impl Fn(Of) -> bool) -> Option<&'static Figure> {
    let (list, name) = match name.split_once('@') {
        Some((name, _)) => (AT_INSTANTS, name),
        None => (FIGURES, name),
    };
    list.iter().find(|figure| is(figure.of) && figure.is_called(name))
}

/// The names of all figures of anything that `is` lets pass.
pub(crate) fn known(is: impl Fn(Of) -> bool) -> Vec<String> {
    FIGURES.iter().filter(|figure| is(figure.of)).flat_map(Figure::names).collect()
}
