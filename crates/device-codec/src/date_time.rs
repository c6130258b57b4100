//! Date Time (2A08): the device's own wall clock, without a zone.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};

/// The seven bytes of a Date Time as they stand in a payload, in range or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// 1582 to 9999; 0 is unknown
    pub year: u16,
    /// 1 to 12; 0 is unknown
    pub month: u8,
    /// 1 to 31; 0 is unknown
    pub day: u8,
    /// 0 to 23
    pub hours: u8,
    /// 0 to 59
    pub minutes: u8,
    /// 0 to 59
    pub seconds: u8,
}

/// A Date Time with a component out of range, or a day that its month does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device's date and time do not exist")]
pub struct NoSuchTime;

impl DateTime {
    /// What a device without a set clock sends.
    pub const UNKNOWN: Self = Self { year: 0, month: 0, day: 0, hours: 0, minutes: 0, seconds: 0 };

    /// `time` to the second. A year that the format does not have (before 1582, after 9999) becomes unknown.
    #[must_use]
    pub fn new(time: NaiveDateTime) -> Self {
        let byte = |component: u32| u8::try_from(component).unwrap_or(0);
        Self {
            year: u16::try_from(time.year()).ok().filter(|y| (1582..=9999).contains(y)).unwrap_or(0),
            month: byte(time.month()),
            day: byte(time.day()),
            hours: byte(time.hour()),
            minutes: byte(time.minute()),
            seconds: byte(time.second()),
        }
    }

    /// From the bytes of a payload.
    #[must_use]
    pub const fn from_bytes([y0, y1, month, day, hours, minutes, seconds]: [u8; 7]) -> Self {
        Self { year: u16::from_le_bytes([y0, y1]), month, day, hours, minutes, seconds }
    }

    /// The bytes of a payload.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 7] {
        let [y0, y1] = self.year.to_le_bytes();
        [y0, y1, self.month, self.day, self.hours, self.minutes, self.seconds]
    }

    /// The local time, moved by `offset_minutes`; `None` where year, month or day is unknown.
    ///
    /// # Errors
    /// [`NoSuchTime`] for a component out of range: the measurement stands, its time does not.
    pub fn local(self, offset_minutes: i16) -> Result<Option<NaiveDateTime>, NoSuchTime> {
        if self.year == 0 || self.month == 0 || self.day == 0 {
            return Ok(None);
        }
        if !(1582..=9999).contains(&self.year) {
            return Err(NoSuchTime);
        }
        NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into())
            .and_then(|date| date.and_hms_opt(self.hours.into(), self.minutes.into(), self.seconds.into()))
            .and_then(|base| base.checked_add_signed(TimeDelta::minutes(offset_minutes.into())))
            // An offset can leave the range of four-digit years.
            .filter(|local| local.year() <= 9999)
            .map(Some)
            .ok_or(NoSuchTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: [u8; 7], offset: i16, expected: Result<Option<&str>, NoSuchTime>) {
        let local = DateTime::from_bytes(bytes).local(offset);
        assert_eq!(local.map(|l| l.map(|l| l.to_string())), expected.map(|l| l.map(str::to_owned)), "{bytes:?}");
        assert_eq!(DateTime::from_bytes(bytes).to_bytes(), bytes);
    }

    #[test]
    fn unknown_is_not_wrong() {
        check([0xEA, 0x07, 11, 21, 8, 30, 0], 0, Ok(Some("2026-11-21 08:30:00")));
        check([0xEA, 0x07, 12, 31, 23, 59, 59], 1, Ok(Some("2027-01-01 00:00:59")));
        check([0xEA, 0x07, 1, 1, 0, 0, 0], -1, Ok(Some("2025-12-31 23:59:00")));
        check([0; 7], 0, Ok(None));
        check([0xEA, 0x07, 0, 21, 8, 30, 0], 0, Ok(None));
        check([0xEA, 0x07, 11, 0, 8, 30, 0], 60, Ok(None));
        check([0xE8, 0x07, 2, 29, 0, 0, 0], 0, Ok(Some("2024-02-29 00:00:00")));
        check([0xE7, 0x07, 2, 29, 0, 0, 0], 0, Err(NoSuchTime));
        check([0xEA, 0x07, 13, 1, 0, 0, 0], 0, Err(NoSuchTime));
        check([0xEA, 0x07, 11, 21, 24, 0, 0], 0, Err(NoSuchTime));
        check([0xEA, 0x07, 11, 21, 8, 30, 60], 0, Err(NoSuchTime));
        check([0xFF; 7], 0, Err(NoSuchTime));
        check([0x2D, 0x06, 1, 1, 0, 0, 0], 0, Err(NoSuchTime));
        check([0x0F, 0x27, 12, 31, 23, 59, 0], 1, Err(NoSuchTime));
    }

    #[test]
    fn a_local_time_survives() {
        let time: NaiveDateTime = "2026-11-21T07:12:04".parse().unwrap();
        assert_eq!(DateTime::new(time).local(0), Ok(Some(time)));
    }
}
