//! rumqttc, both versions, as devices use it.

use crate::world::{SECRET, TOPIC, World, weight};
use std::collections::BTreeSet;
use std::time::Duration;

const MESSAGES: usize = 1_000;

#[tokio::test]
async fn rumqttc_3_1_1_gets_every_acknowledgement_and_receipt() {
    use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
    let world = World::new().await;
    let mut options = MqttOptions::new("device", "127.0.0.1", world.addr.port());
    options.set_credentials("hub", SECRET).set_keep_alive(Duration::from_secs(30)).set_clean_session(false);
    let (client, mut events) = AsyncClient::new(options, 10);
    client.subscribe("hearth/v1/hub/+/receipt", QoS::AtLeastOnce).await.unwrap();
    tokio::spawn(async move {
        for id in 0..MESSAGES {
            client.publish(TOPIC, QoS::AtLeastOnce, false, weight(&id.to_string())).await.unwrap();
        }
        std::future::pending::<()>().await;
    });
    let (mut acknowledged, mut receipts) = (0, BTreeSet::new());
    while acknowledged < MESSAGES || receipts.len() < MESSAGES {
        match events.poll().await.unwrap() {
            Event::Incoming(Packet::PubAck(_)) => acknowledged += 1,
            Event::Incoming(Packet::Publish(p)) => {
                let receipt: serde_json::Value = serde_json::from_slice(&p.payload).unwrap();
                receipts.insert(receipt["id"].as_str().unwrap().to_owned());
            }
            _ => {}
        }
    }
    assert_eq!(world.stored().await, MESSAGES as u64);
}

#[tokio::test]
async fn rumqttc_5_gets_every_acknowledgement_and_receipt() {
    use rumqttc::v5::mqttbytes::{QoS, v5::Packet};
    use rumqttc::v5::{AsyncClient, Event, MqttOptions};
    let world = World::new().await;
    let mut options = MqttOptions::new("device", "127.0.0.1", world.addr.port());
    options.set_credentials("hub", SECRET).set_clean_start(false).set_receive_maximum(Some(20));
    options.set_session_expiry_interval(Some(600));
    let (client, mut events) = AsyncClient::new(options, 10);
    client.subscribe("hearth/v1/hub/+/receipt", QoS::AtLeastOnce).await.unwrap();
    tokio::spawn(async move {
        for id in 0..MESSAGES {
            client.publish(TOPIC, QoS::AtLeastOnce, false, weight(&id.to_string())).await.unwrap();
        }
        std::future::pending::<()>().await;
    });
    let (mut acknowledged, mut receipts) = (0, BTreeSet::new());
    while acknowledged < MESSAGES || receipts.len() < MESSAGES {
        match events.poll().await.unwrap() {
            Event::Incoming(Packet::PubAck(_)) => acknowledged += 1,
            Event::Incoming(Packet::Publish(p)) => {
                let receipt: serde_json::Value = serde_json::from_slice(&p.payload).unwrap();
                receipts.insert(receipt["id"].as_str().unwrap().to_owned());
            }
            _ => {}
        }
    }
    assert_eq!(world.stored().await, MESSAGES as u64);
}
