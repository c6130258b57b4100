//! Why a message was refused, in a word, a sentence and a place.

use std::fmt;
use std::str::FromStr;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $remedy:literal;)+) => {
        /// The documented list of refusal codes: what a receipt's `reason.code` may say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ReasonCode { $($(#[$doc])* $variant),+ }

        impl ReasonCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [ReasonCode] = &[$(ReasonCode::$variant),+];

            /// The code in receipts and in the quarantine.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(ReasonCode::$variant => $text),+ }
            }

            /// What the sender can do about it, in one sentence.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(ReasonCode::$variant => $remedy),+ }
            }
        }
    };
}

reasons! {
    /// the payload is no JSON text
    NotJson = "not-json", "Send one JSON text per publish (RFC 8259); NaN and Infinity are not JSON.";
    /// the payload is not UTF-8
    NotUtf8 = "not-utf8", "Encode the payload as UTF-8.";
    /// neither an object nor an array of objects
    NotAnObject = "not-an-object", "Send a JSON object, or an array of up to 500 of them.";
    /// an array of more than 500
    TooMany = "too-many", "Split the array: at most 500 messages in one publish.";
    /// brackets within brackets within brackets
    NestedTooDeep = "nested-too-deep", "Nest objects and arrays at most 64 deep.";
    /// the same member twice in one object
    DuplicateField = "duplicate-field", "Give each member of an object once.";
    /// a member that must be there is not
    MissingField = "missing-field", "Add the member that the pointer names.";
    /// a member has another JSON type than the contract says
    WrongType = "wrong-type", "Send the JSON type that the contract gives for this member.";
    /// `kind` is none of the contract's
    UnknownKind = "unknown-kind", "Use a kind from the contract's table.";
    /// a word (`sample`, `meal`, `clock.source`, `coded`) is none of the contract's
    UnknownWord = "unknown-word", "Use one of the words that the contract lists for this member.";
    /// the unit is none that Hearth knows
    UnknownUnit = "unknown-unit", "Write the unit in UCUM, as in the contract's table.";
    /// a known unit that does not measure this quantity
    UnitNotAccepted = "unit-not-accepted", "Use a unit that the contract accepts for this quantity.";
    /// a value without which there is no reading of this kind
    MissingValue = "missing-value", "Send every value that the kind requires.";
    /// a quantity that this kind does not carry
    UnknownValue = "unknown-value", "Send this quantity as a reading of a kind that carries it.";
    /// not a finite number of at most 28 digits
    NotANumber = "not-a-number", "Send a JSON number of at most 28 digits, or leave the value out.";
    /// a time without an offset from UTC
    TimeWithoutOffset = "time-without-offset", "Add the offset, as in 2026-11-21T07:12:04-05:00.";
    /// a time that is not RFC 3339
    TimeNotRfc3339 = "time-not-rfc3339", "Write times as RFC 3339, as in 2026-11-21T07:12:04-05:00.";
    /// measured more than five minutes after it arrived
    TimeInTheFuture = "time-in-the-future", "Set the device's clock, or send the hub's time instead.";
    /// a time that only a clock that was never set gives
    TimeImplausible = "time-implausible", "Set the device's clock, or send the hub's time instead.";
    /// `clock` holds an impossible bound or text
    ClockInvalid = "clock-invalid", "Give error_s in seconds, not negative, and device_time in at most 64 characters.";
    /// an id of more than 64 characters
    IdTooLong = "id-too-long", "Use an id of at most 64 characters.";
    /// an id that is empty, holds control characters, or corrects itself
    IdInvalid = "id-invalid", "Use an id of 1 to 64 characters without control characters, unique per device.";
    /// a user slot outside 0 to 255
    SlotOutOfRange = "slot-out-of-range", "Send user_slot as a whole number from 0 to 255, or leave it out.";
    /// a flag that is not kebab-case, or too many of them
    FlagInvalid = "flag-invalid", "Write flags in kebab-case of at most 64 characters, at most 64 of them.";
    /// a battery level outside 0 to 100
    BatteryOutOfRange = "battery-out-of-range", "Send battery as a whole number of percent from 0 to 100, or leave it out.";
    /// outside the range that a person's value can have
    ImpossibleValue = "impossible-value", "Check the unit and the device; the value cannot be a person's.";
    /// the id was used before, for other content
    IdReused = "id-reused", "Give each reading an id of its own; to correct one, send a new reading with `corrects`.";
    /// bytes that are no value of this characteristic
    GattMalformed = "gatt-malformed", "Send the characteristic's value as the device gave it, in hexadecimal.";
    /// a characteristic that holds no measurement Hearth knows
    CharacteristicUnsupported = "characteristic-unsupported", "Send values of the measurement characteristics in the contract.";
    /// a glucose context by itself
    ContextWithoutReading = "context-without-reading", "Send the 2A34 value as `context` beside the 2A18 value with the same sequence number.";
    /// the device says that it could not measure
    NoValue = "no-value", "Nothing to do: the device could not measure; measure again.";
    /// a payload format that this version does not read
    PayloadUnsupported = "payload-unsupported", "Send the reading message; the quarantined payload can be replayed later.";
    /// a topic on which nothing is expected
    TopicUnknown = "topic-unknown", "Publish on a topic of the contract below the own branch.";
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReasonCode {
    type Err = vitals::UnknownName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ReasonCode::ALL.iter().copied().find(|c| c.as_str() == text).ok_or_else(|| vitals::UnknownName {
            what: "reason code",
            name: text.to_owned(),
            known: ReasonCode::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// Why one message was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// the documented code
    pub code: ReasonCode,
    /// one sentence; it may quote the message, so it belongs in receipts and the quarantine, not in logs
    pub detail: String,
    /// RFC 6901 pointer to what is wrong, within the message (the array element); `""` is the whole of it
    pub pointer: Option<String>,
}

impl Refusal {
    /// A refusal of the message as a whole, where it is no JSON.
    #[must_use]
    pub fn unreadable(code: ReasonCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), pointer: Some(String::new()) }
    }

    /// A refusal of what `pointer` names.
    #[must_use]
    pub fn at(code: ReasonCode, detail: impl Into<String>, pointer: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), pointer: Some(pointer.into()) }
    }
}

/// A refused message: the refusal, and the id for its receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{refusal}")]
pub struct Refused {
    /// the message's id as sent, where it could be read (at most 256 characters, none of them a control)
    pub id: Option<String>,
    /// why
    #[source]
    pub refusal: Refusal,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused { id: None, refusal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_kebab_case_with_a_remedy_sentence() {
        for code in ReasonCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(code.remedy().ends_with('.') && code.remedy().len() < 120, "{code}");
        }
    }
}
