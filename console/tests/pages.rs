//! The pages: what stands on them, and what is sent with them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod support;

use care::Role;
use chrono::TimeDelta;
use support::Fixture;
use support::client::send;
use support::seed::{reading, refused};
use vitals::{Kind, Quantity};

async fn seeded() -> (Fixture, String) {
    let f = Fixture::start().await;
    f.add_user(Role::Administrator).await;
    f.patient("p1", "Maria <Alvarez>", "heart-failure", "hub-1/scale").await;
    let now = f.clock.now();
    let weight =
        |days, kg| reading("hub-1/scale", Kind::BodyWeight, now - TimeDelta::days(days), &[(Quantity::Weight, kg)]);
    f.readings(vec![weight(4, "80.0"), weight(3, "80.1"), weight(1, "81.9"), weight(0, "82.7")]).await;
    f.readings(vec![reading("hub-1/other", Kind::BodyWeight, now, &[(Quantity::Weight, "60")])]).await;
    f.store
        .admit(vec![refused("hub-1", "scale", now, "unknown-unit", "unknown unit `lbs`", b"{\"bad\"")])
        .await
        .unwrap();
    let task = f.task_of("p1").await;
    (f, task)
}

#[tokio::test]
async fn every_page_says_what_it_should_and_carries_the_headers() {
    let (f, task) = seeded().await;
    let browser = f.sign_in("administrator").await;
    let pages = [
        ("/".to_owned(), vec!["Maria &lt;Alvarez&gt;", "limit 2 kg", "High", "82.7 kg", "due in", "Accept"]),
        (format!("/tasks/{task}"), vec!["Breathless lying down?", "<svg", "+1 555 0101", "Complete", "Rule HF-W2"]),
        ("/patients".to_owned(), vec!["9 Mar 1948", "Heart failure"]),
        ("/patients/p1".to_owned(), vec!["<title id=\"t-weight\"", "still holds", "rulebook", "hub-1/scale"]),
        ("/patients/p1?days=90".to_owned(), vec!["82.7 kg"]),
        ("/devices".to_owned(), vec!["One device sends readings that are nobody’s", "Assign"]),
        ("/sources".to_owned(), vec!["There is no source yet"]),
        ("/quarantine".to_owned(), vec!["unknown unit <code>lbs</code>", "Replay", "in quarantine"]),
        ("/quarantine/1".to_owned(), vec!["{&quot;bad&quot;", "7b 22 62 61 64 22"]),
        ("/rules?book=heart-failure".to_owned(), vec!["Call about sudden weight gain", "HF-W2", "ESC"]),
        ("/people".to_owned(), vec!["administrator", "Add somebody"]),
        ("/audit".to_owned(), vec!["signed in as administrator"]),
    ];
    for (path, words) in pages {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        for word in words {
            assert!(page.body.contains(word), "{path} lacks {word:?}: {}", page.body);
        }
        assert!(page.body.contains("not an emergency service"), "{path}");
        assert!(!page.body.contains("<Alvarez>") && !page.body.contains("style=\""), "{path}");
        assert!(page.body.len() < 100_000, "{path} has {} bytes", page.body.len());
        check_headers(&path, &page);
    }
    for path in ["/sign-in", "/nothing", "/patients/nobody", "/api/openapi.json", "/healthz"] {
        check_headers(path, &browser.get(path).await);
    }
    let missing = browser.get("/patients/nobody").await;
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("There is no patient with this id here."), "{}", missing.body);
}

#[track_caller]
fn check_headers(path: &str, page: &support::client::Reply) {
    let policy = page.header("content-security-policy").unwrap_or_default();
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
    assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
}

#[tokio::test]
async fn a_device_is_assigned_and_its_readings_are_somebodys() {
    let (f, _) = seeded().await;
    let browser = f.sign_in("administrator").await;
    let wrong = browser.post("/devices/assign", "device=hub-1%2Fscale&patient=p1").await;
    assert_eq!(wrong.status, 409, "{}", wrong.body);
    let right = browser.post("/devices/assign", "device=hub-1%2Fother&patient=p1&from=2026-11-20").await;
    assert_eq!(right.status, 303, "{}", right.body);
    assert!(!browser.get("/devices").await.body.contains("nobody’s."));
}

