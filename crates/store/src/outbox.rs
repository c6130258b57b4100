//! Messages to people, and the policy by which they are written.

use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use care::cover::{Channel, CoverBook, Policy};
use care::{Actor, Severity, TaskId};
use serde::{Deserialize, Serialize};
use vitals::Instant;

vitals::words! {
    /// What became of a message.
    MessageState, "state" {
        /// it is to be sent
        Waiting = "waiting",
        /// the next hop has taken it
        Sent = "sent",
        /// it was given up
        Dead = "dead",
        /// its task needed it no more before it left
        Withdrawn = "withdrawn",
    }
}

/// Messages that leave as one: all of one person, by one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageBatch {
    /// the same however often it is tried: from it comes the `Message-ID` by which a second copy is known
    pub id: String,
    /// to whom
    pub recipient: Actor,
    /// by which way
    pub channel: Channel,
    /// attempts that failed
    pub attempts: u32,
    /// when the first of them was written
    pub written_at: Instant,
    /// the tasks that it tells of, most urgent first, each once
    pub tasks: Vec<(TaskId, Severity)>,
}

/// What was claimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// to be sent by whoever claimed them
    pub batches: Vec<MessageBatch>,
    /// when the next message is due, if one waits
    pub next: Option<Instant>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// the next hop has taken it
    Sent,
    /// it failed and is tried again
    Retry {
        /// when
        at: Instant,
        /// one sentence without an address
        why: String,
        /// whether it may have been taken all the same: then it stays the message it is, under its id; otherwise it
        /// may leave together with what was written since
        perhaps_taken: bool,
    },
    /// it was not tried; it waits for its turn
    Deferred {
        /// until when
        at: Instant,
    },
    /// it is given up, which its tasks are told
    DeadEnd {
        /// one sentence without an address
        why: String,
    },
}

/// A message as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRow {
    /// its row
    pub row: u64,
    /// about which task
    pub task: TaskId,
    /// which step
    pub step: u32,
    /// to whom
    pub recipient: Actor,
    /// by which way
    pub channel: Channel,
    /// how urgent
    pub severity: Severity,
    /// what became of it
    pub state: MessageState,
    /// attempts that failed
    pub attempts: u32,
    /// when it was written
    pub written_at: Instant,
    /// the next attempt, while it waits
    pub send_at: Instant,
    /// when it was sent or given up
    pub ended_at: Option<Instant>,
    /// why the last attempt failed
    pub why: Option<String>,
}

/// The policy, and messages on their way out.
#[async_trait]
pub trait Outbox {
    /// Journals a policy, or its end, and wakes the patients who have an open task; returns its position.
    async fn set_cover(
        &self,
        policy: Option<Policy>,
        effective_from: Instant,
        reason: &str,
        actor: &Actor,
    ) -> Result<u64, StoreError>;
    /// Every policy ever set, and who was disabled when.
    async fn cover(&self) -> Result<CoverBook, StoreError>;

    /// Takes messages due at `now`, at most `limit`, for whoever sends them; nobody else gets them before `until`.
    async fn claim_messages(&self, now: Instant, until: Instant, limit: u32) -> Result<Claimed, StoreError>;
    /// Says how each claimed batch ended; a dead end is an event of each patient concerned.
    async fn settle_messages(&self, ends: Vec<(String, Settled)>) -> Result<(), StoreError>;
    /// Messages, newest first; without a state, all.
    async fn messages(&self, state: Option<MessageState>, page: PageRequest) -> Result<Page<MessageRow>, StoreError>;
    /// How many wait now, and how many were given up after `since`.
    async fn message_counts(&self, now: Instant, since: Instant) -> Result<(u64, u64), StoreError>;
}
