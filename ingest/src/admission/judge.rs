//! Clocks and limits of one reading.

use super::{AdmissionLimits, Admitted, Verdict};
use std::collections::BTreeSet;
use vitals::{Flag, Plausibility, Quantity, Reading, ReceivedAt, judge_plausibility};
use wire::reading::Accepted;
use wire::{ReasonCode, Refusal, Refused};

/// 2000-01-01T00:00:00Z. Before it there was no such device: it is the time of a clock that was never set.
const YEAR_2000: i64 = 946_684_800;

/// Where the parts of a reading stand in its message, so that a refusal can point at them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// a reading message
    Message,
    /// a GATT value, with its time in it
    Value,
    /// a GATT value without a time of its own: it is the hub's
    ValueAtHubTime,
}

impl Place {
    pub(super) const fn time(self) -> &'static str {
        match self {
            Place::Message => "/measured_at",
            Place::Value => "/value",
            Place::ValueAtHubTime => "/received_at",
        }
    }

    fn quantity(self, quantity: Quantity) -> String {
        match self {
            Place::Message => format!("/values/{quantity}/value"),
            Place::Value | Place::ValueAtHubTime => "/value".to_owned(),
        }
    }
}

/// Judges a parsed reading message.
pub(super) fn message(accepted: Accepted, received_at: ReceivedAt, limits: &AdmissionLimits) -> Verdict {
    let id = accepted.reading.key.id.clone();
    reading(accepted.reading, accepted.unknown_fields, Place::Message, received_at, limits)
        .map_err(|refusal| Refused { id: Some(id.as_str().to_owned()), refusal })
}

/// Judges a reading whose parts stand at `place`.
pub(super) fn reading(
    reading: Reading,
    unknown_fields: u32,
    place: Place,
    received_at: ReceivedAt,
    limits: &AdmissionLimits,
) -> Result<Admitted, Refusal> {
    let measured = reading.measured_at.instant();
    let age = received_at.0.signed_duration_since(measured);
    if age < -limits.future {
        let detail = format!("{} is {} s after it arrived", reading.measured_at, -age.num_seconds());
        return Err(Refusal::at(ReasonCode::TimeInTheFuture, detail, place.time()));
    }
    if measured.timestamp() < YEAR_2000 || age > limits.oldest {
        let detail = format!("{} is too long ago to be a set clock's time", reading.measured_at);
        return Err(Refusal::at(ReasonCode::TimeImplausible, detail, place.time()));
    }
    let mut admission_flags = BTreeSet::new();
    match judge_plausibility(&reading, &limits.plausibility) {
        Plausibility::Plausible => {}
        Plausibility::Unusual(_) => {
            admission_flags.insert(Flag::SOFT_LIMIT);
        }
        Plausibility::Impossible { quantity, detail } => {
            return Err(Refusal::at(ReasonCode::ImpossibleValue, detail, place.quantity(quantity)));
        }
    }
    if age > limits.late {
        admission_flags.insert(Flag::LATE);
    }
    // An unknown error is no flag: most senders say nothing, and the engine judges by the stated bound.
    if reading.clock.as_ref().and_then(|c| c.error_s).is_some_and(|e| i64::from(e) > limits.clock_error.num_seconds()) {
        admission_flags.insert(Flag::CLOCK_UNCERTAIN);
    }
    Ok(Admitted { reading, admission_flags, unknown_fields })
}
