//! Signing in and out.

use super::form::Fields;
use super::layout::{alert, bare};
use crate::access::secret::new_secret;
use crate::access::{Caller, Credential, session};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::Lang;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;
use subtle::ConstantTimeEq;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

/// A path of ours: nothing that a browser would take for another host.
fn safe(next: Option<&str>) -> &str {
    let fine = |n: &&str| {
        n.starts_with('/')
            && !n.starts_with("//")
            && n.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b':'))
    };
    next.filter(fine).unwrap_or("/")
}

/// `GET /sign-in`.
pub(super) async fn page(State(app): State<Shared>, lang: Lang, Query(next): Query<Next>) -> Result<Response, Problem> {
    show(&app, lang, StatusCode::OK, safe(next.next.as_deref()), None).await
}

async fn show(app: &App, lang: Lang, status: StatusCode, next: &str, wrong: Option<&str>) -> Result<Response, Problem> {
    let (token, _) = new_secret().map_err(|e| Problem::internal(&e))?;
    let cookie = session::form_cookie(app, &token)?;
    let nobody_yet = app.store.users().await?.is_empty();
    let page = bare(
        lang,
        "Sign in",
        &html! {
            h1 { "Sign in" }
            @if let Some(wrong) = wrong { (alert(wrong)) }
            @if nobody_yet {
                p.note { "There is nobody who could sign in yet. Make the first administrator on the machine that runs Hearth: "
                    code { "hearth user add NAME --role administrator" } }
            }
            form.stack method="post" action="/sign-in" {
                input type="hidden" name="form" value=(token);
                input type="hidden" name="next" value=(next);
                label { "Name" input type="text" name="name" autocomplete="username" autocapitalize="none" required autofocus; }
                label { "Password" input type="password" name="password" autocomplete="current-password" required; }
                button.primary type="submit" { "Sign in" }
            }
        },
    );
    Ok((status, [(header::SET_COOKIE, cookie)], page).into_response())
}

/// One sentence for every reason, so that it tells nobody which names exist.
const WRONG: &str = "Name or password is wrong, or the account is closed for a while after several wrong attempts.";

/// `POST /sign-in`.
pub(super) async fn sign_in(
    State(app): State<Shared>,
    lang: Lang,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let next = safe(fields.get("next"));
    let expected = session::form_token(&app, &headers).unwrap_or_default();
    let given = fields.get("form").unwrap_or_default();
    let is_ours = !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()));
    if !is_ours {
        let stale = "The form was out of date. Please try again.";
        return show(&app, lang, StatusCode::FORBIDDEN, next, Some(stale)).await;
    }
    let name = fields.get("name").unwrap_or_default();
    let password = fields.raw("password").to_owned();
    let Some(user) = session::check_password(&app, name, password).await? else {
        return show(&app, lang, StatusCode::UNAUTHORIZED, next, Some(WRONG)).await;
    };
    let cookie = session::begin(&app, &user.name, "password", &headers).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(next)).into_response())
}

/// `POST /sign-out`.
pub(super) async fn sign_out(State(app): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let Credential::Session(session) = &caller.credential else {
        return Err(Problem::bad_request("A bearer token has no session to end."));
    };
    let cookie = session::end(&app, session).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/sign-in")).into_response())
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn only_our_own_paths_are_gone_to() {
        assert_eq!(safe(Some("/tasks/abc")), "/tasks/abc");
        for bad in [None, Some("//evil.example"), Some("https://evil.example"), Some("/\\evil"), Some("/a?b"), Some("")]
        {
            assert_eq!(safe(bad), "/", "{bad:?}");
        }
    }
}
