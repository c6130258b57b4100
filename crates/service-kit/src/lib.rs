//! Configuration, logs, metrics, shutdown, health and the system clock.
