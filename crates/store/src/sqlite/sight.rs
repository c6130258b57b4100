//! [`Sight`] on SQLite, and which patients a scope means.

use super::SqliteStore;
use super::column::{after_row, collect, json_list, limit, micros, page, parse, parsed, time};
use super::fault::Fault;
use crate::{Glass, Page, PageRequest, Sight, StoreError};
use async_trait::async_trait;
use care::{Patient, PatientId, Scope, Team, TeamId};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use vitals::Instant;

/// A condition: the row of `table`, whose column `patient` is a patient's number and which has a `team_set` beside it,
/// is seen by the scope in the parameter `?n`, which [`scope_column`] makes. [`Scope::sees`] in SQL; both lists are made
/// once for all rows.
pub(super) fn seen(table: &str, patient: &str, n: usize) -> String {
    format!(
        "(?{n} IS NULL OR {table}.team_set IN (SELECT s.number FROM team_set s WHERE s.teams = ''
            OR EXISTS (SELECT 1 FROM json_each(?{n}, '$.teams') j WHERE {}))
          OR {table}.{patient} IN (SELECT number FROM patient WHERE id IN (SELECT value FROM json_each(?{n}, '$.opened'))))",
        holds("j.value")
    )
}

/// A scope as a row's numbers show it: [`seen`] for rows that are in memory.
pub(super) struct Seen(Option<(BTreeSet<i64>, BTreeSet<i64>)>);

impl Seen {
    /// Looked up once for all rows.
    pub(super) fn of(db: &Connection, scope: &Scope) -> Result<Self, Fault> {
        let Scope::Within { teams, opened } = scope else { return Ok(Self(None)) };
        let mut sets = numbers(db, "SELECT number FROM team_set WHERE teams = ?1", "")?;
        for team in teams {
            sets.extend(sets_with(db, team)?);
        }
        let opened = json_list(opened);
        let sql = "SELECT number FROM patient WHERE id IN (SELECT value FROM json_each(?1))";
        Ok(Self(Some((sets, numbers(db, sql, &opened)?))))
    }

    /// Whether the row of this patient, with this set of teams, is seen.
    pub(super) fn takes(&self, team_set: i64, patient: i64) -> bool {
        self.0.as_ref().is_none_or(|(sets, opened)| sets.contains(&team_set) || opened.contains(&patient))
    }
}

/// The sets of teams with this one.
pub(super) fn sets_with(db: &Connection, team: &TeamId) -> Result<BTreeSet<i64>, Fault> {
    numbers(db, &format!("SELECT number FROM team_set s WHERE {}", holds("?1")), team.as_str())
}

fn numbers(db: &Connection, sql: &str, parameter: &str) -> Result<BTreeSet<i64>, Fault> {
    let mut query = db.prepare_cached(sql)?;
    Ok(collect(query.query([parameter])?, |row| Ok(row.get::<_, i64>(0)?))?.into_iter().collect())
}

/// A condition: `team` is one of the set `s`.
fn holds(team: &str) -> String {
    format!("instr(' ' || s.teams || ' ', ' ' || {team} || ' ') > 0")
}

/// The scope as a parameter of [`seen`]; `NULL` for every patient.
pub(super) fn scope_column(scope: &Scope) -> Option<String> {
    match scope {
        Scope::All => None,
        Scope::Within { teams, opened } => Some(serde_json::json!({"teams": teams, "opened": opened}).to_string()),
    }
}

/// Ids in a column, a space between.
pub(super) fn join(teams: &BTreeSet<TeamId>) -> String {
    teams.iter().map(TeamId::as_str).collect::<Vec<_>>().join(" ")
}

/// The ids of such a column.
pub(super) fn split(text: &str) -> Result<BTreeSet<TeamId>, Fault> {
    text.split_ascii_whitespace().map(|id| parse("teams", id)).collect()
}

/// Writes down whose a patient is, for lists; refused where one of the teams is none.
pub(super) fn put_teams(db: &Connection, number: i64, profile: &Patient) -> Result<(), Fault> {
    known_teams(db, &profile.teams)?;
    let teams = join(&profile.teams);
    db.prepare_cached("INSERT INTO team_set (teams) VALUES (?1) ON CONFLICT DO NOTHING")?.execute([&teams])?;
    let set: i64 =
        db.prepare_cached("SELECT number FROM team_set WHERE teams = ?1")?.query_row([&teams], |row| row.get(0))?;
    for update in [
        "UPDATE patient SET team_set = ?2 WHERE number = ?1",
        "UPDATE task SET team_set = ?2 WHERE patient = ?1",
        "UPDATE episode SET team_set = ?2 WHERE patient = ?1",
        "UPDATE standing SET team_set = ?2 WHERE patient = ?1",
    ] {
        db.prepare_cached(update)?.execute([number, set])?;
    }
    Ok(())
}

/// Every one of these is a team.
pub(super) fn known_teams(db: &Connection, teams: &BTreeSet<TeamId>) -> Result<(), Fault> {
    let mut query = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM team WHERE id = ?1)")?;
    for team in teams {
        if !query.query_row([team.as_str()], |row| row.get::<_, bool>(0))? {
            return Err(StoreError::Invalid(format!("there is no team `{team}`")).into());
        }
    }
    Ok(())
}

