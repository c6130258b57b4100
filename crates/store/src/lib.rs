//! The one thing with state: journal, ledger, care records, evaluation cursor and outbox.
//!
//! [`Store`] is what the services see, a trait per concern: [`Journal`] (readings in, ledger, quarantine),
//! [`Doors`] (sources, MQTT sessions, prompts), [`Roster`] (patients, assignments, parameters), [`Worklist`]
//! (the rules' gather and commit, episodes, tasks, commands), [`Board`] (lists of tasks), [`Outbox`] (whom to tell, messages), [`Accounts`]
//! (people, sessions, tokens), [`Sight`] (teams: who sees whom) and [`Trail`] (audit). [`SqliteStore`] implements
//! them on one file: a single writer merges what everyone has to write
//! into one synced commit, readers take short snapshots.

mod accounts;
mod board;
mod chart;
mod doors;
mod error;
mod journal;
mod outbox;
mod own;
mod page;
mod roster;
mod sight;
mod sqlite;
mod trail;
mod watch;
mod worklist;

pub use accounts::{Accounts, ApiToken, SecondFactor, SignInStep, User, UserEdit, WebSession};
pub use board::{
    Board, BoardCounts, BoardFilter, BoardGroup, BoardPart, BoardQuery, BoardRow, BoardTimes, BoardView, OwnerFilter,
    QuietEpisode, TREND, TimelineEntry, shown_by,
};
pub use chart::PatientChart;
pub use doors::{DeviceSeen, Doors, HubWill, MqttSession, PromptRow, Source, SourceKey, SourceKind, SourceStatus};
pub use error::StoreError;
pub use journal::{Admit, AdmitItem, Admitted, ItemStatus, Journal, Ledger, QuarantineRow, RefusedItem, Via};
pub use outbox::{Claimed, MessageBatch, MessageRow, MessageState, Outbox, Settled};
pub use own::{OwnAttempt, OwnLink, OwnPages};
pub use page::{Page, PageRequest};
pub use roster::{PatientRecord, Roster};
pub use sight::{Glass, Sight};
pub use sqlite::{SqliteOptions, SqliteStore, StoreClock};
pub use trail::{AuditEntry, AuditFilter, AuditHash, AuditHead, AuditVerdict, NewAudit, Trail};
pub use watch::{
    DeviceAround, DeviceFilter, MOST_COUNTED, RefusedKind, SilentPatient, SourceRow, Watch, Wearer, WornDevice,
};
pub use worklist::{EvaluationCommit, Gathered, PatientWork, Stand, TaskFilter, Worklist};

use care::{PatientId, Scope, TaskId, TeamId};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a commit changed, for whoever waits for it. A slow listener misses entries and must look again.
#[derive(Clone, Debug, Default)]
pub struct Notice {
    /// patients with events that the rules have not folded yet
    pub dirty: Vec<care::PatientId>,
    /// tasks that are new or changed
    pub tasks: Vec<care::TaskId>,
    /// sources that have a new prompt waiting
    pub prompts: Vec<vitals::SourceId>,
    /// commands whose outcome is known now, by journal position
    pub commands: Vec<u64>,
    /// patients whose readings, episodes or records changed
    pub patients: Vec<care::PatientId>,
    /// sources that changed: rotated, disabled, seen
    pub sources: Vec<vitals::SourceId>,
    /// people who have a new message waiting, for pages that are open
    pub told: Vec<Told>,
    /// messages were written, to leave now or later
    pub messages: bool,
    /// people whose account, sessions or sight of patients changed
    pub people: Vec<String>,
    /// patients of teams among those named here: not everybody is to be told of them
    pub guarded: Vec<Guarded>,
    /// journal position after this commit
    pub head: u64,
}

/// Somebody has a new message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// who
    pub recipient: care::Actor,
    /// how urgent its task is
    pub severity: care::Severity,
}

/// A patient of teams that a notice is about.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// who
    pub patient: PatientId,
    /// whose patient
    pub teams: Arc<BTreeSet<TeamId>>,
    /// tasks of theirs in the notice
    pub tasks: Vec<TaskId>,
}

impl Notice {
    /// The notice without patients, and tasks of patients, that `scope` does not see.
    #[must_use]
    pub fn seen_by(&self, scope: &Scope) -> Cow<'_, Self> {
        let hidden: Vec<&Guarded> = self.guarded.iter().filter(|g| !scope.sees_one_of(&g.patient, &g.teams)).collect();
        if hidden.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut seen = self.clone();
        let is_hidden = |id: &PatientId| hidden.iter().any(|g| g.patient == *id);
        seen.tasks.retain(|task| !hidden.iter().any(|g| g.tasks.contains(task)));
        seen.patients.retain(|id| !is_hidden(id));
        seen.dirty.retain(|id| !is_hidden(id));
        seen.guarded.retain(|g| !is_hidden(&g.patient));
        Cow::Owned(seen)
    }
}

/// Everything the services need of a store.
pub trait Store:
    Journal
    + Doors
    + Roster
    + PatientChart
    + Worklist
    + Board
    + Outbox
    + Accounts
    + Sight
    + Trail
    + OwnPages
    + Watch
    + Send
    + Sync
    + 'static
{
    /// What each later commit changes. The queue is bounded; a listener that lags is told so and looks again.
    fn notices(&self) -> tokio::sync::broadcast::Receiver<Arc<Notice>>;
}

/// A store shared by the services of one process.
pub type SharedStore = Arc<dyn Store>;
