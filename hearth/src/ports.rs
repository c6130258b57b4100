//! What the console asks of ingest and of the rules, answered here, so that it depends on neither.

use async_trait::async_trait;
use care::{Foreseen, Proposal};
use console::{Previewer, Replayer};
use ingest::admission::AdmissionLimits;
use rules::Foresight;
use store::{ItemStatus, SharedStore, StoreError};

/// Sends quarantined items through today's admission.
pub(crate) struct Quarantine {
    pub(crate) store: SharedStore,
    pub(crate) limits: AdmissionLimits,
}

#[async_trait]
impl Replayer for Quarantine {
    async fn replay(&self, row: u64) -> Result<ItemStatus, StoreError> {
        match ingest::replay(&self.store, row, &self.limits).await {
            Ok(admitted) => admitted.items.into_iter().next().ok_or(StoreError::NotFound("the replayed item")),
            Err(ingest::ReplayError::Store(error)) => Err(error),
        }
    }
}

/// Says what a change would make of people, by the rules.
pub(crate) struct Preview(pub(crate) Foresight);

#[async_trait]
impl Previewer for Preview {
    async fn foresee(&self, proposal: &Proposal) -> Result<Vec<Foreseen>, StoreError> {
        self.0.foresee(proposal).await
    }
}
