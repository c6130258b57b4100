//! The topic of a connection's last reading, taken apart once: the next one is mostly on the same.

use std::sync::Arc;
use vitals::DeviceRef;
use wire::{Channel, Topic};

/// A device's topic, and where its receipts go.
pub(crate) struct Route {
    text: Box<str>,
    pub(crate) topic: Topic,
    pub(crate) device: DeviceRef,
    pub(crate) receipt: Arc<str>,
}

impl Route {
    /// Of a topic that the source may publish to.
    pub(crate) fn new(text: &str, topic: Topic, device: DeviceRef) -> Arc<Self> {
        let receipt = Topic::device(device.clone(), Channel::Receipt).to_string().into();
        Arc::new(Self { text: text.into(), topic, device, receipt })
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        *self.text == *text
    }
}
