//! Serves every page from a throw-away store, to look at: `cargo run -p console --example gallery`.
//!
//! It signs in as a browser would and puts a small proxy in front that adds the cookie, so that a headless browser
//! can photograph pages behind the sign-in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

#[path = "../tests/support/mod.rs"]
mod support;

use care::Role;
use chrono::TimeDelta;
use std::net::SocketAddr;
use support::Fixture;
use support::seed::{reading, refused};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vitals::{Instant, Kind, Quantity as Q, Reading};

#[tokio::main]
async fn main() {
    let fixture = Fixture::live().await;
    for role in Role::ALL {
        fixture.add_user(role).await;
    }
    seed(&fixture).await;
    let browser = fixture.sign_in("administrator").await;
    let port = std::env::args().nth(1).unwrap_or_else(|| "8099".into());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    println!(
        "http://127.0.0.1:{port} signed in; http://{} as it is, password `{}`",
        fixture.address,
        support::PASSWORD
    );
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(relay(stream, fixture.address, browser.cookie.clone()));
    }
}

/// One request with the cookie added.
async fn relay(mut stream: TcpStream, to: SocketAddr, cookie: String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8_lossy(&head).replace("keep-alive", "close");
    let head = head.replacen("\r\n", &format!("\r\nCookie: {cookie}\r\n"), 1);
    let mut console = TcpStream::connect(to).await.unwrap();
    console.write_all(head.as_bytes()).await.unwrap();
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut console).await;
}

async fn seed(fixture: &Fixture) {
    let people = [
        ("p-maria", "Maria Alvarez", "heart-failure", "hub-17/scale-1"),
        ("p-james", "James O’Connor", "heart-failure", "hub-18/scale-2"),
        ("p-ruth", "Ruth Feldman", "hypertension", "hub-19/cuff-1"),
        ("p-samuel", "Samuel Okafor", "hypertension", "acme/cuff-22"),
        ("p-linh", "Linh Nguyen", "diabetes", "acme/meter-7"),
        ("p-george", "George Whitfield-Featherstonehaugh", "copd", "hub-20/oxi-1"),
    ];
    for (source, kind) in [("hub-17", "gateway"), ("hub-18", "gateway"), ("hub-20", "gateway"), ("acme", "vendor")] {
        fixture.api("POST", "/sources", &format!(r#"{{"id": "{source}", "kind": "{kind}"}}"#)).await;
    }
    for (id, name, programme, device) in people {
        fixture.patient(id, name, programme, device).await;
    }
    for part in history(fixture.clock.now()).chunks(40) {
        fixture.readings(part.to_vec()).await;
    }
    let now = fixture.clock.now();
    let bad: &[u8] = br#"{"id": "771", "kind": "body-weight", "values": {"weight": {"value": 176, "unit": "lbs"}}}"#;
    let detail = "unknown unit `lbs`; write it in UCUM, e.g. `kg`, `[lb_av]`";
    let messages = vec![refused("acme", "scale-3", now - TimeDelta::hours(3), "unknown-unit", detail, bad)];
    fixture.store.admit(messages).await.unwrap();
    for patient in ["p-maria", "p-ruth", "p-linh"] {
        let task = fixture.task_of(patient).await;
        if patient == "p-ruth" {
            let reply = fixture.api("POST", &format!("/tasks/{task}/accept"), "").await;
            assert_eq!(reply.status, 200, "{}", reply.body);
            fixture
                .api("POST", &format!("/tasks/{task}/note"), r#"{"note": "Rang twice, will try after lunch."}"#)
                .await;
        }
    }
}

/// Sixty days of six people.
fn history(now: Instant) -> Vec<Reading> {
    let mut list = Vec::new();
    for day in (0..60_u32).rev() {
        let at = now - TimeDelta::days(i64::from(day)) - TimeDelta::minutes(95);
        let d = f64::from(day);
        let wave = (d * 1.7).sin() * 0.4 + (d * 0.45).cos() * 0.5;
        let gain = if day < 4 { (4.0 - d) * 0.8 } else { 0.0 };
        if day % 11 != 7 {
            list.push(reading(
                "hub-17/scale-1",
                Kind::BodyWeight,
                at,
                &[(Q::Weight, &format!("{:.1}", 82.3 + wave * 0.5 + gain))],
            ));
        }
        list.push(reading("hub-18/scale-2", Kind::BodyWeight, at, &[(Q::Weight, &format!("{:.1}", 94.0 + wave))]));
        let (s, p) = (138.0 + wave * 9.0 + if day == 0 { 50.0 } else { 0.0 }, 71.0 + wave * 4.0);
        let bp = |s: f64| {
            [
                (Q::Systolic, format!("{s:.0}")),
                (Q::Diastolic, format!("{:.0}", s * 0.62)),
                (Q::Pulse, format!("{p:.0}")),
            ]
        };
        for (device, values) in [("hub-19/cuff-1", bp(s)), ("acme/cuff-22", bp(150.0 + wave * 8.0))] {
            let values: Vec<_> = values.iter().map(|(q, v)| (*q, v.as_str())).collect();
            list.push(reading(device, Kind::BloodPressure, at, &values));
        }
        for (hour, low) in [(0_i64, 0.0), (5, 30.0), (11, 12.0)] {
            let g = 118.0 + wave * 25.0 + low - if day == 1 && hour == 5 { 112.0 } else { 0.0 };
            list.push(reading(
                "acme/meter-7",
                Kind::Glucose,
                at - TimeDelta::hours(hour),
                &[(Q::Glucose, &format!("{g:.0}"))],
            ));
        }
        let spo2 = 93.0 + wave - if day == 2 { 5.5 } else { 0.0 };
        list.push(reading(
            "hub-20/oxi-1",
            Kind::OxygenSaturation,
            at,
            &[(Q::Spo2, &format!("{spo2:.0}")), (Q::Pulse, "82")],
        ));
    }
    list.push(reading("hub-20/scale-9", Kind::BodyWeight, now, &[(Q::Weight, "71.2")]));
    list
}
