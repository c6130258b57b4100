//! How long the next reading of a patient takes, against judging everything anew in the same run.
//!
//! `cargo bench -p rule-engine` prints medians; nothing is asserted, because machines differ.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures and prints"
)]

use care::{Enrolment, History, PatientId, ProgrammeId};
use chrono::TimeDelta;
use rule_engine::{Evaluator, RulebookSet, evaluate};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};
use vitals::{
    Decimal, DeviceId, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt, SourceId,
    StoredAt, StoredReading, Unit, Value,
};

const READINGS: usize = 180;
const ROUNDS: usize = 2000;

fn start() -> Instant {
    "2026-01-05T07:00:00Z".parse().unwrap()
}

fn reading(day: usize) -> StoredReading {
    let time = start() + TimeDelta::days(i64::try_from(day).unwrap());
    // A slow wave with steps, so that episodes come and go.
    let wave = i64::try_from((day * 37) % 19).unwrap() + i64::try_from(day % 30).unwrap();
    let key = ReadingKey {
        source: SourceId::new("hub").unwrap(),
        device: DeviceId::new("scale").unwrap(),
        id: ReadingId::new(&day.to_string()).unwrap(),
    };
    let reading = Reading {
        key,
        kind: Kind::BodyWeight,
        measured_at: MeasuredAt::from(time),
        values: [(Quantity::Weight, Value::number(Decimal::new(800 + wave, 1), Unit::Kilogram))].into(),
        user_slot: None,
        flags: [].into(),
        sample: None,
        meal: None,
        clock: None,
        battery: None,
        corrects: None,
    };
    let (received_at, stored_at) = (ReceivedAt(time), StoredAt(time));
    StoredReading { seq: 1, reading, received_at, stored_at, admission_flags: [].into(), hub_connected: true }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e6
}

fn measure(rounds: usize, mut round: impl FnMut() -> Duration) -> f64 {
    median((0..rounds).map(|_| round()).collect())
}

fn main() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules/rulebook");
    let files = ["heart-failure", "blood-pressure", "oxygen"]
        .map(|id| (id, std::fs::read_to_string(folder.join(format!("{id}.toml"))).unwrap()));
    let set = Arc::new(RulebookSet::load(&files).unwrap());
    let mut history = History::new(PatientId::new("p1").unwrap());
    let programme = ProgrammeId::new("heart-failure").unwrap();
    history.enrolments.push(Enrolment { programme, from: start(), until: None, entered_at: start() });
    history.set_readings((0..READINGS).map(reading).collect());
    let as_of = reading(READINGS).reading.measured_at.instant();
    let before = Evaluator::new(&set, &history, as_of);
    println!("{READINGS} weights, heart-failure rulebook, {} episodes", before.evaluation().episodes.len());

    let insert = |day: usize| {
        let next = if day >= READINGS { reading(day) } else { late(day) };
        let before = &before;
        move || {
            let mut evaluator = before.clone();
            let clock = Clock::now();
            evaluator.insert(black_box(&next));
            let took = clock.elapsed();
            black_box(evaluator.evaluation());
            took
        }
    };
    println!("next reading          {:>9.1} µs", measure(ROUNDS, insert(READINGS)));
    println!("a week late           {:>9.1} µs", measure(ROUNDS, insert(READINGS - 7)));
    println!("three months late     {:>9.1} µs", measure(ROUNDS / 4, insert(READINGS / 2)));
    let mut all = history.clone();
    all.insert_reading(reading(READINGS));
    let naive = || {
        let clock = Clock::now();
        black_box(evaluate(&set, black_box(&all), as_of));
        clock.elapsed()
    };
    println!("everything anew       {:>9.1} µs", measure(ROUNDS / 4, naive));
}

fn late(day: usize) -> StoredReading {
    let mut late = reading(day);
    late.reading.key.id = ReadingId::new("late").unwrap();
    late.reading.measured_at = MeasuredAt::from(late.reading.measured_at.instant() + TimeDelta::hours(3));
    late
}
