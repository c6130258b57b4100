//! MQTT to admitted, committed, acknowledged readings; quarantine.
//!
//! Two ways in, one pipeline: Hearth's own MQTT endpoint, where a PUBACK means committed and synced, and a
//! broker that ingest subscribes to. Read [`Ingest::start`], then [`admission`], then `pipeline.rs`.

pub mod admission;
mod broker;
mod config;
mod door;
mod metrics;
mod pipeline;
mod prompt;
mod replay;

pub use config::{BrokerConfig, IngestConfig, Limits, TlsConfig};
pub use replay::{ReplayError, replay};

use service_kit::{Clock, Health, Metrics, Shutdown};
use std::net::SocketAddr;
use std::path::PathBuf;
use store::SharedStore;

/// Why ingest could not start.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}; choose another `listen` or stop what has it")]
    Listen {
        /// where
        address: SocketAddr,
        /// what the system said
        source: std::io::Error,
    },
    /// A PEM file is missing or holds something else.
    #[error("`{}` cannot be used: {detail}; give the path of a PEM file that this user may read", path.display())]
    Pem {
        /// which file
        path: PathBuf,
        /// what is wrong
        detail: String,
    },
    /// Certificate and key do not fit, or the authorities cannot be used.
    #[error("the TLS certificate cannot be used: {source}")]
    Tls {
        /// what rustls said
        source: rustls::Error,
    },
    /// What the process before this one left cannot be read.
    #[error("the sessions in the store cannot be taken over")]
    Store {
        /// what the store said
        source: store::StoreError,
    },
    /// The broker cannot be asked like that.
    #[error("the broker's configuration cannot be used: {0}")]
    Broker(String),
}

/// The service.
#[derive(Debug)]
pub struct Ingest;

/// What became of [`Ingest::start`].
#[derive(Clone, Copy, Debug)]
pub struct IngestHandle {
    /// where the own endpoint listens without TLS
    pub local_addr: Option<SocketAddr>,
    /// where it listens with TLS
    pub tls_addr: Option<SocketAddr>,
}

impl Ingest {
    /// Binds what is configured and starts serving; everything ends when `shutdown` is triggered: accepting
    /// stops, what was read is committed and acknowledged, and clients are told to go.
    ///
    /// # Errors
    /// [`IngestError`], with what to change.
    pub async fn start(
        config: &IngestConfig,
        store: SharedStore,
        clock: Clock,
        metrics: &Metrics,
        health: &Health,
        shutdown: &Shutdown,
    ) -> Result<IngestHandle, IngestError> {
        let metrics = metrics::IngestMetrics::register(metrics);
        let pipeline = pipeline::Pipeline::new(config, store, clock, metrics);
        if let Some(broker) = &config.broker {
            broker::start(broker, config.limits.receipts, &pipeline, health, shutdown)?;
        }
        let listening = door::start(config, pipeline, health, shutdown).await?;
        Ok(IngestHandle { local_addr: listening.plain, tls_addr: listening.tls })
    }
}
