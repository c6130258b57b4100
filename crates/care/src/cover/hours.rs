//! Weekly hours in a time zone, with days off.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use vitals::Instant;

/// Minutes of a day on the clock.
const DAY: u16 = 24 * 60;
/// Hours that begin later than this are as good as none, days.
const HORIZON: u64 = 400;

/// A stretch of some days of the week: `Mon-Fri 08:00-17:00`. It may end at `24:00`, or on the next day where it ends
/// before it begins: `Fri 22:00-06:00`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    /// first and last day, as written; a week goes round: `Sat-Mon`
    days: (Weekday, Weekday),
    /// minutes since midnight on the clock
    from: u16,
    /// minutes since midnight, 1440 for its end; not above `from` means on the next day
    until: u16,
}

/// Why a text is no span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no stretch of hours; write `Mon-Fri 08:00-17:00`, `Sat 09:00-12:30` or `Mon-Sun 00:00-24:00`")]
pub struct HoursError(String);

impl Span {
    /// First and last day of the week.
    #[must_use]
    pub fn days(&self) -> (Weekday, Weekday) {
        self.days
    }

    /// `08:00` and `17:00`.
    #[must_use]
    pub fn clock(&self) -> (String, String) {
        (minute_text(self.from), minute_text(self.until))
    }

    fn begins_on(&self, day: Weekday) -> bool {
        let (first, last) = (self.days.0.num_days_from_monday(), self.days.1.num_days_from_monday());
        let day = day.num_days_from_monday();
        if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last }
    }

    /// `[from, until)` of the stretch that begins on `date`.
    fn on(&self, date: NaiveDate, zone: Tz) -> Option<(Instant, Instant)> {
        let end = if self.until > self.from { date } else { date.checked_add_days(Days::new(1))? };
        let stretch = (moment(date, self.from, zone)?, moment(end, self.until, zone)?);
        // Clocks that are set forward may leave nothing of it.
        (stretch.0 < stretch.1).then_some(stretch)
    }
}

/// The first moment at which clocks in `zone` show this or a later time: clocks that are set forward skip some.
fn moment(date: NaiveDate, minute: u16, zone: Tz) -> Option<Instant> {
    let wall = date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(i64::from(minute)))?;
    // Zones skip an hour at most, Lord Howe half of one and Samoa once a day.
    (0..=100).find_map(|quarters: i64| {
        let later = wall.checked_add_signed(TimeDelta::minutes(15 * quarters))?;
        Some(zone.from_local_datetime(&later).earliest()?.to_utc())
    })
}

/// When clocks in `zone` next show `wall` after midnight, after `at`.
pub(super) fn next_time_of_day(at: Instant, wall: TimeDelta, zone: Tz) -> Option<Instant> {
    let today = at.with_timezone(&zone).date_naive();
    let minute = u16::try_from(wall.num_minutes()).ok()?;
    let days = (0..3).filter_map(|n| today.checked_add_days(Days::new(n)));
    days.filter_map(|date| moment(date, minute, zone)).find(|moment| at < *moment)
}

fn minute_text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |t: &str| (t.len() == 2).then(|| t.parse::<u16>().ok()).flatten();
    let (hour, minute) = (two(hour)?, two(minute)?);
    let all = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && all <= DAY).then_some(all)
}

fn day_text(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Mon",
        Weekday::Tue => "Tue",
        Weekday::Wed => "Wed",
        Weekday::Thu => "Thu",
        Weekday::Fri => "Fri",
        Weekday::Sat => "Sat",
        Weekday::Sun => "Sun",
    }
}

impl FromStr for Span {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let plain = text.replace(['–', '—'], "-");
        let parse = || {
            let (days, clock) = plain.trim().split_once(' ')?;
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let (from, until) = clock.trim().split_once('-')?;
            let (from, until) = (minute_of(from.trim())?, minute_of(until.trim())?);
            let days = (first.parse().ok()?, last.parse().ok()?);
            (from < DAY && until > 0 && from != until).then_some(Self { days, from, until })
        };
        parse().ok_or_else(|| HoursError(text.to_owned()))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.days;
        f.write_str(day_text(first))?;
        if first != last {
            write!(f, "-{}", day_text(last))?;
        }
        let (from, until) = self.clock();
        write!(f, " {from}-{until}")
    }
}

impl TryFrom<String> for Span {
    type Error = HoursError;
    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

/// Hours of a week, and dates without any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// stretches of the week; they may overlap
    pub week: Vec<Span>,
    /// local dates on which no stretch begins: holidays, absences
    #[serde(default)]
    pub off: BTreeSet<NaiveDate>,
}

impl Hours {
    /// Whether `at` lies in one of the stretches.
    #[must_use]
    pub fn holds(&self, at: Instant, zone: Tz) -> bool {
        self.around(at, zone).any(|(from, until)| from <= at && at < until)
    }

