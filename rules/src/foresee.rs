//! What a change would make of the people whom it concerns: the live evaluation on an input that is not there yet.
//! Nothing is written.

use crate::{PatientReplay, Rulebooks, RulesError, gather};
use care::{Actor, Assignments, Event, EventBody, Foreseen, History, PatientId, Proposal, Run, Task};
use chrono::TimeDelta;
use rule_engine::Evaluator;
use service_kit::Clock;
use std::collections::BTreeMap;
use store::{SharedStore, StoreError};
use vitals::{DeviceRef, Instant, ReadingKey, StoredReading};

/// So far back episodes are compared.
const COMPARED: TimeDelta = TimeDelta::days(90);
/// Longer than any window of a rule, so that what is compared is judged as it was.
const WINDOWS: TimeDelta = TimeDelta::days(35);
/// So many readings of a device may move; what is older stays as it is.
const MOVED: u32 = 50_000;

/// Whoever wants to know beforehand, with everything that it takes.
pub struct Foresight {
    store: SharedStore,
    clock: Clock,
    rulebooks: Rulebooks,
}

impl Foresight {
    /// On this store, by this clock.
    #[must_use]
    pub fn new(store: SharedStore, clock: Clock) -> Self {
        Self { store, clock, rulebooks: Rulebooks::default() }
    }

    /// What `proposal` would make of everybody whom it concerns, if it were committed now.
    ///
    /// # Errors
    /// The store's own; rulebooks that do not load are [`StoreError::Invalid`].
    pub async fn foresee(&self, proposal: &Proposal) -> Result<Vec<Foreseen>, StoreError> {
        foresee(&self.store, &self.rulebooks, proposal, self.clock.now()).await.map_err(|error| match error {
            RulesError::Store(error) => error,
            RulesError::Rulebooks(why) => StoreError::Invalid(why),
        })
    }
}

/// What `proposal` would make of everybody whom it concerns, if it were committed at `now`.
///
/// # Errors
/// [`RulesError`] where the store does not answer or its rulebooks do not load.
pub async fn foresee(
    store: &SharedStore,
    rulebooks: &Rulebooks,
    proposal: &Proposal,
    now: Instant,
) -> Result<Vec<Foreseen>, RulesError> {
    let runs = store.runs().await?;
    match proposal {
        Proposal::Said { patient, body } => {
            let asked = Asked { store, rulebooks, runs: &runs, now };
            Ok(vec![asked.said(patient, body).await?])
        }
        Proposal::Handed { device, lists } => {
            let asked = Asked { store, rulebooks, runs: &runs, now };
            let all = whole(store.device_assignments(device).await?, device, lists);
            let moved = store.device_readings(device, MOVED).await?;
            let mut found = Vec::new();
            for (patient, assignments) in lists {
                let body = EventBody::AssignmentsChanged { assignments: assignments.clone(), reason: String::new() };
                found.push(asked.handed(patient, &body, (device, &all, &moved)).await?);
            }
            Ok(found)
        }
    }
}

/// Every assignment of the device after the change.
fn whole(
    before: Vec<care::Assignment>,
    device: &DeviceRef,
    lists: &[(PatientId, Vec<care::Assignment>)],
) -> Assignments {
    let kept = before.into_iter().filter(|a| !lists.iter().any(|(who, _)| *who == a.patient));
    let new = lists.iter().flat_map(|(_, list)| list).filter(|a| a.device == *device).cloned();
    let mut all = Assignments::default();
    for assignment in kept.chain(new) {
        // An overlap is refused when the change is committed; here the first of two speaks.
        let _ = all.add(assignment);
    }
    all
}

struct Asked<'a> {
    store: &'a SharedStore,
    rulebooks: &'a Rulebooks,
    runs: &'a [Run],
    now: Instant,
}

