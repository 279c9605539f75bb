//! `decide`: questions by documents and by recorded metrics, and what is said where they are wrong.

use std::fmt::Write;

use serde_json::Value;

use super::Desk;

const HPA: &str = "scaling.hpa = { max = 10, metrics = [{ cpu = \"50%\" }] }\n";

#[test]
fn a_document_is_answered_with_a_reason() {
    let desk = Desk::new();
    desk.put("q.toml", format!("{HPA}[[look]]\nreplicas = 4\nvalues = {{ cpu = \"75%\" }}\n"));
    let told = desk.run(&["decide", "q.toml"]).ends(0);
    assert!(told.out.contains("scale-out") && told.out.contains("1.5000 of its target"), "{}", told.out);
    let json = desk.run(&["decide", "q.toml", "--json"]).ends(0);
    let document: Value = serde_json::from_str(&json.out).expect("it is JSON");
    assert_eq!(document["schema"], "queuelab/decide/1");
    let look = &document["policies"][0]["looks"][0];
    assert_eq!((&look["from"], &look["desired"], &look["reason"]), (&4.into(), &6.into(), &"ratio".into()));
}

/// A policy of a scenario, recorded metrics with a gap, a duplicate and a row out of order, and another policy beside it.
#[test]
fn recorded_metrics_are_replayed_and_what_is_odd_about_them_is_said() {
    let desk = Desk::new();
    desk.put("s.toml", "[topology.t.pool.p]\nscaling.asg = { max = 9, cooldown = \"0s\", policies = [{ queue-length = { per-worker = 2 } }] }\n");
    desk.put("hpa.toml", "scaling.keda = { max = 9, triggers = [{ metric = \"visible\", target = 2 }] }\n");
    let rows = "time,m1\n0,4\n60,8\n120,2\n120,6\n600,0\n660,1\n240,2\n";
    desk.put("m.csv", rows);
    let arguments = ["decide", "--policy", "s.toml:t.p", "--metrics", "m.csv", "--take", "visible=m1"];
    let told = desk.run(&arguments).ends(0);
    for part in ["not in the order of time", "the last of each counts", "gap"] {
        assert!(told.err.contains(part), "{}", told.err);
    }
    assert!(told.out.contains("hours of capacity"), "{}", told.out);
    let both = desk.run(&[&arguments[..], &["--compare", "hpa.toml", "--output", "found"]].concat()).ends(0);
    assert!(both.out.contains("other: hpa.toml") && both.out.contains("difference"), "{}", both.out);
    assert!(desk.read("found/decisions.light.svg").starts_with("<svg"));
    let again = desk.run(&[&arguments[..], &["--output", "found"]].concat()).ends(2);
    assert!(again.err.contains("nothing is overwritten unasked"), "{}", again.err);
}

#[test]
fn wrong_questions_are_refused_with_what_to_do() {
    let desk = Desk::new();
    desk.put("q.toml", "scaling.hpa = { max = 10, metricks = [] }\n[[look]]\nreplica = 4\n");
    let told = desk.run(&["decide", "q.toml"]).ends(2);
    assert!(told.err.contains("did you mean `metrics`?") && told.err.contains("q.toml:3:1"), "{}", told.err);
    desk.put("p.toml", HPA);
    desk.put("m.csv", "time,a,b\n0,1,2\n60,1,2\n");
    let told = desk.run(&["decide", "--policy", "p.toml", "--metrics", "m.csv"]).ends(2);
    assert!(told.err.contains("reads `cpu`") && told.err.contains("--take cpu=SERIES"), "{}", told.err);
    assert!(desk.run(&["decide"]).ends(2).err.contains("--metrics FILE"));
    assert!(desk.run(&["decide", "--metrics", "m.csv"]).ends(2).err.contains("--policy"));
}