    /// `at` where it lies in a stretch, else the beginning of the next one; none within four hundred days.
    #[must_use]
    pub fn next(&self, at: Instant, zone: Tz) -> Option<Instant> {
        self.from(at, zone).map(|(from, _)| from.max(at)).next()
    }

    /// When it next begins or ends, after `at`.
    #[must_use]
    pub fn next_change(&self, at: Instant, zone: Tz) -> Option<Instant> {
        let mut end = None;
        for (from, until) in self.from(at, zone) {
            match end {
                // Stretches that touch are one.
                Some(before) if from > before => return Some(before),
                None if from > at => return Some(from),
                _ => end = end.max(Some(until)),
            }
        }
        end
    }

    /// When `length` of these hours has passed since `at`: time outside of them does not count.
    #[must_use]
    pub fn add(&self, at: Instant, length: TimeDelta, zone: Tz) -> Option<Instant> {
        let mut left = length;
        let mut reached = at;
        if left <= TimeDelta::zero() {
            return Some(at);
        }
        for (from, until) in self.from(at, zone) {
            let begin = from.max(reached);
            let here = until.signed_duration_since(begin);
            if here >= left {
                return begin.checked_add_signed(left);
            }
            if here > TimeDelta::zero() {
                left -= here;
                reached = until;
            }
        }
        None
    }

    /// Stretches that end after `at`, by their beginning.
    fn from(&self, at: Instant, zone: Tz) -> impl Iterator<Item = (Instant, Instant)> {
        let first = at.with_timezone(&zone).date_naive().checked_sub_days(Days::new(2));
        let days = (0..HORIZON).filter_map(move |n| first?.checked_add_days(Days::new(n)));
        days.flat_map(move |date| self.on(date, zone)).filter(move |(_, until)| at < *until)
    }

    fn around(&self, at: Instant, zone: Tz) -> impl Iterator<Item = (Instant, Instant)> {
        let today = at.with_timezone(&zone).date_naive();
        let days = [today.checked_sub_days(Days::new(2)), today.checked_sub_days(Days::new(1)), Some(today)];
        days.into_iter().flatten().flat_map(move |date| self.on(date, zone))
    }

