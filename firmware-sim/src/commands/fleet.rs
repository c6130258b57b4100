//! `firmware-sim fleet`.

use super::{
    BrokerArgs, clock, complain, progress, progress_over, read_credentials, say, stop_on_interrupt, write_credentials,
};
use anyhow::{Context, Result, bail};
use firmware_sim::{Cohort, Credentials, FleetStats, LiveFleet, LiveOptions, register};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

const SHOW_EVERY: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    broker: BrokerArgs,
    /// Seed of the people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many people; two of them share a home, a vendor's cloud holds many
    #[arg(long, visible_alias = "homes", default_value_t = 24)]
    people: u32,
    /// Readings a second at least, re-sent memory included
    #[arg(long, default_value_t = 0.4)]
    rate: f64,
    /// Stop after so many seconds
    #[arg(long)]
    seconds: Option<u64>,
    /// Secrets by source, JSON: {"hub-001": {"username": "…", "password": "…"}}
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Register the sources that have no secret at this address (with the token in `HEARTH_API_TOKEN`); what
    /// comes back is added to the file of credentials
    #[arg(long, value_name = "URL", requires = "credentials")]
    register_with: Option<String>,
    /// Leave out the scenes of the first minute
    #[arg(long)]
    no_scenes: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let broker = self.broker.broker()?;
        let Ok(longest_silence) = Duration::try_from_secs_f64(1.0 / self.rate) else {
            bail!("--rate wants a number above zero");
        };
        let clock = clock();
        let cohort = Arc::new(Cohort::new(self.seed, self.people, clock()));
        let credentials = self.credentials(&cohort).await?;
        let options = LiveOptions { longest_silence, scenes: !self.no_scenes, ..LiveOptions::default() };
        let fleet = LiveFleet::start(&broker, &credentials, cohort, options, clock)?;
        let stop = stop_on_interrupt();
        let end = self.seconds.map(|s| tokio::time::Instant::now() + Duration::from_secs(s));
        let mut show = tokio::time::interval(SHOW_EVERY);
        loop {
            let over = async {
                match end {
                    Some(end) => tokio::time::sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = over => break,
                _ = show.tick() => {
                    progress(&text(&fleet.stats()));
                    if let Some(trouble) = fleet.trouble() {
                        progress_over();
                        complain(&trouble);
                    }
                }
            }
        }
        progress_over();
        let stats = fleet.stats();
        fleet.stop().await;
        say(&if self.json { serde_json::to_string(&stats)? } else { text(&stats) })?;
        Ok(ExitCode::SUCCESS)
    }

    async fn credentials(&self, cohort: &Cohort) -> Result<Credentials> {
        let Some(path) = &self.credentials else { return Ok(Credentials::new()) };
        let mut credentials = match &self.register_with {
            Some(_) if !path.exists() => Credentials::new(),
            _ => read_credentials(path)?,
        };
        let Some(api) = &self.register_with else { return Ok(credentials) };
        let token = std::env::var("HEARTH_API_TOKEN").context("--register-with needs HEARTH_API_TOKEN")?;
        let missing: Vec<_> = cohort.homes().iter().filter(|h| !credentials.contains_key(&h.source)).collect();
        for (home, number) in missing.iter().zip(1..) {
            let login = register::register(api, &token, &home.source, home.kind).await?;
            credentials.insert(home.source.clone(), login);
            // Each secret comes once: it is on disk before the next is asked for.
            write_credentials(path, &credentials)?;
            progress(&format!("registered {number} of {}", missing.len()));
        }
        progress_over();
        Ok(credentials)
    }
}

fn text(s: &FleetStats) -> String {
    let c = s.counts;
    format!(
        "{}/{} connected, {} sent, {} stored, {} duplicate, {} quarantined, {} waiting, {} of {} prompts answered",
        s.connected, s.sources, c.published, c.stored, c.duplicate, c.quarantined, s.waiting, s.answered, s.prompts
    )
}
