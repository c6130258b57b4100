//! Patients, who wears what, and what was agreed.

use crate::kit::*;
use care::*;
use store::*;
use vitals::{Instant, Reading, ReadingId, StoredReading, UserSlot};

pub(crate) async fn a_patient_is_what_was_entered(store: &dyn Store) {
    let parameters = vec![("heart-failure.gain_3d".to_owned(), Some("2.5 kg".to_owned()))];
    let scale = wears("anna", "scale", Some(1), day(0), Some(day(9)));
    let entered = store.add_patient(entering("anna"), parameters, vec![scale.clone()], &actor()).await.unwrap();
    assert_eq!(entered.patient, profile("anna"));
    assert_eq!((entered.status, entered.assignments.as_slice()), (PatientStatus::Active, [scale.clone()].as_slice()));
    assert_eq!(entered.parameters[0].value.as_deref(), Some("2.5 kg"));
    assert_eq!(store.patient(&pid("anna")).await.unwrap(), Some(entered));
    assert_eq!(store.assignments().await.unwrap(), [scale]);
    assert_eq!((store.patient_count().await.unwrap(), store.patient(&pid("bert")).await.unwrap()), (1, None));
    let again = store.add_patient(entering("anna"), vec![], vec![], &actor()).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    let nameless = store.add_patient(change("x"), vec![], vec![], &actor()).await;
    assert!(matches!(nameless, Err(StoreError::Invalid(_))));
    let nobody = store.change_patient(&pid("bert"), change("x"), vec![], None, &actor()).await;
    assert!(matches!(nobody, Err(StoreError::NotFound(_))));
    assert!(matches!(store.history(&pid("bert"), 9).await, Err(StoreError::NotFound(_))));
}

pub(crate) async fn one_request_is_one_commit_of_several_events(store: &dyn Store) {
    patient(store, "anna").await;
    let mut notices = store.notices();
    let before = store.work(&pid("anna")).await.unwrap().head;
    let what = Change { timezone: Some(chrono_tz::Asia::Tokyo), ..change("moved") };
    let parameters = vec![("heart-failure.gain_1d".to_owned(), None)];
    let record = store.change_patient(&pid("anna"), what, parameters, Some(vec![]), &actor()).await.unwrap();
    assert_eq!(record.patient.timezone, chrono_tz::Asia::Tokyo);
    let events = store.events_after(&pid("anna"), before, 10).await.unwrap();
    let kinds: Vec<bool> = vec![
        matches!(&events[0].body, EventBody::PatientChanged(c) if c.timezone.is_some() && c.reason == "moved"),
        matches!(&events[1].body, EventBody::ParametersSet { scope: ParameterScope::Patient, .. }),
        matches!(&events[2].body, EventBody::AssignmentsChanged { assignments, .. } if assignments.is_empty()),
    ];
    assert_eq!(kinds, [true; 3], "{events:?}");
    assert!(events.iter().all(|e| e.at == events[0].at && e.actor == actor()));
    let notice = notices.recv().await.unwrap();
    assert_eq!((notice.dirty.clone(), notice.head), (vec![pid("anna")], events[2].seq));
    let all: Vec<Event> = store.events_after(&pid("anna"), 0, 100).await.unwrap();
    assert_eq!(store.patient_events(&pid("anna")).await.unwrap(), all, "she has no readings");
    // Saying what holds already is no event.
    store.change_patient(&pid("anna"), change("again"), vec![], Some(vec![]), &actor()).await.unwrap();
    assert_eq!(store.work(&pid("anna")).await.unwrap().head, events[2].seq);
}

pub(crate) async fn an_enrolment_keeps_the_moment_it_was_entered(store: &dyn Store) {
    let first = patient(store, "anna").await.enrolments;
    let both = vec![enrolment("heart-failure", day(0)), enrolment("copd", day(200))];
    let what = Change { enrolments: Some(both), ..change("more") };
    let record = store.change_patient(&pid("anna"), what, vec![], None, &actor()).await.unwrap();
    assert_eq!(record.enrolments[0], first[0]);
    assert!(record.enrolments[1].entered_at > first[0].entered_at);
    let history = store.history(&pid("anna"), u64::MAX).await.unwrap();
    assert_eq!(history.enrolments, record.enrolments);
    let event = store.patient_events(&pid("anna")).await.unwrap().pop().unwrap();
    let EventBody::PatientChanged(said) = event.body else { panic!("{event:?}") };
    assert_eq!(said.enrolments, Some(record.enrolments), "the event says what the history will");
}

