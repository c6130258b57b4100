//! The configuration file, as `deploy/hearth.toml` explains it.
//!
//! Everything has a default; what is written is checked as a whole, so that a start never fails twice for two
//! mistakes.

mod checks;
mod draft;
mod role;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use care::TeamId;
use chrono::TimeDelta;
use chrono_tz::Tz;
use console::{ConsoleConfig, MessagesConfig, OidcConfig, SmtpConfig, TlsFiles, WebhookConfig};
use ingest::{IngestConfig, admission::AdmissionLimits};
use serde::Deserialize;
use service_kit::{ConfigError, Secret, config::Span, logs};

pub(crate) use checks::automation_token;
pub(crate) use draft::Draft;
pub(crate) use role::{Role, Roles};

use crate::failure::Failure;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// directory of the store
    pub(crate) data: PathBuf,
    /// how long the parts may take to stop
    pub(crate) drain: Span,
    pub(crate) log: Log,
    pub(crate) http: Http,
    /// the identity provider that signs people in
    pub(crate) oidc: Option<Oidc>,
    /// the own endpoint, and under `broker` the second way in
    pub(crate) mqtt: IngestConfig,
    /// what readings may be, whichever way they come in
    pub(crate) admission: AdmissionLimits,
    pub(crate) rules: Rules,
    /// the mail server that takes e-mail; without, none leaves
    pub(crate) smtp: Option<SmtpConfig>,
    /// the clinic's own service that takes messages
    pub(crate) webhook: Option<WebhookConfig>,
    pub(crate) benchmark: Benchmark,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) format: logs::Format,
    pub(crate) filter: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    pub(crate) tls: Option<Tls>,
    /// proxies that end TLS before this process
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// whether `HEARTH_API_TOKEN` is an administrator's bearer token
    pub(crate) api_token: bool,
    /// a session without a request ends after this
    pub(crate) idle_timeout: Span,
    /// a session ends after this whatever happens
    pub(crate) session_lifetime: Span,
    /// a link to a patient's own page ends after this
    pub(crate) own_link: Span,
    /// whether everybody with a password needs a second factor
    pub(crate) require_second_factor: bool,
    /// how long a patient of another team stays open to somebody who gave a reason
    pub(crate) glass: Span,
    /// the clinic's, for times that belong to no patient
    pub(crate) timezone: Tz,
    /// where people open Hearth: links in messages begin with it
    pub(crate) public_url: Option<String>,
}

/// What the identity provider says, and what it means here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Oidc {
    issuer: String,
    client_id: String,
    client_secret: Option<Secret>,
    name: Option<String>,
    scopes: Option<Vec<String>>,
    name_claim: Option<String>,
    role_claim: Option<String>,
    roles: BTreeMap<String, care::Role>,
    team_claim: Option<String>,
    #[serde(default)]
    teams: BTreeMap<String, TeamId>,
    pub(crate) ca: Option<PathBuf>,
}

impl Oidc {
    fn console(&self, public_url: Option<&str>) -> OidcConfig {
        let usual = OidcConfig::new(&self.issuer, &self.client_id, public_url.unwrap_or_default());
        OidcConfig {
            client_secret: self.client_secret.clone(),
            name: self.name.clone(),
            scopes: self.scopes.clone().unwrap_or(usual.scopes),
            name_claim: self.name_claim.clone().unwrap_or(usual.name_claim),
            role_claim: self.role_claim.clone().unwrap_or(usual.role_claim),
            roles: self.roles.clone(),
            team_claim: self.team_claim.clone(),
            teams: self.teams.clone(),
            ca: self.ca.clone(),
            ..usual
        }
    }
}

/// Certificate chain and private key, PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rules {
    /// rulebooks besides the shipped ones
    pub(crate) files: Vec<PathBuf>,
}

/// What only a benchmark sets.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Benchmark {
    /// waits after each commit before anything is acknowledged: stands for a slower disk
    pub(crate) commit_delay: Option<Span>,
}

const fn minutes(minutes: u64) -> Span {
    Span(Duration::from_secs(minutes * 60))
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("hearth-data"),
            drain: Span(Duration::from_secs(20)),
            log: Log::default(),
            http: Http::default(),
            oidc: None,
            mqtt: IngestConfig::default(),
            admission: AdmissionLimits::default(),
            rules: Rules::default(),
            smtp: None,
            webhook: None,
            benchmark: Benchmark::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: logs::Format::default(), filter: "info".to_owned() }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            tls: None,
            trusted_proxies: Vec::new(),
            api_token: false,
            idle_timeout: minutes(30),
            session_lifetime: minutes(12 * 60),
            own_link: minutes(90 * 24 * 60),
            require_second_factor: false,
            glass: minutes(60),
            timezone: Tz::UTC,
            public_url: None,
        }
    }
}

impl Settings {
    /// The console's own configuration; `token` is taken if the file allows it.
    pub(crate) fn console(&self, token: Option<Secret>) -> ConsoleConfig {
        let messages = MessagesConfig {
            public_url: self.http.public_url.clone(),
            smtp: self.smtp.clone(),
            webhook: self.webhook.clone(),
            ..MessagesConfig::default()
        };
        let oidc = self.oidc.as_ref().map(|oidc| oidc.console(self.http.public_url.as_deref()));
        ConsoleConfig { messages, oidc, ..self.http.console(token) }
    }
}

impl Http {
    fn console(&self, token: Option<Secret>) -> ConsoleConfig {
        let span = |span: Span| TimeDelta::from_std(span.0).unwrap_or(TimeDelta::MAX);
        ConsoleConfig {
            tls: self.tls.clone().map(|tls| TlsFiles { certificate: tls.certificate, key: tls.key }),
            trusted_proxies: self.trusted_proxies.clone(),
            automation_token: token.filter(|_| self.api_token),
            idle_timeout: span(self.idle_timeout),
            session_lifetime: span(self.session_lifetime),
            own_link_lifetime: span(self.own_link),
            require_second_factor: self.require_second_factor,
            glass: span(self.glass),
            timezone: self.timezone,
            ..ConsoleConfig::loopback(self.listen)
        }
    }
}

impl Settings {
    /// Reads and checks a file.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let text = read(path)?;
        Self::parse(&text, &path.display().to_string())
            .map_err(|mistakes| Failure::mistakes(mistakes.iter().map(ToString::to_string).collect()))
    }

    /// Every mistake in `text`: what cannot be read, and what contradicts itself in the rest.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self, Vec<ConfigError>> {
        let draft = Draft::read(text, file);
        if draft.mistakes.is_empty() { Ok(draft.settings) } else { Err(draft.mistakes) }
    }
}

/// The text of a configuration file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::expected(format!(
            "cannot read the configuration `{}`: {error}; deploy/hearth.toml is a commented one to start from",
            path.display()
        ))
    })
}

#[cfg(test)]
mod tests;
