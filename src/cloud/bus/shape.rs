//! Events of one origin: what they have in common, and what differs from one to the next.

use serde_json::{Map, Value, json};

use crate::cloud::bus::pattern::Pattern;
use crate::ground::time::{SECOND, SimTime};

/// The account in examples of the guide.
const ACCOUNT: &str = "111122223333";
/// The region whose prices are bundled.
const REGION: &str = "us-east-1";
/// A year that begins on a Monday and has 365 days, as a run's first does.
const YEAR: u64 = 2_029;
const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// What stands for a request's number in the key of an object, and …
pub const NUMBER: &str = "{n}";
/// … for the name of its kind.
pub const WORKLOAD: &str = "{workload}";
/// The key of an object where nothing is said.
pub const KEY: &str = "{workload}/{n}";

/// Events of one origin.
#[derive(Clone, Debug)]
pub struct Shape {
    /// One of them, with nothing in what differs.
    event: Value,
    /// What differs, and where it stands.
    differs: Vec<(&'static [&'static str], Differs)>,
    /// How many bytes one has as text, about.
    bytes: u64,
}

/// What differs from one event to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Differs {
    /// The number of the event.
    Id,
    /// When it happened.
    Time,
    /// The key of an object, of this form.
    Key(String),
    /// The size of an object.
    Size,
    /// The number of a machine of this pool.
    Machine(String),
    /// The same as a resource.
    MachineResource(String),
    /// The number of a task of this pool.
    Task(String),
}

/// One event of a shape.
#[derive(Clone, Copy, Debug, Default)]
pub struct Occasion<'n> {
    /// When it happened.
    pub at: SimTime,
    /// Its number among all of the run.
    pub number: u64,
    /// Of whose request it tells: the name of its kind, and its number from 0.
    pub of: (&'n str, u32),
    /// The size of the object that it tells of.
    pub size: u64,
    /// The number of the machine that it tells of.
    pub worker: u32,
}

impl Shape {
    /// Events with this source, type and detail.
    pub fn new(source: &str, detail_type: &str, detail: Value) -> Shape {
        let event = json!({
            "version": "0",
            "id": "00000000-0000-4000-8000-000000000000",
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT,
            "time": "2029-01-01T00:00:00Z",
            "region": REGION,
            "resources": [],
            "detail": detail,
        });
        let bytes = event.to_string().len() as u64;
        Shape { event, differs: vec![(&["id"], Differs::Id), (&["time"], Differs::Time)], bytes }
    }

    /// What a bucket tells of each object that is stored under a key of this form (Amazon S3 user guide, *EventBridge event
    /// message structure*).
    pub fn object_created(bucket: &str, key: &str) -> Shape {
        let detail = json!({
            "version": "0",
            "bucket": { "name": bucket },
            "object": { "key": "", "size": 0 },
            "reason": "PutObject",
        });
        let mut shape = Shape::new("aws.s3", "Object Created", detail);
        shape.resources(&format!("arn:aws:s3:::{bucket}"));
        if !key.contains(NUMBER) && !key.contains(WORKLOAD) {
            shape.put(&["detail", "object", "key"], Value::from(key));
        } else {
            shape.differs.push((&["detail", "object", "key"], Differs::Key(key.to_owned())));
        }
        shape.differs.push((&["detail", "object", "size"], Differs::Size));
        shape
    }

    /// What a schedule makes (Amazon EventBridge user guide, *Creating a rule that runs on a schedule*).
    pub fn scheduled(rule: &str) -> Shape {
        let mut shape = Shape::new("aws.events", "Scheduled Event", Value::Object(Map::new()));
        shape.resources(&format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}"));
        shape
    }

    /// What is told of a machine of a pool, whose number stands in the detail under this key.
    pub fn of_machine(
        source: &str,
        detail_type: &str,
        detail: Value,
        pool: &str,
        at: &'static [&'static str],
    ) -> Shape {
        let mut shape = Shape::new(source, detail_type, detail);
        shape.differs.push((at, Differs::Machine(pool.to_owned())));
        shape.differs.push((&["resources"], Differs::MachineResource(pool.to_owned())));
        shape
    }

    /// What is told of a task of a pool.
    pub fn of_task(source: &str, detail_type: &str, detail: Value, pool: &str) -> Shape {
        let mut shape = Shape::new(source, detail_type, detail);
        shape.differs.push((&["detail", "taskArn"], Differs::Task(pool.to_owned())));
        shape
    }

    /// The same, about this resource.
    pub fn about(mut self, resource: &str) -> Shape {
        self.resources(resource);
        self
    }

    fn resources(&mut self, resource: &str) {
        self.put(&["resources"], json!([resource]));
    }

    fn put(&mut self, at: &[&str], value: Value) {
        put(&mut self.event, at, value);
        self.bytes = self.event.to_string().len() as u64;
    }

    /// Bytes of one of them as text, about.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where they come from.
    pub fn source(&self) -> &str {
        self.event["source"].as_str().unwrap_or_default()
    }

    /// What they are.
    pub fn detail_type(&self) -> &str {
        self.event["detail-type"].as_str().unwrap_or_default()
    }

    /// Whether a pattern takes all of them or none; `None` where it looks at what differs.
    pub fn is_taken_by(&self, pattern: &Pattern) -> Option<bool> {
        let looks = self.differs.iter().any(|(at, _)| pattern.looks_at(&at.join(".")));
        (!looks).then(|| pattern.matches(&self.event))
    }

    /// One of them, as an example.
    pub fn example(&self, kind: &str) -> Value {
        self.event(&Occasion { of: (kind, 0), worker: 1, size: 1_024, ..Occasion::default() })
    }

    /// Whether a pattern takes any of them, as far as a few tell: some of what differs is tried.
    pub fn may_be_taken_by(&self, pattern: &Pattern, kinds: &[&str]) -> bool {
        if let Some(taken) = self.is_taken_by(pattern) {
            return taken;
        }
        // One of each length of number, and sizes a power of two apart.
        let tries =
            (0..=44).map(|power| (10_u32.saturating_pow(power / 4).saturating_mul(1 + power % 4), 1_u64 << power));
        let mut tries = tries.chain([(0, 0), (1, 1_000), (2, 1_000_000)]);
        tries.any(|(number, size)| {
            kinds.iter().any(|kind| {
                let of = (*kind, number);
                pattern.matches(&self.event(&Occasion { of, size, worker: number.max(1), ..Occasion::default() }))
            })
        })
    }

    /// One of them.
    pub fn event(&self, occasion: &Occasion<'_>) -> Value {
        let mut event = self.event.clone();
        for (at, what) in &self.differs {
            put(&mut event, at, what.of(occasion));
        }
        event
    }
}

