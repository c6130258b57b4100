//! One pass over the index of open tasks: what is in which group, and what is counted.

use super::super::column::{corrupt, instant, micros, parse};
use super::super::fault::Fault;
use super::super::sight::{of_team, scope_column, seen};
use crate::board::is_overdue;
use crate::{BoardCounts, BoardFilter, BoardGroup, BoardQuery};
use care::{Queue, Severity, TaskStatus};
use rusqlite::{Connection, Row, params};
use std::cmp::Reverse;

/// A task's place in the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) row: i64,
    severity: Severity,
    due: Option<i64>,
    created: i64,
}

impl Key {
    /// Worse first, then what is due first, then what waits longest; without a due time after those that have one.
    fn order(&self) -> (Reverse<Severity>, bool, Option<i64>, i64, i64) {
        (Reverse(self.severity), self.due.is_none(), self.due, self.created, self.row)
    }
}

/// Leaves the `most` urgent, in order.
pub(super) fn most_urgent(keys: &mut Vec<Key>, most: usize) {
    if most < keys.len() && most > 0 {
        keys.select_nth_unstable_by_key(most, Key::order);
    }
    keys.truncate(most);
    keys.sort_unstable_by_key(Key::order);
}

/// The rank of a severity in the column.
pub(in crate::sqlite) const fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Low => 0,
        Severity::Medium => 1,
        Severity::High => 2,
        Severity::Critical => 3,
    }
}

fn severity(rank: i64) -> Result<Severity, Fault> {
    let found = Severity::ALL.into_iter().find(|s| self::rank(*s) == rank);
    found.ok_or_else(|| corrupt("rank", "not a severity"))
}

/// Every open task that the reader sees, with whether the parts of the filter that ask about the patient take it.
fn open() -> String {
    format!(
        "SELECT t.row, t.queue, t.status, t.rank, t.due_at, t.created_at, t.owner,
            (?2 IS NULL OR EXISTS (SELECT 1 FROM enrolment e WHERE e.patient = t.patient AND e.programme = ?2
                AND e.from_at <= ?3 AND ifnull(e.until_at > ?3, TRUE)))
            AND (?4 IS NULL OR {}) AS taken,
            CASE WHEN ?5 THEN (SELECT p.search FROM patient p WHERE p.number = t.patient) END AS search
         FROM task t INDEXED BY task_board
         WHERE t.status NOT IN ('completed', 'cancelled') AND (t.queue = 'operations' OR {})",
        of_team("t", 4),
        seen("t", "patient", 1)
    )
}

/// The list's tasks by group, and what is counted whatever the filter.
pub(super) fn pass(db: &Connection, query: &BoardQuery) -> Result<([Vec<Key>; 4], BoardCounts), Fault> {
    let filter = &query.filter;
    let words: Vec<String> = filter.words().collect();
    let mut statement = db.prepare_cached(&open())?;
    let mut rows = statement.query(params![
        scope_column(&query.scope),
        filter.programme.as_ref().map(|p| p.as_str()),
        micros(query.times.now),
        filter.team.as_ref().map(|t| t.as_str()),
        !words.is_empty(),
    ])?;
    let mut groups: [Vec<Key>; 4] = Default::default();
    let mut counts = BoardCounts::default();
    while let Some(row) = rows.next()? {
        let open = Open::from(row, &words)?;
        open.count(&mut counts, query);
        if let Some(group) = open.group(filter, query)
            && let Some((_, keys)) = BoardGroup::ALL.into_iter().zip(&mut groups).find(|(g, _)| *g == group)
        {
            keys.push(open.key);
        }
    }
    Ok((groups, counts))
}

/// A row of [`open`].
struct Open<'r> {
    key: Key,
    queue: Queue,
    status: TaskStatus,
    owner: Option<&'r str>,
    taken: bool,
}

impl<'r> Open<'r> {
    fn from(row: &'r Row<'_>, words: &[String]) -> Result<Self, Fault> {
        let text = |at: usize| row.get_ref(at)?.as_str().map_err(|e| corrupt("task", e));
        let search = row.get_ref(8)?.as_str_or_null().map_err(|e| corrupt("search", e))?.unwrap_or_default();
        let owner = row.get_ref(6)?.as_str_or_null().map_err(|e| corrupt("owner", e))?;
        let key = Key { row: row.get(0)?, severity: severity(row.get(3)?)?, due: row.get(4)?, created: row.get(5)? };
        Ok(Self {
            key,
            queue: parse("queue", text(1)?)?,
            status: parse("status", text(2)?)?,
            owner,
            taken: row.get(7)? && words.iter().all(|word| search.contains(word)),
        })
    }

    fn count(&self, counts: &mut BoardCounts, query: &BoardQuery) {
        let add = |number: &mut usize, yes: bool| *number = number.saturating_add(usize::from(yes));
        if self.queue == Queue::Operations {
            return add(&mut counts.operations, true);
        }
        let due = self.key.due.and_then(|d| instant("due_at", d).ok());
        add(&mut counts.open, true);
        add(&mut counts.mine, self.owner == Some(query.reader.0.as_str()));
        add(&mut counts.nobody, self.owner.is_none());
        add(&mut counts.overdue, is_overdue(self.status, due, query.times.now));
        add(&mut counts.held, self.status == TaskStatus::OnHold);
    }

    /// The group in which it stands, if the filter takes it.
    fn group(&self, filter: &BoardFilter, query: &BoardQuery) -> Option<BoardGroup> {
        let due = self.key.due.and_then(|d| instant("due_at", d).ok());
        let is_taken = self.taken
            && self.queue == filter.queue
            && filter.takes_key(self.owner, self.key.severity, due, self.status, query.times.now);
        let held = self.status == TaskStatus::OnHold;
        is_taken.then(|| BoardGroup::place(held, self.key.severity, due, query.times))
    }
}
