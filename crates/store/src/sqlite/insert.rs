//! The statements of the hot path, which bind what changed and nothing else.

use super::fault::Fault;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, params};

/// Columns of `reading`.
const COLUMNS: usize = 23;

/// A value on its way into a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Null,
    Number(i64),
    /// of a closed list
    Word(&'static str),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl Cell<'_> {
    pub(super) fn number(number: Option<impl Into<i64>>) -> Self {
        number.map_or(Cell::Null, |number| Cell::Number(number.into()))
    }

    pub(super) fn word(word: Option<&'static str>) -> Self {
        word.map_or(Cell::Null, Cell::Word)
    }

    /// What can be remembered of it.
    fn lasting(self) -> Option<Cell<'static>> {
        match self {
            Cell::Null => Some(Cell::Null),
            Cell::Number(number) => Some(Cell::Number(number)),
            Cell::Word(word) => Some(Cell::Word(word)),
            Cell::Text(_) | Cell::Bytes(_) => None,
        }
    }
}

impl rusqlite::ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Number(number) => ValueRef::Integer(*number),
            Cell::Word(text) | Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Inserts readings. SQLite keeps what is bound from one row to the next, and rows that come together mostly share
/// their device, times of arrival, kind and clock.
pub(super) struct ReadingInsert<'db> {
    statement: CachedStatement<'db>,
    bound: [Option<Cell<'static>>; COLUMNS],
}

impl<'db> ReadingInsert<'db> {
    pub(super) fn prepare(db: &'db Connection) -> Result<Self, Fault> {
        let statement = db.prepare_cached(
            "INSERT INTO reading (seq, device, id, measured, offset_min, received, stored, digest, kind, vals, hub,
             via, raw, slot, battery, flags, admission, sample, meal, clock_source, clock_error_s,
             clock_device_time, corrects) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
             ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23) ON CONFLICT (id, device) DO NOTHING",
        )?;
        // What is not bound is null.
        Ok(Self { statement, bound: [Some(Cell::Null); COLUMNS] })
    }

    /// True if the reading is new.
    pub(super) fn execute(&mut self, row: [Cell<'_>; COLUMNS]) -> Result<bool, Fault> {
        for ((column, cell), bound) in (1..).zip(row).zip(&mut self.bound) {
            let lasting = cell.lasting();
            if lasting.is_none() || lasting != *bound {
                self.statement.raw_bind_parameter::<usize, _>(column, cell)?;
                *bound = lasting;
            }
        }
        Ok(self.statement.raw_execute()? > 0)
    }
}

/// Notes which readings are nobody's, in runs: a backlog of an unknown device is one row.
pub(super) struct Unassigned<'db> {
    statement: CachedStatement<'db>,
    run: Option<Run>,
}

struct Run {
    first: u64,
    last: u64,
    device: i64,
}

impl<'db> Unassigned<'db> {
    pub(super) fn prepare(db: &'db Connection) -> Result<Self, Fault> {
        let statement = db.prepare_cached("INSERT INTO unassigned (first, last, device) VALUES (?1, ?2, ?3)")?;
        Ok(Self { statement, run: None })
    }

    /// Reading `seq` of `device` is nobody's; positions come in order.
    pub(super) fn add(&mut self, seq: u64, device: i64) -> Result<(), Fault> {
        if let Some(run) = &mut self.run
            && run.device == device
            && run.last.checked_add(1) == Some(seq)
        {
            run.last = seq;
            return Ok(());
        }
        self.finish()?;
        self.run = Some(Run { first: seq, last: seq, device });
        Ok(())
    }

    /// Writes the last run.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        if let Some(Run { first, last, device }) = self.run.take() {
            self.statement.execute(params![first.cast_signed(), last.cast_signed(), device])?;
        }
        Ok(())
    }
}
