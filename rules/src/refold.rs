//! Folding a patient's whole journal from empty: what proves that live equals replay.

use crate::{PatientReplay, Rulebooks, RulesError, gather};
use care::{Episode, Fold, MessageRequest, PatientId, Run, Task, TaskEvent};
use std::collections::BTreeMap;
use store::{PatientWork, SharedStore};
use vitals::Instant;

/// What a patient's journal gives when it is folded from empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refolded {
    /// every episode as of the end
    pub episodes: Vec<Episode>,
    /// every task, by id
    pub tasks: Vec<Task>,
    /// their timelines
    pub task_events: Vec<TaskEvent>,
    /// every message asked for
    pub messages: Vec<MessageRequest>,
}

/// Folds the journal of `patient` from empty up to its head, and wake-ups up to `until`. Writes nothing.
///
/// # Errors
/// [`RulesError`] where the store does not answer or its rulebooks do not load.
pub async fn refold(
    store: &SharedStore,
    patient: &PatientId,
    runs: &[Run],
    until: Instant,
) -> Result<Refolded, RulesError> {
    let rulebooks = Rulebooks::default();
    let stands = store.work(patient).await?;
    let head = stands.head;
    let empty = PatientWork { folded: 0, wake_at: None, fold: Fold::default(), ..stands };
    let cover = rulebooks.cover(store, empty.cover).await?;
    let history = care::History::new(patient.clone());
    let mut replay = PatientReplay::new(&rulebooks.current(store).await?, &history, empty, Instant::UNIX_EPOCH, cover);
    replay.stored_episodes(Vec::new());
    let mut tasks: BTreeMap<care::TaskId, Task> = BTreeMap::new();
    let mut task_events = Vec::new();
    let mut messages = Vec::new();
    loop {
        let more = gather::feed(store, &rulebooks, patient, &mut replay, head, runs).await?;
        if !more {
            replay.wake_until(until, runs);
        }
        let effects = replay.commit(head).effects;
        tasks.extend(effects.tasks.into_iter().map(|t| (t.id.clone(), t)));
        task_events.extend(effects.task_events);
        messages.extend(effects.messages);
        if !more {
            break;
        }
    }
    Ok(Refolded { episodes: replay.episodes().to_vec(), tasks: tasks.into_values().collect(), task_events, messages })
}
