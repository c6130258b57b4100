//! Prompts to hubs behind the broker. Each stays in the store until the broker has taken it for somebody.
//!
//! One is under way at a time, so an acknowledgement can only be its own; prompts are few.

use super::{Link, RETRY};
use crate::prompt;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAck, PubAckReason};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use store::{Notice, PromptRow, StoreError};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;
use vitals::SourceId;

/// A prompt that nobody had subscribed to is offered again after this.
const AGAIN: Duration = Duration::from_secs(5);

/// What is on its way, and what is put off.
struct Post {
    link: Arc<Link>,
    client: AsyncClient,
    connected: bool,
    /// sources for which prompts may wait in the store
    due: BTreeSet<SourceId>,
    /// the prompt that waits for its acknowledgement
    under_way: Option<(u64, SourceId)>,
    /// rows of prompts that the broker had nobody for, with their sources
    put_off: BTreeMap<u64, SourceId>,
}

/// Runs until the stop.
pub(super) async fn run(
    link: Arc<Link>,
    client: AsyncClient,
    mut events: EventLoop,
    mut notices: broadcast::Receiver<Arc<Notice>>,
    stop: CancellationToken,
) {
    let (due, put_off) = (BTreeSet::new(), BTreeMap::new());
    let mut post = Post { link, client, connected: false, due, under_way: None, put_off };
    let work = async {
        while let Some(event) = post.next(&mut events, &mut notices).await {
            match event {
                Ok(event) => post.heed(event).await,
                Err(error) => {
                    tracing::debug!(error = %error, "the prompts' connection to the broker is lost");
                    // What was under way is offered again: nobody knows whether the broker has it.
                    (post.connected, post.under_way) = (false, None);
                    events.clean();
                    events.pending.clear();
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

impl Post {
    /// The client's next event; `None` where the store is gone. The client is polled without a break, so that nothing
    /// is lost half done; meanwhile whatever may mean a new prompt leads to a look into the store.
    async fn next(
        &mut self,
        events: &mut EventLoop,
        notices: &mut broadcast::Receiver<Arc<Notice>>,
    ) -> Option<Result<Event, ConnectionError>> {
        let mut event = pin!(events.poll());
        let mut again = pin!(tokio::time::sleep(AGAIN));
        loop {
            tokio::select! {
                event = &mut event => return Some(event),
                heard = self.link.hubs.heard() => self.due.extend(heard),
                () = &mut again => {
                    again.set(tokio::time::sleep(AGAIN));
                    self.due.extend(std::mem::take(&mut self.put_off).into_values());
                }
                notice = notices.recv() => match notice {
                    Ok(notice) => self.due.extend(notice.prompts.iter().cloned()),
                    Err(RecvError::Lagged(_)) => self.due.extend(self.link.hubs.all()),
                    Err(RecvError::Closed) => return None,
                },
            }
            self.offer().await;
        }
    }

    async fn heed(&mut self, event: Event) {
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                self.connected = true;
                self.due = self.link.hubs.all();
            }
            Event::Incoming(Packet::PubAck(PubAck { reason, .. })) => self.acknowledged(reason).await,
            Event::Incoming(_) | Event::Outgoing(_) => return,
        }
        self.offer().await;
    }

    async fn acknowledged(&mut self, reason: PubAckReason) {
        let Some((row, source)) = self.under_way.take() else { return };
        if reason == PubAckReason::Success {
            let pipeline = &self.link.pipeline;
            match pipeline.store.prompts_delivered(&[row], pipeline.clock.now()).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(error = %error, "a delivered prompt could not be noted; it will be sent again");
                }
            }
        } else if reason != PubAckReason::NoMatchingSubscribers {
            tracing::warn!(source = %source, ?reason, "the broker refused a prompt; let this client publish to the topics of prompts");
        }
        self.put_off.insert(row, source);
    }

    /// Publishes the next prompt, if none is under way.
    async fn offer(&mut self) {
        while self.connected && self.under_way.is_none() {
            let Some(source) = self.due.first().cloned() else { return };
            let row = match self.waiting(&source).await {
                Ok(row) => row,
                // They stay in the store; the next prompt, status or connection asks again.
                Err(error) => return tracing::warn!(error = %error, "prompts could not be read"),
            };
            let Some(row) = row else {
                self.due.remove(&source);
                continue;
            };
            let (topic, payload) = prompt::message(&row);
            // There is room: it is the only one.
            if self.client.try_publish(topic.to_string(), QoS::AtLeastOnce, false, payload).is_err() {
                return;
            }
            self.under_way = Some((row.row, source));
        }
    }

    /// The first prompt that waits for this source, if it is behind the broker.
    async fn waiting(&self, source: &SourceId) -> Result<Option<PromptRow>, StoreError> {
        if !self.link.hubs.has(source) {
            return Ok(None);
        }
        let pipeline = &self.link.pipeline;
        let rows = pipeline.store.prompts(source, 0, pipeline.clock.now()).await?;
        Ok(rows.into_iter().find(|row| !self.put_off.contains_key(&row.row)))
    }
}
