//! Every policy ever set, and who was disabled when.

use super::Policy;
use crate::{Actor, Event, EventBody};
use std::sync::Arc;
use vitals::Instant;

/// Something journalled that changes who is told.
#[derive(Clone, Debug, PartialEq)]
pub struct CoverChange {
    /// position in the journal
    pub seq: u64,
    /// when it was committed: nobody knew it before
    pub known_at: Instant,
    /// in force from then on
    pub from: Instant,
    /// who did it
    pub actor: Actor,
    /// why
    pub reason: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Policy(Option<Arc<Policy>>),
    Person { user: Actor, disabled: bool },
}

impl CoverChange {
    /// The policy that was set; `None` where this is about a person, `Some(None)` where there is none since then.
    #[must_use]
    pub fn policy(&self) -> Option<Option<&Policy>> {
        match &self.what {
            What::Policy(policy) => Some(policy.as_deref()),
            What::Person { .. } => None,
        }
    }
}

/// Who is told, at any time: a function of the journal alone.
///
/// What is in force at a time is what had been committed by then. Stamps of commits only grow, so this is the same
/// whenever it is asked, and a replay sees what the first run saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CoverBook {
    changes: Vec<CoverChange>,
}

impl CoverBook {
    /// From the events that set policies and disabled people, in commit order; others are left out.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = Event>) -> Self {
        let changes = events.into_iter().filter_map(|event| {
            let (from, reason, what) = match event.body {
                EventBody::CoverSet { policy, effective_from, reason } => {
                    (effective_from.max(event.at), reason, What::Policy(policy.map(|p| Arc::new(*p))))
                }
                EventBody::PersonChanged { user, disabled } => {
                    (event.at, String::new(), What::Person { user, disabled })
                }
                _ => return None,
            };
            Some(CoverChange { seq: event.seq, known_at: event.at, from, actor: event.actor, reason, what })
        });
        Self { changes: changes.collect() }
    }

    /// Position of the newest change; 0 where nothing was ever set.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.changes.last().map_or(0, |c| c.seq)
    }

    /// The policy in force at `at`; none where the clinic has set none.
    #[must_use]
    pub fn at(&self, at: Instant) -> Option<&Policy> {
        // What was entered later replaces what it reaches.
        self.changes.iter().rev().filter(|c| c.from <= at).find_map(CoverChange::policy).flatten()
    }

    /// Whether `user` may not sign in at `at`.
    #[must_use]
    pub fn is_disabled(&self, user: &Actor, at: Instant) -> bool {
        let about = |c: &CoverChange| match &c.what {
            What::Person { user: of, disabled } if of == user => Some(*disabled),
            _ => None,
        };
        self.changes.iter().rev().filter(|c| c.from <= at).find_map(about).unwrap_or(false)
    }

    /// When something here first changes after `at`.
    #[must_use]
    pub fn next_change(&self, at: Instant) -> Option<Instant> {
        self.changes.iter().map(|c| c.from).filter(|from| at < *from).min()
    }

    /// Every policy ever set, oldest first, with what withdrew one.
    pub fn policies(&self) -> impl DoubleEndedIterator<Item = &CoverChange> {
        self.changes.iter().filter(|c| c.policy().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(minutes: i64) -> Instant {
        Instant::from_timestamp(minutes * 60, 0).unwrap()
    }

    fn policy(zone: chrono_tz::Tz) -> Policy {
        Policy { timezone: zone, people: vec![], default: None, programmes: Default::default() }
    }

    fn set(seq: u64, at: i64, from: i64, zone: chrono_tz::Tz) -> Event {
        let body = EventBody::CoverSet {
            policy: Some(Box::new(policy(zone))),
            effective_from: t(from),
            reason: "rota".into(),
        };
        Event { seq, at: t(at), actor: Actor("ada".into()), body }
    }

    fn disabled(seq: u64, at: i64, disabled: bool) -> Event {
        let body = EventBody::PersonChanged { user: Actor("ben".into()), disabled };
        Event { seq, at: t(at), actor: Actor("ada".into()), body }
    }

    #[test]
    fn what_is_in_force_is_what_was_known_by_then() {
        use chrono_tz::Tz;
        let book = CoverBook::new([
            set(1, 10, 0, Tz::UTC),
            disabled(2, 15, true),
            set(3, 20, 60, Tz::Europe__Berlin),
            set(4, 30, 30, Tz::Asia__Beirut),
            disabled(5, 40, false),
        ]);
        let zone = |at: i64| book.at(t(at)).map(|p| p.timezone);
        assert_eq!(zone(9), None, "a policy cannot have been in force before anybody knew it");
        assert_eq!(
            [zone(10), zone(29), zone(30), zone(99)],
            [Tz::UTC, Tz::UTC, Tz::Asia__Beirut, Tz::Asia__Beirut].map(Some)
        );
        let ben = Actor("ben".into());
        assert_eq!([14, 15, 40].map(|at| book.is_disabled(&ben, t(at))), [false, true, false]);
        assert_eq!(
            [0, 10, 15, 40].map(|at| book.next_change(t(at))),
            [Some(t(10)), Some(t(15)), Some(t(30)), Some(t(60))]
        );
        assert_eq!(book.head(), 5);
    }
}
