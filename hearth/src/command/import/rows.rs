//! Readings in CSV: `patient,kind,measured_at,quantity,value,unit`, a value a row, in any order. A column `reading`, as the
//! export writes it, tells readings of one kind and second apart.

use std::{collections::BTreeMap, io::Read};

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use vitals::{DeviceId, Instant, decimal_from_json};

use crate::failure::Failure;

/// The columns, in the order in which they are written.
pub(crate) const COLUMNS: [&str; 6] = ["patient", "kind", "measured_at", "quantity", "value", "unit"];
/// The column that tells apart what the others do not; it may be missing.
pub(crate) const READING: &str = "reading";
/// More mistakes than this help nobody.
const MOST_MISTAKES: usize = 20;

/// The readings of one patient of a file, as messages, oldest first.
pub(super) struct PatientReadings {
    /// the patient's id, which is also a device's
    pub(super) patient: DeviceId,
    /// the oldest reading's time
    pub(super) first: Instant,
    /// reading messages
    pub(super) messages: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    patient: String,
    kind: String,
    measured_at: String,
    quantity: String,
    value: String,
    unit: String,
    #[serde(default)]
    reading: String,
}

/// A reading message.
#[derive(Serialize)]
struct Message {
    /// only where the content does not tell it from another
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    kind: String,
    measured_at: String,
    values: BTreeMap<String, Written>,
}

/// A value with its digits as written: 80.10 is not 80.1 to whoever wrote it.
#[derive(Serialize)]
#[serde(untagged)]
enum Written {
    Number { value: Box<RawValue>, unit: String },
    Coded { coded: String },
}

/// What has one time and kind, and one name where the file gives names, is one reading.
type Readings = BTreeMap<(DateTime<FixedOffset>, String, String), Message>;

/// Reads a file; every row that cannot be read is named, and then nothing is imported.
pub(super) fn read(file: impl Read, name: &str) -> Result<Vec<PatientReadings>, Failure> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let mut patients: BTreeMap<DeviceId, Readings> = BTreeMap::new();
    let mut mistakes = Vec::new();
    let headers = reader.headers().map_err(|error| Failure::malformed(format!("{name}: {error}")))?.clone();
    if let Some(missing) = COLUMNS.iter().find(|column| !headers.iter().any(|header| header == **column)) {
        return Err(Failure::malformed(format!(
            "{name}:1: column `{missing}` is missing; the columns are {}",
            COLUMNS.join(",")
        )));
    }
    for record in reader.records() {
        let line = |record: &csv::StringRecord| record.position().map_or(0, csv::Position::line);
        let result = match &record {
            Ok(record) => {
                take(record, &headers, &mut patients).map_err(|why| format!("{name}:{}: {why}", line(record)))
            }
            Err(error) => Err(format!("{name}: {error}")),
        };
        mistakes.extend(result.err());
    }
    if mistakes.is_empty() {
        let all = patients.into_iter().filter_map(|(patient, readings)| finish(patient, readings).transpose());
        return all.collect();
    }
    let more = mistakes.len().saturating_sub(MOST_MISTAKES);
    mistakes.truncate(MOST_MISTAKES);
    if more > 0 {
        mistakes.push(format!("and {more} more"));
    }
    mistakes.push("nothing was imported".to_owned());
    Err(Failure::malformed(mistakes.join("\n")))
}

fn take(
    record: &csv::StringRecord,
    headers: &csv::StringRecord,
    patients: &mut BTreeMap<DeviceId, Readings>,
) -> Result<(), String> {
    let row: Row = record.deserialize(Some(headers)).map_err(|error| error.to_string())?;
    let patient = DeviceId::new(&row.patient).map_err(|error| error.to_string())?;
    let time = DateTime::parse_from_rfc3339(&row.measured_at).map_err(|_| {
        format!("`{}` is no time; write RFC 3339 with an offset: 2026-01-01T07:00:00Z", row.measured_at)
    })?;
    let value = match row.value.as_str() {
        "LO" | "HI" => Written::Coded { coded: row.value },
        text => Written::Number { value: number(text)?, unit: row.unit },
    };
    let reading = patients
        .entry(patient)
        .or_default()
        .entry((time, row.kind.clone(), row.reading))
        .or_insert_with(|| Message { id: None, kind: row.kind, measured_at: row.measured_at, values: BTreeMap::new() });
    match reading.values.insert(row.quantity.clone(), value) {
        None => Ok(()),
        Some(_) => Err(format!(
            "a second value of `{}` for the same patient, kind and time; of two readings, write which in a column `{READING}`",
            row.quantity
        )),
    }
}

fn number(text: &str) -> Result<Box<RawValue>, String> {
    let wrong = || format!("`{text}` is no number; write one with a point, or LO or HI");
    decimal_from_json(text).ok_or_else(wrong)?;
    RawValue::from_string(text.to_owned()).map_err(|_| wrong())
}

/// The patient's messages; nothing where there are none.
fn finish(patient: DeviceId, readings: Readings) -> Result<Option<PatientReadings>, Failure> {
    let Some(((first, ..), _)) = readings.first_key_value() else { return Ok(None) };
    let first = first.to_utc();
    let written = |message: &Message| {
        serde_json::to_string(message).map_err(|error| Failure::because("a reading cannot be written as JSON", &error))
    };
    let mut alike: BTreeMap<String, u32> = BTreeMap::new();
    let mut messages = Vec::with_capacity(readings.len());
    for ((time, kind, _), mut message) in readings {
        let text = written(&message)?;
        // The content is a reading's id where it has none. What is alike to the digit gets one, or it would be taken for
        // a duplicate; the same one each time that the file is read.
        let count = alike.entry(text.clone()).or_default();
        *count = count.saturating_add(1);
        if *count == 1 {
            messages.push(text);
        } else {
            message.id = Some(format!("{} {kind} {count}", time.to_utc().to_rfc3339()));
            messages.push(written(&message)?);
        }
    }
    Ok(Some(PatientReadings { patient, first, messages }))
}
