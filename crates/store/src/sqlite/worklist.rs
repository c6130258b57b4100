//! [`Worklist`] on SQLite.

use super::board::rank;
use super::column::{
    after_row, collect, count, first, json, json_list, limit, micros, page, parsed, time, time_or_none, to_json,
};
use super::fault::Fault;
use super::names::Names;
use super::record::{event_from, journal_of};
use super::row::IdColumn;
use super::writer::Commit;
use super::{SqliteStore, history, outbox, roster, sight};
use crate::{EvaluationCommit, Gathered, Page, PageRequest, PatientWork, Stand, StoreError, TaskFilter, Worklist};
use async_trait::async_trait;
use care::{
    Actor, Command, CommandOutcome, Effects, Episode, Event, EventBody, Expectation, PatientId, PromptRequest, Run,
    Scope, Task, TaskEvent, TaskId,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;
use vitals::Instant;

fn runs(db: &Connection) -> Result<Vec<Run>, Fault> {
    let mut query = db.prepare_cached("SELECT * FROM event WHERE patient IS NULL AND kind = 'started' ORDER BY seq")?;
    let starts = collect(query.query([])?, event_from)?;
    let run = |event: Event| match event.body {
        EventBody::Started { down_since } => Some(Run { down_since, started_at: event.at }),
        _ => None,
    };
    Ok(starts.into_iter().filter_map(run).collect())
}

/// Where the rules stand with a patient, by what is committed; nowhere as long as there is no row.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) folded: u64,
    wake_at: Option<Instant>,
    quiet_since: Option<Instant>,
}

pub(super) fn standing(db: &Connection, number: i64) -> Result<Option<Standing>, Fault> {
    let mut query = db.prepare_cached("SELECT folded, wake_at, quiet_since FROM standing WHERE patient = ?1")?;
    first(query.query([number])?, |row| {
        let (wake_at, quiet_since) = (time_or_none(row, "wake_at")?, time_or_none(row, "quiet_since")?);
        Ok(Standing { folded: count(row, "folded")?, wake_at, quiet_since })
    })
}

/// The newest event of a patient who waits.
fn waits_for(db: &Connection, number: i64) -> Result<Option<u64>, Fault> {
    let mut query = db.prepare_cached("SELECT head FROM waiting WHERE patient = ?1")?;
    first(query.query([number])?, |row| count(row, "head"))
}

fn work(db: &Connection, patient: &PatientId) -> Result<PatientWork, Fault> {
    let number = history::number_of(db, patient)?;
    work_of(db, number, patient)
}

fn work_of(db: &Connection, number: i64, patient: &PatientId) -> Result<PatientWork, Fault> {
    let Standing { folded, wake_at, .. } = standing(db, number)?.unwrap_or_default();
    let mut query = db.prepare_cached("SELECT fold FROM standing WHERE patient = ?1 AND fold <> ''")?;
    Ok(PatientWork {
        patient: patient.clone(),
        folded,
        head: waits_for(db, number)?.unwrap_or(folded),
        wake_at,
        fold: first(query.query([number])?, |row| json(row, "fold"))?.unwrap_or_default(),
        cover: outbox::cover_head(db)?,
    })
}

/// What a turn begins with, of one snapshot. What is `known` is believed: if it is not so any more, the commit is stale.
fn gather(
    db: &Connection,
    names: &Names,
    patient: &PatientId,
    known: Option<Stand>,
    limit: u32,
) -> Result<Gathered, Fault> {
    let number = names.patient(db, patient)?;
    let (work, folded, head) = match known {
        Some(known) => (None, known.folded, waits_for(db, number)?.unwrap_or(known.folded)),
        None => {
            let work = work_of(db, number, patient)?;
            let (folded, head) = (work.folded, work.head);
            (Some(work), folded, head)
        }
    };
    let events = history::unfolded(db, names, number, folded, limit)?;
    Ok(Gathered { events, head, cover: outbox::cover_head(db)?, work })
}

