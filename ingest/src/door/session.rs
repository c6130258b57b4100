//! An MQTT session: what outlives a connection. Subscriptions, messages that wait, messages in flight.

use super::bell::{self, Bell};
use super::endpoint::Endpoint;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::MqttSession;
use tokio::time::Instant;
use vitals::SourceId;

/// A message to a client.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) topic: Arc<str>,
    pub(crate) payload: Arc<[u8]>,
    /// the row of a durable prompt; receipts have none
    pub(crate) prompt: Option<u64>,
}

/// See the module. Whoever holds `owner` is the session's one connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) source: SourceId,
    pub(crate) client_id: String,
    pub(crate) owner: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<State>,
}

/// What changes.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// it exists for clients: a reconnect may be told that it is present
    pub(crate) established: bool,
    /// it was taken out of the source's list; look again
    pub(crate) gone: bool,
    /// connections that wait for it
    pub(crate) waiting: u32,
    /// filter and granted QoS
    pub(crate) filters: Vec<(String, u8)>,
    /// of the connection that has it
    pub(crate) bell: Option<Arc<Bell>>,
    /// without a connection: when it is forgotten
    pub(crate) expires: Option<Instant>,
    queue: VecDeque<(u8, Outgoing)>,
    flight: VecDeque<(u16, Outgoing)>,
}

/// What became of the messages in a [`Session::pump`].
#[derive(Debug, Default)]
pub(crate) struct Pumped {
    /// larger than the client takes, or refused by the codec
    pub(crate) too_large: u64,
    /// prompts sent at QoS 0: nobody will acknowledge them
    pub(crate) prompts: Vec<u64>,
}

impl Session {
    pub(crate) fn new(source: SourceId, client_id: String) -> Arc<Self> {
        Arc::new(Self { source, client_id, owner: Arc::default(), state: Mutex::default() })
    }

