//! Tasks and the commands on them.

use super::body::Body;
use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::{Problem, ProblemDocument};
use crate::work;
use axum::Json;
use axum::extract::{Path, State};
use care::{
    Actor, Command, EpisodeId, Outcome, PatientId, Queue, RuleId, Sentence, Severity, Task, TaskEvent, TaskId,
    TaskStatus, Verb,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use store::{TaskFilter, TimelineEntry};
use utoipa::ToSchema;

/// The work that episodes ask of a person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskOut {
    #[schema(value_type = String)]
    id: TaskId,
    /// null in the operators' queue
    #[schema(value_type = Option<String>)]
    patient: Option<PatientId>,
    /// `care` or `operations`
    #[schema(value_type = String)]
    queue: Queue,
    /// `requested`, `accepted`, `in-progress`, `on-hold`, `completed` or `cancelled`
    #[schema(value_type = String)]
    status: TaskStatus,
    /// `critical`, `high`, `medium` or `low`
    #[schema(value_type = String)]
    severity: Severity,
    title: String,
    /// the sentence with numbers
    reason: String,
    #[schema(value_type = String)]
    rule: RuleId,
    rulebook_version: String,
    /// published basis
    basis: String,
    /// what to ask the patient
    ask: Vec<String>,
    #[schema(value_type = Vec<String>)]
    episodes: Vec<EpisodeId>,
    #[schema(value_type = Option<String>)]
    owner: Option<Actor>,
    created_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    held_until: Option<DateTime<Utc>>,
    /// calls that reached nobody
    attempts: u32,
    /// the condition no longer holds since
    condition_over_since: Option<DateTime<Utc>>,
    /// the patient no longer has the rule since, so nobody can say whether the condition holds
    unwatched_since: Option<DateTime<Utc>>,
    /// no repeat came within the confirmation time
    unconfirmed: bool,
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    closed_at: Option<DateTime<Utc>>,
    /// the timeline, oldest first; only when one task is asked for
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "care::sentence::in_english")]
    events: Option<Vec<EventOut>>,
}

/// A line of the timeline: who, when, what and why, and what a person's command asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventOut {
    #[schema(value_type = String)]
    task: TaskId,
    /// the journal event that led to it
    seq: u64,
    at: DateTime<Utc>,
    /// a sign-in name, `token:` and a token's id, `automation`, or `hearth` itself
    #[schema(value_type = String)]
    actor: Actor,
    /// `created`, `accept`, `assign`, `worsened`, `cleared` and so on
    what: String,
    /// a person's note as written, or a sentence of Hearth's
    #[schema(value_type = String)]
    why: Sentence,
    /// of `assign`: to whom
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    owner: Option<Actor>,
    /// of `hold`: when the task returns; of `complete`: no new task of this condition before
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
    /// of `complete`, and of `hold` after a call that reached nobody
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
}

impl From<TimelineEntry> for EventOut {
    fn from(entry: TimelineEntry) -> Self {
        let TaskEvent { task, seq, at, actor, what, why } = entry.event;
        let (owner, until, outcome) = entry.command.map_or((None, None, None), |c| (c.owner, c.until, c.outcome));
        Self { task, seq, at, actor, what, why, owner, until, outcome }
    }
}

impl From<Task> for TaskOut {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            patient: (task.queue == Queue::Care).then_some(task.patient),
            queue: task.queue,
            status: task.status,
            severity: task.severity,
            title: task.title,
            reason: task.reason.to_string(),
            rule: task.rule,
            rulebook_version: task.rulebook_version,
            basis: task.basis,
            ask: task.ask,
            episodes: task.episodes,
            owner: task.owner,
            created_at: task.created_at,
            due_at: task.due_at,
            held_until: task.held_until,
            attempts: task.attempts,
            condition_over_since: task.condition_over_since,
            unwatched_since: task.unwatched_since,
            unconfirmed: task.unconfirmed,
            outcome: task.outcome,
            closed_at: task.closed_at,
            events: None,
        }
    }
}

/// Tasks in order of creation; without filters every task of the care queue, closed ones too.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "tasks", security(("bearer" = []), ("session" = [])),
    params(("status" = Option<String>, Query, description = "comma list"),
        ("patient" = Option<String>, Query, description = "comma list of ids"),
        ("owner" = Option<String>, Query, description = "comma list of sign-in names"),
        ("severity" = Option<String>, Query, description = "comma list"),
        ("queue" = Option<String>, Query, description = "`care` (default), `operations`"),
        ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<TaskOut>), (status = 400, body = ProblemDocument)))]
pub(super) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<TaskOut>>, Problem> {
    let filters = raw.known(&["status", "patient", "owner", "severity", "queue"])?;
    let queues: Vec<Queue> = filters.list("queue")?;
    let filter = TaskFilter {
        status: filters.list("status")?,
        patient: filters.list("patient")?,
        owner: filters.list::<String>("owner")?.into_iter().map(Actor).collect(),
        severity: filters.list("severity")?,
        queue: match queues.as_slice() {
            [] => Some(Queue::Care),
            [first, rest @ ..] if rest.iter().all(|q| q == first) => Some(*first),
            _ => None,
        },
    };
    let page = app.store.tasks(caller.scope(), &filter, filters.page()?).await?;
    Ok(Json(List::of(page, TaskOut::from)))
}

fn task_id(text: &str) -> Result<TaskId, Problem> {
    TaskId::new(text).map_err(|_| Problem::not_found("task with this id"))
}

/// One task with its timeline.
#[utoipa::path(get, path = "/api/v1/tasks/{id}", tag = "tasks", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = TaskOut), (status = 404, body = ProblemDocument)))]
pub(super) async fn read(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<TaskOut>, Problem> {
    let task = caller.task(&app, &id).await?;
    let events = app.store.timeline(&task.id).await?.into_iter().map(EventOut::from).collect();
    Ok(Json(TaskOut { events: Some(events), ..task.into() }))
}

/// What a command needs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandIn {
    /// in the caller's words; needed by `cancel`, `note`, and `complete` with `not-reached`
    note: Option<String>,
    /// for `complete`: `advice-given`, `medication-changed`, `visit-arranged`, `emergency`, `measuring-error`,
    /// `no-action`, `not-reached`; `hold` may say `not-reached`
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// for `assign`: the sign-in name of an active person whose role may work on tasks; a program may name itself
    owner: Option<String>,
    /// for `hold`: when the task returns, which lies ahead; for `complete`: no new task of this condition before
    until: Option<DateTime<Utc>>,
}

/// A command: `accept`, `start`, `hold`, `complete`, `cancel`, `note` or `assign`. The same by the same person again
/// changes nothing and is 200; what the task's state does not allow is 409 with status and holder.
#[utoipa::path(post, path = "/api/v1/tasks/{id}/{verb}", tag = "tasks", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path),
        ("verb" = String, Path, description = "accept, start, hold, complete, cancel, note, assign")),
    request_body = CommandIn,
    responses((status = 200, body = TaskOut), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 503, description = "journalled, not applied yet", body = ProblemDocument)))]
pub(super) async fn command(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, verb)): Path<(String, String)>,
    Body(body): Body<CommandIn>,
) -> Result<Json<TaskOut>, Problem> {
    let verb: Verb = verb.parse().map_err(|_| Problem::not_found("such command"))?;
    let command = Command {
        task: task_id(&id)?,
        verb,
        note: body.note,
        outcome: body.outcome,
        owner: body.owner.filter(|o| !o.trim().is_empty()).map(Actor),
        until: body.until,
    };
    let task = work::command(&app, &caller, command).await?;
    Ok(Json(task.into()))
}
