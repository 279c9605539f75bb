//! What the program says about itself, and whether what the documents tell people to type works.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use queuelab::experiment::document::Document;

use super::{Desk, expect};
use crate::tidy::{file, files, root};

const COMMANDS: [&str; 16] = [
    "compare",
    "run",
    "why",
    "check",
    "explain",
    "init",
    "schema",
    "bill",
    "plot",
    "sensitivity",
    "prices",
    "decide",
    "import",
    "validate",
    "regret",
    "match-event",
];

#[test]
fn help_texts_are_as_expected() {
    let desk = Desk::new();
    let top = desk.run(&["--help"]).ends(0);
    expect("help.txt", &top.out);
    for command in COMMANDS {
        let help = desk.run(&[command, "--help"]).ends(0);
        assert!(help.out.contains("Examples:"), "{command} shows no example");
        assert!(top.out.contains(&format!("\n  {command} ")), "{command} is not listed");
        expect(&format!("help-{command}.txt"), &help.out);
    }
}

#[test]
fn the_version_is_that_of_the_manifest() {
    let version = Desk::new().run(&["--version"]).ends(0);
    assert_eq!(version.out, format!("queuelab {}\n", env!("CARGO_PKG_VERSION")));
}

/// Whatever a result names can be asked for.
#[test]
fn every_figure_of_a_result_is_explained() {
    let desk = desk_with_the_project();
    let run = desk.run(&["run", "scenarios/video-upload.toml", "--replications", "1", "--json", "--quiet"]);
    let document: Document = serde_json::from_str(&run.out).unwrap();
    let mut names = BTreeSet::new();
    for topology in document.topologies.values() {
        names.extend(topology.figures.keys().cloned());
        names.extend(topology.nodes.values().flat_map(|node| node.figures.keys().cloned()));
    }
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        desk.run(&["explain", &name]).ends(0);
        desk.run(&["explain", &format!("media.{name}")]).ends(0);
    }
}

/// The arguments of every line of a text that calls the program, as a shell would cut them.
fn calls(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(str::trim);
    let called = lines.filter_map(|line| {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        let prefixes = ["cargo run --release -- ", "cargo run --release --quiet -- ", "queuelab "];
        prefixes.iter().find_map(|prefix| line.strip_prefix(prefix))
    });
    called.map(|line| words(line.split(" > ").next().unwrap_or(line))).collect()
}

/// A line cut at blanks, but not inside quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.split(" #").next().unwrap_or(line).trim().chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn calls_are_found_and_cut_as_a_shell_would() {
    let text =
        "text queuelab no\n  $ queuelab run 'a b.toml' --set x=\"1 2\" > out\ncargo run --release -- schema # why\n";
    assert_eq!(calls(text), [vec!["run", "a b.toml", "--set", "x=1 2"], vec!["schema"]]);
}

/// Somebody's CloudWatch export: a recorded one where there are some, else a made-up day of sums over five minutes.
fn traffic() -> Vec<u8> {
    let recorded = std::env::var_os("QUEUELAB_DATA")
        .map(|folder| Path::new(&folder).join("arrivals/elb_request_count_8c0756.csv"))
        .and_then(|path| fs::read(path).ok());
    recorded.unwrap_or_else(|| {
        let row = |n: u32| format!("2026-03-02 {:02}:{:02}:00,{}\n", n / 12, n % 12 * 5, 10 + n % 7 * 10);
        let rows: String = (0..288).map(row).collect();
        format!("timestamp,value\n{rows}").into_bytes()
    })
}

/// A copy of everything that the documents speak of.
fn desk_with_the_project() -> Desk {
    let desk = Desk::new();
    for file in files("scenarios", &["toml", "csv", "json", "md", "yaml"]) {
        desk.put(&file.path, file.text);
    }
    desk.put("my-traffic.csv", traffic());
    desk
}

