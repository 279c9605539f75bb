//! The project about itself: floors, bans, sizes, first lines, links. Each rule names its reason where it fails.

mod source;

pub use source::{Text, file, files, root};

/// The floors, lowest first; a file names its own and those below.
const FLOORS: [&str; 9] = ["ground", "engine", "cloud", "billing", "scenario", "experiment", "report", "web", "cli"];

/// The lines that a file may have, and how many of them may be code that is no test: nobody is to save on comments.
const LONGEST_FILE: usize = 700;
const LONGEST_CODE: usize = 400;

/// Files that have outgrown it, and the code that they may have until they are cut in two. Nothing is added here.
const OUTGROWN: &[(&str, usize)] = &[];

/// What must not stand in the code of certain floors.
struct Ban {
    words: &'static [&'static str],
    /// The first floor where it may stand; `None`: nowhere.
    from: Option<&'static str>,
    /// The files where it may stand all the same.
    except: &'static [&'static str],
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        words: &["HashMap", "HashSet"],
        from: Some("report"),
        except: &[],
        why: "the order of a hash differs from run to run: use IndexMap, BTreeMap or Vec",
    },
    Ban {
        words: &["SystemTime", "std::time::Instant", "Instant::now", "Timestamp::now", "Zoned::now"],
        from: Some("cli"),
        except: &[],
        why: "results must not depend on the clock on the wall",
    },
    Ban {
        words: &["println!", "print!", "dbg!", "stdout()", "stderr()"],
        from: Some("cli"),
        except: &[],
        why: "results are values; the command line prints them",
    },
    Ban {
        words: &["println!", "print!", "dbg!"],
        from: None,
        except: &[],
        why: "it panics where a pipe is closed: write through `Voice`",
    },
    Ban { words: &["async fn", ".await"], from: Some("web"), except: &[], why: "nothing waits inside a simulation" },
    Ban {
        words: &["std::thread", "std::fs", "std::env", "std::net", "std::process"],
        from: Some("experiment"),
        except: &[],
        why: "these floors also run in a browser: no thread, file or surroundings",
    },
    Ban {
        words: &[
            ".ln()",
            ".log(",
            ".log2()",
            ".log10()",
            ".ln_1p()",
            ".exp()",
            ".exp2()",
            ".exp_m1()",
            ".powf(",
            ".powi(",
            ".sin()",
            ".cos()",
            ".tan()",
            ".atan()",
            ".atan2(",
            ".sinh()",
            ".cosh()",
            ".tanh()",
            ".cbrt()",
            ".hypot(",
            ".mul_add(",
            "f64::ln",
            "f64::exp",
            "f64::powf",
            "f64::powi",
            "f64::log",
            "f64::mul_add",
        ],
        from: None,
        except: &["src/ground/maths.rs"],
        why: "they differ in the last bit between machines: use `ground::maths`",
    },
    Ban {
        words: &["StdRng", "SmallRng", "ThreadRng", "rand::rng", "rand::random", "from_os_rng", "getrandom"],
        from: None,
        except: &[],
        why: "every draw has a name: keys come from `ground::chance`",
    },
    Ban { words: &["unsafe"], from: None, except: &[], why: "it is forbidden" },
    Ban {
        words: &["static mut", "thread_local!", "OnceLock", "LazyLock", "OnceCell"],
        from: None,
        except: &[],
        why: "a world is built from its topology and nothing else: no global state",
    },
    Ban { words: &["todo!", "unimplemented!", ".unwrap()"], from: None, except: &[], why: "say why it cannot fail" },
];

/// The floor of a file of `src/`, if it stands on one.
fn floor(path: &str) -> Option<usize> {
    let name = path.strip_prefix("src/")?.split('/').next()?;
    FLOORS.iter().position(|floor| *floor == name)
}

/// Fails with all of them, if there are any.
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Every place of a word in a text, not as a part of a longer word.
fn places<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let begins = word.starts_with(part) && before.is_some_and(part);
        let goes_on = word.ends_with(part) && after.is_some_and(part);
        !begins && !goes_on
    })
}

#[test]
fn a_file_names_its_own_floor_and_those_below() {
    let mut complaints = Vec::new();
    for file in files("src", &["rs"]) {
        let Some(own) = floor(&file.path) else { continue };
        let code = file.code();
        for at in places(&code, "crate") {
            let Some(rest) = code[at..].strip_prefix("crate::") else { continue };
            let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            let place = format!("{}:{}", file.path, file.line(at));
            match FLOORS.iter().position(|floor| *floor == name) {
                None if rest.starts_with('{') => complaints.push(format!("{place}: one `use` a floor")),
                Some(other) if other > own => {
                    complaints.push(format!("{place}: `{}` must not name `{name}`, a floor above it", FLOORS[own]));
                }
                _ => {}
            }
        }
    }
    none(complaints);
}

#[test]
fn what_is_banned_on_a_floor_does_not_stand_there() {
    let mut complaints = Vec::new();
    for file in files("src", &["rs"]) {
        let code = file.code_without_tests();
        for ban in BANS {
            // What stands on no floor is the front door, above them all.
            let own = floor(&file.path).unwrap_or(FLOORS.len());
            let allowed = ban.from.and_then(|from| FLOORS.iter().position(|floor| *floor == from));
            if allowed.is_some_and(|from| own >= from) || ban.except.contains(&file.path.as_str()) {
                continue;
            }
            for (word, at) in ban.words.iter().flat_map(|word| places(&code, word).map(move |at| (word, at))) {
                complaints.push(format!("{}:{}: `{word}`: {}", file.path, file.line(at), ban.why));
            }
        }
    }
    none(complaints);
}

