//! What a PUBACK means, and when it does not come.

use crate::world::{Hello, TOPIC, World, config, hello, packet, text, weight, weight_at};
use chrono::{TimeDelta, Utc};
use ingest::admission::AdmissionLimits;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[tokio::test]
async fn what_is_acknowledged_is_stored_and_in_order() {
    for v5 in [false, true] {
        let world = World::new().await;
        let mut client = world.client(hello(v5)).await;
        let mut bytes = Vec::new();
        for id in 1..=2_000_u16 {
            bytes.extend(client.publish_bytes(TOPIC, &weight(&id.to_string()), 1, id));
        }
        client.send(&bytes).await;
        for id in 1..=2_000 {
            assert_eq!(client.puback().await, (id, 0));
        }
        assert_eq!(world.stored().await, 2_000);
        client.goodbye().await;
    }
}

#[tokio::test]
async fn a_failed_commit_closes_without_acknowledgement_and_the_resend_is_counted_once() {
    for v5 in [false, true] {
        let world = World::new().await;
        let mut client = world.client(hello(v5)).await;
        world.fail.store(true, Ordering::SeqCst);
        for id in 1..=3 {
            client.publish(TOPIC, &weight(&id.to_string()), 1, id).await;
        }
        assert_eq!(client.ends().await, v5.then_some(0x80));
        world.fail.store(false, Ordering::SeqCst);
        assert_eq!(world.stored().await, 0);
        let mut client = world.client(hello(v5)).await;
        for id in 1..=3 {
            client.publish(TOPIC, &weight(&id.to_string()), 1, id).await;
            assert_eq!(client.puback().await, (id, 0));
        }
        assert_eq!(world.stored().await, 3);
    }
}

