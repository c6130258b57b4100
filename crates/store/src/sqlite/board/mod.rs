//! [`Board`] on SQLite.

mod keys;
mod open;
mod quiet;
mod rows;
mod trend;

pub(super) use keys::rank;
pub(super) use open::OpenTasks;
pub(super) use trend::Trends;

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
use care::{EventBody, Expectation, PatientId, Scope, Task, TaskId};
use rusqlite::params;
use std::collections::HashMap;
use std::sync::Arc;
use vitals::Instant;

#[async_trait]
impl Board for SqliteStore {
    async fn board(&self, query: BoardQuery) -> Result<BoardView, StoreError> {
        let (open, trends) = (Arc::clone(&self.open_tasks), Arc::clone(&self.trends));
        self.read("a list of tasks", move |db| {
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
            let mut rows: HashMap<i64, BoardRow> =
                rows::rows(db, &trends, &wanted, query.times.now)?.into_iter().collect();
            let parts = BoardGroup::ALL.into_iter().zip(totals).zip(groups).map(|((group, total), keys)| {
                let rows = keys.iter().filter_map(|key| rows.remove(&key.row)).collect();
                BoardPart { group, total, rows }
            });
            Ok(BoardView { parts: parts.collect(), counts })
        })
        .await
    }

    async fn board_rows(&self, tasks: Vec<TaskId>, now: Instant) -> Result<Vec<BoardRow>, StoreError> {
        let trends = Arc::clone(&self.trends);
        self.read("rows of tasks", move |db| {
            let numbers = rows::numbers(db, &tasks)?;
            Ok(rows::rows(db, &trends, &numbers, now)?.into_iter().map(|(_, row)| row).collect())
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
                "SELECT t.*, e.body FROM task_event t LEFT JOIN event e
                 ON e.seq = t.seq AND e.kind = 'command' AND e.actor = t.actor WHERE t.task = ?1 ORDER BY t.row",
            )?;
            collect(query.query(params![task.as_str()])?, |row| {
                let body: Option<String> = row.get("body")?;
                let body = body.map(|text| super::column::from_json::<EventBody>("event", &text)).transpose()?;
                let command = match body {
                    Some(EventBody::Command(command)) => Some(command),
                    _ => None,
                };
                Ok(TimelineEntry { event: task_event(row)?, command })
            })
        })
        .await
    }
}
