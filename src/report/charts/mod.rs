//! The document as pictures: SVG, for white paper and for dark screens, the same bytes for the same document.

use crate::experiment::document::Document;
use crate::experiment::replay::Answer;
use crate::experiment::why::Explained;

mod axis;
mod canvas;
mod causes;
mod cost;
mod dash;
mod decisions;
mod latency;
mod losses;
mod parts;
mod plot;
mod tail;
mod theme;
mod timeline;
mod times;

/// Every chart of a document, light and dark: file name and SVG.
pub fn all(document: &Document) -> Vec<(String, String)> {
    let mut charts = Vec::new();
    for theme in [theme::LIGHT, theme::DARK] {
        let mut push = |name: &str, svg: String| charts.push((format!("{name}.{}.svg", theme.name), svg));
        for (name, topology) in &document.topologies {
            push(&format!("timeline-{}", file_name(name)), timeline::timeline(document, name, topology, theme));
        }
        let of_all = [
            ("latency", latency::latency(document, theme)),
            ("tail-answer", tail::tail(document, "answer", theme)),
            ("tail-completion", tail::tail(document, "completion", theme)),
            ("losses", losses::losses(document, theme)),
            ("cost", cost::cost(document, theme)),
            ("times", times::times(document, theme)),
        ];
        of_all.into_iter().filter_map(|(name, svg)| Some((name, svg?))).for_each(|(name, svg)| push(name, svg));
    }
    charts
}

/// The chart of what controllers would have decided, light and dark; none of a single look.
pub fn of_decisions(answers: &[Answer<'_>]) -> Vec<(String, String)> {
    let both = [theme::LIGHT, theme::DARK].into_iter();
    let drawn =
        both.filter_map(|theme| Some((format!("decisions.{}.svg", theme.name), decisions::decisions(answers, theme)?)));
    drawn.collect()
}

/// The charts of the causes of a figure, a topology each, light and dark.
pub fn of_causes(explained: &Explained) -> Vec<(String, String)> {
    let mut charts = Vec::new();
    for theme in [theme::LIGHT, theme::DARK] {
        for (name, topology) in &explained.topologies {
            if let Some(svg) = causes::causes(explained, name, topology, theme) {
                charts.push((format!("why-{}.{}.svg", file_name(name), theme.name), svg));
            }
        }
    }
    charts
}

/// A topology's name without what a file's may not have.
fn file_name(name: &str) -> String {
    let kept = |character: char| if character.is_alphanumeric() || "-_".contains(character) { character } else { '-' };
    name.chars().map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{absurd, alone, empty, timed, video};

    /// Fails at the first place where an XML reader would.
    fn hold_well_formed(name: &str, svg: &str) {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = svg;
        while let Some(start) = rest.find('<') {
            let text = &rest[..start];
            for entity in text.split('&').skip(1) {
                let word = entity.split(';').next().unwrap();
                assert!(["lt", "gt", "amp", "quot", "apos"].contains(&word), "{name}: stray & before {entity:?}");
            }
            let end = start + rest[start..].find('>').unwrap_or_else(|| panic!("{name}: a tag without end"));
            let tag = &rest[start + 1..end];
            rest = &rest[end + 1..];
            assert!(tag.matches('"').count().is_multiple_of(2) && !tag.contains('<'), "{name}: {tag}");
            if let Some(closed) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "{name}");
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
        assert!(open.is_empty() && rest.trim().is_empty(), "{name}: {open:?}");
    }

    #[test]
    fn every_chart_is_well_formed_and_has_no_number_that_is_none() {
        for document in [video(), timed(), alone(), absurd(), empty()] {
            for (name, svg) in all(&document) {
                hold_well_formed(&name, &svg);
                let numbers = svg.split(['"', ' ', ',']);
                assert!(!numbers.into_iter().any(|word| matches!(word, "NaN" | "inf" | "-inf")), "{name}");
                assert!(!name.contains(['/', '<', '"']), "{name}");
            }
        }
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        assert_eq!(all(&video()), all(&video()));
    }

    #[test]
    fn each_chart_is_there_in_light_and_in_dark() {
        let charts = all(&video());
        let names: Vec<&str> = charts.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "timeline-monolith",
            "timeline-tiered",
            "timeline-decoupled",
            "latency",
            "tail-answer",
            "tail-completion",
            "losses",
            "cost",
        ];
        let both = ["light", "dark"].map(|theme| expected.map(|name| format!("{name}.{theme}.svg"))).concat();
        assert_eq!(names, both);
    }

    #[test]
    fn what_was_not_measured_is_not_drawn() {
        assert!(all(&empty()).is_empty());
        let mut bare = video();
        for topology in bare.topologies.values_mut() {
            *topology = Default::default();
        }
        let names: Vec<String> = all(&bare).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 6, "the timelines, with their axes and nothing on them: {names:?}");
    }

    /// The rule of the whole report: nobody looks fast by losing requests.
    #[test]
    fn losses_stand_beside_every_latency() {
        for (name, svg) in all(&video()) {
            if ["latency", "tail", "losses", "cost"].iter().any(|chart| name.starts_with(chart)) {
                assert!(svg.contains("2.1 %") || svg.contains("2.13 %"), "{name}");
            }
            if name.starts_with("timeline-monolith") {
                assert!(svg.contains("monolith loses 2.1 % of its requests"), "{name}");
            }
        }
    }
}
