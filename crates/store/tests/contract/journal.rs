//! Readings in: stored, duplicate or quarantined, and the ledger balances.

use crate::kit::*;
use care::{Actor, EventBody};
use std::collections::BTreeSet;
use store::*;
use vitals::*;

pub(crate) async fn what_was_sent_comes_back(store: &dyn Store) {
    patient(store, "anna").await;
    let mut full = reading("scale-anna", "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", day(3));
    full.measured_at = MeasuredAt::new("2026-01-04T07:12:04.000001-05:00".parse().unwrap());
    full.kind = Kind::Glucose;
    full.values = [
        (Quantity::Glucose, Value::Coded(Coded::Lo)),
        (Quantity::Weight, Value::number("080.100".parse().unwrap(), Unit::Pound)),
    ]
    .into();
    full.user_slot = Some(UserSlot(7));
    full.flags = [Flag::new("irregular-pulse").unwrap(), Flag::new("cuff-too-loose").unwrap()].into();
    full.sample = Some(Sample::Interstitial);
    full.meal = Some(Meal::Bedtime);
    full.clock =
        Some(Clock { source: ClockSource::Device, error_s: Some(60), device_time: Some("2026-01-04T07:10".into()) });
    full.battery = Some(80);
    full.corrects = Some(ReadingId::new("ä, b").unwrap());
    let admission_flags = BTreeSet::from([Flag::SOFT_LIMIT, Flag::LATE]);
    let item = AdmitItem::Reading {
        reading: Box::new(full.clone()),
        admission_flags: admission_flags.clone(),
        raw: "{}".into(),
    };
    let answer = store.admit(vec![message("scale-anna", vec![item])]).await.unwrap().remove(0);
    let [ItemStatus::Stored { seq }] = answer.items[..] else { panic!("{answer:?}") };
    let expected = StoredReading {
        seq,
        reading: full,
        received_at: ReceivedAt(day(99)),
        stored_at: StoredAt(answer.stored_at),
        admission_flags,
        hub_connected: true,
    };
    let back = readings_of(store, "anna").await;
    assert_eq!(back, std::slice::from_ref(&expected));
    // Equality ignores what display needs: the digits and the sender's offset.
    assert_eq!(format!("{:?}", back[0]), format!("{expected:?}"));
    assert_eq!(store.readings_after(0, 10).await.unwrap(), back);
    assert_eq!(store.readings_after(seq, 10).await.unwrap(), []);
    assert_eq!(store.device_readings(&device("scale-anna"), 10).await.unwrap(), back);
    assert_eq!(store.history(&pid("anna"), seq).await.unwrap().readings, back);
    let event = store.events_after(&pid("anna"), seq - 1, 10).await.unwrap().remove(0);
    assert_eq!((event.seq, event.at, event.actor), (seq, answer.stored_at, Actor::hearth()));
    assert_eq!(event.body, EventBody::Reading(Box::new(expected)));
}

pub(crate) async fn a_second_one_is_a_duplicate(store: &dyn Store) {
    let first = reading("scale", "1", day(3));
    stored(store, first.clone()).await;
    let mut again = first.clone();
    again.battery = Some(3);
    again.values = [(Quantity::Weight, Value::number("80.1".parse().unwrap(), Unit::Kilogram))].into();
    assert_eq!(admit(store, again).await, ItemStatus::Duplicate);
    assert_eq!(store.device_readings(&device("scale"), 9).await.unwrap()[0].reading, first, "the first one stands");
    let ledger = Ledger { received: 2, stored: 1, duplicate: 1, quarantined: 0 };
    assert_eq!(store.ledger().await.unwrap(), ledger);
    assert_eq!(store.ledger_recount().await.unwrap(), ledger);
}

