//! What a rulebook says to people, in other languages: each text beside its translation, once for the whole book.
//!
//! Nothing that is judged or kept has a language: tasks and episodes carry the English text, and whoever shows it asks
//! for another one here. So a better translation reaches tasks that are open already.

use crate::error::{Problems, nearest};
use crate::table::{Table, text};
use care::sentence::LANGUAGES;
use std::collections::{BTreeMap, BTreeSet};

/// Translations by language (BCP 47) and English text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts(BTreeMap<String, BTreeMap<String, String>>);

impl Texts {
    pub(crate) fn get(&self, language: &str, english: &str) -> Option<&str> {
        self.0.get(language)?.get(english).map(String::as_str)
    }

    /// Reads `[text.de]`; what it translates must stand in the book, among `known`.
    pub(crate) fn read(top: &Table<'_, '_>, known: &BTreeSet<&str>, problems: &mut Problems<'_>) -> Self {
        let others: Vec<&'static str> = LANGUAGES.iter().skip(1).map(|language| language.tag()).collect();
        let Some(table) = top.get("text").and_then(|v| Table::of(v, "[text]", &others, problems)) else {
            return Self::default();
        };
        let languages: Vec<_> = table.entries().filter(|(language, ..)| others.contains(language)).collect();
        let mut texts = BTreeMap::new();
        for (language, _, value) in languages {
            let Some(table) = Table::any(value, "a language's texts", problems) else { continue };
            let said: BTreeMap<String, String> = table
                .entries()
                .filter_map(|(english, place, value)| {
                    if !known.contains(english) {
                        let message = format!("no text of this rulebook reads `{english}`");
                        problems.add(place, message, remedy(english, known));
                    }
                    let said = text(value, english, problems)?;
                    if said.text.trim().is_empty() {
                        problems.add(said.place, "an empty translation", "leave the line out, and English is shown");
                        return None;
                    }
                    Some((english.to_owned(), said.text))
                })
                .collect();
            texts.insert(language.to_owned(), said);
        }
        Self(texts)
    }
}

fn remedy(english: &str, known: &BTreeSet<&str>) -> String {
    nearest(english, known.iter().copied()).map_or_else(
        || "write a title, question, basis or description as it stands in this file".to_owned(),
        |best| format!("did you mean `{best}`?"),
    )
}
