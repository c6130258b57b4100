//! The clinic's policy: hours of cover, lines, times.

use super::{Channel, Hours, Member, Who};
use crate::{Actor, ProgrammeId, Severity};
use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use vitals::Instant;

vitals::words! {
    /// How far up a message has gone.
    Stage, "stage" {
        /// to the first in line
        First = "first",
        /// to the first in line once more
        Again = "again",
        /// to the next in line
        Next = "next",
        /// to the last in line
        Last = "last",
    }
}

impl Stage {
    /// The stage after this one.
    #[must_use]
    pub const fn after(self) -> Option<Self> {
        match self {
            Stage::First => Some(Stage::Again),
            Stage::Again => Some(Stage::Next),
            Stage::Next => Some(Stage::Last),
            Stage::Last => None,
        }
    }
}

/// How long each step waits for somebody to take the task, in minutes: of cover, and around the clock for critical
/// ones. The clinic's own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// from the first message until it is sent again
    pub accept_within_min: u32,
    /// from then until the next in line is told
    pub to_next_min: u32,
    /// from then until the last in line is told
    pub to_last_min: u32,
}

impl Timing {
    /// How long a message of this stage waits before the next one; the last waits for nobody.
    #[must_use]
    pub fn after(self, stage: Stage) -> Option<TimeDelta> {
        let minutes = match stage {
            Stage::First => self.accept_within_min,
            Stage::Again => self.to_next_min,
            Stage::Next => self.to_last_min,
            Stage::Last => return None,
        };
        Some(TimeDelta::minutes(i64::from(minutes)))
    }
}

/// The cover of one programme, or of all that have none of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cover {
    /// when tasks are worked
    pub hours: Hours,
    /// who is told first
    pub first: Vec<Who>,
    /// then
    #[serde(default)]
    pub next: Vec<Who>,
    /// last; outside the hours of cover the first to hear of critical tasks
    pub last: Vec<Who>,
    /// tasks of this severity and above are told one by one; the others wait for the digest
    pub from: Severity,
    /// by which ways
    pub channels: BTreeSet<Channel>,
    /// how long each step waits, by severity; without, nothing is sent again
    #[serde(default)]
    pub timing: BTreeMap<Severity, Timing>,
    /// local time of the day's digest of the rest; without, the rest is only on the list
    #[serde(default)]
    pub digest_at: Option<NaiveTime>,
}

/// Everything that the clinic has set about telling people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// of hours, duties and the digest
    pub timezone: Tz,
    /// who can be told
    pub people: Vec<Member>,
    /// of programmes without cover of their own
    #[serde(default)]
    pub default: Option<Cover>,
    /// of these programmes
    #[serde(default)]
    pub programmes: BTreeMap<ProgrammeId, Cover>,
}

/// What is wrong with a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// somebody stands in the list twice
    #[error("this person stands in the list already")]
    Twice,
    /// no hours of cover
    #[error("there are no hours of cover; give at least one stretch")]
    NoHours,
    /// a line names somebody who is not in the list
    #[error("nobody in the list of people is meant by this; add them there")]
    NobodyMeant,
    /// a line is empty
    #[error("nobody is told; name at least one person or role")]
    NobodyTold,
    /// no way is chosen
    #[error("there is no way by which anybody could be told; choose one")]
    NoWay,
    /// times are missing
    #[error("critical and high tasks need the times after which the next is told")]
    NoTimes,
    /// a time is zero
    #[error("each of the three times is at least a minute")]
    ZeroTime,
}

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}")]
pub struct Mistake {
    /// RFC 6901 pointer
    pub pointer: String,
    /// what is wrong there
    pub wrong: Wrong,
}

impl Policy {
    /// The cover of a programme's tasks.
    #[must_use]
    pub fn cover(&self, programme: Option<&ProgrammeId>) -> Option<&Cover> {
        programme.and_then(|p| self.programmes.get(p)).or(self.default.as_ref())
    }

    /// Every cover, the default's without a name.
    pub fn covers(&self) -> impl Iterator<Item = (Option<&ProgrammeId>, &Cover)> {
        let default = self.default.iter().map(|cover| (None, cover));
        default.chain(self.programmes.iter().map(|(programme, cover)| (Some(programme), cover)))
    }

    /// The person with this sign-in name.
    #[must_use]
    pub fn member(&self, user: &Actor) -> Option<&Member> {
        self.people.iter().find(|m| m.user == *user)
    }

    /// Who is on duty at `at`.
    pub fn on_duty(&self, at: Instant) -> impl Iterator<Item = &Member> {
        self.people.iter().filter(move |m| self.is_on_duty(m, at))
    }

    /// Whether `member` is on duty at `at`; whoever has no duty hours always is.
    #[must_use]
    pub fn is_on_duty(&self, member: &Member, at: Instant) -> bool {
        member.duty.as_ref().is_none_or(|duty| duty.holds(at, self.timezone))
    }