/// Commits an evaluation if nothing landed in between.
fn commit_evaluation(commit: &mut Commit<'_>, e: &EvaluationCommit) -> Result<(), Fault> {
    let number = commit.memory.patient(&e.patient)?;
    let stood = standing(commit.db, number)?;
    let (folded, wake_at) = stood.as_ref().map_or((0, None), |s| (s.folded, s.wake_at));
    let stands = (waits_for(commit.db, number)?.unwrap_or(folded), folded, wake_at.map(micros));
    if stands != (e.expected_head, e.expected_folded, e.expected_wake_at.map(micros)) {
        return Err(StoreError::Stale.into());
    }
    if outbox::cover_head(commit.db)? != e.expected_cover {
        return Err(StoreError::Stale.into());
    }
    if e.folded > e.expected_head || e.folded < e.expected_folded {
        return Err(StoreError::Invalid("an evaluation folds forward, and no further than was gathered".into()).into());
    }
    put_episodes(commit, number, &e.effects)?;
    put_tasks(commit, number, &e.effects)?;
    if !e.effects.tasks.is_empty() || !e.effects.episodes.is_empty() {
        mark_quiet(commit.db, number)?;
    }
    for event in &e.effects.task_events {
        put_task_event(commit.db, event)?;
    }
    outbox::put_messages(commit, number, &e.effects)?;
    for prompt in &e.effects.prompts {
        put_prompt(commit, prompt)?;
    }
    for outcome in e.outcomes.iter().chain(&e.effects.outcome) {
        commit
            .db
            .prepare_cached(
                "INSERT INTO command_outcome VALUES (?1, ?2) ON CONFLICT DO UPDATE SET body = excluded.body",
            )?
            .execute(params![outcome.seq.cast_signed(), to_json("outcome", outcome)?])?;
        commit.changes.commands.insert(outcome.seq);
    }
    put_standing(commit.db, number, e, stood.as_ref())?;
    commit
        .db
        .prepare_cached("DELETE FROM unfolded WHERE patient = ?1 AND seq <= ?2")?
        .execute(params![number, e.folded.cast_signed()])?;
    if e.folded == e.expected_head {
        commit.db.prepare_cached("DELETE FROM waiting WHERE patient = ?1")?.execute([number])?;
    }
    commit.changes.patients.insert(e.patient.clone());
    Ok(())
}

/// Where the rules stand now.
fn put_standing(db: &Connection, patient: i64, e: &EvaluationCommit, stood: Option<&Standing>) -> Result<(), Fault> {
    let quiet_since = e.expected.iter().map(Expectation::quiet_since).min().map(micros);
    let (fold, expected) = (to_json("fold", &e.fold)?, to_json("expectation", &e.expected)?);
    let (folded, wake_at) = (e.folded.cast_signed(), e.wake_at.map(micros));
    let Some(stood) = stood else {
        db.prepare_cached(
            "INSERT INTO standing SELECT number, ?2, ?3, ?4, ?5, ?6, team_set FROM patient WHERE number = ?1",
        )?
        .execute(params![patient, folded, wake_at, fold, quiet_since, expected])?;
        return Ok(());
    };
    // A column that is set is written anew in its index, also where it stays the same: for many patients a page of its
    // own each, because they wake at the same midnight.
    let wakes = if stood.wake_at.map(micros) == wake_at { "" } else { ", wake_at = ?3" };
    let quiet = if stood.quiet_since.map(micros) == quiet_since { "" } else { ", quiet_since = ?5" };
    let sql = format!("UPDATE standing SET folded = ?2, fold = ?4, expected = ?6{wakes}{quiet} WHERE patient = ?1");
    db.prepare_cached(&sql)?.execute(params![patient, folded, wake_at, fold, quiet_since, expected])?;
    Ok(())
}

