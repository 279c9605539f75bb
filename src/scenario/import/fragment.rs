//! A piece of a scenario on its way out: tables whose values remember what they were read from.

use crate::scenario::import::taking::Origin;
use crate::scenario::place::{Key, Place};

/// A value, and what it was read from.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub out: Out,
    pub at: Option<Origin>,
}

/// A value as TOML writes it.
#[derive(Clone, Debug)]
pub(super) enum Out {
    /// A number or truth, as it stands.
    Bare(String),
    /// Text, which gets its quotes.
    Text(String),
    /// The name that a queue has in the fragment, from its own.
    Queue(String),
    /// Something that can't be known from what was read.
    Blank,
    List(Vec<Item>),
    Table(Vec<(String, Item)>),
}

/// Keys of a table, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(pub Vec<(String, Item)>);

impl Item {
    /// A value from a place.
    pub fn new(out: Out, at: Origin) -> Item {
        Item { out, at: Some(at) }
    }

    /// A value that follows from several places.
    pub fn loose(out: Out) -> Item {
        Item { out, at: None }
    }

    /// A word.
    pub fn word(word: &str, at: Origin) -> Item {
        Item::new(Out::Text(word.to_owned()), at)
    }

    /// A table of one key: a choice.
    pub fn choice(word: &str, item: Item) -> Item {
        let at = item.at.clone();
        Item { out: Out::Table(vec![(word.to_owned(), item)]), at }
    }

    /// Whether something in it can't be known.
    pub fn has_blank(&self) -> bool {
        match &self.out {
            Out::Blank => true,
            Out::Bare(_) | Out::Text(_) | Out::Queue(_) => false,
            Out::List(list) => list.iter().any(Item::has_blank),
            Out::Table(table) => table.iter().any(|(_, item)| item.has_blank()),
        }
    }
}

impl Keys {
    /// A key, where there is a value for it.
    pub fn put(&mut self, key: &str, item: Option<Item>) {
        if let Some(item) = item {
            self.0.push((key.to_owned(), item));
        }
    }

    /// As a value.
    pub fn table(self, at: Origin) -> Item {
        Item::new(Out::Table(self.0), at)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One table under its header.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// The keys from the top.
    pub path: Vec<String>,
    /// What it was read from.
    pub at: Option<Origin>,
    pub keys: Vec<(String, Item)>,
    /// The keys without which a scenario would refuse it.
    pub needs: &'static [&'static str],
    /// Entries of its lists, and keys, of which something can't be known.
    blanks: Vec<(String, Item)>,
}

/// Columns of a line that is not yet too long to be read.
const LINE: usize = 100;

