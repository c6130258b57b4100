//! Simulated people and device firmware, seeded: what they measure, what leaves their homes, and how it arrives.
//!
//! Data flows one way: a [`Persona`]'s body makes a [`Measurement`], a [`Device`] turns it into a [`Message`]
//! (GATT bytes or a reading message), a [`Hub`] keeps it until its receipt has come, a [`Driver`] carries it over
//! MQTT. A [`Cohort`] is many homes of that sort, with their history; a [`LiveFleet`] lets them live on.
//! Everything up to the hub is pure: time and seed are arguments. All of it is synthetic, and none of it knows
//! what a patient is. Read [`Cohort`] first.

mod cohort;
mod conductor;
mod device;
mod driver;
mod firmware;
mod fleet;
mod hub;
pub mod load;
mod measurement;
pub mod mqtt;
mod noise;
mod persona;
mod physiology;
pub mod register;
pub mod replay;
mod script;

pub use cohort::{Cohort, Home, HomeKind, PastMessage};
pub use device::{Device, DeviceClock, Display, Speech, User};
pub use driver::{Answers, Clock, Driver, Nobody, OUTBOX, Order, Report};
pub use firmware::{Message, Sender};
pub use fleet::{Credentials, FleetStats, LiveError, LiveFleet, LiveOptions};
pub use hub::{Hub, HubCounts, OutboxFull, Publish};
pub use measurement::Measurement;
pub use mqtt::{Broker, Login, Protocol};
pub use persona::{Condition, Course, Persona};