fn is_used(db: &Connection, id: &TeamId) -> Result<bool, Fault> {
    let word = "' ' || teams || ' ' LIKE '% ' || ?1 || ' %'";
    let holds = holds("?1");
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM patient WHERE team_set IN (SELECT s.number FROM team_set s WHERE {holds}))
             OR EXISTS (SELECT 1 FROM user WHERE {word}) OR EXISTS (SELECT 1 FROM api_token WHERE NOT disabled AND {word})"
    );
    Ok(db.prepare_cached(&sql)?.query_row([id.as_str()], |row| row.get(0))?)
}

fn glass_from(row: &rusqlite::Row<'_>) -> Result<Glass, Fault> {
    Ok(Glass {
        user: row.get("user")?,
        patient: parsed(row, "patient")?,
        reason: row.get("reason")?,
        at: time(row, "at")?,
        until: time(row, "until")?,
    })
}

#[async_trait]
impl Sight for SqliteStore {
    async fn put_team(&self, team: Team) -> Result<(), StoreError> {
        self.write("a team", move |commit| {
            commit
                .db
                .prepare_cached("INSERT INTO team VALUES (?1, ?2) ON CONFLICT DO UPDATE SET name = excluded.name")?
                .execute([team.id.as_str(), &team.name])?;
            Ok(())
        })
        .await
    }

    async fn teams(&self) -> Result<Vec<Team>, StoreError> {
        self.read("teams", |db| {
            let mut query = db.prepare_cached("SELECT id, name FROM team ORDER BY name, id")?;
            collect(query.query([])?, |row| Ok(Team { id: parsed(row, "id")?, name: row.get("name")? }))
        })
        .await
    }

    async fn remove_team(&self, id: &TeamId) -> Result<(), StoreError> {
        let id = id.clone();
        self.write("removing a team", move |commit| {
            if is_used(commit.db, &id)? {
                let text =
                    format!("somebody is still in team `{id}`; move people, patients and tokens out of it first");
                return Err(StoreError::Conflict(text).into());
            }
            let removed = commit.db.prepare_cached("DELETE FROM team WHERE id = ?1")?.execute([id.as_str()])?;
            if removed == 0 { Err(StoreError::NotFound("the team").into()) } else { Ok(()) }
        })
        .await
    }

    async fn break_glass(&self, glass: Glass) -> Result<(), StoreError> {
        self.write("opening a patient", move |commit| {
            commit.memory.patient(&glass.patient)?;
            commit
                .db
                .prepare_cached("INSERT INTO glass (user, patient, reason, at, until) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    glass.user,
                    glass.patient.as_str(),
                    glass.reason,
                    micros(glass.at),
                    micros(glass.until)
                ])?;
            commit.changes.people.insert(glass.user);
            Ok(())
        })
        .await
    }

    async fn opened(&self, user: &str, now: Instant) -> Result<Vec<PatientId>, StoreError> {
        let user = user.to_owned();
        self.read("opened patients", move |db| {
            let mut query =
                db.prepare_cached("SELECT DISTINCT patient FROM glass WHERE user = ?1 AND until > ?2 AND at <= ?2")?;
            collect(query.query(params![user, micros(now)])?, |row| parsed(row, "patient"))
        })
        .await
    }

    async fn glass(&self, request: PageRequest) -> Result<Page<Glass>, StoreError> {
        let before = after_row(&request)?.unwrap_or(i64::MAX);
        let limit = limit(&request);
        self.read("opened patients", move |db| {
            let mut query = db.prepare_cached("SELECT * FROM glass WHERE row < ?1 ORDER BY row DESC LIMIT ?2")?;
            let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
            let rows =
                collect(query.query([before, one_more])?, |row| Ok((row.get::<_, i64>("row")?, glass_from(row)?)))?;
            let Page { items, next } = page(rows, limit, |(row, _)| row.to_string());
            Ok(Page { items: items.into_iter().map(|(_, glass)| glass).collect(), next })
        })
        .await
    }

    async fn mend_glass(&self, user: &str, patient: &PatientId, now: Instant) -> Result<(), StoreError> {
        let (user, patient) = (user.to_owned(), patient.clone());
        self.write("closing a patient", move |commit| {
            let updated = commit
                .db
                .prepare_cached("UPDATE glass SET until = ?3 WHERE user = ?1 AND patient = ?2 AND until > ?3")?
                .execute(params![user, patient.as_str(), micros(now)])?;
            commit.changes.people.insert(user);
            if updated == 0 { Err(StoreError::NotFound("the open patient").into()) } else { Ok(()) }
        })
        .await
    }
}

/// Every patient who belongs to a team, with them.
pub(super) fn load_teams(db: &Connection) -> Result<Vec<(PatientId, BTreeSet<TeamId>)>, Fault> {
    let mut query = db.prepare(
        "SELECT p.id, s.teams FROM patient p JOIN team_set s ON s.number = p.team_set WHERE p.team_set <> 0",
    )?;
    collect(query.query([])?, |row| {
        let teams: String = row.get("teams")?;
        Ok((parsed(row, "id")?, split(&teams)?))
    })
}
