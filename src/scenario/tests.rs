//! The way of a whole text, from TOML to a world's plan.

use super::*;

fn shipped(name: &str) -> Result<Scenario, Vec<Complaint>> {
    struct Folder;
    impl Loader for Folder {
        fn load(&self, path: &str) -> Result<Vec<u8>, String> {
            std::fs::read(format!("scenarios/{path}")).map_err(|error| error.to_string())
        }
    }
    let path = format!("scenarios/{name}");
    let source = Source::new(path.clone(), std::fs::read_to_string(path).unwrap());
    read(&source, &Folder, &[])
}

#[test]
fn every_scenario_that_is_shipped_is_read_without_a_complaint() {
    for entry in std::fs::read_dir("scenarios").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".toml") {
            continue;
        }
        let source = Source::new(name.clone(), std::fs::read_to_string(format!("scenarios/{name}")).unwrap());
        let told = |complaints: &[Complaint]| {
            complaints.iter().map(|complaint| complaint.plain(&source)).collect::<Vec<_>>().join("\n")
        };
        match shipped(&name) {
            Ok(scenario) => assert!(scenario.warnings.is_empty(), "{name}\n{}", told(&scenario.warnings)),
            Err(complaints) => panic!("{name}\n{}", told(&complaints)),
        }
    }
}

#[test]
fn print_words() {
    for word in words() {
        println!("{} | {} | {} | {:?} | {:?}", word.word, word.place, word.about, word.form, word.default);
    }
    println!("{}", schema());
}
