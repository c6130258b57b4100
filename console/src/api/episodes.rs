//! A patient's episodes.

use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::{Problem, ProblemDocument};
use axum::Json;
use axum::extract::{Path, State};
use care::sentence::in_english;
use care::{Episode, EpisodeChange, EpisodeId, EpisodeRule, GroupKey, RuleId, Severity};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// One stretch of time in which a rule or group holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EpisodeOut {
    #[schema(value_type = String)]
    id: EpisodeId,
    /// the group, or the rule that stands alone
    #[schema(value_type = String)]
    group: GroupKey,
    /// `open`, `cleared`, or `unwatched` where the patient no longer has the rule
    status: &'static str,
    #[schema(value_type = String)]
    severity: Severity,
    /// the rule that speaks for it
    #[schema(value_type = Option<String>)]
    rule: Option<RuleId>,
    /// the sentence with numbers
    reason: Option<String>,
    opened_at: DateTime<Utc>,
    cleared_at: Option<DateTime<Utc>>,
    /// every rule's part: why, readings, limits and whose they were, basis
    #[schema(value_type = Vec<Object>)]
    #[serde(serialize_with = "in_english")]
    rules: Vec<EpisodeRule>,
    #[schema(value_type = Vec<Object>)]
    #[serde(serialize_with = "in_english")]
    changes: Vec<EpisodeChange>,
}

impl From<Episode> for EpisodeOut {
    fn from(episode: Episode) -> Self {
        let leading = episode.leading_rule();
        Self {
            rule: leading.map(|r| r.rule.clone()),
            reason: episode.reason().map(|r| r.to_string()),
            status: match (episode.is_open(), episode.unwatched_since()) {
                (true, _) => "open",
                (false, None) => "cleared",
                (false, Some(_)) => "unwatched",
            },
            id: episode.id,
            group: episode.group,
            severity: episode.severity,
            opened_at: episode.opened_at,
            cleared_at: episode.cleared_at,
            rules: episode.rules,
            changes: episode.changes,
        }
    }
}

/// Every episode of a patient, oldest first.
#[utoipa::path(get, path = "/api/v1/patients/{id}/episodes", tag = "patients",
    security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<EpisodeOut>), (status = 404, body = ProblemDocument)))]
pub(super) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    raw: RawFilters,
) -> Result<Json<List<EpisodeOut>>, Problem> {
    let page = raw.known(&[])?.page()?;
    let id = caller.patient(&app, &id).await?.patient.id;
    let episodes = app.store.episodes(&id).await?;
    let items = episodes.into_iter().map(EpisodeOut::from).collect();
    // Times of this century have as many digits in seconds; the id breaks ties.
    Ok(Json(List::cut(items, |e| format!("{:012}.{}", e.opened_at.timestamp(), e.id), &page)))
}
