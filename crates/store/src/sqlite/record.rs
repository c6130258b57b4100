//! Events that are no readings, who wears what, and patients as they stand.

use super::column::{collect, corrupt, count, from_json, json, micros, parsed, time, time_or_none, to_json};
use super::day::OF_DAY;
use super::device::days;
use super::fault::Fault;
use super::insert::Unassigned;
use super::row;
use super::writer::Commit;
use crate::{PatientRecord, StoreError};
use care::{Actor, Assignment, Assignments, Event, EventBody, History, ParameterScope, PatientId};
use rusqlite::{Connection, Row, params};
use std::collections::{BTreeMap, BTreeSet};
use vitals::{DeviceRef, Instant, UserSlot};

/// The word under which an event is filed.
pub(super) const fn kind_of(body: &EventBody) -> &'static str {
    match body {
        EventBody::Reading(_) => "reading",
        EventBody::PatientChanged(_) => "patient-changed",
        EventBody::AssignmentsChanged { .. } => "assignments-changed",
        EventBody::ParametersSet { .. } => "parameters-set",
        EventBody::RulebookInstalled { .. } => "rulebook-installed",
        EventBody::Command(_) => "command",
        EventBody::CoverSet { .. } => "cover-set",
        EventBody::PersonChanged { .. } => "person-changed",
        EventBody::Undeliverable { .. } => "undeliverable",
        EventBody::Started { .. } => "started",
    }
}

/// Journals an event of nobody, or of the patient with this number; the caller says whom it concerns.
pub(super) fn journal(
    commit: &mut Commit<'_>,
    actor: &Actor,
    patient: Option<i64>,
    body: &EventBody,
) -> Result<u64, Fault> {
    let seq = commit.memory.next_seq();
    commit
        .db
        .prepare_cached("INSERT INTO event (seq, at, actor, patient, kind, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            seq.cast_signed(),
            micros(commit.at),
            actor.0,
            patient,
            kind_of(body),
            to_json("event", body)?
        ])?;
    Ok(seq)
}

/// Journals an event of one patient.
pub(super) fn journal_of(
    commit: &mut Commit<'_>,
    actor: &Actor,
    patient: (i64, &PatientId),
    body: &EventBody,
) -> Result<u64, Fault> {
    let seq = journal(commit, actor, Some(patient.0), body)?;
    commit.memory.concern(commit.db, patient.0, patient.1, seq)?;
    Ok(seq)
}

/// Journals an event of the clinic, which is one of every patient.
pub(super) fn journal_of_all(commit: &mut Commit<'_>, actor: &Actor, body: &EventBody) -> Result<u64, Fault> {
    let seq = journal(commit, actor, None, body)?;
    for (number, id) in commit.memory.everybody() {
        commit.memory.concern(commit.db, number, &id, seq)?;
    }
    Ok(seq)
}

/// An event in a row of `event`.
pub(super) fn event_from(row: &Row<'_>) -> Result<Event, Fault> {
    Ok(Event {
        seq: count(row, "seq")?,
        at: time(row, "at")?,
        actor: Actor(row.get("actor")?),
        body: json(row, "body")?,
    })
}

/// The event in a row of `event` as the patient with this number has it: a change of somebody else's
/// assignments shows this patient's own.
pub(super) fn event_for(db: &Connection, row: &Row<'_>, patient: i64) -> Result<Event, Fault> {
    let mut event = event_from(row)?;
    let subject: Option<i64> = row.get("patient")?;
    if let EventBody::AssignmentsChanged { assignments, .. } = &mut event.body
        && subject != Some(patient)
    {
        *assignments = assignments_of(db, patient, event.seq)?;
    }
    Ok(event)
}

const ASSIGNMENT: &str = "SELECT a.slot, a.from_at, a.until_at, p.id AS patient, d.source, d.device FROM assignment a
    JOIN patient p ON p.number = a.patient JOIN device d ON d.number = a.device";

