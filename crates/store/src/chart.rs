//! A patient's chart: what was agreed with whom, and which devices the readings come from.

use crate::{DeviceSeen, StoreError};
use async_trait::async_trait;
use care::{Actor, Assignment, Event, PatientId};
use vitals::DeviceRef;

/// What a patient's page asks besides readings, episodes and tasks.
#[async_trait]
pub trait PatientChart {
    /// What was agreed about a patient, in journal order: what was said of them, parameters set for them, changes of
    /// assignments that concern them, and every parameter of the clinic, as it holds for everybody.
    async fn agreed(&self, patient: &PatientId) -> Result<Vec<Event>, StoreError>;

    /// The devices that the patient has, or once had, by source and device.
    async fn patient_devices(&self, patient: &PatientId) -> Result<Vec<DeviceSeen>, StoreError>;

    /// Every assignment of one device known now.
    async fn device_assignments(&self, device: &DeviceRef) -> Result<Vec<Assignment>, StoreError>;

    /// Makes each list the whole list of that patient's assignments, all in one transaction, in the order given; see
    /// [`Assignments::handed_over`](care::Assignments::handed_over). [`StoreError::Conflict`] on overlap.
    async fn hand_over(
        &self,
        lists: Vec<(PatientId, Vec<Assignment>)>,
        reason: &str,
        actor: &Actor,
    ) -> Result<(), StoreError>;
}
