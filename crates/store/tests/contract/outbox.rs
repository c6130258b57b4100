//! Messages are written with the evaluation, leave together, and end somewhere.

use crate::kit::*;
use crate::worklist::{commit, evaluation, task};
use care::cover::{Channel, Policy};
use care::*;
use store::*;

fn asks(step: u32, recipient: &str, severity: Severity, send_at: vitals::Instant) -> MessageRequest {
    MessageRequest {
        task: TaskId::new("t1").unwrap(),
        step,
        severity,
        recipient: Actor(recipient.into()),
        channel: Channel::Email,
        send_at,
    }
}

fn telling(messages: Vec<MessageRequest>) -> Effects {
    Effects { messages, ..Effects::default() }
}

async fn claim(store: &dyn Store, at: vitals::Instant) -> Vec<MessageBatch> {
    store.claim_messages(at, at + chrono::TimeDelta::minutes(1), 100).await.unwrap().batches
}

fn whom(batches: &[MessageBatch]) -> Vec<(&str, usize)> {
    batches.iter().map(|b| (b.recipient.0.as_str(), b.tasks.len())).collect()
}

async fn states(store: &dyn Store) -> Vec<MessageState> {
    let mut rows = store.messages(None, all()).await.unwrap().items;
    rows.sort_by_key(|m| m.row);
    rows.iter().map(|m| m.state).collect()
}

pub(crate) async fn a_message_is_written_once_and_leaves_with_the_others(store: &dyn Store) {
    patient(store, "anna").await;
    let mut other = asks(1, "ada", Severity::Critical, day(99));
    other.task = TaskId::new("t2").unwrap();
    let effects = telling(vec![
        asks(1, "ada", Severity::High, day(99)),
        other,
        asks(1, "ben", Severity::High, day(99)),
        asks(2, "ada", Severity::Low, day(110)),
    ]);
    let mut notices = store.notices();
    for _ in 0..2 {
        commit(store, "anna", effects.clone()).await.unwrap();
    }
    let notice = notices.recv().await.unwrap();
    assert!(notice.messages);
    assert_eq!(notice.told.len(), 3, "the digest's is for later");
    let second = notices.recv().await.unwrap();
    assert!(second.told.is_empty() && !second.messages, "written once");

    let first = claim(store, day(101)).await;
    assert_eq!(whom(&first), [("ada", 2), ("ben", 1)]);
    assert_eq!(first[0].tasks[0], (TaskId::new("t2").unwrap(), Severity::Critical), "most urgent first");
    assert!(claim(store, day(101)).await.is_empty(), "somebody is at it");
    let next = store.claim_messages(day(101), day(102), 100).await.unwrap().next;
    assert_eq!(next, Some(day(101) + chrono::TimeDelta::minutes(1)), "then the lease is over");
    let again = claim(store, day(102)).await;
    assert_eq!(again, first, "after a crash the same message, under its id");
    let ends = first.iter().map(|b| (b.id.clone(), Settled::Sent)).collect();
    store.settle_messages(ends).await.unwrap();
    use MessageState::{Sent, Waiting};
    assert_eq!(states(store).await, [Sent, Sent, Sent, Waiting]);
    assert_eq!(store.claim_messages(day(103), day(104), 9).await.unwrap().next, Some(day(110)));
    assert_eq!(store.message_counts(day(103), day(0)).await.unwrap(), (0, 0));
}

pub(crate) async fn an_attempt_that_may_have_arrived_keeps_its_id(store: &dyn Store) {
    patient(store, "anna").await;
    commit(store, "anna", telling(vec![asks(1, "ada", Severity::High, day(99))])).await.unwrap();
    let first = claim(store, day(101)).await.remove(0);
    let retry = |perhaps_taken, at| Settled::Retry { at, why: "cut off".into(), perhaps_taken };
    store.settle_messages(vec![(first.id.clone(), retry(true, day(102)))]).await.unwrap();
    commit(store, "anna", telling(vec![asks(2, "ada", Severity::High, day(99))])).await.unwrap();
    assert_eq!(whom(&claim(store, day(101)).await), [("ada", 1)], "the new one leaves by itself");
    let again = claim(store, day(102)).await;
    let same = again.iter().find(|b| b.id == first.id).unwrap();
    assert_eq!((same.attempts, same.tasks.len()), (1, 1));

    let ends = again.iter().map(|b| (b.id.clone(), retry(false, day(103)))).collect();
    store.settle_messages(ends).await.unwrap();
    let merged = claim(store, day(103)).await;
    assert_eq!(merged.len(), 1, "what certainly did not arrive leaves together: {merged:?}");
    store.settle_messages(vec![(merged[0].id.clone(), Settled::Deferred { at: day(104) })]).await.unwrap();
    assert!(claim(store, day(103)).await.is_empty());
    assert_eq!(claim(store, day(104)).await[0].attempts, 2, "waiting for one's turn is no attempt");
}

