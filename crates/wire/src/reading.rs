//! The reading message: what a source says that a device measured.

use crate::field::{battery, clock, decimal, id, reading_id, time, user_slot, word};
use crate::object::{Field, Object, Path, quoted};
use crate::{Batch, ReasonCode, Refusal, Refused};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use vitals::{
    Clock, Coded, DeviceRef, Flag, Kind, Meal, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, Sample, Unit,
    UserSlot, Value,
};

/// Most flags of one reading.
const MAX_FLAGS: usize = 64;
/// Stands in for the id of a reading whose id is made of the rest of it.
const NO_ID: &str = "none";

/// A message that is a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// the reading; without an id in the message, its id is a digest of its content
    pub reading: Reading,
    /// members that the contract does not know: kept with the payload, not looked into
    pub unknown_fields: u32,
}

/// Takes the payload of a `reading` topic apart: an object, or an array of up to 500. Never fails as a whole
/// where it can be told what is wrong with each message.
#[must_use]
pub fn parse_payload(device: &DeviceRef, payload: &[u8]) -> Batch<Accepted> {
    Batch::parse(payload, |text| parse(device, text))
}

/// Reads one message from `device`.
///
/// # Errors
/// [`Refused`], with the first thing that is wrong: `id` is looked at first, then `kind`, `measured_at`,
/// `values` and the optional members.
pub fn parse(device: &DeviceRef, text: &str) -> Result<Accepted, Refused> {
    let mut object = Object::open(text, &Path::Root)?;
    let id = id(&mut object)?;
    members(device, id.as_ref(), &mut object)
        .map_err(|refusal| Refused { id: id.map(|id| id.as_str().to_owned()), refusal })
}

fn members(device: &DeviceRef, id: Option<&ReadingId>, object: &mut Object<'_, '_>) -> Result<Accepted, Refusal> {
    let kind: Kind = word(&object.require("kind")?, ReasonCode::UnknownKind)?;
    let measured_at = time(&object.require("measured_at")?)?;
    let (values, unknown_values) = values(kind, &object.require("values")?)?;
    let user_slot = user_slot(object)?;
    let flags = object.take("flags")?.map(|f| flags(&f)).transpose()?.unwrap_or_default();
    let (sample, meal) = if kind == Kind::Glucose {
        let read_sample = |f: Field<'_, '_>| word::<Sample>(&f, ReasonCode::UnknownWord);
        let read_meal = |f: Field<'_, '_>| word::<Meal>(&f, ReasonCode::UnknownWord);
        (object.take("sample")?.map(read_sample).transpose()?, object.take("meal")?.map(read_meal).transpose()?)
    } else {
        (None, None)
    };
    let (clock, unknown_clock) = clock(object)?;
    let battery = battery(object)?;
    let corrects = object.take("corrects")?.map(|f| corrects(&f, id)).transpose()?;

    let (source, device) = (device.source.clone(), device.device.clone());
    let key = ReadingKey { source, device, id: id.cloned().map_or_else(|| ReadingId::new(NO_ID), Ok).map_err(bug)? };
    let mut reading =
        Reading { key, kind, measured_at, values, user_slot, flags, sample, meal, clock, battery, corrects };
    if id.is_none() {
        name_by_content(&mut reading);
    }
    let unknown_fields = object.unknown().saturating_add(unknown_values).saturating_add(unknown_clock);
    Ok(Accepted { reading, unknown_fields })
}

/// Gives `reading` the id of one whose sender has none: a digest of its content.
pub fn name_by_content(reading: &mut Reading) {
    if let Some(id) = reading.content_digest().as_reading_id() {
        reading.key.id = id;
    }
}

fn bug(error: vitals::IdError) -> Refusal {
    Refusal::at(ReasonCode::IdInvalid, error.to_string(), "/id")
}

fn values(kind: Kind, field: &Field<'_, '_>) -> Result<(BTreeMap<Quantity, Value>, u32), Refusal> {
    let mut object = field.object()?;
    let mut unknown = 0_u32;
    let mut values = BTreeMap::new();
    for (quantity, required) in
        kind.required().iter().map(|q| (*q, true)).chain(kind.optional().iter().map(|q| (*q, false)))
    {
        match object.take(quantity.as_str())? {
            Some(field) => {
                let (value, more) = value(quantity, &field)?;
                values.insert(quantity, value);
                unknown = unknown.saturating_add(more);
            }
            None if required => {
                let detail = format!("a reading of kind `{kind}` has a value `{quantity}`");
                let at = Path::Member(&field.path, quantity.as_str()).to_string();
                return Err(Refusal::at(ReasonCode::MissingValue, detail, at));
            }
            None => {}
        }
    }
    // A quantity that Hearth knows but that belongs elsewhere would be lost without a word; a name that it does
    // not know is the future's, like any unknown member.
    if object.unknown() > 0 {
        for quantity in Quantity::ALL {
            if let Some(field) = object.take(quantity.as_str())? {
                let detail = format!("a reading of kind `{kind}` carries no `{quantity}`");
                return Err(field.refuse(ReasonCode::UnknownValue, detail));
            }
        }
    }
    Ok((values, unknown.saturating_add(object.unknown())))
}

