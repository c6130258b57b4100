//! Properties against a naive model: the ledger balances, and a reading is whose the assignments say, as of any
//! position.

use crate::kit::*;
use crate::worklist::evaluation;
use care::{Assignment, Assignments, Effects, Event, EventBody, PatientId};
use proptest::prelude::*;
use std::collections::HashMap;
use store::*;
use vitals::*;

/// One item of a batch: a reading by device, id and content, or a refusal.
#[derive(Clone, Debug)]
enum Item {
    Reading { device: u8, id: u8, content: u8 },
    Refused { device: u8 },
}

fn an_item() -> impl Strategy<Value = Item> {
    prop_oneof![
        6 => (0..2_u8, 0..4_u8, 0..2_u8).prop_map(|(device, id, content)| Item::Reading { device, id, content }),
        1 => (0..2_u8).prop_map(|device| Item::Refused { device }),
    ]
}

fn built(item: &Item) -> Admit {
    match *item {
        Item::Reading { device, id, content } => {
            let name = format!("d{device}");
            let r = reading(&name, &id.to_string(), day(i64::from(content)));
            message(&name, vec![crate::kit::item(r)])
        }
        Item::Refused { device } => message(&format!("d{device}"), vec![refused("x")]),
    }
}

async fn ledger_property(store: &dyn Store, batches: &[Vec<Item>], replays: &[Item]) {
    let mut expected = Ledger::default();
    let mut known: HashMap<(u8, u8), u8> = HashMap::new();
    let mut rows = Vec::new();
    let mut count = |item: &Item, expected: &mut Ledger| match *item {
        Item::Reading { device, id, content } => match known.get(&(device, id)) {
            None => {
                known.insert((device, id), content);
                expected.stored += 1;
            }
            Some(there) if *there == content => expected.duplicate += 1,
            Some(_) => expected.quarantined += 1,
        },
        Item::Refused { .. } => expected.quarantined += 1,
    };
    for batch in batches {
        for item in batch {
            expected.received += 1;
            count(item, &mut expected);
        }
        let answers = store.admit(batch.iter().map(built).collect()).await.unwrap();
        rows.extend(answers.iter().flat_map(|a| &a.items).filter_map(|i| match i {
            ItemStatus::Quarantined { row, .. } => Some(*row),
            _ => None,
        }));
        assert_eq!(store.ledger().await.unwrap(), expected);
    }
    for (row, item) in rows.into_iter().zip(replays) {
        expected.quarantined -= 1;
        count(item, &mut expected);
        store.replay(row, built(item)).await.unwrap();
    }
    assert!(expected.balances());
    assert_eq!(store.ledger().await.unwrap(), expected);
    assert_eq!(store.ledger_recount().await.unwrap(), expected);
}

/// Something that happens to who has which reading.
#[derive(Clone, Debug)]
enum Step {
    Reading {
        device: u8,
        slot: Option<u8>,
        hour: i64,
        corrects: bool,
    },
    /// the whole new list of a patient: device, slot, from, length (none: open)
    Assign {
        patient: usize,
        list: Vec<(u8, Option<u8>, i64, Option<i64>)>,
    },
    /// something of the clinic's
    Clinic,
}

const PEOPLE: [&str; 3] = ["anna", "bert", "cleo"];

fn a_step() -> impl Strategy<Value = Step> {
    let slot = prop_oneof![Just(None), Just(Some(1)), Just(Some(2))];
    let range = (0..2_u8, slot.clone(), 0..60_i64, prop_oneof![Just(None), (1..40_i64).prop_map(Some)]);
    prop_oneof![
        6 => (0..2_u8, slot, -5..70_i64, prop::bool::weighted(0.2))
            .prop_map(|(device, slot, hour, corrects)| Step::Reading { device, slot, hour, corrects }),
        4 => (0..3_usize, prop::collection::vec(range, 0..4)).prop_map(|(patient, list)| Step::Assign { patient, list }),
        1 => Just(Step::Clinic),
    ]
}

/// The journal as a list: each reading, and what all assignments were after each change.
#[derive(Default)]
struct Naive {
    readings: Vec<(u64, Reading)>,
    lists: Vec<(u64, Assignments)>,
}

impl Naive {
    fn owned(&self, patient: &PatientId, as_of: u64) -> Vec<u64> {
        let Some((_, known)) = self.lists.iter().rev().find(|(seq, _)| *seq <= as_of) else { return vec![] };
        let mut list: Vec<&(u64, Reading)> = self
            .readings
            .iter()
            .filter(|(seq, r)| *seq <= as_of && known.patient_of_reading(r) == Some(patient))
            .collect();
        list.sort_by_key(|(_, r)| (r.measured_at, r.key.clone()));
        list.into_iter().map(|(seq, _)| *seq).collect()
    }

    /// Readings that concerned the patient when they came.
    fn concerning(&self, patient: &PatientId) -> Vec<u64> {
        let concerns = |(seq, r): &&(u64, Reading)| {
            let known = self.lists.iter().rev().find(|(at, _)| at < seq);
            known.is_some_and(|(_, known)| {
                let has = known.of_device(&r.device_ref()).iter().any(|a| a.patient == *patient);
                known.patient_of_reading(r) == Some(patient) || (r.corrects.is_some() && has)
            })
        };
        self.readings.iter().filter(concerns).map(|(seq, _)| *seq).collect()
    }
}

async fn clinic(store: &dyn Store) {
    let values = vec![("heart-failure.gain_3d".to_owned(), Some("3 kg".to_owned()))];
    store.set_clinic_parameters(values, day(1), "x", &actor()).await.unwrap();
}

