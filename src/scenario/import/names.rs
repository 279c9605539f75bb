//! Names of nodes from names of other systems: without dots, short, and each used once.

/// The longest name of a node.
const LONGEST: usize = 60;

/// Names that have been given.
#[derive(Debug, Default)]
pub(super) struct Names {
    given: Vec<String>,
}

impl Names {
    /// A name as near as can be to the one that is wanted; `kind` tells it apart from one that is taken.
    pub fn give(&mut self, wanted: &str, kind: &str) -> String {
        let plain = plain(wanted, kind);
        let mut name = plain.clone();
        if self.given.contains(&name) {
            name = format!("{plain}-{kind}");
        }
        let mut number = 2;
        while self.given.contains(&name) {
            name = format!("{plain}-{number}");
            number += 1;
        }
        self.given.push(name.clone());
        name
    }
}

/// Letters, digits, `-` and `_`; everything else parts words.
fn plain(wanted: &str, kind: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    let words: Vec<&str> = wanted.split(|letter| !is_plain(letter)).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(LONGEST).collect();
    if name.is_empty() { kind.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_dots_and_is_given_once() {
        let mut names = Names::default();
        assert_eq!(names.give("orders.fifo", "queue"), "orders-fifo");
        assert_eq!(names.give("orders-fifo", "workers"), "orders-fifo-workers");
        assert_eq!(names.give("orders fifo", "workers"), "orders-fifo-2");
        assert_eq!(names.give("é/…", "queue"), "é");
        assert_eq!(names.give("..", "queue"), "queue");
        assert_eq!(names.give(&"a".repeat(300), "queue").len(), LONGEST);
    }
}
