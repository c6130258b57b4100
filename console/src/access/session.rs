//! Signed-in browsers: the cookie, its time-outs, signing in and out.

use super::agent;
use super::secret::{digest_of, new_secret};
use crate::app::App;
use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, header};
use care::Actor;
use chrono::TimeDelta;
use store::{StoreError, User, WebSession};

/// A session's use is written down at most this often.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);
/// So many wrong passwords are free.
const FREE_ATTEMPTS: u32 = 5;

/// `__Host-` binds the cookie to this host and to TLS; without TLS (loopback only) browsers refuse the prefix.
fn cookie_name(secure: bool, what: &str) -> String {
    if secure { format!("__Host-hearth-{what}") } else { format!("hearth-{what}") }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v.to_owned())
}

fn set_cookie(name: &str, value: &str, secure: bool, rest: &str) -> Result<HeaderValue, Problem> {
    let secure = if secure { "; Secure" } else { "" };
    // Lax, not Strict: a link in an e-mail must open the task, not the sign-in page. Nothing is changed by GET.
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{rest}"))
        .map_err(|e| Problem::internal(&e))
}

/// The session's token, if the browser has one.
pub(super) fn token_of(headers: &HeaderMap, secure: bool) -> Option<String> {
    cookie(headers, &cookie_name(secure, "session"))
}

/// The session of `token`, if it is neither over nor idle for too long.
pub(super) async fn current(app: &App, token: &str) -> Result<Option<WebSession>, Problem> {
    let now = app.clock.now();
    let Some(session) = app.store.session(&digest_of(token), now).await? else { return Ok(None) };
    if now.signed_duration_since(session.last_seen) > app.config.idle_timeout {
        app.store.end_session(&session.token_sha256).await?;
        return Ok(None);
    }
    Ok(Some(session))
}

/// Notes that somebody is at work, at most once a minute.
pub(super) async fn touch(app: &App, session: &WebSession) -> Result<(), Problem> {
    let now = app.clock.now();
    if now.signed_duration_since(session.last_seen) >= TOUCH_EVERY {
        app.store.touch_session(&session.token_sha256, now).await?;
    }
    Ok(())
}

/// Ends a session; the cookie that takes its cookie away.
pub(crate) async fn end(app: &App, session: &WebSession) -> Result<HeaderValue, Problem> {
    app.store.end_session(&session.token_sha256).await?;
    set_cookie(&cookie_name(app.config.secure(), "session"), "", app.config.secure(), "; Max-Age=0")
}

/// The sign-in form has no session yet: its token stands in the form and in a cookie of its own.
pub(crate) fn form_cookie(app: &App, token: &str) -> Result<HeaderValue, Problem> {
    set_cookie(&cookie_name(app.config.secure(), "form"), token, app.config.secure(), "; Max-Age=3600")
}

/// A sign-in that goes on with another request: its token stands in a cookie of its own.
pub(crate) fn step_cookie(app: &App, token: &str) -> Result<HeaderValue, Problem> {
    set_cookie(&cookie_name(app.config.secure(), "step"), token, app.config.secure(), "; Max-Age=900")
}

/// The token of such a sign-in.
pub(crate) fn step_token(app: &App, headers: &HeaderMap) -> Option<String> {
    cookie(headers, &cookie_name(app.config.secure(), "step"))
}

/// The token of the sign-in form's cookie.
pub(crate) fn form_token(app: &App, headers: &HeaderMap) -> Option<String> {
    cookie(headers, &cookie_name(app.config.secure(), "form"))
}

/// A browser that opened a patient's own page: a cookie of its own, which opens nothing else.
pub(crate) fn own_cookie(app: &App, token: &str, lifetime: TimeDelta) -> Result<HeaderValue, Problem> {
    let age = format!("; Max-Age={}", lifetime.num_seconds());
    set_cookie(&cookie_name(app.config.secure(), "own"), token, app.config.secure(), &age)
}

/// The token of that cookie.
pub(crate) fn own_token(app: &App, headers: &HeaderMap) -> Option<String> {
    cookie(headers, &cookie_name(app.config.secure(), "own")).filter(|token| !token.is_empty())
}

/// How long an account is closed after its `failed`th wrong password in a row: nothing for the first five, then
/// 30 s, doubling, at most an hour.
fn delay_after(failed: u32) -> Option<TimeDelta> {
    let beyond = failed.checked_sub(FREE_ATTEMPTS)?;
    let doubled = 30_i64.checked_shl(beyond.min(10)).unwrap_or(3600);
    Some(TimeDelta::seconds(doubled.min(3600)))
}

