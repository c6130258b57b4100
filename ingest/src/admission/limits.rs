//! What admission tolerates of clocks and values: the clinic's to set, under `[admission]` of the configuration.

use chrono::TimeDelta;
use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use service_kit::config::Span;
use std::fmt;
use vitals::{Bounds, Decimal, Limit, PlausibilityLimits, Quantity, Unit};

/// See the module. A replay from quarantine is judged by what is configured then.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdmissionLimits {
    /// measured later than this after it arrived: `time-in-the-future`
    #[serde(deserialize_with = "time_span")]
    pub future: TimeDelta,
    /// measured longer ago than this: stored and flagged `late`
    #[serde(deserialize_with = "time_span")]
    pub late: TimeDelta,
    /// measured longer ago than this: `time-implausible`
    #[serde(deserialize_with = "time_span")]
    pub oldest: TimeDelta,
    /// a stated clock error above this: stored and flagged `clock-uncertain`
    #[serde(deserialize_with = "time_span")]
    pub clock_error: TimeDelta,
    /// what a value can be, by quantity; what is not written keeps its default
    #[serde(rename = "limits", deserialize_with = "plausibility")]
    pub plausibility: PlausibilityLimits,
}

impl Default for AdmissionLimits {
    /// Five minutes and seven days are the clinical reference's, table 1.6, as are the limits of values; ten years
    /// and one hour are ours.
    fn default() -> Self {
        Self {
            future: TimeDelta::minutes(5),
            late: TimeDelta::days(7),
            oldest: TimeDelta::days(3_653),
            clock_error: TimeDelta::hours(1),
            plausibility: PlausibilityLimits::default(),
        }
    }
}

fn time_span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
    let Span(span) = Span::deserialize(deserializer)?;
    TimeDelta::from_std(span).map_err(|_| D::Error::custom("this is longer than time is counted here"))
}

fn plausibility<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PlausibilityLimits, D::Error> {
    deserializer.deserialize_map(Table)
}

/// Lays what is written over the defaults.
struct Table;

/// A row: a quantity, or what follows from two of them.
#[derive(Clone, Copy)]
enum Row {
    Of(Quantity),
    PulsePressure,
}

const PULSE_PRESSURE: &str = "pulse-pressure";

impl<'de> Visitor<'de> for Table {
    type Value = PlausibilityLimits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a section of quantities")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut limits = PlausibilityLimits::default();
        while let Some(row) = map.next_key::<Row>()? {
            match row {
                Row::Of(quantity) => {
                    let known = limits.of(quantity);
                    let limit = map.next_value_seed(Over { known, unit: quantity.canonical_unit() })?;
                    limits.set(quantity, limit);
                }
                Row::PulsePressure => {
                    let known = Limit { hard: None, soft: Some(limits.pulse_pressure) };
                    let limit = map.next_value_seed(Over { known, unit: Unit::MillimetreOfMercury })?;
                    if limit.hard.is_some() {
                        let why =
                            "pulse pressure has no `hard` limit: a systolic below the diastolic is refused anyway";
                        return Err(A::Error::custom(why));
                    }
                    limits.pulse_pressure = limit.soft.unwrap_or(limits.pulse_pressure);
                }
            }
        }
        Ok(limits)
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == PULSE_PRESSURE {
            return Ok(Row::PulsePressure);
        }
        name.parse().map(Row::Of).map_err(|_| {
            let known = Quantity::ALL.map(Quantity::as_str);
            let known = known.iter().chain(&[PULSE_PRESSURE]).map(|name| format!("`{name}`")).collect::<Vec<_>>();
            // In serde's own words, which the configuration's reader turns into a suggestion.
            D::Error::custom(format!("unknown field `{name}`, expected one of {}", known.join(", ")))
        })
    }
}

/// Reads what is written of one row over what is known of it.
struct Over {
    known: Limit,
    unit: Unit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    hard: Option<String>,
    soft: Option<String>,
}

