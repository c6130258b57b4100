//! [`Roster`] on SQLite.

use super::column::{collect, first, json_list, limit, micros, page, parsed, time_or_none, to_json};
use super::fault::Fault;
use super::record::{self, event_from, journal, journal_of, journal_of_all, own_history, replace_assignments};
use super::writer::Commit;
use super::{SqliteStore, history, sight};
use crate::roster::search_text;
use crate::{Page, PageRequest, PatientRecord, Roster, StoreError};
use async_trait::async_trait;
use care::{
    Actor, Assignment, Change, Enrolment, Event, EventBody, History, ParameterScope, ParameterSetting, Patient,
    PatientId, Scope,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use vitals::Instant;

fn record_of(db: &Connection, id: &PatientId, now: Instant) -> Result<Option<PatientRecord>, Fault> {
    let mut query = db.prepare_cached("SELECT number, id, profile FROM patient WHERE id = ?1")?;
    first(query.query([id.as_str()])?, |row| record::patient_record(db, row, now))
}

/// One request's changes of a patient, journalled in one transaction.
struct Edit {
    change: Change,
    parameters: Vec<(String, Option<String>)>,
    assignments: Option<Vec<Assignment>>,
    actor: Actor,
}

impl Edit {
    fn commit(self, commit: &mut Commit<'_>, id: &PatientId, known: Option<&Patient>) -> Result<PatientRecord, Fault> {
        let Edit { mut change, parameters, assignments, actor } = self;
        let number = commit.memory.patient(id)?;
        let (effective_from, reason) = (change.effective_from, change.reason.clone());
        complete(&mut change, id, known)?;
        if let Some(enrolments) = &mut change.enrolments {
            // As `History::apply` does, so that the event says what the history will.
            Enrolment::enter(enrolments, &own_history(commit.db, number, id)?.enrolments, commit.at);
            put_enrolments(commit.db, number, enrolments)?;
        }
        if let Some(profile) = &change.profile {
            commit
                .db
                .prepare_cached("UPDATE patient SET profile = ?2, search = ?3 WHERE number = ?1")?
                .execute(params![number, to_json("profile", profile)?, search_text(profile)])?;
            if known.map(|k| &k.teams) != Some(&profile.teams) {
                sight::put_teams(commit.db, number, profile)?;
                commit.memory.set_teams(id, &profile.teams);
            }
        }
        let said = change.profile.is_some()
            || change.timezone.is_some()
            || change.status.is_some()
            || change.enrolments.is_some();
        if said {
            journal_of(commit, &actor, (number, id), &EventBody::PatientChanged(Box::new(change)))?;
        }
        if !parameters.is_empty() {
            let scope = ParameterScope::Patient;
            let body = EventBody::ParametersSet { scope, values: parameters, effective_from, reason: reason.clone() };
            journal_of(commit, &actor, (number, id), &body)?;
        }
        if let Some(assignments) = assignments {
            replace_assignments(commit, (number, id), assignments, &reason, &actor)?;
        }
        record_of(commit.db, id, commit.at)?.ok_or_else(|| StoreError::NotFound("the patient").into())
    }
}

/// Profile and time zone agree, whichever of them was given.
fn complete(change: &mut Change, id: &PatientId, known: Option<&Patient>) -> Result<(), StoreError> {
    if change.profile.as_ref().is_some_and(|profile| profile.id != *id) {
        return Err(StoreError::Invalid("a patient's id cannot be changed".to_owned()));
    }
    match (&mut change.profile, change.timezone) {
        (Some(profile), Some(timezone)) => profile.timezone = timezone,
        (Some(profile), None) if known.is_none_or(|k| k.timezone != profile.timezone) => {
            change.timezone = Some(profile.timezone);
        }
        (None, Some(timezone)) => change.profile = known.map(|k| Patient { timezone, ..k.clone() }),
        _ => {}
    }
    Ok(())
}

/// The patient's programmes as lists ask for them.
fn put_enrolments(db: &Connection, patient: i64, enrolments: &[Enrolment]) -> Result<(), Fault> {
    db.prepare_cached("DELETE FROM enrolment WHERE patient = ?1")?.execute([patient])?;
    let mut put = db.prepare_cached("INSERT OR REPLACE INTO enrolment VALUES (?1, ?2, ?3, ?4)")?;
    for e in enrolments {
        put.execute(params![patient, e.programme.as_str(), micros(e.from), e.until.map(micros)])?;
    }
    Ok(())
}

#[async_trait]
impl Roster for SqliteStore {
    async fn add_patient(
        &self,
        change: Change,
        parameters: Vec<(String, Option<String>)>,
        assignments: Vec<Assignment>,
        actor: &Actor,
    ) -> Result<PatientRecord, StoreError> {
        let assignments = (!assignments.is_empty()).then_some(assignments);
        let edit = Edit { change, parameters, assignments, actor: actor.clone() };
        self.write("entering a patient", move |commit| {
            let Some(profile) = edit.change.profile.clone() else {
                return Err(StoreError::Invalid("a new patient needs a profile".to_owned()).into());
            };
            if commit.memory.patient(&profile.id).is_ok() {
                return Err(StoreError::Conflict(format!("patient `{}` exists already", profile.id)).into());
            }
            commit
                .db
                .prepare_cached("INSERT INTO patient (id, profile, search) VALUES (?1, ?2, ?3)")?
                .execute(params![profile.id.as_str(), to_json("profile", &profile)?, search_text(&profile)])?;
            commit.memory.enter_patient(profile.id.clone(), commit.db.last_insert_rowid());
            edit.commit(commit, &profile.id, None)
        })
        .await
    }

    async fn change_patient(
        &self,
        id: &PatientId,
        change: Change,
        parameters: Vec<(String, Option<String>)>,
        assignments: Option<Vec<Assignment>>,
        actor: &Actor,
    ) -> Result<PatientRecord, StoreError> {
        let (id, edit) = (id.clone(), Edit { change, parameters, assignments, actor: actor.clone() });
        self.write("changing a patient", move |commit| {
            let known = record_of(commit.db, &id, commit.at)?.ok_or(StoreError::NotFound("the patient"))?;
            edit.commit(commit, &id, Some(&known.patient))
        })
        .await
    }

    async fn patient(&self, id: &PatientId) -> Result<Option<PatientRecord>, StoreError> {
        let (id, now) = (id.clone(), self.clock.now());
        self.read("a patient", move |db| record_of(db, &id, now)).await
    }

    async fn patients(
        &self,
        scope: &Scope,
        search: Option<&str>,
        request: PageRequest,
    ) -> Result<Page<PatientRecord>, StoreError> {
        let (search, now) = (search.unwrap_or_default().to_lowercase(), self.clock.now());
        let scope = sight::scope_column(scope);
        let limit = limit(&request);
        let after = request.after.unwrap_or_default();
        self.read("patients", move |db| {
            let seen = sight::seen("patient", "number", 4);
            let mut query = db.prepare_cached(&format!(
                "SELECT number, id, profile FROM patient WHERE id > ?1 AND (?2 = '' OR instr(search, ?2) > 0)
                 AND {seen} ORDER BY id LIMIT ?3",
            ))?;
            let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
            let rows = query.query(params![after, search, one_more, scope])?;
            let records = collect(rows, |row| record::patient_record(db, row, now))?;
            Ok(page(records, limit, |r| r.patient.id.to_string()))
        })
        .await
    }

    async fn patient_count(&self) -> Result<u64, StoreError> {
        self.read("counting patients", |db| {
            let count: i64 = db.prepare_cached("SELECT count(*) FROM patient")?.query_row([], |row| row.get(0))?;
            Ok(count.cast_unsigned())
        })
        .await
    }

    async fn seen(&self, scope: &Scope, patients: Vec<PatientId>) -> Result<BTreeSet<PatientId>, StoreError> {
        let scope = sight::scope_column(scope);
        self.read("which patients are seen", move |db| {
            let seen = sight::seen("patient", "number", 2);
            let mut query = db.prepare_cached(&format!(
                "SELECT id FROM patient WHERE id IN (SELECT value FROM json_each(?1)) AND {seen}"
            ))?;
            let rows = query.query(params![json_list(&patients), scope])?;
            Ok(collect(rows, |row| parsed(row, "id"))?.into_iter().collect())
        })
        .await
    }

    async fn assign(&self, assignment: Assignment, reason: &str, actor: &Actor) -> Result<(), StoreError> {
        let (reason, actor) = (reason.to_owned(), actor.clone());
        self.write("assigning a device", move |commit| {
            let id = assignment.patient.clone();
            let number = commit.memory.patient(&id)?;
            let mut list: Vec<Assignment> = commit.memory.assignments.of_patient(&id).into_iter().cloned().collect();
            list.push(assignment);
            replace_assignments(commit, (number, &id), list, &reason, &actor)
        })
        .await
    }

    async fn assignments(&self) -> Result<Vec<Assignment>, StoreError> {
        self.read("assignments", |db| Ok(record::load_assignments(db)?.iter().cloned().collect())).await
    }

    async fn set_clinic_parameters(
        &self,
        values: Vec<(String, Option<String>)>,
        effective_from: Instant,
        reason: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let (reason, actor) = (reason.to_owned(), actor.clone());
        self.write("setting the clinic's parameters", move |commit| {
            let body = EventBody::ParametersSet { scope: ParameterScope::Clinic, values, effective_from, reason };
            journal_of_all(commit, &actor, &body).map(drop)
        })
        .await
    }

    async fn clinic_parameters(&self) -> Result<Vec<ParameterSetting>, StoreError> {
        self.read("the clinic's parameters", |db| {
            let mut query = db
                .prepare_cached("SELECT * FROM event WHERE patient IS NULL AND kind = 'parameters-set' ORDER BY seq")?;
            // Any patient's history gathers them; this one is nobody's.
            let nobody = PatientId::new("nobody").map_err(|e| StoreError::Invalid(e.to_string()))?;
            let mut history = History::new(nobody);
            for event in collect(query.query([])?, event_from)? {
                history.apply(&event);
            }
            Ok(history.parameters)
        })
        .await
    }

    async fn patient_events(&self, id: &PatientId) -> Result<Vec<Event>, StoreError> {
        let id = id.clone();
        self.read("a patient's events", move |db| history::patient_events(db, &id)).await
    }

    async fn history(&self, id: &PatientId, as_of: u64) -> Result<History, StoreError> {
        let id = id.clone();
        self.read("a patient's history", move |db| history::history(db, &id, as_of)).await
    }

    async fn rulebooks(&self) -> Result<Vec<(String, String, String, Option<Instant>)>, StoreError> {
        self.read("rulebooks", |db| {
            let mut query = db.prepare_cached("SELECT id, version, text, effective_from FROM rulebook ORDER BY seq")?;
            collect(query.query([])?, |row| {
                Ok((row.get("id")?, row.get("version")?, row.get("text")?, time_or_none(row, "effective_from")?))
            })
        })
        .await
    }

    async fn install_rulebook(
        &self,
        id: &str,
        version: &str,
        text: &str,
        effective_from: Instant,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let [id, version, text] = [id, version, text].map(str::to_owned);
        let actor = actor.clone();
        self.write("installing a rulebook", move |commit| {
            let known: Option<String> = commit
                .db
                .prepare_cached("SELECT text FROM rulebook WHERE id = ?1 AND version = ?2")?
                .query_row([&id, &version], |row| row.get(0))
                .optional()?;
            if let Some(known) = known {
                let other = || {
                    StoreError::Conflict(format!(
                        "rulebook {id} {version} is installed with another text; give the new text a version of its own"
                    ))
                };
                return if known == text { Ok(false) } else { Err(other().into()) };
            }
            let first: bool = commit
                .db
                .prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM rulebook WHERE id = ?1)")?
                .query_row([&id], |row| row.get(0))?;
            let from = (!first).then_some(effective_from);
            let body = EventBody::RulebookInstalled {
                id: id.clone(),
                version: version.clone(),
                effective_from: from.unwrap_or(Instant::UNIX_EPOCH),
            };
            let seq = journal_of_all(commit, &actor, &body)?;
            commit.db.prepare_cached("INSERT INTO rulebook VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
                id,
                version,
                text,
                from.map(micros),
                seq.cast_signed()
            ])?;
            Ok(true)
        })
        .await
    }
}

/// Journals a start of Hearth: nobody's event.
pub(super) fn journal_start(commit: &mut Commit<'_>) -> Result<(), Fault> {
    let Some(last) = commit.memory.last_commit else { return Ok(()) };
    let down_since = super::column::instant("at", last)?;
    journal(commit, &Actor::hearth(), None, &EventBody::Started { down_since }).map(drop)
}
