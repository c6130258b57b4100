//! `firmware-sim load`.

use super::{BrokerArgs, clock, progress, progress_over, read_credentials, say};
use anyhow::{Result, bail};
use firmware_sim::Login;
use firmware_sim::load::Load;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use vitals::SourceId;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    broker: BrokerArgs,
    /// Connections, each of a source of its own
    #[arg(long, default_value_t = 10)]
    connections: usize,
    /// Publishes without an acknowledgement, per connection
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,
    /// Bytes of a payload (a reading needs about 220)
    #[arg(long, default_value_t = 250)]
    payload: usize,
    /// Seconds that count
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Seconds before these
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Publishes a second over all connections, instead of as many as are acknowledged
    #[arg(long)]
    rate: Option<f64>,
    /// Secrets by source (JSON); its first sources are used, else `load-000` and so on without a login
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Subscribe to receipts and prompts, too
    #[arg(long)]
    receipts: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let (Ok(span), Ok(warm_up)) =
            (Duration::try_from_secs_f64(self.seconds), Duration::try_from_secs_f64(self.warm_up))
        else {
            bail!("--seconds and --warm-up want numbers above zero");
        };
        let sources = self.sources()?;
        let connections = f64::from(u32::try_from(sources.len())?);
        let load = Load {
            broker: self.broker.broker()?,
            sources,
            in_flight: self.in_flight,
            payload: self.payload,
            warm_up,
            span,
            receipts: self.receipts,
            rate: self.rate.map(|rate| rate / connections),
            start: clock()(),
        };
        progress(&format!("publishing for {:.0} s", (span + warm_up).as_secs_f64()));
        let measured = load.run().await;
        progress_over();
        let m = measured?;
        say(&if self.json {
            serde_json::to_string(&m)?
        } else {
            format!(
                "{:.0} acknowledged/s ({} in {} s, {} receipts), publish to PUBACK p50 {:.2} ms, p99 {:.2} ms",
                m.per_second, m.acknowledged, self.seconds, m.receipts, m.p50_ms, m.p99_ms
            )
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn sources(&self) -> Result<Vec<(SourceId, Option<Login>)>> {
        let Some(path) = &self.credentials else {
            let nameless = |n| Ok((SourceId::new(&format!("load-{n:03}"))?, None));
            return (0..self.connections).map(nameless).collect();
        };
        let all = read_credentials(path)?;
        if all.len() < self.connections {
            bail!("{} has {} sources, --connections wants {}", path.display(), all.len(), self.connections);
        }
        Ok(all.into_iter().take(self.connections).map(|(source, login)| (source, Some(login))).collect())
    }
}
