//! Repeated refusals slow down, by address and by source, so that a client that cannot succeed costs little.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;
use tokio::time::Instant;

/// Refusals that go unpunished: somebody mistypes a password.
const FREE: u32 = 3;
/// First delay; doubles with each further refusal.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
/// Forgotten after so long without a refusal.
const MEMORY: Duration = Duration::from_secs(60);
/// Most keys remembered; further ones go unpunished rather than fill the memory.
const MOST: usize = 16_384;

/// Who was refused how often lately.
#[derive(Debug)]
pub(crate) struct Penalties<K> {
    refused: HashMap<K, (u32, Instant)>,
}

impl<K: Hash + Eq> Penalties<K> {
    pub(crate) fn new() -> Self {
        Self { refused: HashMap::new() }
    }

    /// Notes a refusal.
    pub(crate) fn note(&mut self, key: K, now: Instant) {
        if self.refused.len() >= MOST {
            self.forget(now);
        }
        if self.refused.len() < MOST || self.refused.contains_key(&key) {
            let (count, at) = self.refused.entry(key).or_insert((0, now));
            *count = count.saturating_add(1);
            *at = now;
        }
    }

    /// How long `key` waits for its next answer.
    pub(crate) fn delay(&self, key: &K, now: Instant) -> Duration {
        match self.refused.get(key) {
            Some((count, at)) if *count > FREE && now.saturating_duration_since(*at) < MEMORY => {
                let doublings = (count - FREE - 1).min(16);
                FIRST.saturating_mul(1 << doublings).min(LONGEST)
            }
            _ => Duration::ZERO,
        }
    }

    /// Drops what is old.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.refused.retain(|_, (_, at)| now.saturating_duration_since(*at) < MEMORY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn delays_double_up_to_a_bound_and_are_forgotten() {
        let now = Instant::now();
        let mut penalties = Penalties::new();
        for _ in 0..FREE {
            penalties.note("a", now);
        }
        assert_eq!(penalties.delay(&"a", now), Duration::ZERO);
        penalties.note("a", now);
        assert_eq!(penalties.delay(&"a", now), FIRST);
        for _ in 0..40 {
            penalties.note("a", now);
        }
        assert_eq!(penalties.delay(&"a", now), LONGEST);
        assert_eq!(penalties.delay(&"b", now), Duration::ZERO);
        assert_eq!(penalties.delay(&"a", now + MEMORY), Duration::ZERO);
        penalties.forget(now + MEMORY);
        assert!(penalties.refused.is_empty());
    }
}
