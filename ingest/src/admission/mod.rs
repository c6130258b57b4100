//! Admission: a payload becomes readings, or refusals that say why.
//!
//! Pure: the same topic, bytes, time of arrival and limits always give the same [`Admission`]. Each message is
//! judged by itself (syntax, units, clock, hard and soft limits); whatever needs history is a rule in the engine.
//! [`admit`] first; [`Admission::into_parts`] gives what the store commits and what the receipt will need.

mod answer;
mod gatt;
mod judge;
mod limits;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use limits::AdmissionLimits;

use std::collections::BTreeSet;
use std::ops::Range;
use vitals::{Flag, Reading, ReceivedAt};
use wire::{Batch, Channel, ReasonCode, Refusal, Refused, Shape, Topic};

/// A reading that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// the reading
    pub reading: Reading,
    /// what admission noticed: [`Flag::SOFT_LIMIT`], [`Flag::LATE`], [`Flag::CLOCK_UNCERTAIN`]
    pub admission_flags: BTreeSet<Flag>,
    /// members of the message that the contract does not know
    pub unknown_fields: u32,
}

/// What the ledger counts: a reading, or something that could not become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// which message of the payload it came from; a GATT value may hold several measurements
    pub message: usize,
    /// that message's own bytes within the payload
    pub raw: Range<usize>,
    /// what was made of it
    pub verdict: Result<Box<Admitted>, Refused>,
}

/// A payload, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// how the publish is answered
    pub shape: Shape,
    /// in order; an unreadable payload is one, an empty array none
    pub items: Vec<Item>,
}

/// Judges the `payload` that arrived on `topic` at `received_at`.
#[must_use]
pub fn admit(topic: &Topic, payload: &[u8], received_at: ReceivedAt, limits: &AdmissionLimits) -> Admission {
    let Topic::Device { device, channel } = topic else { return unexpected(topic, payload) };
    match channel {
        Channel::Reading => Admission::of(wire::reading::parse_payload(device, payload), |accepted| {
            vec![judge::message(accepted, received_at, limits)]
        }),
        Channel::Gatt => Admission::of(wire::gatt::parse_payload(payload), |accepted| {
            gatt::readings(device, accepted, received_at, limits)
        }),
        Channel::Fhir | Channel::Senml | Channel::Vendor(_) => {
            let detail = format!("this version of Hearth does not read what comes on `{}`", level(channel));
            whole(payload, Refusal::unreadable(ReasonCode::PayloadUnsupported, detail))
        }
        Channel::Receipt | Channel::Prompt => unexpected(topic, payload),
    }
}

/// A message that arrived on a topic of ours where nothing is expected.
fn unexpected(topic: &Topic, payload: &[u8]) -> Admission {
    whole(payload, Refusal::unreadable(ReasonCode::TopicUnknown, format!("no messages are expected on `{topic}`")))
}

/// A message whose topic is none of the contract's; only a broker lets one through.
#[must_use]
pub fn refuse_topic(error: &wire::TopicError, payload: &[u8]) -> Admission {
    whole(payload, Refusal::unreadable(ReasonCode::TopicUnknown, error.to_string()))
}

fn whole(payload: &[u8], refusal: Refusal) -> Admission {
    Admission::of(Batch::refused(payload, refusal), |never: std::convert::Infallible| match never {})
}

const fn level(channel: &Channel) -> &'static str {
    match channel {
        Channel::Reading => "reading",
        Channel::Fhir => "fhir",
        Channel::Senml => "senml",
        Channel::Gatt => "gatt",
        Channel::Vendor(_) => "x",
        Channel::Receipt => "receipt",
        Channel::Prompt => "prompt",
    }
}

type Verdict = Result<Admitted, Refused>;

impl Admission {
    fn of<T>(batch: Batch<T>, judge: impl Fn(T) -> Vec<Verdict>) -> Self {
        let mut items = Vec::with_capacity(batch.elements.len());
        for (message, element) in batch.elements.into_iter().enumerate() {
            let verdicts = element.parsed.map_or_else(|refused| vec![Err(refused)], &judge);
            items.extend(verdicts.into_iter().map(|verdict| Item {
                message,
                raw: element.raw.clone(),
                verdict: verdict.map(Box::new),
            }));
        }
        Self { shape: batch.shape, items }
    }
}
