//! Episodes are a function of the set of readings: whatever the order, duplication, batches and wake-ups in
//! which an evaluator met them, it says what an evaluation from scratch says.
#![allow(clippy::unwrap_used, reason = "test code")]

use care::{Enrolment, History, ParameterScope, ParameterSetting, PatientId, PatientStatus, ProgrammeId};
use chrono::TimeDelta;
use proptest::prelude::*;
use rule_engine::{Evaluator, RulebookSet, evaluate};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use vitals::{
    Clock, ClockSource, Coded, Decimal, DeviceId, Flag, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId,
    ReadingKey, ReceivedAt, SourceId, StoredAt, StoredReading, Unit, Value,
};

/// Everything the language has, with short windows, so that few readings meet all of it.
const DENSE: &str = r#"
[rulebook]
id = "dense"
version = "1"
programme = "heart-failure"

[parameters]
gain = "1 kg"
target = { unit = "kg" }

[schedule]
body-weight = "1 per day"

[[rule]]
id = "D1"
when = "rise(weight, 12 h) > gain"
clear = "latest(weight) < onset(weight) + 0.5 kg"
confirm = { repeat = "body-weight", within = "3 h" }
group = "g"
once_per = "1 d"
severity = [{ when = "latest(systolic, 24 h) < 100 mm[Hg]", is = "high" }, "low"]
task = { title = "t" }
basis = "b"

[[rule]]
id = "D2"
when = "(weight > 81 kg) 2 times in 24 h or median(weight, last 3) > target"
group = "g"
confirm = { repeat = "body-weight", within = "1 h" }
severity = "medium"
task = { title = "t" }
basis = "b"

[[rule]]
id = "D3"
when = "systolic < 110 mm[Hg] for 6 h"
clear = "not systolic < 120 mm[Hg]"
severity = "medium"
task = { title = "t" }
basis = "b"

[[rule]]
id = "D4"
when = "missing(body-weight, 1 d) or weight < 79 kg"
severity = [{ when = "missing(body-weight, 2 d)", is = "high" }, "low"]
task = { title = "t" }
basis = "b"

[[rule]]
id = "D5"
when = "latest(weight) - latest(weight, 2 h .. 10 h ago) <= -1 kg and 1 / (mean(weight, 24 h) / 1 kg - 80) < 2"
severity = "low"
task = { title = "t" }
basis = "b"
"#;

fn start() -> Instant {
    "2026-03-07T00:00:00Z".parse().unwrap()
}

fn hours(h: i64) -> Instant {
    start() + TimeDelta::hours(h)
}

fn set() -> Arc<RulebookSet> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules/rulebook");
    let mut files: Vec<(String, String)> = ["heart-failure", "blood-pressure", "oxygen", "copd"]
        .map(|id| (id.to_owned(), std::fs::read_to_string(folder.join(format!("{id}.toml"))).unwrap()))
        .into();
    files.push(("dense".to_owned(), DENSE.to_owned()));
    let set = RulebookSet::load(&files).unwrap();
    let later = DENSE.replace("version = \"1\"", "version = \"2\"").replace("gain = \"1 kg\"", "gain = \"1.5 kg\"");
    Arc::new(set.with_version("dense", &later, hours(60)).unwrap())
}

#[derive(Clone, Debug)]
struct Line {
    id: u8,
    device: u8,
    half_hours: i64,
    value: i64,
    pressure: bool,
    corrects: Option<u8>,
    flagged: bool,
    error_s: Option<u32>,
}

fn line() -> impl Strategy<Value = Line> {
    let corrects = prop_oneof![6 => Just(None), 1 => (0..12_u8).prop_map(Some)];
    let error = prop_oneof![6 => Just(None), 1 => Just(Some(5)), 1 => Just(Some(7200)), 1 => Just(Some(u32::MAX))];
    let value = prop_oneof![8 => -30..30_i64, 1 => Just(99), 1 => Just(-99)];
    (0..12_u8, 0..2_u8, 0..240_i64, value, prop::bool::weighted(0.25), corrects, prop::bool::weighted(0.1), error)
        .prop_map(|(id, device, half_hours, value, pressure, corrects, flagged, error_s)| Line {
            id,
            device,
            half_hours,
            value,
            pressure,
            corrects,
            flagged,
            error_s,
        })
}

