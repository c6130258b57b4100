//! `firmware-sim replay`.

use super::{BrokerArgs, clock, progress, progress_over, say, stop_on_interrupt};
use anyhow::{Context, Result, bail};
use chrono::{DateTime, FixedOffset};
use firmware_sim::replay::{Replay, Speed, send};
use firmware_sim::{Login, Report};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::watch;
use vitals::{DeviceId, DeviceRef, SourceId};

/// How long a first connection may fail; later ones are tried again for ever.
const NEVER_CONNECTED: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The trace: columns `time` (no zone) and `glucose_mg_dl`
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    #[command(flatten)]
    broker: BrokerArgs,
    /// The source to send as
    #[arg(long)]
    source: SourceId,
    /// The device whose readings they become
    #[arg(long)]
    device: DeviceId,
    /// File with the source's secret; without one, `HEARTH_SOURCE_PASSWORD`, else no login
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Offset of the trace's local times
    #[arg(long, value_name = "OFFSET", default_value = "+00:00", allow_hyphen_values = true)]
    utc_offset: FixedOffset,
    /// Time of the first reading (RFC 3339) in place of the file's
    #[arg(long, value_name = "TIME")]
    start: Option<DateTime<FixedOffset>>,
    /// Times real time, or `max`
    #[arg(long, default_value = "max")]
    speed: Speed,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let broker = self.broker.broker()?;
        let login = self.login()?;
        let trace = std::fs::File::open(&self.file).with_context(|| format!("opening {}", self.file.display()))?;
        let device = DeviceRef { source: self.source, device: self.device };
        let replay = Replay { device, offset: self.utc_offset, start: self.start };
        let readings = replay.readings(trace).with_context(|| self.file.display().to_string())?;
        let total = readings.len();
        let (tell, mut told) = watch::channel(Report::default());
        let stop = stop_on_interrupt();
        let sending = tokio::spawn(send(broker, login, readings, self.speed, clock(), tell, stop));
        let begun = std::time::Instant::now();
        let mut show = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                changed = told.changed() => if changed.is_err() { break },
                _ = show.tick() => {
                    show_progress(&told.borrow(), total);
                    let refused = told.borrow().last_error.clone().filter(|_| told.borrow().connections == 0);
                    if let Some(error) = refused.filter(|_| begun.elapsed() > NEVER_CONNECTED) {
                        progress_over();
                        bail!("{error}; check the address, the source and its secret");
                    }
                }
            }
        }
        sending.await?;
        progress_over();
        let report = told.borrow().clone();
        let c = report.counts;
        let waiting = total.saturating_sub(usize::try_from(c.stored + c.duplicate + c.quarantined)?);
        say(&if self.json {
            json!({"readings": total, "stored": c.stored, "duplicate": c.duplicate, "quarantined": c.quarantined, "without_receipt": waiting}).to_string()
        } else {
            format!(
                "{total} readings: {} stored, {} duplicate, {} quarantined, {waiting} without a receipt",
                c.stored, c.duplicate, c.quarantined
            )
        })?;
        Ok(if waiting == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn login(&self) -> Result<Option<Login>> {
        let password = match &self.password_file {
            Some(path) => Some(std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?),
            None => std::env::var("HEARTH_SOURCE_PASSWORD").ok(),
        };
        let login =
            |password: String| Login { username: self.source.to_string(), password: password.trim().to_owned() };
        Ok(password.map(login))
    }
}

fn show_progress(report: &Report, total: usize) {
    let c = report.counts;
    let trouble = report.last_error.as_ref().filter(|_| !report.connected);
    let trouble = trouble.map(|t| format!(" ({t}; trying again)")).unwrap_or_default();
    progress(&format!("{} of {total} have their receipt{trouble}", c.stored + c.duplicate + c.quarantined));
}
