//! Blood pressure: Blood Pressure Measurement (2A35).

use crate::cursor::{announced, flags, has};
use crate::measurement::StatusBits;
use crate::{Characteristic, Cursor, DateTime, DecodeError, Measurement, Sfloat};
use vitals::{Kind, Quantity, Unit};

/// The unit of all three pressures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PressureUnit {
    /// millimetres of mercury
    MillimetreOfMercury,
    /// kilopascals
    Kilopascal,
}

/// A blood pressure: 7 to 19 bytes.
///
/// `flags u8 | systolic, diastolic, mean 3 × SFLOAT | b1 time 7 | b2 pulse SFLOAT | b3 user u8 | b4 status u16`;
/// b0 is the unit. A failed measurement has NaN in all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BloodPressureMeasurement {
    /// of the three pressures
    pub unit: PressureUnit,
    /// systolic pressure
    pub systolic: Sfloat,
    /// diastolic pressure
    pub diastolic: Sfloat,
    /// mean arterial pressure; NaN, on some devices 0, where not measured
    pub mean: Sfloat,
    /// the cuff's clock
    pub timestamp: Option<DateTime>,
    /// per minute
    pub pulse: Option<Sfloat>,
    /// the user's index, 255 for unknown
    pub user: Option<u8>,
    /// status bits: the constants of this type
    pub status: Option<u16>,
}

const STATUS: StatusBits =
    &[(0, "body-movement"), (1, "cuff-too-loose"), (2, "irregular-pulse"), (5, "improper-position")];

impl BloodPressureMeasurement {
    /// Status `body-movement`: the patient moved.
    pub const BODY_MOVEMENT: u16 = 1;
    /// Status `cuff-too-loose`.
    pub const CUFF_TOO_LOOSE: u16 = 1 << 1;
    /// Status `irregular-pulse`.
    pub const IRREGULAR_PULSE: u16 = 1 << 2;
    /// Status `pulse-rate-above-range`: value 1 of the two bits for the range of the pulse rate.
    pub const PULSE_RATE_ABOVE_RANGE: u16 = 1 << 3;
    /// Status `pulse-rate-below-range`: value 2 of those bits.
    pub const PULSE_RATE_BELOW_RANGE: u16 = 2 << 3;
    /// Status `improper-position` of the cuff.
    pub const IMPROPER_POSITION: u16 = 1 << 5;
    const PULSE_RATE_RANGE: u16 = 3 << 3;

    /// Reads one.
    ///
    /// # Errors
    /// [`DecodeError`] where a field does not fit.
    pub fn decode(from: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let flags = from.u8("flags")?;
        Ok(Self {
            unit: if has(flags, 0) { PressureUnit::Kilopascal } else { PressureUnit::MillimetreOfMercury },
            systolic: from.sfloat("systolic")?,
            diastolic: from.sfloat("diastolic")?,
            mean: from.sfloat("mean arterial pressure")?,
            timestamp: announced(flags, 1, || from.date_time("timestamp"))?,
            pulse: announced(flags, 2, || from.sfloat("pulse rate"))?,
            user: announced(flags, 3, || from.u8("user id"))?,
            status: announced(flags, 4, || from.u16("measurement status"))?,
        })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![flags(&[
            (0, self.unit == PressureUnit::Kilopascal),
            (1, self.timestamp.is_some()),
            (2, self.pulse.is_some()),
            (3, self.user.is_some()),
            (4, self.status.is_some()),
        ])];
        for pressure in [self.systolic, self.diastolic, self.mean] {
            out.extend(pressure.0.to_le_bytes());
        }
        out.extend(self.timestamp.into_iter().flat_map(DateTime::to_bytes));
        out.extend(self.pulse.into_iter().flat_map(|pulse| pulse.0.to_le_bytes()));
        out.extend(self.user);
        out.extend(self.status.into_iter().flat_map(u16::to_le_bytes));
        out
    }

    /// What it says.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        let mut said = Measurement::new(Characteristic::BloodPressureMeasurement, Some(Kind::BloodPressure));
        let unit = match self.unit {
            PressureUnit::MillimetreOfMercury => Unit::MillimetreOfMercury,
            PressureUnit::Kilopascal => Unit::Kilopascal,
        };
        said.value(Quantity::Systolic, self.systolic.number(), unit);
        said.value(Quantity::Diastolic, self.diastolic.number(), unit);
        said.value(Quantity::Mean, self.mean.number(), unit);
        if let Some(pulse) = self.pulse {
            said.value(Quantity::Pulse, pulse.number(), Unit::PerMinute);
        }
        if let Some(base) = self.timestamp {
            said.timestamp(base, 0);
        }
        said.user(self.user);
        if let Some(status) = self.status {
            said.status(status.into(), STATUS);
            match status & Self::PULSE_RATE_RANGE {
                0 => {}
                Self::PULSE_RATE_ABOVE_RANGE => said.flag("pulse-rate-above-range"),
                Self::PULSE_RATE_BELOW_RANGE => said.flag("pulse-rate-below-range"),
                _ => said.flag("pulse-rate-range-reserved"),
            }
        }
        said
    }
}