pub(super) fn assignment_from(row: &Row<'_>) -> Result<Assignment, Fault> {
    Ok(Assignment {
        device: DeviceRef { source: parsed(row, "source")?, device: parsed(row, "device")? },
        user_slot: row.get::<_, Option<u8>>("slot")?.map(UserSlot),
        patient: parsed(row, "patient")?,
        from: time(row, "from_at")?,
        until: time_or_none(row, "until_at")?,
    })
}

/// Every assignment known now.
pub(super) fn load_assignments(db: &Connection) -> Result<Assignments, Fault> {
    let mut query = db.prepare_cached(&format!("{ASSIGNMENT} WHERE a.seq_ended IS NULL ORDER BY a.number"))?;
    gathered(collect(query.query([])?, assignment_from)?)
}

fn gathered(list: Vec<Assignment>) -> Result<Assignments, Fault> {
    let mut all = Assignments::default();
    for assignment in list {
        all.add(assignment).map_err(|_| corrupt("assignment", "two overlap"))?;
    }
    Ok(all)
}

/// A patient's assignments as known at position `as_of`.
pub(super) fn assignments_of(db: &Connection, patient: i64, as_of: u64) -> Result<Vec<Assignment>, Fault> {
    let sql = format!(
        "{ASSIGNMENT} WHERE a.patient = ?1 AND a.seq_made <= ?2 AND ifnull(a.seq_ended > ?2, TRUE)
         ORDER BY a.from_at, d.source, d.device, a.slot"
    );
    collect(db.prepare_cached(&sql)?.query(params![patient, as_of.cast_signed()])?, assignment_from)
}

/// Every assignment of one device as known at position `as_of`.
pub(super) fn assignments_on(db: &Connection, device: i64, as_of: u64) -> Result<Vec<Assignment>, Fault> {
    let sql = format!("{ASSIGNMENT} WHERE a.device = ?1 AND a.seq_made <= ?2 AND ifnull(a.seq_ended > ?2, TRUE)");
    collect(db.prepare_cached(&sql)?.query(params![device, as_of.cast_signed()])?, assignment_from)
}

/// Who had a device, from each position on at which that changed.
pub(super) fn known_on(db: &Connection, device: i64) -> Result<BTreeMap<u64, Assignments>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT seq_made AS seq FROM assignment WHERE device = ?1
         UNION SELECT seq_ended FROM assignment WHERE device = ?1 AND seq_ended IS NOT NULL",
    )?;
    let changes = collect(query.query([device])?, |row| count(row, "seq"))?;
    changes.into_iter().map(|seq| Ok((seq, gathered(assignments_on(db, device, seq)?)?))).collect()
}

/// Makes `new` the whole list of a patient's assignments, as an event of everybody whose readings may move.
pub(super) fn replace_assignments(
    commit: &mut Commit<'_>,
    (number, id): (i64, &PatientId),
    new: Vec<Assignment>,
    reason: &str,
    actor: &Actor,
) -> Result<(), Fault> {
    let new: Vec<Assignment> = new.into_iter().map(|a| checked(a, id)).collect::<Result<_, _>>()?;
    let old: Vec<Assignment> = commit.memory.assignments.of_patient(id).into_iter().cloned().collect();
    let made: Vec<&Assignment> = new.iter().filter(|a| !old.contains(a)).collect();
    let ended: Vec<&Assignment> = old.iter().filter(|a| !new.contains(a)).collect();
    if made.is_empty() && ended.is_empty() && new.len() == old.len() {
        return Ok(());
    }
    let all = commit.memory.assignments_mut();
    all.clear_patient(id);
    for assignment in &new {
        all.add(assignment.clone()).map_err(|overlap| StoreError::Conflict(overlap.to_string()))?;
    }
    let assignments = all.of_patient(id).into_iter().cloned().collect();
    let body = EventBody::AssignmentsChanged { assignments, reason: reason.to_owned() };
    let seq = journal_of(commit, actor, (number, id), &body)?;
    for assignment in &ended {
        end_row(commit, number, assignment, seq)?;
    }
    for assignment in &made {
        make_row(commit, number, assignment, seq)?;
    }
    let devices: BTreeSet<&DeviceRef> = made.iter().chain(&ended).map(|a| &a.device).collect();
    concern_others(commit, id, &devices, seq)?;
    devices.into_iter().try_for_each(|device| recount_unassigned(commit, device))
}

