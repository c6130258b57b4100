//! Sources: added, rotated, disabled. A secret is shown once.

use super::body::{Body, created};
use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::access::secret::new_secret;
use crate::app::{App, Shared};
use crate::problem::{Problem, ProblemDocument};
use crate::text::t;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use care::Actor;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use store::{Source, SourceKind, SourceStatus};
use utoipa::ToSchema;
use vitals::SourceId;

/// A source.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceOut {
    #[schema(value_type = String)]
    id: SourceId,
    /// `gateway` or `vendor`
    #[schema(value_type = String)]
    kind: SourceKind,
    disabled: bool,
    created_at: DateTime<Utc>,
    /// last connection or message: a reading counts as soon as it is acknowledged, a mere connection or status within
    /// five seconds, as do the counts
    last_seen: Option<DateTime<Utc>>,
    /// messages at QoS 0: nothing could be promised
    qos0: u64,
    unknown_fields: u64,
    /// the retained status as the hub sent it
    #[schema(value_type = Option<Object>)]
    status: Option<serde_json::Value>,
    status_at: Option<DateTime<Utc>>,
}

/// A source's secret, this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretOut {
    #[schema(value_type = String)]
    pub(crate) id: SourceId,
    /// MQTT user name
    pub(crate) username: String,
    /// MQTT password; it is kept nowhere
    pub(crate) password: String,
}

/// A source to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSource {
    #[schema(value_type = String, example = "hub-17")]
    id: SourceId,
    /// `gateway` or `vendor`
    #[schema(value_type = String)]
    kind: SourceKind,
}

fn show(source: Source, statuses: &[SourceStatus]) -> SourceOut {
    let status = statuses.iter().find(|s| s.source == source.id);
    SourceOut {
        status: status.and_then(|s| serde_json::from_slice(&s.payload).ok()),
        status_at: status.map(|s| s.at),
        id: source.id,
        kind: source.kind,
        disabled: source.disabled,
        created_at: source.created_at,
        last_seen: source.last_seen,
        qos0: source.qos0,
        unknown_fields: source.unknown_fields,
    }
}

/// Every source, by id.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<SourceOut>)))]
pub(super) async fn list(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<SourceOut>>, Problem> {
    let page = raw.known(&[])?.page()?;
    let statuses = app.store.statuses().await?;
    let items = app.store.sources().await?.into_iter().map(|s| show(s, &statuses)).collect();
    Ok(Json(List::cut(items, |s| s.id.to_string(), &page)))
}

/// Adds a source; its password is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/sources", tag = "sources", security(("bearer" = []), ("session" = [])),
    request_body = NewSource,
    responses((status = 201, body = SecretOut), (status = 400, body = ProblemDocument),
        (status = 409, description = "the id is taken", body = ProblemDocument)))]
pub(super) async fn add(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<NewSource>,
) -> Result<Response, Problem> {
    let secret = create_source(&app, &body.id, body.kind, &caller.actor).await?;
    Ok(created(body.id.as_str(), secret))
}

/// Adds a source with a new secret.
pub(crate) async fn create_source(
    app: &App,
    id: &SourceId,
    kind: SourceKind,
    actor: &Actor,
) -> Result<SecretOut, Problem> {
    let (password, digest) = new_secret().map_err(|e| Problem::internal(&e))?;
    let taken = |problem: Problem| problem.if_conflict(|lang| t!(lang, "problem-source-taken"));
    app.store.add_source(id, kind, digest, actor).await.map_err(|e| taken(e.into()))?;
    Ok(SecretOut { id: id.clone(), username: id.to_string(), password })
}

/// Gives a source another secret; the old one stops working.
pub(crate) async fn rotate_source(app: &App, id: &SourceId, actor: &Actor) -> Result<SecretOut, Problem> {
    let (password, digest) = new_secret().map_err(|e| Problem::internal(&e))?;
    app.store.rotate_source(id, digest, actor).await?;
    Ok(SecretOut { id: id.clone(), username: id.to_string(), password })
}

/// The source of an id in a path.
async fn known(app: &App, id: &str) -> Result<SourceId, Problem> {
    let missing = || Problem::not_found("source with this id");
    let id = SourceId::new(id).map_err(|_| missing())?;
    app.store.source(&id).await?.map(|s| s.id).ok_or_else(missing)
}

/// Gives a source another password, shown this once; the old one stops working.
#[utoipa::path(post, path = "/api/v1/sources/{id}/rotate", tag = "sources",
    security(("bearer" = []), ("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = SecretOut), (status = 404, body = ProblemDocument)))]
pub(super) async fn rotate(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SecretOut>, Problem> {
    let id = known(&app, &id).await?;
    Ok(Json(rotate_source(&app, &id, &caller.actor).await?))
}

async fn set_disabled(app: &App, id: &str, disabled: bool, actor: &Actor) -> Result<Json<SourceOut>, Problem> {
    let id = known(app, id).await?;
    app.store.set_source_disabled(&id, disabled, actor).await?;
    let source = app.store.source(&id).await?.ok_or_else(|| Problem::not_found("source with this id"))?;
    Ok(Json(show(source, &app.store.statuses().await?)))
}

/// A disabled source may not connect; what it sent stays.
#[utoipa::path(post, path = "/api/v1/sources/{id}/disable", tag = "sources",
    security(("bearer" = []), ("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = SourceOut), (status = 404, body = ProblemDocument)))]
pub(super) async fn disable(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SourceOut>, Problem> {
    set_disabled(&app, &id, true, &caller.actor).await
}

/// Lets a disabled source connect again.
#[utoipa::path(post, path = "/api/v1/sources/{id}/enable", tag = "sources",
    security(("bearer" = []), ("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = SourceOut), (status = 404, body = ProblemDocument)))]
pub(super) async fn enable(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SourceOut>, Problem> {
    set_disabled(&app, &id, false, &caller.actor).await
}
