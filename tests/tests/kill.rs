//! `kill -9` at any moment under load: what was acknowledged is there once, the episodes are those of an undisturbed
//! run, and the tasks are what folding the own journal gives. Three kills here; `scripts/kill 200` for more.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use care::{Episode, PatientId, Task, TaskEvent};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use hearth_tests::readings::{blood_pressure, glucose, saturation, weight};
use hearth_tests::{Api, Hearth, Publish, Publisher, until};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use store::{Ledger, PageRequest, SharedStore, SqliteOptions, SqliteStore, TaskFilter};

const SEED: u64 = 20_261_121;
const SOURCE: &str = "vendor-1";
const PROGRAMMES: [&str; 4] = ["heart-failure", "hypertension", "diabetes", "copd"];
/// Messages of one patient, over five days.
const READINGS: i64 = 150;
const DAYS: i64 = 5;
/// Enough that the publisher is still at work when the last kill comes.
const MESSAGES_PER_KILL: usize = 300;
/// How far the publisher may be ahead of the moment of a kill.
const IN_HAND: usize = 200;
const LEAST_PATIENTS: usize = 8;

/// Device and id: the source is always the same.
type Key = (String, String);

/// Everything that is published, in order, and what of it are readings.
struct DataSet {
    patients: Vec<String>,
    messages: Vec<Publish>,
    /// the readings in each message
    keys: Vec<Vec<Key>>,
}

fn kills() -> usize {
    std::env::var("HEARTH_TEST_KILLS").map_or(3, |n| n.parse().unwrap())
}

/// What the `n`th message of a patient says, chosen so that several episodes open and clear.
fn sample(programme: &str, id: &str, n: i64, at: DateTime<Utc>, rng: &mut StdRng) -> Value {
    let share = f64::from(i32::try_from(n).unwrap()) / f64::from(i32::try_from(READINGS).unwrap());
    // Something happens twice in these days, and passes.
    let ill = (0.3..0.5).contains(&share) || share > 0.8;
    let noise: f64 = rng.random_range(-0.3..0.3);
    let round = |value: f64| (value * 10.0).round() / 10.0;
    match programme {
        "heart-failure" => weight(id, at, round(80.0 + noise + if ill { 3.2 } else { 0.0 })),
        "hypertension" if ill && n % 7 == 0 => blood_pressure(id, at, 188.0, 124.0),
        "hypertension" => blood_pressure(id, at, 132.0 + (noise * 10.0).round(), 84.0),
        "diabetes" if ill && n % 9 == 0 => glucose(id, at, 49.0),
        "diabetes" if ill && n % 9 == 1 => glucose(id, at, 318.0),
        "diabetes" => glucose(id, at, 121.0 + (noise * 30.0).round()),
        _ if ill && n % 5 == 0 => saturation(id, at, 85.0),
        _ => saturation(id, at, 93.0),
    }
}

/// The same for the same `end`, whatever the machine.
fn data_set(kills: usize, end: DateTime<Utc>) -> DataSet {
    let mut rng = StdRng::seed_from_u64(SEED);
    let per_patient = usize::try_from(READINGS).unwrap();
    let count = ((kills + 1) * MESSAGES_PER_KILL / per_patient).max(LEAST_PATIENTS);
    let patients: Vec<String> = (0..count).map(|n| format!("p{n}")).collect();
    let mut all: Vec<(String, Value)> = Vec::new();
    for n in 0..READINGS {
        for (index, patient) in patients.iter().enumerate() {
            let step = TimeDelta::days(DAYS) * i32::try_from(READINGS - n).unwrap() / i32::try_from(READINGS).unwrap();
            let programme = PROGRAMMES[index % PROGRAMMES.len()];
            all.push((patient.clone(), sample(programme, &format!("r{n}"), n, end - step, &mut rng)));
        }
    }
    // Late, early and twice, as networks deliver.
    all.chunks_mut(count * 6).for_each(|chunk| chunk.shuffle(&mut rng));
    let (mut messages, mut keys) = (Vec::new(), Vec::new());
    for (device, payload) in all {
        let key = (device.clone(), payload["id"].as_str().unwrap().to_owned());
        let twice = rng.random_bool(0.05);
        for _ in 0..=usize::from(twice) {
            messages.push(Publish::reading(&device, &payload));
            keys.push(vec![key.clone()]);
        }
        if rng.random_bool(0.01) {
            messages.push(Publish::reading(&device, json!({"id": "bad", "kind": "mood"})));
            keys.push(Vec::new());
        }
    }
    DataSet { patients, messages, keys }
}

