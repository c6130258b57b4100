//! People and tokens: for administrators.

use super::body::{Body, created};
use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::access::accounts::{AccountError, NewUser, create_user, new_password};
use crate::access::secret::{self, new_secret};
use crate::app::{App, Shared};
use crate::problem::{Problem, ProblemDocument};
use crate::text::Lang;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use care::cover::Email;
use care::{Role, TeamId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::{ApiToken, StoreError, User};
use utoipa::ToSchema;

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserOut {
    name: String,
    display_name: String,
    /// `viewer`, `coordinator`, `clinician` or `administrator`
    #[schema(value_type = String)]
    role: Role,
    /// whose patients they see, besides those of no team
    #[schema(value_type = Vec<String>)]
    teams: BTreeSet<TeamId>,
    /// codes from an app are asked for after the password
    second_factor: bool,
    language: Option<String>,
    email: Option<String>,
    /// an identity provider signs them in
    external: bool,
    disabled: bool,
    locked_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<User> for UserOut {
    fn from(u: User) -> Self {
        Self {
            name: u.name,
            display_name: u.display_name,
            role: u.role,
            teams: u.teams,
            second_factor: u.second_factor.is_some(),
            language: u.language,
            email: u.email,
            external: u.subject.is_some(),
            disabled: u.disabled,
            locked_until: u.locked_until,
            created_at: u.created_at,
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let detail = error.to_string();
        match error {
            AccountError::Name(_) | AccountError::Reserved(_) => Problem::field("/name", detail),
            AccountError::Password(secret::SecretError::TooShort | secret::SecretError::TooLong) => {
                Problem::field("/password", detail)
            }
            AccountError::Taken(_) => Problem::conflict(detail),
            AccountError::Unknown(_) => Problem::not_found("person of this name"),
            AccountError::Store(error) => error.into(),
            AccountError::Password(_) => Problem::internal(&error),
        }
    }
}

/// Everybody.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<UserOut>)))]
pub(super) async fn users(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<UserOut>>, Problem> {
    let page = raw.known(&[])?.page()?;
    let items = app.store.users().await?.into_iter().map(UserOut::from).collect();
    Ok(Json(List::cut(items, |u| u.name.clone(), &page)))
}

/// A person to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserIn {
    name: String,
    #[serde(default)]
    display_name: String,
    #[schema(value_type = String)]
    role: Role,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    teams: BTreeSet<TeamId>,
    /// at least 8 characters
    password: String,
}

/// Adds a person.
#[utoipa::path(post, path = "/api/v1/users", tag = "people", security(("bearer" = []), ("session" = [])),
    request_body = UserIn,
    responses((status = 201, body = UserOut), (status = 400, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
pub(super) async fn add_user(
    State(app): State<Shared>,
    _caller: Caller,
    Body(body): Body<UserIn>,
) -> Result<Response, Problem> {
    let new = NewUser {
        name: body.name,
        display_name: body.display_name,
        role: body.role,
        teams: body.teams,
        password: body.password,
    };
    let user = create_user(&app.store, new, &app.clock).await?;
    Ok(created(&user.name.clone(), UserOut::from(user)))
}

/// What to change of a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChange {
    display_name: Option<String>,
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    disabled: Option<bool>,
    #[schema(value_type = Option<Vec<String>>)]
    teams: Option<BTreeSet<TeamId>>,
    /// of the pages and of messages: `en`, `de`; empty: as the browser wishes
    language: Option<String>,
    /// where messages go; empty: nowhere
    email: Option<String>,
    /// `false` takes it away, for somebody who has lost telephone and recovery codes
    second_factor: Option<bool>,
    password: Option<String>,
}

/// What a text is to be; empty, it takes away what was there.
fn given<T>(text: Option<String>, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Option<Option<T>>, Problem> {
    let parse = |text: String| if text.trim().is_empty() { Ok(None) } else { parse(&text).map(Some) };
    text.map(parse).transpose()
}

fn language(code: &str) -> Result<String, Problem> {
    let known = || Lang::ALL.map(Lang::code).join(", ");
    let wrong = || Problem::field("/language", format!("`{code}` is no language of the pages; there are {}", known()));
    Lang::of_code(code).map(|lang| lang.code().to_owned()).ok_or_else(wrong)
}

fn address(text: &str) -> Result<String, Problem> {
    let email = text.parse::<Email>().map_err(|error| Problem::field("/email", error.to_string()))?;
    Ok(email.into())
}

/// Changes a person, wholly or not at all; another role or password, or disabling them, ends their sessions. The last
/// administrator stays one.
#[utoipa::path(patch, path = "/api/v1/users/{name}", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("name" = String, Path)), request_body = UserChange,
    responses((status = 200, body = UserOut), (status = 404, body = ProblemDocument),
        (status = 409, description = "the last administrator", body = ProblemDocument)))]
pub(super) async fn change_user(
    State(app): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Body(body): Body<UserChange>,
) -> Result<Json<UserOut>, Problem> {
    let missing = || Problem::not_found("person of this name");
    let password = match body.password {
        Some(password) => Some(new_password(password).await?),
        None => None,
    };
    if body.second_factor == Some(true) {
        return Err(Problem::field("/second_factor", "only the person can make one, at /account/second-factor"));
    }
    let (display_name, role, disabled, teams) = (body.display_name, body.role, body.disabled, body.teams);
    let (language, email) = (given(body.language, language)?, given(body.email, address)?);
    let edit = move |user: &mut User| {
        if body.second_factor == Some(false) {
            user.second_factor = None;
        }
        user.language = language.unwrap_or_else(|| user.language.clone());
        user.email = email.unwrap_or_else(|| user.email.clone());
        user.display_name = display_name.unwrap_or_else(|| user.display_name.clone());
        user.role = role.unwrap_or(user.role);
        user.disabled = disabled.unwrap_or(user.disabled);
        user.teams = teams.unwrap_or_else(|| user.teams.clone());
        if let Some(change) = password {
            change(user);
        }
        Ok(())
    };
    let user = app.store.edit_user(&name, Box::new(edit), &caller.actor).await.map_err(|error| match error {
        StoreError::NotFound(_) => missing(),
        other => other.into(),
    })?;
    Ok(Json(user.into()))
}

/// A token for programs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenOut {
    id: String,
    label: String,
    #[schema(value_type = String)]
    role: Role,
    /// whose patients it sees; of none, every patient
    #[schema(value_type = Vec<String>)]
    teams: BTreeSet<TeamId>,
    /// changes nothing, whatever its role may
    read_only: bool,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    disabled: bool,
    /// the token itself, only in the answer that makes it
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<ApiToken> for TokenOut {
    fn from(t: ApiToken) -> Self {
        Self {
            id: t.id,
            label: t.label,
            role: t.role,
            teams: t.teams,
            read_only: t.read_only,
            created_at: t.created_at,
            expires_at: t.expires_at,
            disabled: t.disabled,
            token: None,
        }
    }
}

/// Every token, without its secret.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<TokenOut>)))]
pub(super) async fn tokens(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<TokenOut>>, Problem> {
    let page = raw.known(&[])?.page()?;
    let items = app.store.tokens().await?.into_iter().map(TokenOut::from).collect();
    Ok(Json(List::cut(items, |t| t.id.clone(), &page)))
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenIn {
    /// what it is for
    label: String,
    #[schema(value_type = String)]
    role: Role,
    /// whose patients it sees; of none, every patient
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    teams: BTreeSet<TeamId>,
    /// changes nothing, whatever its role may
    #[serde(default)]
    read_only: bool,
    /// default: never
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

/// Makes a token; it is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "people", security(("bearer" = []), ("session" = [])),
    request_body = TokenIn, responses((status = 201, body = TokenOut), (status = 400, body = ProblemDocument)))]
pub(super) async fn add_token(
    State(app): State<Shared>,
    _caller: Caller,
    Body(body): Body<TokenIn>,
) -> Result<Response, Problem> {
    let token = ApiToken {
        id: String::new(),
        label: body.label,
        role: body.role,
        teams: body.teams,
        read_only: body.read_only,
        token_sha256: [0; 32],
        created_at: app.clock.now(),
        expires_at: body.expires_at,
        disabled: false,
    };
    let (token, text) = make_token(&app, token).await?;
    Ok(created(&token.id.clone(), TokenOut { token: Some(text), ..token.into() }))
}

/// Gives a token its id and its secret, and keeps it; the secret is returned this once.
pub(crate) async fn make_token(app: &App, token: ApiToken) -> Result<(ApiToken, String), Problem> {
    let (text, token_sha256) = new_secret().map_err(|e| Problem::internal(&e))?;
    let id = hex::encode(secret::random::<6>().map_err(|e| Problem::internal(&e))?);
    let token = ApiToken { id, token_sha256, ..token };
    app.store.add_token(token.clone()).await?;
    Ok((token, text))
}

/// Ends a token.
#[utoipa::path(post, path = "/api/v1/tokens/{id}/disable", tag = "people",
    security(("bearer" = []), ("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = TokenOut), (status = 404, body = ProblemDocument)))]
pub(super) async fn disable_token(
    State(app): State<Shared>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<TokenOut>, Problem> {
    let missing = || Problem::not_found("token with this id");
    let token = app.store.tokens().await?.into_iter().find(|t| t.id == id).ok_or_else(missing)?;
    app.store.disable_token(&id).await?;
    Ok(Json(TokenOut { disabled: true, ..token.into() }))
}
