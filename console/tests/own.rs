//! The patient's own page: a link, a code, and nothing else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod support;

use care::Role;
use chrono::TimeDelta;
use support::client::{Reply, send};
use support::seed::reading;
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

/// A patient's browser: no session, the cookies that it was given.
struct Patient<'a> {
    f: &'a Fixture,
    path: String,
}

impl Patient<'_> {
    async fn get(&self, cookie: &str) -> Reply {
        send(self.f.address, "GET", &self.path, &[("Cookie", cookie)], "").await
    }

    async fn open(&self, code: &str) -> Reply {
        let form = self.get("").await;
        let body = format!("form={}&code={code}", form.hidden("form"));
        let cookie = form.cookie("hearth-form");
        let headers = [("Cookie", cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        send(self.f.address, "POST", &self.path, &headers, &body).await
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

#[tokio::test]
async fn a_patient_opens_the_own_page_with_a_link_and_a_code() {
    let (f, browser) = administrator().await;
    let now = f.clock.now();
    f.readings(vec![reading("hub-1/scale", Kind::BodyWeight, now, &[(Quantity::Weight, "82.7")])]).await;
    let made = browser.post("/patients/p1/own", "").await;
    assert_eq!(made.status, 200, "{}", made.body);
    let url = between(&made.body, "id=\"own-link\">", "<");
    says(&made, &["Valid until 19 Feb 07:00"]);
    let code = between(&made.body, "class=\"code\">", "<").replace(' ', "");
    assert!(code.len() == 6 && !url.contains("p1") && !url.contains("Maria"), "{url} {code}");
    let patient = Patient { f: &f, path: format!("/own/{}", url.rsplit('/').next().unwrap()) };

    let asked = patient.get("").await;
    says(&asked, &["six-digit code", "not an emergency service"]);
    assert!(!asked.body.contains("Maria") && !asked.body.contains("82.7"));
    for (name, value) in
        [("x-robots-tag", "noindex"), ("referrer-policy", "no-referrer"), ("cache-control", "no-store")]
    {
        assert!(asked.header(name).unwrap().contains(value), "{name}");
    }
    assert_eq!(patient.open("000000x").await.status, 401);
    let opened = patient.open(&code).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let cookie = opened.cookie("hearth-own");
    let page = patient.get(&cookie).await;
    says(&page, &["82.7", "Heart failure", "What was agreed"]);
    assert!(!between(&page.body, "<title>", "</title>").contains("Maria"));
    assert!(page.header("x-robots-tag").unwrap().contains("noindex"));
    // It opens this page and nothing else.
    assert_eq!(send(f.address, "GET", "/patients/p1", &[("Cookie", &cookie)], "").await.status, 303);
    let other = send(f.address, "GET", "/own/0000", &[("Cookie", &cookie)], "").await;
    says(&other, &["six-digit code"]);

    let links = f.store.own_links(&care::PatientId::new("p1").unwrap()).await.unwrap();
    let revoked = browser.post(&format!("/patients/p1/own/{}/revoke", links[0].id), "").await;
    assert_eq!(revoked.status, 303);
    says(&patient.get(&cookie).await, &["six-digit code"]);
    assert_eq!(patient.open(&code).await.status, 401);
    let trail = browser.get("/audit").await.body;
    let (_, lines) = trail.split_once("<tbody>").unwrap();
    for action in ["own page with link", "wrong code for the own page", "opened the own page of", "took back the link"]
    {
        assert!(lines.contains(action), "{action}: {lines}");
    }
}

#[tokio::test]
async fn wrong_codes_close_the_own_page_for_a_while() {
    let (f, browser) = administrator().await;
    let made = browser.post("/patients/p1/own", "").await;
    let url = between(&made.body, "id=\"own-link\">", "<");
    let code = between(&made.body, "class=\"code\">", "<").replace(' ', "");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let patient = Patient { f: &f, path: format!("/own/{}", url.rsplit('/').next().unwrap()) };
    for _ in 0..5 {
        assert_eq!(patient.open(wrong).await.status, 401);
    }
    assert_eq!(patient.open(&code).await.status, 401, "closed, even for the right one");
    f.advance(TimeDelta::seconds(30));
    assert_eq!(patient.open(&code).await.status, 303);
    f.advance(TimeDelta::days(91));
    assert_eq!(patient.open(&code).await.status, 401, "the link is over");
}
