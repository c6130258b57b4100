//! Everything that is known of one patient, in event time: the engine's input.

use crate::{Change, Event, EventBody, PatientId, PatientStatus, ProgrammeId, Timeline};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use vitals::{Instant, StoredReading};

/// A programme a patient is enrolled for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// which programme
    pub programme: ProgrammeId,
    /// first instant
    pub from: Instant,
    /// first instant no longer
    pub until: Option<Instant>,
    /// when it was entered: what is expected counts from the later of this and `from`
    pub entered_at: Instant,
}

impl Enrolment {
    /// Whether it holds at `time`.
    #[must_use]
    pub fn holds_at(&self, time: Instant) -> bool {
        self.from <= time && self.until.is_none_or(|until| time < until)
    }

    /// From when on readings are expected.
    #[must_use]
    pub fn expected_from(&self) -> Instant {
        self.from.max(self.entered_at)
    }

    /// Stamps the whole `new` list: what is new was entered at `at`, and what was there already when it was, also where
    /// its dates are others now. Otherwise a change of dates would begin anew what is expected, and hide who is silent.
    pub fn enter(new: &mut [Enrolment], before: &[Enrolment], at: Instant) {
        for enrolment in new {
            let same = before.iter().filter(|b| b.programme == enrolment.programme && b.overlaps(enrolment));
            let exact = same.clone().find(|b| b.from == enrolment.from).map(|b| b.entered_at);
            enrolment.entered_at = exact.or_else(|| same.map(|b| b.entered_at).min()).unwrap_or(at);
        }
    }

    fn overlaps(&self, other: &Enrolment) -> bool {
        // One that began with the other is the same, though it may have been over already.
        self.from == other.from
            || self.until.is_none_or(|until| other.from < until) && other.until.is_none_or(|until| self.from < until)
    }
}

/// Whose override a parameter setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterScope {
    /// the clinic's, for every patient
    Clinic,
    /// one patient's
    Patient,
}

/// A parameter set, or set back, at some time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterSetting {
    /// whose
    pub scope: ParameterScope,
    /// `programme.name`, e.g. `heart-failure.gain_3d`
    pub key: String,
    /// the value as written, with unit: `2.5 kg`; `None` sets back to the next wider scope
    pub value: Option<String>,
    /// in force for readings measured from then on
    pub effective_from: Instant,
    /// journal position; of two with one `effective_from` the later wins
    pub seq: u64,
}

/// One patient in event time. A pure function of the journal: build it by [`History::apply`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// who
    pub patient: PatientId,
    /// their time zone
    pub timezone: Timeline<Tz>,
    /// active, paused, ended
    pub status: Timeline<PatientStatus>,
    /// programmes
    pub enrolments: Vec<Enrolment>,
    /// parameters of the clinic and of this patient, in journal order
    pub parameters: Vec<ParameterSetting>,
    /// the readings that are this patient's by the assignments known now, ordered by
    /// (`measured_at`, source, device, id)
    pub readings: Vec<StoredReading>,
    /// corrections on this patient's devices that are not this patient's, by another slot or another time: they take the
    /// place of what they correct here too, and are judged where they belong
    pub elsewhere: Vec<StoredReading>,
}

