//! Numbers of patients and names of devices that were looked up once: neither ever changes, and looking them up is two
//! pages for every reading, each somewhere else in a house of many patients.

use super::column::{first, parsed};
use super::fault::Fault;
use super::history;
use crate::StoreError;
use care::PatientId;
use rusqlite::Connection;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use vitals::DeviceRef;

/// What snapshots have shown; nothing of a commit that may still be undone.
#[derive(Debug, Default)]
pub(super) struct Names {
    patients: Mutex<HashMap<PatientId, i64>>,
    devices: Mutex<HashMap<i64, DeviceRef>>,
}

impl Names {
    /// The patient's number.
    pub(super) fn patient(&self, db: &Connection, id: &PatientId) -> Result<i64, Fault> {
        remembered(&self.patients, id, || history::number_of(db, id))
    }

    /// The device with this number.
    pub(super) fn device(&self, db: &Connection, number: i64) -> Result<DeviceRef, Fault> {
        remembered(&self.devices, &number, || {
            let mut query = db.prepare_cached("SELECT source, device FROM device WHERE number = ?1")?;
            let found = first(query.query([number])?, |row| {
                Ok(DeviceRef { source: parsed(row, "source")?, device: parsed(row, "device")? })
            })?;
            found.ok_or_else(|| StoreError::NotFound("the device").into())
        })
    }
}

fn remembered<K: Clone + Eq + Hash, V: Clone>(
    known: &Mutex<HashMap<K, V>>,
    key: &K,
    look_up: impl FnOnce() -> Result<V, Fault>,
) -> Result<V, Fault> {
    if let Some(found) = known.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
        return Ok(found.clone());
    }
    let found = look_up()?;
    known.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), found.clone());
    Ok(found)
}
