//! Rows of a list: task, patient, programmes, episodes and trend, each by one query for all rows.

use super::super::column::{collect, corrupt, from_json, json, json_list, micros, parse};
use super::super::fault::Fault;
use super::trend::{self, Trends};
use crate::BoardRow;
use care::{Episode, Patient, ProgrammeId, Queue, Task, TaskId};
use rusqlite::{Connection, params};
use std::collections::HashMap;
use vitals::Instant;

/// Row numbers of tasks.
pub(super) fn numbers(db: &Connection, tasks: &[TaskId]) -> Result<Vec<i64>, Fault> {
    let mut query = db.prepare_cached("SELECT row FROM task WHERE id IN (SELECT value FROM json_each(?1))")?;
    collect(query.query([json_list(tasks)])?, |row| Ok(row.get(0)?))
}

/// These rows with their numbers, in any order.
pub(super) fn rows(
    db: &Connection,
    trends: &Trends,
    wanted: &[i64],
    now: Instant,
) -> Result<Vec<(i64, BoardRow)>, Fault> {
    let mut found = tasks(db, wanted, now)?;
    let mut episodes = episodes(db, wanted)?;
    for one in &mut found {
        one.row.episodes = episodes.remove(&one.number).unwrap_or_default();
    }
    trend::add(db, trends, &mut found, now)?;
    Ok(found.into_iter().map(|one| (one.number, one.row)).collect())
}

/// A row with its number and its patient's.
pub(super) struct Numbered {
    number: i64,
    pub(super) patient: i64,
    pub(super) row: BoardRow,
}

fn list(numbers: &[i64]) -> String {
    serde_json::Value::from(numbers).to_string()
}

fn tasks(db: &Connection, wanted: &[i64], now: Instant) -> Result<Vec<Numbered>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT t.row, t.patient, t.body, p.profile,
            (SELECT group_concat(DISTINCT e.programme) FROM enrolment e WHERE e.patient = t.patient
                AND e.from_at <= ?2 AND ifnull(e.until_at > ?2, TRUE)) AS programmes
         FROM json_each(?1) w JOIN task t ON t.row = w.value JOIN patient p ON p.number = t.patient",
    )?;
    collect(query.query(params![list(wanted), micros(now)])?, |row| {
        let task: Task = json(row, "body")?;
        let of_care = task.queue == Queue::Care;
        let profile = row.get_ref("profile")?.as_str().map_err(|e| corrupt("profile", e))?;
        let patient: Option<Patient> = of_care.then(|| from_json("profile", profile)).transpose()?;
        let programmes = row.get_ref("programmes")?.as_str_or_null().map_err(|e| corrupt("programmes", e))?;
        let programmes = programmes.filter(|_| of_care).unwrap_or_default().split(',').filter(|p| !p.is_empty());
        let programmes = programmes.map(|p| parse::<ProgrammeId>("programme", p)).collect::<Result<_, _>>()?;
        let row_of = BoardRow { task, patient, programmes, episodes: Vec::new(), readings: Vec::new() };
        Ok(Numbered { number: row.get("row")?, patient: row.get("patient")?, row: row_of })
    })
}

/// The episodes that the tasks cover, oldest first, by the task's number.
fn episodes(db: &Connection, wanted: &[i64]) -> Result<HashMap<i64, Vec<Episode>>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT t.row, e.body FROM json_each(?1) w JOIN task t ON t.row = w.value
            JOIN json_each(t.body, '$.episodes') j JOIN episode e ON e.patient = t.patient AND e.id = j.value
         WHERE t.queue = 'care' ORDER BY t.row, e.opened_at, e.id",
    )?;
    let mut found: HashMap<i64, Vec<Episode>> = HashMap::new();
    for (number, episode) in collect(query.query([list(wanted)])?, |row| Ok((row.get("row")?, json(row, "body")?)))? {
        found.entry(number).or_default().push(episode);
    }
    Ok(found)
}
