//! A source that keeps what it has until it is acknowledged, as the guide for vendors tells them to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rumqttc::{Client, Connection, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS};
use serde_json::Value;

use crate::DEADLINE;

/// How many messages may wait for their PUBACK.
const IN_FLIGHT: u16 = 100;
/// A server that is being restarted is asked again after this.
const RECONNECT: Duration = Duration::from_millis(20);
const TICK: Duration = Duration::from_millis(100);

/// A message to be published at QoS 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// the device in the topic
    pub device: String,
    /// the last level of the topic: `reading` or `gatt`
    pub channel: &'static str,
    /// payload
    pub payload: Vec<u8>,
}

impl Publish {
    /// A message, or an array of them, on the `reading` topic of `device`.
    #[must_use]
    pub fn reading(device: &str, payload: impl ToString) -> Self {
        Self { device: device.to_owned(), channel: "reading", payload: payload.to_string().into_bytes() }
    }
}

/// An MQTT 3.1.1 client with one source's credentials and an outbox.
#[derive(Debug)]
pub struct Publisher {
    address: SocketAddr,
    source: String,
    password: String,
    link: Option<Link>,
    /// receipts that have come, with the device in their topic
    pub receipts: Vec<(String, Value)>,
    /// connections so far
    pub connections: u32,
}

/// Why a connection is over.
type Lost = Box<ConnectionError>;

struct Link {
    client: Client,
    connection: Connection,
    /// handed to the client, without a packet id yet
    issued: VecDeque<usize>,
    /// waiting for their PUBACK, by packet id
    waiting: BTreeMap<u16, usize>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({} waiting)", self.waiting.len())
    }
}

impl Link {
    fn outstanding(&self) -> usize {
        self.issued.len() + self.waiting.len()
    }
}

impl Publisher {
    /// A client of the endpoint at `address`, not connected yet.
    #[must_use]
    pub fn new(address: SocketAddr, source: &str, password: &str) -> Self {
        let (source, password) = (source.to_owned(), password.to_owned());
        Self { address, source, password, link: None, receipts: Vec::new(), connections: 0 }
    }

    /// Connects and subscribes to the receipts.
    fn connect(&self) -> Result<Link, Lost> {
        let id = format!("{}-publisher", self.source);
        let mut options = MqttOptions::new(id, self.address.ip().to_string(), self.address.port());
        options.set_credentials(&self.source, &self.password);
        options.set_clean_session(true).set_inflight(IN_FLIGHT).set_keep_alive(Duration::from_secs(30));
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut connection) = Client::new(options, usize::from(IN_FLIGHT) * 2);
        client.try_subscribe(format!("hearth/v1/{}/+/receipt", self.source), QoS::AtLeastOnce).unwrap();
        for event in connection.iter() {
            if let Event::Incoming(Packet::SubAck(ack)) = event.map_err(Box::new)? {
                let granted = !ack.return_codes.contains(&rumqttc::SubscribeReasonCode::Failure);
                assert!(granted, "the subscription to its own receipts was refused");
                break;
            }
        }
        Ok(Link { client, connection, issued: VecDeque::new(), waiting: BTreeMap::new() })
    }

    /// Publishes `messages` in order, again and again until each has been acknowledged, across restarts of the
    /// server; `acknowledged` hears of each PUBACK, and each message waits until it `may` go.
    ///
    /// # Panics
    /// When nothing is acknowledged for [`DEADLINE`], or the server refuses the credentials.
    pub fn deliver(&mut self, messages: &[Publish], may: impl Fn(usize) -> bool, mut acknowledged: impl FnMut(usize)) {
        let mut open: BTreeSet<usize> = (0..messages.len()).collect();
        let mut next = 0;
        let mut progress = Instant::now();
        while !open.is_empty() {
            assert!(progress.elapsed() < DEADLINE, "{} messages wait in vain for their PUBACK", open.len());
            let Some(link) = &mut self.link else {
                match self.connect() {
                    Ok(link) => {
                        self.link = Some(link);
                        self.connections += 1;
                        next = 0;
                    }
                    Err(lost) => match *lost {
                        ConnectionError::ConnectionRefused(code) => panic!("refused: {code:?}"),
                        _ => std::thread::sleep(RECONNECT),
                    },
                }
                continue;
            };
            while link.outstanding() < usize::from(IN_FLIGHT) {
                let Some(index) = open.range(next..).next().copied().filter(|index| may(*index)) else { break };
                let message = &messages[index];
                let topic = format!("hearth/v1/{}/{}/{}", self.source, message.device, message.channel);
                link.client.try_publish(topic, QoS::AtLeastOnce, false, message.payload.clone()).unwrap();
                link.issued.push_back(index);
                next = index + 1;
            }
            match self.event() {
                Some(Ok(Some(index))) => {
                    open.remove(&index);
                    acknowledged(index);
                    progress = Instant::now();
                }
                Some(Ok(None)) | None => {}
                // What has no PUBACK is kept, and sent again to the next connection.
                Some(Err(_)) => self.link = None,
            }
        }
    }

    /// The next event: the index of the message that it acknowledges, if it does. `None` when none came.
    fn event(&mut self) -> Option<Result<Option<usize>, Lost>> {
        let link = self.link.as_mut()?;
        let event = match link.connection.recv_timeout(TICK) {
            Ok(Ok(event)) => event,
            Ok(Err(error)) => return Some(Err(Box::new(error))),
            Err(rumqttc::RecvTimeoutError::Timeout) => return None,
            Err(rumqttc::RecvTimeoutError::Disconnected) => return Some(Err(Box::new(ConnectionError::RequestsDone))),
        };
        match event {
            Event::Outgoing(Outgoing::Publish(id)) => {
                let index = link.issued.pop_front().unwrap();
                link.waiting.insert(id, index);
            }
            Event::Incoming(Packet::PubAck(ack)) => return Some(Ok(link.waiting.remove(&ack.pkid))),
            Event::Incoming(Packet::Publish(publish)) => {
                let device = publish.topic.split('/').nth(3).unwrap().to_owned();
                self.receipts.push((device, serde_json::from_slice(&publish.payload).unwrap()));
            }
            _ => {}
        }
        Some(Ok(None))
    }

    /// Publishes one message; what its receipt says.
    ///
    /// # Panics
    /// When no receipt comes.
    #[track_caller]
    pub fn ask(&mut self, message: &Publish) -> Value {
        self.receipts.clear();
        self.deliver(std::slice::from_ref(message), |_| true, |_| {});
        let start = Instant::now();
        while self.receipts.is_empty() {
            assert!(start.elapsed() < DEADLINE, "no receipt came");
            if let Some(Err(error)) = self.event() {
                panic!("the connection ended before the receipt came: {error}");
            }
        }
        let (device, receipt) = self.receipts.remove(0);
        assert_eq!(device, message.device);
        receipt
    }

    /// Publishes one message that must be stored.
    ///
    /// # Panics
    /// When its receipt says otherwise.
    #[track_caller]
    pub fn store(&mut self, message: &Publish) {
        let receipt = self.ask(message);
        assert_eq!(receipt["status"], "stored", "{receipt}");
    }
}
