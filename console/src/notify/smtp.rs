//! E-mail over SMTP, phase by phase, so that it is known what the server may have taken.

use super::courier::Undelivered;
use super::letter::Letter;
use super::{SmtpConfig, SmtpTls};
use care::cover::Email;
use lettre::address::AddressError;
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart, header};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use std::time::Duration;
use vitals::Instant;

/// How long the server may take for one command.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a message may take altogether.
const ALTOGETHER: Duration = Duration::from_secs(60);

/// Speaks to the mail server.
pub(super) struct Mailer {
    host: String,
    port: u16,
    tls: SmtpTls,
    parameters: TlsParameters,
    login: Option<Credentials>,
    from: Address,
    hello: ClientId,
}

impl Mailer {
    /// From the configuration, whose files are read here.
    pub(super) fn new(config: &SmtpConfig) -> Result<Self, String> {
        let mut builder = TlsParameters::builder(config.host.clone());
        if let Some(file) = &config.ca {
            let named = |why: String| format!("certificate authority `{}`: {why}", file.display());
            let pem = std::fs::read(file).map_err(|e| named(e.to_string()))?;
            builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| named(e.to_string()))?);
        }
        let login = config.username.clone().zip(config.password.as_ref().map(|p| p.reveal().to_owned()));
        Ok(Self {
            host: config.host.clone(),
            port: config.port(),
            tls: config.tls,
            parameters: builder.build_rustls().map_err(|e| e.to_string())?,
            login: login.map(|(name, password)| Credentials::new(name, password)),
            from: address(&config.from).map_err(|e| format!("the sender: {e}"))?,
            hello: ClientId::Domain(config.hello.clone()),
        })
    }

    /// Gives one message to the server.
    pub(super) async fn send(&self, letter: &Letter, to: &Email, now: Instant) -> Result<(), Undelivered> {
        let to = address(to).map_err(|_| Undelivered::never("the address cannot be written to"))?;
        let message = self.message(letter, &to, now).map_err(|e| Undelivered::never(format!("no message: {e}")))?;
        let mut phase = Phase::Before;
        let result = tokio::time::timeout(ALTOGETHER, self.speak(to, &message.formatted(), &mut phase)).await;
        match result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(phase.judge(&error)),
            Err(_) => Err(Undelivered::Later {
                why: "the mail server took too long".to_owned(),
                perhaps_taken: matches!(phase, Phase::Content),
            }),
        }
    }

    fn message(&self, letter: &Letter, to: &Address, now: Instant) -> Result<Message, lettre::error::Error> {
        let text = SinglePart::builder()
            .header(header::ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(letter.text.clone());
        // Nobody's absence is to answer.
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        Message::builder()
            .from(Mailbox::new(Some("Hearth".to_owned()), self.from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(letter.subject.clone())
            .date(now.into())
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.domain())))
            .raw_header(automatic)
            .singlepart(text)
    }

    async fn speak(
        &self,
        to: Address,
        content: &[u8],
        phase: &mut Phase,
    ) -> Result<(), lettre::transport::smtp::Error> {
        let first_byte = (self.tls == SmtpTls::Tls).then(|| self.parameters.clone());
        let server = (self.host.as_str(), self.port);
        let mut server =
            AsyncSmtpConnection::connect_tokio1(server, Some(PATIENCE), &self.hello, first_byte, None).await?;
        if self.tls == SmtpTls::Starttls {
            server.starttls(self.parameters.clone(), &self.hello).await?;
        }
        if let Some(login) = &self.login {
            server.auth(&[Mechanism::Plain, Mechanism::Login], login).await?;
        }
        server.command(Mail::new(Some(self.from.clone()), Vec::new())).await?;
        *phase = Phase::Recipient;
        server.command(Rcpt::new(to, Vec::new())).await?;
        *phase = Phase::Before;
        server.command(Data).await?;
        *phase = Phase::Content;
        server.message(content).await?;
        // The message is the server's now, whatever becomes of the farewell.
        let _ = server.quit().await;
        Ok(())
    }
}

fn address(email: &Email) -> Result<Address, AddressError> {
    email.as_str().parse()
}

/// How far a conversation got.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// nothing of this message was given
    Before,
    /// the recipient was named
    Recipient,
    /// the content was given
    Content,
}

impl Phase {
    /// What a failure in this phase means.
    fn judge(self, error: &lettre::transport::smtp::Error) -> Undelivered {
        let code = error.status().map(|code| code.to_string());
        let said = |what: &str| code.as_ref().map_or_else(|| what.to_owned(), |code| format!("{what} ({code})"));
        match (self, error.is_permanent()) {
            (Phase::Recipient, true) => {
                Undelivered::never(said("the mail server knows no such mailbox, or refuses it"))
            }
            (Phase::Content, true) => Undelivered::never(said("the mail server refuses the message")),
            // A refused login, sender or connection is about us and not about this message: it may be mended.
            (Phase::Before, true) => Undelivered::later(said("the mail server refuses to talk to us")),
            (Phase::Content, false) if error.is_transient() => Undelivered::later(said("the mail server put it off")),
            (Phase::Content, false) => Undelivered::Later {
                why: "the connection broke after the message was given; it may have arrived".to_owned(),
                perhaps_taken: true,
            },
            (_, false) if error.is_transient() => Undelivered::later(said("the mail server put it off")),
            (_, false) if error.is_tls() => Undelivered::later("TLS with the mail server failed"),
            (_, false) if error.is_client() => Undelivered::later(format!("the mail server will not do: {error}")),
            (_, false) if error.is_timeout() => Undelivered::later("the mail server took too long"),
            (_, false) => Undelivered::later("the mail server cannot be reached"),
        }
    }
}
