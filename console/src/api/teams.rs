//! Teams, patients of other teams who were opened, and who is signed in: for administrators.

use super::body::{Body, created};
use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::{Problem, ProblemDocument};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use care::{PatientId, Team, TeamId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use store::{Glass, WebSession};
use utoipa::ToSchema;

/// Some of the people who care for some of the patients.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamJson {
    #[schema(value_type = String)]
    id: TeamId,
    /// as shown
    name: String,
}

impl From<Team> for TeamJson {
    fn from(team: Team) -> Self {
        Self { id: team.id, name: team.name }
    }
}

/// Every team.
#[utoipa::path(get, path = "/api/v1/teams", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<TeamJson>)))]
pub(super) async fn list(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<TeamJson>>, Problem> {
    let page = raw.known(&[])?.page()?;
    let items = app.store.teams().await?.into_iter().map(TeamJson::from).collect();
    Ok(Json(List::cut(items, |team: &TeamJson| team.id.to_string(), &page)))
}

/// Adds a team, or gives it another name.
#[utoipa::path(post, path = "/api/v1/teams", tag = "people", security(("bearer" = []), ("session" = [])),
    request_body = TeamJson, responses((status = 201, body = TeamJson), (status = 400, body = ProblemDocument)))]
pub(super) async fn put(
    State(app): State<Shared>,
    _caller: Caller,
    Body(body): Body<TeamJson>,
) -> Result<Response, Problem> {
    let team = Team { id: body.id, name: body.name };
    app.store.put_team(team.clone()).await?;
    Ok(created(team.id.as_str(), TeamJson::from(team.clone())))
}

/// Takes a team away; 409 while a person, patient or token is in it.
#[utoipa::path(delete, path = "/api/v1/teams/{id}", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)))]
pub(super) async fn remove(
    State(app): State<Shared>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = TeamId::new(&id).map_err(|_| Problem::not_found("team with this id"))?;
    app.store.remove_team(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody opened a patient of another team.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GlassOut {
    user: String,
    #[schema(value_type = String)]
    patient: PatientId,
    reason: String,
    at: DateTime<Utc>,
    /// open until then
    until: DateTime<Utc>,
}

impl From<Glass> for GlassOut {
    fn from(g: Glass) -> Self {
        Self { user: g.user, patient: g.patient, reason: g.reason, at: g.at, until: g.until }
    }
}

/// Who opened whom and why, newest first.
#[utoipa::path(get, path = "/api/v1/opened-patients", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<GlassOut>)))]
pub(super) async fn opened(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<GlassOut>>, Problem> {
    let page = raw.known(&[])?.page()?;
    Ok(Json(List::of(app.store.glass(page).await?, GlassOut::from)))
}

/// A signed-in browser.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionOut {
    id: String,
    user: String,
    /// which browser on what
    agent: String,
    /// `password`, `second-factor`, `recovery-code` or `oidc`
    means: String,
    created_at: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl From<WebSession> for SessionOut {
    fn from(s: WebSession) -> Self {
        Self {
            id: s.public_id(),
            user: s.user,
            agent: s.agent,
            means: s.means,
            created_at: s.created_at,
            last_seen: s.last_seen,
            expires_at: s.expires_at,
        }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<SessionOut>)))]
pub(super) async fn sessions(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<SessionOut>>, Problem> {
    let page = raw.known(&[])?.page()?;
    let open = app.store.sessions(None, app.clock.now()).await?;
    let items = open.into_iter().map(SessionOut::from).collect();
    Ok(Json(List::cut(items, |s: &SessionOut| s.id.clone(), &page)))
}

/// Ends a session.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path)), responses((status = 204), (status = 404, body = ProblemDocument)))]
pub(super) async fn end_session(
    State(app): State<Shared>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let open = app.store.sessions(None, app.clock.now()).await?;
    let session = open.into_iter().find(|s| s.public_id() == id).ok_or_else(|| Problem::not_found("such session"))?;
    app.store.end_session(&session.token_sha256).await?;
    Ok(StatusCode::NO_CONTENT)
}
