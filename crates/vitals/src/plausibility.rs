//! Plausibility limits of single readings.
//!
//! Hard limits quarantine, soft limits store, flag and ask for a repeat. Whatever needs history (a jump, a
//! standard deviation) is a rule, not a limit. Source: clinical reference, table 1.6 (ChanRaffa17, MIMICx;
//! the rest the table marks as unverified convention), copied in `docs/clinical-basis.md`.

use crate::{Decimal, Quantity, Reading, Sample, Value};
use rust_decimal::dec;

/// Inclusive bounds in the quantity's canonical unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// lowest plausible value
    pub low: Decimal,
    /// highest plausible value
    pub high: Decimal,
}

impl Bounds {
    const fn new(low: Decimal, high: Decimal) -> Self {
        Self { low, high }
    }

    /// Whether `value` lies within.
    #[must_use]
    pub fn contains(self, value: Decimal) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// What a value of one quantity can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// outside these a value cannot be a person's: it is quarantined
    pub hard: Option<Bounds>,
    /// outside these it is stored and flagged, and a repeat is asked for
    pub soft: Option<Bounds>,
}

/// The limits of every quantity. Those of table 1.6 by default; the clinic's to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// by the quantity's place in [`Quantity::ALL`], which is the order of their declaration
    quantities: [Limit; Quantity::ALL.len()],
    /// systolic minus diastolic outside these is flagged, mm[Hg]
    pub pulse_pressure: Bounds,
}

impl Default for Limits {
    fn default() -> Self {
        Self { quantities: Quantity::ALL.map(shipped), pulse_pressure: Bounds::new(dec!(15), dec!(120)) }
    }
}

impl Limits {
    /// What a value of `quantity` can be.
    #[must_use]
    pub fn of(&self, quantity: Quantity) -> Limit {
        self.quantities.get(quantity as usize).copied().unwrap_or_default()
    }

    /// Changes what a value of `quantity` can be.
    pub fn set(&mut self, quantity: Quantity, limit: Limit) {
        if let Some(known) = self.quantities.get_mut(quantity as usize) {
            *known = limit;
        }
    }
}

/// Table 1.6.
const fn shipped(quantity: Quantity) -> Limit {
    const fn within(low: Decimal, high: Decimal) -> Option<Bounds> {
        Some(Bounds::new(low, high))
    }
    let (hard, soft) = match quantity {
        Quantity::Weight => (within(dec!(22.7), dec!(340.2)), None),
        // "BMI <= 10 or >= 100": the bounds are exclusive there, hence the smallest step inside.
        Quantity::Bmi => (within(dec!(10.000001), dec!(99.999999)), None),
        Quantity::Systolic => (within(dec!(40), dec!(300)), within(dec!(40), dec!(260))),
        Quantity::Diastolic => (within(dec!(20), dec!(200)), None),
        Quantity::Pulse | Quantity::HeartRate => (within(dec!(20), dec!(300)), within(dec!(30), dec!(220))),
        Quantity::Spo2 => (within(dec!(0), dec!(100)), within(dec!(70), dec!(100))),
        Quantity::Glucose => (within(dec!(10), dec!(1000)), within(dec!(20), dec!(600))),
        Quantity::InterstitialGlucose => (within(dec!(20), dec!(600)), within(dec!(40), dec!(400))),
        Quantity::Temperature => (within(dec!(26), dec!(45)), within(dec!(34), dec!(42))),
        Quantity::BodyFat => (within(dec!(2), dec!(75)), None),
        Quantity::Height | Quantity::MuscleMass | Quantity::BodyWater | Quantity::Mean => (None, None),
    };
    Limit { hard, soft }
}

/// What the limits say of one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plausibility {
    /// within every limit
    Plausible,
    /// a soft limit was passed: store, flag, ask for a repeat
    Unusual(Quantity),
    /// a hard limit was passed: quarantine, with the quantity and a sentence
    Impossible {
        /// the value to point at
        quantity: Quantity,
        /// what is wrong with it, without naming anybody
        detail: String,
    },
}

