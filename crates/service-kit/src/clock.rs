//! The clock as an argument: the system's, or one that a test moves by hand.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// Tells the time; cloned into whoever needs it.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(watch::Receiver<DateTime<Utc>>),
}

/// Moves the [`Clock`] that it was made with.
#[derive(Debug, Clone)]
pub struct ManualClock(watch::Sender<DateTime<Utc>>);

impl Clock {
    /// The clock of this machine.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until its [`ManualClock`] moves it.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> (Self, ManualClock) {
        let (sender, receiver) = watch::channel(start);
        (Self(Source::Manual(receiver)), ManualClock(sender))
    }

    /// The time now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the system clock is read")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => Utc::now(),
            Source::Manual(time) => *time.borrow(),
        }
    }

    /// Returns when the clock shows `instant` or later.
    ///
    /// A manual clock wakes only when it is moved, and never again once its [`ManualClock`] is gone. The system
    /// clock may be set while somebody sleeps, so it is looked at again at least once a minute.
    pub async fn sleep_until(&self, instant: DateTime<Utc>) {
        match &self.0 {
            Source::System => {
                while let Ok(left) = (instant - self.now()).to_std() {
                    if left.is_zero() {
                        return;
                    }
                    tokio::time::sleep(left.min(std::time::Duration::from_secs(60))).await;
                }
            }
            Source::Manual(time) => {
                if time.clone().wait_for(|now| *now >= instant).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

impl ManualClock {
    /// Moves the clock forward (or back, for a negative `by`); a sum outside the calendar leaves it where it is.
    pub fn advance(&self, by: TimeDelta) {
        self.0.send_modify(|now| *now = now.checked_add_signed(by).unwrap_or(*now));
    }

    /// Sets the clock.
    pub fn set(&self, now: DateTime<Utc>) {
        self.0.send_replace(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_moves_only_by_hand_and_wakes_sleepers() {
        let start = DateTime::UNIX_EPOCH;
        let (clock, hand) = Clock::manual(start);
        assert_eq!(clock.now(), start);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(start + TimeDelta::hours(1)).await }
        });
        hand.advance(TimeDelta::minutes(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        hand.advance(TimeDelta::minutes(1));
        sleeper.await.unwrap();
        hand.set(start);
        assert_eq!(clock.now(), start);
    }
}
