//! Which characteristic a payload belongs to.

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A GATT characteristic that this crate decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Characteristic {
    /// 2A1C of the thermometer service 1809
    TemperatureMeasurement,
    /// 2A18 of the glucose service 1808
    GlucoseMeasurement,
    /// 2A34 of the glucose service: meal, medication and the like, for the 2A18 record of the same sequence
    GlucoseContext,
    /// 2A35 of the blood pressure service 1810
    BloodPressureMeasurement,
    /// 2A5E of the pulse oximeter service 1822
    PlxSpotCheck,
    /// 2A5F of the pulse oximeter service
    PlxContinuous,
    /// 2A9D of the weight scale service 181D
    WeightMeasurement,
}

/// Why a text names no characteristic that can be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CharacteristicError {
    /// Neither a short nor a full UUID.
    #[error("`{0}` is no characteristic; write its 4 hexadecimal digits, e.g. 2A9D, or its full Bluetooth UUID")]
    Syntax(String),
    /// A characteristic, but none of ours.
    #[error("characteristic {code:04X} is not supported yet; supported are {}", supported())]
    Unsupported {
        /// its 16-bit code
        code: u16,
    },
}

fn supported() -> String {
    Characteristic::ALL.map(|c| c.to_string()).join(", ")
}

/// The Bluetooth base UUID `00000000-0000-1000-8000-00805F9B34FB`, into which 16-bit codes are put.
const BASE_UUID: u128 = 0x0000_0000_0000_1000_8000_0080_5F9B_34FB;

impl Characteristic {
    /// Every characteristic, by code.
    pub const ALL: [Characteristic; 7] = [
        Characteristic::GlucoseMeasurement,
        Characteristic::TemperatureMeasurement,
        Characteristic::GlucoseContext,
        Characteristic::BloodPressureMeasurement,
        Characteristic::PlxSpotCheck,
        Characteristic::PlxContinuous,
        Characteristic::WeightMeasurement,
    ];

    /// The 16-bit code assigned by the Bluetooth SIG.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Characteristic::GlucoseMeasurement => 0x2A18,
            Characteristic::TemperatureMeasurement => 0x2A1C,
            Characteristic::GlucoseContext => 0x2A34,
            Characteristic::BloodPressureMeasurement => 0x2A35,
            Characteristic::PlxSpotCheck => 0x2A5E,
            Characteristic::PlxContinuous => 0x2A5F,
            Characteristic::WeightMeasurement => 0x2A9D,
        }
    }

    /// The full UUID as a number, most significant byte first.
    #[must_use]
    pub const fn uuid(self) -> u128 {
        // Widening; `u128::from` is not const.
        ((self.code() as u128) << 96) | BASE_UUID
    }

    /// The characteristic of a full UUID.
    #[must_use]
    pub fn from_uuid(uuid: u128) -> Option<Self> {
        Characteristic::ALL.into_iter().find(|c| c.uuid() == uuid)
    }
}

impl fmt::Display for Characteristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.code())
    }
}

impl FromStr for Characteristic {
    type Err = CharacteristicError;

    /// Takes `2A9D` or `00002A9D-0000-1000-8000-00805F9B34FB`, in any case.
    fn from_str(text: &str) -> Result<Self, CharacteristicError> {
        let lower = text.to_ascii_lowercase();
        let short = lower
            .strip_prefix("0000")
            .and_then(|rest| rest.strip_suffix("-0000-1000-8000-00805f9b34fb"))
            .unwrap_or(&lower);
        let digits = Some(short).filter(|s| s.len() == 4 && s.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|s| u16::from_str_radix(s, 16).ok());
        let code = code.ok_or_else(|| CharacteristicError::Syntax(text.to_owned()))?;
        Characteristic::ALL.into_iter().find(|c| c.code() == code).ok_or(CharacteristicError::Unsupported { code })
    }
}

impl Serialize for Characteristic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_short_and_full_uuids_in_any_case() {
        for c in Characteristic::ALL {
            assert_eq!(c.to_string().parse(), Ok(c));
            assert_eq!(c.to_string().to_lowercase().parse(), Ok(c));
            assert_eq!(format!("0000{c}-0000-1000-8000-00805F9B34FB").parse(), Ok(c));
            assert_eq!(format!("0000{c}-0000-1000-8000-00805f9b34fb").to_lowercase().parse(), Ok(c));
            assert_eq!(Characteristic::from_uuid(c.uuid()), Some(c));
        }
    }

    #[test]
    fn names_what_is_supported() {
        let error = "2a23".parse::<Characteristic>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "characteristic 2A23 is not supported yet; supported are 2A18, 2A1C, 2A34, 2A35, 2A5E, 2A5F, 2A9D"
        );
    }

    #[test]
    fn refuses_other_texts() {
        for bad in ["", "2A9", "2A9D0", "+A9D", "weight", "12342A9D-0000-1000-8000-00805F9B34FB", "ä9D"] {
            assert_eq!(bad.parse::<Characteristic>(), Err(CharacteristicError::Syntax(bad.to_owned())));
        }
    }
}
