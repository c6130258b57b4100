//! `hearth demo`: the whole product in one process, with simulated people whose devices connect like any client.

mod cover;
mod history;
mod people;
mod state;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use firmware_sim::{Broker, Cohort, Credentials, LiveFleet, LiveOptions, Protocol};
use serde_json::json;
use service_kit::{Clock, logs};

use crate::{
    failure::Failure,
    hold::{Held, Hold},
    output::Output,
    place::{self, OpenStore},
    service::{self, Addresses, Process},
    settings::{Roles, Settings, automation_token},
};
use people::SignIn;
use state::State;

/// How long a stop may take.
const DRAIN: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where pages and API listen; a loopback address.
    #[arg(long, default_value = "127.0.0.1:8080")]
    http: SocketAddr,
    /// Where the MQTT endpoint listens.
    #[arg(long, default_value = "127.0.0.1:1883")]
    mqtt: SocketAddr,
    /// Keeps the data here, and continues what is there; without it, everything is gone at the end.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Makes other people; the same number makes the same.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many people; 0 starts empty.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=2_000))]
    patients: u32,
}

pub(crate) async fn run(args: Args, out: &mut Output<'_>) -> Result<(), Failure> {
    let token = automation_token().map_err(Failure::malformed)?;
    logs::init(logs::Format::Text, "warn").map_err(|error| Failure::because("cannot start the logs", &error))?;
    // Kept until the end: dropping it removes the directory.
    let throw_away = match &args.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("hearth-demo-").tempdir().map_err(|error| {
            Failure::expected(format!("cannot make a temporary directory: {error}; name one with --data"))
        })?),
    };
    let dir = throw_away.as_ref().map_or_else(|| args.data.clone().unwrap_or_default(), |dir| dir.path().to_owned());
    let hold = Hold::take(&dir, "demo").map_err(|held| match held {
        Held::By(holder) => place::busy(&holder, "stop it first, or name another directory with --data"),
        Held::Broken(failure) => failure,
    })?;

    let process = Process::default();
    let said = process.health.component("demo");
    let Stage { mut open, cohort, credentials, sign_ins, runs, since } = set_the_stage(&args, &dir, hold).await?;
    let mut settings = Settings::default();
    settings.http.listen = args.http;
    settings.http.api_token = true;
    settings.mqtt.listen = Some(args.mqtt);

    let has_token = token.is_some();
    let started = service::start(&settings, Roles::ALL, token, &mut open, runs, &process).await;
    let result = match started {
        Ok(addresses) => {
            let banner =
                Banner { addresses, dir: args.data.as_deref(), sign_ins: &sign_ins, has_token, cohort: &cohort };
            banner.print(out)?;
            said.up();
            live(addresses, credentials, cohort, since, &process).await
        }
        Err(failure) => Err(failure),
    };
    service::stop(open, &process, DRAIN).await?;
    result
}

/// Lets the fleet live until the process is asked to stop.
async fn live(
    addresses: Addresses,
    credentials: Credentials,
    cohort: Arc<Cohort>,
    since: Option<vitals::Instant>,
    process: &Process,
) -> Result<(), Failure> {
    let fleet = match addresses.mqtt {
        Some(mqtt) if !cohort.homes().is_empty() => {
            let broker = Broker::parse(&reachable(mqtt).to_string(), Protocol::V5)
                .map_err(|error| Failure::because("the fleet cannot connect", &error))?;
            let options = LiveOptions { since, ..LiveOptions::default() };
            let clock = Clock::system();
            let fleet = LiveFleet::start(&broker, &credentials, cohort, options, Arc::new(move || clock.now()))
                .map_err(|error| Failure::because("the fleet cannot start", &error))?;
            Some(fleet)
        }
        _ => None,
    };
    let why = service::until_stopped(&process.shutdown).await;
    if let Some(fleet) = fleet {
        fleet.stop().await;
    }
    why.map(drop)
}

