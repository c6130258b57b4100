//! Which readings were measured on a day by a device: a table in the order of days and devices, and a small one of what
//! has just arrived. `migrations/0010_less_touched.sql` has the reason.

use super::fault::Fault;
use rusqlite::{CachedStatement, Connection, params};

/// Readings `r` that device `?2` measured on day `?1`.
pub(super) const OF_DAY: &str =
    "reading_day d CROSS JOIN reading r ON r.seq = d.seq WHERE d.day = ?1 AND d.device = ?2";

/// What has just arrived is moved when the journal passes a multiple of this: the small table has ten pages then,
/// and the pages of a day in the large one are written once for some thousand readings.
const MOVED: u64 = 4096;

/// Notes on which day a reading was measured.
pub(super) struct DayInsert<'db>(CachedStatement<'db>);

impl<'db> DayInsert<'db> {
    pub(super) fn prepare(db: &'db Connection) -> Result<Self, Fault> {
        Ok(Self(db.prepare_cached("INSERT INTO of_day_fresh (day, device, seq) VALUES (?1, ?2, ?3)")?))
    }

    /// Reading `seq` of `device` was measured on `day`.
    pub(super) fn add(&mut self, day: i64, device: i64, seq: u64) -> Result<(), Fault> {
        self.0.execute(params![day, device, seq.cast_signed()])?;
        Ok(())
    }
}

/// Moves what has just arrived, if it is time to, in the transaction that brought the journal from position `before` to
/// `now`. By the position alone, so that there is no count that a restart or an undone job could spoil.
pub(super) fn settle(db: &Connection, before: u64, now: u64) -> Result<(), Fault> {
    if before / MOVED != now / MOVED {
        db.prepare_cached("INSERT INTO of_day SELECT day, device, seq FROM of_day_fresh ORDER BY day, device, seq")?
            .execute([])?;
        db.prepare_cached("DELETE FROM of_day_fresh")?.execute([])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{SqliteOptions, device::missing, row::OF_DEVICE, schema};
    use std::sync::Arc;

    #[test]
    fn both_tables_are_sought() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(|| vitals::Instant::UNIX_EPOCH);
        let db = schema::open_writer(&SqliteOptions::new(dir.path().join("hearth.db"), clock)).unwrap();
        for sql in [
            format!("SELECT {OF_DEVICE} FROM {OF_DAY}"),
            format!("SELECT {OF_DEVICE} FROM {OF_DAY} ORDER BY r.measured DESC, r.seq DESC LIMIT ?3"),
            format!("SELECT r.seq FROM {OF_DAY} AND d.seq > ?3"),
            missing(),
            // As lists have it, for many days and devices.
            "SELECT 1 FROM meta m JOIN reading r ON r.seq IN (SELECT d.seq FROM reading_day d WHERE d.day = m.at
                AND d.device = m.seq ORDER BY d.seq DESC LIMIT 9)"
                .to_owned(),
        ] {
            let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps: Vec<String> = plan.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect();
            for table in ["of_day", "of_day_fresh"] {
                let seek = format!("SEARCH {table} USING PRIMARY KEY (day=? AND device=?");
                assert!(steps.iter().any(|step| step.starts_with(&seek)), "{sql}: {steps:#?}");
            }
            let whole = |step: &String| step.starts_with("SCAN") && step != "SCAN m";
            assert!(!steps.iter().any(whole), "{sql}: {steps:#?}");
        }
    }
}
