//! The commands on a task: what each does, that twice is once, and that somebody else is told who has it.

use serde_json::{Value, json};

use super::{Bench, SOURCE, id};
use hearth_tests::Api;

struct Person {
    /// how tasks and timelines name them
    name: String,
    api: Api,
    task: String,
}

impl Person {
    #[track_caller]
    fn does(&self, verb: &str, body: Value) -> Value {
        self.api.post(&format!("/tasks/{}/{verb}", self.task), &body).expect(200)
    }

    #[track_caller]
    fn is_refused(&self, verb: &str, body: Value, status: u16) -> String {
        let answer = self.api.post(&format!("/tasks/{}/{verb}", self.task), &body);
        assert_eq!(answer.status, status, "{verb}: {}", answer.text);
        assert_eq!(answer.body["status"], status, "a problem document: {}", answer.text);
        answer.text
    }
}

/// A task, and two people who could do it.
fn bench() -> (Bench, Person, Person) {
    let mut bench = Bench::new();
    bench.api.add_patient("p1", "heart-failure", &[(SOURCE, "scale")]);
    bench.gain("scale", "w");
    let task = id(&bench.tasks("p1", 1)[0]);
    let person = |name: &str, role: &str| {
        let made = bench.api.post("/tokens", &json!({"label": name, "role": role})).expect(201);
        let token = made["token"].as_str().unwrap_or_else(|| panic!("the token, this once: {made}"));
        let name = format!("token:{}", id(&made));
        Person { name, api: bench.api.with_token(Some(token)), task: task.clone() }
    };
    let (ann, bob) = (person("ann", "coordinator"), person("bob", "coordinator"));
    let viewer = person("eve", "viewer");
    viewer.is_refused("accept", json!({}), 403);
    (bench, ann, bob)
}

#[test]
fn the_same_again_changes_nothing_and_another_is_told_who_has_it() {
    let (bench, ann, bob) = bench();
    let accepted = ann.does("accept", json!({}));
    assert_eq!(accepted["status"], "accepted");
    let owner = accepted["owner"].as_str().unwrap().to_owned();
    assert_eq!(ann.does("accept", json!({})), accepted, "twice is once");
    let said = bob.is_refused("accept", json!({}), 409);
    assert!(said.contains(&owner), "it says who has it: {said}");

    assert_eq!(ann.does("start", json!({}))["status"], "in-progress");
    ann.does("note", json!({"note": "no answer at first"}));
    let until = (chrono::Utc::now() + chrono::TimeDelta::hours(2)).to_rfc3339();
    let held = ann.does("hold", json!({"until": until, "outcome": "not-reached"}));
    assert_eq!((&held["status"], &held["attempts"]), (&json!("on-hold"), &json!(1)));
    let moved = ann.does("assign", json!({"owner": bob.name}));
    assert_eq!((&moved["status"], &moved["owner"]), (&json!("accepted"), &json!(bob.name)));

    bob.is_refused("complete", json!({}), 400);
    bob.is_refused("complete", json!({"outcome": "not-reached"}), 400);
    bob.is_refused("complete", json!({"outcome": "went-well"}), 400);
    let done = bob.does("complete", json!({"outcome": "advice-given", "note": "takes two tablets from today"}));
    assert_eq!((&done["status"], &done["outcome"]), (&json!("completed"), &json!("advice-given")));
    assert_eq!(bob.does("complete", json!({"outcome": "advice-given"})), done, "twice is once");
    ann.is_refused("complete", json!({"outcome": "no-action"}), 409);
    ann.is_refused("accept", json!({}), 409);
    ann.is_refused("cancel", json!({"note": "too late"}), 409);

    let task = bench.api.get(&format!("/tasks/{}", ann.task)).expect(200);
    let events = task["events"].as_array().unwrap();
    assert!(events.len() >= 7, "opened, accepted, started, noted, held, assigned, completed: {events:?}");
    let text = task.to_string();
    assert!(text.contains("no answer at first") && text.contains("takes two tablets"), "{text}");
}

#[test]
fn a_cancelled_task_says_why() {
    let (_bench, ann, _) = bench();
    ann.is_refused("cancel", json!({}), 400);
    assert_eq!(ann.does("cancel", json!({"note": "patient is in hospital"}))["status"], "cancelled");
    ann.is_refused("start", json!({}), 409);
    assert_eq!(ann.does("note", json!({"note": "discharged on Friday"}))["status"], "cancelled", "notes go on");
}

#[test]
fn a_completed_task_settles_what_it_showed_and_no_more() {
    let (mut bench, ann, _) = bench();
    ann.does("complete", json!({"outcome": "advice-given"}));
    // The same weight again is what was known.
    let now = chrono::Utc::now();
    let at = |minutes: i64| now - chrono::TimeDelta::minutes(minutes);
    bench.vendor.store(&hearth_tests::Publish::reading("scale", super::weight("same", at(50), 83.0)));
    hearth_tests::until("the rules have seen it", || (bench.api.all("/patients/p1/readings").len() == 3).then_some(()));
    // Another 2.5 kg within the hour are not.
    bench.vendor.store(&hearth_tests::Publish::reading("scale", super::weight("more", at(5), 85.5)));
    let tasks = bench.tasks("p1", 2);
    let open: Vec<_> = tasks.iter().filter(|t| t["status"] == "requested").collect();
    assert_eq!(open.len(), 1, "{tasks:?}");
    assert_eq!(open[0]["episodes"], tasks[0]["episodes"], "the same episode goes on");
}
