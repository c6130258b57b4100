//! A door over a real store in a temporary folder, and clients that say exactly what a test wants.

use chrono::{DateTime, TimeDelta, Utc};
use ingest::{Ingest, IngestConfig};
use service_kit::{Clock, Health, Metrics, Shutdown};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use store::{SharedStore, SourceKind, SqliteOptions, SqliteStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitals::SourceId;

pub const SECRET: &str = "correct horse battery staple";

/// Hearth, as far as MQTT is concerned.
pub struct World {
    pub store: SharedStore,
    pub addr: SocketAddr,
    pub metrics: Metrics,
    pub fail: Arc<AtomicBool>,
    shutdown: Shutdown,
    config: IngestConfig,
    delay: Option<Duration>,
    dir: Arc<tempfile::TempDir>,
}

pub fn config(text: &str) -> IngestConfig {
    service_kit::config::load(&format!("listen = \"127.0.0.1:0\"\n{text}"), "test.toml").unwrap()
}

impl World {
    pub async fn new() -> Self {
        Self::with(config(""), None).await
    }

    pub async fn with(config: IngestConfig, delay: Option<Duration>) -> Self {
        let world = Self::open(config, delay, Arc::new(tempfile::tempdir().unwrap())).await;
        world.add("hub", SourceKind::Gateway).await;
        world
    }

    async fn open(config: IngestConfig, delay: Option<Duration>, dir: Arc<tempfile::TempDir>) -> Self {
        let fail = Arc::new(AtomicBool::new(false));
        let mut options = SqliteOptions::new(dir.path().join("hearth.db"), Arc::new(Utc::now));
        options.commit_delay = delay;
        options.fail_commit = Some(Arc::clone(&fail));
        let store: SharedStore = Arc::new(SqliteStore::open(options).unwrap());
        let (metrics, shutdown) = (Metrics::new(), Shutdown::new());
        let handle = Ingest::start(&config, Arc::clone(&store), Clock::system(), &metrics, &Health::new(), &shutdown)
            .await
            .unwrap();
        let addr = handle.local_addr.unwrap();
        Self { store, addr, metrics, fail, shutdown, config, delay, dir }
    }

    pub async fn add(&self, id: &str, kind: SourceKind) {
        let secret = Sha256::digest(SECRET).into();
        self.store.add_source(&SourceId::new(id).unwrap(), kind, secret, &care::Actor::hearth()).await.unwrap();
    }

    /// Stops in good order; the names of what did not.
    pub async fn stop(&self) -> Vec<&'static str> {
        let late = self.shutdown.drain(Duration::from_secs(30)).await;
        self.store.close(TimeDelta::seconds(30)).await.unwrap();
        late
    }

    /// Stops, and starts over the same file.
    pub async fn restart(self) -> Self {
        assert_eq!(self.stop().await, [""; 0]);
        let Self { config, delay, dir, store, .. } = self;
        drop(store);
        Self::open(config, delay, dir).await
    }

    /// What a process finds that starts after this one was killed: the store's files as they are now.
    pub async fn crash(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.dir.path()).unwrap().map(Result::unwrap) {
            std::fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
        }
        Self::open(self.config.clone(), self.delay, Arc::new(dir)).await
    }

    pub async fn stored(&self) -> u64 {
        let ledger = self.store.ledger().await.unwrap();
        assert!(ledger.balances());
        ledger.stored
    }

    /// The value of a metric's line that starts with `name`.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.metrics.encode();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or("x 0");
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until something that another task does is done.
    pub async fn until<F: Future<Output = bool>>(&self, mut what: impl FnMut() -> F) {
        let patience = tokio::time::timeout(Duration::from_secs(3600), async {
            while !what().await {
                tokio::task::yield_now().await;
            }
        });
        patience.await.expect("it never happened");
    }

    pub async fn client(&self, hello: Hello) -> Raw {
        let (raw, present, code) = self.try_client(hello).await;
        assert_eq!((present, code), (false, 0));
        raw
    }

    /// The client, whether its session was present, and the code.
    pub async fn try_client(&self, hello: Hello) -> (Raw, bool, u8) {
        let mut raw = Raw { stream: TcpStream::connect(self.addr).await.unwrap(), v5: hello.v5 };
        raw.send(&hello.bytes()).await;
        let (kind, body) = raw.frame().await.expect("an answer to CONNECT");
        assert_eq!(kind, 0x20);
        (raw, body[0] == 1, body[1])
    }
}

/// CONNECT.
#[derive(Clone)]
pub struct Hello {
    pub v5: bool,
    pub id: &'static str,
    pub clean: bool,
    pub keep_alive: u16,
    pub user: &'static str,
    pub password: &'static str,
    pub expiry: Option<u32>,
    /// topic, payload, delay
    pub will: Option<(&'static str, &'static str, u32)>,
}

