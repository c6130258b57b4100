//! The webhook: a signed POST to the clinic's own service.

use super::WebhookConfig;
use super::courier::Undelivered;
use super::letter::Letter;
use care::Actor;
use hmac::{Hmac, Mac};
use serde::Serialize;
use sha2::Sha256;
use std::time::Duration;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use vitals::Instant;

/// How long the service may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Posts messages.
#[derive(Clone)]
pub(super) struct Hook {
    agent: ureq::Agent,
    url: String,
    secret: service_kit::Secret,
}

/// The body, as the guide for administrators describes it.
#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    recipient: &'a str,
    text: &'a str,
    link: Option<&'a str>,
    tasks: Vec<TaskOut<'a>>,
}

#[derive(Serialize)]
struct TaskOut<'a> {
    id: &'a str,
    severity: &'a str,
}

impl Hook {
    /// From the configuration, whose files are read here.
    pub(super) fn new(config: &WebhookConfig) -> Result<Self, String> {
        let mut tls = TlsConfig::builder();
        if let Some(file) = &config.ca {
            let named = |why: String| format!("certificate authority `{}`: {why}", file.display());
            let pem = std::fs::read(file).map_err(|e| named(e.to_string()))?;
            let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(named("it holds no certificate".to_owned()));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let agent = ureq::Agent::config_builder()
            .tls_config(tls.build())
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("hearth")
            .build()
            .into();
        Ok(Self { agent, url: config.url.clone(), secret: config.secret.clone() })
    }

    /// Posts one message.
    pub(super) async fn send(&self, letter: &Letter, to: &Actor, now: Instant) -> Result<(), Undelivered> {
        let body = Body {
            id: &letter.id,
            recipient: &to.0,
            text: &letter.subject,
            link: letter.link.as_deref(),
            tasks: letter.tasks.iter().map(|(id, severity)| TaskOut { id, severity }).collect(),
        };
        let body = serde_json::to_vec(&body).map_err(|_| Undelivered::never("no message could be written"))?;
        let signature = sign(self.secret.reveal(), now.timestamp(), &body)
            .ok_or_else(|| Undelivered::never("the secret cannot sign"))?;
        let (this, id) = (self.clone(), letter.id.clone());
        let posted = tokio::task::spawn_blocking(move || {
            let request = this.agent.post(&this.url).content_type("application/json");
            request.header("Hearth-Message-Id", &id).header("Hearth-Signature", &signature).send(&body[..])
        });
        match posted.await {
            Ok(Ok(answer)) => judge(answer.status().as_u16()),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(Undelivered::later("the attempt was interrupted")),
        }
    }
}

/// `t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 of "<seconds>.<body>">`.
fn sign(secret: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    Some(format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes())))
}

fn judge(status: u16) -> Result<(), Undelivered> {
    match status {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500..=599 => Err(Undelivered::later(format!("the service answered {status}"))),
        // What it says of this message it will say again; a wrong secret or path can be mended.
        401 | 403 | 404 => Err(Undelivered::later(format!("the service answered {status}"))),
        _ => Err(Undelivered::never(format!("the service refused it with {status}"))),
    }
}

fn failed(error: &ureq::Error) -> Undelivered {
    use std::io::ErrorKind::ConnectionRefused;
    match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            Undelivered::later("the service cannot be reached")
        }
        ureq::Error::Io(io) if io.kind() == ConnectionRefused => Undelivered::later("the service cannot be reached"),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Undelivered::later("TLS with the service failed"),
        _ => Undelivered::Later {
            why: "the service did not answer; it may have taken it".to_owned(),
            perhaps_taken: true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `printf '1767225600.{"a":1}' | openssl dgst -sha256 -hmac secret`.
    #[test]
    fn the_signature_is_what_openssl_says() {
        assert_eq!(
            sign("secret", 1_767_225_600, br#"{"a":1}"#).unwrap(),
            "t=1767225600,v1=96a067a1c95eb143fc00b9097bcfcbcd5456adda508c443ff219748e764dbed7"
        );
    }

    #[test]
    fn what_may_be_mended_is_tried_again() {
        assert!(judge(204).is_ok());
        for later in [429, 500, 503, 401, 404] {
            assert!(matches!(judge(later), Err(Undelivered::Later { .. })), "{later}");
        }
        for never in [301, 400, 422] {
            assert!(matches!(judge(never), Err(Undelivered::Never { .. })), "{never}");
        }
    }
}
