//! LOINC and IEEE 11073 MDC codes of quantities.
//!
//! Source: clinical reference section 5 and GATT reference section 11 (HL7 US Core, HL7 PHD and CGM guides).
//! A code that those mark as unverified is left out rather than guessed.

use crate::Quantity;

/// The codes of one quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    /// LOINC code, where one is verified
    pub loinc: Option<&'static str>,
    /// IEEE 11073-10101 MDC code, partition × 65536 + term, where one is verified
    pub mdc: Option<u32>,
}

/// The codes of `quantity`.
#[must_use]
pub const fn codes_of(quantity: Quantity) -> Codes {
    let (loinc, mdc) = match quantity {
        Quantity::Weight => (Some("29463-7"), Some(188_736)),
        Quantity::Bmi => (Some("39156-5"), Some(188_752)),
        Quantity::Height => (Some("8302-2"), Some(188_740)),
        Quantity::BodyFat => (Some("41982-0"), Some(188_748)),
        Quantity::MuscleMass => (None, None),
        Quantity::BodyWater => (None, Some(188_764)),
        Quantity::Systolic => (Some("8480-6"), Some(150_021)),
        Quantity::Diastolic => (Some("8462-4"), Some(150_022)),
        Quantity::Mean => (Some("8478-0"), Some(150_023)),
        Quantity::Pulse => (Some("8867-4"), Some(149_546)),
        Quantity::Glucose => (Some("41653-7"), Some(160_184)),
        Quantity::InterstitialGlucose => (Some("99504-3"), Some(160_212)),
        Quantity::Spo2 => (Some("59408-5"), Some(150_456)),
        Quantity::Temperature => (Some("8310-5"), Some(150_364)),
        Quantity::HeartRate => (Some("8867-4"), Some(147_842)),
    };
    Codes { loinc, mdc }
}
