//! Whose readings they are: nobody's yet, then somebody's, then somebody else's after all.

use serde_json::{Value, json};

use super::{Bench, SOURCE, id};

const LONG_AGO: &str = "2020-01-01T00:00:00Z";

fn device(bench: &Bench, name: &str) -> Value {
    let devices = bench.api.all("/devices");
    devices.into_iter().find(|d| d["device"] == name).unwrap_or_else(|| panic!("`{name}` is listed"))
}

#[test]
fn readings_of_an_unknown_device_wait_for_their_patient() {
    let mut bench = Bench::new();
    bench.api.add_patient("p1", "heart-failure", &[]);
    bench.gain("scale-9", "w");
    assert_eq!(device(&bench, "scale-9")["unassigned"], 2);
    assert_eq!(bench.api.all("/patients/p1/readings"), Vec::<Value>::new());

    let assignment = json!({"patient": "p1", "source": SOURCE, "device": "scale-9", "from": LONG_AGO});
    let _ = bench.api.post("/assignments", &assignment).expect(201);
    let task = bench.tasks("p1", 1).remove(0);
    assert_eq!(
        (&task["rule"], &task["status"], &task["severity"]),
        (&json!("HF-W2"), &json!("requested"), &json!("high"))
    );
    let reason = task["reason"].as_str().unwrap();
    assert!(reason.contains("3 kg") && reason.contains("2 kg"), "the gain and its limit: {reason}");
    assert_eq!(device(&bench, "scale-9")["unassigned"], 0);
    assert_eq!(bench.api.all("/patients/p1/readings").len(), 2);
    let twice = bench
        .api
        .post("/assignments", &json!({"patient": "p1", "source": SOURCE, "device": "scale-9", "from": LONG_AGO}));
    assert_eq!(twice.status, 409, "{}", twice.text);
}

#[test]
fn moving_an_assignment_moves_what_follows_from_it() {
    let mut bench = Bench::new();
    bench.api.add_patient("right", "heart-failure", &[]);
    bench.api.add_patient("wrong", "heart-failure", &[(SOURCE, "scale")]);
    bench.gain("scale", "w");
    let mistaken = bench.tasks("wrong", 1).remove(0);
    assert_eq!(mistaken["status"], "requested");

    let given_back = json!({"assignments": [], "reason": "the scale is the neighbour's", "effective_from": LONG_AGO});
    let _ = bench.api.patch("/patients/wrong", &given_back).expect(200);
    let given =
        json!({"assignments": [{"source": SOURCE, "device": "scale", "from": LONG_AGO}], "reason": "it is theirs"});
    let _ = bench.api.patch("/patients/right", &given).expect(200);

    let task = bench.tasks("right", 1).remove(0);
    assert_eq!((&task["rule"], &task["status"]), (&json!("HF-W2"), &json!("requested")));
    hearth_tests::until("the mistaken task is taken back", || {
        let task = bench.api.get(&format!("/tasks/{}", id(&mistaken))).expect(200);
        (task["status"] == "cancelled").then_some(())
    });
    assert_eq!(bench.api.all("/patients/wrong/readings"), Vec::<Value>::new());
    assert_eq!(bench.api.all("/patients/right/readings").len(), 2);
    let open = |patient: &str| {
        let episodes = bench.api.all(&format!("/patients/{patient}/episodes"));
        episodes.len()
    };
    assert_eq!((open("wrong"), open("right")), (0, 1), "episodes follow the readings");
    let _ = bench.api.ledger();
}

#[test]
fn what_somebody_has_touched_is_not_taken_from_them() {
    let mut bench = Bench::new();
    bench.api.add_patient("p1", "heart-failure", &[(SOURCE, "scale")]);
    bench.gain("scale", "w");
    let task = id(&bench.tasks("p1", 1)[0]);
    let _ = bench.api.post(&format!("/tasks/{task}/accept"), &json!({})).expect(200);
    let before = bench.api.get(&format!("/tasks/{task}")).expect(200)["events"].as_array().unwrap().len();
    let change = json!({"assignments": [], "reason": "not theirs", "effective_from": LONG_AGO});
    let _ = bench.api.patch("/patients/p1", &change).expect(200);
    hearth_tests::until("the retraction is written into the task", || {
        let task = bench.api.get(&format!("/tasks/{task}")).expect(200);
        assert_eq!(task["status"], "accepted", "{task}");
        (task["events"].as_array().unwrap().len() > before).then_some(())
    });
}
