//! Rows of a list: task, patient, programmes, episodes and trend, each by one query for all rows.

use super::super::column::{collect, corrupt, from_json, json, json_list, micros};
use super::super::fault::Fault;
use super::super::row::day_of;
use super::kept::Kept;
use super::open::Tasks;
use super::programmes::{Programmes, programmes};
use super::trend;
use crate::BoardRow;
use crate::board::{TREND, shown_by};
use care::{Episode, Patient, Queue, Task, TaskId};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use vitals::{Instant, Kind, StoredReading};

/// Rows as they were read, by the task's number; each as of the place in `touched` where its task was touched last, and of
/// a day: lists show the same tasks for hours.
pub(super) type Rows = Kept<i64, (i64, i64), Parts>;

/// What a row is made of, whatever the time is.
#[derive(Debug)]
pub(super) struct Parts {
    /// the patient's number
    pub(super) patient: i64,
    pub(super) task: Task,
    profile: Option<Arc<Patient>>,
    programmes: Programmes,
    episodes: Arc<[Episode]>,
    /// what shows the row's reason, oldest first, of [`TREND`] and the rest of its first day
    readings: Vec<Arc<StoredReading>>,
}

impl Parts {
    /// Kinds of readings that show the row's reason.
    pub(super) fn kinds(&self) -> Option<BTreeSet<Kind>> {
        Some(shown_by(&self.episodes)?.pictured()?.kinds().into_iter().collect())
    }

    /// The row at this time.
    pub(super) fn at(&self, now: Instant) -> BoardRow {
        let of_care = self.profile.is_some();
        let shown = |r: &&Arc<StoredReading>| (now - TREND..=now).contains(&r.reading.measured_at.instant());
        BoardRow {
            task: self.task.clone(),
            patient: self.profile.clone(),
            programmes: self.programmes.at(now).filter(|_| of_care).cloned().collect(),
            episodes: Arc::clone(&self.episodes),
            readings: self.readings.iter().filter(shown).cloned().collect(),
        }
    }
}

/// Row numbers of tasks.
pub(super) fn numbers(db: &Connection, tasks: &[TaskId]) -> Result<Vec<i64>, Fault> {
    let mut query = db.prepare_cached("SELECT row FROM task WHERE id IN (SELECT value FROM json_each(?1))")?;
    collect(query.query([json_list(tasks)])?, |row| Ok(row.get(0)?))
}

/// What these rows of open tasks are made of: kept, or read and kept. `here` is this snapshot's place in `touched`; what
/// was touched later is read as it is in this snapshot, and not kept.
pub(super) fn kept(
    db: &Connection,
    rows: &Rows,
    (tasks, here): (&Tasks, i64),
    wanted: &[i64],
    now: Instant,
) -> Result<HashMap<i64, Arc<Parts>>, Fault> {
    let day = day_of(micros(now));
    let states: HashMap<i64, (i64, i64)> =
        wanted.iter().filter_map(|row| Some((*row, (tasks.get(row)?.since, day)))).collect();
    let mut found = rows.known(&states);
    let missing: Vec<i64> = wanted.iter().filter(|row| !found.contains_key(row)).copied().collect();
    for (row, parts) in read(db, &missing, now)? {
        let parts = Arc::new(parts);
        if let Some(state) = states.get(&row).filter(|(since, _)| *since <= here) {
            rows.keep(row, *state, &parts);
        }
        found.insert(row, parts);
    }
    Ok(found)
}

/// What these rows are made of, in any order.
pub(super) fn read(db: &Connection, wanted: &[i64], now: Instant) -> Result<Vec<(i64, Parts)>, Fault> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let list = serde_json::Value::from(wanted).to_string();
    let mut found = tasks(db, &list)?;
    let mut episodes = episodes(db, &list)?;
    for (number, parts) in &mut found {
        parts.episodes = episodes.remove(number).unwrap_or_default().into();
    }
    let mut patients = HashMap::new();
    for (_, parts) in found.iter().filter(|(_, parts)| parts.kinds().is_some()) {
        patients.insert(parts.task.patient.clone(), parts.patient);
    }
    let of_patients = trend::readings(db, &patients, now)?;
    for (_, parts) in &mut found {
        let (Some(kinds), Some(all)) = (parts.kinds(), of_patients.get(&parts.patient)) else { continue };
        parts.readings = all.iter().filter(|r| kinds.contains(&r.reading.kind)).cloned().collect();
    }
    Ok(found)
}

fn tasks(db: &Connection, wanted: &str) -> Result<Vec<(i64, Parts)>, Fault> {
    let programmes = programmes(db, "t.row IN (SELECT value FROM json_each(?1))", wanted)?;
    let mut query = db.prepare_cached(
        "SELECT t.row, t.patient, t.body, p.profile
         FROM json_each(?1) w JOIN task t ON t.row = w.value JOIN patient p ON p.number = t.patient",
    )?;
    collect(query.query([wanted])?, |row| {
        let (task, patient): (Task, i64) = (json(row, "body")?, row.get("patient")?);
        let profile = row.get_ref("profile")?.as_str().map_err(|e| corrupt("profile", e))?;
        let of_care = task.queue == Queue::Care;
        let parts = Parts {
            patient,
            profile: of_care.then(|| from_json("profile", profile)).transpose()?.map(Arc::new),
            programmes: programmes.get(&patient).cloned().unwrap_or_default(),
            task,
            episodes: Arc::default(),
            readings: Vec::new(),
        };
        Ok((row.get("row")?, parts))
    })
}

/// The episodes that the tasks cover, oldest first, by the task's number.
fn episodes(db: &Connection, wanted: &str) -> Result<HashMap<i64, Vec<Episode>>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT t.row, e.body FROM json_each(?1) w JOIN task t ON t.row = w.value
            JOIN json_each(t.body, '$.episodes') j JOIN episode e ON e.patient = t.patient AND e.id = j.value
         WHERE t.queue = 'care' ORDER BY t.row, e.opened_at, e.id",
    )?;
    let mut found: HashMap<i64, Vec<Episode>> = HashMap::new();
    for (number, episode) in collect(query.query([wanted])?, |row| Ok((row.get("row")?, json(row, "body")?)))? {
        found.entry(number).or_default().push(episode);
    }
    Ok(found)
}