impl History {
    /// Nothing known yet.
    #[must_use]
    pub fn new(patient: PatientId) -> Self {
        Self {
            patient,
            timezone: Timeline::default(),
            status: Timeline::default(),
            enrolments: Vec::new(),
            parameters: Vec::new(),
            readings: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Adds what `event` says about this patient. Assignments are resolved by whoever reads the store, who
    /// then replaces `readings` through [`History::set_readings`]; commands and starts change nothing here.
    pub fn apply(&mut self, event: &Event) {
        match &event.body {
            EventBody::Reading(reading) => self.insert_reading((**reading).clone()),
            EventBody::PatientChanged(change) => self.apply_change(event, change),
            EventBody::ParametersSet { scope, values, effective_from, .. } => {
                self.parameters.extend(values.iter().map(|(key, value)| ParameterSetting {
                    scope: *scope,
                    key: key.clone(),
                    value: value.clone(),
                    effective_from: *effective_from,
                    seq: event.seq,
                }));
            }
            EventBody::AssignmentsChanged { .. }
            | EventBody::RulebookInstalled { .. }
            | EventBody::Command { .. }
            | EventBody::CoverSet { .. }
            | EventBody::PersonChanged { .. }
            | EventBody::Undeliverable { .. }
            | EventBody::Started { .. } => {}
        }
    }

    fn apply_change(&mut self, event: &Event, change: &Change) {
        if let Some(timezone) = change.timezone {
            self.timezone.set(change.effective_from, timezone);
        }
        if let Some(status) = change.status {
            self.status.set(change.effective_from, status);
        }
        if let Some(enrolments) = &change.enrolments {
            let mut enrolments = enrolments.clone();
            Enrolment::enter(&mut enrolments, &self.enrolments, event.at);
            self.enrolments = enrolments;
        }
    }

    /// Adds one reading at its place; a reading that is there already is left alone.
    pub fn insert_reading(&mut self, reading: StoredReading) {
        if let Err(place) = self.readings.binary_search_by(|r| order(r).cmp(&order(&reading))) {
            self.readings.insert(place, reading);
        }
    }

    /// Replaces all readings, after assignments changed.
    pub fn set_readings(&mut self, mut readings: Vec<StoredReading>) {
        readings.sort_by(|a, b| order(a).cmp(&order(b)));
        self.readings = readings;
    }

    /// The patient's status at `time`; before anything was said, active.
    #[must_use]
    pub fn status_at(&self, time: Instant) -> PatientStatus {
        self.status.at(time).copied().unwrap_or(PatientStatus::Active)
    }

    /// The patient's time zone at `time`; before anything was said, UTC.
    #[must_use]
    pub fn timezone_at(&self, time: Instant) -> Tz {
        self.timezone.at_or_first(time).copied().unwrap_or(Tz::UTC)
    }

    /// The setting in force at `time` for `key` in `scope`, if one is.
    #[must_use]
    pub fn setting_at(&self, scope: ParameterScope, key: &str, time: Instant) -> Option<&ParameterSetting> {
        let reaches = |s: &&ParameterSetting| s.scope == scope && s.key == key && s.effective_from <= time;
        // What was entered later replaces what it reaches, as in `Timeline`.
        self.parameters.iter().filter(reaches).max_by_key(|s| s.seq).filter(|s| s.value.is_some())
    }
}

/// Ties go by source, device, id.
fn order(r: &StoredReading) -> (vitals::MeasuredAt, &vitals::ReadingKey) {
    (r.reading.measured_at, &r.reading.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(hours: i64) -> Instant {
        Instant::from_timestamp(hours * 3600, 0).unwrap()
    }

    fn enrolment(programme: &str, from: i64, until: Option<i64>, entered: i64) -> Enrolment {
        let programme = ProgrammeId::new(programme).unwrap();
        Enrolment { programme, from: t(from), until: until.map(t), entered_at: t(entered) }
    }

    #[test]
    fn other_dates_do_not_enter_an_enrolment_anew() {
        let before = [enrolment("copd", 10, Some(20), 5), enrolment("copd", 30, None, 25)];
        #[track_caller]
        fn check(before: &[Enrolment], programme: &str, from: i64, until: Option<i64>, entered: i64) {
            let mut new = [enrolment(programme, from, until, 0)];
            Enrolment::enter(&mut new, before, t(50));
            assert_eq!(new[0].entered_at, t(entered));
        }
        check(&before, "copd", 30, Some(40), 25);
        check(&before, "copd", 29, None, 25);
        check(&before, "copd", 60, None, 25);
        check(&before, "copd", 12, Some(15), 5);
        check(&before, "copd", 0, None, 5);
        check(&before, "copd", 10, None, 5);
        check(&before, "copd", 20, Some(30), 50);
        check(&before, "diabetes", 10, None, 50);
    }
}
