//! The receipt: what became of each message, told to its sender.

use crate::{ReasonCode, Refusal, Shape};
use serde::{Deserialize, Serialize};
use vitals::ReceivedAt;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptStatus {
    /// committed and synced
    Stored,
    /// was there already, with the same content
    Duplicate,
    /// kept with the reason, not used
    Quarantined,
}

/// Why a message was quarantined, as the receipt says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// the code, as text: a gateway may be older than the list of [`ReasonCode`]s
    pub code: String,
    /// one sentence
    #[serde(default)]
    pub detail: String,
    /// RFC 6901 pointer into the message, where there is something to point at
    #[serde(default)]
    pub pointer: Option<String>,
}

impl Reason {
    /// The code, if it is one that this version knows.
    #[must_use]
    pub fn known_code(&self) -> Option<ReasonCode> {
        self.code.parse().ok()
    }
}

impl From<&Refusal> for Reason {
    fn from(refusal: &Refusal) -> Self {
        Reason {
            code: refusal.code.as_str().to_owned(),
            detail: refusal.detail.clone(),
            pointer: refusal.pointer.clone(),
        }
    }
}

/// The answer to one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// the message's id; the digest where it had none; `None` where it could not be read
    pub id: Option<String>,
    /// what became of it
    pub status: ReceiptStatus,
    /// why, only when quarantined
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// when it reached Hearth's door
    pub received_at: ReceivedAt,
}

/// The answer to one publish: an object for an object, an array in the same order for an array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Receipts {
    /// to one message, or to a payload that could not be read
    One(Receipt),
    /// to an array of messages
    Many(Vec<Receipt>),
}

impl Receipts {
    /// The answer in the publish's own shape. `None` if there is no receipt for an object.
    #[must_use]
    pub fn in_shape(shape: Shape, receipts: Vec<Receipt>) -> Option<Self> {
        match shape {
            Shape::Array => Some(Receipts::Many(receipts)),
            Shape::Object => receipts.into_iter().next().map(Receipts::One),
        }
    }

    /// The receipts, in the order of the messages.
    #[must_use]
    pub fn as_slice(&self) -> &[Receipt] {
        match self {
            Receipts::One(receipt) => std::slice::from_ref(receipt),
            Receipts::Many(receipts) => receipts,
        }
    }

    /// Reads a receipt's payload.
    ///
    /// # Errors
    /// What serde found wrong; receipts come from Hearth, so there is nobody to explain it to in detail.
    pub fn parse(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }

    /// The payload, always in the same bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
