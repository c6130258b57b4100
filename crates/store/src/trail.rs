//! Who looked at whom and who changed what, each line bound to the one before it.

use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use care::{Actor, PatientId};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use vitals::Instant;

/// Something somebody did or looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewAudit {
    /// when
    #[serde(serialize_with = "micros")]
    pub at: Instant,
    /// who
    pub actor: Actor,
    /// what: `sign-in`, `read-patient`, `change-patient`, …
    pub action: String,
    /// of whom or what: a patient id, a task id, a source
    pub subject: String,
    /// the patient it was about, where it was about one
    pub patient: Option<PatientId>,
    /// details without secrets
    pub detail: String,
}

/// SHA-256 of a line and everything before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AuditHash(pub [u8; 32]);

/// A line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// position; there is none without the one before it
    pub row: u64,
    /// what happened
    #[serde(flatten)]
    pub entry: NewAudit,
    /// binds it to the line before it
    pub hash: AuditHash,
}

/// Where the trail ends: whoever keeps it elsewhere can show later that nothing before it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AuditHead {
    /// its last line
    pub row: u64,
    /// that line's hash
    pub hash: AuditHash,
}

/// What a walk over the whole trail found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// every line follows from the one before it; none where the trail is empty
    Whole(Option<AuditHead>),
    /// the first line that does not
    Broken {
        /// its row
        row: u64,
        /// what is wrong with it
        why: &'static str,
    },
}

/// Which lines. What is `None` is not asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// by whom
    pub actor: Option<String>,
    /// about whom
    pub patient: Option<PatientId>,
    /// what
    pub action: Option<String>,
    /// at or after
    pub from: Option<Instant>,
    /// before
    pub until: Option<Instant>,
}

/// The audit trail. It is appended to and read; there is no way to change it.
#[async_trait]
pub trait Trail {
    /// Writes down what somebody did.
    async fn audit(&self, entries: Vec<NewAudit>) -> Result<(), StoreError>;
    /// The trail, newest first.
    async fn audit_trail(&self, filter: &AuditFilter, page: PageRequest) -> Result<Page<AuditEntry>, StoreError>;
    /// Lines after `row`, oldest first, at most `limit`.
    async fn audit_after(&self, row: u64, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;
    /// One line.
    async fn audit_entry(&self, row: u64) -> Result<Option<AuditEntry>, StoreError>;
    /// Its last line; none where it is empty.
    async fn audit_head(&self) -> Result<Option<AuditHead>, StoreError>;
    /// Walks over the whole trail.
    async fn verify_audit(&self) -> Result<AuditVerdict, StoreError>;
}

impl AuditHash {
    /// The hash of line `row`, which follows a line with the hash `self` (32 zero bytes before the first).
    ///
    /// The line's text is seven netstrings (`<bytes>:<text>,`): row, time as RFC 3339 in UTC with microseconds, actor,
    /// action, subject, patient or nothing, detail.
    #[must_use]
    pub fn then(&self, row: u64, line: &NewAudit) -> Self {
        let patient = line.patient.as_ref().map_or("", PatientId::as_str);
        let (row, at) = (row.to_string(), text_of(line.at));
        let mut hash = Sha256::new_with_prefix(self.0);
        for part in [&row, &at, &line.actor.0, &line.action, &line.subject, patient, &line.detail] {
            hash.update(part.len().to_string());
            hash.update(":");
            hash.update(part);
            hash.update(",");
        }
        Self(hash.finalize().into())
    }
}

fn text_of(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

fn micros<S: Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text_of(*at))
}

impl std::fmt::Display for AuditHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for AuditHash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// `ROW:HASH`, as it is shown and written down.
impl std::fmt::Display for AuditHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.row, self.hash)
    }
}

impl std::str::FromStr for AuditHead {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no head of the audit trail: ROW:HASH, as the audit page shows it");
        let (row, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        let hash: Vec<u8> = hex::decode(hash).map_err(|_| wrong())?;
        let hash = AuditHash(hash.try_into().map_err(|_| wrong())?);
        Ok(Self { row: row.parse().map_err(|_| wrong())?, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_the_guide_says() {
        let line = NewAudit {
            at: Instant::from_timestamp_micros(1_767_225_600_000_001).unwrap(),
            actor: Actor("bea".into()),
            action: "read-patient".into(),
            subject: "p1".into(),
            patient: Some(PatientId::new("p1").unwrap()),
            detail: "ü".into(),
        };
        let text = "1:1,27:2026-01-01T00:00:00.000001Z,3:bea,12:read-patient,2:p1,2:p1,2:ü,";
        let expected: [u8; 32] = Sha256::new_with_prefix([0; 32]).chain_update(text).finalize().into();
        let first = AuditHash::default().then(1, &line);
        assert_eq!(first, AuditHash(expected));
        assert_ne!(first, AuditHash::default().then(2, &line));
        assert_ne!(first.then(2, &line), AuditHash::default().then(2, &line));
        let head = AuditHead { row: 1, hash: first };
        assert_eq!(head.to_string().parse(), Ok(head));
        assert!("1:00".parse::<AuditHead>().is_err() && "x".parse::<AuditHead>().is_err());
    }
}
