//! How messages leave: `[smtp]` and `[webhook]` of the configuration.

use super::Retries;
use axum::http::Uri;
use care::cover::{Channel, Email};
use serde::Deserialize;
use service_kit::Secret;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;

/// How messages leave.
#[derive(Clone, Debug, Default)]
pub struct MessagesConfig {
    /// where people open Hearth: `https://hearth.example`; links begin with it
    pub public_url: Option<String>,
    /// the mail server that takes e-mail
    pub smtp: Option<SmtpConfig>,
    /// the clinic's own service that takes messages
    pub webhook: Option<WebhookConfig>,
    /// how often delivery is tried
    pub retries: Retries,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// STARTTLS, refused where the server does not offer it
    #[default]
    Starttls,
    /// TLS from the first byte
    Tls,
    /// none: on a loopback address only
    None,
}

/// The mail server that takes e-mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// its name, which its certificate has too
    pub host: String,
    /// 587 for STARTTLS, 465 for TLS, 25 for none, where not given
    #[serde(default)]
    pub port: Option<u16>,
    /// how the connection is protected
    #[serde(default)]
    pub tls: SmtpTls,
    /// certificate authority of the server, PEM, beside those of the Web
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// to sign in with
    #[serde(default)]
    pub username: Option<String>,
    /// to sign in with
    #[serde(default)]
    pub password: Option<Secret>,
    /// the sender
    pub from: Email,
    /// what Hearth calls itself to the server
    #[serde(default = "hello")]
    pub hello: String,
    /// messages one person gets a minute; what is more waits and leaves as one
    #[serde(default = "per_minute")]
    pub per_minute: u32,
}

/// The clinic's own service that takes messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// where they are posted
    pub url: String,
    /// signs each of them
    pub secret: Secret,
    /// certificate authority of the service, PEM, in place of those of the Web
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

fn hello() -> String {
    "hearth".to_owned()
}

fn per_minute() -> u32 {
    20
}

/// A mistake in how messages leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageMistake {
    /// Messages would cross the network in clear.
    #[error("e-mail leaves without TLS on a loopback address only, and `{0}` is none; write `tls = \"starttls\"`")]
    PlainSmtp(String),
    /// A password would not be used.
    #[error("`username` and `password` belong together; give both or neither")]
    HalfLogin,
    /// Not the name of a server.
    #[error("`{0}` is no name of a server")]
    Host(String),
    /// Messages would cross the network in clear.
    #[error("the webhook is called over https, or over http on a loopback address; `{0}` is neither")]
    PlainWebhook(String),
    /// The signature could be guessed.
    #[error("the webhook's secret has fewer than 32 characters; make a longer one: openssl rand -hex 32")]
    ShortSecret,
    /// Links would lead nowhere.
    #[error("`{0}` is no address that a browser opens; write `https://hearth.example`")]
    PublicUrl(String),
}

impl MessagesConfig {
    /// The ways by which messages can leave.
    pub(crate) fn ways(&self) -> BTreeSet<Channel> {
        let email = self.smtp.iter().map(|_| Channel::Email);
        email.chain(self.webhook.iter().map(|_| Channel::Webhook)).collect()
    }

    /// Every mistake, with the key it stands under.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(&'static [&'static str], MessageMistake)> {
        let mut found: Vec<(&'static [&'static str], MessageMistake)> = Vec::new();
        if let Some(url) = self.public_url.as_ref().filter(|url| !opens(url)) {
            found.push((&["http", "public_url"], MessageMistake::PublicUrl(url.clone())));
        }
        if let Some(smtp) = &self.smtp {
            found.extend(smtp.mistakes());
        }
        if let Some(webhook) = &self.webhook {
            let uri = webhook.url.parse::<Uri>().ok();
            let plain =
                uri.as_ref().is_some_and(|u| u.scheme_str() == Some("http") && u.host().is_some_and(is_loopback));
            let safe = uri.is_some_and(|u| u.scheme_str() == Some("https") && u.host().is_some());
            if !plain && !safe {
                found.push((&["webhook", "url"], MessageMistake::PlainWebhook(webhook.url.clone())));
            }
            if webhook.secret.reveal().chars().count() < 32 {
                found.push((&["webhook", "secret"], MessageMistake::ShortSecret));
            }
        }
        found
    }
}

impl SmtpConfig {
    /// The port, the usual one where none is given.
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            SmtpTls::Starttls => 587,
            SmtpTls::Tls => 465,
            SmtpTls::None => 25,
        })
    }

    fn mistakes(&self) -> Vec<(&'static [&'static str], MessageMistake)> {
        let mut found: Vec<(&'static [&'static str], MessageMistake)> = Vec::new();
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if self.host.is_empty() || !self.host.chars().all(name) {
            found.push((&["smtp", "host"], MessageMistake::Host(self.host.clone())));
        }
        if self.tls == SmtpTls::None && !is_loopback(&self.host) {
            found.push((&["smtp", "tls"], MessageMistake::PlainSmtp(self.host.clone())));
        }
        if self.username.is_some() != self.password.is_some() {
            found.push((&["smtp", "username"], MessageMistake::HalfLogin));
        }
        found
    }
}

fn is_loopback(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    plain == "localhost" || plain.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn opens(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && path == "/"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(host: &str, tls: SmtpTls) -> SmtpConfig {
        SmtpConfig {
            host: host.into(),
            port: None,
            tls,
            ca: None,
            username: None,
            password: None,
            from: "hearth@clinic.example".parse().unwrap(),
            hello: hello(),
            per_minute: per_minute(),
        }
    }

    fn check(config: &MessagesConfig, expected: &[MessageMistake]) {
        let found: Vec<MessageMistake> = config.mistakes().into_iter().map(|(_, m)| m).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn nothing_crosses_the_network_in_clear() {
        let with = |smtp| MessagesConfig { smtp: Some(smtp), ..MessagesConfig::default() };
        check(&with(smtp("mail.example", SmtpTls::Starttls)), &[]);
        check(&with(smtp("127.0.0.1", SmtpTls::None)), &[]);
        check(&with(smtp("mail.example", SmtpTls::None)), &[MessageMistake::PlainSmtp("mail.example".into())]);
        check(
            &with(SmtpConfig { username: Some("x".into()), ..smtp("a", SmtpTls::Tls) }),
            &[MessageMistake::HalfLogin],
        );
        let hook = |url: &str, secret: &str| {
            let secret = Secret::new(secret.into());
            MessagesConfig { webhook: Some(WebhookConfig { url: url.into(), secret, ca: None }), ..Default::default() }
        };
        let long = "0123456789abcdef0123456789abcdef";
        for good in ["https://pager.example/hearth?x=1", "http://127.0.0.1:9/x", "http://localhost/", "http://[::1]:9/"]
        {
            check(&hook(good, long), &[]);
        }
        for bad in ["http://pager.example/", "ftp://x/", "/x", ""] {
            check(&hook(bad, long), &[MessageMistake::PlainWebhook(bad.into())]);
        }
        check(&hook("https://pager.example/", "short"), &[MessageMistake::ShortSecret]);
        let url = |url: &str| MessagesConfig { public_url: Some(url.into()), ..Default::default() };
        check(&url("https://hearth.example"), &[]);
        check(&url("https://hearth.example/x"), &[MessageMistake::PublicUrl("https://hearth.example/x".into())]);
    }
}
