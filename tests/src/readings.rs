//! Reading messages, as a vendor writes them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// A reading message.
#[must_use]
pub fn reading(id: &str, kind: &str, at: DateTime<Utc>, values: &[(&str, f64, &str)]) -> Value {
    let values: serde_json::Map<String, Value> =
        values.iter().map(|(name, value, unit)| ((*name).to_owned(), json!({"value": value, "unit": unit}))).collect();
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({"id": id, "kind": kind, "measured_at": at, "values": values})
}

/// A body weight in kilograms.
#[must_use]
pub fn weight(id: &str, at: DateTime<Utc>, kg: f64) -> Value {
    reading(id, "body-weight", at, &[("weight", kg, "kg")])
}

/// A blood pressure in millimetres of mercury, with a pulse.
#[must_use]
pub fn blood_pressure(id: &str, at: DateTime<Utc>, systolic: f64, diastolic: f64) -> Value {
    let values = [("systolic", systolic, "mm[Hg]"), ("diastolic", diastolic, "mm[Hg]"), ("pulse", 72.0, "/min")];
    reading(id, "blood-pressure", at, &values)
}

/// A capillary glucose in milligrams per decilitre.
#[must_use]
pub fn glucose(id: &str, at: DateTime<Utc>, value: f64) -> Value {
    let mut reading = reading(id, "glucose", at, &[("glucose", value, "mg/dL")]);
    reading["sample"] = json!("capillary-plasma");
    reading
}

/// An oxygen saturation in percent.
#[must_use]
pub fn saturation(id: &str, at: DateTime<Utc>, spo2: f64) -> Value {
    reading(id, "oxygen-saturation", at, &[("spo2", spo2, "%")])
}
