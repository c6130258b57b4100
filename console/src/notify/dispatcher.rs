//! Takes due messages from the outbox and sees each to its end.

use super::courier::{Courier, Undelivered};
use super::letter::Letter;
use super::rate::Rate;
use super::{MessagesConfig, Retries};
use care::cover::{Channel, CoverBook};
use chrono::TimeDelta;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};
use rand::TryRngCore;
use rand::rngs::OsRng;
use service_kit::{Clock, ComponentHealth, Health, Metrics, Shutdown};
use std::sync::Arc;
use std::time::Duration;
use store::{MessageBatch, Notice, Settled, SharedStore, StoreError};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vitals::Instant;

/// Deliveries at the same time.
const AT_ONCE: usize = 8;
/// Messages taken from the outbox at once: four rounds of deliveries, each at most a minute, are over before the lease.
const CLAIM: u32 = 32;
/// Whoever claimed a message and stopped loses it after this: then it is sent again, under the same id.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How often the outbox is looked at although nobody said anything.
const LOOK_AROUND: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    channel: &'static str,
    result: &'static str,
}

struct Measures {
    attempts: Family<Labels, Counter>,
    waiting: Gauge,
    seconds: Histogram,
}

/// Sends what the outbox holds.
pub(crate) struct Dispatcher {
    store: SharedStore,
    clock: Clock,
    courier: Arc<Courier>,
    retries: Retries,
    /// from 0 to 1: attempts that failed together are not made again together
    jitter: fn() -> f64,
    measures: Measures,
    health: ComponentHealth,
}

/// What is known after a delivery.
type Delivered = (MessageBatch, Result<(), Undelivered>);

impl Dispatcher {
    /// Starts it as a task of `shutdown`.
    pub(crate) fn start(
        config: &MessagesConfig,
        courier: Arc<Courier>,
        (store, clock): (SharedStore, Clock),
        (metrics, health, shutdown): (&Metrics, &Health, &Shutdown),
    ) {
        let buckets = [0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 60.0, 600.0];
        let measures = Measures {
            attempts: metrics.register(
                "hearth_messages",
                "Attempts to deliver a message, by way and result",
                Family::default(),
            ),
            waiting: metrics.gauge("hearth_messages_waiting", "Messages that are due and have not left"),
            seconds: metrics.histogram("hearth_message_seconds", "From written to taken by the next hop", buckets),
        };
        let health = health.component("messages");
        health.up();
        let rate = Rate::new(config.smtp.as_ref().map_or(20, |smtp| smtp.per_minute));
        let notices = store.notices();
        let this = Arc::new(Self { store, clock, courier, retries: config.retries, jitter, measures, health });
        let stop = shutdown.token();
        shutdown.spawn("messages", async move { this.run(rate, notices, stop).await });
    }

