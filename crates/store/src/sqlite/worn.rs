//! Devices with who wears them.

use super::column::{bad_cursor, collect, limit, micros, page, parsed};
use super::doors::device_from;
use super::fault::Fault;
use super::sight::seen;
use crate::watch::MOST_COUNTED;
use crate::{DeviceFilter, Page, PageRequest, Wearer, WornDevice};
use rusqlite::{Connection, Params, params};
use vitals::{Instant, UserSlot};

/// Who reads, and when.
pub(super) struct Reader<'a> {
    pub(super) scope: Option<&'a str>,
    pub(super) now: Instant,
}

/// Devices of a query of rows of `device`, each with its number.
fn worn(
    db: &Connection,
    reader: &Reader<'_>,
    (sql, given): (&str, impl Params),
) -> Result<Vec<(i64, WornDevice)>, Fault> {
    let mut wearers = db.prepare_cached(&format!(
        "SELECT DISTINCT p.id, json_extract(p.profile, '$.name') AS name, a.slot, {} AS seen FROM assignment a
         JOIN patient p ON p.number = a.patient
         WHERE a.device = ?2 AND a.seq_ended IS NULL AND a.from_at <= ?3 AND ifnull(a.until_at > ?3, TRUE)
         ORDER BY a.slot, p.id",
        seen("p", "number", 1)
    ))?;
    let mut query = db.prepare_cached(sql)?;
    let devices = collect(query.query(given)?, |row| Ok((row.get::<_, i64>("number")?, device_from(db, row)?)))?;
    let mut found = Vec::new();
    for (number, device) in devices {
        let rows = wearers.query(params![reader.scope, number, micros(reader.now)])?;
        let all = collect(rows, |row| {
            let user_slot = row.get::<_, Option<u8>>("slot")?.map(UserSlot);
            let wearer = Wearer { patient: parsed(row, "id")?, name: row.get("name")?, user_slot };
            Ok((row.get::<_, bool>("seen")?, wearer))
        })?;
        let hidden = all.iter().any(|(seen, _)| !seen);
        let wearers = all.into_iter().filter(|(seen, _)| *seen).map(|(_, wearer)| wearer).collect();
        found.push((number, WornDevice { seen: device, wearers, hidden }));
    }
    Ok(found)
}

/// Those with a weak battery, or with readings that are nobody's; not those that only people out of sight wear.
pub(super) fn weak(db: &Connection, reader: &Reader<'_>, limit: u32) -> Result<Vec<WornDevice>, Fault> {
    let sql =
        "SELECT * FROM device WHERE number IN (SELECT number FROM device INDEXED BY device_unassigned WHERE unassigned > 0
            UNION SELECT number FROM device INDEXED BY device_battery WHERE battery <= 15)
         ORDER BY source, device LIMIT ?1";
    let found = worn(db, reader, (sql, [limit]))?.into_iter().map(|(_, device)| device);
    Ok(found.filter(|device| !device.hidden || !device.wearers.is_empty()).collect())
}

/// A page of devices.
pub(super) fn devices(
    db: &Connection,
    reader: &Reader<'_>,
    filter: &DeviceFilter,
    request: &PageRequest,
) -> Result<Page<WornDevice>, Fault> {
    let limit = limit(request);
    let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
    let after = request.after.as_deref();
    let found = match filter {
        DeviceFilter::Nobodys => {
            let after: i64 = after.map_or(Ok(i64::MIN), |text| text.parse().map_err(|_| bad_cursor()))?;
            let sql = "SELECT * FROM device INDEXED BY device_unassigned WHERE unassigned > 0 AND number > ?1
                       ORDER BY number LIMIT ?2";
            worn(db, reader, (sql, [after, one_more]))?
        }
        DeviceFilter::All | DeviceFilter::Named(_) => {
            let after = after.map(|text| text.split_once('/').ok_or_else(bad_cursor)).transpose()?;
            let (source, device) = after.unwrap_or_default();
            let search = if let DeviceFilter::Named(text) = filter { text.to_lowercase() } else { String::new() };
            // Whom the words mean is found once, not for each device.
            let sql = format!(
                "SELECT * FROM device WHERE (source, device) > (?2, ?3)
                 AND (?4 = '' OR instr(lower(source || '/' || device), ?4) > 0 OR number IN (
                    SELECT a.device FROM patient p JOIN assignment a ON a.patient = p.number
                    WHERE ?4 <> '' AND (p.id = ?4 OR instr(p.search, ?4) > 0) AND a.seq_ended IS NULL AND {}))
                 ORDER BY source, device LIMIT ?5",
                seen("p", "number", 1)
            );
            worn(db, reader, (&sql, params![reader.scope, source, device, search, one_more]))?
        }
    };
    let Page { items, next } = page(found, limit, |(number, device)| match filter {
        DeviceFilter::Nobodys => number.to_string(),
        DeviceFilter::All | DeviceFilter::Named(_) => device.seen.device.to_string(),
    });
    Ok(Page { items: items.into_iter().map(|(_, device)| device).collect(), next })
}

/// How many have readings that are nobody's, counted up to [`MOST_COUNTED`].
pub(super) fn nobodys(db: &Connection) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM device INDEXED BY device_unassigned WHERE unassigned > 0 LIMIT ?1)";
    let count: i64 = db.prepare_cached(sql)?.query_row([MOST_COUNTED.cast_signed()], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}
