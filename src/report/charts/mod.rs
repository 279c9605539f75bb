//! The document as pictures: SVG and PNG, for white paper and for dark screens, the same bytes for the same document.

use crate::experiment::document::Document;
use crate::experiment::replay::Answer;
use crate::experiment::sensitivity::Sensitivity;
use crate::experiment::why::Explained;
use crate::report::charts::drawing::Drawing;
use crate::report::charts::theme::Theme;

mod axis;
mod canvas;
mod causes;
mod cost;
mod dash;
mod decisions;
mod drawing;
mod latency;
mod losses;
mod nines;
mod pareto;
mod parts;
mod plot;
mod raster;
mod tail;
mod theme;
mod timeline;
mod times;
mod tornado;

/// A kind of chart that is made of a result.
pub struct Kind {
    /// As file names have it; a timeline has the topology's name behind it.
    pub name: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// Why there is none, of a document that it cannot be made of.
    pub lacks: &'static str,
    draw: fn(&Document, Theme) -> Vec<(String, Drawing)>,
}

/// Every kind of chart, in the order in which they are read.
pub const KINDS: [Kind; 10] = [
    Kind {
        name: "timeline",
        shows: "a topology over time: what comes, what waits, who works",
        lacks: "the result has no topologies",
        draw: timelines,
    },
    Kind {
        name: "latency",
        shows: "p50, p95 and p99 with their intervals, until the answer and until completion",
        lacks: "no latency could be measured",
        draw: |document, theme| one("latency", latency::latency(document, theme)),
    },
    Kind {
        name: "tail-answer",
        shows: "the share of requests not answered after a time",
        lacks: "no answer was measured",
        draw: |document, theme| one("tail-answer", tail::tail(document, "answer", theme)),
    },
    Kind {
        name: "tail-completion",
        shows: "the share of requests not completed after a time",
        lacks: "no completion was measured",
        draw: |document, theme| one("tail-completion", tail::tail(document, "completion", theme)),
    },
    Kind {
        name: "nines-answer",
        shows: "the time until the answer by percentile, on an axis of nines",
        lacks: "too few answers were measured: a percentile needs ten requests beyond it",
        draw: |document, theme| one("nines-answer", nines::nines(document, "answer", theme)),
    },
    Kind {
        name: "nines-completion",
        shows: "the time until completion by percentile, on an axis of nines",
        lacks: "too few completions were measured: a percentile needs ten requests beyond it",
        draw: |document, theme| one("nines-completion", nines::nines(document, "completion", theme)),
    },
    Kind {
        name: "losses",
        shows: "what is lost, by reason, beside the p99 that it would flatter",
        lacks: "losses could not be measured",
        draw: |document, theme| one("losses", losses::losses(document, theme)),
    },
    Kind {
        name: "cost",
        shows: "the bill of a month, item by item",
        lacks: "nothing was billed",
        draw: |document, theme| one("cost", cost::cost(document, theme)),
    },
    Kind {
        name: "pareto",
        shows: "cost against p99: who is beaten on both, and who is not",
        lacks: "it takes two topologies, each with a cost and a p99",
        draw: |document, theme| one("pareto", pareto::pareto(document, theme)),
    },
    Kind {
        name: "times",
        shows: "where the time of a request goes, node by node",
        lacks: "no topology has several nodes, among which time could be told apart",
        draw: |document, theme| one("times", times::times(document, theme)),
    },
];

fn one(name: &str, drawing: Option<Drawing>) -> Vec<(String, Drawing)> {
    drawing.into_iter().map(|drawing| (name.to_owned(), drawing)).collect()
}

