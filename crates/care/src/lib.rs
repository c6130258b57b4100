//! The people, what was agreed about them, and the work that follows.
//!
//! Everything here is pure: patients and what is known of them in event time ([`History`]), what the rules
//! say ([`Episode`]), the work that asks of a person ([`Task`], a state machine), and [`Fold`], which turns a
//! patient's journal, event by event, into tasks. Time is always an argument. Read [`History`], then
//! [`Episode`], then [`Fold::step`].

mod assignment;
mod command;
pub mod cover;
mod episode;
mod expectation;
mod fold;
mod foreseen;
mod history;
mod id;
mod journal;
mod patient;
mod person;
pub mod sentence;
mod severity;
mod task;
mod team;
mod timeline;

pub use assignment::{Assignment, AssignmentOverlap, Assignments};
pub use command::{Command, CommandOutcome, Refused, Verb};
pub use episode::{
    ClearedBy, Confirm, Ending, Episode, EpisodeChange, EpisodeRule, Evidence, EvidencePoint, Fault, Limit,
    ParameterOrigin, TaskTemplate, Worsened,
};
pub use expectation::Expectation;
pub use fold::{
    Again, Cause, DeadEnd, Effects, Fold, Judge, Known, MessageRequest, Pending, PendingReason, PromptRequest, Run,
    Step, Withdrawal,
};
pub use foreseen::{Foreseen, Proposal};
pub use history::{Enrolment, History, ParameterScope, ParameterSetting};
pub use id::{CareIdError, EpisodeId, GroupKey, PatientId, ProgrammeId, RuleId, TaskId, TeamId};
pub use journal::{Change, Event, EventBody};
pub use patient::{Contact, Identifier, Patient, PatientStatus};
pub use person::{Actor, Permission, Role};
pub use sentence::{LANGUAGES, Language, Sentence};
pub use severity::Severity;
pub use task::{Outcome, Queue, Task, TaskEvent, TaskStatus};
pub use team::{Scope, Team};
pub use timeline::Timeline;
