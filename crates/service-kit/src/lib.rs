//! What every service needs and none should own: a clock, metrics, health, logs, configuration, an orderly stop.
//!
//! Read [`Clock`] and [`Shutdown`] first. Nothing here knows a reading or a patient.

mod clock;
pub mod config;
mod health;
pub mod logs;
mod metrics;
mod secret;
mod shutdown;
pub mod wording;

pub use clock::{Clock, ManualClock};
pub use config::ConfigError;
pub use health::{ComponentHealth, ComponentReport, Health, State};
pub use metrics::Metrics;
pub use secret::Secret;
pub use shutdown::Shutdown;
