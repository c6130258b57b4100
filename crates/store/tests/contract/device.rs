//! What is told of a device is exact, though a plain reading does not rewrite its row.

use crate::kit::*;
use care::Assignment;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::*;
use tempfile::TempDir;
use vitals::*;

fn hub() -> SourceId {
    device("x").source
}

/// Something that happens to devices.
#[derive(Clone, Debug)]
enum Step {
    /// readings of one device, each so many hours after the one before
    Readings { device: usize, gaps: Vec<i64>, slot: Option<u8>, battery: Option<u8>, late: i64 },
    /// a reading that was stored comes again
    Again { which: usize, late: i64 },
    /// something of the device is refused
    Refused { device: usize, late: i64 },
    /// so many devices are heard for the first time
    New { count: usize },
    /// anna has both devices, the first from this hour on, or none
    Wears { from: Option<i64> },
    /// a job touches both devices, and is undone
    Undone,
    /// a commit fails, with a reading of the device in it
    Failed { device: usize },
    /// the store is closed and opened again
    Reopened,
}

fn a_step() -> impl Strategy<Value = Step> {
    let gap = prop_oneof![8 => 0..24_i64, 2 => 24..72_i64, 1 => 160..180_i64, 1 => -200..0_i64];
    let slot = prop_oneof![4 => Just(None), 1 => Just(Some(1)), 1 => Just(Some(2))];
    let battery = prop_oneof![3 => Just(None), 3 => Just(Some(80)), 1 => Just(Some(10))];
    let late = || prop_oneof![4 => Just(0_i64), 1 => -9..0_i64];
    let readings = (0..2_usize, prop::collection::vec(gap, 1..20), slot, battery, late());
    prop_oneof![
        8 => readings.prop_map(|(device, gaps, slot, battery, late)| Step::Readings { device, gaps, slot, battery, late }),
        1 => (0..99_usize, late()).prop_map(|(which, late)| Step::Again { which, late }),
        1 => (0..2_usize, late()).prop_map(|(device, late)| Step::Refused { device, late }),
        1 => (1..12_usize).prop_map(|count| Step::New { count }),
        1 => prop_oneof![3 => (-300..500_i64).prop_map(Some), 1 => Just(None)].prop_map(|from| Step::Wears { from }),
        1 => Just(Step::Undone),
        1 => (0..2_usize).prop_map(|device| Step::Failed { device }),
        1 => Just(Step::Reopened),
    ]
}

const NAMES: [&str; 2] = ["a", "b"];

/// Every device as it would be if each item rewrote its row.
#[derive(Default)]
struct Naive {
    arrived: BTreeMap<String, Vec<Instant>>,
    readings: Vec<Reading>,
    /// how far the measured time of each device has come, hours
    hours: [i64; 2],
    worn: Vec<Assignment>,
    batches: i64,
    others: usize,
}

impl Naive {
    /// When the next message arrives, or one that waited so many batches.
    fn arrival(&mut self, late: i64) -> Instant {
        self.batches += 1;
        day(99) + chrono::TimeDelta::minutes(self.batches + late)
    }

    fn arrives(&mut self, name: &str, at: Instant) {
        self.arrived.entry(name.to_owned()).or_default().push(at);
    }

    fn is_somebodys(&self, reading: &Reading) -> bool {
        let measured = reading.measured_at.instant();
        self.worn.iter().any(|a| a.device == reading.key.device_ref() && a.from <= measured)
    }

    fn device(&self, name: &str) -> DeviceSeen {
        let all: Vec<&Reading> = self.readings.iter().filter(|r| r.key.device.as_str() == name).collect();
        let mut battery: Option<&Reading> = None;
        for &reading in all.iter().filter(|r| r.battery.is_some()) {
            if battery.is_none_or(|newest| newest.measured_at.instant() <= reading.measured_at.instant()) {
                battery = Some(reading);
            }
        }
        DeviceSeen {
            device: device(name),
            last_seen: self.arrived.get(name).and_then(|all| all.iter().max().copied()),
            last_measured: all.iter().map(|r| r.measured_at.instant()).max(),
            battery: battery.and_then(|r| r.battery),
            user_slots: all.iter().filter_map(|r| r.user_slot).collect::<BTreeSet<_>>().into_iter().collect(),
            unassigned: all.iter().filter(|r| !self.is_somebodys(r)).count() as u64,
        }
    }

