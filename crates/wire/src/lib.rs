//! MQTT topics, payload formats and receipts: parse and write.
