//! The `gatt` envelope: a characteristic's value as the device gave it, for hubs that do not decode.

use crate::field::{battery, clock, id, time, user_slot};
use crate::object::{Field, Object, Path, quoted};
use crate::{Batch, ReasonCode, Refusal, Refused};
use serde::{Serialize, Serializer};
use vitals::{Clock, MeasuredAt, ReadingId, UserSlot};

/// Longest attribute value in Bluetooth (Core specification, Vol 3, Part F, 3.2.9), in bytes.
pub const MAX_VALUE: usize = 512;
/// What 16-bit characteristic numbers abbreviate: `0000xxxx` and this.
const BASE_UUID: &str = "-0000-1000-8000-00805f9b34fb";

/// One value, with what the hub knows about its arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Envelope {
    /// the hub's id of this value
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ReadingId>,
    /// the characteristic's assigned number; `"2A9D"` in the message, which may also say `"0x2a9d"` or the UUID
    #[serde(serialize_with = "four_digits")]
    pub characteristic: u16,
    /// the value, at most [`MAX_VALUE`] bytes; hexadecimal in the message
    #[serde(serialize_with = "hexadecimal")]
    pub value: Vec<u8>,
    /// when the hub received it, by the hub's clock; its offset is the device's time zone
    pub received_at: MeasuredAt,
    /// for 2A18: the value of the 2A34 with the same sequence number
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_hexadecimal")]
    pub context: Option<Vec<u8>>,
    /// what the hub knows of the device's clock: `device_time` is what it said at `received_at`, by which stored
    /// times are corrected, and `error_s` bounds what remains
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// the person, where the hub knows and the value does not say
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_slot: Option<UserSlot>,
    /// the device's battery, percent 0 to 100
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery: Option<u8>,
}

/// An envelope and how many of its members the contract does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// the envelope
    pub envelope: Envelope,
    /// members that were kept with the payload, not looked into
    pub unknown_fields: u32,
}

/// Takes the payload of a `gatt` topic apart; an array is read like one of reading messages.
#[must_use]
pub fn parse_payload(payload: &[u8]) -> Batch<Accepted> {
    Batch::parse(payload, parse)
}

/// Reads one envelope.
///
/// # Errors
/// [`Refused`], with the first thing that is wrong.
pub fn parse(text: &str) -> Result<Accepted, Refused> {
    let mut object = Object::open(text, &Path::Root)?;
    let id = id(&mut object)?;
    members(id.clone(), &mut object).map_err(|refusal| Refused { id: id.map(|id| id.as_str().to_owned()), refusal })
}

fn members(id: Option<ReadingId>, object: &mut Object<'_, '_>) -> Result<Accepted, Refusal> {
    let characteristic = word_number(&object.require("characteristic")?)?;
    let value = bytes(&object.require("value")?)?;
    let received_at = time(&object.require("received_at")?)?;
    let context = object.take("context")?.map(|f| bytes(&f)).transpose()?;
    let (clock, unknown_clock) = clock(object)?;
    let user_slot = user_slot(object)?;
    let battery = battery(object)?;
    let envelope = Envelope { id, characteristic, value, received_at, context, clock, user_slot, battery };
    Ok(Accepted { envelope, unknown_fields: object.unknown().saturating_add(unknown_clock) })
}

fn word_number(field: &Field<'_, '_>) -> Result<u16, Refusal> {
    let text = field.text()?;
    let lower = text.to_ascii_lowercase();
    let short = lower.strip_suffix(BASE_UUID).and_then(|u| u.strip_prefix("0000"));
    let digits = short.unwrap_or_else(|| lower.strip_prefix("0x").unwrap_or(&lower));
    let four = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let number = if four { u16::from_str_radix(digits, 16).ok() } else { None };
    number.ok_or_else(|| {
        let detail = format!("{} is no characteristic's assigned number of four hexadecimal digits", quoted(&text));
        field.refuse(ReasonCode::CharacteristicUnsupported, detail)
    })
}

fn bytes(field: &Field<'_, '_>) -> Result<Vec<u8>, Refusal> {
    let text = field.text()?;
    let bytes = hex::decode(text.as_ref())
        .map_err(|e| field.refuse(ReasonCode::GattMalformed, format!("this is not hexadecimal: {e}")))?;
    if bytes.len() > MAX_VALUE {
        let detail = format!("{} bytes, a characteristic's value has at most {MAX_VALUE}", bytes.len());
        return Err(field.refuse(ReasonCode::GattMalformed, detail));
    }
    Ok(bytes)
}

/// The envelope as a message, always in the same bytes.
#[must_use]
pub fn write(envelope: &Envelope) -> Vec<u8> {
    serde_json::to_vec(envelope).unwrap_or_default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn four_digits<S: Serializer>(number: &u16, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format!("{number:04X}"))
}

fn hexadecimal<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(bytes))
}

fn maybe_hexadecimal<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
    hexadecimal(bytes.as_deref().unwrap_or_default(), to)
}
