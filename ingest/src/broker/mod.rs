//! The second way in: a broker that you already run.
//!
//! One client subscribes and acknowledges by hand, in order, after the commit; another publishes receipts, since
//! acknowledgements would wait behind publishes on the same client; a third publishes prompts, whose acknowledgements
//! count. Tasks of their own, so that nothing ever waits inside the loop that polls: the reader (`read`), the
//! committer (`commit`), the receipts' client (`publish`, `drive`), the prompts' ([`prompts`]).

mod epoch;
mod hubs;
mod prompts;
mod trial;

use crate::IngestError;
use crate::admission::{self, Answer};
use crate::config::BrokerConfig;
use crate::pipeline::{Arrival, Judged, Pipeline, Work};
use bytes::Bytes;
use epoch::{Epoch, Stamp};
use hubs::Hubs;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use service_kit::{ComponentHealth, Health, Shutdown};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{SourceStatus, Via};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use vitals::{DeviceId, DeviceRef, ReceivedAt, SourceId};
use wire::{Channel, HubStatus, Topic};

/// Most messages in one commit.
const BATCH: usize = 512;
/// Largest packet, as at the own endpoint.
const LARGEST: u32 = 1 << 20;
/// A broker keeps the session so long while Hearth is away.
const SESSION: u32 = 7 * 24 * 60 * 60;
const RETRY: Duration = Duration::from_secs(1);

/// A message, stamped with the connection on which it came.
struct Stamped {
    publish: Publish,
    stamp: Stamp,
    received_at: ReceivedAt,
}

/// What reader and committer share.
struct Link {
    client: AsyncClient,
    epoch: Mutex<Epoch>,
    hubs: Hubs,
    pipeline: Arc<Pipeline>,
}

impl Link {
    fn epoch(&self) -> MutexGuard<'_, Epoch> {
        self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the clients; they connect, and reconnect, by themselves. Of receipts, `most` wait for the broker.
pub(crate) fn start(
    config: &BrokerConfig,
    most: u32,
    pipeline: &Arc<Pipeline>,
    health: &Health,
    shutdown: &Shutdown,
) -> Result<(), IngestError> {
    let window = config.window.max(1);
    let mut options = options(config, &config.client_id)?;
    options
        .set_clean_start(false)
        .set_session_expiry_interval(Some(SESSION))
        .set_receive_maximum(Some(window))
        .set_manual_acks(true);
    // Room for every acknowledgement that can be owed, and the subscriptions: a broker may send more ahead than it was
    // asked to (mosquitto 2.0.11 does), but never more than there are packet identifiers. Memory is taken as needed.
    let (client, events) = AsyncClient::new(options, usize::from(u16::MAX).saturating_add(16));
    let link =
        Arc::new(Link { client, epoch: Mutex::default(), hubs: Hubs::default(), pipeline: Arc::clone(pipeline) });
    // As much as the broker was asked to send ahead; beyond it the reader waits for the committer.
    let (messages, inbox) = mpsc::channel(usize::from(window));
    let (receipts, outbox) =
        mpsc::channel(usize::try_from(most).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS));
    let component = health.component("broker");
    let stop = shutdown.token();
    let filters = filters(&config.group);
    shutdown.spawn("broker-reader", read(Arc::clone(&link), events, messages, filters, component, stop.clone()));
    shutdown.spawn("broker-committer", commit(Arc::clone(&link), inbox, receipts));
    let mut options = self::options(config, &format!("{}-receipts", config.client_id))?;
    options.set_clean_start(true);
    let (client, events) = AsyncClient::new(options, usize::from(window));
    shutdown.spawn("broker-receipts", publish(client, outbox));
    shutdown.spawn("broker-receipts-client", drive(events, stop.clone()));
    let mut options = self::options(config, &format!("{}-prompts", config.client_id))?;
    options.set_clean_start(true);
    let (client, events) = AsyncClient::new(options, 1);
    shutdown.spawn("broker-prompts", prompts::run(link, client, events, pipeline.store.notices(), stop));
    Ok(())
}

