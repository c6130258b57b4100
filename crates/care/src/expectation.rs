//! What a patient is expected to send, and since when nothing of it came.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use vitals::{Instant, Kind};

/// A kind of reading that is expected of a patient every day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// what
    pub kind: Kind,
    /// expected without a break since then
    pub since: Instant,
    /// the newest usable one, by the time at which it was measured
    pub last: Option<Instant>,
}

impl Expectation {
    /// A patient is silent when nothing came for so long: one expected day may be missed, and the next may not be
    /// over yet.
    pub const SILENT_AFTER: TimeDelta = TimeDelta::hours(48);

    /// Who has been quiet since before this is silent at `now`.
    #[must_use]
    pub fn silent_before(now: Instant) -> Instant {
        now - Self::SILENT_AFTER
    }

    /// Since when nothing came that is expected.
    #[must_use]
    pub fn quiet_since(&self) -> Instant {
        self.last.map_or(self.since, |last| last.max(self.since))
    }
}
