//! MQTT topics, payload formats and receipts: parse and write.
//!
//! One type owns each outside contract in both directions, and the topic literals occur nowhere else. Nothing
//! here does I/O, asks a clock or knows a patient; whether a well-formed message is *plausible* is admission's
//! question. Read [`Topic`] first, then [`reading::parse_payload`] and [`ReasonCode`].

mod field;
mod filter;
pub mod gatt;
mod object;
mod payload;
mod prompt;
pub mod reading;
mod reason;
mod receipt;
mod status;
mod topic;

pub use filter::{filter_is_valid, filter_matches, shared, subscription_allowed};
pub use payload::{Batch, Element, MAX_BATCH, MAX_DEPTH, MAX_JUDGED, Shape};
pub use prompt::{Ask, Prompt};
pub use reason::{ReasonCode, Refusal, Refused};
pub use receipt::{Reason, Receipt, ReceiptStatus, Receipts};
pub use status::HubStatus;
pub use topic::{Channel, Mapping, Topic, TopicError};
