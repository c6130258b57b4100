//! Chance, by seed: every draw is named by what it is for, so that no draw depends on another's having happened.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use vitals::Decimal;

/// What a stream of chance is for. Part of its seed: a new purpose never disturbs an old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Body = 1,
    Weight = 2,
    Pressure = 3,
    Glucose = 4,
    Oxygen = 5,
    Temperature = 6,
    Spot = 7,
    Home = 8,
    Delivery = 9,
    Conductor = 10,
}

/// The chance of `purpose` for `who` at `when` (a day or a second).
pub(crate) fn chance(seed: u64, purpose: Purpose, who: u32, when: i64) -> StdRng {
    let parts = [purpose as u64, u64::from(who), when.cast_unsigned()];
    StdRng::seed_from_u64(parts.into_iter().fold(seed, |state, part| scramble(state ^ scramble(part))))
}

/// The finaliser of SplitMix64: neighbouring inputs give unrelated outputs.
fn scramble(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A standard normal draw as a sum of twelve uniform ones: no library function whose last digit differs between
/// machines, and no value beyond six.
pub(crate) fn normal(rng: &mut StdRng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// `value` with `places` decimals; zero for what is no number.
pub(crate) fn rounded(value: f64, places: u32) -> Decimal {
    Decimal::from_f64_retain(value).unwrap_or_default().round_dp(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_named_not_counted() {
        let draw = |who, when| normal(&mut chance(7, Purpose::Weight, who, when));
        assert_eq!(draw(1, 20), draw(1, 20));
        assert_ne!(draw(1, 20), draw(1, 21));
        assert_ne!(draw(1, 20), draw(2, 20));
    }

    #[test]
    fn a_normal_draw_is_normal_enough() {
        let mut rng = chance(1, Purpose::Body, 0, 0);
        let draws: Vec<f64> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let sd = (draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0).sqrt();
        assert!(mean.abs() < 0.03 && (sd - 1.0).abs() < 0.03, "{mean} {sd}");
    }
}
