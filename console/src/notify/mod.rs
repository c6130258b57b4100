//! Messages that leave Hearth: out of the outbox, over SMTP or a webhook, at least once and with a stable id.
//!
//! [`Courier`] delivers one message and says how that ended; the dispatcher takes due messages from the outbox, merges
//! what goes to one person, and decides about retries. No patient's data is in any of it: "a task is waiting", a link.

mod backoff;
mod config;
mod courier;
mod dispatcher;
mod letter;
mod rate;
mod smtp;
mod webhook;

pub use backoff::Retries;
pub use config::{MessageMistake, MessagesConfig, SmtpConfig, SmtpTls, WebhookConfig};
pub(crate) use courier::{Courier, Undelivered};
pub(crate) use dispatcher::Dispatcher;
