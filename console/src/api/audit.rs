//! The audit trail, for administrators. It is read here and written nowhere here.

use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::{Problem, ProblemDocument};
use axum::Json;
use axum::extract::State;
use care::Actor;
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
    detail: String,
}

impl From<AuditEntry> for AuditOut {
    fn from(line: AuditEntry) -> Self {
        let e = line.entry;
        Self { row: line.row, at: e.at, actor: e.actor, action: e.action, subject: e.subject, detail: e.detail }
    }
}

/// The trail, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<AuditOut>), (status = 403, body = ProblemDocument)))]
pub(super) async fn list(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<AuditOut>>, Problem> {
    let page = raw.known(&[])?.page()?;
    Ok(Json(List::of(app.store.audit_trail(&AuditFilter::default(), page).await?, AuditOut::from)))
}
