//! IEEE 11073 numbers: a decimal mantissa and exponent, and words that are no number.

use vitals::Decimal;

/// What an SFLOAT or FLOAT word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// a number, exactly, without trailing zeros
    Finite(Decimal),
    /// "not a number": nothing was measured
    NotANumber,
    /// "not at this resolution": measured, but the format cannot say it
    NotAtThisResolution,
    /// above what the device measures
    PositiveInfinity,
    /// below what the device measures
    NegativeInfinity,
    /// the special word that has no meaning yet
    Reserved,
    /// a FLOAT such as 1e100: beyond the 28 digits of an exact decimal
    Unrepresentable,
}

impl Number {
    /// The number, or the word for why there is none (`nan`, `infinite`, …) that ends its flag.
    ///
    /// # Errors
    /// The word.
    pub const fn finite(self) -> Result<Decimal, &'static str> {
        match self {
            Number::Finite(value) => Ok(value),
            Number::NotANumber => Err("nan"),
            Number::NotAtThisResolution => Err("nres"),
            Number::PositiveInfinity => Err("infinite"),
            Number::NegativeInfinity => Err("negative-infinite"),
            Number::Reserved => Err("reserved"),
            Number::Unrepresentable => Err("unrepresentable"),
        }
    }

    /// `mantissa × 10^exponent`.
    fn from_parts(mantissa: i32, exponent: i32) -> Self {
        // Trailing zeros go first: 1000e-30 is 1e-27, which fits, and prints without zeros.
        let (mut mantissa, mut exponent) = (i128::from(mantissa), exponent);
        if mantissa == 0 {
            return Number::Finite(Decimal::ZERO);
        }
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        let magnitude = exponent.unsigned_abs();
        let value = if exponent < 0 {
            Decimal::try_from_i128_with_scale(mantissa, magnitude).ok()
        } else {
            let whole = 10_i128.checked_pow(magnitude).and_then(|power| mantissa.checked_mul(power));
            whole.and_then(|whole| Decimal::try_from_i128_with_scale(whole, 0).ok())
        };
        value.map_or(Number::Unrepresentable, Number::Finite)
    }
}

/// Why a number cannot be put into a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} does not fit {format}; round it or use another unit")]
pub struct EncodeError {
    /// the number
    pub value: Decimal,
    /// the format's name
    pub format: &'static str,
}

/// The largest mantissa with every exponent: with exponent 0 the next ones up are the specials.
const SFLOAT_MANTISSA: i128 = 2045;
const FLOAT_MANTISSA: i128 = 8_388_605;

/// Mantissa and exponent of `value`, with the digits that it was written with as far as `limit` allows
/// (98.60 is 986e-1 in an SFLOAT, 9860e-2 in a FLOAT).
fn to_parts(value: Decimal, limit: i128, exponents: std::ops::RangeInclusive<i32>) -> Option<(i32, i32)> {
    let mut mantissa = value.mantissa();
    let mut exponent = -i32::try_from(value.scale()).ok()?;
    while mantissa.abs() > limit || exponent < *exponents.start() {
        if mantissa % 10 != 0 {
            return None;
        }
        mantissa /= 10;
        exponent += 1;
    }
    exponents.contains(&exponent).then_some((i32::try_from(mantissa).ok()?, exponent))
}

/// A 16-bit IEEE 11073 number as it stands in a payload: 4 bits exponent (-8 to 7), 12 bits mantissa, both
/// two's complement. Any word is a valid one, so it encodes to the very bytes it was decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sfloat(pub u16);

impl Sfloat {
    /// Not a number: nothing measured.
    pub const NAN: Self = Self(0x07FF);
    /// Not at this resolution.
    pub const NRES: Self = Self(0x0800);
    /// Above the device's range.
    pub const POSITIVE_INFINITY: Self = Self(0x07FE);
    /// Below the device's range.
    pub const NEGATIVE_INFINITY: Self = Self(0x0802);
    /// Reserved for future use.
    pub const RESERVED: Self = Self(0x0801);

    /// What the word says.
    #[must_use]
    pub fn number(self) -> Number {
        self.shifted(0)
    }

    /// What the word says, times `10^power`: a change of unit without arithmetic.
    pub(crate) fn shifted(self, power: i32) -> Number {
        match self {
            Self::NAN => Number::NotANumber,
            Self::NRES => Number::NotAtThisResolution,
            Self::POSITIVE_INFINITY => Number::PositiveInfinity,
            Self::NEGATIVE_INFINITY => Number::NegativeInfinity,
            Self::RESERVED => Number::Reserved,
            Self(word) => {
                let mantissa = (word << 4).cast_signed() >> 4;
                let exponent = word.cast_signed() >> 12;
                Number::from_parts(mantissa.into(), i32::from(exponent) + power)
            }
        }
    }
}

impl TryFrom<Decimal> for Sfloat {
    type Error = EncodeError;

    /// Exact, or refused.
    fn try_from(value: Decimal) -> Result<Self, EncodeError> {
        let word = || {
            let (mantissa, exponent) = to_parts(value, SFLOAT_MANTISSA, -8..=7)?;
            let mantissa = i16::try_from(mantissa).ok()?.cast_unsigned() & 0x0FFF;
            let exponent = i16::try_from(exponent).ok()?.cast_unsigned() << 12;
            Some(Self(exponent | mantissa))
        };
        word().ok_or(EncodeError { value, format: "an SFLOAT (four digits up to 2045, exponent -8 to 7)" })
    }
}

