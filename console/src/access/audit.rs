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

/// What the trail shall say besides, without secrets: a handler adds it to its response.
#[derive(Clone, Debug)]
pub(crate) struct AuditDetail(pub(crate) String);

/// Looking at the same thing again within this is one line of the trail: a page that updates itself is one look.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(1);
/// So many looks are remembered; beyond it everything is written anew.
const REMEMBERED: usize = 10_000;

/// A form that showed what it would change, and changed nothing: it was a look, called so. It is written each time, also
/// where the page was looked at a moment ago: a preview shows other people too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnlyLooked(pub(crate) &'static str);

/// Writes the audit trail.
#[derive(Default)]
pub(crate) struct Trail {
    looks: Mutex<HashMap<(Actor, &'static str, String), Instant>>,
}

impl Trail {
    /// Writes down what concerns no patient, before it is answered.
    pub(crate) async fn changed(
        &self,
        store: &SharedStore,
        actor: &Actor,
        (action, subject, detail): (&str, String, String),
        at: Instant,
    ) -> Result<(), StoreError> {
        let entry = NewAudit { at, actor: actor.clone(), action: action.to_owned(), subject, patient: None, detail };
        store.audit(vec![entry]).await
    }

    /// Writes down what a caller did, before it is answered, a line for each patient whom it was about.
    pub(crate) async fn did(
        &self,
        store: &SharedStore,
        caller: &Caller,
        (action, subject, detail): (&str, &str, &str),
        at: Instant,
    ) -> Result<(), StoreError> {
        store.audit(lines(caller, (action, subject, detail), at)).await
    }

    /// Writes down that somebody looked, once a minute for the same thing.
    pub(crate) async fn looked(
        &self,
        store: &SharedStore,
        caller: &Caller,
        (action, subject): (&'static str, &str),
        at: Instant,
    ) -> Result<(), StoreError> {
        if !self.is_new_look(&caller.actor, action, subject, at) {
            return Ok(());
        }
        store.audit(lines(caller, (action, subject, ""), at)).await
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

fn lines(caller: &Caller, (action, subject, detail): (&str, &str, &str), at: Instant) -> Vec<NewAudit> {
    let line = |patient| NewAudit {
        at,
        actor: caller.actor.clone(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        patient,
        detail: detail.to_owned(),
    };
    let met = caller.met();
    if met.is_empty() { vec![line(None)] } else { met.into_iter().map(|patient| line(Some(patient))).collect() }
}
