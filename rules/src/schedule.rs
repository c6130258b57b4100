//! Which patient is next: a queue without duplicates, and nobody twice at once.

use care::PatientId;
use std::collections::{BTreeMap, VecDeque};

/// How somebody came to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// one of a crowd found by looking around: after a start, at the end of a day, after a change that concerns
    /// everybody. There may be a hundred thousand of them, and whoever opens a page meanwhile must not wait for them
    Found,
    /// told by a commit: first, for it may be the reading that matters
    Told,
}

/// Patients that wait for their turn. Its bound is the number of patients.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    told: VecDeque<PatientId>,
    found: VecDeque<PatientId>,
    /// who waits, and where; an entry of `found` that stands here as told is passed over
    queued: BTreeMap<PatientId, Lane>,
    running: BTreeMap<PatientId, Lane>,
    /// the last look around did not see everybody
    more: bool,
    /// somebody's turn went well since
    progress: bool,
}

impl Schedule {
    /// `patient` wants a turn; one who is running gets another afterwards.
    pub(crate) fn push(&mut self, patient: PatientId, lane: Lane) {
        if self.queued.get(&patient).is_some_and(|queued| *queued >= lane) {
            return;
        }
        self.queued.insert(patient.clone(), lane);
        match lane {
            Lane::Told => self.told.push_back(patient),
            Lane::Found => self.found.push_back(patient),
        }
    }

    /// The next patient who is not running already; of those found, `found` at once at the most.
    pub(crate) fn take(&mut self, found: usize) -> Option<PatientId> {
        let rests = |p: &PatientId| !self.running.contains_key(p);
        let (patient, lane) = match first(&mut self.told, rests) {
            Some(patient) => (patient, Lane::Told),
            None => (self.take_found(found)?, Lane::Found),
        };
        self.queued.remove(&patient);
        self.running.insert(patient.clone(), lane);
        Some(patient)
    }

    fn take_found(&mut self, most: usize) -> Option<PatientId> {
        if self.running.values().filter(|lane| **lane == Lane::Found).count() >= most {
            return None;
        }
        let waits = |p: &PatientId| self.queued.get(p) == Some(&Lane::Found);
        while self.found.front().is_some_and(|p| !waits(p)) {
            self.found.pop_front();
        }
        first(&mut self.found, |p| waits(p) && !self.running.contains_key(p))
    }

    /// `patient`'s turn is over, and went well or not; the lane in which it was taken.
    pub(crate) fn done(&mut self, patient: &PatientId, well: bool) -> Lane {
        self.progress |= well;
        self.running.remove(patient).unwrap_or(Lane::Found)
    }

    /// Begins a look around.
    pub(crate) fn look(&mut self) {
        (self.more, self.progress) = (false, false);
    }

    /// What a look around found that asked for `limit` at most. As many may be only some of them, and are a crowd; a few
    /// are whoever's time has come, and wait no longer than those who were told.
    pub(crate) fn found(&mut self, patients: Vec<PatientId>, limit: u32) {
        let crowd = u32::try_from(patients.len()).is_ok_and(|found| found >= limit);
        self.more |= crowd;
        let lane = if crowd { Lane::Found } else { Lane::Told };
        patients.into_iter().for_each(|patient| self.push(patient, lane));
    }

    /// Whether to look around again at once: the last look did not see everybody, and whom it saw had their turn.
    /// Where every turn failed the next look waits for its time, or a store that refuses would be asked without end.
    pub(crate) fn wants_look(&self) -> bool {
        self.more && self.progress && self.queued.is_empty()
    }

    /// How many wait.
    pub(crate) fn depth(&self) -> usize {
        self.queued.len()
    }

    /// How many are at work.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }
}

/// Takes the first of whom `may` holds out of `queue`.
fn first(queue: &mut VecDeque<PatientId>, may: impl Fn(&PatientId) -> bool) -> Option<PatientId> {
    let place = queue.iter().position(may)?;
    queue.remove(place)
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
        s.push(p("a"), Lane::Told);
        s.push(p("a"), Lane::Told);
        s.push(p("b"), Lane::Told);
        assert_eq!(s.take(1), Some(p("a")));
        s.push(p("a"), Lane::Told);
        assert_eq!(s.take(1), Some(p("b")), "a is running, b goes first");
        assert_eq!(s.take(1), None);
        s.done(&p("a"), true);
        assert_eq!(s.take(1), Some(p("a")), "what came while it ran gets a turn of its own");
        assert_eq!((s.depth(), s.running()), (0, 2));
    }

    #[test]
    fn who_was_not_seen_is_looked_for_as_soon_as_the_others_had_their_turn() {
        let mut s = Schedule::default();
        s.look();
        s.found(vec![p("a"), p("b")], 2);
        assert!(!s.wants_look(), "they wait");
        for _ in 0..2 {
            let patient = s.take(1).unwrap();
            s.done(&patient, false);
        }
        assert!(!s.wants_look(), "every turn failed");
        s.push(p("c"), Lane::Told);
        s.take(1).unwrap();
        s.done(&p("c"), true);
        assert!(s.wants_look());
        s.look();
        s.found(vec![p("b")], 2);
        s.take(1).unwrap();
        s.done(&p("b"), true);
        assert!(!s.wants_look(), "that was everybody");
    }

    #[test]
    fn a_few_who_are_found_wait_no_longer_than_those_who_were_told() {
        let mut s = Schedule::default();
        s.found(vec![p("a"), p("b")], 3);
        s.push(p("c"), Lane::Told);
        assert_eq!((s.take(1), s.take(1), s.take(1)), (Some(p("a")), Some(p("b")), Some(p("c"))));
    }

    #[test]
    fn who_was_told_goes_first_and_those_found_go_so_many_at_once() {
        let mut s = Schedule::default();
        s.found(vec![p("a"), p("b"), p("c")], 3);
        s.push(p("d"), Lane::Told);
        s.push(p("c"), Lane::Told);
        assert_eq!(s.depth(), 4);
        assert_eq!((s.take(1), s.take(1)), (Some(p("d")), Some(p("c"))), "found, then told: no longer among the last");
        assert_eq!((s.take(1), s.take(1)), (Some(p("a")), None), "one of those found at once");
        s.push(p("e"), Lane::Told);
        assert_eq!(s.take(1), Some(p("e")));
        assert_eq!(s.done(&p("a"), true), Lane::Found);
        assert_eq!((s.take(1), s.take(9), s.depth()), (Some(p("b")), None, 0));
    }
}
