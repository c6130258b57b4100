//! How many readings a second a source may send: a token bucket that may go into debt.

use std::time::Duration;
use tokio::time::Instant;

/// Readings are taken as they come and then counted; who is in debt is not read until it is paid.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { per_second: f64::from(per_second.max(1)), burst, tokens: burst, at: now }
    }

    /// Counts `readings`; `Some` is how long the source is to be left alone.
    pub(crate) fn take(&mut self, readings: usize, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        let readings = f64::from(u32::try_from(readings).unwrap_or(u32::MAX));
        self.tokens = elapsed.mul_add(self.per_second, self.tokens).min(self.burst) - readings;
        (self.tokens < 0.0).then(|| Duration::from_secs_f64(-self.tokens / self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_long_run_rate_is_kept_and_a_burst_is_free() {
        let start = Instant::now();
        let mut bucket = Bucket::new(2_000, 10_000, start);
        assert_eq!(bucket.take(10_000, start), None);
        assert_eq!(bucket.take(1_000, start), Some(Duration::from_millis(500)));
        assert_eq!(bucket.take(0, start + Duration::from_millis(500)), None);
        assert_eq!(bucket.take(10_000, start + Duration::from_secs(60)), None);
        assert!(bucket.take(1, start + Duration::from_secs(60)).is_some());
    }
}
