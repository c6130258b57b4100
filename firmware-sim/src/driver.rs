//! Drives a [`Hub`] over a real connection: reconnects, subscribes, publishes, listens, answers prompts.

use crate::firmware::Message;
use crate::hub::{Hub, HubCounts};
use crate::mqtt::{self, Broker, Client, Heard, LinkError, LinkOptions, Login};
use chrono::TimeDelta;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use vitals::{DeviceId, Instant, SourceId};
use wire::{Channel, HubStatus, Prompt, Topic};

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Most messages that a hub keeps without a receipt.
pub const OUTBOX: usize = 20_000;
/// Publishes without an acknowledgement at a time.
const IN_FLIGHT: u16 = 64;
/// Between attempts to connect.
const RETRY: TimeDelta = TimeDelta::seconds(1);
/// Between status messages of a hub, if nothing else calls for one.
const STATUS_EVERY: TimeDelta = TimeDelta::seconds(60);
/// How often time passes for the engine.
const TICK: Duration = Duration::from_millis(200);
/// How long somebody takes to measure again when asked.
const ANSWER_AFTER: TimeDelta = TimeDelta::milliseconds(2500);
/// Prompts waiting for their answer; more are not shown by so small a hub.
const PROMPTS: usize = 32;
/// How many prompts a hub remembers to have shown.
const SHOWN: usize = 256;
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What a driver is told.
#[derive(Debug)]
pub enum Order {
    /// a device has a reading
    Offer(Message),
    /// the internet is down for so long
    Offline(Duration),
}

/// Who answers prompts.
pub trait Answers: Send {
    /// The measurement that follows a prompt, or none where nobody is at home.
    fn answer(&mut self, device: &DeviceId, prompt: &Prompt, now: Instant) -> Option<Message>;
}

/// Nobody answers.
pub struct Nobody;

impl Answers for Nobody {
    fn answer(&mut self, _device: &DeviceId, _prompt: &Prompt, _now: Instant) -> Option<Message> {
        None
    }
}

/// What a driver reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// what the engine has seen
    pub counts: HubCounts,
    /// messages without a receipt
    pub depth: usize,
    /// whether a connection stands
    pub connected: bool,
    /// connections so far
    pub connections: u64,
    /// prompts received
    pub prompts: u64,
    /// of these, answered
    pub answered: u64,
    /// why the last connection ended, or the last attempt failed
    pub last_error: Option<String>,
}

/// A hub or an uplink, and everything it needs.
pub struct Driver {
    /// where to
    pub broker: Broker,
    /// as whom
    pub source: SourceId,
    /// name and secret, where the broker wants them
    pub login: Option<Login>,
    /// whether it has a `status` topic, as hubs do
    pub has_status: bool,
    /// who answers prompts
    pub answers: Box<dyn Answers>,
    /// the time
    pub clock: Clock,
}

struct Link {
    client: Client,
    heard: mpsc::Receiver<Result<Heard, LinkError>>,
    task: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        // The socket closes without a goodbye, as it does when the power fails: the will is published.
        self.task.abort();
    }
}

struct Running {
    driver: Driver,
    hub: Hub,
    link: Option<Link>,
    open_at: Instant,
    status_at: Instant,
    held: Option<Message>,
    prompts: VecDeque<(Instant, DeviceId, Prompt)>,
    /// the latest prompts' ids: a redelivered one is not shown again
    shown: VecDeque<String>,
    report: Report,
    tell: watch::Sender<Report>,
}

impl Driver {
    /// Runs until `stop`, or until nobody can give orders any more and everything has its receipt.
    pub async fn run(self, mut orders: mpsc::Receiver<Order>, tell: watch::Sender<Report>, stop: CancellationToken) {
        let now = (self.clock)();
        let mut run = Running {
            driver: self,
            hub: Hub::new(OUTBOX),
            link: None,
            open_at: now,
            status_at: now,
            held: None,
            prompts: VecDeque::new(),
            shown: VecDeque::new(),
            report: Report::default(),
            tell,
        };
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut open_orders = true;
        while open_orders || run.hub.depth() > 0 || run.held.is_some() {
            run.pump();
            let accepts = open_orders && run.held.is_none();
            tokio::select! {
                () = stop.cancelled() => break,
                heard = next(&mut run.link) => run.heard(heard),
                order = orders.recv(), if accepts => match order {
                    Some(order) => run.order(order),
                    None => open_orders = false,
                },
                _ = ticks.tick() => run.tick(),
            }
            run.tell();
        }
        run.farewell().await;
    }
}

/// What the connection says next; never, while there is none.
async fn next(link: &mut Option<Link>) -> Result<Heard, LinkError> {
    match link {
        Some(link) => link.heard.recv().await.unwrap_or_else(|| Err(LinkError::Failed("it ended".to_owned()))),
        None => std::future::pending().await,
    }
}

impl Running {
    fn now(&self) -> Instant {
        (self.driver.clock)()
    }

    fn open(&mut self) {
        let status = Topic::Status { source: self.driver.source.clone() }.to_string();
        let options = LinkOptions {
            client_id: self.driver.source.to_string(),
            login: self.driver.login.clone(),
            clean: false,
            in_flight: IN_FLIGHT,
            will: self.driver.has_status.then(|| (status, HubStatus::offline().write())),
        };
        let (client, mut events) = mqtt::open(&self.driver.broker, &options);
        let (say, heard) = mpsc::channel(256);
        let task = tokio::spawn(async move {
            loop {
                let event = events.poll().await;
                let over = event.is_err();
                if say.send(event).await.is_err() || over {
                    return;
                }
            }
        });
        self.link = Some(Link { client, heard, task });
    }