    /// Compares all that is read of devices.
    async fn check(&self, store: &dyn Store, step: &Step) {
        let names: BTreeSet<&str> =
            self.arrived.keys().map(String::as_str).chain(self.worn.iter().map(|a| a.device.device.as_str())).collect();
        let expected: Vec<DeviceSeen> = names.iter().map(|name| self.device(name)).collect();
        let found = store.devices().await.unwrap();
        let found: Vec<_> = found.into_iter().filter(|d| names.contains(d.device.device.as_str())).collect();
        assert_eq!(found, expected, "after {step:?}");
        let listed = store.source_devices(&hub(), all()).await.unwrap().items;
        assert!(expected.iter().all(|d| listed.contains(d)), "{listed:?}");
        let worn: Vec<DeviceSeen> = self.worn.iter().map(|a| self.device(a.device.device.as_str())).collect();
        assert_eq!(store.patient_devices(&pid("anna")).await.unwrap(), worn);
        let newest = expected.iter().filter_map(|d| d.last_seen).max();
        let row = store.source_row(&hub()).await.unwrap().unwrap();
        assert_eq!((row.last_reading, row.source.last_seen), (newest, newest), "after {step:?}");
        assert_eq!(store.source(&hub()).await.unwrap().unwrap().last_seen, newest);
        assert_eq!(store.ledger_recount().await.unwrap(), store.ledger().await.unwrap());
        let weak = store.weak_devices(&care::Scope::All, day(100), 99).await.unwrap();
        let weak: Vec<DeviceSeen> = weak.into_iter().map(|w| w.seen).collect();
        let expected = expected.into_iter().filter(|d| d.unassigned > 0 || d.battery.is_some_and(|b| b <= 15));
        assert_eq!(weak, expected.collect::<Vec<_>>());
        for name in NAMES {
            let all = store.device_readings(&device(name), 999).await.unwrap().len();
            assert_eq!(all, self.readings.iter().filter(|r| r.key.device.as_str() == name).count());
        }
        let hers = self.readings.iter().filter(|r| self.is_somebodys(r)).count();
        assert_eq!(store.history(&pid("anna"), u64::MAX).await.unwrap().readings.len(), hers);
    }
}

fn of(name: &str, at: Instant, items: Vec<AdmitItem>) -> Admit {
    Admit { received_at: ReceivedAt(at), ..message(name, items) }
}

