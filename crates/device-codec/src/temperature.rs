//! Thermometer: Temperature Measurement (2A1C).

use crate::cursor::{announced, flags, has};
use crate::measurement::Words;
use crate::{Characteristic, Cursor, DateTime, DecodeError, Float, Measurement};
use vitals::{Kind, Quantity, Unit};

/// The unit of the temperature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemperatureUnit {
    /// degrees Celsius
    Celsius,
    /// degrees Fahrenheit
    Fahrenheit,
}

/// A body temperature: 5 to 13 bytes.
///
/// `flags u8 | temperature FLOAT | b1 time 7 | b2 type u8`; b0 is the unit. Without b2 the type is that of
/// characteristic 2A1D.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemperatureMeasurement {
    /// of the temperature
    pub unit: TemperatureUnit,
    /// the temperature
    pub temperature: Float,
    /// the thermometer's clock
    pub timestamp: Option<DateTime>,
    /// where on the body: 1 armpit … 9 tympanum
    pub site: Option<u8>,
}

const SITES: Words = &[
    (1, "armpit"),
    (2, "body"),
    (3, "ear"),
    (4, "finger"),
    (5, "gastro-intestinal-tract"),
    (6, "mouth"),
    (7, "rectum"),
    (8, "toe"),
    (9, "tympanum"),
];

impl TemperatureMeasurement {
    /// Reads one.
    ///
    /// # Errors
    /// [`DecodeError`] where a field does not fit.
    pub fn decode(from: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let flags = from.u8("flags")?;
        Ok(Self {
            unit: if has(flags, 0) { TemperatureUnit::Fahrenheit } else { TemperatureUnit::Celsius },
            temperature: from.float("temperature")?,
            timestamp: announced(flags, 1, || from.date_time("timestamp"))?,
            site: announced(flags, 2, || from.u8("temperature type"))?,
        })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![flags(&[
            (0, self.unit == TemperatureUnit::Fahrenheit),
            (1, self.timestamp.is_some()),
            (2, self.site.is_some()),
        ])];
        out.extend(self.temperature.0.to_le_bytes());
        out.extend(self.timestamp.into_iter().flat_map(DateTime::to_bytes));
        out.extend(self.site);
        out
    }

    /// What it says.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        let mut said = Measurement::new(Characteristic::TemperatureMeasurement, Some(Kind::BodyTemperature));
        let unit = match self.unit {
            TemperatureUnit::Celsius => Unit::Celsius,
            TemperatureUnit::Fahrenheit => Unit::Fahrenheit,
        };
        said.value(Quantity::Temperature, self.temperature.number(), unit);
        if let Some(base) = self.timestamp {
            said.timestamp(base, 0);
        }
        if let Some(code) = self.site {
            said.location = said.word("location", code, SITES);
        }
        said
    }
}
