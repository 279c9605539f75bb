//! The tables are judged by the checks of any scenario; what is wrong is told at its place in the text they came from.

use crate::scenario::complaint::{Complaint, Severity};
use crate::scenario::import::fragment::{bare, quoted};
use crate::scenario::import::plan::Sections;
use crate::scenario::import::taking::Findings;
use crate::scenario::place::Place;
use crate::scenario::source::{NoFiles, Source};

/// Puts a scenario around the tables, and reads it.
pub(super) fn judge(sections: &Sections, topology: &str, found: &mut Findings) {
    let source = Source::new("imported.toml", around(sections, topology));
    let complaints = crate::scenario::read(&source, &NoFiles, &[]).err().unwrap_or_default();
    for complaint in complaints.into_iter().filter(|complaint| complaint.severity == Severity::Error) {
        let within = sections.list.iter().filter(|section| section.origin(&complaint.at).is_some());
        // The topology's own table is above all others.
        let nearest = within.max_by_key(|section| section.path.len());
        let at = nearest.and_then(|section| section.origin(&complaint.at)).cloned();
        let first = sections.list.iter().find_map(|section| section.at.clone());
        let Some(at) = at.or(first) else { continue };
        // Other places belong to the same object as a rule, and are named in the words.
        let complaint = Complaint { at: Place::bytes(at.bytes.clone()), also: Vec::new(), ..complaint };
        found.complaints.push((at.source, complaint));
    }
}

/// A scenario of which everything but the tables is sure to be right. Its front is the only node that no edge leads to.
fn around(sections: &Sections, topology: &str) -> String {
    let topology = bare(topology);
    let mut text = "run.length = \"1h\"\nwork.nothing = \"1ms\"\n".to_owned();
    text += "workload.imported.arrivals = { poisson = { rate = \"1/h\" } }\n";
    let mut steps: Vec<String> = Vec::new();
    for (name, is_fed) in &sections.pools {
        text += &format!("[topology.{topology}.pool.{}]\nsteps = [{{ work = \"nothing\" }}]\n", bare(name));
        if !is_fed {
            steps.push(format!("{{ call = {} }}", quoted(name)));
        }
    }
    steps.extend(sections.received.iter().map(|queue| format!("{{ send = {} }}", quoted(queue))));
    // No name of an imported node has an apostrophe.
    text += &format!("[topology.{topology}.pool.\"front's\"]\nsteps = [{}]\n\n", steps.join(", "));
    text + &sections.standing()
}
