//! What the figures are, and what the words of the trade mean here: one sentence each, for `explain`.

/// A figure or a word, and what it is.
pub struct Word {
    /// As results write it; `NAME.STAT` figures without their statistic.
    pub word: &'static str,
    /// What kind of thing it is.
    pub kind: Kind,
    /// What it is.
    pub text: &'static str,
}

/// What kind of thing a word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A distribution of times: it has every statistic of [`STATISTICS`].
    Times,
    /// A figure, in this unit.
    Figure(&'static str),
    /// What follows the name of a distribution of times.
    Statistic,
    /// A word of the trade.
    Term,
}

const fn times(word: &'static str, text: &'static str) -> Word {
    Word { word, kind: Kind::Times, text }
}

const fn figure(word: &'static str, unit: &'static str, text: &'static str) -> Word {
    Word { word, kind: Kind::Figure(unit), text }
}

const fn statistic(word: &'static str, text: &'static str) -> Word {
    Word { word, kind: Kind::Statistic, text }
}

const fn term(word: &'static str, text: &'static str) -> Word {
    Word { word, kind: Kind::Term, text }
}

const EACH: &str = "s a request";
const SHARE: &str = "share";
const RATE: &str = "a second";
const MEAN: &str = "mean over time";
const MONEY: &str = "$";

