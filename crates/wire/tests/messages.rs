//! Every message of the contract against its golden file, in both directions.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::collections::BTreeSet;
use vitals::{
    Clock, ClockSource, Coded, Decimal, DeviceId, DeviceRef, Flag, Kind, Meal, MeasuredAt, Quantity, Reading,
    ReadingId, ReadingKey, ReceivedAt, Sample, SourceId, Unit, UserSlot, Value,
};
use wire::{Ask, HubStatus, Prompt, ReasonCode, Receipt, ReceiptStatus, Receipts, Refusal, gatt, reading};

fn device() -> DeviceRef {
    DeviceRef { source: SourceId::new("hub-1").unwrap(), device: DeviceId::new("cuff").unwrap() }
}

fn number(text: &str, unit: Unit) -> Value {
    Value::number(text.parse::<Decimal>().unwrap(), unit)
}

fn reading(id: &str, kind: Kind, values: &[(Quantity, Value)]) -> Reading {
    let DeviceRef { source, device } = device();
    Reading {
        key: ReadingKey { source, device, id: ReadingId::new(id).unwrap() },
        kind,
        measured_at: MeasuredAt::new("2026-11-21T07:12:04-05:00".parse().unwrap()),
        values: values.iter().copied().collect(),
        user_slot: None,
        flags: BTreeSet::new(),
        sample: None,
        meal: None,
        clock: None,
        battery: None,
        corrects: None,
    }
}

fn blood_pressure() -> Reading {
    let mm = Unit::MillimetreOfMercury;
    let values = [
        (Quantity::Systolic, number("128", mm)),
        (Quantity::Diastolic, number("82", mm)),
        (Quantity::Pulse, number("71", Unit::PerMinute)),
    ];
    Reading {
        user_slot: Some(UserSlot(1)),
        flags: [Flag::new("irregular-pulse").unwrap()].into(),
        clock: Some(Clock {
            source: ClockSource::Device,
            error_s: Some(60),
            device_time: Some("2026-11-21T07:10:58".into()),
        }),
        battery: Some(80),
        ..reading("0193a", Kind::BloodPressure, &values)
    }
}

fn glucose() -> Reading {
    Reading {
        sample: Some(Sample::CapillaryPlasma),
        meal: Some(Meal::Fasting),
        corrects: Some(ReadingId::new("g-1").unwrap()),
        ..reading("g-2", Kind::Glucose, &[(Quantity::Glucose, Value::Coded(Coded::Lo))])
    }
}

#[track_caller]
fn golden(name: &str, written: &[u8]) -> String {
    let path = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    assert_eq!(std::str::from_utf8(written).unwrap(), golden.trim_end(), "{name}");
    golden
}

#[test]
fn readings() {
    for (name, reading) in [
        ("reading-blood-pressure", blood_pressure()),
        ("reading-glucose-lo", glucose()),
        (
            "reading-temperature",
            reading("t", Kind::BodyTemperature, &[(Quantity::Temperature, number("36.60", Unit::Celsius))]),
        ),
    ] {
        let text = golden(name, &reading::write(&reading));
        let accepted = reading::parse(&device(), &text).unwrap();
        assert_eq!((accepted.reading, accepted.unknown_fields), (reading, 0), "{name}");
    }
    let both = [blood_pressure(), glucose()];
    let text = golden("reading-array", &reading::write_batch(&both));
    let batch = reading::parse_payload(&device(), text.as_bytes());
    assert_eq!(batch.shape, wire::Shape::Array);
    let read: Vec<Reading> = batch.elements.into_iter().map(|e| e.parsed.unwrap().reading).collect();
    assert_eq!(read, both);
}

