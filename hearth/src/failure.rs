//! How a command ends badly: a few lines on standard error and an exit code.

use std::{error::Error, process::ExitCode};

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    lines: Vec<String>,
}

impl Failure {
    /// It could not be done: exit code 1.
    pub(crate) fn expected(line: impl Into<String>) -> Self {
        Self { code: 1, lines: vec![line.into()] }
    }

    /// What was given cannot be read: exit code 2.
    pub(crate) fn malformed(line: impl Into<String>) -> Self {
        Self { code: 2, lines: vec![line.into()] }
    }

    /// Several mistakes at once: exit code 1.
    pub(crate) fn mistakes(lines: Vec<String>) -> Self {
        Self { code: 1, lines }
    }

    /// Exit code 1 after a report that has said everything.
    pub(crate) const fn reported() -> Self {
        Self { code: 1, lines: Vec::new() }
    }

    /// Says what was being tried when `error` came.
    pub(crate) fn because(doing: impl std::fmt::Display, error: &dyn Error) -> Self {
        Self::expected(format!("{doing}: {}", chain(error)))
    }

    /// What it would print.
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }

    /// Prints the lines and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        for line in &self.lines {
            eprintln!("{line}");
        }
        ExitCode::from(self.code)
    }
}

/// The error and what caused it, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Self::expected(chain(&error))
    }
}

/// Writing to standard output is the only I/O whose error is not explained where it happens. A reader that has
/// gone away (`hearth export | head`) is no failure.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { code: 0, lines: Vec::new() };
        }
        Self::expected(format!("writing to standard output: {error}"))
    }
}
