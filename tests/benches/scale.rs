//! What a reading costs in a house of 100 and in one of 100,000 patients: CPU time of journal and rules together.
//!
//! Every patient has a device, an enrolment and some days of history that the rules have folded. Then batches of
//! readings arrive, each of another patient, as in a real house, and each batch is waited for until the rules have
//! folded it. `PATIENTS`, `HISTORY` and `READINGS` change what is measured; the last line is JSON.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark"
)]

use care::{Actor, Assignment, Change, Enrolment, Patient, PatientId, PatientStatus, ProgrammeId};
use chrono::TimeDelta;
use rules::{Reconciler, ReconcilerOptions, install_shipped};
use service_kit::{Clock, Health, Metrics, Shutdown};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};
use store::{Admit, AdmitItem, SharedStore, SqliteOptions, SqliteStore, Via};
use vitals::{
    Decimal, DeviceId, DeviceRef, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt,
    SourceId, Unit, Value,
};

/// Readings that arrive together.
const BATCH: usize = 50;
/// Of them so many are measured before the clock starts.
const WARM_UP: usize = 500;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// CPU time of this process so far, user and system.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
    // Linux tells user space in hundredths of a second, whatever its own clock.
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Memory of this process now, in MB.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

struct House {
    store: SharedStore,
    patients: usize,
    start: Instant,
    /// readings sent so far
    sent: usize,
}

impl House {
    async fn new(dir: &std::path::Path, patients: usize, days: usize) -> Self {
        let clock = Arc::new(chrono::Utc::now);
        let store: SharedStore = Arc::new(SqliteStore::open(SqliteOptions::new(dir.join("hearth.db"), clock)).unwrap());
        let start = chrono::Utc::now() - TimeDelta::days(i64::try_from(days).unwrap() + 1);
        install_shipped(&store, start).await.unwrap();
        let house = Self { store, patients, start, sent: 0 };
        for from in (0..patients).step_by(500) {
            let enter = (from..patients.min(from + 500)).map(|n| house.enter(n));
            futures_util::future::join_all(enter).await;
        }
        house
    }

    async fn enter(&self, n: usize) {
        let patient = PatientId::new(&format!("p{n:06}")).unwrap();
        let profile = Patient {
            id: patient.clone(),
            name: "Somebody".into(),
            birth_date: None,
            timezone: chrono_tz::Tz::Europe__Berlin,
            phone: String::new(),
            contacts: vec![],
            language: "en".into(),
            identifiers: vec![],
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

    /// The next `count` readings, patient after patient, twelve hours after the same patient's last.
    async fn send(&mut self, count: usize) {
        let batch = (self.sent..self.sent + count).map(|n| message(n, self.patients, self.start)).collect();
        self.sent += count;
        self.store.admit(batch).await.unwrap();
    }

    async fn folded(&self) {
        while !self.store.dirty_patients(1).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn device(n: usize) -> DeviceRef {
    let source = SourceId::new(&format!("hub-{:05}", n / 2)).unwrap();
    DeviceRef { source, device: DeviceId::new(&format!("scale-{n:06}")).unwrap() }
}

fn message(n: usize, patients: usize, start: Instant) -> Admit {
    let (patient, round) = (n % patients, n / patients);
    let DeviceRef { source, device } = device(patient);
    let at = start + TimeDelta::hours(12 * i64::try_from(round).unwrap() + 1);
    // Half a kilogram up and down: nobody's task.
    let grams = 80_000 + i64::try_from((patient * 37 + round * 53) % 5).unwrap() * 100;
    let reading = Reading {
        key: ReadingKey {
            source: source.clone(),
            device: device.clone(),
            id: ReadingId::new(&format!("{n:09}")).unwrap(),
        },
        kind: Kind::BodyWeight,
        measured_at: MeasuredAt::from(at),
        values: [(Quantity::Weight, Value::number(Decimal::new(grams, 3), Unit::Kilogram))].into(),
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

/// CPU microseconds per reading in a house of `patients`.
async fn measure(patients: usize, history: usize, readings: usize) -> f64 {
    let began = Moment::now();
    let dir = tempfile::Builder::new().prefix("scale-").tempdir_in(target()).unwrap();
    let mut house = House::new(dir.path(), patients, (history + readings.div_ceil(patients)) / 2 + 1).await;
    let entered = began.elapsed().as_secs_f64();
    for sent in (0..history * patients).step_by(2000) {
        house.send(2000.min(history * patients - sent)).await;
    }
    let sent = began.elapsed().as_secs_f64();
    let runs = house.store.record_start(chrono::Utc::now()).await.unwrap();
    let shutdown = Shutdown::new();
    let (store, options) = (Arc::clone(&house.store), ReconcilerOptions::default());
    let _running = Reconciler::start(store, Clock::system(), &Metrics::new(), &Health::new(), &shutdown, runs, options)
        .await
        .unwrap();
    house.folded().await;
    let folded = began.elapsed().as_secs_f64();
    for _ in 0..WARM_UP / BATCH {
        house.send(BATCH).await;
        house.folded().await;
    }
    let (before, clock) = (cpu(), Moment::now());
    for _ in 0..readings / BATCH {
        house.send(BATCH).await;
        house.folded().await;
    }
    let spent = (cpu() - before).as_secs_f64() * 1e6 / readings as f64;
    let waited = clock.elapsed().as_secs_f64() * 1e6 / readings as f64;
    eprintln!(
        "{patients} patients: {spent:.0} µs of CPU and {waited:.0} µs of time per reading; {} MB; entered in {entered:.1} s, \
         {} readings stored by {sent:.1} s, folded by {folded:.1} s",
        resident(),
        history * patients,
    );
    drop(shutdown.drain(Duration::from_secs(10)).await);
    house.store.close(TimeDelta::seconds(10)).await.unwrap();
    spent
}

/// Beside the build, which is on a disk; a temporary folder may be in memory.
fn target() -> std::path::PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

#[tokio::main]
async fn main() {
    let (many, history, readings) = (setting("PATIENTS", 100_000), setting("HISTORY", 10), setting("READINGS", 2_000));
    let few = measure(100, history, readings).await;
    let most = measure(many, history, readings).await;
    println!(
        r#"{{"patients": [100, {many}], "cpu_us_per_reading": [{few:.1}, {most:.1}], "ratio": {:.2}}}"#,
        most / few
    );
}
