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
    /// the last look around did not see everybody
    more: bool,
    /// somebody's turn went well since
    progress: bool,
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

    /// `patient`'s turn is over, and went well or not.
    pub(crate) fn done(&mut self, patient: &PatientId, well: bool) {
        self.running.remove(patient);
        self.progress |= well;
    }

    /// Begins a look around.
    pub(crate) fn look(&mut self) {
        (self.more, self.progress) = (false, false);
    }

    /// What a look around found that asked for `limit` at most: as many may be only some of them.
    pub(crate) fn found(&mut self, patients: Vec<PatientId>, limit: u32) {
        self.more |= u32::try_from(patients.len()).is_ok_and(|found| found >= limit);
        patients.into_iter().for_each(|patient| self.push(patient));
    }

    /// Whether to look around again at once: the last look did not see everybody, and whom it saw had their turn.
    /// Where every turn failed the next look waits for its time, or a store that refuses would be asked without end.
    pub(crate) fn wants_look(&self) -> bool {
        self.more && self.progress && self.waiting.is_empty()
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
        s.done(&p("a"), true);
        assert_eq!(s.take(), Some(p("a")), "what came while it ran gets a turn of its own");
        assert_eq!((s.depth(), s.running()), (0, 2));
    }

    #[test]
    fn who_was_not_seen_is_looked_for_as_soon_as_the_others_had_their_turn() {
        let mut s = Schedule::default();
        s.look();
        s.found(vec![p("a"), p("b")], 2);
        assert!(!s.wants_look(), "they wait");
        for _ in 0..2 {
            let patient = s.take().unwrap();
            s.done(&patient, false);
        }
        assert!(!s.wants_look(), "every turn failed");
        s.push(p("c"));
        s.take().unwrap();
        s.done(&p("c"), true);
        assert!(s.wants_look());
        s.look();
        s.found(vec![p("b")], 2);
        s.take().unwrap();
        s.done(&p("b"), true);
        assert!(!s.wants_look(), "that was everybody");
    }
}
