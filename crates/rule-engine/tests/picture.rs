//! What a chart is told of the rules.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use care::{
    Enrolment, History, ParameterOrigin, ParameterScope, ParameterSetting, PatientId, PatientStatus, ProgrammeId,
};
use chrono::TimeDelta;
use rule_engine::{Evaluator, RulebookSet, Side, Standing};
use std::sync::Arc;
use vitals::{
    Decimal, DeviceId, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt, SourceId,
    StoredAt, StoredReading, Unit, Value,
};

const BOOK: &str = r#"
[rulebook]
id = "b"
version = "1"
programme = "heart-failure"
[parameters]
target = { unit = "kg", description = "target" }
above = { default = "2.3 kg", description = "drift" }
gain = "2 kg"
high = "160 mm[Hg]"
[schedule]
body-weight = "1 per day"
[[rule]]
id = "W"
when = "median(weight, last 3) >= target + above or rise(weight, 72 h) > gain"
confirm = { repeat = "body-weight", within = "30 min" }
severity = "medium"
task = { title = "t" }
basis = "b"
[[rule]]
id = "P"
when = "latest(systolic) > high or 90 mm[Hg] > latest(systolic)"
severity = "medium"
task = { title = "t" }
basis = "b"
"#;

fn at(hours: i64) -> Instant {
    "2026-03-02T00:00:00Z".parse::<Instant>().unwrap() + TimeDelta::hours(hours)
}

fn patient() -> History {
    let mut history = History::new(PatientId::new("p1").unwrap());
    let programme = ProgrammeId::new("heart-failure").unwrap();
    history.enrolments.push(Enrolment { programme, from: at(0), until: None, entered_at: at(0) });
    history
}

fn weight(device: &str, id: &str, hours: i64, kg: &str) -> StoredReading {
    let key = ReadingKey {
        source: SourceId::new("hub").unwrap(),
        device: DeviceId::new(device).unwrap(),
        id: ReadingId::new(id).unwrap(),
    };
    let kg: Decimal = kg.parse().unwrap();
    let reading = Reading {
        key,
        kind: Kind::BodyWeight,
        measured_at: MeasuredAt::from(at(hours)),
        values: [(Quantity::Weight, Value::number(kg, Unit::Kilogram))].into(),
        user_slot: None,
        flags: [].into(),
        sample: None,
        meal: None,
        clock: None,
        battery: None,
        corrects: None,
    };
    let (received_at, stored_at) = (ReceivedAt(at(hours)), StoredAt(at(hours)));
    StoredReading { seq: 1, reading, received_at, stored_at, admission_flags: [].into(), hub_connected: true }
}

fn evaluator(history: &History) -> Evaluator {
    let set = RulebookSet::load(&[("b.toml", BOOK)]).unwrap_or_else(|e| panic!("{}", e[0]));
    Evaluator::new(&Arc::new(set), history, at(24 * 30))
}

#[test]
fn levels_are_what_stands_alone_on_one_side() {
    let mut history = patient();
    history.parameters.push(ParameterSetting {
        scope: ParameterScope::Patient,
        key: "b.target".to_owned(),
        value: Some("80 kg".to_owned()),
        effective_from: at(48),
        seq: 1,
    });
    let levels = evaluator(&history).levels(at(24), at(24 * 30));
    let said: Vec<_> = levels.iter().map(|l| (l.quantity, l.value.to_string(), l.side, l.from, l.until)).collect();
    let (begin, target) = (at(0), at(48));
    assert_eq!(
        said,
        [
            (Quantity::Systolic, "160".to_owned(), Side::Above, begin, None),
            (Quantity::Systolic, "90".to_owned(), Side::Below, begin, None),
            (Quantity::Weight, "82.3".to_owned(), Side::Above, target, None),
        ],
        "a rise has no level, and a target that is not set none either"
    );
    let drift = levels.iter().find(|l| l.quantity == Quantity::Weight).unwrap();
    assert_eq!(drift.keys, ["b.target", "b.above"]);
    assert_eq!(
        drift.limits.iter().map(|l| l.origin).collect::<Vec<_>>(),
        [ParameterOrigin::Patient, ParameterOrigin::Rulebook]
    );
}

