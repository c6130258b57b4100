//! What the tests share.

use care::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::*;
use tempfile::TempDir;
use vitals::*;

/// A clock that the test sets; it stands still.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn at(time: Instant) -> Self {
        Self(Arc::new(AtomicI64::new(time.timestamp_micros())))
    }
    pub(crate) fn set(&self, time: Instant) {
        self.0.store(time.timestamp_micros(), Ordering::SeqCst);
    }
    pub(crate) fn as_store_clock(&self) -> StoreClock {
        let clock = self.clone();
        Arc::new(move || Instant::from_timestamp_micros(clock.0.load(Ordering::SeqCst)).unwrap())
    }
}

pub(crate) fn options(dir: &TempDir) -> SqliteOptions {
    SqliteOptions::new(dir.path().join("hearth.db"), TestClock::at(day(100)).as_store_clock())
}

pub(crate) fn sqlite() -> (SqliteStore, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (SqliteStore::open(options(&dir)).unwrap(), dir)
}

pub(crate) fn day(n: i64) -> Instant {
    hour(n * 24)
}

/// Hours since the first of January 2026.
pub(crate) fn hour(n: i64) -> Instant {
    Instant::from_timestamp(1_767_225_600 + n * 3600, 0).unwrap()
}

pub(crate) fn actor() -> Actor {
    Actor("bea".into())
}

pub(crate) fn pid(text: &str) -> PatientId {
    PatientId::new(text).unwrap()
}

pub(crate) fn device(name: &str) -> DeviceRef {
    DeviceRef { source: SourceId::new("hub").unwrap(), device: DeviceId::new(name).unwrap() }
}

pub(crate) fn reading(name: &str, id: &str, at: Instant) -> Reading {
    let DeviceRef { source, device } = device(name);
    Reading {
        key: ReadingKey { source, device, id: ReadingId::new(id).unwrap() },
        kind: Kind::BodyWeight,
        measured_at: at.into(),
        values: [(Quantity::Weight, Value::number("80.10".parse().unwrap(), Unit::Kilogram))].into(),
        user_slot: None,
        flags: BTreeSet::new(),
        sample: None,
        meal: None,
        clock: None,
        battery: None,
        corrects: None,
    }
}

pub(crate) fn item(reading: Reading) -> AdmitItem {
    let raw = format!("raw of {}", reading.key.id).into();
    AdmitItem::Reading { reading: Box::new(reading), admission_flags: BTreeSet::new(), raw }
}

pub(crate) fn refused(code: &str) -> AdmitItem {
    AdmitItem::Refused(RefusedItem {
        id: Some("x".into()),
        code: code.into(),
        detail: "no such unit".into(),
        pointer: Some("/values/weight/unit".into()),
        raw: "{}".into(),
    })
}

pub(crate) fn message(name: &str, items: Vec<AdmitItem>) -> Admit {
    let DeviceRef { source, device } = device(name);
    Admit {
        topic: format!("hearth/v1/{source}/{device}/reading"),
        source,
        device,
        received_at: ReceivedAt(day(99)),
        hub_connected: true,
        via: Via::Mqtt,
        items,
    }
}

/// Admits one reading and tells what became of it.
pub(crate) async fn admit(store: &dyn Store, reading: Reading) -> ItemStatus {
    let name = reading.key.device.as_str().to_owned();
    let mut answers = store.admit(vec![message(&name, vec![item(reading)])]).await.unwrap();
    answers.remove(0).items.remove(0)
}

pub(crate) async fn stored(store: &dyn Store, reading: Reading) -> u64 {
    match admit(store, reading).await {
        ItemStatus::Stored { seq } => seq,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn all() -> PageRequest {
    PageRequest { after: None, limit: 500 }
}

pub(crate) fn profile(id: &str) -> Patient {
    Patient {
        id: pid(id),
        name: format!("Name of {id}"),
        birth_date: None,
        timezone: chrono_tz::Europe::Berlin,
        phone: "1".into(),
        contacts: vec![],
        language: "en".into(),
        identifiers: vec![Identifier { system: "mrn".into(), value: format!("MRN-{id}") }],
        teams: BTreeSet::new(),
    }
}

pub(crate) fn change(reason: &str) -> Change {
    Change {
        profile: None,
        timezone: None,
        status: None,
        enrolments: None,
        effective_from: day(100),
        reason: reason.into(),
    }
}

pub(crate) fn entering(id: &str) -> Change {
    let enrolments = Some(vec![enrolment("heart-failure", day(0))]);
    Change { profile: Some(profile(id)), status: Some(PatientStatus::Active), enrolments, ..change("entered") }
}

pub(crate) fn enrolment(programme: &str, from: Instant) -> Enrolment {
    Enrolment { programme: ProgrammeId::new(programme).unwrap(), from, until: None, entered_at: Instant::UNIX_EPOCH }
}

pub(crate) fn wears(patient: &str, name: &str, slot: Option<u8>, from: Instant, until: Option<Instant>) -> Assignment {
    Assignment { device: device(name), user_slot: slot.map(UserSlot), patient: pid(patient), from, until }
}

/// A patient with a scale of the same name.
pub(crate) async fn patient(store: &dyn Store, id: &str) -> PatientRecord {
    let scale = wears(id, &format!("scale-{id}"), None, day(0), None);
    store.add_patient(entering(id), vec![], vec![scale], &actor()).await.unwrap()
}

pub(crate) async fn readings_of(store: &dyn Store, id: &str) -> Vec<StoredReading> {
    store.patient_readings(&pid(id), &[], None, None, all()).await.unwrap().items
}

/// A file as it was after so many migrations.
pub(crate) fn old_file(dir: &TempDir, version: u32) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(dir.path().join("hearth.db")).unwrap();
    let migrations = [
        include_str!("../../migrations/0001_first.sql"),
        concat!(include_str!("../../migrations/0002_accounts.sql"), "DROP TABLE audit_before;"),
        include_str!("../../migrations/0003_outbox.sql"),
        include_str!("../../migrations/0004_tasks.sql"),
        include_str!("../../migrations/0006_admin.sql"),
        include_str!("../../migrations/0007_team_sets.sql"),
        include_str!("../../migrations/0008_standing.sql"),
    ];
    for sql in &migrations[..version as usize] {
        db.execute_batch(sql).unwrap();
    }
    db.pragma_update(None, "user_version", version).unwrap();
    db
}
