//! Readings as series of points, one panel per thing that a person looks at.

use crate::app::App;
use crate::problem::Problem;
use crate::text::{Words, t};
use care::PatientId;
use rule_engine::Standing;
use std::collections::{BTreeMap, BTreeSet};
use store::PageRequest;
use vitals::{ClockSource, Decimal, Flag, Instant, Kind, Quantity, ReadingKey, StoredReading, Unit, Value};

/// What is drawn on one pair of axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panel {
    /// in ids of the page
    pub(super) id: &'static str,
    pub(super) quantities: &'static [Quantity],
}

/// The panels of a patient's page, in the order in which a nurse reads them.
pub(super) const PANELS: [Panel; 7] = [
    Panel { id: "weight", quantities: &[Quantity::Weight] },
    Panel { id: "blood-pressure", quantities: &[Quantity::Systolic, Quantity::Diastolic] },
    Panel { id: "heart-rate", quantities: &[Quantity::HeartRate, Quantity::Pulse] },
    Panel { id: "spo2", quantities: &[Quantity::Spo2] },
    Panel { id: "glucose", quantities: &[Quantity::Glucose] },
    Panel { id: "sensor-glucose", quantities: &[Quantity::InterstitialGlucose] },
    Panel { id: "temperature", quantities: &[Quantity::Temperature] },
];

impl Panel {
    /// The panel that shows this quantity.
    pub(super) fn of(quantity: Quantity) -> Option<Panel> {
        PANELS.into_iter().find(|p| p.quantities.contains(&quantity))
    }

    /// "Blood pressure".
    pub(super) fn name(&self, words: Words) -> String {
        match self.quantities {
            [Quantity::Systolic, ..] => words.kind(Kind::BloodPressure),
            [first, ..] => words.quantity(*first),
            [] => String::new(),
        }
    }

    pub(super) fn unit(&self) -> Unit {
        self.quantities.first().map_or(Unit::Percent, |q| q.canonical_unit())
    }

    pub(super) fn kinds(&self) -> Vec<Kind> {
        let kinds: BTreeSet<_> = self.quantities.iter().flat_map(|q| q.kinds()).collect();
        kinds.into_iter().collect()
    }
}

/// What is special about a reading, the weightiest of several; each has a shape of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// a later one corrects it
    Corrected,
    /// a repeat showed otherwise
    SetAside,
    /// another device sent the same
    Copy,
    /// the device or admission said something about it
    Flagged,
    /// it corrects another
    Correction,
    /// it arrived long after it was measured
    Late,
}

impl Mark {
    /// The id of its shape.
    pub(super) const fn shape(self) -> &'static str {
        match self {
            Mark::Corrected => "m-corrected",
            Mark::SetAside => "m-aside",
            Mark::Copy => "m-copy",
            Mark::Flagged => "m-flagged",
            Mark::Correction => "m-correction",
            Mark::Late => "m-late",
        }
    }

    /// Whether the line runs through such a reading: those that count.
    pub(super) const fn counts(self) -> bool {
        matches!(self, Mark::Flagged | Mark::Correction | Mark::Late)
    }

    pub(super) fn name(self, words: Words) -> String {
        match self {
            Mark::Corrected => t!(words.lang, "patient-mark-corrected"),
            Mark::SetAside => t!(words.lang, "patient-mark-set-aside"),
            Mark::Copy => t!(words.lang, "patient-mark-copy"),
            Mark::Flagged => t!(words.lang, "patient-mark-flagged"),
            Mark::Correction => t!(words.lang, "patient-mark-correction"),
            Mark::Late => t!(words.lang, "patient-mark-late"),
        }
    }
}

/// A value at a time.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) at: Instant,
    pub(super) value: f64,
    /// "80.1"
    pub(super) shown: String,
    /// none: it counts as it stands
    pub(super) mark: Option<Mark>,
    /// what a marked point says
    pub(super) label: String,
}

impl Point {
    /// Whether the line runs through it.
    pub(super) fn counts(&self) -> bool {
        self.mark.is_none_or(Mark::counts)
    }
}

/// One quantity's points, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) quantity: Quantity,
    pub(super) points: Vec<Point>,
}

impl Series {
    /// The newest that counts.
    pub(super) fn newest(&self) -> Option<&Point> {
        self.points.iter().rev().find(|p| p.counts())
    }
}

/// Why readings do not count as they stand, by their key.
pub(super) type Standings = BTreeMap<ReadingKey, Standing>;

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

/// What can be seen of the readings alone: those that another corrects.
pub(super) fn corrected(readings: &[StoredReading]) -> Standings {
    let key = |r: &StoredReading| {
        let id = r.reading.corrects.clone()?;
        Some((ReadingKey { id, ..r.reading.key.clone() }, Standing::Corrected))
    };
    readings.iter().filter_map(key).collect()
}

/// The panel's series; quantities without a number are left out.
pub(super) fn series_of(panel: Panel, readings: &[StoredReading], standings: &Standings, words: Words) -> Vec<Series> {
    let one = |&quantity: &Quantity| Series {
        quantity,
        points: readings.iter().filter_map(|r| point(r, quantity, standings, words)).collect(),
    };
    panel.quantities.iter().map(one).filter(|s| !s.points.is_empty()).collect()
}

