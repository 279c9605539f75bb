//! Scenarios to start from, with comments that teach.

/// A scenario to start from.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// What it is asked for by.
    pub name: &'static str,
    /// What it compares, in a line.
    pub about: &'static str,
    /// The file.
    pub text: &'static str,
}

/// All of them; the first is the one that nobody need ask for.
pub const TEMPLATES: &[Template] = &[
    Template {
        name: "queue",
        about: "a front that calls, or leaves a message in a queue for a group of machines",
        text: include_str!("templates/queue.toml"),
    },
    Template {
        name: "functions",
        about: "functions, called and sent to, against machines and a queue",
        text: include_str!("templates/functions.toml"),
    },
    Template {
        name: "containers",
        about: "tasks on Fargate or on one's own machines behind a load balancer, against a group of machines",
        text: include_str!("templates/containers.toml"),
    },
    Template {
        name: "microservices",
        about: "one program, against a service and a queue for each piece of it",
        text: include_str!("templates/microservices.toml"),
    },
    Template {
        name: "events",
        about: "a bucket that tells an event bus, with rules and a schedule, against web servers that send messages",
        text: include_str!("templates/events.toml"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{NoFiles, Source, read};

    #[test]
    fn every_template_is_a_scenario_without_a_warning() {
        for template in TEMPLATES {
            let source = Source::new(format!("{}.toml", template.name), template.text.to_owned());
            let scenario = read(&source, &NoFiles, &[]).unwrap_or_else(|complaints| panic!("{complaints:?}"));
            assert_eq!(scenario.warnings, [], "{}", template.name);
            assert!(scenario.topologies.len() > 1, "{}", template.name);
            assert!(scenario.title.ends_with('?'), "the title of {} asks", template.name);
        }
    }
}
