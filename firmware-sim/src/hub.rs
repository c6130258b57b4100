//! The engine of a hub or a vendor's uplink: an outbox that forgets a reading only on its receipt.
//!
//! There is no I/O and no clock here. The driver tells it what happened and publishes what it hands out; whatever
//! the driver loses on the way, the outbox still has.

use crate::firmware::Message;
use chrono::TimeDelta;
use std::collections::{BTreeMap, HashMap};
use vitals::{DeviceRef, Instant, ReadingId};
use wire::{Channel, ReceiptStatus, Receipts, Topic};

/// How many publishes may be without a receipt at a time; below a broker's usual window.
const WINDOW: usize = 64;
/// How long a receipt may take before the message is sent again; receipts may be lost, resends are harmless.
const PATIENCE: TimeDelta = TimeDelta::seconds(20);

/// What a hub has seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct HubCounts {
    /// readings taken from devices
    pub offered: u64,
    /// publishes handed to the driver, resends included
    pub published: u64,
    /// of these, resends
    pub resent: u64,
    /// receipts that said `stored`
    pub stored: u64,
    /// receipts that said `duplicate`
    pub duplicate: u64,
    /// receipts that said `quarantined`
    pub quarantined: u64,
    /// receipts for nothing that is in the outbox
    pub unmatched: u64,
}

impl HubCounts {
    /// Adds another's.
    pub(crate) fn add(&mut self, other: &HubCounts) {
        self.offered += other.offered;
        self.published += other.published;
        self.resent += other.resent;
        self.stored += other.stored;
        self.duplicate += other.duplicate;
        self.quarantined += other.quarantined;
        self.unmatched += other.unmatched;
    }
}

/// The outbox is full: the device keeps the reading and offers it again later.
#[derive(Debug, thiserror::Error)]
#[error("the outbox holds {capacity} messages without a receipt; offer this one again later")]
pub struct OutboxFull {
    /// what was not taken
    pub message: Box<Message>,
    /// the bound
    pub capacity: usize,
}

/// A publish that the driver is to make, QoS 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// where
    pub topic: String,
    /// what
    pub payload: Vec<u8>,
    index: u64,
}

struct Entry {
    message: Message,
    /// ids without a receipt
    open: usize,
    sent_at: Option<Instant>,
    sent_before: bool,
}

/// The outbox with its bookkeeping.
pub struct Hub {
    capacity: usize,
    connected: bool,
    /// by order of arrival
    entries: BTreeMap<u64, Entry>,
    /// where each message that awaits a receipt is
    by_id: HashMap<(DeviceRef, ReadingId), u64>,
    next: u64,
    in_flight: usize,
    counts: HubCounts,
}

impl Hub {
    /// An empty hub that is offline and holds at most `capacity` messages.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            connected: false,
            entries: BTreeMap::new(),
            by_id: HashMap::new(),
            next: 0,
            in_flight: 0,
            counts: HubCounts::default(),
        }
    }

    /// Messages without a receipt.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.entries.len()
    }

    /// What it has seen.
    #[must_use]
    pub const fn counts(&self) -> HubCounts {
        self.counts
    }

    /// Takes a message from a device. One that already waits is not taken twice: the device repeats itself.
    ///
    /// # Errors
    /// [`OutboxFull`]: nothing is dropped, the device still has it.
    pub fn offer(&mut self, message: Message) -> Result<(), OutboxFull> {
        let ids = || std::iter::once(&message.id).chain(&message.also);
        let keys = ids().map(|id| (message.device.clone(), id.clone()));
        let keys: Vec<_> = keys.filter(|key| !self.by_id.contains_key(key)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        if self.entries.len() >= self.capacity {
            return Err(OutboxFull { message: Box::new(message), capacity: self.capacity });
        }
        let open = keys.len();
        self.by_id.extend(keys.into_iter().map(|key| (key, self.next)));
        self.entries.insert(self.next, Entry { message, open, sent_at: None, sent_before: false });
        self.next += 1;
        self.counts.offered += u64::try_from(open).unwrap_or(u64::MAX);
        Ok(())
    }

    /// A connection stands. Whatever was on its way in an older one is sent again: the client library may have
    /// dropped it (it does, when the broker says that it knows no session), and a duplicate changes nothing.
    pub fn connected(&mut self) {
        self.connected = true;
        self.nothing_in_flight();
    }

    /// The connection is gone.
    pub fn disconnected(&mut self) {
        self.connected = false;
        self.nothing_in_flight();
    }

    fn nothing_in_flight(&mut self) {
        for entry in self.entries.values_mut() {
            entry.sent_at = None;
        }
        self.in_flight = 0;
    }

    /// Whether a connection stands.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connected
    }

    /// The next publish, oldest first, or none while offline, while the window is full, or when all is sent.
    pub fn next_publish(&mut self, now: Instant) -> Option<Publish> {
        if !self.connected || self.in_flight >= WINDOW {
            return None;
        }
        let (index, entry) = self.entries.iter_mut().find(|(_, e)| e.sent_at.is_none())?;
        entry.sent_at = Some(now);
        self.counts.published += 1;
        self.counts.resent += u64::from(entry.sent_before);
        entry.sent_before = true;
        self.in_flight += 1;
        Some(Publish { topic: entry.message.topic(), payload: entry.message.payload.clone(), index: *index })
    }

    /// The driver could not make that publish: it goes back to those unsent.
    pub fn not_published(&mut self, publish: &Publish) {
        if let Some(entry) = self.entries.get_mut(&publish.index).filter(|e| e.sent_at.is_some()) {
            entry.sent_at = None;
            self.in_flight = self.in_flight.saturating_sub(1);
        }
    }

    /// Time passes: messages whose receipt is overdue will be sent again.
    pub fn tick(&mut self, now: Instant) {
        for entry in self.entries.values_mut() {
            if entry.sent_at.is_some_and(|sent| now - sent >= PATIENCE) {
                entry.sent_at = None;
                self.in_flight = self.in_flight.saturating_sub(1);
            }
        }
    }

    /// A publish came in on `topic`: a receipt is the only thing that makes the hub forget, whatever its status.
    pub fn received(&mut self, topic: &str, payload: &[u8]) {
        let Ok(Topic::Device { device, channel: Channel::Receipt }) = Topic::parse(topic) else { return };
        let Ok(receipts) = Receipts::parse(payload) else { return };
        for receipt in receipts.as_slice() {
            let id = receipt.id.as_deref().and_then(|id| ReadingId::new(id).ok());
            let index = id.and_then(|id| self.by_id.remove(&(device.clone(), id)));
            let Some(index) = index else {
                self.counts.unmatched += 1;
                continue;
            };
            self.settle(index);
            match receipt.status {
                ReceiptStatus::Stored => self.counts.stored += 1,
                ReceiptStatus::Duplicate => self.counts.duplicate += 1,
                ReceiptStatus::Quarantined => self.counts.quarantined += 1,
            }
        }
    }

    /// One more of an entry's readings has its receipt; the last one ends it.
    fn settle(&mut self, index: u64) {
        let Some(entry) = self.entries.get_mut(&index) else { return };
        entry.open = entry.open.saturating_sub(1);
        if entry.open == 0 {
            let on_its_way = entry.sent_at.is_some();
            self.entries.remove(&index);
            self.in_flight = self.in_flight.saturating_sub(usize::from(on_its_way));
        }
    }
}