/// An assignment as it is stored: to the microsecond, of this patient, with an end after its beginning.
fn checked(assignment: Assignment, id: &PatientId) -> Result<Assignment, Fault> {
    let Assignment { device, user_slot, patient, from, until } = assignment;
    if patient != *id {
        return Err(StoreError::Invalid(format!("an assignment of `{patient}` cannot be in the list of `{id}`")).into());
    }
    let whole = |t: Instant| super::column::instant("from", micros(t));
    let (from, until) = (whole(from)?, until.map(whole).transpose()?);
    if until.is_some_and(|until| until <= from) {
        return Err(StoreError::Invalid(format!("an assignment of `{device}` ends before it begins")).into());
    }
    Ok(Assignment { device, user_slot, patient, from, until })
}

fn make_row(commit: &mut Commit<'_>, patient: i64, a: &Assignment, seq: u64) -> Result<(), Fault> {
    let device = commit.memory.device_number(commit.db, &a.device)?;
    commit
        .db
        .prepare_cached(
            "INSERT INTO assignment (patient, device, slot, from_at, until_at, seq_made) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            patient,
            device,
            a.user_slot.map(|s| s.0),
            micros(a.from),
            a.until.map(micros),
            seq.cast_signed()
        ])?;
    Ok(())
}

fn end_row(commit: &mut Commit<'_>, patient: i64, a: &Assignment, seq: u64) -> Result<(), Fault> {
    let device = commit.memory.device_number(commit.db, &a.device)?;
    commit
        .db
        .prepare_cached(
            "UPDATE assignment SET seq_ended = ?6 WHERE patient = ?1 AND device = ?2 AND slot IS ?3 AND from_at = ?4
             AND until_at IS ?5 AND seq_ended IS NULL",
        )?
        .execute(params![
            patient,
            device,
            a.user_slot.map(|s| s.0),
            micros(a.from),
            a.until.map(micros),
            seq.cast_signed()
        ])?;
    Ok(())
}

/// A correction may take a reading of everybody else who has the device to another slot, and so to another person.
pub(super) fn concern_corrected(
    commit: &mut Commit<'_>,
    device: &DeviceRef,
    owner: Option<&PatientId>,
    seq: u64,
) -> Result<(), Fault> {
    let have = commit.memory.assignments.of_device(device).iter().map(|a| a.patient.clone());
    let others: BTreeSet<PatientId> = have.filter(|patient| Some(patient) != owner).collect();
    for other in others {
        let number = commit.memory.patient(&other)?;
        commit.memory.concern(commit.db, number, &other, seq)?;
    }
    Ok(())
}

/// Readings of these devices may have moved from or to everybody else who has one of them.
fn concern_others(
    commit: &mut Commit<'_>,
    id: &PatientId,
    devices: &BTreeSet<&DeviceRef>,
    seq: u64,
) -> Result<(), Fault> {
    let others: BTreeSet<PatientId> = devices
        .iter()
        .flat_map(|device| commit.memory.assignments.of_device(device))
        .map(|a| a.patient.clone())
        .filter(|patient| patient != id)
        .collect();
    for other in others {
        let number = commit.memory.patient(&other)?;
        commit
            .db
            .prepare_cached("INSERT INTO event_concerns VALUES (?1, ?2)")?
            .execute(params![number, seq.cast_signed()])?;
        commit.memory.concern(commit.db, number, &other, seq)?;
    }
    Ok(())
}

