//! What is admitted, what is refused, and what the sender is told.

use super::*;
use bytes::Bytes;
use proptest::prelude::*;
use store::ItemStatus;
use vitals::{ClockSource, Meal, Quantity};
use wire::{ReceiptStatus, Receipts};

const NOW: &str = "2026-11-21T12:15:00Z";
const GOOD: &str = r#"{"id":"i","kind":"body-weight","measured_at":"2026-11-21T07:12:04-05:00","values":{"weight":{"value":80.1,"unit":"kg"}}}"#;
const GATT: &str =
    r#"{"id":"i","characteristic":"2A9D","value":"02943eea070b15070c04","received_at":"2026-11-21T07:12:30-05:00"}"#;
const GLUCOSE: &str = r#"{"id":"i","characteristic":"2A18","value":"020700ea070b15070c0464b011","received_at":"2026-11-21T07:12:30-05:00"}"#;

fn now() -> ReceivedAt {
    ReceivedAt(NOW.parse().unwrap())
}

fn judged(channel: &str, payload: &[u8]) -> Admission {
    let topic = Topic::parse(&format!("hearth/v1/hub-1/scale/{channel}")).unwrap();
    admit(&topic, payload, now(), &AdmissionLimits::default())
}

/// What became of an item: `code at pointer of id`, or the id and what admission noticed.
fn said(item: &Item) -> String {
    match &item.verdict {
        Ok(admitted) => {
            let flags = admitted.admission_flags.iter().map(Flag::as_str);
            [admitted.reading.key.id.as_str()].into_iter().chain(flags).collect::<Vec<_>>().join(" ")
        }
        Err(Refused { id, refusal }) => {
            let pointer = refusal.pointer.as_deref().unwrap_or("nowhere");
            format!("{} at {pointer} of {}", refusal.code, id.as_deref().unwrap_or("null"))
        }
    }
}

#[track_caller]
fn check(channel: &str, payload: impl AsRef<[u8]>, expected: &str) {
    let payload = payload.as_ref();
    let admission = judged(channel, payload);
    let found: Vec<String> = admission.items.iter().map(said).collect();
    assert_eq!(found, [expected], "{}", String::from_utf8_lossy(payload));
    assert_eq!((admission.shape, admission.items[0].raw.clone()), (Shape::Object, 0..payload.len()));
}

#[track_caller]
fn check_with(good: &str, from: &str, to: &str, expected: &str) {
    assert!(good.contains(from), "{from}");
    check(if good.contains("characteristic") { "gatt" } else { "reading" }, good.replacen(from, to, 1), expected);
}

fn only(channel: &str, payload: &str) -> Admitted {
    let mut items = judged(channel, payload.as_bytes()).items;
    assert_eq!(items.len(), 1);
    *items.remove(0).verdict.unwrap()
}

