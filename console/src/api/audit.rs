//! The audit trail, for administrators. It is read here and written nowhere here.

use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use care::{Actor, PatientId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::{AuditEntry, AuditFilter};
use utoipa::ToSchema;

/// A line of the trail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditOut {
    /// position
    row: u64,
    at: DateTime<Utc>,
    #[schema(value_type = String)]
    actor: Actor,
    /// `sign-in`, `read-patient`, `change-patient`, …
    action: String,
    /// of whom or what
    subject: String,
    /// the patient it was about, where it was about one
    #[schema(value_type = Option<String>)]
    patient: Option<PatientId>,
    detail: String,
    /// SHA-256 over the hash of the line before and this line, hexadecimal
    hash: String,
}

impl From<AuditEntry> for AuditOut {
    fn from(line: AuditEntry) -> Self {
        let e = line.entry;
        Self {
            row: line.row,
            at: e.at,
            actor: e.actor,
            action: e.action,
            subject: e.subject,
            patient: e.patient,
            detail: e.detail,
            hash: line.hash.to_string(),
        }
    }
}

/// The trail, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", security(("bearer" = []), ("session" = [])),
    params(("actor" = Option<String>, Query), ("patient" = Option<String>, Query),
        ("action" = Option<String>, Query), ("from" = Option<String>, Query, description = "at or after, RFC 3339"),
        ("to" = Option<String>, Query, description = "before"),
        ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<AuditOut>)))]
pub(super) async fn list(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<AuditOut>>, Problem> {
    let filters = raw.known(&["actor", "patient", "action", "from", "to"])?;
    let text = |name| filters.text(name).map(str::to_owned);
    let patients: Vec<PatientId> = filters.list("patient")?;
    if patients.len() > 1 {
        return Err(Problem::bad_request("`patient` takes one value here."));
    }
    let filter = AuditFilter {
        actor: text("actor"),
        patient: patients.into_iter().next(),
        action: text("action"),
        from: filters.instant("from")?,
        until: filters.instant("to")?,
    };
    Ok(Json(List::of(app.store.audit_trail(&filter, filters.page()?).await?, AuditOut::from)))
}
