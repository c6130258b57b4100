//! Numbers, times and states as people read them.

use care::{Severity, TaskStatus};
use chrono::{TimeDelta, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use vitals::{Instant, Kind, Quantity, Value};

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

/// "07:12" or "21 Nov 07:12" alone.
pub(super) fn at(time: Instant, zone: Tz, now: Instant) -> Markup {
    html! { time datetime=(time.to_rfc3339()) { (clock(time, zone, now)) } }
}

/// The severity's word with its shape and colour.
pub(super) fn severity(severity: Severity) -> Markup {
    let (name, class) = match severity {
        Severity::Critical => ("Critical", "sev critical"),
        Severity::High => ("High", "sev high"),
        Severity::Medium => ("Medium", "sev medium"),
        Severity::Low => ("Low", "sev low"),
    };
    html! { span class=(class) { (shape(severity)) (name) } }
}

/// Triangle, diamond, disc, ring: told apart without colour.
fn shape(severity: Severity) -> Markup {
    html! {
        svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" {
            @match severity {
                Severity::Critical => { path d="M8 1 15.5 14.5H.5z" {} },
                Severity::High => { path d="M8 .5 15.5 8 8 15.5.5 8z" {} },
                Severity::Medium => { circle cx="8" cy="8" r="6.5" {} },
                Severity::Low => { circle.ring cx="8" cy="8" r="5.5" {} },
            }
        }
    }
}

/// A sentence of ours, with what stands in backticks as code.
pub(super) fn ticked(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

pub(super) fn status(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Requested => "nobody has it yet",
        TaskStatus::Accepted => "accepted",
        TaskStatus::InProgress => "in progress",
        TaskStatus::OnHold => "on hold",
        TaskStatus::Completed => "completed",
        TaskStatus::Cancelled => "cancelled",
    }
}

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::BodyWeight => "Weight",
        Kind::BloodPressure => "Blood pressure",
        Kind::Glucose => "Glucose",
        Kind::OxygenSaturation => "Oxygen saturation",
        Kind::BodyTemperature => "Temperature",
        Kind::HeartRate => "Heart rate",
        Kind::BodyComposition => "Body composition",
    }
}

pub(super) fn quantity(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Weight => "Weight",
        Quantity::Bmi => "BMI",
        Quantity::Height => "Height",
        Quantity::BodyFat => "Body fat",
        Quantity::MuscleMass => "Muscle mass",
        Quantity::BodyWater => "Body water",
        Quantity::Systolic => "Systolic",
        Quantity::Diastolic => "Diastolic",
        Quantity::Mean => "Mean pressure",
        Quantity::Pulse => "Pulse",
        Quantity::Glucose => "Glucose",
        Quantity::InterstitialGlucose => "Sensor glucose",
        Quantity::Spo2 => "Oxygen saturation",
        Quantity::Temperature => "Temperature",
        Quantity::HeartRate => "Heart rate",
    }
}

/// A value with at most one digit after the point; the exact one stands in the API.
pub(super) fn value(value: Value) -> String {
    match value {
        Value::Number { value, unit } => format!("{} {}", value.round_dp(1).normalize(), unit.display()),
        coded @ Value::Coded(_) => coded.to_string(),
    }
}

/// `heart-failure` as "Heart failure"; COPD is an abbreviation.
pub(super) fn programme(id: &str) -> String {
    if id == "copd" {
        return "COPD".to_owned();
    }
    let spaced = id.replace('-', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
        assert_eq!(programme("heart-failure"), "Heart failure");
    }
}
