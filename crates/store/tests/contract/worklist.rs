//! The rules' gather and commit, and the tasks that come of it.

use crate::kit::*;
use care::*;
use store::*;
use vitals::*;

pub(crate) fn task(patient: &str, id: &str, status: TaskStatus) -> Task {
    Task {
        id: TaskId::new(id).unwrap(),
        patient: pid(patient),
        queue: Queue::Care,
        group: GroupKey::new("fluid").unwrap(),
        rule: RuleId::new("HF-W2").unwrap(),
        rulebook_version: "heart-failure 2026.1".into(),
        status,
        severity: Severity::High,
        title: "Call".into(),
        reason: Sentence::words("Weight up 2.6 kg"),
        basis: "ESC".into(),
        ask: vec![],
        episodes: vec![],
        owner: None,
        created_at: day(100),
        due_at: None,
        held_until: None,
        attempts: 0,
        condition_over_since: None,
        unwatched_since: None,
        unconfirmed: false,
        outcome: None,
        closed_at: None,
        closed_by: None,
        touched: false,
    }
}

pub(crate) fn episode(id: &str, opened_at: Instant) -> Episode {
    let point = EvidencePoint {
        reading: reading("scale", "1", opened_at).key,
        measured_at: opened_at,
        quantity: Quantity::Weight,
        value: Value::number("82.60".parse().unwrap(), Unit::Kilogram),
    };
    let rule = EpisodeRule {
        rule: RuleId::new("HF-W2").unwrap(),
        programme: ProgrammeId::new("heart-failure").unwrap(),
        rulebook: "heart-failure 2026.1".into(),
        opened_at,
        opened_by: Some(point.reading.clone()),
        why: Sentence::words("Weight up"),
        evidence: Evidence { points: vec![point], limits: vec![] },
        worsened: None,
        basis: "ESC".into(),
        severity: Severity::High,
        cleared: None,
        confirmed_by: None,
        confirm: None,
        task: TaskTemplate { title: "Call".into(), ask: vec![], due_s: None },
        revisit_s: None,
    };
    Episode {
        id: EpisodeId::new(id).unwrap(),
        group: GroupKey::new("fluid").unwrap(),
        opened_at,
        rules: vec![rule],
        cleared_at: None,
        severity: Severity::High,
        changes: vec![],
    }
}

fn entry(task: &str, what: &str, why: &str) -> TaskEvent {
    TaskEvent {
        task: TaskId::new(task).unwrap(),
        seq: 1,
        at: day(100),
        actor: Actor::hearth(),
        what: what.into(),
        why: Sentence::words(why),
    }
}

/// An evaluation of everything that is there now.
pub(crate) async fn evaluation(store: &dyn Store, patient: &str, effects: Effects) -> EvaluationCommit {
    let work = store.work(&pid(patient)).await.unwrap();
    EvaluationCommit {
        patient: work.patient,
        expected_head: work.head,
        expected_folded: work.folded,
        expected_cover: work.cover,
        expected_wake_at: work.wake_at,
        folded: work.head,
        wake_at: None,
        fold: Fold::default(),
        effects,
        expected: vec![],
        outcomes: vec![],
    }
}

pub(crate) async fn commit(store: &dyn Store, patient: &str, effects: Effects) -> Result<(), StoreError> {
    store.commit_evaluation(evaluation(store, patient, effects).await).await
}

fn tasks(tasks: Vec<Task>) -> Effects {
    Effects { tasks, ..Effects::default() }
}

