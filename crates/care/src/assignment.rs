//! Which patient a device and slot belonged to, from when until when.

use crate::PatientId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Where each patient's are: whoever asks for one patient must not look through everybody's devices.
    devices: BTreeMap<PatientId, BTreeSet<DeviceRef>>,
}

impl Assignments {
    /// Adds `assignment`.
    ///
    /// # Errors
    /// [`AssignmentOverlap`] where the same device and slot is taken at some time of it.
    pub fn add(&mut self, assignment: Assignment) -> Result<(), AssignmentOverlap> {
        if let Some(taken) = self.of_device(&assignment.device).iter().find(|a| a.overlaps(&assignment)) {
            let Assignment { device, patient, from, .. } = taken.clone();
            return Err(AssignmentOverlap { device, patient, from });
        }
        self.devices.entry(assignment.patient.clone()).or_default().insert(assignment.device.clone());
        self.by_device.entry(assignment.device.clone()).or_default().push(assignment);
        Ok(())
    }

    /// Removes every assignment of `patient`; the caller adds the new list.
    pub fn clear_patient(&mut self, patient: &PatientId) {
        for device in self.devices.remove(patient).unwrap_or_default() {
            if let Some(list) = self.by_device.get_mut(&device) {
                list.retain(|a| a.patient != *patient);
            }
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

    /// What the assignments of `device` would be if its readings of `slot`, measured in `[from, until)`, were
    /// `whose`: what others had of that stretch is cut away. Without a slot it is about what no slot of its own takes;
    /// without anybody the readings become nobody's, or with a slot whosever the device is.
    ///
    /// Sorted so that nobody overlaps if each person's list is written in turn: those who lose come first.
    #[must_use]
    pub fn handed_over(
        &self,
        device: &DeviceRef,
        slot: Option<UserSlot>,
        (from, until): (Instant, Option<Instant>),
        whose: Option<&PatientId>,
    ) -> Vec<(PatientId, Vec<Assignment>)> {
        let before = self.of_device(device);
        let mut after: Vec<Assignment> = Vec::new();
        for old in before {
            if old.user_slot != slot {
                after.push(old.clone());
                continue;
            }
            let left = Assignment { until: Some(old.until.map_or(from, |end| end.min(from))), ..old.clone() };
            after.extend(Some(left).filter(|a| a.until.is_some_and(|end| a.from < end)));
            if let Some(until) = until {
                let right = Assignment { from: old.from.max(until), ..old.clone() };
                after.extend(Some(right).filter(|a| a.until.is_none_or(|end| a.from < end)));
            }
        }
        after.extend(whose.map(|patient| Assignment {
            device: device.clone(),
            user_slot: slot,
            patient: patient.clone(),
            from,
            until,
        }));
        let mut people: Vec<&PatientId> = before.iter().chain(&after).map(|a| &a.patient).collect();
        people.sort_by_key(|p| (whose == Some(*p), *p));
        people.dedup();
        let of = |patient: &PatientId| -> Vec<Assignment> {
            let elsewhere = self.everywhere(patient).filter(|a| a.device != *device);
            elsewhere.chain(after.iter().filter(|a| a.patient == *patient)).cloned().collect()
        };
        let changes = |patient: &&PatientId| {
            let mine = |list: &[Assignment]| -> Vec<Assignment> {
                list.iter().filter(|a| a.patient == **patient).cloned().collect()
            };
            mine(before) != mine(&after)
        };
        people.into_iter().filter(changes).map(|p| (p.clone(), of(p))).collect()
    }

    /// The assignments of one patient, oldest first.
    #[must_use]
    pub fn of_patient(&self, patient: &PatientId) -> Vec<&Assignment> {
        let mut list: Vec<_> = self.everywhere(patient).collect();
        list.sort_by(|a, b| (a.from, &a.device, a.user_slot).cmp(&(b.from, &b.device, b.user_slot)));
        list
    }

    /// The assignments of one patient, device by device.
    fn everywhere(&self, patient: &PatientId) -> impl Iterator<Item = &Assignment> {
        let devices = self.devices.get(patient).into_iter().flatten();
        devices.flat_map(|device| self.of_device(device)).filter(move |a| a.patient == *patient)
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

    #[test]
    fn a_stretch_is_handed_over_and_the_rest_stays() {
        let mut all = Assignments::default();
        all.add(assignment("anna", None, 0, None)).unwrap();
        all.add(assignment("carl", Some(2), 0, Some(50))).unwrap();
        let device = assignment("anna", None, 0, None).device;
        let bert = PatientId::new("bert").unwrap();
        let lists = all.handed_over(&device, None, (t(10), Some(t(11))), Some(&bert));
        let anna = vec![assignment("anna", None, 0, Some(10)), assignment("anna", None, 11, None)];
        let expected = [("anna", anna), ("bert", vec![assignment("bert", None, 10, Some(11))])];
        assert_eq!(lists, expected.map(|(who, list)| (PatientId::new(who).unwrap(), list)), "carl keeps his slot");

        let mut written = all.clone();
        for (who, list) in &lists {
            let keeps: Vec<Assignment> = written.iter().filter(|a| a.patient != *who).cloned().collect();
            written = Assignments::default();
            keeps.into_iter().chain(list.clone()).for_each(|a| written.add(a).unwrap());
        }
        let of = |slot, hour| written.patient_of(&device, slot, t(hour)).map(PatientId::as_str);
        assert_eq!(
            [of(None, 9), of(None, 10), of(None, 11), of(Some(UserSlot(2)), 10)],
            [Some("anna"), Some("bert"), Some("anna"), Some("carl")]
        );
    }

    #[test]
    fn an_end_is_a_stretch_that_becomes_nobodys() {
        let mut all = Assignments::default();
        all.add(assignment("anna", None, 0, Some(90))).unwrap();
        let device = assignment("anna", None, 0, None).device;
        let lists = all.handed_over(&device, None, (t(10), None), None);
        assert_eq!(lists, [(PatientId::new("anna").unwrap(), vec![assignment("anna", None, 0, Some(10))])]);
        assert_eq!(all.handed_over(&device, Some(UserSlot(1)), (t(10), None), None), []);
        let anna = PatientId::new("anna").unwrap();
        let slot = all.handed_over(&device, Some(UserSlot(1)), (t(10), None), Some(&anna));
        assert_eq!(slot.len(), 1, "her own slot beside the rest");
    }
}
