//! The subcommands, one a file.

pub(crate) mod check;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod rules;
pub(crate) mod serve;
pub(crate) mod source;
pub(crate) mod token;
pub(crate) mod user;
