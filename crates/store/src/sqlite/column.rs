//! Columns to types and back: what a column holds is checked once, here.

use super::fault::Fault;
use crate::{PageRequest, StoreError};
use rusqlite::Row;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Display;
use std::str::FromStr;
use vitals::Instant;

/// A stored value that does not parse. The value itself stays out of the message: it may be about a patient.
pub(super) fn corrupt(what: &'static str, detail: impl Display) -> Fault {
    StoreError::Corrupt { what, detail: detail.to_string() }.into()
}

/// Microseconds since 1970.
pub(super) fn micros(instant: Instant) -> i64 {
    instant.timestamp_micros()
}

/// From microseconds since 1970.
pub(super) fn instant(what: &'static str, micros: i64) -> Result<Instant, Fault> {
    Instant::from_timestamp_micros(micros).ok_or_else(|| corrupt(what, "beyond the calendar"))
}

/// A time column.
pub(super) fn time(row: &Row<'_>, at: &'static str) -> Result<Instant, Fault> {
    instant(at, row.get(at)?)
}

/// A time column that may be empty.
pub(super) fn time_or_none(row: &Row<'_>, at: &'static str) -> Result<Option<Instant>, Fault> {
    row.get::<_, Option<i64>>(at)?.map(|m| instant(at, m)).transpose()
}

/// A count or position.
pub(super) fn count(row: &Row<'_>, at: &'static str) -> Result<u64, Fault> {
    u64::try_from(row.get::<_, i64>(at)?).map_err(|_| corrupt(at, "negative"))
}

/// A text column that parses.
pub(super) fn parsed<T: FromStr>(row: &Row<'_>, at: &'static str) -> Result<T, Fault> {
    parse(at, row.get_ref(at)?.as_str().map_err(|e| corrupt(at, e))?)
}

/// A text that parses.
pub(super) fn parse<T: FromStr>(what: &'static str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| corrupt(what, "not a word that this version knows"))
}

/// A column of fixed bytes.
pub(super) fn bytes<const N: usize>(row: &Row<'_>, at: &'static str) -> Result<[u8; N], Fault> {
    let blob = row.get_ref(at)?.as_blob().map_err(|e| corrupt(at, e))?;
    blob.try_into().map_err(|_| corrupt(at, format_args!("{} bytes instead of {N}", blob.len())))
}

/// A JSON column.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, at: &'static str) -> Result<T, Fault> {
    from_json(at, row.get_ref(at)?.as_str().map_err(|e| corrupt(at, e))?)
}

/// A value from JSON.
pub(super) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text)
        .map_err(|e| corrupt(what, format_args!("{:?} error at column {}", e.classify(), e.column())))
}

/// A value as JSON.
pub(super) fn to_json<T: Serialize>(what: &'static str, value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|e| corrupt(what, format_args!("cannot be written: {:?}", e.classify())))
}

/// A list as JSON, for `IN (SELECT value FROM json_each(?))`.
pub(super) fn json_list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    serde_json::Value::from(items.into_iter().map(|i| i.to_string()).collect::<Vec<_>>()).to_string()
}

/// The page's length.
pub(super) fn limit(page: &PageRequest) -> usize {
    usize::try_from(page.limit.clamp(1, 500)).unwrap_or(500)
}

/// The row after which a page begins.
pub(super) fn after_row(page: &PageRequest) -> Result<Option<i64>, StoreError> {
    page.after.as_deref().map(|text| text.parse().map_err(|_| bad_cursor())).transpose()
}

/// A cursor that no page gave.
pub(super) fn bad_cursor() -> StoreError {
    StoreError::Invalid("the cursor is not one that a list gave; start again without it".to_owned())
}

/// Cuts a list that was read one longer than the page, and says where to go on.
pub(super) fn page<T>(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> crate::Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(key) } else { None };
    crate::Page { items, next }
}

/// Every row of a query, mapped.
pub(super) fn collect<T>(
    mut rows: rusqlite::Rows<'_>,
    map: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(map(row)?);
    }
    Ok(items)
}

/// The only row of a query, mapped, if there is one.
pub(super) fn first<T>(
    mut rows: rusqlite::Rows<'_>,
    map: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    rows.next()?.map(map).transpose()
}
