//! Sources, refused messages, the silent, the rules' limits, and the first day.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod support;

use care::Role;
use chrono::TimeDelta;
use support::client::{Reply, send};
use support::seed::{reading, refused};
use support::{Browser, Fixture};
use vitals::{Kind, Quantity};

async fn administrator() -> (Fixture, Browser) {
    let f = Fixture::start().await;
    f.add_user(Role::Administrator).await;
    f.patient("p1", "Maria Alvarez", "heart-failure", "hub-1/scale").await;
    let browser = f.sign_in("administrator").await;
    (f, browser)
}

#[track_caller]
fn says(page: &Reply, words: &[&str]) {
    for word in words {
        assert!(page.body.contains(word), "lacks {word:?}: {}", page.body);
    }
}

#[tokio::test]
async fn a_source_is_added_changed_and_its_secret_is_shown_once() {
    let (_f, browser) = administrator().await;
    let made = browser.post("/sources", "id=hub-7&kind=gateway").await;
    assert_eq!(made.status, 200, "{}", made.body);
    says(&made, &["mosquitto_pub -h", "-u hub-7", "hearth/v1/hub-7/scale-1/reading", "shown this once"]);
    let secret = made.body.split_once("-P &#39;").or(made.body.split_once("-P '")).unwrap().1;
    let secret: String = secret.chars().take(64).collect();
    assert!(secret.bytes().all(|b| b.is_ascii_hexdigit()), "{secret}");
    let page = browser.get("/sources/hub-7").await;
    says(&page, &["never connected", "None. Everything it sends can be read."]);
    assert!(!page.body.contains(&secret));
    let again = browser.post("/sources", "id=hub-7&kind=vendor").await;
    assert_eq!(again.status, 409);
    says(&again, &["value=\"hub-7\"", "exists already"]);
    assert_eq!(browser.post("/sources", "id=a+b&kind=vendor").await.status, 400);
    let rotated = browser.post("/sources/hub-7/rotate", "").await;
    assert!(rotated.status == 200 && !rotated.body.contains(&secret));
    assert_eq!(browser.post("/sources/hub-7/disable", "").await.status, 303);
    says(&browser.get("/sources").await, &["Want a look", "disabled"]);
    assert_eq!(browser.post("/sources/hub-7/enable", "").await.status, 303);
    assert_eq!(browser.get("/sources/nobody").await.status, 404);
}

#[tokio::test]
async fn a_refused_message_is_shown_with_the_place_and_what_to_do() {
    let (f, browser) = administrator().await;
    let raw = br#"{"values": {"weight": {"value": 176, "unit": "lbs"}}}"#;
    let now = f.clock.now();
    let two = vec![
        refused("hub-1", "scale", now, "unknown-unit", "unknown unit `lbs`", raw),
        refused("hub-1", "scale", now, "not-json", "this is no JSON", b"\xff"),
    ];
    f.store.admit(two).await.unwrap();
    let page = browser.get("/quarantine?source=hub-1&code=unknown-unit").await;
    says(&page, &["Unknown unit", "Write the unit in UCUM", "Replay all of these"]);
    assert!(!page.body.contains("this is no JSON"));
    says(&browser.get("/quarantine/1").await, &["<mark>&quot;lbs&quot;</mark>", "What to do:"]);
    says(&browser.get("/quarantine/2").await, &["These bytes are no text.", "000000  ff"]);
    assert_eq!(browser.post("/quarantine/replay", "code=unknown-unit").await.status, 303);
    let mut notices = f.store.notices();
    loop {
        let page = browser.get("/quarantine").await;
        if page.body.contains("Replayed:") {
            says(&page, &["1 taken up, 1 stored, 0 were there already, 0 refused again."]);
            break;
        }
        says(&page, &["Replaying:"]);
        // Looking again is audited, and that is a commit: this cannot wait for ever.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(50), notices.recv()).await;
    }
}

#[tokio::test]
async fn a_silent_patient_stands_with_cause_and_remedy() {
    let (f, browser) = administrator().await;
    says(&browser.get("/silent").await, &["We hear from everybody."]);
    f.advance(TimeDelta::days(3));
    let mut notices = f.store.notices();
    let now = f.clock.now();
    f.readings(vec![reading("hub-1/other", Kind::BodyWeight, now, &[(Quantity::Weight, "60")])]).await;
    let page = loop {
        let browser = f.sign_in("administrator").await;
        let page = browser.get("/silent").await;
        if page.body.contains("Maria Alvarez") {
            break page;
        }
        let _ = notices.recv().await;
    };
    says(
        &page,
        &["1 patient is silent.", "no such source", "tel:+1 555 0100", "expected since", "1 reading is nobody’s."],
    );
}