pub(crate) async fn an_overlap_changes_nothing(store: &dyn Store) {
    patient(store, "anna").await;
    patient(store, "bert").await;
    let (before, record) = (store.assignments().await.unwrap(), store.patient(&pid("bert")).await.unwrap());
    let taken = wears("bert", "scale-anna", None, day(50), None);
    let refused = store.assign(taken.clone(), "x", &actor()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))));
    let what = Change { status: Some(PatientStatus::Paused), ..change("x") };
    let list = vec![wears("bert", "new", None, day(0), None), taken];
    let refused = store.change_patient(&pid("bert"), what, vec![], Some(list), &actor()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))));
    let backwards = wears("bert", "new", None, day(1), Some(day(1)));
    assert!(matches!(store.assign(backwards, "x", &actor()).await, Err(StoreError::Invalid(_))));
    assert_eq!(store.assignments().await.unwrap(), before);
    assert_eq!(store.patient(&pid("bert")).await.unwrap(), record);
    let seq = stored(store, reading("scale-anna", "1", day(60))).await;
    assert_eq!(readings_of(store, "anna").await[0].seq, seq, "the writer forgot what was refused");
    stored(store, reading("new", "1", day(60))).await;
    let numbers: Vec<u64> = store.readings_after(0, 9).await.unwrap().iter().map(|r| r.seq).collect();
    assert_eq!(numbers, [seq, seq + 1]);
}

pub(crate) async fn a_move_concerns_both(store: &dyn Store) {
    patient(store, "anna").await;
    patient(store, "bert").await;
    let seq = stored(store, reading("scale-anna", "1", day(60))).await;
    let mine = vec![wears("anna", "scale-anna", None, day(0), Some(day(50)))];
    store.change_patient(&pid("anna"), change("gave it away"), vec![], Some(mine.clone()), &actor()).await.unwrap();
    let list = vec![wears("bert", "scale-anna", None, day(50), None)];
    let mut notices = store.notices();
    store.change_patient(&pid("bert"), change("got it"), vec![], Some(list), &actor()).await.unwrap();
    assert_eq!(notices.recv().await.unwrap().dirty, [pid("anna"), pid("bert")]);
    let anna = store.patient_events(&pid("anna")).await.unwrap().pop().unwrap();
    let bert = store.patient_events(&pid("bert")).await.unwrap().pop().unwrap();
    assert_eq!(anna.seq, bert.seq, "one event, of both");
    let EventBody::AssignmentsChanged { assignments, .. } = &anna.body else { panic!("{anna:?}") };
    assert_eq!(*assignments, mine, "each sees their own list");
    assert_eq!(readings_of(store, "bert").await[0].seq, seq);
    assert_eq!(readings_of(store, "anna").await, []);
    let then = store.history(&pid("anna"), seq).await.unwrap();
    assert_eq!(then.readings.len(), 1, "as of then it was hers");
}

pub(crate) async fn a_correction_concerns_who_has_the_device(store: &dyn Store) {
    for id in ["anna", "bert", "cleo"] {
        patient(store, id).await;
    }
    let slot = wears("bert", "scale-anna", Some(2), day(0), None);
    store.assign(slot, "shares it", &actor()).await.unwrap();
    let first = stored(store, reading("scale-anna", "1", day(60))).await;
    let mut notices = store.notices();
    let corrects = Some(ReadingId::new("1").unwrap());
    let second = Reading { user_slot: Some(UserSlot(2)), corrects, ..reading("scale-anna", "2", day(60)) };
    let seq = stored(store, second).await;
    assert_eq!(notices.recv().await.unwrap().dirty, [pid("anna"), pid("bert")]);
    for id in ["anna", "bert"] {
        let event = store.events_after(&pid(id), first, 9).await.unwrap().pop().unwrap();
        assert!(matches!(&event.body, EventBody::Reading(r) if r.seq == seq && event.seq == seq), "{id}: {event:?}");
    }
    let seqs = |readings: &[StoredReading]| readings.iter().map(|r| r.seq).collect::<Vec<_>>();
    let known = async |id, as_of| {
        let history = store.history(&pid(id), as_of).await.unwrap();
        (seqs(&history.readings), seqs(&history.elsewhere))
    };
    assert_eq!(known("anna", seq).await, (vec![first], vec![seq]), "hers, and what replaces it");
    assert_eq!(known("anna", first).await, (vec![first], vec![]));
    assert_eq!(known("bert", seq).await, (vec![seq], vec![]));
    assert_eq!(known("cleo", seq).await, (vec![], vec![]));
}

