//! Readings out of GATT values: decoded, named and given a time with an offset.

use super::judge::{self, Place};
use super::{AdmissionLimits, Admitted, Verdict};
use chrono::{DateTime, FixedOffset, NaiveDateTime};
use device_codec::{Characteristic, Measurement, decode};
use vitals::{
    Clock, ClockSource, Coded, DeviceRef, Kind, Meal, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt,
    Value,
};
use wire::gatt::{Accepted, Envelope};
use wire::{ReasonCode, Refusal, Refused};

/// The readings in one envelope: with the envelope's id, `{id}#1`, `{id}#2` and so on. One refusal where it holds
/// none.
pub(super) fn readings(
    device: &DeviceRef,
    accepted: Accepted,
    received_at: ReceivedAt,
    limits: &AdmissionLimits,
) -> Vec<Verdict> {
    let Accepted { envelope, unknown_fields } = accepted;
    let id = || envelope.id.as_ref().map(|id| id.as_str().to_owned());
    let measurements = match measurements(&envelope) {
        Ok(measurements) => measurements,
        Err(refusal) => return vec![Err(Refused { id: id(), refusal })],
    };
    let judged = measurements.into_iter().enumerate().map(|(n, measurement)| {
        admit_one(device, &envelope, n, measurement, received_at, limits)
            .map(|admitted| Admitted { unknown_fields, ..admitted })
            .map_err(|refusal| Refused { id: id(), refusal })
    });
    judged.collect()
}

/// Decodes the value, and puts the glucose context where it belongs.
fn measurements(envelope: &Envelope) -> Result<Vec<Measurement>, Refusal> {
    let code = envelope.characteristic;
    let unsupported = |detail| Refusal::at(ReasonCode::CharacteristicUnsupported, detail, "/characteristic");
    let characteristic = Characteristic::ALL.into_iter().find(|c| c.code() == code);
    let characteristic =
        characteristic.ok_or_else(|| unsupported(format!("characteristic {code:04X} is not supported yet")))?;
    if characteristic == Characteristic::GlucoseContext {
        let detail = "2A34 is the context of a reading, not one; send it as `context` beside the 2A18 value";
        return Err(Refusal::at(ReasonCode::ContextWithoutReading, detail, "/characteristic"));
    }
    let malformed = |e: device_codec::DecodeError| Refusal::at(ReasonCode::GattMalformed, e.to_string(), "/value");
    let mut measurements = decode(characteristic, &envelope.value).map_err(malformed)?;
    if measurements.is_empty() {
        return Err(no_value("the value holds no measurement"));
    }
    if measurements.iter().any(|m| m.kind.is_none()) {
        return Err(unsupported(format!("characteristic {code:04X} holds no measurement")));
    }
    if let Some(context) = &envelope.context {
        for measurement in &mut measurements {
            measurement.meal = meal(context, measurement)?.or(measurement.meal);
        }
    }
    Ok(measurements)
}

fn no_value(detail: &str) -> Refusal {
    Refusal::at(ReasonCode::NoValue, detail, "/value")
}

fn meal(context: &[u8], of: &Measurement) -> Result<Option<Meal>, Refusal> {
    let malformed = |detail: String| Refusal::at(ReasonCode::GattMalformed, detail, "/context");
    let said = decode(Characteristic::GlucoseContext, context).map_err(|e| malformed(e.to_string()))?;
    let said = said.into_iter().next().ok_or_else(|| malformed("the context is empty".to_owned()))?;
    if said.sequence != of.sequence {
        return Err(malformed("the context has another sequence number than the value".to_owned()));
    }
    Ok(said.meal)
}

