//! One's own account: language, e-mail, password, second factor, sessions.

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::sessions;
use crate::access::accounts::{AccountError, set_password};
use crate::access::secret::SecretError;
use crate::access::{Caller, Credential, second_factor, session, step, step::Step};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Lang, t};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use care::Actor;
use care::cover::Email;
use maud::{Markup, PreEscaped, html};
use store::{StoreError, User};

/// Why an account was not made or changed, in the reader's language.
pub(super) fn refusal(lang: Lang, error: AccountError) -> Problem {
    match &error {
        AccountError::Name(_) => Problem::field("/name", t!(lang, "accounts-bad-name")),
        AccountError::Reserved(name) => Problem::field("/name", t!(lang, "accounts-reserved", name = name.as_str())),
        AccountError::Taken(name) => Problem::conflict(t!(lang, "accounts-taken", name = name.as_str())),
        AccountError::Password(SecretError::TooShort | SecretError::TooLong) => {
            Problem::field("/password", t!(lang, "accounts-bad-password"))
        }
        _ => error.into(),
    }
}

/// Changes somebody.
pub(super) async fn edit(
    app: &App,
    name: &str,
    by: &Actor,
    change: impl FnOnce(&mut User) + Send + 'static,
) -> Result<(), Problem> {
    let edit = |user: &mut User| {
        change(user);
        Ok(())
    };
    let done = app.store.edit_user(name, Box::new(edit), by).await.map(drop).map_err(Problem::from);
    done.map_err(|problem| problem.if_conflict(|lang| t!(lang, "problem-last-administrator")))
}

/// The address in a form; a mail server has the last word on it.
pub(super) fn email(fields: &Fields) -> Result<Option<String>, Problem> {
    let Some(text) = fields.get("email") else { return Ok(None) };
    text.parse::<Email>().map(|email| Some(email.into())).map_err(|_| {
        let given = text.to_owned();
        let detail = format!("`{text}` is no e-mail address; one looks like `ada@clinic.example`.");
        Problem::field("/email", detail).saying(move |lang| t!(lang, "problem-email", text = given.as_str()))
    })
}

/// The person behind a browser; a token has no account.
async fn own(app: &App, caller: &Caller) -> Result<User, Problem> {
    let Credential::Session(session) = &caller.credential else {
        return Err(Problem::not_found("account of a token"));
    };
    app.store.user(&session.user).await?.ok_or_else(|| Problem::not_found("such person"))
}

/// `GET /account`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show(&app, &caller, None).await
}

/// `POST /account/{verb}`: `details`, `password`.
pub(super) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    Path(verb): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let done = async {
        let user = own(&app, &caller).await?;
        match verb.as_str() {
            "details" => {
                let language = fields.get("language").and_then(Lang::of_code).map(|l| l.code().to_owned());
                let email = email(&fields)?;
                edit(&app, &user.name, &caller.actor, move |user| (user.language, user.email) = (language, email))
                    .await?;
                Ok(Redirect::to("/account").into_response())
            }
            "password" => password(&app, &caller, &user, &headers, &fields).await,
            _ => Err(Problem::not_found("such command")),
        }
    };
    match done.await {
        Err(problem) if problem.status.is_client_error() && problem.status != StatusCode::NOT_FOUND => {
            Ok((problem.status, show(&app, &caller, Some(&problem.detail_in(caller.lang))).await?).into_response())
        }
        other => other,
    }
}

/// Another password ends every session of theirs; this browser gets a new one.
async fn password(
    app: &App,
    caller: &Caller,
    user: &User,
    headers: &HeaderMap,
    fields: &Fields,
) -> Result<Response, Problem> {
    let old = fields.raw("old").to_owned();
    if user.password_hash.is_none() || session::check_password(app, &user.name, old).await?.is_none() {
        return Err(Problem::forbidden(t!(caller.lang, "accounts-wrong-password")));
    }
    set_password(&app.store, &user.name, fields.raw("password").to_owned(), &Actor(user.name.clone()))
        .await
        .map_err(|e| refusal(caller.lang, e))?;
    let cookie = session::begin(app, &user.name, "password", headers).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/account")).into_response())
}

