//! Who may do what, over real HTTP: every described operation and every page, each role and nobody.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod support;

use care::Role;
use chrono::TimeDelta;
use support::client::{Reply, send};
use support::{Fixture, PASSWORD};

const VIEWER: Option<Role> = Some(Role::Viewer);
const COORDINATOR: Option<Role> = Some(Role::Coordinator);
const CLINICIAN: Option<Role> = Some(Role::Clinician);
const ADMINISTRATOR: Option<Role> = Some(Role::Administrator);

/// The least role that each route asks for; none is public. Written out a second time on purpose.
const ROUTES: &[(&str, &str, Option<Role>)] = &[
    ("GET", "/api/v1/patients", VIEWER),
    ("POST", "/api/v1/patients", CLINICIAN),
    ("GET", "/api/v1/patients/{id}", VIEWER),
    ("PATCH", "/api/v1/patients/{id}", COORDINATOR),
    ("GET", "/api/v1/patients/{id}/readings", VIEWER),
    ("GET", "/api/v1/patients/{id}/episodes", VIEWER),
    ("GET", "/api/v1/tasks", VIEWER),
    ("GET", "/api/v1/tasks/{id}", VIEWER),
    ("POST", "/api/v1/tasks/{id}/{verb}", COORDINATOR),
    ("GET", "/api/v1/parameters", VIEWER),
    ("PUT", "/api/v1/parameters", ADMINISTRATOR),
    ("GET", "/api/v1/ledger", VIEWER),
    ("GET", "/api/v1/quarantine", VIEWER),
    ("GET", "/api/v1/quarantine/{id}", ADMINISTRATOR),
    ("POST", "/api/v1/quarantine/{id}/replay", ADMINISTRATOR),
    ("GET", "/api/v1/sources", VIEWER),
    ("POST", "/api/v1/sources", ADMINISTRATOR),
    ("POST", "/api/v1/sources/{id}/rotate", ADMINISTRATOR),
    ("POST", "/api/v1/sources/{id}/disable", ADMINISTRATOR),
    ("POST", "/api/v1/sources/{id}/enable", ADMINISTRATOR),
    ("GET", "/api/v1/devices", VIEWER),
    ("GET", "/api/v1/assignments", VIEWER),
    ("POST", "/api/v1/assignments", COORDINATOR),
    ("GET", "/api/v1/users", ADMINISTRATOR),
    ("POST", "/api/v1/users", ADMINISTRATOR),
    ("PATCH", "/api/v1/users/{name}", ADMINISTRATOR),
    ("GET", "/api/v1/tokens", ADMINISTRATOR),
    ("POST", "/api/v1/tokens", ADMINISTRATOR),
    ("POST", "/api/v1/tokens/{id}/disable", ADMINISTRATOR),
    ("GET", "/api/v1/cover", ADMINISTRATOR),
    ("PUT", "/api/v1/cover", ADMINISTRATOR),
    ("GET", "/api/v1/messages", ADMINISTRATOR),
    ("GET", "/api/v1/teams", VIEWER),
    ("POST", "/api/v1/teams", ADMINISTRATOR),
    ("DELETE", "/api/v1/teams/{id}", ADMINISTRATOR),
    ("GET", "/api/v1/opened-patients", ADMINISTRATOR),
    ("GET", "/api/v1/sessions", ADMINISTRATOR),
    ("DELETE", "/api/v1/sessions/{id}", ADMINISTRATOR),
    ("GET", "/api/v1/audit", ADMINISTRATOR),
    ("GET", "/api/openapi.json", None),
    ("GET", "/", VIEWER),
    ("GET", "/new-patient", CLINICIAN),
    ("POST", "/new-patient", CLINICIAN),
    ("GET", "/patients/{id}/readings", VIEWER),
    ("GET", "/patients/{id}/edit", COORDINATOR),
    ("POST", "/patients/{id}/edit", COORDINATOR),
    ("POST", "/patients/{id}/care", CLINICIAN),
    ("GET", "/patients/{id}/devices", COORDINATOR),
    ("POST", "/patients/{id}/devices", COORDINATOR),
    ("GET", "/patients/{id}/parameters/{key}", CLINICIAN),
    ("POST", "/patients/{id}/parameters/{key}", CLINICIAN),
    ("POST", "/patients/{id}/own", COORDINATOR),
    ("POST", "/patients/{id}/own/{link}/revoke", COORDINATOR),
    ("POST", "/tasks/assign", COORDINATOR),
    ("GET", "/tasks/quiet", VIEWER),
    ("GET", "/silent", VIEWER),
    ("GET", "/first-run", CLINICIAN),
    ("POST", "/first-run/patient", CLINICIAN),
    ("POST", "/first-run", ADMINISTRATOR),
    ("GET", "/sources/{id}", VIEWER),
    ("POST", "/quarantine/replay", ADMINISTRATOR),
    ("POST", "/rules/parameters", ADMINISTRATOR),
    ("GET", "/tasks/{id}", VIEWER),
    ("POST", "/tasks/{id}/{verb}", COORDINATOR),
    ("GET", "/patients", VIEWER),
    ("GET", "/patients/{id}", VIEWER),
    ("GET", "/devices", VIEWER),
    ("POST", "/devices/assign", COORDINATOR),
    ("GET", "/sources", VIEWER),
    ("POST", "/sources", ADMINISTRATOR),
    ("POST", "/sources/{id}/{verb}", ADMINISTRATOR),
    ("GET", "/quarantine", VIEWER),
    ("GET", "/quarantine/{id}", ADMINISTRATOR),
    ("POST", "/quarantine/{id}/replay", ADMINISTRATOR),
    ("GET", "/rules", VIEWER),
    ("GET", "/messages", ADMINISTRATOR),
    ("POST", "/messages", ADMINISTRATOR),
    ("POST", "/messages/test", ADMINISTRATOR),
    ("GET", "/account", VIEWER),
    ("POST", "/account/{verb}", VIEWER),
    ("POST", "/account/sessions/{id}", VIEWER),
    ("GET", "/account/second-factor", VIEWER),
    ("POST", "/account/second-factor", VIEWER),
    ("POST", "/account/second-factor/{verb}", VIEWER),
    ("GET", "/glass", VIEWER),
    ("POST", "/glass", VIEWER),
    ("GET", "/glass/opened", ADMINISTRATOR),
    ("POST", "/glass/{name}/{id}", ADMINISTRATOR),
    ("GET", "/people/{name}", ADMINISTRATOR),
    ("POST", "/people/{name}/sessions/{id}", ADMINISTRATOR),
    ("GET", "/teams", ADMINISTRATOR),
    ("POST", "/teams", ADMINISTRATOR),
    ("POST", "/teams/{id}/remove", ADMINISTRATOR),
    ("GET", "/tokens", ADMINISTRATOR),
    ("POST", "/tokens", ADMINISTRATOR),
    ("POST", "/tokens/{id}/disable", ADMINISTRATOR),
    ("GET", "/people", ADMINISTRATOR),
    ("POST", "/people", ADMINISTRATOR),
    ("POST", "/people/{name}/{verb}", ADMINISTRATOR),
    ("GET", "/audit", ADMINISTRATOR),
    ("GET", "/sign-in", None),
    ("GET", "/sign-in/code", None),
    ("GET", "/healthz", None),
    ("GET", "/readyz", None),
    ("GET", "/metrics", None),
];

