//! How the console is set up, and what it refuses to start with.

use crate::notify::{MessageMistake, MessagesConfig};
use care::{Role, TeamId};
use chrono::TimeDelta;
use chrono_tz::Tz;
use service_kit::Secret;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Certificate chain and key, PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// certificate chain, the server's own first
    pub certificate: PathBuf,
    /// private key
    pub key: PathBuf,
}

/// Where sources connect, for the lines that people copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttDoor {
    /// the host, where it is not the one under which the page is reached
    pub host: Option<String>,
    /// the port
    pub port: u16,
    /// whether it speaks TLS
    pub tls: bool,
}

/// The identity provider that signs people in.
#[derive(Clone, Debug)]
pub struct OidcConfig {
    /// its issuer: `https://id.clinic.example/realms/clinic`
    pub issuer: String,
    /// what Hearth is called there
    pub client_id: String,
    /// shared with it; none for a public client
    pub client_secret: Option<Secret>,
    /// where people open Hearth; the provider sends them back to `/sign-in/oidc/return` there
    pub public_url: String,
    /// what the button says
    pub name: Option<String>,
    /// asked for besides `openid`
    pub scopes: Vec<String>,
    /// the claim with the sign-in name
    pub name_claim: String,
    /// the claim with the words that mean roles; a dot leads into an object
    pub role_claim: String,
    /// which word means which role; whoever has none of them is not let in
    pub roles: BTreeMap<String, Role>,
    /// the claim with the words that mean teams; without, teams are said in Hearth
    pub team_claim: Option<String>,
    /// which word means which team
    pub teams: BTreeMap<String, TeamId>,
    /// certificate authority of the provider, PEM, in place of those of the Web
    pub ca: Option<PathBuf>,
}

impl OidcConfig {
    /// The usual claims; no role means anything yet.
    #[must_use]
    pub fn new(issuer: &str, client_id: &str, public_url: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: None,
            public_url: public_url.to_owned(),
            name: None,
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            name_claim: "preferred_username".to_owned(),
            role_claim: "roles".to_owned(),
            roles: BTreeMap::new(),
            team_claim: None,
            teams: BTreeMap::new(),
            ca: None,
        }
    }

    fn mistakes(&self) -> Vec<ConfigError> {
        let mut found = Vec::new();
        let plain = |url: &str| !url.starts_with("https://") && !is_loopback(url);
        if plain(&self.issuer) {
            found.push(ConfigError::OidcIssuer(self.issuer.clone()));
        }
        if self.public_url.is_empty() {
            found.push(ConfigError::OidcNoPublicUrl);
        } else if plain(&self.public_url) {
            found.push(ConfigError::OidcPublicUrl(self.public_url.clone()));
        }
        if self.roles.is_empty() {
            found.push(ConfigError::OidcRoles);
        }
        found
    }
}

/// A plain address of this machine.
fn is_loopback(url: &str) -> bool {
    let host = url.strip_prefix("http://").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    host.is_some_and(|h| ["localhost", "127.0.0.1", "[::1]"].iter().any(|l| h == *l || h.starts_with(&format!("{l}:"))))
}

/// How the console is set up.
#[derive(Clone, Debug)]
pub struct ConsoleConfig {
    /// where to listen; port 0 takes a free one
    pub listen: SocketAddr,
    /// serve TLS with these; without, plain HTTP
    pub tls: Option<TlsFiles>,
    /// addresses of the proxies that end TLS before this process; plain HTTP from them is taken, from others not
    pub trusted_proxies: Vec<IpAddr>,
    /// accepted as an administrator's bearer token, audited as `automation`; 16 characters or more
    pub automation_token: Option<Secret>,
    /// a session without a request ends after this
    pub idle_timeout: TimeDelta,
    /// a session ends after this whatever happens
    pub session_lifetime: TimeDelta,
    /// whether everybody with a password needs a second factor; without one they are led to make it
    pub require_second_factor: bool,
    /// the identity provider that signs people in, besides passwords
    pub oidc: Option<OidcConfig>,
    /// how long a patient of another team stays open to somebody who gave a reason
    pub glass: TimeDelta,
    /// how long a command may wait for the rules before the caller is told to look again
    pub command_timeout: Duration,
    /// the clinic's time zone, for times that belong to no patient
    pub timezone: Tz,
    /// Hearth's own MQTT endpoint, where it is known here
    pub mqtt: Option<MqttDoor>,
    /// a link to a patient's own page ends after this
    pub own_link_lifetime: TimeDelta,
    /// how messages leave, and where their links lead
    pub messages: MessagesConfig,
}

