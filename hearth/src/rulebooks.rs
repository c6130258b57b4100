//! The rulebooks that a start would install, judged together before the first of them is.

use std::{collections::BTreeSet, path::PathBuf};

use rule_engine::{RuleError, Rulebook};
use rules::Rulebooks;
use serde::Deserialize;
use service_kit::{ConfigError, config};

use crate::failure::Failure;

/// Id, version, text and the time from which it is in force, as the store says it.
pub(crate) type Installed = (String, String, String, Option<vitals::Instant>);

/// Files as they are, name and text each.
pub(crate) struct Candidates {
    pub(crate) files: Vec<(String, String)>,
    /// what cannot be read at all
    pub(crate) unreadable: Vec<String>,
}

impl Candidates {
    /// Reads every file, whatever the others are.
    pub(crate) fn read(paths: &[PathBuf]) -> Self {
        let mut candidates = Self { files: Vec::new(), unreadable: Vec::new() };
        for path in paths {
            let name = path.display().to_string();
            match std::fs::read_to_string(path) {
                Ok(text) => candidates.files.push((name, text)),
                Err(error) => candidates.unreadable.push(format!(
                    "cannot read the rulebook `{name}`: {error}; name a file that the user of this process may read"
                )),
            }
        }
        candidates
    }

    /// Everything that would keep a start from installing them beside what is installed and shipped.
    pub(crate) fn mistakes(&self, installed: &[Installed]) -> Vec<String> {
        let mut new = shipped();
        new.extend(self.files.iter().cloned());
        let mut found = Rulebooks::mistakes(installed, &new);
        // What lies between files is said of those too that have mistakes of their own.
        let loads = |(name, text): &&(String, String)| Rulebook::parse(name, text).is_ok();
        let others: Vec<_> = self.files.iter().filter(|file| !loads(file)).cloned().collect();
        add_news(&mut found, defined_twice(&others, &self.files));
        let outlines: Vec<Option<Outline>> = new.iter().map(|(name, text)| Outline::of(name, text)).collect();
        // An include that only seems to be missing may be in a file that nobody can read.
        if self.unreadable.is_empty() && outlines.iter().all(Option::is_some) {
            let ids: BTreeSet<&str> = outlines.iter().flatten().map(|o| o.rulebook.id.as_str()).collect();
            let known = |_: usize, id: &str| ids.contains(id) || installed.iter().any(|(known, ..)| known == id);
            add_news(&mut found, not_known(&self.files, &known));
        }
        self.unreadable.iter().cloned().chain(found.iter().map(ToString::to_string)).collect()
    }

    /// The same as a refusal.
    pub(crate) fn refuse_mistakes(&self, installed: &[Installed]) -> Result<(), Failure> {
        let mistakes = self.mistakes(installed);
        if mistakes.is_empty() { Ok(()) } else { Err(Failure::mistakes(mistakes)) }
    }
}

/// Name and text of each shipped rulebook.
fn shipped() -> Vec<(String, String)> {
    rules::SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// The id of a rulebook, also where the rest of it does not load.
pub(crate) fn id_of(name: &str, text: &str) -> Option<String> {
    Outline::of(name, text).map(|outline| outline.rulebook.id)
}

/// Rule ids of `files` that a shipped rulebook or one before it in `all` defines too, be the rest right or not.
pub(crate) fn defined_twice(files: &[(String, String)], all: &[(String, String)]) -> Vec<RuleError> {
    let shipped = shipped();
    let outlines: Vec<(&str, Outline)> =
        shipped.iter().chain(all).filter_map(|(name, text)| Some((name.as_str(), Outline::of(name, text)?))).collect();
    let mut found = Vec::new();
    for (name, text) in files {
        let Some(outline) = Outline::of(name, text) else { continue };
        let before = || outlines.iter().take_while(|(other, _)| other != name).map(|(_, outline)| outline);
        for rule in outline.rule.iter().filter(|rule| !rule.id.is_empty()) {
            let defines = |other: &&Outline| {
                other.rulebook.id != outline.rulebook.id && other.rule.iter().any(|theirs| theirs.id == rule.id)
            };
            if let Some(other) = before().find(defines) {
                let message = format!("rule `{}` is defined in rulebook `{}` too", rule.id, other.rulebook.id);
                let remedy = "include that rulebook, or give the rule another id";
                found.push(mistake(name, text, &rule.id, message, remedy));
            }
        }
    }
    found
}

/// Includes of `files` that are not `known` (asked with the place of the including file), be the rest right or not.
pub(crate) fn not_known(files: &[(String, String)], known: &dyn Fn(usize, &str) -> bool) -> Vec<RuleError> {
    let mut found = Vec::new();
    for (at, (name, text)) in files.iter().enumerate() {
        let includes = Outline::of(name, text).map(|outline| outline.rulebook.include).unwrap_or_default();
        for include in includes.iter().filter(|include| !known(at, include)) {
            let message = format!("included rulebook `{include}` is not known");
            let remedy = "name its file too, or write the id of a shipped rulebook";
            found.push(mistake(name, text, include, message, remedy));
        }
    }
    found
}

/// Those of `more` that are not said yet.
pub(crate) fn add_news(found: &mut Vec<RuleError>, more: Vec<RuleError>) {
    for error in more {
        if !found.iter().any(|said| said.file == error.file && said.message == error.message) {
            found.push(error);
        }
    }
}

/// What a rulebook says of itself, also where it does not load as one.
#[derive(Deserialize)]
struct Outline {
    rulebook: Head,
    #[serde(default)]
    rule: Vec<RuleHead>,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    #[serde(default)]
    include: Vec<String>,
}

#[derive(Deserialize)]
struct RuleHead {
    #[serde(default)]
    id: String,
}

impl Outline {
    fn of(name: &str, text: &str) -> Option<Self> {
        config::load(text, name).ok()
    }
}

/// A mistake where `word` stands between quotation marks.
fn mistake(name: &str, text: &str, word: &str, message: String, remedy: &str) -> RuleError {
    let offset = text.find(&format!("\"{word}\"")).or_else(|| text.find(word)).unwrap_or(0);
    let place = ConfigError::at(text, name, offset, message, Some(remedy.to_owned()));
    let excerpt = text.lines().nth(place.line.saturating_sub(1)).unwrap_or_default().to_owned();
    RuleError {
        file: place.file,
        line: place.line,
        column: place.column,
        message: place.message,
        remedy: remedy.to_owned(),
        excerpt,
        width: word.chars().count().saturating_add(2),
    }
}
