//! Bad input: a receipt that says why and where, the bytes kept, nothing else lost, and a second chance after a fix.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use hearth_tests::{Hearth, Publish, folder};
use serde_json::{Value, json};
use store::{Admit, AdmitItem, Journal, RefusedItem, SqliteOptions, SqliteStore, Via};
use vitals::ReceivedAt;

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
fn what_a_limit_refused_is_replayed_under_another_one() {
    let mut bench = Bench::new();
    let now = Utc::now();
    let (child, old) = (weight("child", now, 17.5), weight("old", now - TimeDelta::days(4_000), 80.0));
    for (message, code) in [(&child, "impossible-value"), (&old, "time-implausible")] {
        let receipt = bench.vendor.ask(&Publish::reading("scale", message));
        assert_eq!(receipt["reason"]["code"], code, "{receipt}");
    }
    let rows = bench.api.all("/quarantine");
    let replay =
        |bench: &Bench, row: usize| bench.api.post(&format!("/quarantine/{}/replay", rows[row]["id"]), &json!({}));
    assert_eq!(replay(&bench, 0).expect(200)["status"], "quarantined", "nothing has changed");
    assert!(bench.hearth.stop().success());
    bench
        .hearth
        .configure("[admission]\noldest = \"7000 d\"\n[admission.limits]\nweight = { hard = \"5 .. 750 [lb_av]\" }");
    let checked = hearth_tests::run(["check", "--config", bench.hearth.config().to_str().unwrap()]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    bench.hearth.restart();

    assert_eq!(bench.api.ledger(), json!({"received": 2, "stored": 0, "duplicate": 0, "quarantined": 2}));
    for row in [0, 1] {
        assert_eq!(replay(&bench, row).expect(200)["status"], "stored");
    }
    assert_eq!(bench.api.ledger(), json!({"received": 2, "stored": 2, "duplicate": 0, "quarantined": 0}));
    let again = bench.vendor.ask(&Publish::reading("scale", &child));
    assert_eq!(again["status"], "duplicate", "admitted over MQTT as well: {again}");
}

/// Puts `payload` into quarantine, as a version of Hearth did that could not read it yet.
fn refused_by_an_older_version(hearth: &Hearth, payload: &Value) {
    let raw = payload.to_string().into_bytes().into();
    let (code, detail) = ("payload-unsupported".to_owned(), "this version does not read it".to_owned());
    let refused = RefusedItem { id: Some("new".to_owned()), code, detail, pointer: None, raw };
    let message = Admit {
        source: SOURCE.parse().unwrap(),
        device: "scale".parse().unwrap(),
        topic: format!("hearth/v1/{SOURCE}/scale/reading"),
        received_at: ReceivedAt(Utc::now()),
        hub_connected: false,
        via: Via::Mqtt,
        items: vec![AdmitItem::Refused(refused)],
    };
    let options = SqliteOptions::new(hearth.data().join("hearth.db"), Arc::new(Utc::now));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(options).unwrap();
        store.admit(vec![message]).await.unwrap();
        store.close(TimeDelta::seconds(60)).await.unwrap();
    });
}

#[test]
fn a_message_is_replayed_after_a_fix() {
    let mut bench = Bench::new();
    bench.api.add_patient("p1", "heart-failure", &[(SOURCE, "scale")]);
    let now = Utc::now();
    bench.vendor.store(&Publish::reading("scale", weight("before", now - TimeDelta::hours(50), 80.0)));
    let receipt = bench.vendor.ask(&Publish::reading("scale", "{}"));
    assert_eq!(receipt["status"], "quarantined", "{receipt}");
    let new = weight("new", now - TimeDelta::hours(1), 83.0);
    bench.hearth.stop();
    refused_by_an_older_version(&bench.hearth, &new);
    bench.hearth.restart();

    let api = &bench.api;
    assert_eq!(api.ledger(), json!({"received": 3, "stored": 1, "duplicate": 0, "quarantined": 2}));
    let rows = api.all("/quarantine");
    let replay = |row: usize| api.post(&format!("/quarantine/{}/replay", rows[row]["id"]), &json!({}));
    let unchanged = replay(0).expect(200);
    assert_eq!(unchanged["status"], "quarantined", "nobody has mended this one: {unchanged}");
    assert_eq!(api.ledger(), json!({"received": 3, "stored": 1, "duplicate": 0, "quarantined": 2}));

    assert_eq!(replay(1).expect(200)["status"], "stored");
    assert_eq!(api.ledger(), json!({"received": 3, "stored": 2, "duplicate": 0, "quarantined": 1}));
    assert_eq!(replay(1).status, 409, "once");
    assert_eq!(api.all("/quarantine").len(), 1);
    let task = bench.tasks("p1", 1).remove(0);
    assert_eq!(task["rule"], "HF-W2", "the rules judge it like any other: {task}");
    let again = bench.vendor.ask(&Publish::reading("scale", new));
    assert_eq!(again["status"], "duplicate", "the replayed reading is the reading: {again}");
}
