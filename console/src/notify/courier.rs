//! Delivers one message to one person by one way.

use super::MessagesConfig;
use super::letter::Letter;
use super::smtp::Mailer;
use super::webhook::Hook;
use care::cover::{Channel, Member};
use std::collections::BTreeSet;
use vitals::Instant;

/// Why a message did not leave. No address, no patient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undelivered {
    /// trying again may help
    #[error("{why}")]
    Later {
        /// one sentence
        why: String,
        /// whether the next hop may have taken it all the same
        perhaps_taken: bool,
    },
    /// trying again will not help
    #[error("{why}")]
    Never {
        /// one sentence
        why: String,
    },
}

impl Undelivered {
    pub(super) fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into(), perhaps_taken: false }
    }

    pub(super) fn never(why: impl Into<String>) -> Self {
        Self::Never { why: why.into() }
    }
}

/// The ways out.
pub(crate) struct Courier {
    mailer: Option<Mailer>,
    hook: Option<Hook>,
    ways: BTreeSet<Channel>,
    public_url: Option<String>,
}

impl Courier {
    /// From the configuration, whose files are read here.
    pub(crate) fn new(config: &MessagesConfig) -> Result<Self, String> {
        Ok(Self {
            mailer: config.smtp.as_ref().map(Mailer::new).transpose()?,
            hook: config.webhook.as_ref().map(Hook::new).transpose()?,
            ways: config.ways(),
            public_url: config.public_url.clone(),
        })
    }

    /// The ways that are set up.
    pub(crate) fn ways(&self) -> &BTreeSet<Channel> {
        &self.ways
    }

    pub(super) fn public_url(&self) -> Option<&str> {
        self.public_url.as_deref()
    }

    /// Delivers `letter`; it is the next hop's when this returns.
    pub(super) async fn deliver(
        &self,
        channel: Channel,
        letter: &Letter,
        to: &Member,
        now: Instant,
    ) -> Result<(), Undelivered> {
        match channel {
            Channel::Email => {
                let mailer = self.mailer.as_ref().ok_or_else(|| Undelivered::never("e-mail is not set up"))?;
                let address = to.email.as_ref().ok_or_else(|| Undelivered::never("no address is known"))?;
                mailer.send(letter, address, now).await
            }
            Channel::Webhook => {
                let hook = self.hook.as_ref().ok_or_else(|| Undelivered::never("the webhook is not set up"))?;
                hook.send(letter, &to.user, now).await
            }
        }
    }

    /// Sends a message that says no more than that messages arrive.
    pub(crate) async fn test(
        &self,
        channel: Channel,
        to: &Member,
        id: String,
        now: Instant,
    ) -> Result<(), Undelivered> {
        self.deliver(channel, &Letter::test(id, to, self.public_url()), to, now).await
    }
}
