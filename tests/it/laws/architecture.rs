//! Draws one topology: pools in a row, each reached by those before it, directly or through a balancer or a queue.

use std::fmt::Write;

use super::beyond::checks;
use super::draw::{Sketch, course, crash, held, moments, of_work, outage, reclaim, retry, without};
use super::mailbox;
use super::taste::Taste;

/// How a pool is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Open,
    Balancer,
    Queue,
}

/// A topology under construction.
pub(super) struct Plan<'a> {
    pub(super) sketch: &'a Sketch,
    pub(super) name: &'a str,
    pub(super) doors: Vec<Door>,
    /// Which of the queues are first in, first out.
    fifos: Vec<bool>,
    has_buckets: bool,
    pub(super) has_service: bool,
    /// How its balancers check their workers: all alike, as some stand before the same.
    checks: String,
}

/// Writes a topology.
pub fn draw(taste: &mut Taste, sketch: &Sketch, name: &str, text: &mut String) {
    let pools = if taste.has("several pools") { taste.number(2, 4) } else { 1 } as usize;
    let doors = (0..pools).map(|_| taste.one("door", &[Door::Open, Door::Balancer, Door::Queue])).collect();
    let (has_buckets, has_service) = (taste.has("bucket"), taste.has("service"));
    let fifos = (0..pools).map(|_| taste.has("fifo")).collect();
    let checks = checks(taste);
    let plan = Plan { sketch, name, doors, fifos, has_buckets, has_service, checks };
    let _ = writeln!(text, "\n[topology.{name}]");
    let zoned = taste.has("zones");
    if zoned {
        text.push_str("zones = [\"a\", \"b\"]\n");
    }
    if taste.has("network") {
        let hop = taste.law(1, 300);
        let _ = writeln!(text, "network.hop = {hop}");
        if taste.has("far zones") {
            let _ = writeln!(text, "network.across = {}", taste.law(5, 900));
        }
    }
    if taste.has("account") {
        let mut keys = Vec::new();
        if taste.has("quota") {
            keys.push(format!("vcpu-quota = {}", taste.size(2, 60)));
        }
        if taste.has("launch bucket") {
            keys.push(format!(
                "launches = {{ burst = {}, rate = \"{}/min\" }}",
                taste.number(1, 5),
                taste.number(1, 60)
            ));
        }
        if taste.has("no capacity") {
            keys.push(format!("no-capacity = \"{}%\"", taste.number(1, 90)));
        }
        let _ = writeln!(text, "account = {{ {} }}", keys.join(", "));
    }
    let front = plan.door_name(0);
    if sketch.workloads.len() > 1 && pools > 1 && taste.has("an entry each") {
        let (first, rest) = (&sketch.workloads[0], &sketch.workloads[1..]);
        let other = plan.door_name(1);
        let rest: Vec<String> = rest.iter().map(|workload| format!("{workload} = \"{other}\"")).collect();
        let _ = writeln!(text, "entry = {{ {first} = \"{front}\", {} }}", rest.join(", "));
    } else {
        let _ = writeln!(text, "entry = \"{front}\"");
    }
    if plan.has_buckets {
        let latency = |taste: &mut Taste, word: &str| match taste.has("bucket latency") {
            true => format!("{word} = {}", taste.law(5, 500)),
            false => String::new(),
        };
        let (put, get) = (latency(taste, "put"), latency(taste, "get"));
        let _ = writeln!(text, "\n[topology.{name}.bucket.store]\n{put}\n{get}");
    }
    if plan.has_service {
        plan.service(taste, text);
    }
    let (mut countable, mut reclaimable) = (Vec::new(), Vec::new());
    for pool in 0..pools {
        plan.door(taste, pool, text);
        let from = text.len();
        plan.pool(taste, pool, text);
        if !text[from..].contains("\"unlimited\"") {
            countable.push(pool);
            if text[from..].contains("spot = ") {
                reclaimable.push(pool);
            }
        }
    }
    if let Some(link) = plan.a_link(taste, text) {
        let _ = writeln!(text, "\n[topology.{name}.fault.link.l]\n{link}\n{}", moments(taste, sketch));
    }
    if zoned && taste.has("zones go away") {
        let course = course(taste, sketch);
        let _ = writeln!(text, "\n[topology.{name}.fault.zone.z]\nzone = \"b\"\n{course}");
    }
    for pool in reclaimable {
        if taste.has("reclaims") {
            let header = format!("topology.{name}.fault.reclaim.r{pool}");
            reclaim(taste, sketch, &header, &format!("p{pool}"), text);
        }
    }
    for number in 0..countable.len() {
        if taste.has("crashes") {
            let pool = format!("p{}", countable[taste.number(0, countable.len() as u64 - 1) as usize]);
            crash(taste, sketch, &format!("topology.{name}.fault.crash.c{number}"), &pool, text);
        }
    }
    for &pool in &countable {
        if taste.has("slow workers") {
            let work = &sketch.works[taste.number(0, sketch.works.len() as u64 - 1) as usize];
            let course = course(taste, sketch);
            of_work(taste, "slow", &format!("topology.{name}.fault.slow.s{pool}"), work, &course, text);
            let _ = writeln!(text, "pool = \"p{pool}\"");
            if taste.has("one slow worker") {
                let _ = writeln!(text, "worker = {}", taste.number(1, 3));
            }
        }
    }
    if taste.has("throttling") {
        let node = plan.door_name(taste.number(0, pools as u64 - 1) as usize);
        let course = without(&course(taste, sketch), &["held", "moves"]);
        let share = taste.number(1, 100);
        let _ =
            writeln!(text, "\n[topology.{name}.fault.throttle.t]\nnode = \"{node}\"\nshare = \"{share}%\"\n{course}");
    }
    if taste.has("an outage of its own") {
        let node = match taste.one("own outage", &["pool", "door", "bucket", "service"]) {
            "service" if plan.has_service => "partner".to_owned(),
            "door" => plan.door_name(taste.number(0, pools as u64 - 1) as usize),
            "bucket" if plan.has_buckets => "store".to_owned(),
            _ => format!("p{}", taste.number(0, pools as u64 - 1)),
        };
        outage(taste, sketch, &format!("topology.{name}.fault.outage.own"), &format!("node = \"{node}\""), text);
    }
}

