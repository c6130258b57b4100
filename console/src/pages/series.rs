//! Readings as series of points, one panel per thing that a person looks at.

use super::words;
use crate::app::App;
use crate::problem::Problem;
use care::PatientId;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use store::PageRequest;
use vitals::{Instant, Kind, Quantity, ReadingKey, StoredReading, Unit, Value};

/// What is drawn on one pair of axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panel {
    pub(super) name: &'static str,
    pub(super) quantities: &'static [Quantity],
}

/// The panels of a patient's page, in the order in which a nurse reads them.
pub(super) const PANELS: [Panel; 7] = [
    Panel { name: "Weight", quantities: &[Quantity::Weight] },
    Panel { name: "Blood pressure", quantities: &[Quantity::Systolic, Quantity::Diastolic] },
    Panel { name: "Heart rate", quantities: &[Quantity::HeartRate, Quantity::Pulse] },
    Panel { name: "Oxygen saturation", quantities: &[Quantity::Spo2] },
    Panel { name: "Glucose", quantities: &[Quantity::Glucose] },
    Panel { name: "Sensor glucose", quantities: &[Quantity::InterstitialGlucose] },
    Panel { name: "Temperature", quantities: &[Quantity::Temperature] },
];

impl Panel {
    /// The panel that shows this quantity.
    pub(super) fn of(quantity: Quantity) -> Option<Panel> {
        PANELS.into_iter().find(|p| p.quantities.contains(&quantity))
    }

    pub(super) fn unit(&self) -> Unit {
        self.quantities.first().map_or(Unit::Percent, |q| q.canonical_unit())
    }

    pub(super) fn kinds(&self) -> Vec<Kind> {
        let kinds: BTreeSet<_> = self.quantities.iter().flat_map(|q| q.kinds()).collect();
        kinds.into_iter().collect()
    }
}

/// A value at a time.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) at: Instant,
    pub(super) value: f64,
    /// "80.1 kg, 21 Nov 07:12, hub-1/scale"
    pub(super) label: String,
    /// late, corrected or uncertain: drawn hollow
    pub(super) hollow: bool,
    /// replaced by a correction: drawn, but not on the line
    pub(super) replaced: bool,
}

/// One quantity's points, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) quantity: Quantity,
    pub(super) points: Vec<Point>,
}

/// How many readings a page looks at, at most.
const MOST: usize = 20_000;

/// Every reading of these kinds measured in `[from, to]`.
pub(super) async fn readings(
    app: &App,
    patient: &PatientId,
    kinds: &[Kind],
    (from, to): (Instant, Instant),
) -> Result<Vec<StoredReading>, Problem> {
    let mut all = Vec::new();
    let mut page = PageRequest { after: None, limit: 500 };
    while all.len() < MOST {
        let part = app.store.patient_readings(patient, kinds, Some(from), Some(to), page.clone()).await?;
        all.extend(part.items);
        match part.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    Ok(all)
}

/// Readings that a later one replaces.
pub(super) fn replaced(readings: &[StoredReading]) -> BTreeSet<ReadingKey> {
    let key = |r: &StoredReading| {
        let id = r.reading.corrects.clone()?;
        Some(ReadingKey { id, ..r.reading.key.clone() })
    };
    readings.iter().filter_map(key).collect()
}

/// The panel's series; quantities without a number are left out.
pub(super) fn series_of(panel: Panel, readings: &[StoredReading], zone: Tz, now: Instant) -> Vec<Series> {
    let replaced = replaced(readings);
    let one = |&quantity: &Quantity| Series {
        quantity,
        points: readings.iter().filter_map(|r| point(r, quantity, &replaced, zone, now)).collect(),
    };
    panel.quantities.iter().map(one).filter(|s| !s.points.is_empty()).collect()
}

fn point(
    stored: &StoredReading,
    quantity: Quantity,
    replaced: &BTreeSet<ReadingKey>,
    zone: Tz,
    now: Instant,
) -> Option<Point> {
    let reading = &stored.reading;
    let shown = reading.quantity(quantity)?;
    let at = reading.measured_at.instant();
    let is_replaced = replaced.contains(&reading.key);
    let marks: Vec<&str> = is_replaced
        .then_some("corrected later")
        .into_iter()
        .chain(reading.corrects.is_some().then_some("a correction"))
        .chain(stored.admission_flags.iter().chain(&reading.flags).map(vitals::Flag::as_str))
        .collect();
    let mut label = format!("{}, {}, {}", words::value(shown), words::clock(at, zone, now), reading.device_ref());
    if !marks.is_empty() {
        label = format!("{label} ({})", marks.join(", "));
    }
    let hollow = is_replaced || !stored.admission_flags.is_empty();
    Some(Point { at, value: number(shown)?, label, hollow, replaced: is_replaced })
}

/// The number of a value, for drawing only.
pub(super) fn number(value: Value) -> Option<f64> {
    value.as_number().and_then(|d| f64::try_from(d).ok())
}
