//! What the verdict hangs on, from outside.

use super::Desk;

/// Two stations, one of which takes longer.
const TWO: &str = r#"title = "Which is quicker?"
run = { length = "20min", replications = 4, seed = 3 }
workload.jobs.arrivals = { poisson = { rate = "30/min" } }
work = { one = "100ms", other = "150ms" }
[topology]
a.pool.app = { steps = [{ work = "one" }], workers = 4 }
b.pool.app = { steps = [{ work = "other" }], workers = 4 }
"#;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.put("two.toml", TWO);
    desk
}

#[test]
fn it_says_on_what_the_verdict_hangs() {
    let desk = desk();
    let call = ["sensitivity", "two.toml", "--of", "completion.mean", "--also", "work.other=50ms..300ms"];
    let done = desk.run(&call).ends(0);
    assert!(done.out.contains("The verdict hangs on work.other: below about 100 ms b wins."), "{}", done.out);
    assert_eq!(desk.files(), ["two.toml"], "nothing is written unasked");
    desk.run(&[&call[..], &["--output", "found"]].concat()).ends(0).says("found");
    for name in ["sensitivity.json", "tornado.light.svg", "tornado.dark.svg", "tornado.light.png", "tornado.dark.png"] {
        assert!(desk.files().contains(&format!("found/{name}")), "{name}");
    }
    assert_eq!(desk.run(&[&call[..], &["--json"]].concat()).ends(0).out, desk.read("found/sensitivity.json"));
    desk.run(&[&call[..], &["--output", "found"]].concat()).ends(2).says("--force");
    let threads = desk.run(&[&call[..], &["--json", "--threads", "1"]].concat()).ends(0);
    assert_eq!(threads.out, desk.read("found/sensitivity.json"));
}

#[test]
fn what_cannot_be_varied_is_refused_with_a_sentence() {
    let desk = desk();
    desk.put("textbook.toml", TWO.replace("seed = 3", "seed = 3, defaults = \"textbook\""));
    desk.run(&["sensitivity", "textbook.toml"]).ends(2).says("`--also PATH=LOW..HIGH` varies a setting of your own");
    desk.run(&["sensitivity", "two.toml", "--of", "completion.p98"]).ends(2).says("did you mean `completion.p9");
    desk.run(&["sensitivity", "two.toml", "--topology", "c"]).ends(2).says("it has `a`, `b`");
    desk.run(&["sensitivity", "two.toml", "--also", "work.other=50ms"]).ends(2).says("expected PATH=LOW..HIGH");
    desk.run(&["sensitivity", "two.toml", "--also", "work.other=soon..later"]).ends(2).says("work.other");
    desk.run(&["sensitivity", "two.toml", "--also", "topology.c.pool.app.workers=1..2"])
        .ends(2)
        .says("nothing called `c`");
}