#[tokio::test]
async fn with_a_slow_disk_senders_wait_and_nothing_is_lost() {
    let slow = config("[limits]\nin_flight = 8\nqueue = 16\n");
    let world = World::with(slow, Some(Duration::from_millis(2))).await;
    let mut clients = Vec::new();
    for (n, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let mut client = world.client(Hello { id, ..hello(n % 2 == 0) }).await;
        clients.push(tokio::spawn(async move {
            let mut bytes = Vec::new();
            for message in 1..=300_u16 {
                let old = Utc::now() - TimeDelta::days(i64::from(message % 2));
                bytes.extend(client.publish_bytes(TOPIC, &weight_at(&format!("{id}{message}"), old), 1, message));
            }
            client.send(&bytes).await;
            for message in 1..=300 {
                assert_eq!(client.puback().await, (message, 0));
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(world.stored().await, 1_200);
    assert_eq!(world.metric("hearth_ingest_queue_items{lane=\"fresh\"}"), 0);
}

#[tokio::test]
async fn over_its_rate_a_source_waits_and_is_not_refused() {
    let world = World::with(config("[limits]\nreadings_per_second = 100\nburst = 10\n"), None).await;
    let mut client = world.client(hello(true)).await;
    let began = Instant::now();
    for id in 1..=60_u16 {
        client.publish(TOPIC, &weight(&id.to_string()), 1, id).await;
        assert_eq!(client.puback().await, (id, 0));
    }
    // 10 at once, 49 of the others have waited for their turn: no machine is faster than that.
    assert!(began.elapsed() >= Duration::from_millis(480), "{:?}", began.elapsed());
    assert_eq!(world.stored().await, 60);
}

#[tokio::test]
async fn qos_2_is_received_after_the_commit_and_qos_0_is_counted() {
    for v5 in [false, true] {
        let world = World::new().await;
        let mut client = world.client(hello(v5)).await;
        client.publish(TOPIC, &weight("a"), 2, 9).await;
        assert_eq!(client.frame().await, Some((0x50, vec![0, 9])));
        assert_eq!(world.stored().await, 1);
        // Again before PUBREL: answered again, not counted again.
        client.publish(TOPIC, &weight("a"), 2, 9).await;
        assert_eq!(client.frame().await, Some((0x50, vec![0, 9])));
        client.send(&[0x62, 2, 0, 9]).await;
        assert_eq!(client.frame().await, Some((0x70, vec![0, 9])));
        client.publish(TOPIC, &weight("b"), 0, 0).await;
        client.goodbye().await;
        assert_eq!(world.stored().await, 2);
        assert_eq!(world.metric("hearth_ingest_qos0_messages_total"), 1);
        assert_eq!(world.store.ledger().await.unwrap().received, 2);
    }
}

#[tokio::test]
async fn what_was_read_is_committed_although_the_client_is_gone() {
    let world = World::with(config(""), Some(Duration::from_millis(20))).await;
    let mut client = world.client(hello(false)).await;
    for id in 1..=50_u16 {
        client.publish(TOPIC, &weight(&id.to_string()), 0, id).await;
    }
    drop(client);
    world.until(async || world.stored().await == 50).await;
}

#[tokio::test]
async fn publishes_behind_connect_wait_for_its_answer() {
    for v5 in [false, true] {
        let world = World::new().await;
        let mut client = crate::world::Raw { stream: tokio::net::TcpStream::connect(world.addr).await.unwrap(), v5 };
        let mut bytes = hello(v5).bytes();
        bytes.extend(client.publish_bytes(TOPIC, &weight("1"), 1, 1));
        bytes.extend([0xC0, 0]);
        client.send(&bytes).await;
        assert_eq!(client.frame().await.unwrap().0, 0x20);
        let mut answers = vec![client.frame().await.unwrap().0, client.frame().await.unwrap().0];
        answers.sort_unstable();
        assert_eq!(answers, [0x40, 0xD0]);
    }
}

#[tokio::test]
async fn an_array_is_one_publish_and_what_cannot_be_read_is_quarantined() {
    let world = World::new().await;
    let mut client = world.client(hello(true)).await;
    assert_eq!(client.subscribe(&["hearth/v1/hub/+/receipt"]).await, [1]);
    let array = format!("[{},{{\"id\":\"x\"}},{}]", weight("1"), weight("2"));
    for (id, payload) in [(1, array.as_str()), (2, "[]"), (3, "not json")] {
        client.publish(TOPIC, payload, 1, id).await;
        assert_eq!(client.puback().await, (id, 0));
        let (repeated, topic, _, receipt) = client.message(true).await;
        assert!(!repeated);
        assert_eq!(topic, "hearth/v1/hub/scale/receipt");
        let receipt: serde_json::Value = serde_json::from_str(&receipt).unwrap();
        match id {
            1 => {
                let said: Vec<_> = receipt.as_array().unwrap().iter().map(|r| r["status"].as_str().unwrap()).collect();
                assert_eq!(said, ["stored", "quarantined", "stored"]);
            }
            2 => assert_eq!(receipt, serde_json::json!([])),
            _ => assert!(receipt["id"].is_null() && receipt["status"] == "quarantined"),
        }
    }
    let ledger = world.store.ledger().await.unwrap();
    assert_eq!((ledger.received, ledger.stored, ledger.quarantined), (4, 2, 2));
}

#[tokio::test]
async fn a_hub_s_status_is_kept_and_one_that_says_nothing_is_refused() {
    let world = World::new().await;
    let mut client = world.client(hello(true)).await;
    let mut body = text("hearth/v1/hub/status");
    body.extend([0, 1, 0]);
    body.extend(br#"{"online":true,"battery":55}"#);
    client.send(&packet(0x33, &body)).await;
    assert_eq!(client.puback().await, (1, 0));
    client.publish("hearth/v1/hub/status", "{}", 1, 2).await;
    assert_eq!(client.puback().await, (2, 0x99));
    let kept = world.store.statuses().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(&kept[0].payload[..], br#"{"online":true,"battery":55}"#);
}

#[tokio::test]
async fn a_quarantined_message_can_be_replayed_and_is_judged_again() {
    let world = World::new().await;
    let mut client = world.client(hello(true)).await;
    client.publish(TOPIC, "{}", 1, 1).await;
    assert_eq!(client.puback().await, (1, 0));
    let page = world.store.quarantine(None, None, store::PageRequest::default()).await.unwrap();
    let row = page.items[0].row;
    let again = ingest::replay(&world.store, row, &AdmissionLimits::default()).await.unwrap();
    assert!(matches!(again.items.as_slice(), [store::ItemStatus::Quarantined { .. }]));
    assert!(world.store.ledger().await.unwrap().balances());
}

#[tokio::test]
async fn large_messages_wait_by_their_bytes() {
    let world = World::with(config(""), Some(Duration::from_millis(5))).await;
    let client = world.client(hello(true)).await;
    let large = format!("\"{}\"", "x".repeat(900_000));
    let mut bytes = Vec::new();
    for id in 1..=40_u16 {
        bytes.extend(client.publish_bytes(TOPIC, &large, 1, id));
    }
    let (mut reader, mut writer) = client.stream.into_split();
    let sent = tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut writer, &bytes).await.unwrap();
        writer
    });
    let mut acknowledged = [0; 40 * 4];
    tokio::io::AsyncReadExt::read_exact(&mut reader, &mut acknowledged).await.unwrap();
    let _open = sent.await.unwrap();
    assert_eq!(world.store.ledger().await.unwrap().quarantined, 40);
}
