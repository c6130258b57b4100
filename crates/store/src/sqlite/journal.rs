//! [`Journal`] on SQLite.

use super::SqliteStore;
use super::admit::{self, Batch};
use super::column::{after_row, collect, count, first, instant, json_list, limit, page, parsed, time, time_or_none};
use super::device;
use super::fault::Fault;
use super::history::{Wanted, device_readings, readings_page};
use super::record::Span;
use super::row::{OF_DEVICE, stored_reading};
use super::writer::{Commit, Weight};
use crate::{Admit, AdmitItem, Admitted, Journal, Ledger, Page, PageRequest, QuarantineRow, RefusedItem, StoreError};
use async_trait::async_trait;
use bytes::Bytes;
use care::PatientId;
use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, Row, params};
use vitals::{DeviceRef, Instant, Kind, ReceivedAt, SourceId, StoredReading};

const QUARANTINE: &str =
    "SELECT q.*, d.source, d.device AS device_id FROM quarantine q JOIN device d ON d.number = q.device";

fn quarantine_row(row: &Row<'_>) -> Result<QuarantineRow, Fault> {
    let raw = Bytes::from(row.get::<_, Vec<u8>>("raw")?);
    Ok(QuarantineRow {
        row: count(row, "row")?,
        source: parsed(row, "source")?,
        device: parsed(row, "device_id")?,
        topic: row.get("topic")?,
        received_at: ReceivedAt(time(row, "received")?),
        refused: RefusedItem {
            id: row.get("id")?,
            code: row.get("code")?,
            detail: row.get("detail")?,
            pointer: row.get("pointer")?,
            raw: raw.clone(),
        },
        replayed_at: time_or_none(row, "replayed_at")?,
        raw,
    })
}

fn ledger(db: &Connection, sql: &str) -> Result<Ledger, Fault> {
    let counts = db.prepare_cached(sql)?.query_row([], |row| {
        let n = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
        Ok(Ledger { received: n(0)?, stored: n(1)?, duplicate: n(2)?, quarantined: n(3)? })
    })?;
    Ok(counts)
}

/// A reading must be of the device in its message's topic.
fn check(message: &Admit) -> Result<(), StoreError> {
    let of_topic = |item: &AdmitItem| match item {
        AdmitItem::Reading { reading, .. } => {
            reading.key.source == message.source && reading.key.device == message.device
        }
        AdmitItem::Refused(_) => true,
    };
    if message.items.iter().all(of_topic) {
        return Ok(());
    }
    Err(StoreError::Invalid(format!(
        "a reading in a message of {}/{} names another device",
        message.source, message.device
    )))
}

#[async_trait]
impl Journal for SqliteStore {
    async fn admit(&self, batch: Vec<Admit>) -> Result<Vec<Admitted>, StoreError> {
        batch.iter().try_for_each(check)?;
        let mut batch = Batch::new(batch);
        let weight = Weight::Hot(batch.items());
        let batch = self
            .writer
            .submit("admitting readings", weight, move |commit| {
                batch.commit(commit, &mut None)?;
                Ok(batch)
            })
            .await?;
        Ok(batch.answers())
    }

    async fn ledger(&self) -> Result<Ledger, StoreError> {
        self.read("the ledger", |db| ledger(db, "SELECT received, stored, duplicate, quarantined FROM meta")).await
    }

    async fn ledger_recount(&self) -> Result<Ledger, StoreError> {
        self.read("counting the ledger", |db| {
            let counted = ledger(
                db,
                "SELECT 0, (SELECT count(*) FROM reading), (SELECT ifnull(sum(duplicate), 0) FROM device),
                 (SELECT count(*) FROM quarantine WHERE replayed_at IS NULL)",
            )?;
            Ok(Ledger { received: device::received(db)?, ..counted })
        })
        .await
    }

    async fn patient_readings(
        &self,
        patient: &PatientId,
        kinds: &[Kind],
        from: Option<Instant>,
        to: Option<Instant>,
        page: PageRequest,
    ) -> Result<Page<StoredReading>, StoreError> {
        let (patient, wanted) = (patient.clone(), Wanted { kinds: kinds.to_vec(), from, to, page });
        self.read("a patient's readings", move |db| readings_page(db, &patient, &wanted)).await
    }

