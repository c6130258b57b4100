//! Who was seen when: sources, their devices, and hubs that go without a word.

use chrono::{DateTime, Utc};
use hearth_tests::{Hearth, Publish, until};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, LastWillProperties, Packet};
use rumqttc::v5::{Client, Event, MqttOptions};
use serde_json::Value;

use super::{Bench, SOURCE, weight};

/// Microseconds since 1970, which is what the store keeps.
fn time(value: &Value) -> i64 {
    let time: DateTime<Utc> = value.as_str().unwrap_or_else(|| panic!("a time, not {value}")).parse().unwrap();
    time.timestamp_micros()
}

#[test]
fn what_was_acknowledged_is_seen_at_once() {
    let mut bench = Bench::new();
    for n in 0..5 {
        let receipt = bench.vendor.ask(&Publish::reading("scale", weight(&format!("w{n}"), Utc::now(), 80.0)));
        let received = time(&receipt["received_at"]);
        let source = bench.api.all("/sources").into_iter().find(|s| s["id"] == SOURCE).unwrap();
        assert!(time(&source["last_seen"]) >= received, "{source}, {receipt}");
        let device = bench.api.all("/devices").remove(0);
        assert!(time(&device["last_seen"]) >= received, "{device}, {receipt}");
    }
}

/// Longer than it takes to kill the process after the hub has gone.
const DELAY: u32 = 5;

#[test]
fn a_kill_does_not_swallow_a_last_will() {
    let mut hearth = Hearth::serve("");
    let api = hearth.api();
    let password = api.add_source("hub-1", "gateway");
    let online = || api.all("/sources").remove(0)["status"]["online"].clone();
    {
        let mut options = MqttOptions::new("hub", hearth.mqtt.ip().to_string(), hearth.mqtt.port());
        options.set_credentials("hub-1", &password).set_clean_start(false).set_session_expiry_interval(Some(600));
        let will = LastWillProperties {
            delay_interval: Some(DELAY),
            payload_format_indicator: None,
            message_expiry_interval: None,
            content_type: None,
            response_topic: None,
            correlation_data: None,
            user_properties: vec![],
        };
        let status = "hearth/v1/hub-1/status";
        options.set_last_will(LastWill::new(status, r#"{"online":false}"#, QoS::AtLeastOnce, true, Some(will)));
        let (client, mut connection) = Client::new(options, 10);
        client.publish(status, QoS::AtLeastOnce, true, r#"{"online":true}"#).unwrap();
        let acknowledged = |event| matches!(event, Ok(Event::Incoming(Packet::PubAck(_))));
        assert!(connection.iter().any(acknowledged), "the status is kept");
        assert_eq!(online(), true);
    }
    // The hub's connection is gone, without a goodbye.
    let connections = || {
        let metrics = api.get("/metrics").text;
        let line = metrics.lines().find(|line| line.starts_with("hearth_mqtt_connections ")).unwrap().to_owned();
        line.rsplit(' ').next().unwrap() == "0"
    };
    until("Hearth has noticed", || connections().then_some(()));
    hearth.kill();
    hearth.restart();
    until("the will is said", || (online() == false).then_some(()));
}
