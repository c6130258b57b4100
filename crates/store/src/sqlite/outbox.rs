//! [`Outbox`] on SQLite.

use super::SqliteStore;
use super::column::{
    after_row, collect, corrupt, count, first, limit, micros, page, parse, parsed, time, time_or_none,
};
use super::fault::Fault;
use super::record::{event_from, journal, journal_of};
use super::writer::Commit;
use crate::{Claimed, MessageBatch, MessageRow, MessageState, Outbox, Page, PageRequest, Settled, StoreError, Told};
use async_trait::async_trait;
use care::cover::{Channel, CoverBook, Policy};
use care::{Actor, Effects, EventBody, PatientId, Severity, TaskId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use vitals::Instant;

/// Writes what an evaluation asks to tell; the same step is written once, however often it is committed.
pub(super) fn put_messages(commit: &mut Commit<'_>, patient: i64, effects: &Effects) -> Result<(), Fault> {
    let mut put = commit.db.prepare_cached(
        "INSERT INTO outbox (patient, task, step, recipient, channel, severity, written_at, send_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting') ON CONFLICT DO NOTHING",
    )?;
    for message in &effects.messages {
        let written = put.execute(params![
            patient,
            message.task.as_str(),
            message.step,
            message.recipient.0,
            message.channel.as_str(),
            message.severity.as_str(),
            micros(commit.at),
            micros(message.send_at),
        ])?;
        if written > 0 {
            let told = Told { recipient: message.recipient.clone(), severity: message.severity };
            commit.changes.told.push((told, message.send_at <= commit.at));
        }
    }
    let mut withdraw = commit.db.prepare_cached(
        "UPDATE outbox SET state = 'withdrawn', ended_at = ?3 WHERE task = ?1 AND step <= ?2 AND state = 'waiting'",
    )?;
    for withdrawal in &effects.withdrawn {
        withdraw.execute(params![withdrawal.task.as_str(), withdrawal.up_to, micros(commit.at)])?;
    }
    Ok(())
}

/// Position of the newest event that changes who is told.
pub(super) fn cover_head(db: &Connection) -> Result<u64, Fault> {
    let mut query = db.prepare_cached("SELECT max(seq) AS seq FROM event WHERE patient IS NULL AND kind = ?1")?;
    let mut newest = 0;
    for kind in ["cover-set", "person-changed"] {
        let of_kind: Option<i64> = query.query_row([kind], |row| row.get(0))?;
        newest = newest.max(of_kind.unwrap_or(0).cast_unsigned());
    }
    Ok(newest)
}

/// Journals something that changes who is told, and wakes whoever has an open task.
fn journal_cover(commit: &mut Commit<'_>, actor: &Actor, body: &EventBody) -> Result<u64, Fault> {
    let seq = journal(commit, actor, None, body)?;
    let mut query = commit.db.prepare_cached(
        "SELECT DISTINCT p.number, p.id FROM task t JOIN patient p ON p.number = t.patient
         WHERE t.status NOT IN ('completed', 'cancelled')",
    )?;
    let patients = collect(query.query([])?, |row| Ok((row.get::<_, i64>("number")?, parsed(row, "id")?)))?;
    let mut wake = commit
        .db
        .prepare_cached("UPDATE standing SET wake_at = ?2 WHERE patient = ?1 AND ifnull(wake_at > ?2, TRUE)")?;
    for (number, id) in patients {
        wake.execute(params![number, micros(commit.at)])?;
        commit.changes.dirty.insert(id);
    }
    Ok(seq)
}

/// A person may, or may no longer, sign in: the owner of a task may be gone.
pub(super) fn person_changed(commit: &mut Commit<'_>, user: &str, disabled: bool, actor: &Actor) -> Result<(), Fault> {
    let body = EventBody::PersonChanged { user: Actor(user.to_owned()), disabled };
    journal_cover(commit, actor, &body).map(drop)
}

/// A message on its way, as claimed.
struct Line {
    row: i64,
    batch: Option<String>,
    recipient: String,
    channel: Channel,
    severity: Severity,
    attempts: u32,
    written_at: Instant,
    task: TaskId,
    step: i64,
}

fn line_from(row: &Row<'_>) -> Result<Line, Fault> {
    Ok(Line {
        row: row.get("row")?,
        batch: row.get("batch")?,
        recipient: row.get("recipient")?,
        channel: parsed(row, "channel")?,
        severity: parsed(row, "severity")?,
        attempts: row.get("attempts")?,
        written_at: time(row, "written_at")?,
        task: parsed(row, "task")?,
        step: row.get("step")?,
    })
}

impl Line {
    /// The id of a message whose first line this is: unique as the line's key is, and says nothing.
    fn id(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.task.as_str(), &self.step.to_string(), &self.recipient, self.channel.as_str()] {
            hash.update(part.as_bytes());
            hash.update([0xFF]);
        }
        hex::encode(hash.finalize()).chars().take(32).collect()
    }
}

