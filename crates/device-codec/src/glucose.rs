//! Glucose meter: Glucose Measurement (2A18).

use crate::cursor::{announced, flags, has};
use crate::measurement::{StatusBits, Words};
use crate::{Characteristic, Cursor, DateTime, DecodeError, EncodeError, Field, Measurement, Sfloat};
use vitals::{Decimal, Kind, Quantity, Sample, Unit};

/// The unit of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcentrationUnit {
    /// kg/L, given as mg/dL (times 100 000)
    KilogramPerLitre,
    /// mol/L, given as mmol/L (times 1 000)
    MolePerLitre,
}

/// Concentration, sample type and location: present together or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concentration {
    /// of `value`
    pub unit: ConcentrationUnit,
    /// in kg/L or mol/L
    pub value: Sfloat,
    /// low nibble the sample's type (1 to 10), high nibble where it was taken (1 finger … 15 not available)
    pub type_location: u8,
}

impl Concentration {
    /// The location code for a finger.
    pub const FINGER: u8 = 1;
    /// The location code for a test with control solution.
    pub const CONTROL_SOLUTION: u8 = 4;
    /// The location code for "not available".
    pub const NOT_AVAILABLE: u8 = 15;

    /// From mg/dL or mmol/L, as people say it; `location` is one of the codes (0 to 15).
    ///
    /// # Errors
    /// [`EncodeError`] for a value of more digits than the wire has, and for any other unit.
    pub fn new(value: Decimal, unit: Unit, sample: Sample, location: u8) -> Result<Self, EncodeError> {
        let (unit, factor) = match unit {
            Unit::MilligramPerDecilitre => (ConcentrationUnit::KilogramPerLitre, Decimal::new(1, 5)),
            Unit::MillimolePerLitre => (ConcentrationUnit::MolePerLitre, Decimal::new(1, 3)),
            _ => return Err(EncodeError { value, format: "a glucose concentration (mg/dL or mmol/L)" }),
        };
        let format = "a glucose concentration (four digits up to 2045)";
        let wire = value.checked_mul(factor).ok_or(EncodeError { value, format })?;
        let value = Sfloat::try_from(wire).map_err(|_| EncodeError { value, format })?;
        Ok(Self { unit, value, type_location: (location << 4) | sample_code(sample) })
    }
}

/// A glucose record: 10 to 17 bytes.
///
/// `flags u8 | sequence u16 | base time 7 | b0 offset s16 | b1 concentration SFLOAT, type and location u8 |
/// b3 sensor status u16`; b2 is the unit, b4 says that a 2A34 of the same sequence follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlucoseMeasurement {
    /// running number, may wrap; identity is (device, sequence)
    pub sequence: u16,
    /// the meter's clock when it was last set
    pub base_time: DateTime,
    /// minutes to add to it
    pub time_offset: Option<i16>,
    /// the value
    pub concentration: Option<Concentration>,
    /// sensor status annunciation bits
    pub status: Option<u16>,
    /// a context record (2A34) with this sequence follows
    pub context_follows: bool,
}

const SAMPLES: [(u8, Sample); 10] = [
    (1, Sample::CapillaryWholeBlood),
    (2, Sample::CapillaryPlasma),
    (3, Sample::VenousWholeBlood),
    (4, Sample::VenousPlasma),
    (5, Sample::ArterialWholeBlood),
    (6, Sample::ArterialPlasma),
    (7, Sample::UndeterminedWholeBlood),
    (8, Sample::UndeterminedPlasma),
    (9, Sample::Interstitial),
    (10, Sample::ControlSolution),
];

/// 15, "not available", says nothing and is left out.
const LOCATIONS: Words = &[(1, "finger"), (2, "alternate-site"), (3, "earlobe"), (4, "control-solution")];

const STATUS: StatusBits = &[
    (0, "battery-low"),
    (1, "sensor-malfunction"),
    (2, "sample-insufficient"),
    (3, "strip-insertion-error"),
    (4, "strip-type-incorrect"),
    (5, "result-too-high"),
    (6, "result-too-low"),
    (7, "temperature-too-high"),
    (8, "temperature-too-low"),
    (9, "read-interrupted"),
    (10, "general-fault"),
    (11, "time-fault"),
];

fn sample_code(sample: Sample) -> u8 {
    SAMPLES.iter().find(|(_, s)| *s == sample).map_or(0, |(code, _)| *code)
}

impl GlucoseMeasurement {
    /// Status `result-too-high`: above what the strip can measure.
    pub const RESULT_TOO_HIGH: u16 = 1 << 5;
    /// Status `result-too-low`: below what the strip can measure.
    pub const RESULT_TOO_LOW: u16 = 1 << 6;

    /// Reads one.
    ///
    /// # Errors
    /// [`DecodeError`] where a field does not fit.
    pub fn decode(from: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let flags = from.u8("flags")?;
        let unit = if has(flags, 2) { ConcentrationUnit::MolePerLitre } else { ConcentrationUnit::KilogramPerLitre };
        Ok(Self {
            sequence: from.u16("sequence number")?,
            base_time: from.date_time("base time")?,
            time_offset: announced(flags, 0, || from.i16("time offset"))?,
            concentration: announced(flags, 1, || {
                let value = from.sfloat("glucose concentration")?;
                Ok(Concentration { unit, value, type_location: from.u8("type and sample location")? })
            })?,
            status: announced(flags, 3, || from.u16("sensor status annunciation"))?,
            context_follows: has(flags, 4),
        })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let in_moles = self.concentration.is_some_and(|c| c.unit == ConcentrationUnit::MolePerLitre);
        let mut out = vec![flags(&[
            (0, self.time_offset.is_some()),
            (1, self.concentration.is_some()),
            (2, in_moles),
            (3, self.status.is_some()),
            (4, self.context_follows),
        ])];
        out.extend(self.sequence.to_le_bytes());
        out.extend(self.base_time.to_bytes());
        out.extend(self.time_offset.into_iter().flat_map(i16::to_le_bytes));
        if let Some(Concentration { value, type_location, .. }) = self.concentration {
            out.extend(value.0.to_le_bytes());
            out.push(type_location);
        }
        out.extend(self.status.into_iter().flat_map(u16::to_le_bytes));
        out
    }

    /// What it says.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        let mut said = Measurement::new(Characteristic::GlucoseMeasurement, Some(Kind::Glucose));
        said.sequence = Some(self.sequence);
        said.timestamp(self.base_time, self.time_offset.unwrap_or(0));
        if let Some(Concentration { unit, value, type_location }) = self.concentration {
            match unit {
                ConcentrationUnit::KilogramPerLitre => {
                    said.value(Quantity::Glucose, value.shifted(5), Unit::MilligramPerDecilitre);
                }
                ConcentrationUnit::MolePerLitre => {
                    said.value(Quantity::Glucose, value.shifted(3), Unit::MillimolePerLitre);
                }
            }
            let (code, location) = (type_location & 0x0F, type_location >> 4);
            said.sample = SAMPLES.iter().find(|(c, _)| *c == code).map(|(_, sample)| *sample);
            if said.sample.is_none() {
                said.flag("sample-reserved");
            }
            if location != Concentration::NOT_AVAILABLE {
                said.location = said.word("location", location, LOCATIONS);
            }
        }
        if let Some(status) = self.status {
            said.status(status.into(), STATUS);
        }
        if self.context_follows {
            said.fields.insert("context-follows", Field::Bool(true));
        }
        said
    }
}
