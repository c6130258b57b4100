//! Body weight: a level, a course, and the noise of water, meals and clothes.
//!
//! Calibration: day-to-day differences of a stable person have SD 0.68 kg (so each day 0.68/√2), one weighing in
//! two hundred is a gross artefact. Fluid gain before a decompensation starts about 30 days ahead and diverges
//! in the last 7 (Chaudhry 2007, Circulation 116:1549).

use crate::noise::{Purpose, chance, normal, rounded};
use crate::persona::Course;
use crate::{Measurement, Persona};
use chrono::NaiveDate;
use rand::Rng;
use rand::rngs::StdRng;
use vitals::{Decimal, Instant, Kind, Quantity};

/// SD of one day's weight about its level, kg: 0.68 / √2.
const DAY_SD: f64 = 0.48;
/// SD of a second weighing of the same morning, kg.
const REPEAT_SD: f64 = 0.05;
/// Share of weighings that are grossly wrong.
const ARTEFACTS: f64 = 0.005;

pub(crate) fn day(person: &Persona, date: NaiveDate) -> Vec<Measurement> {
    let mut rng = chance(person.seed(), Purpose::Weight, person.number(), person.day(date));
    let keeps = person.keeps(date, &mut rng);
    let minute = f64::from(person.body().morning_minute) + 12.0 * normal(&mut rng);
    let Some(at) = person.at(date, minute, &mut rng) else { return Vec::new() };
    let artefact = rng.random_bool(ARTEFACTS);
    let wrong_by = rng.random_range(4.0..20.0) * if rng.random_bool(0.7) { 1.0 } else { -1.0 };
    match person.course() {
        Course::Silent { days } if person.days_to_anchor(date) <= i64::from(days) => return Vec::new(),
        Course::SuddenGain => return sudden(person, date, at, keeps),
        _ if !keeps => return Vec::new(),
        _ => {}
    }
    let kg = of_day(person, date) + if artefact { wrong_by } else { 0.0 };
    vec![Measurement { artefact, ..weighing(at, kg) }]
}

pub(crate) fn now(person: &Persona, at: Instant, rng: &mut StdRng) -> Measurement {
    weighing(at, of_day(person, person.date(at)) + REPEAT_SD * normal(rng))
}

fn weighing(at: Instant, kg: f64) -> Measurement {
    Measurement::new(at, Kind::BodyWeight, [(Quantity::Weight, rounded(kg.clamp(35.0, 200.0), 1))])
}

/// What a good scale shows on that day.
fn of_day(person: &Persona, date: NaiveDate) -> f64 {
    // A purpose of its own would do as well; the negative day keeps it apart from the habits of the day.
    let mut rng = chance(person.seed(), Purpose::Weight, person.number(), -1 - person.day(date));
    let base = person.body().weight_kg;
    match person.course() {
        Course::SuddenGain => 84.9 + 0.2 * normal(&mut rng),
        Course::FluidGain => base + DAY_SD * normal(&mut rng) + fluid_kg(person.days_to_anchor(date)),
        _ => base + DAY_SD * normal(&mut rng),
    }
}

/// Fluid that a decompensation holds back, kg, some days before it.
fn fluid_kg(days_ahead: i64) -> f64 {
    let days = f64::from(i32::try_from(days_ahead.clamp(0, 30)).unwrap_or(0));
    if days >= 7.0 { (30.0 - days) * 0.04 } else { 0.92 + (7.0 - days) * 0.45 }
}

/// The story's patient: steady at 82 kg, then three mornings at which he gains 2.5 kg; today he has not weighed
/// himself yet.
fn sudden(person: &Persona, date: NaiveDate, at: Instant, keeps: bool) -> Vec<Measurement> {
    let steady = |rng: &mut StdRng| 82.3 + 0.3 * (rng.random::<f64>() - 0.5) * 2.0;
    let kg = match person.days_to_anchor(date) {
        0 => return Vec::new(),
        1 => Decimal::new(849, 1),
        2 => Decimal::new(833, 1),
        3 => Decimal::new(824, 1),
        later if later < 0 => rounded(of_day(person, date), 1),
        // The week before is complete, so that the curve is plain to see.
        earlier if earlier <= 8 || keeps => {
            rounded(steady(&mut chance(person.seed(), Purpose::Weight, person.number(), -1 - person.day(date))), 1)
        }
        _ => return Vec::new(),
    };
    vec![Measurement::new(at, Kind::BodyWeight, [(Quantity::Weight, kg)])]
}
