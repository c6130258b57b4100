//! Sources, sessions, prompts.

use crate::kit::*;
use care::{Effects, Fold, PromptRequest};
use store::*;
use vitals::*;

fn hub() -> SourceId {
    device("x").source
}

pub(crate) async fn sources_come_and_go(store: &dyn Store) {
    let mut notices = store.notices();
    let added = store.add_source(&hub(), SourceKind::Gateway, [7; 32], &actor()).await.unwrap();
    assert_eq!(notices.recv().await.unwrap().sources, [hub()]);
    assert_eq!((added.id.clone(), added.secret_sha256, added.disabled), (hub(), [7; 32], false));
    assert_eq!(store.source(&hub()).await.unwrap(), Some(added.clone()));
    let again = store.add_source(&hub(), SourceKind::Vendor, [8; 32], &actor()).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    store.rotate_source(&hub(), [9; 32], &actor()).await.unwrap();
    store.set_source_disabled(&hub(), true, &actor()).await.unwrap();
    let seen = |at, qos0, unknown| vec![(hub(), at, qos0, unknown)];
    store.note_sources(seen(day(5), 2, 3)).await.unwrap();
    store.note_sources(seen(day(4), 1, 0)).await.unwrap();
    let expected =
        Source { secret_sha256: [9; 32], disabled: true, last_seen: Some(day(5)), qos0: 3, unknown_fields: 3, ..added };
    assert_eq!(store.sources().await.unwrap(), [expected]);
    admit(store, reading("x", "r", day(8))).await;
    let heard = store.devices().await.unwrap()[0].last_seen;
    assert!(heard > Some(day(5)));
    assert_eq!(store.source(&hub()).await.unwrap().unwrap().last_seen, heard, "a stored reading was heard");
    assert_eq!(store.sources().await.unwrap()[0].last_seen, heard);
    let stranger = SourceId::new("stranger").unwrap();
    assert!(matches!(store.rotate_source(&stranger, [0; 32], &actor()).await, Err(StoreError::NotFound(_))));
    assert_eq!(store.source(&stranger).await.unwrap(), None);
    let trail = store.audit_trail(&AuditFilter::default(), all()).await.unwrap().items;
    let actions: Vec<&str> = trail.iter().map(|e| e.entry.action.as_str()).collect();
    assert_eq!(actions, ["disable-source", "rotate-source", "add-source"]);
}

fn session(client: &str, expires_at: Option<Instant>) -> MqttSession {
    let subscriptions = vec![("hearth/v1/hub/+/receipt".to_owned(), 1)];
    MqttSession { source: hub(), client_id: client.into(), subscriptions, expires_at }
}

pub(crate) async fn a_session_is_kept_until_it_expires(store: &dyn Store) {
    let get = async |client: &str, now| store.mqtt_session(&hub(), client, now).await.unwrap();
    store.put_mqtt_session(session("a", None), 9).await.unwrap();
    assert_eq!(get("a", day(9999)).await, Some(session("a", None)));
    store.put_mqtt_session(session("a", Some(day(101))), 9).await.unwrap();
    assert_eq!(get("a", day(100)).await, Some(session("a", Some(day(101)))));
    assert_eq!(get("a", day(101)).await, None);
    let all = async |most, now| {
        let found = store.mqtt_sessions(&hub(), most, now).await.unwrap();
        found.into_iter().map(|s| s.client_id).collect::<Vec<_>>()
    };
    store.put_mqtt_session(session("b", Some(day(200))), 9).await.unwrap();
    store.put_mqtt_session(session("connected", None), 9).await.unwrap();
    store.put_mqtt_session(session("c", Some(day(150))), 9).await.unwrap();
    assert_eq!(all(9, day(100)).await, ["connected", "c", "b", "a"]);
    assert_eq!(all(9, day(101)).await, ["connected", "c", "b"], "an expired one does not exist");
    assert_eq!(all(2, day(100)).await, ["connected", "c"], "at most so many");
    let full = store.mqtt_sessions(&hub(), 1, day(100)).await.unwrap();
    assert_eq!(full, [session("connected", None)]);
    let other = SourceId::new("other").unwrap();
    assert!(store.mqtt_sessions(&other, 9, day(100)).await.unwrap().is_empty());
    store.drop_mqtt_session(&hub(), "a").await.unwrap();
    assert_eq!(get("a", day(100)).await, None);
}

