//! Draws a whole scenario file: run, workloads, works, faults, goals; the topologies stand in `architecture.rs`.

use std::fmt::Write;

use super::architecture;
use super::taste::Taste;

/// The trace that every drawn file may name.
pub const TRACE: &str = "counts.csv";

/// Its rows: counts in intervals of 10 s, with a silence and a spike.
pub const COUNTS: &str = "time,requests\n0,5\n10,12\n20,0\n30,2.5\n40,40\n50,3\n60,1\n";

/// What the parts of a drawn file know of each other.
pub struct Sketch {
    /// Names of the workloads.
    pub workloads: Vec<String>,
    /// Names of the works.
    pub works: Vec<String>,
    /// Milliseconds of the run.
    pub length: u64,
    /// Whether some client sets a deadline.
    pub deadlines: bool,
}

/// The text of the `number`-th scenario of a seed.
pub fn draw(seed: u64, number: u32) -> String {
    let taste = &mut Taste::new(seed, number);
    let mut sketch = Sketch {
        workloads: (0..if taste.has("workloads") { taste.number(2, 3) } else { 1 }).map(|n| format!("k{n}")).collect(),
        works: (0..taste.number(1, 3)).map(|n| format!("w{n}")).collect(),
        length: taste.size(15_000, 240_000),
        deadlines: false,
    };
    let mut text = format!("# Number {number} of the swarm of seed {seed}.\n");
    let mut body = String::new();
    let mut endless = false;
    for name in &sketch.workloads {
        endless |= workload(taste, &sketch, name, &mut body);
    }
    sketch.deadlines = body.contains("deadline = ");
    run(taste, &sketch, endless, &mut text);
    text.push_str(&body);
    text.push_str("\n[work]\n");
    for work in &sketch.works {
        let law = if taste.has("no work at all") { "\"0s\"".to_owned() } else { taste.law(4, 4_000) };
        let _ = writeln!(text, "{work} = {law}");
    }
    for work in &sketch.works {
        if taste.has("work that waits") {
            let cpu = taste.one("how much computes", &["0", "35", "80"]);
            let _ = writeln!(text, "[component.{work}]\ncpu = \"{cpu}%\"");
        }
    }
    goals(taste, &mut text);
    let mut faults = 0;
    while faults < 3 && taste.has("outage") {
        let what = if taste.has("outage of a node") {
            "node = \"p0\"".to_owned()
        } else {
            format!("component = \"{}\"", sketch.works[taste.number(0, sketch.works.len() as u64 - 1) as usize])
        };
        outage(taste, &sketch, &format!("fault.outage.f{faults}"), &what, &mut text);
        faults += 1;
    }
    for kind in ["poison", "slow"] {
        if taste.has(kind) {
            let work = &sketch.works[taste.number(0, sketch.works.len() as u64 - 1) as usize];
            let course = course(taste, &sketch);
            of_work(taste, kind, &format!("fault.{kind}.any"), work, &course, &mut text);
        }
    }
    for topology in 0..taste.number(1, 3) {
        architecture::draw(taste, &sketch, &format!("t{topology}"), &mut text);
    }
    text
}

fn run(taste: &mut Taste, sketch: &Sketch, endless: bool, text: &mut String) {
    let _ = writeln!(text, "[run]\nreplications = 2\nseed = {}", taste.number(0, 999_999));
    if !taste.has("documented defaults") {
        text.push_str("defaults = \"textbook\"\n");
    }
    if endless || !taste.has("no length") {
        let _ = writeln!(text, "length = \"{}ms\"", sketch.length);
        if taste.has("warm-up") {
            let _ = writeln!(text, "warm-up = \"{}ms\"", taste.number(0, sketch.length / 2));
        }
    }
    if taste.has("drain") {
        let _ = writeln!(text, "drain = \"{}ms\"", taste.number(0, sketch.length));
    }
    if taste.has("series") {
        let _ = writeln!(text, "series = \"{}ms\"", taste.number(sketch.length / 300, sketch.length));
    }
}