pub(crate) async fn an_evaluation_is_committed_whole(store: &dyn Store) {
    patient(store, "anna").await;
    let empty = store.work(&pid("anna")).await.unwrap();
    assert_eq!((empty.folded, empty.wake_at, &empty.fold), (0, None, &Fold::default()));
    assert_eq!(store.dirty_patients(9).await.unwrap(), [pid("anna")]);
    let prompt = PromptRequest {
        reading: reading("scale-anna", "1", day(99)).key,
        kind: Kind::BodyWeight,
        user_slot: None,
        asked_at: day(99),
        until: day(101),
    };
    let effects = Effects {
        tasks: vec![task("anna", "t1", TaskStatus::Requested)],
        task_events: vec![entry("t1", "created", "Weight up"), entry("t1", "worsened", "More")],
        prompts: vec![prompt],
        episodes: vec![episode("e2", day(99)), episode("e1", day(98))],
        ..Effects::default()
    };
    let mut fold = Fold::default();
    fold.open.insert(GroupKey::new("fluid").unwrap(), task("anna", "t1", TaskStatus::Requested));
    let mut notices = store.notices();
    let mut evaluated = evaluation(store, "anna", effects.clone()).await;
    evaluated.fold = fold.clone();
    evaluated.wake_at = Some(day(101));
    store.commit_evaluation(evaluated).await.unwrap();
    let notice = notices.recv().await.unwrap();
    assert_eq!((&notice.tasks[..], &notice.patients[..]), (&[effects.tasks[0].id.clone()][..], &[pid("anna")][..]));
    assert_eq!((&notice.prompts[..], &notice.dirty[..]), (&[device("x").source][..], &[][..]));
    let work = store.work(&pid("anna")).await.unwrap();
    assert_eq!((work.folded, work.head, work.wake_at, work.fold), (empty.head, empty.head, Some(day(101)), fold));
    assert_eq!(store.dirty_patients(9).await.unwrap(), []);
    assert_eq!(store.task(&effects.tasks[0].id).await.unwrap().as_ref(), Some(&effects.tasks[0]));
    assert_eq!(store.task_events(&effects.tasks[0].id).await.unwrap(), effects.task_events);
    let episodes = store.episodes(&pid("anna")).await.unwrap();
    assert_eq!(episodes, [episode("e1", day(98)), episode("e2", day(99))], "oldest first, digits and all");
    assert_eq!(store.all_episodes().await.unwrap().len(), 2);
    let retract = Effects { retracted: vec![EpisodeId::new("e1").unwrap()], ..Effects::default() };
    commit(store, "anna", retract).await.unwrap();
    assert_eq!(store.episodes(&pid("anna")).await.unwrap(), [episode("e2", day(99))]);
}

pub(crate) async fn what_is_folded_is_found_again(store: &dyn Store) {
    patient(store, "anna").await;
    stored(store, reading("scale-anna", "1", day(1))).await;
    store.change_patient(&pid("anna"), change("gave it back"), vec![], Some(vec![]), &actor()).await.unwrap();
    stored(store, reading("scale-anna", "2", day(1))).await;
    let events = store.events_after(&pid("anna"), 0, 9).await.unwrap();
    let read: Vec<bool> = events.iter().map(|e| matches!(e.body, EventBody::Reading(_))).collect();
    assert_eq!(read, [false, false, true, false], "what was measured after it was given back is not hers");
    commit(store, "anna", Effects::default()).await.unwrap();
    assert_eq!(store.events_after(&pid("anna"), 0, 9).await.unwrap(), events, "though the device is not hers any more");
    assert_eq!(store.events_after(&pid("anna"), events[1].seq, 1).await.unwrap(), events[2..3]);
    assert_eq!(store.events_after(&pid("anna"), u64::MAX, 9).await.unwrap(), []);
}

pub(crate) async fn a_stale_evaluation_changes_nothing(store: &dyn Store) {
    patient(store, "anna").await;
    let gathered = evaluation(store, "anna", tasks(vec![task("anna", "t1", TaskStatus::Requested)])).await;
    stored(store, reading("scale-anna", "1", day(3))).await;
    let before = store.work(&pid("anna")).await.unwrap();
    assert!(matches!(store.commit_evaluation(gathered.clone()).await, Err(StoreError::Stale)));
    assert_eq!(store.work(&pid("anna")).await.unwrap(), before);
    assert_eq!(store.tasks(&Scope::All, &TaskFilter::default(), all()).await.unwrap().items, []);
    // Somebody else was faster.
    let mut mine = evaluation(store, "anna", Effects::default()).await;
    mine.wake_at = Some(day(101));
    store.commit_evaluation(mine.clone()).await.unwrap();
    assert!(matches!(store.commit_evaluation(mine.clone()).await, Err(StoreError::Stale)));
    // Where only time has passed, nothing but the wake-up tells two workers apart.
    let mut woken = evaluation(store, "anna", tasks(vec![task("anna", "t1", TaskStatus::Requested)])).await;
    woken.wake_at = Some(day(102));
    assert_eq!((woken.expected_wake_at, woken.folded), (Some(day(101)), woken.expected_folded));
    let slower = EvaluationCommit { effects: tasks(vec![task("anna", "t2", TaskStatus::Completed)]), ..woken.clone() };
    store.commit_evaluation(woken).await.unwrap();
    assert!(matches!(store.commit_evaluation(slower).await, Err(StoreError::Stale)));
    assert_eq!(store.task(&TaskId::new("t2").unwrap()).await.unwrap(), None);
    let mine = evaluation(store, "anna", Effects::default()).await;
    let nobody = EvaluationCommit { patient: pid("bert"), ..mine.clone() };
    assert!(matches!(store.commit_evaluation(nobody).await, Err(StoreError::NotFound(_))));
    let ahead = EvaluationCommit { expected_folded: mine.folded, folded: mine.folded + 1, ..mine };
    assert!(matches!(store.commit_evaluation(ahead).await, Err(StoreError::Invalid(_))));
}