/// `POST /account/sessions/{id}`: ends one.
pub(super) async fn end_session(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let user = own(&app, &caller).await?;
    sessions::end(&app, &user.name, &id).await?;
    Ok(Redirect::to("/account").into_response())
}

/// `GET /account/second-factor`: a new secret, and the field for a code of it.
pub(super) async fn enrol_page(State(app): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let user = own(&app, &caller).await?;
    if user.second_factor.is_some() {
        return Ok(Redirect::to("/account").into_response());
    }
    let secret = second_factor::new_secret().map_err(|e| Problem::internal(&e))?;
    Ok(show_enrol(&app, &caller, &user, secret, None).await?.into_response())
}

async fn show_enrol(
    app: &App,
    caller: &Caller,
    user: &User,
    secret: String,
    wrong: Option<&str>,
) -> Result<Markup, Problem> {
    let lang = caller.lang;
    let picture = second_factor::picture(&secret, &user.name);
    let spaced: Vec<String> = secret.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
    let token = step::put(app, &Step::Enrol { user: user.name.clone(), secret }).await?;
    let content = html! {
        p.crumb { a href="/account" { (t!(lang, "accounts-account")) } }
        h1 { (t!(lang, "accounts-enrol")) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        @if app.config.require_second_factor { p.note { (t!(lang, "accounts-enrol-required")) } }
        ol.steps {
            li { (t!(lang, "accounts-enrol-photograph"))
                @if let Some(picture) = picture { div.qr role="img" aria-label=(t!(lang, "accounts-enrol-picture")) { (PreEscaped(picture)) } }
                p { (t!(lang, "accounts-enrol-typed")) " " code.secret { (spaced.join(" ")) } } }
            li { form.stack.narrow method="post" action="/account/second-factor" {
                (csrf(caller))
                input type="hidden" name="step" value=(token);
                label { (t!(lang, "accounts-enrol-code"))
                    input type="text" name="code" required inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,7}" autofocus; }
                button.primary type="submit" { (t!(lang, "accounts-enrol-do")) } } }
        }
    };
    Ok(layout::page(caller, Place::Account, &t!(lang, "accounts-enrol"), &content))
}

/// `POST /account/second-factor`: the first code makes it theirs.
pub(super) async fn enrol(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let user = own(&app, &caller).await?;
    let known = step::take(&app, fields.raw("step")).await?;
    let Some(Step::Enrol { user: whose, secret }) = known.filter(|_| user.second_factor.is_none()) else {
        return Ok(Redirect::to("/account/second-factor").into_response());
    };
    if whose != user.name {
        return Err(Problem::csrf());
    }
    let code = fields.get("code").unwrap_or_default();
    let Some(codes) = second_factor::enrol(&app, &user.name, secret.clone(), code).await? else {
        let wrong = t!(caller.lang, "accounts-wrong-code");
        let page = show_enrol(&app, &caller, &user, secret, Some(&wrong)).await?;
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    };
    let cookie = session::begin(&app, &user.name, "second-factor", &headers).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), codes_page(&caller, &codes)).into_response())
}

