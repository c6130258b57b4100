//! Tokens for programs, with what they may and how long: for administrators.

use super::form::{Fields, csrf, twice};
use super::layout::{self, Place, alert};
use super::people::{Part, parts, role, role_field, role_name, team_fields, team_names, teams};
use crate::access::Caller;
use crate::api::make_token;
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::t;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{Role, Team};
use chrono::TimeDelta;
use maud::{Markup, html};
use std::collections::BTreeSet;
use store::ApiToken;

/// `GET /tokens`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show(&app, &caller, &html! {}).await
}

/// `POST /tokens`: makes one and shows it, this once.
pub(super) async fn add(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let lang = caller.lang;
    let made = async {
        let label =
            fields.get("label").ok_or_else(|| Problem::field("/label", t!(lang, "accounts-token-label-needed")))?;
        let role = role(&fields, lang)?;
        let days: i64 = fields
            .get("days")
            .unwrap_or_default()
            .parse()
            .map_err(|_| Problem::field("/days", t!(lang, "accounts-token-days-needed")))?;
        let until = TimeDelta::try_days(days).filter(|_| (1..=3650).contains(&days));
        let until = until.ok_or_else(|| Problem::field("/days", t!(lang, "accounts-token-days-needed")))?;
        let token = ApiToken {
            id: String::new(),
            label: label.to_owned(),
            role,
            teams: teams(&fields)?,
            read_only: fields.get("read_only").is_some(),
            token_sha256: [0; 32],
            created_at: app.clock.now(),
            expires_at: Some(app.clock.now() + until),
            disabled: false,
        };
        make_token(&app, token).await
    };
    match made.await {
        Ok((_, secret)) => {
            let note =
                html! { div.note role="status" { p { (t!(lang, "accounts-token-once")) } p { code { (secret) } } } };
            Ok(show(&app, &caller, &note).await?.into_response())
        }
        Err(problem) if problem.status.is_client_error() => {
            Ok((problem.status, show(&app, &caller, &alert(&problem.detail_in(caller.lang))).await?).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /tokens/{id}/disable`.
pub(super) async fn disable(State(app): State<Shared>, Path(id): Path<String>) -> Result<Response, Problem> {
    app.store.disable_token(&id).await?;
    Ok(Redirect::to("/tokens").into_response())
}

async fn show(app: &App, caller: &Caller, note: &Markup) -> Result<Markup, Problem> {
    let (tokens, all, lang) = (app.store.tokens().await?, app.store.teams().await?, caller.lang);
    let content = html! {
        div.heading { h1 { (t!(lang, "accounts-tokens")) } (parts(lang, Part::Tokens)) }
        (note)
        p.quiet { (t!(lang, "accounts-tokens-explained")) }
        @if !tokens.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(t!(lang, "accounts-tokens")) { table {
                thead { tr { th { (t!(lang, "accounts-token-label")) } th { (t!(lang, "accounts-role")) } th { (t!(lang, "accounts-teams")) }
                    th { (t!(lang, "accounts-token-until")) } th { span.hide { (t!(lang, "accounts-change")) } } } }
                tbody { @for token in &tokens { (row(app, caller, token, &all)) } }
            } }
        }
        section.card.narrow {
            h2 { (t!(lang, "accounts-token-add")) }
            form.stack method="post" action="/tokens" { (csrf(caller))
                label { (t!(lang, "accounts-token-label")) input type="text" name="label" required maxlength="100" autocomplete="off"; }
                (role_field(lang, Role::Viewer))
                label.check { input type="checkbox" name="read_only" value="1" checked; " " (t!(lang, "accounts-read-only")) }
                (team_fields(lang, &all, &BTreeSet::new()))
                @if !all.is_empty() { p.quiet { (t!(lang, "accounts-token-teams")) } }
                label { (t!(lang, "accounts-token-days")) input type="number" name="days" value="365" min="1" max="3650" required; }
                button type="submit" { (t!(lang, "accounts-add-do")) } }
        }
    };
    Ok(layout::page(caller, Place::People, &t!(lang, "accounts-tokens"), &content))
}

fn row(app: &App, caller: &Caller, token: &ApiToken, all: &[Team]) -> Markup {
    let (lang, words) = (caller.lang, caller.words(app));
    let is_over = token.expires_at.is_some_and(|at| at <= app.clock.now());
    html! {
        tr {
            th scope="row" { (token.label) " " small.quiet { (token.id) } }
            td { (role_name(lang, token.role)) @if token.read_only { ", " (t!(lang, "accounts-reads-only")) } }
            td { @if token.teams.is_empty() { span.quiet { (t!(lang, "accounts-every-patient")) } } @else { (team_names(all, &token.teams)) } }
            td.num { @if token.disabled { (t!(lang, "accounts-disabled")) } @else if is_over { (t!(lang, "accounts-over")) }
                @else if let Some(at) = token.expires_at { (words.clock(at)) } @else { (t!(lang, "accounts-never")) } }
            td.forms { @if !token.disabled && !is_over {
                (twice(caller, &format!("/tokens/{}/disable", token.id), &t!(lang, "accounts-disable"), &t!(lang, "accounts-token-disable-means"), &t!(lang, "accounts-token-disable-do")))
            } }
        }
    }
}
