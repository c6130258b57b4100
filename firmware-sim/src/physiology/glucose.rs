//! Glucose from a meter: two to four finger pricks a day, before and after meals.

use crate::noise::{Purpose, chance, normal, rounded};
use crate::{Measurement, Persona};
use chrono::{NaiveDate, Timelike};
use rand::Rng;
use rand::rngs::StdRng;
use vitals::{Instant, Kind, Meal, Quantity};

/// Minute of the day, relation to a meal, mean rise above the person's fasting level in mg/dL, and how likely
/// somebody who keeps to the plan takes it.
const PRICKS: [(f64, Meal, f64, f64); 4] = [
    (430.0, Meal::Fasting, 0.0, 1.0),
    (590.0, Meal::Postprandial, 38.0, 0.5),
    (1110.0, Meal::Preprandial, 8.0, 1.0),
    (1320.0, Meal::Bedtime, 22.0, 0.5),
];
/// SD of a prick about its mean, mg/dL.
const SD: f64 = 17.0;

pub(crate) fn day(person: &Persona, date: NaiveDate) -> Vec<Measurement> {
    let mut rng = chance(person.seed(), Purpose::Glucose, person.number(), person.day(date));
    let mut found = Vec::new();
    for (minute, meal, rise, likely) in PRICKS {
        let keeps = person.keeps(date, &mut rng) && rng.random_bool(likely);
        let at = person.at(date, minute + 15.0 * normal(&mut rng), &mut rng);
        let value = person.body().fasting_glucose + rise + SD * normal(&mut rng);
        if let Some(at) = at.filter(|_| keeps) {
            found.push(prick(at, value, Some(meal)));
        }
    }
    found
}

pub(crate) fn now(person: &Persona, at: Instant, rng: &mut StdRng) -> Measurement {
    let after_breakfast = (8..12).contains(&person.local(at).hour());
    let rise = if after_breakfast { 30.0 } else { 10.0 };
    prick(at, person.body().fasting_glucose + rise + SD * normal(rng), Some(Meal::Casual))
}

fn prick(at: Instant, value: f64, meal: Option<Meal>) -> Measurement {
    let value = rounded(value.clamp(72.0, 280.0), 0);
    Measurement { meal, ..Measurement::new(at, Kind::Glucose, [(Quantity::Glucose, value)]) }
}
