//! Which patient is next: a queue without duplicates, and nobody twice at once.

use care::PatientId;
use std::collections::{BTreeSet, VecDeque};

/// Patients that wait for their turn. Its bound is the number of patients.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    waiting: VecDeque<PatientId>,
    /// what `waiting` holds
    queued: BTreeSet<PatientId>,
    running: BTreeSet<PatientId>,
}

impl Schedule {
    /// Something happened to `patient`; one who is running gets another turn afterwards.
    pub(crate) fn push(&mut self, patient: PatientId) {
        if self.queued.insert(patient.clone()) {
            self.waiting.push_back(patient);
        }
    }

    /// The next patient who is not running already.
    pub(crate) fn take(&mut self) -> Option<PatientId> {
        let place = self.waiting.iter().position(|p| !self.running.contains(p))?;
        let patient = self.waiting.remove(place)?;
        self.queued.remove(&patient);
        self.running.insert(patient.clone());
        Some(patient)
    }

    /// `patient`'s turn is over.
    pub(crate) fn done(&mut self, patient: &PatientId) {
        self.running.remove(patient);
    }

    /// How many wait.
    pub(crate) fn depth(&self) -> usize {
        self.waiting.len()
    }

    /// How many are at work.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(id: &str) -> PatientId {
        PatientId::new(id).unwrap()
    }

    #[test]
    fn nobody_runs_twice_at_once_and_nothing_is_forgotten() {
        let mut s = Schedule::default();
        s.push(p("a"));
        s.push(p("a"));
        s.push(p("b"));
        assert_eq!(s.take(), Some(p("a")));
        s.push(p("a"));
        assert_eq!(s.take(), Some(p("b")), "a is running, b goes first");
        assert_eq!(s.take(), None);
        s.done(&p("a"));
        assert_eq!(s.take(), Some(p("a")), "what came while it ran gets a turn of its own");
        assert_eq!((s.depth(), s.running()), (0, 2));
    }
}
