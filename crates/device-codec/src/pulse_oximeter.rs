//! Pulse oximeter: PLX Spot-Check Measurement (2A5E) and PLX Continuous Measurement (2A5F).

use crate::cursor::{announced, flags, has};
use crate::measurement::StatusBits;
use crate::{Characteristic, Cursor, DateTime, DecodeError, Measurement, Sfloat};
use vitals::{Kind, Quantity, Unit};

/// Oxygen saturation and pulse rate, found together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saturation {
    /// percent
    pub spo2: Sfloat,
    /// per minute
    pub pulse: Sfloat,
}

impl Saturation {
    fn decode(from: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        Ok(Self { spo2: from.sfloat("SpO2")?, pulse: from.sfloat("pulse rate")? })
    }

    fn encode_to(self, out: &mut Vec<u8>) {
        out.extend(self.spo2.0.to_le_bytes());
        out.extend(self.pulse.0.to_le_bytes());
    }

    fn say(self, said: &mut Measurement) {
        said.value(Quantity::Spo2, self.spo2.number(), Unit::Percent);
        said.value(Quantity::Pulse, self.pulse.number(), Unit::PerMinute);
    }
}

/// Bits of the measurement status. Which of them make a value useless is for the reader to judge.
const MEASUREMENT_STATUS: StatusBits = &[
    (5, "measurement-ongoing"),
    (6, "early-estimate"),
    (7, "validated"),
    (8, "fully-qualified"),
    (9, "from-storage"),
    (10, "demonstration"),
    (11, "testing"),
    (12, "calibration-ongoing"),
    (13, "measurement-unavailable"),
    (14, "questionable-measurement"),
    (15, "invalid-measurement"),
];

const DEVICE_STATUS: StatusBits = &[
    (0, "extended-display-update"),
    (1, "equipment-malfunction"),
    (2, "signal-irregularity"),
    (3, "inadequate-signal"),
    (4, "poor-signal"),
    (5, "low-perfusion"),
    (6, "erratic-signal"),
    (7, "non-pulsatile-signal"),
    (8, "questionable-pulse"),
    (9, "signal-analysis-ongoing"),
    (10, "sensor-interference"),
    (11, "sensor-unconnected"),
    (12, "unknown-sensor"),
    (13, "sensor-displaced"),
    (14, "sensor-malfunctioning"),
    (15, "sensor-disconnected"),
];

/// What both characteristics may end with.
#[derive(Clone, Copy)]
struct Quality {
    status: Option<u16>,
    device_status: Option<u32>,
    pulse_amplitude_index: Option<Sfloat>,
}

impl Quality {
    /// Reads what `flags` announces at these bits: status, device and sensor status, pulse amplitude index.
    fn decode(from: &mut Cursor<'_>, flags: u8, [status, device, amplitude]: [u8; 3]) -> Result<Self, DecodeError> {
        Ok(Self {
            status: announced(flags, status, || from.u16("measurement status"))?,
            device_status: announced(flags, device, || from.u24("device and sensor status"))?,
            pulse_amplitude_index: announced(flags, amplitude, || from.sfloat("pulse amplitude index"))?,
        })
    }

    fn encode_to(self, out: &mut Vec<u8>) {
        out.extend(self.status.into_iter().flat_map(u16::to_le_bytes));
        if let Some(bits) = self.device_status {
            let [a, b, c, _] = bits.to_le_bytes();
            out.extend([a, b, c]);
        }
        out.extend(self.pulse_amplitude_index.into_iter().flat_map(|p| p.0.to_le_bytes()));
    }

    fn say(self, said: &mut Measurement) {
        said.status(self.status.unwrap_or(0).into(), MEASUREMENT_STATUS);
        said.status(self.device_status.unwrap_or(0), DEVICE_STATUS);
        if let Some(amplitude) = self.pulse_amplitude_index {
            said.amount("pulse-amplitude-index", None, amplitude.number(), "%");
        }
    }
}

/// A spot check: 5 to 19 bytes.
///
/// `flags u8 | SpO2, pulse 2 × SFLOAT | b0 time 7 | b1 status u16 | b2 device and sensor status u24 | b3 pulse
/// amplitude index SFLOAT`; b4, without a field, says that the device's clock was never set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlxSpotCheck {
    /// the values
    pub saturation: Saturation,
    /// the oximeter's clock
    pub timestamp: Option<DateTime>,
    /// measurement status bits
    pub status: Option<u16>,
    /// device and sensor status bits; the low 24 are sent
    pub device_status: Option<u32>,
    /// perfusion, percent
    pub pulse_amplitude_index: Option<Sfloat>,
    /// the timestamp comes from a clock that nobody set
    pub clock_not_set: bool,
}

