//! Weight scale: Weight Measurement (2A9D).

use crate::cursor::{announced, flags, has};
use crate::number::fixed;
use crate::{Characteristic, Cursor, DateTime, DecodeError, EncodeError, Measurement, Number};
use vitals::{Decimal, Kind, Quantity, Unit};

/// The units of a scale, chosen by one flag bit for masses and lengths together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitSystem {
    /// kilograms and metres
    Si,
    /// pounds and inches
    Imperial,
}

impl UnitSystem {
    const fn of(imperial: bool) -> Self {
        if imperial { UnitSystem::Imperial } else { UnitSystem::Si }
    }

    /// A mass given in steps of 0.005 kg or 0.01 lb.
    fn mass(self, steps: u16) -> (Number, Unit) {
        match self {
            UnitSystem::Si => (Number::Finite(fixed(u32::from(steps) * 5, 3)), Unit::Kilogram),
            UnitSystem::Imperial => (Number::Finite(fixed(steps.into(), 2)), Unit::Pound),
        }
    }

    /// A length given in steps of 0.001 m or 0.1 in.
    fn length(self, steps: u16) -> (Number, Unit) {
        match self {
            UnitSystem::Si => (Number::Finite(fixed(steps.into(), 3)), Unit::Metre),
            UnitSystem::Imperial => (Number::Finite(fixed(steps.into(), 1)), Unit::Inch),
        }
    }

    /// The steps of the wire for a mass in kg or lb, to the nearest one (0.005 kg, 0.01 lb).
    ///
    /// # Errors
    /// [`EncodeError`] below zero or above 65534 steps (327.67 kg, 655.34 lb).
    pub fn mass_steps(self, mass: Decimal) -> Result<u16, EncodeError> {
        let per_unit = match self {
            UnitSystem::Si => Decimal::from(200),
            UnitSystem::Imperial => Decimal::ONE_HUNDRED,
        };
        mass.checked_mul(per_unit)
            .and_then(|steps| u16::try_from(steps.round()).ok())
            .filter(|steps| *steps != WeightMeasurement::UNSUCCESSFUL)
            .ok_or(EncodeError { value: mass, format: "a weight field (0 to 327.67 kg or 655.34 lb)" })
    }
}

/// Body mass index and height: present together or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodySize {
    /// steps of 0.1 kg/m2
    pub bmi: u16,
    /// steps of 0.001 m or 0.1 in
    pub height: u16,
}

/// A weighing: 3 to 15 bytes.
///
/// `flags u8 | weight u16 | b1 time 7 | b2 user u8 | b3 BMI u16, height u16`; b0 is the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightMeasurement {
    /// of weight and height
    pub units: UnitSystem,
    /// steps of 0.005 kg or 0.01 lb, or [`WeightMeasurement::UNSUCCESSFUL`]; see [`UnitSystem::mass_steps`]
    pub weight: u16,
    /// the scale's clock
    pub timestamp: Option<DateTime>,
    /// the user's index, 255 for unknown
    pub user: Option<u8>,
    /// what the scale computed from it
    pub size: Option<BodySize>,
}

impl WeightMeasurement {
    /// The weight of a weighing that failed.
    pub const UNSUCCESSFUL: u16 = 0xFFFF;

    /// Reads one.
    ///
    /// # Errors
    /// [`DecodeError`] where a field does not fit.
    pub fn decode(from: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let flags = from.u8("flags")?;
        Ok(Self {
            units: UnitSystem::of(has(flags, 0)),
            weight: from.u16("weight")?,
            timestamp: announced(flags, 1, || from.date_time("timestamp"))?,
            user: announced(flags, 2, || from.u8("user id"))?,
            size: announced(flags, 3, || Ok(BodySize { bmi: from.u16("bmi")?, height: from.u16("height")? }))?,
        })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![flags(&[
            (0, self.units == UnitSystem::Imperial),
            (1, self.timestamp.is_some()),
            (2, self.user.is_some()),
            (3, self.size.is_some()),
        ])];
        out.extend(self.weight.to_le_bytes());
        out.extend(self.timestamp.into_iter().flat_map(DateTime::to_bytes));
        out.extend(self.user);
        if let Some(BodySize { bmi, height }) = self.size {
            out.extend(bmi.to_le_bytes());
            out.extend(height.to_le_bytes());
        }
        out
    }

    /// What it says.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        let mut said = Measurement::new(Characteristic::WeightMeasurement, Some(Kind::BodyWeight));
        if let Some(base) = self.timestamp {
            said.timestamp(base, 0);
        }
        said.user(self.user);
        if self.weight == Self::UNSUCCESSFUL {
            said.flag("weight-unsuccessful");
            // Only time and user mean anything after a failed weighing.
            if self.size.is_some() {
                said.flag("bmi-unsuccessful");
                said.flag("height-unsuccessful");
            }
            return said;
        }
        let (weight, unit) = self.units.mass(self.weight);
        said.value(Quantity::Weight, weight, unit);
        if let Some(BodySize { bmi, height }) = self.size {
            said.value(Quantity::Bmi, Number::Finite(fixed(bmi.into(), 1)), Unit::KilogramPerSquareMetre);
            let (height, unit) = self.units.length(height);
            said.value(Quantity::Height, height, unit);
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitals::Decimal;

    #[test]
    fn masses_go_to_the_nearest_step() {
        let steps = |units: UnitSystem, text: &str| units.mass_steps(text.parse::<Decimal>().unwrap()).ok();
        assert_eq!(steps(UnitSystem::Si, "80.1"), Some(16020));
        assert_eq!(steps(UnitSystem::Si, "80.0026"), Some(16001));
        assert_eq!(steps(UnitSystem::Imperial, "176.37"), Some(17637));
        assert_eq!(steps(UnitSystem::Si, "327.67"), Some(65534));
        assert_eq!(steps(UnitSystem::Si, "327.675"), None);
        assert_eq!(steps(UnitSystem::Si, "-1"), None);
    }
}