pub(crate) async fn the_clinic_concerns_everybody(store: &dyn Store) {
    patient(store, "anna").await;
    let values = vec![("heart-failure.gain_3d".to_owned(), Some("3 kg".to_owned()))];
    store.set_clinic_parameters(values, day(1), "our way", &actor()).await.unwrap();
    let seq = store.work(&pid("anna")).await.unwrap().head;
    patient(store, "bert").await;
    for id in ["anna", "bert"] {
        let history = store.history(&pid(id), u64::MAX).await.unwrap();
        let setting = history.setting_at(ParameterScope::Clinic, "heart-failure.gain_3d", day(2)).unwrap();
        assert_eq!((setting.value.as_deref(), setting.seq), (Some("3 kg"), seq), "{id}");
    }
    assert!(store.history(&pid("anna"), seq - 1).await.unwrap().parameters.is_empty());
    assert_eq!(store.clinic_parameters().await.unwrap().len(), 1);
    assert!(store.patient(&pid("anna")).await.unwrap().unwrap().parameters.is_empty(), "not their own");
    let events = |id| async move { store.patient_events(&pid(id)).await.unwrap() };
    let set = |e: &Event| matches!(e.body, EventBody::ParametersSet { .. });
    assert!(events("anna").await.iter().any(set) && !events("bert").await.iter().any(set));
}

pub(crate) async fn a_rulebook_is_installed_once(store: &dyn Store) {
    patient(store, "anna").await;
    let install = |version, text, from| async move {
        store.install_rulebook("heart-failure", version, text, from, &Actor::hearth()).await
    };
    assert!(install("1", "a", day(5)).await.unwrap());
    assert!(!install("1", "a", day(6)).await.unwrap());
    assert!(matches!(install("1", "b", day(6)).await, Err(StoreError::Conflict(_))));
    assert!(install("2", "b", day(7)).await.unwrap());
    let row = |version: &str, text: &str, from: Option<Instant>| {
        ("heart-failure".to_owned(), version.to_owned(), text.to_owned(), from)
    };
    assert_eq!(store.rulebooks().await.unwrap(), [row("1", "a", None), row("2", "b", Some(day(7)))]);
    let installed = |e: &&Event| matches!(e.body, EventBody::RulebookInstalled { .. });
    assert_eq!(store.events_after(&pid("anna"), 0, 99).await.unwrap().iter().filter(installed).count(), 2);
}

pub(crate) async fn patients_are_found(store: &dyn Store) {
    for id in ["c", "a", "d", "b"] {
        store.add_patient(entering(id), vec![], vec![], &actor()).await.unwrap();
    }
    let ids =
        |page: Page<PatientRecord>| -> Vec<String> { page.items.iter().map(|r| r.patient.id.to_string()).collect() };
    let first = store.patients(&Scope::All, None, PageRequest { after: None, limit: 3 }).await.unwrap();
    let next = first.next.clone();
    assert_eq!(ids(first), ["a", "b", "c"]);
    let rest = store.patients(&Scope::All, None, PageRequest { after: next, limit: 3 }).await.unwrap();
    assert_eq!((rest.next.clone(), ids(rest)), (None, vec!["d".to_owned()]));
    assert_eq!(ids(store.patients(&Scope::All, Some("NAME OF B"), all()).await.unwrap()), ["b"]);
    assert_eq!(ids(store.patients(&Scope::All, Some("mrn-c"), all()).await.unwrap()), ["c"]);
    assert_eq!(ids(store.patients(&Scope::All, Some("100%"), all()).await.unwrap()), Vec::<String>::new());
}

pub(crate) async fn a_future_pause_is_not_in_force_yet(store: &dyn Store) {
    patient(store, "anna").await;
    let pause = Change { status: Some(PatientStatus::Paused), effective_from: day(200), ..change("holiday") };
    let record = store.change_patient(&pid("anna"), pause, vec![], None, &actor()).await.unwrap();
    assert_eq!(record.status, PatientStatus::Active);
    let history = store.history(&pid("anna"), u64::MAX).await.unwrap();
    assert_eq!(history.status_at(day(200)), PatientStatus::Paused);
}
