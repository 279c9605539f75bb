//! How a file is changed: bytes, words, numbers, lines, tables and whole halves, by lot.

use queuelab::ground::chance::{Key, Stream, below};

/// A changed file is no longer than this.
const LONGEST: usize = 64 << 10;

/// Numbers at which something else begins.
const EDGES: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e-9",
    "1e-300",
    "1e308",
    "1e999",
    "-1e308",
    "nan",
    "inf",
    "-inf",
    "255",
    "256",
    "1000",
    "65535",
    "65536",
    "1000000",
    "1000001",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
    "1_000",
    "0x7f",
    "007",
    "1.",
    ".5",
    "1e5",
    "3.0000000000000000000000001",
];

/// Texts that readers stumble over.
const STONES: &[&str] = &[
    "\0",
    "\u{feff}",
    "é",
    "🦀",
    "\u{202e}",
    "\"",
    "'",
    "'''",
    "\"\"\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\r",
    "\t",
    "\n",
    "\r\n",
    "#",
    "=",
    ".",
    ",",
    ":",
    ";",
    "-",
    "---",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "{}",
    "[]",
    "null",
    "true",
    "&a",
    "*a",
    "<<: *a",
    "!!str",
    "|",
    ">",
    "%",
    "$",
    "inf",
    "∞",
    "s",
    "ms",
    "ns",
    "d",
    "/s",
    "GiB",
    "unlimited",
    "*",
    "__proto__",
    "",
];

/// What is repeated to make something deep or wide.
const NESTS: &[&str] =
    &["[", "{\"a\":", "{ a = ", "- ", "a.", "[[a]]\n", "[a]\n", "a: ", " ", "(", "\"", "é", "1", "&a [*a,*a],"];

/// Changes files by lot; the same seed changes them in the same way.
pub struct Changer<'a> {
    chance: Stream,
    corpus: &'a [Vec<u8>],
    /// The first so many of the corpus are changed; from all others is borrowed.
    good: usize,
    words: &'a [Vec<u8>],
}

