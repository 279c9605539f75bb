//! Classes of storage: what is kept in one for what is seldom read stays there for as long as it is paid for.

use crate::cloud::topology::NodeKind;
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;

pub(super) const EARLY: Foresight = Foresight {
    about: "objects of a class for what is seldom read are kept for as long as they are paid for",
    check: |_, topology, _| {
        let mut complaints = Vec::new();
        for node in &topology.nodes {
            let NodeKind::Bucket(bucket) = &node.kind else { continue };
            let (Some(keep), Some((least, _))) = (bucket.keep, bucket.class.least()) else { continue };
            if keep < least {
                let place = Place::of(&["topology", &topology.name, "bucket", &node.name]);
                let what = format!(
                    "what `{}` deletes after {keep} is paid for as if it had been in class `{}` for {least}",
                    node.name,
                    bucket.class.word()
                );
                complaints.push(
                    Complaint::warning("W118", place.then("keep"), what)
                        .and(place.then("class"), "here")
                        .advise("keep it for longer, or take the class `standard`"),
                );
            }
        }
        complaints
    },
};

#[cfg(test)]
mod tests {
    use crate::scenario::{NoFiles, Source, read};

    /// Of four classes two are paid for for 30 days, one for 90, and one as long as what it keeps is there.
    #[test]
    fn what_is_deleted_early_is_told() {
        let told = |class: &str, keep: &str| {
            let text = format!(
                "run = {{ length = \"1h\" }}\n\
                 workload.jobs.arrivals = {{ poisson = {{ rate = \"1/min\" }} }}\n\
                 topology.t.pool.p = {{ steps = [{{ put = \"b\" }}] }}\n\
                 topology.t.bucket.b = {{ class = \"{class}\", keep = \"{keep}\" }}\n"
            );
            let scenario = read(&Source { name: "x.toml".into(), text }, &NoFiles, &[]).expect("it can be played");
            scenario.warnings.iter().any(|warning| warning.code == "W118")
        };
        let found = ["standard", "standard-ia", "one-zone-ia", "glacier-instant"]
            .map(|class| (told(class, "29d"), told(class, "30d"), told(class, "90d")));
        assert_eq!(found, [(false, false, false), (true, false, false), (true, false, false), (true, true, false)]);
    }
}