pub(crate) async fn a_turn_gathers_what_its_asker_does_not_know(store: &dyn Store) {
    patient(store, "anna").await;
    commit(store, "anna", Effects::default()).await.unwrap();
    let stands = |work: &PatientWork| Stand { folded: work.folded, wake_at: work.wake_at };
    let idle = store.work(&pid("anna")).await.unwrap();
    assert_eq!(idle.head, idle.folded, "nobody waits");
    stored(store, reading("scale-anna", "1", day(3))).await;
    stored(store, reading("scale-anna", "2", day(4))).await;
    let work = store.work(&pid("anna")).await.unwrap();
    assert_eq!((work.folded, store.dirty_patients(9).await.unwrap()), (idle.folded, vec![pid("anna")]));
    let all = store.gather(&pid("anna"), None, 9).await.unwrap();
    let events = store.events_after(&pid("anna"), work.folded, 9).await.unwrap();
    assert_eq!((all.head, all.cover, all.events.len(), &all.events), (work.head, work.cover, 2, &events));
    let known = store.gather(&pid("anna"), Some(stands(&work)), 1).await.unwrap();
    assert_eq!((known.work, known.events.as_slice(), known.head), (None, &events[..1], work.head));
    assert_eq!(all.work, Some(work));
    // Half of it is folded: the other half still waits.
    let mut half = evaluation(store, "anna", Effects::default()).await;
    half.folded = events[0].seq;
    store.commit_evaluation(half).await.unwrap();
    assert_eq!(store.dirty_patients(9).await.unwrap(), [pid("anna")]);
    let rest = store.gather(&pid("anna"), None, 9).await.unwrap();
    assert_eq!((rest.head, rest.events), (all.head, events[1..].to_vec()));
}

