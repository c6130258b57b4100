//! How fast a list of tasks is read, with 100,000 patients and 10,000 open tasks, each with two weeks of readings.
//! `cargo bench -p store --bench board`; `PATIENTS` and `TASKS` set how many. Beside it stands a read of one task, because
//! only the ratio carries over to another machine.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a benchmark: it may stop at the first error, and it reads the clock and the environment"
)]

use care::*;
use chrono::TimeDelta;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant as Stopwatch;
use store::*;
use vitals::{
    Decimal, DeviceId, DeviceRef, Instant, Kind, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt, SourceId, Unit,
    Value,
};

const DAYS: i64 = 14;

fn count(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn pid(n: usize) -> PatientId {
    PatientId::new(&format!("p{n:06}")).unwrap()
}

fn device(n: usize) -> DeviceRef {
    DeviceRef { source: SourceId::new(&format!("hub-{n}")).unwrap(), device: DeviceId::new("scale").unwrap() }
}

async fn enter(store: Arc<SqliteStore>, n: usize, start: Instant) {
    let profile = Patient {
        id: pid(n),
        name: format!("Given{} Family{}", n % 997, n),
        birth_date: None,
        timezone: chrono_tz::Europe::Berlin,
        phone: "+49 30 555".into(),
        contacts: vec![],
        language: "de".into(),
        identifiers: vec![Identifier { system: "mrn".into(), value: format!("{:07}", n * 7) }],
        teams: [TeamId::new(["north", "south"][n % 2]).unwrap()].into(),
    };
    let programme = ProgrammeId::new(["heart-failure", "hypertension"][n % 2]).unwrap();
    let change = Change {
        profile: Some(profile),
        timezone: None,
        status: Some(PatientStatus::Active),
        enrolments: Some(vec![Enrolment { programme, from: start, until: None, entered_at: start }]),
        effective_from: start,
        reason: "a benchmark".into(),
    };
    let worn = Assignment { device: device(n), user_slot: None, patient: pid(n), from: start, until: None };
    store.add_patient(change, vec![], vec![worn], &Actor("bench".into())).await.unwrap();
}

fn reading(n: usize, day: i64, now: Instant) -> Admit {
    let DeviceRef { source, device } = device(n);
    let at = now - TimeDelta::days(day) - TimeDelta::minutes(n as i64 % 600);
    let grams = 80_000 + (n as i64 * 37 + day * 91) % 3000;
    let reading = Reading {
        key: ReadingKey {
            source: source.clone(),
            device: device.clone(),
            id: ReadingId::new(&format!("{n}-{day}")).unwrap(),
        },
        kind: Kind::BodyWeight,
        measured_at: at.into(),
        values: [(Quantity::Weight, Value::number(Decimal::new(grams, 3), Unit::Kilogram))].into(),
        user_slot: None,
        flags: BTreeSet::new(),
        sample: None,
        meal: None,
        clock: None,
        battery: None,
        corrects: None,
    };
    Admit {
        topic: format!("hearth/v1/{source}/{device}/reading"),
        source,
        device,
        received_at: ReceivedAt(at),
        hub_connected: true,
        via: Via::Mqtt,
        items: vec![AdmitItem::Reading {
            reading: Box::new(reading),
            admission_flags: BTreeSet::new(),
            raw: "{}".into(),
        }],
    }
}

fn episode(n: usize, now: Instant) -> Episode {
    let point = |day: i64| EvidencePoint {
        reading: ReadingKey {
            source: device(n).source,
            device: device(n).device,
            id: ReadingId::new(&format!("{n}-{day}")).unwrap(),
        },
        measured_at: now - TimeDelta::days(day),
        quantity: Quantity::Weight,
        value: Value::number(Decimal::new(80_000 - day * 300, 3), Unit::Kilogram),
    };
    let rule = EpisodeRule {
        rule: RuleId::new("HF-W2").unwrap(),
        programme: ProgrammeId::new("heart-failure").unwrap(),
        rulebook: "heart-failure 2026.1".into(),
        opened_at: now - TimeDelta::hours(3),
        opened_by: Some(point(0).reading),
        why: Sentence::words("Weight up 2.6 kg in 3 days (80.1 → 82.7 kg), limit 2 kg"),
        evidence: Evidence {
            points: [3, 2, 1, 0].map(point).into(),
            limits: vec![Limit { name: "gain_3d".into(), value: "2 kg".into(), origin: ParameterOrigin::Rulebook }],
        },
        worsened: None,
        basis: "ESC: more than 2 kg in 3 days".into(),
        severity: Severity::High,
        cleared: None,
        confirmed_by: None,
        confirm: None,
        task: TaskTemplate { title: "Call about sudden weight gain".into(), ask: vec![], due_s: None },
        revisit_s: None,
    };
    Episode {
        id: EpisodeId::new(&format!("e{n}")).unwrap(),
        group: GroupKey::new("fluid").unwrap(),
        opened_at: rule.opened_at,
        rules: vec![rule],
        cleared_at: None,
        severity: Severity::High,
        changes: vec![],
    }
}

fn task(n: usize, episode: &Episode, now: Instant) -> Task {
    let taken = n.is_multiple_of(3);
    Task {
        id: TaskId::new(&format!("t{n}")).unwrap(),
        patient: pid(n),
        queue: Queue::Care,
        group: episode.group.clone(),
        rule: RuleId::new("HF-W2").unwrap(),
        rulebook_version: "heart-failure 2026.1".into(),
        status: if taken { TaskStatus::Accepted } else { TaskStatus::Requested },
        severity: Severity::ALL[n % 4],
        title: "Call about sudden weight gain".into(),
        reason: Sentence::words("Weight up 2.6 kg in 3 days (80.1 → 82.7 kg), limit 2 kg"),
        basis: "ESC: more than 2 kg in 3 days".into(),
        ask: vec!["Breathless lying down?".into()],
        episodes: vec![episode.id.clone()],
        owner: taken.then(|| Actor(format!("user-{}", n % 30))),
        created_at: now - TimeDelta::hours(3),
        due_at: Some(now + TimeDelta::minutes((n as i64 * 7) % 3000 - 300)),
        held_until: None,
        attempts: 0,
        condition_over_since: None,
        unwatched_since: None,
        unconfirmed: false,
        outcome: None,
        closed_at: None,
        closed_by: None,
        touched: taken,
    }
}

/// A task, or an episode that holds without one.
async fn open(store: Arc<SqliteStore>, n: usize, with_task: bool, now: Instant) {
    let work = store.work(&pid(n)).await.unwrap();
    let episode = episode(n, now);
    let tasks = if with_task { vec![task(n, &episode, now)] } else { vec![] };
    let commit = EvaluationCommit {
        patient: work.patient,
        expected_head: work.head,
        expected_folded: work.folded,
        expected_cover: work.cover,
        expected_wake_at: work.wake_at,
        folded: work.head,
        wake_at: None,
        fold: Fold::default(),
        effects: Effects { tasks, episodes: vec![episode], ..Effects::default() },
        expected: vec![],
        outcomes: vec![],
    };
    store.commit_evaluation(commit).await.unwrap();
}

/// At once, so that they share commits.
async fn together<F: Future<Output = ()> + Send + 'static>(range: std::ops::Range<usize>, work: impl Fn(usize) -> F) {
    let mut running: tokio::task::JoinSet<()> = range.map(work).collect();
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

/// Half of a hundred, and the slowest but one.
async fn measure<F: Future<Output = ()>>(what: &str, read: impl Fn() -> F) {
    let mut times = Vec::new();
    for _ in 0..100 {
        let watch = Stopwatch::now();
        read().await;
        times.push(watch.elapsed());
    }
    times.sort();
    println!("| {what} | {:.2} ms | {:.2} ms |", times[50].as_secs_f64() * 1e3, times[98].as_secs_f64() * 1e3);
}

#[tokio::main]
async fn main() {
    let (patients, tasks) = (count("PATIENTS", 100_000), count("TASKS", 10_000));
    let directory = tempfile::tempdir_in(std::env::var("BENCH_DIR").unwrap_or_else(|_| ".".into())).unwrap();
    let options = SqliteOptions::new(directory.path().join("hearth.db"), Arc::new(chrono::Utc::now));
    let store = Arc::new(SqliteStore::open(options).unwrap());
    let now = chrono::Utc::now();
    for (id, name) in [("north", "North"), ("south", "South")] {
        store.put_team(Team { id: TeamId::new(id).unwrap(), name: name.into() }).await.unwrap();
    }
    let start = now - TimeDelta::days(100);
    for from in (0..patients).step_by(500) {
        together(from..patients.min(from + 500), |n| enter(Arc::clone(&store), n, start)).await;
    }
    for day in (0..DAYS).rev() {
        for from in (0..tasks).step_by(1000) {
            store.admit((from..tasks.min(from + 1000)).map(|n| reading(n, day, now)).collect()).await.unwrap();
        }
    }
    for from in (0..tasks * 2).step_by(500) {
        together(from..(tasks * 2).min(from + 500), |n| open(Arc::clone(&store), n, n < tasks, now)).await;
    }
    println!("{patients} patients, {tasks} open tasks, {} readings\n", tasks as i64 * DAYS);
    println!("| read | p50 | p98 |\n| --- | --- | --- |");
    let id = TaskId::new("t5").unwrap();
    measure("one task, for comparison", || async { drop(store.task(&id).await.unwrap()) }).await;
    let teams = Scope::Within { teams: [TeamId::new("north").unwrap()].into(), opened: BTreeSet::new() };
    let narrowed = |change: fn(&mut BoardFilter)| {
        let mut filter = BoardFilter::default();
        change(&mut filter);
        filter
    };
    for (what, scope, filter) in [
        ("the list, everybody seen", Scope::All, BoardFilter::default()),
        ("the list, one team of two", teams, BoardFilter::default()),
        ("of one owner", Scope::All, narrowed(|f| f.owner = Some(OwnerFilter::Is(Actor("user-3".into()))))),
        ("of one programme", Scope::All, narrowed(|f| f.programme = ProgrammeId::new("hypertension").ok())),
        ("searched by name", Scope::All, narrowed(|f| f.search = Some("family4711".into()))),
    ] {
        let query = BoardQuery {
            scope,
            filter,
            reader: Actor("user-3".into()),
            times: BoardTimes { now, day_ends: now + TimeDelta::hours(8) },
            budget: 45,
            asked: [None; 4],
        };
        measure(what, || async { drop(store.board(query.clone()).await.unwrap()) }).await;
    }
    measure("the row of one changed task", || async { drop(store.board_rows(vec![id.clone()], now).await.unwrap()) })
        .await;
}
