//! Numbers, times and states as people read them.

use chrono::{TimeDelta, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use vitals::Instant;

/// "12 min", "3 h", "2 days".
pub(super) fn span(length: TimeDelta) -> String {
    let minutes = length.num_minutes().abs();
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => format!("{minutes} min"),
        60..180 if minutes % 60 >= 5 => format!("{} h {} min", minutes / 60, minutes % 60 / 5 * 5),
        60..2850 => format!("{} h", (minutes + 30) / 60),
        _ => format!("{} days", (minutes + 720) / 1440),
    }
}

/// "3 h ago".
pub(super) fn ago(time: Instant, now: Instant) -> String {
    let past = now.signed_duration_since(time);
    if past < TimeDelta::zero() {
        return format!("in {}", span(past));
    }
    if past < TimeDelta::minutes(1) { "just now".to_owned() } else { format!("{} ago", span(past)) }
}

/// "07:12" today, "21 Nov 07:12" this year, "21 Nov 2025" before.
pub(super) fn clock(time: Instant, zone: Tz, now: Instant) -> String {
    let (local, today) = (zone.from_utc_datetime(&time.naive_utc()), zone.from_utc_datetime(&now.naive_utc()));
    let format = if local.date_naive() == today.date_naive() {
        "%H:%M"
    } else if now.signed_duration_since(time).abs() < TimeDelta::days(180) {
        "%-d %b %H:%M"
    } else {
        "%-d %b %Y"
    };
    local.format(format).to_string()
}

/// "3 h ago, 07:12".
pub(super) fn when(time: Instant, zone: Tz, now: Instant) -> Markup {
    html! { time datetime=(time.to_rfc3339()) { (ago(time, now)) ", " (clock(time, zone, now)) } }
}

/// A sentence of ours, with what stands in backticks as code.
pub(super) fn ticked(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        let now: Instant = "2026-11-22T12:00:00Z".parse().unwrap();
        let before = |minutes| now - TimeDelta::minutes(minutes);
        assert_eq!(
            [0, 5, 180, 60 * 72].map(|m| ago(before(m), now)),
            ["just now", "5 min ago", "3 h ago", "3 days ago"]
        );
        let zone: Tz = "America/New_York".parse().unwrap();
        assert_eq!(clock(before(60), zone, now), "06:00");
        assert_eq!(clock(before(60 * 24), zone, now), "21 Nov 07:00");
    }
}
