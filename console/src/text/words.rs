//! Numbers, times and states as one reader reads them: in a language, a time zone and at a moment.

use super::{Lang, t};
use care::{Outcome, Sentence, Severity, TaskStatus};
use chrono::{NaiveDate, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use rust_decimal::Decimal;
use vitals::{Instant, Kind, Quantity, Value};

/// How things are said to one reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) lang: Lang,
    /// whose clock is read
    pub(crate) zone: Tz,
    pub(crate) now: Instant,
    /// where the reader is; a time in another zone names it
    home: Tz,
}

impl Words {
    pub(crate) const fn new(lang: Lang, home: Tz, now: Instant) -> Self {
        Self { lang, zone: home, now, home }
    }

    /// The same on somebody else's clock: the patient's.
    #[must_use]
    pub(crate) const fn in_zone(self, zone: Tz) -> Self {
        Self { zone, ..self }
    }

    /// The same in another language.
    #[must_use]
    pub(crate) const fn in_language(self, lang: Lang) -> Self {
        Self { lang, ..self }
    }

    /// "12 min", "3 h", "2 days".
    pub(crate) fn span(self, length: TimeDelta) -> String {
        let minutes = length.num_minutes().abs();
        match minutes {
            0 => t!(self.lang, "common-span-moment"),
            1..60 => t!(self.lang, "common-span-minutes", n = minutes),
            60..180 if minutes % 60 >= 5 => {
                t!(self.lang, "common-span-hours-minutes", h = minutes / 60, m = minutes % 60 / 5 * 5)
            }
            60..2850 => t!(self.lang, "common-span-hours", n = (minutes + 30) / 60),
            _ => t!(self.lang, "common-span-days", n = (minutes + 720) / 1440),
        }
    }

    /// "3 h ago".
    pub(crate) fn ago(self, time: Instant) -> String {
        let past = self.now.signed_duration_since(time);
        if past.abs() < TimeDelta::minutes(1) {
            return t!(self.lang, "common-just-now");
        }
        if past < TimeDelta::zero() {
            return t!(self.lang, "common-in", span = self.span(past));
        }
        t!(self.lang, "common-ago", span = self.span(past))
    }

    /// "07:12" today, "21 Nov 07:12" this half year, "21 Nov 2025" before.
    pub(crate) fn clock(self, time: Instant) -> String {
        let (local, today) =
            (self.zone.from_utc_datetime(&time.naive_utc()), self.zone.from_utc_datetime(&self.now.naive_utc()));
        if local.date_naive() == today.date_naive() {
            return local.format("%H:%M").to_string();
        }
        if self.now.signed_duration_since(time).abs() >= TimeDelta::days(180) {
            return self.date(local.date_naive());
        }
        let format = match self.lang {
            Lang::English => "%-d %b %H:%M",
            Lang::German => "%-d. %b %H:%M",
        };
        local.format_localized(format, self.lang.locale()).to_string()
    }

    /// "21 Nov 2025".
    pub(crate) fn date(self, date: NaiveDate) -> String {
        let format = match self.lang {
            Lang::English => "%-d %b %Y",
            Lang::German => "%-d. %b %Y",
        };
        date.format_localized(format, self.lang.locale()).to_string()
    }

    /// The patient's zone, where their clock shows something else than the reader's: "New York".
    pub(crate) fn zone_note(self) -> Option<String> {
        let offset = |zone: Tz| zone.offset_from_utc_datetime(&self.now.naive_utc()).fix();
        let city = |zone: Tz| zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
        (offset(self.zone) != offset(self.home)).then(|| city(self.zone))
    }

    /// "07:12" or "21 Nov 07:12", with the zone where it is not the reader's.
    pub(crate) fn at(self, time: Instant) -> Markup {
        html! {
            time datetime=(time.to_rfc3339()) { (self.clock(time)) @if let Some(zone) = self.zone_note() { " " (zone) } }
        }
    }

    /// "3 h ago, 07:12".
    pub(crate) fn when(self, time: Instant) -> Markup {
        html! {
            time datetime=(time.to_rfc3339()) {
                (self.ago(time)) ", " (self.clock(time)) @if let Some(zone) = self.zone_note() { " " (zone) }
            }
        }
    }

    /// "due in 2 h" or "overdue by 3 h".
    pub(crate) fn due(self, time: Instant) -> Markup {
        let left = time.signed_duration_since(self.now);
        html! {
            @if left < TimeDelta::zero() {
                strong.overdue { (t!(self.lang, "common-overdue", span = self.span(left))) }
            } @else {
                (t!(self.lang, "common-due", span = self.span(left)))
            }
        }
    }

    /// A number with the reader's decimal mark.
    pub(crate) fn number(self, value: Decimal) -> String {
        value.normalize().to_string().replace('.', &self.lang.decimal_mark().to_string())
    }

    /// A value with its unit and at most one digit after the point; the exact one stands in the API.
    pub(crate) fn value(self, value: Value) -> String {
        match value {
            Value::Number { value, unit } => format!("{} {}", self.number(value.round_dp(1)), unit.display()),
            coded @ Value::Coded(_) => coded.to_string(),
        }
    }

    /// A sentence of the rules.
    pub(crate) fn says(self, sentence: &Sentence) -> String {
        sentence.in_language(self.lang.voice())
    }

    /// The severity's word with its shape and colour.
    pub(crate) fn severity(self, severity: Severity) -> Markup {
        html! { span class={ "sev " (severity) } { (shape(severity)) (self.severity_word(severity)) } }
    }

