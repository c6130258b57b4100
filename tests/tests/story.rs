//! `hearth demo` as somebody sees it who has just started it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use hearth_tests::{Hearth, until};
use serde_json::{Value, json};

const SEED: &str = "7";

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("`{name}` in {value}"))
}

fn time(value: &Value, name: &str) -> DateTime<Utc> {
    text(value, name).parse().unwrap()
}

/// Has a number and its limit ("186 mmHg, at or above 180 mmHg"), or says for how long something is missing.
fn explains(task: &Value) -> bool {
    let reason = text(task, "reason");
    let numbers =
        reason.split(|c: char| !c.is_ascii_digit() && c != '.').filter(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    numbers.count() >= 2
}

#[test]
fn the_demo_tells_its_story() {
    let start = Utc::now();
    let hearth = Hearth::demo(&["--seed", SEED]);
    let api = hearth.api();
    let log = hearth.log();
    assert!(log.contains(&hearth.http.to_string()) && log.contains("sign"), "where, and how to sign in: {log}");
    assert_eq!(api.with_token(None).get("/tasks").status, 401, "patient data only after sign-in");
    let patients = api.all("/patients");
    assert_eq!(patients.len(), 24);
    let history = until("ninety days of history", || {
        let patient = text(&patients[0], "id").to_owned();
        let readings = api.all(&format!("/patients/{patient}/readings"));
        (readings.len() > 90).then_some(readings)
    });
    for field in ["id", "source", "device", "kind", "measured_at", "received_at", "values", "as_sent"] {
        assert!(!history[0][field].is_null(), "`{field}` in {}", history[0]);
    }
    let before = api.ledger()["received"].as_u64().unwrap();

    let several = until("tasks of several kinds", || {
        let rules: BTreeSet<String> = api.all("/tasks").iter().map(|t| text(t, "rule").to_owned()).collect();
        (rules.len() >= 3).then_some(rules)
    });
    println!("rules: {several:?}");

    // The story: a hub was offline for three days, and delivers a weight that climbs.
    let task = until("the story's task", || {
        let climbs =
            |t: &Value| text(t, "rule") == "HF-W2" && t["severity"] == "high" && time(t, "created_at") >= start;
        api.all("/tasks?status=requested").into_iter().find(climbs)
    });
    let reason = text(&task, "reason");
    assert!(reason.contains("kg") && reason.contains("limit"), "numbers and limit: {reason}");
    assert!(!text(&task, "basis").is_empty() && !text(&task, "rulebook_version").is_empty(), "{task}");
    let patient = text(&task, "patient").to_owned();
    let weights = api.all(&format!("/patients/{patient}/readings?kind=body-weight"));
    assert!(weights.len() > 60, "{} weights", weights.len());
    let episodes = api.all(&format!("/patients/{patient}/episodes"));
    let named: BTreeSet<&str> = episodes.iter().map(|e| text(e, "id")).collect();
    for episode in task["episodes"].as_array().unwrap() {
        assert!(named.contains(episode.as_str().unwrap()), "{episode} is one of {named:?}");
    }

    for task in api.all("/tasks") {
        assert!(task["status"] != "requested" || explains(&task), "explains itself: {task}");
    }
    let path = format!("/tasks/{}", text(&task, "id"));
    assert_eq!(api.post(&format!("{path}/accept"), &json!({})).expect(200)["owner"], "automation");
    until("readings go on coming", || (api.ledger()["received"].as_u64().unwrap() >= before + 10).then_some(()));
}

#[test]
fn an_empty_demo_is_empty_and_goes_on_where_it_was() {
    let mut hearth = Hearth::demo(&["--patients", "0"]);
    let api = hearth.api();
    assert_eq!((api.all("/patients").len(), api.all("/tasks").len()), (0, 0));
    api.add_patient("mine", "hypertension", &[]);
    assert!(hearth.stop().success(), "{}", hearth.log());
    hearth.restart();
    assert_eq!(hearth.api().all("/patients")[0]["id"], "mine");
}
