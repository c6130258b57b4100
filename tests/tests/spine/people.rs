//! The people who sign in.

use hearth_tests::Hearth;
use serde_json::json;

#[test]
fn the_last_administrator_stays_whatever_else_is_asked() {
    let hearth = Hearth::serve("");
    let api = hearth.api();
    let add = |name: &str| {
        let person = json!({"name": name, "role": "administrator", "password": "correct horse"});
        let _ = api.post("/users", &person).expect(201);
    };
    add("ada");
    for change in [json!({"role": "viewer"}), json!({"disabled": true, "display_name": "Ada L."})] {
        let refused = api.patch("/users/ada", &change);
        assert_eq!(refused.status, 409, "{change}: {}", refused.text);
        assert!(refused.text.contains("`ada` is the last administrator"), "{}", refused.text);
    }
    let ada = &api.all("/users")[0];
    assert_eq!(
        (&ada["role"], &ada["disabled"], &ada["display_name"]),
        (&json!("administrator"), &json!(false), &json!("ada"))
    );
    add("bea");
    assert_eq!(api.patch("/users/ada", &json!({"role": "viewer"})).expect(200)["role"], "viewer");
    let list = api.patch("/users/bea", &json!([{"role": "viewer"}]));
    assert_eq!(
        (list.status, &list.body["detail"]),
        (400, &json!("wrong type: list, expected an object; send one object in each request"))
    );
}
