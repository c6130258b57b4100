//! The hub loses nothing, whatever the network does.
#![allow(clippy::unwrap_used, reason = "test code")]

use chrono::TimeDelta;
use firmware_sim::{Hub, Message};
use proptest::prelude::*;
use std::collections::{BTreeSet, VecDeque};
use vitals::{DeviceId, DeviceRef, Instant, ReadingId, ReceivedAt, SourceId};
use wire::{Channel, Receipt, ReceiptStatus, Receipts, Topic};

#[derive(Clone, Debug)]
enum Event {
    /// a device offers readings; numbers may repeat
    Offer(Vec<u8>),
    Connect,
    Disconnect,
    /// the driver publishes what there is; it fails for the last one
    PumpAndFail,
    Pump,
    /// the other side gets the next publish
    Arrive,
    /// it never arrives
    LosePublish,
    /// the next receipt arrives
    Answer,
    LoseReceipt,
    Wait(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 1..4).prop_map(Event::Offer),
        1 => Just(Event::Connect),
        1 => Just(Event::Disconnect),
        1 => Just(Event::PumpAndFail),
        2 => Just(Event::Pump),
        3 => Just(Event::Arrive),
        1 => Just(Event::LosePublish),
        3 => Just(Event::Answer),
        1 => Just(Event::LoseReceipt),
        1 => (1..40_u8).prop_map(Event::Wait),
    ]
}

struct World {
    hub: Hub,
    now: Instant,
    device: DeviceRef,
    offered: BTreeSet<String>,
    wire: VecDeque<Vec<u8>>,
    stored: BTreeSet<String>,
    receipts: VecDeque<Receipts>,
}

impl World {
    fn new(capacity: usize) -> Self {
        let device = DeviceRef { source: SourceId::new("hub").unwrap(), device: DeviceId::new("scale").unwrap() };
        Self {
            hub: Hub::new(capacity),
            now: "2026-11-21T10:00:00Z".parse().unwrap(),
            device,
            offered: BTreeSet::new(),
            wire: VecDeque::new(),
            stored: BTreeSet::new(),
            receipts: VecDeque::new(),
        }
    }

    /// The payload here is the list of ids: the engine does not look into it.
    fn offer(&mut self, numbers: &[u8]) {
        let names: BTreeSet<String> = numbers.iter().map(|n| format!("r{n}")).collect();
        let mut ids = names.iter().map(|n| ReadingId::new(n).unwrap());
        let message = Message {
            device: self.device.clone(),
            channel: Channel::Reading,
            id: ids.next().unwrap(),
            also: ids.collect(),
            payload: serde_json::to_vec(&names).unwrap(),
            measured_at: self.now,
        };
        if self.hub.offer(message).is_ok() {
            self.offered.extend(names);
        }
    }

    fn pump(&mut self, fail: bool) {
        while let Some(publish) = self.hub.next_publish(self.now) {
            if fail {
                self.hub.not_published(&publish);
                return;
            }
            self.wire.push_back(publish.payload);
        }
    }

    fn arrive(&mut self) {
        let Some(payload) = self.wire.pop_front() else { return };
        let ids: Vec<String> = serde_json::from_slice(&payload).unwrap();
        let receipt = |id: String| {
            let status = if self.stored.insert(id.clone()) { ReceiptStatus::Stored } else { ReceiptStatus::Duplicate };
            Receipt { id: Some(id), status, reason: None, received_at: ReceivedAt(self.now) }
        };
        self.receipts.push_back(Receipts::Many(ids.into_iter().map(receipt).collect()));
    }

    fn answer(&mut self) {
        let topic = Topic::device(self.device.clone(), Channel::Receipt).to_string();
        if let Some(receipts) = self.receipts.pop_front() {
            self.hub.received(&topic, &receipts.write());
        }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Offer(numbers) => self.offer(numbers),
            Event::Connect => self.hub.connected(),
            Event::Disconnect => self.hub.disconnected(),
            Event::PumpAndFail => self.pump(true),
            Event::Pump => self.pump(false),
            Event::Arrive => self.arrive(),
            Event::LosePublish => drop(self.wire.pop_front()),
            Event::Answer => self.answer(),
            Event::LoseReceipt => drop(self.receipts.pop_front()),
            Event::Wait(seconds) => {
                self.now += TimeDelta::seconds(i64::from(*seconds));
                self.hub.tick(self.now);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_offered_is_lost(events in prop::collection::vec(event(), 0..200), capacity in 1..40_usize) {
        let mut world = World::new(capacity);
        for event in &events {
            world.happen(event);
            prop_assert!(world.hub.depth() <= capacity);
            if world.hub.depth() == 0 {
                prop_assert_eq!(&world.stored, &world.offered, "forgotten means stored");
            }
        }
        // The network recovers: everything arrives, within as many rounds as there are windows.
        world.hub.connected();
        for _ in 0..8 {
            world.pump(false);
            while !world.wire.is_empty() { world.arrive(); }
            while !world.receipts.is_empty() { world.answer(); }
        }
        prop_assert_eq!(world.hub.depth(), 0);
        prop_assert_eq!(&world.stored, &world.offered);
        let counts = world.hub.counts();
        prop_assert_eq!(counts.stored + counts.duplicate, counts.offered);
    }
}

#[test]
fn a_full_outbox_gives_the_message_back() {
    let mut world = World::new(1);
    world.offer(&[1]);
    world.offer(&[2]);
    assert_eq!(world.hub.depth(), 1);
    assert_eq!(world.offered.len(), 1);
}

#[test]
fn a_refusal_is_a_receipt_too() {
    let mut world = World::new(10);
    world.offer(&[1]);
    world.hub.connected();
    world.pump(false);
    let receipt = br#"{"id":"r1","status":"quarantined","reason":{"code":"clock","detail":"1970"},"received_at":"2026-11-21T10:00:00Z"}"#;
    world.hub.received("hearth/v1/hub/scale/receipt", receipt);
    assert_eq!((world.hub.depth(), world.hub.counts().quarantined), (0, 1));
    world.hub.received("hearth/v1/hub/scale/receipt", receipt);
    assert_eq!(world.hub.counts().unmatched, 1);
}

#[test]
fn an_overdue_receipt_makes_a_resend() {
    let mut world = World::new(10);
    world.offer(&[1]);
    world.hub.connected();
    world.pump(false);
    world.happen(&Event::Wait(5));
    assert!(world.hub.next_publish(world.now).is_none());
    world.happen(&Event::Wait(30));
    assert!(world.hub.next_publish(world.now).is_some());
    assert_eq!(world.hub.counts().resent, 1);
}