pub(crate) async fn a_dead_end_is_an_event(store: &dyn Store) {
    patient(store, "anna").await;
    commit(store, "anna", telling(vec![asks(3, "ada", Severity::High, day(99))])).await.unwrap();
    let batch = claim(store, day(101)).await.remove(0);
    let why = || "mailbox unknown".to_owned();
    for _ in 0..2 {
        store.settle_messages(vec![(batch.id.clone(), Settled::DeadEnd { why: why() })]).await.unwrap();
    }
    assert_eq!(store.dirty_patients(9).await.unwrap(), [pid("anna")]);
    let after = store.work(&pid("anna")).await.unwrap().folded;
    let events = store.events_after(&pid("anna"), after, 9).await.unwrap();
    let bodies: Vec<_> = events.iter().map(|e| e.body.clone()).collect();
    let expected = EventBody::Undeliverable {
        task: TaskId::new("t1").unwrap(),
        step: 3,
        recipient: Actor("ada".into()),
        channel: Channel::Email,
        why: why(),
    };
    assert_eq!(bodies, [expected], "once");
    assert_eq!(store.message_counts(day(103), day(0)).await.unwrap(), (0, 1));
    let dead = store.messages(Some(MessageState::Dead), all()).await.unwrap().items;
    assert_eq!(dead[0].why.as_deref(), Some("mailbox unknown"));
}

pub(crate) async fn what_is_withdrawn_does_not_leave(store: &dyn Store) {
    patient(store, "anna").await;
    commit(store, "anna", telling(vec![asks(1, "ada", Severity::High, day(99))])).await.unwrap();
    let flying = claim(store, day(101)).await.remove(0);
    let withdrawn = vec![Withdrawal { task: TaskId::new("t1").unwrap(), up_to: 2 }];
    let messages = vec![asks(2, "ada", Severity::High, day(99)), asks(3, "ada", Severity::High, day(99))];
    commit(store, "anna", Effects { messages, withdrawn, ..Effects::default() }).await.unwrap();
    assert_eq!(whom(&claim(store, day(102)).await), [("ada", 1)]);
    store.settle_messages(vec![(flying.id, Settled::Sent)]).await.unwrap();
    use MessageState::{Sent, Waiting, Withdrawn};
    assert_eq!(states(store).await, [Sent, Withdrawn, Waiting], "what was on its way has left");
}

pub(crate) async fn a_policy_wakes_who_has_an_open_task_and_makes_older_evaluations_stale(store: &dyn Store) {
    for id in ["anna", "bert"] {
        patient(store, id).await;
        commit(store, id, Effects::default()).await.unwrap();
    }
    let tasks = vec![task("anna", "t1", TaskStatus::Requested)];
    commit(store, "anna", Effects { tasks, ..Effects::default() }).await.unwrap();
    let older = evaluation(store, "bert", Effects::default()).await;
    let policy = Policy { timezone: chrono_tz::UTC, people: vec![], default: None, programmes: Default::default() };
    let mut notices = store.notices();
    let seq = store.set_cover(Some(policy.clone()), day(0), "rota", &actor()).await.unwrap();
    assert_eq!(notices.recv().await.unwrap().dirty, [pid("anna")]);
    assert_eq!(store.due_patients(day(101), 9).await.unwrap().0, [pid("anna")]);
    assert!(matches!(store.commit_evaluation(older).await, Err(StoreError::Stale)));
    let book = store.cover().await.unwrap();
    assert_eq!((book.head(), book.at(day(101))), (seq, Some(&policy)));
    assert_eq!(store.work(&pid("bert")).await.unwrap().cover, seq);
    assert!(store.dirty_patients(9).await.unwrap().is_empty(), "nobody's journal has it");
}
