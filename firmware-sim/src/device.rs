//! A device in a home: what it measures, whose, in which words, and by which clock.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use vitals::{DeviceId, Instant, Kind, UserSlot};

/// How a device's values leave the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// the bytes of its characteristic, in the `gatt` envelope
    Gatt,
    /// the reading message
    Json,
}

/// The units on a device's display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// kg, mm[Hg], mg/dL, Cel
    Usual,
    /// [`lb_av`], kPa, mmol/L, [degF]
    Other,
}

/// How a device's clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceClock {
    /// right
    Right,
    /// always wrong by the same time
    Offset {
        /// seconds ahead
        seconds: i64,
    },
    /// gains, or loses
    Drift {
        /// seconds gained a day
        seconds_per_day: i64,
        /// when it was set
        since: Instant,
    },
    /// the battery was changed: until somebody set it, the clock counted from the first second of a year
    Reset {
        /// 1970, 2010, whatever its maker thought of
        year: i32,
        /// when the battery was changed
        from: Instant,
        /// when the clock was set
        until: Instant,
    },
}

impl DeviceClock {
    /// What the clock shows at `at`, when it is `local` where it hangs. Whole seconds.
    #[must_use]
    pub fn reads(self, local: NaiveDateTime, at: Instant) -> NaiveDateTime {
        let shifted = |seconds| local.checked_add_signed(TimeDelta::try_seconds(seconds)?);
        let shown = match self {
            DeviceClock::Right => Some(local),
            DeviceClock::Offset { seconds } => shifted(seconds),
            DeviceClock::Drift { seconds_per_day, since } => {
                shifted(seconds_per_day.saturating_mul((at - since).num_seconds()) / 86_400)
            }
            DeviceClock::Reset { year, from, until } if from <= at && at < until => NaiveDate::from_ymd_opt(year, 1, 1)
                .and_then(|day| day.and_time(NaiveTime::MIN).checked_add_signed(at - from)),
            DeviceClock::Reset { .. } => Some(local),
        };
        shown.unwrap_or(local)
    }
}

/// One who uses a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// the slot under which the device knows them; `None` on a device that knows no slots
    pub slot: Option<UserSlot>,
    /// the [`crate::Persona::number`]
    pub persona: u32,
}

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// its name below the source
    pub id: DeviceId,
    /// what it measures
    pub kind: Kind,
    /// who uses it
    pub users: Vec<User>,
    /// how its values leave the home
    pub speech: Speech,
    /// its units
    pub display: Display,
    /// how its clock goes
    pub clock: DeviceClock,
    /// whether a hub knows how its clock goes and corrects it; without, its times are sent as they are
    pub corrected: bool,
}

impl Device {
    /// The slot of `persona`, if they use it.
    #[must_use]
    pub fn user(&self, persona: u32) -> Option<User> {
        self.users.iter().copied().find(|u| u.persona == persona)
    }

    /// Who has `slot`; somebody where the device knows no slots.
    #[must_use]
    pub fn persona_in(&self, slot: Option<UserSlot>) -> Option<u32> {
        let named = self.users.iter().find(|u| u.slot == slot);
        named.or_else(|| self.users.first()).map(|u| u.persona)
    }

    /// Percent left in its battery: changed every 80 days.
    #[must_use]
    pub fn battery(&self, at: Instant) -> u8 {
        u8::try_from(100 - at.timestamp().div_euclid(86_400).rem_euclid(80)).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(clock: DeviceClock, at: &str, shows: &str) {
        let at: Instant = at.parse().unwrap();
        let local = at.naive_utc() + TimeDelta::hours(1);
        assert_eq!(clock.reads(local, at).to_string(), shows, "{clock:?}");
    }

    #[test]
    fn clocks_are_as_wrong_as_declared() {
        let since = "2026-11-01T00:00:00Z".parse().unwrap();
        check(DeviceClock::Right, "2026-11-21T07:12:04Z", "2026-11-21 08:12:04");
        check(DeviceClock::Offset { seconds: -420 }, "2026-11-21T07:12:04Z", "2026-11-21 08:05:04");
        check(DeviceClock::Drift { seconds_per_day: 20, since }, "2026-11-11T00:00:00Z", "2026-11-11 01:03:20");
        let until = "2026-11-03T12:00:00Z".parse().unwrap();
        let reset = |year| DeviceClock::Reset { year, from: since, until };
        check(reset(1970), "2026-11-02T06:30:00Z", "1970-01-02 06:30:00");
        check(reset(2010), "2026-11-03T11:59:59Z", "2010-01-03 11:59:59");
        check(reset(1970), "2026-11-03T12:00:00Z", "2026-11-03 13:00:00");
        check(reset(1970), "2026-10-31T12:00:00Z", "2026-10-31 13:00:00");
    }
}
