//! Prompts: durable, for the hub whose device it is, until it has them.

use crate::world::{Hello, World, hello};
use care::{Actor, Change, Effects, Patient, PatientId, PatientStatus, PromptRequest};
use chrono::{TimeDelta, Utc};
use store::{EvaluationCommit, SharedStore};
use vitals::{DeviceId, Kind, ReadingId, ReadingKey, SourceId};

/// Asks for a repeat, as the rules would.
pub async fn ask(store: &SharedStore, id: &str) {
    let anna = PatientId::new("anna").unwrap();
    let work = store.work(&anna).await.unwrap();
    let reading = ReadingKey {
        source: SourceId::new("hub").unwrap(),
        device: DeviceId::new("scale").unwrap(),
        id: ReadingId::new(id).unwrap(),
    };
    let asked_at = Utc::now();
    let until = asked_at + TimeDelta::minutes(30);
    let prompt = PromptRequest { reading, kind: Kind::BodyWeight, user_slot: None, asked_at, until };
    let commit = EvaluationCommit {
        patient: anna,
        expected_head: work.head,
        expected_folded: work.folded,
        expected_cover: work.cover,
        expected_wake_at: work.wake_at,
        folded: work.head,
        wake_at: None,
        fold: work.fold,
        effects: Effects { prompts: vec![prompt], ..Effects::default() },
        expected: vec![],
        outcomes: vec![],
    };
    store.commit_evaluation(commit).await.unwrap();
}

/// Enters somebody whose readings are asked for.
pub async fn enter(store: &SharedStore) {
    let anna = Patient {
        id: PatientId::new("anna").unwrap(),
        name: "Anna".into(),
        birth_date: None,
        timezone: "Europe/Berlin".parse().unwrap(),
        phone: "1".into(),
        contacts: vec![],
        language: "en".into(),
        identifiers: vec![],
        teams: Default::default(),
    };
    let entered = Change {
        profile: Some(anna),
        timezone: None,
        status: Some(PatientStatus::Active),
        enrolments: None,
        effective_from: Utc::now(),
        reason: "entered".into(),
    };
    store.add_patient(entered, vec![], vec![], &Actor::hearth()).await.unwrap();
}

#[tokio::test]
async fn a_prompt_waits_for_its_hub_and_comes_until_it_is_acknowledged() {
    for v5 in [false, true] {
        let world = World::new().await;
        enter(&world.store).await;
        let mut client = world.client(hello(v5).lasting()).await;
        assert_eq!(client.subscribe(&["hearth/v1/hub/+/receipt"]).await, [1]);
        ask(&world.store, "1").await;
        assert_eq!(client.subscribe(&["hearth/v1/hub/+/prompt"]).await, [1]);
        let (repeated, topic, _, prompt) = client.message(false).await;
        assert!(!repeated);
        assert_eq!(topic, "hearth/v1/hub/scale/prompt");
        assert_eq!(wire::Prompt::parse(prompt.as_bytes()).unwrap().kind, Kind::BodyWeight);
        // One that is asked while the hub is there comes at once.
        ask(&world.store, "2").await;
        let (_, _, _, second) = client.message(true).await;
        assert_ne!(
            wire::Prompt::parse(second.as_bytes()).unwrap().id,
            wire::Prompt::parse(prompt.as_bytes()).unwrap().id
        );
        drop(client);
        let (mut client, present, _) = world.try_client(hello(v5).lasting()).await;
        assert!(present);
        let (repeated, _, _, again) = client.message(false).await;
        assert!(repeated && again == prompt);
        drop(client);
        // It survives a restart, and is over once it is acknowledged.
        let world = world.restart().await;
        let (mut client, ..) = world.try_client(hello(v5).lasting()).await;
        assert_eq!(client.message(true).await.3, prompt);
        let now = Utc::now();
        let hub = SourceId::new("hub").unwrap();
        world.until(async || world.store.prompts(&hub, 0, now).await.unwrap().is_empty()).await;
        client.goodbye().await;
        let mut other = world.client(Hello { id: "other", ..hello(v5) }).await;
        other.subscribe(&["hearth/v1/hub/#"]).await;
        other.send(&[0xC0, 0]).await;
        assert_eq!(other.frame().await, Some((0xD0, vec![])));
    }
}