#[test]
fn no_glob_hides_what_a_file_depends_on() {
    let mut complaints = Vec::new();
    for file in files("src", &["rs"]) {
        let code = file.code_without_tests();
        for (at, _) in code.match_indices("::*;") {
            let statement = code[..at].rsplit(['\n', ';']).next().unwrap_or_default();
            // The prelude of plotters is how its own manual begins.
            if !statement.contains("plotters::prelude") {
                complaints.push(format!("{}:{}: name what is used", file.path, file.line(at)));
            }
        }
    }
    none(complaints);
}

#[test]
fn files_are_short_and_begin_with_what_lives_there() {
    let mut complaints = Vec::new();
    for file in files("src", &["rs"]).into_iter().chain(files("tests", &["rs"])).chain(files("benches", &["rs"])) {
        let lines = file.text.lines().count();
        let code = file.code_without_tests().lines().filter(|line| !line.trim().is_empty()).count();
        let outgrown = OUTGROWN.iter().find(|(path, _)| *path == file.path).map(|(_, longest)| *longest);
        if outgrown.is_some() && code <= LONGEST_CODE {
            complaints.push(format!("{}: {code} lines of code: take it off the list", file.path));
        }
        if lines > LONGEST_FILE || code > outgrown.unwrap_or(LONGEST_CODE) {
            complaints.push(format!("{}: {lines} lines, {code} of code: it holds two things", file.path));
        }
        let first: Vec<&str> = file.text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
        if !first.join(" ").contains('.') && !first.join(" ").ends_with(':') {
            complaints.push(format!("{}: its first line says what lives there, as a sentence", file.path));
        }
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if ["utils.rs", "util.rs", "common.rs", "helpers.rs", "misc.rs"].contains(&name) {
            complaints.push(format!("{}: a name that says nothing", file.path));
        }
    }
    none(complaints);
}

#[test]
fn every_file_is_part_of_the_program() {
    let sources = files("src", &["rs"]);
    let mut complaints = Vec::new();
    for file in &sources {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or_default();
        let name = name.trim_end_matches(".rs");
        let (folder, name) = match name {
            "lib" | "main" => continue,
            "mod" => folder.rsplit_once('/').unwrap_or_default(),
            _ => (folder, name),
        };
        let parents = [format!("{folder}/mod.rs"), format!("{folder}.rs"), "src/lib.rs".to_owned()];
        let declared = sources
            .iter()
            .filter(|parent| parents.contains(&parent.path))
            .any(|parent| places(&parent.code(), &format!("mod {name};")).next().is_some());
        if !declared {
            complaints.push(format!("{}: no `mod {name};` names it", file.path));
        }
    }
    none(complaints);
}

#[test]
fn nothing_is_left_for_later_and_nothing_is_untidy() {
    // Put together, so that this file does not find itself.
    let markers = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "X".repeat(3), "HA".to_owned() + "CK"];
    let folders = ["src", "tests", "benches", "scenarios", ".ci"];
    let mut texts: Vec<Text> = folders.iter().flat_map(|folder| files(folder, &["rs", "toml", "md", "csv"])).collect();
    texts.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".ci/run", "Cargo.toml"].map(file));
    let mut complaints = Vec::new();
    for text in &texts {
        for (number, line) in text.text.lines().enumerate() {
            let mut say = |what: &str| complaints.push(format!("{}:{}: {what}", text.path, number + 1));
            if markers.iter().any(|marker| places(line, marker).next().is_some()) {
                say("do it, or leave it");
            }
            if line.ends_with([' ', '\t']) && !text.path.ends_with(".csv") {
                say("blanks at the end of the line");
            }
            // rustfmt keeps code within its bounds, and leaves comments alone.
            let comment = line.trim_start().starts_with("//") && !line.contains("http");
            if comment && text.path.ends_with(".rs") && line.chars().count() > 130 {
                say("a comment longer than 130 characters");
            }
        }
        if !text.text.ends_with('\n') || text.text.ends_with("\n\n") {
            complaints.push(format!("{}: ends with one line end", text.path));
        }
    }
    none(complaints);
}

#[test]
fn unsafe_code_is_forbidden_and_the_oldest_rust_is_named() {
    let manifest = file("Cargo.toml").text;
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    assert!(manifest.contains("rust-version = "));
}

/// The links of a Markdown text: what stands in the round brackets behind the square ones, and in `src` and `srcset`.
fn links(text: &str) -> Vec<String> {
    let behind = |mark: &'static str, end: char| {
        text.split(mark).skip(1).filter_map(move |rest| rest.split(end).next()).map(str::to_owned)
    };
    behind("](", ')').chain(behind("src=\"", '"')).chain(behind("srcset=\"", '"')).collect()
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut complaints = Vec::new();
    let documents = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(file);
    for document in documents.into_iter().chain(files("scenarios", &["md"])) {
        let folder = root().join(&document.path);
        let folder = folder.parent().unwrap_or(root());
        for link in links(&document.text) {
            let path = link.split('#').next().unwrap_or_default();
            if path.contains("://") || path.is_empty() {
                continue;
            }
            if !folder.join(path).exists() {
                complaints.push(format!("{}: `{link}` leads nowhere", document.path));
            }
        }
    }
    none(complaints);
}

#[test]
fn every_scenario_is_introduced() {
    let index = file("README.md").text;
    let unknown = files("scenarios", &["toml"]).into_iter().filter(|scenario| !index.contains(&scenario.path));
    none(unknown.map(|scenario| format!("{}: the README does not name it", scenario.path)).collect());
}
