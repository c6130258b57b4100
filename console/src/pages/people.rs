//! People who sign in, each with a page of their own: for administrators.

use super::form::{Fields, csrf, twice};
use super::layout::{self, Place, alert};
use super::{account, sessions};
use crate::access::accounts::{NewUser, create_user, set_password};
use crate::access::{Caller, second_factor};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Lang, t};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{Role, Team, TeamId};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use store::{User, WebSession};

/// Pages about people, as links above each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    People,
    Teams,
    Tokens,
    Opened,
}

/// The way between them.
pub(super) fn parts(lang: Lang, current: Part) -> Markup {
    let all = [
        (Part::People, "/people", t!(lang, "accounts-people")),
        (Part::Teams, "/teams", t!(lang, "accounts-teams")),
        (Part::Tokens, "/tokens", t!(lang, "accounts-tokens")),
        (Part::Opened, "/glass/opened", t!(lang, "accounts-opened")),
    ];
    html! {
        nav.filters aria-label=(t!(lang, "accounts-parts")) {
            @for (part, path, name) in all { a href=(path) aria-current=[(part == current).then_some("page")] { (name) } }
        }
    }
}

/// `GET /people`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show(&app, &caller, None).await
}

/// `POST /people`.
pub(super) async fn add(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let done = async {
        let new = NewUser {
            name: fields.get("name").unwrap_or_default().to_owned(),
            display_name: fields.get("display_name").unwrap_or_default().to_owned(),
            role: role(&fields, caller.lang)?,
            teams: teams(&fields)?,
            password: fields.raw("password").to_owned(),
        };
        create_user(&app.store, new, &app.clock).await.map_err(|e| account::refusal(caller.lang, e))
    };
    match done.await {
        Ok(user) => Ok(Redirect::to(&format!("/people/{}", user.name)).into_response()),
        Err(problem) if problem.status.is_client_error() => {
            Ok((problem.status, show(&app, &caller, Some(&problem.detail_in(caller.lang))).await?).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// `GET /people/{name}`.
pub(super) async fn person(
    State(app): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Markup, Problem> {
    show_person(&app, &caller, &name, None).await
}

/// `POST /people/{name}/{verb}`: `access`, `password`, `second-factor`, `disable`, `enable`.
pub(super) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    Path((name, verb)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Problem> {
    let own = name == caller.actor.0;
    let done = async {
        match verb.as_str() {
            // Whoever shuts themselves out may be the last who could let them in again.
            "access" | "disable" if own => Err(Problem::conflict(t!(caller.lang, "accounts-own"))),
            "access" => access(&app, &name, &fields, &caller).await,
            "password" => set_password(&app.store, &name, fields.raw("password").to_owned(), &caller.actor)
                .await
                .map_err(|e| account::refusal(caller.lang, e)),
            "second-factor" => second_factor::set(&app, &name, None, &caller.actor).await,
            "disable" | "enable" => {
                let disabled = verb == "disable";
                account::edit(&app, &name, &caller.actor, move |user| user.disabled = disabled).await
            }
            _ => Err(Problem::not_found("such command")),
        }
    };
    answer(&app, &caller, &name, done.await).await
}

async fn access(app: &App, name: &str, fields: &Fields, caller: &Caller) -> Result<(), Problem> {
    let (role, teams) = (role(fields, caller.lang)?, teams(fields)?);
    let shown = fields.get("display_name").map(str::to_owned);
    let email = account::email(fields)?;
    account::edit(app, name, &caller.actor, move |user| {
        (user.role, user.teams, user.email) = (role, teams, email);
        user.display_name = shown.unwrap_or_else(|| user.display_name.clone());
    })
    .await
}

/// `POST /people/{name}/sessions/{id}`: ends one.
pub(super) async fn end_session(
    State(app): State<Shared>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let done = sessions::end(&app, &name, &id).await;
    answer(&app, &caller, &name, done).await
}

async fn answer(app: &App, caller: &Caller, name: &str, done: Result<(), Problem>) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/people/{name}")).into_response()),
        Err(problem) if problem.status.is_client_error() => {
            Ok((problem.status, show_person(app, caller, name, Some(&problem.detail_in(caller.lang))).await?)
                .into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// The role that is chosen.
pub(super) fn role(fields: &Fields, lang: Lang) -> Result<Role, Problem> {
    fields
        .get("role")
        .and_then(|role| role.parse().ok())
        .ok_or_else(|| Problem::field("/role", t!(lang, "accounts-role-needed")))
}

/// The teams that are ticked.
pub(super) fn teams(fields: &Fields) -> Result<BTreeSet<TeamId>, Problem> {
    fields
        .all("team")
        .map(|id| {
            TeamId::new(id)
                .map_err(|e| Problem::field("/team", format!("{e}.")).saying(|lang| t!(lang, "problem-cannot-be")))
        })
        .collect()
}

async fn show(app: &App, caller: &Caller, wrong: Option<&str>) -> Result<Markup, Problem> {
    let (users, all) = (app.store.users().await?, app.store.teams().await?);
    let open = sessions::current(app, None).await?;
    let mut of: BTreeMap<&str, Vec<&WebSession>> = BTreeMap::new();
    for session in &open {
        of.entry(&session.user).or_default().push(session);
    }
    let lang = caller.lang;
    let content = html! {
        div.heading { h1 { (t!(lang, "accounts-people")) } (parts(lang, Part::People)) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        div.scroll tabindex="0" role="region" aria-label=(t!(lang, "accounts-people")) { table {
            thead { tr {
                th { (t!(lang, "accounts-name")) } th { (t!(lang, "accounts-role")) } th { (t!(lang, "accounts-teams")) }
                th { (t!(lang, "accounts-second-factor")) } th { (t!(lang, "accounts-signed-in")) }
            } }
            tbody { @for user in &users { (row(app, caller, user, &all, of.get(user.name.as_str()).map_or(&[], Vec::as_slice))) } }
        } }
        (add_form(caller, &all))
    };
    Ok(layout::page(caller, Place::People, &t!(lang, "accounts-people"), &content))
}

fn row(app: &App, caller: &Caller, user: &User, all: &[Team], open: &[&WebSession]) -> Markup {
    let (lang, words) = (caller.lang, caller.words(app));
    let locked = user.locked_until.is_some_and(|until| app.clock.now() < until);
    html! {
        tr {
            th scope="row" { a href={ "/people/" (user.name) } { (user.display_name) } " " small.quiet { (user.name) }
                @if user.disabled { " " span.tag { (t!(lang, "accounts-disabled")) } }
                @if locked { " " span.tag { (t!(lang, "accounts-locked")) } } }
            td { (role_name(lang, user.role)) }
            td { (team_names(all, &user.teams)) }
            td { @if user.subject.is_some() { span.quiet { (t!(lang, "accounts-external")) } }
                @else if user.second_factor.is_some() { (t!(lang, "accounts-yes")) } @else { span.quiet { (t!(lang, "accounts-no")) } } }
            td.num { @match open.iter().map(|s| s.last_seen).max() {
                Some(seen) => { (t!(lang, "accounts-sessions-count", count = open.len())) ", " (words.ago(seen)) }
                None => { span.quiet { (t!(lang, "accounts-no")) } }
            } }
        }
    }
}

/// The names of teams, by name.
pub(super) fn team_names(all: &[Team], of: &BTreeSet<TeamId>) -> String {
    all.iter().filter(|team| of.contains(&team.id)).map(|team| team.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What a role is called.
pub(super) fn role_name(lang: Lang, role: Role) -> String {
    match role {
        Role::Viewer => t!(lang, "accounts-role-viewer"),
        Role::Coordinator => t!(lang, "accounts-role-coordinator"),
        Role::Clinician => t!(lang, "accounts-role-clinician"),
        Role::Administrator => t!(lang, "accounts-role-administrator"),
    }
}

/// The choice of a role.
pub(super) fn role_field(lang: Lang, current: Role) -> Markup {
    html! {
        label { (t!(lang, "accounts-role"))
            select name="role" { @for role in Role::ALL { option value=(role) selected[role == current] { (role_name(lang, role)) } } } }
    }
}

/// The choice of teams; nothing where there are none.
pub(super) fn team_fields(lang: Lang, all: &[Team], of: &BTreeSet<TeamId>) -> Markup {
    html! {
        @if !all.is_empty() {
            fieldset { legend { (t!(lang, "accounts-teams")) }
                @for team in all {
                    label.check { input type="checkbox" name="team" value=(team.id) checked[of.contains(&team.id)]; " " (team.name) }
                } }
        }
    }
}

fn add_form(caller: &Caller, all: &[Team]) -> Markup {
    let lang = caller.lang;
    html! {
        section.card.narrow {
            h2 { (t!(lang, "accounts-add")) }
            form.stack method="post" action="/people" {
                (csrf(caller))
                label { (t!(lang, "accounts-sign-in-name")) input type="text" name="name" required maxlength="64" autocapitalize="none" autocomplete="off"; }
                label { (t!(lang, "accounts-display-name")) input type="text" name="display_name" autocomplete="off"; }
                (role_field(lang, Role::Coordinator))
                (team_fields(lang, all, &BTreeSet::new()))
                label { (t!(lang, "accounts-password")) input type="password" name="password" required minlength="8" autocomplete="new-password"; }
                button type="submit" { (t!(lang, "accounts-add-do")) }
            }
            p.quiet { (t!(lang, "accounts-roles-explained")) }
        }
    }
}

async fn show_person(app: &App, caller: &Caller, name: &str, wrong: Option<&str>) -> Result<Markup, Problem> {
    let user = app.store.user(name).await?.ok_or_else(|| Problem::not_found("such person"))?;
    let all = app.store.teams().await?;
    let open = sessions::current(app, Some(name)).await?;
    let (lang, path) = (caller.lang, format!("/people/{name}"));
    let own = name == caller.actor.0;
    let content = html! {
        p.crumb { a href="/people" { (t!(lang, "accounts-people")) } }
        h1 { (user.display_name) " " small.quiet { (user.name) } @if user.disabled { " " span.tag { (t!(lang, "accounts-disabled")) } } }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        @if own { p.note { (t!(lang, "accounts-own")) " " a href="/account" { (t!(lang, "accounts-account")) } } }
        div.columns.even {
            section.card { h2 { (t!(lang, "accounts-access")) } (access_form(caller, &user, &all)) }
            section.card {
                h2 { (t!(lang, "accounts-signing-in")) }
                @if user.subject.is_some() { p.quiet { (t!(lang, "accounts-external-explained")) } }
                @else {
                    form.stack method="post" action={ (path) "/password" } { (csrf(caller))
                        label { (t!(lang, "accounts-new-password")) input type="password" name="password" required minlength="8" autocomplete="new-password"; }
                        button type="submit" { (t!(lang, "accounts-set-password")) } }
                    @if user.second_factor.is_some() {
                        (twice(caller, &format!("{path}/second-factor"), &t!(lang, "accounts-reset"), &t!(lang, "accounts-reset-explained"), &t!(lang, "accounts-reset-do")))
                    }
                }
                @if !own && user.disabled {
                    form.stack method="post" action={ (path) "/enable" } { (csrf(caller)) button type="submit" { (t!(lang, "accounts-enable")) } }
                } @else if !own {
                    (twice(caller, &format!("{path}/disable"), &t!(lang, "accounts-disable"), &t!(lang, "accounts-disable-means"), &t!(lang, "accounts-disable-do")))
                }
                p.quiet { (t!(lang, "accounts-change-ends-sessions")) }
            }
        }
        h2 { (t!(lang, "accounts-sessions")) }
        (sessions::table(app, caller, &open, &format!("{path}/sessions")))
        p { a href={ "/audit?actor=" (user.name) } { (t!(lang, "accounts-what-they-did")) } }
    };
    Ok(layout::page(caller, Place::People, &user.display_name, &content))
}

fn access_form(caller: &Caller, user: &User, all: &[Team]) -> Markup {
    let lang = caller.lang;
    html! {
        form.stack method="post" action={ "/people/" (user.name) "/access" } {
            (csrf(caller))
            label { (t!(lang, "accounts-display-name")) input type="text" name="display_name" value=(user.display_name) autocomplete="off"; }
            label { (t!(lang, "accounts-email")) input type="email" name="email" value=(user.email.as_deref().unwrap_or_default()) autocomplete="off"; }
            (role_field(lang, user.role))
            (team_fields(lang, all, &user.teams))
            @if user.subject.is_some() { p.quiet { (t!(lang, "accounts-from-provider")) } }
            button type="submit" { (t!(lang, "accounts-save")) }
        }
    }
}
