//! What would go wrong with telling people, said beforehand.

use super::{Channel, CoverBook, Stage};
use crate::{Actor, ProgrammeId};
use std::collections::BTreeSet;
use vitals::Instant;

/// Why a task that opened now might reach nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// the clinic has set no policy: nobody is told of anything
    NotConfigured,
    /// a way that the policy uses is not set up in the configuration file
    NoWay(Channel),
    /// within the hours of cover nobody of the first and next in line is on duty
    NobodyOnDuty {
        /// of which programme; none for the others
        programme: Option<ProgrammeId>,
    },
    /// everybody who is last in line is disabled
    NobodyLast {
        /// of which programme; none for the others
        programme: Option<ProgrammeId>,
    },
    /// somebody on duty, or last in line, whom no configured way reaches
    Unreachable {
        /// the sign-in name
        user: Actor,
        /// as shown
        name: String,
    },
}

/// Everything that stands in the way of telling people at `at`; `ways` are those that the configuration sets up.
#[must_use]
pub fn warnings(book: &CoverBook, ways: &BTreeSet<Channel>, at: Instant) -> Vec<Warning> {
    let Some(policy) = book.at(at).filter(|p| p.covers().next().is_some()) else { return vec![Warning::NotConfigured] };
    let mut found = BTreeSet::new();
    for (programme, cover) in policy.covers() {
        let gone = |user: &Actor| book.is_disabled(user, at);
        let told = |stage| policy.told(cover, stage, at, &gone);
        let mut meant = told(Stage::Last);
        if meant.is_empty() {
            found.insert(Warning::NobodyLast { programme: programme.cloned() });
        }
        if policy.is_covered(cover, at) {
            let in_line: Vec<_> = told(Stage::First).into_iter().chain(told(Stage::Next)).collect();
            if in_line.is_empty() {
                found.insert(Warning::NobodyOnDuty { programme: programme.cloned() });
            }
            meant.extend(in_line);
        }
        found.extend(cover.channels.iter().filter(|c| !ways.contains(c)).copied().map(Warning::NoWay));
        let usable: Vec<Channel> = cover.channels.intersection(ways).copied().collect();
        // Without any way the reason has been given, and a line for each person would only hide it.
        if usable.is_empty() {
            continue;
        }
        for member in meant.into_iter().filter(|m| !usable.iter().any(|c| m.reachable_by(*c))) {
            found.insert(Warning::Unreachable { user: member.user.clone(), name: member.name.clone() });
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cover::Policy;
    use crate::cover::tests::{book, policy, t};

    const MONDAY_NOON: &str = "2026-11-23T12:00:00Z";
    const SUNDAY: &str = "2026-11-22T12:00:00Z";

    fn found(policy: Policy, ways: &[Channel], at: &str) -> Vec<Warning> {
        warnings(&book(policy), &ways.iter().copied().collect(), t(at))
    }

    #[test]
    fn nobody_is_told_where_nothing_is_set() {
        assert_eq!(warnings(&CoverBook::default(), &BTreeSet::new(), t(MONDAY_NOON)), [Warning::NotConfigured]);
        assert_eq!(found(policy(), &[Channel::Email], MONDAY_NOON), []);
    }

    #[test]
    fn a_way_that_is_not_set_up_and_whom_that_leaves_out() {
        assert_eq!(
            found(policy(), &[], MONDAY_NOON),
            [Warning::NoWay(Channel::Email)],
            "said once, not for each person"
        );
        let mut no_address = policy();
        no_address.people[0].email = None;
        let ada = Warning::Unreachable { user: Actor("ada".into()), name: "Ada".into() };
        assert_eq!(found(no_address.clone(), &[Channel::Email], MONDAY_NOON), [ada]);
        assert_eq!(found(no_address, &[Channel::Email], SUNDAY), [], "she is not on duty");
    }

    #[test]
    fn nobody_on_duty_within_the_hours() {
        let mut away = policy();
        for member in &mut away.people[..2] {
            member.duty.as_mut().unwrap().off.insert("2026-11-23".parse().unwrap());
        }
        let nobody = Warning::NobodyOnDuty { programme: None };
        assert_eq!(found(away.clone(), &[Channel::Email], MONDAY_NOON), [nobody]);
        assert_eq!(found(away, &[Channel::Email], SUNDAY), []);
    }
}
