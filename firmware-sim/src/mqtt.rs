//! One connection to a broker with rumqttc, MQTT 3.1.1 or 5, in the few words that the simulator needs.
//!
//! rumqttc drops every unacknowledged and every queued publish when a reconnect finds no session, so a
//! connection that fails is thrown away here and a new one opened: whoever publishes keeps its own outbox.

use rumqttc::v5;
use rumqttc::{QoS, TlsConfiguration, Transport};
use std::time::Duration;

/// Largest packet either way, bytes.
const MAX_PACKET: u32 = 1024 * 1024;
/// Seconds after which a session that nobody returned to may be forgotten: a week.
const SESSION_EXPIRY_S: u32 = 7 * 86_400;

/// Which MQTT is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Protocol {
    /// MQTT 3.1.1
    #[value(name = "3.1.1")]
    V311,
    /// MQTT 5
    #[value(name = "5")]
    V5,
}

/// Where the broker is.
#[derive(Clone, Debug)]
pub struct Broker {
    /// name or address
    pub host: String,
    /// port
    pub port: u16,
    /// which MQTT is spoken
    pub protocol: Protocol,
    /// certificates (PEM) of who signed the broker's; `None` speaks without TLS
    pub ca: Option<Vec<u8>>,
}

/// A broker's address that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no broker address; write HOST:PORT, e.g. 127.0.0.1:1883")]
pub struct AddressError(String);

impl Broker {
    /// Takes `HOST:PORT` (or `[v6]:PORT`); without a port it is 1883.
    ///
    /// # Errors
    /// [`AddressError`] where that is not what it is.
    pub fn parse(text: &str, protocol: Protocol) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        let text = text.strip_prefix("mqtt://").unwrap_or(text);
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') => (host, port.parse().map_err(|_| wrong())?),
            _ => (text, 1883),
        };
        if host.is_empty() || host.contains('/') {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), port, protocol, ca: None })
    }
}

/// A source's name and secret.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Login {
    /// the name, for Hearth the source's id
    pub username: String,
    /// the secret
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("username", &self.username).finish_non_exhaustive()
    }
}

/// How a connection is made.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// the client id
    pub client_id: String,
    /// name and secret, where the broker wants them
    pub login: Option<Login>,
    /// whether the broker forgets the session afterwards
    pub clean: bool,
    /// publishes without an acknowledgement at a time
    pub in_flight: u16,
    /// topic and payload that the broker publishes, retained, when the connection breaks
    pub will: Option<(String, Vec<u8>)>,
}

/// What a connection tells.
#[derive(Clone, Debug)]
pub enum Heard {
    /// it stands
    Connected {
        /// the broker remembered the session and its subscriptions
        session_present: bool,
    },
    /// a publish came in
    Publish {
        /// where
        topic: String,
        /// what
        payload: bytes::Bytes,
    },
    /// a publish went out under this packet id
    Sent(u16),
    /// the broker acknowledged the publish with this packet id
    Acknowledged(u16),
    /// the broker refused a subscription
    SubscriptionRefused,
    /// nothing that matters here
    Other,
}

/// A connection that is over.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// it failed or was refused
    #[error("the connection to the broker: {0}")]
    Failed(String),
    /// the queue in front of the connection is full
    #[error("the queue in front of the connection is full")]
    Full,
}

/// The half that asks for things.
#[derive(Clone)]
pub struct Client(Either<rumqttc::AsyncClient, v5::AsyncClient>);

/// The half that does them; nothing happens while it is not polled.
pub struct Events(Either<Box<rumqttc::EventLoop>, Box<v5::EventLoop>>);

#[derive(Clone)]
enum Either<A, B> {
    V311(A),
    V5(B),
}

/// A connection, to be established by the first [`Events::poll`].
#[must_use]
pub fn open(broker: &Broker, options: &LinkOptions) -> (Client, Events) {
    // Room for a full window, subscriptions and a status.
    let queue = usize::from(options.in_flight) + 16;
    let transport = broker
        .ca
        .clone()
        .map(|ca| Transport::tls_with_config(TlsConfiguration::Simple { ca, alpn: None, client_auth: None }));
    match broker.protocol {
        Protocol::V311 => {
            let mut to = rumqttc::MqttOptions::new(&options.client_id, &broker.host, broker.port);
            to.set_keep_alive(Duration::from_secs(30)).set_clean_session(options.clean).set_inflight(options.in_flight);
            to.set_max_packet_size(packet(), packet());
            transport.map(|t| to.set_transport(t));
            if let Some(login) = &options.login {
                to.set_credentials(&login.username, &login.password);
            }
            if let Some((topic, payload)) = &options.will {
                to.set_last_will(rumqttc::LastWill::new(topic, payload.clone(), QoS::AtLeastOnce, true));
            }
            let (client, events) = rumqttc::AsyncClient::new(to, queue);
            (Client(Either::V311(client)), Events(Either::V311(Box::new(events))))
        }
        Protocol::V5 => {
            let mut to = v5::MqttOptions::new(&options.client_id, &broker.host, broker.port);
            to.set_keep_alive(Duration::from_secs(30)).set_clean_start(options.clean);
            to.set_outgoing_inflight_upper_limit(options.in_flight);
            to.set_session_expiry_interval(Some(if options.clean { 0 } else { SESSION_EXPIRY_S }));
            to.set_max_packet_size(Some(MAX_PACKET));
            transport.map(|t| to.set_transport(t));
            if let Some(login) = &options.login {
                to.set_credentials(&login.username, &login.password);
            }
            if let Some((topic, payload)) = &options.will {
                let qos = v5::mqttbytes::QoS::AtLeastOnce;
                to.set_last_will(v5::mqttbytes::v5::LastWill::new(topic, payload.clone(), qos, true, None));
            }
            let (client, events) = v5::AsyncClient::new(to, queue);
            (Client(Either::V5(client)), Events(Either::V5(Box::new(events))))
        }
    }
}

