//! A reading: a measurement with identity, time and provenance.

use crate::{
    Coded, DeviceRef, Kind, MeasuredAt, Quantity, ReadingId, ReadingKey, ReceivedAt, StoredAt, UserSlot, Value,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write as _;

/// A status that a device or Hearth attached to a reading: kebab-case, at most 64 characters
/// (`irregular-pulse`, `cuff-too-loose`, `soft-limit`, …).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Flag(std::borrow::Cow<'static, str>);

impl Flag {
    /// Hearth's own: a soft plausibility limit was passed; stored, and a repeat is asked for.
    pub const SOFT_LIMIT: Flag = Flag(std::borrow::Cow::Borrowed("soft-limit"));
    /// Hearth's own: measured more than seven days before it arrived; stored, judged, charted, no task.
    pub const LATE: Flag = Flag(std::borrow::Cow::Borrowed("late"));
    /// Hearth's own: the clock's error is larger than a window may bear, or unknown.
    pub const CLOCK_UNCERTAIN: Flag = Flag(std::borrow::Cow::Borrowed("clock-uncertain"));

    /// Takes a flag's name.
    ///
    /// # Errors
    /// The offending text where it is empty, longer than 64 characters or not kebab-case.
    pub fn new(text: &str) -> Result<Self, String> {
        let fine = !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fine {
            Ok(Flag(text.to_owned().into()))
        } else {
            Err(format!("`{text}` is not a kebab-case flag of at most 64 characters"))
        }
    }

    /// The flag's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Flag {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Flag::new(&text)
    }
}
impl From<Flag> for String {
    fn from(flag: Flag) -> String {
        flag.0.into_owned()
    }
}

crate::words! {
    /// What a glucose value was measured in (GATT 2A18 type field).
    Sample, "sample" {
        /// type 1
        CapillaryWholeBlood = "capillary-whole-blood",
        /// type 2
        CapillaryPlasma = "capillary-plasma",
        /// type 3
        VenousWholeBlood = "venous-whole-blood",
        /// type 4
        VenousPlasma = "venous-plasma",
        /// type 5
        ArterialWholeBlood = "arterial-whole-blood",
        /// type 6
        ArterialPlasma = "arterial-plasma",
        /// type 7
        UndeterminedWholeBlood = "undetermined-whole-blood",
        /// type 8
        UndeterminedPlasma = "undetermined-plasma",
        /// type 9: what a CGM sensor sees
        Interstitial = "interstitial",
        /// type 10: a test of the meter, never a patient's value
        ControlSolution = "control-solution",
    }
}

crate::words! {
    /// Relation to a meal (GATT 2A34).
    Meal, "meal" {
        /// before a meal
        Preprandial = "preprandial",
        /// after a meal
        Postprandial = "postprandial",
        /// fasting
        Fasting = "fasting",
        /// casual: snacks, drinks
        Casual = "casual",
        /// at bedtime
        Bedtime = "bedtime",
    }
}

crate::words! {
    /// Whose clock gave `measured_at`.
    ClockSource, "clock source" {
        /// the device's own, perhaps corrected by the hub
        Device = "device",
        /// the hub's, at the moment it received the value
        Hub = "hub",
        /// the vendor's server
        Vendor = "vendor",
    }
}

/// Where `measured_at` comes from and how wrong it may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// whose clock it was
    pub source: ClockSource,
    /// bound on the error, in seconds either way, if the sender knows it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_s: Option<u32>,
    /// what the device's own clock said before any correction, as sent (it may have no zone)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_time: Option<String>,
}

/// A measurement with identity, time and provenance. It names a device and a slot, never a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// (source, device, id)
    #[serde(flatten)]
    pub key: ReadingKey,
    /// what sort of reading
    pub kind: Kind,
    /// when it was measured
    pub measured_at: MeasuredAt,
    /// the values, in the units and digits in which they were sent
    pub values: BTreeMap<Quantity, Value>,
    /// which person of a shared device
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_slot: Option<UserSlot>,
    /// what the device said about the measurement
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
    /// what a glucose value was measured in
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// relation to a meal
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meal: Option<Meal>,
    /// provenance of the time
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// the device's battery, percent 0 to 100
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub battery: Option<u8>,
    /// the reading (of the same device) that this one replaces
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<ReadingId>,
}

impl Reading {
    /// The device that measured.
    #[must_use]
    pub fn device_ref(&self) -> DeviceRef {
        self.key.device_ref()
    }

    /// The value of `quantity` in its canonical unit; `glucose` of an interstitial sample is
    /// [`Quantity::InterstitialGlucose`], of control solution nobody's.
    #[must_use]
    pub fn quantity(&self, quantity: Quantity) -> Option<Value> {
        let named = match (quantity, self.sample) {
            (Quantity::Glucose, Some(Sample::Interstitial | Sample::ControlSolution)) => return None,
            (Quantity::InterstitialGlucose, Some(Sample::Interstitial)) => Quantity::Glucose,
            (Quantity::InterstitialGlucose, _) => return None,
            (q, _) => q,
        };
        self.values.get(&named)?.normalised(named).ok()
    }

    /// The digest of what makes two messages with one id the same: kind, instant, values with units as exact
    /// decimals, slot, sample, meal, flags and `corrects`. Battery, clock and formatting do not count.
    #[must_use]
    pub fn content_digest(&self) -> ContentDigest {
        ContentDigest::of(self)
    }
}