#[tokio::test]
async fn devices_are_found_and_paged_in_the_url() {
    let (f, _) = seeded().await;
    let browser = f.sign_in("administrator").await;
    let at = f.clock.now();
    let many =
        (0..120).map(|n| reading(&format!("hub-9/d{n:03}"), Kind::HeartRate, at, &[(Quantity::HeartRate, "70")]));
    f.readings(many.collect()).await;
    let next = |page: &str| {
        let (_, rest) = page.split_once("<a href=\"/devices?cursor=").unwrap();
        format!("/devices?cursor={}", rest.split('"').next().unwrap().replace("&amp;", "&"))
    };
    let first = browser.get("/devices").await.body;
    assert!(first.contains("hub-9/d000") && !first.contains("hub-9/d119") && first.len() < 100_000, "{first}");
    let rest = browser.get(&next(&first)).await.body;
    assert!(rest.contains("hub-9/d119") && !rest.contains("hub-9/d000") && !rest.contains("devices?cursor="), "{rest}");
    let found = browser.get("/devices?q=Alvarez").await.body;
    assert!(found.contains("hub-1/scale") && found.contains("/patients/p1") && !found.contains("hub-9"), "{found}");
    let found = browser.get("/devices?q=9%2FD11").await.body;
    assert!(found.contains("hub-9/d119") && !found.contains("hub-1/scale"), "{found}");
    let strays = browser.get("/devices?nobodys=1").await.body;
    assert!(
        !strays.contains("hub-1/scale") && browser.get(&next(&strays)).await.body.contains("hub-9/d119"),
        "{strays}"
    );
    assert!(browser.get("/devices?q=none").await.body.contains("No device fits."));
    let wrong = browser.post("/devices/assign", "device=hub-9&patient=Alvarez&reason=new").await;
    assert_eq!(wrong.status, 400);
    assert!(
        wrong.body.contains("as it stands in the list") && wrong.body.contains("value=\"Alvarez\""),
        "{}",
        wrong.body
    );
    let right = browser.post("/devices/assign", "device=hub-9%2Fd003&patient=alvarez").await;
    assert_eq!(right.status, 303, "{}", right.body);
}

#[tokio::test]
async fn assets_are_kept_and_an_old_name_is_gone() {
    let f = Fixture::start().await;
    let page = send(f.address, "GET", "/sign-in", &[], "").await;
    let (_, rest) = page.body.split_once("/assets/style").unwrap();
    let path = format!("/assets/style{}", rest.split('"').next().unwrap());
    let style = send(f.address, "GET", &path, &[], "").await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(style.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(send(f.address, "GET", "/assets/style.000000000000.css", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_link_that_does_not_lead_on_is_refused_and_not_taken_for_the_beginning() {
    let (f, _) = seeded().await;
    let browser = f.sign_in("administrator").await;
    assert_eq!(f.api("POST", "/sources", r#"{"id": "hub-1", "kind": "gateway"}"#).await.status, 201);
    let lists = ["patients", "silent", "devices", "sources", "sources/hub-1", "quarantine", "glass/opened", "audit"];
    for list in lists {
        let page = browser.get(&format!("/{list}?cursor=nonsense")).await;
        assert_eq!(page.status, 400, "{list}");
        assert!(page.body.contains("The cursor is not one of ours"), "{list}: {}", page.body);
        assert_eq!(browser.get(&format!("/{list}?cursor=")).await.status, 200, "{list}");
    }
    let german = [("Cookie", browser.cookie.as_str()), ("Accept-Language", "de")];
    let page = send(f.address, "GET", "/patients?cursor=nonsense", &german, "").await;
    assert!(page.body.contains("Dieser Link führt nicht weiter."), "{}", page.body);
    assert_eq!(browser.get("/quarantine?code=a+b").await.status, 404, "no reason is called so");
}

#[tokio::test]
async fn what_was_searched_for_goes_on_with_the_list() {
    let f = Fixture::start().await;
    f.add_user(Role::Administrator).await;
    for n in 0..70 {
        let made = f.api("POST", "/sources", &format!(r#"{{"id": "hub-{n}", "kind": "gateway"}}"#)).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let browser = f.sign_in("administrator").await;
    let page = browser.get("/sources?q=hub%2D").await.body;
    let (_, link) = page.split_once("href=\"/sources?cursor=").unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    assert!(link.ends_with("&q=hub%2D"), "{link}");
    assert_eq!(browser.get(&format!("/sources?cursor={link}")).await.status, 200);
}

#[tokio::test]
async fn the_provider_is_told_where_its_reader_wanted_to_go() {
    let mut provider = console::OidcConfig::new("https://id.clinic.example", "hearth", "https://hearth.clinic.example");
    provider.roles.insert("nurses".to_owned(), Role::Coordinator);
    let f = Fixture::with(|config| config.oidc = Some(provider)).await;
    let page = send(f.address, "GET", "/sign-in?next=/tasks/a:b", &[], "").await.body;
    assert!(page.contains("href=\"/sign-in/oidc?next=%2Ftasks%2Fa%3Ab\""), "{page}");
}
