//! The document as pictures: SVG, for white paper and for dark screens, the same bytes for the same document.

use crate::experiment::document::Document;

mod axis;
mod canvas;
mod cost;
mod dash;
mod latency;
mod losses;
mod parts;
mod plot;
mod tail;
mod theme;
mod timeline;

/// Every chart of a document, light and dark: file name and SVG.
pub fn all(document: &Document) -> Vec<(String, String)> {
    let mut charts = Vec::new();
    for theme in [theme::LIGHT, theme::DARK] {
        let mut push = |name: &str, svg: String| charts.push((format!("{name}.{}.svg", theme.name), svg));
        for (name, topology) in &document.topologies {
            push(&format!("timeline-{name}"), timeline::timeline(document, name, topology, theme));
        }
        let of_all = [
            ("latency", latency::latency(document, theme)),
            ("tail-answer", tail::tail(document, "answer", theme)),
            ("tail-completion", tail::tail(document, "completion", theme)),
            ("losses", losses::losses(document, theme)),
            ("cost", cost::cost(document, theme)),
        ];
        of_all.into_iter().filter_map(|(name, svg)| Some((name, svg?))).for_each(|(name, svg)| push(name, svg));
    }
    charts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{absurd, alone, empty, video};

    #[test]
    fn show() {
        for (set, document) in [("video", video()), ("alone", alone()), ("absurd", absurd()), ("empty", empty())] {
            let folder = std::path::Path::new("/tmp/charts").join(set);
            std::fs::create_dir_all(&folder).unwrap();
            for (name, svg) in all(&document) {
                std::fs::write(folder.join(name), svg).unwrap();
            }
        }
    }
}
