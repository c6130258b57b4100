//! Fields that several messages share.

use crate::object::{Field, Object, quoted};
use crate::{ReasonCode, Refusal, Refused};
use chrono::{DateTime, NaiveDateTime};
use std::str::FromStr;
use vitals::{Clock, ClockSource, Decimal, IdError, MeasuredAt, ReadingId, UnknownName, UserSlot, decimal_from_json};

/// Longest id that a refusal repeats, in characters.
const MAX_ECHO: usize = 256;
/// Longest text of a device's own time, in characters.
const MAX_DEVICE_TIME: usize = 64;
/// Digits of a decimal that are exact.
const MAX_DIGITS: usize = 28;

/// The id as a receipt repeats it, even where it is no valid one.
pub(crate) fn echoed_id(id: &str) -> Option<String> {
    let fine = id.chars().nth(MAX_ECHO).is_none() && !id.chars().any(char::is_control);
    fine.then(|| id.to_owned())
}

/// Takes `id`; a refusal repeats it where it can.
pub(crate) fn id(object: &mut Object<'_, '_>) -> Result<Option<ReadingId>, Refused> {
    let Some(field) = object.take("id")? else { return Ok(None) };
    let text = field.text()?;
    match reading_id(&field, &text) {
        Ok(id) => Ok(Some(id)),
        Err(refusal) => Err(Refused { id: echoed_id(&text), refusal }),
    }
}

/// The id in `text`.
pub(crate) fn reading_id(field: &Field<'_, '_>, text: &str) -> Result<ReadingId, Refusal> {
    ReadingId::new(text).map_err(|e| {
        let code = if matches!(e, IdError::TooLong(_)) { ReasonCode::IdTooLong } else { ReasonCode::IdInvalid };
        let detail = match e {
            IdError::Character { .. } => "an id holds no control characters".to_owned(),
            other => other.to_string(),
        };
        field.refuse(code, detail)
    })
}

/// A word out of a closed list; `code` where it is another.
pub(crate) fn word<T: FromStr<Err = UnknownName>>(field: &Field<'_, '_>, code: ReasonCode) -> Result<T, Refusal> {
    let text = field.text()?;
    text.parse().map_err(|e: UnknownName| field.refuse(code, format!("{} is none of {}", quoted(&text), e.known)))
}

/// An RFC 3339 time with its offset.
pub(crate) fn time(field: &Field<'_, '_>) -> Result<MeasuredAt, Refusal> {
    let text = field.text()?;
    // By way of its parts a leap second becomes the second after it, as every store would make it anyway.
    let read = |t: DateTime<chrono::FixedOffset>| {
        MeasuredAt::from_parts(t.timestamp_micros(), t.offset().local_minus_utc() / 60)
    };
    if let Some(time) = DateTime::parse_from_rfc3339(&text).ok().and_then(read) {
        return Ok(time);
    }
    let zoneless = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    if zoneless.iter().any(|format| NaiveDateTime::parse_from_str(&text, format).is_ok()) {
        let detail = format!("{} has no offset from UTC", quoted(&text));
        return Err(field.refuse(ReasonCode::TimeWithoutOffset, detail));
    }
    Err(field.refuse(ReasonCode::TimeNotRfc3339, format!("{} is no RFC 3339 time", quoted(&text))))
}

/// An exact decimal.
pub(crate) fn decimal(field: &Field<'_, '_>) -> Result<Decimal, Refusal> {
    let text = field.number()?;
    let digits = text.split(['e', 'E']).next().unwrap_or(text).bytes().filter(u8::is_ascii_digit).count();
    let exact = if digits > MAX_DIGITS { None } else { decimal_from_json(text) };
    exact.ok_or_else(|| {
        let detail = format!("{} is no exact decimal of at most {MAX_DIGITS} digits", quoted(text));
        field.refuse(ReasonCode::NotANumber, detail)
    })
}

/// A whole number that fits, also when written `80.0`; `code` otherwise.
pub(crate) fn whole<T: FromStr>(field: &Field<'_, '_>, code: ReasonCode, wanted: &str) -> Result<T, Refusal> {
    let text = field.number()?;
    let plain = || decimal_from_json(text)?.normalize().to_string().parse().ok();
    let number = text.parse().ok().or_else(plain);
    number.ok_or_else(|| field.refuse(code, format!("{} is not {wanted}", quoted(text))))
}

/// Takes `user_slot`.
pub(crate) fn user_slot(object: &mut Object<'_, '_>) -> Result<Option<UserSlot>, Refusal> {
    let read = |f: Field<'_, '_>| whole(&f, ReasonCode::SlotOutOfRange, "a whole number from 0 to 255");
    Ok(object.take("user_slot")?.map(read).transpose()?.map(UserSlot))
}

/// Takes `battery`, in percent.
pub(crate) fn battery(object: &mut Object<'_, '_>) -> Result<Option<u8>, Refusal> {
    let Some(field) = object.take("battery")? else { return Ok(None) };
    let wanted = "a whole number of percent from 0 to 100";
    let percent: u8 = whole(&field, ReasonCode::BatteryOutOfRange, wanted)?;
    if percent > 100 {
        let detail = format!("{percent} is not {wanted}");
        return Err(field.refuse(ReasonCode::BatteryOutOfRange, detail));
    }
    Ok(Some(percent))
}

/// Takes `clock`, and counts what it holds beyond the contract.
pub(crate) fn clock(object: &mut Object<'_, '_>) -> Result<(Option<Clock>, u32), Refusal> {
    let Some(field) = object.take("clock")? else { return Ok((None, 0)) };
    let mut clock = field.object()?;
    let source: ClockSource = word(&clock.require("source")?, ReasonCode::UnknownWord)?;
    let error_s = clock.take("error_s")?.map(|f| error_bound(&f)).transpose()?;
    let device_time = clock.take("device_time")?.map(|f| device_time(&f)).transpose()?;
    Ok((Some(Clock { source, error_s, device_time }), clock.unknown()))
}

/// Seconds either way; a fraction is rounded up, so that it stays a bound.
fn error_bound(field: &Field<'_, '_>) -> Result<u32, Refusal> {
    let seconds = decimal(field)?;
    if seconds.is_sign_negative() && !seconds.is_zero() {
        return Err(field.refuse(ReasonCode::ClockInvalid, "the bound on a clock's error is negative"));
    }
    Ok(seconds.ceil().normalize().to_string().parse().unwrap_or(u32::MAX))
}

fn device_time(field: &Field<'_, '_>) -> Result<String, Refusal> {
    let text = field.text()?;
    if text.chars().nth(MAX_DEVICE_TIME).is_some() || text.chars().any(char::is_control) {
        let detail =
            format!("{} is longer than {MAX_DEVICE_TIME} characters or holds control characters", quoted(&text));
        return Err(field.refuse(ReasonCode::ClockInvalid, detail));
    }
    Ok(text.into_owned())
}
