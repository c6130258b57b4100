//! UCUM units and exact conversion between them.

use rust_decimal::{Decimal, dec};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a unit measures; only units of one dimension convert into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// kg, g, [lb_av]
    Mass,
    /// m, cm, [in_i]
    Length,
    /// kg/m2
    MassPerArea,
    /// mm[Hg], kPa
    Pressure,
    /// /min
    Rate,
    /// mg/dL, mmol/L: of glucose, molar mass 180.156 g/mol
    GlucoseConcentration,
    /// %
    Fraction,
    /// Cel, [degF]
    Temperature,
}

/// A UCUM unit that Hearth accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unit {
    /// kilogram
    #[serde(rename = "kg")]
    Kilogram,
    /// gram
    #[serde(rename = "g")]
    Gram,
    /// avoirdupois pound, exactly 0.45359237 kg
    #[serde(rename = "[lb_av]")]
    Pound,
    /// metre
    #[serde(rename = "m")]
    Metre,
    /// centimetre
    #[serde(rename = "cm")]
    Centimetre,
    /// international inch, exactly 2.54 cm
    #[serde(rename = "[in_i]")]
    Inch,
    /// body mass index
    #[serde(rename = "kg/m2")]
    KilogramPerSquareMetre,
    /// millimetre of mercury; UCUM: exactly 133.322 Pa
    #[serde(rename = "mm[Hg]")]
    MillimetreOfMercury,
    /// kilopascal
    #[serde(rename = "kPa")]
    Kilopascal,
    /// per minute
    #[serde(rename = "/min")]
    PerMinute,
    /// milligram per decilitre
    #[serde(rename = "mg/dL")]
    MilligramPerDecilitre,
    /// millimole per litre
    #[serde(rename = "mmol/L")]
    MillimolePerLitre,
    /// percent
    #[serde(rename = "%")]
    Percent,
    /// degree Celsius
    #[serde(rename = "Cel")]
    Celsius,
    /// degree Fahrenheit
    #[serde(rename = "[degF]")]
    Fahrenheit,
}

/// Why a unit or a conversion was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// The text is no UCUM unit that Hearth accepts.
    #[error("unknown unit `{0}`; write it in UCUM, e.g. `kg`, `[lb_av]`, `mm[Hg]`, `mg/dL`, `Cel`")]
    Unknown(String),
    /// The units measure different things.
    #[error("`{from}` cannot be converted to `{to}`")]
    Incompatible {
        /// unit given
        from: Unit,
        /// unit wanted
        to: Unit,
    },
    /// The result has more digits than an exact decimal holds (28).
    #[error("the value is too large to convert")]
    Overflow,
}

/// Digits kept after the point where a conversion does not end (kPa, mmol/L, [degF]).
const CONVERSION_SCALE: u32 = 12;

/// How a unit maps to its dimension's canonical unit: `canonical = (value + offset) * numerator / denominator`.
struct Scale {
    offset: Decimal,
    numerator: Decimal,
    denominator: Decimal,
}

const fn scale(numerator: Decimal, denominator: Decimal) -> Scale {
    Scale { offset: Decimal::ZERO, numerator, denominator }
}

impl Unit {
    /// Every unit, in the order of the documentation.
    pub const ALL: [Unit; 15] = [
        Unit::Kilogram,
        Unit::Gram,
        Unit::Pound,
        Unit::Metre,
        Unit::Centimetre,
        Unit::Inch,
        Unit::KilogramPerSquareMetre,
        Unit::MillimetreOfMercury,
        Unit::Kilopascal,
        Unit::PerMinute,
        Unit::MilligramPerDecilitre,
        Unit::MillimolePerLitre,
        Unit::Percent,
        Unit::Celsius,
        Unit::Fahrenheit,
    ];

