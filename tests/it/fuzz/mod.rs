//! Changed files for every reader: none may panic, hang, or complain about a place that is not there.
//!
//! Files of the corpus (scenarios, wrong files of the other tests, price books, and `fuzz/corpus/READER.*.txt`: what was found
//! before) are changed by lot. The tests do some of each, always the same; `QUEUELAB_FUZZ=seconds` goes on for so long over all
//! readers, and `QUEUELAB_FUZZ=seconds:seed` from another start. What falls is made small, written beside the corpus of the
//! temporary folder, and told; mended, it becomes a file of the corpus.

mod change;
mod readers;
mod shrink;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::fuzz::change::{Changer, is_of_a_word, runs};
use crate::fuzz::readers::{READERS, Reader};
use crate::fuzz::shrink::shrunk;

/// Changed files of each reader in the short form.
const SHORT: u64 = 250;

/// A file over which a reader sits for so many looks, one a second, hangs: in the long form. Looks are counted and not the
/// time, of which a program that is paused has any amount.
const LOOKS: u32 = 60;

/// What a corpus is written in: everything that is a word in it.
fn words(corpus: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let of = |file: &Vec<u8>| {
        runs(file, is_of_a_word).into_iter().map(|(from, to)| file[from..to].to_vec()).collect::<Vec<_>>()
    };
    let words: BTreeSet<Vec<u8>> = corpus.iter().flat_map(of).collect();
    words.into_iter().collect()
}

/// What a panic says, if a reader falls over a file; whether it accepts it, if not.
fn outcome(reader: &Reader, file: &[u8]) -> Result<bool, String> {
    catch_unwind(AssertUnwindSafe(|| (reader.reads)(file))).map_err(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        said.or_else(|| panic.downcast_ref::<&str>().map(|&said| said.to_owned())).unwrap_or_default()
    })
}

fn folder() -> PathBuf {
    std::env::temp_dir().join("queuelab-fuzz")
}

/// Keeps a file, to become one of the corpus.
fn keeps(reader: &Reader, name: &str, file: &[u8]) -> PathBuf {
    let path = folder().join(format!("{}.{name}.txt", reader.name));
    std::fs::create_dir_all(folder())
        .and_then(|()| std::fs::write(&path, file))
        .expect("the temporary folder takes files");
    path
}

/// The file that is being read, and since when.
type Watched = Arc<Mutex<Option<(Instant, Vec<u8>)>>>;

/// Ends the program when a reader sits over one file, which is kept.
fn watches(reader: &'static Reader) -> Watched {
    let watched: Watched = Arc::default();
    let seen = Arc::clone(&watched);
    thread::spawn(move || {
        let (mut last, mut looks) = (None, 0);
        while Arc::strong_count(&seen) > 1 {
            thread::sleep(Duration::from_secs(1));
            let held = seen.lock().expect("nobody panics with it");
            let since = held.as_ref().map(|(since, _)| *since);
            looks = if since == last { looks + 1 } else { 0 };
            last = since;
            if let Some((_, file)) = held.as_ref().filter(|_| looks > LOOKS) {
                eprintln!("{}: a reader hangs over {}", reader.name, keeps(reader, "hangs", file).display());
                std::process::abort();
            }
        }
    });
    watched
}

/// Changes files until there are enough, or enough time has passed; what fell, with its file.
fn fuzzes(reader: &'static Reader, seed: u64, enough: impl Fn(u64) -> bool, watched: Option<&Watched>) -> Vec<String> {
    let mut corpus = (reader.corpus)();
    let good = corpus.len();
    corpus.extend((reader.wrong)());
    let words = words(&corpus);
    let (mut read, mut taken) = (0, 0);
    let mut fallen: Vec<(String, String)> = Vec::new();
    while !enough(read) {
        let file = Changer::new(seed + read, &corpus, good, &words).file();
        if let Some(watched) = watched {
            *watched.lock().expect("nobody panics with it") = Some((Instant::now(), file.clone()));
        }
        match outcome(reader, &file) {
            Ok(accepted) => taken += u64::from(accepted),
            Err(said) => {
                // Numbers in what is said are of the file.
                let kind: String = said.chars().filter(|letter| !letter.is_ascii_digit()).take(60).collect();
                if fallen.iter().all(|(other, _)| *other != kind) {
                    let least = shrunk(&file, |smaller| outcome(reader, smaller).is_err());
                    let path = keeps(reader, &format!("{}", seed + read), &least);
                    let text = String::from_utf8_lossy(&least).into_owned();
                    fallen.push((kind, format!("{}: {said}\n{}\n{text}", reader.name, path.display())));
                }
            }
        }
        read += 1;
    }
    if let Some(watched) = watched {
        *watched.lock().expect("nobody panics with it") = None;
    }
    println!("{}: {read} files from seed {seed}, {taken} accepted, {} found", reader.name, fallen.len());
    fallen.into_iter().map(|(_, told)| told).collect()
}

#[test]
fn no_reader_falls_over_a_changed_file() {
    let asked = std::env::var("QUEUELAB_FUZZ").ok().map(|asked| {
        let (seconds, seed) = asked.split_once(':').unwrap_or((&asked, "1000000"));
        let number = |text: &str| text.parse::<u64>().expect("QUEUELAB_FUZZ is seconds, or seconds:seed");
        (number(seconds), number(seed))
    });
    let only = std::env::var("QUEUELAB_FUZZ_READER").ok();
    let readers = || READERS.iter().filter(|reader| only.as_ref().is_none_or(|name| name == reader.name));
    let fallen: Vec<String> = readers()
        .flat_map(|reader| match asked {
            None => fuzzes(reader, 1, |read| read >= SHORT, None),
            Some((seconds, seed)) => {
                let each = Duration::from_secs(seconds) / readers().count() as u32;
                let (began, watched) = (Instant::now(), watches(reader));
                fuzzes(reader, seed, |_| began.elapsed() >= each, Some(&watched))
            }
        })
        .collect();
    assert!(fallen.is_empty(), "\n{}\n", fallen.join("\n\n"));
}

/// What was found before, and each file of the corpus as it stands.
#[test]
fn no_reader_falls_over_a_file_of_the_corpus() {
    for reader in READERS {
        for file in (reader.corpus)().into_iter().chain((reader.wrong)()) {
            if let Err(said) = outcome(reader, &file) {
                panic!("{}: {said}\n{}", reader.name, String::from_utf8_lossy(&file));
            }
        }
    }
}