    /// "Critical".
    pub(crate) fn severity_word(self, severity: Severity) -> String {
        match severity {
            Severity::Critical => t!(self.lang, "common-critical"),
            Severity::High => t!(self.lang, "common-high"),
            Severity::Medium => t!(self.lang, "common-medium"),
            Severity::Low => t!(self.lang, "common-low"),
        }
    }

    pub(crate) fn status(self, status: TaskStatus) -> String {
        match status {
            TaskStatus::Requested => t!(self.lang, "common-requested"),
            TaskStatus::Accepted => t!(self.lang, "common-accepted"),
            TaskStatus::InProgress => t!(self.lang, "common-in-progress"),
            TaskStatus::OnHold => t!(self.lang, "common-on-hold"),
            TaskStatus::Completed => t!(self.lang, "common-completed"),
            TaskStatus::Cancelled => t!(self.lang, "common-cancelled"),
        }
    }

    pub(crate) fn outcome(self, outcome: Outcome) -> String {
        match outcome {
            Outcome::AdviceGiven => t!(self.lang, "common-advice-given"),
            Outcome::MedicationChanged => t!(self.lang, "common-medication-changed"),
            Outcome::VisitArranged => t!(self.lang, "common-visit-arranged"),
            Outcome::Emergency => t!(self.lang, "common-emergency"),
            Outcome::MeasuringError => t!(self.lang, "common-measuring-error"),
            Outcome::NoAction => t!(self.lang, "common-no-action"),
            Outcome::NotReached => t!(self.lang, "common-not-reached"),
        }
    }

    pub(crate) fn kind(self, kind: Kind) -> String {
        match kind {
            Kind::BodyWeight => t!(self.lang, "common-body-weight"),
            Kind::BloodPressure => t!(self.lang, "common-blood-pressure"),
            Kind::Glucose => t!(self.lang, "common-glucose"),
            Kind::OxygenSaturation => t!(self.lang, "common-oxygen-saturation"),
            Kind::BodyTemperature => t!(self.lang, "common-body-temperature"),
            Kind::HeartRate => t!(self.lang, "common-heart-rate"),
            Kind::BodyComposition => t!(self.lang, "common-body-composition"),
        }
    }

    pub(crate) fn quantity(self, quantity: Quantity) -> String {
        match quantity {
            Quantity::Weight => t!(self.lang, "common-body-weight"),
            Quantity::Bmi => t!(self.lang, "common-bmi"),
            Quantity::Height => t!(self.lang, "common-height"),
            Quantity::BodyFat => t!(self.lang, "common-body-fat"),
            Quantity::MuscleMass => t!(self.lang, "common-muscle-mass"),
            Quantity::BodyWater => t!(self.lang, "common-body-water"),
            Quantity::Systolic => t!(self.lang, "common-systolic"),
            Quantity::Diastolic => t!(self.lang, "common-diastolic"),
            Quantity::Mean => t!(self.lang, "common-mean-pressure"),
            Quantity::Pulse => t!(self.lang, "common-pulse"),
            Quantity::Glucose => t!(self.lang, "common-glucose"),
            Quantity::InterstitialGlucose => t!(self.lang, "common-sensor-glucose"),
            Quantity::Spo2 => t!(self.lang, "common-oxygen-saturation"),
            Quantity::Temperature => t!(self.lang, "common-body-temperature"),
            Quantity::HeartRate => t!(self.lang, "common-heart-rate"),
        }
    }

    /// A programme's name: those that are shipped in the reader's language, the clinic's own as it is written.
    pub(crate) fn programme(self, id: &str) -> String {
        match id {
            "heart-failure" => t!(self.lang, "common-heart-failure"),
            "hypertension" => t!(self.lang, "common-hypertension"),
            "diabetes" => t!(self.lang, "common-diabetes"),
            "copd" => t!(self.lang, "common-copd"),
            other => capitalised(&other.replace('-', " ")),
        }
    }
}

/// The first letter as a capital.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lang: Lang) -> Words {
        Words::new(lang, Tz::UTC, "2026-11-22T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn times_read_well_in_both_languages() {
        let before = |minutes| words(Lang::English).now - TimeDelta::minutes(minutes);
        let ago = |lang| [0, 5, 180, 60 * 72].map(|m| words(lang).ago(before(m)));
        assert_eq!(ago(Lang::English), ["just now", "5 min ago", "3 h ago", "3 days ago"]);
        assert_eq!(ago(Lang::German), ["gerade eben", "vor 5 min", "vor 3 h", "vor 3 Tagen"]);
        assert_eq!(words(Lang::German).clock(before(60 * 48)), "20. Nov 12:00");
        assert_eq!(words(Lang::English).due(before(-90)).into_string(), "due in 1 h 30 min");
        assert!(words(Lang::German).due(before(90)).into_string().contains("seit 1 h 30 min überfällig"));
    }

    #[test]
    fn another_zone_is_named() {
        let there = words(Lang::English).in_zone("America/New_York".parse().unwrap());
        assert_eq!(there.clock(there.now), "07:00");
        assert!(there.at(there.now).into_string().contains(">07:00 New York<"));
        assert_eq!(words(Lang::English).in_zone("Europe/London".parse().unwrap()).zone_note(), None);
    }

    #[test]
    fn numbers_have_the_readers_mark() {
        assert_eq!(words(Lang::German).number("82.70".parse().unwrap()), "82,7");
        assert_eq!(words(Lang::English).number("82.70".parse().unwrap()), "82.7");
    }
}
