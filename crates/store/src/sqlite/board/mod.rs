//! [`Board`] on SQLite.

mod kept;
mod keys;
mod open;
mod programmes;
mod quiet;
mod rows;
mod trend;

pub(super) use keys::rank;

use super::column::{collect, json};
use super::sight::scope_column;
use super::worklist::task_event;
use super::{SqliteStore, watch};
use crate::board::share;
use crate::{
    Board, BoardGroup, BoardPart, BoardQuery, BoardRow, BoardView, Page, PageRequest, QuietEpisode, StoreError,
    TimelineEntry,
};
use async_trait::async_trait;
use care::{Actor, EventBody, Expectation, PatientId, Scope, Task, TaskId};
use rusqlite::params;
use std::sync::Arc;
use vitals::Instant;

/// What lists keep in memory from one to the next.
#[derive(Debug, Default)]
pub(super) struct Lists {
    open: open::OpenTasks,
    rows: rows::Rows,
}

#[async_trait]
impl Board for SqliteStore {
    async fn board(&self, query: BoardQuery) -> Result<BoardView, StoreError> {
        let lists = Arc::clone(&self.lists);
        self.read("a list of tasks", move |db| {
            let (open, here) = lists.open.of(db)?;
            let (mut groups, mut counts) = keys::pass(db, &open, &query)?;
            let scope = scope_column(&query.scope);
            counts.quiet = quiet::count(db, scope.as_deref())?;
            let silent = watch::silent_count(db, scope.as_deref(), Expectation::silent_before(query.times.now))?;
            counts.silent = usize::try_from(silent).unwrap_or(usize::MAX);
            let shown = share(groups.each_ref().map(Vec::len), query.asked, query.budget);
            let totals = groups.each_ref().map(Vec::len);
            for (keys, most) in groups.iter_mut().zip(shown) {
                keys::most_urgent(keys, most);
            }
            let wanted: Vec<i64> = groups.iter().flatten().map(|key| key.row).collect();
            let now = query.times.now;
            let rows = rows::kept(db, &lists.rows, (&open, here), &wanted, now)?;
            let parts = BoardGroup::ALL.into_iter().zip(totals).zip(groups).map(|((group, total), keys)| {
                let rows = keys.iter().filter_map(|key| Some(rows.get(&key.row)?.at(now))).collect();
                BoardPart { group, total, rows }
            });
            Ok(BoardView { parts: parts.collect(), counts })
        })
        .await
    }

    async fn board_rows(&self, tasks: Vec<TaskId>, now: Instant) -> Result<Vec<BoardRow>, StoreError> {
        self.read("rows of tasks", move |db| {
            let numbers = rows::numbers(db, &tasks)?;
            Ok(rows::read(db, &numbers, now)?.into_iter().map(|(_, parts)| parts.at(now)).collect())
        })
        .await
    }

    async fn quiet_episodes(&self, scope: Scope, page: PageRequest) -> Result<Page<QuietEpisode>, StoreError> {
        self.read("episodes without a task", move |db| quiet::page(db, &scope, &page)).await
    }

    async fn patient_tasks(&self, patient: &PatientId, limit: u32) -> Result<Vec<Task>, StoreError> {
        let patient = patient.clone();
        self.read("a patient's tasks", move |db| {
            let number = super::history::number_of(db, &patient)?;
            let mut query = db.prepare_cached(
                "SELECT body FROM task INDEXED BY task_patient WHERE patient = ?1 AND queue = 'care'
                 ORDER BY row DESC LIMIT ?2",
            )?;
            collect(query.query([number, i64::from(limit)])?, |row| json(row, "body"))
        })
        .await
    }

    async fn timeline(&self, task: &TaskId) -> Result<Vec<TimelineEntry>, StoreError> {
        let task = task.clone();
        self.read("a task's timeline", move |db| {
            // What Hearth did in the same step is its own, not the person's command.
            let mut query = db.prepare_cached(
                "SELECT t.*, e.body, e.actor AS changed_by FROM task_event t LEFT JOIN event e ON e.seq = t.seq
                 AND (e.kind = 'command' AND e.actor = t.actor
                    OR e.kind IN ('assignments-changed', 'patient-changed', 'parameters-set'))
                 WHERE t.task = ?1 ORDER BY t.row",
            )?;
            collect(query.query(params![task.as_str()])?, |row| {
                let body: Option<String> = row.get("body")?;
                let body = body.map(|text| super::column::from_json::<EventBody>("event", &text)).transpose()?;
                let (mut command, mut reason) = (None, None);
                match body {
                    Some(EventBody::Command(given)) => command = Some(given),
                    Some(EventBody::PatientChanged(change)) => reason = Some(change.reason),
                    Some(
                        EventBody::AssignmentsChanged { reason: why, .. }
                        | EventBody::ParametersSet { reason: why, .. },
                    ) => {
                        reason = Some(why);
                    }
                    _ => {}
                }
                let by: Option<String> = row.get("changed_by")?;
                Ok(TimelineEntry { event: task_event(row)?, command, behind: by.map(Actor).zip(reason) })
            })
        })
        .await
    }
}
