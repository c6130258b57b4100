//! Whom the demonstration tells of tasks. No mail server is set up, so that nothing leaves; the page *Messages*, the
//! head of the list and the timelines say so.

use std::collections::{BTreeMap, BTreeSet};

use care::{
    Actor, ProgrammeId, Role, Severity,
    cover::{Channel, Cover, Hours, Member, Policy, Span, Timing, Who},
};
use chrono::NaiveTime;
use chrono_tz::Tz;
use vitals::Instant;

use super::people::{STAFF, admin};
use crate::{failure::Failure, place::OpenStore};

/// Sets who is told from `at` on.
pub(super) async fn set(open: &OpenStore, at: Instant) -> Result<(), Failure> {
    open.store.set_cover(Some(policy()?), at, "the demonstration's rota", &admin()).await?;
    Ok(())
}

/// Robin first, then everybody on duty, then Dr. Haddad; heart failure is watched at the weekend too.
fn policy() -> Result<Policy, Failure> {
    let work = read::<Span>("Mon-Fri 08:00-18:00")?;
    let weekend = read::<Span>("Sat-Sun 09:00-13:00")?;
    let heart_failure =
        ProgrammeId::new("heart-failure").map_err(|error| Failure::because("a programme of the demo", &error))?;
    let cover = |week: Vec<Span>| Cover {
        hours: hours(week),
        first: vec![Who::Person(Actor("coordinator".to_owned()))],
        next: vec![Who::OnDuty],
        last: vec![Who::Person(Actor("clinician".to_owned()))],
        from: Severity::High,
        channels: BTreeSet::from([Channel::Email]),
        timing: BTreeMap::from([(Severity::Critical, times(10, 10, 10)), (Severity::High, times(60, 30, 30))]),
        digest_at: NaiveTime::from_hms_opt(7, 30, 0),
    };
    let people = STAFF.iter().filter(|(_, _, role)| matches!(role, Role::Coordinator | Role::Clinician));
    Ok(Policy {
        timezone: Tz::Europe__Berlin,
        people: people
            .map(|(user, name, role)| {
                Ok(Member {
                    user: Actor((*user).to_owned()),
                    name: (*name).to_owned(),
                    role: Some(*role),
                    email: Some(read(&format!("{user}@clinic.example"))?),
                    language: None,
                    duty: None,
                })
            })
            .collect::<Result<_, Failure>>()?,
        default: Some(cover(vec![work.clone()])),
        programmes: BTreeMap::from([(heart_failure, cover(vec![work, weekend]))]),
    })
}

fn hours(week: Vec<Span>) -> Hours {
    Hours { week, off: BTreeSet::new() }
}

fn times(accept_within_min: u32, to_next_min: u32, to_last_min: u32) -> Timing {
    Timing { accept_within_min, to_next_min, to_last_min }
}

fn read<T: std::str::FromStr<Err: std::error::Error>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| Failure::because(format!("`{text}` in the demo's rota"), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rota_is_one_that_could_be_saved() {
        let policy = policy().unwrap();
        assert_eq!(policy.mistakes(), []);
        assert_eq!(policy.covers().count(), 2);
    }
}
