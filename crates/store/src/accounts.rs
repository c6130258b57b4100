//! People, their sessions, and API tokens.

use crate::StoreError;
use async_trait::async_trait;
use care::{Actor, Role, TeamId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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
    /// whose patients they see, besides those of no team
    #[serde(default)]
    pub teams: BTreeSet<TeamId>,
    /// of the pages and of messages to them, BCP 47
    pub language: Option<String>,
    /// where messages go
    pub email: Option<String>,
    /// argon2id, PHC string; none where an identity provider signs them in
    #[serde(skip)]
    pub password_hash: Option<String>,
    /// asked for after the password
    #[serde(skip)]
    pub second_factor: Option<SecondFactor>,
    /// issuer and subject at the identity provider, where it signs them in
    pub subject: Option<String>,
    /// may not sign in
    pub disabled: bool,
    /// sign-ins begun since the last one that went through
    pub failed_attempts: u32,
    /// no sign-in before this
    pub locked_until: Option<Instant>,
    /// when the person was added
    pub created_at: Instant,
}

/// A change of one person, made by the one writer: nobody else's change comes between what it sees and what it writes.
pub type UserEdit = Box<dyn FnOnce(&mut User) -> Result<(), StoreError> + Send>;

/// Codes from an app on a telephone (TOTP, RFC 6238), and ten that work once each for the day it is lost.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    /// shared with the app, base32
    pub secret: String,
    /// the newest time step whose code was used: none works twice
    pub last_step: u64,
    /// SHA-256 of each recovery code that is left, hexadecimal
    pub recovery: BTreeSet<String>,
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor").field("recovery", &self.recovery.len()).finish_non_exhaustive()
    }
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
    /// which browser on what: `Firefox on Linux`
    pub agent: String,
    /// what they signed in with: `password`, `second-factor`, `oidc`
    pub means: String,
}

impl WebSession {
    /// What it is called in lists and URLs: the beginning of its token's digest, with which nobody signs in.
    #[must_use]
    pub fn public_id(&self) -> String {
        hex::encode(self.token_sha256.iter().take(8).copied().collect::<Vec<u8>>())
    }
}

/// A sign-in between two requests. Whoever has its token goes on with it, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInStep {
    /// SHA-256 of the cookie's token
    pub token_sha256: [u8; 32],
    /// what is known so far, JSON
    pub body: String,
    /// over at
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
    /// whose patients it sees; of none, every patient
    #[serde(default)]
    pub teams: BTreeSet<TeamId>,
    /// reads, whatever its role may change
    #[serde(default)]
    pub read_only: bool,
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

/// People, sessions, tokens.
#[async_trait]
pub trait Accounts {
    /// Adds a person. [`StoreError::Conflict`] if the name or the subject is taken.
    async fn add_user(&self, user: User) -> Result<(), StoreError>;
    /// Changes a person, whole or not at all, and answers with who they are now. Another role, password, team,
    /// second factor or `disabled` ends their sessions. [`StoreError::Conflict`] where no administrator would be
    /// left who can sign in. `actor` stands in the journal where somebody was disabled or enabled.
    async fn edit_user(&self, name: &str, edit: UserEdit, actor: &Actor) -> Result<User, StoreError>;
    /// One person.
    async fn user(&self, name: &str) -> Result<Option<User>, StoreError>;
    /// The person with this subject at the identity provider.
    async fn user_of_subject(&self, subject: &str) -> Result<Option<User>, StoreError>;
    /// Everybody.
    async fn users(&self) -> Result<Vec<User>, StoreError>;

    /// Begins a session.
    async fn add_session(&self, session: WebSession) -> Result<(), StoreError>;
    /// A session that is not over at `now`.
    async fn session(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<WebSession>, StoreError>;
    /// Sessions that are not over at `now`, of one person or of everybody, newest use first.
    async fn sessions(&self, user: Option<&str>, now: Instant) -> Result<Vec<WebSession>, StoreError>;
    /// Notes that a session is in use.
    async fn touch_session(&self, token_sha256: &[u8; 32], now: Instant) -> Result<(), StoreError>;
    /// Ends a session.
    async fn end_session(&self, token_sha256: &[u8; 32]) -> Result<(), StoreError>;
    /// Keeps a sign-in that goes on with another request.
    async fn put_step(&self, step: SignInStep) -> Result<(), StoreError>;
    /// Takes a sign-in that is not over at `now` out: it goes on once.
    async fn take_step(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<SignInStep>, StoreError>;

    /// Adds a token.
    async fn add_token(&self, token: ApiToken) -> Result<(), StoreError>;
    /// The token with this digest, if it works at `now`.
    async fn token(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<ApiToken>, StoreError>;
    /// Every token.
    async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError>;
    /// Disables one.
    async fn disable_token(&self, id: &str) -> Result<(), StoreError>;
}
