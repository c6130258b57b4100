//! What a reading costs in a house of 100 and in one of 100,000 patients: CPU time of journal and rules together.
//!
//! Every patient has a device, an enrolment and some days of history that the rules have folded. Then batches of
//! readings arrive in the one house and in the other in turn, each reading of another patient, as in a real house, and
//! each batch is waited for until the rules have folded it. `PATIENTS`, `HISTORY`, `READINGS` (of a round) and
//! `IN_MEMORY` change what is measured; the last line is JSON.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark"
)]

use chrono::TimeDelta;
use hearth_tests::house::House;
use rules::{Reconciler, ReconcilerOptions};
use service_kit::{Clock, Health, Metrics, Shutdown};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

/// As `hearth` has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Readings that arrive together.
const BATCH: usize = 50;
/// How often both houses hear some readings, in turn: the machine is not equally quick all the time.
const ROUNDS: usize = 9;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// CPU time of this process so far, user and system.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
    // Linux tells user space in hundredths of a second, whatever its own clock.
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Memory of this process now, in MB.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// A house whose history the rules have folded.
struct Lived {
    patients: usize,
    house: House,
    shutdown: Shutdown,
    _folder: tempfile::TempDir,
}

impl Lived {
    async fn begin(patients: usize, history: usize, readings: usize) -> Self {
        let began = Moment::now();
        let folder = tempfile::Builder::new().prefix("scale-").tempdir_in(target()).unwrap();
        let days = (history + readings.div_ceil(patients)) / 2 + 1;
        // Half a kilogram up and down: nobody's task.
        let weight = |patient, round| 80_000 + i64::try_from((patient * 37 + round * 53) % 5).unwrap() * 100;
        let mut house = House::new(&folder.path().join("hearth.db"), patients, days, weight).await;
        let entered = began.elapsed().as_secs_f64();
        for sent in (0..history * patients).step_by(2000) {
            house.send(2000.min(history * patients - sent)).await;
        }
        let sent = began.elapsed().as_secs_f64();
        let runs = house.store.record_start(chrono::Utc::now()).await.unwrap();
        let shutdown = Shutdown::new();
        let usual = ReconcilerOptions::default();
        // Nobody has a page open.
        let patients_in_memory = setting("IN_MEMORY", usual.patients_in_memory);
        let options = ReconcilerOptions { catching_up: usual.concurrency, patients_in_memory, ..usual };
        let (store, metrics, health) = (Arc::clone(&house.store), Metrics::new(), Health::new());
        let running = Reconciler::start(store, Clock::system(), &metrics, &health, &shutdown, runs, options).await;
        running.unwrap();
        house.folded().await;
        eprintln!(
            "{patients} patients: {} MB; entered in {entered:.1} s, {} readings stored by {sent:.1} s, folded by {:.1} s",
            resident(),
            history * patients,
            began.elapsed().as_secs_f64(),
        );
        Self { patients, house, shutdown, _folder: folder }
    }

    /// CPU microseconds for each of `readings` that arrive now.
    async fn hear(&mut self, readings: usize) -> f64 {
        let before = cpu();
        for _ in 0..readings / BATCH {
            self.house.send(BATCH).await;
            self.house.folded().await;
        }
        (cpu() - before).as_secs_f64() * 1e6 / readings as f64
    }

    async fn end(self) {
        drop(self.shutdown.drain(Duration::from_secs(10)).await);
        self.house.store.close(TimeDelta::seconds(10)).await.unwrap();
    }
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Beside the build, which is on a disk; a temporary folder may be in memory.
fn target() -> std::path::PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

#[tokio::main]
async fn main() {
    let (many, history, readings) = (setting("PATIENTS", 100_000), setting("HISTORY", 10), setting("READINGS", 1_000));
    let all = readings * (ROUNDS + 1);
    let mut most = Lived::begin(many, history, all).await;
    let mut few = Lived::begin(100, history, all).await;
    let (mut costs, mut ratios) = ([vec![], vec![]], vec![]);
    for round in 0..=ROUNDS {
        let (in_few, in_most) = (few.hear(readings).await, most.hear(readings).await);
        // The first only warms up.
        if round > 0 {
            eprintln!("{in_few:.0} µs of {}, {in_most:.0} µs of {many}: {:.2}", few.patients, in_most / in_few);
            costs[0].push(in_few);
            costs[1].push(in_most);
            ratios.push(in_most / in_few);
        }
    }
    few.end().await;
    most.end().await;
    let [few, most] = costs.map(median);
    let ratio = median(ratios);
    println!(r#"{{"patients": [100, {many}], "cpu_us_per_reading": [{few:.1}, {most:.1}], "ratio": {ratio:.2}}}"#);
}
