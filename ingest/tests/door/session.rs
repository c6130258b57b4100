//! What outlives a connection, and a process.

use crate::world::{Hello, TOPIC, World, config, hello, weight};
use store::MqttSession;

const RECEIPTS: &str = "hearth/v1/hub/+/receipt";

#[tokio::test]
async fn a_session_and_its_subscriptions_survive_a_restart() {
    for v5 in [false, true] {
        let world = World::new().await;
        let mut client = world.client(hello(v5).lasting()).await;
        assert_eq!(client.subscribe(&[RECEIPTS]).await, [1]);
        drop(client);
        let world = world.restart().await;
        let (mut client, present, code) = world.try_client(hello(v5).lasting()).await;
        assert_eq!((present, code), (true, 0));
        client.publish(TOPIC, &weight("1"), 1, 1).await;
        assert_eq!(client.puback().await, (1, 0));
        assert!(client.message(true).await.3.contains("\"stored\""));
        // A clean start ends it, for good.
        drop(client);
        world.client(hello(v5)).await.goodbye().await;
        let world = world.restart().await;
        world.client(hello(v5).lasting()).await;
    }
}

#[tokio::test]
async fn receipts_since_a_restart_wait_for_a_session_that_is_still_away() {
    for v5 in [false, true] {
        let world = World::new().await;
        let away = Hello { id: "away", ..hello(v5) }.lasting();
        let mut client = world.client(away.clone()).await;
        client.subscribe(&[RECEIPTS]).await;
        client.goodbye().await;
        let source = vitals::SourceId::new("hub").unwrap();
        let expired = MqttSession {
            source: source.clone(),
            client_id: "expired".to_owned(),
            subscriptions: vec![(RECEIPTS.to_owned(), 1)],
            expires_at: Some(chrono::Utc::now() - chrono::TimeDelta::hours(1)),
        };
        world.store.put_mqtt_session(expired, 9).await.unwrap();
        let world = world.restart().await;
        let mut sender = world.client(Hello { id: "sender", ..hello(v5) }).await;
        sender.publish(TOPIC, &weight("1"), 1, 1).await;
        assert_eq!(sender.puback().await, (1, 0));
        assert_eq!(world.metric("hearth_mqtt_receipts_total"), 1, "none waits for a session that expired");
        let (mut client, present, _) = world.try_client(away.clone()).await;
        assert!(present && client.message(true).await.3.contains("\"stored\""));
        // A clean start still ends it.
        client.goodbye().await;
        let (_, present, code) = world.try_client(Hello { clean: true, ..away }).await;
        assert_eq!((present, code), (false, 0));
    }
}

#[tokio::test]
async fn receipts_wait_for_a_session_that_was_connected_when_the_process_was_killed() {
    let world = World::new().await;
    let away = Hello { id: "away", ..hello(true) }.lasting();
    let mut client = world.client(away.clone()).await;
    client.subscribe(&[RECEIPTS]).await;
    let world = world.crash().await;
    let mut sender = world.client(Hello { id: "sender", ..hello(true) }).await;
    sender.publish(TOPIC, &weight("1"), 1, 1).await;
    assert_eq!(sender.puback().await, (1, 0));
    assert_eq!(world.metric("hearth_mqtt_receipts_total"), 1);
    let (mut client, present, _) = world.try_client(away).await;
    assert!(present && client.message(true).await.3.contains("\"stored\""));
}

#[tokio::test]
async fn a_subscription_ends_with_unsubscribe() {
    let world = World::new().await;
    let mut client = world.client(hello(true).lasting()).await;
    client.subscribe(&[RECEIPTS]).await;
    let mut body = vec![0, 5, 0];
    body.extend(crate::world::text(RECEIPTS));
    body.extend(crate::world::text("hearth/v1/hub/+/prompt"));
    client.send(&crate::world::packet(0xA2, &body)).await;
    assert_eq!(client.frame().await, Some((0xB0, vec![0, 5, 0, 0, 0x11])));
    client.publish(TOPIC, &weight("1"), 1, 1).await;
    client.publish(TOPIC, &weight("2"), 1, 2).await;
    assert_eq!(client.puback().await, (1, 0));
    assert_eq!(client.puback().await, (2, 0));
}