    /// When `user`'s duty next begins or ends.
    #[must_use]
    pub fn next_duty_change(&self, user: &Actor, at: Instant) -> Option<Instant> {
        self.member(user)?.duty.as_ref()?.next_change(at, self.timezone)
    }

    /// Whether `at` lies in the hours of `cover`.
    #[must_use]
    pub fn is_covered(&self, cover: &Cover, at: Instant) -> bool {
        cover.hours.holds(at, self.timezone)
    }

    /// `at` where it is covered, else when cover next begins.
    #[must_use]
    pub fn next_covered(&self, cover: &Cover, at: Instant) -> Option<Instant> {
        cover.hours.next(at, self.timezone)
    }

    /// When `length` of `cover` has passed since `at`; for critical tasks every hour counts.
    #[must_use]
    pub fn add_covered(&self, cover: &Cover, severity: Severity, at: Instant, length: TimeDelta) -> Option<Instant> {
        if severity == Severity::Critical {
            return at.checked_add_signed(length);
        }
        cover.hours.add(at, length, self.timezone)
    }

    /// The next time of `cover`'s digest after `at`, and when cover begins that it is for: on days without any there
    /// is no digest.
    #[must_use]
    pub fn next_digest(&self, cover: &Cover, at: Instant) -> Option<(Instant, Instant)> {
        let minutes = cover.digest_at?.signed_duration_since(NaiveTime::MIN);
        let mut digest = super::hours::next_time_of_day(at, minutes, self.timezone)?;
        let mut covered = self.next_covered(cover, digest)?;
        while covered.signed_duration_since(digest) >= TimeDelta::days(1) {
            digest = super::hours::next_time_of_day(covered - TimeDelta::days(1), minutes, self.timezone)?;
            covered = self.next_covered(cover, digest)?;
        }
        Some((digest, covered))
    }

    /// Whom a message of `stage` goes to: those of its line who are on duty at `at` and not `gone`. The last in line
    /// are told off duty too where none of them is on duty: somebody has to be.
    pub fn told(&self, cover: &Cover, stage: Stage, at: Instant, gone: &dyn Fn(&Actor) -> bool) -> Vec<&Member> {
        let line = cover.line(stage);
        let named = |member: &&Member| line.iter().any(|who| names(who, member)) && !gone(&member.user);
        let on_duty: Vec<&Member> = self.on_duty(at).filter(named).collect();
        if on_duty.is_empty() && stage == Stage::Last {
            return self.people.iter().filter(named).collect();
        }
        on_duty
    }

    /// Everything that contradicts itself, with its place.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut note = |pointer: String, wrong| found.push(Mistake { pointer, wrong });
        for (n, member) in self.people.iter().enumerate() {
            if self.people.iter().take(n).any(|m| m.user == member.user) {
                note(format!("/people/{n}/user"), Wrong::Twice);
            }
        }
        for (programme, cover) in self.covers() {
            let place = programme.map_or("/default".to_owned(), |p| format!("/programmes/{p}"));
            for (pointer, wrong) in cover.mistakes(self) {
                note(format!("{place}{pointer}"), wrong);
            }
        }
        found
    }
}

fn names(who: &Who, member: &Member) -> bool {
    match who {
        Who::Person(user) => *user == member.user,
        Who::OnDuty => true,
        Who::Role(role) => member.role == Some(*role),
    }
}

impl Cover {
    /// The line that a stage goes to.
    pub(crate) fn line(&self, stage: Stage) -> &[Who] {
        match stage {
            Stage::First | Stage::Again => &self.first,
            Stage::Next => &self.next,
            Stage::Last => &self.last,
        }
    }

    fn mistakes(&self, policy: &Policy) -> Vec<(String, Wrong)> {
        let mut found = Vec::new();
        if self.hours.week.is_empty() {
            found.push(("/hours/week".to_owned(), Wrong::NoHours));
        }
        for (name, line) in [("first", &self.first), ("next", &self.next), ("last", &self.last)] {
            for (n, who) in line.iter().enumerate() {
                if !policy.people.iter().any(|member| names(who, member)) {
                    found.push((format!("/{name}/{n}"), Wrong::NobodyMeant));
                }
            }
            if line.is_empty() && name != "next" {
                found.push((format!("/{name}"), Wrong::NobodyTold));
            }
        }
        if self.channels.is_empty() {
            found.push(("/channels".to_owned(), Wrong::NoWay));
        }
        for severity in [Severity::Critical, Severity::High] {
            if severity >= self.from && !self.timing.contains_key(&severity) {
                let pointer = format!("/timing/{severity}");
                found.push((pointer, Wrong::NoTimes));
            }
        }
        for (severity, timing) in &self.timing {
            if [timing.accept_within_min, timing.to_next_min, timing.to_last_min].contains(&0) {
                found.push((format!("/timing/{severity}"), Wrong::ZeroTime));
            }
        }
        found
    }
}
