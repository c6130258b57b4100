//! Quantities: what one value of a reading is of.

use crate::{Kind, Unit, UnknownName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a value within a reading, and of a quantity in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// body weight
    Weight,
    /// body mass index
    Bmi,
    /// body height
    Height,
    /// body fat as a fraction of weight
    BodyFat,
    /// muscle mass
    MuscleMass,
    /// body water: a mass or a fraction of weight
    BodyWater,
    /// systolic pressure
    Systolic,
    /// diastolic pressure
    Diastolic,
    /// mean arterial pressure
    Mean,
    /// pulse rate found while measuring something else
    Pulse,
    /// glucose in blood or plasma (a meter's sample)
    Glucose,
    /// glucose in interstitial fluid (a CGM sensor); never compared with meter samples. It is `glucose`
    /// in messages, with `"sample": "interstitial"`, and a quantity of its own in rules and charts.
    InterstitialGlucose,
    /// oxygen saturation
    #[serde(rename = "spo2")]
    Spo2,
    /// body temperature
    Temperature,
    /// heart rate
    HeartRate,
}

impl Quantity {
    /// Every quantity.
    pub const ALL: [Quantity; 15] = [
        Quantity::Weight,
        Quantity::Bmi,
        Quantity::Height,
        Quantity::BodyFat,
        Quantity::MuscleMass,
        Quantity::BodyWater,
        Quantity::Systolic,
        Quantity::Diastolic,
        Quantity::Mean,
        Quantity::Pulse,
        Quantity::Glucose,
        Quantity::InterstitialGlucose,
        Quantity::Spo2,
        Quantity::Temperature,
        Quantity::HeartRate,
    ];

    /// The name in messages and rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Quantity::Weight => "weight",
            Quantity::Bmi => "bmi",
            Quantity::Height => "height",
            Quantity::BodyFat => "body-fat",
            Quantity::MuscleMass => "muscle-mass",
            Quantity::BodyWater => "body-water",
            Quantity::Systolic => "systolic",
            Quantity::Diastolic => "diastolic",
            Quantity::Mean => "mean",
            Quantity::Pulse => "pulse",
            Quantity::Glucose => "glucose",
            Quantity::InterstitialGlucose => "interstitial-glucose",
            Quantity::Spo2 => "spo2",
            Quantity::Temperature => "temperature",
            Quantity::HeartRate => "heart-rate",
        }
    }

    /// The unit that values of this quantity are normalised to.
    #[must_use]
    pub const fn canonical_unit(self) -> Unit {
        match self {
            Quantity::Weight | Quantity::MuscleMass => Unit::Kilogram,
            Quantity::Bmi => Unit::KilogramPerSquareMetre,
            Quantity::Height => Unit::Centimetre,
            Quantity::BodyFat | Quantity::BodyWater | Quantity::Spo2 => Unit::Percent,
            Quantity::Systolic | Quantity::Diastolic | Quantity::Mean => Unit::MillimetreOfMercury,
            Quantity::Pulse | Quantity::HeartRate => Unit::PerMinute,
            Quantity::Glucose | Quantity::InterstitialGlucose => Unit::MilligramPerDecilitre,
            Quantity::Temperature => Unit::Celsius,
        }
    }

    /// Units in which a message may give this quantity.
    #[must_use]
    pub const fn accepted_units(self) -> &'static [Unit] {
        match self {
            Quantity::Weight | Quantity::MuscleMass => &[Unit::Kilogram, Unit::Gram, Unit::Pound],
            Quantity::Bmi => &[Unit::KilogramPerSquareMetre],
            Quantity::Height => &[Unit::Metre, Unit::Centimetre, Unit::Inch],
            Quantity::BodyFat | Quantity::Spo2 => &[Unit::Percent],
            // Scales give body water as a share, GATT 2A9C as a mass; both are kept as sent.
            Quantity::BodyWater => &[Unit::Percent, Unit::Kilogram, Unit::Gram, Unit::Pound],
            Quantity::Systolic | Quantity::Diastolic | Quantity::Mean => &[Unit::MillimetreOfMercury, Unit::Kilopascal],
            Quantity::Pulse | Quantity::HeartRate => &[Unit::PerMinute],
            Quantity::Glucose | Quantity::InterstitialGlucose => {
                &[Unit::MilligramPerDecilitre, Unit::MillimolePerLitre]
            }
            Quantity::Temperature => &[Unit::Celsius, Unit::Fahrenheit],
        }
    }

    /// The kinds of reading that carry this quantity.
    #[must_use]
    pub fn kinds(self) -> Vec<Kind> {
        let named = if self == Quantity::InterstitialGlucose { Quantity::Glucose } else { self };
        Kind::ALL.into_iter().filter(|k| k.accepts(named)).collect()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Quantity {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Quantity::ALL.into_iter().find(|q| q.as_str() == text).ok_or_else(|| UnknownName {
            what: "quantity",
            name: text.to_owned(),
            known: Quantity::ALL.map(Quantity::as_str).join(", "),
        })
    }
}
