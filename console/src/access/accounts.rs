//! People: made by an administrator, or by the command that makes the first one.

use super::secret::{SecretError, hash_password};
use care::{Actor, Role, TeamId};
use service_kit::Clock;
use std::collections::BTreeSet;
use store::{SharedStore, StoreError, User};

/// A person to be added.
#[derive(Clone)]
pub struct NewUser {
    /// sign-in name: letters, digits, `.`, `_`, `-`, at most 64
    pub name: String,
    /// as shown; the sign-in name where empty
    pub display_name: String,
    /// what they may do
    pub role: Role,
    /// whose patients they see, besides those of no team
    pub teams: BTreeSet<TeamId>,
    /// at least 8 characters
    pub password: String,
}

/// Why a person could not be added or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name cannot be typed safely.
    #[error("`{0}` is no sign-in name: 1 to 64 letters, digits, `.`, `_` or `-`")]
    Name(String),
    /// `automation` and `hearth` are not people.
    #[error("`{0}` is the name that Hearth itself uses in the audit trail; choose another")]
    Reserved(String),
    /// The password will not do.
    #[error(transparent)]
    Password(#[from] SecretError),
    /// The name is taken.
    #[error("there is somebody called `{0}` already")]
    Taken(String),
    /// There is nobody of that name.
    #[error("there is nobody called `{0}`; `hearth user list` names everybody")]
    Unknown(String),
    /// The store said no.
    #[error(transparent)]
    Store(StoreError),
}

/// Names that the audit trail has for what is no person.
fn is_reserved(name: &str) -> bool {
    matches!(name, "automation" | "hearth" | "operator")
}

/// Whether somebody may be called so.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !is_reserved(name)
}

/// Adds a person.
///
/// # Errors
/// [`AccountError`]; nothing was added.
pub async fn create_user(store: &SharedStore, new: NewUser, clock: &Clock) -> Result<User, AccountError> {
    if is_reserved(&new.name) {
        return Err(AccountError::Reserved(new.name));
    }
    if !is_name(&new.name) {
        return Err(AccountError::Name(new.name));
    }
    let display_name = if new.display_name.trim().is_empty() { new.name.clone() } else { new.display_name };
    let user = User {
        name: new.name,
        display_name,
        role: new.role,
        teams: new.teams,
        language: None,
        email: None,
        password_hash: Some(hash(new.password).await?),
        second_factor: None,
        subject: None,
        disabled: false,
        failed_attempts: 0,
        locked_until: None,
        created_at: clock.now(),
    };
    match store.add_user(user.clone()).await {
        Ok(()) => Ok(user),
        Err(StoreError::Conflict(_)) => Err(AccountError::Taken(user.name)),
        Err(error) => Err(AccountError::Store(error)),
    }
}

/// Gives somebody another password, which also ends a lock and every session of theirs.
///
/// # Errors
/// [`AccountError`]; nothing was changed.
pub async fn set_password(store: &SharedStore, name: &str, password: String, by: &Actor) -> Result<(), AccountError> {
    let change = new_password(password).await?;
    let edit = move |user: &mut User| {
        change(user);
        Ok(())
    };
    match store.edit_user(name, Box::new(edit), by).await {
        Ok(_) => Ok(()),
        Err(StoreError::NotFound(_)) => Err(AccountError::Unknown(name.to_owned())),
        Err(error) => Err(AccountError::Store(error)),
    }
}

/// What another password changes of somebody: it also ends a lock.
///
/// # Errors
/// The password will not do.
pub(crate) async fn new_password(password: String) -> Result<impl FnOnce(&mut User) + Send + 'static, AccountError> {
    let hash = hash(password).await?;
    Ok(move |user: &mut User| {
        user.password_hash = Some(hash);
        user.failed_attempts = 0;
        user.locked_until = None;
    })
}

async fn hash(password: String) -> Result<String, SecretError> {
    let hashed = tokio::task::spawn_blocking(move || hash_password(&password)).await;
    hashed.unwrap_or_else(|e| Err(SecretError::Hash(e.to_string())))
}
