//! What objects of Kubernetes have in common: their head, what they scale, and what is none that can be read.

use crate::scenario::import::taking::{Findings, Origin, Taking};
use crate::scenario::tree::{Table, Value};

/// Annotations with these words decide something; all others are notes of people and tools.
const DECIDING: [&str; 2] = ["autoscaling.alpha.kubernetes.io/", "autoscaling.keda.sh/"];

/// Who an object is.
pub(super) struct Head {
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub at: Origin,
    /// Whether KEDA made it, and rules it.
    pub is_keda: bool,
}

impl Head {
    /// What it is called: ``ScaledObject `orders` ``.
    pub fn title(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }
}

/// Whether a document is of a kind, in one of these versions.
pub(super) fn is(table: &Table, kind: &str, versions: &[&str]) -> bool {
    let text = |key: &str| match table.get(key).map(|entry| &entry.tree.value) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    };
    text("kind") == kind && versions.contains(&text("apiVersion"))
}

/// Takes what every object begins with, and what has become of it.
pub(super) fn head(object: &mut Taking, found: &mut Findings) -> Head {
    let (kind, at) = object.text("kind", found).unwrap_or_else(|| (String::new(), object.at.clone()));
    object.pass(&["apiVersion"]);
    object.describes(&["status"], found);
    let mut head = Head { kind, namespace: String::new(), name: String::new(), at, is_keda: false };
    let Some(mut metadata) = object.table("metadata", found) else { return head };
    if let Some((name, at)) = metadata.text("name", found) {
        (head.name, head.at) = (name, at);
    }
    head.namespace = metadata.text("namespace", found).map(|(name, _)| name).unwrap_or_default();
    for mut owner in metadata.tables("ownerReferences", found).unwrap_or_default() {
        head.is_keda |= owner.text("kind", found).is_some_and(|(kind, _)| kind == "ScaledObject");
        let rest = owner.keys();
        owner.describes(&rest.iter().map(String::as_str).collect::<Vec<_>>(), found);
        owner.finish(&[], found);
    }
    if let Some(mut annotations) = metadata.table("annotations", found) {
        for key in annotations.keys() {
            if DECIDING.iter().any(|word| key.starts_with(word)) && !key.ends_with("/conditions") {
                annotations.leave(&key, "decides something, and is not read: write it as keys", found);
            } else {
                annotations.describes(&[&key], found);
            }
        }
        annotations.finish(&[], found);
    }
    // Whatever else stands here is a name, a label or a mark of the cluster's own.
    let rest = metadata.keys();
    metadata.describes(&rest.iter().map(String::as_str).collect::<Vec<_>>(), found);
    metadata.finish(&[], found);
    head
}

/// Takes what an object scales: its name, and how it is told from all others.
pub(super) fn target(spec: &mut Taking, head: &Head, found: &mut Findings) -> Option<(String, String)> {
    spec.need("scaleTargetRef", "it names what is scaled, and so the pool", found);
    let mut target = spec.table("scaleTargetRef", found)?;
    let kind = target.text("kind", found).map_or_else(|| "Deployment".to_owned(), |(kind, _)| kind);
    target.describes(&["apiVersion", "envSourceContainerName"], found);
    target.need("name", "it names the pool", found);
    let name = target.text("name", found);
    target.finish(&["kind", "name"], found);
    let (name, _) = name?;
    let id = format!("{}/{kind}/{name}", head.namespace);
    Some((name, id))
}

/// Takes the settings of an object, which must be there.
pub(super) fn spec(object: &mut Taking, found: &mut Findings) -> Option<Taking> {
    object.need("spec", "it holds all settings", found);
    object.table("spec", found)
}

/// Something that is none of the kinds.
pub(super) fn strange(object: &mut Taking, found: &mut Findings) {
    let kind = if object.has("kind") { object.text("kind", found) } else { None };
    let version = if object.has("apiVersion") { object.text("apiVersion", found) } else { None };
    let at = object.at.clone();
    let why = match (kind, version) {
        (Some((kind, _)), Some((version, _))) => format!("is of the kind `{kind}` ({version}), which is not read"),
        (Some((kind, _)), None) => format!("is of the kind `{kind}` without an `apiVersion`, which is not read"),
        (None, _) => {
            let keys: Vec<String> = object.keys().into_iter().take(5).map(|key| format!("`{key}`")).collect();
            format!("is of no kind that is known: its keys are {}", keys.join(", "))
        }
    };
    let path = if object.path.is_empty() { String::new() } else { object.path.clone() };
    found.unread(&at, path, why);
}