#[test]
fn bad_input_is_refused_with_code_and_pointer() {
    check("reading", GOOD, "i");
    check("reading", "hello", "not-json at  of null");
    check("reading", [0xFF], "not-utf8 at  of null");
    check("reading", "5", "not-an-object at  of null");
    check_with(GOOD, "80.1", "NaN", "not-json at  of null");
    check_with(GOOD, "80.1", "null", "not-a-number at /values/weight/value of i");
    check_with(GOOD, "80.1", r#""80.1""#, "wrong-type at /values/weight/value of i");
    check_with(GOOD, "kg", "lbs", "unknown-unit at /values/weight/unit of i");
    check_with(GOOD, "kg", "%", "unit-not-accepted at /values/weight/unit of i");
    check_with(GOOD, "-05:00", "", "time-without-offset at /measured_at of i");
    check_with(GOOD, r#"{"id""#, r#"{"user_slot":-1,"id""#, "slot-out-of-range at /user_slot of i");
    let long = "x".repeat(65);
    check_with(GOOD, r#""i""#, &format!("\"{long}\""), &format!("id-too-long at /id of {long}"));
    check_with(GOOD, "80.1", "801", "impossible-value at /values/weight/value of i");
    check_with(GOOD, "80.1", "-80.1", "impossible-value at /values/weight/value of i");
    check("fhir", "{}", "payload-unsupported at  of null");
    check("senml", "[]", "payload-unsupported at  of null");
    check("x/acme", "{}", "payload-unsupported at  of null");
    check("receipt", GOOD, "topic-unknown at  of null");
}

#[test]
fn times_have_limits() {
    let at = |time: &str, expected: &str| check_with(GOOD, "2026-11-21T07:12:04-05:00", time, expected);
    at("2026-11-21T12:20:00Z", "i");
    at("2026-11-21T12:20:01Z", "time-in-the-future at /measured_at of i");
    at("2026-11-22T07:12:04-05:00", "time-in-the-future at /measured_at of i");
    at("9999-12-31T23:59:59Z", "time-in-the-future at /measured_at of i");
    at("1970-01-01T00:00:00Z", "time-implausible at /measured_at of i");
    at("0000-01-01T00:00:00Z", "time-implausible at /measured_at of i");
    at("1999-12-31T23:59:59Z", "time-implausible at /measured_at of i");
    at("2015-01-01T00:00:00Z", "time-implausible at /measured_at of i");
    at("2026-11-14T12:15:00Z", "i");
    at("2026-11-14T12:14:59Z", "i late");
    let clock = |error_s: u32| format!(r#"{{"clock":{{"source":"device","error_s":{error_s}}},"id""#);
    check_with(GOOD, r#"{"id""#, &clock(3_600), "i");
    check_with(GOOD, r#"{"id""#, &clock(3_601), "i clock-uncertain");
}

#[test]
fn the_unusual_is_stored_and_flagged() {
    let spo2 = GOOD.replace("body-weight", "oxygen-saturation").replace("weight", "spo2").replace("kg", "%");
    check_with(&spo2, "80.1", "69", "i soft-limit");
    check_with(&spo2, "80.1", "101", "impossible-value at /values/spo2/value of i");
}

#[test]
fn one_bad_element_does_not_spoil_the_others() {
    let late = GOOD.replace("07:12:04-05:00", "17:12:04-05:00").replace(r#""i""#, r#""j""#);
    let payload = format!("[{GOOD},{late}, [] ]");
    let admission = judged("reading", payload.as_bytes());
    assert_eq!(admission.shape, Shape::Array);
    let found: Vec<String> = admission.items.iter().map(said).collect();
    assert_eq!(found, ["i", "time-in-the-future at /measured_at of j", "not-an-object at  of null"]);
    let raw: Vec<&str> = admission.items.iter().map(|i| payload.get(i.raw.clone()).unwrap()).collect();
    assert_eq!(raw, [GOOD, &late, "[]"]);
    let over = judged("reading", format!("[{}]", vec![GOOD; 501].join(",")).as_bytes());
    assert!(over.items.len() == 501 && over.items.iter().all(|i| said(i) == "too-many at  of i"));
    assert_eq!(judged("reading", b"[]").items, []);
}

#[test]
fn a_gatt_value_becomes_a_reading_in_the_hub_s_offset() {
    let admitted = only("gatt", &GATT.replace(r#"{"id""#, r#"{"user_slot":2,"battery":9,"x":1,"id""#));
    let reading = admitted.reading;
    assert_eq!(reading.measured_at.to_string(), "2026-11-21T07:12:04-05:00");
    assert_eq!(reading.values[&Quantity::Weight].to_string(), "80.1 kg");
    let clock = reading.clock.unwrap();
    assert_eq!((clock.source, clock.device_time.as_deref()), (ClockSource::Device, Some("2026-11-21T07:12:04")));
    assert_eq!((reading.user_slot.unwrap().0, reading.battery, admitted.unknown_fields), (2, Some(9), 1));

    for (no_time, why) in [("00943e", "no time"), ("02943e00000000000000", "year 0")] {
        let reading = only("gatt", &GATT.replace("02943eea070b15070c04", no_time)).reading;
        assert_eq!(reading.measured_at.to_string(), "2026-11-21T07:12:30-05:00", "{why}");
        assert_eq!(reading.clock.unwrap().source, ClockSource::Hub, "{why}");
    }
}

#[test]
fn gatt_values_are_refused_at_their_place() {
    let value = |value: &str, expected: &str| check_with(GATT, "02943eea070b15070c04", value, expected);
    value("02943e", "gatt-malformed at /value of i");
    value("", "gatt-malformed at /value of i");
    value("0", "gatt-malformed at /value of i");
    value("00ffff", "no-value at /value of i");
    value("000a00", "impossible-value at /value of i");
    value("02943eb2070101000000", "time-implausible at /value of i");
    value("02943eea070b15071204", "time-in-the-future at /value of i");
    check_with(GATT, "2A9D", "2A23", "characteristic-unsupported at /characteristic of i");
    check_with(GATT, "2A9D", "2A34", "context-without-reading at /characteristic of i");
    check_with(GATT, "-05:00", "", "time-without-offset at /received_at of i");
    let hub_is_ahead = GATT.replace("02943eea070b15070c04", "00943e").replace("T07", "T08");
    check("gatt", hub_is_ahead, "time-in-the-future at /received_at of i");
    check("gatt", "[", "not-json at  of null");
}

#[test]
fn a_clock_that_the_hub_compared_is_corrected() {
    let unset = GATT.replace("02943eea070b15070c04", "02943eb2070101000000");
    let clock = r#"{"clock":{"source":"device","error_s":2,"device_time":"1970-01-01T00:01:00"},"id""#;
    let reading = only("gatt", &unset.replace(r#"{"id""#, clock)).reading;
    assert_eq!(reading.measured_at.to_string(), "2026-11-21T07:11:30-05:00");
    let clock = reading.clock.unwrap();
    assert_eq!((clock.error_s, clock.device_time.as_deref()), (Some(2), Some("1970-01-01T00:00:00")));
    let zoned = r#"{"clock":{"source":"device","device_time":"1970-01-01T00:01:00Z"},"id""#;
    check_with(&unset, r#"{"id""#, zoned, "clock-invalid at /clock/device_time of i");
}

#[test]
fn glucose_has_its_meal_and_its_words() {
    let reading = only("gatt", GLUCOSE).reading;
    assert_eq!((reading.values[&Quantity::Glucose].to_string().as_str(), reading.meal), ("100 mg/dL", None));
    let with = |context: &str| GLUCOSE.replace(r#"{"id""#, &format!(r#"{{"context":"{context}","id""#));
    assert_eq!(only("gatt", &with("02070003")).reading.meal, Some(Meal::Fasting));
    check("gatt", with("02080003"), "gatt-malformed at /context of i");
    check("gatt", with("0207"), "gatt-malformed at /context of i");
    for (status, word) in [("2000", "HI"), ("4000", "LO")] {
        let said = GLUCOSE.replace("020700", "0a0700").replace("64b011", &format!("64b011{status}"));
        assert_eq!(only("gatt", &said).reading.values[&Quantity::Glucose].to_string(), word);
    }
}

#[test]
fn a_value_without_id_is_named_by_its_content() {
    let id = |text: &str| only("gatt", text).reading.key.id;
    let nameless = GATT.replace(r#""id":"i","#, "");
    assert!(id(&nameless).as_str().starts_with("sha256:"));
    assert_eq!(id(&nameless), id(&nameless.replace("07:12:30", "07:13:30")));
}

fn stored() -> ItemStatus {
    ItemStatus::Stored { seq: 1 }
}

fn quarantined(code: &str) -> ItemStatus {
    ItemStatus::Quarantined { row: 1, code: code.into(), detail: String::new(), pointer: None }
}

#[test]
fn an_object_is_answered_by_an_object_and_an_array_by_an_array() {
    let receipts = |payload: &str, statuses: &[ItemStatus]| {
        let payload = Bytes::from(payload.to_owned());
        let (items, answer) = judged("reading", &payload).into_parts(&payload);
        assert_eq!(items.len(), statuses.len());
        assert_eq!(answer.receipts(&[statuses, &[stored()]].concat(), now()), None);
        answer.receipts(statuses, now()).unwrap()
    };
    assert!(matches!(receipts(GOOD, &[stored()]), Receipts::One(r) if r.status == ReceiptStatus::Stored));
    assert!(matches!(receipts("hello", &[quarantined("not-json")]), Receipts::One(r) if r.id.is_none()));
    assert_eq!(receipts("[]", &[]).write(), b"[]");
    let many = receipts(&format!("[{GOOD},{GOOD}]"), &[stored(), ItemStatus::Duplicate]);
    let statuses: Vec<ReceiptStatus> = many.as_slice().iter().map(|r| r.status).collect();
    assert_eq!(statuses, [ReceiptStatus::Stored, ReceiptStatus::Duplicate]);
    assert!(matches!(many, Receipts::Many(_)));
}

#[test]
fn a_message_of_several_items_gets_one_receipt() {
    let one = judged("reading", GOOD.as_bytes());
    let check = |statuses: &[ItemStatus], expected: ReceiptStatus, code: Option<&str>| {
        let items = vec![one.items[0].clone(); statuses.len()];
        let (_, answer) = Admission { shape: one.shape, items }.into_parts(&Bytes::from_static(GOOD.as_bytes()));
        let Some(Receipts::One(receipt)) = answer.receipts(statuses, now()) else { panic!("one receipt") };
        assert_eq!((receipt.status, receipt.reason.as_ref().map(|r| r.code.as_str())), (expected, code));
    };
    let twice = ItemStatus::Duplicate;
    check(&[twice.clone(), stored(), twice.clone()], ReceiptStatus::Stored, None);
    check(&[twice.clone(), twice.clone()], ReceiptStatus::Duplicate, None);
    check(&[stored(), quarantined("a"), quarantined("b"), twice], ReceiptStatus::Quarantined, Some("a"));
}

#[test]
fn what_is_committed_keeps_its_own_bytes() {
    let spo2 = GOOD.replace("body-weight", "oxygen-saturation").replace("weight", "spo2").replace("kg", "%");
    let unusual = spo2.replace("80.1", "60");
    let payload = Bytes::from(format!("[{GOOD},7,{unusual}]"));
    let (items, _) = judged("reading", &payload).into_parts(&payload);
    let raw = |item: &store::AdmitItem| match item {
        store::AdmitItem::Reading { raw, .. } => raw.clone(),
        store::AdmitItem::Refused(refused) => refused.raw.clone(),
    };
    assert_eq!(items.iter().map(raw).collect::<Vec<_>>(), [GOOD.as_bytes(), b"7", unusual.as_bytes()]);
}

/// Whatever arrives: no panic, as many items as the ledger counts, one receipt per message.
fn counted(channel: &str, payload: &[u8]) -> Result<(), TestCaseError> {
    let admission = judged(channel, payload);
    let elements = match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(serde_json::Value::Array(elements)) => Some(elements.len()),
        _ => None,
    };
    prop_assert_eq!(admission.shape == Shape::Array, elements.is_some());
    // No characteristic so far holds more than one measurement.
    prop_assert_eq!(admission.items.len(), elements.unwrap_or(1));
    for item in &admission.items {
        prop_assert!(payload.get(item.raw.clone()).is_some());
    }
    let payload = Bytes::copy_from_slice(payload);
    let (items, answer) = admission.into_parts(&payload);
    let receipts = answer.receipts(&vec![stored(); items.len()], now());
    prop_assert_eq!(receipts.map(|r| r.as_slice().len()), Some(elements.unwrap_or(1)));
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_counted(payload in prop::collection::vec(any::<u8>(), 0..100)) {
        counted("reading", &payload)?;
        counted("gatt", &payload)?;
    }

    #[test]
    fn any_damaged_array_is_counted(at in 0..GOOD.len() + GATT.len(), byte in any::<u8>()) {
        let mut payload = format!("[{GOOD},{GATT}]").into_bytes();
        payload[at] = byte;
        counted("reading", &payload)?;
        counted("gatt", &payload)?;
    }

    #[test]
    fn any_value_is_judged(code in prop::sample::select(vec!["2A18", "2A1C", "2A34", "2A35", "2A5E", "2A5F", "2A9C", "2A9D"]),
                           value in prop::collection::vec(any::<u8>(), 0..24), context in prop::collection::vec(any::<u8>(), 0..8)) {
        let (value, context) = (hex::encode(value), hex::encode(context));
        let payload = format!(r#"{{"id":"i","characteristic":"{code}","value":"{value}","context":"{context}","received_at":"2026-11-21T07:12:30-05:00"}}"#);
        counted("gatt", payload.as_bytes())?;
    }
}