impl Section {
    /// A table; what can't be known of it is set aside.
    pub fn new(path: Vec<String>, at: Option<Origin>, keys: Keys, needs: &'static [&'static str]) -> Section {
        let (mut whole, mut blanks) = (Vec::new(), Vec::new());
        for (key, item) in keys.0 {
            let Item { out, at } = item;
            match out {
                Out::List(list) => {
                    let (short, full): (Vec<Item>, Vec<Item>) = list.into_iter().partition(Item::has_blank);
                    blanks.extend(short.into_iter().map(|item| (key.clone(), item)));
                    if !full.is_empty() || !needs.contains(&key.as_str()) {
                        whole.push((key, Item { out: Out::List(full), at }));
                    }
                }
                out => {
                    let item = Item { out, at };
                    if item.has_blank() { blanks.push((key, item)) } else { whole.push((key, item)) }
                }
            }
        }
        // A list of nothing but what can't be known is left out where it may be.
        whole.retain(|(key, item)| {
            let is_emptied = matches!(&item.out, Out::List(list) if list.is_empty());
            !(is_emptied && blanks.iter().any(|(blank, _)| blank == key))
        });
        Section { path, at, keys: whole, needs, blanks }
    }

    /// Whether it can stand in a scenario as it is.
    pub fn is_whole(&self) -> bool {
        self.needs.iter().all(|need| self.keys.iter().any(|(key, _)| key == need))
    }

    /// The table as TOML; what can't stand is written as comments.
    pub fn text(&self, queue: &dyn Fn(&str) -> String) -> String {
        if self.is_whole() {
            let mut text = format!("[{}]\n", header(&self.path));
            for (key, item) in &self.keys {
                text += &format!("{} = {}\n", bare(key), value(item, queue, bare(key).len() + 3));
            }
            for (key, item) in &self.blanks {
                text += &format!("# not yet whole, for `{key}`: {}\n", inline(item, queue));
            }
            return text;
        }
        let mut keys = self.keys.clone();
        for (key, item) in &self.blanks {
            let list = keys.iter_mut().find_map(|(other, item)| match &mut item.out {
                Out::List(list) if other == key => Some(list),
                _ => None,
            });
            match (list, &item.out) {
                (Some(list), _) => list.push(item.clone()),
                (None, Out::Blank) => keys.push((key.clone(), item.clone())),
                (None, _) => keys.push((key.clone(), Item::loose(Out::List(vec![item.clone()])))),
            }
        }
        let mut text = format!("# [{}]\n", header(&self.path));
        for (key, item) in &keys {
            for line in format!("{} = {}", bare(key), value(item, queue, bare(key).len() + 3)).lines() {
                text += &format!("# {line}\n");
            }
        }
        text
    }

    /// What a place of the fragment was read from, or as much of the way there as is known.
    pub fn origin(&self, place: &Place) -> Option<&Origin> {
        let keys = place.keys();
        let own = keys.iter().zip(&self.path).all(|(key, own)| matches!(key, Key::Name(name) if name == own));
        if !own || keys.len() < self.path.len() {
            return None;
        }
        let mut found = self.at.as_ref();
        let mut rest = keys[self.path.len()..].iter();
        let Some(Key::Name(first)) = rest.next() else { return found };
        let Some(mut here) = self.keys.iter().find(|(key, _)| key == first).map(|(_, item)| item) else { return found };
        loop {
            found = here.at.as_ref().or(found);
            let next = match (rest.next(), &here.out) {
                (Some(Key::Name(name)), Out::Table(table)) => {
                    table.iter().find(|(key, _)| key == name).map(|(_, item)| item)
                }
                (Some(Key::Index(index)), Out::List(list)) => list.get(*index),
                _ => None,
            };
            match next {
                Some(item) => here = item,
                None => return found,
            }
        }
    }
}

/// The keys of a header.
fn header(path: &[String]) -> String {
    path.iter().map(|key| bare(key)).collect::<Vec<_>>().join(".")
}

/// A key, in quotes where it needs them.
pub(super) fn bare(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_bare { key.to_owned() } else { quoted(key) }
}

/// Text in the quotes of TOML, with what can't stand in them escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            letter if letter.is_control() => quoted += &format!("\\u{:04X}", u32::from(letter)),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

/// A value behind its key; a list that is long has a line for each entry.
fn value(item: &Item, queue: &dyn Fn(&str) -> String, before: usize) -> String {
    let line = inline(item, queue);
    match &item.out {
        Out::List(list) if before + line.len() > LINE && list.len() > 1 => {
            let entries: String = list.iter().map(|item| format!("  {},\n", inline(item, queue))).collect();
            format!("[\n{entries}]")
        }
        _ => line,
    }
}

/// A value in one line.
fn inline(item: &Item, queue: &dyn Fn(&str) -> String) -> String {
    match &item.out {
        Out::Bare(text) => text.clone(),
        Out::Text(text) => quoted(text),
        Out::Queue(name) => quoted(&queue(name)),
        Out::Blank => "…".to_owned(),
        Out::List(list) => {
            format!("[{}]", list.iter().map(|item| inline(item, queue)).collect::<Vec<_>>().join(", "))
        }
        Out::Table(table) if table.is_empty() => "{}".to_owned(),
        Out::Table(table) => {
            let keys: Vec<String> =
                table.iter().map(|(key, item)| format!("{} = {}", bare(key), inline(item, queue))).collect();
            format!("{{ {} }}", keys.join(", "))
        }
    }
}
