//! Whom we do not hear from, and how sources deliver: what the pages for that ask.

use crate::{DeviceSeen, Page, PageRequest, PatientRecord, Source, SourceStatus, StoreError};
use async_trait::async_trait;
use care::{Event, Expectation, PatientId, Scope};
use vitals::{Instant, SourceId, UserSlot};

/// A device with what surrounds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAround {
    /// the device
    pub seen: DeviceSeen,
    /// who sends for it, where that is known
    pub source: Option<Source>,
    /// what the source says of itself
    pub status: Option<SourceStatus>,
    /// the newest of its messages in quarantine: its code, and when it arrived
    pub refused: Option<(String, Instant)>,
}

/// A patient of whom something expected did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentPatient {
    /// who
    pub record: PatientRecord,
    /// what is expected
    pub expectations: Vec<Expectation>,
    /// of the kind that is missing longest
    pub quiet_since: Instant,
    /// what the patient wears now
    pub devices: Vec<DeviceAround>,
}

/// Somebody who wears a device now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wearer {
    /// who
    pub patient: PatientId,
    /// their name
    pub name: String,
    /// which slot of a shared device; none for every slot that has nobody of its own
    pub user_slot: Option<UserSlot>,
}

/// A device with who wears it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WornDevice {
    /// the device
    pub seen: DeviceSeen,
    /// those whom the reader sees
    pub wearers: Vec<Wearer>,
    /// whether somebody out of the reader's sight wears it
    pub hidden: bool,
}

/// Which devices a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceFilter {
    /// every one
    #[default]
    All,
    /// those with this in `source/device`, or worn at any time by a patient found by it
    Named(String),
    /// those with readings that are nobody's
    Nobodys,
}

/// A source with what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// the source
    pub source: Source,
    /// what it says of itself
    pub status: Option<SourceStatus>,
    /// how many devices it sends for
    pub devices: u64,
    /// the newest reading's arrival
    pub last_reading: Option<Instant>,
    /// messages in quarantine, counted up to [`MOST_COUNTED`]
    pub refused: u64,
}

/// Messages in quarantine of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKind {
    /// the code
    pub code: String,
    /// how many, counted up to [`MOST_COUNTED`]
    pub count: u64,
}

/// A count stops here: a page says "1,000 or more".
pub const MOST_COUNTED: u64 = 1_000;

/// What is watched of devices and sources. Each read is a number of queries that does not grow with what is stored.
#[async_trait]
pub trait Watch {
    /// How many patients in `scope` have been quiet since before `before`.
    async fn silent_count(&self, scope: &Scope, before: Instant) -> Result<u64, StoreError>;
    /// Those patients, the longest silent first.
    async fn silent(
        &self,
        scope: &Scope,
        before: Instant,
        page: PageRequest,
    ) -> Result<Page<SilentPatient>, StoreError>;
    /// Devices with a weak battery, or with readings that are nobody's, at most `limit`; those that only people out
    /// of `scope` wear are left out.
    async fn weak_devices(&self, scope: &Scope, now: Instant, limit: u32) -> Result<Vec<WornDevice>, StoreError>;
    /// Devices with who wears them now: by `source/device`, those with readings that are nobody's as they came.
    async fn worn_devices(
        &self,
        scope: &Scope,
        filter: DeviceFilter,
        now: Instant,
        page: PageRequest,
    ) -> Result<Page<WornDevice>, StoreError>;
    /// How many devices have readings that are nobody's, counted up to [`MOST_COUNTED`].
    async fn nobodys_devices(&self) -> Result<u64, StoreError>;
    /// Sources by id; `search` is looked for in the id.
    async fn source_rows(&self, search: Option<&str>, page: PageRequest) -> Result<Page<SourceRow>, StoreError>;
    /// One source.
    async fn source_row(&self, id: &SourceId) -> Result<Option<SourceRow>, StoreError>;
    /// Devices of a source, by id.
    async fn source_devices(&self, id: &SourceId, page: PageRequest) -> Result<Page<DeviceSeen>, StoreError>;
    /// What waits in quarantine by reason, of one source or of all.
    async fn refused_kinds(&self, source: Option<&SourceId>) -> Result<Vec<RefusedKind>, StoreError>;
    /// What is expected of a patient.
    async fn expectations(&self, patient: &PatientId) -> Result<Vec<Expectation>, StoreError>;
    /// The newest changes of the clinic's parameters, newest first.
    async fn clinic_changes(&self, limit: u32) -> Result<Vec<Event>, StoreError>;
}
