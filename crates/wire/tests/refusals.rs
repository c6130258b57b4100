//! What is refused, with which code, and where the pointer points.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use proptest::prelude::*;
use vitals::{DeviceId, DeviceRef, SourceId};
use wire::{ReasonCode, Refused, Shape, gatt, reading};

fn device() -> DeviceRef {
    DeviceRef { source: SourceId::new("s").unwrap(), device: DeviceId::new("d").unwrap() }
}

fn said(refused: &Refused) -> String {
    let Refused { id, refusal } = refused;
    let pointer = refusal.pointer.as_deref().unwrap_or("nowhere");
    format!("{} at {pointer} of {}", refusal.code, id.as_deref().unwrap_or("null"))
}

/// `payload` is one message, and refused as `expected` says: `code at pointer of id`.
#[track_caller]
fn check(payload: impl AsRef<[u8]>, expected: &str) {
    let payload = payload.as_ref();
    let batch = reading::parse_payload(&device(), payload);
    let found: Vec<String> =
        batch.elements.iter().map(|e| e.parsed.as_ref().map_or_else(said, |_| "fine".into())).collect();
    assert_eq!(
        (found, batch.shape),
        (vec![expected.to_owned()], Shape::Object),
        "{}",
        String::from_utf8_lossy(payload)
    );
    assert_eq!(batch.elements.first().unwrap().raw, 0..payload.len());
}

const GOOD: &str = r#"{"id":"i","kind":"body-weight","measured_at":"2026-11-21T07:12:04-05:00","values":{"weight":{"value":80.1,"unit":"kg"}}}"#;

/// The good message with `from` replaced.
#[track_caller]
fn check_with(from: &str, to: &str, expected: &str) {
    assert!(GOOD.contains(from), "{from}");
    check(GOOD.replacen(from, to, 1), expected);
}

