//! What a device measured, in types that cannot be wrong.
//!
//! Exact decimals with UCUM units, the kinds of reading with their quantities and codes, checked ids, a
//! [`Reading`] with its key and content digest, and the clocks a reading meets on its way. There is no I/O
//! here, no async and no clock: time is always an argument. Read [`Reading`] first, then [`Quantity`].

mod code;
mod id;
mod kind;
mod plausibility;
mod quantity;
mod reading;
mod time;
mod unit;
mod value;
mod words;

pub use code::{Codes, codes_of};
pub use id::{DeviceId, DeviceRef, IdError, ReadingId, ReadingKey, SourceId, UserSlot};
pub use kind::{Kind, UnknownName};
pub use plausibility::{Bounds, Limit, Limits as PlausibilityLimits, Plausibility, judge as judge_plausibility};
pub use quantity::Quantity;
pub use reading::{Clock, ClockSource, ContentDigest, Flag, Meal, Reading, Sample, StoredReading};
pub use rust_decimal::Decimal;
pub use time::{Instant, MeasuredAt, ReceivedAt, StoredAt};
pub use unit::{Dimension, Unit, UnitError};
pub use value::{Coded, Value, decimal_from_json, decimal_to_json};
