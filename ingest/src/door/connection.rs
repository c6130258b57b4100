//! One connection, from its first byte to its last. Loop: wait for one thing, then act on it.

use super::Door;
use super::bell::{self, Bell};
use super::connect::{self, Opened};
use super::ending;
use super::endpoint::Packet;
use super::flight::{Batch, Done, Flight, Receiptable, Reply};
use super::io::Io;
use super::reason::{Parting, Refused};
use super::route::Route;
use super::session::Outgoing;
use crate::pipeline::Arrival;
use bytes::Bytes;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use store::{SourceStatus, StoreError, Via};
use tokio::time::{Instant, Sleep};
use vitals::ReceivedAt;
use wire::{HubStatus, Topic};

/// Answers that wait for a client that does not take them; above this it is not read either.
const HIGH_WATER: usize = 256 * 1024;
/// Further than any timer looks.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

type Flow = ControlFlow<Parting>;

/// Serves a client until it goes, or is told to.
pub(crate) async fn serve(door: Arc<Door>, mut io: Io, peer: IpAddr) {
    let bell = Arc::new(Bell::default());
    let place = door.enter(&bell);
    // Boxed, so that ten thousand idle connections do not carry the memory of how they were opened.
    let opened = tokio::select! {
        opened = Box::pin(connect::open(&door, &mut io, &bell, peer)) => opened,
        () = door.stop.cancelled() => None,
    };
    match opened {
        Some(opened) => {
            let mut connection = Connection::new(Arc::clone(&door), io, bell, opened);
            let why = connection.run().await;
            door.metrics.closed(why.word());
            Box::pin(ending::end(connection, why)).await;
        }
        None => io.close(door.limits.write.0).await,
    }
    drop(place);
}

/// An open connection.
pub(crate) struct Connection {
    pub(crate) door: Arc<Door>,
    pub(crate) io: Io,
    pub(crate) opened: Opened,
    pub(crate) flight: Flight,
    bell: Arc<Bell>,
    packets: Vec<Packet>,
    route: Option<Arc<Route>>,
    hub: bool,
    timer: Pin<Box<Sleep>>,
    /// when the client was heard last, or could have been
    heard_at: Instant,
    /// when writing last made progress
    wrote_at: Instant,
    writing: bool,
    /// the source is ahead of its rate until then
    rate_until: Option<Instant>,
    /// why the socket is not being read
    waiting: Option<(&'static str, prometheus_client::metrics::gauge::Gauge)>,
}

enum Step {
    Bell(u8),
    Committed(Result<Done, StoreError>),
    Read,
    Wrote,
    Timer,
    Lost,
}

impl Connection {
    fn new(door: Arc<Door>, io: Io, bell: Arc<Bell>, opened: Opened) -> Self {
        let now = Instant::now();
        let hub = opened.source.is_gateway();
        let timer = Box::pin(tokio::time::sleep_until(now + FAR));
        let (heard_at, wrote_at) = (now, now);
        let flight = Flight::default();
        let packets = Vec::new();
        let (writing, rate_until, waiting, route) = (false, None, None, None);
        Self {
            door,
            io,
            opened,
            flight,
            bell,
            packets,
            route,
            hub,
            timer,
            heard_at,
            wrote_at,
            writing,
            rate_until,
            waiting,
        }
    }