fn enrol(api: &Api, data: &DataSet) -> String {
    let password = api.add_source(SOURCE, "vendor");
    for (index, patient) in data.patients.iter().enumerate() {
        api.add_patient(patient, PROGRAMMES[index % PROGRAMMES.len()], &[(SOURCE, patient)]);
    }
    password
}

/// What is wrong with `stored`, given what was acknowledged and what was ever sent.
fn complaints(acknowledged: &BTreeSet<Key>, sent: &BTreeSet<Key>, stored: &[Key]) -> Vec<String> {
    let mut counts: BTreeMap<&Key, usize> = BTreeMap::new();
    stored.iter().for_each(|key| *counts.entry(key).or_default() += 1);
    let lost = acknowledged.iter().filter(|key| !counts.contains_key(key)).map(|key| format!("lost: {key:?}"));
    let doubled = counts.iter().filter(|(_, n)| **n > 1).map(|(key, n)| format!("{n} times: {key:?}"));
    let invented = counts.keys().filter(|key| !sent.contains(**key)).map(|key| format!("never sent: {key:?}"));
    lost.chain(doubled).chain(invented).collect()
}

/// The store of a service, read beside it or after it.
struct Evidence {
    store: SharedStore,
    runtime: tokio::runtime::Runtime,
}

impl Evidence {
    fn open(data: &Path) -> Self {
        let options = SqliteOptions::new(data.join("hearth.db"), Arc::new(Utc::now));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(async { SqliteStore::open(options).unwrap() });
        Self { store: Arc::new(store), runtime }
    }

    fn patient(id: &str) -> PatientId {
        PatientId::new(id).unwrap()
    }

    /// Whether the rules have seen everything in the journal.
    fn settled(&self, patients: &[String]) -> bool {
        patients.iter().all(|id| {
            let work = self.runtime.block_on(self.store.work(&Self::patient(id))).unwrap();
            work.folded == work.head
        })
    }

    fn stored(&self) -> Vec<Key> {
        let (mut after, mut keys) = (0, Vec::new());
        loop {
            let page = self.runtime.block_on(self.store.readings_after(after, 500)).unwrap();
            let Some(last) = page.last() else { return keys };
            after = last.seq;
            keys.extend(page.iter().map(|stored| {
                let key = &stored.reading.key;
                (key.device.as_str().to_owned(), key.id.as_str().to_owned())
            }));
        }
    }

    /// The ledger as it is kept, and as it is counted anew.
    fn ledgers(&self) -> (Ledger, Ledger) {
        self.runtime
            .block_on(async { (self.store.ledger().await.unwrap(), self.store.ledger_recount().await.unwrap()) })
    }

    fn episodes(&self) -> Vec<(PatientId, Episode)> {
        self.runtime.block_on(self.store.all_episodes()).unwrap()
    }

