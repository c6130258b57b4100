//! A value that changes in event time.

use serde::{Deserialize, Serialize};
use vitals::Instant;

/// What was set, from when it holds, in the order in which it was entered.
///
/// A later entry wins over an earlier one from its own `from` on; that is what "effective from" means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline<T> {
    entries: Vec<(Instant, T)>,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Timeline<T> {
    /// Enters `value`, in force from `from` on, whatever was entered before for that time.
    pub fn set(&mut self, from: Instant, value: T) {
        self.entries.retain(|(existing, _)| *existing < from);
        self.entries.push((from, value));
    }

    /// The value in force at `time`; before the first entry, none.
    #[must_use]
    pub fn at(&self, time: Instant) -> Option<&T> {
        self.entries.iter().rev().find(|(from, _)| *from <= time).map(|(_, value)| value)
    }

    /// The value in force at `time`, or the first one ever entered.
    #[must_use]
    pub fn at_or_first(&self, time: Instant) -> Option<&T> {
        self.at(time).or_else(|| self.entries.first().map(|(_, value)| value))
    }

    /// The value that was entered last.
    #[must_use]
    pub fn latest(&self) -> Option<&T> {
        self.entries.last().map(|(_, value)| value)
    }

    /// Every entry with the time from which it holds, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Instant, &T)> {
        self.entries.iter().map(|(from, value)| (*from, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(seconds: i64) -> Instant {
        Instant::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_later_entry_wins_from_its_own_time_on() {
        let mut line = Timeline::default();
        line.set(t(0), "a");
        line.set(t(10), "b");
        line.set(t(5), "c");
        assert_eq!(line.at(t(4)), Some(&"a"));
        assert_eq!(line.at(t(5)), Some(&"c"));
        assert_eq!(line.at(t(20)), Some(&"c"), "what was entered later replaces what it reaches");
        assert_eq!(line.at(t(-1)), None);
        assert_eq!(line.at_or_first(t(-1)), Some(&"a"));
    }
}
