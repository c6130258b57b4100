//! Episodes that hold without an open task.

use super::super::column::{bad_cursor, collect, corrupt, from_json, json, limit, page as cut};
use super::super::fault::Fault;
use super::super::sight::{scope_column, seen};
use crate::{Page, PageRequest, QuietEpisode};
use care::{Episode, Patient, Scope};
use rusqlite::{Connection, params};

/// How many episodes hold without an open task.
pub(super) fn count(db: &Connection, scope: Option<&str>) -> Result<usize, Fault> {
    let seen = seen("e", "patient", 1);
    let sql = format!("SELECT count(*) FROM episode e INDEXED BY episode_quiet WHERE holds = 2 AND {seen}");
    let count: i64 = db.prepare_cached(&sql)?.query_row([scope], |row| row.get(0))?;
    usize::try_from(count).map_err(|_| corrupt("count", "negative"))
}

/// Newest opening first.
pub(super) fn page(db: &Connection, scope: &Scope, request: &PageRequest) -> Result<Page<QuietEpisode>, Fault> {
    let limit = limit(request);
    let after = request.after.as_deref().map(|text| cursor(text).ok_or_else(bad_cursor)).transpose()?;
    let (opened_before, patient, id) = after.unwrap_or((i64::MAX, i64::MAX, String::new()));
    let (scope, seen) = (scope_column(scope), seen("e", "patient", 1));
    let mut query = db.prepare_cached(&format!(
        "SELECT e.opened_at, e.patient, e.id, e.body, p.profile, (SELECT x.body FROM task x INDEXED BY task_patient
            WHERE x.patient = e.patient AND x.group_key = e.group_key ORDER BY x.row DESC LIMIT 1) AS last
         FROM episode e INDEXED BY episode_quiet JOIN patient p ON p.number = e.patient
         WHERE e.holds = 2 AND (e.opened_at, e.patient, e.id) < (?2, ?3, ?4) AND {seen}
         ORDER BY e.opened_at DESC, e.patient DESC, e.id DESC LIMIT ?5"
    ))?;
    let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
    let rows = query.query(params![scope, opened_before, patient, id, one_more])?;
    let found = collect(rows, |row| {
        let profile = row.get_ref("profile")?.as_str().map_err(|e| corrupt("profile", e))?;
        let last = row.get_ref("last")?.as_str_or_null().map_err(|e| corrupt("task", e))?;
        let episode: Episode = json(row, "body")?;
        let place = (row.get::<_, i64>("opened_at")?, row.get::<_, i64>("patient")?, row.get::<_, String>("id")?);
        let patient: Patient = from_json("profile", profile)?;
        let last = last.map(|text| from_json("task", text)).transpose()?;
        Ok((place, QuietEpisode { patient, episode, last }))
    })?;
    let Page { items, next } = cut(found, limit, |((opened, patient, id), _)| format!("{opened}.{patient}.{id}"));
    Ok(Page { items: items.into_iter().map(|(_, quiet)| quiet).collect(), next })
}

fn cursor(text: &str) -> Option<(i64, i64, String)> {
    let mut parts = text.splitn(3, '.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned()))
}