/// One workload; true where its arrivals never end.
fn workload(taste: &mut Taste, sketch: &Sketch, name: &str, text: &mut String) -> bool {
    let _ = writeln!(text, "\n[workload.{name}]");
    // So many in all, on average.
    let many = taste.size(4, 250);
    let rate = |times: f64| format!("\"{:.4}/s\"", (many as f64 / (sketch.length as f64 / 1e3) * times).max(0.001));
    let gap = (sketch.length / many).max(1);
    let kinds = ["poisson", "even", "renewal", "profile", "sine", "bursts", "users", "trace", "scripted"];
    let kind = taste.one("arrivals", &kinds);
    let arrivals = match kind {
        "poisson" => format!("{{ poisson = {{ rate = {} }} }}", rate(1.0)),
        "even" if taste.has("even by rate") => format!("{{ even = {{ rate = {} }} }}", rate(1.0)),
        "even" => format!("{{ even = {{ every = \"{gap}ms\", offset = \"{}ms\" }} }}", taste.number(0, gap)),
        "renewal" => format!("{{ renewal = {{ gap = {} }} }}", taste.law(gap, gap + 1)),
        "profile" => {
            let (first, last) = (sketch.length / 4, sketch.length / 2);
            let shape = taste.one("shape", &["linear", "steps"]);
            let repeat = if taste.has("repeat") { format!(", repeat = \"{last}ms\"") } else { String::new() };
            format!(
                "{{ profile = {{ points = [[\"0s\", {}], [\"{first}ms\", {}], [\"{last}ms\", {}]], shape = \"{shape}\"{repeat} }} }}",
                rate(0.3),
                rate(3.0),
                rate(0.5)
            )
        }
        "sine" => format!(
            "{{ sine = {{ mean = {}, amplitude = {}, period = {}, phase = {} }} }}",
            rate(1.0),
            rate(0.7),
            taste.span(1_000, 90_000),
            taste.span(1, 90_000)
        ),
        "bursts" => format!(
            "{{ bursts = {{ calm = {{ rate = {}, lasts = {} }}, burst = {{ rate = {}, lasts = {} }} }} }}",
            rate(0.3),
            taste.law(1_000, 30_000),
            rate(3.0),
            taste.law(1_000, 8_000)
        ),
        "users" => format!("{{ users = {{ count = {}, think = {} }} }}", taste.number(1, 12), taste.law(500, 8_000)),
        "trace" => {
            let spread = taste.one("spread", &["poisson", "even"]);
            format!(
                "{{ trace = {{ file = \"{TRACE}\", time = \"time\", value = \"requests\", spread = \"{spread}\", scale = 1.3 }} }}"
            )
        }
        _ => script(taste, sketch, many.min(60)),
    };
    let _ = writeln!(text, "arrivals = {arrivals}");
    if !["users", "scripted"].contains(&kind) && taste.has("a backlog") {
        let _ = writeln!(text, "at-start = {}", taste.number(1, 30));
    }
    if kind != "scripted" && taste.has("batch") {
        let _ = writeln!(text, "batch = {}", taste.counts());
    }
    if taste.has("sizes") {
        let _ = writeln!(text, "size = {}\nanswer-size = {}", taste.bytes(), taste.bytes());
    }
    if taste.has("groups") {
        let _ =
            writeln!(text, "groups = {{ count = {}, skew = {} }}", taste.size(1, 20), taste.one("skew", &["0", "1"]));
    }
    client(taste, text);
    !matches!(kind, "trace" | "scripted")
}

