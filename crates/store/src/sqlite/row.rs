//! A reading as a row: compact, and digit for digit what was sent.

use super::column::{corrupt, instant, parse};
use super::fault::Fault;
use rusqlite::Row;
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};
use std::str::FromStr;
use vitals::{
    Clock, Coded, Decimal, DeviceRef, Flag, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt, StoredAt,
    StoredReading, UserSlot, Value,
};

const DAY: i64 = 86_400_000_000;
/// Days since 1970 of 1900 and 2200: a broken clock shares the outermost day, so that walking a device's days
/// always ends soon.
const DAYS: (i64, i64) = (-25_567, 84_006);

/// The day of measurement, as `reading_day` has it.
pub(super) fn day_of(micros: i64) -> i64 {
    micros.div_euclid(DAY).clamp(DAYS.0, DAYS.1)
}

/// Words, or nothing, as one text.
pub(super) fn join<T: Display>(items: &BTreeSet<T>) -> String {
    let mut text = String::new();
    write_list(&mut text, items);
    text
}

/// The same, behind what `text` holds.
pub(super) fn write_list<T: Display>(text: &mut String, items: &BTreeSet<T>) {
    for (at, item) in items.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{item}");
    }
}

/// What [`join`] made.
pub(super) fn split<T: FromStr + Ord>(text: &str) -> Result<BTreeSet<T>, Fault> {
    text.split(',').filter(|t| !t.is_empty()).map(|t| parse("list", t)).collect()
}

/// A reading's id as it is stored: a lower-case UUID takes 16 bytes instead of 36, in the same order.
pub(super) struct IdColumn<'a>(pub(super) &'a ReadingId);

impl rusqlite::ToSql for IdColumn<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match uuid_bytes(self.0.as_str()) {
            Some(bytes) => ToSqlOutput::Owned(rusqlite::types::Value::Blob(bytes.to_vec())),
            None => ToSqlOutput::Borrowed(ValueRef::Text(self.0.as_str().as_bytes())),
        })
    }
}

/// The bytes of a lower-case UUID; other texts have none, so that no two ids share them.
pub(super) fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let shaped = text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        });
    if !shaped {
        return None;
    }
    let mut digits = [0; 32];
    for (to, from) in digits.iter_mut().zip(text.bytes().filter(|b| *b != b'-')) {
        *to = from;
    }
    let mut bytes = [0; 16];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

/// An id column.
pub(super) fn id_from(value: ValueRef<'_>) -> Result<ReadingId, Fault> {
    let text = match value {
        ValueRef::Text(text) => std::str::from_utf8(text).map_err(|e| corrupt("id", e))?.to_owned(),
        ValueRef::Blob(bytes) if bytes.len() == 16 => {
            let mut text = hex::encode(bytes);
            for at in [8, 13, 18, 23] {
                text.insert(at, '-');
            }
            text
        }
        _ => return Err(corrupt("id", "neither a text nor a UUID")),
    };
    ReadingId::new(&text).map_err(|e| corrupt("id", e))
}

/// Values as `systolic=128 mm[Hg];pulse=LO`, behind what `text` holds.
pub(super) fn write_values(text: &mut String, values: &BTreeMap<Quantity, Value>) {
    for (at, (quantity, value)) in values.iter().enumerate() {
        if at > 0 {
            text.push(';');
        }
        text.push_str(quantity.as_str());
        text.push('=');
        match value {
            Value::Number { value, unit } => {
                // Writing to a string cannot fail.
                let _ = write!(text, "{value} ");
                text.push_str(unit.ucum());
            }
            Value::Coded(Coded::Lo) => text.push_str("LO"),
            Value::Coded(Coded::Hi) => text.push_str("HI"),
        }
    }
}

fn values_from(text: &str) -> Result<BTreeMap<Quantity, Value>, Fault> {
    let bad = || corrupt("values", "not `quantity=number unit`");
    text.split(';')
        .map(|part| {
            let (quantity, value) = part.split_once('=').ok_or_else(bad)?;
            let value = match value {
                "LO" => Value::Coded(Coded::Lo),
                "HI" => Value::Coded(Coded::Hi),
                number => {
                    let (number, unit) = number.split_once(' ').ok_or_else(bad)?;
                    Value::number(Decimal::from_str_exact(number).map_err(|_| bad())?, parse("unit", unit)?)
                }
            };
            Ok((parse("quantity", quantity)?, value))
        })
        .collect()
}

fn flags_from(text: Option<&str>) -> Result<BTreeSet<Flag>, Fault> {
    let flags = text.unwrap_or_default().split(',').filter(|t| !t.is_empty());
    flags.map(|t| Flag::new(t).map_err(|_| corrupt("flags", "not a flag"))).collect()
}

