//! What holds for every payload and every measurement.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use device_codec::{
    Amount, BloodPressureMeasurement, BodySize, Characteristic, Concentration, ConcentrationUnit, Cursor, DateTime,
    DecodeError, Exercise, Float, GlucoseContext, GlucoseMeasurement, Measurement, Medication, MedicationUnit,
    PlxContinuous, PlxSpotCheck, PressureUnit, Saturation, Sfloat, TemperatureMeasurement, TemperatureUnit,
    TesterHealth, UnitSystem, WeightMeasurement, decode,
};
use proptest::option::of;
use proptest::prelude::*;
use std::fmt::Debug;

fn sfloat() -> impl Strategy<Value = Sfloat> {
    prop_oneof![any::<u16>(), 0x07FC..0x0805_u16].prop_map(Sfloat)
}

fn date_time() -> impl Strategy<Value = DateTime> {
    let any_bytes = any::<[u8; 7]>().prop_map(DateTime::from_bytes);
    let likely = (0..10_000_u16, 0..=13_u8, 0..=32_u8, 0..=24_u8, 0..=60_u8, 0..=60_u8)
        .prop_map(|(year, month, day, hours, minutes, seconds)| DateTime { year, month, day, hours, minutes, seconds });
    prop_oneof![any_bytes, likely]
}

fn either<T: Copy + Debug>(a: T, b: T) -> impl Strategy<Value = T> {
    any::<bool>().prop_map(move |first| if first { a } else { b })
}

prop_compose! {
    fn weight()(
        units in either(UnitSystem::Si, UnitSystem::Imperial),
        weight in prop_oneof![any::<u16>(), Just(WeightMeasurement::UNSUCCESSFUL)],
        timestamp in of(date_time()),
        user in of(any::<u8>()),
        size in of(any::<(u16, u16)>().prop_map(|(bmi, height)| BodySize { bmi, height })),
    ) -> WeightMeasurement {
        WeightMeasurement { units, weight, timestamp, user, size }
    }
}

prop_compose! {
    fn blood_pressure()(
        unit in either(PressureUnit::MillimetreOfMercury, PressureUnit::Kilopascal),
        (systolic, diastolic, mean) in (sfloat(), sfloat(), sfloat()),
        timestamp in of(date_time()),
        pulse in of(sfloat()),
        user in of(any::<u8>()),
        status in of(any::<u16>()),
    ) -> BloodPressureMeasurement {
        BloodPressureMeasurement { unit, systolic, diastolic, mean, timestamp, pulse, user, status }
    }
}

prop_compose! {
    fn concentration()(
        unit in either(ConcentrationUnit::KilogramPerLitre, ConcentrationUnit::MolePerLitre),
        value in sfloat(),
        type_location: u8,
    ) -> Concentration {
        Concentration { unit, value, type_location }
    }
}

prop_compose! {
    fn glucose()(
        sequence: u16,
        base_time in date_time(),
        time_offset in of(any::<i16>()),
        concentration in of(concentration()),
        status in of(any::<u16>()),
        context_follows: bool,
    ) -> GlucoseMeasurement {
        GlucoseMeasurement { sequence, base_time, time_offset, concentration, status, context_follows }
    }
}

prop_compose! {
    fn medication()(
        code: u8,
        quantity in sfloat(),
        unit in either(MedicationUnit::Kilogram, MedicationUnit::Litre),
    ) -> Medication {
        Medication { code, quantity, unit }
    }
}

prop_compose! {
    fn context()(
        sequence: u16,
        extended_flags in of(any::<u8>()),
        carbohydrate in of((any::<u8>(), sfloat()).prop_map(|(code, quantity)| Amount { code, quantity })),
        meal in of(any::<u8>()),
        tester_health in of(any::<u8>().prop_map(TesterHealth)),
        exercise in of(any::<(u16, u8)>().prop_map(|(seconds, intensity)| Exercise { seconds, intensity })),
        medication in of(medication()),
        hba1c in of(sfloat()),
    ) -> GlucoseContext {
        GlucoseContext { sequence, extended_flags, carbohydrate, meal, tester_health, exercise, medication, hba1c }
    }
}

prop_compose! {
    fn saturation()(spo2 in sfloat(), pulse in sfloat()) -> Saturation {
        Saturation { spo2, pulse }
    }
}

prop_compose! {
    fn spot_check()(
        saturation in saturation(),
        timestamp in of(date_time()),
        status in of(any::<u16>()),
        device_status in of(0..1_u32 << 24),
        pulse_amplitude_index in of(sfloat()),
        clock_not_set: bool,
    ) -> PlxSpotCheck {
        PlxSpotCheck { saturation, timestamp, status, device_status, pulse_amplitude_index, clock_not_set }
    }
}

prop_compose! {
    fn continuous()(
        saturation in saturation(),
        fast in of(saturation()),
        slow in of(saturation()),
        status in of(any::<u16>()),
        device_status in of(0..1_u32 << 24),
        pulse_amplitude_index in of(sfloat()),
    ) -> PlxContinuous {
        PlxContinuous { saturation, fast, slow, status, device_status, pulse_amplitude_index }
    }
}

