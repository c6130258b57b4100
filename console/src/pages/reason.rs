//! Why a message was refused, and what to do, in the reader's words.

use crate::text::{Lang, capitalised, t};
use wire::ReasonCode;

/// The reason as a short title; a code that this version does not know as it is written.
pub(super) fn title(lang: Lang, code: &str) -> String {
    use ReasonCode as C;
    let Ok(known) = code.parse::<C>() else { return capitalised(&code.replace('-', " ")) };
    match known {
        C::NotJson => t!(lang, "reason-not-json"),
        C::NotUtf8 => t!(lang, "reason-not-utf8"),
        C::NotAnObject => t!(lang, "reason-not-an-object"),
        C::TooMany => t!(lang, "reason-too-many"),
        C::NestedTooDeep => t!(lang, "reason-nested-too-deep"),
        C::DuplicateField => t!(lang, "reason-duplicate-field"),
        C::MissingField => t!(lang, "reason-missing-field"),
        C::WrongType => t!(lang, "reason-wrong-type"),
        C::UnknownKind => t!(lang, "reason-unknown-kind"),
        C::UnknownWord => t!(lang, "reason-unknown-word"),
        C::UnknownUnit => t!(lang, "reason-unknown-unit"),
        C::UnitNotAccepted => t!(lang, "reason-unit-not-accepted"),
        C::MissingValue => t!(lang, "reason-missing-value"),
        C::UnknownValue => t!(lang, "reason-unknown-value"),
        C::NotANumber => t!(lang, "reason-not-a-number"),
        C::TimeWithoutOffset => t!(lang, "reason-time-without-offset"),
        C::TimeNotRfc3339 => t!(lang, "reason-time-not-rfc3339"),
        C::TimeInTheFuture => t!(lang, "reason-time-in-the-future"),
        C::TimeImplausible => t!(lang, "reason-time-implausible"),
        C::ClockInvalid => t!(lang, "reason-clock-invalid"),
        C::IdTooLong => t!(lang, "reason-id-too-long"),
        C::IdInvalid => t!(lang, "reason-id-invalid"),
        C::SlotOutOfRange => t!(lang, "reason-slot-out-of-range"),
        C::FlagInvalid => t!(lang, "reason-flag-invalid"),
        C::BatteryOutOfRange => t!(lang, "reason-battery-out-of-range"),
        C::ImpossibleValue => t!(lang, "reason-impossible-value"),
        C::IdReused => t!(lang, "reason-id-reused"),
        C::GattMalformed => t!(lang, "reason-gatt-malformed"),
        C::CharacteristicUnsupported => t!(lang, "reason-characteristic-unsupported"),
        C::ContextWithoutReading => t!(lang, "reason-context-without-reading"),
        C::NoValue => t!(lang, "reason-no-value"),
        C::PayloadUnsupported => t!(lang, "reason-payload-unsupported"),
        C::TopicUnknown => t!(lang, "reason-topic-unknown"),
    }
}

/// What the sender can do about it.
pub(super) fn remedy(lang: Lang, code: &str) -> Option<String> {
    use ReasonCode as C;
    Some(match code.parse::<C>().ok()? {
        C::NotJson => t!(lang, "reason-do-not-json"),
        C::NotUtf8 => t!(lang, "reason-do-not-utf8"),
        C::NotAnObject => t!(lang, "reason-do-not-an-object"),
        C::TooMany => t!(lang, "reason-do-too-many"),
        C::NestedTooDeep => t!(lang, "reason-do-nested-too-deep"),
        C::DuplicateField => t!(lang, "reason-do-duplicate-field"),
        C::MissingField => t!(lang, "reason-do-missing-field"),
        C::WrongType => t!(lang, "reason-do-wrong-type"),
        C::UnknownKind => t!(lang, "reason-do-unknown-kind"),
        C::UnknownWord => t!(lang, "reason-do-unknown-word"),
        C::UnknownUnit => t!(lang, "reason-do-unknown-unit"),
        C::UnitNotAccepted => t!(lang, "reason-do-unit-not-accepted"),
        C::MissingValue => t!(lang, "reason-do-missing-value"),
        C::UnknownValue => t!(lang, "reason-do-unknown-value"),
        C::NotANumber => t!(lang, "reason-do-not-a-number"),
        C::TimeWithoutOffset => t!(lang, "reason-do-time-without-offset"),
        C::TimeNotRfc3339 => t!(lang, "reason-do-time-not-rfc3339"),
        C::TimeInTheFuture => t!(lang, "reason-do-time-in-the-future"),
        C::TimeImplausible => t!(lang, "reason-do-time-implausible"),
        C::ClockInvalid => t!(lang, "reason-do-clock-invalid"),
        C::IdTooLong => t!(lang, "reason-do-id-too-long"),
        C::IdInvalid => t!(lang, "reason-do-id-invalid"),
        C::SlotOutOfRange => t!(lang, "reason-do-slot-out-of-range"),
        C::FlagInvalid => t!(lang, "reason-do-flag-invalid"),
        C::BatteryOutOfRange => t!(lang, "reason-do-battery-out-of-range"),
        C::ImpossibleValue => t!(lang, "reason-do-impossible-value"),
        C::IdReused => t!(lang, "reason-do-id-reused"),
        C::GattMalformed => t!(lang, "reason-do-gatt-malformed"),
        C::CharacteristicUnsupported => t!(lang, "reason-do-characteristic-unsupported"),
        C::ContextWithoutReading => t!(lang, "reason-do-context-without-reading"),
        C::NoValue => t!(lang, "reason-do-no-value"),
        C::PayloadUnsupported => t!(lang, "reason-do-payload-unsupported"),
        C::TopicUnknown => t!(lang, "reason-do-topic-unknown"),
    })
}
