//! Draws how the messages of a queue live: late, for so long, once or twice, among how many.

use std::fmt::Write;

use super::taste::Taste;

/// Writes it into the table of a queue.
pub fn lives(taste: &mut Taste, fifo: bool, text: &mut String) {
    if taste.has("delay") {
        let _ = writeln!(text, "delay = {}", taste.span(1, 10_000));
    }
    if taste.has("retention") {
        let _ = writeln!(text, "retention = {}", taste.span(60_000, 90_000));
    }
    if taste.has("limit in flight") {
        let _ = writeln!(text, "in-flight-limit = {}", taste.number(1, 6));
    }
    if taste.has("visibility ceiling") {
        let _ = writeln!(text, "visibility-ceiling = {}", taste.span(30_000, 60_000));
    }
    if !fifo && taste.has("duplicates") {
        let _ = writeln!(text, "duplicates = \"{}%\"", taste.one("how many twice", &["5", "50", "100"]));
    }
    if !fifo && taste.has("coverage") {
        let _ = writeln!(text, "coverage = \"{}%\"", taste.number(1, 99));
    }
    if fifo && taste.has("deduplication") {
        let _ = writeln!(text, "deduplication = {}", taste.span(1_000, 60_000));
    }
    if fifo && taste.has("look-ahead") {
        let _ = writeln!(text, "look-ahead = {}", taste.number(1, 30));
    }
    if fifo && taste.has("rate limit") {
        let _ = writeln!(text, "rate-limit = \"{}/s\"", taste.number(1, 20));
        if taste.has("high throughput") {
            let _ = writeln!(text, "high-throughput = true\npartitions = {}", taste.number(1, 5));
        }
    }
    if !fifo && taste.has("fair") {
        let _ = writeln!(text, "fair = true\nnoisy = {{ in-flight = {} }}", taste.number(1, 5));
    }
}
