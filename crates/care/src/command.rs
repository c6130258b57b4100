//! What a person does with a task: the state machine.

use crate::{Actor, Outcome, Task, TaskId, TaskStatus};
use serde::{Deserialize, Serialize};
use vitals::Instant;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// take it: the caller becomes owner
    Accept,
    /// begin
    Start,
    /// wait until a time
    Hold,
    /// done
    Complete,
    /// not needed
    Cancel,
    /// write something down
    Note,
    /// give it to somebody
    Assign,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Verb; 7] =
        [Verb::Accept, Verb::Start, Verb::Hold, Verb::Complete, Verb::Cancel, Verb::Note, Verb::Assign];

    /// The verb in paths.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Accept => "accept",
            Verb::Start => "start",
            Verb::Hold => "hold",
            Verb::Complete => "complete",
            Verb::Cancel => "cancel",
            Verb::Note => "note",
            Verb::Assign => "assign",
        }
    }
}

impl std::str::FromStr for Verb {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Verb::ALL
            .into_iter()
            .find(|v| v.as_str() == text)
            .ok_or_else(|| format!("unknown command `{text}`; known are {}", Verb::ALL.map(Verb::as_str).join(", ")))
    }
}

/// A command on a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// which task
    pub task: TaskId,
    /// what to do
    pub verb: Verb,
    /// in the person's words
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// for `complete`; `not-reached` also for `hold`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// for `assign`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Actor>,
    /// for `hold`: when it returns; for `complete`: no new task of this condition before then
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Refused {
    /// There is no such task.
    #[error("there is no task with this id")]
    NotFound,
    /// The task's state does not allow it.
    #[error("the task is {status}{}; `{}` is not possible", held_by(.owner.as_ref()), .verb.as_str())]
    Conflict {
        /// where it stands
        status: TaskStatus,
        /// who holds it
        owner: Option<Actor>,
        /// what was wanted
        verb: Verb,
    },
    /// Something that this command needs is missing.
    #[error("`{}` wants `{field}`: {why}", .verb.as_str())]
    Missing {
        /// what was wanted
        verb: Verb,
        /// the field
        field: String,
        /// why it is needed
        why: String,
    },
}

fn held_by(owner: Option<&Actor>) -> String {
    owner.map(|o| format!(" and held by {o}")).unwrap_or_default()
}

/// What became of a command; kept with its journal position so that the caller can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandOutcome {
    /// the command's journal position
    pub seq: u64,
    /// done (`true`: something changed; `false`: the same person had done the same already), or why not
    pub result: Result<bool, Refused>,
}

impl Task {
    /// Applies `command` by `actor` at `at`. `Ok(false)` where the same person had done the same already.
    ///
    /// # Errors
    /// [`Refused`], and the task is as it was.
    pub fn apply(&mut self, command: &Command, actor: &Actor, at: Instant) -> Result<bool, Refused> {
        command.check()?;
        if self.done_already(command, actor) {
            return Ok(false);
        }
        self.check_possible(command)?;
        match command.verb {
            Verb::Accept => {
                self.status = TaskStatus::Accepted;
                self.owner = Some(actor.clone());
            }
            Verb::Start => self.status = TaskStatus::InProgress,
            Verb::Hold => {
                self.status = TaskStatus::OnHold;
                self.held_until = command.until;
                if command.outcome == Some(Outcome::NotReached) {
                    self.attempts = self.attempts.saturating_add(1);
                }
            }
            Verb::Assign => {
                self.status = TaskStatus::Accepted;
                self.owner.clone_from(&command.owner);
                self.held_until = None;
            }
            Verb::Complete | Verb::Cancel => {
                let completed = command.verb == Verb::Complete;
                self.status = if completed { TaskStatus::Completed } else { TaskStatus::Cancelled };
                self.owner.get_or_insert_with(|| actor.clone());
                self.outcome = command.outcome;
                self.closed_at = Some(at);
                self.closed_by = Some(actor.clone());
                self.held_until = None;
            }
            Verb::Note => {}
        }
        self.touched = true;
        Ok(true)
    }

    /// The same command by the same person again changes nothing.
    fn done_already(&self, command: &Command, actor: &Actor) -> bool {
        let mine = self.owner.as_ref() == Some(actor);
        match command.verb {
            Verb::Accept => mine && self.status == TaskStatus::Accepted,
            Verb::Start => mine && self.status == TaskStatus::InProgress,
            // An attempt that reached nobody counts once, however often it is said.
            Verb::Hold => mine && self.status == TaskStatus::OnHold && self.held_until == command.until,
            Verb::Complete => {
                self.closed_by.as_ref() == Some(actor)
                    && self.status == TaskStatus::Completed
                    && self.outcome == command.outcome
            }
            Verb::Cancel => self.closed_by.as_ref() == Some(actor) && self.status == TaskStatus::Cancelled,
            Verb::Assign => self.status == TaskStatus::Accepted && self.owner == command.owner,
            Verb::Note => false,
        }
    }

    fn check_possible(&self, command: &Command) -> Result<(), Refused> {
        let from = self.status;
        let possible = match command.verb {
            Verb::Accept => from == TaskStatus::Requested,
            Verb::Start => from == TaskStatus::Accepted,
            Verb::Hold => matches!(from, TaskStatus::Accepted | TaskStatus::InProgress),
            Verb::Assign | Verb::Complete | Verb::Cancel => from.is_open(),
            Verb::Note => true,
        };
        if possible {
            return Ok(());
        }
        Err(Refused::Conflict { status: from, owner: self.owner.clone(), verb: command.verb })
    }
}