pub(crate) async fn a_second_open_task_is_refused(store: &dyn Store) {
    patient(store, "anna").await;
    patient(store, "bert").await;
    let open = |patient, id| task(patient, id, TaskStatus::Requested);
    commit(store, "anna", tasks(vec![open("anna", "t1")])).await.unwrap();
    commit(store, "bert", tasks(vec![open("bert", "t2")])).await.unwrap();
    let before = store.work(&pid("anna")).await.unwrap();
    let second = Effects { episodes: vec![episode("e", day(1))], ..tasks(vec![open("anna", "t3")]) };
    assert!(matches!(commit(store, "anna", second).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.work(&pid("anna")).await.unwrap(), before);
    assert_eq!(store.episodes(&pid("anna")).await.unwrap(), [], "nothing of it is stored");
    // One that takes the place of another in the same commit, whatever their order.
    let both = vec![open("anna", "t3"), task("anna", "t1", TaskStatus::Completed)];
    commit(store, "anna", tasks(both)).await.unwrap();
    let filter = TaskFilter { patient: vec![pid("anna")], ..TaskFilter::default() };
    let ids: Vec<_> =
        store.tasks(&Scope::All, &filter, all()).await.unwrap().items.iter().map(|t| t.id.to_string()).collect();
    assert_eq!(ids, ["t1", "t3"], "in order of creation");
}

pub(crate) async fn a_wake_up_committed_twice_is_written_once(store: &dyn Store) {
    patient(store, "anna").await;
    commit(store, "anna", tasks(vec![task("anna", "t1", TaskStatus::Requested)])).await.unwrap();
    let wake = Effects {
        task_events: vec![entry("t1", "returned", "The hold is over")],
        ..tasks(vec![task("anna", "t1", TaskStatus::Accepted)])
    };
    commit(store, "anna", wake.clone()).await.unwrap();
    commit(store, "anna", wake.clone()).await.unwrap();
    assert_eq!(store.task_events(&TaskId::new("t1").unwrap()).await.unwrap(), wake.task_events);
}

pub(crate) async fn commands_are_events_with_outcomes(store: &dyn Store) {
    patient(store, "anna").await;
    commit(store, "anna", tasks(vec![task("anna", "t1", TaskStatus::Requested)])).await.unwrap();
    let command = |id| Command {
        task: TaskId::new(id).unwrap(),
        verb: Verb::Hold,
        note: Some("tomorrow".into()),
        outcome: Some(Outcome::NotReached),
        owner: None,
        until: Some(day(101)),
    };
    assert!(matches!(store.submit_command(command("t9"), &actor()).await, Err(StoreError::NotFound(_))));
    let seq = store.submit_command(command("t1"), &actor()).await.unwrap();
    assert_eq!(store.dirty_patients(9).await.unwrap(), [pid("anna")]);
    let event = store.events_after(&pid("anna"), seq - 1, 9).await.unwrap().remove(0);
    assert_eq!((event.seq, event.actor, event.body), (seq, actor(), EventBody::Command(command("t1"))));
    assert_eq!(store.command_outcome(seq).await.unwrap(), None);
    let conflict = Refused::Conflict { status: TaskStatus::Requested, owner: Some(actor()), verb: Verb::Hold };
    let outcome = CommandOutcome { seq, result: Err(conflict) };
    let mut evaluated = evaluation(store, "anna", Effects::default()).await;
    evaluated.outcomes = vec![outcome.clone()];
    let mut notices = store.notices();
    store.commit_evaluation(evaluated).await.unwrap();
    assert_eq!(notices.recv().await.unwrap().commands, [seq]);
    assert_eq!(store.command_outcome(seq).await.unwrap(), Some(outcome));
}

pub(crate) async fn patients_are_due_when_their_time_comes(store: &dyn Store) {
    for (id, wake) in [("anna", Some(day(103))), ("bert", Some(day(101))), ("cleo", None)] {
        patient(store, id).await;
        let mut evaluated = evaluation(store, id, Effects::default()).await;
        evaluated.wake_at = wake;
        store.commit_evaluation(evaluated).await.unwrap();
    }
    assert_eq!(store.due_patients(day(100), 9).await.unwrap(), (vec![], Some(day(101))));
    assert_eq!(store.due_patients(day(101), 9).await.unwrap(), (vec![pid("bert")], Some(day(103))));
    assert_eq!(store.due_patients(day(104), 9).await.unwrap(), (vec![pid("bert"), pid("anna")], None));
    assert_eq!(store.due_patients(day(104), 1).await.unwrap(), (vec![pid("bert")], None));
}

pub(crate) async fn tasks_are_filtered_and_walked(store: &dyn Store) {
    let mut ids = Vec::new();
    for n in 0..5 {
        let name = format!("p{n}");
        patient(store, &name).await;
        let mut task = task(&name, &format!("t{}", 9 - n), TaskStatus::Requested);
        task.owner = (n == 1).then(actor);
        task.severity = if n == 2 { Severity::Critical } else { Severity::Low };
        task.queue = if n == 3 { Queue::Operations } else { Queue::Care };
        task.status = if n == 4 { TaskStatus::Cancelled } else { TaskStatus::Requested };
        ids.push(task.id.clone());
        commit(store, &name, tasks(vec![task])).await.unwrap();
    }
    let check = async |filter: TaskFilter, expected: &[usize]| {
        let found: Vec<TaskId> =
            store.tasks(&Scope::All, &filter, all()).await.unwrap().items.into_iter().map(|t| t.id).collect();
        assert_eq!(found, expected.iter().map(|n| ids[*n].clone()).collect::<Vec<_>>(), "{filter:?}");
    };
    let none = TaskFilter::default;
    check(none(), &[0, 1, 2, 3, 4]).await;
    check(TaskFilter { status: vec![TaskStatus::Cancelled, TaskStatus::OnHold], ..none() }, &[4]).await;
    check(TaskFilter { patient: vec![pid("p3"), pid("p0"), pid("x")], ..none() }, &[0, 3]).await;
    check(TaskFilter { owner: vec![actor()], ..none() }, &[1]).await;
    check(TaskFilter { severity: vec![Severity::Critical], queue: Some(Queue::Care), ..none() }, &[2]).await;
    check(TaskFilter { queue: Some(Queue::Operations), ..none() }, &[3]).await;
    let (mut seen, mut page) = (Vec::new(), PageRequest { after: None, limit: 2 });
    loop {
        let found = store.tasks(&Scope::All, &none(), page.clone()).await.unwrap();
        seen.extend(found.items.into_iter().map(|t| t.id));
        // A change does not move a task in the list.
        let mut changed = task("p0", "t9", TaskStatus::Accepted);
        changed.reason = Sentence::words(format!("{} seen", seen.len()));
        commit(store, "p0", tasks(vec![changed])).await.unwrap();
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ids);
}

pub(crate) async fn a_start_tells_since_when_it_was_down(store: &dyn Store) {
    assert_eq!(store.last_commit().await.unwrap(), None);
    assert_eq!(store.record_start(day(100)).await.unwrap(), [], "nothing was down before the first start");
    let down_since = store.last_commit().await.unwrap().unwrap();
    patient(store, "anna").await;
    let head = store.work(&pid("anna")).await.unwrap().head;
    let last = store.last_commit().await.unwrap().unwrap();
    let runs = store.record_start(day(100)).await.unwrap();
    assert_eq!((runs.len(), runs[0].down_since), (1, last));
    assert!(down_since < last && last < runs[0].started_at);
    assert_eq!(store.runs().await.unwrap(), runs);
    assert_eq!(store.work(&pid("anna")).await.unwrap().head, head, "a start is nobody's event");
}