    /// Stretches that begin on `date`, by their beginning.
    fn on(&self, date: NaiveDate, zone: Tz) -> Vec<(Instant, Instant)> {
        if self.off.contains(&date) {
            return Vec::new();
        }
        let spans = self.week.iter().filter(|s| s.begins_on(date.weekday()));
        let mut found: Vec<_> = spans.filter_map(|s| s.on(date, zone)).collect();
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn t(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn hours(week: &[&str], off: &[&str]) -> Hours {
        Hours {
            week: week.iter().map(|s| s.parse().unwrap()).collect(),
            off: off.iter().map(|d| d.parse().unwrap()).collect(),
        }
    }

    const BERLIN: Tz = Tz::Europe__Berlin;

    #[test]
    fn spans_are_read_and_written() {
        for text in ["Mon-Fri 08:00-17:00", "Sat 09:00-12:30", "Mon-Sun 00:00-24:00", "Fri-Mon 22:00-06:00"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("Mon–Fri 08:00 – 17:00".parse::<Span>().unwrap().to_string(), "Mon-Fri 08:00-17:00");
        for text in ["", "Mon", "Mon 8-17", "Mon 08:00-25:00", "Mon 24:00-08:00", "Mon 08:00-08:00", "Foo 08:00-09:00"]
        {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn covered_or_when_next() {
        let week = hours(&["Mon-Fri 08:00-17:00"], &["2026-12-25"]);
        // Thursday 24 December 2026, 16:59 in Berlin.
        assert!(week.holds(t("2026-12-24T15:59:00Z"), BERLIN));
        assert!(!week.holds(t("2026-12-24T16:00:00Z"), BERLIN), "until is not in it");
        assert_eq!(week.next(t("2026-12-24T16:00:00Z"), BERLIN), Some(t("2026-12-28T07:00:00Z")), "Friday is off");
        assert_eq!(week.next_change(t("2026-12-24T10:00:00Z"), BERLIN), Some(t("2026-12-24T16:00:00Z")));
        assert_eq!(week.next_change(t("2026-12-24T16:00:00Z"), BERLIN), Some(t("2026-12-28T07:00:00Z")));
        assert_eq!(hours(&[], &[]).next(t("2026-12-24T16:00:00Z"), BERLIN), None);
        let night = hours(&["Fri 22:00-06:00"], &[]);
        assert!(night.holds(t("2026-12-26T04:59:00Z"), BERLIN));
        assert!(!night.holds(t("2026-12-26T05:00:00Z"), BERLIN));
        let always = hours(&["Mon-Sun 00:00-24:00"], &[]);
        assert!(always.next_change(t("2026-12-26T05:00:00Z"), BERLIN).unwrap() > t("2027-12-26T05:00:00Z"));
    }

    #[test]
    fn hours_pass_only_while_they_hold() {
        let week = hours(&["Mon-Fri 08:00-17:00"], &[]);
        let four = TimeDelta::hours(4);
        assert_eq!(week.add(t("2026-12-24T14:00:00Z"), four, BERLIN), Some(t("2026-12-25T09:00:00Z")));
        assert_eq!(week.add(t("2026-12-25T20:00:00Z"), four, BERLIN), Some(t("2026-12-28T11:00:00Z")));
        assert_eq!(week.add(t("2026-12-25T20:00:00Z"), TimeDelta::zero(), BERLIN), Some(t("2026-12-25T20:00:00Z")));
        assert_eq!(hours(&[], &[]).add(t("2026-12-25T20:00:00Z"), four, BERLIN), None);
    }

    #[test]
    fn clocks_that_change_count_what_passed() {
        let sunday = hours(&["Sun 00:00-06:00"], &[]);
        // Berlin loses 02:00-03:00 on 2026-03-29 and has it twice on 2026-10-25.
        assert_eq!(sunday.add(t("2026-03-28T23:00:00Z"), TimeDelta::hours(5), BERLIN), Some(t("2026-03-29T04:00:00Z")));
        assert_eq!(sunday.add(t("2026-10-24T22:00:00Z"), TimeDelta::hours(7), BERLIN), Some(t("2026-10-25T05:00:00Z")));
        let skipped = hours(&["Sun 02:15-02:45"], &[]);
        assert!(!skipped.holds(t("2026-03-29T01:00:00Z"), BERLIN), "that half hour does not exist");
        assert!(skipped.holds(t("2026-10-25T00:20:00Z"), BERLIN));
    }

    prop_compose! {
        fn any_span()(first in 0_u8..7, last in 0_u8..7, from in 0_u16..96, length in 1_u16..96) -> Span {
            let day = |n: u8| Weekday::try_from(n).unwrap();
            let from = from * 15;
            let until = (from + length * 15 - 1) % DAY + 1;
            Span { days: (day(first), day(last)), from, until: if until == from { from % DAY + 15 } else { until } }
        }
    }

    prop_compose! {
        fn any_hours()(week in proptest::collection::vec(any_span(), 0..4), off in proptest::collection::btree_set(0_u64..60, 0..5)) -> Hours {
            let first: NaiveDate = "2026-03-15".parse().unwrap();
            Hours { week, off: off.into_iter().map(|n| first.checked_add_days(Days::new(n)).unwrap()).collect() }
        }
    }

    fn any_zone() -> impl Strategy<Value = Tz> {
        prop_oneof![
            Just(Tz::UTC),
            Just(Tz::Europe__Berlin),
            Just(Tz::America__New_York),
            Just(Tz::Australia__Lord_Howe),
            Just(Tz::Asia__Beirut)
        ]
    }

    proptest! {
        /// Around the days on which clocks change, minute by minute.
        #[test]
        fn what_is_added_is_what_was_covered(
            hours in any_hours(), zone in any_zone(), start in 0_i64..21 * 1440, length in 0_i64..1_200,
        ) {
            let at = t("2026-03-16T00:00:00Z") + TimeDelta::minutes(start);
            if let Some(end) = hours.add(at, TimeDelta::minutes(length), zone) {
                let mut covered = 0;
                let mut minute = at;
                while minute < end {
                    covered += i64::from(hours.holds(minute, zone));
                    minute += TimeDelta::minutes(1);
                }
                prop_assert_eq!(covered, length);
                let (a, b) = (length / 3, length - length / 3);
                let twice = hours.add(hours.add(at, TimeDelta::minutes(a), zone).unwrap(), TimeDelta::minutes(b), zone);
                prop_assert_eq!(twice, Some(end), "in two pieces as in one");
            }
        }

        #[test]
        fn next_is_the_first_that_holds(hours in any_hours(), zone in any_zone(), start in 0_i64..21 * 1440) {
            let at = t("2026-03-16T00:00:00Z") + TimeDelta::minutes(start);
            let next = hours.next(at, zone);
            let mut minute = at;
            while next.is_none_or(|n| minute < n) && minute < at + TimeDelta::days(9) {
                prop_assert!(!hours.holds(minute, zone));
                minute += TimeDelta::minutes(1);
            }
            if let Some(next) = next {
                prop_assert!(hours.holds(next, zone));
            }
            if let Some(change) = hours.next_change(at, zone) && change < at + TimeDelta::days(9) {
                prop_assert!(change > at);
                prop_assert_ne!(hours.holds(change, zone), hours.holds(at, zone));
                let mut minute = at;
                while minute < change {
                    prop_assert_eq!(hours.holds(minute, zone), hours.holds(at, zone));
                    minute += TimeDelta::minutes(1);
                }
            }
        }
    }
}
