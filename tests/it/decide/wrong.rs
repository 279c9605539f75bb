//! Wrong documents and policies, each with everything that is said about it, as `bad` has wrong scenarios.

use queuelab::experiment::replay::{self, AnswerDocument};
use queuelab::scenario::decide::{policy, question};
use queuelab::scenario::{Complaint, Places, Source};

use super::Beside;
use crate::expected::every_answer;

const FOLDER: &str = "tests/it/bad-decide";

fn told(source: &Source, complaints: &[Complaint]) -> String {
    let places = Places::of(source);
    complaints.iter().map(|complaint| complaint.plain_in(source, &places) + "\n").collect()
}

/// Files that begin with `policy-` are policies, others documents.
fn answer(source: &Source) -> String {
    let loader = Beside(FOLDER);
    let found = if source.name.starts_with("policy-") {
        policy(source, None, &loader).map(|policy| policy.warnings)
    } else {
        question(source, &loader).map(|question| question.warnings)
    };
    match found {
        Ok(warnings) => told(source, &warnings),
        Err(faults) => told(source, &faults),
    }
}

#[test]
fn every_wrong_question_is_answered_in_full() {
    every_answer(FOLDER, 8, answer);
}

/// Documents of every kind, each with what is large, small or negative in it.
const STRANGE: [&str; 9] = [
    "scaling.hpa = { max = 100000, metrics = [{ cpu = \"1%\" }, { average-value = { metric = \"backlog\", target = \"1n\" } }] }\n\
     [[look]]\nreplicas = 4000000000\ncurrent = 0\nvalues = { backlog = -1e300 }\n[[look]]\nreplicas = 3\nvalues = { backlog = 1e300, cpu = 1e18 }\n",
    "scaling.hpa = { max = 9, metrics = [{ cpu = \"50%\" }] }\n[[look]]\nat = \"-60000d\"\npods = [{ usage = 9e15, request = -3 }, { usage = -1, request = 0 }]\n\
     [[look]]\nat = \"1h\"\npods = [{ count = 0, usage = 1, request = 1 }]\n",
    "scaling.hpa = { min = 0, max = 9, metrics = [{ value = { metric = \"backlog\", target = 1 } }], behavior = { up = { select = \"disabled\", policies = [] } } }\n\
     memory = { scaled-up = [[\"-1s\", 4000000000]], scaled-down = [[\"-1s\", 4000000000]], recommended = [[\"5h\", 7]] }\n[[look]]\nreplicas = 0\nvalues = { backlog = 3 }\n",
    "scaling.keda = { triggers = [{ target = \"1m\" }], fallback = { failures = 0, replicas = 100000 }, idle = 0, min = 1 }\n[[look]]\nat = \"0s\"\n[[look]]\nat = \"0s\"\nvalues = { backlog = 1e17 }\n",
    "scaling.keda-jobs = { min = 100000, max = 100000, triggers = [{}, {}], several = \"sum\", strategy = { custom = { deduct = 4000000000, running = \"100%\" } } }\n\
     [[look]]\nvalues = { backlog = 1e300 }\nrunning = 4000000000\npending = 4000000000\n",
    "scaling.kpa = { target = 1e-9, up-rate = 1e6, down-rate = 1e6, burst = \"unlimited\", delay = \"1h\" }\n[[look]]\nat = \"3h\"\nstable = 1e300\npanic = -5\nready = 0\n\
     [[look]]\nat = \"3h\"\nconcurrency = [[\"9h\", 3], [\"0s\", 4]]\n[[look]]\nat = \"60000d\"\nreplicas = 1\n",
    "scaling.asg = { min = 0, max = 1000000, policies = [{ step = { metric = \"visible\", when = { above = 1 }, steps = [{ change = \"1000000%\" }] } }, \
     { predictive = { metric = \"visible\", per-worker = 1 } }, \"queue-length\", { scheduled = { at = \"0s\", max = 3 } }] }\n[[look]]\nat = \"0s\"\ndesired = 4000000000\n\
     in-service = 4000000000\nterminating = 4000000000\ncoming = 4000000000\nvalues = { visible = 1e300, in-flight = -4 }\n[[look]]\nat = \"60000d\"\nvalues = { visible = 2 }\n",
    "alarm = { when = { at-most = 0 }, points = 1, of = 1440, datapoints = [1e300, \"missing\", -1e300] }\n",
    "scaling.ecs-service = { max = 3, policies = [{ target-tracking = { metric = { ratio = { of = \"backlog\", to = \"desired\", at-least = 1 } }, target = 1e-12 } }] }\n\
     memory = { rest-until = \"9h\", fewer-from = \"9h\", added = 4000000000, high = \"alarm\" }\n[[look]]\nvalues = { backlog = 5 }\n",
];

/// Nothing that can be written makes the answer panic: strange documents, cut off anywhere and with any byte changed.
#[test]
fn no_document_makes_the_answer_panic() {
    let mut answered = 0;
    let mut ask = |text: &str| {
        if let Ok(question) = question(&Source::new("strange.toml", text), &Beside(FOLDER)) {
            let answers: Vec<_> =
                question.policy.iter().filter_map(|policy| replay::decide(policy, &question).ok()).collect();
            answered += answers.len();
            let document = AnswerDocument::of(None, &answers, question.alarm.as_ref());
            serde_json::to_string(&document).expect("an answer is JSON, whatever is in it");
        }
    };
    for text in STRANGE {
        ask(text);
        for at in (0..text.len()).step_by(5) {
            for with in ["", "9", "\"", "-", "]"] {
                ask(&format!("{}{with}{}", &text[..at], &text[at + 1..]));
            }
            ask(&text[..at]);
        }
    }
    assert!(answered > 100, "only {answered} were answered at all");
}
