//! Signing in and out.

use super::form::{Fields, percent};
use super::layout::{alert, bare};
use crate::access::secret::new_secret;
use crate::access::{Caller, Credential, second_factor, session, step, step::Step};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Lang, t};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use subtle::ConstantTimeEq;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

impl Next {
    pub(super) fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

/// A path of ours: nothing that a browser would take for another host.
pub(super) fn safe(next: Option<&str>) -> &str {
    let fine = |n: &&str| {
        n.starts_with('/')
            && !n.starts_with("//")
            && n.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b':'))
    };
    next.filter(fine).unwrap_or("/")
}

/// `GET /sign-in`.
pub(super) async fn page(State(app): State<Shared>, lang: Lang, Query(next): Query<Next>) -> Result<Response, Problem> {
    show(&app, lang, StatusCode::OK, safe(next.next()), None).await
}

/// The sign-in page with what was wrong.
pub(super) async fn refuse(app: &App, lang: Lang, status: StatusCode, wrong: &str) -> Result<Response, Problem> {
    show(app, lang, status, "/", Some(wrong)).await
}

async fn show(app: &App, lang: Lang, status: StatusCode, next: &str, wrong: Option<&str>) -> Result<Response, Problem> {
    let (token, _) = new_secret().map_err(|e| Problem::internal(&e))?;
    let cookie = session::form_cookie(app, &token)?;
    let nobody_yet = app.store.users().await?.is_empty();
    let page = bare(
        lang,
        &t!(lang, "accounts-sign-in"),
        &html! {
            h1 { (t!(lang, "accounts-sign-in")) }
            @if let Some(wrong) = wrong { (alert(wrong)) }
            @if nobody_yet {
                p.note { (t!(lang, "accounts-nobody-yet")) " " code { "hearth user add NAME --role administrator" } }
            }
            @if let Some(provider) = &app.oidc {
                p { a.button.primary href={ "/sign-in/oidc?next=" (percent(next)) } { (t!(lang, "accounts-sign-in-with", provider = provider.name().unwrap_or("OpenID Connect"))) } }
                p.quiet { (t!(lang, "accounts-or-password")) }
            }
            form.stack method="post" action="/sign-in" {
                input type="hidden" name="form" value=(token);
                input type="hidden" name="next" value=(next);
                label { (t!(lang, "accounts-name")) input type="text" name="name" autocomplete="username" autocapitalize="none" required autofocus[app.oidc.is_none()]; }
                label { (t!(lang, "accounts-password")) input type="password" name="password" autocomplete="current-password" required; }
                button.primary[app.oidc.is_none()] type="submit" { (t!(lang, "accounts-sign-in")) }
            }
        },
    );
    Ok((status, [(header::SET_COOKIE, cookie)], page).into_response())
}

/// Whether a form without a session came from one of our pages: its token stands in it and in a cookie.
fn is_ours(app: &App, headers: &HeaderMap, fields: &Fields) -> bool {
    let expected = session::form_token(app, headers).unwrap_or_default();
    let given = fields.get("form").unwrap_or_default();
    !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}

/// `POST /sign-in`.
pub(super) async fn sign_in(
    State(app): State<Shared>,
    lang: Lang,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let next = safe(fields.get("next"));
    if !is_ours(&app, &headers, &fields) {
        return show(&app, lang, StatusCode::FORBIDDEN, next, Some(&t!(lang, "accounts-stale"))).await;
    }
    let name = fields.get("name").unwrap_or_default();
    let password = fields.raw("password").to_owned();
    let Some(user) = session::check_password(&app, name, password).await? else {
        // One sentence for every reason, so that it tells nobody which names exist.
        return show(&app, lang, StatusCode::UNAUTHORIZED, next, Some(&t!(lang, "accounts-wrong"))).await;
    };
    if user.second_factor.is_some() {
        session::half_way(&app, &user.name).await?;
        let waiting = Step::Code { user: user.name, next: next.to_owned() };
        let cookie = session::step_cookie(&app, &step::put(&app, &waiting).await?)?;
        return Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/sign-in/code")).into_response());
    }
    let cookie = session::begin(&app, &user.name, "password", &headers).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(next)).into_response())
}

/// `GET /sign-in/code`: the second factor is asked for.
pub(super) async fn code_page(lang: Lang) -> Markup {
    ask_code(lang, None)
}

fn ask_code(lang: Lang, wrong: Option<&str>) -> Markup {
    bare(
        lang,
        &t!(lang, "accounts-second-factor"),
        &html! {
            h1 { (t!(lang, "accounts-second-factor")) }
            @if let Some(wrong) = wrong { (alert(wrong)) }
            p { (t!(lang, "accounts-code-explained")) }
            form.stack method="post" action="/sign-in/code" {
                label { (t!(lang, "accounts-code")) input type="text" name="code" required autocomplete="one-time-code" autocapitalize="none" autofocus; }
                button.primary type="submit" { (t!(lang, "accounts-sign-in")) }
            }
            p { a href="/sign-in" { (t!(lang, "accounts-start-over")) } }
        },
    )
}

/// `POST /sign-in/code`. Only the browser whose password was right has the step's cookie, and a step is used once.
pub(super) async fn code(
    State(app): State<Shared>,
    lang: Lang,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let known = match session::step_token(&app, &headers) {
        Some(token) => step::take(&app, &token).await?,
        None => None,
    };
    let Some(Step::Code { user: name, next }) = known else {
        return show(&app, lang, StatusCode::FORBIDDEN, "/", Some(&t!(lang, "accounts-stale"))).await;
    };
    let open = session::attempt(&app, &name).await?;
    let means = match &open {
        Some(user) => second_factor::redeem(&app, user, fields.get("code").unwrap_or_default()).await?,
        None => None,
    };
    let Some(means) = means else {
        session::failed(&app, &name, "second-factor").await?;
        // Another try, as long as the account is open; a new step, because this one is used up.
        let cookie = session::step_cookie(&app, &step::put(&app, &Step::Code { user: name, next }).await?)?;
        let page = ask_code(lang, Some(&t!(lang, "accounts-wrong-code")));
        return Ok((StatusCode::UNAUTHORIZED, AppendHeaders([(header::SET_COOKIE, cookie)]), page).into_response());
    };
    let cookie = session::begin(&app, &name, means, &headers).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(safe(Some(&next)))).into_response())
}

/// `POST /sign-out`.
pub(super) async fn sign_out(State(app): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let Credential::Session(session) = &caller.credential else {
        return Err(Problem::bad_request("A bearer token has no session to end."));
    };
    let cookie = session::end(&app, session).await?;
    let to = if session.means == "oidc" && app.oidc.is_some() { "/signed-out" } else { "/sign-in" };
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(to)).into_response())
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
