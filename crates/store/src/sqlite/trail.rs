//! [`Trail`] on SQLite.

use super::SqliteStore;
use super::column::{after_row, bytes, collect, count, first, limit, micros, page, parse, time};
use super::fault::Fault;
use crate::{
    AuditEntry, AuditFilter, AuditHash, AuditHead, AuditVerdict, NewAudit, Page, PageRequest, StoreError, Trail,
};
use async_trait::async_trait;
use care::Actor;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

fn head(db: &Connection) -> Result<Option<AuditHead>, Fault> {
    let mut query = db.prepare_cached("SELECT row, hash FROM audit ORDER BY row DESC LIMIT 1")?;
    first(query.query([])?, |row| Ok(AuditHead { row: count(row, "row")?, hash: AuditHash(bytes(row, "hash")?) }))
}

/// Appends to the audit trail.
pub(super) fn write_audit(db: &Connection, entries: &[NewAudit]) -> Result<(), Fault> {
    let mut insert = db.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    let mut last = head(db)?.unwrap_or(AuditHead { row: 0, hash: AuditHash::default() });
    for line in entries {
        let row = last.row.saturating_add(1);
        last = AuditHead { row, hash: last.hash.then(row, line) };
        insert.execute(params![
            row.cast_signed(),
            micros(line.at),
            line.actor.0,
            line.action,
            line.subject,
            line.patient.as_ref().map_or("", care::PatientId::as_str),
            line.detail,
            last.hash.0,
        ])?;
    }
    Ok(())
}

/// Takes over lines that were written before there were hashes.
pub(super) fn adopt(db: &Connection) -> Result<(), Fault> {
    let mut query =
        db.prepare("SELECT at, actor, action, subject, '' AS patient, detail FROM audit_before ORDER BY row")?;
    let lines = collect(query.query([])?, line_from)?;
    write_audit(db, &lines)?;
    drop(query);
    Ok(db.execute_batch("DROP TABLE audit_before")?)
}

fn line_from(row: &Row<'_>) -> Result<NewAudit, Fault> {
    let patient: String = row.get("patient")?;
    Ok(NewAudit {
        at: time(row, "at")?,
        actor: Actor(row.get("actor")?),
        action: row.get("action")?,
        subject: row.get("subject")?,
        patient: if patient.is_empty() { None } else { Some(parse("patient", &patient)?) },
        detail: row.get("detail")?,
    })
}

fn entry_from(row: &Row<'_>) -> Result<AuditEntry, Fault> {
    Ok(AuditEntry { row: count(row, "row")?, entry: line_from(row)?, hash: AuditHash(bytes(row, "hash")?) })
}

/// The filter as a condition with its values; what is not asked for stays out, so that an index serves the rest.
fn condition(filter: &AuditFilter, before: i64) -> (String, Vec<Value>) {
    let text = |value: &String| Value::Text(value.clone());
    let asked = [
        ("row < ?", Some(Value::Integer(before))),
        ("actor = ?", filter.actor.as_ref().map(text)),
        ("patient = ?", filter.patient.as_ref().map(|id| Value::Text(id.to_string()))),
        ("action = ?", filter.action.as_ref().map(text)),
        ("at >= ?", filter.from.map(|t| Value::Integer(micros(t)))),
        ("at < ?", filter.until.map(|t| Value::Integer(micros(t)))),
    ];
    let (parts, values): (Vec<&str>, Vec<Value>) =
        asked.into_iter().filter_map(|(part, value)| value.map(|v| (part, v))).unzip();
    let some_patient = if filter.patient.is_some() { " AND patient <> ''" } else { "" };
    (format!("{}{some_patient}", parts.join(" AND ")), values)
}

fn verify(db: &Connection) -> Result<AuditVerdict, Fault> {
    let mut last: Option<AuditHead> = None;
    let mut query = db.prepare("SELECT * FROM audit ORDER BY row")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let number = count(row, "row")?;
        let expected = last.map_or(0, |l| l.row).saturating_add(1);
        if number != expected {
            return Ok(AuditVerdict::Broken { row: expected, why: "it is missing" });
        }
        // Whatever cannot be read was not written so.
        let Ok(found) = entry_from(row) else {
            return Ok(AuditVerdict::Broken { row: number, why: "it cannot be read" });
        };
        let hash = last.map_or_else(AuditHash::default, |l| l.hash).then(number, &found.entry);
        if hash != found.hash {
            return Ok(AuditVerdict::Broken { row: number, why: "its hash does not follow from the line before it" });
        }
        last = Some(AuditHead { row: number, hash });
    }
    Ok(AuditVerdict::Whole(last))
}

#[async_trait]
impl Trail for SqliteStore {
    async fn audit(&self, entries: Vec<NewAudit>) -> Result<(), StoreError> {
        self.write("writing the audit trail", move |commit| write_audit(commit.db, &entries)).await
    }

    async fn audit_trail(&self, filter: &AuditFilter, request: PageRequest) -> Result<Page<AuditEntry>, StoreError> {
        let (condition, values) = condition(filter, after_row(&request)?.unwrap_or(i64::MAX));
        let limit = limit(&request);
        self.read("the audit trail", move |db| {
            let one_more = limit.saturating_add(1);
            let sql = format!("SELECT * FROM audit WHERE {condition} ORDER BY row DESC LIMIT {one_more}");
            let mut query = db.prepare_cached(&sql)?;
            Ok(page(collect(query.query(params_from_iter(values))?, entry_from)?, limit, |e| e.row.to_string()))
        })
        .await
    }

    async fn audit_after(&self, row: u64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.read("the audit trail", move |db| {
            let mut query = db.prepare_cached("SELECT * FROM audit WHERE row > ?1 ORDER BY row LIMIT ?2")?;
            collect(query.query([row.cast_signed(), i64::from(limit)])?, entry_from)
        })
        .await
    }

    async fn audit_entry(&self, row: u64) -> Result<Option<AuditEntry>, StoreError> {
        self.read("a line of the audit trail", move |db| {
            first(db.prepare_cached("SELECT * FROM audit WHERE row = ?1")?.query([row.cast_signed()])?, entry_from)
        })
        .await
    }

    async fn audit_head(&self) -> Result<Option<AuditHead>, StoreError> {
        self.read("the end of the audit trail", head).await
    }

    async fn verify_audit(&self) -> Result<AuditVerdict, StoreError> {
        self.read("checking the audit trail", verify).await
    }
}
