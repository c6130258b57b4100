//! MQTT to admitted, committed, acknowledged readings; quarantine.

pub mod admission;