/// CloudWatch writes a CPU of 75 % as 75, which is 75 times what the pods request.
#[test]
fn per_cent_for_shares_are_said() {
    let desk = Desk::new();
    desk.put("p.toml", HPA);
    desk.put("m.csv", "time,cpu\n0,40\n60,75\n");
    let told = desk.run(&["decide", "--policy", "p.toml", "--metrics", "m.csv"]).ends(0);
    assert!(told.err.contains("--scale cpu=0.01"), "{}", told.err);
    let told = desk.run(&["decide", "--policy", "p.toml", "--metrics", "m.csv", "--scale", "cpu=0.01"]).ends(0);
    assert!(!told.err.contains("per cent"), "{}", told.err);
}

/// A value that is misspelt is missing, and that is said with what there is.
#[test]
fn what_no_look_has_a_value_of_is_said() {
    let desk = Desk::new();
    desk.put("q.toml", "scaling.keda = { triggers = [{}] }\n[[look]]\nvalues = { backlogg = 3 }\n");
    let told = desk.run(&["decide", "q.toml"]).ends(0);
    assert!(told.err.contains("reads `backlog`") && told.err.contains("they have `backlogg`"), "{}", told.err);
}

/// The schema of documents is JSON, and knows what a document may say.
#[test]
fn the_schema_of_documents_is_printed() {
    let schema = Desk::new().run(&["schema", "--decide"]).ends(0);
    let schema: Value = serde_json::from_str(&schema.out).expect("it is JSON");
    let keys = schema["properties"].as_object().expect("a table");
    for key in ["scaling", "look", "memory", "alarm", "series"] {
        assert!(keys.contains_key(key), "{key}");
    }
}

/// A month of minutes and ten metrics: all are read, one is looked at each minute.
#[test]
fn long_recordings_are_read_and_only_changes_are_shown() {
    let desk = Desk::new();
    desk.put(
        "p.toml",
        "scaling.asg = { max = 50, cooldown = \"0s\", policies = [{ queue-length = { per-worker = 10 } }] }\n",
    );
    let mut text = "time,visible,b,c,d,e,f,g,h,i,j\n".to_owned();
    for minute in 0..43_200_u64 {
        let _ = writeln!(text, "{},{},1,2,3,4,5,6,7,8,9", minute * 60, minute / 720 % 40);
    }
    desk.put("m.csv", &text);
    let told = desk.run(&["decide", "--policy", "p.toml", "--metrics", "m.csv"]).ends(0);
    assert!(told.out.contains("43,200 looks") && told.out.contains("are not shown"), "{}", told.out);
}

/// The same minutes as `aws cloudwatch get-metric-data` writes them, newest first, beside a document that names the file.
#[test]
fn a_document_may_name_its_recording() {
    let desk = Desk::new();
    let stamps = ["12:03", "12:02", "12:00"].map(|time| format!("\"2024-05-01T{time}:00+00:00\"")).join(",");
    let metric = format!("{{\"Id\":\"q1\",\"Label\":\"Visible\",\"Timestamps\":[{stamps}],\"Values\":[30,20,10]}}");
    desk.put("data/q.json", format!("{{\"MetricDataResults\":[{metric}],\"Messages\":[]}}"));
    let policy =
        "scaling.asg = { max = 9, policies = [{ queue-length = { per-worker = 10 } }] }\ndefaults = \"textbook\"\n";
    desk.put("d.toml", format!("{policy}[series]\nfile = \"data/q.json\"\ntake = {{ visible = \"q1\" }}\n"));
    let told = desk.run(&["decide", "d.toml", "--json"]).ends(0);
    let document: Value = serde_json::from_str(&told.out).expect("it is JSON");
    let looks = document["policies"][0]["looks"].as_array().expect("looks");
    let sizes: Vec<u64> = looks.iter().filter_map(|look| look["desired"].as_u64()).collect();
    // The minute without a datapoint changes nothing.
    assert_eq!(sizes, [1, 1, 2, 3]);
    assert_eq!(looks[1]["reason"], "no-data");
    assert_eq!(looks[3]["time"], "2024-05-01T12:03:00Z");
    desk.put("d.toml", format!("{policy}series.file = \"nowhere.json\"\n"));
    assert!(desk.run(&["decide", "d.toml"]).ends(2).err.contains("nowhere.json can't be read"));
}
