//! Several tasks given to one person at once.

use super::names::Names;
use super::{ListQuery, show};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::pages::form::{Fields, back};
use crate::pages::task::refusal;
use crate::problem::Problem;
use crate::text::t;
use crate::work::{self, Stopped};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use care::{Actor, Command, TaskId, Verb};

/// More at once is a mistake, or a case for a filter.
const MOST: usize = 200;

/// `POST /tasks/assign`.
pub(crate) async fn assign(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let chosen: Vec<&str> = fields.all("task").take(MOST).collect();
    let names = Names::load(&app).await?;
    let owner = Actor(fields.get("owner").unwrap_or_default().to_owned());
    if !names.workers().iter().any(|user| user.name == owner.0) {
        return said(&app, &caller, (StatusCode::BAD_REQUEST, t!(caller.lang, "tasks-missing-owner"))).await;
    }
    let mut refused = Vec::new();
    for id in &chosen {
        let command = Command {
            task: TaskId::new(id).map_err(|_| Problem::not_found("such task"))?,
            verb: Verb::Assign,
            note: None,
            outcome: None,
            owner: Some(owner.clone()),
            until: None,
        };
        match work::command(&app, &caller, command).await {
            Ok(_) => {}
            Err(Stopped::Refused(why)) => refused.push(refusal(caller.words(&app), &names, &why)),
            Err(Stopped::Problem(problem)) if problem.status == StatusCode::CONFLICT => {
                refused.push((problem.status, problem.detail_in(caller.lang)));
            }
            Err(Stopped::Problem(problem)) => return Err(problem),
        }
    }
    let Some((status, why)) = refused.first() else { return Ok(Redirect::to(back(&fields)).into_response()) };
    let (all, name) = (chosen.len(), names.of(caller.lang, &owner));
    let done = all.saturating_sub(refused.len());
    let text = t!(caller.lang, "tasks-assigned-some", done = done, all = all, name = name, why = why.as_str());
    said(&app, &caller, (*status, text)).await
}

/// The list with a word above it.
async fn said(app: &App, caller: &Caller, (status, text): (StatusCode, String)) -> Result<Response, Problem> {
    Ok((status, show(app, caller, &ListQuery::default(), Some(&text)).await?).into_response())
}
