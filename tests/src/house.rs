//! A house of many patients: each with a device, an enrolment and some readings. What the benchmarks stand on.

use care::{Actor, Assignment, Change, Enrolment, Patient, PatientId, PatientStatus, ProgrammeId, Team, TeamId};
use chrono::TimeDelta;
use rules::install_shipped;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{Admit, AdmitItem, SharedStore, SqliteOptions, SqliteStore, Via};
use vitals::{
    Decimal, DeviceId, DeviceRef, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt,
    SourceId, Unit, Value,
};

/// The first patients' devices have sources and names as `firmware-sim load` gives them, so that it can go on.
pub const LIVE: usize = 200;

/// How far on the next reading's patient was entered; a house of as many patients, or a multiple, would hear of few.
const STRIDE: usize = 7919;

/// Teams, to which the patients belong in turn.
const TEAMS: usize = 4;

/// A house on a store of its own.
pub struct House {
    /// where it lives
    pub store: SharedStore,
    patients: usize,
    start: Instant,
    /// readings sent so far
    sent: usize,
    /// grams of a patient's weight in a round
    weight: fn(usize, usize) -> i64,
}

impl House {
    /// Enters `patients`, whose first readings are measured `days` ago (the last then some hours ago) and whose weights follow `weight`, in grams, by
    /// patient and round.
    pub async fn new(file: &Path, patients: usize, days: usize, weight: fn(usize, usize) -> i64) -> Self {
        let clock = Arc::new(chrono::Utc::now);
        let store: SharedStore = Arc::new(SqliteStore::open(SqliteOptions::new(file, clock)).unwrap());
        let start = chrono::Utc::now() - TimeDelta::days(i64::try_from(days).unwrap());
        install_shipped(&store, start).await.unwrap();
        for n in 0..TEAMS {
            store.put_team(Team { id: team(n), name: format!("Ward {n}") }).await.unwrap();
        }
        let house = Self { store, patients, start, sent: 0, weight };
        for from in (0..patients).step_by(500) {
            let enter = (from..patients.min(from + 500)).map(|n| house.enter(n));
            futures_util::future::join_all(enter).await;
        }
        house
    }

    async fn enter(&self, n: usize) {
        let patient = PatientId::new(&format!("p{n:06}")).unwrap();
        let profile = Patient {
            name: format!("{} {}", FIRST[n % FIRST.len()], LAST[n / FIRST.len() % LAST.len()]),
            teams: [team(n % TEAMS)].into(),
            ..nobody(patient.clone())
        };
        let programme = ProgrammeId::new("heart-failure").unwrap();
        let enrolment = Enrolment { programme, from: self.start, until: None, entered_at: self.start };
        let change = Change {
            profile: Some(profile),
            timezone: Some(chrono_tz::Tz::Europe__Berlin),
            status: Some(PatientStatus::Active),
            enrolments: Some(vec![enrolment]),
            effective_from: self.start,
            reason: "a benchmark".into(),
        };
        let worn = Assignment { device: device(n), user_slot: None, patient, from: self.start, until: None };
        self.store.add_patient(change, vec![], vec![worn], &Actor("bench".into())).await.unwrap();
    }

    /// The next `count` readings, patient after patient over eleven hours, twelve hours after the same patient's last.
    pub async fn send(&mut self, count: usize) {
        let batch = (self.sent..self.sent + count).map(|n| self.message(n)).collect();
        self.sent += count;
        self.store.admit(batch).await.unwrap();
    }

    /// Waits until the rules have folded everything.
    pub async fn folded(&self) {
        while !self.store.dirty_patients(1).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn message(&self, n: usize) -> Admit {
        // As people come, not as they were entered: a prime number of places further on each time, one after the other.
        let (place, round) = (n % self.patients, n / self.patients);
        let patient = place * STRIDE % self.patients;
        let DeviceRef { source, device } = device(patient);
        let [nth, of, half_days] = [place, self.patients, round].map(|n| i64::try_from(n).unwrap());
        let at = self.start + TimeDelta::hours(12 * half_days + 1) + TimeDelta::seconds(11 * 3600 * nth / of);
        let reading = Reading {
            key: ReadingKey {
                source: source.clone(),
                device: device.clone(),
                id: ReadingId::new(&format!("{n:09}")).unwrap(),
            },
            kind: Kind::BodyWeight,
            measured_at: MeasuredAt::from(at),
            values: [(Quantity::Weight, Value::number(Decimal::new((self.weight)(patient, round), 3), Unit::Kilogram))]
                .into(),
            user_slot: None,
            flags: [].into(),
            sample: None,
            meal: None,
            clock: None,
            battery: Some(80),
            corrects: None,
        };
        Admit {
            topic: format!("hearth/v1/{source}/{device}/reading"),
            source,
            device,
            received_at: ReceivedAt(at),
            hub_connected: false,
            via: Via::Mqtt,
            items: vec![AdmitItem::Reading {
                reading: Box::new(reading),
                admission_flags: [].into(),
                raw: vec![b' '; 250].into(),
            }],
        }
    }
}

fn device(n: usize) -> DeviceRef {
    if n < LIVE {
        let name = format!("load-{n:04}");
        return DeviceRef { source: SourceId::new(&name).unwrap(), device: DeviceId::new(&name).unwrap() };
    }
    let source = SourceId::new(&format!("hub-{:05}", n / 2)).unwrap();
    DeviceRef { source, device: DeviceId::new(&format!("scale-{n:06}")).unwrap() }
}

fn team(n: usize) -> TeamId {
    TeamId::new(&format!("ward-{n}")).unwrap()
}

fn nobody(id: PatientId) -> Patient {
    Patient {
        id,
        name: String::new(),
        birth_date: chrono::NaiveDate::from_ymd_opt(1950, 1, 1),
        timezone: chrono_tz::Tz::Europe__Berlin,
        phone: String::new(),
        contacts: vec![],
        language: "en".into(),
        identifiers: vec![],
        teams: Default::default(),
    }
}

const FIRST: [&str; 10] = ["Ada", "Bruno", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jakob"];
const LAST: [&str; 10] =
    ["Adler", "Brandt", "Castro", "Dubois", "Evans", "Fischer", "Garcia", "Hansen", "Ivanova", "Jansen"];
