//! `import`: what comes out of files of other programs, that a scenario takes it as it stands, and what is said of
//! files that are wrong.
//!
//! `import/cases/NAME/` holds files that are imported together; `fragment.toml` beside them what comes out, with all that
//! is told. After a change of words, `QUEUELAB_BLESS=1 cargo test` writes them anew, to be read before they are committed.

use std::fs;
use std::path::{Path, PathBuf};

use queuelab::scenario::decide::{Controller, Policy, policy};
use queuelab::scenario::import::{Imported, import};
use queuelab::scenario::{NoFiles, Places, Scenario, Source, read};
use serde_json::Value;

use crate::expected::Expected;

const CASES: &str = "tests/it/import/cases";
const WRONG: &str = "tests/it/import/wrong";

/// The entries of a folder, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    paths.sort();
    paths
}

fn source(path: &Path) -> Source {
    let name = path.file_name().and_then(|name| name.to_str()).expect("names are text").to_owned();
    Source::new(name, fs::read_to_string(path).expect("the file is text"))
}

/// The files of a case.
fn sources(case: &str) -> Vec<Source> {
    let paths = entries(&Path::new(CASES).join(case));
    paths.iter().filter(|path| !path.ends_with("fragment.toml")).map(|path| source(path)).collect()
}

/// What is imported from files in which nothing is wrong.
fn imported(sources: &[Source]) -> Imported {
    import(sources, "imported").unwrap_or_else(|each| {
        let told: Vec<String> =
            sources.iter().zip(&each).map(|(source, complaints)| told(source, complaints)).collect();
        panic!("{}", told.concat())
    })
}

fn told(source: &Source, complaints: &[queuelab::scenario::Complaint]) -> String {
    let places = Places::of_bytes();
    complaints.iter().map(|complaint| complaint.plain_in(source, &places) + "\n").collect()
}

/// The names of nodes of a kind, by the headers of a fragment.
fn nodes(fragment: &str, kind: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in fragment.lines().filter_map(|line| line.strip_prefix(&format!("[topology.imported.{kind}."))) {
        let name = line.split(['.', ']']).next().expect("a header has a name").to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A scenario that a person would write around a fragment: steps for its pools, and somebody who sends to them.
fn around(fragment: &str) -> Source {
    let mut text = "[run]\nlength = \"10min\"\n[work]\nserve = \"100ms\"\n[workload.jobs]\n\
                    arrivals = { poisson = { rate = \"1/min\" } }\n"
        .to_owned();
    let fed = |pool: &str| fragment.contains(&format!("\nto = \"{pool}\""));
    let mut steps = Vec::new();
    let mut named = nodes(fragment, "pool");
    let receivers =
        fragment.lines().filter_map(|line| line.strip_prefix("to = \"")).map(|name| name.trim_end_matches('"'));
    named.extend(receivers.map(str::to_owned));
    named.sort();
    named.dedup();
    for pool in &named {
        text += &format!("[topology.imported.pool.{pool}]\nsteps = [{{ work = \"serve\" }}]\n");
        if !fed(pool) {
            steps.push(format!("{{ call = \"{pool}\" }}"));
        }
    }
    for queue in nodes(fragment, "queue") {
        let header = format!("[topology.imported.queue.{queue}]\nto = ");
        if fragment.contains(&header) {
            steps.push(format!("{{ send = \"{queue}\" }}"));
        }
    }
    text += &format!("[topology.imported.pool.people]\nsteps = [{}]\n\n{fragment}", steps.join(", "));
    Source::new("around.toml", text)
}

/// The scenario that takes a fragment as it stands.
fn taken(fragment: &str) -> Scenario {
    let source = around(fragment);
    read(&source, &NoFiles, &[]).unwrap_or_else(|complaints| {
        let places = Places::of(&source);
        let told: Vec<String> = complaints.iter().map(|complaint| complaint.plain_in(&source, &places)).collect();
        panic!("{}\n{}", told.join("\n"), source.text)
    })
}

/// The controller of a pool of a fragment.
fn controller(fragment: &str, pool: &str) -> Policy {
    let source = around(fragment);
    policy(&source, Some(&format!("imported.{pool}")), &NoFiles).unwrap_or_else(|complaints| {
        let places = Places::of(&source);
        let told: Vec<String> = complaints.iter().map(|complaint| complaint.plain_in(&source, &places)).collect();
        panic!("{}\n{}", told.join("\n"), source.text)
    })
}

#[test]
fn every_case_becomes_what_is_expected_and_a_scenario_takes_it() {
    let mut expected = Expected::default();
    let cases = entries(Path::new(CASES));
    assert!(cases.len() >= 8, "only {} cases are held", cases.len());
    for case in cases {
        let name = case.file_name().and_then(|name| name.to_str()).expect("names are text");
        let found = imported(&sources(name)).fragment;
        taken(&found);
        expected.hold(&case.join("fragment.toml"), &format!("{name} becomes"), &found);
    }
    expected.end();
}

#[test]
fn every_wrong_file_is_answered_in_full() {
    let mut expected = Expected::default();
    let paths = entries(Path::new(WRONG));
    assert!(paths.len() >= 20, "only {} files are held", paths.len());
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending != "expected")) {
        let source = source(path);
        let each = import(std::slice::from_ref(&source), "imported").expect_err(&source.name);
        let found = told(&source, &each[0]);
        assert!(!found.is_empty(), "{} is refused without a word", source.name);
        expected.hold(&path.with_extension("expected"), &format!("{} is answered", source.name), &found);
    }
    expected.end();
}

