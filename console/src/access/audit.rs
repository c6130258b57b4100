//! Who looked at whom, who changed what.

use super::Caller;
use care::Actor;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use store::{NewAudit, SharedStore, StoreError};
use vitals::Instant;

/// Whom a request was about, where its path does not say: a handler adds it to its response.
#[derive(Clone, Debug)]
pub(crate) struct AuditSubject(pub(crate) String);

/// Looking at the same thing again within this is one line of the trail: a page that updates itself is one look.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(1);
/// So many looks are remembered; beyond it everything is written anew.
const REMEMBERED: usize = 10_000;

/// Writes the audit trail.
#[derive(Default)]
pub(crate) struct Trail {
    looks: Mutex<HashMap<(Actor, &'static str, String), Instant>>,
}

impl Trail {
    /// Writes down a change, before it is answered.
    pub(crate) async fn changed(
        &self,
        store: &SharedStore,
        actor: &Actor,
        (action, subject, detail): (&str, String, String),
        at: Instant,
    ) -> Result<(), StoreError> {
        let entry = NewAudit { at, actor: actor.clone(), action: action.to_owned(), subject, detail };
        store.audit(vec![entry]).await
    }

    /// Writes down that somebody looked, once a minute for the same thing.
    pub(crate) async fn looked(
        &self,
        store: &SharedStore,
        caller: &Caller,
        (action, subject): (&'static str, String),
        at: Instant,
    ) -> Result<(), StoreError> {
        if !self.is_new_look(&caller.actor, action, &subject, at) {
            return Ok(());
        }
        let entry =
            NewAudit { at, actor: caller.actor.clone(), action: action.to_owned(), subject, detail: String::new() };
        store.audit(vec![entry]).await
    }

    fn is_new_look(&self, actor: &Actor, action: &'static str, subject: &str, at: Instant) -> bool {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.len() >= REMEMBERED {
            looks.clear();
        }
        let key = (actor.clone(), action, subject.to_owned());
        let fresh = looks.get(&key).is_none_or(|last| at.signed_duration_since(*last) >= ONE_LOOK);
        if fresh {
            looks.insert(key, at);
        }
        fresh
    }
}
