//! What a payload says: the values and everything beside them.

use crate::{Characteristic, DateTime, Number};
use chrono::NaiveDateTime;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use vitals::{Decimal, Flag, Kind, Meal, Quantity, Sample, Unit, UserSlot, Value, decimal_to_json};

/// One decoded measurement, as the device gave it; `hearth decode` prints its JSON.
///
/// Where the payload is no measurement but belongs to one (2A34), `kind` is `None` and the JSON names the
/// characteristic instead of kind and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// what it was decoded from
    pub characteristic: Characteristic,
    /// what sort of measurement
    pub kind: Option<Kind>,
    /// the values in the units of the device, exact, without trailing zeros
    pub values: BTreeMap<Quantity, Value>,
    /// the device's wall clock at the measurement, base time plus offset; `None` where it did not say
    pub measured_at_local: Option<NaiveDateTime>,
    /// the device's running number, which may wrap
    pub sequence: Option<u16>,
    /// which person of a shared device; `None` for 255, unknown
    pub user_slot: Option<UserSlot>,
    /// status bits, and why values are missing
    pub flags: BTreeSet<Flag>,
    /// what a glucose value was measured in
    pub sample: Option<Sample>,
    /// relation to a meal
    pub meal: Option<Meal>,
    /// where on the body: `finger`, `earlobe`, `armpit`, …
    pub location: Option<&'static str>,
    /// what is decoded beyond the values
    pub fields: BTreeMap<&'static str, Field>,
}

/// Something decoded beyond the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Field {
    /// yes or no
    Bool(bool),
    /// an exact number
    Number(#[serde(serialize_with = "exactly")] Decimal),
    /// a word of the standard, kebab-case
    Word(&'static str),
    /// several of them, e.g. `value` and `unit`
    Group(BTreeMap<&'static str, Field>),
}

fn exactly<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    decimal_to_json(*number).serialize(serializer)
}

/// Codes of the standard and their words.
pub(crate) type Words = &'static [(u8, &'static str)];
/// Bits of a status field and their flags.
pub(crate) type StatusBits = &'static [(u8, &'static str)];

/// The user index that means "unknown user".
const UNKNOWN_USER: u8 = 255;

impl Measurement {
    pub(crate) fn new(characteristic: Characteristic, kind: Option<Kind>) -> Self {
        Self {
            characteristic,
            kind,
            values: BTreeMap::new(),
            measured_at_local: None,
            sequence: None,
            user_slot: None,
            flags: BTreeSet::new(),
            sample: None,
            meal: None,
            location: None,
            fields: BTreeMap::new(),
        }
    }

    pub(crate) fn flag(&mut self, name: &str) {
        // Names are made from the tables in this crate; a test sees that every one of them is a flag.
        self.flags.extend(Flag::new(name));
    }

    /// Flags the bits that are set; bits without a name are reserved, and ignored.
    pub(crate) fn status(&mut self, bits: u32, names: StatusBits) {
        for (bit, name) in names {
            if bits & (1 << bit) != 0 {
                self.flag(name);
            }
        }
    }

    /// The number, or `None` and a flag that says why there is none.
    pub(crate) fn finite(&mut self, name: &str, number: Number) -> Option<Decimal> {
        number.finite().map_err(|why| self.flag(&format!("{name}-{why}"))).ok()
    }

    pub(crate) fn value(&mut self, quantity: Quantity, number: Number, unit: Unit) {
        if let Some(value) = self.finite(quantity.as_str(), number) {
            self.values.insert(quantity, Value::number(value, unit));
        }
    }

    pub(crate) fn timestamp(&mut self, base: DateTime, offset_minutes: i16) {
        match base.local(offset_minutes) {
            Ok(local) => self.measured_at_local = local,
            Err(_) => self.flag("timestamp-invalid"),
        }
    }

    pub(crate) fn user(&mut self, index: Option<u8>) {
        self.user_slot = index.filter(|i| *i != UNKNOWN_USER).map(UserSlot);
    }

    /// The word of `code`, or `None` and the flag `NAME-reserved`.
    pub(crate) fn word(&mut self, name: &str, code: u8, words: Words) -> Option<&'static str> {
        let word = words.iter().find(|(c, _)| *c == code).map(|(_, word)| *word);
        if word.is_none() {
            self.flag(&format!("{name}-reserved"));
        }
        word
    }

    /// Keeps `value` with `unit`, and the word of its type if it has one, as the field `name`.
    pub(crate) fn amount(
        &mut self,
        name: &'static str,
        word: Option<&'static str>,
        number: Number,
        unit: &'static str,
    ) {
        let value = self.finite(name, number);
        let mut group = BTreeMap::new();
        group.extend(word.map(|word| ("type", Field::Word(word))));
        if let Some(value) = value {
            group.extend([("value", Field::Number(value)), ("unit", Field::Word(unit))]);
        }
        if !group.is_empty() {
            self.fields.insert(name, Field::Group(group));
        }
    }
}

impl Serialize for Measurement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn entry<M: SerializeMap, T: Serialize>(map: &mut M, key: &str, value: Option<&T>) -> Result<(), M::Error> {
            value.map_or(Ok(()), |value| map.serialize_entry(key, value))
        }
        let measured = self.kind.is_some();
        let mut map = serializer.serialize_map(None)?;
        entry(&mut map, "characteristic", (!measured).then_some(&self.characteristic))?;
        entry(&mut map, "kind", self.kind.as_ref())?;
        entry(&mut map, "values", measured.then_some(&self.values))?;
        entry(&mut map, "measured_at_local", self.measured_at_local.as_ref())?;
        entry(&mut map, "sequence", self.sequence.as_ref())?;
        entry(&mut map, "user_slot", self.user_slot.as_ref())?;
        entry(&mut map, "flags", Some(&self.flags).filter(|f| !f.is_empty()))?;
        entry(&mut map, "sample", self.sample.as_ref())?;
        entry(&mut map, "meal", self.meal.as_ref())?;
        entry(&mut map, "location", self.location.as_ref())?;
        entry(&mut map, "fields", Some(&self.fields).filter(|f| !measured || !f.is_empty()))?;
        map.end()
    }
}