    async fn run(self: Arc<Self>, mut rate: Rate, mut notices: Receiver<Arc<Notice>>, stop: CancellationToken) {
        let mut flying: JoinSet<Delivered> = JoinSet::new();
        let mut claimed: Vec<MessageBatch> = Vec::new();
        let mut look = true;
        let mut next: Option<Instant> = None;
        let mut look_around = tokio::time::interval(LOOK_AROUND);
        loop {
            if look && claimed.is_empty() {
                (claimed, next) = self.claim(&mut rate).await;
                look = !claimed.is_empty();
            }
            if let Err(error) = self.take_off(&mut claimed, &mut flying).await {
                self.report(&error);
            }
            tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = flying.join_next() => {
                    self.landed(done.ok()).await;
                    // Whether and when it is tried again is known now.
                    look = true;
                }
                notice = notices.recv() => match notice {
                    Ok(notice) => look |= notice.messages,
                    Err(RecvError::Lagged(_)) => look = true,
                    Err(RecvError::Closed) => break,
                },
                () = sleep_until(&self.clock, next) => (look, next) = (true, None),
                _ = look_around.tick() => look = true,
            }
        }
        // What is on its way is waited for, so that it is not sent twice; the drain's deadline bounds it.
        while let Some(done) = flying.join_next().await {
            self.landed(done.ok()).await;
        }
    }

    /// Takes what is due; who has had enough this minute waits, and gets the rest as one.
    async fn claim(&self, rate: &mut Rate) -> (Vec<MessageBatch>, Option<Instant>) {
        let now = self.clock.now();
        let claimed = match self.store.claim_messages(now, now + LEASE, CLAIM).await {
            Ok(claimed) => claimed,
            Err(error) => {
                self.report(&error);
                return (Vec::new(), now.checked_add_signed(TimeDelta::seconds(1)));
            }
        };
        let mut next = claimed.next;
        let (mut mine, mut later) = (Vec::new(), Vec::new());
        for batch in claimed.batches {
            match rate.take(&batch.recipient, batch.channel, now) {
                Ok(()) => mine.push(batch),
                Err(at) => {
                    next = [next, Some(at)].into_iter().flatten().min();
                    later.push((batch.id, Settled::Deferred { at }));
                }
            }
        }
        if !later.is_empty()
            && let Err(error) = self.store.settle_messages(later).await
        {
            self.report(&error);
        }
        if let Ok((waiting, _)) = self.store.message_counts(now, now).await {
            self.measures.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        }
        (mine, next)
    }

    /// Begins as many deliveries as there is room for.
    async fn take_off(
        self: &Arc<Self>,
        claimed: &mut Vec<MessageBatch>,
        flying: &mut JoinSet<Delivered>,
    ) -> Result<(), StoreError> {
        if claimed.is_empty() || flying.len() >= AT_ONCE {
            return Ok(());
        }
        let book = Arc::new(self.store.cover().await?);
        while flying.len() < AT_ONCE && !claimed.is_empty() {
            let (batch, this, book) = (claimed.remove(0), Arc::clone(self), Arc::clone(&book));
            flying.spawn(async move {
                let result = this.deliver(&batch, &book).await;
                (batch, result)
            });
        }
        Ok(())
    }

    async fn deliver(&self, batch: &MessageBatch, book: &CoverBook) -> Result<(), Undelivered> {
        let now = self.clock.now();
        let member = book.at(now).and_then(|policy| policy.member(&batch.recipient));
        let member = member.ok_or_else(|| Undelivered::never("nobody of this name can be told any more"))?;
        if book.is_disabled(&batch.recipient, now) {
            return Err(Undelivered::never("this person may no longer sign in"));
        }
        let letter = Letter::of(batch, member, self.courier.public_url());
        self.courier.deliver(batch.channel, &letter, member, now).await
    }

    /// A delivery has ended: the outbox is told. A task that panicked tells nothing, and its lease ends.
    async fn landed(&self, done: Option<Delivered>) {
        let Some((batch, result)) = done else {
            self.health.degraded("a delivery stopped unexpectedly; see the log");
            return;
        };
        let now = self.clock.now();
        let end = self.judge(&batch, result, now);
        if let Err(error) = self.store.settle_messages(vec![(batch.id, end)]).await {
            self.report(&error);
        }
    }

    fn judge(&self, batch: &MessageBatch, result: Result<(), Undelivered>, now: Instant) -> Settled {
        let failed = batch.attempts.saturating_add(1);
        let (end, label) = match result {
            Ok(()) => {
                let taken = now.signed_duration_since(batch.written_at);
                self.measures.seconds.observe(taken.as_seconds_f64());
                self.health.up();
                (Settled::Sent, "sent")
            }
            Err(Undelivered::Never { why }) => (Settled::DeadEnd { why }, "dead"),
            Err(Undelivered::Later { why, perhaps_taken }) => {
                let wait = self.retries.after(failed, (self.jitter)());
                match wait.and_then(|wait| now.checked_add_signed(wait)) {
                    Some(at) => {
                        self.health.degraded(format!("messages by {} do not leave: {why}", batch.channel));
                        (Settled::Retry { at, why, perhaps_taken }, "retry")
                    }
                    None => (Settled::DeadEnd { why: format!("{why}; given up after {failed} attempts") }, "dead"),
                }
            }
        };
        if let Settled::DeadEnd { why } = &end {
            tracing::error!(channel = %batch.channel, %why, "a message was given up");
        }
        self.count(batch.channel, label);
        end
    }

    fn count(&self, channel: Channel, result: &'static str) {
        self.measures.attempts.get_or_create(&Labels { channel: channel.as_str(), result }).inc();
    }

    fn report(&self, error: &StoreError) {
        tracing::error!(%error, "the outbox cannot be read or written");
        self.health.degraded("the store refuses the outbox; see the log");
    }
}

/// The operating system's randomness; half where it gives none.
fn jitter() -> f64 {
    let number = OsRng.try_next_u32().unwrap_or(u32::MAX / 2);
    f64::from(number) / f64::from(u32::MAX)
}

async fn sleep_until(clock: &Clock, at: Option<Instant>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
