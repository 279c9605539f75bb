//! Draws how many workers a pool has, and who asks for more or fewer.

use std::fmt::Write;

use super::architecture::{Door, Plan};
use super::taste::Taste;

impl Plan<'_> {
    /// How many workers, and how that changes; true where they are scaled up and down.
    pub(super) fn workers(&self, taste: &mut Taste, pool: usize, text: &mut String) -> bool {
        let length = self.sketch.length;
        if taste.has("unlimited workers") {
            let _ = writeln!(text, "workers = \"unlimited\"");
            return false;
        }
        if taste.has("life") {
            let _ = writeln!(
                text,
                "pending = {}\nboot = {}\nstopping = {}",
                taste.law(10, 10_000),
                taste.law(10, 20_000),
                taste.law(10, 10_000)
            );
        }
        if taste.has("launched") {
            let _ = writeln!(text, "initially = \"launched\"");
        }
        if !taste.has("scaling") {
            let fewest = u64::from(!taste.has("nobody"));
            let _ = writeln!(text, "workers = {}", taste.number(fewest, 5));
            return false;
        }
        let at = [taste.number(0, length / 3), length / 3 + taste.number(1, length / 3), length];
        match taste.one("how to scale", &["asg", "schedule", "vertical"]) {
            "schedule" => {
                let rows: Vec<String> =
                    at.iter().map(|at| format!("{{ at = \"{at}ms\", workers = {} }}", taste.number(0, 6))).collect();
                let _ = writeln!(
                    text,
                    "workers = {}\nscaling = {{ schedule = [{}] }}",
                    taste.number(0, 3),
                    rows.join(", ")
                );
                false
            }
            "vertical" => {
                let held = if taste.has("held by a resize") {
                    format!(
                        ", held = \"{}\"",
                        taste.one("held by a change", &["lost", "back", "resume", "restart", "redraw"])
                    )
                } else {
                    String::new()
                };
                let change = taste.law(10, 20_000);
                let when = if taste.has("resize by an alarm") {
                    format!(
                        "alarm = {{ metric = \"cpu\", when = {{ at-least = \"{}%\" }}, points = {}, period = {} }}",
                        taste.number(10, 90),
                        taste.number(1, 3),
                        taste.span(500, 10_000)
                    )
                } else {
                    format!("at = [[\"{}ms\", 2], [\"{}ms\", 3], [\"{}ms\", 1]]", at[0], at[1], at[2])
                };
                let _ = writeln!(
                    text,
                    "workers = {}\nscaling = {{ vertical = {{ sizes = [{{ type = \"m5.large\" }}, {{ type = \"m5.xlarge\", speed = 2, slots = {} }}, {{ type = \"t3.medium\", speed = 0.5, slots = 1 }}], {when}, change = {change}{held} }} }}",
                    taste.number(1, 2),
                    taste.number(1, 5),
                );
                true
            }
            _ => {
                let (min, max) = (taste.number(0, 2), taste.size(3, 40));
                let mut policies = vec![self.policy(taste, pool)];
                if taste.has("a second policy") {
                    policies.push(self.policy(taste, pool));
                }
                if taste.has("scheduled change") {
                    policies.push(format!("{{ scheduled = {{ at = \"{}ms\", min = {max}, max = {max} }} }}", at[1]));
                }
                if taste.has("a service") {
                    let _ = writeln!(
                        text,
                        "scaling = {{ ecs-service = {{ min = {min}, max = {max}, scale-out-cooldown = {}, \
                         scale-in-cooldown = {}, policies = [{}] }} }}",
                        taste.span(100, 60_000),
                        taste.span(100, 60_000),
                        policies.join(", ")
                    );
                    return false;
                }
                let desired =
                    if taste.has("desired") { format!(", desired = {}", taste.number(min, 3)) } else { String::new() };
                let mut rest = String::new();
                if taste.has("cooldown") {
                    let _ = write!(rest, ", cooldown = {}", taste.span(100, 60_000));
                }
                if taste.has("warm-up of workers") {
                    let _ = write!(rest, ", warm-up = {}", taste.span(100, 60_000));
                }
                if taste.has("health check") {
                    let sees = taste.one("what it sees", &["workers", "machines"]);
                    let patience = taste.number(0, 20);
                    let _ = write!(
                        rest,
                        ", health-check = {{ every = \"{}s\", sees = \"{sees}\", patience = \"{patience}s\" }}",
                        taste.number(1, 30)
                    );
                }
                if taste.has("max lifetime") {
                    let _ = write!(rest, ", max-lifetime = \"{}s\"", taste.number(60, 120));
                }
                if taste.has("launch hook") {
                    let takes = taste.law(50, 20_000);
                    let result = taste.one("default result", &["abandon", "continue"]);
                    let _ = write!(
                        rest,
                        ", hooks = {{ launching = {{ takes = {takes}, heartbeat-timeout = \"30s\", default-result = \"{result}\" }}"
                    );
                    if taste.has("end hook") {
                        let _ = write!(rest, ", terminating = {{ takes = {} }}", taste.law(50, 20_000));
                    }
                    rest.push_str(" }");
                }
                if taste.has("warm pool") {
                    let size =
                        taste.one("how many warm", &["size = 2", "min-size = 1", "max-prepared = 4", "reuse = false"]);
                    let state = taste.one("warm state", &["stopped", "running", "hibernated"]);
                    let _ = write!(rest, ", warm-pool = {{ {size}, state = \"{state}\"");
                    if size != "reuse = false" && taste.has("reuse") {
                        rest.push_str(", reuse = true");
                    }
                    if taste.has("warm boot") {
                        let _ = write!(rest, ", boot = {}", taste.law(10, 5_000));
                    }
                    rest.push_str(" }");
                }
                if taste.has("maintenance") {
                    let bounds = taste.one("bounds", &[("90%", "120%"), ("100%", "110%"), ("50%", "100%")]);
                    let _ = write!(
                        rest,
                        ", maintenance = {{ min-healthy = \"{}\", max-healthy = \"{}\" }}",
                        bounds.0, bounds.1
                    );
                }
                if taste.has("zone rebalance") {
                    rest.push_str(", zone-rebalance = true");
                }
                let _ = writeln!(
                    text,
                    "scaling = {{ asg = {{ min = {min}, max = {max}{desired}{rest}, policies = [{}] }} }}",
                    policies.join(", ")
                );
                false
            }
        }
    }

    fn policy(&self, taste: &mut Taste, pool: usize) -> String {
        let fed = self.doors[pool] == Door::Queue;
        // Several queues may feed a pool: then a metric says of which it is.
        let of = if fed { format!("q{pool}") } else { format!("p{pool}") };
        let metric = taste.one("metric", &["visible", "in-flight", "backlog"]);
        let metric = format!("{{ {metric} = {{ of = \"{of}\" }} }}");
        let every = taste.span(500, 20_000);
        match taste.one("policy", &["queue-length", "cpu", "requests", "metric", "step"]) {
            "cpu" => {
                let share = taste.number(20, 90);
                let shrink = taste.one("shrink by", &["proportional", "one", "off"]);
                format!("{{ target-tracking = {{ cpu = \"{share}%\", period = {every}, scale-in = \"{shrink}\" }} }}")
            }
            "requests" => {
                format!("{{ target-tracking = {{ requests-per-worker = {}, period = {every} }} }}", taste.number(5, 90))
            }
            "step" => {
                let (near, far) = (taste.one("near", &["1", "-1"]), taste.one("far", &["2", "\"50%\"", "-2"]));
                format!(
                    "{{ step = {{ metric = {metric}, when = {{ at-least = {} }}, period = {every}, \
                     steps = [{{ to = 2, change = {near} }}, {{ from = 2, change = {far} }}] }} }}",
                    taste.number(1, 9)
                )
            }
            "metric" => {
                format!(
                    "{{ target-tracking = {{ metric = {metric}, target = {}, period = {every} }} }}",
                    taste.number(1, 9)
                )
            }
            _ => {
                let shrinks = taste.one("shrinks", &["always", "when-empty"]);
                format!(
                    "{{ queue-length = {{ metric = {metric}, per-worker = {}, every = {every}, shrinks = \"{shrinks}\" }} }}",
                    taste.one("per worker", &["1", "2", "3.5"])
                )
            }
        }
    }
}
