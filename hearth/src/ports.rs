//! What the console asks of ingest, answered here, so that it does not depend on it.

use async_trait::async_trait;
use console::Replayer;
use ingest::admission::AdmissionLimits;
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
