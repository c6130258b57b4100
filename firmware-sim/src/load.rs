//! A load generator: distinct readings over many connections, and how soon each was acknowledged.

use crate::mqtt::{self, Broker, Client, Events, Heard, LinkError, LinkOptions, Login};
use chrono::{SecondsFormat, TimeDelta};
use std::time::{Duration, Instant as Moment};
use tokio::task::JoinSet;
use vitals::{Instant, SourceId};
use wire::{Channel, Topic};

/// How much.
#[derive(Clone, Debug)]
pub struct Load {
    /// where to
    pub broker: Broker,
    /// a connection for each
    pub sources: Vec<(SourceId, Option<Login>)>,
    /// publishes without an acknowledgement, per connection
    pub in_flight: u16,
    /// bytes of a payload; a reading is padded with white space to it, and never cut
    pub payload: usize,
    /// not counted at the beginning
    pub warm_up: Duration,
    /// counted
    pub span: Duration,
    /// subscribe to one's own receipts as well
    pub receipts: bool,
    /// publishes a second and connection; `None` as fast as acknowledgements come
    pub rate: Option<f64>,
    /// the time of the first reading
    pub start: Instant,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Measured {
    /// acknowledged within the counted span
    pub acknowledged: u64,
    /// receipts received within it
    pub receipts: u64,
    /// acknowledged a second
    pub per_second: f64,
    /// from publish to PUBACK, milliseconds
    pub p50_ms: f64,
    /// the same
    pub p99_ms: f64,
}

/// Why no figure can be given.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// a connection failed
    #[error("connection {index}: {error}")]
    Link {
        /// which, from 0
        index: usize,
        /// why
        error: LinkError,
    },
    /// a task died
    #[error("a publisher stopped: {0}")]
    Publisher(#[from] tokio::task::JoinError),
}

struct Tally {
    /// microseconds
    latencies: Vec<u32>,
    receipts: u64,
}

impl Load {
    /// Publishes for the span and measures.
    ///
    /// # Errors
    /// [`LoadError`] where a connection fails: there is no figure with fewer connections than asked for.
    pub async fn run(&self) -> Result<Measured, LoadError> {
        let mut publishers = JoinSet::new();
        let counted = Moment::now() + self.warm_up;
        let (from, to) = (counted, counted + self.span);
        for (index, (source, login)) in self.sources.iter().enumerate() {
            let publisher = self.publisher(index, source, login.clone());
            publishers
                .spawn(async move { publisher.run(from, to).await.map_err(|error| LoadError::Link { index, error }) });
        }
        let mut all = Tally { latencies: Vec::new(), receipts: 0 };
        while let Some(done) = publishers.join_next().await {
            let tally = done??;
            all.latencies.extend(tally.latencies);
            all.receipts += tally.receipts;
        }
        Ok(self.measured(all))
    }

    fn publisher(&self, index: usize, source: &SourceId, login: Option<Login>) -> Publisher {
        let options = LinkOptions {
            client_id: format!("{source}-load"),
            login,
            clean: true,
            in_flight: self.in_flight,
            will: None,
        };
        let (client, events) = mqtt::open(&self.broker, &options);
        let device = format!("load-{index:04}");
        let topic = vitals::DeviceId::new(&device).map(|device| {
            let device = vitals::DeviceRef { source: source.clone(), device };
            Topic::device(device, Channel::Reading).to_string()
        });
        Publisher {
            client,
            events,
            topic: topic.unwrap_or_default(),
            subscribe: self.receipts.then(|| Topic::downlink_filters(source)),
            prefix: format!("{}-{index}", self.start.timestamp_micros()),
            in_flight: self.in_flight,
            payload: self.payload,
            rate: self.rate,
            start: self.start,
            sent: 0,
        }
    }