fn stored((seq, line): (usize, &Line)) -> StoredReading {
    let id = |n: u8| ReadingId::new(&format!("{n:02}")).unwrap();
    let kind = if line.pressure { Kind::BloodPressure } else { Kind::BodyWeight };
    let number = |base: i64, unit, step: u32| match line.value {
        99 => Value::Coded(Coded::Hi),
        -99 => Value::Coded(Coded::Lo),
        v => Value::number(Decimal::new(base + v, step), unit),
    };
    let values = if line.pressure {
        let systolic = number(110, Unit::MillimetreOfMercury, 0);
        [(Quantity::Systolic, systolic), (Quantity::Diastolic, Value::number(70.into(), Unit::MillimetreOfMercury))]
            .into()
    } else {
        [(Quantity::Weight, number(800, Unit::Kilogram, 1))].into()
    };
    let time = start() + TimeDelta::minutes(30 * line.half_hours);
    let uncertain = line.error_s == Some(u32::MAX);
    let key = ReadingKey {
        source: SourceId::new(if line.device < 2 { "hub" } else { "cloud" }).unwrap(),
        device: DeviceId::new(&format!("d{}", line.device)).unwrap(),
        id: id(line.id),
    };
    let reading = Reading {
        key,
        kind,
        measured_at: MeasuredAt::from(time),
        values,
        user_slot: None,
        flags: line.flagged.then(|| Flag::new("cuff-too-loose").unwrap()).into_iter().collect(),
        sample: None,
        meal: None,
        clock: line.error_s.map(|e| Clock { source: ClockSource::Device, error_s: Some(e), device_time: None }),
        battery: None,
        corrects: line.corrects.map(id),
    };
    let admission_flags: BTreeSet<Flag> = uncertain.then_some(Flag::CLOCK_UNCERTAIN).into_iter().collect();
    let seq = u64::try_from(seq).unwrap();
    StoredReading {
        seq,
        reading,
        received_at: ReceivedAt(time),
        stored_at: StoredAt(time),
        admission_flags,
        hub_connected: true,
    }
}

fn history() -> impl Strategy<Value = History> {
    let status = prop::option::of((0..120_i64, 0..120_i64, any::<bool>()));
    let enrolments = prop::collection::vec((any::<bool>(), -24..60_i64, prop::option::of(10..120_i64)), 1..3);
    let zone = prop_oneof![Just(chrono_tz::UTC), Just(chrono_tz::America::New_York), Just(chrono_tz::Asia::Kolkata)];
    let parameter = prop::option::of((0..120_i64, prop_oneof![Just("0.8 kg"), Just("2 kg"), Just("two")]));
    let copies = prop::option::of((0..120_i64, prop_oneof![Just(("weight", "0.5 kg")), Just(("seconds", "7200"))]));
    (status, enrolments, zone, parameter, copies).prop_map(|(status, enrolments, zone, parameter, copies)| {
        let mut history = History::new(PatientId::new("p1").unwrap());
        history.timezone.set(start(), zone);
        if let Some((from, back, ended)) = status {
            history.status.set(hours(from), if ended { PatientStatus::Ended } else { PatientStatus::Paused });
            history.status.set(hours(from + back), PatientStatus::Active);
        }
        history.enrolments = enrolments
            .into_iter()
            .map(|(copd, from, length)| Enrolment {
                programme: ProgrammeId::new(if copd { "copd" } else { "heart-failure" }).unwrap(),
                from: hours(from),
                until: length.map(|l| hours(from + l)),
                entered_at: hours(from),
            })
            .collect();
        history.parameters = parameter
            .into_iter()
            .map(|(from, value)| ParameterSetting {
                scope: ParameterScope::Patient,
                key: "dense.gain".to_owned(),
                value: Some(value.to_owned()),
                effective_from: hours(from),
                seq: 1,
            })
            .collect();
        history.parameters.extend(copies.map(|(from, (name, value))| ParameterSetting {
            scope: ParameterScope::Clinic,
            key: format!("copies.{name}"),
            value: Some(value.to_owned()),
            effective_from: hours(from),
            seq: 2,
        }));
        history
    })
}

