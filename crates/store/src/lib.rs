//! The one thing with state: journal, ledger, care records, evaluation cursor and outbox.
//!
//! [`Store`] is what the services see, a trait per concern: [`Journal`] (readings in, ledger, quarantine),
//! [`Doors`] (sources, MQTT sessions, prompts), [`Roster`] (patients, assignments, parameters), [`Worklist`]
//! (the rules' gather and commit, episodes, tasks, commands) and [`Accounts`] (people, sessions, tokens,
//! audit). [`SqliteStore`] implements them on one file: a single writer merges what everyone has to write
//! into one synced commit, readers take short snapshots.

mod accounts;
mod doors;
mod error;
mod journal;
mod page;
mod roster;
mod sqlite;
mod worklist;

pub use accounts::{Accounts, ApiToken, AuditEntry, NewAudit, User, WebSession};
pub use doors::{DeviceSeen, Doors, MqttSession, PromptRow, Source, SourceKind, SourceStatus};
pub use error::StoreError;
pub use journal::{Admit, AdmitItem, Admitted, ItemStatus, Journal, Ledger, QuarantineRow, RefusedItem, Via};
pub use page::{Page, PageRequest};
pub use roster::{PatientRecord, Roster};
pub use sqlite::{SqliteOptions, SqliteStore, StoreClock};
pub use worklist::{EvaluationCommit, PatientWork, TaskFilter, Worklist};

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
    /// journal position after this commit
    pub head: u64,
}

/// Everything the services need of a store.
pub trait Store: Journal + Doors + Roster + Worklist + Accounts + Send + Sync + 'static {
    /// What each later commit changes. The queue is bounded; a listener that lags is told so and looks again.
    fn notices(&self) -> tokio::sync::broadcast::Receiver<Arc<Notice>>;
}

/// A store shared by the services of one process.
pub type SharedStore = Arc<dyn Store>;
