//! When a failed attempt is made again.

use chrono::TimeDelta;
use std::time::Duration;

/// How long, and how often, delivery is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// before the second attempt; doubled before each further one
    pub first: Duration,
    /// never longer than this
    pub longest: Duration,
    /// attempts in all; then it is a dead end
    pub attempts: u32,
}

impl Default for Retries {
    /// About an hour and a half: greylisting and a restart of the mail server are over by then.
    fn default() -> Self {
        Self { first: Duration::from_secs(15), longest: Duration::from_secs(30 * 60), attempts: 10 }
    }
}

impl Retries {
    /// How long to wait after `failed` attempts, spread by `jitter` from 0 to 1 between half of the time and one and a
    /// half of it; none where it was the last.
    pub(crate) fn after(&self, failed: u32, jitter: f64) -> Option<TimeDelta> {
        if failed >= self.attempts {
            return None;
        }
        let doubled = 2_u32.checked_pow(failed.saturating_sub(1)).and_then(|n| self.first.checked_mul(n));
        let wait = doubled.unwrap_or(self.longest).min(self.longest);
        TimeDelta::from_std(wait.mul_f64(0.5 + jitter.clamp(0.0, 1.0))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_end() {
        let retries = Retries { first: Duration::from_secs(10), longest: Duration::from_secs(60), attempts: 6 };
        let waits: Vec<Option<i64>> = (1..=6).map(|n| retries.after(n, 0.5).map(|w| w.num_seconds())).collect();
        assert_eq!(waits, [Some(10), Some(20), Some(40), Some(60), Some(60), None]);
        assert_eq!(retries.after(1, 0.0).unwrap().num_seconds(), 5);
        assert_eq!(retries.after(1, 1.0).unwrap().num_seconds(), 15);
        assert!(Retries { attempts: u32::MAX, ..retries }.after(4_000, 0.5).is_some(), "no overflow");
    }
}
