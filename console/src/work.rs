//! A person's command on a task: journalled, folded by the rules, answered with what became of it.

use crate::access::{Caller, scope_of};
use crate::app::App;
use crate::problem::Problem;
use crate::text::t;
use care::{Actor, Command, CommandOutcome, Queue, Refused, Task, TaskId, Verb};
use std::time::Duration;
use store::StoreError;
use tokio::sync::broadcast::error::RecvError;

/// Rules in another process tell nobody here; then the outcome is looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(250);

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
    if let Some(owner) = command.owner.as_ref().filter(|_| command.verb == Verb::Assign) {
        check_sight(app, &task, owner).await?;
    }
    // Interest comes before the command, or its outcome could pass unnoticed.
    let mut notices = app.store.notices();
    let seq = app.store.submit_command(command, &caller.actor).await?;
    let outcome = async {
        loop {
            if let Some(outcome) = app.store.command_outcome(seq).await? {
                return Ok::<_, Problem>(outcome);
            }
            let next = async {
                loop {
                    match notices.recv().await {
                        Ok(notice) if notice.commands.contains(&seq) => return,
                        Ok(_) => {}
                        Err(RecvError::Lagged(_)) => return,
                        Err(RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            let _ = tokio::time::timeout(LOOK_EVERY, next).await;
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

/// A person who does not see the patient could not open the task. Who is no person, such as a token, is let be.
async fn check_sight(app: &App, task: &Task, owner: &Actor) -> Result<(), Problem> {
    let (Some(user), Some(record)) = (app.store.user(&owner.0).await?, app.store.patient(&task.patient).await?) else {
        return Ok(());
    };
    let scope = scope_of(app, &user.name, user.teams).await?;
    if task.queue == Queue::Operations || scope.sees(&record.patient) {
        return Ok(());
    }
    let name = if user.display_name.is_empty() { user.name } else { user.display_name };
    let problem = Problem::conflict(format!(
        "{name} does not see this patient. Choose somebody of the patient's teams, or have an administrator put {name} \
         into one of them."
    ));
    Err(problem.saying(move |lang| t!(lang, "problem-out-of-sight", name = name.as_str())))
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
