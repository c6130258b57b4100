//! The store on one SQLite file.
/// How to open a store.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// the file
    pub path: std::path::PathBuf,
}
/// A store on one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {}