    /// Tasks of a patient as they are, and as a fold of the journal from empty gives them.
    fn tasks(&self, id: &str) -> [(BTreeMap<String, Task>, Vec<TaskEvent>); 2] {
        let patient = Self::patient(id);
        let by_id = |tasks: Vec<Task>| tasks.into_iter().map(|t| (t.id.to_string(), t)).collect::<BTreeMap<_, _>>();
        self.runtime.block_on(async {
            let filter = TaskFilter { patient: vec![patient.clone()], ..TaskFilter::default() };
            let page = PageRequest { after: None, limit: 500 };
            let tasks = by_id(self.store.tasks(&care::Scope::All, &filter, page).await.unwrap().items);
            let mut events = Vec::new();
            for task in tasks.values() {
                events.extend(self.store.task_events(&task.id).await.unwrap());
            }
            let runs = self.store.runs().await.unwrap();
            let last = self.store.last_commit().await.unwrap().unwrap();
            let folded = rules::refold(&self.store, &patient, &runs, last).await.unwrap();
            let folded_tasks = by_id(folded.tasks);
            let folded_events = folded_tasks
                .values()
                .flat_map(|t| folded.task_events.iter().filter(|e| e.task == t.id).cloned())
                .collect();
            [(tasks, events), (folded_tasks, folded_events)]
        })
    }
}

/// The episodes of a run that nobody disturbs.
fn undisturbed(data: &DataSet) -> Vec<(PatientId, Episode)> {
    let mut hearth = Hearth::serve("");
    let password = enrol(&hearth.api(), data);
    Publisher::new(hearth.mqtt, SOURCE, &password).deliver(&data.messages, |_| true, |_| {});
    settle(&hearth, data);
    hearth.stop();
    Evidence::open(&hearth.data()).episodes()
}

fn settle(hearth: &Hearth, data: &DataSet) {
    let evidence = Evidence::open(&hearth.data());
    until("the rules have seen everything", || evidence.settled(&data.patients).then_some(()));
}

/// Somebody works while all this happens: one open task is accepted, or completed if it has an owner.
fn work(api: &Api, rng: &mut StdRng) {
    let Ok(answer) = api.send("GET", "/tasks?status=requested,accepted&limit=500", None) else { return };
    let tasks = answer.body["items"].as_array().cloned().unwrap_or_default();
    let Some(task) = tasks.get(rng.random_range(0..tasks.len().max(1))) else { return };
    let (verb, body) = match task["status"].as_str() {
        Some("requested") => ("accept", json!({})),
        _ => ("complete", json!({"outcome": "advice-given"})),
    };
    let path = format!("/tasks/{}/{verb}", task["id"].as_str().unwrap());
    // The answer may be lost with the service; what counts is that journal and tasks agree at the end.
    let _ = api.send("POST", &path, Some(&body));
}

/// Publishes everything while the service is killed `kills` times; what was acknowledged.
fn disturbed(hearth: &mut Hearth, data: &Arc<DataSet>, password: &str, kills: usize) -> BTreeSet<Key> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let (count, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let publisher = {
        let (data, count, gate, acknowledged) = (data.clone(), count.clone(), gate.clone(), acknowledged.clone());
        let mut publisher = Publisher::new(hearth.mqtt, SOURCE, password);
        std::thread::spawn(move || {
            // However fast the machine is, nothing goes much beyond the next kill before it has come.
            let may = |index| index < gate.load(Ordering::Relaxed);
            publisher.deliver(&data.messages, may, |index| {
                acknowledged.lock().unwrap().extend(data.keys[index].iter().cloned());
                count.fetch_add(1, Ordering::Relaxed);
            });
            publisher.connections
        })
    };
    for kill in 1..=kills {
        let share = data.messages.len() * kill / (kills + 1);
        let moment = share + rng.random_range(0..MESSAGES_PER_KILL / 4);
        work(&hearth.api(), &mut rng);
        gate.store(moment + IN_HAND, Ordering::Relaxed);
        until("more is acknowledged", || {
            assert!(!publisher.is_finished() || count.load(Ordering::Relaxed) >= moment, "the publisher gave up");
            (count.load(Ordering::Relaxed) >= moment).then_some(())
        });
        // Anywhere within the next commits.
        std::thread::sleep(Duration::from_micros(rng.random_range(0..10_000)));
        hearth.kill();
        hearth.spawn();
        if rng.random_bool(0.2) {
            // And once more while it starts.
            std::thread::sleep(Duration::from_micros(rng.random_range(0..300_000)));
            hearth.kill();
            hearth.spawn();
        }
        hearth.ready();
        if kill % 20 == 0 {
            println!(
                "{kill} kills, {} of {} messages acknowledged",
                count.load(Ordering::Relaxed),
                data.messages.len()
            );
        }
    }
    gate.store(usize::MAX, Ordering::Relaxed);
    let connections = publisher.join().unwrap();
    assert!(usize::try_from(connections).unwrap() > kills, "{connections} connections: the kills came too late");
    Arc::try_unwrap(acknowledged).unwrap().into_inner().unwrap()
}