fn claim(commit: &mut Commit<'_>, now: Instant, until: Instant, most: u32) -> Result<Claimed, Fault> {
    let mut due = commit.db.prepare_cached(
        "SELECT * FROM outbox WHERE state = 'waiting' AND send_at <= ?1 AND ifnull(leased_until <= ?1, TRUE)
         ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 ELSE 2 END, send_at, row LIMIT ?2",
    )?;
    let lines = collect(due.query(params![micros(now), most])?, line_from)?;
    // What left together before stays together; the rest is one message for each person and way.
    let mut groups: BTreeMap<(Option<String>, String, &str), Vec<Line>> = BTreeMap::new();
    for line in lines {
        let key = (line.batch.clone(), line.recipient.clone(), line.channel.as_str());
        groups.entry(key).or_default().push(line);
    }
    let mut lease = commit.db.prepare_cached("UPDATE outbox SET batch = ?2, leased_until = ?3 WHERE row = ?1")?;
    let mut batches = Vec::new();
    for ((batch, ..), mut lines) in groups {
        lines.sort_by_key(|l| l.row);
        let Some(first) = lines.first() else { continue };
        let id = batch.unwrap_or_else(|| first.id());
        let mut tasks: BTreeMap<TaskId, Severity> = BTreeMap::new();
        for line in &lines {
            lease.execute(params![line.row, id, micros(until)])?;
            let severity = tasks.entry(line.task.clone()).or_insert(line.severity);
            *severity = line.severity.max(*severity);
        }
        let mut tasks: Vec<_> = tasks.into_iter().collect();
        tasks.sort_by_key(|(_, severity)| std::cmp::Reverse(*severity));
        batches.push(MessageBatch {
            id,
            recipient: Actor(first.recipient.clone()),
            channel: first.channel,
            attempts: lines.iter().map(|l| l.attempts).max().unwrap_or(0),
            written_at: first.written_at,
            tasks,
        });
    }
    batches.sort_by_key(|b| std::cmp::Reverse(b.tasks.first().map(|(_, severity)| *severity)));
    let mut next = commit.db.prepare_cached(
        "SELECT min(max(send_at, ifnull(leased_until, 0))) AS next FROM outbox WHERE state = 'waiting'",
    )?;
    let next = first_time(next.query([])?)?;
    Ok(Claimed { batches, next })
}

fn first_time(rows: rusqlite::Rows<'_>) -> Result<Option<Instant>, Fault> {
    Ok(first(rows, |row| time_or_none(row, "next"))?.flatten())
}

fn settle(commit: &mut Commit<'_>, batch: &str, end: &Settled) -> Result<(), Fault> {
    let db = commit.db;
    match end {
        // What was withdrawn while it was on its way has left all the same.
        Settled::Sent => db
            .prepare_cached(
                "UPDATE outbox SET state = 'sent', ended_at = ?2, leased_until = NULL
                 WHERE batch = ?1 AND state IN ('waiting', 'withdrawn')",
            )?
            .execute(params![batch, micros(commit.at)])?,
        Settled::Retry { at, why, perhaps_taken } => db
            .prepare_cached(
                "UPDATE outbox SET send_at = ?2, why = ?3, attempts = attempts + 1, leased_until = NULL,
                 batch = CASE WHEN ?4 THEN batch END WHERE batch = ?1 AND state = 'waiting'",
            )?
            .execute(params![batch, micros(*at), why, perhaps_taken])?,
        Settled::Deferred { at } => db
            .prepare_cached(
                "UPDATE outbox SET send_at = ?2, leased_until = NULL, batch = CASE WHEN attempts > 0 THEN batch END
                 WHERE batch = ?1 AND state = 'waiting'",
            )?
            .execute(params![batch, micros(*at)])?,
        Settled::DeadEnd { why } => return give_up(commit, batch, why),
    };
    Ok(())
}

fn give_up(commit: &mut Commit<'_>, batch: &str, why: &str) -> Result<(), Fault> {
    let mut dead = commit.db.prepare_cached(
        "UPDATE outbox SET state = 'dead', ended_at = ?2, why = ?3, attempts = attempts + 1, leased_until = NULL
         WHERE batch = ?1 AND state = 'waiting' RETURNING *",
    )?;
    let lines = collect(dead.query(params![batch, micros(commit.at), why])?, |row| {
        Ok((row.get::<_, i64>("patient")?, line_from(row)?))
    })?;
    for (patient, line) in lines {
        let id: String = commit
            .db
            .prepare_cached("SELECT id FROM patient WHERE number = ?1")?
            .query_row([patient], |row| row.get(0))?;
        let id: PatientId = parse("id", &id)?;
        let body = EventBody::Undeliverable {
            task: line.task,
            step: u32::try_from(line.step).map_err(|_| corrupt("step", "negative"))?,
            recipient: Actor(line.recipient),
            channel: line.channel,
            why: why.to_owned(),
        };
        journal_of(commit, &Actor::hearth(), (patient, &id), &body)?;
    }
    Ok(())
}

