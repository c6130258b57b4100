//! How the rest of the process reaches a connection's task: a few bits and its waker.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Waker};

/// Something is in the session's queue.
pub(crate) const OUTBOX: u8 = 1;
/// A prompt waits in the store.
pub(crate) const PROMPTS: u8 = 2;
/// Another connection takes the session.
pub(crate) const TAKE_OVER: u8 = 4;
/// The source was disabled, or its secret changed.
pub(crate) const REVOKED: u8 = 8;
/// Hearth stops.
pub(crate) const DRAIN: u8 = 16;

/// One per connection; ringing twice before it is heard is ringing once.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: AtomicU8,
    waker: Mutex<Option<Waker>>,
}

impl Bell {
    pub(crate) fn ring(&self, bits: u8) {
        self.rung.fetch_or(bits, Ordering::AcqRel);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What was rung since the last time; 0 means that the task is woken by the next ring.
    pub(crate) fn heard(&self, cx: &Context<'_>) -> u8 {
        {
            let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
            match waker.as_ref() {
                Some(known) if known.will_wake(cx.waker()) => {}
                _ => *waker = Some(cx.waker().clone()),
            }
        }
        // Looked at after the waker is in place, or a ring in between would be missed.
        self.rung.swap(0, Ordering::AcqRel)
    }
}
