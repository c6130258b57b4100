//! Messages that leave: into real mailboxes through a real postfix, with its refusals, and to a real webhook.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

mod mail;
mod postfix;
#[path = "../support/mod.rs"]
mod support;
mod webhook;
mod world;