    async fn run(&mut self) -> Parting {
        Box::pin(self.prompts()).await;
        self.pump().await;
        loop {
            self.note_waiting();
            let step = poll_fn(|cx| self.poll_step(cx)).await;
            let flow = match step {
                Step::Bell(bits) => self.rung(bits).await,
                Step::Committed(Ok(done)) => {
                    self.acknowledge(done);
                    self.flight.launch(&self.door.pipeline);
                    self.pump().await;
                    Flow::Continue(())
                }
                Step::Committed(Err(error)) => {
                    tracing::error!(source = %self.opened.source.id, error = %error, "a commit failed; its connection is closed without acknowledgement");
                    Flow::Break(Parting::NotCommitted)
                }
                Step::Read => self.take().await,
                Step::Wrote => {
                    self.rest();
                    Flow::Continue(())
                }
                Step::Timer => self.timer_fired(),
                Step::Lost => Flow::Break(Parting::Lost),
            };
            if let Flow::Break(why) = flow {
                self.unpause();
                return why;
            }
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let bits = self.bell.heard(cx);
        if bits != 0 {
            return Poll::Ready(Step::Bell(bits));
        }
        // Commits before writes: what several of them answer goes out together.
        if let Poll::Ready(Some(result)) = self.flight.poll_next(cx) {
            return Poll::Ready(Step::Committed(result));
        }
        if let Poll::Ready(step) = self.poll_writing(cx) {
            return Poll::Ready(step);
        }
        if self.why_waiting().is_none() {
            match self.io.poll_packets(cx, &mut self.packets) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Step::Lost),
                Poll::Ready(Ok(_)) => return Poll::Ready(Step::Read),
                Poll::Pending => {}
            }
        }
        self.set_timer();
        self.timer.as_mut().poll(cx).map(|()| Step::Timer)
    }

