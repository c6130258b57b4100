//! End to end: every service, real brokers and stores, faults.
//!
//! What the tests beside this crate share. [`Hearth`] is the `hearth` binary as a user starts it; [`Api`] and
//! [`Publisher`] are clients of its two doors. Tests wait for what they expect with [`until`], never for time
//! to pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "helpers of tests: a failure here is a failed test"
)]

mod api;
pub mod house;
mod publisher;
pub mod readings;
mod service;
mod wait;

pub use api::{Answer, Api};
pub use publisher::{Publish, Publisher};
pub use service::{Hearth, TOKEN, free_port, run};
pub use wait::{DEADLINE, until};

use std::path::{Path, PathBuf};

/// The folder of this crate, with fixtures and clients.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The folder that cargo builds into.
#[must_use]
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder().parent().unwrap().join("target"), PathBuf::from)
}
