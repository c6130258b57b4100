//! What leaves a home for one measurement: the same bytes whenever it is asked for, as a device's memory gives
//! them again and again.

use crate::device::{Device, Display, Speech, User};
use crate::measurement::Measurement;
use chrono::{NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use device_codec::{
    BloodPressureMeasurement, Characteristic, Concentration, DateTime, Float, GlucoseContext, GlucoseMeasurement,
    PlxSpotCheck, PressureUnit, Saturation, Sfloat, TemperatureMeasurement, TemperatureUnit, UnitSystem,
    WeightMeasurement,
};
use std::collections::BTreeMap;
use vitals::{
    Clock, ClockSource, Decimal, DeviceRef, Flag, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey,
    Sample, SourceId, Unit, Value,
};
use wire::{Channel, Topic, gatt};

/// How long after a measurement its device has told the hub, seconds.
pub(crate) const TRANSFER_S: i64 = 1;
/// What a corrected time may still be wrong by, seconds.
const CORRECTED_ERROR_S: u32 = 60;
/// How device times are written: no zone, the device knows none.
const DEVICE_TIME: &str = "%Y-%m-%dT%H:%M:%S";

/// A message of one reading, or of several that are published together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// which device
    pub device: DeviceRef,
    /// `reading` or `gatt`
    pub channel: Channel,
    /// the id in the payload, by which its receipt is known
    pub id: ReadingId,
    /// the ids of the others, where several are published together
    pub also: Vec<ReadingId>,
    /// the payload
    pub payload: Vec<u8>,
    /// when the (first) measurement truly was
    pub measured_at: Instant,
}

impl Message {
    /// Where it is published.
    #[must_use]
    pub fn topic(&self) -> String {
        Topic::device(self.device.clone(), self.channel.clone()).to_string()
    }

    /// When it arrives if nothing is in the way.
    #[must_use]
    pub fn arrives_at(&self) -> Instant {
        self.measured_at + TimeDelta::seconds(TRANSFER_S)
    }
}

/// A home's side of a device: who speaks for it.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// the source
    pub source: &'a SourceId,
    /// whose clock a corrected time is by: the device's behind a hub, the vendor's in a cloud
    pub clock: ClockSource,
    /// where the home is
    pub timezone: Tz,
}

impl Sender<'_> {
    /// The message of `measurement`, taken by `user` with `device`. A value that a profile cannot carry goes out
    /// as a reading message.
    #[must_use]
    pub fn message(&self, device: &Device, user: User, measurement: &Measurement) -> Option<Message> {
        let slot = user.slot.map_or(0, |s| s.0);
        let id = ReadingId::new(&format!("{}-{slot}", measurement.at.timestamp())).ok()?;
        let of = DeviceRef { source: self.source.clone(), device: device.id.clone() };
        let gatt = (device.speech == Speech::Gatt).then(|| self.envelope(device, user, measurement, &id)).flatten();
        let (channel, payload) = match gatt {
            Some(envelope) => (Channel::Gatt, gatt::write(&envelope)),
            None => (Channel::Reading, wire::reading::write(&self.reading(device, user, measurement, &id))),
        };
        Some(Message { device: of, channel, id, also: Vec::new(), payload, measured_at: measurement.at })
    }

    fn local(&self, at: Instant) -> MeasuredAt {
        MeasuredAt::new(at.with_timezone(&self.timezone).fixed_offset())
    }

    fn device_time(&self, device: &Device, at: Instant) -> NaiveDateTime {
        device.clock.reads(at.with_timezone(&self.timezone).naive_local(), at)
    }

    fn reading(&self, device: &Device, user: User, measurement: &Measurement, id: &ReadingId) -> Reading {
        let shown = self.device_time(device, measurement.at);
        let as_shown =
            || self.timezone.from_local_datetime(&shown).earliest().map(|t| MeasuredAt::new(t.fixed_offset()));
        let measured_at = if device.corrected { None } else { as_shown() };
        let clock = Clock {
            source: self.clock,
            error_s: device.corrected.then_some(CORRECTED_ERROR_S),
            device_time: Some(shown.format(DEVICE_TIME).to_string()),
        };
        Reading {
            key: ReadingKey { source: self.source.clone(), device: device.id.clone(), id: id.clone() },
            kind: measurement.kind,
            measured_at: measured_at.unwrap_or_else(|| self.local(measurement.at)),
            values: displayed(measurement, device.display),
            user_slot: user.slot,
            flags: measurement.flags.clone(),
            sample: measurement.sample,
            meal: measurement.meal,
            clock: Some(clock),
            battery: Some(device.battery(measurement.at)),
            corrects: None,
        }
    }

    fn envelope(&self, device: &Device, user: User, m: &Measurement, id: &ReadingId) -> Option<gatt::Envelope> {
        let received = m.at + TimeDelta::seconds(TRANSFER_S);
        let time = DateTime::new(self.device_time(device, m.at));
        let sequence = u16::try_from(m.at.timestamp().div_euclid(60).rem_euclid(65_536)).unwrap_or(0);
        let (characteristic, value, context) = match m.kind {
            Kind::BodyWeight => (Characteristic::WeightMeasurement, weight(device, user, m, time)?, None),
            Kind::BloodPressure => (Characteristic::BloodPressureMeasurement, pressure(device, user, m, time)?, None),
            Kind::Glucose => {
                let context = context(m, sequence);
                let value = glucose(device, m, time, sequence, context.is_some())?;
                (Characteristic::GlucoseMeasurement, value, context)
            }
            Kind::OxygenSaturation => (Characteristic::PlxSpotCheck, oxygen(m, time)?, None),
            Kind::BodyTemperature => (Characteristic::TemperatureMeasurement, temperature(device, m, time)?, None),
            Kind::HeartRate | Kind::BodyComposition => return None,
        };
        let slot_in_value = matches!(m.kind, Kind::BodyWeight | Kind::BloodPressure);
        let clock = Clock {
            source: ClockSource::Device,
            error_s: Some(CORRECTED_ERROR_S),
            device_time: Some(self.device_time(device, received).format(DEVICE_TIME).to_string()),
        };
        Some(gatt::Envelope {
            id: Some(id.clone()),
            characteristic: characteristic.code(),
            value,
            received_at: self.local(received),
            context,
            clock: Some(clock),
            user_slot: user.slot.filter(|_| !slot_in_value),
            battery: Some(device.battery(m.at)),
        })
    }
}

