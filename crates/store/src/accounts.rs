//! People, their sessions, API tokens, and who did what.

use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use care::{Actor, Role};
use serde::{Deserialize, Serialize};
use vitals::Instant;

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// sign-in name
    pub name: String,
    /// as shown
    pub display_name: String,
    /// what they may do
    pub role: Role,
    /// argon2id, PHC string
    #[serde(skip)]
    pub password_hash: String,
    /// may not sign in
    pub disabled: bool,
    /// wrong passwords since the last right one
    pub failed_attempts: u32,
    /// no sign-in before this
    pub locked_until: Option<Instant>,
    /// when the person was added
    pub created_at: Instant,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// SHA-256 of the cookie's token
    pub token_sha256: [u8; 32],
    /// who
    pub user: String,
    /// CSRF token of its forms
    pub csrf: String,
    /// when it began
    pub created_at: Instant,
    /// last request
    pub last_seen: Instant,
    /// over at the latest
    pub expires_at: Instant,
}

/// A token for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// public id
    pub id: String,
    /// what it is for
    pub label: String,
    /// what it may do
    pub role: Role,
    /// SHA-256 of the token
    #[serde(skip)]
    pub token_sha256: [u8; 32],
    /// when it was made
    pub created_at: Instant,
    /// over at
    pub expires_at: Option<Instant>,
    /// no longer works
    pub disabled: bool,
}

/// Something somebody did or looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAudit {
    /// when
    pub at: Instant,
    /// who
    pub actor: Actor,
    /// what: `sign-in`, `read-patient`, `change-patient`, …
    pub action: String,
    /// of whom or what: a patient id, a task id, a source
    pub subject: String,
    /// details without secrets
    pub detail: String,
}

/// A line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// position
    pub row: u64,
    /// what happened
    #[serde(flatten)]
    pub entry: NewAudit,
}

/// People, sessions, tokens, audit.
#[async_trait]
pub trait Accounts {
    /// Adds a person. [`StoreError::Conflict`] if the name is taken.
    async fn add_user(&self, user: User) -> Result<(), StoreError>;
    /// Replaces what is stored of a person; a change of role, password or `disabled` ends their sessions.
    async fn update_user(&self, user: User) -> Result<(), StoreError>;
    /// One person.
    async fn user(&self, name: &str) -> Result<Option<User>, StoreError>;
    /// Everybody.
    async fn users(&self) -> Result<Vec<User>, StoreError>;

    /// Begins a session.
    async fn add_session(&self, session: WebSession) -> Result<(), StoreError>;
    /// A session that is not over at `now`.
    async fn session(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<WebSession>, StoreError>;
    /// Notes that a session is in use.
    async fn touch_session(&self, token_sha256: &[u8; 32], now: Instant) -> Result<(), StoreError>;
    /// Ends a session.
    async fn end_session(&self, token_sha256: &[u8; 32]) -> Result<(), StoreError>;

    /// Adds a token.
    async fn add_token(&self, token: ApiToken) -> Result<(), StoreError>;
    /// The token with this digest, if it works at `now`.
    async fn token(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<ApiToken>, StoreError>;
    /// Every token.
    async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError>;
    /// Disables one.
    async fn disable_token(&self, id: &str) -> Result<(), StoreError>;

    /// Writes down what somebody did.
    async fn audit(&self, entries: Vec<NewAudit>) -> Result<(), StoreError>;
    /// The trail, newest first.
    async fn audit_trail(&self, page: PageRequest) -> Result<Page<AuditEntry>, StoreError>;
}