fn put_episodes(commit: &mut Commit<'_>, patient: i64, effects: &Effects) -> Result<(), Fault> {
    let mut put = commit.db.prepare_cached(
        "INSERT INTO episode (patient, id, opened_at, body, group_key, holds, team_set)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT team_set FROM patient WHERE number = ?1))
         ON CONFLICT DO UPDATE SET opened_at = excluded.opened_at, body = excluded.body,
         group_key = excluded.group_key, holds = excluded.holds",
    )?;
    for episode in &effects.episodes {
        put.execute(params![
            patient,
            episode.id.as_str(),
            micros(episode.opened_at),
            to_json("episode", episode)?,
            episode.group.as_str(),
            episode.is_open(),
        ])?;
    }
    let mut retract = commit.db.prepare_cached("DELETE FROM episode WHERE patient = ?1 AND id = ?2")?;
    for id in &effects.retracted {
        retract.execute(params![patient, id.as_str()])?;
    }
    Ok(())
}

/// Closing rows go first, or a task that takes the place of another would find it open.
fn put_tasks(commit: &mut Commit<'_>, patient: i64, effects: &Effects) -> Result<(), Fault> {
    let mut put = commit.db.prepare_cached(
        "INSERT INTO task (id, patient, group_key, queue, status, severity, owner, body, rank, created_at, due_at,
            team_set)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, (SELECT team_set FROM patient WHERE number = ?2))
         ON CONFLICT (id) DO UPDATE SET
         status = excluded.status, severity = excluded.severity, owner = excluded.owner, body = excluded.body,
         rank = excluded.rank, created_at = excluded.created_at, due_at = excluded.due_at",
    )?;
    let (open, closed): (Vec<&Task>, Vec<&Task>) = effects.tasks.iter().partition(|t| t.status.is_open());
    for task in closed.into_iter().chain(open) {
        let written = put.execute(params![
            task.id.as_str(),
            patient,
            task.group.as_str(),
            task.queue.as_str(),
            task.status.as_str(),
            task.severity.as_str(),
            task.owner.as_ref().map(|o| &o.0),
            to_json("task", task)?,
            rank(task.severity),
            micros(task.created_at),
            task.due_at.map(micros),
        ]);
        written.map_err(Fault::from).map_err(|fault| {
            let second =
                || StoreError::Conflict(format!("task `{}` would be the second open one of its group", task.id));
            if fault.is_unique_violation() { second().into() } else { fault }
        })?;
        commit.changes.tasks.insert(task.id.clone(), task.patient.clone());
    }
    Ok(())
}

/// Which of the patient's episodes that hold have an open task.
fn mark_quiet(db: &Connection, patient: i64) -> Result<(), Fault> {
    db.prepare_cached(
        "UPDATE episode SET holds = 2 - EXISTS (SELECT 1 FROM task t WHERE t.patient = ?1
            AND t.group_key = episode.group_key AND t.status NOT IN ('completed', 'cancelled'))
         WHERE patient = ?1 AND holds > 0",
    )?
    .execute([patient])?;
    Ok(())
}

/// Appends to a task's timeline; the same entry is written once, however often its step is committed.
fn put_task_event(db: &Connection, event: &TaskEvent) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO task_event (task, seq, at, actor, what, why) SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS
         (SELECT 1 FROM task_event WHERE task = ?1 AND seq = ?2 AND at = ?3 AND actor = ?4 AND what = ?5 AND why = ?6)",
    )?
    .execute(params![
        event.task.as_str(),
        event.seq.cast_signed(),
        micros(event.at),
        event.actor.0,
        event.what,
        to_json("why", &event.why)?
    ])?;
    Ok(())
}

/// Puts a prompt into its hub's outbox; one that still waits for the same reading is asked until the later time.
fn put_prompt(commit: &mut Commit<'_>, prompt: &PromptRequest) -> Result<(), Fault> {
    let key = &prompt.reading;
    let device = commit.memory.device_number(commit.db, &key.device_ref())?;
    commit
        .db
        .prepare_cached(
            "INSERT INTO prompt (device, source, id, kind, until, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET until = excluded.until, body = excluded.body
             WHERE delivered_at IS NULL AND excluded.until > until",
        )?
        .execute(params![
            device,
            key.source.as_str(),
            IdColumn(&key.id),
            prompt.kind.as_str(),
            micros(prompt.until),
            to_json("prompt", prompt)?,
        ])?;
    commit.changes.prompts.insert(key.source.clone());
    Ok(())
}

