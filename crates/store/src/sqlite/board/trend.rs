//! What the tasks of a list are about, measured in the last two weeks.

use super::super::column::{collect, micros};
use super::super::fault::Fault;
use super::super::record::assignment_from;
use super::super::row::{OF_DEVICE, day_of, stored_reading};
use super::super::worklist;
use super::rows::Numbered;
use crate::board::TREND;
use care::{Assignments, PatientId};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use vitals::{Instant, Kind, StoredReading};

/// A device's readings of one day that are looked at, at most: a row's trend is a hand wide, and a sensor that
/// measures every five minutes must not hold up the list.
const A_DAY: u32 = 24;

/// Patients whose trends are kept; the lists of a day show far fewer.
const KEPT: usize = 2_000;

/// Trends that were looked up, each as of its patient's newest event: lists show the same people for hours, and until
/// something of theirs is journalled their two weeks are the same.
#[derive(Debug, Default)]
pub(in super::super) struct Trends(Mutex<HashMap<i64, Trend>>);

/// What a patient's devices measured of them in the last two weeks.
#[derive(Clone, Debug)]
struct Trend {
    head: u64,
    day: i64,
    readings: Arc<Vec<StoredReading>>,
}

impl Trends {
    /// What is known of `patients`, each with their newest event.
    fn known(&self, patients: &BTreeMap<i64, u64>, day: i64) -> HashMap<i64, Arc<Vec<StoredReading>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |(patient, head): (&i64, &u64)| {
            let trend = kept.get(patient).filter(|t| (t.head, t.day) == (*head, day))?;
            Some((*patient, Arc::clone(&trend.readings)))
        };
        patients.iter().filter_map(known).collect()
    }

    fn keep(&self, patient: i64, trend: Trend) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(patient, trend);
    }
}

/// Gives each row the readings of what it is about.
pub(super) fn add(db: &Connection, trends: &Trends, rows: &mut [Numbered], now: Instant) -> Result<(), Fault> {
    let day = day_of(micros(now));
    let mut patients = BTreeMap::new();
    let mut numbers: HashMap<PatientId, i64> = HashMap::new();
    for one in rows.iter().filter(|one| kinds_of(one).is_some()) {
        patients.insert(one.patient, worklist::head(db, one.patient)?);
        numbers.insert(one.row.task.patient.clone(), one.patient);
    }
    let mut found = trends.known(&patients, day);
    patients.retain(|patient, _| !found.contains_key(patient));
    if !patients.is_empty() {
        let (devices, assignments) = worn(db, &patients.keys().copied().collect::<Vec<_>>())?;
        let mut looked_up: HashMap<i64, Vec<StoredReading>> = HashMap::new();
        for reading in readings(db, &devices, now)? {
            let patient = assignments.patient_of_reading(&reading.reading).and_then(|id| numbers.get(id));
            if let Some(patient) = patient {
                looked_up.entry(*patient).or_default().push(reading);
            }
        }
        for (patient, head) in patients {
            let readings = Arc::new(looked_up.remove(&patient).unwrap_or_default());
            found.insert(patient, Arc::clone(&readings));
            trends.keep(patient, Trend { head, day, readings });
        }
    }
    let from = now - TREND;
    for one in rows {
        let (Some(kinds), Some(of_patient)) = (kinds_of(one), found.get(&one.patient)) else { continue };
        let fits = |r: &&StoredReading| {
            kinds.contains(&r.reading.kind) && (from..=now).contains(&r.reading.measured_at.instant())
        };
        one.row.readings = of_patient.iter().filter(fits).cloned().collect();
        one.row.readings.sort_by_key(|r| (r.reading.measured_at.micros(), r.seq));
    }
    Ok(())
}

/// Kinds of readings that show the row's reason.
fn kinds_of(one: &Numbered) -> Option<BTreeSet<Kind>> {
    Some(one.row.shown_by()?.pictured()?.kinds().into_iter().collect())
}

/// The devices that these patients have or had, and everybody's assignments of them.
fn worn(db: &Connection, patients: &[i64]) -> Result<(BTreeSet<i64>, Assignments), Fault> {
    let mut query = db.prepare_cached(
        "SELECT a.device AS number, a.slot, a.from_at, a.until_at, p.id AS patient, d.source, d.device
         FROM assignment a JOIN patient p ON p.number = a.patient JOIN device d ON d.number = a.device
         WHERE a.seq_ended IS NULL AND a.device IN (SELECT x.device FROM assignment x WHERE x.seq_ended IS NULL
            AND x.patient IN (SELECT value FROM json_each(?1)))",
    )?;
    let list = serde_json::Value::from(patients).to_string();
    let found = collect(query.query([list])?, |row| Ok((row.get::<_, i64>("number")?, assignment_from(row)?)))?;
    let mut assignments = Assignments::default();
    let mut devices = BTreeSet::new();
    for (device, assignment) in found {
        devices.insert(device);
        assignments.add(assignment).map_err(|_| super::super::column::corrupt("assignment", "two overlap"))?;
    }
    Ok((devices, assignments))
}

/// The newest readings of each of the last days and of these devices.
fn readings(db: &Connection, devices: &BTreeSet<i64>, now: Instant) -> Result<Vec<StoredReading>, Fault> {
    let sql = format!(
        "WITH RECURSIVE day (day) AS (SELECT ?2 UNION ALL SELECT day + 1 FROM day WHERE day < ?3)
         SELECT {OF_DEVICE}, d.source, d.device FROM json_each(?1) w CROSS JOIN day
            CROSS JOIN reading r ON r.seq IN (SELECT x.seq FROM reading_day x
                WHERE x.day = day.day AND x.device = w.value ORDER BY x.seq DESC LIMIT {A_DAY})
            JOIN device d ON d.number = r.device"
    );
    let devices = serde_json::Value::from(devices.iter().copied().collect::<Vec<_>>()).to_string();
    let (from, to) = (day_of(micros(now - TREND)), day_of(micros(now)));
    let mut query = db.prepare_cached(&sql)?;
    collect(query.query(params![devices, from, to])?, stored_reading)
}
