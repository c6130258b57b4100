//! Structured logs on standard error. No patient data goes in: ids of tasks, sources and rows are enough.

use serde::Deserialize;
use tracing_subscriber::{EnvFilter, fmt};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Why the logs could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not one.
    #[error("log filter `{0}` is not understood; write a level, or targets with levels: `info,ingest=debug`")]
    Filter(String),
    /// Somebody did it before.
    #[error("the logs of this process have been started already")]
    Again,
}

/// Starts logging; once in a process, before anything else.
///
/// # Errors
/// [`LogError`] when `filter` cannot be read or the logs run already.
pub fn init(format: Format, filter: &str) -> Result<(), LogError> {
    let filter = parse_filter(filter)?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        Format::Text => builder.with_ansi(false).try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_| LogError::Again)
}

/// Checks a filter without using it.
///
/// # Errors
/// [`LogError::Filter`].
pub fn check_filter(filter: &str) -> Result<(), LogError> {
    parse_filter(filter).map(drop)
}

fn parse_filter(filter: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::builder().parse(filter).map_err(|_| LogError::Filter(filter.to_owned()))
}
