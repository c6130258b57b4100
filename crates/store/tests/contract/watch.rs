//! Whom nothing is heard from, and how sources deliver.

use crate::kit::*;
use crate::worklist::evaluation;
use care::{Change, Effects, Expectation, Patient, Scope, Team, TeamId};
use store::*;
use vitals::*;

fn hub() -> SourceId {
    device("x").source
}

/// What the rules would commit of a patient of whom a weight is expected since day 50.
async fn expect(store: &dyn Store, patient: &str, expected: Vec<Expectation>) {
    let commit = EvaluationCommit { expected, ..evaluation(store, patient, Effects::default()).await };
    store.commit_evaluation(commit).await.unwrap();
}

fn weight(last: Option<i64>) -> Expectation {
    Expectation { kind: Kind::BodyWeight, since: day(50), last: last.map(day) }
}

fn nobodys() -> Scope {
    Scope::Within { teams: [TeamId::new("south").unwrap()].into(), opened: [].into() }
}

pub(crate) async fn the_silent_are_found_and_counted(store: &dyn Store) {
    for id in ["anna", "bert", "cora", "dora"] {
        patient(store, id).await;
    }
    store.add_source(&hub(), SourceKind::Gateway, [1; 32], &actor()).await.unwrap();
    store.put_status(SourceStatus { source: hub(), payload: "{}".into(), at: day(99) }).await.unwrap();
    store.admit(vec![message("scale-anna", vec![refused("unknown-unit")])]).await.unwrap();
    expect(store, "anna", vec![weight(Some(90))]).await;
    expect(store, "bert", vec![weight(None)]).await;
    expect(store, "cora", vec![weight(Some(99))]).await;
    expect(store, "dora", vec![]).await;
    let before = day(98);
    assert_eq!(store.silent_count(&Scope::All, before).await.unwrap(), 2);
    let page = |after| PageRequest { after, limit: 1 };
    let first = store.silent(&Scope::All, before, page(None)).await.unwrap();
    let [bert] = &first.items[..] else { panic!("{first:?}") };
    assert_eq!((bert.record.patient.id.clone(), bert.quiet_since), (pid("bert"), day(50)), "the longest first");
    let second = store.silent(&Scope::All, before, page(first.next)).await.unwrap();
    let [anna] = &second.items[..] else { panic!("{second:?}") };
    assert_eq!((anna.expectations.clone(), anna.quiet_since), (vec![weight(Some(90))], day(90)));
    let around = &anna.devices[0];
    assert_eq!(around.seen.device, device("scale-anna"));
    assert_eq!(around.source.as_ref().unwrap().id, hub());
    assert_eq!(around.status.as_ref().unwrap().at, day(99));
    assert_eq!(around.refused, Some(("unknown-unit".into(), day(99))));
    assert_eq!(second.next, None);
    assert_eq!(store.expectations(&pid("anna")).await.unwrap(), [weight(Some(90))]);
    expect(store, "anna", vec![]).await;
    assert_eq!(store.silent_count(&Scope::All, before).await.unwrap(), 1, "nothing is expected any more");
    assert_eq!(store.silent_count(&nobodys(), before).await.unwrap(), 1, "of no team, everybody's");
    // Bert comes to a team: so does what is expected, and the head of the list says what its page does.
    let north = TeamId::new("north").unwrap();
    store.put_team(Team { id: north.clone(), name: "North".into() }).await.unwrap();
    let profile = Patient { teams: [north].into(), ..profile("bert") };
    let change = Change { profile: Some(profile), ..change("moved") };
    store.change_patient(&pid("bert"), change, vec![], None, &actor()).await.unwrap();
    for (scope, now, silent) in
        [(Scope::All, day(100), 1), (nobodys(), day(100), 0), (Scope::All, day(53), 1), (Scope::All, day(52), 0)]
    {
        let counted = store.silent_count(&scope, Expectation::silent_before(now)).await.unwrap();
        let query = BoardQuery {
            scope: scope.clone(),
            filter: BoardFilter::default(),
            reader: actor(),
            times: BoardTimes { now, day_ends: now },
            budget: 9,
            asked: [None; 4],
        };
        let head = store.board(query).await.unwrap().counts.silent;
        assert_eq!((counted, head), (silent, usize::try_from(silent).unwrap()), "{scope:?} {now}");
    }
}

pub(crate) async fn weak_devices_are_shown_to_those_who_see_their_patients(store: &dyn Store) {
    patient(store, "anna").await;
    stored(store, Reading { battery: Some(8), ..reading("scale-anna", "1", day(99)) }).await;
    stored(store, reading("stray", "1", day(99))).await;
    stored(store, Reading { battery: Some(80), ..reading("fine", "1", day(99)) }).await;
    store.assign(wears("anna", "fine", None, day(0), None), "x", &actor()).await.unwrap();
    let weak = store.weak_devices(&Scope::All, day(100), 9).await.unwrap();
    let names: Vec<_> = weak.iter().map(|w| (w.seen.device.device.as_str(), w.wearers.len())).collect();
    assert_eq!(names, [("scale-anna", 1), ("stray", 0)]);
    let anna = Wearer { patient: pid("anna"), name: "Name of anna".to_owned(), user_slot: None };
    assert_eq!(weak[0].wearers, [anna]);
    assert_eq!(store.weak_devices(&Scope::All, day(100), 1).await.unwrap().len(), 1);
}

