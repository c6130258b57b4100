//! Errors inside the store, before the caller's context is added.

use crate::StoreError;

/// What can go wrong inside; [`Fault::named`] adds what was being done.
#[derive(Debug)]
pub(super) enum Fault {
    /// an answer to the caller
    Store(StoreError),
    /// the driver's
    Sqlite(rusqlite::Error),
}

impl Fault {
    /// The caller's error.
    pub(super) fn named(self, context: &'static str) -> StoreError {
        match self {
            Fault::Store(error) => error,
            Fault::Sqlite(source) => StoreError::Database { context, source: Box::new(source) },
        }
    }

    /// Whether a unique index refused.
    pub(super) fn is_unique_violation(&self) -> bool {
        let Fault::Sqlite(rusqlite::Error::SqliteFailure(error, _)) = self else { return false };
        matches!(
            error.extended_code,
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        )
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Store(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sqlite(error)
    }
}