pub(crate) async fn an_id_is_used_once_whatever_the_day(store: &dyn Store) {
    stored(store, reading("scale", "1", day(3))).await;
    let ItemStatus::Quarantined { row, code, pointer, .. } = admit(store, reading("scale", "1", day(9))).await else {
        panic!("an id was used twice")
    };
    assert_eq!((code.as_str(), pointer.as_deref()), ("id-reused", Some("/id")));
    let kept = store.quarantine_row(row).await.unwrap();
    assert_eq!((kept.raw.as_ref(), kept.refused.id.as_deref()), (b"raw of 1".as_slice(), Some("1")));
    stored(store, reading("another", "1", day(3))).await;
    let ledger = Ledger { received: 3, stored: 2, duplicate: 0, quarantined: 1 };
    assert_eq!(store.ledger().await.unwrap(), ledger);
    assert_eq!(store.ledger_recount().await.unwrap(), ledger);
}

pub(crate) async fn every_item_is_answered_in_order(store: &dyn Store) {
    let one = message(
        "scale",
        vec![item(reading("scale", "1", day(1))), refused("unit-unknown"), item(reading("scale", "1", day(1)))],
    );
    let two = message("cuff", vec![item(reading("cuff", "1", day(1)))]);
    let answers = store.admit(vec![one, two]).await.unwrap();
    let words = |a: &Admitted| -> Vec<&str> {
        a.items
            .iter()
            .map(|i| match i {
                ItemStatus::Stored { .. } => "stored",
                ItemStatus::Duplicate => "duplicate",
                ItemStatus::Quarantined { .. } => "quarantined",
            })
            .collect()
    };
    assert_eq!(words(&answers[0]), ["stored", "quarantined", "duplicate"]);
    assert_eq!(words(&answers[1]), ["stored"]);
    assert_eq!(store.last_commit().await.unwrap(), Some(answers[0].stored_at));
    assert!(store.admit(vec![]).await.unwrap().is_empty());
}

/// Puts one message into quarantine.
async fn quarantined(store: &dyn Store) -> u64 {
    let answer = store.admit(vec![message("scale", vec![refused("unit-unknown")])]).await.unwrap().remove(0);
    let [ItemStatus::Quarantined { row, .. }] = answer.items[..] else { panic!("{answer:?}") };
    row
}

pub(crate) async fn a_replay_moves_one(store: &dyn Store) {
    let (first, second) = (quarantined(store).await, quarantined(store).await);
    let replayed = message("scale", vec![item(reading("scale", "1", day(1)))]);
    let answer = store.replay(first, replayed.clone()).await.unwrap();
    assert!(matches!(answer.items[..], [ItemStatus::Stored { .. }]));
    assert_eq!(store.ledger().await.unwrap(), Ledger { received: 2, stored: 1, duplicate: 0, quarantined: 1 });
    assert!(matches!(store.replay(first, replayed.clone()).await, Err(StoreError::Conflict(_))));
    assert!(matches!(store.replay(999, replayed.clone()).await, Err(StoreError::NotFound(_))));
    assert_eq!(store.replay(second, replayed).await.unwrap().items, [ItemStatus::Duplicate]);
    let ledger = Ledger { received: 2, stored: 1, duplicate: 1, quarantined: 0 };
    assert_eq!(store.ledger().await.unwrap(), ledger);
    assert_eq!(store.ledger_recount().await.unwrap(), ledger);
    assert!(store.quarantine(None, None, all()).await.unwrap().items.is_empty());
    assert!(store.quarantine_row(first).await.unwrap().replayed_at.is_some(), "its bytes are kept");
}

pub(crate) async fn a_replay_that_is_refused_keeps_its_row(store: &dyn Store) {
    let row = quarantined(store).await;
    let answer = store.replay(row, message("scale", vec![refused("clock-future")])).await.unwrap();
    assert!(matches!(&answer.items[..], [ItemStatus::Quarantined { row: r, .. }] if *r == row));
    let kept = store.quarantine(Some("clock-future"), Some(&device("scale").source), all()).await.unwrap().items;
    assert_eq!((kept.len(), kept[0].row, kept[0].replayed_at), (1, row, None));
    assert!(store.quarantine(Some("unit-unknown"), None, all()).await.unwrap().items.is_empty());
    // What was one unreadable payload may turn out to be several readings.
    let three = vec![item(reading("scale", "1", day(1))), refused("a"), refused("b")];
    store.replay(row, message("scale", three)).await.unwrap();
    let ledger = Ledger { received: 3, stored: 1, duplicate: 0, quarantined: 2 };
    assert_eq!(store.ledger().await.unwrap(), ledger);
    assert_eq!(store.ledger_recount().await.unwrap(), ledger);
}

