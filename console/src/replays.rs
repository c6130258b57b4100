//! Replaying many quarantined items at once, while somebody watches.

use crate::app::Shared;
use crate::problem::Problem;
use care::Actor;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use store::{ItemStatus, PageRequest, StoreError};
use vitals::{Instant, SourceId};

/// So many runs are remembered.
const REMEMBERED: usize = 20;
/// Rows are read in parts of this length.
const PART: u32 = 200;

/// What a run took up: everything of one reason, of one source, or all that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) code: Option<String>,
    pub(crate) source: Option<SourceId>,
}

/// How far a run is.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) number: u64,
    pub(crate) chosen: Chosen,
    pub(crate) by: Actor,
    pub(crate) began_at: Instant,
    pub(crate) stored: u64,
    pub(crate) duplicate: u64,
    pub(crate) refused: u64,
    pub(crate) end: Option<End>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// everything was taken up
    Done,
    /// the process stops, or the store failed; what is left can be taken up again
    Broken,
}

/// The runs of this process, newest last.
#[derive(Debug, Default)]
pub(crate) struct Replays(Mutex<VecDeque<Run>>);

impl Replays {
    /// Every run that is remembered, newest first.
    pub(crate) fn all(&self) -> Vec<Run> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    fn begin(&self, chosen: Chosen, by: Actor, now: Instant) -> Result<u64, Problem> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.iter().any(|run| run.end.is_none()) {
            return Err(Problem::conflict("A replay is running already; wait until it has ended."));
        }
        let number = runs.back().map_or(1, |run| run.number.saturating_add(1));
        runs.push_back(Run { number, chosen, by, began_at: now, stored: 0, duplicate: 0, refused: 0, end: None });
        if runs.len() > REMEMBERED {
            runs.pop_front();
        }
        Ok(number)
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Run)) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = runs.iter_mut().find(|run| run.number == number) {
            change(run);
        }
    }
}

/// Begins a run; it goes on by itself and the page shows how far it is.
pub(crate) fn begin(app: &Shared, chosen: Chosen, by: &Actor) -> Result<(), Problem> {
    let number = app.replays.begin(chosen.clone(), by.clone(), app.clock.now())?;
    let shared = app.clone();
    app.tasks.spawn_short("replay from quarantine", async move {
        let end = match work(&shared, number, chosen).await {
            Ok(end) => end,
            Err(error) => {
                tracing::error!(%error, "a replay from quarantine stopped");
                End::Broken
            }
        };
        shared.replays.change(number, |run| run.end = Some(end));
    });
    Ok(())
}

async fn work(app: &Shared, number: u64, chosen: Chosen) -> Result<End, StoreError> {
    let mut page = PageRequest { after: None, limit: PART };
    loop {
        // The walk goes by row, so what is refused again is not met twice.
        let part = app.store.quarantine(chosen.code.as_deref(), chosen.source.as_ref(), page.clone()).await?;
        for row in part.items {
            if app.stop.is_cancelled() {
                return Ok(End::Broken);
            }
            let status = match app.replayer.replay(row.row).await {
                Ok(status) => status,
                // Somebody else was faster.
                Err(StoreError::Conflict(_) | StoreError::NotFound(_)) => continue,
                Err(error) => return Err(error),
            };
            app.replays.change(number, |run| {
                let count = match status {
                    ItemStatus::Stored { .. } => &mut run.stored,
                    ItemStatus::Duplicate => &mut run.duplicate,
                    ItemStatus::Quarantined { .. } => &mut run.refused,
                };
                *count = count.saturating_add(1);
            });
        }
        match part.next {
            Some(next) => page.after = Some(next),
            None => return Ok(End::Done),
        }
    }
}
