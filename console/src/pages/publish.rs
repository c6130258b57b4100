//! The line that a person copies to send a reading by hand.

use crate::app::App;
use crate::text::{Lang, t};
use axum::http::{HeaderMap, header};
use maud::{Markup, html};
use vitals::{DeviceRef, Kind};
use wire::{Channel, Topic};

/// A name for a device, where nobody has given one yet.
pub(super) const DEVICE: &str = "scale-1";

/// Where sources connect, as whoever asked reaches this machine.
pub(super) struct Door {
    host: String,
    port: u16,
    tls: bool,
}

impl Door {
    /// The endpoint's own address, or the host under which the page was asked for.
    pub(super) fn of(app: &App, headers: &HeaderMap) -> Option<Self> {
        let door = app.config.mqtt.as_ref()?;
        let asked = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("localhost");
        let name = match asked.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => asked,
        };
        let host = door.host.clone().unwrap_or_else(|| name.trim_matches(['[', ']']).to_owned());
        Some(Self { host, port: door.port, tls: door.tls })
    }
}

/// A first reading of this kind, measured now.
fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::BodyWeight | Kind::BodyComposition => r#""weight": {"value": 80.4, "unit": "kg"}"#,
        Kind::BloodPressure => {
            r#""systolic": {"value": 128, "unit": "mm[Hg]"}, "diastolic": {"value": 82, "unit": "mm[Hg]"}"#
        }
        Kind::Glucose => r#""glucose": {"value": 104, "unit": "mg/dL"}"#,
        Kind::OxygenSaturation => r#""spo2": {"value": 96, "unit": "%"}"#,
        Kind::BodyTemperature => r#""temperature": {"value": 36.7, "unit": "Cel"}"#,
        Kind::HeartRate => r#""heart-rate": {"value": 71, "unit": "/min"}"#,
    }
}

/// `mosquitto_pub` with everything in it. Ids hold nothing that a shell would read otherwise.
pub(super) fn line(door: Option<&Door>, device: &DeviceRef, password: Option<&str>, kind: Kind) -> String {
    let topic = Topic::device(device.clone(), Channel::Reading);
    let (host, port) = door.map_or(("HOST", 1883), |d| (d.host.as_str(), d.port));
    let tls = if door.is_some_and(|d| d.tls) { " --tls-use-os-certs" } else { "" };
    let kind = if kind == Kind::BodyComposition { Kind::BodyWeight } else { kind };
    format!(
        "mosquitto_pub -h {host} -p {port}{tls} -u {} -P '{}' -q 1 \\\n  -t {topic} \\\n  -m '{{\"kind\": \"{kind}\", \
         \"measured_at\": \"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'\",\n       \"values\": {{{}}}}}'",
        device.source,
        password.unwrap_or("PASSWORD"),
        example(kind),
    )
}

/// A text to copy, with a button where there is script.
pub(super) fn copyable(lang: Lang, id: &str, text: &str) -> Markup {
    html! {
        div.copyable {
            pre id=(id) tabindex="0" { (text) }
            button.plain type="button" data-copy=(id) data-done=(t!(lang, "admin-copied")) hidden { (t!(lang, "admin-copy")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitals::{DeviceId, SourceId};

    #[test]
    fn the_line_is_whole_and_its_message_is_a_reading() {
        let device = DeviceRef { source: SourceId::new("hub-1").unwrap(), device: DeviceId::new("scale-1").unwrap() };
        let door = Door { host: "clinic.example".into(), port: 8883, tls: true };
        for kind in Kind::ALL {
            let line = line(Some(&door), &device, Some("s3cret"), kind);
            assert!(
                line.starts_with(
                    "mosquitto_pub -h clinic.example -p 8883 --tls-use-os-certs -u hub-1 -P 's3cret' -q 1"
                ),
                "{line}"
            );
            let (_, message) = line.split_once("-m '").unwrap();
            let message = message.replace("'$(date -u +%Y-%m-%dT%H:%M:%SZ)'", "2026-11-21T12:00:00Z");
            let read = wire::reading::parse(&device, message.trim_end_matches('\''));
            assert!(read.is_ok(), "{kind}: {read:?}");
        }
    }
}
