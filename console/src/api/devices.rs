//! Devices that have sent something or are assigned.

use super::list::{List, RawFilters};
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::DeviceSeen;
use utoipa::ToSchema;
use vitals::{DeviceId, SourceId, UserSlot};

/// A device.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeviceOut {
    #[schema(value_type = String)]
    source: SourceId,
    #[schema(value_type = String)]
    device: DeviceId,
    /// newest arrival
    last_seen: Option<DateTime<Utc>>,
    /// newest measured time
    last_measured: Option<DateTime<Utc>>,
    /// percent
    battery: Option<u8>,
    #[schema(value_type = Vec<u8>)]
    user_slots: Vec<UserSlot>,
    /// readings that no assignment covers
    unassigned: u64,
}

impl From<DeviceSeen> for DeviceOut {
    fn from(d: DeviceSeen) -> Self {
        Self {
            source: d.device.source,
            device: d.device.device,
            last_seen: d.last_seen,
            last_measured: d.last_measured,
            battery: d.battery,
            user_slots: d.user_slots,
            unassigned: d.unassigned,
        }
    }
}

/// Every device, by source and name.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices", security(("bearer" = []), ("session" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = List<DeviceOut>)))]
pub(super) async fn list(
    State(app): State<Shared>,
    _caller: Caller,
    raw: RawFilters,
) -> Result<Json<List<DeviceOut>>, Problem> {
    let page = raw.known(&[])?.page()?;
    let items = app.store.devices().await?.into_iter().map(DeviceOut::from).collect();
    Ok(Json(List::cut(items, |d| format!("{}/{}", d.source, d.device), &page)))
}