impl PlxSpotCheck {
    const QUALITY_BITS: [u8; 3] = [1, 2, 3];

    const fn quality(&self) -> Quality {
        Quality {
            status: self.status,
            device_status: self.device_status,
            pulse_amplitude_index: self.pulse_amplitude_index,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`DecodeError`] where a field does not fit.
    pub fn decode(from: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let flags = from.u8("flags")?;
        let saturation = Saturation::decode(from)?;
        let timestamp = announced(flags, 0, || from.date_time("timestamp"))?;
        let Quality { status, device_status, pulse_amplitude_index } =
            Quality::decode(from, flags, Self::QUALITY_BITS)?;
        let clock_not_set = has(flags, 4);
        Ok(Self { saturation, timestamp, status, device_status, pulse_amplitude_index, clock_not_set })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![flags(&[
            (0, self.timestamp.is_some()),
            (1, self.status.is_some()),
            (2, self.device_status.is_some()),
            (3, self.pulse_amplitude_index.is_some()),
            (4, self.clock_not_set),
        ])];
        self.saturation.encode_to(&mut out);
        out.extend(self.timestamp.into_iter().flat_map(DateTime::to_bytes));
        self.quality().encode_to(&mut out);
        out
    }

    /// What it says.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        let mut said = Measurement::new(Characteristic::PlxSpotCheck, Some(Kind::OxygenSaturation));
        self.saturation.say(&mut said);
        if let Some(base) = self.timestamp {
            said.timestamp(base, 0);
        }
        if self.clock_not_set {
            said.flag("device-clock-not-set");
        }
        self.quality().say(&mut said);
        said
    }
}

/// One value of a continuous measurement: 5 to 20 bytes. It has no time of its own.
///
/// `flags u8 | SpO2, pulse 2 × SFLOAT | b0 fast SpO2, pulse | b1 slow SpO2, pulse | b2 status u16 | b3 device
/// and sensor status u24 | b4 pulse amplitude index SFLOAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlxContinuous {
    /// the values, averaged as the device normally does
    pub saturation: Saturation,
    /// the same with fast response
    pub fast: Option<Saturation>,
    /// the same with slow response
    pub slow: Option<Saturation>,
    /// measurement status bits
    pub status: Option<u16>,
    /// device and sensor status bits; the low 24 are sent
    pub device_status: Option<u32>,
    /// perfusion, percent
    pub pulse_amplitude_index: Option<Sfloat>,
}

impl PlxContinuous {
    const QUALITY_BITS: [u8; 3] = [2, 3, 4];

    const fn quality(&self) -> Quality {
        Quality {
            status: self.status,
            device_status: self.device_status,
            pulse_amplitude_index: self.pulse_amplitude_index,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`DecodeError`] where a field does not fit.
    pub fn decode(from: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let flags = from.u8("flags")?;
        let saturation = Saturation::decode(from)?;
        let fast = announced(flags, 0, || Saturation::decode(from))?;
        let slow = announced(flags, 1, || Saturation::decode(from))?;
        let Quality { status, device_status, pulse_amplitude_index } =
            Quality::decode(from, flags, Self::QUALITY_BITS)?;
        Ok(Self { saturation, fast, slow, status, device_status, pulse_amplitude_index })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![flags(&[
            (0, self.fast.is_some()),
            (1, self.slow.is_some()),
            (2, self.status.is_some()),
            (3, self.device_status.is_some()),
            (4, self.pulse_amplitude_index.is_some()),
        ])];
        for saturation in [Some(self.saturation), self.fast, self.slow].into_iter().flatten() {
            saturation.encode_to(&mut out);
        }
        self.quality().encode_to(&mut out);
        out
    }

    /// What it says.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        let mut said = Measurement::new(Characteristic::PlxContinuous, Some(Kind::OxygenSaturation));
        self.saturation.say(&mut said);
        if let Some(Saturation { spo2, pulse }) = self.fast {
            said.amount("fast-spo2", None, spo2.number(), "%");
            said.amount("fast-pulse", None, pulse.number(), "/min");
        }
        if let Some(Saturation { spo2, pulse }) = self.slow {
            said.amount("slow-spo2", None, spo2.number(), "%");
            said.amount("slow-pulse", None, pulse.number(), "/min");
        }
        self.quality().say(&mut said);
        said
    }
}
