//! Readings in: every item is stored, a duplicate, or quarantined, and the ledger balances.

use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use bytes::Bytes;
use care::PatientId;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use vitals::{DeviceId, DeviceRef, Flag, Instant, Kind, Reading, ReceivedAt, SourceId, StoredReading};

/// By which way a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// Hearth's own MQTT endpoint
    Mqtt,
    /// a broker that Hearth subscribes to
    Broker,
    /// `hearth import` and simulated history
    Import,
    /// a replay from quarantine
    Replay,
}

/// One message with what admission made of it.
#[derive(Clone, Debug)]
pub struct Admit {
    /// who sent it
    pub source: SourceId,
    /// the device in its topic
    pub device: DeviceId,
    /// its topic, kept for a replay
    pub topic: String,
    /// when it reached the door
    pub received_at: ReceivedAt,
    /// the source is a hub and connected
    pub hub_connected: bool,
    /// by which way
    pub via: Via,
    /// its items, in order; at least one (an unreadable payload is one)
    pub items: Vec<AdmitItem>,
}

/// One item of a message.
#[derive(Clone, Debug)]
pub enum AdmitItem {
    /// a reading
    Reading {
        /// the reading
        reading: Box<Reading>,
        /// what admission added
        admission_flags: BTreeSet<Flag>,
        /// its own bytes
        raw: Bytes,
    },
    /// not a reading
    Refused(RefusedItem),
}

/// Why an item is no reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedItem {
    /// the sender's id where it could be read
    pub id: Option<String>,
    /// from the documented list
    pub code: String,
    /// one sentence without patient data
    pub detail: String,
    /// RFC 6901 pointer to what is wrong, within the item
    pub pointer: Option<String>,
    /// its own bytes
    #[serde(skip)]
    pub raw: Bytes,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemStatus {
    /// it is in the journal
    Stored {
        /// its position
        seq: u64,
    },
    /// it was there already, with the same content
    Duplicate,
    /// it is in quarantine
    Quarantined {
        /// its row
        row: u64,
        /// why: the refusal, or `id-reused`
        code: String,
        /// one sentence
        detail: String,
        /// pointer within the item
        pointer: Option<String>,
    },
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// per item, in order
    pub items: Vec<ItemStatus>,
    /// when it was committed
    pub stored_at: Instant,
}

/// The count that must balance: received = stored + duplicate + quarantined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// items that reached admission
    pub received: u64,
    /// items in the journal
    pub stored: u64,
    /// items that were there already
    pub duplicate: u64,
    /// items in quarantine now
    pub quarantined: u64,
}

impl Ledger {
    /// Whether it balances.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.stored.checked_add(self.duplicate).and_then(|n| n.checked_add(self.quarantined)) == Some(self.received)
    }
}

/// A message, or an item of one, that could not become a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRow {
    /// row number
    pub row: u64,
    /// who sent it
    pub source: SourceId,
    /// the device in its topic
    pub device: DeviceId,
    /// its topic
    pub topic: String,
    /// when it reached the door
    pub received_at: ReceivedAt,
    /// why
    pub refused: RefusedItem,
    /// when a replay succeeded; then it counts no more
    pub replayed_at: Option<Instant>,
    /// its bytes; for administrators
    #[serde(skip)]
    pub raw: Bytes,
}

/// Readings in, ledger and quarantine out.
#[async_trait]
pub trait Journal {
    /// Commits a batch of messages: readings, duplicates and quarantine rows, the ledger with them, synced
    /// before it returns. One answer per message, in order. Batches of several callers share a commit; their
    /// order is the order of the calls.
    async fn admit(&self, batch: Vec<Admit>) -> Result<Vec<Admitted>, StoreError>;

    /// The ledger now.
    async fn ledger(&self) -> Result<Ledger, StoreError>;

    /// The ledger counted anew from the rows: what `hearth check` compares with [`Journal::ledger`].
    async fn ledger_recount(&self) -> Result<Ledger, StoreError>;

    /// Readings of a patient by the assignments known now, measured in `[from, to]`, oldest first.
    async fn patient_readings(
        &self,
        patient: &PatientId,
        kinds: &[Kind],
        from: Option<Instant>,
        to: Option<Instant>,
        page: PageRequest,
    ) -> Result<Page<StoredReading>, StoreError>;

    /// Every reading in journal order, for export: those after position `after`, at most `limit`.
    async fn readings_after(&self, after: u64, limit: u32) -> Result<Vec<StoredReading>, StoreError>;

    /// Readings of one device, newest first, at most `limit`; for the pages of devices and sources.
    async fn device_readings(&self, device: &DeviceRef, limit: u32) -> Result<Vec<StoredReading>, StoreError>;

    /// Readings that nobody's assignment covers, newest first.
    async fn unassigned(&self, limit: u32) -> Result<Vec<StoredReading>, StoreError>;

    /// Quarantine rows that have not been replayed, oldest first; `code` and `source` narrow it.
    async fn quarantine(
        &self,
        code: Option<&str>,
        source: Option<&SourceId>,
        page: PageRequest,
    ) -> Result<Page<QuarantineRow>, StoreError>;

    /// One row with its bytes.
    async fn quarantine_row(&self, row: u64) -> Result<QuarantineRow, StoreError>;

    /// Puts a replayed item in the place of its quarantine row: the ledger moves one from quarantined to what
    /// it is now, in one transaction. A second replay of the same row is [`StoreError::Conflict`]. If it is
    /// refused again the row stays, with the new reason.
    async fn replay(&self, row: u64, message: Admit) -> Result<Admitted, StoreError>;

    /// Stamp of the last commit; the journal's notion of "alive until".
    async fn last_commit(&self) -> Result<Option<Instant>, StoreError>;

    /// Deletes nothing, ever; closes the writer after what is queued has been committed.
    async fn close(&self, within: TimeDelta) -> Result<(), StoreError>;
}
