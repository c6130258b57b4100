//! The reconciler around the rule engine: gather → evaluate → commit.
//!
//! [`PatientReplay`] is pure: a patient's journal goes in, event by event, with the wake-ups that fell due
//! between them; episodes and tasks come out. [`Reconciler`] is its driver: it is woken by commits, by time and
//! by a slow look around, takes one patient at a time, and commits the result only if nothing of that patient
//! landed in between. Doing everything twice changes nothing.

mod driver;
mod foresee;
mod gather;
mod refold;
mod replay;
mod rulebooks;
mod schedule;
mod shipped;

pub use driver::{Reconciler, ReconcilerOptions, RulesError};
pub use foresee::{Foresight, foresee};
pub use gather::{Turn, turn};
pub use refold::{Refolded, refold};
pub use replay::PatientReplay;
pub use rulebooks::{Rulebooks, load_rulebooks};
pub use shipped::{SHIPPED, install_shipped};