impl Asked<'_> {
    async fn said(&self, patient: &PatientId, body: &EventBody) -> Result<Foreseen, RulesError> {
        let stands = self.stands(patient).await?;
        let mut after = stands.history.clone();
        let mut always = stands.history.clone();
        after.apply(&stands.event(body.clone()));
        always.apply(&stands.event(since(body, self.now - COMPARED)));
        self.compared(stands, body.clone(), after, always).await
    }

    async fn handed(
        &self,
        patient: &PatientId,
        body: &EventBody,
        (device, all, moved): (&DeviceRef, &Assignments, &[StoredReading]),
    ) -> Result<Foreseen, RulesError> {
        let stands = self.stands(patient).await?;
        let mut after = stands.history.clone();
        let known: BTreeMap<&ReadingKey, &StoredReading> = moved.iter().map(|r| (&r.reading.key, r)).collect();
        let elsewhere = |r: &&StoredReading| r.reading.device_ref() != *device || !known.contains_key(&r.reading.key);
        let stay = stands.history.readings.iter().filter(elsewhere);
        let theirs = moved.iter().filter(|r| all.patient_of_reading(&r.reading) == Some(patient));
        after.set_readings(stay.chain(theirs).cloned().collect());
        let always = after.clone();
        self.compared(stands, body.clone(), after, always).await
    }

    /// The patient as the rules have them now, everything waiting folded.
    async fn stands(&self, patient: &PatientId) -> Result<Stands, RulesError> {
        let work = self.store.work(patient).await?;
        let head = work.head;
        let history = self.store.history(patient, head).await?;
        let cover = self.rulebooks.cover(self.store, work.cover).await?;
        let mut replay = gather::rebuild(self.store, self.rulebooks, work, cover).await?;
        while gather::feed(self.store, self.rulebooks, patient, &mut replay, head, self.runs).await? {}
        replay.wake_until(self.now, self.runs);
        // What is folded so far is as good as committed; what follows is the change's doing.
        drop(replay.commit(head));
        Ok(Stands { replay, history, head, now: self.now })
    }

    async fn compared(
        &self,
        stands: Stands,
        body: EventBody,
        after: History,
        always: History,
    ) -> Result<Foreseen, RulesError> {
        let rulebooks = self.rulebooks.current(self.store).await?;
        let event = stands.event(body);
        let Stands { mut replay, history, head, now } = stands;
        let patient = history.patient.clone();
        let from = now - COMPARED;
        let within = |mut history: History| {
            history.readings.retain(|r| r.reading.measured_at.instant() >= from - WINDOWS);
            let mut episodes = Evaluator::new(&rulebooks, &history, now).evaluation().episodes.clone();
            episodes.retain(|e| e.cleared_at.is_none_or(|over| over >= from));
            episodes
        };
        let (before, all_along) = (within(history), within(always));
        let open: Vec<Task> = replay.fold().open.values().cloned().collect();
        replay.event(&event, Some((rulebooks, after)), self.runs);
        replay.wake_until(now, self.runs);
        let tasks = replay.commit(head + 1).effects.tasks;
        let was = |task: &Task| open.iter().find(|t| t.id == task.id);
        let (opened, others): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(|t| was(t).is_none());
        let (changed, cancelled): (Vec<Task>, Vec<Task>) = others.into_iter().partition(|t| t.status.is_open());
        let differs = |task: &Task| was(task).is_none_or(|t| said(t) != said(task));
        Ok(Foreseen {
            patient,
            before,
            after: all_along,
            opened: opened.into_iter().filter(|t| t.status.is_open()).collect(),
            cancelled,
            changed: changed.into_iter().filter(differs).collect(),
        })
    }
}

/// What people see of an open task: that it covers an episode under another id they do not.
fn said(task: &Task) -> impl PartialEq + '_ {
    let over = (task.condition_over_since.is_some(), task.unwatched_since.is_some());
    (&task.rule, task.severity, &task.title, &task.reason, task.status, task.due_at, over)
}

/// A patient as they stand.
struct Stands {
    replay: PatientReplay,
    history: History,
    head: u64,
    now: Instant,
}

impl Stands {
    /// The change as the journal would have it.
    fn event(&self, body: EventBody) -> Event {
        Event { seq: self.head + 1, at: self.now, actor: Actor::hearth(), body }
    }
}

/// The same, but in force since `from` at the latest.
fn since(body: &EventBody, from: Instant) -> EventBody {
    let mut body = body.clone();
    match &mut body {
        EventBody::ParametersSet { effective_from, .. } => *effective_from = (*effective_from).min(from),
        EventBody::PatientChanged(change) => change.effective_from = change.effective_from.min(from),
        _ => {}
    }
    body
}
