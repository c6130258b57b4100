//! Who is well: each part of the process says so for itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

/// How a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Works.
    Up,
    /// Works, with something that a person should look at.
    Degraded,
    /// Does not work (or has not said yet that it does).
    Down,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComponentReport {
    /// The component.
    pub name: String,
    /// How it is.
    pub state: State,
    /// Why it is not up; free of patient data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Debug, Default)]
struct Record {
    components: BTreeMap<String, (State, Option<String>)>,
    stopping: bool,
}

/// The process's health; clones share one record.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<Record>>);

/// With this a component says how it is.
#[derive(Debug, Clone)]
pub struct ComponentHealth {
    health: Health,
    name: String,
}

impl Health {
    /// A record without components.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a component, down (`starting`) until it says otherwise. The same name again is the same component.
    #[must_use]
    pub fn component(&self, name: impl Into<String>) -> ComponentHealth {
        let name = name.into();
        self.lock().components.entry(name.clone()).or_insert_with(|| (State::Down, Some("starting".to_owned())));
        ComponentHealth { health: self.clone(), name }
    }

    /// The process stops: nothing is ready any more, and a component that goes down is no error.
    pub fn stopping(&self) {
        self.lock().stopping = true;
    }

    /// True when no component is down.
    #[must_use]
    pub fn ready(&self) -> bool {
        let record = self.lock();
        !record.stopping && record.components.values().all(|(state, _)| *state != State::Down)
    }

    /// Every component, by name.
    #[must_use]
    pub fn report(&self) -> Vec<ComponentReport> {
        self.lock()
            .components
            .iter()
            .map(|(name, (state, reason))| ComponentReport {
                name: name.clone(),
                state: *state,
                reason: reason.clone(),
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ComponentHealth {
    /// Works.
    pub fn up(&self) {
        self.set(State::Up, None);
    }

    /// Works, but a person should look.
    pub fn degraded(&self, reason: impl Into<String>) {
        self.set(State::Degraded, Some(reason.into()));
    }

    /// Does not work.
    pub fn down(&self, reason: impl Into<String>) {
        self.set(State::Down, Some(reason.into()));
    }

    fn set(&self, state: State, reason: Option<String>) {
        let mut record = self.health.lock();
        let before = record.components.insert(self.name.clone(), (state, reason.clone()));
        let stopping = record.stopping;
        drop(record);
        if before.is_none_or(|(was, _)| was != state) {
            let reason = reason.unwrap_or_default();
            match state {
                State::Up => tracing::info!(component = %self.name, "is up"),
                State::Degraded => tracing::warn!(component = %self.name, reason, "is degraded"),
                State::Down if stopping => tracing::info!(component = %self.name, reason, "is down"),
                State::Down => tracing::error!(component = %self.name, reason, "is down"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_that_nobody_is_down() {
        let health = Health::new();
        let mqtt = health.component("mqtt");
        let store = health.component("store");
        assert!(!health.ready(), "a component that has said nothing is not ready");
        mqtt.up();
        store.degraded("export is behind");
        assert!(health.ready());
        store.down("disk full");
        assert!(!health.ready());
        store.up();
        health.stopping();
        assert!(!health.ready(), "who stops is not ready");
        store.down("disk full");
        assert_eq!(
            health.report().last(),
            Some(&ComponentReport { name: "store".into(), state: State::Down, reason: Some("disk full".into()) })
        );
    }
}
