//! Who is told of what: over the API, by the form, and what the list says when nobody would be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "test code"
)]

mod support;

use care::Role;
use chrono::TimeDelta;
use serde_json::json;
use support::Fixture;
use support::client::send;
use support::seed::reading;
use vitals::{Kind, Quantity};

fn policy() -> serde_json::Value {
    json!({
        "timezone": "Europe/Berlin",
        "people": [{"user": "coordinator", "name": "Cora", "email": "cora@clinic.example"},
                   {"user": "eve", "name": "Eve", "email": "eve@clinic.example"}],
        "default": {
            "hours": {"week": ["Mon-Fri 08:00-17:00"]}, "first": ["coordinator"], "last": ["eve"], "from": "high",
            "channels": ["email"],
            "timing": {"critical": {"accept_within_min": 5, "to_next_min": 6, "to_last_min": 7},
                       "high": {"accept_within_min": 30, "to_next_min": 20, "to_last_min": 10}},
            "digest_at": "07:30:00"
        }
    })
}

#[tokio::test]
async fn a_policy_is_set_over_the_api_with_its_reason_and_kept_in_its_history() {
    let fixture = Fixture::start().await;
    let empty = fixture.api("GET", "/cover", "").await.json();
    assert_eq!(empty, json!({"policy": null, "history": []}));
    let refused = fixture.api("PUT", "/cover", &json!({"policy": policy()}).to_string()).await;
    assert_eq!((refused.status, refused.json()["pointer"].as_str()), (400, Some("/reason")));
    let mut wrong = policy();
    wrong["default"]["last"] = json!(["nobody"]);
    let refused = fixture.api("PUT", "/cover", &json!({"policy": wrong, "reason": "x"}).to_string()).await;
    assert_eq!((refused.status, refused.json()["pointer"].as_str()), (400, Some("/policy/default/last/0")));
    let set = fixture.api("PUT", "/cover", &json!({"policy": policy(), "reason": "new rota"}).to_string()).await;
    assert_eq!(set.status, 200, "{}", set.body);
    fixture.advance(chrono::TimeDelta::minutes(1));
    let known = fixture.api("GET", "/cover", "").await.json();
    assert_eq!(known["policy"]["people"][0]["name"], "Cora");
    assert_eq!(known["history"][0]["reason"], "new rota");
    assert_eq!(known["history"][0]["actor"], "automation");
    let withdrawn = fixture.api("PUT", "/cover", r#"{"policy": null, "reason": "for now"}"#).await.json();
    assert_eq!(withdrawn["history"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_form_says_what_is_in_force_and_what_is_wrong_beside_its_field() {
    let fixture = Fixture::start().await;
    fixture.add_user(Role::Administrator).await;
    let browser = fixture.sign_in("administrator").await;
    let page = browser.get("/messages").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Not configured: nobody is told of any task"), "{}", page.body);
    assert!(page.body.contains("value=\"administrator\""), "whoever signs in stands in the form to begin with");
    let sent = "timezone=Europe/Berlin&people.0.user=ada&people.0.name=Ada&people.0.email=ada%40clinic.example\
                &default.hours=Mon-Fri+08:00-17:00&default.first=ada&default.last=ada&default.from=critical&default.email=on\
                &default.timing.critical.accept_within_min=5&default.timing.critical.to_next_min=6";
    let refused = browser.post("/messages", &format!("{sent}&reason=rota")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("Not saved: one field is not as it should be."));
    let marked = "name=\"default.timing.critical.to_last_min\" value=\"\"";
    let (_, after) = refused.body.split_once(marked).unwrap_or_else(|| panic!("{}", refused.body));
    assert!(after.split('>').next().unwrap().contains("aria-invalid=\"true\""));
    assert!(refused.body.contains("value=\"ada@clinic.example\""), "what was typed is still there");
    let whole = format!("{sent}&default.timing.critical.to_last_min=7");
    assert!(browser.post("/messages", &whole).await.body.contains("Please say why."));
    let done = browser.post("/messages", &format!("{whole}&reason=rota")).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/messages")));
    fixture.advance(chrono::TimeDelta::minutes(1));
    let page = browser.get("/messages").await.body;
    assert!(page.contains("Critical: Ada, once more after 5 min, then Ada after 6 min."), "{page}");
    assert!(page.contains("Mon–Fri 08:00–17:00"));
    assert!(page.contains("E-mail: messages cannot leave"), "no mail server is set up here");
}

#[tokio::test]
async fn the_list_says_beforehand_when_nobody_would_be_told() {
    let fixture = Fixture::start().await;
    fixture.add_user(Role::Coordinator).await;
    let browser = fixture.sign_in("coordinator").await;
    let unset = "Nobody is told of new tasks: messages are not configured.";
    assert!(browser.get("/").await.body.contains(unset));
    fixture.api("PUT", "/cover", &json!({"policy": policy(), "reason": "rota"}).to_string()).await;
    fixture.advance(chrono::TimeDelta::minutes(1));
    let page = browser.get("/").await.body;
    assert!(!page.contains(unset));
    assert!(page.contains("E-mail: messages cannot leave, because it is not set up in the configuration file."));
    assert!(!page.contains("cannot be reached by any way"), "said once, not for each person");
    assert_eq!(browser.get("/messages").await.status, 403, "that is an administrator's page");
}

#[tokio::test]
async fn a_task_s_timeline_says_who_is_told_and_when() {
    let fixture = Fixture::start().await;
    fixture.add_user(Role::Coordinator).await;
    let browser = fixture.sign_in("coordinator").await;
    fixture.api("PUT", "/cover", &json!({"policy": policy(), "reason": "rota"}).to_string()).await;
    fixture.patient("p1", "Maria Alvarez", "heart-failure", "hub-1/scale").await;
    let now = fixture.clock.now();
    let weight =
        |days, kg| reading("hub-1/scale", Kind::BodyWeight, now - TimeDelta::days(days), &[(Quantity::Weight, kg)]);
    fixture.readings(vec![weight(3, "80.0"), weight(0, "82.7")]).await;
    let path = format!("/tasks/{}", fixture.task_of("p1").await);
    let english = browser.get(&path).await.body;
    assert!(english.contains("It waits for cover: nobody is told before "), "{english}");
    assert!(english.contains("23 Nov 02:00 New York") && english.contains("outside the hours of cover"), "{english}");
    let headers = [("Cookie", browser.cookie.as_str()), ("Accept-Language", "de")];
    let german = send(fixture.address, "GET", &path, &headers, "").await.body;
    assert!(german.contains("Sie wartet auf die Dienstzeit: benachrichtigt wird ab "), "{german}");
    assert!(german.contains("23. Nov 02:00 New York") && german.contains("außerhalb der Dienstzeiten"), "{german}");
}
