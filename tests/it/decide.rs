//! `decide` from documents: worked values with their sources, wrong documents, and the same decisions as a simulated run.

mod agreement;
mod recorded;
mod worked;
mod wrong;

use std::path::Path;

use queuelab::experiment::replay::{self, AnswerDocument};
use queuelab::scenario::decide::{self, Question};
use queuelab::scenario::{Loader, Source};

/// The files beside the documents of these tests.
struct Beside(&'static str);

impl Loader for Beside {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(Path::new(self.0).join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            other => other.to_string(),
        })
    }
}

/// What a document asks, in which nothing is wrong.
fn question(text: &str) -> Question {
    let source = Source::new("question.toml", text);
    decide::question(&source, &Beside("tests/it/bad-decide")).unwrap_or_else(|faults| {
        let told: Vec<String> = faults.iter().map(|fault| fault.plain(&source)).collect();
        panic!("{}\n{text}", told.join("\n"))
    })
}

/// The answer to a document that has its policy in it.
fn answer(text: &str) -> AnswerDocument {
    let question = question(text);
    let answers: Vec<_> = question
        .policy
        .iter()
        .map(|policy| {
            replay::decide(policy, &question).unwrap_or_else(|(what, advice)| panic!("{what}: {advice}\n{text}"))
        })
        .collect();
    AnswerDocument::of(question.title.clone(), &answers, question.alarm.as_ref()).in_full()
}

/// The number that is wanted after each look.
fn sizes(text: &str) -> Vec<u32> {
    answer(text).policies[0].looks.iter().map(|look| look.desired).collect()
}