/// The first 16 bytes of a SHA-256 over a reading's content in a fixed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentDigest(pub [u8; 16]);

/// What is hashed, gathered first: a hash fed in twenty small pieces costs more than the hashing. Each field ends
/// with a byte that cannot occur in it, so no two contents share a text.
struct Fields(Vec<u8>);

impl Fields {
    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0xFF);
    }

    fn number(&mut self, number: impl fmt::Display) {
        // Writing to memory cannot fail.
        let _ = write!(self.0, "{number}");
        self.0.push(0xFF);
    }
}

impl ContentDigest {
    fn of(reading: &Reading) -> Self {
        let mut fields = Fields(Vec::with_capacity(192));
        fields.text(reading.kind.as_str());
        fields.number(reading.measured_at.micros());
        for (quantity, value) in &reading.values {
            fields.text(quantity.as_str());
            match value {
                Value::Number { value, unit } => {
                    // 80 and 80.0 are the same exact decimal.
                    fields.number(value.normalize());
                    fields.text(unit.ucum());
                }
                Value::Coded(Coded::Lo) => fields.text("LO"),
                Value::Coded(Coded::Hi) => fields.text("HI"),
            }
        }
        match reading.user_slot {
            Some(slot) => fields.number(slot),
            None => fields.text(""),
        }
        fields.text(reading.sample.map_or("", Sample::as_str));
        fields.text(reading.meal.map_or("", Meal::as_str));
        for flag in &reading.flags {
            fields.text(flag.as_str());
        }
        fields.text("");
        fields.text(reading.corrects.as_ref().map_or("", ReadingId::as_str));
        let mut digest = [0; 16];
        for (to, from) in digest.iter_mut().zip(Sha256::digest(&fields.0)) {
            *to = from;
        }
        Self(digest)
    }

    /// The id of a reading whose sender gave none.
    #[must_use]
    pub fn as_reading_id(self) -> Option<ReadingId> {
        ReadingId::new(&format!("sha256:{}", hex::encode(self.0))).ok()
    }
}

/// A reading as the journal keeps it. It never changes after it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReading {
    /// position in the journal: commit order over everything that happened
    pub seq: u64,
    /// the reading
    #[serde(flatten)]
    pub reading: Reading,
    /// when it reached the door
    pub received_at: ReceivedAt,
    /// when the writer committed it
    pub stored_at: StoredAt,
    /// what admission added (soft limits, lateness); beside the device's own flags, not among them
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub admission_flags: BTreeSet<Flag>,
    /// the source was a hub, and connected, when this was committed: a repeat can be asked for
    #[serde(default)]
    pub hub_connected: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeviceId, SourceId, Unit};
    use rust_decimal::dec;

    fn reading() -> Reading {
        Reading {
            key: ReadingKey {
                source: SourceId::new("hub-1").unwrap(),
                device: DeviceId::new("scale").unwrap(),
                id: ReadingId::new("1").unwrap(),
            },
            kind: Kind::BodyWeight,
            measured_at: MeasuredAt::new("2026-11-21T07:12:04-05:00".parse().unwrap()),
            values: [(Quantity::Weight, Value::number(dec!(80), Unit::Kilogram))].into(),
            user_slot: None,
            flags: BTreeSet::new(),
            sample: None,
            meal: None,
            clock: None,
            battery: None,
            corrects: None,
        }
    }

    #[test]
    fn content_is_what_the_contract_says() {
        let a = reading();
        let mut same = reading();
        same.battery = Some(3);
        same.clock = Some(Clock { source: ClockSource::Hub, error_s: Some(5), device_time: None });
        same.measured_at = MeasuredAt::new("2026-11-21T12:12:04Z".parse().unwrap());
        same.values = [(Quantity::Weight, Value::number(dec!(80.00), Unit::Kilogram))].into();
        assert_eq!(a.content_digest(), same.content_digest());

        let others: [fn(&mut Reading); 6] = [
            |r| r.values = [(Quantity::Weight, Value::number(dec!(80.1), Unit::Kilogram))].into(),
            |r| r.values = [(Quantity::Weight, Value::number(dec!(80), Unit::Pound))].into(),
            |r| r.user_slot = Some(UserSlot(1)),
            |r| r.flags = [Flag::SOFT_LIMIT].into(),
            |r| r.corrects = Some(ReadingId::new("0").unwrap()),
            |r| r.measured_at = MeasuredAt::new("2026-11-21T12:12:05Z".parse().unwrap()),
        ];
        for change in others {
            let mut other = reading();
            change(&mut other);
            assert_ne!(a.content_digest(), other.content_digest(), "{other:?}");
        }
    }

    #[test]
    fn interstitial_glucose_is_a_quantity_of_its_own() {
        let mut r = reading();
        r.kind = Kind::Glucose;
        r.values = [(Quantity::Glucose, Value::Coded(Coded::Lo))].into();
        assert_eq!(r.quantity(Quantity::Glucose), Some(Value::Coded(Coded::Lo)));
        r.sample = Some(Sample::Interstitial);
        assert_eq!(r.quantity(Quantity::Glucose), None);
        assert_eq!(r.quantity(Quantity::InterstitialGlucose), Some(Value::Coded(Coded::Lo)));
        r.sample = Some(Sample::ControlSolution);
        assert_eq!(r.quantity(Quantity::Glucose), None);
        assert_eq!(r.quantity(Quantity::InterstitialGlucose), None);
    }
}
