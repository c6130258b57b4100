//! Who is told of a task, when, and in which order: the clinic's own policy, and what follows from it.
//!
//! A [`Policy`] is a value that the clinic sets; Hearth ships none and invents no times. [`CoverBook`] is every policy
//! ever journalled and who was disabled when, so that folding the journal again gives the same messages.

mod book;
mod hours;
mod member;
mod phrases;
mod policy;
mod telling;
mod warning;

pub use book::{CoverBook, CoverChange};
pub use hours::{Hours, HoursError, Span};
pub use member::{Channel, Email, EmailError, Member, Who, WhoError};
pub use policy::{Cover, Mistake, Policy, Stage, Timing, Wrong};
pub use telling::{Occasion, Piece, Said, Telling};
pub use warning::{Warning, warnings};

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Actor, Event, EventBody, Severity};
    use std::collections::{BTreeMap, BTreeSet};
    use vitals::Instant;

    pub(crate) fn t(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn hours(week: &str) -> Hours {
        Hours { week: vec![week.parse().unwrap()], off: BTreeSet::new() }
    }

    fn member(user: &str, name: &str, duty: Option<&str>) -> Member {
        Member {
            user: Actor(user.into()),
            name: name.into(),
            role: None,
            email: Some(format!("{user}@clinic.example").parse().unwrap()),
            language: None,
            duty: duty.map(hours),
        }
    }

    /// Ada, then Ben, then Eve, who is always there; on working days from eight to five, UTC.
    pub(crate) fn policy() -> Policy {
        let who = |name: &str| vec![name.parse().unwrap()];
        let times = |a, b, c| Timing { accept_within_min: a, to_next_min: b, to_last_min: c };
        Policy {
            timezone: chrono_tz::Tz::UTC,
            people: vec![
                member("ada", "Ada", Some("Mon-Fri 08:00-17:00")),
                member("ben", "Ben", Some("Mon-Fri 08:00-17:00")),
                member("eve", "Eve", None),
            ],
            default: Some(Cover {
                hours: hours("Mon-Fri 08:00-17:00"),
                first: who("ada"),
                next: who("ben"),
                last: who("eve"),
                from: Severity::High,
                channels: BTreeSet::from([Channel::Email]),
                timing: BTreeMap::from([(Severity::Critical, times(5, 5, 5)), (Severity::High, times(30, 20, 10))]),
                digest_at: Some("07:30:00".parse().unwrap()),
            }),
            programmes: BTreeMap::new(),
        }
    }

    /// In force since the first of the year.
    pub(crate) fn book(policy: Policy) -> CoverBook {
        let at = t("2026-01-01T00:00:00Z");
        let body = EventBody::CoverSet { policy: Some(Box::new(policy)), effective_from: at, reason: "rota".into() };
        CoverBook::new([Event { seq: 1, at, actor: Actor("root".into()), body }])
    }

    #[test]
    fn a_policy_survives_json_and_says_what_is_wrong_with_it() {
        let good = policy();
        let text = serde_json::to_string(&good).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), good);
        assert_eq!(good.mistakes(), []);
        let mut bad = good;
        bad.people.push(bad.people[0].clone());
        let cover = bad.default.as_mut().unwrap();
        cover.hours.week.clear();
        cover.last = vec!["nobody".parse().unwrap()];
        cover.first.clear();
        cover.channels.clear();
        cover.timing.remove(&Severity::High);
        cover.timing.get_mut(&Severity::Critical).unwrap().to_last_min = 0;
        let pointers: Vec<String> = bad.mistakes().into_iter().map(|m| m.pointer).collect();
        assert_eq!(
            pointers,
            [
                "/people/3/user",
                "/default/hours/week",
                "/default/first",
                "/default/last/0",
                "/default/channels",
                "/default/timing/high",
                "/default/timing/critical"
            ]
        );
    }

    #[test]
    fn who_is_told_by_stage_and_duty() {
        let policy = policy();
        let cover = policy.default.as_ref().unwrap();
        let told = |stage, at: &str| -> Vec<&str> {
            let nobody = |_: &Actor| false;
            policy.told(cover, stage, t(at), &nobody).iter().map(|m| m.name.as_str()).collect()
        };
        assert_eq!(told(Stage::First, "2026-11-23T12:00:00Z"), ["Ada"]);
        assert_eq!(told(Stage::Next, "2026-11-23T12:00:00Z"), ["Ben"]);
        assert_eq!(told(Stage::First, "2026-11-22T12:00:00Z"), [""; 0], "off duty on Sunday");
        assert_eq!(told(Stage::Last, "2026-11-22T12:00:00Z"), ["Eve"]);
        let gone = |user: &Actor| user.0 == "ada";
        assert!(policy.told(cover, Stage::First, t("2026-11-23T12:00:00Z"), &gone).is_empty());
    }

    #[test]
    fn the_digest_is_at_its_hour() {
        let policy = policy();
        let cover = policy.default.as_ref().unwrap();
        let next = |at: &str| policy.next_digest(cover, t(at));
        let of = |digest: &str, covered: &str| Some((t(digest), t(covered)));
        assert_eq!(next("2026-11-23T07:29:00Z"), of("2026-11-23T07:30:00Z", "2026-11-23T08:00:00Z"));
        assert_eq!(next("2026-11-23T07:30:00Z"), of("2026-11-24T07:30:00Z", "2026-11-24T08:00:00Z"));
        assert_eq!(next("2026-11-20T12:00:00Z"), of("2026-11-23T07:30:00Z", "2026-11-23T08:00:00Z"), "not on Saturday");
    }
}