    /// One that a former process left, without a connection until it `expires`.
    pub(crate) fn asleep(stored: MqttSession, expires: Instant) -> Arc<Self> {
        let MqttSession { source, client_id, subscriptions: filters, .. } = stored;
        let state = State { established: true, filters, expires: Some(expires), ..State::default() };
        Arc::new(Self { source, client_id, owner: Arc::default(), state: Mutex::new(state) })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues what its filters match, rings its connection, and says how many were queued and how many dropped
    /// because `cap` were waiting.
    pub(crate) fn offer(&self, messages: &[Outgoing], cap: usize) -> (u64, u64) {
        let mut state = self.state();
        let State { filters, queue, .. } = &mut *state;
        let (mut queued, mut dropped) = (0_u64, 0_u64);
        // Receipts of one device share their topic, and come together.
        let mut last: Option<(&Arc<str>, Option<u8>)> = None;
        for message in messages {
            let known = last.filter(|(topic, _)| Arc::ptr_eq(topic, &message.topic));
            let (_, granted) = *last.insert(known.unwrap_or_else(|| {
                let matching = filters.iter().filter(|(f, _)| wire::filter_matches(f, &message.topic));
                (&message.topic, matching.map(|(_, q)| *q).max())
            }));
            let Some(qos) = granted else { continue };
            // Prompts are durable and few; only receipts may be dropped.
            if queue.len() >= cap && message.prompt.is_none() {
                dropped = dropped.saturating_add(1);
            } else {
                queue.push_back((qos, message.clone()));
                queued = queued.saturating_add(1);
            }
        }
        if queued > 0
            && let Some(bell) = &state.bell
        {
            bell.ring(bell::OUTBOX);
        }
        (queued, dropped)
    }

    /// Whether anything can be delivered to it.
    pub(crate) fn listens(&self) -> bool {
        !self.state().filters.is_empty()
    }

    /// Moves waiting messages into the endpoint's buffer, as many as the window allows.
    pub(crate) fn pump(&self, endpoint: &mut Endpoint, window: usize, high_water: usize) -> Pumped {
        let mut pumped = Pumped::default();
        let mut state = self.state();
        while endpoint.pending().len() < high_water {
            let acknowledged = state.queue.front().is_some_and(|(qos, _)| *qos > 0);
            if acknowledged && (state.flight.len() >= window || endpoint.vacancy() == 0) {
                break;
            }
            let Some((qos, message)) = state.queue.pop_front() else { break };
            if qos == 0 {
                match endpoint.publish_0(&message.topic, &message.payload) {
                    Ok(()) => pumped.prompts.extend(message.prompt),
                    Err(_) => pumped.too_large = pumped.too_large.saturating_add(1),
                }
                continue;
            }
            match endpoint.publish_1(&message.topic, &message.payload) {
                Some(Ok(id)) => state.flight.push_back((id, message)),
                Some(Err(_)) => pumped.too_large = pumped.too_large.saturating_add(1),
                None => {
                    state.queue.push_front((qos, message));
                    break;
                }
            }
        }
        if state.queue.is_empty() && state.queue.capacity() > 64 {
            state.queue = VecDeque::new();
        }
        pumped
    }

    /// Sends again, marked as repeated, what a former connection had in flight.
    pub(crate) fn resume(&self, endpoint: &mut Endpoint) {
        let mut state = self.state();
        let flight = std::mem::take(&mut state.flight);
        let mut later = Vec::new();
        for (id, message) in flight {
            if endpoint.vacancy() > 0 && endpoint.publish_again(&message.topic, &message.payload, id).is_ok() {
                state.flight.push_back((id, message));
            } else {
                later.push(message);
            }
        }
        for message in later.into_iter().rev() {
            state.queue.push_front((1, message));
        }
    }

    /// The client has message `id`; its prompt's row, if it was one.
    pub(crate) fn acknowledged(&self, id: u16) -> Option<u64> {
        let mut state = self.state();
        // Clients acknowledge in order: it is nearly always the first.
        let place = state.flight.iter().position(|(flying, _)| *flying == id)?;
        let prompt = state.flight.remove(place).and_then(|(_, message)| message.prompt);
        if state.flight.is_empty() && state.flight.capacity() > 64 {
            state.flight = VecDeque::new();
        }
        prompt
    }
}

impl State {
    /// Prompts that are queued or in flight, by row.
    pub(crate) fn prompts(&self) -> Vec<u64> {
        let queued = self.queue.iter().map(|(_, message)| message);
        queued.chain(self.flight.iter().map(|(_, message)| message)).filter_map(|message| message.prompt).collect()
    }

    /// A new life under the same name: nothing of the former one is left but who waits for it.
    pub(crate) fn reset(&mut self) {
        *self = State { waiting: self.waiting, bell: self.bell.take(), ..State::default() };
    }

    /// Adds a subscription or replaces its QoS; false if there are `most` already.
    pub(crate) fn subscribe(&mut self, filter: &str, qos: u8, most: usize) -> bool {
        if let Some((_, granted)) = self.filters.iter_mut().find(|(known, _)| known == filter) {
            *granted = qos;
            return true;
        }
        let room = self.filters.len() < most;
        if room {
            self.filters.push((filter.to_owned(), qos));
        }
        room
    }

    /// Ends a subscription; false if there was none.
    pub(crate) fn unsubscribe(&mut self, filter: &str) -> bool {
        let before = self.filters.len();
        self.filters.retain(|(known, _)| known != filter);
        self.filters.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(topic: &str, prompt: Option<u64>) -> Outgoing {
        Outgoing { topic: topic.into(), payload: Arc::from(&b"{}"[..]), prompt }
    }

    #[test]
    fn a_full_queue_drops_receipts_and_never_prompts() {
        let session = Session::new(SourceId::new("s").unwrap(), "c".to_owned());
        assert!(session.state().subscribe("hearth/v1/s/#", 1, 1));
        assert!(!session.state().subscribe("hearth/v1/s/+/receipt", 1, 1));
        let receipt = message("hearth/v1/s/d/receipt", None);
        assert_eq!(session.offer(&[receipt.clone(), receipt.clone(), receipt.clone()], 2), (2, 1));
        assert_eq!(session.offer(&[message("hearth/v1/s/d/prompt", Some(1))], 2), (1, 0));
        assert_eq!(session.offer(&[message("hearth/v1/other/d/receipt", None)], 9), (0, 0));
    }
}
