//! How many readings a second the store takes in, durably, through its own API: duplicates found, ledger,
//! devices and patients' events kept, a million readings present. `cargo bench -p store --bench journal`.
//!
//! Every figure stands beside the file's own limit at that moment (a synced append of the same bytes), because
//! only the ratio carries over to another machine. `ROWS` sets how many are present, `DELAY_MS` adds a slow disk.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a benchmark: it may stop at the first error, and it reads the clock and the environment"
)]

use care::{Actor, Assignment, Change, Patient, PatientId, PatientStatus};
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::*;
use vitals::*;

const PATIENTS: u64 = 2000;
const DEVICES: u64 = PATIENTS * 3;
const PER_DAY: u64 = 20_000;
const RAW: usize = 250;

struct Stream {
    n: u64,
    seed: u64,
    ordered: bool,
    raw: bytes::Bytes,
}

fn device(n: u64) -> DeviceRef {
    DeviceRef {
        source: SourceId::new(&format!("hub-{}", n / 3)).unwrap(),
        device: DeviceId::new(&format!("device-{n}")).unwrap(),
    }
}

impl Stream {
    fn random(&mut self) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed
    }

    fn message(&mut self) -> Admit {
        self.n += 1;
        let (a, b) = (self.random(), self.random());
        let DeviceRef { source, device } = device(a % DEVICES);
        let first = if self.ordered { self.n << 16 } else { a };
        let (hi, lo) = (format!("{first:016x}"), format!("{b:016x}"));
        let id = format!("{}-{}-{}-{}-{}", &hi[..8], &hi[8..12], &hi[12..], &lo[..4], &lo[4..]);
        let micros = (20_000 + self.n / PER_DAY) as i64 * 86_400_000_000 + (b % 86_400_000_000) as i64;
        let number = |v: u64| Decimal::from(v);
        let reading = Reading {
            key: ReadingKey { source: source.clone(), device: device.clone(), id: ReadingId::new(&id).unwrap() },
            kind: Kind::BloodPressure,
            measured_at: MeasuredAt::from_parts(micros, -300).unwrap(),
            values: [
                (Quantity::Systolic, Value::number(number(110 + a % 60), Unit::MillimetreOfMercury)),
                (Quantity::Diastolic, Value::number(number(60 + b % 40), Unit::MillimetreOfMercury)),
                (Quantity::Pulse, Value::number(number(60 + a % 30), Unit::PerMinute)),
            ]
            .into(),
            user_slot: None,
            flags: BTreeSet::new(),
            sample: None,
            meal: None,
            clock: None,
            battery: Some(80),
            corrects: None,
        };
        let item =
            AdmitItem::Reading { reading: Box::new(reading), admission_flags: BTreeSet::new(), raw: self.raw.clone() };
        Admit {
            topic: format!("hearth/v1/{source}/{device}/reading"),
            source,
            device,
            received_at: ReceivedAt(chrono::Utc::now()),
            hub_connected: true,
            via: Via::Mqtt,
            items: vec![item],
        }
    }

    fn batch(&mut self, size: u64) -> Vec<Admit> {
        (0..size).map(|_| self.message()).collect()
    }
}

/// Readings a second with one batch waiting while another is committed, as ingest keeps it.
async fn rate(store: &Arc<SqliteStore>, stream: &mut Stream, batch: u64, commits: u64) -> f64 {
    let batches: Vec<Vec<Admit>> = (0..commits).map(|_| stream.batch(batch)).collect();
    let start = Instant::now();
    let mut waiting: Option<tokio::task::JoinHandle<()>> = None;
    for batch in batches {
        let store = Arc::clone(store);
        let next = tokio::spawn(async move { drop(store.admit(batch).await.unwrap()) });
        if let Some(before) = waiting.replace(next) {
            before.await.unwrap();
        }
    }
    waiting.unwrap().await.unwrap();
    (batch * commits) as f64 / start.elapsed().as_secs_f64()
}

/// Synced appends of `batch` raw readings a second: what the disk allows at this moment.
fn disk(dir: &std::path::Path, batch: u64) -> f64 {
    let mut file = std::fs::File::create(dir.join("append")).unwrap();
    let bytes = vec![b'x'; RAW * batch as usize];
    let (start, rounds) = (Instant::now(), 200);
    for _ in 0..rounds {
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
    }
    (batch * rounds) as f64 / start.elapsed().as_secs_f64()
}

async fn enter_patients(store: &SqliteStore) {
    let actor = Actor("bench".into());
    for n in 0..PATIENTS {
        let id = PatientId::new(&format!("p{n}")).unwrap();
        let from = chrono::DateTime::from_timestamp(0, 0).unwrap();
        let wears = |d| Assignment { device: device(d), user_slot: None, patient: id.clone(), from, until: None };
        let profile = Patient {
            id: id.clone(),
            name: format!("Patient {n}"),
            birth_date: None,
            timezone: chrono_tz::Tz::UTC,
            phone: String::new(),
            contacts: vec![],
            language: "en".into(),
            identifiers: vec![],
            teams: Default::default(),
        };
        let change = Change {
            profile: Some(profile),
            timezone: None,
            status: Some(PatientStatus::Active),
            enrolments: None,
            effective_from: from,
            reason: "bench".into(),
        };
        let assignments = (n * 3..n * 3 + 3).map(wears).collect();
        store.add_patient(change, vec![], assignments, &actor).await.unwrap();
    }
}

async fn run(present: u64, ordered: bool, delay: Option<Duration>) {
    let dir = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new(dir.path().join("hearth.db"), Arc::new(chrono::Utc::now));
    let store = Arc::new(SqliteStore::open(SqliteOptions { commit_delay: delay, ..options }).unwrap());
    enter_patients(&store).await;
    let mut stream = Stream { n: 0, seed: 0x9E37_79B9_7F4A_7C15, ordered, raw: vec![b'x'; RAW].into() };
    let start = Instant::now();
    for _ in 0..present / 50_000 {
        rate(&store, &mut stream, 2000, 25).await;
    }
    let fill = present as f64 / start.elapsed().as_secs_f64();
    println!("ids {}: filled at {fill:.0}/s", if ordered { "in time order" } else { "random" });
    for (batch, commits) in [(1, 2000), (10, 1000), (100, 500), (1000, 200)] {
        let stored = rate(&store, &mut stream, batch, commits).await;
        let disk = disk(dir.path(), batch);
        println!("  batch {batch:4}: {stored:8.0} readings/s, {:.2} of a bare synced append", stored / disk);
    }
    let mut times = Vec::new();
    let mut count = 0;
    let head = store.ledger().await.unwrap().stored + PATIENTS * 3;
    for n in 0..200 {
        let id = PatientId::new(&format!("p{}", n * 7)).unwrap();
        let start = Instant::now();
        count = store.history(&id, head).await.unwrap().readings.len();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("  a patient's whole history ({count} readings): p50 {:.2} ms, p99 {:.2} ms", times[100], times[198]);
    assert_eq!(store.ledger_recount().await.unwrap(), store.ledger().await.unwrap());
    store.close(chrono::TimeDelta::seconds(60)).await.unwrap();
}

#[tokio::main]
async fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let present = number("ROWS").unwrap_or(1_000_000);
    let delay = number("DELAY_MS").map(Duration::from_millis);
    println!(
        "{present} readings present, {DEVICES} devices of {PATIENTS} patients, {RAW} B raw, added delay {delay:?}"
    );
    for ordered in [true, false] {
        run(present, ordered, delay).await;
    }
}
