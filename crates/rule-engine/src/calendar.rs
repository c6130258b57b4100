//! The patient's local days, and on which of them a reading is expected.

use crate::condition::kind_bit;
use crate::series::Series;
use chrono::{Days, NaiveTime, TimeZone};
use chrono_tz::Tz;
use vitals::{Instant, Kind};

/// A local day of the patient, `[start, end)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    /// kinds of reading expected on it, a bit each; only on a whole day of enrolment
    pub(crate) expected: u32,
}

/// The days that have ended, without a gap, oldest first. A day keeps its place when those before it are forgotten.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    /// place of the first day in `days`
    base: usize,
    days: Vec<Day>,
}

impl Calendar {
    /// How many days have ended, forgotten ones too.
    pub(crate) fn len(&self) -> usize {
        self.base + self.days.len()
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Day> {
        self.days.get(place.checked_sub(self.base)?)
    }

    pub(crate) fn last(&self) -> Option<&Day> {
        self.days.last()
    }

    pub(crate) fn push(&mut self, day: Day) {
        self.days.push(day);
    }

    /// The days that end at `time` or later, with their places.
    pub(crate) fn ending_from(&self, time: Instant) -> impl Iterator<Item = (usize, &Day)> {
        let first = self.days.partition_point(|d| d.end < time);
        self.days.iter().enumerate().skip(first).map(|(i, day)| (self.base + i, day))
    }

    /// Whether days that end at `time` or later are forgotten.
    pub(crate) fn lacks(&self, time: Instant) -> bool {
        // Without a gap: the last forgotten one ends where the first known one begins.
        self.base > 0 && self.days.first().is_none_or(|d| d.start >= time)
    }

    /// Forgets the days before `place`, but for the last one.
    pub(crate) fn forget(&mut self, place: usize) {
        let count = place.saturating_sub(self.base).min(self.days.len().saturating_sub(1));
        self.days.drain(..count);
        self.days.shrink_to_fit();
        self.base += count;
    }

    /// Whether, at the end of day `day`, readings of `kind` were missing on the last `wanted` expected days:
    /// days on which none is expected neither count nor interrupt, a reading on any day does.
    pub(crate) fn is_missing(
        &self,
        series: &Series,
        kind: Kind,
        wanted: u32,
        day: usize,
        cut: Option<Instant>,
    ) -> bool {
        let expects = |d: &Day| d.expected & kind_bit(kind) != 0;
        if !self.get(day).is_some_and(expects) {
            return false;
        }
        let times = series.times(kind);
        let mut missed = 0;
        for day in self.days.iter().take(day + 1 - self.base).rev() {
            let first = times.partition_point(|(_, t)| *t < day.start);
            series.needs_times(kind, day.start);
            let came = times.get(first).is_some_and(|(_, t)| *t < day.end);
            if came || cut.is_some_and(|cut| day.start < cut) {
                return false;
            }
            missed += u32::from(expects(day));
            if missed == wanted {
                return true;
            }
        }
        if self.base > 0 {
            series.missed().note();
        }
        false
    }
}

/// The beginning of the local day that holds `time`: the end of the one before, also where that was skipped.
pub(crate) fn day_start(time: Instant, zone: Tz) -> Option<Instant> {
    let earlier = time.checked_sub_signed(chrono::TimeDelta::hours(50))?;
    let ends = std::iter::successors(day_end(earlier, zone), |end| day_end(*end, zone));
    ends.take_while(|end| *end <= time).last()
}

/// The end of the local day that holds `time`: the first moment of the next date in that zone, also where
/// the clocks skip midnight.
pub(crate) fn day_end(time: Instant, zone: Tz) -> Option<Instant> {
    let next = time.with_timezone(&zone).date_naive().checked_add_days(Days::new(1))?;
    // Zones skip an hour at most, Lord Howe half of one and Samoa once a day; look on in quarters.
    (0..=100).find_map(|quarters: i64| {
        let wall = next.and_time(NaiveTime::MIN).checked_add_signed(chrono::TimeDelta::minutes(15 * quarters))?;
        let local = zone.from_local_datetime(&wall).earliest()?.to_utc();
        (local > time).then_some(local)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(zone: &str, time: &str, end: &str) {
        assert_eq!(day_end(time.parse().unwrap(), zone.parse().unwrap()), Some(end.parse().unwrap()));
    }

    #[test]
    fn days_follow_the_local_clock() {
        check("UTC", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
        check("America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z");
        check("America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
        // Clocks skip midnight in Beirut on 2026-03-29.
        check("Asia/Beirut", "2026-03-28T12:00:00Z", "2026-03-28T22:00:00Z");
        check("Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z");
    }

    #[test]
    fn a_day_begins_where_the_one_before_ended() {
        let start = |zone: &str, time: &str| day_start(time.parse().unwrap(), zone.parse().unwrap()).unwrap();
        assert_eq!(start("America/New_York", "2026-03-09T03:59:59Z").to_rfc3339(), "2026-03-08T05:00:00+00:00");
        assert_eq!(start("America/New_York", "2026-03-09T04:00:00Z").to_rfc3339(), "2026-03-09T04:00:00+00:00");
    }
}
