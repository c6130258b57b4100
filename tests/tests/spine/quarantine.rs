//! Bad input: a receipt that says why and where, the bytes kept, nothing else lost, and a second chance after a fix.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use hearth_tests::{Hearth, Publish, Publisher, folder};
use serde_json::{Value, json};

use super::{Bench, SOURCE, weight};

fn fixtures() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("fixtures/refused.json")).unwrap();
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let (now, tomorrow) = (time(Utc::now()), time(Utc::now() + TimeDelta::days(1)));
    serde_json::from_str(&text.replace("{NOW}", &now).replace("{TOMORROW}", &tomorrow)).unwrap()
}

#[test]
fn bad_input_is_answered_with_code_and_pointer_and_kept_with_its_bytes() {
    let mut bench = Bench::new();
    let fixtures = fixtures();
    for (n, fixture) in fixtures.iter().enumerate() {
        let (name, payload) = (&fixture["name"], fixture["payload"].as_str().unwrap());
        let receipt = bench.vendor.ask(&Publish::reading("scale", payload));
        assert_eq!(receipt["status"], "quarantined", "{name}: {receipt}");
        assert_eq!(receipt["reason"]["code"], fixture["code"], "{name}: {receipt}");
        assert_eq!(receipt["reason"]["pointer"], fixture["pointer"], "{name}: {receipt}");
        assert_eq!(receipt["id"], fixture["id"], "{name}: {receipt}");
        assert!(receipt["reason"]["detail"].as_str().is_some_and(|d| !d.is_empty()), "{name}: {receipt}");
        // Whatever is wrong with one message, the next one is as welcome as ever.
        bench.vendor.store(&Publish::reading("scale", weight(&format!("good-{n}"), Utc::now(), 80.1)));
    }
    let count = fixtures.len();
    let expected = json!({"received": 2 * count, "stored": count, "duplicate": 0, "quarantined": count});
    assert_eq!(bench.api.ledger(), expected);

    let rows = bench.api.all("/quarantine");
    assert_eq!(rows.len(), count);
    for (row, fixture) in rows.iter().zip(&fixtures) {
        assert_eq!(row["reason"]["code"], fixture["code"], "{row}");
        let kept = bench.api.get(&format!("/quarantine/{}", row["id"])).expect(200);
        assert_eq!(kept["text"], fixture["payload"], "its bytes");
    }
    let some = bench.api.all("/quarantine?code=unknown-unit");
    assert_eq!(some.len(), 1, "{some:?}");
}

#[test]
fn an_id_is_used_once_and_one_bad_element_loses_nothing_else() {
    let mut bench = Bench::new();
    let at = Utc::now() - TimeDelta::hours(1);
    let first = weight("a", at, 80.1);
    bench.vendor.store(&Publish::reading("scale", &first));
    let again = bench.vendor.ask(&Publish::reading("scale", &first));
    assert_eq!(again["status"], "duplicate", "{again}");
    let other = bench.vendor.ask(&Publish::reading("scale", weight("a", at, 81.1)));
    assert_eq!((&other["status"], &other["reason"]["code"]), (&json!("quarantined"), &json!("id-reused")), "{other}");
    // What is no content is no difference: battery, and members that nobody knows.
    let mut same = first.clone();
    same["battery"] = json!(7);
    same["firmware"] = json!("1.2");
    let same = bench.vendor.ask(&Publish::reading("scale", same));
    assert_eq!(same["status"], "duplicate", "{same}");

    let mut bad = weight("c", at, 80.3);
    bad["values"]["weight"]["unit"] = json!("stone");
    let array = json!([weight("b", at, 80.2), bad, weight("d", at, 80.4)]);
    let receipts = bench.vendor.ask(&Publish::reading("scale", array));
    let said: Vec<_> = receipts.as_array().unwrap().iter().map(|r| (&r["id"], &r["status"])).collect();
    let (stored, quarantined) = (json!("stored"), json!("quarantined"));
    assert_eq!(said, [(&json!("b"), &stored), (&json!("c"), &quarantined), (&json!("d"), &stored)]);
    assert_eq!(receipts[1]["reason"]["pointer"], "/values/weight/unit");
    assert_eq!(bench.api.ledger(), json!({"received": 7, "stored": 3, "duplicate": 2, "quarantined": 2}));
}

#[test]
fn a_message_is_replayed_after_a_fix() {
    let old = || weight("old", DateTime::from_timestamp(1_325_415_600, 0).unwrap(), 80.1);
    let mut hearth = Hearth::serve("");
    let password = hearth.api().add_source(SOURCE, "vendor");
    let mut vendor = Publisher::new(hearth.mqtt, SOURCE, &password);
    let receipt = vendor.ask(&Publish::reading("scale", old()));
    assert_eq!(receipt["reason"]["code"], "time-implausible", "{receipt}");
    let row = hearth.api().all("/quarantine")[0]["id"].clone();
    let replay = format!("/quarantine/{row}/replay");

    let early = hearth.api().post(&replay, &json!({})).expect(200);
    assert_eq!(early["status"], "quarantined", "nothing has changed yet: {early}");
    assert_eq!(hearth.api().ledger(), json!({"received": 1, "stored": 0, "duplicate": 0, "quarantined": 1}));

    // The operator finds that this clinic has older readings than Hearth believes in.
    hearth.stop();
    let config = std::fs::read_to_string(hearth.config()).unwrap();
    std::fs::write(hearth.config(), format!("{config}\n[admission]\noldest = \"36500 d\"\n")).unwrap();
    hearth.restart();
    let api = hearth.api();
    assert_eq!(api.post(&replay, &json!({})).expect(200)["status"], "stored");
    assert_eq!(api.ledger(), json!({"received": 1, "stored": 1, "duplicate": 0, "quarantined": 0}));
    assert_eq!(api.post(&replay, &json!({})).status, 409, "once");
    assert_eq!(api.all("/quarantine"), Vec::<Value>::new());
    let again = Publisher::new(hearth.mqtt, SOURCE, &password).ask(&Publish::reading("scale", old()));
    assert_eq!(again["status"], "duplicate", "the replayed reading is the reading: {again}");
}
