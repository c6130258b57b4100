//! The rulebooks that Hearth ships load together, pass their own tests, and stand in canonical spelling.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules/rulebook")
}

fn shipped() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn they_load_together() {
    if let Err(errors) = rule_engine::RulebookSet::load(&shipped()) {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn they_pass_their_own_tests() {
    let resolve = |id: &str| std::fs::read_to_string(folder().join(format!("{id}.toml"))).ok();
    let mut failed = Vec::new();
    let mut count = 0;
    for (name, text) in shipped() {
        let results = rule_engine::run_tests(&name, &text, &resolve);
        for result in results.unwrap_or_else(|errors| panic!("{}", errors.first().unwrap())) {
            count += 1;
            failed.extend(result.failures.iter().map(|f| format!("{name}: {}: {f}", result.name)));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count > 40, "only {count} tests were found");
}

#[test]
fn the_guide_s_examples_pass_theirs() {
    for entry in std::fs::read_dir(folder().join("../../docs/guides/examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let resolve = |id: &str| std::fs::read_to_string(folder().join(format!("{id}.toml"))).ok();
            let results = rule_engine::run_tests(&path.to_string_lossy(), &text, &resolve);
            for result in results.unwrap_or_else(|errors| panic!("{}", errors.first().unwrap())) {
                assert!(result.passed(), "{}: {}: {:?}", path.display(), result.name, result.failures);
            }
        }
    }
}

#[test]
fn they_are_spelled_canonically() {
    for (name, text) in shipped() {
        assert_eq!(rule_engine::fmt(&name, &text).unwrap(), text, "{name}");
    }
}

#[test]
fn every_rule_has_a_basis_a_due_time_and_a_test() {
    let set = rule_engine::RulebookSet::load(&shipped()).unwrap();
    let all: String = shipped().into_iter().map(|(_, text)| text).collect();
    for (_, rule) in set.rules(vitals::Instant::UNIX_EPOCH) {
        assert!(!rule.basis.is_empty() && rule.task.due_s.is_some(), "{}", rule.id);
        assert!(all.matches(&format!("rule = \"{}\"", rule.id)).count() > 0, "{}", rule.id);
    }
}

/// A text left in English would stand between German ones.
#[test]
fn all_that_they_say_is_translated() {
    let set = rule_engine::RulebookSet::load(&shipped()).unwrap();
    for version in set.versions() {
        for text in version.book.said() {
            assert!(version.book.text("de", text).is_some(), "{}: `{text}` has no German", version.book.id);
        }
    }
    assert_eq!(set.text("de", "Breathless lying down?"), Some("Atemnot im Liegen?"));
    assert_eq!(set.text("fr", "Breathless lying down?"), None);
}