impl<'de> DeserializeSeed<'de> for Over {
    type Value = Limit;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Limit, D::Error> {
        let Written { hard, soft } = Written::deserialize(deserializer)?;
        let read = |text: String| bounds(&text, self.unit).map_err(D::Error::custom);
        Ok(Limit {
            hard: hard.map(read).transpose()?.or(self.known.hard),
            soft: soft.map(read).transpose()?.or(self.known.soft),
        })
    }
}

/// Reads `22.7 .. 340.2 kg` as bounds in `to`.
fn bounds(text: &str, to: Unit) -> Result<Bounds, String> {
    let parts = || {
        let (low, rest) = text.split_once("..")?;
        let (high, unit) = rest.trim().split_once(char::is_whitespace)?;
        let number = |text: &str| Decimal::from_str_exact(text.trim()).ok();
        Some((number(low)?, number(high)?, unit.trim()))
    };
    let (low, high, unit) = parts().ok_or_else(|| {
        format!("`{text}` is no range; write the lowest and the highest value and a UCUM unit: \"40 .. 300 {to}\"")
    })?;
    let from: Unit = unit.parse().map_err(|e: vitals::UnitError| e.to_string())?;
    let within =
        |value| from.convert(value, to).map_err(|_| format!("`{unit}` does not measure this; write it in `{to}`"));
    let bounds = Bounds { low: within(low)?, high: within(high)? };
    if bounds.low > bounds.high { Err(format!("`{text}` is empty: the lowest value comes first")) } else { Ok(bounds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<AdmissionLimits, Vec<service_kit::ConfigError>> {
        service_kit::config::load(text, "h.toml")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let said: Vec<String> = load(text).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(said, [expected], "{text}");
    }

    #[test]
    fn what_is_not_written_keeps_its_default() {
        let limits = load("late = \"3 d\"\n[limits]\nsystolic = { hard = \"4 .. 40 kPa\" }\n").unwrap();
        assert_eq!((limits.late, limits.future), (TimeDelta::days(3), TimeDelta::minutes(5)));
        let shipped = PlausibilityLimits::default();
        let systolic = limits.plausibility.of(Quantity::Systolic);
        assert_eq!(systolic.soft, shipped.of(Quantity::Systolic).soft);
        let hard = systolic.hard.unwrap();
        assert_eq!((hard.low.round(), hard.high.round()), (Decimal::from(30), Decimal::from(300)), "in mm[Hg]");
        assert_eq!(limits.plausibility.of(Quantity::Weight), shipped.of(Quantity::Weight));
    }

    #[test]
    fn pulse_pressure_is_a_row_too() {
        let limits = load("[limits]\npulse-pressure = { soft = \"10 .. 130 mm[Hg]\" }\n").unwrap();
        assert_eq!(limits.plausibility.pulse_pressure, Bounds { low: Decimal::from(10), high: Decimal::from(130) });
    }

    #[test]
    fn a_mistake_has_its_place_and_remedy() {
        let row = |row: &str| format!("[limits]\n{row}\n");
        check(&row("wieght = { hard = \"2 .. 3 kg\" }"), "h.toml:2:1: unknown key `wieght`; did you mean `weight`?");
        check(
            &row("weight = { hard = \"2 kg\" }"),
            "h.toml:2:10: `2 kg` is no range; write the lowest and the highest value and a UCUM unit: \"40 .. 300 kg\"",
        );
        check(
            &row("weight = { hard = \"2 .. 3 mm[Hg]\" }"),
            "h.toml:2:10: `mm[Hg]` does not measure this; write it in `kg`",
        );

        check(
            &row("weight = { hard = \"3 .. 2 kg\" }"),
            "h.toml:2:10: `3 .. 2 kg` is empty: the lowest value comes first",
        );
        check(&row("weight = { hart = \"2 .. 3 kg\" }"), "h.toml:2:12: unknown key `hart`; did you mean `hard`?");
    }
}
