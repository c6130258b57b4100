//! Opening and migrating the file.

use super::SqliteOptions;
use super::fault::Fault;
use super::trail;
use crate::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::time::Duration;

/// Every migration, oldest first; a file's `user_version` is how many it has seen.
const MIGRATIONS: &[Migration] = &[
    sql(include_str!("../../migrations/0001_first.sql")),
    Migration { sql: include_str!("../../migrations/0002_accounts.sql"), after: trail::adopt },
    sql(include_str!("../../migrations/0003_outbox.sql")),
    sql(include_str!("../../migrations/0004_tasks.sql")),
    sql(include_str!("../../migrations/0006_admin.sql")),
    sql(include_str!("../../migrations/0007_team_sets.sql")),
    sql(include_str!("../../migrations/0008_standing.sql")),
    sql(include_str!("../../migrations/0009_touched.sql")),
    sql(include_str!("../../migrations/0010_less_touched.sql")),
    sql(include_str!("../../migrations/0011_device.sql")),
    sql(include_str!("../../migrations/0012_touched_rows.sql")),
];

/// One step from an older schema to a newer one.
struct Migration {
    sql: &'static str,
    /// what SQL cannot say, in the same transaction
    after: fn(&Connection) -> Result<(), Fault>,
}

const fn sql(sql: &'static str) -> Migration {
    Migration { sql, after: |_| Ok(()) }
}

/// Bytes of a page: rows are a few hundred bytes (docs/decisions/0003).
const PAGE: u32 = 8192;
/// Pages of log after which they are copied into the file: 128 MiB, so that a page which changes with every
/// commit is copied once for many.
pub(super) const CHECKPOINT: i64 = 16_384;
/// Pages of log after which the writer copies them itself, whoever waits.
pub(super) const BACKSTOP: i64 = 4 * CHECKPOINT;
/// A reader's page cache, in KiB below zero: the inner pages of the journal of a large house (20 million readings have some
/// 1,500 of them), and what lists look at.
const READER_CACHE: i64 = -65_536;
/// How long another process may hold the file before a statement gives up.
const BUSY: Duration = Duration::from_secs(10);
/// Prepared statements kept per connection.
const STATEMENTS: usize = 128;

/// The connection that writes, on a file of this version.
pub(super) fn open_writer(options: &SqliteOptions) -> Result<Connection, StoreError> {
    let open = || -> Result<Connection, Fault> {
        let mut db = Connection::open(&options.path)?;
        db.busy_timeout(BUSY)?;
        statements(&db)?;
        db.pragma_update(None, "page_size", PAGE)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // FULL: the log is synced in every commit, so that "committed" means on the disk.
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "wal_autocheckpoint", BACKSTOP)?;
        db.pragma_update(None, "cache_size", -i64::from(options.cache_kib))?;
        migrate(&mut db, MIGRATIONS)?;
        Ok(db)
    };
    open().map_err(|fault| fault.named("opening the store's file"))
}

/// How a connection keeps its statements: prepared once, whatever is bound later. Without the guarantee SQLite plans
/// those with a range in them anew for each value, which took longer than their answer.
fn statements(db: &Connection) -> Result<(), Fault> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// A connection that only reads.
pub(super) fn open_reader(options: &SqliteOptions) -> Result<Connection, StoreError> {
    let open = || -> Result<Connection, Fault> {
        // A reader of a log needs its shared memory, hence no read-only file handle; `query_only` refuses writes.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&options.path, flags)?;
        db.busy_timeout(BUSY)?;
        statements(&db)?;
        db.pragma_update(None, "query_only", true)?;
        db.pragma_update(None, "cache_size", READER_CACHE)?;
        Ok(db)
    };
    open().map_err(|fault| fault.named("opening the store's file for reading"))
}

/// A connection that only copies the log into the file.
pub(super) fn open_copier(options: &SqliteOptions) -> Result<Connection, StoreError> {
    let open = || -> Result<Connection, Fault> {
        let db = Connection::open(&options.path)?;
        // The log is synced before it is copied, and the file before the log may begin again.
        db.pragma_update(None, "synchronous", "FULL")?;
        Ok(db)
    };
    open().map_err(|fault| fault.named("opening the store's file for copying the log"))
}

/// Brings the file to the newest of `migrations`, each in a transaction of its own.
fn migrate(db: &mut Connection, migrations: &[Migration]) -> Result<(), Fault> {
    let seen: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if seen > known {
        return Err(StoreError::Invalid(format!(
            "the store's file has version {seen}, this program knows {known}; use the newer program, or restore a backup"
        ))
        .into());
    }
    for (version, migration) in (1..=known).zip(migrations).skip_while(|(version, _)| *version <= seen) {
        let step = db.transaction()?;
        step.execute_batch(migration.sql)?;
        (migration.after)(&step)?;
        step.pragma_update(None, "user_version", version)?;
        step.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_migration_runs_once_and_in_order() {
        let mut db = Connection::open_in_memory().unwrap();
        let steps = [sql("CREATE TABLE a (x)"), sql("INSERT INTO a VALUES (1)")];
        migrate(&mut db, &steps[..1]).unwrap();
        migrate(&mut db, &steps).unwrap();
        migrate(&mut db, &steps).unwrap();
        let rows: i64 = db.query_row("SELECT count(*) FROM a", [], |r| r.get(0)).unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn a_migration_that_fails_leaves_the_file_as_it_was() {
        let mut db = Connection::open_in_memory().unwrap();
        assert!(migrate(&mut db, &[sql("CREATE TABLE a (x); CREATE TABLE a (x)")]).is_err());
        migrate(&mut db, &[sql("CREATE TABLE a (x)")]).unwrap();
    }

    #[test]
    fn a_newer_file_is_refused_with_a_remedy() {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "user_version", 1007).unwrap();
        let error = migrate(&mut db, MIGRATIONS).unwrap_err().named("x").to_string();
        assert!(error.contains("version 1007") && error.contains("newer program"), "{error}");
    }
}