/// Judges `reading` by `limits`; values whose unit does not fit are not judged here.
#[must_use]
pub fn judge(reading: &Reading, limits: &Limits) -> Plausibility {
    let limit_of = |q: Quantity| match (q, reading.sample) {
        (Quantity::Glucose, Some(Sample::Interstitial)) => Quantity::InterstitialGlucose,
        _ => q,
    };
    let number = |q: Quantity| match reading.values.get(&q)?.normalised(q).ok()? {
        // A body water mass is no share.
        Value::Number { value, unit } if unit == q.canonical_unit() => Some(value),
        _ => None,
    };
    for &quantity in reading.values.keys() {
        if let (Some(value), Some(hard)) = (number(quantity), limits.of(limit_of(quantity)).hard)
            && !hard.contains(value)
        {
            let unit = quantity.canonical_unit();
            let detail =
                format!("{quantity} {value} {unit} is outside the possible range {} to {} {unit}", hard.low, hard.high);
            return Plausibility::Impossible { quantity, detail };
        }
    }
    let pulse_pressure = number(Quantity::Systolic).zip(number(Quantity::Diastolic)).map(|(s, d)| s - d);
    if pulse_pressure.is_some_and(|p| p <= Decimal::ZERO) {
        let detail = "systolic is not above diastolic".to_owned();
        return Plausibility::Impossible { quantity: Quantity::Systolic, detail };
    }
    if pulse_pressure.is_some_and(|p| !limits.pulse_pressure.contains(p)) {
        return Plausibility::Unusual(Quantity::Systolic);
    }
    let unusual =
        |q: &Quantity| number(*q).zip(limits.of(limit_of(*q)).soft).is_some_and(|(value, soft)| !soft.contains(value));
    reading.values.keys().copied().find(unusual).map_or(Plausibility::Plausible, Plausibility::Unusual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeviceId, Kind, MeasuredAt, ReadingId, ReadingKey, SourceId, Unit};

    fn check(kind: Kind, values: &[(Quantity, Decimal, Unit)], expected: &str) {
        let reading = Reading {
            key: ReadingKey {
                source: SourceId::new("s").unwrap(),
                device: DeviceId::new("d").unwrap(),
                id: ReadingId::new("i").unwrap(),
            },
            kind,
            measured_at: MeasuredAt::new("2026-01-01T00:00:00Z".parse().unwrap()),
            values: values.iter().map(|(q, v, u)| (*q, Value::number(*v, *u))).collect(),
            user_slot: None,
            flags: Default::default(),
            sample: None,
            meal: None,
            clock: None,
            battery: None,
            corrects: None,
        };
        let said = match judge(&reading, &Limits::default()) {
            Plausibility::Plausible => "plausible".to_owned(),
            Plausibility::Unusual(q) => format!("unusual {q}"),
            Plausibility::Impossible { quantity, .. } => format!("impossible {quantity}"),
        };
        assert_eq!(said, expected, "{values:?}");
    }

    #[test]
    fn a_limit_is_kept_with_its_quantity() {
        for quantity in Quantity::ALL {
            let mut limits = Limits::default();
            assert_eq!(limits.of(quantity), shipped(quantity), "{quantity}");
            let wide = Limit { hard: Some(Bounds::new(dec!(-1), dec!(7))), soft: None };
            limits.set(quantity, wide);
            let changed: Vec<Quantity> = Quantity::ALL.into_iter().filter(|q| limits.of(*q) != shipped(*q)).collect();
            assert_eq!((limits.of(quantity), changed), (wide, vec![quantity]));
        }
    }

    #[test]
    fn limits_of_table_1_6() {
        use Quantity as Q;
        use Unit as U;
        check(Kind::BodyWeight, &[(Q::Weight, dec!(22.7), U::Kilogram)], "plausible");
        check(Kind::BodyWeight, &[(Q::Weight, dec!(22.69), U::Kilogram)], "impossible weight");
        check(Kind::BodyWeight, &[(Q::Weight, dec!(751), U::Pound)], "impossible weight");
        let bp = |s, d| [(Q::Systolic, s, U::MillimetreOfMercury), (Q::Diastolic, d, U::MillimetreOfMercury)];
        check(Kind::BloodPressure, &bp(dec!(128), dec!(82)), "plausible");
        check(Kind::BloodPressure, &bp(dec!(80), dec!(80)), "impossible systolic");
        check(Kind::BloodPressure, &bp(dec!(90), dec!(80)), "unusual systolic");
        check(Kind::BloodPressure, &bp(dec!(261), dec!(160)), "unusual systolic");
        check(Kind::OxygenSaturation, &[(Q::Spo2, dec!(69), U::Percent)], "unusual spo2");
        check(Kind::BodyTemperature, &[(Q::Temperature, dec!(120), U::Fahrenheit)], "impossible temperature");
    }
}
