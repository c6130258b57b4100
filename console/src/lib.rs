//! The care team's pages and the HTTP API.
//!
//! [`Console::start`] takes a [`ConsoleConfig`] and [`Deps`] and serves until the shutdown asks it to stop. Who may
//! do what is decided in one place, the table in `access/table.rs`; a route that is not in it is refused. JSON
//! stands in `api/`, HTML in `pages/`; both speak to the store only. What the console needs of other services comes
//! as the traits [`Replayer`] and [`Rulebooks`], so it depends on none of them.

mod access;
mod api;
mod app;
mod config;
mod cursor;
mod live;
mod notify;
mod pages;
mod ports;
mod problem;
mod replays;
mod server;
mod settle;
mod silence;
mod text;
mod work;

pub use access::accounts::{AccountError, NewUser, create_user, set_password};
pub use access::secret::{SecretError, digest_of, new_secret};
pub use config::{ConfigError, ConsoleConfig, MqttDoor, OidcConfig, TlsFiles};
pub use notify::{MessageMistake, MessagesConfig, Retries, SmtpConfig, SmtpTls, WebhookConfig};
pub use ports::{BookInfo, NoRulebooks, ParameterInfo, Previewer, Replayer, RuleInfo, Rulebooks};
pub use server::{Console, ConsoleHandle, Deps, StartError};

/// The OpenAPI document, as served at `/api/openapi.json`.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    api::router().split_for_parts().1
}
