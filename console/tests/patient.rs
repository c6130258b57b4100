//! A patient's page and its forms.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod support;

use care::Role;
use chrono::TimeDelta;
use support::client::Reply;
use support::seed::reading;
use support::{Browser, Fixture};
use vitals::{Kind, Quantity, Reading};

fn weight(f: &Fixture, device: &str, hours_ago: i64, kg: &str) -> Reading {
    let at = f.clock.now() - TimeDelta::hours(hours_ago);
    reading(device, Kind::BodyWeight, at, &[(Quantity::Weight, kg)])
}

/// Anna with a shared scale, Bert without one.
async fn household() -> (Fixture, Browser) {
    let f = Fixture::start().await;
    for role in Role::ALL {
        f.add_user(role).await;
    }
    f.patient("anna", "Anna Berg", "heart-failure", "hub-1/scale").await;
    f.patient("bert", "Bert Berg", "heart-failure", "hub-9/scale").await;
    let readings =
        [(96, "70.0"), (72, "70.1"), (48, "70.0"), (24, "70.2")].map(|(h, kg)| weight(&f, "hub-1/scale", h, kg));
    f.readings(readings.to_vec()).await;
    let browser = f.sign_in("clinician").await;
    (f, browser)
}

#[track_caller]
fn says(page: &Reply, words: &[&str]) {
    for word in words {
        assert!(page.body.contains(word), "lacks {word:?}: {}", page.body);
    }
}

/// What a page of the patient says once the rules have folded everything.
async fn settled(f: &Fixture, browser: &Browser, path: &str, word: &str) -> Reply {
    let mut notices = f.store.notices();
    loop {
        let page = browser.get(path).await;
        if page.body.contains(word) {
            return page;
        }
        let news = tokio::time::timeout(std::time::Duration::from_secs(60), notices.recv()).await;
        assert!(news.is_ok(), "{path} never says {word:?}: {}", page.body);
    }
}

#[tokio::test]
async fn a_patient_is_entered_with_the_first_device_and_found_by_record_number() {
    let f = Fixture::start().await;
    f.add_user(Role::Clinician).await;
    let browser = f.sign_in("clinician").await;
    let form = "name=Carla+Diaz&birth_date=1950-02-03&id_system=hospital&id_value=R-4711&timezone=Europe%2FMadrid&phone=%2B34\
                &language=es&contact_name=Eva&contact_phone=12&contact_relation=daughter&programme=heart-failure&from=2026-11-01\
                &device=hub-4%2Fscale&slot=2";
    let wrong = browser.post("/new-patient", &form.replace("Europe%2FMadrid", "Madrid")).await;
    assert_eq!(wrong.status, 400);
    says(&wrong, &["There is no time zone “Madrid”", "value=\"Carla Diaz\"", "value=\"R-4711\"", "value=\"Eva\""]);
    let entered = browser.post("/new-patient", form).await;
    assert_eq!(entered.status, 303, "{}", entered.body);
    let path = entered.header("location").unwrap().to_owned();
    let page = browser.get(&path).await;
    says(
        &page,
        &["Carla Diaz", "3 Feb 1950", "R-4711", "Heart failure", "once a day", "hub-4/scale", "slot 2", "daughter"],
    );
    says(&browser.get("/patients?q=r-4711").await, &["Carla Diaz"]);
    let id = path.trim_start_matches("/patients/");
    let json = f.api("GET", &format!("/patients/{id}"), "").await.json();
    assert_eq!(json["enrolled_at"], "2026-10-31T23:00:00Z", "midnight in Madrid");
}

#[tokio::test]
async fn a_coordinator_changes_how_to_reach_a_patient_and_nothing_else() {
    let (f, _) = household().await;
    let browser = f.sign_in("coordinator").await;
    let page = browser.get("/patients/anna/edit").await;
    says(&page, &["name=\"phone\"", "name=\"contact_name\""]);
    assert!(!page.body.contains("name=\"birth_date\"") && !page.body.contains("/patients/anna/care"));
    let form = "phone=%2B49+30&language=de&contact_name=Ada&contact_phone=7&contact_relation=neighbour&name=Somebody+Else&reason=moved";
    assert_eq!(browser.post("/patients/anna/edit", form).await.status, 303);
    says(&browser.get("/patients/anna").await, &["Anna Berg", "+49 30", "neighbour", "German"]);
    assert_eq!(browser.post("/patients/anna/care", "reason=x&status=ended").await.status, 403);
    assert_eq!(browser.get("/patients/anna/parameters/heart-failure.gain_3d").await.status, 403);
    let reader = f.sign_in("viewer").await;
    assert_eq!(reader.get("/patients/anna/edit").await.status, 403);
    assert!(!reader.get("/patients/anna").await.body.contains("/patients/anna/devices"));
}