fn packet() -> usize {
    usize::try_from(MAX_PACKET).unwrap_or(usize::MAX)
}

impl Client {
    /// Queues a publish, QoS 1.
    ///
    /// # Errors
    /// [`LinkError::Full`]: try again when something was acknowledged.
    pub fn publish(&self, topic: &str, payload: Vec<u8>, retain: bool) -> Result<(), LinkError> {
        let done = match &self.0 {
            Either::V311(c) => c.try_publish(topic, QoS::AtLeastOnce, retain, payload).is_ok(),
            Either::V5(c) => c.try_publish(topic, v5::mqttbytes::QoS::AtLeastOnce, retain, payload).is_ok(),
        };
        if done { Ok(()) } else { Err(LinkError::Full) }
    }

    /// Queues a subscription, QoS 1.
    ///
    /// # Errors
    /// [`LinkError::Full`].
    pub fn subscribe(&self, filter: &str) -> Result<(), LinkError> {
        let done = match &self.0 {
            Either::V311(c) => c.try_subscribe(filter, QoS::AtLeastOnce).is_ok(),
            Either::V5(c) => c.try_subscribe(filter, v5::mqttbytes::QoS::AtLeastOnce).is_ok(),
        };
        if done { Ok(()) } else { Err(LinkError::Full) }
    }

    /// Queues a goodbye, after which the will is not published.
    pub fn disconnect(&self) {
        // A queue too full for it ends in a broken connection, which the broker has to bear anyway.
        let _goodbye = match &self.0 {
            Either::V311(c) => c.try_disconnect().is_ok(),
            Either::V5(c) => c.try_disconnect().is_ok(),
        };
    }
}

impl Events {
    /// Works until there is something to tell. Not to be dropped half-way: run it in a task of its own.
    ///
    /// # Errors
    /// [`LinkError::Failed`]: throw both halves away.
    pub async fn poll(&mut self) -> Result<Heard, LinkError> {
        match &mut self.0 {
            Either::V311(events) => events.poll().await.map(heard_v311).map_err(|e| LinkError::Failed(e.to_string())),
            Either::V5(events) => events.poll().await.map(heard_v5).map_err(|e| LinkError::Failed(e.to_string())),
        }
    }
}

fn heard_v311(event: rumqttc::Event) -> Heard {
    use rumqttc::{Event, Incoming, Outgoing, SubscribeReasonCode};
    match event {
        Event::Incoming(Incoming::ConnAck(ack)) => Heard::Connected { session_present: ack.session_present },
        Event::Incoming(Incoming::Publish(p)) => Heard::Publish { topic: p.topic, payload: p.payload },
        Event::Incoming(Incoming::PubAck(ack)) => Heard::Acknowledged(ack.pkid),
        Event::Incoming(Incoming::SubAck(ack)) if ack.return_codes.contains(&SubscribeReasonCode::Failure) => {
            Heard::SubscriptionRefused
        }
        Event::Outgoing(Outgoing::Publish(id)) => Heard::Sent(id),
        _ => Heard::Other,
    }
}

fn heard_v5(event: v5::Event) -> Heard {
    use rumqttc::Outgoing;
    use v5::mqttbytes::v5::{Packet, SubscribeReasonCode};
    match event {
        v5::Event::Incoming(Packet::ConnAck(ack)) => Heard::Connected { session_present: ack.session_present },
        v5::Event::Incoming(Packet::Publish(p)) => {
            Heard::Publish { topic: String::from_utf8_lossy(&p.topic).into_owned(), payload: p.payload }
        }
        v5::Event::Incoming(Packet::PubAck(ack)) => Heard::Acknowledged(ack.pkid),
        v5::Event::Incoming(Packet::SubAck(ack))
            if !ack.return_codes.iter().all(|c| matches!(c, SubscribeReasonCode::Success(_))) =>
        {
            Heard::SubscriptionRefused
        }
        v5::Event::Outgoing(Outgoing::Publish(id)) => Heard::Sent(id),
        _ => Heard::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let check = |text: &str, host: &str, port: u16| {
            let broker = Broker::parse(text, Protocol::V5).unwrap();
            assert_eq!((broker.host.as_str(), broker.port), (host, port));
        };
        check("127.0.0.1:1884", "127.0.0.1", 1884);
        check("mqtt://broker.local", "broker.local", 1883);
        check("[::1]:1883", "[::1]", 1883);
        for bad in ["", ":1883", "host:port", "http://host:1"] {
            assert!(Broker::parse(bad, Protocol::V5).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let login = Login { username: "hub-1".to_owned(), password: "hunter2".to_owned() };
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
