//! The second way in, against mosquitto: `cargo test -p ingest --test broker -- --ignored`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use chrono::Utc;
use ingest::{Ingest, IngestConfig};
use rumqttc::v5::mqttbytes::{QoS, v5::Packet};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use service_kit::{Clock, Health, Metrics, Shutdown};
use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{SharedStore, SqliteOptions, SqliteStore};

struct Mosquitto {
    process: Child,
    port: u16,
    dir: tempfile::TempDir,
}

impl Mosquitto {
    fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let process = Self::launch(dir.path(), port);
        Self { process, port, dir }
    }

    fn launch(dir: &std::path::Path, port: u16) -> Child {
        let config = dir.join("mosquitto.conf");
        std::fs::write(&config, format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"))
            .unwrap();
        let program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists())
            .expect("mosquitto is not installed");
        let process = Command::new(program).arg("-c").arg(config).spawn().unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        process
    }

    /// Kills it and starts another, which remembers nothing.
    fn replace(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = Self::launch(self.dir.path(), self.port);
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct World {
    broker: Mosquitto,
    store: SharedStore,
    fail: Arc<AtomicBool>,
    health: Health,
    shutdown: Shutdown,
    _dir: tempfile::TempDir,
}

async fn world() -> World {
    let broker = Mosquitto::start();
    let dir = tempfile::tempdir().unwrap();
    let fail = Arc::new(AtomicBool::new(false));
    let mut options = SqliteOptions::new(dir.path().join("hearth.db"), Arc::new(Utc::now));
    options.fail_commit = Some(Arc::clone(&fail));
    let store: SharedStore = Arc::new(SqliteStore::open(options).unwrap());
    let text = format!("[broker]\nhost = \"127.0.0.1\"\nport = {}\nwindow = 50\n", broker.port);
    let mut config: IngestConfig = service_kit::config::load(&text, "test.toml").unwrap();
    config.listen = None;
    let (health, shutdown) = (Health::new(), Shutdown::new());
    Ingest::start(&config, Arc::clone(&store), Clock::system(), &Metrics::new(), &health, &shutdown).await.unwrap();
    let world = World { broker, store, fail, health, shutdown, _dir: dir };
    world.until(async || world.health.ready()).await;
    world
}

impl World {
    async fn until<F: Future<Output = bool>>(&self, mut what: impl FnMut() -> F) {
        while !what().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn device(&self) -> (AsyncClient, EventLoop) {
        let mut options = MqttOptions::new("device", "127.0.0.1", self.broker.port);
        options.set_clean_start(false).set_session_expiry_interval(Some(600));
        AsyncClient::new(options, 2_000)
    }

    async fn stored(&self) -> u64 {
        let ledger = self.store.ledger().await.unwrap();
        assert!(ledger.balances());
        ledger.stored
    }
}

fn weight(id: usize) -> String {
    let at = Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    format!(
        r#"{{"id":"{id}","kind":"body-weight","measured_at":"{at}","values":{{"weight":{{"value":80.1,"unit":"kg"}}}}}}"#
    )
}

/// Publishes and collects the ids in the receipts until all are there.
async fn publish_all(client: &AsyncClient, events: &mut EventLoop, ids: std::ops::Range<usize>) {
    for id in ids.clone() {
        client.try_publish("hearth/v1/hub/scale/reading", QoS::AtLeastOnce, false, weight(id)).unwrap();
    }
    let mut receipts = BTreeSet::new();
    while receipts.len() < ids.len() {
        if let Ok(Event::Incoming(Packet::Publish(p))) = events.poll().await {
            assert_eq!(&p.topic[..], b"hearth/v1/hub/scale/receipt");
            let receipt: serde_json::Value = serde_json::from_slice(&p.payload).unwrap();
            receipts.insert(receipt["id"].as_str().unwrap().to_owned());
        }
    }
}

#[tokio::test]
#[ignore = "needs mosquitto"]
async fn readings_come_through_a_broker_and_receipts_go_back() {
    let world = world().await;
    let (client, mut events) = world.device();
    client.try_subscribe("hearth/v1/hub/+/receipt", QoS::AtLeastOnce).unwrap();
    client.try_publish("hearth/v1/hub/status", QoS::AtLeastOnce, true, r#"{"online":true}"#).unwrap();
    publish_all(&client, &mut events, 0..1_000).await;
    assert_eq!(world.stored().await, 1_000);
    assert_eq!(world.store.statuses().await.unwrap().len(), 1);
    client.try_publish("hearth/v1/hub/a b/reading", QoS::AtLeastOnce, false, weight(1)).unwrap();
    let pumped = tokio::spawn(async move {
        loop {
            let _ = events.poll().await;
        }
    });
    world.until(async || world.store.ledger().await.unwrap().quarantined == 1).await;
    pumped.abort();
    assert_eq!(world.shutdown.drain(Duration::from_secs(10)).await, [""; 0]);
}

#[tokio::test]
#[ignore = "needs mosquitto"]
async fn a_failed_commit_is_not_acknowledged_and_comes_again() {
    let world = world().await;
    let (client, mut events) = world.device();
    client.try_subscribe("hearth/v1/hub/+/receipt", QoS::AtLeastOnce).unwrap();
    publish_all(&client, &mut events, 0..1).await;
    world.fail.store(true, Ordering::SeqCst);
    for id in 1..200 {
        client.try_publish("hearth/v1/hub/scale/reading", QoS::AtLeastOnce, false, weight(id)).unwrap();
    }
    tokio::spawn(async move {
        loop {
            let _ = events.poll().await;
        }
    });
    world.until(async || !world.health.ready()).await;
    world.fail.store(false, Ordering::SeqCst);
    world.until(async || world.stored().await == 200).await;
}

#[tokio::test]
#[ignore = "needs mosquitto"]
async fn a_broker_that_forgot_everything_is_subscribed_to_again() {
    let mut world = world().await;
    let (client, mut events) = world.device();
    client.try_subscribe("hearth/v1/hub/+/receipt", QoS::AtLeastOnce).unwrap();
    publish_all(&client, &mut events, 0..10).await;
    world.broker.replace();
    world.until(async || !world.health.ready()).await;
    world.until(async || world.health.ready()).await;
    let (client, mut events) = world.device();
    client.try_subscribe("hearth/v1/hub/+/receipt", QoS::AtLeastOnce).unwrap();
    publish_all(&client, &mut events, 10..20).await;
    assert_eq!(world.stored().await, 20);
}
