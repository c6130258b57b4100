//! Teams: who sees whom.

use crate::kit::*;
use care::*;
use std::collections::BTreeSet;
use store::*;

fn team(id: &str) -> TeamId {
    TeamId::new(id).unwrap()
}

fn teams(ids: &[&str]) -> BTreeSet<TeamId> {
    ids.iter().map(|id| team(id)).collect()
}

fn within(ids: &[&str], opened: &[&str]) -> Scope {
    Scope::Within { teams: teams(ids), opened: opened.iter().map(|id| pid(id)).collect() }
}

async fn put(store: &dyn Store, id: &str, ids: &[&str]) -> Result<PatientRecord, StoreError> {
    let profile = Patient { teams: teams(ids), ..profile(id) };
    store.add_patient(Change { profile: Some(profile), ..entering(id) }, vec![], vec![], &actor()).await
}

async fn clinic(store: &dyn Store) {
    for id in ["north", "south"] {
        store.put_team(Team { id: team(id), name: id.to_uppercase() }).await.unwrap();
    }
    put(store, "anna", &["north"]).await.unwrap();
    put(store, "bert", &["north", "south"]).await.unwrap();
    put(store, "cleo", &[]).await.unwrap();
}

pub(crate) async fn lists_hold_whom_the_scope_sees(store: &dyn Store) {
    clinic(store).await;
    let scopes = [
        (Scope::All, vec!["anna", "bert", "cleo"]),
        (within(&["north"], &[]), vec!["anna", "bert", "cleo"]),
        (within(&["south"], &[]), vec!["bert", "cleo"]),
        (within(&[], &[]), vec!["cleo"]),
        (within(&[], &["anna"]), vec!["anna", "cleo"]),
        (within(&["west"], &["nobody"]), vec!["cleo"]),
    ];
    for (scope, expected) in scopes {
        let page = store.patients(&scope, None, all()).await.unwrap();
        let found: Vec<String> = page.items.iter().map(|r| r.patient.id.to_string()).collect();
        assert_eq!(found, expected, "{scope:?}");
        assert!(page.items.iter().all(|r| scope.sees(&r.patient)), "SQL and the rule say the same");
        let named = store.seen(&scope, ["anna", "cleo", "nobody"].map(pid).to_vec()).await.unwrap();
        let both: BTreeSet<PatientId> = expected.iter().filter(|id| **id != "bert").map(|id| pid(id)).collect();
        assert_eq!(named, both);
    }
    assert_eq!(store.patients(&within(&[], &[]), Some("anna"), all()).await.unwrap().items.len(), 0, "nor by search");
}

pub(crate) async fn a_patient_changes_teams(store: &dyn Store) {
    clinic(store).await;
    let moved = Patient { teams: teams(&["south"]), ..profile("anna") };
    let mut notices = store.notices();
    let change = Change { profile: Some(moved), ..change("moved") };
    store.change_patient(&pid("anna"), change, vec![], None, &actor()).await.unwrap();
    let notice = notices.recv().await.unwrap();
    assert_eq!(notice.seen_by(&within(&["south"], &[])).patients, [pid("anna")]);
    assert!(notice.seen_by(&within(&["north"], &[])).patients.is_empty());
    assert_eq!(store.seen(&within(&["south"], &[]), vec![pid("anna")]).await.unwrap().len(), 1);
    assert!(store.seen(&within(&["north"], &[]), vec![pid("anna")]).await.unwrap().is_empty());
    let refused = put(store, "dora", &["west"]).await;
    assert!(matches!(&refused, Err(StoreError::Invalid(text)) if text.contains("west")), "{refused:?}");
    let used = store.remove_team(&team("south")).await;
    assert!(matches!(used, Err(StoreError::Conflict(_))), "{used:?}");
    store.put_team(Team { id: team("west"), name: "West".into() }).await.unwrap();
    store.remove_team(&team("west")).await.unwrap();
    assert_eq!(store.teams().await.unwrap().len(), 2);
}

pub(crate) async fn glass_is_open_for_a_while(store: &dyn Store) {
    clinic(store).await;
    let glass = Glass {
        user: "bea".into(),
        patient: pid("anna"),
        reason: "called from the ward".into(),
        at: hour(1),
        until: hour(2),
    };
    let nobody = Glass { patient: pid("nobody"), ..glass.clone() };
    assert!(matches!(store.break_glass(nobody).await, Err(StoreError::NotFound(_))));
    store.break_glass(glass.clone()).await.unwrap();
    assert_eq!(store.opened("bea", hour(1)).await.unwrap(), [pid("anna")]);
    assert!(store.opened("cem", hour(1)).await.unwrap().is_empty());
    assert!(store.opened("bea", hour(2)).await.unwrap().is_empty(), "it is over");
    store.mend_glass("bea", &pid("anna"), hour(1)).await.unwrap();
    assert!(store.opened("bea", hour(1)).await.unwrap().is_empty(), "closed early");
    assert!(matches!(store.mend_glass("bea", &pid("anna"), hour(1)).await, Err(StoreError::NotFound(_))));
    let kept = store.glass(all()).await.unwrap().items;
    assert_eq!(kept, [Glass { until: hour(1), ..glass }]);
}
