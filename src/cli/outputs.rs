//! Writing what a run found: under a temporary name first, renamed when whole, and never over anybody's files.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::cli::ending::Failure;
use crate::cli::interrupt::{Unfinished, undisturbed};
use crate::cli::voice::reason;
use crate::experiment::document::{Document, SCHEMA};

/// The result document, in every folder of results.
pub const RESULT: &str = "result.json";

/// A folder that results may be written to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Files of an earlier run, which the new ones replace as a whole.
    earlier: Vec<String>,
}

/// Whose idea a folder was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The user named it: nothing in it is replaced without `--force`.
    ByUser,
    /// It follows from scenario and seed: the results of an earlier run of the same are replaced.
    ByDefault,
}

impl Folder {
    /// Looks whether results may be written to `path`, before any work is done. Makes nothing yet.
    ///
    /// `files` names what a document's folder holds, to know the files of an earlier run again.
    pub fn claim(
        path: &Path,
        chosen: Chosen,
        force: bool,
        files: impl Fn(&Document) -> Vec<String>,
    ) -> Result<Folder, Failure> {
        let mut folder = Folder { path: path.to_owned(), earlier: Vec::new() };
        let mut entries = match path.read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(folder),
            Err(error) => {
                let why = reason(&error);
                return Err(Failure::Asked(format!("results cannot be written to `{}`: {why}", path.display())));
            }
        };
        if entries.next().is_none() {
            return Ok(folder);
        }
        let earlier = earlier(path);
        if !force && (earlier.is_none() || chosen == Chosen::ByUser) {
            let what = if earlier.is_some() { "the results of an earlier run" } else { "files that are not results" };
            return Err(Failure::Asked(format!(
                "`{}` holds {what}, and nothing is overwritten unasked\n  \
                 = help: name another folder with `--output DIR`, or replace them with `--force`",
                path.display()
            )));
        }
        folder.earlier = earlier.as_ref().map(files).unwrap_or_default();
        Ok(folder)
    }

    /// Adds files to a folder, whatever it holds. One that is already there as it would be is fine; one that differs is
    /// only replaced by `force`.
    pub fn add(path: &Path, files: &[(String, Vec<u8>)], force: bool) -> Result<(), Failure> {
        let clash = |(name, bytes): &&(String, Vec<u8>)| {
            let file = path.join(name);
            file.exists() && fs::read(file).ok().as_ref() != Some(bytes)
        };
        if let Some((name, _)) = files.iter().find(clash).filter(|_| !force) {
            return Err(Failure::Asked(format!(
                "`{}` holds another `{name}`, and nothing is overwritten unasked\n  \
                 = help: name another folder with `--output DIR`, or replace it with `--force`",
                path.display()
            )));
        }
        Folder { path: path.to_owned(), earlier: Vec::new() }.write(files)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all files, or none: each is written in full under a temporary name before the first is renamed.
    pub fn write(&self, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
        let made: Vec<&Path> = self.path.ancestors().take_while(|folder| !folder.exists()).collect();
        let written = fs::create_dir_all(&self.path)
            .map_err(|error| (self.path.clone(), error))
            .and_then(|()| self.write_files(files));
        written.map_err(|(path, error)| {
            for folder in made {
                // Only an empty folder goes: what others put there meanwhile stays.
                let _ = fs::remove_dir(folder);
            }
            cannot_write(&path, &error)
        })
    }

    fn write_files(&self, files: &[(String, Vec<u8>)]) -> Result<(), (PathBuf, io::Error)> {
        let mut parts = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            let part = Unfinished::new(temporary(&self.path.join(name)));
            write_whole(part.path(), bytes).map_err(|error| (self.path.join(name), error))?;
            parts.push(part);
        }
        undisturbed(|| {
            // The document first: from then on the folder is known as ours, whatever happens.
            for ((name, _), part) in files.iter().zip(&parts) {
                let path = self.path.join(name);
                fs::rename(part.path(), &path).map_err(|error| (path, error))?;
            }
            let stale = self.earlier.iter().filter(|name| !files.iter().any(|(new, _)| new == *name));
            for name in stale {
                // A file of an earlier run that somebody has removed is no loss.
                let _ = fs::remove_file(self.path.join(name));
            }
            Ok(())
        })
    }
}

/// The document of an earlier run in a folder, if it holds one that this program wrote.
fn earlier(folder: &Path) -> Option<Document> {
    let text = fs::read(folder.join(RESULT)).ok()?;
    let document: Document = serde_json::from_slice(&text).ok()?;
    (document.schema == SCHEMA).then_some(document)
}