#[tokio::test]
async fn pausing_and_leaving_a_programme_say_since_when_who_and_why() {
    let (_f, browser) = household().await;
    let form = "programme=copd&from-copd=2026-11-10&status=paused&effective_from=yesterday&reason=In+hospital";
    let refused = browser.post("/patients/anna/care", form).await;
    assert_eq!(refused.status, 400);
    says(
        &refused,
        &["value=\"2026-11-10\"", "value=\"paused\" checked", "value=\"copd\" checked", ">In hospital</textarea>"],
    );
    assert!(!refused.body.contains("value=\"heart-failure\" checked"), "what was typed, not what is so");
    let form = "programme=heart-failure&programme=copd&from-copd=2026-11-10&status=paused&effective_from=2026-11-20&reason=In+hospital";
    assert_eq!(browser.post("/patients/anna/care", form).await.status, 303);
    says(&browser.get("/patients/anna").await, &["paused", "by clinician", "“In hospital”", "COPD"]);
    let form = "programme=heart-failure&status=active&reason=Back+home";
    assert_eq!(browser.post("/patients/anna/care", form).await.status, 303);
    let page = browser.get("/patients/anna").await;
    says(&page, &["Paused, ended, active again", "“Back home”", "COPD", "until"]);
    assert!(!page.body.contains("judged by value"));
}

#[tokio::test]
async fn a_limit_is_previewed_and_set_and_the_chart_says_who_set_it() {
    let (f, browser) = household().await;
    f.readings(vec![weight(&f, "hub-1/scale", 0, "71.4")]).await;
    settled(&f, &browser, "/patients/anna", "71.4 kg").await;
    let path = "/patients/anna/parameters/heart-failure.gain_3d";
    says(&browser.get(path).await, &["Now 2 kg, rulebook", "Between 0 and 317.5 kg", "Nobody has ever set it"]);
    let wrong = browser.post(path, "value=900&reason=x&step=preview").await;
    assert_eq!(wrong.status, 400);
    says(&wrong, &["between 0 and 317.5 kg", "value=\"900\""]);

    let lower = "value=1%2C2&reason=Frail&from=2026-11-01";
    let preview = browser.post(path, &format!("{lower}&step=preview")).await;
    says(&preview, &["With 1.2 kg:", "1 more episode in the last 90 days, 1 task would open now.", "value=\"save\""]);
    let before = f.api("GET", "/patients/anna", "").await.json();
    assert_eq!(before["parameters"], serde_json::json!({}), "a preview changes nothing");
    let set = async || f.api("GET", "/audit?patient=anna&action=set-parameters", "").await.json()["items"].clone();
    assert_eq!(set().await, serde_json::json!([]), "and the trail does not say that it did");
    assert_eq!(browser.post(path, &format!("{lower}&step=save")).await.status, 303);
    let lines = set().await;
    assert_eq!(
        (lines.as_array().map(Vec::len), &lines[0]["detail"]),
        (Some(1), &"heart-failure.gain_3d: 1.2 kg".into())
    );
    let page = settled(&f, &browser, "/patients/anna", "Call about sudden weight gain").await;
    says(&page, &["1.2 kg", "this patient", "set by clinician", "Frail"]);

    assert_eq!(browser.post(path, "back=1&reason=Was+wrong&step=save&from=2026-11-01").await.status, 303);
    says(&browser.get(path).await, &["Now 2 kg, rulebook", "set back", "Was wrong", "Frail"]);
}

