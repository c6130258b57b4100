//! Durations and sizes with their unit, because a bare number in a file says nothing.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

/// A duration as written in a file: `"250 ms"`, `"30 s"`, `"15 min"`, `"4 h"`, `"7 d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A size as written in a file: `"512 B"`, `"64 KiB"`, `"1 MiB"`, `"2 GiB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

const DURATIONS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = units.iter().find(|(name, _)| *name == unit.trim_start())?.1;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text, &DURATIONS).map(|ms| Self(Duration::from_millis(ms))).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is not a duration; write a whole number and ms, s, min, h or d: \"30 s\""
            ))
        })
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text, &SIZES).map(Self).ok_or_else(|| {
            D::Error::custom(format!("`{text}` is not a size; write a whole number and B, KiB, MiB or GiB: \"1 MiB\""))
        })
    }
}
