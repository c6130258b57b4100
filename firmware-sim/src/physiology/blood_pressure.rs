//! Blood pressure: a person's mean, higher in the morning, higher on the first day, two readings a sitting.
//!
//! Calibration: the first day of home measuring runs +2.8/+1.4 mmHg high (Oxford HBP cohort); two readings a
//! minute or two apart, morning and evening, is what the guidelines ask for.

use crate::noise::{Purpose, chance, normal, rounded};
use crate::{Measurement, Persona};
use chrono::{NaiveDate, TimeDelta, Timelike};
use rand::Rng;
use rand::rngs::StdRng;
use vitals::{Flag, Instant, Kind, Quantity};

/// Excess of the first day, mmHg.
const FIRST_DAY: (f64, f64) = (2.8, 1.4);
/// Half the difference between morning and evening, mmHg.
const MORNING: (f64, f64) = (2.5, 1.5);
/// SD of a sitting about the mean, and of a reading about its sitting, mmHg systolic; diastolic is 0.6 of it.
const SITTING_SD: f64 = 5.0;
const READING_SD: f64 = 4.0;
const DIASTOLIC: f64 = 0.6;

pub(crate) fn day(person: &Persona, date: NaiveDate) -> Vec<Measurement> {
    let mut rng = chance(person.seed(), Purpose::Pressure, person.number(), person.day(date));
    let mut found = Vec::new();
    for minute in [person.body().morning_minute + 15, person.body().evening_minute] {
        let keeps = person.keeps(date, &mut rng);
        let start = person.at(date, f64::from(minute) + 15.0 * normal(&mut rng), &mut rng);
        let sitting = normal(&mut rng);
        let mut when = start;
        for _ in 0..2 {
            let noise = (READING_SD * normal(&mut rng), READING_SD * normal(&mut rng));
            let pause = TimeDelta::seconds(rng.random_range(60..120));
            let irregular = rng.random_bool(person.body().irregular_pulse);
            let Some(at) = when else { continue };
            if keeps {
                let mut reading = reading(person, at, SITTING_SD * sitting, noise, &mut rng);
                reading.flags.extend(irregular.then(|| Flag::new("irregular-pulse").ok()).flatten());
                found.push(reading);
            } else {
                // The draws of a sitting that did not happen are made all the same: the next one stays as it is.
                reading(person, at, 0.0, noise, &mut rng);
            }
            when = Some(at + pause);
        }
    }
    found
}

pub(crate) fn now(person: &Persona, at: Instant, rng: &mut StdRng) -> Measurement {
    let noise = (READING_SD * normal(rng), READING_SD * normal(rng));
    reading(person, at, 0.0, noise, rng)
}

fn reading(person: &Persona, at: Instant, sitting: f64, noise: (f64, f64), rng: &mut StdRng) -> Measurement {
    let local = person.local(at);
    let half_day = if local.hour() < 13 { 1.0 } else { -1.0 };
    let first = if person.is_first_day(local.date_naive()) { 1.0 } else { 0.0 };
    let body = person.body();
    let systolic = body.systolic + half_day * MORNING.0 + first * FIRST_DAY.0 + sitting + noise.0;
    let diastolic = body.diastolic + half_day * MORNING.1 + first * FIRST_DAY.1 + DIASTOLIC * (sitting + noise.1);
    let diastolic = diastolic.clamp(45.0, 112.0);
    let systolic = systolic.clamp((diastolic + 20.0).max(96.0), 172.0);
    let pulse = (body.pulse + 5.0 * normal(rng)).clamp(52.0, 108.0);
    Measurement::new(
        at,
        Kind::BloodPressure,
        [
            (Quantity::Systolic, rounded(systolic, 0)),
            (Quantity::Diastolic, rounded(diastolic, 0)),
            (Quantity::Pulse, rounded(pulse, 0)),
        ],
    )
}
