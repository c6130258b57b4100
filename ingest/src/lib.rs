//! MQTT to admitted, committed, acknowledged readings; quarantine.