/// Looks whether a single file may be written: it must not be there, unless `force`, or be a device or pipe; and its
/// folder must be there, as a slip in its name is likelier than the wish for a new one.
pub fn claim_file(path: &Path, force: bool) -> Result<(), Failure> {
    match path.metadata() {
        Ok(about) if about.is_dir() => {
            Err(Failure::Asked(format!("cannot write `{}`: it is a folder", path.display())))
        }
        Ok(about) if about.is_file() && !force => Err(Failure::Asked(format!(
            "`{}` is already there, and nothing is overwritten unasked\n  = help: replace it with `--force`",
            path.display()
        ))),
        Ok(_) => Ok(()),
        Err(_) => match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            Some(folder) => Err(Failure::Asked(format!(
                "cannot write `{}`: there is no folder `{}`\n  = help: make it first, or name another",
                path.display(),
                folder.display()
            ))),
            None => Ok(()),
        },
    }
}

/// Writes one file whole or not at all.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut file = Growing::new(path)?;
    file.write_all(bytes).map_err(|error| cannot_write(path, &error))?;
    file.finish()
}

/// A file that grows while a run goes on, and has its name only when the run has ended.
#[derive(Debug)]
pub struct Growing {
    file: BufWriter<File>,
    written: u64,
    path: PathBuf,
    /// `None` for devices and pipes, which have no name to be renamed to.
    part: Option<Unfinished>,
}

impl Growing {
    /// Begins the file that will be at `path`.
    pub fn new(path: &Path) -> Result<Growing, Failure> {
        let begin = || -> io::Result<(File, Option<Unfinished>)> {
            if path.metadata().is_ok_and(|about| !about.is_file()) {
                return Ok((File::options().write(true).open(path)?, None));
            }
            let part = Unfinished::new(temporary(path));
            Ok((File::create(part.path())?, Some(part)))
        };
        let (file, part) = begin().map_err(|error| cannot_write(path, &error))?;
        Ok(Growing { file: BufWriter::new(file), written: 0, path: path.to_owned(), part })
    }

    /// The name that it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Gives it its name.
    pub fn finish(mut self) -> Result<(), Failure> {
        let end = self.file.flush().and_then(|()| match &self.part {
            Some(part) => undisturbed(|| fs::rename(part.path(), &self.path)),
            None => Ok(()),
        });
        end.map_err(|error| cannot_write(&self.path, &error))
    }
}

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.file.write(bytes)?;
        self.written += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The name of a file before it is whole: hidden, beside it, this process's own.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    // Some file systems say only now that there was no room.
    file.sync_all()
}

/// The sentence for a file that cannot be written.
pub fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::World(format!("cannot write `{}`: {}", path.display(), reason(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn result() -> Vec<u8> {
        let stamp = r#""scenario":{"title":"t","digest":"d"},"prices":{"book":"b","digest":"d","as_of":"2026-01-01"}"#;
        format!(
            r#"{{"schema":"{SCHEMA}","program":"p",{stamp},"seed":1,"replications":1,"length":1.0,"warm_up":0.0,
               "topologies":{{}},"differences":[],"goals":[],"warnings":[]}}"#
        )
        .into_bytes()
    }

    #[test]
    fn a_folder_of_others_is_not_touched_unless_forced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        let claim = |chosen, force| Folder::claim(folder.path(), chosen, force, |_| Vec::new());
        assert!(matches!(claim(Chosen::ByDefault, false), Err(Failure::Asked(_))));
        assert!(matches!(claim(Chosen::ByUser, false), Err(Failure::Asked(_))));
        claim(Chosen::ByUser, true).unwrap().write(&[(RESULT.to_owned(), result())]).unwrap();
        assert_eq!(names(folder.path()), [RESULT, "thesis.txt"]);
    }

    #[test]
    fn results_replace_earlier_results_whole_and_leave_the_users_notes() {
        let folder = tempfile::tempdir().unwrap();
        let files = |_: &Document| vec![RESULT.to_owned(), "old.csv".to_owned()];
        let claim = |chosen| Folder::claim(folder.path(), chosen, false, files);
        let old = [(RESULT.to_owned(), result()), ("old.csv".to_owned(), b"1".to_vec())];
        claim(Chosen::ByDefault).unwrap().write(&old).unwrap();
        fs::write(folder.path().join("notes.md"), "mine").unwrap();
        assert!(matches!(claim(Chosen::ByUser), Err(Failure::Asked(_))));
        let new = [(RESULT.to_owned(), result()), ("new.csv".to_owned(), b"2".to_vec())];
        claim(Chosen::ByDefault).unwrap().write(&new).unwrap();
        assert_eq!(names(folder.path()), ["new.csv", "notes.md", RESULT]);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::claim(&outer.path().join("very/new"), Chosen::ByUser, false, |_| Vec::new()).unwrap();
        let long = "x".repeat(300);
        let refused = folder.write(&[(RESULT.to_owned(), result()), (long, Vec::new())]);
        assert!(matches!(refused, Err(Failure::World(_))), "{refused:?}");
        assert!(names(outer.path()).is_empty());
    }

    #[test]
    fn a_file_has_its_name_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.jsonl");
        let mut file = Growing::new(&path).unwrap();
        file.write_all(b"{}\n").unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{}\n");
        drop(Growing::new(&folder.path().join("given-up")).unwrap());
        assert_eq!(names(folder.path()), ["trace.jsonl"]);
    }
}