/// The unit in which a display gives `quantity`, and with how many decimals.
fn unit_of(quantity: Quantity, display: Display) -> (Unit, u32) {
    match (quantity, display) {
        (Quantity::Weight, Display::Other) => (Unit::Pound, 1),
        (Quantity::Systolic | Quantity::Diastolic | Quantity::Mean, Display::Other) => (Unit::Kilopascal, 1),
        (Quantity::Glucose, Display::Other) => (Unit::MillimolePerLitre, 1),
        (Quantity::Temperature, Display::Other) => (Unit::Fahrenheit, 1),
        (Quantity::Weight | Quantity::Temperature, Display::Usual) => (quantity.canonical_unit(), 1),
        _ => (quantity.canonical_unit(), 0),
    }
}

fn displayed(m: &Measurement, display: Display) -> BTreeMap<Quantity, Value> {
    let show = |(quantity, value): (&Quantity, &Value)| {
        let (unit, places) = unit_of(*quantity, display);
        let number = m.shown(*quantity, unit, places);
        (*quantity, number.map_or(*value, |n| Value::number(n, unit)))
    };
    m.values.iter().map(show).collect()
}

fn shown(m: &Measurement, quantity: Quantity, display: Display) -> Option<Decimal> {
    let (unit, places) = unit_of(quantity, display);
    m.shown(quantity, unit, places)
}

fn weight(device: &Device, user: User, m: &Measurement, time: DateTime) -> Option<Vec<u8>> {
    let units = if device.display == Display::Other { UnitSystem::Imperial } else { UnitSystem::Si };
    let weight = units.mass_steps(shown(m, Quantity::Weight, device.display)?).ok()?;
    let user = user.slot.map(|s| s.0);
    Some(WeightMeasurement { units, weight, timestamp: Some(time), user, size: None }.encode())
}

fn pressure(device: &Device, user: User, m: &Measurement, time: DateTime) -> Option<Vec<u8>> {
    let unit =
        if device.display == Display::Other { PressureUnit::Kilopascal } else { PressureUnit::MillimetreOfMercury };
    let sfloat = |quantity| Sfloat::try_from(shown(m, quantity, device.display)?).ok();
    let irregular = Flag::new("irregular-pulse").is_ok_and(|flag| m.flags.contains(&flag));
    let value = BloodPressureMeasurement {
        unit,
        systolic: sfloat(Quantity::Systolic)?,
        diastolic: sfloat(Quantity::Diastolic)?,
        mean: Sfloat::NAN,
        timestamp: Some(time),
        pulse: sfloat(Quantity::Pulse),
        user: user.slot.map(|s| s.0),
        status: irregular.then_some(BloodPressureMeasurement::IRREGULAR_PULSE),
    };
    Some(value.encode())
}

fn glucose(device: &Device, m: &Measurement, time: DateTime, sequence: u16, context: bool) -> Option<Vec<u8>> {
    let (unit, _) = unit_of(Quantity::Glucose, device.display);
    let value = shown(m, Quantity::Glucose, device.display)?;
    let sample = m.sample.unwrap_or(Sample::CapillaryWholeBlood);
    let record = GlucoseMeasurement {
        sequence,
        base_time: time,
        time_offset: None,
        concentration: Some(Concentration::new(value, unit, sample, Concentration::FINGER).ok()?),
        status: None,
        context_follows: context,
    };
    Some(record.encode())
}

fn context(m: &Measurement, sequence: u16) -> Option<Vec<u8>> {
    let record = GlucoseContext {
        sequence,
        extended_flags: None,
        carbohydrate: None,
        meal: Some(GlucoseContext::meal_code(m.meal?)),
        tester_health: None,
        exercise: None,
        medication: None,
        hba1c: None,
    };
    Some(record.encode())
}

fn oxygen(m: &Measurement, time: DateTime) -> Option<Vec<u8>> {
    let sfloat = |quantity| Sfloat::try_from(m.number(quantity)?).ok();
    let value = PlxSpotCheck {
        saturation: Saturation { spo2: sfloat(Quantity::Spo2)?, pulse: sfloat(Quantity::Pulse).unwrap_or(Sfloat::NAN) },
        timestamp: Some(time),
        status: None,
        device_status: None,
        pulse_amplitude_index: None,
        clock_not_set: false,
    };
    Some(value.encode())
}

fn temperature(device: &Device, m: &Measurement, time: DateTime) -> Option<Vec<u8>> {
    let unit = if device.display == Display::Other { TemperatureUnit::Fahrenheit } else { TemperatureUnit::Celsius };
    let temperature = Float::try_from(shown(m, Quantity::Temperature, device.display)?).ok()?;
    Some(TemperatureMeasurement { unit, temperature, timestamp: Some(time), site: None }.encode())
}
