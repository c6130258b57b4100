//! One connection's protocol state: bytes in, packets out, answers into a buffer. No I/O, no clock.
//!
//! It wraps `mqtt-protocol-core` and hides which of the two versions a client speaks. What the crate leaves to
//! its user (topics, credentials, order of acknowledgements, timers) is the connection's.

use super::reason::{Parting, Refusal, Refused};
use bytes::Bytes;
use mqtt_protocol_core::mqtt;
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{ConnectionOptions, GenericEvent, Sendable};
use mqtt_protocol_core::mqtt::packet::{GenericPacket, GenericPacketTrait, Property, Qos, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::result_code as code;
use mqtt_protocol_core::mqtt::role::Server;
use std::sync::Arc;

/// What a client said, whichever version it speaks.
#[derive(Debug)]
pub(crate) enum Packet {
    Connect(Box<Connect>),
    Publish {
        topic: String,
        payload: Bytes,
        qos: u8,
        id: u16,
    },
    Subscribe {
        id: u16,
        filters: Vec<(String, u8)>,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    /// it has a message of ours
    Acknowledged(u16),
    /// PUBREL
    Released(u16),
    /// a QoS 2 publish whose id is still open: answered again, after what came before it
    Again(u16),
    Disconnect {
        will: bool,
        expiry: Option<u32>,
    },
    /// what it said breaks the protocol; where the version has words for that they are in the buffer
    Fault(&'static str),
}

/// CONNECT, whichever version.
#[derive(Debug)]
pub(crate) struct Connect {
    pub(crate) v5: bool,
    pub(crate) client_id: String,
    pub(crate) clean: bool,
    /// seconds; 0 for none
    pub(crate) keep_alive: u16,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Vec<u8>>,
    /// seconds that the session outlives the connection; `u32::MAX` for as long as possible
    pub(crate) expiry: u32,
    pub(crate) will: Option<Will>,
    /// it asks for a way of signing in that is not a password
    pub(crate) other_method: bool,
}

/// What is to be said for a client that is gone.
#[derive(Clone, Debug)]
pub(crate) struct Will {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    /// seconds
    pub(crate) delay: u32,
}

/// See the module.
pub(crate) struct Endpoint {
    core: mqtt::Connection<Server>,
    v5: bool,
    out: Vec<u8>,
    sent: usize,
    /// how long `out` was when it was given back
    usual: usize,
}

/// The most that is reserved at once for what will be written.
const MOST_RESERVED: usize = 32 * 1024;

/// A message of ours did not fit into what the client takes.
#[derive(Debug)]
pub(crate) struct TooLarge;

impl Endpoint {
    pub(crate) fn new(largest_packet: u32) -> Self {
        let options = ConnectionOptions::new().maximum_packet_size_recv(largest_packet);
        let mut core = mqtt::Connection::with_options(mqtt::Version::Undetermined, options);
        core.set_auto_ping_response(true);
        Self { core, v5: false, out: Vec::new(), sent: 0, usual: 0 }
    }

    pub(crate) const fn v5(&self) -> bool {
        self.v5
    }

    /// Bytes that wait to be written.
    pub(crate) fn pending(&self) -> &[u8] {
        self.out.get(self.sent..).unwrap_or_default()
    }

    /// So many of them were written.
    pub(crate) fn wrote(&mut self, n: usize) {
        self.sent = self.sent.saturating_add(n);
        if self.sent >= self.out.len() {
            self.out.clear();
            self.sent = 0;
        }
    }

    /// Gives the buffer back while the connection is idle; ten thousand idle ones should cost little.
    pub(crate) fn rest(&mut self) {
        if self.out.is_empty() && self.out.capacity() > 0 {
            self.usual = self.out.capacity().min(MOST_RESERVED);
            self.out = Vec::new();
        }
    }

    /// Takes bytes in, adds the packets in them to `packets`, and says how many bytes it took: all, except that
    /// it stops behind CONNECT (which is answered first), DISCONNECT and a fault.
    pub(crate) fn feed(&mut self, bytes: &[u8], packets: &mut Vec<Packet>) -> usize {
        let mut cursor = Cursor::new(bytes);
        let end = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        // A reading has some 250 bytes with its topic.
        packets.reserve(bytes.len() / 256);
        while cursor.position() < end {
            let before = packets.len();
            for event in self.core.recv(&mut cursor) {
                self.take(event, packets);
            }
            let stop = |p: &Packet| matches!(p, Packet::Connect(_) | Packet::Disconnect { .. } | Packet::Fault(_));
            if packets.iter().skip(before).any(stop) {
                break;
            }
        }
        usize::try_from(cursor.position()).unwrap_or(bytes.len())
    }

    fn take(&mut self, event: GenericEvent<u16>, packets: &mut Vec<Packet>) {
        match event {
            GenericEvent::NotifyPacketReceived(packet) => packets.extend(self.understand(packet)),
            // The crate answers a repeated QoS 2 publish at once; ours must not overtake the commit.
            GenericEvent::RequestSendPacket { packet: GenericPacket::V3_1_1Pubrec(p), .. } => {
                packets.push(Packet::Again(p.packet_id()));
            }
            GenericEvent::RequestSendPacket { packet: GenericPacket::V5_0Pubrec(p), .. } => {
                packets.push(Packet::Again(p.packet_id()));
            }
            GenericEvent::RequestSendPacket { packet, .. } => self.write(&packet),
            GenericEvent::NotifyError(error) => packets.push(Packet::Fault(fault(error))),
            GenericEvent::RequestClose
            | GenericEvent::NotifyPacketIdReleased(_)
            | GenericEvent::RequestTimerReset { .. }
            | GenericEvent::RequestTimerCancel(_) => {}
        }
    }

    fn understand(&mut self, packet: GenericPacket<u16>) -> Option<Packet> {
        Some(match packet {
            GenericPacket::V3_1_1Connect(p) => Packet::Connect(Box::new(connect_3(&p))),
            GenericPacket::V5_0Connect(p) => {
                self.v5 = true;
                Packet::Connect(Box::new(connect_5(&p)))
            }
            GenericPacket::V3_1_1Publish(p) => publish(p.topic_name(), p.payload(), p.qos(), p.packet_id()),
            GenericPacket::V5_0Publish(p) => publish(p.topic_name(), p.payload(), p.qos(), p.packet_id()),
            GenericPacket::V3_1_1Subscribe(p) => {
                Packet::Subscribe { id: p.packet_id(), filters: p.entries().iter().map(filter).collect() }
            }
            GenericPacket::V5_0Subscribe(p) => {
                Packet::Subscribe { id: p.packet_id(), filters: p.entries().iter().map(filter).collect() }
            }
            GenericPacket::V3_1_1Unsubscribe(p) => {
                let filters = p.entries().iter().map(|f| f.as_str().to_owned()).collect();
                Packet::Unsubscribe { id: p.packet_id(), filters }
            }
            GenericPacket::V5_0Unsubscribe(p) => {
                let filters = p.entries().iter().map(|f| f.as_str().to_owned()).collect();
                Packet::Unsubscribe { id: p.packet_id(), filters }
            }
            GenericPacket::V3_1_1Puback(p) => Packet::Acknowledged(p.packet_id()),
            GenericPacket::V5_0Puback(p) => Packet::Acknowledged(p.packet_id()),
            GenericPacket::V3_1_1Pubrel(p) => Packet::Released(p.packet_id()),
            GenericPacket::V5_0Pubrel(p) => Packet::Released(p.packet_id()),
            GenericPacket::V3_1_1Disconnect(_) => Packet::Disconnect { will: false, expiry: None },
            GenericPacket::V5_0Disconnect(p) => {
                // Every other code than 0 says that something went wrong, and the will is for that.
                let normal = p.reason_code().is_none_or(|c| c == code::DisconnectReasonCode::NormalDisconnection);
                let expiry = p.props().iter().flatten().find_map(session_expiry);
                Packet::Disconnect { will: !normal, expiry }
            }
            GenericPacket::V5_0Auth(_) => Packet::Fault("auth"),
            _ => return None,
        })
    }

    /// Lets the client in. `expiry` and `client_id` are told to a version 5 client where they are not its own.
    pub(crate) fn accept(&mut self, present: bool, client_id: Option<&str>, expiry: Option<u32>) {
        if !self.v5 {
            let packet = v3_1_1::Connack::builder()
                .session_present(present)
                .return_code(code::ConnectReturnCode::Accepted)
                .build();
            return self.send(packet);
        }
        let no = || mqtt::packet::SharedSubscriptionAvailable::new(0).map(Property::SharedSubscriptionAvailable);
        let no_ids =
            || mqtt::packet::SubscriptionIdentifierAvailable::new(0).map(Property::SubscriptionIdentifierAvailable);
        let id =
            client_id.map(|id| mqtt::packet::AssignedClientIdentifier::new(id).map(Property::AssignedClientIdentifier));
        let expiry = expiry.map(|s| mqtt::packet::SessionExpiryInterval::new(s).map(Property::SessionExpiryInterval));
        let props: Vec<Property> = [Some(no()), Some(no_ids()), id, expiry].into_iter().flatten().flatten().collect();
        let packet = v5_0::Connack::builder()
            .session_present(present)
            .reason_code(code::ConnectReasonCode::Success)
            .props(props)
            .build();
        self.send(packet);
    }

    /// Sends the client away.
    pub(crate) fn refuse(&mut self, why: Refusal) {
        if self.v5 {
            self.send(v5_0::Connack::builder().session_present(false).reason_code(why.v5()).build());
        } else {
            self.send(v3_1_1::Connack::builder().session_present(false).return_code(why.v3()).build());
        }
    }

    /// Acknowledges a publish at QoS 1.
    pub(crate) fn puback(&mut self, id: u16) {
        if self.v5 {
            self.send(v5_0::Puback::builder().packet_id(id).build());
        } else {
            self.send(v3_1_1::Puback::builder().packet_id(id).build());
        }
    }

    /// Refuses a publish at QoS 1 or 2. Version 3.1.1 has no words for it: its connection is closed instead.
    pub(crate) fn refuse_publish(&mut self, id: u16, qos: u8, why: Refused) {
        if qos == 2 {
            self.send(v5_0::Pubrec::builder().packet_id(id).reason_code(why.pubrec()).build());
        } else {
            self.send(v5_0::Puback::builder().packet_id(id).reason_code(why.puback()).build());
        }
    }

    /// First answer to a publish at QoS 2.
    pub(crate) fn pubrec(&mut self, id: u16) {
        if self.v5 {
            self.send(v5_0::Pubrec::builder().packet_id(id).build());
        } else {
            self.send(v3_1_1::Pubrec::builder().packet_id(id).build());
        }
    }

    /// Second answer to a publish at QoS 2. Also where the id is not known any more: after a reconnect that is
    /// no error.
    pub(crate) fn pubcomp(&mut self, id: u16) {
        if self.v5 {
            self.send(v5_0::Pubcomp::builder().packet_id(id).build());
        } else {
            self.send(v3_1_1::Pubcomp::builder().packet_id(id).build());
        }
    }

    /// Answers SUBSCRIBE: per filter the QoS that was granted.
    pub(crate) fn suback(&mut self, id: u16, granted: &[Option<u8>]) {
        if self.v5 {
            let codes = granted.iter().map(|g| match g {
                Some(0) => code::SubackReasonCode::GrantedQos0,
                Some(_) => code::SubackReasonCode::GrantedQos1,
                None => code::SubackReasonCode::NotAuthorized,
            });
            self.send(v5_0::Suback::builder().packet_id(id).reason_codes(codes.collect()).build());
        } else {
            let codes = granted.iter().map(|g| match g {
                Some(0) => code::SubackReturnCode::SuccessMaximumQos0,
                Some(_) => code::SubackReturnCode::SuccessMaximumQos1,
                None => code::SubackReturnCode::Failure,
            });
            self.send(v3_1_1::Suback::builder().packet_id(id).return_codes(codes.collect()).build());
        }
    }

    /// Answers UNSUBSCRIBE: per filter whether it was there.
    pub(crate) fn unsuback(&mut self, id: u16, existed: &[bool]) {
        if self.v5 {
            let codes = existed.iter().map(|there| match there {
                true => code::UnsubackReasonCode::Success,
                false => code::UnsubackReasonCode::NoSubscriptionExisted,
            });
            self.send(v5_0::Unsuback::builder().packet_id(id).reason_codes(codes.collect()).build());
        } else {
            self.send(v3_1_1::Unsuback::builder().packet_id(id).build());
        }
    }

    /// Says why the connection ends, where the version can.
    pub(crate) fn part(&mut self, why: Parting) {
        if self.v5
            && let Some(reason) = why.v5()
        {
            self.send(v5_0::Disconnect::builder().reason_code(reason).build());
        }
    }

    /// How many more messages the client takes before it acknowledges one.
    pub(crate) fn vacancy(&self) -> u16 {
        self.core.get_receive_maximum_vacancy_for_send().unwrap_or(u16::MAX)
    }

    /// Sends a message at QoS 0.
    pub(crate) fn publish_0(&mut self, topic: &str, payload: &Arc<[u8]>) -> Result<(), TooLarge> {
        self.publish(topic, payload, None, false)
    }

    /// Sends a message at QoS 1 under a new id. `None` if there is no id left.
    pub(crate) fn publish_1(&mut self, topic: &str, payload: &Arc<[u8]>) -> Option<Result<u16, TooLarge>> {
        let id = self.core.acquire_packet_id().ok()?;
        Some(self.publish(topic, payload, Some(id), false).map(|()| id))
    }

    /// Sends a message again, after a reconnect, under the id that it had.
    pub(crate) fn publish_again(&mut self, topic: &str, payload: &Arc<[u8]>, id: u16) -> Result<(), TooLarge> {
        self.core.register_packet_id(id).map_err(|_| TooLarge)?;
        self.publish(topic, payload, Some(id), true)
    }

    fn publish(&mut self, topic: &str, payload: &Arc<[u8]>, id: Option<u16>, dup: bool) -> Result<(), TooLarge> {
        let qos = if id.is_some() { Qos::AtLeastOnce } else { Qos::AtMostOnce };
        let sent = if self.v5 {
            let packet = v5_0::Publish::builder()
                .topic_name(topic)
                .and_then(|p| p.qos(qos).dup(dup).packet_id(id).payload(Arc::clone(payload)).build());
            self.try_send(packet)
        } else {
            let packet = v3_1_1::Publish::builder()
                .topic_name(topic)
                .and_then(|p| p.qos(qos).dup(dup).packet_id(id).payload(Arc::clone(payload)).build());
            self.try_send(packet)
        };
        if !sent {
            if let Some(id) = id {
                self.core.release_packet_id(id);
            }
            return Err(TooLarge);
        }
        Ok(())
    }

    fn send<P: Sendable<Server, u16>, E>(&mut self, packet: Result<P, E>) {
        // What cannot be sent any more (the client is gone, or was told to go) needs no answer.
        let _ = self.try_send(packet);
    }

    fn try_send<P: Sendable<Server, u16>, E>(&mut self, packet: Result<P, E>) -> bool {
        let Ok(packet) = packet else { return false };
        let mut sent = false;
        for event in self.core.checked_send(packet) {
            if let GenericEvent::RequestSendPacket { packet, .. } = event {
                self.write(&packet);
                sent = true;
            }
        }
        sent
    }

    fn write(&mut self, packet: &GenericPacket<u16>) {
        if self.out.capacity() == 0 {
            self.out.reserve(self.usual);
        }
        self.out.extend_from_slice(&packet.to_continuous_buffer());
    }
}

fn fault(error: code::MqttError) -> &'static str {
    match error {
        code::MqttError::PacketTooLarge => "packet-too-large",
        code::MqttError::MalformedPacket => "malformed",
        code::MqttError::UnsupportedProtocolVersion => "version",
        _ => "protocol",
    }
}

fn publish(topic: &str, payload: &mqtt::ArcPayload, qos: Qos, id: Option<u16>) -> Packet {
    let qos = match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
        Qos::ExactlyOnce => 2,
    };
    // A copy of the payload alone: a slice would keep the whole packet alive as long as the reading.
    let payload = Bytes::copy_from_slice(payload.as_slice());
    Packet::Publish { topic: topic.to_owned(), payload, qos, id: id.unwrap_or(0) }
}

fn filter(entry: &mqtt::packet::SubEntry) -> (String, u8) {
    let qos = u8::from(entry.sub_opts().qos() != Qos::AtMostOnce);
    (entry.topic_filter().to_owned(), qos)
}

fn session_expiry(property: &Property) -> Option<u32> {
    match property {
        Property::SessionExpiryInterval(p) => Some(p.val()),
        _ => None,
    }
}

fn connect_3(p: &v3_1_1::Connect) -> Connect {
    let will = |topic: &str| Will {
        topic: topic.to_owned(),
        payload: Bytes::copy_from_slice(p.will_payload().unwrap_or_default()),
        delay: 0,
    };
    Connect {
        v5: false,
        client_id: p.client_id().to_owned(),
        clean: p.clean_session(),
        keep_alive: p.keep_alive(),
        user: p.user_name().map(str::to_owned),
        password: p.password().map(<[u8]>::to_vec),
        expiry: if p.clean_session() { 0 } else { u32::MAX },
        will: p.will_topic().map(will),
        other_method: false,
    }
}

fn connect_5(p: &v5_0::Connect) -> Connect {
    let delay = p.will_props().iter().find_map(|property| match property {
        Property::WillDelayInterval(d) => Some(d.val()),
        _ => None,
    });
    let will = |topic: &str| Will {
        topic: topic.to_owned(),
        payload: Bytes::copy_from_slice(p.will_payload().unwrap_or_default()),
        delay: delay.unwrap_or(0),
    };
    Connect {
        v5: true,
        client_id: p.client_id().to_owned(),
        clean: p.clean_start(),
        keep_alive: p.keep_alive(),
        user: p.user_name().map(str::to_owned),
        password: p.password().map(<[u8]>::to_vec),
        expiry: p.props().iter().find_map(session_expiry).unwrap_or(0),
        will: p.will_topic().map(will),
        other_method: p.props().iter().any(|property| matches!(property, Property::AuthenticationMethod(_))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn connected(v5: bool) -> Endpoint {
        let mut endpoint = Endpoint::new(1 << 20);
        let connect = if v5 {
            v5_0::Connect::builder().client_id("c").unwrap().build().unwrap().to_continuous_buffer()
        } else {
            v3_1_1::Connect::builder().client_id("c").unwrap().build().unwrap().to_continuous_buffer()
        };
        let mut packets = Vec::new();
        assert_eq!(endpoint.feed(&connect, &mut packets), connect.len());
        assert!(matches!(packets.as_slice(), [Packet::Connect(c)] if c.v5 == v5));
        endpoint.accept(false, None, None);
        endpoint
    }

    #[test]
    fn feeding_stops_behind_connect_so_that_it_is_answered_first() {
        let mut bytes = v3_1_1::Connect::builder().client_id("c").unwrap().build().unwrap().to_continuous_buffer();
        let connect = bytes.len();
        bytes.extend([0xC0, 0x00]);
        let mut endpoint = Endpoint::new(1 << 20);
        assert_eq!(endpoint.feed(&bytes, &mut Vec::new()), connect);
    }

    #[test]
    fn an_oversized_packet_is_a_fault_before_its_body_came() {
        for v5 in [false, true] {
            let mut endpoint = connected(v5);
            endpoint.wrote(usize::MAX);
            let mut packets = Vec::new();
            // PUBLISH with a remaining length of 2 MiB
            endpoint.feed(&[0x32, 0x80, 0x80, 0x80, 0x01], &mut packets);
            assert!(matches!(packets.as_slice(), [Packet::Fault("packet-too-large")]));
            let said = endpoint.pending();
            assert_eq!(said.first().copied(), v5.then_some(0xE0));
            assert_eq!(said.get(2).copied(), v5.then_some(0x95));
        }
        let mut packets = Vec::new();
        Endpoint::new(1 << 20).feed(&[0x10, 0x80, 0x80, 0x80, 0x01], &mut packets);
        assert!(matches!(packets.as_slice(), [Packet::Fault("packet-too-large")]));
    }

    #[test]
    fn a_repeated_qos_2_publish_is_not_answered_by_itself() {
        for v5 in [false, true] {
            let mut endpoint = connected(v5);
            endpoint.wrote(usize::MAX);
            let publish: &[u8] = if v5 { &[0x34, 6, 0, 1, b't', 0, 7, 0] } else { &[0x34, 5, 0, 1, b't', 0, 7] };
            let mut packets = Vec::new();
            endpoint.feed(publish, &mut packets);
            endpoint.feed(publish, &mut packets);
            assert!(matches!(packets.as_slice(), [Packet::Publish { id: 7, qos: 2, .. }, Packet::Again(7)]));
            assert!(endpoint.pending().is_empty());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_panic(v5: bool, connect: bool, bytes: Vec<u8>, kind in 0_u8..16, flags in 0_u8..16) {
            let mut endpoint = if connect { connected(v5) } else { Endpoint::new(1 << 20) };
            let mut packets = Vec::new();
            endpoint.feed(&bytes, &mut packets);
            // And as the body of a well-framed packet, which gets past the framing.
            let mut endpoint = if connect { connected(v5) } else { Endpoint::new(1 << 20) };
            if let Ok(length) = u8::try_from(bytes.len()) && length < 128 {
                let framed: Vec<u8> = [(kind << 4) | flags, length].into_iter().chain(bytes).collect();
                endpoint.feed(&framed, &mut packets);
            }
        }
    }
}
