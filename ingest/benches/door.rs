//! Acknowledged readings a second, receipts subscribed, publishers in the same process: `cargo bench -p ingest`.
//! `CONNECTIONS`, `WINDOW` and `SECONDS` change what is measured; `IDLE=5000` measures memory instead.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark"
)]

use chrono::Utc;
use ingest::{Ingest, IngestConfig};
use service_kit::{Clock, Health, Metrics, Shutdown};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{SharedStore, SourceKind, SqliteOptions, SqliteStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitals::SourceId;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new(dir.path().join("bench.db"), Arc::new(Utc::now));
    let store: SharedStore = Arc::new(SqliteStore::open(options).unwrap());
    let text = "listen = \"127.0.0.1:0\"\n[limits]\nreadings_per_second = 4000000000\nburst = 4000000000\nconnections_per_source = 100000\n";
    let config: IngestConfig = service_kit::config::load(text, "bench.toml").unwrap();
    let (metrics, shutdown) = (Metrics::new(), Shutdown::new());
    let handle =
        Ingest::start(&config, Arc::clone(&store), Clock::system(), &metrics, &Health::new(), &shutdown).await.unwrap();
    let addr = handle.local_addr.unwrap();
    let idle = setting("IDLE", 0);
    if idle > 0 {
        return memory(&store, addr, idle).await;
    }
    let (connections, window) = (setting("CONNECTIONS", 10), setting("WINDOW", 100));
    let seconds = u64::try_from(setting("SECONDS", 5)).unwrap();
    let (acknowledged, receipts) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for n in 0..connections {
        add(&store, &format!("hub{n}")).await;
        let count = [Arc::clone(&acknowledged), Arc::clone(&receipts)];
        tasks.push(tokio::spawn(publisher(addr, n, window, count, Arc::clone(&stop))));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (before, began) = (acknowledged.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let rate = (acknowledged.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    let ledger = store.ledger().await.unwrap();
    println!("{connections} connections, window {window}: {rate:.0} acknowledged readings/s");
    println!(
        "acknowledged {} receipts {} {ledger:?}",
        acknowledged.load(Ordering::Relaxed),
        receipts.load(Ordering::Relaxed)
    );
    let text = metrics.encode();
    for line in text.lines().filter(|l| l.contains("commits_total") || l.contains("dropped_total")) {
        println!("{line}");
    }
}

async fn add(store: &SharedStore, id: &str) {
    let secret = Sha256::digest("secret").into();
    store.add_source(&SourceId::new(id).unwrap(), SourceKind::Gateway, secret, &care::Actor::hearth()).await.unwrap();
}

async fn open(addr: SocketAddr, user: &str, id: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut body = field("MQTT");
    body.extend([4, 0xC2, 0, 0]);
    for part in [id, user, "secret"] {
        body.extend(field(part));
    }
    stream.write_all(&packet(0x10, &body)).await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [0x20, 2, 0, 0]);
    stream
}

async fn publisher(addr: SocketAddr, n: usize, window: usize, count: [Arc<AtomicU64>; 2], stop: Arc<AtomicBool>) {
    let user = format!("hub{n}");
    let mut stream = open(addr, &user, "bench").await;
    let mut body = vec![0, 1];
    body.extend(field(&format!("hearth/v1/{user}/+/receipt")));
    body.push(1);
    stream.write_all(&packet(0x82, &body)).await.unwrap();
    let (mut buffer, mut held, mut next, mut flying) = (vec![0; 64 * 1024], Vec::new(), 0_u64, 0_usize);
    let mut out = Vec::new();
    let topic = field(&format!("hearth/v1/{user}/scale/reading"));
    loop {
        let go_on = !stop.load(Ordering::Relaxed);
        while go_on && flying < window {
            next += 1;
            flying += 1;
            let id = u16::try_from(next % 65_000 + 1).unwrap();
            let at = Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            let mut body = topic.clone();
            body.extend(id.to_be_bytes());
            body.extend(format!(r#"{{"id":"0193a2c4-7d1e-7cc1-9d0a-{next:012}","kind":"blood-pressure","measured_at":"{at}","values":{{"systolic":{{"value":128,"unit":"mm[Hg]"}},"diastolic":{{"value":82,"unit":"mm[Hg]"}},"pulse":{{"value":71,"unit":"/min"}}}},"battery":80}}"#).bytes());
            out.extend(packet(0x32, &body));
        }
        if !out.is_empty() {
            stream.write_all(&out).await.unwrap();
            out.clear();
        }
        if !go_on && flying == 0 {
            return;
        }
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "closed");
        held.extend_from_slice(&buffer[..read]);
        let mut at = 0;
        while let Some((first, start, end)) = frame(&held[at..]) {
            match first & 0xF0 {
                0x40 => {
                    flying -= 1;
                    count[0].fetch_add(1, Ordering::Relaxed);
                }
                0x30 => {
                    let body = &held[at + start..at + end];
                    let topic = usize::from(u16::from_be_bytes([body[0], body[1]])) + 2;
                    out.extend([0x40, 2, body[topic], body[topic + 1]]);
                    count[1].fetch_add(1, Ordering::Relaxed);
                }
                _ => {}
            }
            at += end;
        }
        held.drain(..at);
    }
}

/// First byte, start and end of the first packet in `bytes`.
fn frame(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (mut length, mut at) = (0_usize, 1);
    loop {
        let byte = *bytes.get(at)?;
        length |= usize::from(byte & 0x7F) << (7 * (at - 1));
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    (bytes.len() >= at + length).then_some((bytes[0], at, at + length))
}

async fn memory(store: &SharedStore, addr: SocketAddr, idle: usize) {
    add(store, "hub").await;
    let mut open_ones = vec![open(addr, "hub", "first").await];
    let before = resident();
    for n in 0..idle {
        open_ones.push(open(addr, "hub", &format!("c{n}")).await);
    }
    let after = resident();
    println!(
        "{idle} idle connections: {after} KB resident, {} B each with the client's socket",
        (after - before) * 1024 / idle
    );
    drop(open_ones);
}

/// In KB.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn field(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
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