impl Command {
    /// Whether the command has what it needs, whatever the task's state.
    ///
    /// # Errors
    /// [`Refused::Missing`] names the field.
    pub fn check(&self) -> Result<(), Refused> {
        let missing = |field: &str, why: &str| {
            Err(Refused::Missing { verb: self.verb, field: field.to_owned(), why: why.to_owned() })
        };
        let noted = self.note.as_ref().is_some_and(|n| !n.trim().is_empty());
        match self.verb {
            Verb::Hold if self.until.is_none() => missing("until", "the time at which the task returns"),
            Verb::Assign if self.owner.is_none() => missing("owner", "whom the task goes to"),
            Verb::Complete if self.outcome.is_none() => missing("outcome", "what came of it"),
            Verb::Complete if self.outcome == Some(Outcome::NotReached) && !noted => {
                missing("note", "what was tried to reach the patient")
            }
            Verb::Cancel if !noted => missing("note", "why the task is not needed"),
            Verb::Note if !noted => missing("note", "the text to write down"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GroupKey, PatientId, Queue, RuleId, Severity};

    fn task(status: TaskStatus, owner: Option<&str>) -> Task {
        Task {
            id: TaskId::new("t1").unwrap(),
            patient: PatientId::new("p").unwrap(),
            queue: Queue::Care,
            group: GroupKey::new("fluid").unwrap(),
            rule: RuleId::new("HF-W2").unwrap(),
            rulebook_version: "heart-failure 2026.1".into(),
            status,
            severity: Severity::High,
            title: String::new(),
            reason: Default::default(),
            basis: String::new(),
            ask: vec![],
            episodes: vec![],
            owner: owner.map(|o| Actor(o.into())),
            created_at: Instant::UNIX_EPOCH,
            due_at: None,
            held_until: None,
            attempts: 0,
            condition_over_since: None,
            unwatched_since: None,
            unconfirmed: false,
            outcome: None,
            closed_at: None,
            closed_by: None,
            touched: owner.is_some(),
        }
    }

    fn command(verb: Verb) -> Command {
        Command {
            task: TaskId::new("t1").unwrap(),
            verb,
            note: Some("because".into()),
            outcome: (verb == Verb::Complete).then_some(Outcome::AdviceGiven),
            owner: Some(Actor("bea".into())),
            until: Some(Instant::UNIX_EPOCH),
        }
    }

    /// Every status × every verb, by the table of the contract.
    #[test]
    fn the_table_of_the_contract() {
        use TaskStatus as S;
        let all = [S::Requested, S::Accepted, S::InProgress, S::OnHold, S::Completed, S::Cancelled];
        let expected: [(Verb, [Option<S>; 6]); 7] = [
            (Verb::Accept, [Some(S::Accepted), None, None, None, None, None]),
            (Verb::Start, [None, Some(S::InProgress), None, None, None, None]),
            (Verb::Hold, [None, Some(S::OnHold), Some(S::OnHold), None, None, None]),
            (Verb::Assign, [Some(S::Accepted), Some(S::Accepted), Some(S::Accepted), Some(S::Accepted), None, None]),
            (
                Verb::Complete,
                [Some(S::Completed), Some(S::Completed), Some(S::Completed), Some(S::Completed), None, None],
            ),
            (
                Verb::Cancel,
                [Some(S::Cancelled), Some(S::Cancelled), Some(S::Cancelled), Some(S::Cancelled), None, None],
            ),
            (Verb::Note, all.map(Some)),
        ];
        for (verb, row) in expected {
            for (from, to) in all.into_iter().zip(row) {
                let mut t = task(from, (from != S::Requested).then_some("cara"));
                let before = t.clone();
                let result = t.apply(&command(verb), &Actor("anna".into()), Instant::UNIX_EPOCH);
                match to {
                    Some(to) => assert_eq!((result, t.status), (Ok(true), to), "{verb:?} from {from}"),
                    None => {
                        assert!(matches!(result, Err(Refused::Conflict { .. })), "{verb:?} from {from}: {result:?}");
                        assert_eq!(t, before, "a refused command changes nothing");
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_again_by_the_same_person_changes_nothing_and_by_another_is_refused() {
        let mut t = task(TaskStatus::Requested, None);
        let (anna, bea) = (Actor("anna".into()), Actor("bea".into()));
        assert_eq!(t.apply(&command(Verb::Accept), &anna, Instant::UNIX_EPOCH), Ok(true));
        assert_eq!(t.apply(&command(Verb::Accept), &anna, Instant::UNIX_EPOCH), Ok(false));
        let refused = t.apply(&command(Verb::Accept), &bea, Instant::UNIX_EPOCH).unwrap_err();
        assert_eq!(refused.to_string(), "the task is accepted and held by anna; `accept` is not possible");
    }

    #[test]
    fn what_a_command_needs() {
        let mut c = command(Verb::Complete);
        c.outcome = Some(Outcome::NotReached);
        c.note = Some("  ".into());
        assert_eq!(c.check().unwrap_err().to_string(), "`complete` wants `note`: what was tried to reach the patient");
        c.outcome = None;
        assert!(c.check().is_err());
        let mut t = task(TaskStatus::Accepted, Some("anna"));
        let mut hold = command(Verb::Hold);
        hold.outcome = Some(Outcome::NotReached);
        for expected in [true, false] {
            assert_eq!(t.apply(&hold, &Actor("anna".into()), Instant::UNIX_EPOCH), Ok(expected));
            assert_eq!(t.attempts, 1, "counted once");
        }
    }
}