pub(crate) async fn the_cap_forgets_the_disconnected_first(store: &dyn Store) {
    for (client, expires) in [("connected", None), ("older", Some(day(200))), ("old", Some(day(150))), ("new", None)] {
        store.put_mqtt_session(session(client, expires), 3).await.unwrap();
    }
    let get = async |client: &str| store.mqtt_session(&hub(), client, day(100)).await.unwrap().is_some();
    assert_eq!(
        (get("connected").await, get("older").await, get("old").await, get("new").await),
        (true, false, true, true)
    );
    store.put_mqtt_session(session("last", None), 1).await.unwrap();
    assert_eq!((get("connected").await, get("last").await), (false, true), "the one just put stays");
}

pub(crate) async fn a_will_is_kept_until_it_is_said(store: &dyn Store) {
    let will = |client: &str, due_at| HubWill {
        source: SourceId::new("hub").unwrap(),
        client_id: client.into(),
        payload: r#"{"online":false}"#.into(),
        delay_s: 30,
        due_at,
    };
    store.put_will(will("b", None)).await.unwrap();
    store.put_will(will("a", Some(day(1)))).await.unwrap();
    assert_eq!(store.wills().await.unwrap(), [will("a", Some(day(1))), will("b", None)]);
    store.put_will(will("b", Some(day(2)))).await.unwrap();
    store.drop_will(&SourceId::new("hub").unwrap(), "a").await.unwrap();
    store.drop_will(&SourceId::new("hub").unwrap(), "nobody").await.unwrap();
    assert_eq!(store.wills().await.unwrap(), [will("b", Some(day(2)))]);
}

pub(crate) async fn prompts_wait_until_delivered(store: &dyn Store) {
    patient(store, "anna").await;
    let prompt = |id: &str, until| PromptRequest {
        reading: reading("scale-anna", id, day(99)).key,
        kind: Kind::BodyWeight,
        user_slot: None,
        asked_at: day(99),
        until,
    };
    let work = store.work(&pid("anna")).await.unwrap();
    let commit = |prompts, folded| EvaluationCommit {
        patient: pid("anna"),
        expected_head: work.head,
        expected_folded: folded,
        expected_cover: work.cover,
        expected_wake_at: None,
        folded: work.head,
        wake_at: None,
        fold: Fold::default(),
        effects: Effects { prompts, ..Effects::default() },
        expected: vec![],
        outcomes: vec![],
    };
    let both = vec![prompt("1", day(101)), prompt("2", day(102))];
    store.commit_evaluation(commit(both.clone(), 0)).await.unwrap();
    store.commit_evaluation(commit(both, work.head)).await.unwrap();
    let waiting = store.prompts(&hub(), 0, day(100)).await.unwrap();
    assert_eq!(
        waiting.iter().map(|p| p.prompt.clone()).collect::<Vec<_>>(),
        [prompt("1", day(101)), prompt("2", day(102))]
    );
    assert_eq!(waiting[0].device, device("scale-anna"));
    assert_eq!(store.prompts(&hub(), waiting[0].row, day(100)).await.unwrap(), waiting[1..]);
    assert_eq!(store.prompts(&hub(), 0, day(101)).await.unwrap(), waiting[1..], "the first is over");
    store.prompts_delivered(&[waiting[1].row], day(100)).await.unwrap();
    assert_eq!(store.prompts(&hub(), 0, day(100)).await.unwrap(), waiting[..1]);
    assert_eq!(store.prompts(&SourceId::new("other").unwrap(), 0, day(100)).await.unwrap(), []);
}

pub(crate) async fn a_status_is_kept(store: &dyn Store) {
    let status = |payload: &'static str| SourceStatus { source: hub(), payload: payload.into(), at: day(1) };
    store.put_status(status("online")).await.unwrap();
    store.put_status(status("offline")).await.unwrap();
    assert_eq!(store.statuses().await.unwrap(), [status("offline")]);
}