/// Everything that `explain` knows and a scenario does not name.
pub const WORDS: &[Word] = &[
    // Of the whole, or of a kind of request.
    times("answer", "from a request's birth until its client has the answer, all attempts and pauses included"),
    times("completion", "from a request's birth until all its work is done and its client is answered"),
    figure("lost", SHARE, "requests that ended without their work done; read every latency beside it"),
    figure("lost.full", SHARE, "lost because no place was left to wait"),
    figure("lost.no-worker", SHARE, "lost because no worker was there; behind a balancer, a 503"),
    figure("lost.down", SHARE, "lost because a node was away when they came"),
    figure("lost.crashed", SHARE, "lost because a node went away with them in hand or in line"),
    figure("lost.stopped", SHARE, "lost because the worker that held them was stopped"),
    figure("lost.timed-out", SHARE, "lost because their caller gave up waiting"),
    figure("lost.left", SHARE, "lost because they lost patience in line"),
    figure("lost.error", SHARE, "lost because the work failed"),
    figure("lost.limited", SHARE, "lost because a limit on the rate of requests had no room for them"),
    figure("lost.throttled", SHARE, "lost because the provider refused them"),
    figure(
        "lost.shed",
        SHARE,
        "lost because they were turned away, at the door or out of the line, for the others' sake",
    ),
    figure("lost.late", SHARE, "lost because their client's deadline had passed"),
    figure("lost.breaker-open", SHARE, "lost because their caller had stopped calling after too many failures"),
    figure("lost.bulkhead-full", SHARE, "lost because their caller had too many calls under way"),
    figure(
        "lost.bad-gateway",
        SHARE,
        "lost because their worker was not there, or was cut off by a balancer before it had answered: a 502",
    ),
    figure("lost.gateway-timeout", SHARE, "lost because a balancer gave up waiting for the answer: a 504"),
    figure("lost.network", SHARE, "sent on, and lost on the way between two nodes, by a `fault.link`"),
    figure("lost.function-timeout", SHARE, "lost because their run was longer than their function may run"),
    figure(
        "lost.dead-lettered",
        SHARE,
        "put aside: their message was received, their function tried, or their event delivered, too often in vain",
    ),
    figure(
        "lost.expired",
        SHARE,
        "lost because their message was gone, as its queue keeps none for longer, or was too old for its function",
    ),
    figure("lost.unfinished", SHARE, "still inside when the run and its drain had ended"),
    figure("availability", SHARE, "of requests: those that got an answer; of a node: the time it was not away"),
    figure("goodput", RATE, "requests whose work was all done"),
    figure("attempts", "a request", "how often clients sent a request, the first time included"),
    figure("retried", SHARE, "requests that their clients sent more than once"),
    figure("duplicates", SHARE, "work done that had been done before, or that nobody waited for, to requests born"),
    figure("in-system", MEAN, "requests, or messages of a queue, that are present"),
    figure("retrying", MEAN, "clients that pause before another attempt"),
    figure("cost.total", MONEY, "the bill from the start of the run to its length, warm-up included"),
    figure("cost.month", MONEY, "cost.total × 730 h ÷ the run's length: a month that went like the run all through"),
    figure("cost.million", MONEY, "cost.total to a million requests born"),
    figure("cost.wasted", SHARE, "of the money for machines: what went into slots that nobody held"),
    figure(
        "cost.drain",
        MONEY,
        "what the time after the length cost, until the last request had ended; not in cost.total",
    ),
    // Of a node.
    times("wait", "at a pool: in line until service begins; at a queue: visible until received"),
    times("service", "from the start to the end of a stay with a worker, calls to others included"),
    times("left", "in line, of those who left it without having been served"),
    figure("waits", SHARE, "those whose service did not begin at once"),
    figure("leaves", SHARE, "those who left the line without having been served"),
    figure("in-line", MEAN, "requests that wait"),
    times("join", "from a branch's coming to a pool that gathers until the others of its fan-out have come"),
    figure("in-join", MEAN, "branches that wait at a pool that gathers for the others of their fan-out"),
    figure("time.wait", EACH, "in lines and queues of a node, all visits of a request added up"),
    figure("time.join", EACH, "at a pool that gathers, for other branches, all branches of a request added up"),
    figure("time.start", EACH, "for new environments of a function, all visits of a request added up"),
    figure("time.work", EACH, "at work at a node, all visits of a request added up"),
    figure(
        "time.answers",
        EACH,
        "slots of a node kept while others answer, all visits of a request added up; told by the others, too",
    ),
    figure("time.way", EACH, "on the way to a node and back, all visits of a request added up"),
    figure("busy", MEAN, "slots that are taken"),
    figure(
        "utilisation",
        SHARE,
        "busy slots to slots of workers in service, over time; of a cluster, the CPU that pods ask for to what its machines have",
    ),
    figure(
        "growth",
        RATE,
        "how many more requests are inside each second, of a topology to which more comes than leaves",
    ),
    figure("full", SHARE, "runs or cycles in which no slot is free at an instant whose state is kept"),
    figure("arrivals", RATE, "requests born between the instant before and one whose state is kept"),
    figure("completions", RATE, "requests done between the instant before and one whose state is kept"),
    figure("losses", RATE, "requests lost between the instant before and one whose state is kept"),
    figure("workers.desired", MEAN, "workers that the controller wants"),
    figure("workers.desired.n", SHARE, "time in which N workers are wanted, where thresholds say how many"),
    figure("looks", RATE, "decisions of a pool's controller"),
    figure("workers.added", RATE, "workers that a controller's decisions ask for in addition"),
    figure("workers.removed", RATE, "workers that a controller's decisions want fewer"),
    figure("workers.pending", MEAN, "workers asked for and not yet running; not paid for"),
    figure(
        "workers.booting",
        MEAN,
        "workers running and not yet in service, or environments being initialised; paid for",
    ),
    figure("workers.ready", MEAN, "workers in service"),
    figure("workers.failed", MEAN, "workers that have failed and are not yet mended; paid for"),
    figure("workers.draining", MEAN, "workers that end what they hold and then go"),
    figure("workers.warm", MEAN, "machines in the warm pool, those included that are on their way there"),
    figure(
        "workers.off",
        MEAN,
        "machines that somebody has stopped, until they are started; only their volumes are paid for",
    ),
    figure("workers.denied", RATE, "launches that came to nothing: no capacity, or the account's limit"),
    figure("workers.started", RATE, "workers asked for"),
    figure("workers.stopped", RATE, "workers gone"),
    figure("workers.failures", RATE, "times that a worker failed"),
    figure("throughput", RATE, "stays with a worker that ended"),
    figure("outages", RATE, "times that a node went away"),
    figure("visible", MEAN, "messages of a queue that are free to be received"),
    figure("in-flight", MEAN, "messages received and not yet deleted"),
    figure("hidden", MEAN, "messages out of sight after a failure"),
    figure("delayed", MEAN, "messages that were sent and are not visible yet"),
    figure("over-limit", RATE, "short polls that were refused because as many messages were in flight as may be"),
    figure("filtered", RATE, "messages that the filter of a mapping did not take, and so were deleted and never run"),
    figure("dropped", RATE, "messages that had been sent before, and so were acknowledged and dropped"),
    figure(
        "throttled",
        RATE,
        "calls that a queue, invocations that a function, or events that a bus refused: it takes only so many",
    ),
    figure("events", RATE, "events that came to a bus"),
    figure("matched", SHARE, "events of a bus that some rule took"),
    figure("delivered", RATE, "events that a target of a bus took, once for each target"),
    times("latency", "from an event at a bus to a target that took it, attempts in vain included"),
    figure("failures", RATE, "attempts to hand an event to a target that came to nothing"),
    figure("discarded", SHARE, "of what a bus sent to targets: given up, and kept nowhere"),
    figure("missed", RATE, "what happened to machines and a bus never heard of"),
    figure("replayed", RATE, "events of its archive that a bus heard again"),
    figure("cold-starts", SHARE, "runs of a function that began in a new environment, which was initialised first"),
    figure("expired", RATE, "messages that were gone because their queue had kept them so long"),
    figure("receives", RATE, "receives that brought a message or several"),
    figure("batch-size", "at once", "messages that a receive brings, or requests that a slot or a run takes together"),
    figure("pollers", MEAN, "pollers that take a queue's messages to its function"),
    figure("empty-again", RATE, "polls after a sleep that brought no message"),
    figure("empty-receives", RATE, "polls that brought no message; each is billed as any other"),
    figure("deliveries", "a message", "how often a message was received"),
    figure(
        "idle-beside-line",
        SHARE,
        "time in which a request waits at one worker behind a balancer while a slot of another is free",
    ),
    figure("bucket-full", SHARE, "time in which the bucket of an admission holds all its tokens, over time"),
    figure(
        "dead-letters",
        SHARE,
        "messages put aside after too many receives, to messages sent; of a bus, what was given up and put aside to all that \
         went to targets",
    ),
    // Of times.
    statistic("mean", "the mean; a few very slow ones move it"),
    statistic("sd", "the standard deviation"),
    statistic("p50", "half of the requests were as fast or faster: the median"),
    statistic("p90", "nine in ten were as fast or faster"),
    statistic("p95", "19 in 20 were as fast or faster"),
    statistic("p99", "99 in a hundred were as fast or faster; what a user of ten pages meets once"),
    statistic("p99.9", "999 in a thousand were as fast or faster"),
    statistic("max", "the slowest; grows with the length of a run, and so says little"),
    // Of the trade.
    term(
        "interval",
        "where a figure lies with 95 %: of means, percentiles and money Student's interval over the replications, whose figures are \
         independent; of shares the same, and where fewer than 30 were seen, or missed, also Clopper and Pearson's over all \
         that were counted; of ratios of two sums, as of `utilisation` and `cost.million`, the jackknife's; of differences over          paired replications, and wider with several pairs, so that all hold together",
    ),
    term("replication", "one run of many, each with its own chance; figures are means over them"),
    term("seed", "the number that all chance comes from: the same seed gives the same bytes"),
    term("paired difference", "of two topologies, replication by replication: they met the same requests"),
    term("verdict", "met or missed if the whole interval lies on one side of the limit, else undecided"),
    term("drain", "the time after the last birth in which requests are followed to their end"),
    term(
        "fan-out",
        "one step that sends several pieces, whose branches go on side by side; the request is complete with the last",
    ),
    term("slot", "one request's place at a worker"),
    term("boot", "from a running machine to a worker in service; it is paid for"),
    term("cooldown", "the rest after a change of size before the next"),
    term(
        "cost",
        "what was used × its price, line by line, after the provider's rounding: cost.total of the run, cost.month of a \
         month like it, cost.million of a million requests",
    ),
    term(
        "regret",
        "what machines cost beyond the perfect fleet, which knows all arrivals beforehand, does the same work, boots as long and \
         keeps the goals on latencies; no fleet of these machines is below it, so that the true regret may be less",
    ),
    term("month", "730 h at the run's rate of spending; simulate a typical stretch of it"),
    term("idle", "paid for and held by nobody: slots of workers in service; its part of a bill is cost.wasted"),
    term("peak", "the most workers in service at a time, of all pools together, where that is highest on average"),
    term(
        "down",
        "away: a fault has taken the node, or all of its workers; those who come meanwhile are lost.down, those inside lost.crashed",
    ),
    term(
        "rejected",
        "turned away at once: no place was left (lost.full), no worker was there (lost.no-worker), or the node was \
         away (lost.down)",
    ),
    term(
        "visibility-timeout",
        "how long a received message stays hidden, to come back then unless its work was done. Without one it comes \
         back when its worker fails: at once, but what fails in no time rests 1 s before it is tried again",
    ),
    term(
        "background",
        "what nobody has sent: the runs of schedules, and what follows on events of machines; worked on and billed, and no \
         request in any figure",
    ),
    term(
        "limits",
        "what a run may take: `--max-events`, `--max-memory`, `--max-time` and `--max-output`; one that comes to a limit ends with \
         the replications that are whole, marked incomplete, and exit code 5",
    ),
    term("backlog", "messages visible and in flight together; of a line: waiting and in service"),
];