/// What a query of one device's readings selects, in the order in which [`stored_reading_of`] reads it.
pub(super) const OF_DEVICE: &str = "r.seq, r.id, r.measured, r.offset_min, r.received, r.stored, r.kind, r.vals, r.hub,
    r.slot, r.battery, r.flags, r.admission, r.sample, r.meal, r.clock_source, r.clock_error_s, r.clock_device_time,
    r.corrects";

/// The reading in a row of [`OF_DEVICE`], then source and device.
pub(super) fn stored_reading(row: &Row<'_>) -> Result<StoredReading, Fault> {
    let source = parse("source", text(row, 19)?)?;
    let device = parse("device", text(row, 20)?)?;
    stored_reading_of(row, &DeviceRef { source, device })
}

/// The reading in a row of [`OF_DEVICE`], whose device is known.
pub(super) fn stored_reading_of(row: &Row<'_>, device: &DeviceRef) -> Result<StoredReading, Fault> {
    let at = |column: usize| instant("time", row.get(column)?);
    let word = |column: usize| row.get_ref(column)?.as_str_or_null().map_err(|e| corrupt("text", e));
    let clock = match word(15)? {
        None => None,
        Some(source) => {
            Some(Clock { source: parse("clock_source", source)?, error_s: row.get(16)?, device_time: row.get(17)? })
        }
    };
    let corrects = match row.get_ref(18)? {
        ValueRef::Null => None,
        value => Some(id_from(value)?),
    };
    let reading = Reading {
        key: ReadingKey { source: device.source.clone(), device: device.device.clone(), id: id_from(row.get_ref(1)?)? },
        kind: parse("kind", text(row, 6)?)?,
        measured_at: MeasuredAt::from_parts(row.get(2)?, row.get(3)?)
            .ok_or_else(|| corrupt("measured", "beyond the calendar"))?,
        values: values_from(text(row, 7)?)?,
        user_slot: row.get::<_, Option<u8>>(9)?.map(UserSlot),
        flags: flags_from(word(11)?)?,
        sample: word(13)?.map(|w| parse("sample", w)).transpose()?,
        meal: word(14)?.map(|w| parse("meal", w)).transpose()?,
        clock,
        battery: row.get(10)?,
        corrects,
    };
    Ok(StoredReading {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        reading,
        received_at: ReceivedAt(at(4)?),
        stored_at: StoredAt(at(5)?),
        admission_flags: flags_from(word(12)?)?,
        hub_connected: row.get(8)?,
    })
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Fault> {
    row.get_ref(column)?.as_str().map_err(|e| corrupt("text", e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitals::Unit;

    #[test]
    fn an_id_comes_back_as_it_was_sent() {
        for text in [
            "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
            "0193A1B2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
            "0193a1b2c3d4-7e5f-8a9b-0c1d2e3f-4a5b",
            "ä 7",
            "sha256:00",
        ] {
            let id = ReadingId::new(text).unwrap();
            let db = rusqlite::Connection::open_in_memory().unwrap();
            let back = db.query_row("SELECT ?1", [IdColumn(&id)], |row| Ok(id_from(row.get_ref(0)?))).unwrap();
            assert_eq!(back.unwrap(), id);
        }
        assert!(uuid_bytes("0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b").is_some());
        assert!(uuid_bytes("0193A1B2-c3d4-7e5f-8a9b-0c1d2e3f4a5b").is_none(), "two texts must not share bytes");
    }

    #[test]
    fn digits_survive() {
        let values: BTreeMap<_, _> = [
            (Quantity::Weight, Value::number("80.00".parse().unwrap(), Unit::Pound)),
            (Quantity::Bmi, Value::number("-0.001".parse().unwrap(), Unit::KilogramPerSquareMetre)),
            (Quantity::Glucose, Value::Coded(Coded::Hi)),
        ]
        .into();
        let mut text = String::new();
        write_values(&mut text, &values);
        assert_eq!(text, "weight=80.00 [lb_av];bmi=-0.001 kg/m2;glucose=HI");
        assert_eq!(values_from(&text).unwrap(), values);
    }

    #[test]
    fn a_day_begins_at_midnight_also_before_1970() {
        assert_eq!((day_of(-1), day_of(0), day_of(DAY - 1), day_of(DAY)), (-1, 0, 0, 1));
        assert_eq!(day_of(i64::MIN), DAYS.0);
        assert_eq!(day_of(i64::MAX), DAYS.1);
    }
}
