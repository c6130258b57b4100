//! What happens in the first minute of a live fleet, so that somebody who watches sees each sort of thing once.

use crate::cohort::{Cohort, Home, HomeKind};
use crate::persona::Course;
use crate::{Measurement, Persona};
use chrono::TimeDelta;
use vitals::{Decimal, Instant, Kind, Quantity};

/// A measurement that is made because the script says so.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// index of the home
    pub(crate) home: usize,
    /// whose
    pub(crate) persona: u32,
    /// what the device shows
    pub(crate) shows: Measurement,
    /// what it shows when somebody asks again; `None` asks the body
    pub(crate) again: Option<Measurement>,
}

/// Seconds after the start, whose, and what is shown first and when asked again, in canonical units.
type Line = (i64, u32, Kind, &'static [(Quantity, i64)], &'static [(Quantity, i64)]);

const LINES: [Line; 5] = [
    // A hypertensive crisis that the repeat confirms.
    (
        2,
        1,
        Kind::BloodPressure,
        &[(Quantity::Systolic, 186), (Quantity::Diastolic, 122), (Quantity::Pulse, 94)],
        &[(Quantity::Systolic, 184), (Quantity::Diastolic, 121), (Quantity::Pulse, 92)],
    ),
    // Level 2 hypoglycaemia: nobody waits.
    (5, 2, Kind::Glucose, &[(Quantity::Glucose, 52)], &[(Quantity::Glucose, 58)]),
    // Low saturation in somebody whose lungs are not known to be ill.
    (
        7,
        3,
        Kind::OxygenSaturation,
        &[(Quantity::Spo2, 90), (Quantity::Pulse, 97)],
        &[(Quantity::Spo2, 90), (Quantity::Pulse, 95)],
    ),
    // And in somebody with COPD.
    (
        9,
        7,
        Kind::OxygenSaturation,
        &[(Quantity::Spo2, 85), (Quantity::Pulse, 101)],
        &[(Quantity::Spo2, 86), (Quantity::Pulse, 99)],
    ),
    // Somebody steps on the scale with a suitcase; the repeat refutes it.
    (25, 11, Kind::BodyWeight, &[(Quantity::Weight, 93)], &[]),
];

/// When the meter whose clock says 1970 is used, seconds after the start.
const WRONG_CLOCK_AT: i64 = 14;
/// Who owns it.
const WRONG_CLOCK: u32 = 9;
/// What a suitcase weighs, kg.
const SUITCASE: Decimal = Decimal::from_parts(118, 0, 0, false, 1);

/// The scenes, by time.
pub(crate) fn scenes(cohort: &Cohort, start: Instant) -> Vec<(Instant, Scene)> {
    let played = LINES.iter().filter_map(|(after, number, kind, shows, again)| {
        let at = start + TimeDelta::seconds(*after);
        let (home, person) = find(cohort, *number)?;
        if *kind == Kind::BodyWeight {
            return Some((at, suitcase(home, person, at)));
        }
        let shows = shown(person, *kind, at, shows);
        Some((at, Scene { home, persona: *number, again: Some(shown(person, *kind, at, again)), shows }))
    });
    let at = start + TimeDelta::seconds(WRONG_CLOCK_AT);
    let wrong_clock = find(cohort, WRONG_CLOCK).map(|(home, person)| {
        let shows = person.measure(person.condition().kind(), at);
        (at, Scene { home, persona: WRONG_CLOCK, shows, again: None })
    });
    let mut scenes: Vec<_> = played.chain(wrong_clock).collect();
    scenes.sort_by_key(|(at, _)| *at);
    scenes
}

/// Somebody on the scale with a suitcase in the hand.
pub(crate) fn suitcase(home: usize, person: &Persona, at: Instant) -> Scene {
    let mut shows = person.measure(Kind::BodyWeight, at);
    shows.artefact = true;
    if let Some(weight) = shows.number(Quantity::Weight) {
        let value = vitals::Value::number(weight + SUITCASE, Quantity::Weight.canonical_unit());
        shows.values.insert(Quantity::Weight, value);
    }
    Scene { home, persona: person.number(), shows, again: None }
}

/// Whether chance leaves this home alone, because something is told about somebody in it.
pub(crate) fn is_cast(home: &Home) -> bool {
    home.people
        .iter()
        .any(|p| p.course() != Course::Stable || LINES.iter().any(|(_, number, ..)| *number == p.number()))
}

fn find(cohort: &Cohort, number: u32) -> Option<(usize, &Persona)> {
    let mut homes = cohort.homes().iter().enumerate();
    homes.find_map(|(index, home)| Some((index, home.persona(number)?)))
}

/// Hubs whose people now and then do something silly with a scale.
pub(crate) fn has_scale(home: &Home) -> bool {
    home.kind == HomeKind::Gateway && home.devices.iter().any(|d| d.kind == Kind::BodyWeight)
}

fn shown(person: &Persona, kind: Kind, at: Instant, values: &[(Quantity, i64)]) -> Measurement {
    let mut measurement = person.measure(kind, at);
    for (quantity, value) in values {
        let value = vitals::Value::number(Decimal::from(*value), quantity.canonical_unit());
        measurement.values.insert(*quantity, value);
    }
    measurement
}
