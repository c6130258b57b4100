//! Who may come in, and what they may do: one table, one guard.

pub(crate) mod accounts;
pub(crate) mod agent;
pub(crate) mod audit;
mod caller;
pub(crate) mod guard;
pub(crate) mod oidc;
pub(crate) mod provision;
pub(crate) mod second_factor;
pub(crate) mod secret;
pub(crate) mod session;
pub(crate) mod step;
pub(crate) mod table;

pub(crate) use audit::{AuditDetail, AuditSubject, OnlyLooked};
pub(crate) use caller::{Caller, Credential, scope_of};
pub(crate) use guard::guard;
