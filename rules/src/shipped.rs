//! The rulebooks that come with Hearth.

use crate::RulesError;
use care::Actor;
use rule_engine::{RuleError, Rulebook, RulebookSet};
use std::sync::Arc;
use store::SharedStore;
use vitals::Instant;

/// Name and text of each shipped rulebook.
pub const SHIPPED: &[(&str, &str)] = &[
    ("heart-failure", include_str!("../rulebook/heart-failure.toml")),
    ("hypertension", include_str!("../rulebook/hypertension.toml")),
    ("diabetes", include_str!("../rulebook/diabetes.toml")),
    ("copd", include_str!("../rulebook/copd.toml")),
    ("blood-pressure", include_str!("../rulebook/blood-pressure.toml")),
    ("oxygen", include_str!("../rulebook/oxygen.toml")),
];

/// Installs the shipped rulebooks; a version that is there already is left alone. The first version of each is
/// in force from the beginning of time, a later one from `now` on.
///
/// # Errors
/// [`RulesError`] where a shipped rulebook does not load, or a version in the store has another text: versions
/// never change.
pub async fn install_shipped(store: &SharedStore, now: Instant) -> Result<(), RulesError> {
    for (name, text) in SHIPPED {
        let book = Rulebook::parse(name, text).map_err(|e| rulebook_errors(&e))?;
        store.install_rulebook(&book.id, &book.version, text, now, &Actor::hearth()).await?;
    }
    Ok(())
}

/// The rulebooks in the store, each version with the time from which it is in force.
///
/// # Errors
/// [`RulesError`] where the store does not answer or a rulebook does not load.
pub async fn load_rulebooks(store: &SharedStore) -> Result<Arc<RulebookSet>, RulesError> {
    let versions = store.rulebooks().await?;
    let first: Vec<_> = versions.iter().filter(|v| v.3.is_none()).map(|(id, _, text, _)| (id, text)).collect();
    let mut set = RulebookSet::load(&first).map_err(|e| rulebook_errors(&e))?;
    for (id, _, text, from) in &versions {
        if let Some(from) = from {
            set = set.with_version(id, text, *from).map_err(|e| rulebook_errors(&e))?;
        }
    }
    Ok(Arc::new(set))
}

fn rulebook_errors(errors: &[RuleError]) -> RulesError {
    RulesError::Rulebooks(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
