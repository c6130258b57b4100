//! Which patient a device and slot belonged to, from when until when.

use crate::PatientId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vitals::{DeviceRef, Instant, Reading, UserSlot};

/// A device (and slot) belongs to a patient for `[from, until)` of measured time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// the device
    #[serde(flatten)]
    pub device: DeviceRef,
    /// the slot; without one, every slot that has no assignment of its own at that time
    pub user_slot: Option<UserSlot>,
    /// whose
    pub patient: PatientId,
    /// first instant
    pub from: Instant,
    /// first instant no longer; open end if none
    pub until: Option<Instant>,
}

impl Assignment {
    fn holds_at(&self, time: Instant) -> bool {
        self.from <= time && self.until.is_none_or(|until| time < until)
    }

    fn overlaps(&self, other: &Assignment) -> bool {
        self.device == other.device
            && self.user_slot == other.user_slot
            && self.until.is_none_or(|until| other.from < until)
            && other.until.is_none_or(|until| self.from < until)
    }
}

/// Two assignments of one device and slot overlap in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "device `{device}` already belongs to patient `{patient}` from {from}; end that assignment first or choose another time"
)]
pub struct AssignmentOverlap {
    /// the device
    pub device: DeviceRef,
    /// who has it
    pub patient: PatientId,
    /// since when
    pub from: Instant,
}

/// Every assignment, by device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments {
    by_device: BTreeMap<DeviceRef, Vec<Assignment>>,
}

impl Assignments {
    /// Adds `assignment`.
    ///
    /// # Errors
    /// [`AssignmentOverlap`] where the same device and slot is taken at some time of it.
    pub fn add(&mut self, assignment: Assignment) -> Result<(), AssignmentOverlap> {
        let list = self.by_device.entry(assignment.device.clone()).or_default();
        if let Some(taken) = list.iter().find(|a| a.overlaps(&assignment)) {
            let Assignment { device, patient, from, .. } = taken.clone();
            return Err(AssignmentOverlap { device, patient, from });
        }
        list.push(assignment);
        Ok(())
    }

    /// Removes every assignment of `patient`; the caller adds the new list.
    pub fn clear_patient(&mut self, patient: &PatientId) {
        for list in self.by_device.values_mut() {
            list.retain(|a| a.patient != *patient);
        }
    }

    /// Whose reading of `device` and `slot` measured at `time` is: the slot's own assignment, else the device's.
    #[must_use]
    pub fn patient_of(&self, device: &DeviceRef, slot: Option<UserSlot>, time: Instant) -> Option<&PatientId> {
        let list = self.by_device.get(device)?;
        let find = |wanted: Option<UserSlot>| list.iter().find(|a| a.user_slot == wanted && a.holds_at(time));
        slot.and_then(|s| find(Some(s))).or_else(|| find(None)).map(|a| &a.patient)
    }

    /// Whose `reading` is.
    #[must_use]
    pub fn patient_of_reading(&self, reading: &Reading) -> Option<&PatientId> {
        self.patient_of(&reading.device_ref(), reading.user_slot, reading.measured_at.instant())
    }

    /// The assignments of one patient, oldest first.
    #[must_use]
    pub fn of_patient(&self, patient: &PatientId) -> Vec<&Assignment> {
        let mut list: Vec<_> = self.by_device.values().flatten().filter(|a| a.patient == *patient).collect();
        list.sort_by(|a, b| (a.from, &a.device, a.user_slot).cmp(&(b.from, &b.device, b.user_slot)));
        list
    }

    /// The assignments of one device.
    #[must_use]
    pub fn of_device(&self, device: &DeviceRef) -> &[Assignment] {
        self.by_device.get(device).map_or(&[], Vec::as_slice)
    }

    /// Every assignment.
    pub fn iter(&self) -> impl Iterator<Item = &Assignment> {
        self.by_device.values().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitals::{DeviceId, SourceId};

    fn t(hours: i64) -> Instant {
        Instant::from_timestamp(hours * 3600, 0).unwrap()
    }

    fn assignment(patient: &str, slot: Option<u8>, from: i64, until: Option<i64>) -> Assignment {
        Assignment {
            device: DeviceRef { source: SourceId::new("hub").unwrap(), device: DeviceId::new("scale").unwrap() },
            user_slot: slot.map(UserSlot),
            patient: PatientId::new(patient).unwrap(),
            from: t(from),
            until: until.map(t),
        }
    }

    #[test]
    fn a_slot_of_its_own_goes_before_the_device() {
        let mut all = Assignments::default();
        all.add(assignment("anna", None, 0, None)).unwrap();
        all.add(assignment("bert", Some(2), 10, Some(20))).unwrap();
        let device = assignment("x", None, 0, None).device;
        let whose =
            |slot: Option<u8>, hour| all.patient_of(&device, slot.map(UserSlot), t(hour)).map(PatientId::as_str);
        assert_eq!(whose(Some(2), 9), Some("anna"));
        assert_eq!(whose(Some(2), 10), Some("bert"));
        assert_eq!(whose(Some(2), 20), Some("anna"), "until is exclusive");
        assert_eq!(whose(None, 15), Some("anna"));
        assert_eq!(whose(None, -1), None);
    }

    #[test]
    fn an_overlap_is_refused() {
        let mut all = Assignments::default();
        all.add(assignment("anna", Some(1), 0, Some(10))).unwrap();
        assert!(all.add(assignment("bert", Some(1), 9, None)).is_err());
        assert!(all.add(assignment("bert", Some(1), 10, None)).is_ok());
        assert!(all.add(assignment("bert", None, 0, None)).is_ok());
    }
}
