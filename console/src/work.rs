//! A person's command on a task: journalled, folded by the rules, answered with what became of it.

use crate::access::{Caller, Credential, scope_of};
use crate::app::App;
use crate::problem::Problem;
use crate::settle;
use crate::text::t;
use care::{Actor, Command, CommandOutcome, Permission, Queue, Refused, Task, TaskId, Verb};
use chrono::SecondsFormat;
use store::{ApiToken, StoreError, User};
use vitals::Instant;

/// Why a command was not done.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// the task's state, or what the command lacks
    Refused(Refused),
    /// anything else: no such task, no answer
    Problem(Problem),
}

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Stopped::Problem(problem)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Stopped::Problem(error.into())
    }
}

impl From<Stopped> for Problem {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Refused(refused) => refusal(refused),
            Stopped::Problem(problem) => problem,
        }
    }
}

/// Gives the command to the rules and waits for its outcome.
///
/// # Errors
/// 404 without such a task, 400 where something is missing, 409 with status and holder, 503 where the rules take
/// longer than the configured time; the command is journalled then and will be applied.
pub(crate) async fn command(app: &App, caller: &Caller, command: Command) -> Result<Task, Stopped> {
    let id = command.task.clone();
    let task = caller.task(app, id.as_str()).await?;
    // What can be seen without the task's history is not journalled.
    command.check().map_err(Stopped::Refused)?;
    check_time(app, &command)?;
    if let Some(owner) = command.owner.as_ref().filter(|_| command.verb == Verb::Assign) {
        check_owner(app, caller, &task, owner).await?;
    }
    // Interest comes before the command, or its outcome could pass unnoticed.
    let mut notices = app.store.notices();
    let seq = app.store.submit_command(command, &caller.actor).await?;
    let outcome = async {
        loop {
            if let Some(outcome) = app.store.command_outcome(seq).await? {
                return Ok::<_, Problem>(outcome);
            }
            settle::next(&mut notices, |notice| notice.commands.contains(&seq)).await;
        }
    };
    match tokio::time::timeout(app.config.command_timeout, outcome).await {
        Ok(outcome) => finish(app, &id, outcome?).await,
        Err(_) => {
            let late = "The command is written down and will be applied, but the rules have not answered yet. Look again \
                        shortly; sending it again is safe.";
            Err(Stopped::Problem(Problem::unavailable(late).saying(|lang| t!(lang, "problem-rules-late"))))
        }
    }
}

/// A task that waits until a time gone by is back at once, with nobody told why. Journalled commands are not asked again:
/// for them the time may well be over.
fn check_time(app: &App, command: &Command) -> Result<(), Problem> {
    let Some(until) = command.until.filter(|_| command.verb == Verb::Hold) else { return Ok(()) };
    let now = app.clock.now();
    if until > now {
        return Ok(());
    }
    let detail = format!(
        "A task is held until a time that lies ahead, and `{}` does not: here it is `{}`. Give a later time, with its \
         offset from UTC.",
        iso(until),
        iso(now)
    );
    Err(Problem::field("/until", detail).saying(|lang| t!(lang, "problem-until-ahead")))
}

fn iso(time: Instant) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Whether a task may go to `owner`. A misspelt name would take it out of "nobody's yet" and leave it with nobody.
async fn check_owner(app: &App, caller: &Caller, task: &Task, owner: &Actor) -> Result<(), Problem> {
    // A program has no account; it may take a task itself, and one whose token works may be given it.
    if matches!(caller.credential, Credential::Bearer) && *owner == caller.actor {
        return Ok(());
    }
    if let Some(id) = owner.0.strip_prefix("token:") {
        let now = app.clock.now();
        let works = |t: &ApiToken| {
            let ended = t.disabled || t.expires_at.is_some_and(|at| at <= now);
            t.id == id && !ended && !t.read_only && t.role.may(Permission::WorkTasks)
        };
        if app.store.tokens().await?.iter().any(works) {
            return Ok(());
        }
    }
    let user = app.store.user(&owner.0).await?.ok_or_else(|| {
        let problem = Problem::field(
            "/owner",
            format!(
                "Nobody here has the sign-in name `{}`. Give that of an active person whose role may work on tasks.",
                owner.0
            ),
        );
        let name = owner.0.clone();
        problem.saying(move |lang| t!(lang, "problem-owner-unknown", name = name.as_str()))
    })?;
    check_worker(&user)?;
    check_sight(app, task, user).await
}

/// Who may not sign in, or only read, could not do anything with the task.
fn check_worker(user: &User) -> Result<(), Problem> {
    let name = shown(user).to_owned();
    if user.disabled {
        let problem = Problem::field(
            "/owner",
            format!(
                "The account of {name} is disabled. Choose an active person whose role may work on tasks, or have an \
                 administrator enable the account."
            ),
        );
        return Err(problem.saying(move |lang| t!(lang, "problem-owner-disabled", name = name.as_str())));
    }
    if !user.role.may(Permission::WorkTasks) {
        let problem = Problem::field(
            "/owner",
            format!(
                "The role of {name} does not work on tasks. Choose an active person whose role does, or have an \
                 administrator give {name} another one."
            ),
        );
        return Err(problem.saying(move |lang| t!(lang, "problem-owner-role", name = name.as_str())));
    }
    Ok(())
}

/// A person who does not see the patient could not open the task.
async fn check_sight(app: &App, task: &Task, user: User) -> Result<(), Problem> {
    let Some(record) = app.store.patient(&task.patient).await? else { return Ok(()) };
    let name = shown(&user).to_owned();
    let scope = scope_of(app, &user.name, user.teams).await?;
    if task.queue == Queue::Operations || scope.sees(&record.patient) {
        return Ok(());
    }
    let problem = Problem::conflict(format!(
        "{name} does not see this patient. Choose somebody of the patient's teams, or have an administrator put {name} \
         into one of them."
    ));
    Err(problem.saying(move |lang| t!(lang, "problem-out-of-sight", name = name.as_str())))
}

/// The name under which others know them.
fn shown(user: &User) -> &str {
    if user.display_name.is_empty() { &user.name } else { &user.display_name }
}

async fn finish(app: &App, id: &TaskId, outcome: CommandOutcome) -> Result<Task, Stopped> {
    outcome.result.map_err(Stopped::Refused)?;
    let task = app.store.task(id).await?;
    task.ok_or_else(|| Stopped::Problem(Problem::not_found("task with this id")))
}

fn refusal(refused: Refused) -> Problem {
    let sentence = format!("{refused}.");
    match refused {
        Refused::NotFound => Problem::not_found("task with this id"),
        Refused::Conflict { status, owner, .. } => Problem::conflict(sentence)
            .with("task_status", status.as_str())
            .with("owner", owner.map(|o| serde_json::Value::String(o.0)).unwrap_or_default()),
        Refused::Missing { field, .. } => Problem::field(format!("/{field}"), sentence),
    }
}
