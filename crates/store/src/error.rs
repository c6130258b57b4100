//! What a store can answer besides what was asked.

/// Why a store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("{0} does not exist")]
    NotFound(&'static str),
    /// It exists already, or overlaps.
    #[error("{0}")]
    Conflict(String),
    /// What was given cannot be stored as it is.
    #[error("{0}")]
    Invalid(String),
    /// Something landed in between; look again and retry.
    #[error("the patient's journal moved on; gather again")]
    Stale,
    /// The writer's queue is gone: the store is stopping or its disk failed.
    #[error("the store is not writing: {0}")]
    Unavailable(String),
    /// The database said no.
    #[error("the database refused: {context}")]
    Database {
        /// what was being done
        context: &'static str,
        /// the driver's error
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A stored value does not parse: the file is damaged or from a newer version.
    #[error("stored {what} cannot be read: {detail}")]
    Corrupt {
        /// which column
        what: &'static str,
        /// what is wrong with it
        detail: String,
    },
}
