//! A prompt that waits in the store, as the message that goes to its hub, whichever way that is.

use store::PromptRow;
use wire::{Channel, Topic};

/// Topic and payload of the prompt.
pub(crate) fn message(row: &PromptRow) -> (Topic, Vec<u8>) {
    let prompt = wire::Prompt {
        id: row.row.to_string(),
        ask: wire::Ask::Repeat,
        kind: row.prompt.kind,
        user_slot: row.prompt.user_slot,
        asked_at: row.prompt.asked_at,
        until: row.prompt.until,
    };
    (Topic::device(row.device.clone(), Channel::Prompt), prompt.write())
}
