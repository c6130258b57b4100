//! Signing in with a second factor, teams, sessions and the audit trail, over real HTTP.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod support;

use care::Role;
use chrono::TimeDelta;
use support::client::{Reply, send};
use support::seed::reading;
use support::{Browser, Fixture, PASSWORD};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use totp_rs::{Builder, Secret};
use vitals::{Kind, Quantity};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {text}")).1;
    rest.split_once(to).unwrap().0
}

/// What the app on the telephone shows.
fn code_of(f: &Fixture, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(f.clock.now().timestamp().try_into().unwrap()).to_string()
}

/// Sets up a second factor; the secret, the recovery codes and the browser that goes on.
async fn enrol(f: &Fixture, browser: &Browser) -> (String, Vec<String>, Browser) {
    let page = browser.get("/account/second-factor").await;
    assert!(page.body.contains("<svg"), "{}", page.body);
    let secret = between(&page.body, "<code class=\"secret\">", "</code>").to_owned();
    let step = page.hidden("step");
    let wrong = browser.post("/account/second-factor", &format!("step={step}&code=000000")).await;
    assert_eq!(wrong.status, 400);
    let again = browser.post("/account/second-factor", &format!("step={step}&code={}", code_of(f, &secret))).await;
    assert_eq!(again.status, 303, "a step is used once");
    let fields = format!("step={}&code={}", wrong.hidden("step"), code_of(f, &secret));
    let done = browser.post("/account/second-factor", &fields).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let list = between(&done.body, "<ul class=\"codes\">", "</ul>");
    let codes = list.split("<code>").skip(1).map(|c| c.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(browser.get("/").await.status, 303, "other sessions have ended");
    (secret, codes, f.browser(done.cookie("hearth-session")).await)
}

/// A code after the password.
async fn sign_in_with(f: &Fixture, name: &str, code: &str) -> Reply {
    let first = f.try_sign_in(name, PASSWORD).await;
    assert_eq!(first.header("location"), Some("/sign-in/code"), "{} {}", first.status, first.body);
    assert_eq!(first.cookie("hearth-session"), "", "the password alone is no session");
    let cookie = first.cookie("hearth-step");
    send(f.address, "POST", "/sign-in/code", &[("Cookie", &cookie), FORM], &format!("code={code}")).await
}

#[tokio::test]
async fn a_second_factor_from_the_first_code_to_the_lost_telephone() {
    let f = Fixture::start().await;
    f.add_user(Role::Coordinator).await;
    f.add_user(Role::Administrator).await;
    let (secret, codes, browser) = enrol(&f, &f.sign_in("coordinator").await).await;
    assert_eq!(codes.len(), 10);
    assert_eq!(browser.get("/").await.status, 200);

    let code = code_of(&f, &secret);
    assert_eq!(sign_in_with(&f, "coordinator", &code).await.status, 401, "the code that set it up does not work again");
    f.advance(TimeDelta::seconds(30));
    let code = code_of(&f, &secret);
    assert_eq!(sign_in_with(&f, "coordinator", &code).await.status, 303);
    assert_eq!(sign_in_with(&f, "coordinator", &code).await.status, 401, "replayed");
    assert_eq!(sign_in_with(&f, "coordinator", &codes[0].to_uppercase()).await.status, 303, "a recovery code");
    assert_eq!(sign_in_with(&f, "coordinator", &codes[0]).await.status, 401, "once");

    // The trail knows how.
    let trail = f.api("GET", "/audit?actor=coordinator&action=sign-in", "").await.json();
    let how: Vec<_> = trail["items"].as_array().unwrap().iter().map(|l| l["detail"].as_str().unwrap()).collect();
    assert_eq!(how, ["recovery-code", "second-factor", "second-factor", "password"]);

    let removed = browser.post("/account/second-factor/remove", "code=000000").await;
    assert_eq!(removed.status, 403, "not without a code");
    let admin = f.sign_in("administrator").await;
    assert_eq!(admin.post("/people/coordinator/second-factor", "").await.status, 303);
    assert_eq!(browser.get("/").await.status, 303, "which ends sessions");
    assert_eq!(f.try_sign_in("coordinator", PASSWORD).await.header("location"), Some("/"));
}

#[tokio::test]
async fn guessed_codes_close_the_account() {
    let f = Fixture::start().await;
    f.add_user(Role::Viewer).await;
    let (secret, codes, _) = enrol(&f, &f.sign_in("viewer").await).await;
    f.advance(TimeDelta::seconds(30));
    let first = f.try_sign_in("viewer", PASSWORD).await;
    let mut cookie = first.cookie("hearth-step");
    for _ in 0..5 {
        let wrong = send(f.address, "POST", "/sign-in/code", &[("Cookie", &cookie), FORM], "code=000000").await;
        assert_eq!(wrong.status, 401);
        cookie = wrong.cookie("hearth-step");
    }
    let body = format!("code={}", code_of(&f, &secret));
    let right = send(f.address, "POST", "/sign-in/code", &[("Cookie", &cookie), FORM], &body).await;
    assert_eq!(right.status, 401, "closed, even for the right code");
    assert_eq!(f.try_sign_in("viewer", PASSWORD).await.status, 401, "and for the right password");
    f.advance(TimeDelta::seconds(31));
    assert_eq!(sign_in_with(&f, "viewer", &codes[3]).await.status, 303);
    let nobody = send(f.address, "POST", "/sign-in/code", &[FORM], "code=000000").await;
    assert_eq!(nobody.status, 403, "without the password's cookie there is nothing to go on with");
}

#[tokio::test]
async fn where_a_second_factor_is_asked_for_nothing_goes_before_it() {
    let f = Fixture::with(|config| config.require_second_factor = true).await;
    f.add_user(Role::Administrator).await;
    let first = f.try_sign_in("administrator", PASSWORD).await;
    let cookie = first.cookie("hearth-session");
    let browser = Browser { address: f.address, cookie, csrf: String::new() };
    for path in ["/", "/patients", "/people"] {
        assert_eq!(browser.get(path).await.header("location"), Some("/account/second-factor"), "{path}");
    }
    assert_eq!(browser.get("/api/v1/patients").await.status, 403);
    let csrf = browser.get("/account/second-factor").await.hidden("csrf");
    let (_, _, browser) = enrol(&f, &Browser { csrf, ..browser }).await;
    assert_eq!(browser.get("/patients").await.status, 200);
    let page = browser.get("/account").await;
    assert!(!page.body.contains("/account/second-factor/remove"), "it stays");
}

/// Anna is the north's patient with a task, Bert is nobody's in particular; the coordinator is of the south.
async fn clinic() -> (Fixture, String) {
    let f = Fixture::start().await;
    for role in [Role::Coordinator, Role::Clinician, Role::Administrator] {
        f.add_user(role).await;
    }
    for team in ["north", "south"] {
        assert_eq!(f.api("POST", "/teams", &format!(r#"{{"id": "{team}", "name": "{team}"}}"#)).await.status, 201);
    }
    f.patient("anna", "Anna Hidden", "heart-failure", "hub-1/scale").await;
    f.patient("bert", "Bert Seen", "heart-failure", "hub-2/scale").await;
    let now = f.clock.now();
    for hub in ["hub-1/scale", "hub-2/scale"] {
        let weight = |days, kg| reading(hub, Kind::BodyWeight, now - TimeDelta::days(days), &[(Quantity::Weight, kg)]);
        f.readings(vec![weight(3, "80.0"), weight(0, "83.0")]).await;
    }
    f.task_of("bert").await;
    let task = f.task_of("anna").await;
    assert_eq!(f.api("PATCH", "/patients/anna", r#"{"teams": ["north"]}"#).await.status, 200);
    for name in ["coordinator", "clinician"] {
        let south = f.api("PATCH", &format!("/users/{name}"), r#"{"teams": ["south"]}"#).await;
        assert_eq!(south.status, 200);
    }
    (f, task)
}

#[tokio::test]
async fn who_is_out_of_sight_is_nowhere_to_be_seen() {
    let (f, task) = clinic().await;
    let browser = f.sign_in("clinician").await;
    for list in ["/", "/patients", "/patients?q=Anna", "/patients?q=anna", "/devices", "/quarantine", "/sources"] {
        let page = browser.get(list).await;
        assert_eq!(page.status, 200, "{list}");
        for word in ["Hidden", "/patients/anna", &task] {
            assert!(!page.body.contains(word), "{list} tells {word}: {}", page.body);
        }
    }
    let list = browser.get("/").await.body;
    assert!(list.contains("1 open task of team north stands on nobody’s list"), "{list}");
    assert!(list.contains("Bert Seen") && browser.get("/patients").await.body.contains("Bert Seen"));
    for list in ["patients", "tasks", "tasks?patient=anna", "assignments", "patients?search=anna"] {
        let reply = browser.get(&format!("/api/v1/{list}")).await;
        assert!(!reply.body.contains("anna") && !reply.body.contains(&task), "{list}: {}", reply.body);
    }
    let header = [("X-CSRF-Token", browser.csrf.as_str()), ("Content-Type", "application/json")];
    for (method, path) in [
        ("GET", "/api/v1/patients/{p}"),
        ("PATCH", "/api/v1/patients/{p}"),
        ("GET", "/api/v1/patients/{p}/readings"),
        ("GET", "/api/v1/patients/{p}/episodes"),
        ("GET", "/api/v1/tasks/{t}"),
        ("POST", "/api/v1/tasks/{t}/accept"),
        ("GET", "/patients/{p}"),
        ("GET", "/patients/{p}/readings"),
        ("GET", "/patients/{p}/edit"),
        ("POST", "/patients/{p}/edit"),
        ("POST", "/patients/{p}/care"),
        ("GET", "/patients/{p}/devices"),
        ("POST", "/patients/{p}/devices"),
        ("GET", "/patients/{p}/parameters/heart-failure.gain_3d"),
        ("POST", "/patients/{p}/parameters/heart-failure.gain_3d"),
        ("POST", "/patients/{p}/own"),
        ("POST", "/patients/{p}/own/1/revoke"),
        ("GET", "/tasks/{t}"),
        ("POST", "/tasks/{t}/accept"),
    ] {
        let cookie = ("Cookie", browser.cookie.as_str());
        let ask = async |p: &str, t: &str| {
            let path = path.replace("{p}", p).replace("{t}", t);
            let all: Vec<_> = header.into_iter().chain([cookie]).collect();
            let all = if path.starts_with("/api/") { &all[..] } else { &[header[0], cookie, FORM] };
            send(f.address, method, &path, all, if path.starts_with("/api/") { "{}" } else { "" }).await
        };
        let (hidden, unknown) = (ask("anna", &task).await, ask("nono", "no-such-task-00000000").await);
        assert_eq!((hidden.status, unknown.status), (404, 404), "{method} {path}: {}", hidden.body);
        let same = |reply: &Reply, p: &str, t: &str| reply.body.replace(p, "{p}").replace(t, "{t}");
        assert_eq!(same(&hidden, "anna", &task), same(&unknown, "nono", "no-such-task-00000000"), "{method} {path}");
    }
    let assigned = r#"{"patient": "anna", "source": "hub-9", "device": "scale"}"#;
    assert_eq!(browser.post_raw("/api/v1/assignments", assigned, &header).await.status, 400);
}

#[tokio::test]
async fn the_glass_is_broken_with_a_reason_for_an_hour_and_written_down() {
    let (f, task) = clinic().await;
    let browser = f.sign_in("coordinator").await;
    let missing = browser.get(&format!("/tasks/{task}")).await;
    let link = format!("/glass?task={task}");
    assert!(missing.body.contains(&link), "{}", missing.body);
    assert!(browser.get(&link).await.body.contains(&task));
    assert_eq!(browser.post("/glass", "patient=anna&reason=hm").await.status, 400);
    assert_eq!(browser.post("/glass", "patient=ann&reason=because+of+this").await.status, 404, "no search");
    let opened = browser.post("/glass", &format!("task={task}&reason=called+from+the+ward")).await;
    assert_eq!(opened.header("location"), Some(format!("/tasks/{task}").as_str()));
    assert!(browser.get(&format!("/tasks/{task}")).await.body.contains("Anna Hidden"));
    assert!(browser.get("/").await.body.contains("Anna Hidden"));
    let admin = f.sign_in("administrator").await;
    assert_eq!(admin.get("/patients/anna").await.status, 404, "administrators are people too");
    let list = admin.get("/glass/opened").await;
    assert!(list.body.contains("called from the ward") && list.body.contains("coordinator"), "{}", list.body);
    let trail = f.api("GET", "/audit?patient=anna&action=break-glass", "").await.json();
    assert_eq!(trail["items"][0]["detail"], "called from the ward");
    assert_eq!(trail["items"][0]["actor"], "coordinator");
    let looked = f.api("GET", "/audit?patient=anna&action=read-task", "").await.json();
    assert_eq!(looked["items"][0]["actor"], "coordinator");
    f.advance(TimeDelta::minutes(59));
    assert_eq!(f.sign_in("coordinator").await.get("/patients/anna").await.status, 200);
    f.advance(TimeDelta::minutes(1));
    let browser = f.sign_in("coordinator").await;
    assert_eq!(browser.get("/patients/anna").await.status, 404, "the hour is over");
    assert_eq!(browser.post("/glass", "patient=anna&reason=called+again").await.status, 303);
    let admin = f.sign_in("administrator").await;
    assert_eq!(admin.post("/glass/coordinator/anna", "").await.status, 303);
    assert_eq!(browser.get("/patients/anna").await.status, 404, "closed by an administrator");
}

#[tokio::test]
async fn a_token_sees_the_patients_of_its_teams() {
    let (f, _) = clinic().await;
    let token = async |more: &str| {
        let body = format!(r#"{{"label": "t", "role": "clinician"{more}}}"#);
        let made = f.api("POST", "/tokens", &body).await.json();
        format!("Bearer {}", made["token"].as_str().unwrap())
    };
    for (more, expected) in [("", 2), (r#", "teams": ["north"]"#, 2), (r#", "teams": ["south"]"#, 1)] {
        let bearer = token(more).await;
        let reply = send(f.address, "GET", "/api/v1/patients", &[("Authorization", &bearer)], "").await;
        assert_eq!(reply.json()["items"].as_array().unwrap().len(), expected, "{more}");
    }
    let bearer = token(r#", "read_only": true"#).await;
    let by_token = [("Authorization", bearer.as_str())];
    let patch = send(f.address, "PATCH", "/api/v1/patients/bert", &by_token, r#"{"phone": "1"}"#).await;
    assert_eq!(patch.status, 403);
    let south = token(r#", "teams": ["south"]"#).await;
    let entered =
        send(f.address, "POST", "/api/v1/patients", &[("Authorization", &south)], r#"{"name": "Cleo"}"#).await;
    assert_eq!(
        entered.json()["teams"],
        serde_json::json!(["south"]),
        "a new patient is of the teams of who enters them"
    );
}

/// Reads the stream until `word` is in it.
async fn until(stream: &mut tokio::net::TcpStream, seen: &mut String, word: &str) {
    while !seen.contains(word) {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "the stream ended: {seen}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

#[tokio::test]
async fn the_live_stream_tells_nobody_of_whom_they_do_not_see() {
    let (f, hidden) = clinic().await;
    let shown = f.task_of("bert").await;
    let browser = f.sign_in("coordinator").await;
    let mut stream = tokio::net::TcpStream::connect(f.address).await.unwrap();
    let head = format!(
        "GET /events?view=tasks HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {}\r\n\r\n",
        browser.cookie
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    until(&mut stream, &mut seen, "event: hello").await;
    for task in [&hidden, &shown] {
        assert_eq!(f.api("POST", &format!("/tasks/{task}/accept"), "{}").await.status, 200);
    }
    until(&mut stream, &mut seen, &shown).await;
    for word in ["Hidden", "anna", &hidden] {
        assert!(!seen.contains(word), "{word}: {seen}");
    }
    // Another team is another question: the stream ends and the browser is asked again who it is.
    assert_eq!(f.api("PATCH", "/users/coordinator", r#"{"teams": ["north"]}"#).await.status, 200);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(browser.get("/").await.status, 303, "and the session is over");
}

#[tokio::test]
async fn a_person_ends_sessions_and_changes_the_own_account() {
    let f = Fixture::start().await;
    f.add_user(Role::Viewer).await;
    f.add_user(Role::Administrator).await;
    let (here, there) = (f.sign_in("viewer").await, f.sign_in("viewer").await);
    let page = here.get("/account").await;
    let id = between(&page.body, "action=\"/account/sessions/", "\"");
    assert_eq!(here.post(&format!("/account/sessions/{id}"), "").await.status, 303);
    assert_eq!((here.get("/account").await.status, there.get("/account").await.status), (200, 303));
    assert_eq!(here.post("/account/details", "language=de&email=v%40clinic.example").await.status, 303);
    let page = here.get("/account").await;
    assert!(
        page.body.contains("lang=\"de\"") && page.body.contains("Mein Konto") && page.body.contains("v@clinic.example")
    );
    assert_eq!(here.post("/account/details", "email=no+address").await.status, 400);
    let change = async |what: &str| f.api("PATCH", "/users/viewer", what).await;
    for (wrong, at) in [(r#"{"language": "klingon"}"#, "/language"), (r#"{"email": "v at clinic"}"#, "/email")] {
        let reply = change(wrong).await;
        assert_eq!((reply.status, reply.json()["pointer"].as_str()), (400, Some(at)), "{}", reply.body);
    }
    let person = change(r#"{"language": "de-AT", "email": " v@clinic.example "}"#).await.json();
    assert_eq!((person["language"].as_str(), person["email"].as_str()), (Some("de"), Some("v@clinic.example")));
    let person = change(r#"{"language": "", "email": ""}"#).await.json();
    assert!(person["language"].is_null() && person["email"].is_null(), "{person}");
    let refused = here.post("/account/password", "old=wrong&password=new+blue+kettle").await;
    assert_eq!(refused.status, 403);
    let done = here.post("/account/password", "old=quiet+blue+kettle&password=new+blue+kettle").await;
    assert_eq!(done.status, 303);
    assert_eq!(here.get("/account").await.status, 303, "the old session is over, this browser has a new one");
    assert_eq!(f.try_sign_in("viewer", PASSWORD).await.status, 401);
    let here = f.browser(done.cookie("hearth-session")).await;
    let admin = f.sign_in("administrator").await;
    let id = between(&admin.get("/people/viewer").await.body, "action=\"/people/viewer/sessions/", "\"").to_owned();
    assert_eq!(admin.post(&format!("/people/viewer/sessions/{id}"), "").await.status, 303);
    assert_eq!(here.get("/account").await.status, 303);
    assert_eq!(admin.post("/people/administrator/disable", "").await.status, 409, "not oneself");
    assert_eq!(f.api("PATCH", "/users/administrator", r#"{"disabled": true}"#).await.status, 409, "nor the last");
}

#[tokio::test]
async fn a_task_goes_only_to_who_sees_its_patient() {
    let (f, task) = clinic().await;
    f.api("PATCH", "/users/administrator", r#"{"teams": ["north"]}"#).await;
    let admin = f.sign_in("administrator").await;
    let refused = admin.post(&format!("/tasks/{task}/assign"), "owner=coordinator").await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let why = "coordinator does not see this patient. Choose somebody of the patient";
    assert!(refused.body.contains(why), "{}", refused.body);
    let several = admin.post("/tasks/assign", &format!("task={task}&owner=coordinator")).await;
    assert!(several.status == 409 && several.body.contains("0 of 1"), "{}", several.body);
    let program = f.api("POST", &format!("/tasks/{task}/assign"), r#"{"owner": "coordinator"}"#).await;
    assert_eq!(program.status, 409, "{}", program.body);
    let to_self = admin.post(&format!("/tasks/{task}/assign"), "owner=administrator").await;
    assert_eq!(to_self.status, 303, "{}", to_self.body);
    f.api("PATCH", "/users/coordinator", r#"{"teams": ["north"]}"#).await;
    assert_eq!(admin.post(&format!("/tasks/{task}/assign"), "owner=coordinator").await.status, 303);
}

#[tokio::test]
async fn a_patient_s_teams_are_chosen_on_a_form() {
    let (f, _) = clinic().await;
    let clinician = f.sign_in("clinician").await;
    let form = clinician.get("/patients/bert/edit").await.body;
    assert!(form.contains("name=\"team\" value=\"south\""), "{form}");
    let fields = "name=Bert+Seen&reason=moved";
    assert_eq!(clinician.post("/patients/bert/edit", fields).await.status, 303);
    let teams = async || f.api("GET", "/patients/bert", "").await.json()["teams"].clone();
    let before = teams().await;
    let put = clinician.post("/patients/bert/edit", &format!("{fields}&teams=1&team=south&team=north")).await;
    assert_eq!((put.status, put.header("location")), (303, Some("/patients/bert")), "{}", put.body);
    assert_ne!(teams().await, before);
    assert_eq!(teams().await, serde_json::json!(["north", "south"]));
    assert!(clinician.get("/patients/bert").await.body.contains("north, south"));
    let away = clinician.post("/patients/bert/edit", &format!("{fields}&teams=1&team=north")).await;
    assert_eq!((away.status, away.header("location")), (303, Some("/glass?patient=bert")));
    assert_eq!(clinician.get("/patients/bert").await.status, 404);
    let coordinator = f.sign_in("coordinator").await;
    assert!(!coordinator.get("/patients/bert/edit").await.body.contains("name=\"team\""), "clinicians decide");
}

#[tokio::test]
async fn the_trail_reads_as_sentences_and_tells_where_it_ends() {
    let (f, task) = clinic().await;
    f.api("GET", "/patients/anna", "").await;
    f.api("POST", &format!("/tasks/{task}/accept"), "{}").await;
    let admin = f.sign_in("administrator").await;
    let page = admin.get("/audit?patient=anna").await;
    for words in ["looked at", "worked on a task of", "changed", "automation"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("signed in as administrator"), "the filter holds");
    let head = f.store.audit_head().await.unwrap().unwrap();
    for (asked, why) in [
        ("patient=Anna+Hidden", "`Anna Hidden` is no patient’s id"),
        ("from=yesterday", "`yesterday` is no date"),
        ("to=2026-02-30", "`2026-02-30` is no date"),
    ] {
        let page = admin.get(&format!("/audit?action=read-audit&{asked}")).await;
        let why = why.replacen('`', "<code>", 1).replacen('`', "</code>", 1);
        assert!(page.status == 400 && page.body.contains(&why), "{why}: {}", page.body);
        assert!(!page.body.contains("<table>") && page.body.contains("value=\"read-audit\" selected"), "{}", page.body);
    }
    assert!(page.body.contains("Times are on the clinic’s clock, UTC."), "{}", page.body);
    let later = admin.get("/audit?action=sign-in").await;
    assert!(later.body.contains("signed in as administrator"), "{}", later.body);
    assert!(f.store.audit_entry(head.row).await.unwrap().is_some_and(|line| line.hash == head.hash));
    assert!(matches!(f.store.verify_audit().await.unwrap(), store::AuditVerdict::Whole(Some(h)) if h.row >= head.row));
    for (method, path) in
        [("POST", "/audit"), ("DELETE", "/api/v1/audit"), ("PUT", "/api/v1/audit"), ("PATCH", "/audit")]
    {
        let bearer = format!("Bearer {}", support::TOKEN);
        let reply = send(f.address, method, path, &[("Authorization", &bearer)], "").await;
        assert_eq!(reply.status, 405, "{method} {path}");
    }
}