    /// The UCUM code, as written in messages and rulebooks.
    #[must_use]
    pub const fn ucum(self) -> &'static str {
        match self {
            Unit::Kilogram => "kg",
            Unit::Gram => "g",
            Unit::Pound => "[lb_av]",
            Unit::Metre => "m",
            Unit::Centimetre => "cm",
            Unit::Inch => "[in_i]",
            Unit::KilogramPerSquareMetre => "kg/m2",
            Unit::MillimetreOfMercury => "mm[Hg]",
            Unit::Kilopascal => "kPa",
            Unit::PerMinute => "/min",
            Unit::MilligramPerDecilitre => "mg/dL",
            Unit::MillimolePerLitre => "mmol/L",
            Unit::Percent => "%",
            Unit::Celsius => "Cel",
            Unit::Fahrenheit => "[degF]",
        }
    }

    /// The unit as a person reads it: `lb`, `mmHg`, `°C`.
    #[must_use]
    pub const fn display(self) -> &'static str {
        match self {
            Unit::Pound => "lb",
            Unit::Inch => "in",
            Unit::KilogramPerSquareMetre => "kg/m²",
            Unit::MillimetreOfMercury => "mmHg",
            Unit::Celsius => "°C",
            Unit::Fahrenheit => "°F",
            other => other.ucum(),
        }
    }

    /// What the unit measures.
    #[must_use]
    pub const fn dimension(self) -> Dimension {
        match self {
            Unit::Kilogram | Unit::Gram | Unit::Pound => Dimension::Mass,
            Unit::Metre | Unit::Centimetre | Unit::Inch => Dimension::Length,
            Unit::KilogramPerSquareMetre => Dimension::MassPerArea,
            Unit::MillimetreOfMercury | Unit::Kilopascal => Dimension::Pressure,
            Unit::PerMinute => Dimension::Rate,
            Unit::MilligramPerDecilitre | Unit::MillimolePerLitre => Dimension::GlucoseConcentration,
            Unit::Percent => Dimension::Fraction,
            Unit::Celsius | Unit::Fahrenheit => Dimension::Temperature,
        }
    }

    /// Scale towards the canonical unit (kg, m, mm[Hg], mg/dL, Cel).
    const fn scale(self) -> Scale {
        match self {
            Unit::Gram => scale(dec!(0.001), Decimal::ONE),
            Unit::Pound => scale(dec!(0.45359237), Decimal::ONE),
            Unit::Centimetre => scale(dec!(0.01), Decimal::ONE),
            Unit::Inch => scale(dec!(0.0254), Decimal::ONE),
            // UCUM: m[Hg] is 133.3220 kPa, so 1 kPa is 1000/133.322 mm[Hg].
            Unit::Kilopascal => scale(dec!(1000), dec!(133.322)),
            // Molar mass of glucose 180.156 g/mol: 1 mmol/L is 18.0156 mg/dL.
            Unit::MillimolePerLitre => scale(dec!(18.0156), Decimal::ONE),
            Unit::Fahrenheit => Scale { offset: dec!(-32), numerator: dec!(5), denominator: dec!(9) },
            _ => scale(Decimal::ONE, Decimal::ONE),
        }
    }

    /// `value` of this unit in `to`. Exact where the result is a finite decimal (all masses and lengths);
    /// otherwise rounded, half to even, at the twelfth digit after the point.
    ///
    /// # Errors
    /// [`UnitError::Incompatible`] for units of different dimensions, [`UnitError::Overflow`] beyond 28 digits.
    pub fn convert(self, value: Decimal, to: Unit) -> Result<Decimal, UnitError> {
        if self == to {
            return Ok(value);
        }
        if self.dimension() != to.dimension() {
            return Err(UnitError::Incompatible { from: self, to });
        }
        self.convert_same_dimension(value, to).ok_or(UnitError::Overflow)
    }

    fn convert_same_dimension(self, value: Decimal, to: Unit) -> Option<Decimal> {
        let (f, t) = (self.scale(), to.scale());
        let top = value.checked_add(f.offset)?.checked_mul(f.numerator)?.checked_mul(t.denominator)?;
        let bottom = f.denominator.checked_mul(t.numerator)?;
        let exact = top.checked_div(bottom)?;
        let converted = if bottom == Decimal::ONE { exact } else { exact.round_dp(CONVERSION_SCALE) };
        Some(converted.checked_sub(t.offset)?.normalize())
    }

    /// A difference of this unit in `to`: like [`Unit::convert`], but a difference of temperatures has no
    /// zero point (1 [degF] of difference is 5/9 Cel).
    ///
    /// # Errors
    /// As [`Unit::convert`].
    pub fn convert_difference(self, value: Decimal, to: Unit) -> Result<Decimal, UnitError> {
        let zero = self.convert(Decimal::ZERO, to)?;
        self.convert(value, to)?.checked_sub(zero).ok_or(UnitError::Overflow)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ucum())
    }
}

impl std::str::FromStr for Unit {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Unit::ALL.into_iter().find(|u| u.ucum() == text).ok_or_else(|| UnitError::Unknown(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Decimal, from: Unit, to: Unit, expected: Decimal) {
        assert_eq!(from.convert(value, to), Ok(expected), "{value} {from} in {to}");
    }

    #[test]
    fn converts_exactly() {
        check(dec!(1), Unit::Pound, Unit::Kilogram, dec!(0.45359237));
        check(dec!(0.45359237), Unit::Kilogram, Unit::Pound, dec!(1));
        check(dec!(82400), Unit::Gram, Unit::Kilogram, dec!(82.4));
        check(dec!(70), Unit::Inch, Unit::Centimetre, dec!(177.8));
        check(dec!(98.6), Unit::Fahrenheit, Unit::Celsius, dec!(37));
        check(dec!(37), Unit::Celsius, Unit::Fahrenheit, dec!(98.6));
        check(dec!(5.5), Unit::MillimolePerLitre, Unit::MilligramPerDecilitre, dec!(99.0858));
        check(dec!(16), Unit::Kilopascal, Unit::MillimetreOfMercury, dec!(120.010200867074));
    }

    #[test]
    fn a_difference_of_temperatures_has_no_zero_point() {
        assert_eq!(Unit::Fahrenheit.convert_difference(dec!(9), Unit::Celsius), Ok(dec!(5)));
    }

    #[test]
    fn refuses_other_dimensions_and_unknown_units() {
        assert_eq!(
            Unit::Kilogram.convert(dec!(1), Unit::Metre),
            Err(UnitError::Incompatible { from: Unit::Kilogram, to: Unit::Metre })
        );
        assert_eq!("lbs".parse::<Unit>(), Err(UnitError::Unknown("lbs".into())));
        assert!(Unit::Kilopascal.convert(Decimal::MAX, Unit::MillimetreOfMercury).is_err());
    }
}
