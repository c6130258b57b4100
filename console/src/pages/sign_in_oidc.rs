//! Signing in by the hospital's identity provider, and out again.

use super::layout::bare;
use super::sign_in::{Next, refuse, safe};
use crate::access::oidc::{OidcError, provider};
use crate::access::provision::{self, Stranger};
use crate::access::{session, step, step::Step};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Lang, t};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use subtle::ConstantTimeEq;

/// `GET /sign-in/oidc`: to the provider.
pub(super) async fn begin(State(app): State<Shared>, Query(next): Query<Next>) -> Result<Response, Problem> {
    let (to, step) = provider(&app)?.begin(safe(next.next())).await?;
    let cookie = session::step_cookie(&app, &step::put(&app, &step).await?)?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(&to)).into_response())
}

/// What the provider sends the browser back with.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// `GET /sign-in/oidc/return`.
pub(super) async fn finish(
    State(app): State<Shared>,
    lang: Lang,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response, Problem> {
    let provider = provider(&app)?;
    let (code, nonce, verifier, next) = match expected(&app, &headers, answer).await? {
        Ok(expected) => expected,
        Err(error) => return failed(&app, lang, "", &error).await,
    };
    let who = match provider.finish(code, nonce, verifier).await {
        Ok(who) => who,
        Err(error @ OidcError::Token(_)) => return failed(&app, lang, "", &error).await,
        Err(error) => return Err(error.into()),
    };
    let subject = who.subject().to_owned();
    let user = match provision::admit(&app, who).await? {
        Ok(user) => user,
        Err(stranger) => {
            let (why, detail) = match stranger {
                Stranger::NoRole => (t!(lang, "accounts-oidc-no-role"), "no role"),
                Stranger::Disabled => (t!(lang, "accounts-oidc-disabled"), "disabled"),
            };
            session::failed(&app, &subject, detail).await?;
            return refuse(&app, lang, StatusCode::FORBIDDEN, &why).await;
        }
    };
    let cookie = session::begin(&app, &user.name, "oidc", &headers).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(safe(Some(&next)))).into_response())
}

async fn failed(app: &App, lang: Lang, name: &str, error: &OidcError) -> Result<Response, Problem> {
    tracing::warn!(%error, "a sign-in by the identity provider was refused");
    session::failed(app, name, "oidc").await?;
    refuse(app, lang, StatusCode::FORBIDDEN, &t!(lang, "accounts-oidc-failed")).await
}

/// The code, and what this browser's sign-in was begun with: its step is used up, whatever comes of it.
async fn expected(
    app: &App,
    headers: &HeaderMap,
    answer: Answer,
) -> Result<Result<(String, String, String, String), OidcError>, Problem> {
    let Some(token) = session::step_token(app, headers) else { return Ok(Err(OidcError::Stale)) };
    let Some(Step::Provider { state, nonce, verifier, next }) = step::take(app, &token).await? else {
        return Ok(Err(OidcError::Stale));
    };
    let given = answer.state.unwrap_or_default();
    if !bool::from(state.as_bytes().ct_eq(given.as_bytes())) {
        return Ok(Err(OidcError::Stale));
    }
    Ok(match (answer.error, answer.code) {
        (Some(error), _) => Err(OidcError::Refused(error.chars().take(64).collect())),
        (None, Some(code)) => Ok((code, nonce, verifier, next)),
        (None, None) => Err(OidcError::Stale),
    })
}

/// `GET /signed-out`: out of Hearth, and the way out of the provider too.
pub(super) async fn signed_out(State(app): State<Shared>, lang: Lang) -> Result<Markup, Problem> {
    let end = provider(&app)?.end().await;
    Ok(bare(
        lang,
        &t!(lang, "accounts-signed-out"),
        &html! {
            h1 { (t!(lang, "accounts-signed-out")) }
            @if let Some(end) = end { p { (t!(lang, "accounts-signed-out-there")) } p { a href=(end) { (t!(lang, "accounts-sign-out-there")) } } }
            p { a href="/sign-in" { (t!(lang, "accounts-sign-in-again")) } }
        },
    ))
}