/// Decides anew which readings of a device are nobody's.
fn recount_unassigned(commit: &mut Commit<'_>, name: &DeviceRef) -> Result<(), Fault> {
    let device = commit.memory.device(commit.db, name)?;
    let (number, Some((first, last))) = (device.number, device.days) else { return Ok(()) };
    let mut waiting = Vec::new();
    {
        let mut query = commit.db.prepare_cached(&format!("SELECT r.seq, r.measured, r.slot FROM {OF_DAY}"))?;
        // A run begins with a reading of its device and holds no other's, so all of them go.
        let mut leave = commit.db.prepare_cached("DELETE FROM unassigned WHERE first = ?1")?;
        for day in first..=last {
            let mut rows = query.query([day, number])?;
            while let Some(row) = rows.next()? {
                let seq: i64 = row.get("seq")?;
                let slot = row.get::<_, Option<u8>>("slot")?.map(UserSlot);
                leave.execute([seq])?;
                if commit.memory.assignments.patient_of(name, slot, time(row, "measured")?).is_none() {
                    waiting.push(seq.cast_unsigned());
                }
            }
        }
    }
    waiting.sort_unstable();
    let mut enter = Unassigned::prepare(commit.db)?;
    waiting.iter().try_for_each(|seq| enter.add(*seq, number))?;
    enter.finish()?;
    let unassigned = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
    commit.memory.device(commit.db, name)?.unassigned = unassigned;
    Ok(())
}

/// What the patient's own events say, without the clinic's and without readings.
pub(super) fn own_history(db: &Connection, number: i64, id: &PatientId) -> Result<History, Fault> {
    let mut query = db.prepare_cached(
        "SELECT * FROM event WHERE patient = ?1 AND kind IN ('patient-changed', 'parameters-set') ORDER BY seq",
    )?;
    let mut history = History::new(id.clone());
    for event in collect(query.query([number])?, event_from)? {
        history.apply(&event);
    }
    Ok(history)
}

/// The patient in a row of `patient`, as of `now`.
pub(super) fn patient_record(db: &Connection, row: &Row<'_>, now: Instant) -> Result<PatientRecord, Fault> {
    let (number, id): (i64, PatientId) = (row.get("number")?, parsed(row, "id")?);
    let history = own_history(db, number, &id)?;
    let profile = row.get_ref("profile")?.as_str().map_err(|e| corrupt("profile", e))?;
    Ok(PatientRecord {
        patient: from_json("profile", profile)?,
        status: history.status_at(now),
        enrolments: history.enrolments,
        parameters: history.parameters.into_iter().filter(|p| p.scope == ParameterScope::Patient).collect(),
        assignments: assignments_of(db, number, i64::MAX.cast_unsigned())?,
    })
}

/// A device with the days on which it measured.
pub(super) struct Span {
    pub(super) number: i64,
    pub(super) name: DeviceRef,
    pub(super) days: (i64, i64),
}

/// The devices on which a patient has assignments at position `as_of`, each with the days on which its
/// readings may be the patient's, and every assignment of them.
pub(super) fn spans(db: &Connection, patient: i64, as_of: u64) -> Result<(Vec<Span>, Assignments), Fault> {
    let mut wanted: BTreeMap<DeviceRef, (i64, i64)> = BTreeMap::new();
    for a in assignments_of(db, patient, as_of)? {
        let first = row::day_of(micros(a.from));
        let last = a.until.map_or(i64::MAX, |until| row::day_of(micros(until)));
        let days = wanted.entry(a.device).or_insert((first, last));
        *days = (days.0.min(first), days.1.max(last));
    }
    let mut spans = Vec::new();
    let mut all = Vec::new();
    let mut query =
        db.prepare_cached("SELECT number, first_day, last_day FROM device WHERE source = ?1 AND device = ?2")?;
    for (name, (first, last)) in wanted {
        let (number, days): (i64, Option<(i64, i64)>) = query
            .query_row([name.source.as_str(), name.device.as_str()], |row| Ok((row.get("number")?, days(row)?)))?;
        all.extend(assignments_on(db, number, as_of)?);
        if let Some(seen) = days {
            spans.push(Span { number, name, days: (seen.0.max(first), seen.1.min(last)) });
        }
    }
    Ok((spans, gathered(all)?))
}
