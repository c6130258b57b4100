//! The same measurement from two devices, as alike as the clinic says.

use chrono::{TimeDelta, Utc};
use hearth_tests::Publish;
use serde_json::json;

use super::{Bench, SOURCE, weight};

#[test]
fn the_clinic_says_how_alike_copies_are_for_what_is_there_already_too() {
    let mut bench = Bench::new();
    bench.api.add_patient("p1", "heart-failure", &[(SOURCE, "scale"), (SOURCE, "cloud")]);
    let now = Utc::now();
    let before = now - TimeDelta::hours(50);
    bench.vendor.store(&Publish::reading("scale", weight("w0", before, 80.0)));
    // The scale knows its clock better than the cloud, which adds 3 kg of clothes to the same step.
    let mut exact = weight("w1", now - TimeDelta::hours(1), 80.2);
    exact["clock"] = json!({"source": "device", "error_s": 1});
    bench.vendor.store(&Publish::reading("scale", exact));
    let cloud = weight("c1", now - TimeDelta::minutes(57), 83.2);
    bench.vendor.store(&Publish::reading("cloud", cloud));
    let task = bench.tasks("p1", 1).remove(0);
    assert_eq!((&task["rule"], &task["status"]), (&json!("HF-W2"), &json!("requested")));

    let set = |path: &str, values: serde_json::Value| {
        let body =
            json!({"parameters": values, "reason": "the cloud rounds", "effective_from": "2020-01-01T00:00:00Z"});
        match path {
            "/parameters" => bench.api.send("PUT", path, Some(&body)).unwrap(),
            _ => bench.api.patch(path, &body),
        }
    };
    assert_eq!(set("/parameters", json!({"copies.weight": "-1 kg"})).status, 400);
    assert_eq!(set("/patients/p1", json!({"copies.weight": "3 kg"})).status, 400, "it is the clinic's alone");
    let _ = set("/parameters", json!({"copies.seconds": "300", "copies.weight": "3 kg"})).expect(200);
    let cancelled = |bench: &Bench| bench.tasks("p1", 1).remove(0)["status"] == "cancelled";
    hearth_tests::until("the copy no longer counts", || cancelled(&bench).then_some(()));
    bench.hearth.restart_cleanly();
    assert!(cancelled(&bench), "and a start decides nothing else");
    assert_eq!(bench.api.all("/patients/p1/readings").len(), 3, "all of them are stored");
}