impl Differs {
    fn of(&self, occasion: &Occasion<'_>) -> Value {
        let Occasion { at, number, of: (kind, ordinal), size, worker } = *occasion;
        match self {
            Differs::Id => Value::String(format!("{:08x}-0000-4000-8000-{number:012x}", number >> 48)),
            Differs::Time => Value::String(clock(at)),
            Differs::Key(form) => {
                // The first is 1, as whoever counts by hand has it.
                let ordinal = (u64::from(ordinal) + 1).to_string();
                Value::String(form.replace(NUMBER, &ordinal).replace(WORKLOAD, kind))
            }
            Differs::Size => Value::from(size),
            Differs::Machine(pool) => Value::String(instance(pool, worker)),
            Differs::MachineResource(pool) => {
                json!([format!("arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{}", instance(pool, worker))])
            }
            Differs::Task(pool) => {
                Value::String(format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task/queuelab/{pool}-{worker}"))
            }
        }
    }
}

/// What stands for the identity of a machine: that of a pool's n-th is always the same.
fn instance(pool: &str, worker: u32) -> String {
    let hash = pool.bytes().fold(0xCBF2_9CE4_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("i-{hash:08x}{worker:09x}")
}

fn put(event: &mut Value, at: &[&str], value: Value) {
    let mut here = event;
    for key in at {
        here = &mut here[*key];
    }
    *here = value;
}

/// The time of the calendar at which something happens: a run begins on a Monday, the 1st of January, at 0:00.
fn clock(at: SimTime) -> String {
    let seconds = at.nanos() / SECOND;
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let year = YEAR + days / 365;
    days %= 365;
    let mut month = 0;
    while days >= MONTHS[month] {
        days -= MONTHS[month];
        month += 1;
    }
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time::Span;

    fn pattern(text: &str) -> Pattern {
        Pattern::read(text).expect("a pattern").0
    }

    #[test]
    fn what_a_pattern_does_not_look_at_is_decided_once() {
        let shape = Shape::object_created("videos", "{n}.mp4");
        assert_eq!(shape.is_taken_by(&pattern(r#"{"source": ["aws.s3"]}"#)), Some(true));
        assert_eq!(shape.is_taken_by(&pattern(r#"{"source": ["aws.ec2"]}"#)), Some(false));
        let large = pattern(r#"{"detail": {"object": {"size": [{"numeric": [">", 100]}]}}}"#);
        assert_eq!(shape.is_taken_by(&large), None);
        let of = |size, number| shape.event(&Occasion { size, of: ("uploads", number), ..Occasion::default() });
        assert!(large.matches(&of(101, 0)) && !large.matches(&of(100, 0)));
        let second = pattern(r#"{"detail": {"object": {"key": ["2.mp4"]}}}"#);
        assert!(second.matches(&of(0, 1)) && !second.matches(&of(0, 0)));
        assert!(Shape::object_created("videos", "all.mp4").is_taken_by(&second).is_some());
    }

    #[test]
    fn what_differs_is_tried_where_a_pattern_looks_at_it() {
        let suffix = pattern(r#"{"detail": {"object": {"key": [{"suffix": ".mp4"}]}}}"#);
        assert!(Shape::object_created("videos", "{n}.mp4").may_be_taken_by(&suffix, &["uploads"]));
        assert!(!Shape::object_created("videos", KEY).may_be_taken_by(&suffix, &["uploads"]));
        let kind = pattern(r#"{"detail": {"object": {"key": [{"prefix": "downloads/"}]}}}"#);
        assert!(Shape::object_created("videos", KEY).may_be_taken_by(&kind, &["uploads", "downloads"]));
    }

    #[test]
    fn a_run_begins_on_a_monday_the_first_of_january() {
        let day = Span::from_secs(86_400).nanos();
        assert_eq!(clock(SimTime::START), "2029-01-01T00:00:00Z");
        assert_eq!(clock(SimTime::from_nanos(31 * day + 3_723 * SECOND)), "2029-02-01T01:02:03Z");
        assert_eq!(clock(SimTime::from_nanos(365 * day - 1)), "2029-12-31T23:59:59Z");
        assert_eq!(clock(SimTime::from_nanos(365 * day)), "2030-01-01T00:00:00Z");
    }
}
