//! A German reader meets no English: every page, the texts of rulebooks, and what a form answers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic, reason = "test code")]

mod support;

use care::Role;
use chrono::TimeDelta;
use support::client::{Reply, send};
use support::seed::{reading, refused};
use support::{Browser, Fixture};
use vitals::{Kind, Quantity};

/// Words that no German sentence has and hardly an English one lacks.
const ENGLISH: &[&str] = &[
    "a", "add", "and", "any", "are", "been", "but", "by", "call", "device", "do", "every", "for", "from", "give",
    "has", "have", "is", "it", "its", "must", "no", "nobody", "not", "of", "on", "or", "other", "reading", "readings",
    "take", "than", "that", "the", "their", "there", "this", "to", "until", "who", "with", "write", "you",
];

/// What a person reads of a page: no tags, and nothing that is code, or in another language by its own mark.
fn visible(html: &str) -> String {
    let mut text = html.to_owned();
    for tag in ["code", "pre", "script", "style", "datalist", "kbd", "head"] {
        while let Some(start) =
            text.find(&format!("<{tag}")).filter(|at| text[at + tag.len() + 1..].starts_with(['>', ' ']))
        {
            let end = text[start..].find(&format!("</{tag}>")).map_or(text.len(), |e| start + e + tag.len() + 3);
            text.replace_range(start..end, " ");
        }
    }
    // A quotation says itself what language it is in.
    while let Some(start) = text.find("lang=\"en\"") {
        let end = text[start..].find("</p>").map_or(text.len(), |e| start + e);
        text.replace_range(start..end, ">");
    }
    let mut seen = String::new();
    for part in text.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        for name in ["title=\"", "aria-label=\"", "placeholder=\"", "alt=\""] {
            if let Some((_, rest)) = tag.split_once(name) {
                seen.push_str(&format!(" {} ·", rest.split('"').next().unwrap()));
            }
        }
        seen.push_str(&format!(" {words}"));
    }
    seen
}

/// Where a page speaks English, with the words around it.
fn english(what: &str, page: &Reply, theirs: &[&str]) -> Vec<String> {
    assert!(page.body.contains("lang=\"de\""), "{what}: {} {}", page.status, page.body);
    let mut text = visible(&page.body);
    for own in theirs {
        text = text.replace(own, " ");
    }
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '’').collect();
    let around = |at: usize| words[at.saturating_sub(6)..(at + 6).min(words.len())].join(" ");
    let found = (0..words.len()).filter(|at| ENGLISH.contains(&words[*at].to_lowercase().as_str()));
    found.map(|at| format!("{what}: {}", around(at))).collect()
}

struct Clinic {
    f: Fixture,
    task: String,
}

async fn clinic() -> Clinic {
    let f = Fixture::start().await;
    for role in [Role::Coordinator, Role::Clinician, Role::Administrator] {
        f.add_user(role).await;
    }
    let device = "hub-1/scale";
    f.patient("p1", "Maria Alvarez", "heart-failure", device).await;
    let now = f.clock.now();
    let weight = |days, kg| reading(device, Kind::BodyWeight, now - TimeDelta::days(days), &[(Quantity::Weight, kg)]);
    f.readings(vec![weight(3, "80.0"), weight(2, "80.1"), weight(0, "82.7")]).await;
    f.readings(vec![reading("hub-2/cuff", Kind::HeartRate, now, &[(Quantity::HeartRate, "70")])]).await;
    let bad = refused("hub-2", "cuff", now, "bad-unit", "`stone` is no unit of mass", b"{}");
    let known = [
        ("impossible-value", "weight 900 kg is outside the possible range 22.7 to 340.2 kg"),
        ("not-json", "this is no JSON: expected value at line 1 column 5"),
        ("time-implausible", "1970-01-01T00:00:12Z is too long ago to be a set clock's time"),
    ];
    let known = known.map(|(code, detail)| refused("hub-2", "cuff", now, code, detail, b"{}"));
    f.store.admit([bad].into_iter().chain(known).collect()).await.unwrap();
    let task = f.task_of("p1").await;
    Clinic { f, task }
}

async fn get(browser: &Browser, path: &str) -> Reply {
    let headers = [("Cookie", browser.cookie.as_str()), ("Accept-Language", "de")];
    send(browser.address, "GET", path, &headers, "").await
}

async fn post(browser: &Browser, path: &str, fields: &str) -> Reply {
    browser.post_raw(path, &format!("csrf={}&{fields}", browser.csrf), &[("Accept-Language", "de")]).await
}