/// The good message with one more member.
#[track_caller]
fn check_and(member: &str, expected: &str) {
    check_with(r#"{"id""#, &format!(r#"{{{member},"id""#), expected);
}

#[test]
fn unreadable_payloads() {
    check(GOOD, "fine");
    check(format!("\n {GOOD}\r\n"), "fine");
    check("", "not-json at  of null");
    check("  \n", "not-json at  of null");
    check("hello", "not-json at  of null");
    check(r#"{"id":"i","#, "not-json at  of null");
    check(format!("{GOOD}{GOOD}"), "not-json at  of null");
    check(format!("[{GOOD},"), "not-json at  of null");
    check(format!("\u{FEFF}{GOOD}"), "not-json at  of null");
    check_with("80.1", "NaN", "not-json at  of null");
    check_with("80.1", "-Infinity", "not-json at  of null");
    check_with("80.1", "080.1", "not-json at  of null");
    check_with("80.1", "+80.1", "not-json at  of null");
    check_with(r#""i""#, "\"i\n\"", "not-json at  of null");
    check([b'"', 0xFF, b'"'], "not-utf8 at  of null");
    check("5", "not-an-object at  of null");
    check("\"x\"", "not-an-object at  of null");
    check("null", "not-an-object at  of null");
    check(format!(r#"{{"id":"i","deep":{}1{}}}"#, "[".repeat(70), "]".repeat(70)), "nested-too-deep at  of null");
    check("[".repeat(200_000), "not-json at  of null");
    check(r#"{"a":"#.repeat(200_000), "nested-too-deep at  of null");
}

#[test]
fn brackets_in_texts_and_beside_each_other_do_not_nest() {
    check_and(&format!(r#""note":"\"{}""#, "[{".repeat(100)), "fine");
    check_and(&format!(r#""list":[{}[]]"#, "[],".repeat(100)), "fine");
}

#[test]
fn ids() {
    let long = "ä".repeat(65);
    check_with(r#""i""#, &format!("\"{long}\""), &format!("id-too-long at /id of {long}"));
    check_with(r#""i""#, &format!("\"{}\"", "x".repeat(257)), "id-too-long at /id of null");
    check_with(r#""i""#, "\"\"", "id-invalid at /id of ");
    check_with(r#""i""#, r#""a\u0000b""#, "id-invalid at /id of null");
    check_with(r#""i""#, r#""a\ud800b""#, "not-json at /id of null");
    check_with(r#""i""#, "17", "wrong-type at /id of null");
    check_and(r#""corrects":"i""#, "id-invalid at /corrects of i");
    check_and(r#""corrects":5"#, "wrong-type at /corrects of i");
    check_and(r#""id":"j""#, "duplicate-field at /id of null");
    check_and(r#""i\u0064":"j""#, "duplicate-field at /id of null");
}

#[test]
fn kinds_and_times() {
    check_with("body-weight", "weight", "unknown-kind at /kind of i");
    check_with(r#""body-weight""#, "3", "wrong-type at /kind of i");
    check_with("kind", "Kind", "missing-field at /kind of i");
    check_with("-05:00", "", "time-without-offset at /measured_at of i");
    check_with(":04-05:00", "", "time-without-offset at /measured_at of i");
    check_with("11-21", "13-21", "time-not-rfc3339 at /measured_at of i");
    check_with("2026-11-21T07:12:04-05:00", "21.11.2026", "time-not-rfc3339 at /measured_at of i");
    check_with(r#""2026-11-21T07:12:04-05:00""#, "1795263124", "wrong-type at /measured_at of i");
    check_with("measured_at", "at", "missing-field at /measured_at of i");
}

#[test]
fn values() {
    check_with(r#"{"weight":{"value":80.1,"unit":"kg"}}"#, "{}", "missing-value at /values/weight of i");
    check_with(r#"{"weight":{"value":80.1,"unit":"kg"}}"#, "[]", "wrong-type at /values of i");
    check_with(r#""values""#, r#""value""#, "missing-field at /values of i");
    check_with(r#"{"value":80.1,"unit":"kg"}"#, "80.1", "wrong-type at /values/weight of i");
    check_with(r#"{"value":80.1,"unit":"kg"}"#, "{}", "missing-field at /values/weight/value of i");
    check_with(r#","unit":"kg""#, "", "missing-field at /values/weight/unit of i");
    check_with("kg", "lbs", "unknown-unit at /values/weight/unit of i");
    check_with("kg", "KG", "unknown-unit at /values/weight/unit of i");
    check_with("kg", "mm[Hg]", "unit-not-accepted at /values/weight/unit of i");
    check_with(r#""kg""#, "1", "wrong-type at /values/weight/unit of i");
    check_with("80.1", r#""80.1""#, "wrong-type at /values/weight/value of i");
    check_with("80.1", r#""NaN""#, "not-a-number at /values/weight/value of i");
    check_with("80.1", "null", "not-a-number at /values/weight/value of i");
    check_with("80.1", "1e400", "not-a-number at /values/weight/value of i");
    check_with("80.1", "1e-400", "not-a-number at /values/weight/value of i");
    check_with("80.1", "0.12345678901234567890123456789e0", "not-a-number at /values/weight/value of i");
    check_with("80.1", &"9".repeat(1000), "not-a-number at /values/weight/value of i");
    check_with("80.1", "8.01e1", "fine");
    check_with(r#""value":80.1,"unit":"kg""#, r#""coded":"HI""#, "fine");
    check_with(r#""value":80.1,"unit":"kg""#, r#""coded":"hi""#, "unknown-word at /values/weight/coded of i");
    check_with("}}}", r#","coded":"HI"}}}"#, "wrong-type at /values/weight of i");
    check_with("}}}", r#"},"weight":1}}"#, "duplicate-field at /values/weight of i");
    check_with("}}}", r#"},"systolic":{"value":120,"unit":"mm[Hg]"}}}"#, "unknown-value at /values/systolic of i");
    check_with("}}}", r#"},"bmi":{"value":22,"unit":"kg"}}}"#, "unit-not-accepted at /values/bmi/unit of i");
}

#[test]
fn optional_members() {
    check_and(r#""user_slot":-1"#, "slot-out-of-range at /user_slot of i");
    check_and(r#""user_slot":256"#, "slot-out-of-range at /user_slot of i");
    check_and(r#""user_slot":1.5"#, "slot-out-of-range at /user_slot of i");
    check_and(r#""user_slot":"1""#, "wrong-type at /user_slot of i");
    check_and(r#""user_slot":1.0"#, "fine");
    check_and(r#""user_slot":null"#, "fine");
    check_and(r#""battery":101"#, "battery-out-of-range at /battery of i");
    check_and(r#""battery":300"#, "battery-out-of-range at /battery of i");
    check_and(r#""battery":"full""#, "wrong-type at /battery of i");
    check_and(r#""flags":["ok","Not OK"]"#, "flag-invalid at /flags/1 of i");
    check_and(r#""flags":["ok",7]"#, "wrong-type at /flags/1 of i");
    check_and(r#""flags":"ok""#, "wrong-type at /flags of i");
    check_and(&format!(r#""flags":[{}"b"]"#, r#""a","#.repeat(64)), "flag-invalid at /flags of i");
    check_and(r#""clock":{"source":"sun"}"#, "unknown-word at /clock/source of i");
    check_and(r#""clock":{"error_s":1}"#, "missing-field at /clock/source of i");
    check_and(r#""clock":{"source":"hub","error_s":-1}"#, "clock-invalid at /clock/error_s of i");
    check_and(r#""clock":{"source":"hub","error_s":"1"}"#, "wrong-type at /clock/error_s of i");
    check_and(
        &format!(r#""clock":{{"source":"hub","device_time":"{}"}}"#, "0".repeat(65)),
        "clock-invalid at /clock/device_time of i",
    );
    check_and(r#""clock":"hub""#, "wrong-type at /clock of i");
    let glucose = GOOD.replace("body-weight", "glucose").replace("weight", "glucose").replace("kg", "mg/dL");
    check(&glucose, "fine");
    check(glucose.replace(r#"{"id""#, r#"{"sample":"soup","id""#), "unknown-word at /sample of i");
    check(glucose.replace(r#"{"id""#, r#"{"meal":"lunch","id""#), "unknown-word at /meal of i");
}

#[test]
fn unknown_members_are_counted_and_harmless() {
    let text = GOOD
        .replace(r#"{"id""#, r#"{"x":1,"x":[2],"meal":"of no matter","clock":{"source":"hub","drift":1},"id""#)
        .replace("}}}", r#","raw":"50"},"bone":0}}"#);
    let accepted = reading::parse(&device(), &text).unwrap();
    assert_eq!(accepted.unknown_fields, 6);
    assert_eq!(accepted.reading.meal, None);
}

#[test]
fn a_reading_without_id_is_named_by_its_content() {
    let id = |text: &str| reading::parse(&device(), text).unwrap().reading.key.id;
    let nameless = GOOD.replace(r#""id":"i","#, "");
    assert!(id(&nameless).as_str().starts_with("sha256:"));
    assert_eq!(id(&nameless), id(&nameless.replace("80.1", "80.10").replace("07:12:04-05:00", "12:12:04Z")));
    assert_eq!(id(&nameless), id(&GOOD.replace(r#""i""#, "null")));
    assert_ne!(id(&nameless), id(&nameless.replace("80.1", "80.2")));
}

#[test]
fn one_bad_element_does_not_spoil_the_others() {
    let bad = GOOD.replace("kg", "lbs");
    let payload = format!("[{GOOD}, {bad} ,17,\n{GOOD}]");
    let batch = reading::parse_payload(&device(), payload.as_bytes());
    assert_eq!(batch.shape, Shape::Array);
    let said: Vec<String> =
        batch.elements.iter().map(|e| e.parsed.as_ref().map_or_else(said, |a| a.reading.key.id.to_string())).collect();
    assert_eq!(said, ["i", "unknown-unit at /values/weight/unit of i", "not-an-object at  of null", "i"]);
    let raw: Vec<&str> = batch.elements.iter().map(|e| payload.get(e.raw.clone()).unwrap()).collect();
    assert_eq!(raw, [GOOD, &bad, "17", GOOD]);
}

#[test]
fn five_hundred_and_no_more() {
    let array = |n: usize| format!("[{}]", vec![GOOD; n].join(","));
    let judged = |n: usize| reading::parse_payload(&device(), array(n).as_bytes());
    assert!(judged(500).elements.iter().all(|e| e.parsed.is_ok()));
    let over = judged(501);
    assert_eq!((over.shape, over.elements.len()), (Shape::Array, 501));
    assert!(over.elements.iter().all(|e| said(e.parsed.as_ref().unwrap_err()) == "too-many at  of i"));
    check(format!("[{}0]", "0,".repeat(5_000)), "too-many at  of null");
    assert_eq!(reading::parse_payload(&device(), b" [ ] ").elements, []);
}

#[test]
fn gatt_envelopes() {
    let good = r#"{"id":"i","characteristic":"2A9D","value":"00a00f","received_at":"2026-11-21T07:12:04-05:00"}"#;
    let check = |from: &str, to: &str, expected: &str| {
        let parsed = gatt::parse(&good.replace(from, to));
        assert_eq!(parsed.as_ref().map_or_else(said, |_| "fine".into()), expected, "{to}");
    };
    check("", "", "fine");
    check("00a00f", "00a00", "gatt-malformed at /value of i");
    check("00a00f", "00a0zz", "gatt-malformed at /value of i");
    check("00a00f", &"00".repeat(513), "gatt-malformed at /value of i");
    check(r#""00a00f""#, "12", "wrong-type at /value of i");
    check("2A9D", "weight", "characteristic-unsupported at /characteristic of i");
    check("2A9D", "+A9D", "characteristic-unsupported at /characteristic of i");
    check("-05:00", "", "time-without-offset at /received_at of i");
    check("received_at", "at", "missing-field at /received_at of i");
    check(r#"{"id""#, r#"{"context":"0","id""#, "gatt-malformed at /context of i");
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[0-9]{1,3}(\\.[0-9]{1,3})?(e[0-9])?",
        "\"[a-z\\[{\\\\n]{0,5}\"".prop_map(|s| s.replace('\\', "\\\\")),
        Just("\"kg\"".to_owned()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let names = [
            "id",
            "kind",
            "measured_at",
            "values",
            "weight",
            "value",
            "unit",
            "coded",
            "flags",
            "clock",
            "user_slot",
            "corrects",
        ];
        let member = (prop::sample::select(names.to_vec()), inner.clone()).prop_map(|(n, v)| format!("\"{n}\":{v}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|v| format!("{{{}}}", v.join(","))),
        ]
    })
}

fn judged_whole(payload: &[u8]) -> Result<(), TestCaseError> {
    let batch = reading::parse_payload(&device(), payload);
    match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(serde_json::Value::Array(elements)) if elements.len() <= wire::MAX_JUDGED => {
            prop_assert_eq!((batch.shape, batch.elements.len()), (Shape::Array, elements.len()));
        }
        Ok(_) => prop_assert_eq!((batch.shape, batch.elements.len()), (Shape::Object, 1)),
        Err(_) => prop_assert_eq!(batch.elements.len(), 1),
    }
    for element in &batch.elements {
        let raw = &payload[element.raw.clone()];
        if let Err(refused) = &element.parsed
            && let Some(pointer) = &refused.refusal.pointer
            && let Ok(message) = serde_json::from_slice::<serde_json::Value>(raw)
        {
            // A pointer names something that is there, or the place in an object where something is missing.
            let missing = matches!(refused.refusal.code, ReasonCode::MissingField | ReasonCode::MissingValue);
            let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            prop_assert!(message.pointer(if missing { parent } else { pointer }).is_some(), "{}", refused);
        }
    }
    prop_assert!(gatt::parse_payload(payload).elements.len() == batch.elements.len());
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_judged(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        judged_whole(&payload)?;
    }

    #[test]
    fn any_json_is_judged(payload in json()) {
        judged_whole(payload.as_bytes())?;
    }

    #[test]
    fn any_damage_to_a_good_message_is_judged(at in 0..GOOD.len(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut payload = GOOD.as_bytes().to_vec();
        if cut { payload.truncate(at) } else { payload[at] = byte }
        judged_whole(&payload)?;
    }
}