#[test]
fn readings_that_do_not_count_say_why() {
    let mut corrected = weight("scale", "2", 30, "85.0");
    corrected.reading.corrects = Some(ReadingId::new("1").unwrap());
    let mut again = weight("scale", "4", 60, "80.1");
    again.reading.measured_at = MeasuredAt::from(at(60) + TimeDelta::minutes(3));
    let mut history = patient();
    for reading in [
        weight("scale", "0", 10, "80.0"),
        weight("scale", "1", 29, "8.0"),
        corrected,
        weight("cloud", "9", 30, "85.0"),
        weight("scale", "3", 60, "90.0"),
        again,
        weight("scale", "5", 200, "80.0"),
    ] {
        history.insert_reading(reading);
    }
    history.status.set(at(190), PatientStatus::Ended);
    let standings = evaluator(&history).standings();
    let of = |device: &str, id: &str| standings.get(&weight(device, id, 0, "1").reading.key).cloned();
    assert_eq!(of("scale", "1"), Some(Standing::Corrected));
    assert_eq!(of("scale", "2"), Some(Standing::Copy), "the cloud's key comes first");
    assert!(matches!(of("scale", "3"), Some(Standing::SetAside(rules)) if rules.len() == 1));
    assert_eq!(of("scale", "5"), Some(Standing::OnlyStored));
    assert_eq!((of("scale", "0"), of("scale", "4"), of("cloud", "9")), (None, None, None));
}

#[test]
fn days_say_what_was_expected_on_them() {
    let mut history = patient();
    history.timezone.set(at(-1000), "America/New_York".parse().unwrap());
    history.status.set(at(72), PatientStatus::Paused);
    let days = evaluator(&history).expected_days(at(20), at(100));
    let said: Vec<_> = days.iter().map(|d| (d.start.to_rfc3339(), d.kinds.len())).collect();
    let expected = [("2026-03-02", 1), ("2026-03-03", 1), ("2026-03-04", 0), ("2026-03-05", 0)];
    assert_eq!(said, expected.map(|(d, n)| (format!("{d}T05:00:00+00:00"), n)), "a day is whole or not at all");
}

#[test]
fn a_parameter_stays_within_what_it_is_compared_with() {
    let set = RulebookSet::load(&[("b.toml", BOOK)]).unwrap_or_else(|e| panic!("{}", e[0]));
    let range = |key: &str| set.range(key).map(|r| format!("{} to {} {}", r.low, r.high, r.unit));
    assert_eq!(range("b.target").as_deref(), Some("22.7 to 340.2 kg"));
    assert_eq!(range("b.above").as_deref(), Some("0 to 317.5 kg"), "a distance");
    assert_eq!(range("b.gain").as_deref(), Some("0 to 317.5 kg"));
    assert_eq!(range("b.high").as_deref(), Some("40 to 300 mm[Hg]"));
    let check = |key, value| set.check_setting(ParameterScope::Patient, key, Some(value));
    assert_eq!(check("b.gain", "3 [lb_av]"), Ok(()));
    assert!(check("b.gain", "-1 kg").unwrap_err().contains("between 0 and 317.5 kg"));
    assert!(check("b.high", "18 mm[Hg]").is_err());
    let mut wide = vitals::PlausibilityLimits::default();
    let hard = Some(vitals::Bounds { low: 10.into(), high: 320.into() });
    wide.set(vitals::Quantity::Systolic, vitals::Limit { hard, soft: None });
    let set = set.clone().where_admitted(wide);
    let range = set.range("b.high").unwrap();
    assert_eq!((range.low, range.high), (10.into(), 320.into()), "as far as admission goes");
    assert_eq!(set.check_setting(ParameterScope::Patient, "b.high", Some("18 mm[Hg]")), Ok(()));
}
