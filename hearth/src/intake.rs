//! Readings that come without a connection: the same admission as over MQTT, and the same commit.

use bytes::Bytes;
use ingest::admission::{AdmissionLimits, admit};
use serde::Serialize;
use store::{Admit, ItemStatus, SharedStore, StoreError, Via};
use vitals::{DeviceRef, ReceivedAt};
use wire::{Channel, Topic};

/// Messages that share a commit.
pub(crate) const BATCH: usize = 2_000;

/// What became of what was taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) stored: u64,
    pub(crate) duplicate: u64,
    pub(crate) quarantined: u64,
}

/// Judges one message that did not come over MQTT.
pub(crate) fn judge(
    device: DeviceRef,
    channel: Channel,
    payload: Bytes,
    received_at: ReceivedAt,
    limits: &AdmissionLimits,
) -> Admit {
    let topic = Topic::device(device.clone(), channel);
    let (items, _answer) = admit(&topic, &payload, received_at, limits).into_parts(&payload);
    Admit {
        source: device.source,
        device: device.device,
        topic: topic.to_string(),
        received_at,
        hub_connected: false,
        via: Via::Import,
        items,
    }
}

/// Commits messages and counts what became of them.
pub(crate) async fn commit(store: &SharedStore, batch: Vec<Admit>, counts: &mut Counts) -> Result<(), StoreError> {
    // An empty array is a message without items, and nothing to count.
    let batch: Vec<Admit> = batch.into_iter().filter(|message| !message.items.is_empty()).collect();
    for admitted in store.admit(batch).await? {
        for item in admitted.items {
            let count = match item {
                ItemStatus::Stored { .. } => &mut counts.stored,
                ItemStatus::Duplicate => &mut counts.duplicate,
                ItemStatus::Quarantined { .. } => &mut counts.quarantined,
            };
            *count = count.saturating_add(1);
        }
    }
    Ok(())
}
