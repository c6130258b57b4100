//! Oxygen saturation and pulse from a finger, once a day after a rest.

use crate::noise::{Purpose, chance, normal, rounded};
use crate::{Measurement, Persona};
use chrono::NaiveDate;
use rand::rngs::StdRng;
use vitals::{Instant, Kind, Quantity};

pub(crate) fn day(person: &Persona, date: NaiveDate) -> Vec<Measurement> {
    let mut rng = chance(person.seed(), Purpose::Oxygen, person.number(), person.day(date));
    let keeps = person.keeps(date, &mut rng);
    let minute = f64::from(person.body().morning_minute + 30) + 15.0 * normal(&mut rng);
    let at = person.at(date, minute, &mut rng).filter(|_| keeps);
    at.map(|at| now(person, at, &mut rng)).into_iter().collect()
}

pub(crate) fn now(person: &Persona, at: Instant, rng: &mut StdRng) -> Measurement {
    let body = person.body();
    let spo2 = (body.spo2 + 0.8 * normal(rng)).clamp(body.spo2 - 2.0, 99.0);
    let pulse = (body.pulse + 6.0 * normal(rng)).clamp(52.0, 112.0);
    Measurement::new(
        at,
        Kind::OxygenSaturation,
        [(Quantity::Spo2, rounded(spo2, 0)), (Quantity::Pulse, rounded(pulse, 0))],
    )
}
