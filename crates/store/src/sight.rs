//! Teams, and patients of other teams who were opened for a reason.

use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use care::{PatientId, Team, TeamId};
use serde::Serialize;
use vitals::Instant;

/// Somebody sees a patient of another team, for a while: the glass was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Glass {
    /// who sees
    pub user: String,
    /// whom
    pub patient: PatientId,
    /// why, in their words
    pub reason: String,
    /// from
    pub at: Instant,
    /// until, exclusive
    pub until: Instant,
}

/// Who sees whom.
#[async_trait]
pub trait Sight {
    /// Adds a team, or gives it another name.
    async fn put_team(&self, team: Team) -> Result<(), StoreError>;
    /// Every team, by name.
    async fn teams(&self) -> Result<Vec<Team>, StoreError>;
    /// Takes a team away. [`StoreError::Conflict`] while a person, patient or token is in it: patients would be
    /// everybody's without anybody having said so.
    async fn remove_team(&self, id: &TeamId) -> Result<(), StoreError>;
    /// Opens a patient for somebody.
    async fn break_glass(&self, glass: Glass) -> Result<(), StoreError>;
    /// The patients who are open to somebody at `now`.
    async fn opened(&self, user: &str, now: Instant) -> Result<Vec<PatientId>, StoreError>;
    /// Every time somebody did, newest first.
    async fn glass(&self, page: PageRequest) -> Result<Page<Glass>, StoreError>;
    /// Closes a patient for somebody before their time is over.
    async fn mend_glass(&self, user: &str, patient: &PatientId, now: Instant) -> Result<(), StoreError>;
}