/// The words that a person may mean: as they stand, without case, or the last part of a longer one.
pub fn find(asked: &str) -> Vec<&'static Word> {
    let asked = asked.to_lowercase();
    // The state at an instant is of the same as the mean over time; a size stands for any.
    let asked = asked.split_once('@').map_or(asked.as_str(), |(figure, _)| figure);
    let numbered = asked.rsplit_once('.').filter(|(_, number)| number.parse::<u16>().is_ok());
    let of_size = numbered.filter(|(name, _)| name.ends_with("workers.desired")).map(|(name, _)| format!("{name}.n"));
    let asked = of_size.as_deref().unwrap_or(asked);
    let exact: Vec<&Word> = WORDS.iter().filter(|word| word.word == asked).collect();
    if !exact.is_empty() {
        return exact;
    }
    // `media.wait.p99`, `completion.p99`: the distribution and its statistic.
    let parts = WORDS.iter().filter(|word| match word.kind {
        Kind::Statistic => asked.ends_with(&format!(".{}", word.word)),
        Kind::Times => asked.split('.').any(|part| part == word.word),
        Kind::Figure(_) => asked.ends_with(&format!(".{}", word.word)),
        Kind::Term => false,
    });
    let mut parts: Vec<&Word> = parts.collect();
    // `p99.9` also ends with `9`, and `lost.error` with `error`: the longest name is meant.
    let longest = |kind: fn(&Kind) -> bool, parts: &[&Word]| {
        parts.iter().filter(|word| kind(&word.kind)).map(|word| word.word.len()).max().unwrap_or(0)
    };
    let is_figure = |kind: &Kind| matches!(kind, Kind::Figure(_));
    let figure = longest(is_figure, &parts);
    parts.retain(|word| !is_figure(&word.kind) || word.word.len() == figure);
    let has_times = parts.iter().any(|word| word.kind == Kind::Times);
    parts.retain(|word| word.kind != Kind::Statistic || has_times);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::fact::Loss;

    fn found(asked: &str) -> Vec<&'static str> {
        find(asked).iter().map(|word| word.word).collect()
    }

    #[test]
    fn a_figure_is_found_by_itself_by_node_and_by_statistic() {
        assert_eq!(found("lost"), ["lost"]);
        assert_eq!(found("Lost.Full"), ["lost.full"]);
        assert_eq!(found("media.wait.p99"), ["wait", "p99"]);
        assert_eq!(found("completion.p99.9"), ["completion", "p99.9"]);
        assert_eq!(found("pool.media.workers.ready"), ["workers.ready"]);
        assert!(found("nothing.of-that-kind").is_empty());
    }

    #[test]
    fn every_reason_for_a_loss_is_explained() {
        for why in Loss::ALL {
            assert_eq!(found(&format!("lost.{}", why.word())).len(), 1, "{}", why.word());
        }
    }

    /// Who reads a balancer's log looks for a number.
    #[test]
    fn what_a_balancer_answers_is_told_with_its_status() {
        for why in Loss::ALL {
            let word = find(&format!("lost.{}", why.word()))[0];
            assert!(why.status().is_none_or(|status| word.text.contains(&status.to_string())), "{}", why.word());
        }
    }

    /// A table says `cost`, `of it idle`, `a month`, `peak of all`; and people say that a request was rejected.
    #[test]
    fn words_that_tables_and_people_use_are_explained() {
        for word in ["cost", "idle", "down", "peak", "month", "rejected", "Visibility-Timeout"] {
            assert_eq!(found(word), [word.to_lowercase()]);
        }
    }

    #[test]
    fn nothing_is_explained_twice() {
        for (place, word) in WORDS.iter().enumerate() {
            assert!(!WORDS[..place].iter().any(|other| other.word == word.word), "{}", word.word);
        }
    }
}