fn timelines(document: &Document, theme: Theme) -> Vec<(String, Drawing)> {
    let mut timelines: Vec<(String, Drawing)> = Vec::new();
    for (topology, result) in &document.topologies {
        let own = format!("timeline-{}", file_name(topology));
        let is_taken = |name: &str| timelines.iter().any(|(other, _)| other == name);
        // Names that differ in what a file's may not have.
        let mut names = std::iter::once(own.clone()).chain((2..).map(|many| format!("{own}-{many}")));
        let name = names.find(|name| !is_taken(name)).unwrap_or(own);
        timelines.push((name, timeline::timeline(document, topology, result, theme)));
    }
    timelines
}

/// A chart that can be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Its name without its ending: `cost.light`.
    pub name: String,
    drawing: Drawing,
}

impl Picture {
    /// What it is, without its theme: `timeline-decoupled`.
    pub fn stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(stem, _)| stem)
    }

    /// As SVG.
    pub fn svg(&self) -> String {
        self.drawing.svg()
    }

    /// As PNG, with so many pixels for each of the chart's own across and down; `None` where that is more than an image
    /// may have.
    pub fn png(&self, scale: f64) -> Option<Vec<u8>> {
        self.drawing.png(scale)
    }
}

/// The charts of a document of the kinds that are asked for: light ones, then dark ones.
pub fn pictures(document: &Document, kinds: impl Fn(&Kind) -> bool) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for theme in [theme::LIGHT, theme::DARK] {
        for kind in KINDS.iter().filter(|kind| kinds(kind)) {
            let drawn = (kind.draw)(document, theme).into_iter();
            pictures.extend(drawn.map(|(name, drawing)| Picture { name: format!("{name}.{}", theme.name), drawing }));
        }
    }
    pictures
}

/// Every chart of a document, light and dark: file name and SVG.
pub fn all(document: &Document) -> Vec<(String, String)> {
    let pictures = pictures(document, |_| true).into_iter();
    pictures.map(|picture| (format!("{}.svg", picture.name), picture.svg())).collect()
}

/// The chart of what controllers would have decided, light and dark; none of a single look.
pub fn of_decisions(answers: &[Answer<'_>]) -> Vec<(String, String)> {
    let both = [theme::LIGHT, theme::DARK].into_iter();
    let drawn = both.filter_map(|theme| {
        Some((format!("decisions.{}.svg", theme.name), decisions::decisions(answers, theme)?.svg()))
    });
    drawn.collect()
}

/// The charts of the causes of a figure, a topology each, light and dark.
pub fn of_causes(explained: &Explained) -> Vec<Picture> {
    let mut charts = Vec::new();
    for theme in [theme::LIGHT, theme::DARK] {
        for (name, topology) in &explained.topologies {
            if let Some(drawing) = causes::causes(explained, name, topology, theme) {
                charts.push(Picture { name: format!("why-{}.{}", file_name(name), theme.name), drawing });
            }
        }
    }
    charts
}

/// The tornado of what settings do, light and dark; none where no setting does anything. `top` settings at most.
pub fn of_sensitivity(found: &Sensitivity, top: usize) -> Vec<Picture> {
    let both = [theme::LIGHT, theme::DARK].into_iter();
    let drawn = both.filter_map(|theme| {
        Some(Picture { name: format!("tornado.{}", theme.name), drawing: tornado::tornado(found, top, theme)? })
    });
    drawn.collect()
}

/// A topology's name without what a file's may not have, and no longer than a file's may be.
fn file_name(name: &str) -> String {
    const LONGEST: usize = 60;
    let kept = |character: char| if character.is_alphanumeric() || "-_".contains(character) { character } else { '-' };
    name.chars().take(LONGEST).map(kept).collect()
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
            "nines-answer",
            "nines-completion",
            "losses",
            "cost",
            "pareto",
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
            if ["latency", "tail", "nines", "losses", "cost", "pareto"].iter().any(|chart| name.starts_with(chart)) {
                assert!(svg.contains("2.1 %") || svg.contains("2.13 %"), "{name}");
            }
            if name.starts_with("timeline-monolith") {
                assert!(svg.contains("monolith loses 2.1 % of its requests"), "{name}");
            }
        }
    }
}
