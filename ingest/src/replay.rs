//! Replay from quarantine: the kept bytes go through admission again, with today's code and `limits`.

use crate::admission::{self, AdmissionLimits};
use store::{Admit, Admitted, SharedStore, StoreError, Via};
use wire::Topic;

/// Why a row could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store said no: there is no such row, or it was replayed already.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Admits the bytes of quarantine row `row` again and puts the result in the place of the row; refused again, the
/// row stays with its new reason. It is judged as of the time at which it first arrived, and keeps it.
///
/// # Errors
/// [`StoreError::NotFound`] without such a row, [`StoreError::Conflict`] where it was replayed already.
pub async fn replay(store: &SharedStore, row: u64, limits: &AdmissionLimits) -> Result<Admitted, ReplayError> {
    let quarantined = store.quarantine_row(row).await?;
    let admission = match Topic::parse(&quarantined.topic) {
        Ok(topic) => admission::admit(&topic, &quarantined.raw, quarantined.received_at, limits),
        Err(error) => admission::refuse_topic(&error, &quarantined.raw),
    };
    let (items, _) = admission.into_parts(&quarantined.raw);
    let message = Admit {
        source: quarantined.source,
        device: quarantined.device,
        topic: quarantined.topic,
        received_at: quarantined.received_at,
        hub_connected: false,
        via: Via::Replay,
        items,
    };
    Ok(store.replay(row, message).await?)
}