pub(crate) async fn a_walk_gives_everything_once(store: &dyn Store) {
    patient(store, "anna").await;
    let mut expected = BTreeSet::new();
    for n in 0..7 {
        // Two share an instant, and the order of arrival is not that of measurement.
        expected.insert(stored(store, reading("scale-anna", &n.to_string(), hour((n * 31) % 6 * 12))).await);
        quarantined(store).await;
    }
    let (mut seen, mut rows, mut measured) = (Vec::new(), Vec::new(), Vec::new());
    let mut page = PageRequest { after: None, limit: 2 };
    let mut refusals = Some(PageRequest { after: None, limit: 3 });
    for step in 0..20 {
        let found = store.patient_readings(&pid("anna"), &[], None, None, page.clone()).await.unwrap();
        seen.extend(found.items.iter().map(|r| r.seq));
        measured.extend(found.items.iter().map(|r| r.reading.measured_at));
        if let Some(request) = refusals.take() {
            let kept = store.quarantine(None, None, request).await.unwrap();
            rows.extend(kept.items.iter().map(|q| q.row));
            refusals = kept.next.map(|next| PageRequest { after: Some(next), limit: 3 });
        }
        let Some(next) = found.next else { break };
        page.after = Some(next);
        // What arrives meanwhile, before and after the cursor, disturbs nothing.
        stored(store, reading("scale-anna", &format!("early-{step}"), hour(-1 - step))).await;
    }
    assert!(measured.is_sorted());
    assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>(), expected, "early ones were before the cursor");
    assert_eq!(seen.len(), 7);
    assert!(rows.is_sorted_by(|a, b| a < b));
    assert_eq!(rows.len(), 7);
    let bad = PageRequest { after: Some("x".into()), limit: 2 };
    let refused = store.patient_readings(&pid("anna"), &[], None, None, bad).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))));
    let day_two = store.patient_readings(&pid("anna"), &[], Some(hour(12)), Some(hour(24)), all()).await.unwrap();
    assert!(day_two.items.iter().all(|r| (hour(12)..=hour(24)).contains(&r.reading.measured_at.instant())));
    assert_eq!(day_two.items.len(), 2);
    let other = store.patient_readings(&pid("anna"), &[Kind::Glucose], None, None, all()).await.unwrap();
    assert!(other.items.is_empty());
}

pub(crate) async fn devices_are_counted(store: &dyn Store) {
    let mut first = reading("shared", "1", day(3));
    first.battery = Some(50);
    first.user_slot = Some(UserSlot(2));
    stored(store, first).await;
    let mut backlog = reading("shared", "2", day(1));
    backlog.battery = Some(90);
    backlog.user_slot = Some(UserSlot(1));
    let newest = stored(store, backlog).await;
    let seen = |unassigned| DeviceSeen {
        device: device("shared"),
        last_seen: Some(day(99)),
        last_measured: Some(day(3)),
        battery: Some(50),
        user_slots: vec![UserSlot(1), UserSlot(2)],
        unassigned,
    };
    assert_eq!(store.devices().await.unwrap(), [seen(2)]);
    assert_eq!(store.unassigned(1).await.unwrap()[0].seq, newest);
    store.add_patient(entering("anna"), vec![], vec![], &actor()).await.unwrap();
    store.assign(wears("anna", "shared", Some(1), day(0), None), "hers", &actor()).await.unwrap();
    assert_eq!(store.devices().await.unwrap(), [seen(1)]);
    assert_eq!(store.unassigned(9).await.unwrap().len(), 1);
    store.change_patient(&pid("anna"), change("not hers"), vec![], Some(vec![]), &actor()).await.unwrap();
    assert_eq!(store.devices().await.unwrap(), [seen(2)]);
}

pub(crate) async fn another_device_than_the_topic_is_refused(store: &dyn Store) {
    let wrong = message("scale", vec![item(reading("cuff", "1", day(1)))]);
    assert!(matches!(store.admit(vec![wrong]).await, Err(StoreError::Invalid(_))));
    assert_eq!(store.ledger().await.unwrap(), Ledger::default());
}
