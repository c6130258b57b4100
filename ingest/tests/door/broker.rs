//! The second way in, against mosquitto.

use crate::prompt;
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

/// Far beyond what any machine needs.
const DEADLINE: Duration = Duration::from_secs(120);

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
        let more = std::fs::read_to_string(dir.join("more.conf")).unwrap_or_default();
        let text =
            format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_dest none\n{more}");
        std::fs::write(&config, text).unwrap();
        // Brokers live in /usr/sbin, which is not on everybody's path.
        let path = format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default());
        let mut process = Command::new("mosquitto")
            .env("PATH", path)
            .arg("-c")
            .arg(config)
            .spawn()
            .unwrap_or_else(|error| panic!("mosquitto cannot be started: {error}; run scripts/setup"));
        let began = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = process.try_wait().unwrap() {
                panic!("mosquitto ended with {status}");
            }
            assert!(began.elapsed() < DEADLINE, "mosquitto does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        process
    }

    /// Kills it and starts another, which remembers nothing, with `more` in its configuration.
    fn replace_with(&mut self, more: &str) {
        std::fs::write(self.dir.path().join("more.conf"), more).unwrap();
        self.replace();
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
    let mut world = World { broker, store, fail, health: Health::new(), shutdown: Shutdown::new(), _dir: dir };
    world.start().await;
    world
}

impl World {
    /// Starts ingest, as a new process would on this store.
    async fn start(&mut self) {
        let text = format!("[broker]\nhost = \"127.0.0.1\"\nport = {}\nwindow = 50\n", self.broker.port);
        let mut config: IngestConfig = service_kit::config::load(&text, "test.toml").unwrap();
        config.listen = None;
        (self.health, self.shutdown) = (Health::new(), Shutdown::new());
        let (store, clock) = (Arc::clone(&self.store), Clock::system());
        Ingest::start(&config, store, clock, &Metrics::new(), &self.health, &self.shutdown).await.unwrap();
        self.until(async || self.health.ready()).await;
    }

    async fn prompts(&self) -> usize {
        let hub = vitals::SourceId::new("hub").unwrap();
        self.store.prompts(&hub, 0, Utc::now()).await.unwrap().len()
    }

    /// A hub that is online and listens to prompts.
    fn hub(&self) -> (AsyncClient, EventLoop) {
        let (client, events) = self.device();
        client.try_subscribe("hearth/v1/hub/+/prompt", QoS::AtLeastOnce).unwrap();
        client.try_publish("hearth/v1/hub/status", QoS::AtLeastOnce, true, r#"{"online":true}"#).unwrap();
        (client, events)
    }

    async fn until<F: Future<Output = bool>>(&self, mut what: impl FnMut() -> F) {
        let began = std::time::Instant::now();
        while !what().await {
            assert!(began.elapsed() < DEADLINE, "it never happened");
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
        let receipt = message(events, "hearth/v1/hub/scale/receipt").await;
        receipts.insert(receipt["id"].as_str().unwrap().to_owned());
    }
}

/// The next message, which must be on `topic`.
async fn message(events: &mut EventLoop, topic: &str) -> serde_json::Value {
    let next = async {
        loop {
            if let Ok(Event::Incoming(Packet::Publish(p))) = events.poll().await {
                assert_eq!(&p.topic[..], topic.as_bytes());
                return serde_json::from_slice(&p.payload).unwrap();
            }
        }
    };
    tokio::time::timeout(DEADLINE, next).await.unwrap_or_else(|_| panic!("nothing comes on {topic}"))
}

#[tokio::test]
async fn prompts_go_to_hubs_behind_the_broker_until_it_has_them() {
    const PROMPT: &str = "hearth/v1/hub/scale/prompt";
    let mut world = world().await;
    prompt::enter(&world.store).await;
    let (client, mut events) = world.hub();
    prompt::ask(&world.store, "1").await;
    let first = message(&mut events, PROMPT).await;
    assert_eq!(first["kind"], "body-weight", "{first}");
    world.until(async || world.prompts().await == 0).await;

    // Asked while Hearth is down and the hub is away: the broker keeps it for the hub's session.
    drop((client, events));
    assert_eq!(world.shutdown.drain(Duration::from_secs(30)).await, [""; 0]);
    prompt::ask(&world.store, "2").await;
    world.start().await;
    world.until(async || world.prompts().await == 0).await;
    let (client, mut events) = world.hub();
    let second = message(&mut events, PROMPT).await;
    assert_ne!(second["id"], first["id"]);

    // A broker that has forgotten the hub has nobody to give it to: it stays until the hub is back.
    drop((client, events));
    world.broker.replace();
    world.until(async || !world.health.ready()).await;
    world.until(async || world.health.ready()).await;
    prompt::ask(&world.store, "3").await;
    let (_client, mut events) = world.hub();
    let third = message(&mut events, PROMPT).await;
    assert_ne!(third["id"], second["id"]);
    world.until(async || world.prompts().await == 0).await;
}

#[tokio::test]
async fn readings_come_through_a_broker_and_receipts_go_back() {
    let world = world().await;
    let (client, mut events) = world.device();
    client.try_subscribe("hearth/v1/hub/+/receipt", QoS::AtLeastOnce).unwrap();
    client.try_publish("hearth/v1/hub/status", QoS::AtLeastOnce, true, r#"{"online":true}"#).unwrap();
    publish_all(&client, &mut events, 0..1000).await;
    assert_eq!(world.stored().await, 1000);
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
async fn a_broker_that_grants_too_little_is_named_and_hearth_is_not_ready() {
    let mut world = world().await;
    world.broker.replace_with("max_qos 0\n");
    let reason = async || world.health.report().into_iter().find_map(|part| part.reason).unwrap_or_default();
    world.until(async || reason().await.contains("grants QoS 0 for $share/")).await;
    assert!(!world.health.ready());
    assert!(reason().await.contains("allow QoS 1"), "{}", reason().await);

    world.broker.replace_with("");
    world.until(async || world.health.ready()).await;
}

#[tokio::test]
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
