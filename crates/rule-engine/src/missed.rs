//! Whether somebody asked for what is forgotten.

use std::sync::atomic::{AtomicBool, Ordering};

/// Noted by whoever looks further back than is known. What was answered then may be wrong and is thrown away: conditions
/// cannot say beforehand how far they will look, and a failure on the way would be told as the rule's.
#[derive(Debug, Default)]
pub(crate) struct Missed(AtomicBool);

impl Missed {
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clone for Missed {
    fn clone(&self) -> Self {
        Self(AtomicBool::new(self.is_noted()))
    }
}
