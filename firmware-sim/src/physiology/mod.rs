//! What a body does from day to day, a file per organ of the simulation; all of it is synthetic.
//!
//! Each file has `day`, what a person measures on one local day, and `now`, what a measurement at an instant
//! would find without gross artefacts. Both are functions of the person and the time alone.

pub(crate) mod blood_pressure;
pub(crate) mod glucose;
pub(crate) mod oxygen;
pub(crate) mod temperature;
pub(crate) mod weight;

use crate::noise::{Purpose, chance};
use crate::{Measurement, Persona};
use chrono::NaiveDate;
use rand::rngs::StdRng;
use vitals::{Instant, Kind};

/// What `person` measures of `kind` on the local day `date`, if anything.
pub(crate) fn day(person: &Persona, kind: Kind, date: NaiveDate) -> Vec<Measurement> {
    match kind {
        Kind::BodyWeight | Kind::BodyComposition => weight::day(person, date),
        Kind::BloodPressure | Kind::HeartRate => blood_pressure::day(person, date),
        Kind::Glucose => glucose::day(person, date),
        Kind::OxygenSaturation => oxygen::day(person, date),
        Kind::BodyTemperature => temperature::day(person, date),
    }
}

/// What a measurement of `kind` at `at` finds.
pub(crate) fn now(person: &Persona, kind: Kind, at: Instant) -> Measurement {
    let mut rng = chance(person.seed(), Purpose::Spot, person.number(), at.timestamp());
    let rng: &mut StdRng = &mut rng;
    match kind {
        Kind::BodyWeight | Kind::BodyComposition => weight::now(person, at, rng),
        Kind::BloodPressure | Kind::HeartRate => blood_pressure::now(person, at, rng),
        Kind::Glucose => glucose::now(person, at, rng),
        Kind::OxygenSaturation => oxygen::now(person, at, rng),
        Kind::BodyTemperature => temperature::now(person, at, rng),
    }
}
