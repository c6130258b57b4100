//! The clinic's parameters.

use super::body::Body;
use super::patient_input::check_parameters;
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::problem::{Problem, ProblemDocument};
use axum::Json;
use axum::extract::State;
use care::{Actor, ParameterScope, ParameterSetting};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use vitals::Instant;

/// The clinic's parameters.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ParametersOut {
    /// set by the clinic, in force now
    #[schema(example = json!({"heart-failure.gain_3d": "2.5 kg"}))]
    parameters: BTreeMap<String, String>,
    /// every parameter that a rulebook declares, with the rulebook's own value; null: not configured
    defaults: BTreeMap<String, Option<String>>,
    /// everything ever set, oldest first
    history: Vec<SettingOut>,
}

/// A parameter set, or set back.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SettingOut {
    key: String,
    /// null: set back to the rulebook's
    value: Option<String>,
    effective_from: DateTime<Utc>,
}

/// What to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ParametersIn {
    /// values with units as written; null sets back; what is not named stays
    #[schema(value_type = Object, example = json!({"heart-failure.gain_3d": "2.5 kg"}))]
    parameters: BTreeMap<String, Option<String>>,
    /// why
    #[serde(default)]
    reason: String,
    /// for readings measured from then on; default now
    #[serde(default)]
    effective_from: Option<DateTime<Utc>>,
}

/// Values in force at `now`: of those that reach it, the one entered last.
pub(crate) fn in_force(settings: &[ParameterSetting], now: Instant) -> BTreeMap<String, String> {
    let mut latest: BTreeMap<&str, &ParameterSetting> = BTreeMap::new();
    for setting in settings.iter().filter(|s| s.effective_from <= now) {
        let entry = latest.entry(&setting.key).or_insert(setting);
        if setting.seq >= entry.seq {
            *entry = setting;
        }
    }
    latest.into_iter().filter_map(|(key, s)| Some((key.to_owned(), s.value.clone()?))).collect()
}

async fn show(app: &App) -> Result<ParametersOut, Problem> {
    let settings = app.store.clinic_parameters().await?;
    let now = app.clock.now();
    let defaults = app.rulebooks.parameters(now).into_iter().map(|p| (p.key, p.default)).collect();
    let parameters = in_force(&settings, now);
    let history = settings
        .into_iter()
        .map(|s| SettingOut { key: s.key, value: s.value, effective_from: s.effective_from })
        .collect();
    Ok(ParametersOut { parameters, defaults, history })
}

/// The clinic's own parameters.
#[utoipa::path(get, path = "/api/v1/parameters", tag = "parameters", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = ParametersOut)))]
pub(super) async fn read(State(app): State<Shared>, _caller: Caller) -> Result<Json<ParametersOut>, Problem> {
    Ok(Json(show(&app).await?))
}

/// Sets the clinic's values, checked; the page and the API do the same.
pub(crate) async fn set_clinic(
    app: &App,
    values: BTreeMap<String, Option<String>>,
    (reason, effective_from): (&str, Option<Instant>),
    actor: &Actor,
) -> Result<(), Problem> {
    check_parameters(&values, ParameterScope::Clinic, app.rulebooks.as_ref())?;
    let from = effective_from.unwrap_or_else(|| app.clock.now());
    app.store.set_clinic_parameters(values.into_iter().collect(), from, reason, actor).await?;
    Ok(())
}

/// Sets parameters for every patient who has none of their own.
#[utoipa::path(put, path = "/api/v1/parameters", tag = "parameters", security(("bearer" = []), ("session" = [])),
    request_body = ParametersIn,
    responses((status = 200, body = ParametersOut), (status = 400, body = ProblemDocument)))]
pub(super) async fn set(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<ParametersIn>,
) -> Result<Json<ParametersOut>, Problem> {
    set_clinic(&app, body.parameters, (&body.reason, body.effective_from), &caller.actor).await?;
    Ok(Json(show(&app).await?))
}