async fn take(store: &dyn Store, naive: &mut Naive, n: usize, step: &Step) {
    match step {
        Step::Clinic => clinic(store).await,
        Step::Reading { device, slot, hour: at, corrects } => {
            let mut r = reading(&format!("d{device}"), &n.to_string(), hour(*at));
            r.corrects = corrects.then(|| ReadingId::new("another").unwrap());
            r.user_slot = slot.map(UserSlot);
            naive.readings.push((stored(store, r.clone()).await, r));
        }
        Step::Assign { patient, list } => {
            let id = pid(PEOPLE[*patient]);
            let list: Vec<Assignment> = list
                .iter()
                .map(|(d, slot, from, length)| {
                    wears(id.as_str(), &format!("d{d}"), *slot, hour(*from), length.map(|l| hour(from + l)))
                })
                .collect();
            let mut all = naive.lists.last().map(|(_, a)| a.clone()).unwrap_or_default();
            all.clear_patient(&id);
            let fits = list.iter().all(|a| all.add(a.clone()).is_ok());
            let mut heads = store.notices();
            let change = store.change_patient(&id, change("x"), vec![], Some(list), &actor()).await;
            assert_eq!(change.is_ok(), fits, "{change:?}");
            if fits {
                naive.lists.push((heads.recv().await.unwrap().head, all));
            }
        }
    }
}

async fn assignments_property(store: &dyn Store, steps: &[Step]) {
    for id in PEOPLE {
        store.add_patient(entering(id), vec![], vec![], &actor()).await.unwrap();
        clinic(store).await;
    }
    let mut naive = Naive::default();
    for (n, step) in steps.iter().enumerate() {
        take(store, &mut naive, n, step).await;
    }
    let head = naive.readings.iter().map(|r| r.0).chain(naive.lists.iter().map(|l| l.0)).max().unwrap_or(0);
    for id in PEOPLE {
        for as_of in (0..=head).chain([u64::MAX]) {
            let history = store.history(&pid(id), as_of).await.unwrap();
            let seqs: Vec<u64> = history.readings.iter().map(|r| r.seq).collect();
            assert_eq!(seqs, naive.owned(&pid(id), as_of), "{id} as of {as_of}");
        }
        let mut now: Vec<u64> = readings_of(store, id).await.iter().map(|r| r.seq).collect();
        let mut expected = naive.owned(&pid(id), u64::MAX);
        now.sort_unstable();
        expected.sort_unstable();
        assert_eq!(now, expected, "{id} now");
        let events = store.events_after(&pid(id), 0, 1000).await.unwrap();
        assert!(events.is_sorted_by(|a, b| a.seq < b.seq && a.at <= b.at));
        let live = events.iter().filter(|e| matches!(e.body, EventBody::Reading(_))).map(|e| e.seq);
        assert_eq!(live.collect::<Vec<_>>(), naive.concerning(&pid(id)), "{id}'s events");
        let others = events.iter().filter(|e| !matches!(e.body, EventBody::Reading(_))).cloned();
        assert_eq!(store.patient_events(&pid(id)).await.unwrap(), others.collect::<Vec<_>>());
        folding_keeps_events(store, id, &events).await;
    }
    let nobodys = naive
        .readings
        .iter()
        .filter(|(_, r)| naive.lists.last().is_none_or(|(_, known)| known.patient_of_reading(r).is_none()));
    let expected: Vec<u64> = nobodys.map(|r| r.0).rev().collect();
    let unassigned: Vec<u64> = store.unassigned(1000).await.unwrap().iter().map(|r| r.seq).collect();
    assert_eq!(unassigned, expected);
    let counted: u64 = store.devices().await.unwrap().iter().map(|d| d.unassigned).sum();
    assert_eq!(counted, expected.len() as u64);
}

/// A patient's events are noted while they wait; the same ones follow from the journal once they are folded.
async fn folding_keeps_events(store: &dyn Store, id: &str, events: &[Event]) {
    let head = events.last().unwrap().seq;
    for folded in [events[events.len() / 2].seq, head] {
        let all = evaluation(store, id, Effects::default()).await;
        store.commit_evaluation(EvaluationCommit { folded, ..all }).await.unwrap();
        for (after, limit) in (0..=head).flat_map(|after| [(after, 3), (after, 1000)]) {
            let found = store.events_after(&pid(id), after, limit).await.unwrap();
            let left = events.iter().filter(|e| e.seq > after).take(limit as usize);
            assert!(found.iter().eq(left), "{id} after {after}, folded up to {folded}: {found:#?}");
        }
        let left: Vec<_> = events.iter().filter(|e| e.seq > folded).collect();
        let waits = store.gather(&pid(id), None, 1000).await.unwrap().events;
        assert_eq!(waits.iter().collect::<Vec<_>>(), left, "{id} waits");
    }
}

fn on_sqlite<F: AsyncFnOnce(&SqliteStore)>(property: F) {
    let (store, _file) = sqlite();
    tokio::runtime::Runtime::new().unwrap().block_on(property(&store));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_balances(
        batches in prop::collection::vec(prop::collection::vec(an_item(), 1..8), 1..8),
        replays in prop::collection::vec(an_item(), 0..8),
    ) {
        on_sqlite(async |store| ledger_property(store, &batches, &replays).await);
    }

    #[test]
    fn a_reading_is_whose_the_assignments_say(steps in prop::collection::vec(a_step(), 1..16)) {
        on_sqlite(async |store| assignments_property(store, &steps).await);
    }
}
