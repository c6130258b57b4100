//! How the console is set up, and what it refuses to start with.

use crate::notify::{MessageMistake, MessagesConfig};
use chrono::TimeDelta;
use chrono_tz::Tz;
use service_kit::Secret;
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
