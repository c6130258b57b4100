//! Body temperature, some evenings.

use crate::noise::{Purpose, chance, normal, rounded};
use crate::{Measurement, Persona};
use chrono::NaiveDate;
use rand::Rng;
use rand::rngs::StdRng;
use vitals::{Instant, Kind, Quantity};

pub(crate) fn day(person: &Persona, date: NaiveDate) -> Vec<Measurement> {
    let mut rng = chance(person.seed(), Purpose::Temperature, person.number(), person.day(date));
    let keeps = person.keeps(date, &mut rng) && rng.random_bool(0.4);
    let minute = f64::from(person.body().evening_minute) + 10.0 * normal(&mut rng);
    let at = person.at(date, minute, &mut rng).filter(|_| keeps);
    at.map(|at| now(person, at, &mut rng)).into_iter().collect()
}

pub(crate) fn now(_person: &Persona, at: Instant, rng: &mut StdRng) -> Measurement {
    let celsius = (36.6 + 0.2 * normal(rng)).clamp(35.8, 37.4);
    Measurement::new(at, Kind::BodyTemperature, [(Quantity::Temperature, rounded(celsius, 1))])
}
