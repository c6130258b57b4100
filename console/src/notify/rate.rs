//! How many messages one person gets a minute: what is more waits and leaves as one.

use care::Actor;
use care::cover::Channel;
use chrono::TimeDelta;
use std::collections::HashMap;
use vitals::Instant;

/// Messages to each person and way in the last minute.
#[derive(Debug)]
pub(super) struct Rate {
    per_minute: usize,
    sent: HashMap<(Actor, Channel), Vec<Instant>>,
}

impl Rate {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { per_minute: usize::try_from(per_minute.max(1)).unwrap_or(usize::MAX), sent: HashMap::new() }
    }

    /// Counts a message at `now`, or says from when on there is room for it.
    pub(super) fn take(&mut self, to: &Actor, channel: Channel, now: Instant) -> Result<(), Instant> {
        let minute = TimeDelta::minutes(1);
        self.sent.retain(|_, times| {
            times.retain(|at| now.signed_duration_since(*at) < minute);
            !times.is_empty()
        });
        let times = self.sent.entry((to.clone(), channel)).or_default();
        match times.first() {
            Some(oldest) if times.len() >= self.per_minute => Err(*oldest + minute),
            _ => {
                times.push(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_room_for_so_many_to_each_person() {
        let t = |s| Instant::from_timestamp(s, 0).unwrap();
        let (ada, ben) = (Actor("ada".into()), Actor("ben".into()));
        let mut rate = Rate::new(2);
        assert_eq!(rate.take(&ada, Channel::Email, t(0)), Ok(()));
        assert_eq!(rate.take(&ada, Channel::Email, t(10)), Ok(()));
        assert_eq!(rate.take(&ada, Channel::Email, t(20)), Err(t(60)));
        assert_eq!(rate.take(&ada, Channel::Webhook, t(20)), Ok(()));
        assert_eq!(rate.take(&ben, Channel::Email, t(20)), Ok(()));
        assert_eq!(rate.take(&ada, Channel::Email, t(60)), Ok(()));
        assert_eq!(rate.take(&ada, Channel::Email, t(61)), Err(t(70)));
    }
}
