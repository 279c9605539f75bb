//! What scenarios rest on that nobody documents: both ends of every range can be had.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use queuelab::scenario::{self, Loader, Source, TEMPLATES};

use crate::tidy::{files, root};

/// What none of the scenarios rests on.
const MORE: &str = r#"run = { length = "1h", replications = 1 }
workload.jobs.arrivals = { poisson = { rate = "1/min" } }
work.serve = "1s"
[topology.t]
entry = "a"
cluster.pods = { type = "m5.large", machines = { fixed = 2 } }
cluster.tasks = { type = "m5.large", machines = { managed = { max = 4 } } }
[topology.t.pool]
a = { steps = [{ work = "serve" }, { call = "b" }, { call = "c" }, { call = "d" }, { call = "f" }], platform = { ec2 = { type = "m5.large" } }, scaling = { asg = { max = 4, policies = [{ predictive = { metric = "cpu", per-worker = "45%" } }] } } }
b = { steps = [{ work = "serve" }], platform = { ecs = { cluster = "tasks", cpu = 1, memory = "1GiB" } }, scaling = { ecs-service = { max = 4, policies = [{ predictive = { metric = "cpu", per-worker = "45%" } }, { scheduled = { at = "10min", min = 2 } }] } } }
c = { steps = [{ work = "serve" }], platform = { kubernetes = { cluster = "pods", cpu = 1, memory = "1GiB" } } }
d = { steps = [{ work = "serve" }] }
[topology.t.function]
f = { steps = [{ work = "serve" }], memory = "1GiB", runtime = "java21", snap-start = true }
"#;

/// The scenarios' folder.
struct Folder(PathBuf);

impl Loader for Folder {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.0.join(path)).map_err(|error| error.to_string())
    }
}

/// Every scenario of the project is accepted at both ends of whatever it rests on, and together they rest on every range.
#[test]
fn both_ends_of_every_range_can_be_had() {
    let mut sources: Vec<Source> = TEMPLATES.iter().map(|one| Source::new("template.toml", one.text)).collect();
    sources.push(Source::new("more.toml", MORE));
    sources.extend(files("scenarios", &["toml"]).into_iter().map(|file| Source::new(file.path, file.text)));
    let loader = Folder(root().join("scenarios"));
    let mut met: BTreeSet<String> = BTreeSet::new();
    for source in &sources {
        for assumption in scenario::assumptions(source, &[], &[]).expect("it is a scenario") {
            for changes in &assumption.changes {
                let refused = scenario::read(source, &loader, changes).err();
                assert!(refused.is_none(), "{}: {changes:?}: {refused:?}", source.name);
            }
            if let Some([low, default, high]) = assumption.sizes {
                assert!(low <= default && default <= high, "{assumption:?}");
            }
            met.insert(assumption.name);
        }
    }
    let unmet: Vec<&str> = scenario::assumable().filter(|name| !met.contains(*name)).collect();
    assert!(unmet.is_empty(), "no scenario rests on {unmet:?}");
}