/// An entry of a timeline in a row of `task_event`.
pub(super) fn task_event(row: &Row<'_>) -> Result<TaskEvent, Fault> {
    Ok(TaskEvent {
        task: parsed(row, "task")?,
        seq: count(row, "seq")?,
        at: time(row, "at")?,
        actor: Actor(row.get("actor")?),
        what: row.get("what")?,
        why: json(row, "why")?,
    })
}

/// The filter as columns: a JSON list each, empty for "all".
fn tasks(db: &Connection, scope: &Scope, filter: &TaskFilter, request: &PageRequest) -> Result<Page<Task>, Fault> {
    let limit = limit(request);
    let seen = sight::seen("task", "patient", 8);
    // Of few patients their own index is asked, and not every task.
    let (index, of_patients) = match filter.patient.is_empty() {
        true => ("", "?3 = '[]'"),
        false => (
            "INDEXED BY task_patient",
            "patient IN (SELECT number FROM patient WHERE id IN (SELECT value FROM json_each(?3)))",
        ),
    };
    let mut query = db.prepare_cached(&format!(
        "SELECT row, body FROM task {index} WHERE row > ?1 AND {of_patients}
         AND (?2 = '[]' OR status IN (SELECT value FROM json_each(?2)))
         AND (?4 = '[]' OR owner IN (SELECT value FROM json_each(?4)))
         AND (?5 = '[]' OR severity IN (SELECT value FROM json_each(?5)))
         AND (?6 = '[]' OR queue IN (SELECT value FROM json_each(?6)))
         AND (queue = 'operations' OR {seen}) ORDER BY row LIMIT ?7",
    ))?;
    let rows = query.query(params![
        after_row(request)?.unwrap_or(0),
        json_list(&filter.status),
        json_list(&filter.patient),
        json_list(&filter.owner),
        json_list(&filter.severity),
        json_list(filter.queue),
        i64::try_from(limit).unwrap_or(500).saturating_add(1),
        sight::scope_column(scope),
    ])?;
    let found = collect(rows, |row| Ok((row.get::<_, i64>("row")?, json::<Task>(row, "body")?)))?;
    let Page { items, next } = page(found, limit, |(row, _)| row.to_string());
    Ok(Page { items: items.into_iter().map(|(_, task)| task).collect(), next })
}

#[async_trait]
impl Worklist for SqliteStore {
    async fn dirty_patients(&self, limit: u32) -> Result<Vec<PatientId>, StoreError> {
        self.read("patients with new events", move |db| {
            let mut query = db.prepare_cached(
                "SELECT p.id FROM waiting w JOIN patient p ON p.number = w.patient ORDER BY w.head LIMIT ?1",
            )?;
            collect(query.query([i64::from(limit)])?, |row| parsed(row, "id"))
        })
        .await
    }

    async fn due_patients(&self, now: Instant, limit: u32) -> Result<(Vec<PatientId>, Option<Instant>), StoreError> {
        self.read("patients to wake", move |db| {
            let mut query = db.prepare_cached(
                "SELECT p.id FROM standing w JOIN patient p ON p.number = w.patient WHERE w.wake_at <= ?1
                 ORDER BY w.wake_at LIMIT ?2",
            )?;
            let due = collect(query.query([micros(now), i64::from(limit)])?, |row| parsed(row, "id"))?;
            let mut query = db.prepare_cached("SELECT min(wake_at) AS wake_at FROM standing WHERE wake_at > ?1")?;
            let next = first(query.query([micros(now)])?, |row| time_or_none(row, "wake_at"))?;
            Ok((due, next.flatten()))
        })
        .await
    }

    async fn work(&self, patient: &PatientId) -> Result<PatientWork, StoreError> {
        let patient = patient.clone();
        self.read("where the rules stand", move |db| work(db, &patient)).await
    }