/// The values of the walk-through arrive: 2 to 12 pods, 55 % of CPU.
#[test]
fn an_autoscaler_decides_by_the_values_that_were_imported() {
    let fragment = imported(&sources("hpa")).fragment;
    let Controller::Hpa(web) = controller(&fragment, "web").controller else { panic!("it is an HPA") };
    assert_eq!((web.min, web.max), (2, 12));
    let told = format!("{web:?}");
    assert!(told.contains("55"), "{told}");
    let Controller::Hpa(api) = controller(&fragment, "api").controller else { panic!("it is an HPA") };
    assert_eq!((api.min, api.max), (1, 5), "Kubernetes has one pod at the least where nothing is said");
}

/// A group, its policies, the alarms of these and its queue come in four files and are one pool and one queue.
#[test]
fn files_are_joined_by_the_names_in_them_in_any_order() {
    let mut files = sources("group");
    let forward = imported(&files);
    files.reverse();
    let backward = imported(&files);
    let tables = |imported: &Imported| -> Vec<String> {
        let mut lines: Vec<String> =
            imported.fragment.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(tables(&forward), tables(&backward));
    let policy = controller(&forward.fragment, "media-workers");
    let Controller::Group(group) = policy.controller else { panic!("it is a group") };
    // One of them is a timetable of half past six on workdays: an entry for each of them.
    assert!(group.policies.len() > 5);
}

/// A key that nobody knows, put into every table of a document in turn, with the path at which it is told.
fn with_a_strange_key(value: &Value, path: &str, found: &mut Vec<(String, Value)>, whole: &dyn Fn(Value) -> Value) {
    match value {
        Value::Object(table) => {
            let mut changed = table.clone();
            changed.insert("somethingNew".to_owned(), Value::from(1));
            found.push((
                format!("{path}.somethingNew").trim_start_matches('.').to_owned(),
                whole(Value::Object(changed)),
            ));
            for (key, inner) in table {
                let path = format!("{path}.{key}").trim_start_matches('.').to_owned();
                let around = |inner: Value| {
                    let mut table = table.clone();
                    table.insert(key.clone(), inner);
                    whole(Value::Object(table))
                };
                with_a_strange_key(inner, &path, found, &around);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                let around = |inner: Value| {
                    let mut list = list.clone();
                    list[index] = inner;
                    whole(Value::Array(list))
                };
                with_a_strange_key(inner, &format!("{path}[{index}]"), found, &around);
            }
        }
        _ => {}
    }
}

/// Whatever key is put into a table, wherever that stands: it is told by its name, or as a part of what is told as a whole.
#[test]
fn no_key_is_left_out_in_silence() {
    // What is switched off, and what KEDA makes anew, is left out as a whole, and a note says so.
    let left_out = ["ScalingPolicies[4]", "items[0].spec"];
    let (mut by_name, mut as_a_part) = (0, 0);
    for case in ["group", "group-settings", "policies-alone", "kubectl-list"] {
        let files = sources(case);
        for at in (0..files.len()).filter(|at| files[*at].name.ends_with(".json")) {
            let document: Value = serde_json::from_str(&files[at].text).expect("it is JSON");
            let mut changed = Vec::new();
            with_a_strange_key(&document, "", &mut changed, &|value| value);
            for (path, document) in changed {
                let mut files = files.clone();
                files[at] = Source::new(files[at].name.clone(), document.to_string());
                let imported = imported(&files);
                let told = imported.unread.iter().any(|remark| remark.path == path);
                let plain: String =
                    path.split('[').map(|part| part.trim_start_matches(char::is_numeric)).collect::<Vec<_>>().join("[");
                let in_whole =
                    imported.unread.iter().any(|remark| !remark.path.is_empty() && path.starts_with(&remark.path))
                        || imported.described.iter().any(|other| plain.starts_with(other.as_str()))
                        || left_out.iter().any(|other| path.starts_with(other));
                assert!(told || in_whole, "{case}: `{path}` of {} is not told: {:?}", files[at].name, imported.unread);
                by_name += usize::from(told);
                as_a_part += usize::from(!told);
            }
        }
    }
    assert!(by_name > 60 && as_a_part < by_name, "{by_name} were told by name, {as_a_part} as a part");
}

/// Cut off anywhere, and with any byte changed, a file is imported or refused, and a scenario takes what is imported.
#[test]
fn no_file_makes_the_import_panic() {
    let mut taken_at_all = 0;
    for file in entries(Path::new(CASES)).iter().flat_map(|case| entries(case)) {
        if file.ends_with("fragment.toml") {
            continue;
        }
        let Source { name, text } = source(&file);
        let step = text.len() / 40 + 1;
        let whole = |at: &usize| text.is_char_boundary(*at) && text.is_char_boundary(at + 1);
        for at in (0..text.len()).step_by(step).filter(whole) {
            for with in ["", "9", "\"", "-1", "]", "{", ": ", "\n", "&a ", "*a", "null"] {
                let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
                if let Ok(imported) = import(&[Source::new(name.clone(), changed)], "imported") {
                    taken(&imported.fragment);
                    taken_at_all += 1;
                }
            }
            let _ = import(&[Source::new(name.clone(), &text[..at])], "imported");
        }
    }
    assert!(taken_at_all > 300, "only {taken_at_all} were imported at all");
}

/// A topology has at most 1,000 nodes.
#[test]
fn more_groups_than_a_topology_may_have_are_refused() {
    let group = |number: usize| format!("{{\"AutoScalingGroupName\": \"g{number}\", \"MinSize\": 0, \"MaxSize\": 2}}");
    let all = |count: usize| {
        let groups: Vec<String> = (0..count).map(group).collect();
        let text = format!("{{\"AutoScalingGroups\": [{}]}}", groups.join(","));
        import(&[Source::new("groups.json", text)], "imported")
    };
    assert!(all(300).is_ok());
    let refused = all(2_000).expect_err("they are too many");
    assert!(refused[0][0].what.contains("2000 queues and pools"), "{}", refused[0][0].what);
}
