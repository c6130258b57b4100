//! The clocks a reading meets: the device's, ours at the door, ours at the store.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A point of time in UTC; always an argument, never asked of a clock in pure code.
pub type Instant = DateTime<Utc>;

/// When the measurement was taken, with the local offset that the sender gave.
///
/// Two values are equal when the instant is; the offset is kept for display ("07:12 where she lives").
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeasuredAt(DateTime<FixedOffset>);

impl MeasuredAt {
    /// Takes a time with offset, at microsecond precision (what the store keeps).
    #[must_use]
    pub fn new(time: DateTime<FixedOffset>) -> Self {
        use chrono::SubsecRound;
        Self(time.trunc_subsecs(6))
    }

    /// From a stored pair: microseconds since 1970 and the offset in minutes east of UTC.
    #[must_use]
    pub fn from_parts(micros: i64, offset_minutes: i32) -> Option<Self> {
        let offset = FixedOffset::east_opt(offset_minutes.checked_mul(60)?)?;
        Some(Self(DateTime::from_timestamp_micros(micros)?.with_timezone(&offset)))
    }

    /// The instant.
    #[must_use]
    pub fn instant(self) -> Instant {
        self.0.with_timezone(&Utc)
    }

    /// The time with the sender's offset.
    #[must_use]
    pub fn local(self) -> DateTime<FixedOffset> {
        self.0
    }

    /// Microseconds since 1970, UTC.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// The sender's offset in minutes east of UTC.
    #[must_use]
    pub fn offset_minutes(self) -> i32 {
        self.0.offset().local_minus_utc() / 60
    }
}

impl PartialEq for MeasuredAt {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for MeasuredAt {}
impl PartialOrd for MeasuredAt {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for MeasuredAt {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl From<Instant> for MeasuredAt {
    fn from(instant: Instant) -> Self {
        Self::new(instant.fixed_offset())
    }
}
impl fmt::Display for MeasuredAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

macro_rules! instant_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Instant);

        impl $name {
            /// Microseconds since 1970, UTC.
            #[must_use]
            pub fn micros(self) -> i64 {
                self.0.timestamp_micros()
            }

            /// From microseconds since 1970, UTC.
            #[must_use]
            pub fn from_micros(micros: i64) -> Option<Self> {
                DateTime::from_timestamp_micros(micros).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        }
    };
}

instant_type! {
    /// When the message reached Hearth's door.
    ReceivedAt
}
instant_type! {
    /// When the writer committed it; never decreases along the journal.
    StoredAt
}
