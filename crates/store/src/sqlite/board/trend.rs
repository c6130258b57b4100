//! What the tasks of a list are about, measured in the last two weeks.

use super::super::column::{collect, micros};
use super::super::fault::Fault;
use super::super::record::assignment_from;
use super::super::row::{OF_DEVICE, day_of, stored_reading};
use crate::board::TREND;
use care::{Assignments, PatientId};
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use vitals::{Instant, StoredReading};

/// A device's readings of one day that are looked at, at most: a row's trend is a hand wide, and a sensor that
/// measures every five minutes must not hold up the list.
const A_DAY: u32 = 24;

/// Readings of [`TREND`], oldest first, of these patients by their number.
pub(super) fn readings(
    db: &Connection,
    patients: &HashMap<PatientId, i64>,
    now: Instant,
) -> Result<HashMap<i64, Vec<Arc<StoredReading>>>, Fault> {
    let mut found: HashMap<i64, Vec<Arc<StoredReading>>> = HashMap::new();
    if patients.is_empty() {
        return Ok(found);
    }
    let (devices, assignments) = worn(db, &patients.values().copied().collect::<Vec<_>>())?;
    for reading in of_devices(db, &devices, now)? {
        if let Some(patient) = assignments.patient_of_reading(&reading.reading).and_then(|id| patients.get(id)) {
            found.entry(*patient).or_default().push(Arc::new(reading));
        }
    }
    for readings in found.values_mut() {
        readings.sort_by_key(|r| (r.reading.measured_at.micros(), r.seq));
    }
    Ok(found)
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
fn of_devices(db: &Connection, devices: &BTreeSet<i64>, now: Instant) -> Result<Vec<StoredReading>, Fault> {
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
