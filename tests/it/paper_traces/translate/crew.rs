//! Workers: who is there, who comes, who goes.

use crate::paper_traces::scene::{Scene, span};
use crate::paper_traces::trace::{Table, nanos};

/// One worker of a crew: when it is launched (and how long that takes) and when it goes.
#[derive(Default)]
pub struct Hand {
    name: String,
    launch: Option<(u64, u64, u64)>,
    stop: Option<u64>,
    /// Whether it is Spot.
    pub spot: bool,
    /// When it hears of its end, and when that comes.
    taken: Option<(u64, u64)>,
}

/// Workers that are there from the start, `w1` and so on, some of whom are removed at given times.
pub fn hands(inputs: &Table<'_>) -> Result<Vec<Hand>, String> {
    let workers = inputs.count("workers")?.unwrap_or(1);
    let stop_of = |number: u64| -> Result<Option<u64>, String> {
        let found = match inputs.get("stop_s") {
            Some(serde_json::Value::Array(list)) => list.get(number as usize - 1),
            Some(serde_json::Value::Object(map)) => map.get(&format!("w{number}")),
            all => all,
        };
        let found = found.filter(|value| !value.is_null());
        found.map(|value| nanos(value).ok_or_else(|| "`stop_s` is no time".to_owned())).transpose()
    };
    (1..=workers)
        .map(|number| Ok(Hand { name: format!("w{number}"), stop: stop_of(number)?, ..Hand::default() }))
        .collect()
}

/// The pools of a crew that takes from one line, and what is before them.
///
/// A timetable removes the youngest of a pool. Where another goes first, or each is launched in its own way, the line
/// is a queue (`queue` holds its keys) and every worker a pool of one, which the queue serves in their order.
pub fn crew(scene: &mut Scene, hands: &[Hand], body: &str, queue: Option<&str>, notice: &str) {
    let never = |hand: &Hand| hand.stop.unwrap_or(u64::MAX);
    let plain = hands.iter().all(|hand| hand.launch.is_none() && !hand.spot)
        && hands.windows(2).all(|pair| never(&pair[0]) >= never(&pair[1]));
    let queue_line = |to: String, keys: &str| format!("[topology.traced.queue.q]\nto = {to}\n{keys}");
    if plain {
        if let Some(keys) = queue {
            scene.nodes.push(queue_line("\"w\"".to_owned(), keys));
        }
        let mut instants: Vec<u64> = hands.iter().filter_map(|hand| hand.stop).collect();
        instants.sort_unstable();
        instants.dedup();
        let stays = |at: u64| hands.iter().filter(|hand| never(hand) > at).count();
        let lines: Vec<(u64, usize)> = instants.iter().map(|&at| (at, stays(at))).collect();
        scene.pool("w", "work", "w", &format!("{body}workers = {}\n{}", hands.len(), timetable(&lines)));
        return;
    }
    if queue.is_none() {
        scene.price("sqs.standard", "$0/million");
    }
    let names: Vec<&str> = hands.iter().map(|hand| hand.name.as_str()).collect();
    scene.nodes.push(queue_line(format!("{names:?}"), queue.unwrap_or_default()));
    for hand in hands {
        let mut lines = Vec::new();
        let mut own = format!("{body}workers = {}\n", usize::from(hand.launch.is_none()));
        if let Some((at, pending, starting)) = hand.launch {
            own += &format!("pending = {:?}\nboot = {:?}\n", span(pending), span(starting));
            lines.push((at, 1));
        }
        lines.extend(hand.stop.map(|at| (at, 0)));
        if hand.spot {
            own = own.replace("type = \"m5.large\"", "type = \"m5.large\", spot = true") + notice;
        }
        if let Some((told, at)) = hand.taken {
            let name = &hand.name;
            scene.faults.push(format!(
                "[topology.traced.fault.reclaim.{name}]\npool = {name:?}\nat = {:?}\nnotice = {:?}\n",
                span(at),
                span(at - told)
            ));
        }
        scene.worker(&hand.name, "work", &(own + &timetable(&lines)));
    }
}