/// Readings with unique keys, and an order in which they arrive, some of them twice.
fn arrivals() -> impl Strategy<Value = (Vec<StoredReading>, Vec<usize>)> {
    prop::collection::vec(line(), 1..24).prop_flat_map(|lines| {
        let mut seen = BTreeSet::new();
        // The cloud sends some of them too, by a clock of its own: suspected copies.
        let twin =
            |l: &Line| Line { id: l.id + 50, device: l.device + 2, corrects: None, error_s: Some(10), ..l.clone() };
        let lines = lines.into_iter().flat_map(|l| if l.id % 4 == 0 { vec![twin(&l), l] } else { vec![l] });
        let lines: Vec<Line> = lines.filter(|l| seen.insert((l.device, l.id))).collect();
        let readings: Vec<StoredReading> = lines.iter().enumerate().map(stored).collect();
        let count = readings.len();
        let again = prop::collection::vec(0..count, 0..4);
        let order = again.prop_flat_map(move |again| Just((0..count).chain(again).collect::<Vec<_>>()).prop_shuffle());
        (Just(readings), order)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same(
        history in history(),
        (readings, order) in arrivals(),
        first in 0..24_usize,
        wakes in prop::collection::vec(0..140_i64, 0..6),
    ) {
        let set = set();
        let mut known = history.clone();
        let (batch, rest) = order.split_at(first.min(order.len()));
        for i in batch {
            known.insert_reading(readings[*i].clone());
        }
        let mut wakes = wakes;
        wakes.sort_unstable();
        let mut evaluator = Evaluator::new(&set, &known, hours(0));
        let mut as_of = hours(0);
        for (step, i) in rest.iter().enumerate() {
            if let Some(wake) = wakes.get(step) {
                as_of = as_of.max(hours(*wake));
                evaluator.advance(as_of);
            }
            evaluator.insert(&readings[*i]);
            known.insert_reading(readings[*i].clone());
            prop_assert_eq!(evaluator.evaluation(), &evaluate(&set, &known, as_of));
        }
        evaluator.advance(hours(140));
        let mut all = history;
        all.set_readings(readings);
        prop_assert_eq!(evaluator.evaluation(), &evaluate(&set, &all, hours(140)));
    }
    #[test]
    fn what_is_forgotten_is_not_missed_or_says_so(
        history in history(),
        (readings, order) in arrivals(),
        first in 0..24_usize,
        forgets in prop::collection::vec(0..400_i64, 24..60),
    ) {
        let set = set();
        let mut known = history;
        let (batch, rest) = order.split_at(first.min(order.len()));
        for i in batch {
            known.insert_reading(readings[*i].clone());
        }
        let mut as_of = hours(0);
        let mut evaluator = Evaluator::new(&set, &known, as_of);
        for (i, until) in rest.iter().zip(forgets) {
            // Beyond the newest reading it forgets as much as it can.
            evaluator.forget(hours(until));
            as_of = as_of.max(hours(until / 4));
            evaluator.advance(as_of);
            evaluator.insert(&readings[*i]);
            known.insert_reading(readings[*i].clone());
            let whole = evaluate(&set, &known, as_of);
            if evaluator.lacks_history() {
                evaluator = Evaluator::new(&set, &known, as_of);
            }
            prop_assert_eq!(evaluator.evaluation(), &whole);
        }
    }
}

/// A year of weights in order, a day's worth at a time: memory does not grow, and nothing has to be read again.
#[test]
fn a_year_in_order_is_judged_from_what_is_remembered() {
    let set = set();
    let mut known = History::new(PatientId::new("anna").unwrap());
    known.enrolments.push(Enrolment {
        programme: ProgrammeId::new("heart-failure").unwrap(),
        from: hours(0),
        until: None,
        entered_at: hours(0),
    });
    let mut evaluator = Evaluator::new(&set, &known, hours(0));
    let mut kept = 0;
    for n in 0..365 {
        let line = Line {
            id: 0,
            device: 0,
            half_hours: 48 * n + 14,
            // A jump of two kilograms every three weeks, and back; and some days without a weight.
            value: if n % 21 < 3 { 20 } else { n % 3 },
            pressure: n % 5 == 4,
            corrects: None,
            flagged: false,
            error_s: None,
        };
        if n % 50 > 45 {
            continue;
        }
        let mut reading = stored((usize::try_from(n).unwrap(), &line));
        reading.reading.key.id = ReadingId::new(&format!("{n}")).unwrap();
        let time = reading.reading.measured_at.instant();
        evaluator.advance(time);
        evaluator.insert(&reading);
        known.insert_reading(reading);
        evaluator.forget(time - TimeDelta::days(4));
        kept = kept.max(evaluator.remembers());
        assert!(!evaluator.lacks_history(), "on day {n}");
    }
    assert_eq!(evaluator.evaluation(), &evaluate(&set, &known, evaluator.as_of()));
    assert!(evaluator.evaluation().episodes.len() > 10);
    assert!(kept < 60, "{kept} readings");
    let mut late = known.readings[20].clone();
    late.reading.key.id = ReadingId::new("late").unwrap();
    evaluator.insert(&late);
    assert!(evaluator.lacks_history(), "what comes so late is judged from everything");
}
