//! `hearth serve`: the service.

use std::{net::SocketAddr, path::PathBuf};

use service_kit::logs;

use crate::{
    failure::Failure,
    hold::{Held, Hold},
    output::Output,
    place::{self, OpenStore},
    service::{self, Process},
    settings::{Role, Roles, Settings, automation_token},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration; `deploy/hearth.toml` is a commented one.
    #[arg(long, env = "HEARTH_CONFIG", default_value = "hearth.toml")]
    config: PathBuf,
    /// The parts that this process runs; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    role: Vec<Role>,
}

pub(crate) async fn run(args: Args, _out: &mut Output<'_>) -> Result<(), Failure> {
    let settings = Settings::load(&args.config)?;
    // A token that the configuration does not allow is nobody's business, not even a short one.
    let token = if settings.http.api_token { automation_token().map_err(Failure::malformed)? } else { None };
    logs::init(settings.log.format, &settings.log.filter)
        .map_err(|error| Failure::because("cannot start the logs", &error))?;
    let process = Process::default();

    let hold = Hold::take(&settings.data, "serve").map_err(|held| match held {
        Held::By(holder) => place::busy(&holder, "stop it first, or give this one its own `data`"),
        Held::Broken(failure) => failure,
    })?;
    let mut open =
        OpenStore::open_delayed(&settings.data, Some(hold), settings.benchmark.commit_delay.map(|delay| delay.0))?;
    let runs = service::prepare(&open, &settings.rules.files).await?;
    let started = service::start(&settings, Roles::of(&args.role), token, &mut open, runs, &process).await;

    let why = match started {
        Ok(addresses) => {
            let said = |address: Option<SocketAddr>| address.map_or_else(|| "off".to_owned(), |a| a.to_string());
            let (http, mqtt, mqtt_tls) = (said(addresses.http), said(addresses.mqtt), said(addresses.mqtt_tls));
            tracing::info!(http, mqtt, mqtt_tls, "hearth serves");
            service::until_stopped(&process.shutdown).await
        }
        Err(failure) => Err(failure),
    };
    if let Ok(signal) = &why {
        tracing::info!(signal, "stopping");
    }
    service::stop(open, &process, settings.drain.0).await?;
    why.map(drop)
}