fn value(quantity: Quantity, field: &Field<'_, '_>) -> Result<(Value, u32), Refusal> {
    let mut object = field.object()?;
    if let Some(coded) = object.take("coded")? {
        if object.take("value")?.is_some() {
            return Err(field.refuse(ReasonCode::WrongType, "a value is `value` with `unit`, or `coded`, not both"));
        }
        let word = match coded.text()?.as_ref() {
            "LO" => Coded::Lo,
            "HI" => Coded::Hi,
            other => {
                let detail = format!("{} is none of LO, HI", quoted(other));
                return Err(coded.refuse(ReasonCode::UnknownWord, detail));
            }
        };
        return Ok((Value::Coded(word), object.unknown()));
    }
    let Some(number) = object.take_or_null("value")? else {
        let at = Path::Member(&field.path, "value").to_string();
        return Err(Refusal::at(ReasonCode::MissingField, "`value` (or `coded`) is missing", at));
    };
    let spelled = |word: &str| number.raw.eq_ignore_ascii_case(word);
    let spelled_nan = ["\"nan\"", "\"inf\"", "\"-inf\"", "\"infinity\"", "\"-infinity\""].into_iter().any(spelled);
    if number.raw == "null" || spelled_nan {
        return Err(number.refuse(ReasonCode::NotANumber, "a value that is not a number is left out, not sent"));
    }
    let value = decimal(&number)?;
    let unit_field = object.require("unit")?;
    let text = unit_field.text()?;
    let Ok(unit) = text.parse::<Unit>() else {
        let detail = format!("unknown unit {}; {quantity} may come in {}", quoted(&text), units(quantity));
        return Err(unit_field.refuse(ReasonCode::UnknownUnit, detail));
    };
    if !quantity.accepted_units().contains(&unit) {
        let detail = format!("{quantity} is not measured in `{unit}`; it may come in {}", units(quantity));
        return Err(unit_field.refuse(ReasonCode::UnitNotAccepted, detail));
    }
    Ok((Value::number(value, unit), object.unknown()))
}

fn units(quantity: Quantity) -> String {
    quantity.accepted_units().iter().map(|u| format!("`{u}`")).collect::<Vec<_>>().join(", ")
}

fn flags(field: &Field<'_, '_>) -> Result<BTreeSet<Flag>, Refusal> {
    let elements = field.array()?;
    if elements.len() > MAX_FLAGS {
        let detail = format!("{} flags, at most {MAX_FLAGS} may come with one reading", elements.len());
        return Err(field.refuse(ReasonCode::FlagInvalid, detail));
    }
    let read = |f: Field<'_, '_>| {
        let text = f.text()?;
        let detail = || format!("{} is not a kebab-case flag of at most 64 characters", quoted(&text));
        Flag::new(&text).map_err(|_| f.refuse(ReasonCode::FlagInvalid, detail()))
    };
    elements.into_iter().map(read).collect()
}

fn corrects(field: &Field<'_, '_>, id: Option<&ReadingId>) -> Result<ReadingId, Refusal> {
    let corrects = reading_id(field, &field.text()?)?;
    if Some(&corrects) == id {
        return Err(field.refuse(ReasonCode::IdInvalid, "a reading cannot correct itself; give it an id of its own"));
    }
    Ok(corrects)
}

/// The message in the order in which the contract shows it.
#[derive(Serialize)]
struct Message<'a> {
    id: &'a ReadingId,
    kind: Kind,
    measured_at: MeasuredAt,
    values: &'a BTreeMap<Quantity, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_slot: Option<UserSlot>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    flags: &'a BTreeSet<Flag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<Sample>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meal: Option<Meal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: &'a Option<Clock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    battery: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<&'a ReadingId>,
}

impl<'a> From<&'a Reading> for Message<'a> {
    fn from(r: &'a Reading) -> Self {
        Message {
            id: &r.key.id,
            kind: r.kind,
            measured_at: r.measured_at,
            values: &r.values,
            user_slot: r.user_slot,
            flags: &r.flags,
            sample: r.sample,
            meal: r.meal,
            clock: &r.clock,
            battery: r.battery,
            corrects: r.corrects.as_ref(),
        }
    }
}

/// The reading as a message, always in the same bytes.
#[must_use]
pub fn write(reading: &Reading) -> Vec<u8> {
    // Nothing in a message can fail to be JSON: its maps have text for keys, and writing is to memory.
    serde_json::to_vec(&Message::from(reading)).unwrap_or_default()
}

/// Readings as one array; a publish takes at most [`crate::MAX_BATCH`] of them.
#[must_use]
pub fn write_batch(readings: &[Reading]) -> Vec<u8> {
    serde_json::to_vec(&readings.iter().map(Message::from).collect::<Vec<_>>()).unwrap_or_default()
}
