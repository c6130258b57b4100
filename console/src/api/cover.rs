//! Whom to tell of tasks, and what became of the messages.

use super::body::Body;
use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::problem::{Problem, ProblemDocument};
use axum::Json;
use axum::extract::State;
use care::cover::{CoverChange, Policy};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use store::{MessageRow, MessageState};
use utoipa::ToSchema;

/// Whom to tell.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CoverOut {
    /// in force now; null: not configured, nobody is told of anything
    #[schema(value_type = Option<Object>)]
    policy: Option<Policy>,
    /// everything ever set, oldest first
    history: Vec<CoverSetOut>,
}

/// A policy that was set, or withdrawn.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CoverSetOut {
    /// null: withdrawn
    #[schema(value_type = Option<Object>)]
    policy: Option<Policy>,
    /// in force from then on
    effective_from: DateTime<Utc>,
    set_at: DateTime<Utc>,
    actor: String,
    reason: String,
}

/// Whom to tell from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CoverIn {
    /// the whole policy, see the guide for administrators; null: tell nobody
    #[schema(value_type = Option<Object>)]
    policy: Option<Policy>,
    /// why
    #[serde(default)]
    reason: String,
    /// default now
    #[serde(default)]
    effective_from: Option<DateTime<Utc>>,
}

/// Checks and journals a policy.
pub(crate) async fn set_policy(
    app: &App,
    caller: &Caller,
    policy: Option<Policy>,
    (reason, from): (&str, Option<DateTime<Utc>>),
) -> Result<(), Problem> {
    if let Some(mistake) = policy.iter().flat_map(Policy::mistakes).next() {
        return Err(Problem::field(format!("/policy{}", mistake.pointer), format!("Here {mistake}.")));
    }
    if reason.trim().is_empty() {
        return Err(Problem::field("/reason", "Please say why; it stands in the history."));
    }
    let from = from.unwrap_or_else(|| app.clock.now());
    app.store.set_cover(policy, from, reason.trim(), &caller.actor).await?;
    Ok(())
}

async fn show(app: &App) -> Result<CoverOut, Problem> {
    let book = app.store.cover().await?;
    let set = |change: &CoverChange| CoverSetOut {
        policy: change.policy().flatten().cloned(),
        effective_from: change.from,
        set_at: change.known_at,
        actor: change.actor.0.clone(),
        reason: change.reason.clone(),
    };
    Ok(CoverOut { policy: book.at(app.clock.now()).cloned(), history: book.policies().map(set).collect() })
}

/// Whom to tell of tasks: hours of cover, lines and times.
#[utoipa::path(get, path = "/api/v1/cover", tag = "messages", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = CoverOut)))]
pub(super) async fn read(State(app): State<Shared>, _caller: Caller) -> Result<Json<CoverOut>, Problem> {
    Ok(Json(show(&app).await?))
}

/// Sets whom to tell; open tasks are told of by it from then on.
#[utoipa::path(put, path = "/api/v1/cover", tag = "messages", security(("bearer" = []), ("session" = [])),
    request_body = CoverIn,
    responses((status = 200, body = CoverOut), (status = 400, body = ProblemDocument)))]
pub(super) async fn set(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<CoverIn>,
) -> Result<Json<CoverOut>, Problem> {
    set_policy(&app, &caller, body.policy, (&body.reason, body.effective_from)).await?;
    Ok(Json(show(&app).await?))
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageOut {
    id: u64,
    task: String,
    /// which step of the task's messages
    step: u32,
    /// sign-in name
    recipient: String,
    /// `email` or `webhook`
    channel: String,
    severity: String,
    /// `waiting`, `sent`, `dead` or `withdrawn`
    state: String,
    /// attempts that failed
    attempts: u32,
    written_at: DateTime<Utc>,
    /// the next attempt, while it waits
    send_at: DateTime<Utc>,
    /// when it was sent, given up or withdrawn
    ended_at: Option<DateTime<Utc>>,
    /// why the last attempt failed
    why: Option<String>,
}

fn message_out(m: MessageRow) -> MessageOut {
    MessageOut {
        id: m.row,
        task: m.task.to_string(),
        step: m.step,
        recipient: m.recipient.0,
        channel: m.channel.to_string(),
        severity: m.severity.to_string(),
        state: m.state.to_string(),
        attempts: m.attempts,
        written_at: m.written_at,
        send_at: m.send_at,
        ended_at: m.ended_at,
        why: m.why,
    }
}

/// Messages to people, newest first.
#[utoipa::path(get, path = "/api/v1/messages", tag = "messages", security(("bearer" = []), ("session" = [])),
    params(
        ("state" = Option<String>, Query, description = "`waiting`, `sent`, `dead` or `withdrawn`"),
        ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query, description = "1 to 500, default 100")
    ),
    responses((status = 200, body = List<MessageOut>), (status = 400, body = ProblemDocument)))]
pub(super) async fn messages(
    State(app): State<Shared>,
    _caller: Caller,
    filters: RawFilters,
) -> Result<Json<List<MessageOut>>, Problem> {
    let filters = filters.known(&["state"])?;
    let state = match filters.list::<MessageState>("state")?.as_slice() {
        [] => None,
        [state] => Some(*state),
        _ => return Err(Problem::bad_request("`state` takes one word here.")),
    };
    Ok(Json(List::of(app.store.messages(state, filters.page()?).await?, message_out)))
}
