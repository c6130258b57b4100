//! Mistakes that a well-formed file can still hold.

use std::{collections::BTreeSet, path::Path};

use service_kit::{ConfigError, Secret, config::place_of, logs};

use super::Settings;

/// The environment variable whose value is an administrator's bearer token, where that is allowed.
const TOKEN_VARIABLE: &str = "HEARTH_API_TOKEN";
/// Shortest bearer token that is taken from the environment.
const TOKEN_CHARACTERS: usize = 16;
/// What the contract promises to senders, bytes.
const LARGEST_PACKET: u64 = 1 << 20;

struct Place<'a> {
    text: &'a str,
    file: &'a str,
    broken: &'a BTreeSet<String>,
    found: Vec<ConfigError>,
}

impl Place<'_> {
    fn note(&mut self, key: &[&str], message: impl Into<String>, remedy: &str) {
        let remedy = Some(remedy.to_owned()).filter(|text| !text.is_empty());
        self.found.push(ConfigError::at(self.text, self.file, place_of(self.text, key), message, remedy));
    }

    /// A contradiction between what is written and what `key` says; of sections that could not be read whole it may only
    /// seem to be one.
    fn contradiction(&mut self, key: &[&str], others: &[&str], message: impl Into<String>, remedy: &str) {
        if !key.iter().take(1).chain(others).any(|section| self.broken.contains(*section)) {
            self.note(key, message, remedy);
        }
    }

    fn readable(&mut self, key: &[&str], what: &str, path: &Path) {
        if let Err(error) = std::fs::File::open(path) {
            let message = format!("{what} `{}` cannot be read: {error}", path.display());
            self.note(key, message, "name a file that the user of this process may read");
        }
    }
}

/// Every contradiction in `settings`, of which something could not be read in the sections `broken`.
pub(super) fn mistakes(settings: &Settings, text: &str, file: &str, broken: &BTreeSet<String>) -> Vec<ConfigError> {
    let mut place = Place { text, file, broken, found: Vec::new() };
    if let Err(error) = logs::check_filter(&settings.log.filter) {
        place.note(&["log", "filter"], error.to_string(), "");
    }
    http(settings, &mut place);
    mqtt(settings, &mut place);
    if settings.admission.late >= settings.admission.oldest {
        let message = "a reading this old is refused before it could be flagged as late";
        place.contradiction(&["admission", "late"], &[], message, "write less than `oldest`");
    }
    for rulebook in &settings.rules.files {
        place.readable(&["rules", "files"], "rulebook", rulebook);
    }
    place.found
}

fn http(settings: &Settings, place: &mut Place<'_>) {
    use console::ConfigError as Mistake;

    let http = &settings.http;
    for mistake in settings.console(None).mistakes() {
        let key: &[&str] = match mistake {
            Mistake::PlainHttp(_) => &["http", "listen"],
            Mistake::ShortToken => &["http", "api_token"],
            Mistake::Timeouts => &["http", "idle_timeout"],
            Mistake::Glass => &["http", "glass"],
            Mistake::OidcIssuer(_) => &["oidc", "issuer"],
            Mistake::OidcPublicUrl(_) => &["http", "public_url"],
            Mistake::OidcNoPublicUrl => &["oidc"],
            Mistake::OidcRoles => &["oidc", "roles"],
            Mistake::Messages(key, _) => key,
        };
        let of_http = matches!(mistake, Mistake::OidcPublicUrl(_) | Mistake::OidcNoPublicUrl);
        let others: &[&str] = if of_http { &["http", "oidc"] } else { &[] };
        place.contradiction(key, others, mistake.to_string(), "");
    }
    let authorities = [
        (["smtp", "ca"], settings.smtp.as_ref().and_then(|smtp| smtp.ca.as_ref())),
        (["oidc", "ca"], settings.oidc.as_ref().and_then(|oidc| oidc.ca.as_ref())),
        (["webhook", "ca"], settings.webhook.as_ref().and_then(|webhook| webhook.ca.as_ref())),
    ];
    for (key, ca) in authorities {
        if let Some(ca) = ca {
            place.readable(&key, "certificate authority", ca);
        }
    }
    if let Some(tls) = &http.tls {
        place.readable(&["http", "tls", "certificate"], "certificate", &tls.certificate);
        place.readable(&["http", "tls", "key"], "private key", &tls.key);
    }
    if http.api_token
        && let Err(message) = automation_token()
    {
        place.note(&["http", "api_token"], message, "");
    }
}

fn mqtt(settings: &Settings, place: &mut Place<'_>) {
    let mqtt = &settings.mqtt;
    let taken = |listen: &std::net::SocketAddr| listen.port() != 0 && *listen == settings.http.listen;
    if mqtt.listen.as_ref().is_some_and(taken) {
        place.contradiction(&["mqtt", "listen"], &["http"], "HTTP listens there already", "give each its own port");
    }
    if let Some(tls) = &mqtt.tls {
        if taken(&tls.listen) || (tls.listen.port() != 0 && Some(tls.listen) == mqtt.listen) {
            let message = "somebody else listens there already";
            place.contradiction(&["mqtt", "tls", "listen"], &["http"], message, "give each its own port");
        }
        place.readable(&["mqtt", "tls", "certificate"], "certificate", &tls.certificate);
        place.readable(&["mqtt", "tls", "key"], "private key", &tls.key);
    }
    if mqtt.limits.packet.0 > LARGEST_PACKET {
        place.note(&["mqtt", "limits", "packet"], "the largest packet is 1 MiB by contract", "write \"1 MiB\" or less");
    }
    if let Some(ca) = mqtt.broker.as_ref().and_then(|broker| broker.ca.as_ref()) {
        place.readable(&["mqtt", "broker", "ca"], "certificate authority", ca);
    }
}

/// The bearer token of the environment; one that is too short is a mistake.
pub(crate) fn automation_token() -> Result<Option<Secret>, String> {
    match Secret::from_env(TOKEN_VARIABLE) {
        Some(token) if token.reveal().chars().count() < TOKEN_CHARACTERS => Err(format!(
            "the token in {TOKEN_VARIABLE} has fewer than {TOKEN_CHARACTERS} characters; make a longer one: openssl rand -hex 32"
        )),
        token => Ok(token),
    }
}
