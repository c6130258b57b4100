//! Builds, once, the store that the pages are measured on: 100,000 patients with 100 days of readings twice a day, of
//! whom every tenth has gained weight since yesterday. `HOUSE` is where it goes; `PATIENTS` and `ROUNDS` make it smaller.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "a benchmark")]

use chrono::TimeDelta;
use hearth_tests::house::House;
use rules::{Reconciler, ReconcilerOptions};
use service_kit::{Clock, Health, Metrics, Shutdown};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Readings in a commit.
const STEP: usize = 5_000;

/// Half a kilogram up and down; every tenth gains 2.5 kg with the last reading.
fn weight(patient: usize, round: usize) -> i64 {
    let usual = 80_000 + i64::try_from((patient * 37 + round * 53) % 5).unwrap() * 100;
    let gained = patient % 10 == 7 && round + 1 == setting("ROUNDS", 200);
    usual + if gained { 2_500 } else { 0 }
}

#[tokio::main]
async fn main() {
    let (patients, rounds) = (setting("PATIENTS", 100_000), setting("ROUNDS", 200));
    let Some(folder) = std::env::var_os("HOUSE").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    let began = Moment::now();
    let said = |what: &str| eprintln!("{:6.0} s  {what}", began.elapsed().as_secs_f64());
    let mut house = House::new(&folder.join("hearth.db"), patients, rounds / 2, weight).await;
    said("patients entered");
    let all = patients * rounds;
    for sent in (0..all).step_by(STEP) {
        house.send(STEP.min(all - sent)).await;
        if sent % (all / 10).next_multiple_of(STEP) == 0 {
            said(&format!("{sent} of {all} readings stored"));
        }
    }
    let runs = house.store.record_start(chrono::Utc::now()).await.unwrap();
    let shutdown = Shutdown::new();
    // Nobody comes twice, and nobody has a page open.
    let usual = ReconcilerOptions::default();
    let options = ReconcilerOptions { patients_in_memory: 100, catching_up: usual.concurrency, ..usual };
    let (metrics, health) = (Metrics::new(), Health::new());
    let running =
        Reconciler::start(Arc::clone(&house.store), Clock::system(), &metrics, &health, &shutdown, runs, options).await;
    running.unwrap();
    while tokio::time::timeout(Duration::from_secs(20), house.folded()).await.is_err() {
        said("folding");
    }
    said("folded");
    drop(shutdown.drain(Duration::from_secs(60)).await);
    house.store.close(TimeDelta::seconds(600)).await.unwrap();
    said("closed");
}