pub(crate) async fn devices_are_found_page_by_page(store: &dyn Store) {
    for id in ["anna", "bert"] {
        patient(store, id).await;
    }
    let north = TeamId::new("north").unwrap();
    store.put_team(Team { id: north.clone(), name: "North".into() }).await.unwrap();
    let bert = Patient { teams: [north].into(), ..profile("bert") };
    let change = Change { profile: Some(bert), ..change("north's") };
    store.change_patient(&pid("bert"), change, vec![], None, &actor()).await.unwrap();
    store.assign(wears("anna", "shared", Some(2), day(0), None), "x", &actor()).await.unwrap();
    stored(store, reading("stray", "1", day(99))).await;
    stored(store, reading("stray", "2", day(98))).await;
    let find = async |scope: &Scope, filter: DeviceFilter, after: Option<String>| {
        let page = store.worn_devices(scope, filter, day(100), PageRequest { after, limit: 2 }).await.unwrap();
        let name = |w: &WornDevice| format!("{}:{}:{}", w.seen.device.device, w.wearers.len(), w.hidden);
        (page.items.iter().map(name).collect::<Vec<_>>().join(" "), page.next)
    };
    let (first, next) = find(&nobodys(), DeviceFilter::All, None).await;
    assert_eq!(first, "scale-anna:1:false scale-bert:0:true");
    assert_eq!(find(&nobodys(), DeviceFilter::All, next).await, ("shared:1:false stray:0:false".into(), None));
    let named = |text: &str| DeviceFilter::Named(text.to_owned());
    assert_eq!(find(&Scope::All, named("name of BERT"), None).await.0, "scale-bert:1:false");
    assert_eq!(find(&nobodys(), named("name of bert"), None).await.0, "", "nobody out of sight is found");
    assert_eq!(find(&nobodys(), named("HUB/STR"), None).await.0, "stray:0:false");
    assert_eq!(find(&nobodys(), DeviceFilter::Nobodys, None).await, ("stray:0:false".into(), None));
    assert_eq!(store.nobodys_devices().await.unwrap(), 1);
    let slot = store.worn_devices(&Scope::All, named("hub/shared"), day(100), all()).await.unwrap();
    assert_eq!(slot.items[0].wearers[0].user_slot, Some(UserSlot(2)));
    let bad = PageRequest { after: Some("nonsense".into()), limit: 2 };
    assert!(matches!(
        store.worn_devices(&Scope::All, DeviceFilter::All, day(100), bad).await,
        Err(StoreError::Invalid(_))
    ));
}

pub(crate) async fn sources_stand_in_rows(store: &dyn Store) {
    let other = SourceId::new("acme").unwrap();
    store.add_source(&hub(), SourceKind::Gateway, [1; 32], &actor()).await.unwrap();
    store.add_source(&other, SourceKind::Vendor, [2; 32], &actor()).await.unwrap();
    stored(store, reading("scale", "1", day(98))).await;
    stored(store, reading("cuff", "1", day(98))).await;
    store.admit(vec![message("scale", vec![refused("unknown-unit"), refused("not-json")])]).await.unwrap();
    let rows = store.source_rows(None, all()).await.unwrap().items;
    assert_eq!(
        rows.iter().map(|r| (r.source.id.as_str(), r.devices, r.refused)).collect::<Vec<_>>(),
        [("acme", 0, 0), ("hub", 2, 2)]
    );
    assert_eq!((rows[0].last_reading, rows[1].last_reading), (None, Some(day(99))));
    assert_eq!(store.source_rows(Some("ub"), all()).await.unwrap().items, rows[1..]);
    assert_eq!(store.source_row(&hub()).await.unwrap().as_ref(), rows.get(1));
    let page = store.source_devices(&hub(), PageRequest { after: None, limit: 1 }).await.unwrap();
    assert_eq!(page.items[0].device, device("cuff"));
    let rest = store.source_devices(&hub(), PageRequest { after: page.next, limit: 1 }).await.unwrap();
    assert_eq!((rest.items[0].device.clone(), rest.next), (device("scale"), None));
}

pub(crate) async fn reasons_are_counted(store: &dyn Store) {
    let many = vec![refused("unknown-unit"), refused("not-json"), refused("unknown-unit")];
    store.admit(vec![message("scale", many)]).await.unwrap();
    let kinds = |list: Vec<RefusedKind>| list.into_iter().map(|k| (k.code, k.count)).collect::<Vec<_>>();
    let expected = [("not-json".to_owned(), 1), ("unknown-unit".to_owned(), 2)];
    assert_eq!(kinds(store.refused_kinds(None).await.unwrap()), expected);
    assert_eq!(kinds(store.refused_kinds(Some(&hub())).await.unwrap()), expected);
    assert_eq!(store.refused_kinds(Some(&SourceId::new("other").unwrap())).await.unwrap(), []);
    store.replay(1, message("scale", vec![item(reading("scale", "1", day(99)))])).await.unwrap();
    assert_eq!(kinds(store.refused_kinds(None).await.unwrap())[1].1, 1, "what was replayed no longer waits");
}

pub(crate) async fn the_clinics_changes_are_told(store: &dyn Store) {
    for (value, reason) in [(Some("3 kg".to_owned()), "too many alerts"), (None, "back")] {
        let values = vec![("heart-failure.gain_3d".to_owned(), value)];
        store.set_clinic_parameters(values, day(100), reason, &actor()).await.unwrap();
    }
    let changes = store.clinic_changes(9).await.unwrap();
    let reasons = changes.iter().map(|e| match &e.body {
        care::EventBody::ParametersSet { reason, .. } => (reason.as_str(), e.actor.clone()),
        other => panic!("{other:?}"),
    });
    assert_eq!(reasons.collect::<Vec<_>>(), [("back", actor()), ("too many alerts", actor())]);
    assert_eq!(store.clinic_changes(1).await.unwrap().len(), 1);
}
