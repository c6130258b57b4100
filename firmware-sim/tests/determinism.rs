//! The same seed gives the same people, and no range depends on how it was cut.
#![allow(clippy::unwrap_used, reason = "test code")]

use chrono::TimeDelta;
use firmware_sim::{Cohort, Measurement, Persona};
use proptest::prelude::*;
use vitals::Instant;

fn anchor() -> Instant {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

fn of(person: &Persona, from: Instant, to: Instant) -> Vec<Measurement> {
    person.measurements(from, to).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_range_is_the_sum_of_its_parts(seed: u64, cuts in prop::collection::vec(0..12 * 86_400_i64, 1..12)) {
        let cohort = Cohort::new(seed, 12, anchor());
        let (from, to) = (anchor() - TimeDelta::days(10), anchor() + TimeDelta::days(2));
        let mut cuts: Vec<_> = cuts.into_iter().map(|s| from + TimeDelta::seconds(s)).chain([from, to]).collect();
        cuts.sort();
        for person in cohort.homes().iter().flat_map(|h| &h.people) {
            let whole = of(person, from, to);
            let parts: Vec<_> = cuts.windows(2).flat_map(|w| of(person, w[0], w[1])).collect();
            prop_assert_eq!(&whole, &parts);
            prop_assert!(whole.is_sorted_by_key(|m| m.at));
        }
    }

    #[test]
    fn messages_are_the_same_bytes_whenever_they_are_asked_for(seed: u64, cut in 0..3 * 86_400_i64) {
        let (one, two) = (Cohort::new(seed, 12, anchor()), Cohort::new(seed, 12, anchor()));
        let (from, to) = (anchor() - TimeDelta::days(3), anchor());
        let middle = from + TimeDelta::seconds(cut);
        for (a, b) in one.homes().iter().zip(two.homes()) {
            let parts: Vec<_> = [b.messages(from, middle), b.messages(middle, to)].concat();
            prop_assert_eq!(a.messages(from, to), parts);
        }
    }

    #[test]
    fn every_message_can_be_read_and_no_id_is_used_twice(seed: u64) {
        let cohort = Cohort::with_days(seed, 30, anchor(), 20);
        let mut ids = std::collections::HashSet::new();
        for past in cohort.history(anchor() - TimeDelta::days(20), anchor()) {
            let m = past.message;
            let (id, refused) = match m.channel {
                wire::Channel::Gatt => {
                    let batch = wire::gatt::parse_payload(&m.payload);
                    let envelope = batch.elements[0].parsed.clone().map(|a| a.envelope);
                    let decoded = envelope.clone().map(|e| {
                        let c = device_codec::Characteristic::ALL.into_iter().find(|c| c.code() == e.characteristic);
                        device_codec::decode(c.unwrap(), &e.value).unwrap()
                    });
                    (envelope.clone().ok().and_then(|e| e.id), decoded.is_err())
                }
                _ => {
                    let batch = wire::reading::parse_payload(&m.device, &m.payload);
                    let reading = batch.elements[0].parsed.clone().map(|a| a.reading);
                    (reading.clone().ok().map(|r| r.key.id), reading.is_err())
                }
            };
            prop_assert!(!refused, "{}", String::from_utf8_lossy(&m.payload));
            prop_assert_eq!(id, Some(m.id.clone()));
            prop_assert!(past.received_at > m.measured_at);
            prop_assert!(ids.insert((m.device, m.id)));
        }
    }
}

#[test]
fn a_cohort_has_as_many_people_as_asked_for() {
    for people in [0, 1, 6, 7, 24, 200] {
        let cohort = Cohort::new(1, people, anchor());
        assert_eq!(cohort.homes().iter().map(|h| h.people.len()).sum::<usize>(), usize::try_from(people).unwrap());
        let sources: std::collections::HashSet<_> = cohort.homes().iter().map(|h| &h.source).collect();
        assert_eq!(sources.len(), cohort.homes().len());
    }
}

#[test]
fn two_people_share_a_scale_by_slots() {
    let cohort = Cohort::new(1, 24, anchor());
    let shared: Vec<_> = cohort.homes().iter().flat_map(|h| &h.devices).filter(|d| d.users.len() == 2).collect();
    assert_eq!(shared.len(), 1);
    assert_eq!(shared[0].users.iter().filter_map(|u| u.slot).map(|s| s.0).collect::<Vec<_>>(), [1, 2]);
}

/// However wrong a clock is, the hub says enough to find the true time; only the vendor's meter cannot be helped.
#[test]
fn wrong_clocks_can_be_corrected_from_what_the_hub_says() {
    let cohort = Cohort::new(5, 24, anchor());
    let (mut wrong, mut gatt) = (0, 0);
    for past in cohort.history(anchor() - TimeDelta::days(90), anchor()) {
        let m = past.message;
        if m.channel != wire::Channel::Gatt {
            let batch = wire::reading::parse_payload(&m.device, &m.payload);
            let reading = batch.elements[0].parsed.clone().unwrap().reading;
            let lost = reading.measured_at.instant().timestamp() < 86_400;
            assert!(lost || reading.measured_at.instant() == m.measured_at, "{reading:?}");
            assert!(!lost || reading.clock.unwrap().error_s.is_none(), "an uncorrected time has no bound");
            continue;
        }
        let batch = wire::gatt::parse_payload(&m.payload);
        let envelope = batch.elements[0].parsed.clone().unwrap().envelope;
        let c = device_codec::Characteristic::ALL.into_iter().find(|c| c.code() == envelope.characteristic).unwrap();
        let local = device_codec::decode(c, &envelope.value).unwrap()[0].measured_at_local.unwrap();
        let device_now: chrono::NaiveDateTime = envelope.clock.unwrap().device_time.unwrap().parse().unwrap();
        let corrected = envelope.received_at.instant() - (device_now - local);
        assert!((corrected - m.measured_at).abs() <= TimeDelta::seconds(1), "{corrected} {}", m.measured_at);
        gatt += 1;
        wrong += usize::from((device_now - envelope.received_at.local().naive_local()).abs() > TimeDelta::minutes(5));
    }
    assert!(gatt > 500 && wrong > 50, "{wrong} of {gatt} by wrong clocks");
}
