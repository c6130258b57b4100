//! Messages that could not become readings, and the count that must balance.

use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::problem::{Problem, ProblemDocument};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use store::{ItemStatus, QuarantineRow, StoreError};
use utoipa::ToSchema;
use vitals::{DeviceId, ReceivedAt, SourceId};

/// The ledger: received = stored + duplicate + quarantined.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LedgerOut {
    received: u64,
    stored: u64,
    duplicate: u64,
    quarantined: u64,
}

/// The ledger now.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "ledger", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = LedgerOut)))]
pub(super) async fn ledger(State(app): State<Shared>, _caller: Caller) -> Result<Json<LedgerOut>, Problem> {
    let l = app.store.ledger().await?;
    Ok(Json(LedgerOut { received: l.received, stored: l.stored, duplicate: l.duplicate, quarantined: l.quarantined }))
}

/// Why an item is no reading.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonOut {
    /// from the documented list
    code: String,
    detail: String,
    /// RFC 6901, into the item
    pointer: Option<String>,
}

/// An item in quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuarantineOut {
    /// its row, for a replay
    id: u64,
    #[schema(value_type = String)]
    source: SourceId,
    #[schema(value_type = String)]
    device: DeviceId,
    topic: String,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    received_at: ReceivedAt,
    /// the sender's id where it could be read
    message_id: Option<String>,
    reason: ReasonOut,
    /// since when it is a reading after all, by a replay: stored, or found to be stored already; it counts here no more
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed_at: Option<chrono::DateTime<chrono::Utc>>,
    /// its bytes in hexadecimal; only when one is asked for
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    /// its bytes as text, if they are text
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl From<QuarantineRow> for QuarantineOut {
    fn from(row: QuarantineRow) -> Self {
        let r = row.refused;
        Self {
            id: row.row,
            source: row.source,
            device: row.device,
            topic: row.topic,
            received_at: row.received_at,
            message_id: r.id,
            reason: ReasonOut { code: r.code, detail: r.detail, pointer: r.pointer },
            replayed_at: row.replayed_at,
            bytes: None,
            text: None,
        }
    }
}

/// What is in quarantine now, oldest first.
#[utoipa::path(get, path = "/api/v1/quarantine", tag = "quarantine", security(("bearer" = []), ("session" = [])),
    params(("code" = Option<String>, Query), ("source" = Option<String>, Query),
        ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<QuarantineOut>), (status = 400, body = ProblemDocument)))]
pub(super) async fn list(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<QuarantineOut>>, Problem> {
    let filters = raw.known(&["code", "source"])?;
    let sources: Vec<SourceId> = filters.list("source")?;
    if sources.len() > 1 || filters.text("code").is_some_and(|c| c.contains(',')) {
        return Err(Problem::bad_request("`code` and `source` take one value here."));
    }
    let page = app.store.quarantine(filters.text("code"), sources.first(), filters.page()?).await?;
    Ok(Json(List::of(page, QuarantineOut::from)))
}

fn row_number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| Problem::not_found("item in quarantine with this id"))
}

/// One item with its bytes, for administrators.
#[utoipa::path(get, path = "/api/v1/quarantine/{id}", tag = "quarantine",
    security(("bearer" = []), ("session" = [])), params(("id" = u64, Path)),
    responses((status = 200, body = QuarantineOut), (status = 404, body = ProblemDocument)))]
pub(super) async fn read(
    State(app): State<Shared>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<QuarantineOut>, Problem> {
    let row = app.store.quarantine_row(row_number(&id)?).await?;
    let bytes = Some(hex::encode(&row.raw));
    let text = std::str::from_utf8(&row.raw).ok().map(str::to_owned);
    Ok(Json(QuarantineOut { bytes, text, ..row.into() }))
}

/// What became of a replayed item.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replayed {
    id: u64,
    /// `stored`, `duplicate` or `quarantined`
    pub(crate) status: &'static str,
    /// why it is still in quarantine
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonOut>,
}

/// Replays one row; the page and the API do the same.
pub(crate) async fn replay_row(app: &App, id: &str) -> Result<Replayed, Problem> {
    let id = row_number(id)?;
    let status = app.replayer.replay(id).await.map_err(|error| match error {
        StoreError::Conflict(_) => Problem::conflict("This item has been replayed already."),
        other => Problem::from(other),
    })?;
    Ok(match status {
        ItemStatus::Stored { .. } => Replayed { id, status: "stored", reason: None },
        ItemStatus::Duplicate => Replayed { id, status: "duplicate", reason: None },
        ItemStatus::Quarantined { code, detail, pointer, .. } => {
            Replayed { id, status: "quarantined", reason: Some(ReasonOut { code, detail, pointer }) }
        }
    })
}

/// Sends an item through admission once more; the ledger moves one if it is a reading now.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/replay", tag = "quarantine",
    security(("bearer" = []), ("session" = [])), params(("id" = u64, Path)),
    responses((status = 200, body = Replayed), (status = 404, body = ProblemDocument),
        (status = 409, description = "replayed already", body = ProblemDocument)))]
pub(super) async fn replay(
    State(app): State<Shared>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Replayed>, Problem> {
    Ok(Json(replay_row(&app, &id).await?))
}
