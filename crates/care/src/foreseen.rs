//! What a change would make of somebody, before it is made.

use crate::{Assignment, Episode, EventBody, PatientId, Task};
use vitals::DeviceRef;

/// A change that somebody thinks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// something said of one patient: parameters, status, programmes
    Said {
        /// of whom
        patient: PatientId,
        /// what
        body: EventBody,
    },
    /// readings of a device that go to somebody else: whole lists, as
    /// [`Assignments::handed_over`](crate::Assignments::handed_over) gives them
    Handed {
        /// the device
        device: DeviceRef,
        /// who has what afterwards
        lists: Vec<(PatientId, Vec<Assignment>)>,
    },
}

/// What would become of one patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// who
    pub patient: PatientId,
    /// episodes of the stretch that was looked at, as they are
    pub before: Vec<Episode>,
    /// the same, as they would be if the change had held all along
    pub after: Vec<Episode>,
    /// tasks that would open at once
    pub opened: Vec<Task>,
    /// open tasks that would be cancelled, as nobody has touched them
    pub cancelled: Vec<Task>,
    /// open tasks that would say something else
    pub changed: Vec<Task>,
}

impl Foreseen {
    /// Episodes that would be and are not: none of its group overlaps them now.
    pub fn gained(&self) -> impl Iterator<Item = &Episode> {
        self.after.iter().filter(|e| !self.before.iter().any(|b| overlap(b, e)))
    }

    /// Episodes that are and would not be.
    pub fn lost(&self) -> impl Iterator<Item = &Episode> {
        self.before.iter().filter(|e| !self.after.iter().any(|a| overlap(a, e)))
    }

    /// Whether nothing at all would be different.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let tasks = self.opened.len() + self.cancelled.len() + self.changed.len();
        tasks == 0 && self.gained().next().is_none() && self.lost().next().is_none()
    }
}

/// Late data may move an opening, which gives the episode another id: one of its group at the same time is the same.
fn overlap(a: &Episode, b: &Episode) -> bool {
    a.group == b.group
        && a.cleared_at.is_none_or(|over| b.opened_at <= over)
        && b.cleared_at.is_none_or(|over| a.opened_at <= over)
}
