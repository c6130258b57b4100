//! Patients and readings to look at.

use super::Fixture;
use bytes::Bytes;
use chrono::TimeDelta;
use std::collections::BTreeSet;
use store::{Admit, AdmitItem, RefusedItem, Via};
use vitals::{
    Decimal, DeviceId, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt, SourceId, Value,
};

/// A reading of `device` (as `source/device`) with these values in canonical units.
pub fn reading(device: &str, kind: Kind, at: Instant, values: &[(Quantity, &str)]) -> Reading {
    let (source, name) = device.split_once('/').unwrap();
    let value = |(q, text): &(Quantity, &str)| {
        let number: Decimal = text.parse().unwrap();
        (*q, Value::number(number, q.canonical_unit()))
    };
    Reading {
        key: ReadingKey {
            source: SourceId::new(source).unwrap(),
            device: DeviceId::new(name).unwrap(),
            id: ReadingId::new(&format!("{name}-{}", at.timestamp())).unwrap(),
        },
        kind,
        measured_at: MeasuredAt::from(at),
        values: values.iter().map(value).collect(),
        user_slot: None,
        flags: BTreeSet::new(),
        sample: (kind == Kind::Glucose).then_some(vitals::Sample::CapillaryPlasma),
        meal: None,
        clock: None,
        battery: Some(78),
        corrects: None,
    }
}

pub fn admit(reading: Reading, received_at: Instant) -> Admit {
    let (source, device) = (reading.key.source.clone(), reading.key.device.clone());
    Admit {
        topic: format!("hearth/v1/{source}/{device}/reading"),
        source,
        device,
        received_at: ReceivedAt(received_at),
        hub_connected: false,
        via: Via::Mqtt,
        items: vec![AdmitItem::Reading {
            reading: Box::new(reading),
            admission_flags: BTreeSet::new(),
            raw: Bytes::from_static(b"{}"),
        }],
    }
}

/// A message that is no reading.
pub fn refused(source: &str, device: &str, at: Instant, code: &str, detail: &str, raw: &'static [u8]) -> Admit {
    let raw = Bytes::from_static(raw);
    Admit {
        source: SourceId::new(source).unwrap(),
        device: DeviceId::new(device).unwrap(),
        topic: format!("hearth/v1/{source}/{device}/reading"),
        received_at: ReceivedAt(at),
        hub_connected: false,
        via: Via::Mqtt,
        items: vec![AdmitItem::Refused(RefusedItem {
            id: None,
            code: code.into(),
            detail: detail.into(),
            pointer: Some("/values/weight/unit".into()),
            raw,
        })],
    }
}

impl Fixture {
    /// Enters a patient through the API, with one device for everything.
    pub async fn patient(&self, id: &str, name: &str, programme: &str, device: &str) {
        let (source, device) = device.split_once('/').unwrap();
        let body = format!(
            r#"{{"id": "{id}", "name": "{name}", "birth_date": "1948-03-09", "timezone": "America/New_York",
                "phone": "+1 555 0100", "contacts": [{{"name": "Ada", "phone": "+1 555 0101", "relation": "daughter"}}],
                "programmes": ["{programme}"], "enrolled_at": "{}",
                "assignments": [{{"source": "{source}", "device": "{device}"}}]}}"#,
            (self.clock.now() - TimeDelta::days(100)).to_rfc3339()
        );
        let reply = self.api("POST", "/patients", &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
    }

    /// Commits readings.
    pub async fn readings(&self, list: Vec<Reading>) {
        let now = self.clock.now();
        let batch = list.into_iter().map(|r| admit(r, now)).collect();
        self.store.admit(batch).await.unwrap();
    }

    /// Waits until the rules have made a task of this patient, and returns its id.
    pub async fn task_of(&self, patient: &str) -> String {
        let mut notices = self.store.notices();
        loop {
            let reply = self.api("GET", &format!("/tasks?patient={patient}"), "").await;
            if let Some(id) = reply.json()["items"][0]["id"].as_str() {
                return id.to_owned();
            }
            let _ = notices.recv().await;
        }
    }
}