#[tokio::test]
async fn a_clinic_limit_is_set_with_a_reason_and_stands_in_the_history() {
    let (_f, browser) = administrator().await;
    let page = browser.get("/rules?book=heart-failure").await;
    says(&page, &["Weight rises by more than 2 kg within 72 h.", "the rulebook’s", "HF-W2"]);
    let set = |value: &str, reason: &str| format!("key=heart-failure.gain_3d&unit=kg&value={value}&reason={reason}");
    let unreasoned = browser.post("/rules/parameters", &set("2.5", "")).await;
    assert_eq!(unreasoned.status, 400);
    says(&unreasoned, &["Please say why", "value=\"2.5\""]);
    assert_eq!(browser.post("/rules/parameters", &set("much", "because")).await.status, 400);
    let preview = browser.post("/rules/parameters", &set("2%2C5", "too+many+alerts")).await;
    says(&preview, &["What this changes", "2.5 kg", "It concerns", "value=\"save\""]);
    says(&browser.get("/rules?book=heart-failure").await, &["by more than 2 kg within"]);
    let done = browser.post("/rules/parameters", &format!("{}&step=save", set("2%2C5", "too+many+alerts"))).await;
    assert_eq!(done.header("location"), Some("/rules?book=heart-failure#heart-failure-gain_3d"));
    let page = browser.get("/rules?book=heart-failure").await;
    says(&page, &["by more than 2.5 kg within", "the clinic’s; the rulebook says 2 kg", "too many alerts", "1 change"]);
    let back = browser.post("/rules/parameters", "key=heart-failure.gain_3d&back=1&reason=as+before&step=save").await;
    assert_eq!(back.status, 303, "{}", back.body);
    says(&browser.get("/rules?book=heart-failure").await, &["by more than 2 kg within", "back to the rulebook’s"]);
}

#[tokio::test]
async fn the_first_day_leads_to_a_first_reading() {
    let f = Fixture::start().await;
    f.add_user(Role::Administrator).await;
    f.add_user(Role::Coordinator).await;
    let reply = f.try_sign_in("administrator", support::PASSWORD).await;
    let mut browser = Browser { address: f.address, cookie: reply.cookie("hearth-session"), csrf: String::new() };
    assert_eq!(browser.get("/").await.header("location"), Some("/first-run"));
    let page = browser.get("/first-run").await;
    browser.csrf = page.hidden("csrf");
    says(&page, &["<option value=\"\">Choose</option>"]);
    assert!(
        !page.body.contains("selected>COPD") && !page.body.contains("selected>Heart"),
        "nobody’s programme is guessed"
    );
    let nameless = browser.post("/first-run/patient", "timezone=Nowhere&programme=heart-failure").await;
    assert_eq!(nameless.status, 400);
    says(&nameless, &["time zone such as Europe/Berlin"]);
    let fields = "name=Erika+Beispiel&birth_date=1950-05-01&timezone=Europe/Berlin&programme=heart-failure&language=de";
    assert_eq!(browser.post("/first-run/patient", fields).await.status, 303);
    assert_eq!(browser.get("/").await.status, 200, "there is a patient now");
    let page = browser.post("/first-run", "id=hub-1&kind=gateway&device=scale-1").await;
    says(
        &page,
        &["Waiting for the first reading", "hearth/v1/hub-1/scale-1/reading", "body-weight", "shown this once"],
    );
    let weight = reading("hub-1/scale-1", Kind::BodyWeight, f.clock.now(), &[(Quantity::Weight, "80.4")]);
    f.readings(vec![weight]).await;
    says(&browser.get("/first-run").await, &["It arrived.", "80.4 kg"]);
}

#[tokio::test]
async fn every_page_is_there_in_german() {
    let (f, browser) = administrator().await;
    let now = f.clock.now();
    f.store.admit(vec![refused("hub-1", "scale", now, "unknown-unit", "x", b"{}")]).await.unwrap();
    let headers = [("Cookie", browser.cookie.as_str()), ("Accept-Language", "de")];
    for (path, word) in [
        ("/silent", "Von wem wir nichts hören"),
        ("/sources", "Quelle hinzufügen"),
        ("/quarantine", "Unbekannte Einheit"),
        ("/quarantine/1", "Was zu tun ist:"),
        ("/rules?book=heart-failure", "Gewicht steigt um mehr als 2 kg innerhalb von 72 h."),
        ("/first-run", "Die erste Messung"),
    ] {
        let page = send(f.address, "GET", path, &headers, "").await;
        assert_eq!(page.status, 200, "{path}");
        says(&page, &[word, "<html lang=\"de\""]);
    }
}

#[tokio::test]
async fn an_open_page_is_told_in_events_that_a_browser_does_not_drop() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (f, browser) = administrator().await;
    let mut stream = tokio::net::TcpStream::connect(f.address).await.unwrap();
    let head = format!("GET /events?patient=p1 HTTP/1.1\r\nHost: x\r\nCookie: {}\r\n\r\n", browser.cookie);
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut seen, mut buffer) = (String::new(), [0; 4096]);
    for event in ["hello", "changed"] {
        // The standard: an event whose data is empty is not dispatched.
        while !seen.contains(&format!("event: {event}\ndata: -")) {
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the stream ended: {seen}");
            seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        let weight = reading("hub-1/scale", Kind::BodyWeight, f.clock.now(), &[(Quantity::Weight, "80")]);
        f.readings(vec![weight]).await;
    }
}
