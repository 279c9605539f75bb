//! Draws what lies between nodes and outside.

use std::fmt::Write;

use super::architecture::{Door, Plan};
use super::taste::Taste;

/// How balancers find out who is well.
pub(super) fn checks(taste: &mut Taste) -> String {
    if !taste.has("balancers check") {
        return String::new();
    }
    let interval = taste.number(50, 20_000);
    let mut text = format!(
        "health-check = {{ interval = \"{interval}ms\", timeout = \"{}ms\", healthy = {}, unhealthy = {}, fail-open = {} }}\n",
        taste.number(1, interval),
        taste.number(1, 5),
        taste.number(1, 3),
        taste.has("fail open")
    );
    if taste.has("connect timeout") {
        let _ = writeln!(text, "connect-timeout = {}", taste.span(50, 5_000));
    }
    text
}

impl Plan<'_> {
    /// Trouble on a way that something takes, if there is to be any.
    pub(super) fn a_link(&self, taste: &mut Taste, text: &str) -> Option<String> {
        let pool = taste.number(0, self.doors.len() as u64 - 1) as usize;
        let ways: Vec<(String, String, bool)> = match self.doors[pool] {
            Door::Balancer => {
                vec![(format!("b{pool}"), format!("p{pool}"), true), (format!("p{pool}"), format!("b{pool}"), true)]
            }
            Door::Queue => vec![(format!("q{pool}"), format!("p{pool}"), false)],
            Door::Open => Vec::new(),
        };
        // Only where a step says so does anybody call the partner.
        let calls = self.has_service && text.contains("call = \"partner\"");
        let partner = calls.then(|| ("partner".to_owned(), "p0".to_owned(), true));
        let ways: Vec<_> = ways.into_iter().chain(partner.filter(|_| self.calls_partner(text))).collect();
        if ways.is_empty() || !taste.has("a bad link") {
            return None;
        }
        let (from, to, lossy) = &ways[taste.number(0, ways.len() as u64 - 1) as usize];
        let mut link = format!("from = \"{from}\"\nto = \"{to}\"\ndelay = {}", taste.law(5, 3_000));
        if *lossy && taste.has("losses") {
            let _ = write!(link, "\nloss = \"{}%\"", taste.one("how lossy", &["3", "30", "100"]));
        }
        Some(link)
    }

    /// Whether the first pool calls the partner.
    pub(super) fn calls_partner(&self, text: &str) -> bool {
        let first = text.split(&format!("[topology.{}.pool.p0]", self.name)).nth(1).unwrap_or("");
        first.split("\n[").next().is_some_and(|pool| pool.contains("call = \"partner\""))
    }

    pub(super) fn service(&self, taste: &mut Taste, text: &mut String) {
        let _ = writeln!(text, "\n[topology.{}.service.partner]\nlatency = {}", self.name, taste.law(5, 3_000));
        if taste.has("a partner that fails") {
            let _ = writeln!(text, "fails = \"{}%\"", taste.one("how often the partner fails", &["3", "30", "100"]));
        }
        if taste.has("calls at once") {
            let _ = writeln!(text, "at-most = {}", taste.number(1, 6));
        }
        if taste.has("a price for calls") {
            text.push_str("price = \"sqs.standard\"\n");
        }
        self.admission(taste, false, text);
    }
}