prop_compose! {
    fn temperature()(
        unit in either(TemperatureUnit::Celsius, TemperatureUnit::Fahrenheit),
        temperature in prop_oneof![any::<u32>(), 0x007F_FFFC..0x0080_0005_u32].prop_map(Float),
        timestamp in of(date_time()),
        site in of(any::<u8>()),
    ) -> TemperatureMeasurement {
        TemperatureMeasurement { unit, temperature, timestamp, site }
    }
}

fn has_flag(said: &Measurement, name: &str) -> bool {
    said.flags.iter().any(|f| f.as_str() == name)
}

/// The payload of anything decodes to the same thing, whole; every proper prefix is an error at a byte that it
/// has or at its end; a byte more is flagged and changes nothing else.
fn check_round_trip<T: PartialEq + Debug>(
    original: &T,
    payload: &[u8],
    characteristic: Characteristic,
    decode_one: impl Fn(&mut Cursor<'_>) -> Result<T, DecodeError>,
    measurement: &Measurement,
) {
    let mut cursor = Cursor::new(payload);
    assert_eq!(decode_one(&mut cursor).as_ref(), Ok(original));
    assert_eq!(cursor.remaining(), 0);
    assert_eq!(decode(characteristic, payload).unwrap(), std::slice::from_ref(measurement));
    for len in 0..payload.len() {
        let error = decode(characteristic, &payload[..len]).unwrap_err();
        assert!(error.at() <= len, "{error}");
    }
    let mut longer = decode(characteristic, &[payload, &[0]].concat()).unwrap();
    assert!(longer.iter().all(|m| has_flag(m, "trailing-bytes")));
    longer[0].flags.retain(|f| f.as_str() != "trailing-bytes");
    assert_eq!(longer, std::slice::from_ref(measurement));
}

macro_rules! round_trips {
    ($($name:ident: $strategy:ident, $profile:ident, $characteristic:ident;)+) => {
        proptest! {
            $(
                #[test]
                fn $name(original in $strategy()) {
                    let payload = original.encode();
                    let characteristic = Characteristic::$characteristic;
                    check_round_trip(&original, &payload, characteristic, $profile::decode, &original.measurement());
                }
            )+
        }
    };
}

round_trips! {
    weight_round_trips: weight, WeightMeasurement, WeightMeasurement;
    blood_pressure_round_trips: blood_pressure, BloodPressureMeasurement, BloodPressureMeasurement;
    glucose_round_trips: glucose, GlucoseMeasurement, GlucoseMeasurement;
    glucose_context_round_trips: context, GlucoseContext, GlucoseContext;
    spot_check_round_trips: spot_check, PlxSpotCheck, PlxSpotCheck;
    continuous_round_trips: continuous, PlxContinuous, PlxContinuous;
    temperature_round_trips: temperature, TemperatureMeasurement, TemperatureMeasurement;
}

/// Flag bits of the first byte that the standard reserves.
fn reserved_bits(characteristic: Characteristic) -> u8 {
    match characteristic {
        Characteristic::WeightMeasurement => 0xF0,
        Characteristic::TemperatureMeasurement => 0xF8,
        Characteristic::GlucoseContext => 0,
        _ => 0xE0,
    }
}

proptest! {
    #[test]
    fn any_bytes_decode_or_say_where_they_end(
        characteristic in prop::sample::select(Characteristic::ALL.to_vec()),
        payload in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        match decode(characteristic, &payload) {
            Ok(said) => for m in said {
                // Exactly the quantities that the contract allows for the kind, as JSON that parses.
                let allowed = m.values.keys().all(|q| m.kind.is_some_and(|k| k.accepts(*q)));
                prop_assert!(allowed, "{:?}", m);
                let json = serde_json::to_string(&m).unwrap();
                prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
            },
            Err(error) => prop_assert!(error.at() <= payload.len(), "{}", error),
        }
    }

    #[test]
    fn reserved_flag_bits_change_nothing(
        characteristic in prop::sample::select(Characteristic::ALL.to_vec()),
        payload in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut cleared = payload.clone();
        cleared[0] &= !reserved_bits(characteristic);
        prop_assert_eq!(decode(characteristic, &payload), decode(characteristic, &cleared));
    }

    #[test]
    fn a_missing_value_is_always_named(original in blood_pressure()) {
        let said = original.measurement();
        let names = [("systolic", original.systolic), ("diastolic", original.diastolic), ("mean", original.mean)];
        for (name, word) in names {
            let valued = said.values.keys().any(|q| q.as_str() == name);
            let named = said.flags.iter().any(|f| f.as_str().starts_with(&format!("{name}-")));
            prop_assert_eq!((valued, named), (word.number().finite().is_ok(), word.number().finite().is_err()));
        }
    }
}
