//! Who a request comes from.

use crate::app::App;
use crate::problem::Problem;
use crate::text::{Lang, Words};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use care::{Actor, Permission, Role};
use store::WebSession;
use subtle::ConstantTimeEq;

use super::secret::digest_of;
use super::session;

/// Somebody who proved who they are. The guard puts it into the request; handlers take it as an argument.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    pub(crate) role: Role,
    /// as shown at the top of a page
    pub(crate) display_name: String,
    pub(crate) credential: Credential,
    /// in which language pages are written for them
    pub(crate) lang: Lang,
}

/// What they proved it with.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// a bearer token: no browser, no CSRF
    Bearer,
    /// a signed-in browser
    Session(Box<WebSession>),
}

impl Caller {
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// For what is decided field by field.
    pub(crate) fn require(&self, permission: Permission, what: &str) -> Result<(), Problem> {
        if self.may(permission) {
            return Ok(());
        }
        Err(Problem::forbidden(format!("As {} you may not change {what}.", self.role)))
    }

    /// How things are said to this caller now, on the clinic's clock.
    pub(crate) fn words(&self, app: &App) -> Words {
        Words::new(self.lang, app.config.timezone, app.clock.now())
    }

    /// The token that this caller's forms carry.
    pub(crate) fn csrf(&self) -> &str {
        match &self.credential {
            Credential::Bearer => "",
            Credential::Session(session) => &session.csrf,
        }
    }

    /// The caller of a request by its headers; nobody where there is no credential or it does not hold.
    pub(super) async fn identify(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let found = Self::by_credential(app, headers).await?;
        Ok(found.map(|caller| Self { lang: Lang::of_headers(headers), ..caller }))
    }

    async fn by_credential(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(|v| v.split_once(' '));
            return match token {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    Self::by_token(app, token.trim()).await
                }
                _ => Ok(None),
            };
        }
        let Some(token) = session::token_of(headers, app.config.secure()) else { return Ok(None) };
        Self::by_session(app, &token).await
    }

    async fn by_token(app: &App, token: &str) -> Result<Option<Self>, Problem> {
        let digest = digest_of(token);
        if let Some(own) = &app.config.automation_token
            && bool::from(digest_of(own.reveal()).ct_eq(&digest))
        {
            return Ok(Some(Self::bearer("automation".to_owned(), Role::Administrator)));
        }
        let found = app.store.token(&digest, app.clock.now()).await?;
        Ok(found.map(|token| Self::bearer(format!("token:{}", token.id), token.role)))
    }

    fn bearer(name: String, role: Role) -> Self {
        Self {
            display_name: name.clone(),
            actor: Actor(name),
            role,
            credential: Credential::Bearer,
            lang: Lang::default(),
        }
    }

    async fn by_session(app: &App, token: &str) -> Result<Option<Self>, Problem> {
        let Some(session) = session::current(app, token).await? else { return Ok(None) };
        let Some(user) = app.store.user(&session.user).await?.filter(|u| !u.disabled) else { return Ok(None) };
        Ok(Some(Self {
            actor: Actor(user.name),
            role: user.role,
            display_name: user.display_name,
            credential: Credential::Session(Box::new(session)),
            lang: Lang::default(),
        }))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(Problem::unauthorized)
    }
}