    async fn gather(&self, patient: &PatientId, known: Option<Stand>, limit: u32) -> Result<Gathered, StoreError> {
        let (patient, names) = (patient.clone(), Arc::clone(&self.names));
        self.read("what a turn of the rules begins with", move |db| gather(db, &names, &patient, known, limit)).await
    }

    async fn events_after(&self, patient: &PatientId, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let (patient, names) = (patient.clone(), Arc::clone(&self.names));
        self.read("a patient's events", move |db| history::events_after(db, &names, &patient, after, limit)).await
    }

    async fn commit_evaluation(&self, evaluation: EvaluationCommit) -> Result<(), StoreError> {
        self.write("committing an evaluation", move |commit| commit_evaluation(commit, &evaluation)).await
    }

    async fn record_start(&self, _now: Instant) -> Result<Vec<Run>, StoreError> {
        // The commit's own stamp is the start: it never lies before what is in the journal.
        self.write("recording a start", |commit| {
            roster::journal_start(commit)?;
            runs(commit.db)
        })
        .await
    }

    async fn runs(&self) -> Result<Vec<Run>, StoreError> {
        self.read("runs", runs).await
    }

    async fn episodes(&self, patient: &PatientId) -> Result<Vec<Episode>, StoreError> {
        let patient = patient.clone();
        self.read("episodes", move |db| {
            let number = history::number_of(db, &patient)?;
            let mut query = db.prepare_cached("SELECT body FROM episode WHERE patient = ?1 ORDER BY opened_at, id")?;
            collect(query.query([number])?, |row| json(row, "body"))
        })
        .await
    }

    async fn all_episodes(&self) -> Result<Vec<(PatientId, Episode)>, StoreError> {
        self.read("every episode", |db| {
            let mut query = db.prepare_cached(
                "SELECT p.id AS patient, e.body FROM episode e JOIN patient p ON p.number = e.patient
                 ORDER BY p.id, e.opened_at, e.id",
            )?;
            collect(query.query([])?, |row| Ok((parsed(row, "patient")?, json(row, "body")?)))
        })
        .await
    }

    async fn tasks(&self, scope: &Scope, filter: &TaskFilter, request: PageRequest) -> Result<Page<Task>, StoreError> {
        let (scope, filter) = (scope.clone(), filter.clone());
        self.read("tasks", move |db| tasks(db, &scope, &filter, &request)).await
    }

    async fn task(&self, id: &TaskId) -> Result<Option<Task>, StoreError> {
        let id = id.clone();
        self.read("a task", move |db| {
            let mut query = db.prepare_cached("SELECT body FROM task WHERE id = ?1")?;
            first(query.query([id.as_str()])?, |row| json(row, "body"))
        })
        .await
    }

    async fn task_events(&self, id: &TaskId) -> Result<Vec<TaskEvent>, StoreError> {
        let id = id.clone();
        self.read("a task's timeline", move |db| {
            let mut query = db.prepare_cached("SELECT * FROM task_event WHERE task = ?1 ORDER BY row")?;
            collect(query.query([id.as_str()])?, task_event)
        })
        .await
    }

    async fn submit_command(&self, command: Command, actor: &Actor) -> Result<u64, StoreError> {
        let actor = actor.clone();
        self.write("a command", move |commit| {
            let found: Option<(i64, String)> = commit
                .db
                .prepare_cached(
                    "SELECT p.number, p.id FROM task t JOIN patient p ON p.number = t.patient WHERE t.id = ?1",
                )?
                .query_row([command.task.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (number, id) = found.ok_or(StoreError::NotFound("the task"))?;
            let id = super::column::parse("id", &id)?;
            journal_of(commit, &actor, (number, &id), &EventBody::Command(command))
        })
        .await
    }

    async fn command_outcome(&self, seq: u64) -> Result<Option<CommandOutcome>, StoreError> {
        self.read("a command's outcome", move |db| {
            let mut query = db.prepare_cached("SELECT body FROM command_outcome WHERE seq = ?1")?;
            first(query.query([seq.cast_signed()])?, |row| json(row, "body"))
        })
        .await
    }
}
