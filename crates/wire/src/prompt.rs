//! The prompt: what a hub is to ask of whoever is in front of the device.

use serde::{Deserialize, Serialize};
use vitals::{Instant, Kind, UserSlot};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// measure once more
    Repeat,
}

/// A prompt to one device, named by the topic. It holds no patient data: a kind and a slot, no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// tells prompts apart; a hub shows each once
    pub id: String,
    /// what is asked
    pub ask: Ask,
    /// the kind of reading wanted
    pub kind: Kind,
    /// which person of a shared device, if the reading in question named one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_slot: Option<UserSlot>,
    /// when it was asked
    pub asked_at: Instant,
    /// until when an answer helps; later the prompt is not shown
    pub until: Instant,
}

impl Prompt {
    /// Reads a prompt.
    ///
    /// # Errors
    /// What serde found wrong; a hub ignores prompts that it does not understand.
    pub fn parse(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }

    /// The payload, always in the same bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