pub fn hello(v5: bool) -> Hello {
    Hello { v5, id: "c", clean: true, keep_alive: 0, user: "hub", password: SECRET, expiry: None, will: None }
}

impl Hello {
    /// With a session that outlives the connection.
    pub fn lasting(self) -> Self {
        Self { clean: false, expiry: self.v5.then_some(3600), ..self }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let will_flag = if self.will.is_some() { 0x04 | 0x20 | 0x08 } else { 0 };
        let flags = 0xC0 | will_flag | if self.clean { 0x02 } else { 0 };
        let mut body = text("MQTT");
        body.extend([if self.v5 { 5 } else { 4 }, flags]);
        body.extend(self.keep_alive.to_be_bytes());
        if self.v5 {
            match self.expiry {
                None => body.push(0),
                Some(seconds) => {
                    body.extend([5, 17]);
                    body.extend(seconds.to_be_bytes());
                }
            }
        }
        body.extend(text(self.id));
        if let Some((topic, payload, delay)) = self.will {
            if self.v5 {
                body.extend([5, 24]);
                body.extend(delay.to_be_bytes());
            }
            body.extend(text(topic));
            body.extend(text(payload));
        }
        body.extend(text(self.user));
        body.extend(text(self.password));
        packet(0x10, &body)
    }
}

/// A client that is no more than a socket.
pub struct Raw {
    pub stream: TcpStream,
    pub v5: bool,
}

impl Raw {
    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// First byte and body of the next packet; `None` at the end of the stream.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = self.stream.read_u8().await.ok()?;
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let byte = self.stream.read_u8().await.ok()?;
            length |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        Some((first, body))
    }

    pub fn publish_bytes(&self, topic: &str, payload: &str, qos: u8, id: u16) -> Vec<u8> {
        let mut body = text(topic);
        if qos > 0 {
            body.extend(id.to_be_bytes());
        }
        if self.v5 {
            body.push(0);
        }
        body.extend(payload.as_bytes());
        packet(0x30 | (qos << 1), &body)
    }

    pub async fn publish(&mut self, topic: &str, payload: &str, qos: u8, id: u16) {
        let bytes = self.publish_bytes(topic, payload, qos, id);
        self.send(&bytes).await;
    }

    /// Subscribes at QoS 1; the codes.
    pub async fn subscribe(&mut self, filters: &[&str]) -> Vec<u8> {
        let mut body = vec![0, 77];
        if self.v5 {
            body.push(0);
        }
        for filter in filters {
            body.extend(text(filter));
            body.push(1);
        }
        self.send(&packet(0x82, &body)).await;
        let (kind, answer) = self.frame().await.expect("SUBACK");
        assert_eq!((kind, &answer[..2]), (0x90, &[0, 77][..]));
        answer[if self.v5 { 3 } else { 2 }..].to_vec()
    }

    /// The next packet is a PUBACK: id and code.
    pub async fn puback(&mut self) -> (u16, u8) {
        let (kind, body) = self.frame().await.expect("PUBACK");
        assert_eq!(kind, 0x40);
        (u16::from_be_bytes([body[0], body[1]]), body.get(2).copied().unwrap_or(0))
    }

    /// The next packet is a message: whether it is marked as repeated, topic, id, payload. It is acknowledged
    /// only if `ack`.
    pub async fn message(&mut self, ack: bool) -> (bool, String, u16, String) {
        let (kind, body) = self.frame().await.expect("a message");
        assert_eq!(kind & 0xF6, 0x32, "QoS 1");
        let topic = usize::from(u16::from_be_bytes([body[0], body[1]])) + 2;
        let id = [body[topic], body[topic + 1]];
        let payload = topic + 2 + usize::from(self.v5);
        if ack {
            self.send(&[0x40, 2, id[0], id[1]]).await;
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (kind & 8 != 0, text(&body[2..topic]), u16::from_be_bytes(id), text(&body[payload..]))
    }

    /// The stream ends; the code of a DISCONNECT before that.
    pub async fn ends(&mut self) -> Option<u8> {
        match self.frame().await {
            None => None,
            Some((0xE0, body)) => {
                assert!(self.frame().await.is_none());
                Some(body.first().copied().unwrap_or(0))
            }
            Some(other) => panic!("unexpected {other:?}"),
        }
    }

    pub async fn goodbye(mut self) {
        self.send(&[0xE0, 0]).await;
        assert!(self.frame().await.is_none());
    }
}

pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut length = body.len();
    loop {
        let byte = u8::try_from(length % 128).unwrap();
        length /= 128;
        bytes.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

pub const TOPIC: &str = "hearth/v1/hub/scale/reading";

pub fn weight(id: &str) -> String {
    weight_at(id, Utc::now())
}

pub fn weight_at(id: &str, at: DateTime<Utc>) -> String {
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    format!(
        r#"{{"id":"{id}","kind":"body-weight","measured_at":"{at}","values":{{"weight":{{"value":80.1,"unit":"kg"}}}}}}"#
    )
}
