//! Both ways in, over real sockets and a real store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    unreachable_pub,
    reason = "test code"
)]

mod acknowledgement;
mod broker;
mod clients;
mod life;
mod prompt;
mod refusal;
mod session;
mod time;
mod world;
