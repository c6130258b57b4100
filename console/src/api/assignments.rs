//! Who wears what.

use super::body::{Body, created};
use super::enrolment::begun_earlier;
use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::problem::{Problem, ProblemDocument};
use crate::text::t;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use care::{Actor, Assignment, Change, PatientId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use store::PatientRecord;
use utoipa::ToSchema;
use vitals::{DeviceId, DeviceRef, Instant, SourceId, UserSlot};

/// A device (and slot) belongs to a patient for `[from, until)` of measured time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssignmentOfPatient {
    #[schema(value_type = String)]
    patient: PatientId,
    #[schema(value_type = String)]
    source: SourceId,
    #[schema(value_type = String)]
    device: DeviceId,
    #[schema(value_type = Option<u8>)]
    user_slot: Option<UserSlot>,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

impl From<Assignment> for AssignmentOfPatient {
    fn from(a: Assignment) -> Self {
        Self {
            patient: a.patient,
            source: a.device.source,
            device: a.device.device,
            user_slot: a.user_slot,
            from: a.from,
            until: a.until,
        }
    }
}

/// What to assign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAssignment {
    patient: String,
    #[schema(value_type = String)]
    source: SourceId,
    #[schema(value_type = String)]
    device: DeviceId,
    /// without: every slot that has none of its own
    #[serde(default)]
    #[schema(value_type = Option<u8>)]
    user_slot: Option<UserSlot>,
    /// of measured time; default now
    #[serde(default)]
    from: Option<DateTime<Utc>>,
    /// exclusive
    #[serde(default)]
    until: Option<DateTime<Utc>>,
    /// why
    #[serde(default)]
    reason: String,
}

/// Every assignment, by device, slot and start.
#[utoipa::path(get, path = "/api/v1/assignments", tag = "devices", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<AssignmentOfPatient>)))]
pub(super) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<AssignmentOfPatient>>, Problem> {
    let page = raw.known(&[])?.page()?;
    let items = seen_assignments(&app, &caller).await?.into_iter().map(AssignmentOfPatient::from).collect();
    let key = |a: &AssignmentOfPatient| {
        let slot = a.user_slot.map_or_else(String::new, |s| format!("{:03}", s.0));
        format!("{}/{}/{slot}/{:+020}", a.source, a.device, a.from.timestamp_micros())
    };
    Ok(Json(List::cut(items, key, &page)))
}

/// The assignments of patients whom the caller sees.
async fn seen_assignments(app: &App, caller: &Caller) -> Result<Vec<Assignment>, Problem> {
    let all = app.store.assignments().await?;
    let seen = app.store.seen(caller.scope(), all.iter().map(|a| a.patient.clone()).collect()).await?;
    Ok(all.into_iter().filter(|a| seen.contains(&a.patient)).collect())
}

/// Assigns a device; a patient's first one may tell when the enrolment began.
pub(crate) async fn assign(app: &App, assignment: Assignment, reason: &str, actor: &Actor) -> Result<(), Problem> {
    let (patient, from) = (assignment.patient.clone(), assignment.from);
    let record = app.store.patient(&patient).await?;
    let overlap = |problem: Problem| problem.if_conflict(|lang| t!(lang, "problem-overlap"));
    app.store.assign(assignment, reason, actor).await.map_err(|e| overlap(e.into()))?;
    match record {
        Some(record) => begin_with_device(app, &record, from, actor).await,
        None => Ok(()),
    }
}

/// An enrolment that nobody dated begins with the first device.
pub(crate) async fn begin_with_device(
    app: &App,
    record: &PatientRecord,
    from: Instant,
    actor: &Actor,
) -> Result<(), Problem> {
    let Some(enrolments) = begun_earlier(&record.enrolments, from) else { return Ok(()) };
    let change = Change {
        profile: None,
        timezone: None,
        status: None,
        enrolments: Some(enrolments),
        effective_from: app.clock.now(),
        reason: "began with the first device".to_owned(),
    };
    app.store.change_patient(&record.patient.id, change, Vec::new(), None, actor).await?;
    Ok(())
}

/// Assigns a device; an overlap for the same device and slot is 409. Readings that waited are judged then.
#[utoipa::path(post, path = "/api/v1/assignments", tag = "devices", security(("bearer" = []), ("session" = [])),
    request_body = NewAssignment,
    responses((status = 201, body = AssignmentOfPatient), (status = 400, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
pub(super) async fn add(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<NewAssignment>,
) -> Result<Response, Problem> {
    let patient = caller
        .patient(&app, &body.patient)
        .await
        .map_err(|_| Problem::field("/patient", "there is no patient with this id"))?
        .patient
        .id;
    let from = body.from.unwrap_or_else(|| app.clock.now());
    if body.until.is_some_and(|until| until <= from) {
        return Err(Problem::field("/until", "`until` is not after `from`"));
    }
    let assignment = Assignment {
        device: DeviceRef { source: body.source, device: body.device },
        user_slot: body.user_slot,
        patient,
        from,
        until: body.until,
    };
    assign(&app, assignment.clone(), &body.reason, &caller.actor).await?;
    Ok(created(assignment.patient.as_str(), AssignmentOfPatient::from(assignment.clone())))
}