/// `POST /account/second-factor/{verb}`: `remove` and `recovery`, each with a code.
pub(super) async fn change_factor(
    State(app): State<Shared>,
    caller: Caller,
    Path(verb): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let user = own(&app, &caller).await?;
    let lang = caller.lang;
    // A guess here counts as one at the sign-in.
    let open = session::attempt(&app, &user.name).await?.is_some();
    let code = fields.get("code").unwrap_or_default();
    if !open || second_factor::redeem(&app, &user, code).await?.is_none() {
        session::failed(&app, &user.name, "second-factor").await?;
        let page = show(&app, &caller, Some(&t!(lang, "accounts-wrong-code"))).await?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    session::forgive(&app, &user.name).await?;
    match verb.as_str() {
        "recovery" => {
            let codes = second_factor::renew_recovery(&app, &user.name).await?;
            Ok(codes_page(&caller, &codes).into_response())
        }
        "remove" => {
            second_factor::set(&app, &user.name, None, &caller.actor).await?;
            let cookie = session::begin(&app, &user.name, "password", &headers).await?;
            Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/account")).into_response())
        }
        _ => Err(StoreError::NotFound("such command").into()),
    }
}

/// The recovery codes, this once.
fn codes_page(caller: &Caller, codes: &[String]) -> Markup {
    let lang = caller.lang;
    let content = html! {
        h1 { (t!(lang, "accounts-codes")) }
        p.note { (t!(lang, "accounts-codes-once")) }
        ul.codes { @for code in codes { li { code { (code) } } } }
        p { a href="/account" { (t!(lang, "accounts-codes-done")) } }
    };
    layout::page(caller, Place::Account, &t!(lang, "accounts-codes"), &content)
}

async fn show(app: &App, caller: &Caller, wrong: Option<&str>) -> Result<Markup, Problem> {
    let user = own(app, caller).await?;
    let open = sessions::current(app, Some(&user.name)).await?;
    let all = app.store.teams().await?;
    let lang = caller.lang;
    let content = html! {
        h1 { (t!(lang, "accounts-account")) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        p.quiet { (user.display_name) ", " (super::people::role_name(lang, user.role))
            @if !user.teams.is_empty() { ", " (super::people::team_names(&all, &user.teams)) } }
        div.columns.even {
            section.card { h2 { (t!(lang, "accounts-details")) } (details_form(caller, &user)) }
            section.card { h2 { (t!(lang, "accounts-signing-in")) }
                @if user.subject.is_some() { p.quiet { (t!(lang, "accounts-external-explained")) } }
                @else { (password_form(caller)) (factor(app, caller, &user)) } }
        }
        h2 { (t!(lang, "accounts-sessions")) }
        (sessions::table(app, caller, &open, "/account/sessions"))
    };
    Ok(layout::page(caller, Place::Account, &t!(lang, "accounts-account"), &content))
}

fn details_form(caller: &Caller, user: &User) -> Markup {
    let lang = caller.lang;
    let chosen = user.language.as_deref().and_then(Lang::of_code);
    html! {
        form.stack method="post" action="/account/details" {
            (csrf(caller))
            label { (t!(lang, "accounts-language"))
                select name="language" {
                    option value="" selected[chosen.is_none()] { (t!(lang, "accounts-language-browser")) }
                    @for one in Lang::ALL { option value=(one.code()) lang=(one.code()) selected[chosen == Some(one)] { (one.name()) } }
                } }
            label { (t!(lang, "accounts-email")) input type="email" name="email" value=(user.email.as_deref().unwrap_or_default()) autocomplete="email"; }
            p.quiet { (t!(lang, "accounts-email-explained")) }
            button type="submit" { (t!(lang, "accounts-save")) }
        }
    }
}

fn password_form(caller: &Caller) -> Markup {
    let lang = caller.lang;
    html! {
        form.stack method="post" action="/account/password" {
            (csrf(caller))
            label { (t!(lang, "accounts-old-password")) input type="password" name="old" required autocomplete="current-password"; }
            label { (t!(lang, "accounts-new-password")) input type="password" name="password" required minlength="8" autocomplete="new-password"; }
            button type="submit" { (t!(lang, "accounts-set-password")) }
        }
    }
}

fn factor(app: &App, caller: &Caller, user: &User) -> Markup {
    let lang = caller.lang;
    let Some(factor) = &user.second_factor else {
        return html! {
            h3 { (t!(lang, "accounts-second-factor")) }
            p { (t!(lang, "accounts-factor-none")) }
            p { a.button href="/account/second-factor" { (t!(lang, "accounts-enrol")) } }
        };
    };
    let code = html! {
        label { (t!(lang, "accounts-code")) input type="text" name="code" required autocomplete="one-time-code"; }
    };
    html! {
        h3 { (t!(lang, "accounts-second-factor")) }
        p { (t!(lang, "accounts-factor-set", left = factor.recovery.len())) }
        details { summary { (t!(lang, "accounts-renew-codes")) }
            form.stack method="post" action="/account/second-factor/recovery" { (csrf(caller)) (code) button type="submit" { (t!(lang, "accounts-renew-codes")) } } }
        @if !app.config.require_second_factor {
            details { summary { (t!(lang, "accounts-remove-factor")) }
                form.stack method="post" action="/account/second-factor/remove" { (csrf(caller)) (code) button type="submit" { (t!(lang, "accounts-remove-factor")) } } }
        }
    }
}