async fn take(store: &dyn Store, naive: &mut Naive, step: &Step) {
    match step {
        Step::Readings { device, gaps, slot, battery, late } => {
            let (name, at) = (NAMES[*device], naive.arrival(*late));
            for gap in gaps {
                naive.hours[*device] += gap;
                let id = naive.readings.len().to_string();
                let reading = Reading {
                    user_slot: slot.map(UserSlot),
                    battery: *battery,
                    ..reading(name, &id, hour(naive.hours[*device]))
                };
                naive.arrives(name, at);
                naive.readings.push(reading);
            }
            let new = naive.readings.iter().rev().take(gaps.len()).rev().cloned().map(item).collect();
            store.admit(vec![of(name, at, new)]).await.unwrap();
        }
        Step::Again { which, late } => {
            let Some(reading) = naive.readings.get(which % naive.readings.len().max(1)).cloned() else { return };
            let (name, at) = (reading.key.device.as_str().to_owned(), naive.arrival(*late));
            naive.arrives(&name, at);
            let answers = store.admit(vec![of(&name, at, vec![item(reading)])]).await.unwrap();
            assert_eq!(answers[0].items, [ItemStatus::Duplicate]);
        }
        Step::Refused { device, late } => {
            let at = naive.arrival(*late);
            naive.arrives(NAMES[*device], at);
            store.admit(vec![of(NAMES[*device], at, vec![refused("x")])]).await.unwrap();
        }
        Step::New { count } => {
            // The first of them arrived last, so it is the one that the others must not hide.
            let at = naive.arrival(0);
            let mut batch = Vec::new();
            for n in 0..*count {
                let name = format!("other-{}", naive.others);
                let at = at - chrono::TimeDelta::seconds(n as i64);
                naive.others += 1;
                naive.arrives(&name, at);
                batch.push(of(&name, at, vec![refused("x")]));
            }
            store.admit(batch).await.unwrap();
        }
        Step::Wears { from } => {
            let both =
                |from: i64| [wears("anna", "a", None, hour(from), None), wears("anna", "b", None, hour(-400), None)];
            naive.worn = from.map(both).into_iter().flatten().collect();
            let list = Some(naive.worn.clone());
            store.change_patient(&pid("anna"), change("x"), vec![], list, &actor()).await.unwrap();
        }
        Step::Undone => {
            let twice = |name| [wears("bert", name, Some(7), day(0), None), wears("bert", name, Some(8), day(0), None)];
            let mut list: Vec<Assignment> = twice("a").into_iter().chain(twice("b")).collect();
            list.push(list[0].clone());
            let undone = store.change_patient(&pid("bert"), change("x"), vec![], Some(list), &actor()).await;
            assert!(undone.is_err());
        }
        // Where that is done, there is nothing more to it.
        Step::Failed { .. } | Step::Reopened => (),
    }
}

async fn devices_property(dir: &TempDir, steps: &[Step]) {
    let fail = Arc::new(AtomicBool::new(false));
    let open = || SqliteStore::open(SqliteOptions { fail_commit: Some(Arc::clone(&fail)), ..options(dir) }).unwrap();
    let mut store = open();
    store.add_source(&hub(), SourceKind::Gateway, [7; 32], &actor()).await.unwrap();
    for id in ["anna", "bert"] {
        store.add_patient(entering(id), vec![], vec![], &actor()).await.unwrap();
    }
    let mut naive = Naive::default();
    for step in steps {
        if matches!(step, Step::Reopened) {
            drop(store);
            store = open();
        }
        if let Step::Failed { device } = step {
            fail.store(true, Ordering::SeqCst);
            let reading = reading(NAMES[*device], "failed", hour(naive.hours[*device]));
            assert!(store.admit(vec![message(NAMES[*device], vec![item(reading)])]).await.is_err());
            fail.store(false, Ordering::SeqCst);
        }
        take(&store, &mut naive, step).await;
        naive.check(&store, step).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_device_is_as_if_every_reading_wrote_its_row(mut steps in prop::collection::vec(a_step(), 1..24)) {
        // Readings of nobody are written at once, so most of a run is somebody's.
        steps.insert(0, Step::Wears { from: Some(-300) });
        let dir = tempfile::tempdir().unwrap();
        tokio::runtime::Runtime::new().unwrap().block_on(devices_property(&dir, &steps));
    }
}

/// Position and day to which the row of anna's scale goes.
fn row(dir: &TempDir) -> (u64, i64) {
    let db = rusqlite::Connection::open(options(dir).path).unwrap();
    let sql = "SELECT as_of, last_day FROM device WHERE device = 'scale-anna'";
    db.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))).unwrap()
}

async fn scale() -> (SqliteStore, TempDir, u64) {
    let (store, dir) = sqlite();
    patient(&store, "anna").await;
    let charged = Reading { battery: Some(80), ..reading("scale-anna", "first", day(20)) };
    let first = stored(&store, charged).await;
    assert_eq!(row(&dir).0, first, "of a new device nothing can be told without its row");
    (store, dir, first)
}

