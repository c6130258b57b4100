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

    /// Outside these a value cannot be a person's: it is quarantined.
    #[must_use]
    pub const fn hard(quantity: Quantity) -> Option<Bounds> {
        Some(match quantity {
            Quantity::Weight => Bounds::new(dec!(22.7), dec!(340.2)),
            // "BMI <= 10 or >= 100": the bounds are exclusive there, hence the smallest step inside.
            Quantity::Bmi => Bounds::new(dec!(10.000001), dec!(99.999999)),
            Quantity::Systolic => Bounds::new(dec!(40), dec!(300)),
            Quantity::Diastolic => Bounds::new(dec!(20), dec!(200)),
            Quantity::Pulse | Quantity::HeartRate => Bounds::new(dec!(20), dec!(300)),
            Quantity::Spo2 => Bounds::new(dec!(0), dec!(100)),
            Quantity::Glucose => Bounds::new(dec!(10), dec!(1000)),
            Quantity::InterstitialGlucose => Bounds::new(dec!(20), dec!(600)),
            Quantity::Temperature => Bounds::new(dec!(26), dec!(45)),
            Quantity::BodyFat => Bounds::new(dec!(2), dec!(75)),
            Quantity::Height | Quantity::MuscleMass | Quantity::BodyWater | Quantity::Mean => return None,
        })
    }

    /// Outside these a value is stored and flagged, and a repeat is asked for.
    #[must_use]
    pub const fn soft(quantity: Quantity) -> Option<Bounds> {
        Some(match quantity {
            Quantity::Systolic => Bounds::new(dec!(40), dec!(260)),
            Quantity::Pulse | Quantity::HeartRate => Bounds::new(dec!(30), dec!(220)),
            Quantity::Spo2 => Bounds::new(dec!(70), dec!(100)),
            Quantity::Glucose => Bounds::new(dec!(20), dec!(600)),
            Quantity::InterstitialGlucose => Bounds::new(dec!(40), dec!(400)),
            Quantity::Temperature => Bounds::new(dec!(34), dec!(42)),
            _ => return None,
        })
    }

    /// Pulse pressure (systolic minus diastolic) outside these is flagged, mm[Hg].
    pub const SOFT_PULSE_PRESSURE: Bounds = Bounds::new(dec!(15), dec!(120));
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

/// Judges `reading` by the hard and soft limits; values whose unit does not fit are not judged here.
#[must_use]
pub fn judge(reading: &Reading) -> Plausibility {
    let limit_of = |q: Quantity| match (q, reading.sample) {
        (Quantity::Glucose, Some(Sample::Interstitial)) => Quantity::InterstitialGlucose,
        _ => q,
    };
    let number =
        |q: Quantity| reading.values.get(&q).and_then(|v| v.normalised(q).ok()).as_ref().and_then(Value::as_number);
    for &quantity in reading.values.keys() {
        if let (Some(value), Some(hard)) = (number(quantity), Bounds::hard(limit_of(quantity)))
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
    if pulse_pressure.is_some_and(|p| !Bounds::SOFT_PULSE_PRESSURE.contains(p)) {
        return Plausibility::Unusual(Quantity::Systolic);
    }
    let unusual =
        |q: &Quantity| number(*q).zip(Bounds::soft(limit_of(*q))).is_some_and(|(value, soft)| !soft.contains(value));
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
        let said = match judge(&reading) {
            Plausibility::Plausible => "plausible".to_owned(),
            Plausibility::Unusual(q) => format!("unusual {q}"),
            Plausibility::Impossible { quantity, .. } => format!("impossible {quantity}"),
        };
        assert_eq!(said, expected, "{values:?}");
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
