//! What is of no patient: the rulebooks in a store, as the engine wants them, and whom to tell.

use crate::RulesError;
use care::cover::CoverBook;
use rule_engine::{RuleError, RulebookSet};
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