fn options(config: &BrokerConfig, client_id: &str) -> Result<MqttOptions, IngestError> {
    let mut options = MqttOptions::new(client_id, &config.host, config.port);
    options.set_keep_alive(Duration::from_secs(30)).set_max_packet_size(Some(LARGEST));
    if let Some(user) = &config.username {
        let password = config.password.as_ref().map(|p| p.reveal().to_owned()).unwrap_or_default();
        options.set_credentials(user, password);
    }
    if let Some(path) = &config.ca {
        let unreadable = |detail: String| IngestError::Pem { path: path.clone(), detail };
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|e| unreadable(e.to_string()))? {
            let certificate = certificate.map_err(|e| unreadable(e.to_string()))?;
            roots.add(certificate).map_err(|source| IngestError::Tls { source })?;
        }
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|source| IngestError::Tls { source })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        options.set_transport(Transport::Tls(TlsConfiguration::Rustls(Arc::new(tls))));
    }
    Ok(options)
}

/// Readings are shared between instances; `status` comes by itself, as shared subscriptions get no retained
/// messages.
fn filters(group: &str) -> Vec<String> {
    let mut filters: Vec<String> = Topic::INBOUND_FILTERS.iter().map(|filter| wire::shared(group, filter)).collect();
    filters.push(Topic::STATUS_FILTER.to_owned());
    filters
}

/// Polls the subscribing client. It never waits for anything but the broker and the stop.
async fn read(
    link: Arc<Link>,
    mut events: EventLoop,
    messages: mpsc::Sender<Stamped>,
    filters: Vec<String>,
    health: ComponentHealth,
    stop: CancellationToken,
) {
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.poll() => event,
        };
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                link.epoch().connected();
                // Also where the broker knows what we subscribed to: it says again who is online.
                let wanted = filters.iter().map(|filter| Filter::new(filter.clone(), QoS::AtLeastOnce));
                if let Err(error) = link.client.try_subscribe_many(wanted) {
                    tracing::error!(error = %error, "could not subscribe at the broker");
                }
            }
            // What is published before this goes to nobody, however well the broker acknowledges it.
            Ok(Event::Incoming(Packet::SubAck(answer))) => match refusal(&filters, &answer.return_codes) {
                None => health.up(),
                Some(why) => {
                    tracing::error!(%why, "the broker does not let Hearth listen");
                    health.down(why);
                }
            },
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let stamp = link.epoch().stamp();
                let received_at = ReceivedAt(link.pipeline.clock.now());
                let stamped = Stamped { publish, stamp, received_at };
                tokio::select! {
                    () = stop.cancelled() => return,
                    sent = messages.send(stamped) => if sent.is_err() { return },
                }
            }
            Ok(_) => {}
            Err(error) => {
                link.epoch().lost();
                // Drops the acknowledgements that were queued for the connection that is gone; after `lost` no
                // more can join them.
                events.clean();
                health.down(format!("the broker cannot be reached: {error}"));
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(RETRY) => {}
                }
            }
        }
    }
}

/// Why not everything is heard at QoS 1, with the remedy.
fn refusal(filters: &[String], answers: &[SubscribeReasonCode]) -> Option<String> {
    filters.iter().enumerate().find_map(|(at, filter)| match answers.get(at) {
        Some(SubscribeReasonCode::Success(QoS::AtLeastOnce | QoS::ExactlyOnce)) => None,
        Some(SubscribeReasonCode::Success(QoS::AtMostOnce)) => Some(format!(
            "the broker grants QoS 0 for {filter}, which loses readings; allow QoS 1 there (mosquitto: max_qos)"
        )),
        Some(code) => Some(format!(
            "the broker refuses {filter} ({code:?}); allow Hearth's user there to subscribe to it, by shared subscription"
        )),
        None => Some(format!("the broker did not answer for {filter}")),
    })
}

/// Each hub's last status.
type Kept = HashMap<SourceId, Bytes>;

async fn kept(pipeline: &Pipeline) -> Kept {
    match pipeline.store.statuses().await {
        Ok(statuses) => statuses.into_iter().map(|status| (status.source, status.payload)).collect(),
        Err(error) => {
            tracing::warn!(error = %error, "the hubs' states could not be read; the broker says them again");
            Kept::new()
        }
    }
}

