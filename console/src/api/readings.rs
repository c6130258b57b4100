//! A patient's readings.

use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::{Problem, ProblemDocument};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use vitals::{
    Clock, DeviceId, Flag, Kind, Meal, MeasuredAt, Quantity, ReadingId, ReceivedAt, Sample, SourceId, StoredReading,
    UserSlot, Value,
};

/// A reading.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReadingOut {
    /// the sender's id
    #[schema(value_type = String)]
    id: ReadingId,
    #[schema(value_type = String)]
    source: SourceId,
    #[schema(value_type = String)]
    device: DeviceId,
    #[schema(value_type = Option<u8>)]
    user_slot: Option<UserSlot>,
    #[schema(value_type = String, example = "body-weight")]
    kind: Kind,
    /// with the sender's offset
    #[schema(value_type = chrono::DateTime<chrono::FixedOffset>)]
    measured_at: MeasuredAt,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    received_at: ReceivedAt,
    /// in canonical units, exact decimals
    #[schema(value_type = Object, example = json!({"weight": {"value": 80.1, "unit": "kg"}}))]
    values: BTreeMap<Quantity, Value>,
    /// as the sender gave them
    #[schema(value_type = Object, example = json!({"weight": {"value": 176.6, "unit": "[lb_av]"}}))]
    as_sent: BTreeMap<Quantity, Value>,
    /// the device's own and those of admission (`soft-limit`, `late`, `clock-uncertain`)
    #[schema(value_type = Vec<String>)]
    flags: BTreeSet<Flag>,
    #[schema(value_type = Option<Object>)]
    clock: Option<Clock>,
    /// the reading that this one replaces
    #[schema(value_type = Option<String>)]
    corrects: Option<ReadingId>,
    #[schema(value_type = Option<String>)]
    sample: Option<Sample>,
    #[schema(value_type = Option<String>)]
    meal: Option<Meal>,
    /// percent
    battery: Option<u8>,
}

impl From<StoredReading> for ReadingOut {
    fn from(stored: StoredReading) -> Self {
        let reading = stored.reading;
        // Units were checked at the door; a value that does not convert is shown as it came.
        let values = reading.values.iter().map(|(q, v)| (*q, v.normalised(*q).unwrap_or(*v))).collect();
        Self {
            id: reading.key.id,
            source: reading.key.source,
            device: reading.key.device,
            user_slot: reading.user_slot,
            kind: reading.kind,
            measured_at: reading.measured_at,
            received_at: stored.received_at,
            values,
            as_sent: reading.values,
            flags: reading.flags.into_iter().chain(stored.admission_flags).collect(),
            clock: reading.clock,
            corrects: reading.corrects,
            sample: reading.sample,
            meal: reading.meal,
            battery: reading.battery,
        }
    }
}

/// Every reading of a patient by the assignments known now, oldest first.
#[utoipa::path(get, path = "/api/v1/patients/{id}/readings", tag = "patients",
    security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path), ("kind" = Option<String>, Query, description = "comma list"),
        ("from" = Option<String>, Query, description = "measured at or after, RFC 3339"),
        ("to" = Option<String>, Query, description = "measured at or before"),
        ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<ReadingOut>), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
pub(super) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    raw: RawFilters,
) -> Result<Json<List<ReadingOut>>, Problem> {
    let filters = raw.known(&["kind", "from", "to"])?;
    let kinds: Vec<Kind> = filters.list("kind")?;
    let (from, to) = (filters.instant("from")?, filters.instant("to")?);
    let page = filters.page()?;
    let id = caller.patient(&app, &id).await?.patient.id;
    let page = app.store.patient_readings(&id, &kinds, from, to, page).await?;
    Ok(Json(List::of(page, ReadingOut::from)))
}
