//! [`OwnPages`] on SQLite.

use super::SqliteStore;
use super::column::{bytes, collect, count, first, json, micros, parsed, time, time_or_none};
use super::fault::Fault;
use super::{history, record};
use crate::{OwnAttempt, OwnLink, OwnPages, StoreError};
use async_trait::async_trait;
use care::{Actor, PatientId, PromptRequest};
use rusqlite::{Connection, Row, params};
use std::cmp::Reverse;
use vitals::Instant;

const LINK: &str = "SELECT l.*, p.id AS patient_id FROM own_link l JOIN patient p ON p.number = l.patient";
/// A page shows what was made lately.
const SHOWN: i64 = 10;

fn link_from(row: &Row<'_>) -> Result<OwnLink, Fault> {
    Ok(OwnLink {
        id: row.get("id")?,
        patient: parsed(row, "patient_id")?,
        link_sha256: bytes(row, "link")?,
        code_sha256: bytes(row, "code")?,
        created_at: time(row, "created_at")?,
        created_by: Actor(row.get("created_by")?),
        expires_at: time(row, "expires_at")?,
        revoked_at: time_or_none(row, "revoked_at")?,
        failed: u32::try_from(count(row, "failed")?).unwrap_or(u32::MAX),
        tried_at: time_or_none(row, "tried_at")?,
        used_at: time_or_none(row, "used_at")?,
    })
}

fn by_digest(db: &Connection, digest: &[u8; 32]) -> Result<Option<OwnLink>, Fault> {
    first(db.prepare_cached(&format!("{LINK} WHERE l.link = ?1"))?.query([digest])?, link_from)
}

/// Takes back what the patient still has, or one of it; what it opened is closed.
fn revoke(db: &Connection, patient: i64, id: Option<&str>, at: Instant) -> Result<usize, Fault> {
    let revoked = db
        .prepare_cached(
            "UPDATE own_link SET revoked_at = ?3 WHERE patient = ?1 AND (?2 IS NULL OR id = ?2) AND revoked_at IS NULL",
        )?
        .execute(params![patient, id, micros(at)])?;
    db.prepare_cached(
        "DELETE FROM own_session WHERE link IN (SELECT id FROM own_link WHERE patient = ?1 AND revoked_at IS NOT NULL)",
    )?
    .execute([patient])?;
    Ok(revoked)
}

/// Repeats that were asked for of readings that are this patient's.
fn open_prompts(db: &Connection, patient: &PatientId, now: Instant) -> Result<Vec<PromptRequest>, Fault> {
    let number = history::number_of(db, patient)?;
    let (spans, all) = record::spans(db, number, i64::MAX.cast_unsigned())?;
    let mut query = db.prepare_cached("SELECT body FROM prompt WHERE device = ?1 AND until > ?2")?;
    let mut found: Vec<PromptRequest> = Vec::new();
    for span in spans {
        let prompts: Vec<PromptRequest> =
            collect(query.query(params![span.number, micros(now)])?, |row| json(row, "body"))?;
        let own = |p: &PromptRequest| all.patient_of(&span.name, p.user_slot, p.asked_at) == Some(patient);
        found.extend(prompts.into_iter().filter(own));
    }
    found.sort_by_key(|p| Reverse(p.asked_at));
    Ok(found)
}

