//! Charts of a result that is already there.

use std::fs;

use super::{Desk, SMALL};

/// The same scene, in which workers cost something.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.put("small.toml", SMALL.replace("steps =", "platform = { machine = { price = \"$0.1/h\" } }, steps ="));
    desk
}

/// Width and height of a PNG, as its header has them: after the signature, a length and a name.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn charts_of_a_result_are_those_that_were_written_with_it() {
    let desk = desk();
    desk.run(&["compare", "small.toml", "--output", "there"]).ends(0);
    desk.run(&["plot", "there", "--format", "svg", "--output", "again"]).ends(0);
    let again: Vec<String> = desk.files().into_iter().filter(|name| name.starts_with("again/")).collect();
    assert!(again.len() > 15, "{again:?}");
    for name in &again {
        assert_eq!(desk.read(name), desk.read(&name.replace("again/", "there/")), "{name}");
    }
    let written = desk.files().into_iter().filter(|name| name.starts_with("there/") && name.ends_with(".svg"));
    assert_eq!(written.count(), again.len());
}

#[test]
fn a_png_has_the_pixels_that_are_asked_for_and_is_the_same_each_time() {
    let desk = desk();
    desk.run(&["compare", "small.toml", "--output", "there"]).ends(0);
    let call = ["plot", "there", "cost", "nines", "--format", "png", "--theme", "dark", "--output"];
    desk.run(&[&call[..], &["one"]].concat()).ends(0).says("3 files in one");
    desk.run(&[&call[..], &["two", "--scale", "0.5"]].concat()).ends(0);
    desk.run(&[&call[..], &["three"]].concat()).ends(0);
    let png = |name: &str| fs::read(desk.path().join(name)).unwrap();
    for name in ["cost.dark.png", "nines-answer.dark.png", "nines-completion.dark.png"] {
        let (one, two) = (png(&format!("one/{name}")), png(&format!("two/{name}")));
        assert_eq!((size(&one).0, size(&two).0), (2160, 540));
        assert_eq!(one, png(&format!("three/{name}")), "{name}");
    }
}

#[test]
fn a_chart_that_cannot_be_drawn_says_why() {
    let desk = desk();
    desk.run(&["run", "small.toml", "--topology", "one", "--output", "alone"]).ends(0);
    desk.run(&["plot", "alone", "--output", "charts"]).ends(0).says("no `pareto`: it takes two topologies");
    desk.run(&["plot", "alone", "pareto"]).ends(2).says("no `pareto`: it takes two topologies");
    desk.run(&["plot", "alone", "praeto"]).ends(2).says("did you mean `pareto`?");
    desk.run(&["plot", "alone", "timeline-on"]).ends(2).says("did you mean `timeline-one`?");
    desk.run(&["plot", "alone", "everything"]).ends(2).says("there is `timeline`, `latency`");
    desk.run(&["plot", "alone", "--scale", "99"]).ends(2).says("from 0.25 to 10");
    desk.run(&["plot", "small.toml"]).ends(2).says("not a result of queuelab");
}

/// A chart that is already there as it would be is no loss; anything else is somebody's.
#[test]
fn nothing_is_overwritten_unasked() {
    let desk = desk();
    desk.run(&["compare", "small.toml", "--output", "there"]).ends(0);
    let call = ["plot", "there", "cost", "--theme", "light", "--output", "slides"];
    desk.run(&call).ends(0);
    desk.run(&call).ends(0);
    desk.put("slides/cost.light.png", "mine");
    desk.run(&call).ends(2).says("holds another `cost.light.png`");
    assert_eq!(desk.read("slides/cost.light.png"), "mine");
    desk.run(&[&call[..], &["--force"]].concat()).ends(0);
    // Beside its result a chart is made anew, whatever its size was.
    desk.run(&["plot", "there", "cost"]).ends(0);
    desk.run(&["plot", "there", "cost", "--scale", "1"]).ends(0);
}

/// Pictures of an earlier result would be told as those of the new one.
#[test]
fn a_new_result_takes_the_earlier_ones_pictures_away() {
    let desk = desk();
    desk.run(&["compare", "small.toml"]).ends(0);
    desk.run(&["plot", "output/small-3", "cost", "--format", "png"]).ends(0);
    desk.put("output/small-3/notes.png", "mine");
    desk.run(&["compare", "small.toml", "--replications", "3"]).ends(0);
    let pngs: Vec<String> = desk.files().into_iter().filter(|name| name.ends_with(".png")).collect();
    assert_eq!(pngs, ["output/small-3/notes.png"]);
}
