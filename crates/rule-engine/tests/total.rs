//! Whatever stands in a file, reading it ends in a rulebook or in mistakes with their places.
#![allow(clippy::unwrap_used, reason = "test code")]

use proptest::prelude::*;
use std::path::PathBuf;

fn file() -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules/rulebook");
    std::fs::read_to_string(folder.join("heart-failure.toml")).unwrap()
}

fn edit() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    let pieces = prop::sample::select(vec![
        "\"", "(", ")", " or ", "not ", "1", "..", " kg", "é", "[", "]", "\n", "=", "-", "last", "",
    ]);
    (any::<prop::sample::Index>(), 0..6_usize, pieces.prop_map(str::to_owned))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn mangled_files_are_told_apart(edits in prop::collection::vec(edit(), 1..4)) {
        let mut chars: Vec<char> = file().chars().collect();
        for (index, cut, insert) in edits {
            let from = index.index(chars.len());
            let to = (from + cut).min(chars.len());
            chars.splice(from..to, insert.chars());
        }
        let text: String = chars.into_iter().collect();
        let lines = text.lines().count().max(1);
        for error in rule_engine::check("a.toml", &text, &|_| None) {
            prop_assert!((1..=lines + 1).contains(&error.line) && error.column >= 1, "{}", error);
        }
        if let Ok(once) = rule_engine::fmt("a.toml", &text) {
            prop_assert_eq!(rule_engine::fmt("a.toml", &once), Ok(once.clone()));
        }
    }

    #[test]
    fn conditions_of_any_text_are_read(text in "[ a-z0-9<>=()+*/.,_-]{0,60}") {
        let book = format!("[rulebook]\nid = \"x\"\nversion = \"1\"\n[[rule]]\nid = \"R\"\nwhen = '{text}'\n");
        prop_assert!(!rule_engine::check("a.toml", &book, &|_| None).is_empty());
    }
}
