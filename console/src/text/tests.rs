#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic, reason = "test code")]

use super::*;
use axum::http::HeaderMap;
use maud::html;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Keys of a language's files with the names of the values in each message.
fn messages(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("strings").join(lang.code());
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(files).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err((_, errors)) = FluentResource::try_new(text.clone()) {
            panic!("{}: {errors:?}", path.display());
        }
        let mut key = String::new();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            if let Some((name, _)) = line.split_once('=').filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                key = name.trim().to_owned();
                assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{key} stands twice in {lang:?}");
            }
            for part in line.split('$').skip(1) {
                let value = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                found.get_mut(&key).unwrap().insert(value);
            }
        }
    }
    found
}

/// Keys that the source names as `t!(…, "key"`.
fn keys_in_source(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            keys_in_source(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs")
            && !path.ends_with("text/mod.rs")
            && !path.ends_with("text/tests.rs")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let own = |(at, _): &(usize, &str)| !text[..*at].ends_with(|c: char| c.is_alphanumeric());
            for (at, _) in text.match_indices("t!(").filter(own) {
                let part = &text[at + 3..];
                let Some((_, after)) = part.split_once('"').filter(|(before, _)| before.trim_end().ends_with(','))
                else {
                    continue;
                };
                found.extend(after.split_once('"').map(|(key, _)| key.to_owned()));
            }
        }
    }
}

#[test]
fn every_language_says_everything_with_the_same_values() {
    let english = messages(Lang::English);
    assert_eq!(english, messages(Lang::German));
    for lang in Lang::ALL {
        for key in english.keys() {
            assert_ne!(say(lang, key, None), *key, "{key} is not read in {lang:?}");
        }
    }
}

#[test]
fn every_key_in_the_source_is_there_and_none_is_left_over() {
    let mut named = BTreeSet::new();
    keys_in_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut named);
    let known: BTreeSet<String> = messages(Lang::English).into_keys().collect();
    assert_eq!(named.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the files");
    assert_eq!(known.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new(), "said nowhere");
}

#[test]
fn markup_stands_in_its_place_and_the_rest_is_escaped() {
    let mut args = FluentArgs::new();
    args.set("h", "<b>");
    let said = say_around(Lang::English, "common-span-hours-minutes", args, &[("m", html! { a href="/" { "x" } })]);
    assert!(said.0.contains("&lt;b&gt;") && said.0.contains("<a href=\"/\">x</a>"), "{}", said.0);
}

#[test]
fn a_reader_gets_the_language_that_the_browser_asks_for() {
    let of = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("accept-language", text.parse().unwrap());
        Lang::of_headers(&headers)
    };
    assert_eq!(of("de-AT,de;q=0.9,en;q=0.8"), Lang::German);
    assert_eq!(of("fr, en;q=0.5, de;q=0.7"), Lang::German);
    assert_eq!(of("fr"), Lang::English);
    assert_eq!(Lang::of_headers(&HeaderMap::new()), Lang::English);
}