#[tokio::test]
async fn readings_of_a_shared_scale_go_to_whose_they_are_and_both_peoples_tasks_follow() {
    let (f, browser) = household().await;
    // Bert steps on Anna's scale.
    f.readings(vec![weight(&f, "hub-1/scale", 0, "92.4")]).await;
    let task = f.task_of("anna").await;
    let table = browser.get("/patients/anna/readings?days=7").await;
    let link = table.body.split("/patients/anna/devices?act=move").nth(1).unwrap().split('"').next().unwrap();
    let form = browser.get(&format!("/patients/anna/devices?act=move{}", link.replace("&amp;", "&"))).await;
    says(&form, &["value=\"2026-11-21T07:00:00\"", "value=\"2026-11-21T07:00:01\"", "value=\"hub-1/scale\""]);

    let stretch =
        "act=move&device=hub-1%2Fscale&from=2026-11-21T07%3A00%3A00&until=2026-11-21T07%3A00%3A01&reason=Bert+weighed";
    let nobody = browser.post("/patients/anna/devices", &format!("{stretch}&to=Zoe&step=preview")).await;
    assert_eq!(nobody.status, 400);
    says(&nobody, &["Nobody fits “Zoe”"]);
    let preview = browser.post("/patients/anna/devices", &format!("{stretch}&to=bert+berg&step=preview")).await;
    says(&preview, &["Anna Berg, 9 Mar 1948", "Bert Berg, 9 Mar 1948", "1 task would be cancelled", "value=\"bert\""]);
    assert!(
        f.api("GET", &format!("/tasks/{task}"), "").await.json()["status"] == "requested",
        "a preview changes nothing"
    );
    let seen = f.api("GET", "/audit?patient=bert&action=read-patient", "").await.json();
    assert!(seen["items"][0]["actor"] == "clinician", "it shows Bert, who was not looked at before: {seen}");

    let done = browser.post("/patients/anna/devices", &format!("{stretch}&to=bert&step=save")).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = settled(&f, &browser, &format!("/tasks/{task}"), "taken back").await;
    says(&page, &["svg class=\"chart\"", "Weight", "After a change by", "“Bert weighed”"]);
    let json = f.api("GET", "/patients/bert/readings", "").await.json();
    assert_eq!(json["items"].as_array().unwrap().len(), 1);
    let again = browser.post("/patients/anna/devices", &format!("{stretch}&to=bert&step=save")).await;
    assert_eq!(again.status, 400, "it is so already: {}", again.body);
}

#[tokio::test]
async fn an_assignment_ends_and_several_who_fit_are_offered() {
    let (f, browser) = household().await;
    let several = browser.post("/patients/anna/devices", "act=move&device=hub-1%2Fscale&to=hub&step=preview").await;
    assert_eq!(several.status, 400, "nobody is called hub");
    f.patient("berta", "Berta Lind", "heart-failure", "hub-8/scale").await;
    let several = browser.post("/patients/anna/devices", "act=move&device=hub-1%2Fscale&to=bert&step=preview").await;
    says(&several, &["Bert Berg, 9 Mar 1948", "Nothing changes"]);
    let several = browser.post("/patients/anna/devices", "act=move&device=hub-1%2Fscale&to=ber&step=preview").await;
    says(&several, &["Several people fit", "value=\"bert\"", "value=\"berta\""]);
    let end = "act=end&device=hub-1%2Fscale&from=2026-11-21T06%3A00&reason=returned&step=save";
    assert_eq!(browser.post("/patients/anna/devices", end).await.status, 303);
    let json = f.api("GET", "/patients/anna", "").await.json();
    assert_eq!(json["assignments"][0]["until"], "2026-11-21T11:00:00Z");
}

#[tokio::test]
async fn a_chart_says_what_is_special_about_a_reading() {
    let (f, browser) = household().await;
    let mut wrong = weight(&f, "hub-1/scale", 3, "7.4");
    wrong.key.id = vitals::ReadingId::new("w").unwrap();
    let mut right = weight(&f, "hub-1/scale", 3, "70.3");
    right.corrects = Some(wrong.key.id.clone());
    let copy = weight(&f, "hub-9/scale", 24, "70.2");
    f.readings(vec![wrong, right, copy]).await;
    f.api("PATCH", "/patients/anna", r#"{"parameters": {"heart-failure.target_weight": "70 kg"}, "reason": "dry weight", "effective_from": "2026-10-01T00:00:00Z"}"#).await;
    let page = browser.get("/patients/anna?days=7").await;
    says(
        &page,
        &["#m-corrected", "corrected later", "#m-correction", "Personal band 67.7 to 72.3 kg", "72.3 kg, this patient"],
    );
    says(&page, &["set by automation", "dry weight", "data-readings=", "clock not stated"]);
    assert!(page.body.len() < 100_000);
}
