//! `import`: what is printed and written, what is told beside it, and how it ends.

use std::io::Write;
use std::process::Stdio;

use super::{Desk, done};
use crate::tidy::file;

fn desk() -> Desk {
    let desk = Desk::new();
    for name in ["orders.yaml", "orders-queue.json"] {
        desk.put(name, file(&format!("scenarios/{name}")).text);
    }
    desk
}

/// The tables of the README are those of its files, and a scenario takes them with steps and somebody who sends.
#[test]
fn the_readme_shows_what_is_printed_and_check_takes_it() {
    let desk = desk();
    let told = desk.run(&["import", "orders.yaml", "orders-queue.json"]).ends(0);
    let readme = file("README.md").text;
    let shown = readme.split("```toml\n").map(|rest| rest.split("\n```").next().unwrap());
    let shown =
        shown.filter(|block| block.contains("[topology.imported.")).last().expect("the README shows a fragment");
    assert!(told.out.trim_end().ends_with(shown), "{}", told.out);
    let around = "[run]\nlength = \"10min\"\n[work]\npack = \"2s\"\n[workload.orders]\n\
                  arrivals = { poisson = { rate = \"10/min\" } }\n[topology.imported.pool.order-worker]\n\
                  steps = [{ work = \"pack\" }]\n[topology.imported.pool.shop]\nsteps = [{ send = \"orders\" }]\n";
    desk.put("shop.toml", format!("{around}{}", told.out));
    desk.run(&["check", "shop.toml"]).ends(0);
    desk.put("queue.csv", "time,backlog\n0,0\n60,90\n120,400\n180,0\n");
    desk.run(&["decide", "--policy", "shop.toml:imported.order-worker", "--metrics", "queue.csv"]).ends(0);
}

#[test]
fn what_is_not_understood_is_told_and_ends_with_five() {
    let desk = desk();
    let told = desk
        .run(&["import", "orders.yaml"])
        .ends(5)
        .says("orders.yaml:31: `spec.triggers[0].metadata.queueURL` names the queue `orders`");
    assert!(told.err.contains("1 thing is not understood, or missing: exit code 5"), "{}", told.err);
    assert!(told.out.contains("# Not understood, or missing:\n# - orders.yaml:31: "), "{}", told.out);
    let quiet = desk.run(&["import", "--quiet", "orders.yaml"]).ends(5);
    assert_eq!((quiet.err.as_str(), quiet.out), ("", told.out));
}

#[test]
fn tables_are_written_whole_and_never_over_a_file() {
    let desk = desk();
    let files = ["import", "orders.yaml", "orders-queue.json", "--output", "found.toml", "--topology", "today"];
    let told = desk.run(&files).ends(0).says("wrote found.toml");
    assert_eq!(told.out, "");
    let written = desk.read("found.toml");
    assert!(written.contains("[topology.today.pool.order-worker.scaling.keda]"), "{written}");
    desk.run(&files).ends(2).says("nothing is overwritten unasked");
    desk.run(&[&files[..], &["--force"]].concat()).ends(0);
    // Of several files one is wrong: nothing is written, and all that is wrong is said.
    desk.put("wrong.yaml", "kind: [");
    desk.put("latin.yaml", b"kind: \xe9");
    let none = ["import", "orders.yaml", "wrong.yaml", "latin.yaml", "nowhere.yaml", "--output", "none.toml"];
    let told = desk.run(&none).ends(2).says("wrong.yaml:1:").says("is not UTF-8 text").says("`nowhere.yaml`");
    assert_eq!(told.out, "");
    assert!(!desk.files().iter().any(|name| name.contains("none.toml")), "{:?}", desk.files());
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let desk = desk();
    let mut command = desk.program(&["import", "-", "orders-queue.json"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let text = desk.read("orders.yaml");
    child.stdin.take().expect("it listens").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let direct = done(desk.program(&["import", "orders.yaml", "orders-queue.json"]));
    let tables = |text: &str| text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(tables(&String::from_utf8(output.stdout).expect("it is text")), tables(&direct.out));
}

#[test]
fn a_name_that_no_topology_can_have_is_refused() {
    desk().run(&["import", "orders.yaml", "--topology", "a.b"]).ends(2).says("letters, digits and hyphens");
}
