//! Keeps the door's memory in step with the store: changed sources, waiting prompts, what was counted.

use super::bell;
use super::{Door, lock};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::Notice;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};
use vitals::SourceId;

/// How often counts are written down and expired sessions forgotten.
const PERIOD: Duration = Duration::from_secs(5);

/// Runs until the stop.
pub(crate) async fn run(door: Arc<Door>, mut notices: tokio::sync::broadcast::Receiver<Arc<Notice>>) {
    let mut tick = tokio::time::interval(PERIOD);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = door.stop.cancelled() => break,
            _ = tick.tick() => tidy(&door).await,
            notice = notices.recv() => match notice {
                Ok(notice) => heed(&door, &notice).await,
                Err(RecvError::Lagged(_)) => look_again(&door).await,
                Err(RecvError::Closed) => break,
            },
        }
    }
    door.stop.cancelled().await;
    note(&door).await;
}

async fn heed(door: &Door, notice: &Notice) {
    for source in notice.prompts.iter().filter_map(|id| door.sources.get(id)) {
        source.ring(bell::PROMPTS);
    }
    for source in notice.sources.iter().filter_map(|id| door.sources.get(id)) {
        match door.pipeline.store.source_key(&source.id).await {
            Ok(record) => source.update(record.as_ref()),
            Err(error) => tracing::warn!(error = %error, "a changed source could not be read"),
        }
    }
}

/// Some notices were missed: everything may have changed.
async fn look_again(door: &Door) {
    refresh(door).await;
    for source in door.sources.all() {
        source.ring(bell::PROMPTS);
    }
}

async fn refresh(door: &Door) {
    match door.pipeline.store.source_keys().await {
        Ok(records) => {
            let by_id: std::collections::HashMap<&SourceId, _> = records.iter().map(|r| (&r.id, r)).collect();
            for source in door.sources.all() {
                source.update(by_id.get(&source.id).copied());
            }
        }
        Err(error) => tracing::warn!(error = %error, "the sources could not be read"),
    }
}

async fn tidy(door: &Door) {
    note(door).await;
    let now = Instant::now();
    door.sources.tidy(now);
    lock(&door.addresses).forget(now);
    lock(&door.offenders).forget(now);
}

/// Writes down who was seen and what was counted. With nothing to say it is the journal's heartbeat: the stamp of the
/// last commit is what the next start takes for the moment since which nothing was taken in.
async fn note(door: &Door) {
    let now = door.pipeline.clock.now();
    let seen: Vec<_> = door
        .sources
        .all()
        .into_iter()
        .filter(|source| source.seen.swap(false, Ordering::AcqRel))
        .map(|source| {
            let qos0 = source.qos0.swap(0, Ordering::AcqRel);
            let unknown_fields = source.unknown_fields.swap(0, Ordering::AcqRel);
            (source.id.clone(), now, qos0, unknown_fields)
        })
        .collect();
    if let Err(error) = door.pipeline.store.note_sources(seen).await {
        tracing::warn!(error = %error, "the counts of some sources could not be noted");
    }
}