/// Commits what came, then acknowledges it, in order. Ends when the reader does and all is done.
async fn commit(link: Arc<Link>, mut inbox: mpsc::Receiver<Stamped>, receipts: mpsc::Sender<(Topic, Vec<u8>)>) {
    let mut kept = kept(&link.pipeline).await;
    let mut messages = Vec::with_capacity(BATCH);
    while inbox.recv_many(&mut messages, BATCH).await > 0 {
        let mut work = Work::default();
        let mut answers = Vec::with_capacity(messages.len());
        for message in &messages {
            answers.push(take(&link, &mut kept, message, &mut work));
        }
        match Arc::clone(&link.pipeline).commit(work).await {
            Ok(committed) => {
                for message in &messages {
                    acknowledge(&link, message);
                }
                let mut committed = committed.into_iter();
                for (answer, message) in answers.into_iter().zip(&messages) {
                    let Some((device, answer)) = answer else { continue };
                    let items = committed.next().flatten().map(|admitted| admitted.items).unwrap_or_default();
                    if let Some(device) = device
                        && let Some(receipt) = answer.receipts(&items, message.received_at)
                    {
                        tell(&link.pipeline, &receipts, device, receipt.write());
                    }
                }
            }
            Err(error) => {
                // Nothing is acknowledged: the broker sends it again, on the next connection.
                tracing::error!(error = %error, "a commit failed; the connection to the broker is renewed");
                link.epoch().lost();
                let _ = link.client.try_disconnect();
                tokio::time::sleep(RETRY).await;
            }
        }
        messages.clear();
    }
}

fn acknowledge(link: &Link, message: &Stamped) {
    // The lock is held over the hand-over: between the check and it the connection must not change.
    let epoch = link.epoch();
    if !epoch.current(message.stamp) {
        link.pipeline.metrics.stale_acks.inc();
    } else if let Err(error) = link.client.try_ack(&message.publish) {
        tracing::error!(error = %error, "an acknowledgement could not be sent; the broker will send the message again");
    }
}

/// Whom a receipt goes to (nobody, where the topic was none of ours) and what it is made of.
type Owed = (Option<DeviceRef>, Answer);

/// Admits one message; `None` for a status, which has nothing to answer.
fn take(link: &Link, kept: &mut Kept, message: &Stamped, work: &mut Work) -> Option<Owed> {
    let pipeline = &link.pipeline;
    let payload = &message.publish.payload;
    let text = String::from_utf8_lossy(&message.publish.topic).into_owned();
    if message.publish.qos == QoS::AtMostOnce {
        pipeline.metrics.qos0.inc();
    }
    let topic = match Topic::parse(&text) {
        Ok(topic) => topic,
        Err(error) => return Some((None, work.push(refused(&error, text, payload, message.received_at)?))),
    };
    match &topic {
        Topic::Status { source } => {
            match HubStatus::parse(payload) {
                Ok(status) => {
                    link.hubs.hear(source, status.online);
                    let before = kept.insert(source.clone(), payload.clone());
                    // What the broker only says again is no news of now.
                    if !message.publish.retain || before.as_ref() != Some(payload) {
                        let (source, payload) = (source.clone(), payload.clone());
                        work.status(SourceStatus { source, payload, at: message.received_at.0 });
                    }
                }
                Err(_) => pipeline.metrics.refused("status-payload"),
            }
            None
        }
        Topic::Device { device, .. } => {
            let judged = pipeline.judge(Arrival {
                topic: &topic,
                device,
                topic_text: text,
                payload,
                received_at: message.received_at,
                hub_connected: link.hubs.connected(&device.source),
                via: Via::Broker,
            });
            Some((Some(device.clone()), work.push(judged)))
        }
    }
}

fn refused(error: &wire::TopicError, text: String, payload: &Bytes, received_at: ReceivedAt) -> Option<Judged> {
    let name = "invalid-topic";
    let device = DeviceRef { source: SourceId::new(name).ok()?, device: DeviceId::new(name).ok()? };
    Some(Judged::refused(admission::refuse_topic(error, payload), device, text, payload, received_at))
}

fn tell(pipeline: &Pipeline, receipts: &mpsc::Sender<(Topic, Vec<u8>)>, device: DeviceRef, receipt: Vec<u8>) {
    match receipts.try_send((Topic::device(device, Channel::Receipt), receipt)) {
        Ok(()) => pipeline.metrics.receipts.inc(),
        Err(_) => pipeline.metrics.receipts_dropped.inc(),
    };
}

/// Publishes receipts, in order, as fast as the broker takes them.
async fn publish(client: AsyncClient, mut outbox: mpsc::Receiver<(Topic, Vec<u8>)>) {
    while let Some((topic, payload)) = outbox.recv().await {
        if client.publish(topic.to_string(), QoS::AtLeastOnce, false, payload).await.is_err() {
            return;
        }
    }
}

async fn drive(mut events: EventLoop, stop: CancellationToken) {
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.poll() => event,
        };
        if let Err(error) = event {
            tracing::warn!(%error, "the connection that carries receipts to the broker was lost; it is made again");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }
}
