//! Batches of one connection on their way to the commit, acknowledged in the order in which they were read.

use super::reason::Refused;
use crate::admission::Answer;
use crate::pipeline::{Pipeline, Work};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use store::{Admitted, StoreError};
use vitals::ReceivedAt;

/// Batches under way at once. More would not fill the disk better; meanwhile the next one gathers.
const BATCHES: usize = 8;

/// Payload bytes of one connection between the socket and the commit; at this it is not read.
const MOST_BYTES: usize = 8 * 1024 * 1024;

type Outcome = Result<Vec<Option<Admitted>>, StoreError>;
type Commit = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a packet is answered with once its batch is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// QoS 0
    Nothing,
    Puback(u16),
    Pubrec(u16),
    /// version 5 only
    Refuse {
        id: u16,
        qos: u8,
        why: Refused,
    },
}

/// What a receipt is made of.
pub(crate) struct Receiptable {
    /// where it goes
    pub(crate) topic: Arc<str>,
    pub(crate) answer: Answer,
    pub(crate) received_at: ReceivedAt,
}

/// Packets of one or more reads, gathered for one commit.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) work: Work,
    /// in the order of the packets; those that had something to commit have it in the order of `work`
    pub(crate) replies: Vec<(Reply, Option<Receiptable>)>,
    /// of payloads
    pub(crate) bytes: usize,
}

/// A batch that was committed.
pub(crate) struct Done {
    pub(crate) replies: Vec<(Reply, Option<Receiptable>)>,
    pub(crate) committed: Vec<Option<Admitted>>,
}

enum State {
    Waiting(Commit),
    Over(Outcome),
}

struct Flying {
    replies: Vec<(Reply, Option<Receiptable>)>,
    bytes: usize,
    state: State,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Flight {
    gathering: Batch,
    flying: VecDeque<Flying>,
    messages: usize,
    bytes: usize,
    /// messages of the last batch
    usual: usize,
}

impl Flight {
    /// The batch that the next packets join.
    pub(crate) fn gathering(&mut self) -> &mut Batch {
        if self.gathering.replies.capacity() == 0 {
            self.gathering.replies.reserve(self.usual);
            self.gathering.work.reserve(self.usual);
        }
        &mut self.gathering
    }

    /// Items in that batch so far.
    pub(crate) const fn gathered(&self) -> usize {
        self.gathering.work.items()
    }

    fn messages(&self) -> usize {
        self.messages.saturating_add(self.gathering.replies.len())
    }

    /// Whether no more should be read: `most` messages, or too many bytes, are not answered.
    pub(crate) fn is_full(&self, most: u32) -> bool {
        self.messages() >= usize::try_from(most).unwrap_or(usize::MAX)
            || self.bytes.saturating_add(self.gathering.bytes) >= MOST_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages() == 0
    }

    /// Sends off what was gathered, if there is room; otherwise it goes on gathering.
    pub(crate) fn launch(&mut self, pipeline: &Arc<Pipeline>) {
        if self.gathering.replies.is_empty() || self.flying.len() >= BATCHES {
            return;
        }
        let Batch { work, replies, bytes } = std::mem::take(&mut self.gathering);
        self.bytes = self.bytes.saturating_add(bytes);
        self.usual = replies.len();
        self.messages = self.messages.saturating_add(replies.len());
        let commit: Commit = Box::pin(Arc::clone(pipeline).commit(work));
        self.flying.push_back(Flying { replies, bytes, state: State::Waiting(commit) });
    }

    /// The oldest batch, once it is committed or has failed; later ones are driven along.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Done, StoreError>>> {
        for batch in &mut self.flying {
            if let State::Waiting(commit) = &mut batch.state
                && let Poll::Ready(outcome) = commit.as_mut().poll(cx)
            {
                batch.state = State::Over(outcome);
            }
        }
        match self.flying.pop_front() {
            None => Poll::Ready(None),
            Some(Flying { replies, bytes, state: State::Over(outcome) }) => {
                self.bytes = self.bytes.saturating_sub(bytes);
                self.messages = self.messages.saturating_sub(replies.len());
                Poll::Ready(Some(outcome.map(|committed| Done { replies, committed })))
            }
            Some(waiting) => {
                self.flying.push_front(waiting);
                Poll::Pending
            }
        }
    }
}