#[async_trait]
impl OwnPages for SqliteStore {
    async fn add_own_link(&self, link: OwnLink) -> Result<(), StoreError> {
        self.write("keeping a link to a patient's page", move |commit| {
            let patient = commit.memory.patient(&link.patient)?;
            revoke(commit.db, patient, None, link.created_at)?;
            commit
                .db
                .prepare_cached(
                    "INSERT INTO own_link (id, patient, link, code, created_at, created_by, expires_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    link.id,
                    patient,
                    link.link_sha256,
                    link.code_sha256,
                    micros(link.created_at),
                    link.created_by.0,
                    micros(link.expires_at)
                ])?;
            commit.changes.patients.insert(link.patient);
            Ok(())
        })
        .await
    }

    async fn own_links(&self, patient: &PatientId) -> Result<Vec<OwnLink>, StoreError> {
        let patient = patient.clone();
        self.read("links to a patient's page", move |db| {
            let sql = format!("{LINK} WHERE p.id = ?1 ORDER BY l.created_at DESC, l.id LIMIT {SHOWN}");
            collect(db.prepare_cached(&sql)?.query([patient.as_str()])?, link_from)
        })
        .await
    }

    async fn own_link(&self, link_sha256: &[u8; 32]) -> Result<Option<OwnLink>, StoreError> {
        let digest = *link_sha256;
        self.read("a link to a patient's page", move |db| by_digest(db, &digest)).await
    }

    async fn revoke_own_link(&self, patient: &PatientId, id: &str, at: Instant) -> Result<(), StoreError> {
        let (patient, id) = (patient.clone(), id.to_owned());
        self.write("revoking a link to a patient's page", move |commit| {
            let number = commit.memory.patient(&patient)?;
            if revoke(commit.db, number, Some(&id), at)? == 0 {
                return Err(StoreError::NotFound("the link").into());
            }
            commit.changes.patients.insert(patient);
            Ok(())
        })
        .await
    }

    async fn try_own_link(&self, link_sha256: &[u8; 32], now: Instant) -> Result<Option<OwnAttempt>, StoreError> {
        let digest = *link_sha256;
        self.write("counting an attempt on a patient's page", move |commit| {
            let Some(link) = by_digest(commit.db, &digest)? else { return Ok(None) };
            let taken = link.takes_code(now);
            if taken {
                commit
                    .db
                    .prepare_cached("UPDATE own_link SET failed = failed + 1, tried_at = ?2 WHERE id = ?1")?
                    .execute(params![link.id, micros(now)])?;
            }
            Ok(Some(OwnAttempt { link, taken }))
        })
        .await
    }

    async fn open_own_page(
        &self,
        id: &str,
        token_sha256: [u8; 32],
        now: Instant,
        expires_at: Instant,
    ) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write("opening a patient's page", move |commit| {
            let opened = commit
                .db
                .prepare_cached(
                    "UPDATE own_link SET failed = 0, used_at = ?2 WHERE id = ?1 AND revoked_at IS NULL AND expires_at > ?2",
                )?
                .execute(params![id, micros(now)])?;
            if opened == 0 {
                return Err(StoreError::NotFound("the link").into());
            }
            commit.db.prepare_cached("DELETE FROM own_session WHERE expires_at <= ?1")?.execute([micros(now)])?;
            commit
                .db
                .prepare_cached("INSERT INTO own_session VALUES (?1, ?2, ?3)")?
                .execute(params![token_sha256, id, micros(expires_at)])?;
            Ok(())
        })
        .await
    }

    async fn own_session(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<OwnLink>, StoreError> {
        let digest = *token_sha256;
        self.read("a session of a patient's page", move |db| {
            let sql = format!(
                "{LINK} JOIN own_session s ON s.link = l.id WHERE s.token = ?1 AND s.expires_at > ?2
                 AND l.expires_at > ?2 AND l.revoked_at IS NULL"
            );
            first(db.prepare_cached(&sql)?.query(params![digest, micros(now)])?, link_from)
        })
        .await
    }

    async fn end_own_session(&self, token_sha256: &[u8; 32]) -> Result<(), StoreError> {
        let digest = *token_sha256;
        self.write("ending a session of a patient's page", move |commit| {
            commit.db.prepare_cached("DELETE FROM own_session WHERE token = ?1")?.execute([digest])?;
            Ok(())
        })
        .await
    }

    async fn open_prompts(&self, patient: &PatientId, now: Instant) -> Result<Vec<PromptRequest>, StoreError> {
        let patient = patient.clone();
        self.read("open prompts", move |db| open_prompts(db, &patient, now)).await
    }
}