/// Runs a call of a document; patterns such as `scenarios/*.toml` are opened as a shell would.
fn follow(desk: &Desk, call: &[String]) -> Option<i32> {
    let mut arguments: Vec<String> = Vec::new();
    for word in call {
        match word.strip_suffix("*.toml") {
            Some(folder) => {
                let mut names: Vec<String> = fs::read_dir(root().join(folder))
                    .unwrap()
                    .map(|entry| format!("{folder}{}", entry.unwrap().file_name().to_string_lossy()))
                    .filter(|name| name.ends_with(".toml"))
                    .collect();
                names.sort();
                arguments.append(&mut names);
            }
            None => arguments.push(word.clone()),
        }
    }
    if call[0] == "validate" && !call.iter().any(|word| word == "--coverage") {
        // The same, and sooner done: known answers are held elsewhere. Of all of them the rarest quantities need more.
        let most = if call.iter().any(|word| word == "--all") { "4000000" } else { "200000" };
        arguments.extend(["--at-most", most].map(str::to_owned));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = desk.run(&arguments);
    let fine = matches!(done.code, Some(0 | 3 | 4));
    assert!(fine, "{call:?} ended with {:?}:\n{}\n{}", done.code, done.out, done.err);
    done.code
}

/// What stands before the end of a block of a document.
fn until_fence(rest: &str) -> &str {
    rest.split("\n```").next().unwrap_or(rest)
}

#[test]
fn what_the_readme_says_to_type_works() {
    let desk = desk_with_the_project();
    let readme = file("README.md").text;
    let calls: Vec<Vec<String>> = readme.split("```sh\n").skip(1).flat_map(|rest| calls(until_fence(rest))).collect();
    assert!(calls.len() >= 5, "the README shows how: {calls:?}");
    for call in calls.iter().filter(|call| call[0] != "gallery") {
        follow(&desk, call);
    }
}

/// The pictures and the table are those of this program, this scenario and these prices: nobody painted them.
#[test]
fn the_gallery_is_what_the_program_makes() {
    let desk = desk_with_the_project();
    desk.run(&["gallery", "--output", "made"]).ends(0);
    let made: Vec<String> = desk.files().into_iter().filter(|name| name.starts_with("made/")).collect();
    assert!(made.len() > 2, "{made:?}");
    for name in &made {
        let kept = file(&name.replace("made/", "output/gallery/"));
        assert!(kept.text == desk.read(name), "{} is not what `queuelab gallery` makes now", kept.path);
    }
    assert_eq!(files("output/gallery", &["svg", "txt"]).len(), made.len(), "the gallery holds more than is made");
    let table = file("output/gallery/video-upload.txt").text;
    let mut rest = table.lines();
    let readme = file("README.md").text;
    let shown = readme.split("```text\n").nth(1).map(until_fence).unwrap_or_default();
    assert!(shown.lines().count() > 20, "the README begins with what the program prints");
    for line in shown.lines().filter(|line| *line != "…") {
        assert!(rest.any(|printed| printed == line), "the program no longer prints, there: {line}");
    }
}

/// Those of the top, and of every command.
#[test]
fn what_the_help_says_to_type_works() {
    let desk = desk_with_the_project();
    desk.put("usage.toml", file("tests/it/cli/usage.toml").text);
    // A result, for those who look at one.
    desk.run(&["run", "scenarios/video-upload.toml", "--replications", "1", "--quiet"]);
    desk.put("question.toml", "scaling.kpa = {}\n[[look]]\nstable = 50\npanic = 300\nready = 1\n");
    desk.put("queue.csv", "time,visible\n0,4\n60,90\n120,80\n180,2\n");
    desk.put("keda.toml", "scaling.keda = { triggers = [{}] }\n");
    desk.put("hpa.toml", "scaling.hpa = { max = 9, metrics = [{ value = { metric = \"backlog\", target = 50 } }] }\n");
    let values = "[[1714564800,\"4\"],[1714564860,\"40\"],[1714564920,\"90\"]]";
    let series = format!("{{\"metric\":{{\"__name__\":\"queue_depth\"}},\"values\":{values}}}");
    let range = format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{series}]}}}}");
    desk.put("range.json", range);
    let folder = "tests/it/cli/expected";
    // `init` comes first: others use what it wrote.
    let mut helps = vec![file(&format!("{folder}/help-init.txt"))];
    helps.extend(files(folder, &["txt"]).into_iter().filter(|help| !help.path.contains("help-init")));
    let mut followed = 0;
    for help in helps {
        let examples = help.text.split("Examples:\n").nth(1).unwrap_or_default().to_owned();
        for call in calls(&examples) {
            if call == ["init", "my-system.toml"] && desk.path().join("my-system.toml").exists() {
                continue;
            }
            follow(&desk, &call);
            followed += 1;
        }
    }
    assert!(followed > 15, "{followed}");
}
