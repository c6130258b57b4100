//! [`Watch`] on SQLite.

use super::SqliteStore;
use super::column::{bad_cursor, collect, corrupt, first, json, limit, micros, page, parsed, time};
use super::doors::{device_from, heard, source_from, source_heard, status_from};
use super::fault::Fault;
use super::record::{self, event_from};
use super::sight::{scope_column, seen};
use super::worn::{self, Reader};
use crate::watch::MOST_COUNTED;
use crate::{
    DeviceAround, DeviceFilter, DeviceSeen, Page, PageRequest, RefusedKind, SilentPatient, SourceRow, StoreError,
    Watch, WornDevice,
};
use async_trait::async_trait;
use care::{Assignment, Event, Expectation, PatientId, Scope};
use rusqlite::{Connection, params};
use vitals::{DeviceRef, Instant, SourceId};

/// How many patients whom the reader sees have been quiet since before `before`.
pub(super) fn silent_count(db: &Connection, scope: Option<&str>, before: Instant) -> Result<u64, Fault> {
    let sql = format!("SELECT count(*) FROM standing x WHERE x.quiet_since < ?2 AND {}", seen("x", "patient", 1));
    let count: i64 = db.prepare_cached(&sql)?.query_row(params![scope, micros(before)], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

fn silent(
    db: &Connection,
    scope: Option<&str>,
    before: Instant,
    (request, now): (&PageRequest, Instant),
) -> Result<Page<SilentPatient>, Fault> {
    let after = request.after.as_deref().map(|text| cursor(text).ok_or_else(bad_cursor)).transpose()?;
    let (since, number) = after.unwrap_or((i64::MIN, i64::MIN));
    let limit = limit(request);
    let mut query = db.prepare_cached(&format!(
        "SELECT x.quiet_since, x.expected, p.number, p.id, p.profile FROM standing x JOIN patient p ON p.number = x.patient
         WHERE x.quiet_since < ?2 AND (x.quiet_since, x.patient) > (?3, ?4) AND {}
         ORDER BY x.quiet_since, x.patient LIMIT ?5",
        seen("x", "patient", 1)
    ))?;
    let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
    let rows = query.query(params![scope, micros(before), since, number, one_more])?;
    let found = collect(rows, |row| {
        let record = record::patient_record(db, row, now)?;
        let worn = record.assignments.iter().filter(|a| holds(a, now)).map(|a| &a.device);
        let mut worn: Vec<&DeviceRef> = worn.collect();
        worn.sort();
        worn.dedup();
        let devices = worn.into_iter().map(|device| around(db, device)).collect::<Result<_, _>>()?;
        let expectations = json(row, "expected")?;
        let silent = SilentPatient { record, expectations, quiet_since: time(row, "quiet_since")?, devices };
        Ok((row.get::<_, i64>("number")?, silent))
    })?;
    let Page { items, next } = page(found, limit, |(number, s)| format!("{}.{number}", micros(s.quiet_since)));
    Ok(Page { items: items.into_iter().map(|(_, silent)| silent).collect(), next })
}

fn holds(assignment: &Assignment, now: Instant) -> bool {
    assignment.from <= now && assignment.until.is_none_or(|until| now < until)
}

fn cursor(text: &str) -> Option<(i64, i64)> {
    let (since, number) = text.split_once('.')?;
    since.parse().ok().zip(number.parse().ok())
}

/// A device by name; one that never sent anything is there as soon as it is assigned.
fn around(db: &Connection, name: &DeviceRef) -> Result<DeviceAround, Fault> {
    let (source, device) = (name.source.as_str(), name.device.as_str());
    let mut query = db.prepare_cached("SELECT * FROM device WHERE source = ?1 AND device = ?2")?;
    let found = first(query.query([source, device])?, |row| Ok((row.get::<_, i64>("number")?, device_from(db, row)?)))?;
    let (number, seen) = found.ok_or_else(|| corrupt("device", "an assigned one is missing"))?;
    let mut refused = db.prepare_cached(
        "SELECT code, received FROM quarantine WHERE device = ?1 AND replayed_at IS NULL ORDER BY row DESC LIMIT 1",
    )?;
    Ok(DeviceAround {
        seen,
        source: first(db.prepare_cached("SELECT * FROM source WHERE id = ?1")?.query([source])?, |row| {
            source_from(db, row)
        })?,
        status: first(
            db.prepare_cached("SELECT * FROM source_status WHERE source = ?1")?.query([source])?,
            status_from,
        )?,
        refused: first(refused.query([number])?, |row| Ok((row.get("code")?, time(row, "received")?)))?,
    })
}

/// A source in its row, with what is counted of it.
fn source_row(db: &Connection, row: &rusqlite::Row<'_>) -> Result<SourceRow, Fault> {
    let last_reading = heard(db, &parsed(row, "id")?)?;
    let source = source_heard(row, last_reading)?;
    let id = source.id.as_str();
    let devices: i64 =
        db.prepare_cached("SELECT count(*) FROM device WHERE source = ?1")?.query_row([id], |row| row.get(0))?;
    let refused: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM device d JOIN quarantine q ON q.device = d.number
             WHERE d.source = ?1 AND q.replayed_at IS NULL LIMIT ?2)",
        )?
        .query_row(params![id, MOST_COUNTED.cast_signed()], |row| row.get(0))?;
    let status = first(db.prepare_cached("SELECT * FROM source_status WHERE source = ?1")?.query([id])?, status_from)?;
    Ok(SourceRow { status, devices: devices.cast_unsigned(), last_reading, refused: refused.cast_unsigned(), source })
}

