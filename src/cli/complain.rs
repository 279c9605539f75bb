//! Complaints as a person reads them: file, line, caret and what to do; all at once, sorted by place.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use crate::billing::Flaw;
use crate::cloud::bus::json::Objection;
use crate::scenario::{Complaint, Places, Severity, Source};

/// Complaints after which more would help nobody.
const SHOWN: usize = 50;

/// One thing that is the matter with a text, and the bytes of it.
struct Remark<'a> {
    is_error: bool,
    code: Option<&'static str>,
    what: &'a str,
    /// `None` for what is the matter with all of the text, or with something that is not in it.
    span: Option<Range<usize>>,
    also: Vec<(Range<usize>, &'a str)>,
    /// What belongs to it and has no place in the text.
    notes: Vec<&'a str>,
    advice: Option<&'a str>,
}

/// All complaints about a scenario.
pub fn of_scenario(source: &Source, complaints: &[Complaint]) -> String {
    of_places(source, &Places::of(source), complaints)
}

/// All complaints about a text of another program.
pub fn of_foreign(source: &Source, complaints: &[Complaint]) -> String {
    of_places(source, &Places::of_bytes(), complaints)
}

fn of_places(source: &Source, places: &Places, complaints: &[Complaint]) -> String {
    let remarks = complaints.iter().map(|complaint| {
        let (mut also, mut notes) = (Vec::new(), Vec::new());
        for (place, what) in &complaint.also {
            match places.locate(place) {
                Some(span) => also.push((span, what.as_str())),
                None => notes.push(what.as_str()),
            }
        }
        Remark {
            is_error: complaint.severity == Severity::Error,
            code: Some(complaint.code),
            what: &complaint.what,
            span: places.locate(&complaint.at),
            also,
            notes,
            advice: complaint.advice.as_deref(),
        }
    });
    render(source, remarks.collect())
}

/// All that is wrong with a price book or a usage list.
pub fn of_flaws(source: &Source, flaws: &[Flaw]) -> String {
    let titles: Vec<String> = flaws
        .iter()
        .map(|flaw| if flaw.at.is_empty() { flaw.what.clone() } else { format!("{}: {}", flaw.at, flaw.what) })
        .collect();
    let remarks = flaws.iter().zip(&titles).map(|(flaw, what)| Remark {
        is_error: true,
        code: None,
        what,
        span: flaw.span.clone(),
        also: Vec::new(),
        notes: Vec::new(),
        advice: flaw.advice.as_deref(),
    });
    render(source, remarks.collect())
}

/// All that is wrong with a pattern or an event, or all that is to be said about it.
pub fn of_objections(source: &Source, objections: &[Objection], severity: Severity) -> String {
    let title = |told: &Objection| {
        if told.at.is_empty() { told.what.clone() } else { format!("{}: {}", told.at, told.what) }
    };
    let titles: Vec<String> = objections.iter().map(title).collect();
    let remarks = objections.iter().zip(&titles).map(|(told, what)| Remark {
        is_error: severity == Severity::Error,
        code: None,
        what,
        span: told.span.clone(),
        also: Vec::new(),
        notes: Vec::new(),
        advice: told.advice.as_deref(),
    });
    render(source, remarks.collect())
}

fn render(source: &Source, mut remarks: Vec<Remark<'_>>) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    // What has no place in the text comes last: it is seen first, at the end of a terminal.
    remarks.sort_by_key(|remark| remark.span.as_ref().map_or(usize::MAX, |span| span.start));
    let mut text = String::new();
    for remark in remarks.iter().take(SHOWN) {
        text += renderer.render(&[group(source, remark)]).trim_end();
        text += "\n\n";
    }
    text + &summary(source, &remarks)
}

fn group<'a>(source: &'a Source, remark: &'a Remark<'a>) -> Group<'a> {
    let level = if remark.is_error { Level::ERROR } else { Level::WARNING };
    let mut title = level.primary_title(remark.what);
    if let Some(code) = remark.code {
        title = title.id(code);
    }
    let mut elements: Vec<Element<'a>> = Vec::new();
    let within = |span: &Range<usize>| within(&source.text, span);
    match &remark.span {
        Some(span) => {
            let others = remark.also.iter().map(|(span, what)| AnnotationKind::Context.span(within(span)).label(*what));
            let snippet = Snippet::source(source.text.as_str())
                .path(source.name.as_str())
                .annotation(AnnotationKind::Primary.span(within(span)))
                .annotations(others);
            elements.push(snippet.into());
        }
        None => elements.push(Origin::path(source.name.as_str()).into()),
    }
    elements.extend(remark.notes.iter().map(|note| Level::NOTE.message(*note).into()));
    elements.extend(remark.advice.map(|advice| Level::HELP.message(advice).into()));
    title.elements(elements)
}

/// Bytes that are surely in the text, and begin and end between characters.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    // A table may go on for pages; its first line says which it is.
    let line = text[start..end].find('\n').map_or(end, |line_end| start + line_end);
    start..if line > start { line } else { end }
}

fn summary(source: &Source, remarks: &[Remark<'_>]) -> String {
    let errors = remarks.iter().filter(|remark| remark.is_error).count();
    let count = |number: usize, noun: &str| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{number} {noun}s")),
    };
    let counts = [count(errors, "error"), count(remarks.len() - errors, "warning")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let more = remarks.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(", of which {more} are not shown") } else { String::new() };
    format!("{}: {}{rest}", source.name, counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(remarks: Vec<Remark<'_>>) -> String {
        let source = Source { name: "a.toml".to_owned(), text: "title = \"é\"\nslots = 0\nroom = 1\n".to_owned() };
        anstream::adapter::strip_str(&render(&source, remarks)).to_string()
    }

    fn remark(what: &str, span: Option<Range<usize>>) -> Remark<'_> {
        Remark { is_error: true, code: Some("E201"), what, span, also: Vec::new(), notes: Vec::new(), advice: None }
    }

    #[test]
    fn a_complaint_has_its_line_its_caret_and_its_advice() {
        let text = plain(vec![Remark { advice: Some("write 1 or more"), ..remark("no slots", Some(21..22)) }]);
        let expected = "\
error[E201]: no slots
 --> a.toml:2:9
  |
2 | slots = 0
  |         ^
  |
  = help: write 1 or more

a.toml: 1 error";
        assert_eq!(text, expected);
    }

    #[test]
    fn complaints_come_in_the_order_of_the_file_and_those_about_all_of_it_last() {
        let text = plain(vec![remark("whole", None), remark("third", Some(23..31)), remark("second", Some(13..22))]);
        let order: Vec<usize> = ["second", "third", "whole"].iter().filter_map(|what| text.find(what)).collect();
        assert!(order.len() == 3 && order.is_sorted(), "{text}");
        assert!(text.ends_with("a.toml: 3 errors"), "{text}");
    }

    /// Wherever a place may lie: outside, inside a character, backwards.
    #[test]
    fn no_place_is_too_strange_to_be_shown() {
        for span in [10..10, 9..10, 40..50, 0..400, Range { start: 20, end: 3 }] {
            assert!(plain(vec![remark("odd", Some(span))]).contains("odd"));
        }
    }

    #[test]
    fn of_very_many_complaints_the_rest_is_counted() {
        let text = plain((0..60).map(|_| remark("again", Some(0..5))).collect());
        assert!(text.ends_with("a.toml: 60 errors, of which 10 are not shown"), "{text}");
    }
}
