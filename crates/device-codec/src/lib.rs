//! GATT payload to measurement and back, a file per profile.
//!
//! [`decode`] turns the bytes of one characteristic value into [`Measurement`]s: what the device said, in the
//! unit it said it in, without judging it. Each profile is a struct whose fields are the wire's own words
//! ([`Sfloat`], [`DateTime`], status bits), with `decode`, `encode` and `measurement`; the simulator speaks
//! through `encode`. There is no I/O here, no clock and no device quirk: those belong to whoever knows which
//! device it is. Read [`WeightMeasurement`] first.
//!
//! # Rules for every profile
//! Little-endian, no padding, optional fields in the order of their flag bits. A flag whose field does not
//! fit is malformed ([`DecodeError`]); reserved flag and status bits are ignored, for real devices set them;
//! bytes after the last field are flagged `trailing-bytes`.
//!
//! # Flags
//! Status bits have the names listed in each profile. Beside them:
//!
//! | flag | meaning |
//! | --- | --- |
//! | `NAME-nan` | the value is "not a number": not measured |
//! | `NAME-nres` | "not at this resolution" |
//! | `NAME-infinite`, `NAME-negative-infinite` | above, below what the device can measure |
//! | `NAME-reserved` | the special or the code has no meaning yet |
//! | `NAME-unrepresentable` | a FLOAT beyond 28 digits, which no instrument measures |
//! | `weight-unsuccessful` | 0xFFFF: the scale says that weighing failed; what it computed from it likewise |
//! | `exercise-duration-overrun` | longer than the field holds |
//! | `timestamp-invalid` | a component out of range (month 13, 30 February); the measurement stands |
//! | `trailing-bytes` | more bytes than the flags announce |
//!
//! `NAME` is the value's name (`systolic`, `glucose`, `spo2`), or the field's (`hba1c`, `fast-spo2`). A named
//! value is left out.
//!
//! Source of all layouts: Bluetooth SIG, GATT Specification Supplement and the services' characteristic
//! descriptions; IEEE 11073-20601 for the numbers.

mod blood_pressure;
mod characteristic;
mod cursor;
mod date_time;
mod glucose;
mod glucose_context;
mod measurement;
mod number;
mod pulse_oximeter;
mod temperature;
mod weight;

pub use blood_pressure::{BloodPressureMeasurement, PressureUnit};
pub use characteristic::{Characteristic, CharacteristicError};
pub use cursor::{Cursor, DecodeError};
pub use date_time::DateTime;
pub use glucose::{Concentration, ConcentrationUnit, GlucoseMeasurement};
pub use glucose_context::{Amount, Exercise, GlucoseContext, Medication, MedicationUnit, TesterHealth};
pub use measurement::{Field, Measurement};
pub use number::{EncodeError, Float, Number, Sfloat};
pub use pulse_oximeter::{PlxContinuous, PlxSpotCheck, Saturation};
pub use temperature::{TemperatureMeasurement, TemperatureUnit};
pub use weight::{BodySize, UnitSystem, WeightMeasurement};

/// The measurements in one value of `characteristic`.
///
/// # Errors
/// [`DecodeError`] where the payload is too short for what its flags announce.
pub fn decode(characteristic: Characteristic, payload: &[u8]) -> Result<Vec<Measurement>, DecodeError> {
    let mut cursor = Cursor::new(payload);
    let from = &mut cursor;
    let mut measurement = match characteristic {
        Characteristic::TemperatureMeasurement => TemperatureMeasurement::decode(from)?.measurement(),
        Characteristic::GlucoseMeasurement => GlucoseMeasurement::decode(from)?.measurement(),
        Characteristic::GlucoseContext => GlucoseContext::decode(from)?.measurement(),
        Characteristic::BloodPressureMeasurement => BloodPressureMeasurement::decode(from)?.measurement(),
        Characteristic::PlxSpotCheck => PlxSpotCheck::decode(from)?.measurement(),
        Characteristic::PlxContinuous => PlxContinuous::decode(from)?.measurement(),
        Characteristic::WeightMeasurement => WeightMeasurement::decode(from)?.measurement(),
    };
    if cursor.remaining() > 0 {
        measurement.flag("trailing-bytes");
    }
    Ok(vec![measurement])
}
