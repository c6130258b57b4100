//! The JSON API over real HTTP, with the real store and the real rules.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod support;

use chrono::TimeDelta;
use support::seed::{admit, reading, refused};
use support::{Fixture, noon};
use vitals::{Kind, Quantity};

/// Maria's weight climbs by 2.6 kg in three days.
async fn gaining(fixture: &Fixture) -> String {
    fixture.patient("p1", "Maria Alvarez", "heart-failure", "hub-1/scale").await;
    let at = |days| fixture.clock.now() - TimeDelta::days(days);
    let weight = |days, kg| reading("hub-1/scale", Kind::BodyWeight, at(days), &[(Quantity::Weight, kg)]);
    fixture
        .readings(vec![weight(4, "80.0"), weight(3, "80.1"), weight(2, "81.0"), weight(1, "81.90"), weight(0, "82.7")])
        .await;
    fixture.task_of("p1").await
}

#[tokio::test]
async fn a_task_is_worked_and_a_second_person_is_told_who_has_it() {
    let f = Fixture::start().await;
    f.add_user(care::Role::Coordinator).await;
    let task = gaining(&f).await;
    let shown = f.api("GET", &format!("/tasks/{task}"), "").await.json();
    assert_eq!((shown["severity"].as_str(), shown["status"].as_str()), (Some("high"), Some("requested")));
    assert!(shown["reason"].as_str().unwrap().contains("limit 2 kg"), "{shown}");

    let nurse = f.sign_in("coordinator").await;
    let accepted = nurse.post(&format!("/tasks/{task}/accept"), "back=/").await;
    assert_eq!(accepted.status, 303, "{}", accepted.body);
    let refused = f.api("POST", &format!("/tasks/{task}/accept"), "").await;
    assert_eq!((refused.status, refused.json()["owner"].as_str()), (409, Some("coordinator")), "{}", refused.body);
    let again = nurse.post(&format!("/tasks/{task}/accept"), "").await;
    assert_eq!(again.status, 303, "the same by the same person changes nothing");

    let missing = f.api("POST", &format!("/tasks/{task}/complete"), "{}").await;
    assert_eq!((missing.status, missing.json()["pointer"].as_str()), (400, Some("/outcome")));
    let silent = f.api("POST", &format!("/tasks/{task}/complete"), r#"{"outcome": "not-reached"}"#).await;
    assert_eq!((silent.status, silent.json()["pointer"].as_str()), (400, Some("/note")));
    let done = f.api("POST", &format!("/tasks/{task}/complete"), r#"{"outcome": "advice-given"}"#).await;
    assert_eq!((done.status, done.json()["status"].as_str()), (200, Some("completed")), "{}", done.body);
    let events = f.api("GET", &format!("/tasks/{task}"), "").await.json();
    let what: Vec<_> = events["events"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
    assert!(what.contains(&"accept") && what.contains(&"complete"), "{what:?}");

    assert_eq!(f.api("POST", "/tasks/nothing/accept", "").await.status, 404);
    assert_eq!(f.api("POST", &format!("/tasks/{task}/explode"), "").await.status, 404);
    let open = f.api("GET", "/tasks?status=requested,accepted&patient=p1", "").await.json();
    assert_eq!(open["items"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_task_is_given_only_to_who_can_work_on_it() {
    let f = Fixture::start().await;
    for role in [care::Role::Administrator, care::Role::Coordinator, care::Role::Clinician, care::Role::Viewer] {
        f.add_user(role).await;
    }
    assert_eq!(f.api("PATCH", "/users/clinician", r#"{"disabled": true}"#).await.status, 200);
    let task = gaining(&f).await;
    let path = format!("/tasks/{task}/assign");
    let to = async |owner: &str| f.api("POST", &path, &format!(r#"{{"owner": "{owner}"}}"#)).await;
    for (owner, why) in [
        ("nobody", "Nobody here has the sign-in name `nobody`"),
        ("viewer", "The role of viewer does not work on tasks"),
        ("clinician", "The account of clinician is disabled"),
        ("token:nobody", "Nobody here has the sign-in name `token:nobody`"),
    ] {
        let refused = to(owner).await;
        assert_eq!((refused.status, refused.json()["pointer"].as_str()), (400, Some("/owner")), "{}", refused.body);
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(why) && detail.contains("an active person whose role"), "{detail}");
    }
    let shown = f.api("GET", &format!("/tasks/{task}"), "").await.json();
    assert_eq!((shown["status"].as_str(), shown["owner"].as_str()), (Some("requested"), None), "still nobody's");
    let page = f.sign_in("administrator").await.post(&path, "owner=viewer").await;
    assert_eq!(page.status, 400, "{}", page.body);
    assert_eq!(to("coordinator").await.json()["owner"], "coordinator");
    assert_eq!(to("automation").await.json()["owner"], "automation", "a program may take a task itself");

    let made = f.api("POST", "/tokens", r#"{"label": "c", "role": "coordinator"}"#).await.json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let itself = format!("token:{}", made["id"].as_str().unwrap());
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = format!(r#"{{"owner": "{itself}"}}"#);
    let taken = support::client::send(f.address, "POST", &format!("/api/v1{path}"), &headers, &body).await;
    assert_eq!((taken.status, taken.json()["owner"].as_str()), (200, Some(itself.as_str())), "{}", taken.body);
    assert_eq!(to("coordinator").await.status, 200);
    assert_eq!(to(&itself).await.status, 200, "a program whose token works is given one");
    // One that only reads, or whose token works no more, could do nothing with it.
    let reads = f.api("POST", "/tokens", r#"{"label": "r", "role": "coordinator", "read_only": true}"#).await.json();
    assert_eq!(to(&format!("token:{}", reads["id"].as_str().unwrap())).await.status, 400);
    let id = made["id"].as_str().unwrap();
    assert!(f.api("POST", &format!("/tokens/{id}/disable"), "").await.status < 300);
    assert_eq!(to(&itself).await.status, 400);
}

#[tokio::test]
async fn a_task_is_held_only_until_a_time_that_lies_ahead() {
    let f = Fixture::start().await;
    let task = gaining(&f).await;
    assert_eq!(f.api("POST", &format!("/tasks/{task}/accept"), "").await.status, 200);
    let hold =
        async |until: &str| f.api("POST", &format!("/tasks/{task}/hold"), &format!(r#"{{"until": "{until}"}}"#)).await;
    for until in ["2026-11-21T11:59:59Z", "2026-11-21T12:00:00Z", "2026-11-21T13:00:00+02:00"] {
        let refused = hold(until).await;
        assert_eq!((refused.status, refused.json()["pointer"].as_str()), (400, Some("/until")), "{}", refused.body);
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("lies ahead") && detail.contains("2026-11-21T12:00:00Z"), "{detail}");
    }
    assert_eq!(f.api("GET", &format!("/tasks/{task}"), "").await.json()["status"], "accepted");
    assert_eq!(hold("2026-11-21T12:00:01Z").await.json()["status"], "on-hold");
}

#[tokio::test]
async fn a_timeline_says_to_whom_until_when_and_what_came_of_it() {
    let f = Fixture::start().await;
    f.add_user(care::Role::Coordinator).await;
    f.add_user(care::Role::Clinician).await;
    let task = gaining(&f).await;
    for (verb, body) in [
        ("assign", r#"{"owner": "coordinator"}"#),
        ("assign", r#"{"owner": "clinician"}"#),
        ("hold", r#"{"until": "2026-11-21T14:00:00Z", "outcome": "not-reached"}"#),
        ("complete", r#"{"outcome": "advice-given", "note": "drinks less"}"#),
    ] {
        let done = f.api("POST", &format!("/tasks/{task}/{verb}"), body).await;
        assert_eq!(done.status, 200, "{verb}: {}", done.body);
    }
    let shown = f.api("GET", &format!("/tasks/{task}"), "").await.json();
    let lines: Vec<_> = shown["events"].as_array().unwrap().iter().filter(|e| e["actor"] == "automation").collect();
    let said = |at: usize, field: &str| lines[at].get(field).and_then(|v| v.as_str());
    assert_eq!((said(0, "what"), said(0, "owner")), (Some("assign"), Some("coordinator")), "{shown}");
    assert_eq!((said(1, "what"), said(1, "owner")), (Some("assign"), Some("clinician")), "{shown}");
    assert_eq!((said(2, "what"), said(2, "owner")), (Some("hold"), None), "{shown}");
    assert_eq!((said(2, "until"), said(2, "outcome")), (Some("2026-11-21T14:00:00Z"), Some("not-reached")));
    assert_eq!((said(3, "outcome"), said(3, "why")), (Some("advice-given"), Some("drinks less")), "{shown}");
    let created = &shown["events"][0];
    assert!(created["why"].as_str().unwrap().contains("limit 2 kg"), "sentences are said as before: {created}");
    assert!(created.get("owner").is_none() && created.get("until").is_none(), "{created}");
}

#[tokio::test]
async fn an_item_of_the_quarantine_says_when_it_was_replayed() {
    let f = Fixture::start().await;
    let now = f.clock.now();
    f.store.admit(vec![refused("hub-1", "scale", now, "unknown-unit", "unknown unit `lbs`", b"{}")]).await.unwrap();
    let before = f.api("GET", "/quarantine/1", "").await.json();
    assert!(before["id"] == 1 && before.get("replayed_at").is_none(), "{before}");
    f.advance(TimeDelta::hours(1));
    let message = admit(reading("hub-1/scale", Kind::BodyWeight, now, &[(Quantity::Weight, "80.0")]), now);
    f.store.replay(1, message).await.unwrap();
    let after = f.api("GET", "/quarantine/1", "").await.json();
    assert_eq!(after["replayed_at"].as_str(), Some("2026-11-21T13:00:00Z"), "{after}");
}

#[test]
fn every_operation_that_asks_who_it_is_says_what_it_refuses() {
    let document = serde_json::to_value(console::openapi()).unwrap();
    let problem = serde_json::json!({"schema": {"$ref": "#/components/schemas/ProblemDocument"}});
    let mut secured = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let asks = operation["security"].as_array().is_some_and(|s| !s.is_empty());
            secured += usize::from(asks);
            for status in ["401", "403"] {
                let refusal = &operation["responses"][status];
                assert_eq!(refusal.is_object(), asks, "{status} of {method} {path}");
                let said = refusal["description"].as_str().is_some_and(|text| !text.is_empty());
                assert_eq!(said, asks, "{status} of {method} {path}");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = &response["content"];
                assert_ne!(content["application/json"], problem, "{status} of {method} {path}");
                let is_problem = content["application/problem+json"] == problem;
                assert_eq!(is_problem, status.starts_with(['4', '5']), "{status} of {method} {path}");
            }
        }
    }
    assert!(secured > 30, "{secured}");
}

#[tokio::test]
async fn readings_are_normalised_and_keep_what_was_sent() {
    let f = Fixture::start().await;
    gaining(&f).await;
    let list = f.api("GET", "/patients/p1/readings?kind=body-weight", "").await;
    assert!(list.body.contains(r#""as_sent":{"weight":{"value":81.90,"unit":"kg"}}"#), "{}", list.body);
    let mut seen = Vec::new();
    let mut path = "/patients/p1/readings?limit=2".to_owned();
    loop {
        let part = f.api("GET", &path, "").await.json();
        seen.extend(part["items"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()));
        let Some(next) = part["next"].as_str() else { break };
        path = format!("/patients/p1/readings?limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), 5, "a walk gives each once: {seen:?}");
    let from = (noon() - TimeDelta::days(1)).to_rfc3339();
    let late = f.api("GET", &format!("/patients/p1/readings?from={from}"), "").await.json();
    assert_eq!(late["items"].as_array().unwrap().len(), 2);
    let episodes = f.api("GET", "/patients/p1/episodes", "").await.json();
    assert_eq!(episodes["items"][0]["group"], "fluid");
    let ledger = f.api("GET", "/ledger", "").await.json();
    assert_eq!((ledger["received"].as_u64(), ledger["stored"].as_u64()), (Some(5), Some(5)));
}

#[tokio::test]
async fn problems_say_what_is_wrong_and_where() {
    let f = Fixture::start().await;
    f.patient("p1", "Maria Alvarez", "heart-failure", "hub-1/scale").await;
    let check = async |method: &str, path: &str, body: &str, status: u16, pointer: Option<&str>| {
        let reply = f.api(method, path, body).await;
        assert_eq!(reply.status, status, "{method} {path} {body}: {}", reply.body);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{}", reply.body);
        let problem = reply.json();
        assert_eq!(problem["pointer"].as_str(), pointer, "{problem}");
        assert_eq!(problem["instance"].as_str(), Some(format!("/api/v1{path}").split('?').next().unwrap()));
        assert_eq!(problem["status"].as_u64(), Some(u64::from(status)));
        for member in ["type", "title", "detail"] {
            assert!(problem[member].is_string(), "{member} in {problem}");
        }
    };
    check("GET", "/tasks?statsu=open", "", 400, None).await;
    check("GET", "/tasks?status=open", "", 400, None).await;
    check("GET", "/tasks?limit=501", "", 400, None).await;
    check("GET", "/tasks?cursor=zz", "", 400, None).await;
    check("GET", "/patients/nobody", "", 404, None).await;
    check("GET", "/nothing", "", 404, None).await;
    check("DELETE", "/patients", "", 405, None).await;
    check("POST", "/patients", "{", 400, None).await;
    check("POST", "/patients", r#"{"nmae": "x"}"#, 400, Some("/nmae")).await;
    check("POST", "/patients", "{}", 400, Some("/name")).await;
    check("POST", "/patients", r#"{"name": "x", "programmes": ["gout"]}"#, 400, Some("/programmes/0")).await;
    check("POST", "/patients", r#"{"name": "x", "timezone": "Mars/Base"}"#, 400, Some("/timezone")).await;
    let wrong_unit = r#"{"parameters": {"heart-failure.gain_3d": "2 cm"}}"#;
    check("PATCH", "/patients/p1", wrong_unit, 400, Some("/parameters/heart-failure.gain_3d")).await;
    check("PUT", "/parameters", r#"{"parameters": {"a/b": "2"}}"#, 400, Some("/parameters/a~1b")).await;
    let taken = r#"{"id": "p2", "name": "x", "assignments": [{"source": "hub-1", "device": "scale"}]}"#;
    check("POST", "/patients", taken, 409, None).await;
    check("POST", "/patients", r#"{"id": "p1", "name": "x"}"#, 409, None).await;
    check("POST", "/assignments", r#"{"patient": "p9", "source": "a", "device": "b"}"#, 400, Some("/patient")).await;
    check("POST", "/quarantine/7/replay", "", 404, None).await;
}

#[tokio::test]
async fn a_patient_is_entered_changed_and_read_back() {
    let f = Fixture::start().await;
    let made = f.api("POST", "/patients", r#"{"name": "Jo Doe", "programmes": ["copd"]}"#).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/patients/{id}");
    let body = r#"{"status": "paused", "phone": "+49 30 1", "programmes": ["copd", {"id": "diabetes", "from": "2026-01-01T00:00:00Z"}],
        "parameters": {"diabetes.low": "4 mmol/L"}, "reason": "holiday"}"#;
    let changed = f.api("PATCH", &path, body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let read = f.api("GET", &path, "").await.json();
    assert_eq!(read, changed.json());
    assert_eq!((read["status"].as_str(), read["phone"].as_str()), (Some("paused"), Some("+49 30 1")));
    assert_eq!(read["parameters"]["diabetes.low"], "4 mmol/L");
    assert_eq!(read["enrolled_at"], "2026-01-01T00:00:00Z");
    assert_eq!(read["programmes"][0]["from"], made.json()["programmes"][0]["from"]);
    let back = f.api("PATCH", &path, r#"{"parameters": {"diabetes.low": null}}"#).await.json();
    assert_eq!(back["parameters"], serde_json::json!({}));
    let clinic =
        f.api("PUT", "/parameters", r#"{"parameters": {"diabetes.low": "72 mg/dL"}, "reason": "audit"}"#).await;
    assert_eq!(clinic.json()["parameters"]["diabetes.low"], "72 mg/dL", "{}", clinic.body);
}

#[tokio::test]
async fn a_source_shows_its_password_once() {
    let f = Fixture::start().await;
    let made = f.api("POST", "/sources", r#"{"id": "hub-9", "kind": "gateway"}"#).await;
    let secret = made.json();
    assert_eq!((made.status, secret["username"].as_str()), (201, Some("hub-9")));
    let password = secret["password"].as_str().unwrap();
    let id = vitals::SourceId::new("hub-9").unwrap();
    let kept = f.store.source(&id).await.unwrap().unwrap();
    assert_eq!(kept.secret_sha256, console::digest_of(password));
    assert!(!f.api("GET", "/sources", "").await.body.contains(password));
    let other = f.api("POST", "/sources/hub-9/rotate", "").await.json();
    assert_ne!(other["password"].as_str(), Some(password));
    let disabled = f.api("POST", "/sources/hub-9/disable", "").await.json();
    assert_eq!(disabled["disabled"], true);
    assert_eq!(f.api("POST", "/sources", r#"{"id": "hub-9", "kind": "vendor"}"#).await.status, 409);
    assert_eq!(f.api("POST", "/sources/hub-8/rotate", "").await.status, 404);
}

#[tokio::test]
async fn looking_and_changing_stand_in_the_audit_trail() {
    let f = Fixture::start().await;
    f.patient("p1", "Maria Alvarez", "heart-failure", "hub-1/scale").await;
    for _ in 0..3 {
        f.api("GET", "/patients/p1", "").await;
    }
    let trail = f.api("GET", "/audit", "").await.json();
    let lines: Vec<_> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            format!(
                "{} {} {}",
                l["actor"].as_str().unwrap(),
                l["action"].as_str().unwrap(),
                l["subject"].as_str().unwrap()
            )
        })
        .collect();
    assert!(lines.contains(&"automation add-patient p1".to_owned()), "{lines:?}");
    let looks = lines.iter().filter(|l| *l == "automation read-patient p1").count();
    assert_eq!(looks, 1, "looking again within a minute is one line: {lines:?}");
}

#[tokio::test]
async fn an_enrolment_begins_with_the_first_device_where_nobody_said_when() {
    let f = Fixture::start().await;
    let enter = async |id: &str, more: &str| {
        let body = format!(r#"{{"id": "{id}", "name": "x", "programmes": ["copd"]{more}}}"#);
        assert_eq!(f.api("POST", "/patients", &body).await.status, 201);
    };
    let enrolled = async |id: &str| {
        f.api("GET", &format!("/patients/{id}"), "").await.json()["enrolled_at"].as_str().unwrap().to_owned()
    };
    let assign = async |id: &str, from: &str| {
        let body = format!(r#"{{"patient": "{id}", "source": "a", "device": "{id}", "from": "{from}T00:00:00Z"}}"#);
        assert_eq!(f.api("POST", "/assignments", &body).await.status, 201);
    };
    enter("unsaid", "").await;
    assign("unsaid", "2026-01-05").await;
    assert_eq!(enrolled("unsaid").await, "2026-01-05T00:00:00Z");
    enter("said", r#", "enrolled_at": "2026-01-09T00:00:00Z""#).await;
    assign("said", "2026-01-05").await;
    assert_eq!(enrolled("said").await, "2026-01-09T00:00:00Z");
    f.api("PATCH", "/patients/said", r#"{"enrolled_at": "2026-01-02T00:00:00Z"}"#).await;
    assert_eq!(enrolled("said").await, "2026-01-02T00:00:00Z");
    enter("patched", "").await;
    let body = r#"{"assignments": [{"source": "b", "device": "c", "from": "2026-01-06T00:00:00Z"}]}"#;
    f.api("PATCH", "/patients/patched", body).await;
    assert_eq!(enrolled("patched").await, "2026-01-06T00:00:00Z");
}
