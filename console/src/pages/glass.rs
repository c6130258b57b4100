//! Breaking the glass: a patient of another team, with a reason, for a while, and written down.

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::people::{Part, parts};
use crate::access::{AuditDetail, Caller, Credential};
use crate::app::{App, Shared};
use crate::cursor;
use crate::problem::Problem;
use crate::text::t;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use care::{PatientId, Scope, TaskId};
use maud::{Markup, html};
use serde::Deserialize;
use store::{Glass, PageRequest};

/// Shortest reason that says something.
const REASON: usize = 5;

/// Whom it is about: a patient, or whoever's task it is.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    patient: Option<String>,
    task: Option<String>,
    cursor: Option<String>,
}

/// `GET /glass`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller, Query(wanted): Query<Wanted>) -> Markup {
    show(&app, &caller, (wanted.patient.as_deref(), wanted.task.as_deref(), ""), None)
}

/// `POST /glass`: opens the patient for this person, for now.
pub(super) async fn open(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let lang = caller.lang;
    let Credential::Session(session) = &caller.credential else {
        let problem = Problem::forbidden("A program sees the patients of its token.");
        return Err(problem.saying(|lang| t!(lang, "problem-role")));
    };
    let (patient, task) = (fields.get("patient"), fields.get("task"));
    let reason = fields.get("reason").unwrap_or_default();
    let again = |status, wrong: String| {
        Ok((status, show(&app, &caller, (patient, task, reason), Some(&wrong))).into_response())
    };
    if reason.chars().count() < REASON {
        return again(StatusCode::BAD_REQUEST, t!(lang, "accounts-glass-why"));
    }
    let Some(found) = whose(&app, patient, task).await? else {
        return again(StatusCode::NOT_FOUND, t!(lang, "accounts-glass-nobody"));
    };
    let at = app.clock.now();
    let (user, reason) = (session.user.clone(), reason.to_owned());
    let glass = Glass { user, patient: found.clone(), reason: reason.clone(), at, until: at + app.config.glass };
    app.store.break_glass(glass).await?;
    caller.meets(&found);
    let to = task.map_or_else(|| format!("/patients/{found}"), |task| format!("/tasks/{task}"));
    Ok((Extension(AuditDetail(reason)), Redirect::to(&to)).into_response())
}

/// The patient of an id, of a record number, or of a task.
async fn whose(app: &App, patient: Option<&str>, task: Option<&str>) -> Result<Option<PatientId>, Problem> {
    if let Some(task) = task.and_then(|text| TaskId::new(text).ok()) {
        return Ok(app.store.task(&task).await?.map(|task| task.patient));
    }
    let Some(text) = patient else { return Ok(None) };
    if let Ok(id) = PatientId::new(text)
        && app.store.patient(&id).await?.is_some()
    {
        return Ok(Some(id));
    }
    // Only the whole number finds somebody: a part of it would be a search among those out of sight.
    let page = app.store.patients(&Scope::All, Some(text), PageRequest { after: None, limit: 500 }).await?;
    let is_theirs = |r: &&store::PatientRecord| r.patient.identifiers.iter().any(|i| i.value == text);
    let mut found = page.items.iter().filter(is_theirs);
    let first = found.next().map(|r| r.patient.id.clone());
    Ok(first.filter(|_| found.next().is_none()))
}

fn show(
    app: &App,
    caller: &Caller,
    (patient, task, reason): (Option<&str>, Option<&str>, &str),
    wrong: Option<&str>,
) -> Markup {
    let (lang, words) = (caller.lang, caller.words(app));
    let content = html! {
        h1 { (t!(lang, "accounts-glass")) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        p { (t!(lang, "accounts-glass-explained", span = words.span(app.config.glass))) }
        section.card.narrow {
            form.stack method="post" action="/glass" {
                (csrf(caller))
                @if let Some(task) = task { input type="hidden" name="task" value=(task); p { (t!(lang, "accounts-glass-of-task")) " " code { (task) } } }
                @else { label { (t!(lang, "accounts-glass-whom")) input type="text" name="patient" value=(patient.unwrap_or_default()) required autocomplete="off"; } }
                label { (t!(lang, "accounts-glass-reason")) textarea name="reason" rows="3" required minlength=(REASON) maxlength="500" { (reason) } }
                button.primary type="submit" { (t!(lang, "accounts-glass-do")) }
            }
        }
    };
    layout::page(caller, Place::Patients, &t!(lang, "accounts-glass"), &content)
}

/// `GET /glass/opened`: who opened whom and why, for administrators.
pub(super) async fn opened(
    State(app): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let after = cursor::read(wanted.cursor.as_deref())?;
    let page = app.store.glass(PageRequest { after, limit: 100 }).await?;
    let (lang, words, now) = (caller.lang, caller.words(&app), app.clock.now());
    let content = html! {
        div.heading { h1 { (t!(lang, "accounts-opened")) } (parts(lang, Part::Opened)) }
        p.quiet { (t!(lang, "accounts-opened-explained")) }
        @if page.items.is_empty() { div.empty { p { (t!(lang, "accounts-opened-none")) } } } @else {
            div.scroll tabindex="0" role="region" aria-label=(t!(lang, "accounts-opened")) { table {
                thead { tr { th { (t!(lang, "accounts-when")) } th { (t!(lang, "accounts-who")) } th { (t!(lang, "accounts-whom")) }
                    th { (t!(lang, "accounts-why")) } th { (t!(lang, "accounts-open-until")) } } }
                tbody { @for glass in &page.items { tr {
                    td.num { (words.clock(glass.at)) }
                    td { (glass.user) }
                    td { a href={ "/audit?patient=" (glass.patient) } { (glass.patient) } }
                    td { (glass.reason) }
                    td.num { (words.clock(glass.until))
                        @if now < glass.until { " " form.inline method="post" action={ "/glass/" (glass.user) "/" (glass.patient) } { (csrf(&caller)) button.plain type="submit" { (t!(lang, "accounts-close")) } } } }
                } } }
            } }
        }
        @if let Some(next) = page.next { p { a href={ "/glass/opened?cursor=" (cursor::write(next)) } { (t!(lang, "accounts-older")) } } }
    };
    Ok(layout::page(&caller, Place::People, &t!(lang, "accounts-opened"), &content))
}

/// `POST /glass/{name}/{id}`: closes it before its time is over.
pub(super) async fn close(
    State(app): State<Shared>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = PatientId::new(&id).map_err(|_| Problem::not_found("patient with this id"))?;
    app.store.mend_glass(&name, &id, app.clock.now()).await?;
    caller.meets(&id);
    Ok(Redirect::to("/glass/opened").into_response())
}