fn script(taste: &mut Taste, sketch: &Sketch, many: u64) -> String {
    let mut at = 0;
    let rows: Vec<String> = (0..many)
        .map(|n| {
            if !taste.has("at once") {
                at += taste.size(1, 2 * sketch.length / many);
            }
            let mut row = format!("{{ at = \"{at}ms\", name = \"r{n}\"");
            let work = &sketch.works[taste.number(0, sketch.works.len() as u64 - 1) as usize];
            if taste.has("brought work") {
                let _ = write!(row, ", work = {{ {work} = {} }}", taste.span(1, 6_000));
            }
            if taste.has("scripted failure") {
                let _ = write!(row, ", fails = {{ {work} = [1, 2] }}");
            }
            if taste.has("scripted size") {
                let _ = write!(row, ", size = \"{}KiB\"", taste.number(0, 200));
            }
            row + " }"
        })
        .collect();
    format!("{{ scripted = [{}] }}", rows.join(", "))
}

fn client(taste: &mut Taste, text: &mut String) {
    let mut client: Vec<String> = Vec::new();
    if taste.has("client timeout") {
        client.push(format!("timeout = {}", taste.span(50, 20_000)));
        if taste.has("abandoned work") {
            client.push(format!("abandoned = \"{}\"", taste.one("abandoned", &["finish", "cancel"])));
        }
    }
    if taste.has("patience") {
        client.push(format!("patience = {}", taste.law(50, 10_000)));
    }
    if taste.has("deadline") {
        client.push(format!("deadline = {}", taste.span(50, 30_000)));
    }
    // Before any timeout there may be.
    if taste.has("client hedge") {
        client.push(format!("hedge = \"{}ms\"", taste.number(5, 45)));
    }
    if taste.has("client retry") {
        client.push(format!("retry = {}", retry(taste)));
    }
    if !client.is_empty() {
        let _ = writeln!(text, "client = {{ {} }}", client.join(", "));
    }
}

/// A retry table of a client or of a call.
pub fn retry(taste: &mut Taste) -> String {
    let mut keys: Vec<String> = Vec::new();
    if taste.has("attempts") {
        keys.push(format!("attempts = {}", taste.one("how many attempts", &["1", "2", "5", "\"unlimited\""])));
    }
    if taste.has("backoff") {
        let (base, cap) = (taste.number(50, 1_000), taste.number(1_000, 8_000));
        let bounds = format!("{{ base = \"{base}ms\", cap = \"{cap}ms\" }}");
        let word = taste.one("backoffs", &["wait", "doubling", "full-jitter", "equal-jitter", "decorrelated"]);
        keys.push(match word {
            "wait" => format!("backoff = {{ wait = {} }}", taste.law(100, 4_000)),
            word => format!("backoff = {{ {word} = {bounds} }}"),
        });
    }
    if taste.has("retry on") {
        keys.push(format!("on = [\"{}\"]", taste.one("retry on what", &["refused", "timeout", "error", "throttled"])));
    }
    if taste.has("retries like another's") {
        let like =
            taste.one("like whom", &["plain", "aws-legacy", "aws-standard", "aws-standard-2026", "aws-adaptive"]);
        keys.push(format!("like = \"{like}\""));
    }
    if taste.has("budget") {
        keys.push(format!("budget = {{ tokens = {}, cost = {} }}", taste.number(0, 60), taste.number(0, 12)));
    }
    if taste.has("pauses after throttling") {
        keys.push("throttled-backoff = { equal-jitter = { base = \"200ms\" } }".to_owned());
    }
    format!("{{ {} }}", keys.join(", "))
}

/// An outage under a header.
pub fn outage(taste: &mut Taste, sketch: &Sketch, header: &str, what: &str, text: &mut String) {
    let _ = writeln!(text, "\n[{header}]\n{what}\n{}", course(taste, sketch));
}

/// When trouble comes, and how long it lasts.
pub fn moments(taste: &mut Taste, sketch: &Sketch) -> String {
    if taste.has("outages again and again") {
        format!("every = {}\nlasts = {}", taste.law(2_000, 60_000), taste.law(200, 20_000))
    } else {
        let first = taste.number(0, sketch.length);
        let at = if taste.has("several outages") {
            format!("[\"{first}ms\", \"{}ms\"]", first + taste.size(1, sketch.length))
        } else {
            format!("\"{first}ms\"")
        };
        // For ever, now and then.
        if taste.has("for ever") {
            format!("at = {at}")
        } else {
            format!("at = {at}\nlasts = {}", taste.law(200, 60_000))
        }
    }
}