fn point(stored: &StoredReading, quantity: Quantity, standings: &Standings, words: Words) -> Option<Point> {
    let shown = stored.reading.quantity(quantity)?;
    let mark = mark(stored, standings);
    let at = stored.reading.measured_at.instant();
    let label =
        || format!("{}, {}, {}", words.value(shown), words.clock(at), remarks(stored, standings, words).join(", "));
    let label = mark.map_or_else(String::new, |_| label());
    let number = shown.as_number()?;
    Some(Point { at, value: drawn(number)?, shown: words.number(number.round_dp(1)), mark, label })
}

/// What is special about a reading.
pub(super) fn mark(stored: &StoredReading, standings: &Standings) -> Option<Mark> {
    let mut flags = stored.admission_flags.iter().chain(&stored.reading.flags);
    match standings.get(&stored.reading.key) {
        Some(Standing::Corrected) => Some(Mark::Corrected),
        Some(Standing::SetAside(_)) => Some(Mark::SetAside),
        Some(Standing::Copy) => Some(Mark::Copy),
        _ if flags.any(|f| *f != Flag::LATE) => Some(Mark::Flagged),
        _ if stored.reading.corrects.is_some() => Some(Mark::Correction),
        _ if is_late(stored) => Some(Mark::Late),
        _ => None,
    }
}

/// A night's backlog is no news; two days are.
const LATE: chrono::TimeDelta = chrono::TimeDelta::days(2);

fn is_late(stored: &StoredReading) -> bool {
    let on_the_way = stored.received_at.0.signed_duration_since(stored.reading.measured_at.instant());
    on_the_way > LATE || stored.admission_flags.contains(&Flag::LATE)
}

/// Everything that is to be said of a reading besides its values.
pub(super) fn remarks(stored: &StoredReading, standings: &Standings, words: Words) -> Vec<String> {
    let r = &stored.reading;
    let lang = words.lang;
    let standing = standings.get(&r.key).map(|standing| match standing {
        Standing::Corrected => t!(lang, "patient-mark-corrected"),
        Standing::Copy => t!(lang, "patient-mark-copy"),
        Standing::OnlyStored => t!(lang, "patient-mark-only-stored"),
        Standing::SetAside(_) => t!(lang, "patient-mark-set-aside"),
    });
    let correction = r.corrects.as_ref().map(|_| t!(lang, "patient-mark-correction"));
    let late = is_late(stored).then(|| t!(lang, "patient-arrived", time = words.clock(stored.received_at.0)));
    let flags = r.flags.iter().chain(&stored.admission_flags).filter(|f| **f != Flag::LATE).map(|f| flag(f, words));
    let sample = r.sample.map(|s| s.as_str().replace('-', " "));
    let meal = r.meal.map(|m| m.as_str().to_owned());
    [standing, correction, late].into_iter().flatten().chain(flags).chain(sample).chain(meal).collect()
}

/// Hearth's own flags in the reader's language; a device's as it names them.
fn flag(flag: &Flag, words: Words) -> String {
    match flag {
        f if *f == Flag::SOFT_LIMIT => t!(words.lang, "patient-flag-soft-limit"),
        f if *f == Flag::CLOCK_UNCERTAIN => t!(words.lang, "patient-flag-clock-uncertain"),
        other => other.as_str().replace('-', " "),
    }
}

/// "the device's clock, within 60 s".
pub(super) fn clock_quality(stored: &StoredReading, words: Words) -> String {
    let lang = words.lang;
    let Some(clock) = &stored.reading.clock else { return t!(lang, "patient-clock-unknown") };
    let whose = match clock.source {
        ClockSource::Device => t!(lang, "patient-clock-device"),
        ClockSource::Hub => t!(lang, "patient-clock-hub"),
        ClockSource::Vendor => t!(lang, "patient-clock-vendor"),
    };
    match clock.error_s {
        None => whose,
        Some(error) => t!(lang, "patient-clock-within", whose = whose, span = format!("{error} s")),
    }
}

/// The values of a reading that a panel shows: "128 / 82 mmHg".
pub(super) fn value_of(panel: Panel, stored: &StoredReading, words: Words) -> Option<String> {
    let values: Vec<Value> = panel.quantities.iter().filter_map(|q| stored.reading.quantity(*q)).collect();
    let shown = |value: &Value| match value {
        Value::Number { value, .. } => words.number(value.round_dp(1)),
        coded @ Value::Coded(_) => coded.to_string(),
    };
    let texts: Vec<String> = values.iter().map(shown).collect();
    (!texts.is_empty()).then(|| format!("{} {}", texts.join(" / "), panel.unit().display()))
}

/// "128 / 82 mmHg, 3 h ago": the newest that counts.
pub(super) fn latest(series: &[Series], words: Words) -> Option<String> {
    let newest = series.iter().filter_map(Series::newest).map(|p| p.at).max()?;
    let of_it = |s: &Series| Some((s.quantity, s.newest().filter(|p| p.at == newest)?.shown.clone()));
    let values: Vec<(Quantity, String)> = series.iter().filter_map(of_it).collect();
    let unit = values.first()?.0.canonical_unit().display();
    let texts: Vec<String> = values.into_iter().map(|(_, shown)| shown).collect();
    Some(format!("{} {unit}, {}", texts.join(" / "), words.ago(newest)))
}

/// A number, for drawing only.
pub(super) fn drawn(number: Decimal) -> Option<f64> {
    f64::try_from(number).ok()
}
