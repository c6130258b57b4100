//! Ninety days in a few seconds: what was sent is admitted and folded as it would have been then, on a clock that is
//! moved by hand, and a simulated team settles the tasks. What opened lately is left for the visitor.

use std::{
    iter::Peekable,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use care::{Actor, Command, Outcome, Queue, Run, TaskStatus, Verb};
use chrono::{NaiveTime, TimeDelta};
use firmware_sim::{Cohort, PastMessage};
use ingest::admission::AdmissionLimits;
use rules::{Reconciler, ReconcilerOptions};
use service_kit::{Clock, ManualClock};
use store::{PageRequest, TaskFilter};
use vitals::{Instant, ReceivedAt};

use crate::{
    failure::Failure,
    hold::Hold,
    intake::{self, BATCH, Counts},
    place::OpenStore,
    service::Process,
};

/// Tasks younger than this at the anchor are left open.
const LEFT_OPEN: TimeDelta = TimeDelta::hours(84);
/// How long the team takes for a task.
const HANDLED_AFTER: TimeDelta = TimeDelta::hours(3);
/// Hours (UTC) at which the past is committed: after the morning's and the evening's readings, before midnight in the
/// time zones where the people live, so that nothing seems to be missing that came the same day.
const STEPS: [u32; 2] = [11, 21];
/// How long one step may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// The time in which the store and the rules live while the past is played.
pub(super) struct Past {
    clock: Clock,
    hand: ManualClock,
    over: Arc<AtomicBool>,
    anchor: Instant,
}

/// Opens a store whose commits are stamped in the past, until [`play`] has come to `anchor`.
pub(super) fn open(dir: &Path, hold: Hold, anchor: Instant) -> Result<(OpenStore, Past), Failure> {
    let (clock, hand) = Clock::manual(anchor - TimeDelta::days(i64::from(Cohort::DAYS) + 2));
    let over = Arc::new(AtomicBool::new(false));
    let (stamp, now, is_over) = (clock.clone(), Clock::system(), over.clone());
    let stamp = Arc::new(move || if is_over.load(Ordering::Acquire) { now.now() } else { stamp.now() });
    let open = OpenStore::open_stamped(dir, Some(hold), Clock::system(), stamp)?;
    Ok((open, Past { clock, hand, over, anchor }))
}

/// Plays the history of `cohort` and ends in the present.
pub(super) async fn play(open: &OpenStore, past: Past, cohort: &Cohort, runs: Vec<Run>) -> Result<(), Failure> {
    let anchor = past.anchor;
    let from = cohort.homes().iter().flat_map(|home| &home.people).map(firmware_sim::Persona::enrolled_at).min();
    if let Some(from) = from {
        let process = Process::default();
        let usual = ReconcilerOptions::default();
        // Nobody has a page open yet.
        let options = ReconcilerOptions { catching_up: usual.concurrency, ..usual };
        let Process { metrics, health, shutdown } = &process;
        Reconciler::start(open.store.clone(), past.clock.clone(), metrics, health, shutdown, runs, options)
            .await
            .map_err(|error| Failure::because("the rules cannot start", &error))?;
        let mut messages: Vec<PastMessage> = cohort.history(from, anchor).collect();
        messages.sort_by_key(|past| past.received_at);
        let mut messages = messages.into_iter().peekable();
        for step in steps(from, anchor) {
            past.hand.set(step);
            admit(open, arrived(&mut messages, step, step == anchor)).await?;
            settle(open, step).await?;
            if anchor - step > LEFT_OPEN {
                handle_tasks(open, step).await?;
            }
        }
        shutdown.drain(PATIENCE).await;
    }
    past.over.store(true, Ordering::Release);
    Ok(())
}

/// What arrived by `step`, of messages in the order in which they do. What would arrive after the `last` step arrives with
/// it: nothing of the past is left out, and nothing was received in the future.
fn arrived(messages: &mut Peekable<impl Iterator<Item = PastMessage>>, step: Instant, last: bool) -> Vec<PastMessage> {
    let next = || messages.next_if(|past| past.received_at <= step || last);
    std::iter::from_fn(next).map(|past| PastMessage { received_at: past.received_at.min(step), ..past }).collect()
}

/// The instants at which the past is committed; the last is the anchor.
fn steps(from: Instant, anchor: Instant) -> Vec<Instant> {
    let days = std::iter::successors(Some(from.date_naive()), |day| day.succ_opt());
    let of_day = |day: chrono::NaiveDate| {
        STEPS.into_iter().filter_map(move |hour| Some(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?).and_utc()))
    };
    let before = days.flat_map(of_day).skip_while(|step| *step <= from).take_while(|step| *step < anchor);
    before.chain([anchor]).collect()
}