/// `scaling` by a timetable; nothing where it is empty.
pub fn timetable(lines: &[(u64, usize)]) -> String {
    let line = |&(at, workers): &(u64, usize)| format!("{{ at = {:?}, workers = {workers} }}", span(at));
    let lines: Vec<String> = lines.iter().map(line).collect();
    if lines.is_empty() { String::new() } else { format!("scaling = {{ schedule = [{}] }}\n", lines.join(", ")) }
}

/// Workers of a pool: those that are there, and those that are launched at given times.
pub fn launched(initial: u64, launches: &[Table<'_>]) -> Result<String, String> {
    let mut lines = Vec::new();
    let mut life = None;
    for launch in launches {
        let count = launch.count("count")?.unwrap_or(1);
        let this = (launch.nanos("pending_s")?.unwrap_or(0), launch.nanos("starting_s")?.unwrap_or(0));
        lines.push((launch.must_nanos("at_s")?, count));
        if life.is_some_and(|life| life != this) {
            return Err("launches of one tier that take different times to start".to_owned());
        }
        life = Some(this);
        launch.all_read()?;
    }
    let mut text = format!("workers = {initial}\n");
    let Some((pending, starting)) = life else { return Ok(text) };
    text += &format!("pending = {:?}\nboot = {:?}\n", span(pending), span(starting));
    lines.sort_by_key(|&(at, _)| at);
    let mut entries: Vec<(u64, usize)> = Vec::new();
    let mut workers = initial as usize;
    for (at, count) in lines {
        workers += count as usize;
        match entries.last_mut() {
            Some(last) if last.0 == at => last.1 = workers,
            _ => entries.push((at, workers)),
        }
    }
    Ok(text + &timetable(&entries))
}

/// Machines that are launched one by one, some of which the provider takes back.
pub fn fleet(inputs: &Table<'_>) -> Result<Vec<Hand>, String> {
    let mut hands = Vec::new();
    for machine in inputs.tables("fleet")? {
        let launch = machine.nanos("launch_s")?;
        let (pending, starting) = (machine.nanos("pending_s")?, machine.nanos("starting_s")?);
        let end = machine.nanos("interrupted_s")?;
        let told = machine.nanos("notice_s")?.or(end);
        // There from the start, and nothing between.
        let launch = launch.map(|at| (at, pending.unwrap_or(0), starting.unwrap_or(0)));
        hands.push(Hand {
            name: machine.must_text("id")?,
            launch: launch.filter(|&life| life != (0, 0, 0)),
            stop: machine.nanos("stop_s")?,
            spot: machine.get("spot").and_then(serde_json::Value::as_bool) == Some(true) || end.is_some(),
            taken: told.zip(end),
        });
        machine.all_read()?;
    }
    Ok(hands)
}

/// What Spot machines do with the message in their hands when they hear of their end.
pub fn notice(inputs: &Table<'_>) -> Result<&'static str, String> {
    match inputs.text("on_notice")?.as_deref() {
        None | Some("finish_current") => Ok("notice = \"finish\"\n"),
        Some("release") => Ok("notice = \"release\"\n"),
        Some(other) => Err(format!("no notice is answered by `{other}`")),
    }
}

/// Events that befall workers by name: what is in hand is lost, the machine stays, and after a repair it serves again.
pub fn crashes(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    for (number, event) in inputs.tables("events")?.into_iter().enumerate() {
        match event.must_text("do")?.as_str() {
            "crash" => {}
            other => return Err(format!("event `{other}` of a worker is not known")),
        }
        let (pool, worker) = scene.hand(&event.must_text("worker")?)?;
        let (at, lasts) = (span(event.must_nanos("at_s")?), span(event.must_nanos("repair_s")?));
        scene.faults.push(format!(
            "[topology.traced.fault.crash.event-{number}]\npool = {pool:?}\nworker = {worker}\nat = {at:?}\nlasts = {lasts:?}\n"
        ));
        event.all_read()?;
    }
    Ok(())
}