/// A 32-bit IEEE 11073 number as it stands in a payload: 8 bits exponent (-128 to 127), 24 bits mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Float(pub u32);

impl Float {
    /// Not a number: nothing measured.
    pub const NAN: Self = Self(0x007F_FFFF);
    /// Not at this resolution.
    pub const NRES: Self = Self(0x0080_0000);
    /// Above the device's range.
    pub const POSITIVE_INFINITY: Self = Self(0x007F_FFFE);
    /// Below the device's range.
    pub const NEGATIVE_INFINITY: Self = Self(0x0080_0002);
    /// Reserved for future use.
    pub const RESERVED: Self = Self(0x0080_0001);

    /// What the word says.
    #[must_use]
    pub fn number(self) -> Number {
        match self {
            Self::NAN => Number::NotANumber,
            Self::NRES => Number::NotAtThisResolution,
            Self::POSITIVE_INFINITY => Number::PositiveInfinity,
            Self::NEGATIVE_INFINITY => Number::NegativeInfinity,
            Self::RESERVED => Number::Reserved,
            Self(word) => Number::from_parts((word << 8).cast_signed() >> 8, word.cast_signed() >> 24),
        }
    }
}

impl TryFrom<Decimal> for Float {
    type Error = EncodeError;

    /// Exact, or refused.
    fn try_from(value: Decimal) -> Result<Self, EncodeError> {
        let word = || {
            let (mantissa, exponent) = to_parts(value, FLOAT_MANTISSA, -128..=127)?;
            Some(Self(exponent.cast_unsigned() << 24 | (mantissa.cast_unsigned() & 0x00FF_FFFF)))
        };
        word().ok_or(EncodeError { value, format: "a FLOAT (seven digits up to 8388605)" })
    }
}

/// `steps` of `10^-places`, without trailing zeros: the fixed-point fields of scales.
pub(crate) fn fixed(steps: u32, places: u32) -> Decimal {
    Decimal::new(steps.into(), places).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(word: u16, expected: &str) {
        let said = match Sfloat(word).number().finite() {
            Ok(value) => value.to_string(),
            Err(why) => why.to_owned(),
        };
        assert_eq!(said, expected, "{word:#06x}");
    }

    #[test]
    fn sfloats_are_exact_and_specials_are_words() {
        check(0x0078, "120");
        check(0xF3DA, "98.6");
        check(0xF320, "80");
        check(0xFFFF, "-0.1");
        check(0x8001, "0.00000001");
        check(0x77FF, "20470000000");
        check(0x7800, "-20480000000");
        check(0x0000, "0");
        check(0x8000, "0");
        check(0x07FD, "2045");
        check(0x07FF, "nan");
        check(0x0800, "nres");
        check(0x07FE, "infinite");
        check(0x0802, "negative-infinite");
        check(0x0801, "reserved");
        check(0x0803, "-2045");
        // Specials have exponent 0; with another one the same mantissa is a number.
        check(0xF7FF, "204.7");
        check(0xF800, "-204.8");
    }

    #[track_caller]
    fn check_float(word: u32, expected: &str) {
        let said = match Float(word).number().finite() {
            Ok(value) => value.to_string(),
            Err(why) => why.to_owned(),
        };
        assert_eq!(said, expected, "{word:#010x}");
    }

    #[test]
    fn floats_are_exact_and_specials_are_words() {
        check_float(0xFF00_016E, "36.6");
        check_float(0xFE00_0E4C, "36.6");
        check_float(0xFFFF_FFFF, "-0.1");
        check_float(0x007F_FFFF, "nan");
        check_float(0x0080_0000, "nres");
        check_float(0x007F_FFFE, "infinite");
        check_float(0x0080_0002, "negative-infinite");
        check_float(0x0080_0001, "reserved");
        check_float(0x7F00_0001, "unrepresentable");
        check_float(0x8000_0001, "unrepresentable");
        check_float(0x8000_0000, "0");
        check_float(0xE200_0064, "0.0000000000000000000000000001");
    }

    #[test]
    fn an_encoder_keeps_the_digits_it_can() {
        for (text, word) in [("98.6", 0xF3DA), ("36.60", 0xF16E), ("120", 0x0078), ("20000", 0x17D0), ("-0.1", 0xFFFF)]
        {
            assert_eq!(Sfloat::try_from(text.parse::<Decimal>().unwrap()), Ok(Sfloat(word)), "{text}");
        }
        assert_eq!(Float::try_from("36.60".parse::<Decimal>().unwrap()), Ok(Float(0xFE00_0E4C)));
        for text in ["12345", "0.0000000015", "2046.5", "20460000000000"] {
            assert!(Sfloat::try_from(text.parse::<Decimal>().unwrap()).is_err(), "{text}");
        }
        assert!(Float::try_from("8388607.5".parse::<Decimal>().unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn every_number_of_a_float_survives(word: u32) {
            if let Number::Finite(value) = Float(word).number()
                && let Ok(again) = Float::try_from(value)
            {
                prop_assert_eq!(again.number(), Number::Finite(value));
            }
        }
    }

    #[test]
    fn every_number_of_an_sfloat_survives() {
        for word in 0..=u16::MAX {
            let Number::Finite(value) = Sfloat(word).number() else { continue };
            match Sfloat::try_from(value) {
                Ok(again) => assert_eq!(again.number(), Number::Finite(value), "{word:#06x}"),
                // Only the mantissas that encoders keep away from.
                Err(_) => assert!(matches!(word & 0x0FFF, 0x7FE..=0x802), "{word:#06x}"),
            }
        }
    }
}
