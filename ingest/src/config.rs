//! What an operator may set. Every default is written down here, once.

use crate::admission::AdmissionLimits;
use serde::Deserialize;
use service_kit::Secret;
use service_kit::config::{Bytes, Span};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Both ways in. Without a section the own endpoint listens on 127.0.0.1:1883, without TLS, and no broker is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestConfig {
    /// where the own endpoint listens without TLS; `None` for not at all
    pub listen: Option<SocketAddr>,
    /// where it listens with TLS
    pub tls: Option<TlsConfig>,
    /// bounds of everything that could grow
    pub limits: Limits,
    /// the second way in: a broker that you already run
    pub broker: Option<BrokerConfig>,
    /// readings measured longer ago than this when they arrive are backlog and let fresh ones pass; 10 min
    pub backlog_after: Span,
    /// how long the drain waits for commits and clients; 10 s
    pub drain: Span,
    /// what readings may be; it holds for every way in, so it is a section of its own
    #[serde(skip)]
    pub admission: AdmissionLimits,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 1883))),
            tls: None,
            limits: Limits::default(),
            broker: None,
            backlog_after: minutes(10),
            drain: seconds(10),
            admission: AdmissionLimits::default(),
        }
    }
}

/// The TLS listener. TLS 1.2 and 1.3; client certificates are not asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// address and port, customarily 8883
    pub listen: SocketAddr,
    /// PEM file with the certificate chain, leaf first
    pub certificate: PathBuf,
    /// PEM file with its private key
    pub key: PathBuf,
}

/// Bounds of the own endpoint. A queue that is full makes its sender wait, receipts excepted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// open connections; further ones wait in the listen backlog; 20,000
    pub connections: u32,
    /// connections of one source; further ones are refused (3 / 0x97); 64
    pub connections_per_source: u32,
    /// largest packet, before CONNECT too; 1 MiB
    pub packet: Bytes,
    /// readings per second and source; 2,000
    pub readings_per_second: u32,
    /// how far a source may run ahead of that; 10,000 readings
    pub burst: u32,
    /// from the TCP connection to CONNECT; 10 s
    pub connect: Span,
    /// a client that takes nothing for this long is closed; 20 s
    pub write: Span,
    /// messages of one connection between the socket and the commit; 4,096
    pub in_flight: u32,
    /// items between all sockets and the writer; a quarter of it is the most that backlog takes; 32,768
    pub queue: u32,
    /// messages to one session that it has not acknowledged; 1,000
    pub window: u16,
    /// receipts and prompts that wait for one session, or for the broker; more receipts are dropped and counted; 10,000
    pub receipts: u32,
    /// persistent sessions of one source; the oldest disconnected ones are forgotten; 16
    pub sessions_per_source: u32,
    /// how long a persistent session outlives its connection at most; 30 d
    pub session_age: Span,
    /// filters of one session; 64
    pub subscriptions: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_source: 64,
            packet: Bytes(1 << 20),
            readings_per_second: 2_000,
            burst: 10_000,
            connect: seconds(10),
            write: seconds(20),
            in_flight: 4_096,
            queue: 32_768,
            window: 1_000,
            receipts: 10_000,
            sessions_per_source: 16,
            session_age: minutes(30 * 24 * 60),
            subscriptions: 64,
        }
    }
}

/// A broker to subscribe to. Its access rules must make `{source}` true, and it must keep persistent sessions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerConfig {
    /// host name or address
    pub host: String,
    /// port; 1883, or 8883 with TLS
    pub port: u16,
    /// PEM file with the authorities that sign the broker's certificate; TLS is used if it is given
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// user name
    #[serde(default)]
    pub username: Option<String>,
    /// password
    #[serde(default)]
    pub password: Option<Secret>,
    /// stable name of this instance at the broker; each instance needs its own; `hearth-ingest`
    #[serde(default = "default_client_id")]
    pub client_id: String,
    /// name of the group that shares the readings; `hearth`
    #[serde(default = "default_group")]
    pub group: String,
    /// messages that the broker may send ahead of our acknowledgements; 1,000
    #[serde(default = "default_window")]
    pub window: u16,
}

fn default_client_id() -> String {
    "hearth-ingest".to_owned()
}

fn default_group() -> String {
    "hearth".to_owned()
}

const fn default_window() -> u16 {
    1_000
}

const fn seconds(n: u64) -> Span {
    Span(Duration::from_secs(n))
}

const fn minutes(n: u64) -> Span {
    seconds(n * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_section_is_the_documented_default() {
        let config: IngestConfig = service_kit::config::load("", "hearth.toml").unwrap();
        assert_eq!(config.listen.unwrap().port(), 1883);
        assert_eq!(config.limits.packet, Bytes(1_048_576));
        assert_eq!(config.limits.readings_per_second, 2_000);
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let wrong = service_kit::config::load::<IngestConfig>("[limits]\npackets = \"1 MiB\"\n", "hearth.toml");
        assert!(wrong.unwrap_err().first().unwrap().to_string().contains("packets"));
    }
}