fn admit_one(
    device: &DeviceRef,
    envelope: &Envelope,
    n: usize,
    mut measurement: Measurement,
    received_at: ReceivedAt,
    limits: &AdmissionLimits,
) -> Result<Admitted, Refusal> {
    let kind = measurement.kind.ok_or_else(|| no_value("the value holds no measurement"))?;
    keep_meter_words(kind, &mut measurement);
    if let Some(missing) = kind.required().iter().find(|q| !measurement.values.contains_key(q)) {
        let flags = measurement.flags.iter().map(vitals::Flag::as_str).collect::<Vec<_>>().join(", ");
        return Err(no_value(&format!("the device gave no {missing} ({flags})")));
    }
    let (measured_at, clock, place) = when(&measurement, envelope, limits)?;
    let id = envelope.id.as_ref().and_then(|id| nth_id(id, n));
    let unnamed = id.is_none();
    let refuse_id = |e: vitals::IdError| Refusal::at(ReasonCode::IdInvalid, e.to_string(), "/id");
    let (source, device) = (device.source.clone(), device.device.clone());
    let mut reading = Reading {
        key: ReadingKey { source, device, id: id.map_or_else(|| ReadingId::new("none"), Ok).map_err(refuse_id)? },
        kind,
        measured_at,
        values: measurement.values,
        user_slot: measurement.user_slot.or(envelope.user_slot),
        flags: measurement.flags,
        sample: measurement.sample,
        meal: measurement.meal,
        clock: Some(clock),
        battery: envelope.battery,
        corrects: None,
    };
    if unnamed {
        wire::reading::name_by_content(&mut reading);
    }
    judge::reading(reading, 0, place, received_at, limits)
}

/// The id of the `n`th measurement of a value; `None`, for a digest, where the number makes it too long.
fn nth_id(id: &ReadingId, n: usize) -> Option<ReadingId> {
    if n == 0 { Some(id.clone()) } else { ReadingId::new(&format!("{id}#{n}")).ok() }
}

/// "Too high" is a result, though no number: where the meter says so, that is the value, whatever filler or limit
/// stands in the concentration's place.
fn keep_meter_words(kind: Kind, measurement: &mut Measurement) {
    if kind != Kind::Glucose {
        return;
    }
    let says = |names: [&str; 2]| measurement.flags.iter().any(|f| names.contains(&f.as_str()));
    let coded =
        match (says(["result-too-high", "glucose-infinite"]), says(["result-too-low", "glucose-negative-infinite"])) {
            (true, false) => Coded::Hi,
            (false, true) => Coded::Lo,
            _ => return,
        };
    measurement.values.insert(Quantity::Glucose, Value::Coded(coded));
}

/// When it was measured, by whose clock. A device's wall clock has no zone: it is read in the offset of the hub's
/// `received_at`, after the correction that the hub found; without one it is the moment of arrival at the hub.
fn when(
    measurement: &Measurement,
    envelope: &Envelope,
    limits: &AdmissionLimits,
) -> Result<(MeasuredAt, Clock, Place), Refusal> {
    let error_s = envelope.clock.as_ref().and_then(|c| c.error_s);
    let Some(sent) = measurement.measured_at_local else {
        let clock = Clock { source: ClockSource::Hub, error_s, device_time: None };
        return Ok((envelope.received_at, clock, Place::ValueAtHubTime));
    };
    let arrival = envelope.received_at.local();
    let device_now = envelope.clock.as_ref().and_then(|c| c.device_time.as_deref()).map(device_now).transpose()?;
    let time = corrected(sent, device_now, arrival)
        .ok_or_else(|| Refusal::at(ReasonCode::TimeImplausible, format!("{sent} is no usable time"), "/value"))?;
    if time.signed_duration_since(arrival) > limits.future {
        let detail = format!("the device's clock says {sent}, which is after the hub received it");
        return Err(Refusal::at(ReasonCode::TimeInTheFuture, detail, Place::Value.time()));
    }
    let device_time = Some(sent.format("%Y-%m-%dT%H:%M:%S").to_string());
    Ok((MeasuredAt::new(time), Clock { source: ClockSource::Device, error_s, device_time }, Place::Value))
}

fn corrected(
    sent: NaiveDateTime,
    device_now: Option<NaiveDateTime>,
    arrival: DateTime<FixedOffset>,
) -> Option<DateTime<FixedOffset>> {
    match device_now {
        // However wrong the clock is, how long ago the measurement was is right.
        Some(now) => arrival.checked_sub_signed(now.signed_duration_since(sent)),
        None => sent.and_local_timezone(*arrival.offset()).single(),
    }
}

fn device_now(text: &str) -> Result<NaiveDateTime, Refusal> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map_err(|_| {
        let detail = "device_time is what the device's clock said, as YYYY-MM-DDThh:mm:ss without a zone";
        Refusal::at(ReasonCode::ClockInvalid, detail, "/clock/device_time")
    })
}
