//! A value as the device gave it.

use crate::{Quantity, Unit, UnitError};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// What a meter says instead of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Coded {
    /// below the meter's range; compares below every number
    Lo,
    /// above the meter's range; compares above every number
    Hi,
}

/// One value of a reading: `{"value": 128, "unit": "mm[Hg]"}` or `{"coded": "LO"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// a number with its unit, digits as sent
    Number {
        /// the exact decimal
        value: Decimal,
        /// its unit
        unit: Unit,
    },
    /// the meter gave a word
    Coded(Coded),
}

impl Value {
    /// A number with its unit.
    #[must_use]
    pub const fn number(value: Decimal, unit: Unit) -> Self {
        Value::Number { value, unit }
    }

    /// The value in the quantity's canonical unit; a coded value is itself. A body water mass stays a mass.
    ///
    /// # Errors
    /// [`UnitError`] where the unit does not measure this quantity.
    pub fn normalised(self, quantity: Quantity) -> Result<Value, UnitError> {
        match self {
            Value::Number { value, unit } => {
                let to = match (quantity, unit.dimension()) {
                    (Quantity::BodyWater, crate::Dimension::Mass) => Unit::Kilogram,
                    _ => quantity.canonical_unit(),
                };
                Ok(Value::Number { value: unit.convert(value, to)?, unit: to })
            }
            Value::Coded(c) => Ok(Value::Coded(c)),
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn as_number(&self) -> Option<Decimal> {
        match self {
            Value::Number { value, .. } => Some(*value),
            Value::Coded(_) => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number { value, unit } => write!(f, "{value} {}", unit.display()),
            Value::Coded(Coded::Lo) => f.write_str("LO"),
            Value::Coded(Coded::Hi) => f.write_str("HI"),
        }
    }
}

/// An exact decimal from the text of a JSON number (`1.20`, `1e-3`). `None` if it is not a number or has
/// more than 28 digits.
#[must_use]
pub fn decimal_from_json(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) { Decimal::from_scientific(text).ok() } else { Decimal::from_str_exact(text).ok() }
}

/// The decimal as a JSON number, digit for digit.
#[must_use]
pub fn decimal_to_json(value: Decimal) -> Box<RawValue> {
    // A decimal's text is always a JSON number; `null` stands in only if serde_json ever disagreed.
    RawValue::from_string(value.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[derive(Serialize, Deserialize)]
struct ValueTwin {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    unit: Option<Unit>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    coded: Option<Coded>,
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Value::Number { value, unit } => {
                ValueTwin { value: Some(decimal_to_json(value)), unit: Some(unit), coded: None }
            }
            Value::Coded(c) => ValueTwin { value: None, unit: None, coded: Some(c) },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let twin = ValueTwin::deserialize(deserializer)?;
        match (twin.value, twin.unit, twin.coded) {
            (Some(raw), Some(unit), None) => decimal_from_json(raw.get())
                .map(|value| Value::Number { value, unit })
                .ok_or_else(|| D::Error::custom("`value` is not a number of at most 28 digits")),
            (None, None, Some(c)) => Ok(Value::Coded(c)),
            _ => Err(D::Error::custom("a value is `value` with `unit`, or `coded`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn digits_survive_json() {
        let v: Value = serde_json::from_str(r#"{"value": 36.60, "unit": "Cel"}"#).unwrap();
        assert_eq!(v, Value::number(dec!(36.60), Unit::Celsius));
        assert_eq!(serde_json::to_string(&v).unwrap(), r#"{"value":36.60,"unit":"Cel"}"#);
        assert_eq!(decimal_from_json("1.5e-3"), Some(dec!(0.0015)));
        assert_eq!(decimal_from_json("\"1\""), None);
        assert_eq!(decimal_from_json("0.12345678901234567890123456789012"), None);
    }

    #[test]
    fn a_coded_value_is_no_number() {
        let v: Value = serde_json::from_str(r#"{"coded":"LO"}"#).unwrap();
        assert_eq!(v.as_number(), None);
        assert!(serde_json::from_str::<Value>(r#"{"coded":"LO","unit":"kg"}"#).is_err());
    }
}
