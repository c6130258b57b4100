//! One pass over the open tasks: what is in which group, and what is counted.

use super::super::column::corrupt;
use super::super::fault::Fault;
use super::super::sight::{Seen, sets_with};
use super::open::{Open, Tasks};
use crate::board::is_overdue;
use crate::{BoardCounts, BoardFilter, BoardGroup, BoardQuery, BoardTimes};
use care::{Queue, Severity, TaskStatus};
use rusqlite::Connection;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use vitals::Instant;

/// A task's place in the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) row: i64,
    severity: Severity,
    due: Option<Instant>,
    created: Instant,
}

impl Key {
    /// Worse first, then what is due first, then what waits longest; without a due time after those that have one.
    fn order(&self) -> (Reverse<Severity>, bool, Option<Instant>, Instant, i64) {
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

pub(super) fn severity(rank: i64) -> Result<Severity, Fault> {
    let found = Severity::ALL.into_iter().find(|s| self::rank(*s) == rank);
    found.ok_or_else(|| corrupt("rank", "not a severity"))
}

/// The list's tasks by group, and what is counted whatever the filter.
pub(super) fn pass(db: &Connection, open: &Tasks, query: &BoardQuery) -> Result<([Vec<Key>; 4], BoardCounts), Fault> {
    let sight = Seen::of(db, &query.scope)?;
    let wanted = Wanted::new(db, &query.filter)?;
    let mut groups: [Vec<Key>; 4] = Default::default();
    let mut counts = BoardCounts::default();
    for (row, task) in open {
        if task.queue != Queue::Operations && !sight.takes(task.team_set, task.patient) {
            continue;
        }
        count(&mut counts, task, query);
        if !wanted.takes(task, query.times) {
            continue;
        }
        let group = BoardGroup::place(task.status == TaskStatus::OnHold, task.severity, task.due, query.times);
        if let Some((_, keys)) = BoardGroup::ALL.into_iter().zip(&mut groups).find(|(g, _)| *g == group) {
            keys.push(Key { row: *row, severity: task.severity, due: task.due, created: task.created });
        }
    }
    Ok((groups, counts))
}

fn count(counts: &mut BoardCounts, task: &Open, query: &BoardQuery) {
    let add = |number: &mut usize, yes: bool| *number = number.saturating_add(usize::from(yes));
    if task.queue == Queue::Operations {
        return add(&mut counts.operations, true);
    }
    add(&mut counts.open, true);
    add(&mut counts.mine, task.owner.as_deref() == Some(query.reader.0.as_str()));
    add(&mut counts.nobody, task.owner.is_none());
    add(&mut counts.overdue, is_overdue(task.status, task.due, query.times.now));
    add(&mut counts.held, task.status == TaskStatus::OnHold);
}

/// A filter with what is looked up once for all tasks.
struct Wanted<'a> {
    filter: &'a BoardFilter,
    words: Vec<String>,
    /// the sets of teams with the filter's team
    sets: Option<BTreeSet<i64>>,
}

impl<'a> Wanted<'a> {
    fn new(db: &Connection, filter: &'a BoardFilter) -> Result<Self, Fault> {
        let sets = filter.team.as_ref().map(|team| sets_with(db, team)).transpose()?;
        Ok(Self { filter, words: filter.words().collect(), sets })
    }

    fn takes(&self, task: &Open, times: BoardTimes) -> bool {
        let Self { filter, words, sets } = self;
        task.queue == filter.queue
            && filter.takes_key(task.owner.as_deref(), task.severity, task.due, task.status, times.now)
            && filter.programme.as_ref().is_none_or(|programme| task.programmes.at(times.now).any(|p| p == programme))
            && sets.as_ref().is_none_or(|sets| sets.contains(&task.team_set))
            && words.iter().all(|word| task.search.contains(word.as_str()))
    }
}