    fn poll_writing(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if !self.io.writes() {
            return Poll::Pending;
        }
        if !self.writing {
            self.writing = true;
            self.wrote_at = Instant::now();
        }
        let mut moved = false;
        let polled = self.io.poll_write(cx, &mut moved);
        if moved {
            self.wrote_at = Instant::now();
        }
        match polled {
            Poll::Ready(Ok(())) => {
                self.writing = false;
                Poll::Ready(Step::Wrote)
            }
            Poll::Ready(Err(_)) => Poll::Ready(Step::Lost),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Why the socket is not read at the moment, in the words of the metric.
    fn why_waiting(&self) -> Option<&'static str> {
        if self.rate_until.is_some() {
            return Some("rate");
        }
        if self.flight.is_full(self.door.limits.in_flight) {
            return Some("commit");
        }
        (self.io.endpoint.pending().len() >= HIGH_WATER).then_some("client")
    }

    fn note_waiting(&mut self) {
        let why = self.why_waiting();
        if self.waiting.as_ref().map(|(why, _)| *why) == why {
            return;
        }
        self.unpause();
        self.waiting = why.map(|why| {
            let gauge = self.door.metrics.waiting(why);
            gauge.inc();
            (why, gauge)
        });
    }

    fn unpause(&mut self) {
        if let Some((_, gauge)) = self.waiting.take() {
            gauge.dec();
            // While it was not read it could not be heard.
            self.heard_at = Instant::now();
        }
    }

    /// The timer stands at the earliest thing that may be due; fired early, it is set again.
    fn set_timer(&mut self) {
        let mut due = self.rate_until;
        let mut also = |at: Instant| due = Some(due.map_or(at, |due| due.min(at)));
        if !self.opened.keep_alive.is_zero() && self.waiting.is_none() {
            also(self.heard_at + self.opened.keep_alive);
        }
        if self.writing {
            also(self.wrote_at + self.door.limits.write.0);
        }
        let due = due.unwrap_or_else(|| Instant::now() + FAR);
        if due < self.timer.deadline() || self.timer.is_elapsed() {
            self.timer.as_mut().reset(due);
        }
    }

    fn timer_fired(&mut self) -> Flow {
        let now = Instant::now();
        // It is elapsed and would fire again at once; the next poll sets it.
        self.timer.as_mut().reset(now + FAR);
        if self.rate_until.is_some_and(|at| at <= now) {
            self.rate_until = None;
        }
        if self.writing && self.wrote_at + self.door.limits.write.0 <= now {
            return Flow::Break(Parting::Stuck);
        }
        let keep_alive = self.opened.keep_alive;
        if !keep_alive.is_zero() && self.waiting.is_none() && self.heard_at + keep_alive <= now {
            return Flow::Break(Parting::Silent);
        }
        Flow::Continue(())
    }

    async fn rung(&mut self, bits: u8) -> Flow {
        for (bit, why) in
            [(bell::DRAIN, Parting::Drain), (bell::REVOKED, Parting::Revoked), (bell::TAKE_OVER, Parting::TakenOver)]
        {
            if bits & bit != 0 {
                return Flow::Break(why);
            }
        }
        if bits & bell::PROMPTS != 0 {
            Box::pin(self.prompts()).await;
        }
        self.pump().await;
        Flow::Continue(())
    }

    /// Acts on everything that one read brought, then sends the batch off.
    async fn take(&mut self) -> Flow {
        self.heard_at = Instant::now();
        let received_at = ReceivedAt(self.door.pipeline.clock.now());
        let before = self.flight.gathered();
        let mut packets = std::mem::take(&mut self.packets);
        let (mut room, mut prompts) = (false, Vec::new());
        let mut flow = Flow::Continue(());
        for packet in packets.drain(..) {
            flow = match packet {
                Packet::Acknowledged(id) => {
                    room = true;
                    prompts.extend(self.opened.session.acknowledged(id));
                    Flow::Continue(())
                }
                Packet::Publish { topic, payload, qos, id } => self.publish(topic, payload, qos, id, received_at),
                other => Box::pin(self.other(other)).await,
            };
            if flow.is_break() {
                break;
            }
        }
        self.packets = packets;
        if !prompts.is_empty() {
            Box::pin(self.delivered(&prompts)).await;
        }
        if room {
            self.pump().await;
        }
        let readings = self.flight.gathered().saturating_sub(before);
        self.flight.launch(&self.door.pipeline);
        if self.flight.is_empty() && !self.io.writes() {
            self.io.stream.confirm();
        }
        if readings > 0 {
            let wait = self.opened.source.take_tokens(readings, self.heard_at);
            self.rate_until = wait.map(|wait| self.heard_at + wait);
        }
        flow
    }

    fn publish(&mut self, topic: String, payload: Bytes, qos: u8, id: u16, received_at: ReceivedAt) -> Flow {
        let reply = match qos {
            0 => Reply::Nothing,
            1 => Reply::Puback(id),
            _ => Reply::Pubrec(id),
        };
        let source = &self.opened.source;
        if qos == 0 {
            self.door.metrics.qos0.inc();
            source.count(&source.qos0, 1);
        }
        let known = self.route.as_ref().filter(|route| route.is(&topic)).map(Arc::clone);
        let route = if let Some(route) = known {
            route
        } else {
            let Some(parsed) = Topic::parse(&topic).ok().filter(|t| t.publish_allowed(&source.id)) else {
                return self.refuse(id, qos, Refused::Topic);
            };
            let Topic::Device { device, .. } = &parsed else {
                return self.status(id, qos, reply, payload, received_at);
            };
            let device = device.clone();
            Arc::clone(self.route.insert(Route::new(&topic, parsed, device)))
        };
        let judged = self.door.pipeline.judge(Arrival {
            topic: &route.topic,
            device: &route.device,
            topic_text: topic,
            payload: &payload,
            received_at,
            hub_connected: self.hub,
            via: Via::Mqtt,
        });
        if judged.unknown_fields > 0 {
            let source = &self.opened.source;
            source.count(&source.unknown_fields, judged.unknown_fields);
        }
        let Batch { work, replies, bytes } = self.flight.gathering();
        *bytes = bytes.saturating_add(payload.len());
        let answer = work.push(judged);
        let receipt = Arc::clone(&route.receipt);
        replies.push((reply, Some(Receiptable { topic: receipt, answer, received_at })));
        Flow::Continue(())
    }

    fn status(&mut self, id: u16, qos: u8, reply: Reply, payload: Bytes, received_at: ReceivedAt) -> Flow {
        if HubStatus::parse(&payload).is_err() {
            return self.refuse(id, qos, Refused::Payload);
        }
        let status = SourceStatus { source: self.opened.source.id.clone(), payload, at: received_at.0 };
        let Batch { work, replies, bytes } = self.flight.gathering();
        *bytes = bytes.saturating_add(status.payload.len());
        work.status(status);
        replies.push((reply, None));
        Flow::Continue(())
    }

    /// Version 5 has a code for it; in 3.1.1 an acknowledgement would be a lie, so the connection is closed,
    /// except that a status which says nothing is only counted: its hub would do the same again for ever.
    fn refuse(&mut self, id: u16, qos: u8, why: Refused) -> Flow {
        self.door.metrics.refused(why.word());
        tracing::info!(source = %self.opened.source.id, why = why.sentence(), "refused a publish");
        let reply = match (self.io.endpoint.v5(), qos, why) {
            (true, 0, _) | (false, 0, Refused::Payload) => Reply::Nothing,
            (true, qos, why) => Reply::Refuse { id, qos, why },
            (false, 1, Refused::Payload) => Reply::Puback(id),
            (false, _, Refused::Payload) => Reply::Pubrec(id),
            (false, _, Refused::Topic) => {
                self.door.note_source(&self.opened.source.id);
                return Flow::Break(Parting::Policy);
            }
        };
        self.flight.gathering().replies.push((reply, None));
        Flow::Continue(())
    }

    async fn other(&mut self, packet: Packet) -> Flow {
        match packet {
            Packet::Publish { .. } | Packet::Acknowledged(_) => {}
            Packet::Connect(_) => return Flow::Break(Parting::Fault("connect-twice")),
            Packet::Subscribe { id, filters } => return self.subscribe(id, &filters).await,
            Packet::Unsubscribe { id, filters } => return self.unsubscribe(id, &filters).await,
            Packet::Released(id) => self.io.endpoint.pubcomp(id),
            Packet::Again(id) => self.flight.gathering().replies.push((Reply::Pubrec(id), None)),
            Packet::Disconnect { will, expiry } => {
                // A session that was to end with the connection cannot be made to last at its end.
                if let Some(expiry) = expiry
                    && self.opened.expiry > 0
                {
                    let longest = u32::try_from(self.door.limits.session_age.0.as_secs()).unwrap_or(u32::MAX);
                    self.opened.expiry = expiry.min(longest);
                }
                return Flow::Break(if will { Parting::GoodbyeWithWill } else { Parting::Goodbye });
            }
            Packet::Fault(what) => {
                tracing::info!(source = %self.opened.source.id, what, "closed a connection that broke the protocol");
                return Flow::Break(Parting::Fault(what));
            }
        }
        Flow::Continue(())
    }

    async fn subscribe(&mut self, id: u16, filters: &[(String, u8)]) -> Flow {
        let most = usize::try_from(self.door.limits.subscriptions).unwrap_or(usize::MAX);
        let source = &self.opened.source.id;
        let granted: Vec<Option<u8>> = {
            let mut state = self.opened.session.state();
            let grant = |(filter, qos): &(String, u8)| {
                let fine = wire::subscription_allowed(source, filter) && state.subscribe(filter, *qos, most);
                fine.then_some(*qos)
            };
            filters.iter().map(grant).collect()
        };
        if granted.iter().any(Option::is_some) && !self.keep().await {
            return Flow::Break(Parting::NotCommitted);
        }
        self.io.endpoint.suback(id, &granted);
        self.prompts().await;
        self.pump().await;
        Flow::Continue(())
    }

    async fn unsubscribe(&mut self, id: u16, filters: &[String]) -> Flow {
        let existed: Vec<bool> = {
            let mut state = self.opened.session.state();
            filters.iter().map(|filter| state.unsubscribe(filter)).collect()
        };
        if existed.contains(&true) && !self.keep().await {
            return Flow::Break(Parting::NotCommitted);
        }
        self.io.endpoint.unsuback(id, &existed);
        Flow::Continue(())
    }

    /// Makes the session's subscriptions durable, if the session is.
    async fn keep(&mut self) -> bool {
        if self.opened.expiry == 0 {
            return true;
        }
        let kept = connect::put(&self.door, &self.opened.session, None).await;
        if let Err(error) = &kept {
            tracing::error!(source = %self.opened.source.id, error = %error, "a session could not be kept");
        }
        kept.is_ok()
    }

    /// Answers a committed batch, in order, and sends its receipts to whoever listens.
    pub(crate) fn acknowledge(&mut self, done: Done) {
        let listens = self.opened.source.listens();
        let mut receipts = Vec::new();
        let mut committed = done.committed.into_iter();
        for (reply, receiptable) in done.replies {
            self.reply(reply);
            let Some(Receiptable { topic, answer, received_at }) = receiptable else { continue };
            let items = committed.next().flatten().map(|admitted| admitted.items).unwrap_or_default();
            if !listens {
                continue;
            }
            if let Some(receipt) = answer.receipts(&items, received_at) {
                receipts.push(Outgoing { topic, payload: receipt.write().into(), prompt: None });
            }
        }
        if !receipts.is_empty() {
            self.offer(&receipts);
        }
    }

    fn reply(&mut self, reply: Reply) {
        match reply {
            Reply::Nothing => {}
            Reply::Puback(id) => self.io.endpoint.puback(id),
            Reply::Pubrec(id) => self.io.endpoint.pubrec(id),
            Reply::Refuse { id, qos, why } => self.io.endpoint.refuse_publish(id, qos, why),
        }
    }

    fn offer(&self, messages: &[Outgoing]) {
        let cap = usize::try_from(self.door.limits.receipts).unwrap_or(usize::MAX);
        let (queued, dropped) = self.opened.source.offer(messages, cap);
        self.door.metrics.receipts.inc_by(queued);
        if dropped > 0 {
            self.door.metrics.receipts_dropped.inc_by(dropped);
        }
    }

    /// Moves what waits for the client into the buffer.
    async fn pump(&mut self) {
        let window = usize::from(self.door.limits.window);
        let pumped = self.opened.session.pump(&mut self.io.endpoint, window, HIGH_WATER);
        if pumped.too_large > 0 {
            self.door.metrics.receipts_dropped.inc_by(pumped.too_large);
        }
        if !pumped.prompts.is_empty() {
            Box::pin(self.delivered(&pumped.prompts)).await;
        }
    }

    /// Queues the prompts that wait in the store, but for those that are on their way already. There is no
    /// cursor: a later subscription may match what an earlier one did not.
    async fn prompts(&mut self) {
        let session = &self.opened.session;
        if !session.listens() {
            return;
        }
        let now = self.door.pipeline.clock.now();
        match self.door.pipeline.store.prompts(&self.opened.source.id, 0, now).await {
            Ok(rows) => {
                let on_their_way = session.state().prompts();
                let new = rows.into_iter().filter(|row| !on_their_way.contains(&row.row));
                let messages: Vec<Outgoing> = new.map(prompt).collect();
                session.offer(&messages, usize::MAX);
            }
            // They stay in the store; the next prompt, subscription or connection asks again.
            Err(error) => tracing::warn!(error = %error, "prompts could not be read"),
        }
    }

    async fn delivered(&mut self, rows: &[u64]) {
        let now = self.door.pipeline.clock.now();
        if let Err(error) = self.door.pipeline.store.prompts_delivered(rows, now).await {
            tracing::warn!(error = %error, "delivered prompts could not be noted; they will be sent again");
        }
    }

    fn rest(&mut self) {
        if self.flight.is_empty() {
            self.io.endpoint.rest();
            if self.packets.capacity() > 0 {
                self.packets = Vec::new();
            }
        }
    }
}

fn prompt(row: store::PromptRow) -> Outgoing {
    let (topic, payload) = crate::prompt::message(&row);
    Outgoing { topic: topic.to_string().into(), payload: payload.into(), prompt: Some(row.row) }
}
