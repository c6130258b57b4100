//! A console that sends messages, and a way to ask for some.

use crate::support::Fixture;
use care::cover::{Channel, Cover, Hours, Member, Policy, Stage, Timing};
use care::{Actor, Effects, MessageRequest, PatientId, Severity, TaskId};
use chrono::TimeDelta;
use console::{ConsoleConfig, MessagesConfig, Retries, SmtpConfig, SmtpTls};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use store::{EvaluationCommit, MessageRow, MessageState, PageRequest, StoreError};

const PATIENCE: Duration = Duration::from_secs(60);

pub fn smtp(port: u16, tls: SmtpTls, ca: Option<std::path::PathBuf>) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".into(),
        port: Some(port),
        tls,
        ca,
        username: None,
        password: None,
        from: "hearth@clinic.test".parse().unwrap(),
        hello: "hearth.test".into(),
        per_minute: 1000,
    }
}

/// Retries at once, so that nobody waits for a clock.
pub fn quick(attempts: u32) -> Retries {
    Retries { first: Duration::from_millis(20), longest: Duration::from_millis(200), attempts }
}

pub fn member(user: &str, language: &str) -> Member {
    Member {
        user: Actor(user.into()),
        name: user.into(),
        role: None,
        email: Some(format!("{user}@clinic.test").parse().unwrap()),
        language: Some(language.into()),
        duty: None,
    }
}

/// Always covered; ada first, ben next, eve last.
pub fn policy(channels: &[Channel]) -> Policy {
    let who = |name: &str| vec![name.parse().unwrap()];
    let timing = Timing { accept_within_min: 60, to_next_min: 60, to_last_min: 60 };
    let cover = Cover {
        hours: Hours { week: vec!["Mon-Sun 00:00-24:00".parse().unwrap()], off: BTreeSet::new() },
        first: who("ada"),
        next: who("ben"),
        last: who("eve"),
        from: Severity::Low,
        channels: channels.iter().copied().collect(),
        timing: Severity::ALL.map(|s| (s, timing)).into_iter().collect(),
        digest_at: None,
    };
    assert!(timing.after(Stage::Last).is_none());
    let people = vec![member("ada", "en"), member("ben", "de"), member("eve", "en"), member("grey", "en")];
    Policy { timezone: chrono_tz::UTC, people, default: Some(cover), programmes: BTreeMap::new() }
}

/// A console in real time that sends as `change` sets it up.
pub async fn sending(messages: MessagesConfig, channels: &[Channel]) -> Fixture {
    let set = |config: &mut ConsoleConfig| config.messages = messages;
    let fixture = Fixture::live_with(set).await;
    let now = fixture.clock.now();
    fixture.store.set_cover(Some(policy(channels)), now, "test", &Actor("test".into())).await.unwrap();
    fixture.patient("anna", "Anna Muster", "heart-failure", "vendor/scale").await;
    fixture
}

/// Writes messages into the outbox, as an evaluation of anna's would.
pub async fn ask(fixture: &Fixture, step: u32, recipients: &[(&str, Channel)]) {
    let requests: Vec<(u32, &str, Channel)> = recipients.iter().map(|(r, c)| (step, *r, *c)).collect();
    ask_all(fixture, &requests).await;
}

pub async fn ask_all(fixture: &Fixture, requests: &[(u32, &str, Channel)]) {
    let now = fixture.clock.now();
    let messages: Vec<MessageRequest> = requests
        .iter()
        .map(|(step, recipient, channel)| MessageRequest {
            task: TaskId::new(&format!("task-{step}")).unwrap(),
            step: *step,
            severity: Severity::High,
            recipient: Actor((*recipient).into()),
            channel: *channel,
            send_at: now,
        })
        .collect();
    loop {
        let work = fixture.store.work(&PatientId::new("anna").unwrap()).await.unwrap();
        let commit = EvaluationCommit {
            patient: work.patient,
            expected_head: work.head,
            expected_folded: work.folded,
            expected_cover: work.cover,
            expected_wake_at: work.wake_at,
            folded: work.folded,
            wake_at: work.wake_at,
            fold: work.fold,
            effects: Effects { messages: messages.clone(), ..Effects::default() },
            expected: vec![],
            outcomes: vec![],
        };
        match fixture.store.commit_evaluation(commit).await {
            Ok(()) => return,
            // The rules were faster.
            Err(StoreError::Stale) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Waits until every message to `recipient` has come to this state.
pub async fn settled(fixture: &Fixture, recipient: &str, state: MessageState) -> Vec<MessageRow> {
    let until = Instant::now() + PATIENCE;
    loop {
        let page = PageRequest { after: None, limit: 500 };
        let rows = fixture.store.messages(None, page).await.unwrap().items;
        let rows: Vec<MessageRow> = rows.into_iter().filter(|m| m.recipient.0 == recipient).collect();
        if !rows.is_empty() && rows.iter().all(|m| m.state == state) {
            return rows;
        }
        assert!(Instant::now() < until, "messages to {recipient} are not {state}: {rows:#?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until an attempt has failed, and says why.
pub async fn failed_once(fixture: &Fixture, recipient: &str) -> MessageRow {
    let until = Instant::now() + PATIENCE;
    loop {
        let page = PageRequest { after: None, limit: 500 };
        let rows = fixture.store.messages(None, page).await.unwrap().items;
        if let Some(row) = rows.into_iter().find(|m| m.recipient.0 == recipient && m.attempts > 0) {
            return row;
        }
        assert!(Instant::now() < until, "no attempt for {recipient} has failed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}