/// An address that listens everywhere is reached here.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

/// Everything that stands before the curtain rises.
struct Stage {
    open: OpenStore,
    cohort: Arc<Cohort>,
    credentials: Credentials,
    sign_ins: Vec<SignIn>,
    runs: Vec<care::Run>,
    /// since when nothing was delivered, where a demonstration is continued
    since: Option<vitals::Instant>,
}

async fn set_the_stage(args: &Args, dir: &Path, hold: Hold) -> Result<Stage, Failure> {
    match State::find(dir)? {
        Some(state) => continue_from(state, dir, hold).await,
        None => begin(args, dir, hold).await,
    }
}

/// The people go on where they were; secrets are kept nowhere, so everybody gets new ones.
async fn continue_from(state: State, dir: &Path, hold: Hold) -> Result<Stage, Failure> {
    let open = OpenStore::open(dir, Some(hold))?;
    let cohort = Arc::new(Cohort::new(state.seed, state.patients, state.anchor));
    let since = open.store.last_commit().await?;
    let runs = service::prepare(&open, &[]).await?;
    let credentials = people::rotate_sources(&open, &cohort).await?;
    let sign_ins = people::sign_ins(&open).await?;
    Ok(Stage { open, cohort, credentials, sign_ins, runs, since })
}

async fn begin(args: &Args, dir: &Path, hold: Hold) -> Result<Stage, Failure> {
    let anchor = Clock::system().now();
    let cohort = Arc::new(Cohort::new(args.seed, args.patients, anchor));
    let (open, past) = history::open(dir, hold, anchor)?;
    let runs = service::prepare(&open, &[]).await?;
    let sign_ins = people::sign_ins(&open).await?;
    let credentials = people::enter(&open, &cohort).await?;
    history::play(&open, past, &cohort, runs.clone()).await?;
    // Set in the present: nobody is told of what was over long ago.
    cover::set(&open, anchor).await?;
    State { seed: args.seed, patients: args.patients, anchor }.save(dir)?;
    Ok(Stage { open, cohort, credentials, sign_ins, runs, since: None })
}

/// What a visitor needs to know.
struct Banner<'a> {
    addresses: Addresses,
    dir: Option<&'a Path>,
    sign_ins: &'a [SignIn],
    has_token: bool,
    cohort: &'a Cohort,
}

impl Banner<'_> {
    fn print(&self, out: &mut Output<'_>) -> Result<(), Failure> {
        let text =
            |address: Option<SocketAddr>| address.map(|address| reachable(address).to_string()).unwrap_or_default();
        let (http, mqtt) = (text(self.addresses.http), text(self.addresses.mqtt));
        if out.is_json() {
            out.value(&json!({
                "http": format!("http://{http}"), "mqtt": mqtt, "data": self.dir, "sign_in": self.sign_ins,
            }))?;
            return out.flush();
        }
        let people: usize = self.cohort.homes().iter().map(|home| home.people.len()).sum();
        out.line(format!("Hearth demo: {people} simulated people with 90 days of history. All of it is synthetic.\n"))?;
        out.line(format!("  Open     http://{http} and sign in as"))?;
        for SignIn { name, password, role } in self.sign_ins {
            out.line(format!("             {name:12} {password}   ({role})"))?;
        }
        out.line(format!("  MQTT     {mqtt} (3.1.1 and 5); `POST /api/v1/sources` makes a user name and password"))?;
        if self.has_token {
            out.line("  API      the token in HEARTH_API_TOKEN is an administrator's bearer token")?;
        }
        match self.dir {
            Some(dir) => out.line(format!("  Data     {}, continued at the next start", dir.display()))?,
            None => out.line("  Data     thrown away at the end; keep it with --data DIR")?,
        }
        out.line("  E-mail   not set up, so that nothing leaves: what would be sent is given up, and the log says so")?;
        out.line("\nStop with Ctrl-C.")?;
        out.flush()
    }
}