/// The group that was just written asks for another machine as soon as one hears of its end.
fn rebalances(text: &mut String) {
    let from = text.rfind("[topology.").unwrap_or(0);
    if let Some(at) = text[from..].find("asg = { ") {
        text.insert_str(from + at + "asg = { ".len(), "rebalance = true, ");
    }
}

impl Plan<'_> {
    fn door_name(&self, pool: usize) -> String {
        match self.doors[pool] {
            Door::Open => format!("p{pool}"),
            Door::Balancer => format!("b{pool}"),
            Door::Queue => format!("q{pool}"),
        }
    }

    fn door(&self, taste: &mut Taste, pool: usize, text: &mut String) {
        let name = self.name;
        let mut to = vec![format!("\"p{pool}\"")];
        if pool + 1 < self.doors.len() && taste.has("a door to two") {
            to.push(format!("\"p{}\"", pool + 1));
        }
        let to = to.join(", ");
        match self.doors[pool] {
            Door::Open => (),
            Door::Balancer => {
                let routing =
                    taste.one("routing", &["round-robin", "least-outstanding", "random", "power-of-two", "weighted"]);
                let routing = match routing {
                    "weighted" => {
                        let weights: Vec<String> = to.split(',').map(|_| taste.number(1, 9).to_string()).collect();
                        format!("{{ weighted = {{ weights = [{}] }} }}", weights.join(", "))
                    }
                    word => format!("\"{word}\""),
                };
                let ties = taste.one("ties", &["lowest", "random"]);
                let _ = writeln!(
                    text,
                    "\n[topology.{name}.balancer.b{pool}]\nto = [{to}]\nrouting = {routing}\nties = \"{ties}\"\nrules = {}",
                    taste.number(0, 12)
                );
                self.admission(taste, false, text);
                if taste.has("idle timeout") {
                    let _ = writeln!(text, "idle-timeout = {}", taste.span(50, 20_000));
                }
                if taste.has("deregistration delay") {
                    let _ = writeln!(text, "deregistration-delay = {}", taste.span(50, 60_000));
                }
                text.push_str(&self.checks);
                if routing != "\"random\"" && taste.has("sticky") {
                    let _ = writeln!(text, "sticky = {}", taste.span(100, 60_000));
                }
                if routing == "\"round-robin\"" && taste.has("slow start") {
                    let _ = writeln!(text, "slow-start = {}", taste.span(50, 60_000));
                }
            }
            Door::Queue => {
                let _ = writeln!(text, "\n[topology.{name}.queue.q{pool}]\nto = [{to}]");
                if taste.has("visibility") {
                    let _ = writeln!(text, "visibility-timeout = {}", taste.span(100, 30_000));
                }
                let fifo = self.fifos[pool];
                if fifo {
                    text.push_str("fifo = true\n");
                }
                if !fifo && taste.has("returned") {
                    let _ = writeln!(
                        text,
                        "returned = \"{}\"",
                        taste.one("where to", &["in-place", "last", "by-receives"])
                    );
                }
                if taste.has("stale delete") {
                    let _ = writeln!(
                        text,
                        "stale-delete = \"{}\"",
                        taste.one("stale", &["ignored", "accepted", "in-time"])
                    );
                }
                mailbox::lives(taste, fifo, text);
                if taste.has("dead letters") {
                    let at = taste.one("dead letter at", &["next-receive", "last-failure"]);
                    let most = taste.number(1, 4);
                    let _ = writeln!(
                        text,
                        "max-receive-count = {most}\ndead-letters = \"d{pool}\"\ndead-letter-at = \"{at}\"\n\n[topology.{name}.queue.d{pool}]\nfifo = {fifo}"
                    );
                    if taste.has("retention of dead letters") {
                        let _ = writeln!(text, "retention = {}", taste.span(60_000, 120_000));
                    }
                    // Somebody may look after the dead letters too.
                    if pool + 1 < self.doors.len() && taste.has("a second chance") {
                        let _ = writeln!(text, "to = \"p{}\"", self.doors.len() - 1);
                    }
                }
            }
        }
    }

    fn pool(&self, taste: &mut Taste, pool: usize, text: &mut String) {
        let _ = writeln!(text, "\n[topology.{}.pool.p{pool}]\nsteps = [", self.name);
        let batch = self.batch(taste);
        for step in self.steps(taste, pool) {
            let per = if batch.is_some() && step.starts_with("work") && taste.has("once for all") {
                ", per = \"batch\""
            } else {
                ""
            };
            let _ = writeln!(text, "  {{ {step}{per} }},");
        }
        text.push_str("]\n");
        if let Some((_, batch)) = &batch {
            text.push_str(batch);
        }
        let slots = if taste.has("slots") { taste.number(2, 4) } else { 1 };
        let _ = writeln!(text, "slots = {slots}");
        if taste.has("speed") {
            let _ = writeln!(text, "speed = {}", taste.one("how fast", &["0.3", "0.7", "1.5", "4"]));
        }
        let vertical = self.workers(taste, pool, text);
        let unlimited = text.ends_with("workers = \"unlimited\"\n");
        if vertical || taste.has("ec2") {
            let volume = if taste.has("volume") { ", volume = \"8GiB\"" } else { "" };
            let from = text.rfind("[topology.").unwrap_or(0);
            let warm = text[from..].contains("warm-pool");
            let spot = if !vertical && !warm && taste.has("spot") { self.spot(taste) } else { String::new() };
            let kind = if !vertical && taste.has("burstable") {
                let mode = taste.one("credits", &["standard", "unlimited"]);
                format!("t3.small\", credits = \"{mode}")
            } else {
                "m5.large".to_owned()
            };
            let _ = writeln!(text, "platform = {{ ec2 = {{ type = \"{kind}\"{volume}{spot} }} }}");
            if !spot.is_empty() && taste.has("release") {
                text.push_str("notice = \"release\"\n");
            }
            if !spot.is_empty() && text.contains("asg = { ") && taste.has("rebalance") {
                rebalances(text);
            }
        } else if taste.has("machine") {
            let minimum = taste.span(1, 60_000);
            let _ = writeln!(text, "platform = {{ machine = {{ price = \"$0.2500/h\", minimum = {minimum} }} }}");
        }
        if taste.has("room") {
            let least = batch.as_ref().map_or(0, |(least, _)| *least);
            let _ = writeln!(text, "room = {}", least + taste.number(0, 6));
        }
        let messages = if taste.has("several messages") { taste.number(1, 10) } else { 1 };
        self.line(taste, pool, batch.is_some() || messages > 1, text);
        self.admission(taste, true, text);
        if taste.has("wait for a worker") {
            let _ = writeln!(text, "no-worker = \"wait\"");
        }
        self.poll(taste, unlimited, messages, text);
        if taste.has("scale-in") {
            let policies = ["newest", "oldest", "closest-to-hour", "default"];
            let mut said = format!("termination-policy = \"{}\"", taste.one("who goes", &policies));
            if taste.has("held by scale-in") {
                let _ = write!(said, ", held = \"{}\"", held(taste));
            } else if taste.has("grace") {
                let _ = write!(said, ", grace = {}", taste.span(1, 20_000));
            }
            if taste.has("protection") {
                said.push_str(", protect = true");
            }
            let _ = writeln!(text, "scale-in = {{ {said} }}");
        }
    }

    /// How much of a pool is Spot.
    fn spot(&self, taste: &mut Taste) -> String {
        let mut spot = format!(", spot = {}", taste.one("how much spot", &["true", "\"50%\""]));
        if taste.has("on-demand base") {
            let _ = write!(spot, ", on-demand-base = {}", taste.number(0, 2));
        }
        if taste.has("mixed types") {
            let fast = taste.one("how fast another is", &["\"m6i.large\"", "{ type = \"m6i.large\", speed = 1.5 }"]);
            let _ = write!(spot, ", mixed = [\"c5.large\", {fast}]");
        }
        spot
    }

    /// How many it takes together, and of how many it wants at the least.
    fn batch(&self, taste: &mut Taste) -> Option<(u64, String)> {
        if !taste.has("batches") {
            return None;
        }
        let least = if taste.has("at least") { taste.number(2, 4) } else { 1 };
        let most = least + taste.number(0, 8);
        let window = match least > 1 && taste.has("window") {
            true => format!(", window = {}", taste.span(50, 8_000)),
            false => String::new(),
        };
        Some((least, format!("batch = {{ at-most = {most}, at-least = {least}{window} }}\n")))
    }

    /// How it takes messages.
    fn poll(&self, taste: &mut Taste, unlimited: bool, messages: u64, text: &mut String) {
        let mut keys = Vec::new();
        if messages > 1 {
            keys.push(format!("messages = {messages}"));
        }
        if taste.has("on error") {
            keys.push(format!("on-error = {}", taste.law(50, 5_000)));
        }
        if taste.has("heartbeat") {
            keys.push(format!("heartbeat = {}", taste.span(100, 10_000)));
        }
        match taste.one("polls", &["open", "long", "short", "lazy"]) {
            "long" => keys.push(format!("wait = {}", taste.span(1, 20_000))),
            "short" if !unlimited => keys.push(format!("wait = \"0s\", sleep = {}", taste.law(100, 5_000))),
            "lazy" if !unlimited => {
                keys.push(format!("wait = {}, sleep = {}", taste.span(1, 5_000), taste.law(50, 5_000)));
            }
            _ => (),
        }
        if !keys.is_empty() {
            let _ = writeln!(text, "poll = {{ {} }}", keys.join(", "));
        }
    }

    fn line(&self, taste: &mut Taste, pool: usize, several: bool, text: &mut String) {
        // Behind a balancer, its own or one with a door to two, nobody is interrupted.
        let balanced = self.doors[pool.saturating_sub(1)..=pool].contains(&Door::Balancer);
        if !taste.has("line") {
            return;
        }
        let word = taste
            .one("discipline", &["first-come", "last-come", "random", "shortest", "priority", "earliest-deadline"]);
        if word == "earliest-deadline" && !self.sketch.deadlines {
            return;
        }
        if word != "priority" {
            let _ = writeln!(text, "line = \"{word}\"");
            return;
        }
        let order: Vec<String> = self.sketch.workloads.iter().rev().map(|name| format!("\"{name}\"")).collect();
        let preempts = match !balanced && !several && taste.has("preemption") {
            true => format!(", preempts = true, held = \"{}\"", held(taste)),
            false => String::new(),
        };
        let _ = writeln!(text, "line = {{ priority = {{ order = [{}]{preempts} }} }}", order.join(", "));
    }

    /// Whom a node takes.
    pub(super) fn admission(&self, taste: &mut Taste, has_line: bool, text: &mut String) {
        if !taste.has("admission") {
            return;
        }
        let word = taste.one("whom to take", &["token-bucket", "at-most", "codel"]);
        let settings = match word {
            "token-bucket" => format!(
                "{{ token-bucket = {{ rate = \"{}/min\", burst = {} }} }}",
                taste.number(5, 300),
                taste.number(1, 9)
            ),
            "codel" if has_line => {
                format!("{{ codel = {{ target = {}, interval = {} }} }}", taste.span(5, 3_000), taste.span(50, 9_000))
            }
            _ => format!("{{ at-most = {{ in-system = {} }} }}", taste.number(1, 9)),
        };
        let _ = writeln!(text, "admission = {settings}");
    }

    fn steps(&self, taste: &mut Taste, pool: usize) -> Vec<String> {
        let mut steps: Vec<String> = Vec::new();
        let bucket = |taste: &mut Taste, steps: &mut Vec<String>, verb: &'static str| {
            if self.has_buckets && taste.has(verb) {
                let size = if taste.has("object size") { format!(", size = {}", taste.bytes()) } else { String::new() };
                steps.push(format!("{verb} = \"store\"{size}"));
            }
        };
        bucket(taste, &mut steps, "get");
        for work in &self.sketch.works {
            if taste.has("only a part of the work") && taste.has("half of it") {
                continue;
            }
            let mut step = format!("work = \"{work}\"");
            if taste.has("fails") {
                let _ = write!(step, ", fails = \"{}%\"", taste.one("how often", &["3", "30", "100"]));
            }
            if taste.has("fresh") {
                step.push_str(", fresh = true");
            }
            self.only(taste, &mut step);
            steps.push(step);
        }
        // The next one always, so that everybody is reached; others by chance.
        let mut rest: Vec<usize> = (pool + 1..self.doors.len()).collect();
        rest.retain(|&next| next == pool + 1 || taste.has("a further edge"));
        if taste.has("fan-out") && rest.len() > 1 {
            self.edge(taste, &rest, &mut steps);
        } else {
            for next in rest {
                self.edge(taste, &[next], &mut steps);
            }
        }
        if self.has_service && (pool == 0 || taste.has("the partner again")) {
            let verb = taste.one("how the partner is reached", &["call", "send"]);
            let mut step = format!("{verb} = \"partner\"");
            if verb == "call" {
                self.guards(taste, &mut step);
            }
            self.only(taste, &mut step);
            steps.push(step);
        }
        bucket(taste, &mut steps, "put");
        if taste.has("work at last") {
            steps.push(format!("work = \"{}\"", self.sketch.works[0]));
        }
        steps
    }

    fn edge(&self, taste: &mut Taste, to: &[usize], steps: &mut Vec<String>) {
        let names: Vec<String> = to.iter().map(|&pool| format!("\"{}\"", self.door_name(pool))).collect();
        let names = names.join(", ");
        let queued = to.iter().any(|&pool| self.doors[pool] == Door::Queue);
        let mut step;
        if queued || taste.has("send") {
            step = format!("send = [{names}]");
            if taste.has("copies") {
                let _ = write!(step, ", copies = {}", taste.number(2, 3));
            }
            let standard = to.iter().all(|&pool| self.doors[pool] == Door::Queue && !self.fifos[pool]);
            if standard && taste.has("a delay of its own") {
                let _ = write!(step, ", delay = {}", taste.span(1, 5_000));
            }
            if queued && taste.has("a group of its own") {
                step.push_str(", group = \"alone\"");
            }
            if taste.has("message size") {
                let _ = write!(step, ", size = {}", taste.bytes());
            }
        } else {
            step = format!("call = [{names}]");
            self.guards(taste, &mut step);
        }
        self.only(taste, &mut step);
        steps.push(step);
    }

    /// How a call is guarded.
    fn guards(&self, taste: &mut Taste, step: &mut String) {
        if taste.has("call timeout") {
            let _ = write!(step, ", timeout = {}", taste.span(20, 10_000));
        }
        if taste.has("call hedge") {
            let _ = write!(step, ", hedge = \"{}ms\"", taste.number(5, 15));
        }
        if taste.has("breaker") {
            let _ = write!(
                step,
                ", breaker = {{ failures = \"{}%\", of = {}, open = {}, trial = {}{} }}",
                taste.number(10, 90),
                taste.number(1, 12),
                taste.span(100, 20_000),
                taste.number(1, 4),
                if taste.has("slow calls") { ", slow = { share = \"50%\", after = \"1s\" }" } else { "" }
            );
        }
        if taste.has("bulkhead") {
            let _ = write!(step, ", bulkhead = {}", taste.number(1, 3));
        }
        if taste.has("call retry") {
            let _ = write!(step, ", retry = {}", retry(taste));
        }
    }

    fn only(&self, taste: &mut Taste, step: &mut String) {
        if self.sketch.workloads.len() > 1 && taste.has("for some") {
            let whom = taste.number(0, self.sketch.workloads.len() as u64 - 1) as usize;
            let _ = write!(step, ", for = [\"{}\"]", self.sketch.workloads[whom]);
        }
    }
}
