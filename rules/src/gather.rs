//! One turn of one patient: gather → evaluate → commit.

use crate::{PatientReplay, Rulebooks, RulesError};
use care::cover::CoverBook;
use care::{Event, PatientId, Run};
use std::sync::Arc;
use store::{PatientWork, SharedStore, StoreError};
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

/// Folds `events`.
async fn fold(
    store: &SharedStore,
    rulebooks: &Rulebooks,
    patient: &PatientId,
    replay: &mut PatientReplay,
    events: &[Event],
    runs: &[Run],
) -> Result<(), RulesError> {
    for event in events {
        let known = if PatientReplay::wants_history(event) {
            Some((rulebooks.current(store).await?, store.history(patient, event.seq).await?))
        } else {
            None
        };
        replay.event(event, known, runs);
    }
    Ok(())
}

/// Feeds the events after what is folded. Returns whether more are waiting.
pub(crate) async fn feed(
    store: &SharedStore,
    rulebooks: &Rulebooks,
    patient: &PatientId,
    replay: &mut PatientReplay,
    head: u64,
    runs: &[Run],
) -> Result<bool, RulesError> {
    let events = store.events_after(patient, replay.folded(), EVENTS_PER_COMMIT).await?;
    fold(store, rulebooks, patient, replay, &events, runs).await?;
    Ok(replay.folded() < head)
}

/// How a turn ended: the patient as left in memory, and whether events are still waiting.
pub struct Turn {
    /// to be given to the next turn, or thrown away: the store knows enough to rebuild it
    pub replay: Box<PatientReplay>,
    /// there is more to fold
    pub more: bool,
    /// it was rebuilt from the store: not in memory, or what it remembered was too little
    pub rebuilt: bool,
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
    remembered: Option<Box<PatientReplay>>,
    runs: &[Run],
    now: impl Fn() -> Instant,
) -> Result<Turn, RulesError> {
    let known = remembered.as_ref().map(|replay| replay.stand());
    let gathered = store.gather(patient, known, EVENTS_PER_COMMIT).await?;
    let cover = rulebooks.cover(store, gathered.cover).await?;
    let (mut replay, mut rebuilt) = match (remembered, gathered.work) {
        (Some(mut replay), None) => {
            replay.set_cover(Arc::clone(&cover));
            (replay, false)
        }
        (_, Some(work)) => (Box::new(rebuild(store, rulebooks, work, Arc::clone(&cover)).await?), true),
        (None, None) => return Err(StoreError::Stale.into()),
    };
    loop {
        fold(store, rulebooks, patient, &mut replay, &gathered.events, runs).await?;
        let more = replay.folded() < gathered.head;
        if !more {
            // Read before the commit: whatever lands later is stamped later, so nothing can fall before a wake-up.
            replay.wake_until(now(), runs);
        }
        // What was just rebuilt lacks nothing.
        if replay.lacks_history() && !rebuilt {
            // Something late, or long ago: from everything that is known, once more.
            let work = store.work(patient).await?;
            (replay, rebuilt) = (Box::new(rebuild(store, rulebooks, work, Arc::clone(&cover)).await?), true);
            replay.keep_whole();
            continue;
        }
        store.commit_evaluation(replay.commit(gathered.head.max(replay.folded()))).await?;
        replay.forget();
        return Ok(Turn { replay, more, rebuilt });
    }
}