    async fn readings_after(&self, after: u64, limit: u32) -> Result<Vec<StoredReading>, StoreError> {
        self.read("readings in journal order", move |db| {
            let sql = format!(
                "SELECT {OF_DEVICE}, d.source, d.device FROM reading r JOIN device d ON d.number = r.device
                 WHERE r.seq > ?1 ORDER BY r.seq LIMIT ?2"
            );
            collect(db.prepare_cached(&sql)?.query([after.cast_signed(), i64::from(limit)])?, stored_reading)
        })
        .await
    }

    async fn device_readings(&self, device: &DeviceRef, limit: u32) -> Result<Vec<StoredReading>, StoreError> {
        let name = device.clone();
        self.read("a device's readings", move |db| {
            let found: Option<(i64, Option<(i64, i64)>)> = db
                .prepare_cached("SELECT number, first_day, last_day FROM device WHERE source = ?1 AND device = ?2")?
                .query_row([name.source.as_str(), name.device.as_str()], |r| Ok((r.get(0)?, device::days(r)?)))
                .optional()?;
            let Some((number, Some(days))) = found else { return Ok(Vec::new()) };
            device_readings(db, &Span { number, name, days }, usize::try_from(limit).unwrap_or(usize::MAX))
        })
        .await
    }

    async fn unassigned(&self, limit: u32) -> Result<Vec<StoredReading>, StoreError> {
        self.read("readings of nobody", move |db| {
            let sql = format!(
                "SELECT {OF_DEVICE}, d.source, d.device FROM unassigned u JOIN device d ON d.number = u.device
                 JOIN reading r ON r.seq BETWEEN u.first AND u.last ORDER BY u.first DESC, r.seq DESC LIMIT ?1"
            );
            collect(db.prepare_cached(&sql)?.query([i64::from(limit)])?, stored_reading)
        })
        .await
    }

    async fn quarantine(
        &self,
        code: Option<&str>,
        source: Option<&SourceId>,
        request: PageRequest,
    ) -> Result<Page<QuarantineRow>, StoreError> {
        let after = after_row(&request)?.unwrap_or(0);
        let limit = limit(&request);
        let (codes, sources) = (json_list(code), json_list(source));
        let (any_code, any_source) = (code.is_none(), source.is_none());
        self.read("the quarantine", move |db| {
            let sql = format!(
                "{QUARANTINE} WHERE q.replayed_at IS NULL AND q.row > ?1
                 AND (?2 OR q.code IN (SELECT value FROM json_each(?3)))
                 AND (?4 OR d.source IN (SELECT value FROM json_each(?5))) ORDER BY q.row LIMIT ?6"
            );
            let mut query = db.prepare_cached(&sql)?;
            let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
            let rows = query.query(params![after, any_code, codes, any_source, sources, one_more])?;
            Ok(page(collect(rows, quarantine_row)?, limit, |q| q.row.to_string()))
        })
        .await
    }

    async fn quarantine_row(&self, row: u64) -> Result<QuarantineRow, StoreError> {
        self.read("a quarantine row", move |db| {
            let mut query = db.prepare_cached(&format!("{QUARANTINE} WHERE q.row = ?1"))?;
            let found = first(query.query([row.cast_signed()])?, quarantine_row)?;
            found.ok_or_else(|| StoreError::NotFound("the quarantine row").into())
        })
        .await
    }

    async fn replay(&self, row: u64, message: Admit) -> Result<Admitted, StoreError> {
        check(&message)?;
        let mut batch = Batch::new(vec![message]);
        let replayed = move |commit: &mut Commit<'_>| {
            admit::replay(commit, row, &mut batch)?;
            Ok(batch)
        };
        let answers = self.write("replaying from quarantine", replayed).await?.answers();
        answers.into_iter().next().ok_or_else(|| StoreError::Unavailable("the replay was not answered".to_owned()))
    }

    async fn last_commit(&self) -> Result<Option<Instant>, StoreError> {
        self.read("the last commit", |db| {
            let at: Option<i64> = db.prepare_cached("SELECT at FROM meta")?.query_row([], |row| row.get(0))?;
            at.map(|at| instant("at", at)).transpose()
        })
        .await
    }

    async fn close(&self, within: TimeDelta) -> Result<(), StoreError> {
        self.writer.close(within).await
    }
}