/// When trouble comes, how long it lasts, and what becomes of work in hand.
pub fn course(taste: &mut Taste, sketch: &Sketch) -> String {
    let mut text = moments(taste, sketch);
    if taste.has("held by an outage") {
        let held = held(taste);
        let _ = write!(text, "\nheld = \"{held}\"");
        if matches!(held, "resume" | "restart" | "redraw") && taste.has("moves") {
            text.push_str("\nmoves = true");
        }
    }
    text
}

/// Work that is slow, or fails on some requests.
pub fn of_work(taste: &mut Taste, kind: &str, header: &str, work: &str, course: &str, text: &mut String) {
    let course = if kind == "slow" { without(course, &["moves"]) } else { without(course, &["moves", "held"]) };
    let _ = writeln!(text, "\n[{header}]\ncomponent = \"{work}\"\n{course}");
    let _ = match kind {
        "slow" => writeln!(text, "factor = {}", taste.one("how slow", &["1.5", "3", "40"])),
        _ => writeln!(text, "share = \"{}%\"", taste.number(1, 100)),
    };
}

/// A course without some of its keys.
pub fn without(course: &str, keys: &[&str]) -> String {
    let stays = |line: &&str| !keys.iter().any(|key| line.starts_with(key));
    course.lines().filter(stays).collect::<Vec<_>>().join("\n")
}

/// Workers of a pool that fail.
pub fn crash(taste: &mut Taste, sketch: &Sketch, header: &str, pool: &str, text: &mut String) {
    let course = course(taste, sketch);
    let _ = writeln!(text, "\n[{header}]\npool = \"{pool}\"\n{course}");
    if taste.has("one worker fails") {
        let _ = writeln!(text, "worker = {}", taste.number(1, 4));
    }
    if course.contains("every") && taste.has("wear") {
        text.push_str("clock = \"busy\"\n");
    }
    if course.contains("lasts") && taste.has("repairers") {
        let _ = writeln!(text, "repairers = {}", taste.number(1, 2));
    }
}

/// Spot machines of a pool that are taken back.
pub fn reclaim(taste: &mut Taste, sketch: &Sketch, header: &str, pool: &str, text: &mut String) {
    let _ = writeln!(text, "\n[{header}]\npool = \"{pool}\"\nnotice = {}", taste.span(1, 30_000));
    if taste.has("taken again and again") {
        let _ = writeln!(text, "every = {}", taste.law(2_000, 60_000));
    } else {
        let first = taste.number(0, sketch.length);
        let _ = writeln!(text, "at = [\"{first}ms\", \"{}ms\"]", first + taste.size(1, sketch.length));
    }
    match taste.one("who is taken", &["one", "some", "all"]) {
        "one" => writeln!(text, "worker = {}", taste.number(1, 4)),
        "some" => writeln!(text, "share = \"{}%\"", taste.number(1, 100)),
        _ => Ok(()),
    }
    .expect("text takes everything");
    if taste.has("held when taken") {
        let _ = writeln!(text, "held = \"{}\"", held(taste));
    }
}

/// The fate of work in hand.
pub fn held(taste: &mut Taste) -> &'static str {
    taste.one("held", &["finish", "lost", "back", "resume", "restart", "redraw"])
}

fn goals(taste: &mut Taste, text: &mut String) {
    if taste.has("goals") {
        text.push_str("\n[goal]\n\"completion.p99\" = \"5s\"\n\"lost\" = \"1%\"\n\"cost.month\" = \"$900\"\n\"p0.wait.p95\" = \"1s\"\n");
    }
}
