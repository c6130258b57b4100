//! [`PatientChart`] on SQLite.

use super::SqliteStore;
use super::column::collect;
use super::doors::device_from;
use super::history::number_of;
use super::record::{assignments_on, event_for, replace_assignments};
use crate::{DeviceSeen, PatientChart, StoreError};
use async_trait::async_trait;
use care::{Actor, Assignment, Event, PatientId};
use rusqlite::OptionalExtension;
use vitals::DeviceRef;

#[async_trait]
impl PatientChart for SqliteStore {
    async fn agreed(&self, patient: &PatientId) -> Result<Vec<Event>, StoreError> {
        let id = patient.clone();
        self.read("what was agreed about a patient", move |db| {
            let number = number_of(db, &id)?;
            let mut query = db.prepare_cached(
                "SELECT * FROM event WHERE patient = ?1
                     AND kind IN ('patient-changed', 'parameters-set', 'assignments-changed')
                 UNION ALL SELECT e.* FROM event_concerns c JOIN event e ON e.seq = c.seq WHERE c.patient = ?1
                 UNION ALL SELECT * FROM event WHERE patient IS NULL AND kind = 'parameters-set' ORDER BY seq",
            )?;
            collect(query.query([number])?, |row| event_for(db, row, number))
        })
        .await
    }

    async fn patient_devices(&self, patient: &PatientId) -> Result<Vec<DeviceSeen>, StoreError> {
        let id = patient.clone();
        self.read("a patient's devices", move |db| {
            let number = number_of(db, &id)?;
            let mut query = db.prepare_cached(
                "SELECT * FROM device WHERE number IN
                     (SELECT device FROM assignment WHERE patient = ?1 AND seq_ended IS NULL) ORDER BY source, device",
            )?;
            collect(query.query([number])?, |row| device_from(db, row))
        })
        .await
    }

    async fn device_assignments(&self, device: &DeviceRef) -> Result<Vec<Assignment>, StoreError> {
        let device = device.clone();
        self.read("a device's assignments", move |db| {
            let number: Option<i64> = db
                .prepare_cached("SELECT number FROM device WHERE source = ?1 AND device = ?2")?
                .query_row([device.source.as_str(), device.device.as_str()], |row| row.get(0))
                .optional()?;
            number.map_or_else(|| Ok(Vec::new()), |number| assignments_on(db, number, i64::MAX.cast_unsigned()))
        })
        .await
    }

    async fn hand_over(
        &self,
        lists: Vec<(PatientId, Vec<Assignment>)>,
        reason: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let (reason, actor) = (reason.to_owned(), actor.clone());
        self.write("handing a device over", move |commit| {
            for (id, list) in lists {
                let number = commit.memory.patient(&id)?;
                replace_assignments(commit, (number, &id), list, &reason, &actor)?;
            }
            Ok(())
        })
        .await
    }
}
