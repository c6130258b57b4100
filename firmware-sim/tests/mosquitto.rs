//! The fleet and the replay against a broker that we did not write, with a stand-in for the other side.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use firmware_sim::mqtt::{self, Heard, LinkOptions};
use firmware_sim::replay::{Replay, Speed, send};
use firmware_sim::{Broker, Cohort, Credentials, LiveFleet, LiveOptions, Protocol, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vitals::{DeviceId, DeviceRef, Kind, ReceivedAt, SourceId};
use wire::{Ask, Channel, Prompt, Receipt, ReceiptStatus, Receipts, Topic};

/// A broker of its own on a free port; `None` where mosquitto is not installed.
struct Mosquitto {
    process: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

async fn mosquitto() -> Option<Mosquitto> {
    let dir = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = dir.path().join("mosquitto.conf");
    std::fs::write(&config, format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"))
        .unwrap();
    let program = ["/usr/sbin/mosquitto", "mosquitto"].into_iter();
    let mut started = program.filter_map(|p| {
        Command::new(p).arg("-c").arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
    });
    let process = started.next()?;
    let broker = Mosquitto { process, port, _dir: dir };
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(broker)
}

/// What the other side has: ids by device, how often each arrived, statuses by source.
#[derive(Clone, Default)]
struct Received {
    ids: BTreeMap<(DeviceRef, String), usize>,
    statuses: BTreeMap<String, String>,
}

/// Answers every message with receipts; every seventh publish stays without one, as a crash would have it.
fn other_side(broker: Broker) -> watch::Receiver<Received> {
    let (tell, told) = watch::channel(Received::default());
    tokio::spawn(async move {
        let options =
            LinkOptions { client_id: "other-side".to_owned(), login: None, clean: true, in_flight: 1000, will: None };
        let (client, mut events) = mqtt::open(&broker, &options);
        let mut publishes = 0_u32;
        loop {
            match events.poll().await.unwrap() {
                Heard::Connected { .. } => {
                    for filter in Topic::INBOUND_FILTERS.into_iter().chain([Topic::STATUS_FILTER]) {
                        client.subscribe(filter).unwrap();
                    }
                }
                Heard::Publish { topic, payload } => match Topic::parse(&topic).unwrap() {
                    Topic::Status { source } => {
                        let text = String::from_utf8(payload.to_vec()).unwrap();
                        tell.send_modify(|r| drop(r.statuses.insert(source.to_string(), text)));
                    }
                    Topic::Device { device, channel } => {
                        publishes += 1;
                        let mut ids = ids(&device, &channel, &payload);
                        tell.send_modify(|r| {
                            for id in &ids {
                                *r.ids.entry((device.clone(), id.clone())).or_default() += 1;
                            }
                        });
                        let receipt = |id: String| Receipt {
                            id: Some(id),
                            status: ReceiptStatus::Stored,
                            reason: None,
                            received_at: ReceivedAt("2026-11-21T10:00:00Z".parse().unwrap()),
                        };
                        let receipts = match payload.first() {
                            Some(b'[') => Receipts::Many(ids.into_iter().map(receipt).collect()),
                            _ => Receipts::One(receipt(ids.swap_remove(0))),
                        };
                        if ["hub-002", "hub-012"].contains(&device.source.as_str()) {
                            client.publish(&prompt_topic(&device), prompt(&device).write(), false).unwrap();
                        }
                        if !publishes.is_multiple_of(7) {
                            let topic = Topic::device(device, Channel::Receipt).to_string();
                            client.publish(&topic, receipts.write(), false).unwrap();
                        }
                    }
                },
                _ => {}
            }
        }
    });
    told
}

fn prompt_topic(device: &DeviceRef) -> String {
    Topic::device(device.clone(), Channel::Prompt).to_string()
}

/// One that is asked again at every message, and to be answered once.
fn prompt(device: &DeviceRef) -> Prompt {
    let kind = if device.device.as_str().starts_with("cuff") { Kind::BloodPressure } else { Kind::BodyWeight };
    let asked_at = chrono::Utc::now();
    let until = asked_at + chrono::TimeDelta::days(1);
    Prompt { id: device.to_string(), ask: Ask::Repeat, kind, user_slot: None, asked_at, until }
}

fn ids(device: &DeviceRef, channel: &Channel, payload: &[u8]) -> Vec<String> {
    let text = |id: &vitals::ReadingId| id.as_str().to_owned();
    match channel {
        Channel::Gatt => {
            let batch = wire::gatt::parse_payload(payload);
            batch.elements.into_iter().map(|e| text(&e.parsed.unwrap().envelope.id.unwrap())).collect()
        }
        _ => {
            let batch = wire::reading::parse_payload(device, payload);
            batch.elements.into_iter().map(|e| text(&e.parsed.unwrap().reading.key.id)).collect()
        }
    }
}

/// Runs faster than the wall clock, so that minutes of a fleet fit into a test.
fn fast_clock(times: i32) -> firmware_sim::Clock {
    let begun = chrono::Utc::now();
    Arc::new(move || begun + (chrono::Utc::now() - begun) * times)
}

async fn until<T: Clone>(told: &mut watch::Receiver<T>, enough: impl FnMut(&T) -> bool) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(60), told.wait_for(enough)).await;
    waited.unwrap_or_else(|_| panic!("not within a minute")).unwrap().clone()
}

async fn a_replay_is_complete(protocol: Protocol) {
    let Some(mosquitto) = mosquitto().await else { return };
    let broker = Broker::parse(&format!("127.0.0.1:{}", mosquitto.port), protocol).unwrap();
    let mut received = other_side(broker.clone());
    let device = DeviceRef { source: SourceId::new("vendor").unwrap(), device: DeviceId::new("cgm").unwrap() };
    let offset = "+01:00".parse().unwrap();
    let trace: &[u8] = include_bytes!("../traces/cgm-adolescent-003.csv");
    let readings = Replay { device, offset, start: None }.readings(trace).unwrap();
    let expected: BTreeSet<_> = readings.iter().map(|r| (r.device_ref(), r.key.id.as_str().to_owned())).collect();
    let (tell, mut report) = watch::channel(Report::default());
    let sending =
        tokio::spawn(send(broker, None, readings, Speed::Max, fast_clock(20), tell, CancellationToken::new()));
    let count = u64::try_from(expected.len()).unwrap();
    until(&mut report, |r| r.counts.stored == count && r.depth == 0).await;
    sending.await.unwrap();
    let received = until(&mut received, |r| r.ids.len() == expected.len()).await;
    assert_eq!(received.ids.into_keys().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn a_replay_is_complete_with_mqtt_5() {
    a_replay_is_complete(Protocol::V5).await;
}

#[tokio::test]
async fn a_replay_is_complete_with_mqtt_3() {
    a_replay_is_complete(Protocol::V311).await;
}

#[tokio::test]
async fn a_fleet_lives() {
    let Some(mosquitto) = mosquitto().await else { return };
    let broker = Broker::parse(&format!("127.0.0.1:{}", mosquitto.port), Protocol::V5).unwrap();
    let mut received = other_side(broker.clone());
    let clock = fast_clock(10);
    let cohort = Arc::new(Cohort::new(3, 24, clock()));
    let fleet = LiveFleet::start(&broker, &Credentials::new(), cohort.clone(), LiveOptions::default(), clock).unwrap();
    let of = |r: &Received, source: &str| r.ids.keys().filter(|(d, _)| d.source.as_str() == source).count();
    // The story's three days, the scenes, a crisis and a suitcase measured again, and every hub's status.
    let hubs = cohort.homes().iter().filter(|h| h.kind == firmware_sim::HomeKind::Gateway).count();
    until(&mut received, |r| {
        of(r, "hub-001") == 3
            && of(r, "hub-002") >= 2
            && of(r, "hub-012") >= 2
            && ["hub-003", "hub-004", "hub-008", "vendor-1"].iter().all(|s| of(r, s) > 0)
            && r.statuses.len() == hubs
            && r.ids.len() > 20
    })
    .await;
    assert_eq!(fleet.stats().answered, 2, "each prompt once, however often it comes: {:?}", fleet.stats());
    fleet.stop().await;
    let last = until(&mut received, |r| r.statuses.values().all(|s| s.contains(r#""online":false"#))).await;
    assert_eq!(last.statuses.len(), hubs);
}