/// Every code is found by a jump in the index, and counted up to a bound.
fn refused_of_all(db: &Connection) -> Result<Vec<RefusedKind>, Fault> {
    let mut query = db.prepare_cached(
        "WITH RECURSIVE kind (code) AS (
            SELECT min(code) FROM quarantine WHERE replayed_at IS NULL UNION ALL
            SELECT (SELECT min(q.code) FROM quarantine q WHERE q.replayed_at IS NULL AND q.code > kind.code)
            FROM kind WHERE kind.code IS NOT NULL)
         SELECT code, (SELECT count(*) FROM (SELECT 1 FROM quarantine q WHERE q.replayed_at IS NULL
            AND q.code = kind.code LIMIT ?1)) AS count FROM kind WHERE code IS NOT NULL",
    )?;
    collect(query.query([MOST_COUNTED.cast_signed()])?, refused_kind)
}

fn refused_of(db: &Connection, source: &SourceId) -> Result<Vec<RefusedKind>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT code, count(*) AS count FROM (SELECT q.code FROM device d JOIN quarantine q ON q.device = d.number
            WHERE d.source = ?1 AND q.replayed_at IS NULL LIMIT ?2) GROUP BY code ORDER BY code",
    )?;
    collect(query.query(params![source.as_str(), MOST_COUNTED.cast_signed()])?, refused_kind)
}

fn refused_kind(row: &rusqlite::Row<'_>) -> Result<RefusedKind, Fault> {
    Ok(RefusedKind { code: row.get("code")?, count: super::column::count(row, "count")? })
}

#[async_trait]
impl Watch for SqliteStore {
    async fn silent_count(&self, scope: &Scope, before: Instant) -> Result<u64, StoreError> {
        let scope = scope_column(scope);
        self.read("counting the silent", move |db| silent_count(db, scope.as_deref(), before)).await
    }

    async fn silent(
        &self,
        scope: &Scope,
        before: Instant,
        request: PageRequest,
    ) -> Result<Page<SilentPatient>, StoreError> {
        let (scope, now) = (scope_column(scope), self.clock.now());
        self.read("the silent", move |db| silent(db, scope.as_deref(), before, (&request, now))).await
    }

    async fn weak_devices(&self, scope: &Scope, now: Instant, limit: u32) -> Result<Vec<WornDevice>, StoreError> {
        let scope = scope_column(scope);
        self.read("weak devices", move |db| worn::weak(db, &Reader { scope: scope.as_deref(), now }, limit)).await
    }

    async fn worn_devices(
        &self,
        scope: &Scope,
        filter: DeviceFilter,
        now: Instant,
        request: PageRequest,
    ) -> Result<Page<WornDevice>, StoreError> {
        let scope = scope_column(scope);
        self.read("devices in rows", move |db| {
            worn::devices(db, &Reader { scope: scope.as_deref(), now }, &filter, &request)
        })
        .await
    }

    async fn nobodys_devices(&self) -> Result<u64, StoreError> {
        self.read("counting devices that are nobody's", worn::nobodys).await
    }

    async fn source_rows(&self, search: Option<&str>, request: PageRequest) -> Result<Page<SourceRow>, StoreError> {
        let (search, limit) = (search.unwrap_or_default().to_owned(), limit(&request));
        let after = request.after.unwrap_or_default();
        self.read("sources in rows", move |db| {
            let mut query = db.prepare_cached(
                "SELECT * FROM source WHERE id > ?1 AND (?2 = '' OR instr(id, ?2) > 0) ORDER BY id LIMIT ?3",
            )?;
            let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
            let rows = collect(query.query(params![after, search, one_more])?, |row| source_row(db, row))?;
            Ok(page(rows, limit, |r| r.source.id.to_string()))
        })
        .await
    }

    async fn source_row(&self, id: &SourceId) -> Result<Option<SourceRow>, StoreError> {
        let id = id.clone();
        self.read("a source in its row", move |db| {
            let mut query = db.prepare_cached("SELECT * FROM source WHERE id = ?1")?;
            first(query.query([id.as_str()])?, |row| source_row(db, row))
        })
        .await
    }

    async fn source_devices(&self, id: &SourceId, request: PageRequest) -> Result<Page<DeviceSeen>, StoreError> {
        let (id, limit) = (id.clone(), limit(&request));
        let after = request.after.unwrap_or_default();
        self.read("a source's devices", move |db| {
            let mut query =
                db.prepare_cached("SELECT * FROM device WHERE source = ?1 AND device > ?2 ORDER BY device LIMIT ?3")?;
            let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
            let devices = collect(query.query(params![id.as_str(), after, one_more])?, |row| device_from(db, row))?;
            Ok(page(devices, limit, |d| d.device.device.to_string()))
        })
        .await
    }

    async fn refused_kinds(&self, source: Option<&SourceId>) -> Result<Vec<RefusedKind>, StoreError> {
        let source = source.cloned();
        self.read("reasons in quarantine", move |db| match &source {
            Some(source) => refused_of(db, source),
            None => refused_of_all(db),
        })
        .await
    }

    async fn expectations(&self, patient: &PatientId) -> Result<Vec<Expectation>, StoreError> {
        let patient = patient.clone();
        self.read("what is expected of a patient", move |db| {
            let mut query = db.prepare_cached(
                "SELECT x.expected FROM standing x JOIN patient p ON p.number = x.patient WHERE p.id = ?1",
            )?;
            let found: Option<Vec<Expectation>> = first(query.query([patient.as_str()])?, |row| json(row, "expected"))?;
            Ok(found.unwrap_or_default())
        })
        .await
    }

    async fn clinic_changes(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.read("changes of the clinic's parameters", move |db| {
            let mut query = db.prepare_cached(
                "SELECT * FROM event WHERE patient IS NULL AND kind = 'parameters-set' ORDER BY seq DESC LIMIT ?1",
            )?;
            collect(query.query([limit])?, event_from)
        })
        .await
    }
}
