//! Waiting for something to become true, with a deadline that only a failure reaches.

use std::time::{Duration, Instant};

/// Far beyond what any machine needs: reaching it means that what was waited for does not come.
pub const DEADLINE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What `look` finds, once it finds something.
///
/// # Panics
/// When it has found nothing until [`DEADLINE`]; the message says `what` was waited for.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "waited {} s for: {what}", DEADLINE.as_secs());
        std::thread::sleep(LOOK_AGAIN);
    }
}