#[test]
fn gatt_envelope() {
    let envelope = gatt::Envelope {
        id: Some(ReadingId::new("n-7").unwrap()),
        characteristic: 0x2A18,
        value: vec![0x02, 0x07, 0x00],
        received_at: MeasuredAt::new("2026-11-21T07:12:04-05:00".parse().unwrap()),
        context: Some(vec![0x02, 0x07, 0x00, 0x03]),
        clock: Some(Clock { source: ClockSource::Device, error_s: Some(5), device_time: None }),
        user_slot: Some(UserSlot(2)),
        battery: Some(71),
    };
    let text = golden("gatt", &gatt::write(&envelope));
    assert_eq!(gatt::parse(&text).unwrap().envelope, envelope);
    for same in ["2a18", "0x2A18", "00002a18-0000-1000-8000-00805f9b34fb", "00002A18-0000-1000-8000-00805F9B34FB"] {
        assert_eq!(gatt::parse(&text.replace("2A18", same)).unwrap().envelope, envelope, "{same}");
    }
}

#[test]
fn receipts() {
    let received_at = ReceivedAt("2026-11-21T12:12:05.25Z".parse().unwrap());
    let receipt = |id: Option<&str>, status, reason: Option<Refusal>| Receipt {
        id: id.map(str::to_owned),
        status,
        reason: reason.as_ref().map(Into::into),
        received_at,
    };
    let unit = Refusal::at(ReasonCode::UnknownUnit, "unknown unit `lbs`", "/values/weight/unit");
    let broken = Refusal::unreadable(ReasonCode::NotJson, "this is no JSON");
    for (name, receipts) in [
        ("receipt-stored", Receipts::One(receipt(Some("0193a"), ReceiptStatus::Stored, None))),
        ("receipt-not-json", Receipts::One(receipt(None, ReceiptStatus::Quarantined, Some(broken)))),
        (
            "receipt-array",
            Receipts::Many(vec![
                receipt(Some("a"), ReceiptStatus::Duplicate, None),
                receipt(Some("b"), ReceiptStatus::Quarantined, Some(unit)),
            ]),
        ),
        ("receipt-empty-array", Receipts::Many(vec![])),
    ] {
        let text = golden(name, &receipts.write());
        assert_eq!(Receipts::parse(text.as_bytes()).unwrap(), receipts, "{name}");
    }
}

#[test]
fn a_gateway_reads_codes_that_are_newer_than_it() {
    let text =
        r#"{"id":"a","status":"quarantined","reason":{"code":"of-tomorrow"},"received_at":"2026-11-21T12:00:00Z"}"#;
    let receipts = Receipts::parse(text.as_bytes()).unwrap();
    let reason = receipts.as_slice().first().unwrap().reason.clone().unwrap();
    assert_eq!((reason.code.as_str(), reason.known_code()), ("of-tomorrow", None));
}

#[test]
fn prompt() {
    let prompt = Prompt {
        id: "p-1".into(),
        ask: Ask::Repeat,
        kind: Kind::BodyWeight,
        user_slot: Some(UserSlot(1)),
        asked_at: "2026-11-21T12:12:05Z".parse().unwrap(),
        until: "2026-11-21T12:42:05Z".parse().unwrap(),
    };
    let text = golden("prompt", &prompt.write());
    assert_eq!(Prompt::parse(text.as_bytes()).unwrap(), prompt);
}

#[test]
fn status() {
    let status = HubStatus {
        online: true,
        battery: Some(64),
        journal_depth: Some(1204),
        clock_offset_s: Some("-0.25".parse().unwrap()),
        versions: [("hearth-gateway".to_owned(), "0.1.0".to_owned())].into(),
        more: [("vendor".to_owned(), r#"{"rssi":-61.50}"#.to_owned())].into(),
    };
    let text = golden("status", &status.write());
    assert_eq!(HubStatus::parse(text.as_bytes()).unwrap(), status);
    assert_eq!(golden("status-will", &HubStatus::offline().write()).trim_end(), r#"{"online":false}"#);
    assert_eq!(HubStatus::parse(b"{}").unwrap_err().pointer.as_deref(), Some("/online"));
}