/// Counts a way in before it is tried, so that many guesses at once do not come as one. `None` where there is nobody
/// of this name, or the account is closed.
pub(crate) async fn attempt(app: &App, name: &str) -> Result<Option<User>, Problem> {
    let now = app.clock.now();
    let count = move |user: &mut User| {
        if user.disabled || user.locked_until.is_some_and(|until| now < until) {
            return Err(StoreError::Conflict("the account is closed".to_owned()));
        }
        user.failed_attempts = user.failed_attempts.saturating_add(1);
        user.locked_until = delay_after(user.failed_attempts).map(|delay| now + delay);
        Ok(())
    };
    match app.store.edit_user(name, Box::new(count), &Actor::hearth()).await {
        Ok(user) => Ok(Some(user)),
        Err(StoreError::NotFound(_) | StoreError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Checks a name and a password. `None` whatever the reason, so that nothing is given away about who exists. The
/// attempt stays counted until the person is in.
pub(crate) async fn check_password(app: &App, name: &str, password: String) -> Result<Option<User>, Problem> {
    let known = attempt(app, name).await?;
    let right = app.sign_ins.check(password, known.as_ref().and_then(|u| u.password_hash.clone())).await;
    let user = known.filter(|_| right);
    if user.is_none() {
        failed(app, name, "").await?;
    }
    Ok(user)
}

/// Writes down that somebody did not get in.
pub(crate) async fn failed(app: &App, name: &str, detail: &str) -> Result<(), Problem> {
    let line = ("sign-in-failed", name.chars().take(64).collect(), detail.to_owned());
    Ok(app.trail.changed(&app.store, &Actor::hearth(), line, app.clock.now()).await?)
}

/// The password was right and a code is asked for: that attempt is none, and closes nothing before the code.
pub(crate) async fn half_way(app: &App, user: &str) -> Result<(), Problem> {
    let undo = |user: &mut User| {
        (user.failed_attempts, user.locked_until) = (user.failed_attempts.saturating_sub(1), None);
        Ok(())
    };
    app.store.edit_user(user, Box::new(undo), &Actor::hearth()).await.map(drop).map_err(Problem::from)
}

/// Nothing is counted against somebody who has shown who they are.
pub(crate) async fn forgive(app: &App, user: &str) -> Result<(), Problem> {
    let forgive = |user: &mut User| {
        (user.failed_attempts, user.locked_until) = (0, None);
        Ok(())
    };
    app.store.edit_user(user, Box::new(forgive), &Actor::hearth()).await.map(drop).map_err(Problem::from)
}

/// Somebody has shown who they are: nothing is counted against them, it is written down, and a session begins. The
/// cookie that carries it.
pub(crate) async fn begin(app: &App, user: &str, means: &str, headers: &HeaderMap) -> Result<HeaderValue, Problem> {
    let now = app.clock.now();
    forgive(app, user).await?;
    let line = ("sign-in", user.to_owned(), means.to_owned());
    app.trail.changed(&app.store, &Actor(user.to_owned()), line, now).await?;
    let (token, token_sha256) = new_secret().map_err(|e| Problem::internal(&e))?;
    let (csrf, _) = new_secret().map_err(|e| Problem::internal(&e))?;
    let session = WebSession {
        token_sha256,
        user: user.to_owned(),
        csrf,
        created_at: now,
        last_seen: now,
        expires_at: now + app.config.session_lifetime,
        agent: agent::of(headers),
        means: means.to_owned(),
    };
    app.store.add_session(session).await?;
    set_cookie(&cookie_name(app.config.secure(), "session"), &token, app.config.secure(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_and_ends_at_an_hour() {
        let seconds = |failed| delay_after(failed).map(|d| d.num_seconds());
        assert_eq!([0, 4, 5, 6, 7].map(seconds), [None, None, Some(30), Some(60), Some(120)]);
        assert_eq!([20, u32::MAX].map(seconds), [Some(3600), Some(3600)]);
    }

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; hearth-session=xyz;c=d".parse().unwrap());
        assert_eq!(token_of(&headers, false).as_deref(), Some("xyz"));
        assert_eq!(token_of(&headers, true), None);
    }
}
