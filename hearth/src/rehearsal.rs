//! A start without consequences: each part that uses files of its own is started as `hearth serve` starts it, on an
//! empty store and a free port, and stopped at once. So what keeps a start from going through is found by the very
//! functions that it would stop at.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use crate::{
    failure::Failure,
    place::OpenStore,
    service::{self, Process},
    settings::{Http, Roles, Settings},
};

/// Nothing is under way when it stops.
const STOP: Duration = Duration::from_secs(10);

/// The key of a part in the configuration, and why it would not start.
pub(crate) type Refusal = (&'static [&'static str], String);

/// What of `settings` would not start. Files that cannot be opened are left to those who say so already.
pub(crate) async fn refusals(settings: &Settings) -> Result<Vec<Refusal>, Failure> {
    let mut found = Vec::new();
    for (key, part, roles) in parts(settings) {
        if part.console(None).mistakes().is_empty()
            && let Some(why) = refusal(&part, roles).await?
        {
            found.push((key, why));
        }
    }
    Ok(found)
}

type Part = (&'static [&'static str], Settings, Roles);

/// Each thing by itself, so that one refusal does not hide the next.
fn parts(settings: &Settings) -> Vec<Part> {
    const NONE: Roles = Roles { mqtt: false, ingest: false, rules: false, console: false };
    let (console, mqtt) = (Roles { console: true, ..NONE }, Roles { mqtt: true, ..NONE });
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let readable = |file: &Path| std::fs::File::open(file).is_ok();
    let http = Http { listen: free, public_url: settings.http.public_url.clone(), ..Http::default() };
    let usual = || Settings { http: http.clone(), ..Settings::default() };
    let mut parts: Vec<Part> = Vec::new();
    if let Some(tls) = settings.http.tls.clone().filter(|tls| readable(&tls.certificate) && readable(&tls.key)) {
        let part = Settings { http: Http { tls: Some(tls), ..http.clone() }, ..Settings::default() };
        parts.push((&["http", "tls"], part, console));
    }
    if let Some(oidc) = settings.oidc.clone().filter(|oidc| oidc.ca.as_deref().is_none_or(readable)) {
        parts.push((&["oidc"], Settings { oidc: Some(oidc), ..usual() }, console));
    }
    if let Some(tls) = settings.mqtt.tls.clone().filter(|tls| readable(&tls.certificate) && readable(&tls.key)) {
        let mut part = usual();
        part.mqtt.listen = None;
        part.mqtt.tls = Some(ingest::TlsConfig { listen: free, ..tls });
        parts.push((&["mqtt", "tls"], part, mqtt));
    }
    if let Some(smtp) = settings.smtp.clone().filter(|smtp| smtp.ca.as_deref().is_none_or(readable)) {
        parts.push((&["smtp"], Settings { smtp: Some(smtp), ..usual() }, console));
    }
    if let Some(webhook) = settings.webhook.clone().filter(|webhook| webhook.ca.as_deref().is_none_or(readable)) {
        parts.push((&["webhook"], Settings { webhook: Some(webhook), ..usual() }, console));
    }
    parts
}

async fn refusal(part: &Settings, roles: Roles) -> Result<Option<String>, Failure> {
    let dir = tempfile::Builder::new().prefix("hearth-check-").tempdir().map_err(|error| {
        Failure::expected(format!("cannot make a temporary directory to try the configuration in: {error}"))
    })?;
    let mut open = OpenStore::open(dir.path(), None)?;
    let process = Process::default();
    let started = service::start(part, roles, None, &mut open, Vec::new(), &process).await;
    service::stop(open, &process, STOP).await?;
    Ok(started.err().map(|failure| failure.into_lines().join("; ")))
}
