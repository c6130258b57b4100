//! A patient's readings and events, now and as of a position.

use super::column::{bad_cursor, collect, corrupt, count, first, micros, time};
use super::day::OF_DAY;
use super::device::days;
use super::fault::Fault;
use super::names::Names;
use super::record::{self, Span, event_for, event_from};
use super::row::{OF_DEVICE, day_of, stored_reading_of};
use crate::{Page, PageRequest, StoreError};
use care::{Actor, Assignments, Event, EventBody, History, PatientId};
use rusqlite::{Connection, OptionalExtension, params};
use vitals::{Instant, Kind, StoredReading, UserSlot};

/// The patient's number.
pub(super) fn number_of(db: &Connection, id: &PatientId) -> Result<i64, Fault> {
    db.prepare_cached("SELECT number FROM patient WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::NotFound("the patient").into())
}

/// The readings of one device and day that are `patient`'s.
fn of_day(
    db: &Connection,
    span: &Span,
    day: i64,
    patient: &PatientId,
    all: &Assignments,
) -> Result<Vec<StoredReading>, Fault> {
    let sql = format!("SELECT {OF_DEVICE} FROM {OF_DAY}");
    let mut query = db.prepare_cached(&sql)?;
    let mut readings = collect(query.query([day, span.number])?, |row| stored_reading_of(row, &span.name))?;
    readings.retain(|r| all.patient_of_reading(&r.reading) == Some(patient));
    Ok(readings)
}

/// What is asked of a patient's readings.
pub(super) struct Wanted {
    pub(super) kinds: Vec<Kind>,
    pub(super) from: Option<Instant>,
    pub(super) to: Option<Instant>,
    pub(super) page: PageRequest,
}

impl Wanted {
    fn takes(&self, reading: &StoredReading) -> bool {
        let measured = reading.reading.measured_at.instant();
        (self.kinds.is_empty() || self.kinds.contains(&reading.reading.kind))
            && self.from.is_none_or(|from| from <= measured)
            && self.to.is_none_or(|to| measured <= to)
    }
}

/// Readings by the assignments known now; the key of the list is (measured, position).
pub(super) fn readings_page(
    db: &Connection,
    patient: &PatientId,
    wanted: &Wanted,
) -> Result<Page<StoredReading>, Fault> {
    let number = number_of(db, patient)?;
    let (spans, all) = record::spans(db, number, i64::MAX.cast_unsigned())?;
    let after = wanted.page.after.as_deref().map(|text| cursor(text).ok_or_else(bad_cursor)).transpose()?;
    let begin = [wanted.from.map(|t| day_of(micros(t))), after.map(|(measured, _)| day_of(measured))];
    let begin = begin.into_iter().flatten().max().unwrap_or(i64::MIN);
    let end = wanted.to.map_or(i64::MAX, |t| day_of(micros(t)));
    let first_day = spans.iter().map(|s| s.days.0).min().unwrap_or(0).max(begin);
    let last_day = spans.iter().map(|s| s.days.1).max().unwrap_or(-1).min(end);
    let limit = super::column::limit(&wanted.page);
    let mut items = Vec::new();
    for day in first_day..=last_day {
        let mut today = Vec::new();
        for span in spans.iter().filter(|s| s.days.0 <= day && day <= s.days.1) {
            today.extend(of_day(db, span, day, patient, &all)?);
        }
        today.retain(|r| wanted.takes(r) && after.is_none_or(|after| after < key(r)));
        today.sort_by_key(key);
        items.append(&mut today);
        if items.len() > limit {
            break;
        }
    }
    Ok(super::column::page(items, limit, |r| {
        let (measured, seq) = key(r);
        format!("{measured}.{seq}")
    }))
}

fn key(reading: &StoredReading) -> (i64, u64) {
    (reading.reading.measured_at.micros(), reading.seq)
}

fn cursor(text: &str) -> Option<(i64, u64)> {
    let (measured, seq) = text.split_once('.')?;
    measured.parse().ok().zip(seq.parse().ok())
}

/// Everything known of a patient at position `as_of`.
pub(super) fn history(db: &Connection, id: &PatientId, as_of: u64) -> Result<History, Fault> {
    let number = number_of(db, id)?;
    let as_of = as_of.min(i64::MAX.cast_unsigned());
    let mut query = db.prepare_cached(
        "SELECT * FROM event WHERE patient = ?1 AND kind IN ('patient-changed', 'parameters-set') AND seq <= ?2
         UNION ALL SELECT * FROM event WHERE patient IS NULL AND kind = 'parameters-set' AND seq <= ?2 ORDER BY seq",
    )?;
    let mut history = History::new(id.clone());
    for event in collect(query.query([number, as_of.cast_signed()])?, event_from)? {
        history.apply(&event);
    }
    let (spans, all) = record::spans(db, number, as_of)?;
    let mut readings = Vec::new();
    for span in &spans {
        for day in span.days.0..=span.days.1 {
            readings.extend(of_day(db, span, day, id, &all)?.into_iter().filter(|r| r.seq <= as_of));
        }
    }
    history.set_readings(readings);
    history.elsewhere = corrections_elsewhere(db, &spans, id, &all, as_of)?;
    Ok(history)
}

/// Corrections on these devices that are not `patient`'s.
fn corrections_elsewhere(
    db: &Connection,
    spans: &[Span],
    patient: &PatientId,
    all: &Assignments,
    as_of: u64,
) -> Result<Vec<StoredReading>, Fault> {
    let sql = format!(
        "SELECT {OF_DEVICE} FROM reading r WHERE r.device = ?1 AND r.corrects IS NOT NULL AND r.seq <= ?2 ORDER BY r.seq"
    );
    let mut query = db.prepare_cached(&sql)?;
    let mut found = Vec::new();
    for span in spans {
        let rows = query.query(params![span.number, as_of.cast_signed()])?;
        found.extend(collect(rows, |row| stored_reading_of(row, &span.name))?);
    }
    found.retain(|r| all.patient_of_reading(&r.reading) != Some(patient));
    Ok(found)
}

/// The patient's events after a position, in commit order: noted as long as they wait, found in the journal after that.
pub(super) fn events_after(
    db: &Connection,
    names: &Names,
    id: &PatientId,
    after: u64,
    limit: u32,
) -> Result<Vec<Event>, Fault> {
    let number = names.patient(db, id)?;
    let after = after.min(i64::MAX.cast_unsigned());
    let folded = super::worklist::standing(db, number)?.unwrap_or_default().folded;
    if folded <= after {
        return unfolded(db, names, number, after, limit);
    }
    let mut query = db.prepare_cached(&format!("SELECT seq FROM ({NO_READINGS}) WHERE seq > ?2"))?;
    let mut seqs = collect(query.query([number, after.cast_signed()])?, |row| count(row, "seq"))?;
    seqs.append(&mut readings_concerning(db, names, (number, id), after)?);
    seqs.sort_unstable();
    seqs.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    seqs.into_iter().map(|seq| event_at(db, names, number, seq)).collect()
}

/// The patient's events after a position, which must not lie before what is folded.
pub(super) fn unfolded(
    db: &Connection,
    names: &Names,
    number: i64,
    after: u64,
    limit: u32,
) -> Result<Vec<Event>, Fault> {
    let mut query =
        db.prepare_cached("SELECT seq FROM unfolded WHERE patient = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3")?;
    let seqs = collect(query.query(params![number, after.cast_signed(), limit])?, |row| count(row, "seq"))?;
    seqs.into_iter().map(|seq| event_at(db, names, number, seq)).collect()
}

/// Positions after `after` of the readings that became the patient's events when they were stored: by the assignments
/// known at their own position, whatever is known now.
fn readings_concerning(
    db: &Connection,
    names: &Names,
    (number, id): (i64, &PatientId),
    after: u64,
) -> Result<Vec<u64>, Fault> {
    let mut devices = db.prepare_cached(
        "SELECT number, first_day, last_day FROM device WHERE first_day IS NOT NULL
         AND number IN (SELECT device FROM assignment WHERE patient = ?1)",
    )?;
    let spans = collect(devices.query([number])?, |row| {
        let number = row.get("number")?;
        let days = days(row)?.ok_or_else(|| corrupt("first_day", "it is missing"))?;
        Ok(Span { number, name: names.device(db, number)?, days })
    })?;
    let sql =
        format!("SELECT r.seq, r.measured, r.slot, r.corrects IS NOT NULL AS corrects FROM {OF_DAY} AND d.seq > ?3");
    let mut query = db.prepare_cached(&sql)?;
    let mut found = Vec::new();
    for Span { number, name, days } in spans {
        let known = record::known_on(db, number)?;
        for day in days.0..=days.1 {
            let mut rows = query.query([day, number, after.cast_signed()])?;
            while let Some(row) = rows.next()? {
                let seq = count(row, "seq")?;
                let Some((_, then)) = known.range(..=seq).next_back() else { continue };
                let slot = row.get::<_, Option<u8>>("slot")?.map(UserSlot);
                let theirs = then.patient_of(&name, slot, time(row, "measured")?) == Some(id);
                // As `record::concern_corrected` has it.
                let corrects = row.get("corrects")? && then.of_device(&name).iter().any(|a| a.patient == *id);
                found.extend((theirs || corrects).then_some(seq));
            }
        }
    }
    Ok(found)
}

/// The event at a position, as this patient has it.
fn event_at(db: &Connection, names: &Names, patient: i64, seq: u64) -> Result<Event, Fault> {
    if let Some(reading) = reading_at(db, names, seq)? {
        let at = reading.stored_at.0;
        return Ok(Event { seq, at, actor: Actor::hearth(), body: EventBody::Reading(Box::new(reading)) });
    }
    let mut query = db.prepare_cached("SELECT * FROM event WHERE seq = ?1")?;
    let found = first(query.query([seq.cast_signed()])?, |row| event_for(db, row, patient))?;
    found.ok_or_else(|| corrupt("event", "it is missing"))
}

fn reading_at(db: &Connection, names: &Names, seq: u64) -> Result<Option<StoredReading>, Fault> {
    let mut query = db.prepare_cached(&format!("SELECT {OF_DEVICE}, r.device FROM reading r WHERE r.seq = ?1"))?;
    first(query.query([seq.cast_signed()])?, |row| stored_reading_of(row, &names.device(db, row.get("device")?)?))
}

/// Positions of a patient's events that are no readings: their own, other people's that moved readings, and the
/// clinic's since they were entered.
const NO_READINGS: &str = "SELECT seq FROM event WHERE patient = ?1
    UNION ALL SELECT seq FROM event_concerns WHERE patient = ?1
    UNION ALL SELECT seq FROM event WHERE patient IS NULL AND kind IN ('parameters-set', 'rulebook-installed')
        AND seq > (SELECT min(seq) FROM event WHERE patient = ?1)";

/// The patient's events that are no readings.
pub(super) fn patient_events(db: &Connection, id: &PatientId) -> Result<Vec<Event>, Fault> {
    let number = number_of(db, id)?;
    let mut query = db.prepare_cached(&format!("SELECT * FROM event WHERE seq IN ({NO_READINGS}) ORDER BY seq"))?;
    collect(query.query([number])?, |row| event_for(db, row, number))
}

/// Readings of a device, newest measured day first, until `enough` says so.
pub(super) fn device_readings(db: &Connection, span: &Span, limit: usize) -> Result<Vec<StoredReading>, Fault> {
    let sql = format!("SELECT {OF_DEVICE} FROM {OF_DAY} ORDER BY r.measured DESC, r.seq DESC LIMIT ?3");
    let mut query = db.prepare_cached(&sql)?;
    let mut readings = Vec::new();
    for day in (span.days.0..=span.days.1).rev() {
        let left = i64::try_from(limit.saturating_sub(readings.len())).unwrap_or(i64::MAX);
        if left == 0 {
            break;
        }
        let rows = query.query(params![day, span.number, left])?;
        readings.extend(collect(rows, |row| stored_reading_of(row, &span.name))?);
    }
    Ok(readings)
}
