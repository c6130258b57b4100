//! People who sign in: for administrators.

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::words;
use crate::access::Caller;
use crate::access::accounts::{NewUser, create_user, set_password};
use crate::app::{App, Shared};
use crate::problem::Problem;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::Role;
use maud::{Markup, html};
use std::collections::BTreeSet;
use store::User;
use vitals::Instant;

/// `GET /people`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show(&app, &caller, None).await
}

/// `POST /people`.
pub(super) async fn add(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let done = async {
        let new = NewUser {
            name: fields.required("name", "a sign-in name")?.to_owned(),
            display_name: fields.get("display_name").unwrap_or_default().to_owned(),
            role: role(&fields)?,
            teams: BTreeSet::new(),
            password: fields.raw("password").to_owned(),
        };
        create_user(&app.store, new, &app.clock).await?;
        Ok(())
    };
    answer(&app, &caller, done.await).await
}

fn role(fields: &Fields) -> Result<Role, Problem> {
    fields.required("role", "a role")?.parse().map_err(|e| Problem::field("/role", format!("{e}.")))
}

/// `POST /people/{name}/{verb}`: `role`, `password`, `disable`, `enable`.
pub(super) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    Path((name, verb)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Problem> {
    let done = async {
        let own = name == caller.actor.0;
        match verb.as_str() {
            "password" => set_password(&app.store, &name, fields.raw("password").to_owned()).await?,
            // Whoever shuts themselves out may be the last who could let them in again.
            "role" | "disable" if own => {
                return Err(Problem::conflict("This is your own account; ask another administrator."));
            }
            "role" => {
                let role = role(&fields)?;
                edit(&app, &name, move |user| user.role = role).await?;
            }
            "disable" | "enable" => edit(&app, &name, move |user| user.disabled = verb == "disable").await?,
            _ => return Err(Problem::not_found("such command")),
        }
        Ok(())
    };
    answer(&app, &caller, done.await).await
}

async fn edit(app: &App, name: &str, edit: impl FnOnce(&mut User) + Send + 'static) -> Result<(), Problem> {
    let edit = |user: &mut User| {
        edit(user);
        Ok(())
    };
    app.store.edit_user(name, Box::new(edit)).await.map(drop).map_err(Problem::from)
}

async fn answer(app: &App, caller: &Caller, result: Result<(), Problem>) -> Result<Response, Problem> {
    match result {
        Ok(()) => Ok(Redirect::to("/people").into_response()),
        Err(problem) if problem.status.is_client_error() => {
            Ok((problem.status, show(app, caller, Some(&problem.detail)).await?).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn show(app: &App, caller: &Caller, wrong: Option<&str>) -> Result<Markup, Problem> {
    let users = app.store.users().await?;
    let now = app.clock.now();
    let content = html! {
        h1 { "People" }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        div.scroll { table {
            thead { tr { th { "Name" } th { "Role" } th { "Password" } th { span.hide { "Change" } } } }
            tbody { @for user in &users { (row(caller, user, now)) } }
        } }
        (add_form(caller))
    };
    Ok(layout::page(caller, Place::People, "People", &content))
}

fn roles(current: Option<Role>) -> Markup {
    html! {
        select name="role" aria-label="Role" {
            @for role in Role::ALL { option value=(role) selected[Some(role) == current] { (role) } }
        }
    }
}

fn row(caller: &Caller, user: &User, now: Instant) -> Markup {
    let action = |verb: &str| format!("/people/{}/{verb}", user.name);
    let locked = user.locked_until.is_some_and(|until| now < until);
    html! {
        tr {
            th scope="row" { (user.display_name) " " small.quiet { (user.name) }
                @if user.disabled { " " span.tag { "disabled" } } @if locked { " " span.tag { "locked for now" } } }
            td.forms { form method="post" action=(action("role")) { (csrf(caller)) (roles(Some(user.role))) button.plain type="submit" { "Set" } } }
            td.forms { form method="post" action=(action("password")) { (csrf(caller))
                input type="password" name="password" minlength="8" required autocomplete="new-password" aria-label={ "New password of " (user.name) };
                button.plain type="submit" { "Set" } } }
            td.forms { form method="post" action=(action(if user.disabled { "enable" } else { "disable" })) { (csrf(caller))
                button.plain type="submit" { (if user.disabled { "Enable" } else { "Disable" }) } } }
        }
    }
}

fn add_form(caller: &Caller) -> Markup {
    html! {
        section.card.narrow {
            h2 { "Add somebody" }
            form.stack method="post" action="/people" {
                (csrf(caller))
                label { "Sign-in name" input type="text" name="name" required maxlength="64" autocapitalize="none" autocomplete="off"; }
                label { "Name as shown" input type="text" name="display_name" autocomplete="off"; }
                label { "Role" (roles(Some(Role::Coordinator))) }
                label { "Password" input type="password" name="password" required minlength="8" autocomplete="new-password"; }
                button type="submit" { "Add" }
            }
            p.quiet { (words::programme(Role::Coordinator.as_str())) "s work tasks and assign devices; clinicians also set limits and enrol; administrators also manage people, sources and the clinic’s limits." }
        }
    }
}
