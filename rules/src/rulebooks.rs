//! What is of no patient: the rulebooks in a store, as the engine wants them, and whom to tell.

use crate::RulesError;
use care::cover::CoverBook;
use rule_engine::{RuleError, Rulebook, RulebookSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use store::SharedStore;
use vitals::Instant;

/// Id, version, text and the time from which it is in force.
type Version = (String, String, String, Option<Instant>);

/// The rulebooks of one store, loaded when they are first wanted and again only when a version was installed:
/// everybody shares one set, for it takes milliseconds to load and more memory than a patient's windows. Whom to tell
/// is kept the same way.
#[derive(Debug, Default)]
pub struct Rulebooks {
    books: Mutex<Option<(Vec<Version>, Arc<RulebookSet>)>>,
    cover: Mutex<Arc<CoverBook>>,
}

impl Rulebooks {
    /// What is installed now.
    ///
    /// # Errors
    /// [`RulesError`] where the store does not answer or a rulebook does not load.
    pub async fn current(&self, store: &SharedStore) -> Result<Arc<RulebookSet>, RulesError> {
        let versions = store.rulebooks().await?;
        let mut known = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, set)) = &*known
            && *of == versions
        {
            return Ok(Arc::clone(set));
        }
        let set = Arc::new(load(&versions)?);
        *known = Some((versions, Arc::clone(&set)));
        Ok(set)
    }

    /// Every mistake that would keep the rulebooks `new` (name and text each) from being installed beside those that
    /// are, or the whole from loading then: a start asks this before it installs the first of them.
    #[must_use]
    pub fn mistakes(installed: &[Version], new: &[(String, String)]) -> Vec<RuleError> {
        let mut plan = Plan::beside(installed);
        for (name, text) in new {
            plan.add(name, text);
        }
        let Plan { mut found, first, later, .. } = plan;
        let broken = found.len();
        let mut set = sound(first, &mut found);
        let broken = found.len() > broken;
        for (name, text, from) in later {
            // Where another file has mistakes, what it would bring may only seem to be missing.
            let lacks = |include: &String| !set.versions().iter().any(|version| version.book.id == *include);
            if broken && Rulebook::parse(name, text).is_ok_and(|book| book.include.iter().any(lacks)) {
                continue;
            }
            match set.with_version(name, text, from) {
                Ok(with) => set = with,
                Err(mistakes) => found.extend(mistakes),
            }
        }
        found
    }

    /// Whom to tell, at least as new as position `head`.
    ///
    /// # Errors
    /// [`RulesError`] where the store does not answer.
    pub async fn cover(&self, store: &SharedStore, head: u64) -> Result<Arc<CoverBook>, RulesError> {
        let known = Arc::clone(&self.cover.lock().unwrap_or_else(PoisonError::into_inner));
        if known.head() >= head {
            return Ok(known);
        }
        let new = Arc::new(store.cover().await?);
        *self.cover.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&new);
        Ok(new)
    }
}

/// The rulebooks in the store, each version with the time from which it is in force.
///
/// # Errors
/// [`RulesError`] where the store does not answer or a rulebook does not load.
pub async fn load_rulebooks(store: &SharedStore) -> Result<Arc<RulebookSet>, RulesError> {
    Rulebooks::default().current(store).await
}

/// What a start would load, in the order in which it would: first versions together, later ones one by one.
struct Plan<'a> {
    texts: BTreeMap<(String, String), &'a str>,
    ids: BTreeSet<String>,
    first: Vec<(&'a str, &'a str)>,
    later: Vec<(&'a str, &'a str, Instant)>,
    found: Vec<RuleError>,
}

impl<'a> Plan<'a> {
    fn beside(installed: &'a [Version]) -> Self {
        let key = |(id, version, text, _): &'a Version| ((id.clone(), version.clone()), text.as_str());
        let first = installed.iter().filter(|v| v.3.is_none()).map(|(id, _, text, _)| (id.as_str(), text.as_str()));
        let later = installed.iter().filter_map(|(id, _, text, from)| Some((id.as_str(), text.as_str(), (*from)?)));
        Self {
            texts: installed.iter().map(key).collect(),
            ids: installed.iter().map(|(id, ..)| id.clone()).collect(),
            first: first.collect(),
            later: later.collect(),
            found: Vec::new(),
        }
    }

    fn add(&mut self, name: &'a str, text: &'a str) {
        // One that cannot be read is said by the set, which then holds no missing include against the others.
        let Ok(book) = Rulebook::parse(name, text) else { return self.first.push((name, text)) };
        let key = (book.id.clone(), book.version.clone());
        match self.texts.get(&key) {
            Some(known) if *known == text => return,
            Some(_) => return self.found.push(other_text(name, text, &book)),
            None => self.texts.insert(key, text),
        };
        if self.ids.insert(book.id) {
            self.first.push((name, text));
        } else {
            self.later.push((name, text, Instant::MAX_UTC));
        }
    }
}

fn other_text(name: &str, text: &str, book: &Rulebook) -> RuleError {
    let lines = || text.lines().zip(1..);
    let (excerpt, line) = lines()
        .find(|(line, _)| line.trim_start().starts_with("version"))
        .or_else(|| lines().next())
        .unwrap_or(("", 1));
    RuleError {
        file: name.to_owned(),
        line,
        column: 1,
        message: format!("rulebook `{}` is there already with another text", book.label()),
        remedy: "a version never changes, be it installed, shipped or of another file; give this text one of its own"
            .to_owned(),
        excerpt: excerpt.to_owned(),
        width: excerpt.chars().count().max(1),
    }
}

/// Those of the files that load together; what is wrong with the others is noted.
fn sound(mut files: Vec<(&str, &str)>, found: &mut Vec<RuleError>) -> RulebookSet {
    let mut said = false;
    loop {
        let mistakes = match RulebookSet::load(&files) {
            Ok(set) => return set,
            Err(mistakes) => mistakes,
        };
        let before = files.len();
        files.retain(|(name, _)| !mistakes.iter().any(|mistake| mistake.file == *name));
        // What is wrong only without those that were taken out follows from what was said of them.
        if !std::mem::replace(&mut said, true) {
            found.extend(mistakes);
        }
        if files.len() == before {
            return RulebookSet::default();
        }
    }
}

fn load(versions: &[Version]) -> Result<RulebookSet, RulesError> {
    let first: Vec<_> = versions.iter().filter(|v| v.3.is_none()).map(|(id, _, text, _)| (id, text)).collect();
    let mut set = RulebookSet::load(&first).map_err(|e| rulebook_errors(&e))?;
    for (id, _, text, from) in versions {
        if let Some(from) = from {
            set = set.with_version(id, text, *from).map_err(|e| rulebook_errors(&e))?;
        }
    }
    Ok(set)
}

pub(crate) fn rulebook_errors(errors: &[RuleError]) -> RulesError {
    RulesError::Rulebooks(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