    fn measured(&self, mut tally: Tally) -> Measured {
        tally.latencies.sort_unstable();
        let at = |share: usize| {
            let index = tally.latencies.len().saturating_mul(share) / 100;
            f64::from(tally.latencies.get(index).copied().unwrap_or(0)) / 1000.0
        };
        let acknowledged = u64::try_from(tally.latencies.len()).unwrap_or(u64::MAX);
        let counted = f64::from(u32::try_from(acknowledged).unwrap_or(u32::MAX));
        Measured {
            acknowledged,
            receipts: tally.receipts,
            per_second: (counted / self.span.as_secs_f64()).round(),
            p50_ms: at(50),
            p99_ms: at(99),
        }
    }
}

struct Publisher {
    client: Client,
    events: Events,
    topic: String,
    subscribe: Option<[String; 2]>,
    prefix: String,
    in_flight: u16,
    payload: usize,
    rate: Option<f64>,
    start: Instant,
    sent: u64,
}

impl Publisher {
    async fn run(mut self, from: Moment, to: Moment) -> Result<Tally, LinkError> {
        let mut tally = Tally { latencies: Vec::new(), receipts: 0 };
        let mut sent_at: Vec<Option<Moment>> = vec![None; usize::from(u16::MAX) + 1];
        let begun = Moment::now();
        let deadline = tokio::time::sleep_until(to.into());
        tokio::pin!(deadline);
        loop {
            // The eventloop is given up afterwards, so it does not matter where the deadline cuts it.
            let heard = tokio::select! {
                () = &mut deadline => break,
                heard = self.events.poll() => heard?,
            };
            let now = Moment::now();
            match heard {
                Heard::Connected { .. } => self.begin()?,
                Heard::Sent(id) => {
                    if let Some(slot) = sent_at.get_mut(usize::from(id)) {
                        *slot = Some(now);
                    }
                }
                Heard::Acknowledged(id) => {
                    let sent = sent_at.get_mut(usize::from(id)).and_then(Option::take);
                    if let Some(sent) = sent.filter(|_| (from..to).contains(&now)) {
                        tally.latencies.push(u32::try_from((now - sent).as_micros()).unwrap_or(u32::MAX));
                    }
                    self.pace(begun).await;
                    self.publish()?;
                }
                Heard::Publish { .. } => tally.receipts += u64::from((from..to).contains(&now)),
                Heard::SubscriptionRefused => {
                    return Err(LinkError::Failed("the broker refused the subscription to receipts".to_owned()));
                }
                Heard::Other => {}
            }
        }
        Ok(tally)
    }

    fn begin(&mut self) -> Result<(), LinkError> {
        for filter in self.subscribe.iter().flatten() {
            self.client.subscribe(filter)?;
        }
        let at_once = if self.rate.is_some() { 1 } else { self.in_flight };
        (0..at_once).try_for_each(|_| self.publish())
    }

    /// Waits until the next publish is due, where there is a rate.
    async fn pace(&mut self, begun: Moment) {
        let Some(rate) = self.rate else { return };
        let sent = f64::from(u32::try_from(self.sent).unwrap_or(u32::MAX));
        if let Ok(due) = Duration::try_from_secs_f64(sent / rate) {
            tokio::time::sleep_until((begun + due).into()).await;
        }
    }

    fn publish(&mut self) -> Result<(), LinkError> {
        let payload = self.reading();
        self.sent += 1;
        self.client.publish(&self.topic, payload, false)
    }

    /// A reading that never was before: its id and its time are new.
    fn reading(&self) -> Vec<u8> {
        let number = i64::try_from(self.sent).unwrap_or(i64::MAX);
        let at = self.start + TimeDelta::milliseconds(number);
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let (kg, g) = (60 + number.rem_euclid(50), number.rem_euclid(10));
        let mut text = format!(
            r#"{{"id":"{}-{number}","kind":"body-weight","measured_at":"{at}","values":{{"weight":{{"value":{kg}.{g},"unit":"kg"}}}},"user_slot":1,"clock":{{"source":"hub","error_s":1}},"battery":80"#,
            self.prefix
        );
        text.extend(std::iter::repeat_n(' ', self.payload.saturating_sub(text.len() + 1)));
        text.push('}');
        text.into_bytes()
    }
}