#[tokio::test]
async fn a_plain_reading_leaves_the_row_of_its_device_alone() {
    let (mut store, dir, first) = scale().await;
    for n in 0..16 {
        if n == 5 {
            drop(store);
            store = SqliteStore::open(options(&dir)).unwrap();
        }
        let plain = Reading { battery: Some(80), ..reading("scale-anna", &n.to_string(), hour(20 * 24 + 10 * n)) };
        stored(&store, plain).await;
        assert_eq!(row(&dir).0, first, "{n}");
        assert_eq!(store.devices().await.unwrap()[0].last_measured, Some(hour(20 * 24 + 10 * n)));
    }
    let many = stored(&store, reading("scale-anna", "many", hour(20 * 24 + 1))).await;
    assert_eq!(row(&dir).0, many, "as many as this are not looked for in the readings");
}

#[tokio::test]
async fn what_only_the_row_can_tell_is_written_at_once() {
    let (store, dir, _) = scale().await;
    let at = |id: &str, n: i64| reading("scale-anna", id, day(n));
    for (what, reading) in [
        ("too many days later", at("1", 27)),
        ("a day before", at("2", 26)),
        ("another battery", Reading { battery: Some(9), ..at("4", 28) }),
    ] {
        let seq = stored(&store, reading).await;
        assert_eq!(row(&dir).0, seq, "{what}");
    }
    for (what, id, item) in [("a duplicate", "5", item(at("1", 27))), ("a refusal", "6", refused("x"))] {
        let (before, _) = row(&dir);
        let plain = stored(&store, Reading { user_slot: Some(UserSlot(1)), ..at(id, 29) }).await;
        assert_eq!(row(&dir).0, before, "{what} comes later");
        store.admit(vec![message("scale-anna", vec![item])]).await.unwrap();
        assert_eq!(row(&dir), (plain, day(29).timestamp() / 86_400), "{what} comes with what was missing");
    }
    store.change_patient(&pid("anna"), change("x"), vec![], Some(vec![]), &actor()).await.unwrap();
    let nobodys = stored(&store, at("7", 29)).await;
    assert_eq!(row(&dir).0, nobodys, "what is nobody's is counted in the row");
}

/// A store of an older version, with a position, a device and a source of seventeen.
#[tokio::test]
async fn rows_from_before_are_exact() {
    let dir = tempfile::tempdir().unwrap();
    let db = old_file(&dir, 7);
    let last = day(20).timestamp_micros();
    db.execute_batch(&format!(
        "UPDATE meta SET seq = 1, received = 1, stored = 1;
         INSERT INTO device (source, device, last_seen, last_measured, first_day, last_day, received) VALUES
            ('hub', 'scale', {last}, {last}, {last} / 86400000000, {last} / 86400000000, 1);
         INSERT INTO reading (seq, device, id, day, measured, offset_min, received, stored, digest, kind, vals, hub, via, raw)
            VALUES (1, 1, '1', {last} / 86400000000, {last}, 0, {last}, 0, x'', 'body-weight', '', FALSE, '', x'');
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 17)
            INSERT INTO device (source, device, last_seen) SELECT 'acme', 'd' || n, {last} - n FROM n;
         INSERT INTO source VALUES ('acme', 'vendor', zeroblob(32), FALSE, 0, NULL, 0, 0);"
    ))
    .unwrap();
    drop(db);
    let store = SqliteStore::open(options(&dir)).unwrap();
    assert_eq!(store.ledger_recount().await.unwrap(), store.ledger().await.unwrap());
    let heard = async |id: &str| store.source(&SourceId::new(id).unwrap()).await.unwrap().unwrap().last_seen;
    assert_eq!(heard("acme").await, Some(day(20) - chrono::TimeDelta::microseconds(1)));
    let acme = SourceId::new("acme").unwrap();
    store.admit(vec![Admit { source: acme, ..message("d9", vec![refused("x")]) }]).await.unwrap();
    assert_eq!(heard("acme").await, Some(day(99)));
}
