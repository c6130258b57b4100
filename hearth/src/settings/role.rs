//! What one process does of the whole.

use clap::ValueEnum;

/// A part of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Role {
    /// the MQTT endpoint
    Mqtt,
    /// the subscription to a broker
    Ingest,
    /// the rules
    Rules,
    /// web pages and API
    Console,
}

/// The parts that this process runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Roles {
    pub(crate) mqtt: bool,
    pub(crate) ingest: bool,
    pub(crate) rules: bool,
    pub(crate) console: bool,
}

impl Roles {
    pub(crate) const ALL: Roles = Roles { mqtt: true, ingest: true, rules: true, console: true };

    /// The roles named; all when none is.
    pub(crate) fn of(named: &[Role]) -> Self {
        if named.is_empty() {
            return Self::ALL;
        }
        let has = |role| named.contains(&role);
        Self { mqtt: has(Role::Mqtt), ingest: has(Role::Ingest), rules: has(Role::Rules), console: has(Role::Console) }
    }
}