#[tokio::test]
async fn every_page() {
    let Clinic { f, task } = clinic().await;
    let browser = f.sign_in("administrator").await;
    post(&browser, &format!("/tasks/{task}/accept"), "").await;
    let mut found = Vec::new();
    for path in [
        "/".to_owned(),
        "/?queue=operations".to_owned(),
        "/tasks/quiet".to_owned(),
        format!("/tasks/{task}"),
        "/patients".to_owned(),
        "/patients?q=nowhere".to_owned(),
        "/new-patient".to_owned(),
        "/patients/p1".to_owned(),
        "/patients/p1?days=90".to_owned(),
        "/patients/p1/readings".to_owned(),
        "/patients/p1/edit".to_owned(),
        "/patients/p1/devices".to_owned(),
        "/patients/p1/parameters/heart-failure.gain_3d".to_owned(),
        "/patients/p1/parameters/heart-failure.schedule.body-weight".to_owned(),
        "/silent".to_owned(),
        "/first-run".to_owned(),
        "/sources".to_owned(),
        "/quarantine".to_owned(),
        "/devices".to_owned(),
        "/devices?q=none".to_owned(),
        "/rules".to_owned(),
        "/rules?book=diabetes".to_owned(),
        "/rules?book=oxygen".to_owned(),
        "/messages".to_owned(),
        "/account".to_owned(),
        "/account/second-factor".to_owned(),
        "/glass/opened".to_owned(),
        "/people".to_owned(),
        "/people/coordinator".to_owned(),
        "/teams".to_owned(),
        "/audit".to_owned(),
        "/tasks/none".to_owned(),
        "/patients/none".to_owned(),
        "/nothing".to_owned(),
        "/tokens".to_owned(),
    ] {
        found.extend(english(&path, &get(&browser, &path).await, &["Maria Alvarez"]));
    }
    assert!(found.is_empty(), "{found:#?}");
    let page = get(&browser, &format!("/tasks/{task}")).await.body;
    assert!(
        page.contains("Wegen plötzlicher Gewichtszunahme anrufen") && page.contains("Atemnot im Liegen?"),
        "{page}"
    );
    assert!(page.contains("ESC: mehr als 2 kg in 3 Tagen"), "{page}");
    let refused = get(&browser, "/quarantine").await.body;
    for said in
        ["Gewicht 900 kg liegt außerhalb des Möglichen, 22,7 bis 340,2 kg", "Zeile 1, Spalte 5", "gestellte Uhr"]
    {
        assert!(refused.contains(said), "{said}: {refused}");
    }
    let english = browser.get(&format!("/tasks/{task}")).await.body;
    assert!(
        english.contains("Call about sudden weight gain") && english.contains("Breathless lying down?"),
        "{english}"
    );
    let api = f.api("GET", &format!("/tasks/{task}"), "").await.json();
    assert_eq!(api["title"], "Call about sudden weight gain", "the API stays English");
}

#[tokio::test]
async fn every_refusal() {
    let Clinic { f, task } = clinic().await;
    let (admin, nurse) = (f.sign_in("administrator").await, f.sign_in("coordinator").await);
    post(&admin, "/sources", "id=acme&kind=vendor").await;
    let care = "/patients/p1/parameters/heart-failure.gain_3d";
    let task = format!("/tasks/{task}");
    let mut found = Vec::new();
    for (browser, path, fields, status) in [
        (&nurse, "/people", "name=x", 403),
        (&nurse, care, "value=2", 403),
        (&admin, care, "value=much&reason=x", 400),
        (&admin, care, "value=2", 400),
        (&admin, "/rules/parameters", "key=heart-failure.gain_3d&value=900&unit=kg&reason=x", 400),
        (&admin, "/devices/assign", "device=hub-1%2Fscale&patient=p1", 409),
        (&admin, "/devices/assign", "device=hub&patient=p1", 400),
        (&admin, "/devices/assign", "device=hub%2Fx&patient=nowhere", 400),
        (&admin, "/sources", "id=acme&kind=vendor", 409),
        (&admin, "/sources", "id=%20%20", 400),
        (&admin, "/people", "name=coordinator&role=viewer&password=quiet+blue+kettle", 409),
        (&admin, "/people", "name=new&role=&password=quiet+blue+kettle", 400),
        (&admin, "/people", "name=new&role=viewer&password=short", 400),
        (&admin, "/people/coordinator/access", "role=viewer&email=nonsense", 400),
        (&admin, "/people/nobody/disable", "", 404),
        (&admin, "/patients/p1/edit", "name=", 400),
        (&admin, "/patients/p1/edit", "name=Maria+Alvarez&birth_date=yesterday", 400),
        (&admin, "/new-patient", "name=New&device=hub-1%2Fscale", 409),
        (&admin, "/patients/p1/devices", "act=move&device=hub-1%2Fscale&to=nowhere", 400),
        (&admin, "/tokens", "role=viewer", 400),
        (&admin, "/teams", "", 400),
        (&admin, "/teams/none/remove", "", 404),
        (&admin, &format!("{task}/complete"), "", 400),
        (&admin, &format!("{task}/assign"), "owner=nobody", 400),
        (&admin, &format!("{task}/hold"), "until=never", 400),
        (&admin, "/nothing", "", 404),
    ] {
        let page = post(browser, path, fields).await;
        if page.status != status {
            found.push(format!("{path} {fields}: {} instead of {status}", page.status));
        }
        found.extend(english(&format!("{path} {fields}"), &page, &["Maria Alvarez"]));
    }
    let stale = admin.post_raw("/teams", "csrf=0&name=x", &[("Accept-Language", "de")]).await;
    found.extend(english("a form of yesterday", &stale, &[]));
    assert!(found.is_empty(), "{found:#?}");
    let api = f.api("POST", "/assignments", r#"{"patient": "p1", "source": "hub-1", "device": "scale"}"#).await;
    assert!(api.body.contains("Somebody or something is in the way"), "the API stays English: {}", api.body);
}
