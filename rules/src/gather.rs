//! One turn of one patient: gather → evaluate → commit.

use crate::{PatientReplay, Rulebooks, RulesError};
use care::cover::CoverBook;
use care::{PatientId, Run};
use std::sync::Arc;
use store::{PatientWork, SharedStore};
use vitals::Instant;

/// Events folded in one commit at the most; a long backlog is folded in several.
const EVENTS_PER_COMMIT: u32 = 2_000;

/// Rebuilds a patient as of what is folded, from the store.
pub(crate) async fn rebuild(
    store: &SharedStore,
    rulebooks: &Rulebooks,
    work: PatientWork,
    cover: Arc<CoverBook>,
) -> Result<PatientReplay, RulesError> {
    let history = store.history(&work.patient, work.folded).await?;
    let stored = store.episodes(&work.patient).await?;
    let as_of = work.fold.as_of.unwrap_or(Instant::UNIX_EPOCH);
    let mut replay = PatientReplay::new(&rulebooks.current(store).await?, &history, work, as_of, cover);
    replay.stored_episodes(stored);
    Ok(replay)
}

/// Feeds the events after what is folded. Returns the patient's head as gathered, and whether more are waiting.
pub(crate) async fn feed(
    store: &SharedStore,
    rulebooks: &Rulebooks,
    patient: &PatientId,
    replay: &mut PatientReplay,
    head: u64,
    runs: &[Run],
) -> Result<bool, RulesError> {
    let events = store.events_after(patient, replay.folded(), EVENTS_PER_COMMIT).await?;
    for event in &events {
        let known = if PatientReplay::wants_history(event) {
            Some((rulebooks.current(store).await?, store.history(patient, event.seq).await?))
        } else {
            None
        };
        replay.event(event, known, runs);
    }
    Ok(replay.folded() < head)
}

/// How a turn ended: the patient as left in memory, and whether events are still waiting.
pub struct Turn {
    /// to be given to the next turn, or thrown away: the store knows enough to rebuild it
    pub replay: PatientReplay,
    /// there is more to fold
    pub more: bool,
}

/// Folds what `patient` has waiting, and the wake-ups due at `now`, and commits it. `remembered` spares a rebuild
/// where it stands where the store does.
///
/// # Errors
/// [`RulesError`]: with [`StoreError::Stale`] something landed in between, and the turn is to be done again.
pub async fn turn(
    store: &SharedStore,
    rulebooks: &Rulebooks,
    patient: &PatientId,
    remembered: Option<PatientReplay>,
    runs: &[Run],
    now: impl FnOnce() -> Instant,
) -> Result<Turn, RulesError> {
    let work = store.work(patient).await?;
    let head = work.head;
    let cover = rulebooks.cover(store, work.cover).await?;
    let mut replay = match remembered.filter(|r| r.stands_at(&work)) {
        Some(mut replay) => {
            replay.set_cover(cover);
            replay
        }
        None => rebuild(store, rulebooks, work, cover).await?,
    };
    let more = feed(store, rulebooks, patient, &mut replay, head, runs).await?;
    if !more {
        // Read before the commit: whatever lands later is stamped later, so nothing can fall before a wake-up.
        replay.wake_until(now(), runs);
    }
    store.commit_evaluation(replay.commit(head.max(replay.folded()))).await?;
    Ok(Turn { replay, more })
}
