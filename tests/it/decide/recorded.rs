//! A recorded run of an HPA, beside what `decide` says of the same minutes.

use std::path::PathBuf;

use super::question;
use queuelab::experiment::replay;

/// The rows of a Markdown table that have a number in every cell.
fn rows(text: &str) -> Vec<Vec<f64>> {
    let cells = |line: &str| -> Option<Vec<f64>> {
        line.trim().trim_matches('|').split('|').map(|cell| cell.trim().parse::<f64>().ok()).collect()
    };
    text.lines().filter_map(cells).collect()
}

/// A cluster's replicas every half minute for half an hour under bursts, with the requests that came and were answered.
///
/// The recording has no CPU and no specification. Replicas are never above 12, and once fall from 12 to 2 within a row, so
/// it had a maximum of 12 and next to no stabilisation window. Here the requests of a row stand for the load, and 22 of
/// them for each replica for the target: 110 on 5 is the row that recurs. So both go up at every burst. Between bursts
/// the recording falls on to 2 or 3 where by requests 5 would be right, and comes back: its CPU is averaged, and lags
/// behind the requests by a row or two, so it takes replicas away for a load that has passed already, and some that are
/// still needed. A document of one metric a row can't show that; held is that both go up at each burst.
#[test]
fn a_recorded_run_is_shown_beside_what_is_decided() {
    let Some(folder) = std::env::var_os("QUEUELAB_DATA").map(PathBuf::from) else {
        println!("QUEUELAB_DATA is not set: the recorded run is not replayed");
        return;
    };
    let path = folder.join("scaling/k8s_hpa_vs_phpa_table.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = rows(&text);
    assert_eq!(rows.len(), 60);
    let looks: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "[[look]]\nat = \"{}s\"\nvalues = {{ requests = {} }}\nreplicas = {}\n",
                row[0] * 60.0,
                row[1],
                row[3]
            )
        })
        .collect();
    let policy = "scaling.hpa = { max = 12, stabilisation = \"15s\", metrics = [{ average-value = { metric = { recorded = { name = \"requests\" } }, target = 22 } }] }\n";
    let question = question(&format!("{policy}{}", looks.concat()));
    let answer =
        replay::decide(question.policy.as_ref().expect("it has one"), &question).expect("every look has its value");
    println!("minute  requests  recorded next  decided");
    let (mut same_way, mut bursts) = (0, 0);
    for (at, look) in answer.looks().iter().enumerate() {
        let next = rows.get(at + 1).map_or(rows[at][3], |row| row[3]);
        println!("{:>6}  {:>8}  {next:>13}  {:>7}  {}", rows[at][0], rows[at][1], look.to, look.why);
        assert!((1..=12).contains(&look.to));
        if rows[at][1] > 200.0 {
            bursts += 1;
            same_way += usize::from(look.to > look.from && next > rows[at][3]);
        }
    }
    println!("in {same_way} of {bursts} bursts both go up");
    assert!(bursts >= 4 && same_way == bursts, "{same_way} of {bursts}");
}