impl ConsoleConfig {
    /// Plain HTTP on `listen`, which must be a loopback address; no automation token; half an hour idle, twelve
    /// hours at most; UTC.
    #[must_use]
    pub fn loopback(listen: SocketAddr) -> Self {
        Self {
            listen,
            tls: None,
            trusted_proxies: Vec::new(),
            automation_token: None,
            idle_timeout: TimeDelta::minutes(30),
            session_lifetime: TimeDelta::hours(12),
            require_second_factor: false,
            oidc: None,
            glass: TimeDelta::minutes(60),
            command_timeout: Duration::from_secs(5),
            timezone: Tz::UTC,
            mqtt: None,
            own_link_lifetime: TimeDelta::days(90),
            messages: MessagesConfig::default(),
        }
    }

    /// Whether browsers reach the console over TLS: then cookies say so.
    pub(crate) fn secure(&self) -> bool {
        self.tls.is_some() || !self.trusted_proxies.is_empty()
    }

    /// Every mistake that can be found without binding a socket.
    #[must_use]
    pub fn mistakes(&self) -> Vec<ConfigError> {
        let mut found = Vec::new();
        if !self.secure() && !self.listen.ip().is_loopback() {
            found.push(ConfigError::PlainHttp(self.listen));
        }
        if self.automation_token.as_ref().is_some_and(|t| t.reveal().chars().count() < 16) {
            found.push(ConfigError::ShortToken);
        }
        if self.idle_timeout <= TimeDelta::zero() || self.session_lifetime < self.idle_timeout {
            found.push(ConfigError::Timeouts);
        }
        if self.glass <= TimeDelta::zero() || self.glass > TimeDelta::days(1) {
            found.push(ConfigError::Glass);
        }
        found.extend(self.oidc.iter().flat_map(OidcConfig::mistakes));
        found
            .extend(self.messages.mistakes().into_iter().map(|(place, mistake)| ConfigError::Messages(place, mistake)));
        found
    }
}

/// A mistake in the console's configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Passwords and patient data would cross the network in clear.
    #[error(
        "plain HTTP is served on a loopback address only, and {0} is none; configure `tls`, or name the proxy that ends TLS in `trusted_proxies`"
    )]
    PlainHttp(SocketAddr),
    /// The automation token can be guessed.
    #[error("the API token has fewer than 16 characters; make a longer one, e.g. `openssl rand -hex 32`")]
    ShortToken,
    /// Time-outs that contradict each other.
    #[error("the idle time-out must be above zero and not above the session's lifetime")]
    Timeouts,
    /// Messages that could not leave, or not safely; with the key it stands under.
    #[error("{1}")]
    Messages(&'static [&'static str], MessageMistake),
    /// The provider's word would cross the network in clear.
    #[error("the issuer `{0}` is not `https://`; without TLS anybody on the way could sign in as anybody")]
    OidcIssuer(String),
    /// The way back would not be protected.
    #[error("`public_url` is `{0}` and not `https://`; the identity provider sends people back there")]
    OidcPublicUrl(String),
    /// The provider would not know where to send people back to.
    #[error("sign-in by an identity provider needs `public_url` in [http]: the provider sends people back there")]
    OidcNoPublicUrl,
    /// Nobody could sign in.
    #[error(
        "no word of the role claim means a role, so nobody could sign in; write e.g. roles = {{ \"rpm-nurses\" = \"coordinator\" }}"
    )]
    OidcRoles,
    /// Nobody could look, or everybody for ever.
    #[error("a patient of another team is open for more than nothing and at most a day")]
    Glass,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_the_loopback_address() {
        let mut config = ConsoleConfig::loopback("0.0.0.0:8080".parse().unwrap());
        assert_eq!(config.mistakes(), [ConfigError::PlainHttp(config.listen)]);
        config.trusted_proxies = vec!["10.0.0.1".parse().unwrap()];
        assert_eq!(config.mistakes(), []);
        config.automation_token = Some(Secret::new("short".into()));
        assert_eq!(config.mistakes(), [ConfigError::ShortToken]);
        assert!(ConsoleConfig::loopback("[::1]:0".parse().unwrap()).mistakes().is_empty());
    }
}