    fn heard(&mut self, heard: Result<Heard, LinkError>) {
        match heard {
            Ok(Heard::Connected { .. }) => {
                self.report.connections += 1;
                self.hub.connected();
                self.subscribe();
                self.status_at = self.now();
            }
            Ok(Heard::Publish { topic, payload }) => match Topic::parse(&topic) {
                Ok(Topic::Device { device, channel: Channel::Prompt }) => self.asked(device.device, &payload),
                _ => self.hub.received(&topic, &payload),
            },
            Ok(Heard::SubscriptionRefused) => {
                self.lost("the broker refused the subscription to receipts and prompts".to_owned());
            }
            Ok(Heard::Sent(_) | Heard::Acknowledged(_) | Heard::Other) => {}
            Err(error) => self.lost(error.to_string()),
        }
    }

    /// At every connection: a session that the broker remembers may be from before its subscriptions were made.
    fn subscribe(&mut self) {
        let Some(link) = &self.link else { return };
        let filters = Topic::downlink_filters(&self.driver.source);
        if filters.iter().any(|filter| link.client.subscribe(filter).is_err()) {
            self.lost("no room to subscribe".to_owned());
        }
    }

    fn lost(&mut self, why: String) {
        tracing::debug!(source = %self.driver.source, %why, "connection lost");
        self.report.last_error = Some(why);
        self.link = None;
        self.hub.disconnected();
        self.open_at = self.now() + RETRY;
    }

    fn asked(&mut self, device: DeviceId, payload: &[u8]) {
        let Ok(prompt) = Prompt::parse(payload) else { return };
        if self.prompts.len() >= PROMPTS || self.shown.contains(&prompt.id) {
            return;
        }
        self.report.prompts += 1;
        self.shown.push_back(prompt.id.clone());
        if self.shown.len() > SHOWN {
            self.shown.pop_front();
        }
        self.prompts.push_back((self.now() + ANSWER_AFTER, device, prompt));
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Offer(message) => self.offer(message),
            Order::Offline(span) => {
                self.lost("the internet is down".to_owned());
                self.open_at = self.now() + TimeDelta::from_std(span).unwrap_or(RETRY);
            }
        }
    }

    fn offer(&mut self, message: Message) {
        // A full outbox holds the door shut: no further order is taken until this one is in.
        self.held = self.hub.offer(message).err().map(|full| *full.message);
    }

    fn tick(&mut self) {
        let now = self.now();
        self.hub.tick(now);
        if let Some(message) = self.held.take() {
            self.offer(message);
        }
        if self.link.is_none() && now >= self.open_at {
            self.open();
        }
        while self.held.is_none()
            && let Some((_, device, prompt)) = self.prompts.pop_front_if(|(due, _, _)| *due <= now)
        {
            let answer = if now <= prompt.until { self.driver.answers.answer(&device, &prompt, now) } else { None };
            if let Some(message) = answer {
                self.report.answered += 1;
                self.offer(message);
            }
        }
        if now >= self.status_at {
            self.status(true);
            self.status_at = now + STATUS_EVERY;
        }
    }

    fn status(&self, online: bool) {
        let Some(link) = self.link.as_ref().filter(|_| self.driver.has_status && self.hub.is_connected()) else {
            return;
        };
        let status = HubStatus {
            online,
            battery: Some(100),
            journal_depth: u64::try_from(self.hub.depth()).ok(),
            clock_offset_s: None,
            versions: [("firmware-sim".to_owned(), env!("CARGO_PKG_VERSION").to_owned())].into(),
            more: [("refused".to_owned(), self.hub.counts().quarantined.to_string())].into(),
        };
        let topic = Topic::Status { source: self.driver.source.clone() }.to_string();
        // The next one is due in a minute; a status that finds no room is no loss.
        let _sent = link.client.publish(&topic, status.write(), true).is_ok();
    }

    fn pump(&mut self) {
        let now = self.now();
        let Some(link) = &self.link else { return };
        while let Some(publish) = self.hub.next_publish(now) {
            if link.client.publish(&publish.topic, publish.payload.clone(), false).is_err() {
                self.hub.not_published(&publish);
                return;
            }
        }
    }

    fn tell(&mut self) {
        self.report.counts = self.hub.counts();
        self.report.depth = self.hub.depth() + usize::from(self.held.is_some());
        self.report.connected = self.hub.is_connected();
        let report = &self.report;
        self.tell.send_if_modified(|told| {
            let news = told != report;
            if news {
                told.clone_from(report);
            }
            news
        });
    }

    /// Says goodbye, so that the will is not published: a hub that is switched off says so itself.
    async fn farewell(mut self) {
        self.status(false);
        if let Some(mut link) = self.link.take() {
            link.client.disconnect();
            let silence = async { while let Some(Ok(_)) = link.heard.recv().await {} };
            // Nothing depends on it: a broker that does not hang up is left alone.
            let _in_time = tokio::time::timeout(FAREWELL, silence).await.is_ok();
        }
        self.hub.disconnected();
        self.tell();
    }
}
