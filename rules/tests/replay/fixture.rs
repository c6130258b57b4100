//! What the scenarios stand on: people, devices, a store and a policy.

use super::*;

pub(super) fn at(minutes: i64) -> Instant {
    Instant::from_timestamp(minutes * 60, 0).unwrap()
}

pub(super) fn patient(n: u8) -> PatientId {
    PatientId::new(&format!("p{n}")).unwrap()
}

pub(super) fn device(n: u8) -> DeviceRef {
    DeviceRef { source: SourceId::new("hub").unwrap(), device: DeviceId::new(&format!("d{n}")).unwrap() }
}

pub(super) fn open(dir: &std::path::Path, minutes: &Arc<AtomicI64>) -> SharedStore {
    let minutes = Arc::clone(minutes);
    let clock = Arc::new(move || at(minutes.load(Ordering::SeqCst)));
    let options = SqliteOptions::new(dir.join("hearth.db"), clock);
    Arc::new(SqliteStore::open(options).unwrap())
}

pub(super) fn assignment(d: u8, p: u8, from: i64) -> Assignment {
    Assignment { device: device(d), user_slot: None, patient: patient(p), from: at(from), until: None }
}

pub(super) fn enrolment(until: Option<i64>) -> Enrolment {
    Enrolment {
        programme: ProgrammeId::new("heart-failure").unwrap(),
        from: at(START - 20_000),
        until: until.map(at),
        entered_at: at(START),
    }
}

/// Anna first, Ben next, Eve last; the variants differ in hours, duties and lines.
pub(super) fn policy(variant: u8) -> Policy {
    let hours = |text: &str| Hours { week: vec![text.parse().unwrap()], off: Default::default() };
    let member = |user: &str, duty: Option<&str>| Member {
        user: Actor(user.into()),
        name: user.into(),
        role: Some(Role::Coordinator),
        email: Some(format!("{user}@clinic.example").parse().unwrap()),
        language: None,
        duty: duty.map(hours),
    };
    let who = |text: &str| vec![text.parse().unwrap()];
    let timing = Timing { accept_within_min: 20, to_next_min: 10, to_last_min: 15 };
    let cover = Cover {
        hours: hours(["Mon-Fri 08:00-17:00", "Mon-Sun 00:00-24:00", "Sat 22:00-06:00"][usize::from(variant)]),
        first: who(["anna", "@duty", "@coordinator"][usize::from(variant)]),
        next: who("ben"),
        last: who("eve"),
        from: [Severity::Low, Severity::High, Severity::Medium][usize::from(variant)],
        channels: BTreeSet::from([Channel::Email]),
        timing: BTreeMap::from([(Severity::Critical, timing), (Severity::High, timing)]),
        digest_at: Some("07:30:00".parse().unwrap()),
    };
    Policy {
        timezone: chrono_tz::Tz::Europe__Berlin,
        people: vec![member("anna", Some("Mon-Fri 08:00-14:00")), member("ben", None), member("eve", None)],
        default: Some(cover),
        programmes: BTreeMap::new(),
    }
}

pub(super) fn change(minutes: i64) -> Change {
    Change {
        profile: None,
        timezone: None,
        status: None,
        enrolments: None,
        effective_from: at(minutes),
        reason: "test".into(),
    }
}
