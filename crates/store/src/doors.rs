//! Sources, their MQTT sessions and what waits to be sent to them.

use crate::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use vitals::{DeviceRef, Instant, SourceId, UserSlot};

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// a home hub: can ask its patient for a repeat
    Gateway,
    /// a vendor's cloud
    Vendor,
}

/// An MQTT principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// its id, user name and topic branch
    pub id: SourceId,
    /// hub or vendor
    pub kind: SourceKind,
    /// SHA-256 of its secret; the secret itself is shown once and kept nowhere
    #[serde(skip)]
    pub secret_sha256: [u8; 32],
    /// may not connect
    pub disabled: bool,
    /// when it was added
    pub created_at: Instant,
    /// last connection or message: of a reading once it is acknowledged, otherwise as noted last
    pub last_seen: Option<Instant>,
    /// messages at QoS 0: nothing could be promised
    pub qos0: u64,
    /// unknown fields seen in its messages
    pub unknown_fields: u64,
}

/// The retained status message of a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStatus {
    /// whose
    pub source: SourceId,
    /// the payload as sent
    pub payload: Bytes,
    /// when
    pub at: Instant,
}

/// A persistent MQTT session: durable before CONNACK, its subscriptions before SUBACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttSession {
    /// whose
    pub source: SourceId,
    /// client id
    pub client_id: String,
    /// filter and granted QoS
    pub subscriptions: Vec<(String, u8)>,
    /// when it expires after the connection ended; `None` while connected or for 3.1.1 sessions without age
    pub expires_at: Option<Instant>,
}

/// What is to be said of a hub that goes without a word: its last will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubWill {
    /// whose
    pub source: SourceId,
    /// client id
    pub client_id: String,
    /// the status that is kept then
    pub payload: Bytes,
    /// how long the hub may be away, seconds
    pub delay_s: u32,
    /// when it is said; `None` while the hub is connected
    pub due_at: Option<Instant>,
}

/// A device that has sent something, or is assigned to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSeen {
    /// the device
    #[serde(flatten)]
    pub device: DeviceRef,
    /// newest arrival
    pub last_seen: Option<Instant>,
    /// newest measured time
    pub last_measured: Option<Instant>,
    /// last battery, percent
    pub battery: Option<u8>,
    /// slots seen
    pub user_slots: Vec<UserSlot>,
    /// readings that no assignment covers
    pub unassigned: u64,
}

/// A prompt that waits for its hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptRow {
    /// row number; grows
    pub row: u64,
    /// the device whose topic it goes to
    pub device: DeviceRef,
    /// what is asked
    pub prompt: care::PromptRequest,
}

/// What the door must know of a source to let it in: nothing that changes with its readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceKey {
    /// its name, which is its user name
    pub id: SourceId,
    /// a hub or a vendor
    pub kind: SourceKind,
    /// of its secret
    pub secret_sha256: [u8; 32],
    /// whether it is locked out
    pub disabled: bool,
}

/// Sources, sessions, prompts.
#[async_trait]
pub trait Doors {
    /// Adds a source. [`StoreError::Conflict`] if the id is taken.
    async fn add_source(
        &self,
        id: &SourceId,
        kind: SourceKind,
        secret_sha256: [u8; 32],
        actor: &care::Actor,
    ) -> Result<Source, StoreError>;
    /// Gives it another secret; the old one no longer works.
    async fn rotate_source(
        &self,
        id: &SourceId,
        secret_sha256: [u8; 32],
        actor: &care::Actor,
    ) -> Result<(), StoreError>;
    /// Disables or enables it.
    async fn set_source_disabled(&self, id: &SourceId, disabled: bool, actor: &care::Actor) -> Result<(), StoreError>;
    /// One source.
    async fn source(&self, id: &SourceId) -> Result<Option<Source>, StoreError>;
    /// The key of one source.
    async fn source_key(&self, id: &SourceId) -> Result<Option<SourceKey>, StoreError>;
    /// Every source's key, by id.
    async fn source_keys(&self) -> Result<Vec<SourceKey>, StoreError>;
    /// Every source, by id. When each was seen last follows from its devices, so this looks at all of them.
    async fn sources(&self) -> Result<Vec<Source>, StoreError>;
    /// Notes that sources were seen, and what was counted of them since the last call: QoS 0 messages,
    /// unknown fields. Best called every few seconds with what has gathered.
    async fn note_sources(&self, seen: Vec<(SourceId, Instant, u64, u64)>) -> Result<(), StoreError>;

    /// Keeps a retained status.
    async fn put_status(&self, status: SourceStatus) -> Result<(), StoreError>;
    /// Every source's last status.
    async fn statuses(&self) -> Result<Vec<SourceStatus>, StoreError>;

    /// The stored session, or `None`. Expired ones do not exist.
    async fn mqtt_session(
        &self,
        source: &SourceId,
        client_id: &str,
        now: Instant,
    ) -> Result<Option<MqttSession>, StoreError>;
    /// The source's stored sessions, those that the cap would forget last first, at most `most`. Expired ones do not
    /// exist.
    async fn mqtt_sessions(&self, source: &SourceId, most: u32, now: Instant) -> Result<Vec<MqttSession>, StoreError>;
    /// Creates or replaces a session, synced before it returns. When a source has more than `cap` sessions
    /// its oldest disconnected ones are forgotten.
    async fn put_mqtt_session(&self, session: MqttSession, cap: u32) -> Result<(), StoreError>;
    /// Forgets a session.
    async fn drop_mqtt_session(&self, source: &SourceId, client_id: &str) -> Result<(), StoreError>;

    /// Keeps the will of a connection, or replaces it, synced before it returns.
    async fn put_will(&self, will: HubWill) -> Result<(), StoreError>;
    /// Forgets it; there may be none.
    async fn drop_will(&self, source: &SourceId, client_id: &str) -> Result<(), StoreError>;
    /// Every will that is kept, by source and client.
    async fn wills(&self) -> Result<Vec<HubWill>, StoreError>;

    /// Prompts for `source` with row > `after` that are neither delivered nor over at `now`, oldest first.
    async fn prompts(&self, source: &SourceId, after: u64, now: Instant) -> Result<Vec<PromptRow>, StoreError>;
    /// The hub acknowledged these prompts.
    async fn prompts_delivered(&self, rows: &[u64], at: Instant) -> Result<(), StoreError>;

    /// Every device that was seen or is assigned, by source and device.
    async fn devices(&self) -> Result<Vec<DeviceSeen>, StoreError>;
}