fn message_from(row: &Row<'_>) -> Result<MessageRow, Fault> {
    Ok(MessageRow {
        row: count(row, "row")?,
        task: parsed(row, "task")?,
        step: row.get("step")?,
        recipient: Actor(row.get("recipient")?),
        channel: parsed(row, "channel")?,
        severity: parsed(row, "severity")?,
        state: parsed(row, "state")?,
        attempts: row.get("attempts")?,
        written_at: time(row, "written_at")?,
        send_at: time(row, "send_at")?,
        ended_at: time_or_none(row, "ended_at")?,
        why: row.get("why")?,
    })
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn set_cover(
        &self,
        policy: Option<Policy>,
        effective_from: Instant,
        reason: &str,
        actor: &Actor,
    ) -> Result<u64, StoreError> {
        let (reason, actor) = (reason.to_owned(), actor.clone());
        self.write("setting whom to tell", move |commit| {
            let body = EventBody::CoverSet { policy: policy.map(Box::new), effective_from, reason };
            journal_cover(commit, &actor, &body)
        })
        .await
    }

    async fn cover(&self) -> Result<CoverBook, StoreError> {
        self.read("whom to tell", |db| {
            let mut query = db.prepare_cached(
                "SELECT * FROM event WHERE patient IS NULL AND kind IN ('cover-set', 'person-changed') ORDER BY seq",
            )?;
            Ok(CoverBook::new(collect(query.query([])?, event_from)?))
        })
        .await
    }

    async fn claim_messages(&self, now: Instant, until: Instant, limit: u32) -> Result<Claimed, StoreError> {
        // Most looks find nothing; those cost no commit.
        let idle = self
            .read("messages to send", move |db| {
                let mut due = db.prepare_cached(
                    "SELECT 1 FROM outbox WHERE state = 'waiting' AND send_at <= ?1
                     AND ifnull(leased_until <= ?1, TRUE) LIMIT 1",
                )?;
                if due.query_row([micros(now)], |_| Ok(())).optional()?.is_some() {
                    return Ok(None);
                }
                let mut next = db.prepare_cached(
                    "SELECT min(max(send_at, ifnull(leased_until, 0))) AS next FROM outbox WHERE state = 'waiting'",
                )?;
                first_time(next.query([])?).map(Some)
            })
            .await?;
        match idle {
            Some(next) => Ok(Claimed { batches: Vec::new(), next }),
            None => self.write("claiming messages", move |commit| claim(commit, now, until, limit)).await,
        }
    }

    async fn settle_messages(&self, ends: Vec<(String, Settled)>) -> Result<(), StoreError> {
        self.write("settling messages", move |commit| {
            ends.iter().try_for_each(|(batch, end)| settle(commit, batch, end))
        })
        .await
    }

    async fn messages(
        &self,
        state: Option<MessageState>,
        request: PageRequest,
    ) -> Result<Page<MessageRow>, StoreError> {
        self.read("messages", move |db| {
            let limit = limit(&request);
            let before = after_row(&request)?.unwrap_or(i64::MAX);
            let mut query = db.prepare_cached(
                "SELECT * FROM outbox WHERE row < ?1 AND ifnull(state = ?2, TRUE) ORDER BY row DESC LIMIT ?3",
            )?;
            let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
            let rows = query.query(params![before, state.map(MessageState::as_str), one_more])?;
            Ok(page(collect(rows, message_from)?, limit, |m| m.row.to_string()))
        })
        .await
    }

    async fn message_counts(&self, now: Instant, since: Instant) -> Result<(u64, u64), StoreError> {
        self.read("counting messages", move |db| {
            let mut query = db.prepare_cached(
                "SELECT (SELECT count(*) FROM outbox WHERE state = 'waiting' AND send_at <= ?1) AS waiting,
                 (SELECT count(*) FROM outbox WHERE state = 'dead' AND ended_at > ?2) AS dead",
            )?;
            let counts = first(query.query(params![micros(now), micros(since)])?, |row| {
                Ok((count(row, "waiting")?, count(row, "dead")?))
            })?;
            Ok(counts.unwrap_or_default())
        })
        .await
    }
}
