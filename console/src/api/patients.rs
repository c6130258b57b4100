//! Patients.

use super::body::{Body, created};
use super::enrolment::ProgrammeOut;
use super::list::{List, RawFilters};
use super::parameters::in_force;
use super::patient_input::{ContactJson, IdentifierJson, PatientIn};
use crate::access::Caller;
use crate::access::secret;
use crate::app::{App, Shared};
use crate::problem::{Problem, ProblemDocument};
use crate::text::t;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use care::{Assignment, PatientId, PatientStatus, TeamId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use store::PatientRecord;
use utoipa::ToSchema;
use vitals::{DeviceId, Instant, SourceId, UserSlot};

/// A patient.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PatientOut {
    #[schema(value_type = String)]
    id: PatientId,
    name: String,
    birth_date: Option<NaiveDate>,
    /// IANA name
    timezone: &'static str,
    phone: String,
    contacts: Vec<ContactJson>,
    language: String,
    /// `active`, `paused` or `ended`
    #[schema(value_type = String)]
    status: PatientStatus,
    identifiers: Vec<IdentifierJson>,
    programmes: Vec<ProgrammeOut>,
    /// this patient's own, in force now
    parameters: BTreeMap<String, String>,
    /// the earliest start of a programme
    enrolled_at: Option<DateTime<Utc>>,
    /// teams that care for them; of none, everybody does
    #[schema(value_type = Vec<String>)]
    teams: BTreeSet<TeamId>,
    assignments: Vec<AssignmentOut>,
}

/// A device (and slot) of a patient for `[from, until)` of measured time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssignmentOut {
    #[schema(value_type = String)]
    pub(super) source: SourceId,
    #[schema(value_type = String)]
    pub(super) device: DeviceId,
    #[schema(value_type = Option<u8>)]
    pub(super) user_slot: Option<UserSlot>,
    pub(super) from: DateTime<Utc>,
    pub(super) until: Option<DateTime<Utc>>,
}

impl From<Assignment> for AssignmentOut {
    fn from(a: Assignment) -> Self {
        Self { source: a.device.source, device: a.device.device, user_slot: a.user_slot, from: a.from, until: a.until }
    }
}

fn show(record: PatientRecord, now: Instant) -> PatientOut {
    let patient = record.patient;
    PatientOut {
        id: patient.id,
        name: patient.name,
        birth_date: patient.birth_date,
        timezone: patient.timezone.name(),
        phone: patient.phone,
        contacts: patient.contacts.into_iter().map(ContactJson::from).collect(),
        language: patient.language,
        status: record.status,
        teams: patient.teams,
        identifiers: patient.identifiers.into_iter().map(IdentifierJson::from).collect(),
        enrolled_at: record.enrolments.iter().map(|e| e.from).min(),
        programmes: record.enrolments.iter().map(ProgrammeOut::from).collect(),
        parameters: in_force(&record.parameters, now),
        assignments: record.assignments.into_iter().map(AssignmentOut::from).collect(),
    }
}

/// Every patient, by id.
#[utoipa::path(get, path = "/api/v1/patients", tag = "patients", security(("bearer" = []), ("session" = [])),
    params(("search" = Option<String>, Query, description = "in name or identifier"),
        ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<PatientOut>), (status = 400, body = ProblemDocument)))]
pub(super) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<PatientOut>>, Problem> {
    let filters = raw.known(&["search"])?;
    let page = app.store.patients(caller.scope(), filters.text("search"), filters.page()?).await?;
    let now = app.clock.now();
    Ok(Json(List::of(page, |record| show(record, now))))
}

/// Enters a patient.
#[utoipa::path(post, path = "/api/v1/patients", tag = "patients", security(("bearer" = []), ("session" = [])),
    request_body = PatientIn,
    responses((status = 201, body = PatientOut), (status = 400, body = ProblemDocument),
        (status = 409, description = "the id is taken or an assignment overlaps", body = ProblemDocument)))]
pub(super) async fn add(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<PatientIn>,
) -> Result<Response, Problem> {
    let record = enter_patient(&app, body, &caller).await?;
    let id = record.patient.id.clone();
    Ok(created(id.as_str(), show(record, app.clock.now())))
}

/// Enters a patient; the first-run page and the API do the same.
pub(crate) async fn enter_patient(app: &App, body: PatientIn, caller: &Caller) -> Result<PatientRecord, Problem> {
    let id = match body.id.clone() {
        Some(id) => id,
        None => unused_id(app).await?,
    };
    let said = body.entered(id, caller, app.rulebooks.as_ref(), app.clock.now())?;
    let assignments = said.assignments.unwrap_or_default();
    let added = app.store.add_patient(said.change, said.parameters, assignments, &caller.actor).await;
    let record = added.map_err(|e| Problem::from(e).if_conflict(|lang| t!(lang, "problem-overlap")))?;
    caller.meets(&record.patient.id);
    Ok(record)
}

/// A patient.
#[utoipa::path(get, path = "/api/v1/patients/{id}", tag = "patients", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = PatientOut), (status = 404, body = ProblemDocument)))]
pub(super) async fn read(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<PatientOut>, Problem> {
    let record = caller.patient(&app, &id).await?;
    Ok(Json(show(record, app.clock.now())))
}

/// Changes a patient; what is left out stays, an array replaces the array.
#[utoipa::path(patch, path = "/api/v1/patients/{id}", tag = "patients", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path)), request_body = PatientIn,
    responses((status = 200, body = PatientOut), (status = 400, body = ProblemDocument),
        (status = 403, description = "coordinators change contacts and devices, clinicians the rest",
            body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)))]
pub(super) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<PatientIn>,
) -> Result<Json<PatientOut>, Problem> {
    let record = caller.patient(&app, &id).await?;
    let after = change_patient(&app, body, &record, &caller).await?;
    Ok(Json(show(after, app.clock.now())))
}

/// Changes a patient; the pages and the API do the same.
pub(crate) async fn change_patient(
    app: &App,
    body: PatientIn,
    record: &PatientRecord,
    caller: &Caller,
) -> Result<PatientRecord, Problem> {
    let said = body.changed(record, caller, app.rulebooks.as_ref(), app.clock.now())?;
    let (id, by) = (&record.patient.id, &caller.actor);
    Ok(app.store.change_patient(id, said.change, said.parameters, said.assignments, by).await?)
}

/// Letters and digits that are not taken for one another on the telephone.
const READABLE: &[u8; 30] = b"23456789abcdefghjkmnpqrstuvwxy";

async fn unused_id(app: &App) -> Result<PatientId, Problem> {
    loop {
        let bytes = secret::random::<6>().map_err(|e| Problem::internal(&e))?;
        let letter = |b: u8| READABLE.get(usize::from(b % 30)).copied().map_or('x', char::from);
        let text: String = bytes.into_iter().map(letter).collect();
        let id = PatientId::new(&format!("p-{text}")).map_err(|e| Problem::internal(&e))?;
        if app.store.patient(&id).await?.is_none() {
            return Ok(id);
        }
    }
}
