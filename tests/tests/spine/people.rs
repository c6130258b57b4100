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

#[test]
fn a_limit_may_be_set_as_far_as_admission_goes() {
    let above = |kg: u16| json!({"parameters": {"heart-failure.gain_3d": format!("{kg} kg")}, "reason": "of the test"});
    let shipped = Hearth::serve("").api().put("/parameters", &above(400));
    assert_eq!(shipped.status, 400, "{}", shipped.text);
    assert!(shipped.text.contains("it lies between 0 and 317.5 kg"), "{}", shipped.text);
    let hearth = Hearth::serve("[admission.limits]\nweight = { hard = \"20 .. 500 kg\" }\n");
    let wide = hearth.api();
    assert_eq!(wide.put("/parameters", &above(400)).expect(200)["parameters"]["heart-failure.gain_3d"], "400 kg");
    let beyond = wide.put("/parameters", &above(490));
    assert!(beyond.text.contains("it lies between 0 and 480 kg"), "{}", beyond.text);
}