fn filled(path: &str) -> String {
    path.replace("{id}", "x1")
        .replace("{name}", "x1")
        .replace("{verb}", "note")
        .replace("{key}", "x1")
        .replace("{link}", "x1")
}

#[tokio::test]
async fn every_route_for_every_role_and_for_nobody() {
    let f = Fixture::start().await;
    let mut tokens = Vec::new();
    for role in Role::ALL {
        let body = format!(r#"{{"label": "test", "role": "{role}"}}"#);
        let reply = f.api("POST", "/tokens", &body).await;
        tokens.push((role, reply.json()["token"].as_str().unwrap().to_owned()));
    }
    for (method, template, least) in ROUTES {
        let path = filled(template);
        let nobody = send(f.address, method, &path, &[], "").await;
        match least {
            None => assert_eq!(nobody.status, 200, "{method} {template}: {}", nobody.body),
            Some(_) if path.starts_with("/api/") => assert_eq!(nobody.status, 401, "{method} {template}"),
            Some(_) => assert_eq!(nobody.status, 303, "{method} {template} leads to the sign-in page"),
        }
        check_headers(&nobody, &path);
        for (role, token) in &tokens {
            let bearer = format!("Bearer {token}");
            let reply = send(f.address, method, &path, &[("Authorization", &bearer)], "").await;
            check_headers(&reply, &path);
            let allowed = least.is_none_or(|least| *role >= least);
            assert_eq!(reply.status != 403, allowed, "{method} {template} as {role}: {} {}", reply.status, reply.body);
            assert!(![401, 405, 500].contains(&reply.status), "{method} {template} as {role}: {}", reply.status);
        }
    }
}

/// Whatever is answered, to whomever: a page, a redirect, a refusal.
#[track_caller]
fn check_headers(reply: &Reply, path: &str) {
    let policy = reply.header("content-security-policy").unwrap_or_default();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part) && !policy.contains("unsafe"), "{path}: {policy}");
    }
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
    if !path.starts_with("/assets/") {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn a_page_that_is_not_in_the_table_above_fails() {
    let served = include_str!("../src/access/table.rs").split("pub(crate) const TABLE").nth(1).unwrap();
    let served = served.split("];").next().unwrap();
    // What streams, redirects elsewhere or has a form of its own is tried in tests of its own.
    let apart = [
        "/events",
        "/assets/{name}",
        "/sign-in/oidc",
        "/sign-in/oidc/return",
        "/signed-out",
        "/own/{token}",
        "/own/{token}/close",
    ];
    for path in served.split('"').filter(|text| text.starts_with('/')) {
        assert!(
            apart.contains(&path) || ROUTES.iter().any(|(_, p, _)| *p == path) || path == "/sign-out",
            "{path} is not in the table"
        );
    }
}

#[test]
fn a_described_operation_that_is_not_in_the_table_above_fails() {
    let document = serde_json::to_value(console::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().map(|m| m.to_uppercase()) {
            let known = ROUTES.iter().any(|(m, p, _)| *m == method && p == path);
            assert!(known, "{method} {path} is not in the table");
        }
    }
}

#[tokio::test]
async fn a_coordinator_changes_contacts_and_not_programmes() {
    let f = Fixture::start().await;
    f.patient("p1", "Maria Alvarez", "heart-failure", "hub-1/scale").await;
    let made = f.api("POST", "/tokens", r#"{"label": "c", "role": "coordinator"}"#).await.json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let patch = async |body: &str| {
        send(f.address, "PATCH", "/api/v1/patients/p1", &[("Authorization", &bearer)], body).await.status
    };
    assert_eq!(patch(r#"{"phone": "+1 555 0199"}"#).await, 200);
    assert_eq!(patch(r#"{"assignments": []}"#).await, 200);
    for body in [r#"{"programmes": []}"#, r#"{"status": "ended"}"#, r#"{"parameters": {}}"#, r#"{"name": "x"}"#] {
        assert_eq!(patch(body).await, 403, "{body}");
    }
    let id = made["id"].as_str().unwrap();
    assert_eq!(f.api("POST", &format!("/tokens/{id}/disable"), "").await.status, 200);
    assert_eq!(patch(r#"{"phone": "1"}"#).await, 401, "a disabled token no longer works");
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_is_refused() {
    let f = Fixture::start().await;
    f.add_user(Role::Administrator).await;
    let browser = f.sign_in("administrator").await;
    let fields = "id=hub-1&kind=gateway";
    assert_eq!(browser.post_raw("/sources", fields, &[]).await.status, 403, "no token");
    assert_eq!(browser.post_raw("/sources", &format!("csrf=00&{fields}"), &[]).await.status, 403, "a wrong one");
    let right = format!("csrf={}&{fields}", browser.csrf);
    assert_eq!(browser.post_raw("/sources", &right, &[("Sec-Fetch-Site", "cross-site")]).await.status, 403);
    assert_eq!(f.api("GET", "/sources", "").await.json()["items"].as_array().unwrap().len(), 0);
    assert_eq!(browser.post_raw("/sources", &right, &[]).await.status, 200);
    let header = [("X-CSRF-Token", browser.csrf.as_str())];
    let json = browser.post_raw("/api/v1/sources", r#"{"id": "hub-2", "kind": "vendor"}"#, &header);
    assert_eq!(json.await.status, 201, "a program in the page sends the token as a header");
}

#[tokio::test]
async fn wrong_passwords_close_the_account_for_longer_and_longer() {
    let f = Fixture::start().await;
    f.add_user(Role::Viewer).await;
    for _ in 0..5 {
        assert_eq!(f.try_sign_in("viewer", "wrong").await.status, 401);
    }
    assert_eq!(f.try_sign_in("viewer", PASSWORD).await.status, 401, "closed for 30 s, even for the right password");
    f.advance(TimeDelta::seconds(31));
    assert_eq!(f.try_sign_in("viewer", "wrong").await.status, 401);
    f.advance(TimeDelta::seconds(31));
    assert_eq!(f.try_sign_in("viewer", PASSWORD).await.status, 401, "the next time it is a minute");
    f.advance(TimeDelta::seconds(30));
    assert_eq!(f.try_sign_in("viewer", PASSWORD).await.status, 303);
    assert_eq!(f.try_sign_in("nobody", PASSWORD).await.status, 401);
}

#[tokio::test]
async fn a_session_ends_when_idle_when_old_when_told_and_when_the_role_changes() {
    let f = Fixture::start().await;
    f.add_user(Role::Coordinator).await;
    let browser = f.sign_in("coordinator").await;
    assert!(browser.cookie.len() > 64);
    f.advance(TimeDelta::minutes(29));
    assert_eq!(browser.get("/").await.status, 200);
    f.advance(TimeDelta::minutes(29));
    assert_eq!(browser.get("/").await.status, 200, "it was used in between");
    f.advance(TimeDelta::minutes(31));
    assert_eq!(browser.get("/").await.status, 303, "idle");

    let browser = f.sign_in("coordinator").await;
    for _ in 0..24 {
        f.advance(TimeDelta::minutes(29));
        browser.get("/").await;
    }
    f.advance(TimeDelta::minutes(29));
    assert_eq!(browser.get("/").await.status, 303, "twelve hours are over");

    let browser = f.sign_in("coordinator").await;
    assert_eq!(browser.post("/sign-out", "").await.status, 303);
    assert_eq!(browser.get("/").await.status, 303, "signed out");

    let browser = f.sign_in("coordinator").await;
    assert_eq!(f.api("PATCH", "/users/coordinator", r#"{"role": "viewer"}"#).await.status, 200);
    assert_eq!(browser.get("/").await.status, 303, "another role");
}

#[tokio::test]
async fn cookies_are_secure_behind_a_proxy_and_the_proxy_is_wanted() {
    let f = Fixture::with(|config| config.trusted_proxies = vec!["10.0.0.1".parse().unwrap()]).await;
    let form = send(f.address, "GET", "/sign-in", &[], "").await;
    let cookie = form.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-hearth-form=") && cookie.contains("; Secure") && cookie.contains("; HttpOnly"),
        "{cookie}"
    );
    assert_eq!(form.header("strict-transport-security"), Some("max-age=31536000"));
    let plain = Fixture::start().await;
    let form = send(plain.address, "GET", "/sign-in", &[], "").await;
    assert_eq!(form.header("strict-transport-security"), None, "a loopback address has no TLS to be strict about");
}