#[tokio::test]
async fn receipts_come_in_order_and_again_until_they_are_acknowledged() {
    for v5 in [false, true] {
        let world = World::new().await;
        let mut client = world.client(hello(v5).lasting()).await;
        client.subscribe(&[RECEIPTS]).await;
        for id in 1..=3_u16 {
            client.publish(TOPIC, &weight(&id.to_string()), 1, id).await;
            assert_eq!(client.puback().await, (id, 0));
            let (repeated, _, _, receipt) = client.message(id == 1).await;
            assert!(!repeated && receipt.contains(&format!("\"id\":\"{id}\"")), "{receipt}");
        }
        drop(client);
        let (mut client, present, _) = world.try_client(hello(v5).lasting()).await;
        assert!(present);
        for id in 2..=3 {
            let (repeated, topic, _, receipt) = client.message(true).await;
            assert!(repeated && receipt.contains(&format!("\"id\":\"{id}\"")), "{receipt}");
            assert_eq!(topic, "hearth/v1/hub/scale/receipt");
        }
        client.goodbye().await;
    }
}

#[tokio::test]
async fn every_session_of_the_source_gets_the_receipt_also_one_that_is_away() {
    let world = World::new().await;
    let mut away = world.client(Hello { id: "away", ..hello(true) }.lasting()).await;
    away.subscribe(&[RECEIPTS]).await;
    away.goodbye().await;
    let mut watcher = world.client(Hello { id: "watcher", ..hello(false) }).await;
    watcher.subscribe(&["hearth/v1/hub/#"]).await;
    let mut sender = world.client(Hello { id: "sender", ..hello(true) }).await;
    sender.publish(TOPIC, &weight("1"), 1, 1).await;
    assert_eq!(sender.puback().await, (1, 0));
    assert!(watcher.message(true).await.3.contains("\"stored\""));
    let (mut away, present, _) = world.try_client(Hello { id: "away", ..hello(true) }.lasting()).await;
    assert!(present && away.message(true).await.3.contains("\"stored\""));
}

#[tokio::test]
async fn a_full_queue_drops_receipts_counts_them_and_no_reading() {
    let world = World::with(config("[limits]\nwindow = 2\nreceipts = 3\n"), None).await;
    let mut client = world.client(hello(true)).await;
    client.subscribe(&[RECEIPTS]).await;
    let mut bytes = Vec::new();
    for id in 1..=100_u16 {
        bytes.extend(client.publish_bytes(TOPIC, &weight(&id.to_string()), 1, id));
    }
    client.send(&bytes).await;
    world.until(async || world.stored().await == 100).await;
    world.until(async || world.metric("hearth_mqtt_receipts_dropped_total") > 0).await;
    assert!(world.metric("hearth_mqtt_receipts_total") >= 3);
}

#[tokio::test]
async fn the_newest_connection_takes_the_session() {
    let world = World::new().await;
    let mut three = world.client(hello(false).lasting()).await;
    three.subscribe(&[RECEIPTS]).await;
    let (mut five, present, _) = world.try_client(hello(true).lasting()).await;
    assert!(present);
    assert_eq!(three.ends().await, None);
    let (mut last, present, _) = world.try_client(hello(true).lasting()).await;
    assert!(present);
    assert_eq!(five.ends().await, Some(0x8E));
    last.publish(TOPIC, &weight("1"), 1, 1).await;
    assert_eq!(last.puback().await, (1, 0));
    assert!(last.message(true).await.3.contains("\"stored\""));
}

#[tokio::test]
async fn disconnect_may_end_a_session_and_an_old_one_is_forgotten_for_a_new_one() {
    let world = World::with(config("[limits]\nsessions_per_source = 2\n"), None).await;
    let mut client = world.client(hello(true).lasting()).await;
    // reason 0, one property: session expiry 0
    client.send(&[0xE0, 7, 0, 5, 17, 0, 0, 0, 0]).await;
    assert!(client.frame().await.is_none());
    world.client(hello(true).lasting()).await.goodbye().await;
    for id in ["d", "e"] {
        world.client(Hello { id, ..hello(true) }.lasting()).await.goodbye().await;
    }
    let (_, present, _) = world.try_client(Hello { id: "e", ..hello(true) }.lasting()).await;
    assert!(present);
    world.client(hello(true).lasting()).await;
}

#[tokio::test]
async fn receipts_of_a_lost_connection_wait_for_the_next() {
    let world = World::with(config(""), Some(std::time::Duration::from_millis(20))).await;
    let mut client = world.client(hello(true).lasting()).await;
    client.subscribe(&[RECEIPTS]).await;
    client.publish(TOPIC, &weight("1"), 1, 1).await;
    drop(client);
    let (mut client, present, _) = world.try_client(hello(true).lasting()).await;
    assert!(present);
    client.publish(TOPIC, &weight("1"), 1, 1).await;
    let mut said = Vec::new();
    let mut acknowledged = false;
    while said.is_empty() || !acknowledged {
        let (kind, body) = client.frame().await.unwrap();
        match kind {
            0x40 => acknowledged = true,
            _ => said.push(String::from_utf8_lossy(&body).into_owned()),
        }
    }
    assert_eq!(world.stored().await, 1);
}