async fn admit(open: &OpenStore, messages: Vec<PastMessage>) -> Result<(), Failure> {
    let limits = AdmissionLimits::default();
    let mut counts = Counts::default();
    let mut batch = Vec::new();
    for PastMessage { message, received_at } in messages {
        batch.push(intake::judge(
            message.device,
            message.channel,
            Bytes::from(message.payload),
            ReceivedAt(received_at),
            &limits,
        ));
        if batch.len() >= BATCH {
            intake::commit(&open.store, std::mem::take(&mut batch), &mut counts).await?;
        }
    }
    Ok(intake::commit(&open.store, batch, &mut counts).await?)
}

/// Waits until the rules have folded everything and nobody waits for a time that has come.
async fn settle(open: &OpenStore, now: Instant) -> Result<(), Failure> {
    let settled = async {
        loop {
            let waiting = open.store.dirty_patients(1).await?;
            let due = if waiting.is_empty() { open.store.due_patients(now, 1).await?.0 } else { waiting };
            if due.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, settled).await {
        Ok(result) => result,
        Err(_) => Err(Failure::expected("the rules do not keep up with the simulated history; the log says more")),
    }
}

/// The team settles what has been open for a while.
async fn handle_tasks(open: &OpenStore, now: Instant) -> Result<(), Failure> {
    const OUTCOMES: [(Outcome, &str); 4] = [
        (Outcome::AdviceGiven, "Called; salt and fluids discussed, will measure again tomorrow."),
        (Outcome::NoAction, "Called; feels well, no symptoms. Keep watching."),
        (Outcome::MedicationChanged, "Spoke to the practice; dose adjusted."),
        (Outcome::VisitArranged, "Practice visit arranged for this week."),
    ];
    let filter = TaskFilter { status: vec![TaskStatus::Requested], queue: Some(Queue::Care), ..TaskFilter::default() };
    let page = open.store.tasks(&care::Scope::All, &filter, PageRequest { after: None, limit: 500 }).await?;
    let waiting = page.items.into_iter().filter(|task| now - task.created_at >= HANDLED_AFTER);
    for (task, (outcome, note)) in waiting.zip(OUTCOMES.into_iter().cycle()) {
        let command = Command {
            task: task.id,
            verb: Verb::Complete,
            note: Some(note.to_owned()),
            outcome: Some(outcome),
            owner: None,
            until: None,
        };
        open.store.submit_command(command, &Actor("coordinator".to_owned())).await?;
    }
    settle(open, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_past_is_left_out_or_comes_from_the_future() {
        let anchor = Instant::from_timestamp(1_800_000_000, 0).unwrap();
        let from = anchor - TimeDelta::days(3);
        // Somebody's hub is without internet at the anchor.
        let late = |sent: &Vec<PastMessage>| sent.last().is_some_and(|past| past.received_at > anchor);
        let mut sent = (0..99).map(|seed| {
            let mut sent: Vec<PastMessage> = Cohort::new(seed, 24, anchor).history(from, anchor).collect();
            sent.sort_by_key(|past| past.received_at);
            sent
        });
        let sent = sent.find(late).unwrap();
        let all = sent.len();
        let mut messages = sent.into_iter().peekable();
        let mut seen = 0;
        for step in steps(from, anchor) {
            let come = arrived(&mut messages, step, step == anchor);
            assert!(come.iter().all(|past| past.received_at <= step));
            seen += come.len();
        }
        assert_eq!(seen, all);
    }
}