impl<'a> Changer<'a> {
    /// One whose lot is named by a seed; it changes the first so many of this corpus, and borrows from all of it and its words.
    pub fn new(seed: u64, corpus: &'a [Vec<u8>], good: usize, words: &'a [Vec<u8>]) -> Changer<'a> {
        Changer { chance: Key::root(seed, 0).named("fuzz").stream(), corpus, good, words }
    }

    /// A file of the corpus, changed in one to six ways; every other in one.
    pub fn file(&mut self) -> Vec<u8> {
        let mut text = self.corpus[self.below(self.good)].clone();
        let times = if self.below(2) == 0 { 1 } else { 1 + self.below(6) };
        for _ in 0..times {
            self.change(&mut text);
            text.truncate(LONGEST);
        }
        text
    }

    fn below(&mut self, most: usize) -> usize {
        below(&mut self.chance, most.max(1) as u64) as usize
    }

    fn one<'b>(&mut self, of: &[&'b str]) -> &'b [u8] {
        of[self.below(of.len())].as_bytes()
    }

    fn change(&mut self, text: &mut Vec<u8>) {
        match self.below(20) {
            0 => self.flips(text),
            1 => self.inserts(text),
            2 => self.cuts_out(text),
            3..=6 => self.replaces_a_number(text),
            7..=9 => self.replaces_a_word(text),
            10 | 11 => self.takes_a_line(text),
            12 => self.moves_a_line(text),
            13 | 14 => self.copies_a_table(text),
            15 | 16 => self.borrows_a_table(text),
            17 => self.crosses(text),
            18 => self.nests(text),
            _ => self.borrows_a_line(text),
        }
    }

    fn flips(&mut self, text: &mut [u8]) {
        for _ in 0..1 + self.below(4) {
            let (at, bit) = (self.below(text.len()), self.below(8));
            if let Some(byte) = text.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
    }

    fn inserts(&mut self, text: &mut Vec<u8>) {
        let (at, stone) = (self.below(text.len() + 1), self.one(STONES));
        text.splice(at..at, stone.iter().copied());
    }

    fn cuts_out(&mut self, text: &mut Vec<u8>) {
        let from = self.below(text.len());
        let long = 1 << self.below(9);
        let to = (from + self.below(long)).min(text.len());
        text.drain(from..to);
    }

    fn replaces_a_number(&mut self, text: &mut Vec<u8>) {
        let numbers = runs(text, |byte| byte.is_ascii_digit() || byte == b'.');
        if numbers.is_empty() {
            return self.inserts(text);
        }
        let (from, to) = numbers[self.below(numbers.len())];
        let edge = self.one(EDGES);
        text.splice(from..to, edge.iter().copied());
    }

    fn replaces_a_word(&mut self, text: &mut Vec<u8>) {
        let words = runs(text, is_of_a_word);
        if words.is_empty() {
            return self.inserts(text);
        }
        let (from, to) = words[self.below(words.len())];
        let word = self.words[self.below(self.words.len())].clone();
        text.splice(from..to, word);
    }

    fn takes_a_line(&mut self, text: &mut Vec<u8>) {
        let lines = lines(text);
        let (from, to) = lines[self.below(lines.len())];
        text.drain(from..to);
    }

    fn moves_a_line(&mut self, text: &mut Vec<u8>) {
        let lines = lines(text);
        let ((from, to), (at, _)) = (lines[self.below(lines.len())], lines[self.below(lines.len())]);
        let line = text[from..to].to_vec();
        text.splice(at..at, line);
    }

    /// A table is given twice, by its own name or, where a word of it is replaced, by another.
    fn copies_a_table(&mut self, text: &mut Vec<u8>) {
        let mut table = self.table(text);
        if self.below(2) == 0 {
            self.replaces_a_word(&mut table);
        }
        text.push(b'\n');
        text.extend(table);
    }

    fn borrows_a_table(&mut self, text: &mut Vec<u8>) {
        let other = &self.corpus[self.below(self.corpus.len())];
        let table = self.table(other);
        text.push(b'\n');
        text.extend(table);
    }

    fn borrows_a_line(&mut self, text: &mut Vec<u8>) {
        let other = &self.corpus[self.below(self.corpus.len())];
        let (theirs, ours) = (lines(other), lines(text));
        let ((from, to), (at, _)) = (theirs[self.below(theirs.len())], ours[self.below(ours.len())]);
        text.splice(at..at, other[from..to].iter().copied());
    }

    /// The head of one file and the tail of another.
    fn crosses(&mut self, text: &mut Vec<u8>) {
        let other = &self.corpus[self.below(self.corpus.len())];
        let (ours, theirs) = (lines(text), lines(other));
        let (cut, from) = (ours[self.below(ours.len())].0, theirs[self.below(theirs.len())].0);
        text.truncate(cut);
        text.extend_from_slice(&other[from..]);
    }

    fn nests(&mut self, text: &mut Vec<u8>) {
        let (at, nest, times) = (self.below(text.len() + 1), self.one(NESTS), 1 << self.below(13));
        text.splice(at..at, nest.repeat(times));
    }

    /// The lines from one that begins with a bracket, or with no indentation, to before the next one like it.
    fn table(&mut self, text: &[u8]) -> Vec<u8> {
        let lines = lines(text);
        let begins = |&(from, _): &(usize, usize)| text.get(from).is_some_and(|byte| b"[{-".contains(byte));
        let heads: Vec<usize> = (0..lines.len()).filter(|&at| begins(&lines[at])).collect();
        if heads.is_empty() {
            return text.to_vec();
        }
        let place = self.below(heads.len());
        let to = heads.get(place + 1).map_or(text.len(), |&next| lines[next].0);
        text[lines[heads[place]].0..to].to_vec()
    }
}

/// What a word is made of.
pub fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_%$/".contains(&byte)
}

/// Where such bytes follow each other.
pub fn runs(text: &[u8], of: impl Fn(u8) -> bool) -> Vec<(usize, usize)> {
    let (mut found, mut from) = (Vec::new(), None);
    for (at, &byte) in text.iter().chain(&[0]).enumerate() {
        match (of(byte) && at < text.len(), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                found.push((start, at));
                from = None;
            }
            _ => {}
        }
    }
    found
}

/// Where lines begin and end, with what ends them; one at least.
pub fn lines(text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        found.push((from, from + line.len()));
        from += line.len();
    }
    if found.is_empty() {
        found.push((0, 0));
    }
    found
}
