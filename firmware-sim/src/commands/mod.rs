//! The subcommands, and what they share: a broker's address, secrets from files, progress on standard error.

pub(crate) mod fleet;
pub(crate) mod history;
pub(crate) mod load;
pub(crate) mod replay;

use anyhow::{Context, Result};
use firmware_sim::{Broker, Clock, Credentials, Protocol};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Where the broker is.
#[derive(clap::Args)]
pub(crate) struct BrokerArgs {
    /// Address of the broker
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:1883")]
    mqtt: String,
    /// MQTT version
    #[arg(long, value_enum, default_value = "5")]
    protocol: Protocol,
    /// Speak TLS with a broker whose certificate was signed by one of these (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl BrokerArgs {
    pub(crate) fn broker(&self) -> Result<Broker> {
        let mut broker = Broker::parse(&self.mqtt, self.protocol)?;
        let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("reading {}", path.display()));
        broker.ca = self.ca.as_ref().map(read).transpose()?;
        Ok(broker)
    }
}

pub(crate) fn set_up() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // Only one provider is compiled in; a second installation would merely be refused.
    let _first = rustls::crypto::ring::default_provider().install_default().is_ok();
}

/// The system clock, handed to everything that needs a time.
pub(crate) fn clock() -> Clock {
    Arc::new(chrono::Utc::now)
}

/// Writes a line to standard error.
pub(crate) fn complain(text: &str) {
    // If standard error is closed there is nobody left to tell.
    let _told = writeln!(std::io::stderr(), "{text}").is_ok();
}

/// Writes a line to standard output.
pub(crate) fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").context("writing to standard output")
}

/// Shows how far something is, in place on a terminal.
pub(crate) fn progress(text: &str) {
    let mut to = std::io::stderr();
    let (before, after) = if to.is_terminal() { ("\r\x1b[2K", "") } else { ("", "\n") };
    let _told = write!(to, "{before}{text}{after}").and_then(|()| to.flush()).is_ok();
}

/// Ends what [`progress`] shows.
pub(crate) fn progress_over() {
    if std::io::stderr().is_terminal() {
        complain("");
    }
}

/// Secrets from a JSON file: `{"hub-001": {"username": "hub-001", "password": "…"}}`.
pub(crate) fn read_credentials(path: &Path) -> Result<Credentials> {
    let text = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no file of credentials", path.display()))
}

/// Writes secrets so that only the owner can read them.
pub(crate) fn write_credentials(path: &Path, credentials: &Credentials) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("writing {}", path.display()))?;
    serde_json::to_writer_pretty(&mut file, credentials)?;
    file.sync_all().with_context(|| format!("writing {}", path.display()))
}

/// A token that is cancelled by Ctrl-C.
pub(crate) fn stop_on_interrupt() -> CancellationToken {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
        }
    });
    stop
}
