//! `hearth serve` on an empty store, driven through its two doors: readings in over MQTT, people's work over HTTP.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod assignment;
mod copies;
mod people;
mod presence;
mod quarantine;
mod work;

use chrono::{DateTime, TimeDelta, Utc};
use hearth_tests::{Api, Hearth, Publish, Publisher, until};
use serde_json::Value;

const SOURCE: &str = "vendor-1";

/// A service with one vendor.
struct Bench {
    hearth: Hearth,
    api: Api,
    vendor: Publisher,
}

impl Bench {
    fn new() -> Self {
        let hearth = Hearth::serve("");
        let api = hearth.api();
        let password = api.add_source(SOURCE, "vendor");
        let vendor = Publisher::new(hearth.mqtt, SOURCE, &password);
        Self { hearth, api, vendor }
    }

    /// Two weights of one device that are a sudden gain: 3 kg within two days.
    fn gain(&mut self, device: &str, prefix: &str) {
        let now = Utc::now();
        for (n, kg, ago) in [(0, 80.0, 50), (1, 83.0, 2)] {
            let at = now - TimeDelta::hours(ago);
            self.vendor.store(&Publish::reading(device, weight(&format!("{prefix}{n}"), at, kg)));
        }
    }

    /// The tasks of a patient, once there are `count`.
    #[track_caller]
    fn tasks(&self, patient: &str, count: usize) -> Vec<Value> {
        until(&format!("{count} tasks of {patient}"), || {
            let tasks = self.api.all(&format!("/tasks?patient={patient}"));
            (tasks.len() == count).then_some(tasks)
        })
    }
}

fn weight(id: &str, at: DateTime<Utc>, kg: f64) -> Value {
    hearth_tests::readings::weight(id, at, kg)
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("an id in {value}")).to_owned()
}
