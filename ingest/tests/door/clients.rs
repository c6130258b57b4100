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

/// `mosquitto_pub` once, with these arguments besides the usual ones.
async fn mosquitto_pub(world: &World, arguments: &[&str]) -> bool {
    let mut command = tokio_command("mosquitto_pub", world);
    command.args(["-t", TOPIC]).args(arguments);
    tokio::task::spawn_blocking(move || run(&mut command).status.success()).await.unwrap()
}

fn run(command: &mut std::process::Command) -> std::process::Output {
    let program = command.get_program().to_owned();
    command
        .output()
        .unwrap_or_else(|error| panic!("{} cannot be started: {error}; run scripts/setup", program.display()))
}

fn tokio_command(program: &str, world: &World) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &world.addr.port().to_string(), "-u", "hub", "-P", SECRET]);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn mosquitto_s_clients_speak_both_versions_at_every_qos() {
    let world = World::new().await;
    let mut stored = 0;
    for version in ["mqttv311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            stored += 1;
            let text = weight(&format!("{version}-{qos}"));
            assert!(mosquitto_pub(&world, &["-V", version, "-q", qos, "-m", &text]).await, "{version} {qos}");
            world.until(async || world.stored().await == stored).await;
        }
        let id = format!("receipts-{version}");
        let mut sub = tokio_command("mosquitto_sub", &world);
        sub.args(["-V", version, "-t", "hearth/v1/hub/+/receipt", "-q", "1", "-i", &id, "-c", "-C", "1"]);
        if version == "mqttv5" {
            sub.args(["-x", "600"]);
        }
        let sub = tokio::task::spawn_blocking(move || run(&mut sub));
        while !sub.is_finished() {
            assert!(mosquitto_pub(&world, &["-V", version, "-q", "1", "-m", &weight("again")]).await);
        }
        let said = String::from_utf8(sub.await.unwrap().stdout).unwrap();
        assert!(said.contains("\"status\""), "{said}");
        stored = world.stored().await;
        assert!(!mosquitto_pub(&world, &["-V", version, "-q", "1", "-m", "{}", "-P", "wrong"]).await);
        world.until(async || world.metric("hearth_mqtt_connections") == 0).await;
    }
}
