//! The rulebooks that come with Hearth.

use crate::RulesError;
use crate::rulebooks::rulebook_errors;
use care::Actor;
use rule_engine::Rulebook;
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
    ("heart-rate", include_str!("../rulebook/heart-rate.toml")),
    ("temperature", include_str!("../rulebook/temperature.toml")),
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