#[test]
fn kills_lose_nothing_double_nothing_and_decide_nothing() {
    let kills = kills();
    let end = Utc::now().duration_trunc(TimeDelta::minutes(1)).unwrap();
    let data = Arc::new(data_set(kills, end));
    let expected = undisturbed(&data);
    assert!(expected.len() > data.patients.len(), "{} episodes are too few to prove anything", expected.len());

    let mut hearth = Hearth::serve("");
    let password = enrol(&hearth.api(), &data);
    let acknowledged = disturbed(&mut hearth, &data, &password, kills);
    settle(&hearth, &data);
    let _ = hearth.api().ledger();
    hearth.stop();

    let evidence = Evidence::open(&hearth.data());
    let sent: BTreeSet<Key> = data.keys.iter().flatten().cloned().collect();
    assert_eq!(acknowledged, sent, "the publisher goes on until everything is acknowledged");
    let stored = evidence.stored();
    assert_eq!(complaints(&acknowledged, &sent, &stored), Vec::<String>::new());
    let (ledger, recount) = evidence.ledgers();
    assert_eq!(ledger, recount, "as kept, and as counted from the rows");
    assert!(ledger.balances(), "{ledger:?}");
    assert_eq!(ledger.stored, u64::try_from(sent.len()).unwrap());

    let by_patient = |episodes: Vec<(PatientId, Episode)>| {
        let mut all: BTreeMap<String, Vec<Episode>> = BTreeMap::new();
        episodes.into_iter().for_each(|(p, e)| all.entry(p.as_str().to_owned()).or_default().push(e));
        all
    };
    let (expected, found) = (by_patient(expected), by_patient(evidence.episodes()));
    for patient in &data.patients {
        assert_eq!(found.get(patient), expected.get(patient), "episodes of {patient}");
    }
    let mut tasks = 0;
    for patient in &data.patients {
        let [stored, folded] = evidence.tasks(patient);
        assert_eq!(stored, folded, "tasks of {patient}, as stored and as folded");
        tasks += stored.0.len();
    }
    assert!(tasks >= data.patients.len(), "{tasks} tasks are too few to prove anything");
    println!("{kills} kills: {} readings, {ledger:?}, {tasks} tasks", stored.len());
}

/// The judge above must be able to say no.
#[test]
fn a_lost_a_doubled_and_an_invented_reading_are_noticed() {
    let key = |id: &str| ("d".to_owned(), id.to_owned());
    let sent: BTreeSet<Key> = ["a", "b", "c"].map(key).into();
    let acknowledged: BTreeSet<Key> = ["a", "b"].map(key).into();
    assert_eq!(complaints(&acknowledged, &sent, &["a", "b"].map(key)), Vec::<String>::new());
    assert_eq!(complaints(&acknowledged, &sent, &["a", "b", "c"].map(key)), Vec::<String>::new());
    let said = complaints(&acknowledged, &sent, &["b", "b", "z"].map(key)).join("; ");
    for word in ["lost: (\"d\", \"a\")", "2 times: (\"d\", \"b\")", "never sent: (\"d\", \"z\")"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
