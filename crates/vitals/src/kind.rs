//! Kinds of reading.

use crate::Quantity;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A word that is not in the contract's list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{name}`; known are {known}")]
pub struct UnknownName {
    /// what was looked for: "kind", "quantity"
    pub what: &'static str,
    /// the word given
    pub name: String,
    /// the words that exist
    pub known: String,
}

/// What sort of reading this is: the `kind` of a reading message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// a scale's reading
    BodyWeight,
    /// a cuff's reading
    BloodPressure,
    /// a meter's or a sensor's reading
    Glucose,
    /// an oximeter's reading
    OxygenSaturation,
    /// a thermometer's reading
    BodyTemperature,
    /// a heart rate without blood pressure
    HeartRate,
    /// a body composition scale's reading
    BodyComposition,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 7] = [
        Kind::BodyWeight,
        Kind::BloodPressure,
        Kind::Glucose,
        Kind::OxygenSaturation,
        Kind::BodyTemperature,
        Kind::HeartRate,
        Kind::BodyComposition,
    ];

    /// The name in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::BodyWeight => "body-weight",
            Kind::BloodPressure => "blood-pressure",
            Kind::Glucose => "glucose",
            Kind::OxygenSaturation => "oxygen-saturation",
            Kind::BodyTemperature => "body-temperature",
            Kind::HeartRate => "heart-rate",
            Kind::BodyComposition => "body-composition",
        }
    }

    /// Values without which there is no reading of this kind.
    #[must_use]
    pub const fn required(self) -> &'static [Quantity] {
        match self {
            Kind::BodyWeight => &[Quantity::Weight],
            Kind::BloodPressure => &[Quantity::Systolic, Quantity::Diastolic],
            Kind::Glucose => &[Quantity::Glucose],
            Kind::OxygenSaturation => &[Quantity::Spo2],
            Kind::BodyTemperature => &[Quantity::Temperature],
            Kind::HeartRate => &[Quantity::HeartRate],
            Kind::BodyComposition => &[Quantity::BodyFat],
        }
    }

    /// Values that may stand beside the required ones.
    #[must_use]
    pub const fn optional(self) -> &'static [Quantity] {
        use Quantity as Q;
        match self {
            Kind::BodyWeight => &[Q::Bmi, Q::Height, Q::BodyFat, Q::MuscleMass, Q::BodyWater],
            Kind::BloodPressure => &[Q::Mean, Q::Pulse],
            Kind::OxygenSaturation => &[Q::Pulse],
            Kind::Glucose | Kind::BodyTemperature | Kind::HeartRate => &[],
            Kind::BodyComposition => &[Q::Weight, Q::Height, Q::MuscleMass, Q::BodyWater],
        }
    }

    /// Whether a reading of this kind may carry `quantity`.
    #[must_use]
    pub fn accepts(self, quantity: Quantity) -> bool {
        self.required().contains(&quantity) || self.optional().contains(&quantity)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Kind::ALL.into_iter().find(|k| k.as_str() == text).ok_or_else(|| UnknownName {
            what: "kind",
            name: text.to_owned(),
            known: Kind::ALL.map(Kind::as_str).join(", "),
        })
    }
}
