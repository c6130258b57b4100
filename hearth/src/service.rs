//! The service, put together: rules, ways in, console. Everything that runs is a named task of one shutdown.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use care::Run;
use console::{Console, ConsoleConfig, Deps, MqttDoor};
use ingest::{Ingest, IngestConfig};
use rule_engine::Rulebook;
use rules::{Foresight, Reconciler, ReconcilerOptions};
use service_kit::{Health, Metrics, Secret, Shutdown};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    failure::Failure,
    place::{OpenStore, operator},
    ports::{Preview, Quarantine},
    rulebooks::Candidates,
    settings::{Roles, Settings},
};

/// What is seen of the process from outside, and how it stops.
#[derive(Default)]
pub(crate) struct Process {
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
    pub(crate) shutdown: Shutdown,
}

/// Where a started service listens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Addresses {
    pub(crate) http: Option<SocketAddr>,
    pub(crate) mqtt: Option<SocketAddr>,
    pub(crate) mqtt_tls: Option<SocketAddr>,
}

/// Journals the start and installs the rulebooks, the shipped ones and those in `files`. All are judged before the first
/// is installed: a start that fails for one of them leaves the store as it was.
pub(crate) async fn prepare(open: &OpenStore, files: &[PathBuf]) -> Result<Vec<Run>, Failure> {
    let now = open.clock.now();
    let candidates = Candidates::read(files);
    candidates.refuse_mistakes(&open.store.rulebooks().await?)?;
    rules::install_shipped(&open.store, now)
        .await
        .map_err(|error| Failure::because("cannot install the shipped rulebooks", &error))?;
    for (name, text) in &candidates.files {
        let book = Rulebook::parse(name, text)
            .map_err(|errors| Failure::mistakes(errors.iter().map(ToString::to_string).collect()))?;
        open.store
            .install_rulebook(&book.id, &book.version, text, now, &operator())
            .await
            .map_err(|error| Failure::because(format!("cannot install the rulebook `{name}`"), &error))?;
    }
    Ok(open.store.record_start(now).await?)
}

/// Starts the parts that `roles` names; `runs` is what [`prepare`] returned.
pub(crate) async fn start(
    settings: &Settings,
    roles: Roles,
    token: Option<Secret>,
    open: &mut OpenStore,
    runs: Vec<Run>,
    process: &Process,
) -> Result<Addresses, Failure> {
    let Process { metrics, health, shutdown } = process;
    let (store, clock) = (open.store.clone(), open.clock.clone());
    let mut addresses = Addresses::default();
    if roles.rules {
        let options = ReconcilerOptions::default();
        Reconciler::start(store.clone(), clock.clone(), metrics, health, shutdown, runs, options)
            .await
            .map_err(|error| Failure::because("the rules cannot start", &error))?;
    }
    if roles.mqtt || roles.ingest {
        let handle = Ingest::start(&ways_in(settings, roles), store.clone(), clock.clone(), metrics, health, shutdown)
            .await
            .map_err(|error| Failure::because("ingest cannot start", &error))?;
        (addresses.mqtt, addresses.mqtt_tls) = (handle.local_addr, handle.tls_addr);
    }
    if roles.console {
        let rulebooks = rules::load_rulebooks(&store)
            .await
            .map_err(|error| Failure::because("the console cannot read the rulebooks", &error))?;
        let deps = Deps {
            previewer: Arc::new(Preview(Foresight::new(store.clone(), clock.clone()))),
            clock,
            metrics: metrics.clone(),
            health: health.clone(),
            shutdown: shutdown.clone(),
            rulebooks: Arc::new(
                Arc::unwrap_or_clone(rulebooks).where_admitted(settings.admission.plausibility.clone()),
            ),
            replayer: Arc::new(Quarantine { store: store.clone(), limits: settings.admission.clone() }),
            store,
        };
        let config = ConsoleConfig { mqtt: door(addresses), ..settings.console(token) };
        let handle =
            Console::start(config, deps).await.map_err(|error| Failure::because("the console cannot start", &error))?;
        let scheme = if settings.http.tls.is_some() { "https" } else { "http" };
        open.announce(format!("{scheme}://{}", handle.local_addr()))?;
        addresses.http = Some(handle.local_addr());
    }
    Ok(addresses)
}

/// Where sources connect, as the console tells people: with TLS where there is a choice. An address that listens
/// everywhere is reached under the name of the page.
fn door(addresses: Addresses) -> Option<MqttDoor> {
    let (address, tls) = addresses.mqtt_tls.map(|a| (a, true)).or_else(|| addresses.mqtt.map(|a| (a, false)))?;
    let host = (!address.ip().is_unspecified()).then(|| address.ip().to_string());
    Some(MqttDoor { host, port: address.port(), tls })
}

/// The ways in that these roles serve.
fn ways_in(settings: &Settings, roles: Roles) -> IngestConfig {
    let mut config = IngestConfig { admission: settings.admission.clone(), ..settings.mqtt.clone() };
    if !roles.mqtt {
        (config.listen, config.tls) = (None, None);
    }
    if !roles.ingest {
        config.broker = None;
    }
    config
}

/// Returns when the process is asked to stop, or when a part of it has ended; says which.
pub(crate) async fn until_stopped(shutdown: &Shutdown) -> Result<&'static str, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::expected(format!("cannot wait for signals: {error}")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let token = shutdown.token();
    tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
        () = token.cancelled() => Err(Failure::expected("a part of Hearth has ended by itself; the log says which")),
    }
}

/// Stops everything within the deadline, then closes the store; who is late is named.
pub(crate) async fn stop(open: OpenStore, process: &Process, within: Duration) -> Result<(), Failure> {
    process.health.stopping();
    let late = process.shutdown.drain(within).await;
    open.close().await?;
    if late.is_empty() {
        tracing::info!("stopped");
        return Ok(());
    }
    tracing::error!(?late, "stopped without waiting longer");
    Err(Failure::expected(format!("stopped after {} s; late: {}", within.as_secs(), late.join(", "))))
}
