//! A device: what its row says, and what is told by its readings alone.
//!
//! In a house of many patients a device's row is a page of its own for each reading. So a plain reading leaves the row
//! alone, and whoever reads it counts in the readings after the position that it goes to, by the same fold as the writer.
//! Which readings may be left out is decided such that they are few, and found by a few steps in the index.

use super::column::{collect, corrupt, count, parsed};
use super::day::OF_DAY;
use super::fault::Fault;
use super::row;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;
use vitals::{DeviceRef, SourceId};

/// Readings of so many days may be missing in a row, from the last day that it has.
const SPAN: i64 = 7;
/// So many readings may be missing in a row.
const MANY: u32 = 16;
/// Of a source with more devices than these it is written down when it was heard; migration 0011 has the same number.
const FEW: i64 = 16;

/// The readings of a device and day that its row may not have. A query for all of the days would gather them in a table
/// of its own first, which takes longer than the seeks.
pub(super) fn missing() -> String {
    format!("SELECT d.day, d.seq, r.measured, r.received, r.slot, r.battery FROM {OF_DAY} AND d.seq > ?3")
}

/// Writes a row.
pub(super) const WRITE: &str = "UPDATE device SET last_seen=?2, last_measured=?3, battery=?4, battery_at=?5, slots=?6,
    first_day=?7, last_day=?8, received=?9, duplicate=?10, unassigned=?11, as_of=?12 WHERE number=?1";

/// A device as it is.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) number: i64,
    pub(super) last_seen: Option<i64>,
    pub(super) last_measured: Option<i64>,
    pub(super) battery: Option<u8>,
    battery_at: Option<i64>,
    pub(super) slots: BTreeSet<u8>,
    pub(super) days: Option<(i64, i64)>,
    pub(super) received: u64,
    pub(super) duplicate: u64,
    pub(super) unassigned: u64,
    written: Written,
    /// its row is to be written
    pub(super) changed: bool,
}

/// How far a row goes.
#[derive(Clone, Debug, Default)]
struct Written {
    as_of: u64,
    last_day: Option<i64>,
    /// readings that the row does not have; `None` as long as nobody looked
    missing: Option<u32>,
}

/// What a stored reading says of its device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sign {
    pub(super) day: i64,
    pub(super) measured: i64,
    pub(super) received: i64,
    pub(super) slot: Option<u8>,
    pub(super) battery: Option<u8>,
}

impl Device {
    /// One of which nothing is known yet.
    pub(super) fn new(number: i64) -> Self {
        Self {
            number,
            last_seen: None,
            last_measured: None,
            battery: None,
            battery_at: None,
            slots: BTreeSet::new(),
            days: None,
            received: 0,
            duplicate: 0,
            unassigned: 0,
            written: Written { missing: Some(0), ..Written::default() },
            changed: false,
        }
    }

    /// As its row has it; [`Self::catch_up`] makes it as it is.
    pub(super) fn written(row: &Row<'_>) -> Result<(DeviceRef, Self), Fault> {
        let name = DeviceRef { source: parsed(row, "source")?, device: parsed(row, "device")? };
        let first: Option<i64> = row.get("first_day")?;
        let last_day = row.get("last_day")?;
        let device = Self {
            number: row.get("number")?,
            last_seen: row.get("last_seen")?,
            last_measured: row.get("last_measured")?,
            battery: row.get("battery")?,
            battery_at: row.get("battery_at")?,
            slots: row::split(row.get_ref("slots")?.as_str().map_err(|e| corrupt("slots", e))?)?,
            days: first.zip(last_day),
            received: count(row, "received")?,
            duplicate: count(row, "duplicate")?,
            unassigned: count(row, "unassigned")?,
            written: Written { as_of: count(row, "as_of")?, last_day, missing: None },
            changed: false,
        };
        Ok((name, device))
    }

    /// The device in a row of `device`, as it is.
    pub(super) fn of(db: &Connection, row: &Row<'_>) -> Result<(DeviceRef, Self), Fault> {
        let (name, mut device) = Self::written(row)?;
        device.catch_up(db)?;
        Ok((name, device))
    }

    /// Counts in what its row does not have, unless that was done.
    pub(super) fn catch_up(&mut self, db: &Connection) -> Result<(), Fault> {
        if self.written.missing.is_some() {
            return Ok(());
        }
        let mut query = db.prepare_cached(&missing())?;
        let as_of = self.written.as_of.cast_signed();
        let mut missing = Vec::new();
        for day in self.written.last_day.into_iter().flat_map(|last_day| last_day..=last_missing(last_day)) {
            missing.extend(collect(query.query([day, self.number, as_of])?, sign)?);
        }
        // As they came: of two batteries measured at the same moment the later one counts.
        missing.sort_unstable_by_key(|(seq, _)| *seq);
        // Once nothing can fail any more, so that it is either as the row has it or as it is.
        self.written.missing = Some(0);
        missing.iter().for_each(|(_, sign)| self.saw(sign));
        Ok(())
    }

    /// Something of it arrived.
    pub(super) fn heard(&mut self, received: i64) {
        self.received = self.received.saturating_add(1);
        self.last_seen = self.last_seen.max(Some(received));
    }

    /// Counts a stored reading in.
    pub(super) fn saw(&mut self, sign: &Sign) {
        self.heard(sign.received);
        self.last_measured = self.last_measured.max(Some(sign.measured));
        self.days = Some(self.days.map_or((sign.day, sign.day), |(a, z)| (a.min(sign.day), z.max(sign.day))));
        self.slots.extend(sign.slot);
        if self.charged(sign) {
            self.battery = sign.battery;
            self.battery_at = Some(sign.measured);
        }
        self.written.missing = self.written.missing.map(|missing| missing.saturating_add(1));
    }

    /// Whether this reading of somebody, not counted yet, may be missing in the row: whoever catches up finds it, and no
    /// index of rows would have the device elsewhere.
    pub(super) fn may_miss(&self, sign: &Sign) -> bool {
        let Written { last_day: Some(last_day), missing: Some(missing), .. } = self.written else { return false };
        missing < MANY
            && (last_day..=last_missing(last_day)).contains(&sign.day)
            && (!self.charged(sign) || sign.battery == self.battery)
    }

    /// Whether the reading has the newest battery: a backlog must not bring back an old one.
    fn charged(&self, sign: &Sign) -> bool {
        sign.battery.is_some() && self.battery_at <= Some(sign.measured)
    }

    /// Writes its row by [`WRITE`], which has everything up to `as_of` then.
    pub(super) fn write(&mut self, update: &mut CachedStatement<'_>, as_of: u64) -> Result<(), Fault> {
        let (first_day, last_day) = self.days.unzip();
        update.execute(params![
            self.number,
            self.last_seen,
            self.last_measured,
            self.battery,
            self.battery_at,
            row::join(&self.slots),
            first_day,
            last_day,
            self.received.cast_signed(),
            self.duplicate.cast_signed(),
            self.unassigned.cast_signed(),
            as_of.cast_signed(),
        ])?;
        self.written = Written { as_of, last_day, missing: Some(0) };
        self.changed = false;
        Ok(())
    }
}

/// The last day of which a reading may be missing in a row.
fn last_missing(last_day: i64) -> i64 {
    last_day.saturating_add(SPAN - 1)
}

/// With the reading's position.
fn sign(row: &Row<'_>) -> Result<(i64, Sign), Fault> {
    let sign = Sign {
        day: row.get("day")?,
        measured: row.get("measured")?,
        received: row.get("received")?,
        slot: row.get("slot")?,
        battery: row.get("battery")?,
    };
    Ok((row.get("seq")?, sign))
}

/// The days between which the device in a row of `device` has measured, if it has; the last ones may have nothing.
pub(super) fn days(row: &Row<'_>) -> rusqlite::Result<Option<(i64, i64)>> {
    let (first, last): (Option<i64>, Option<i64>) = (row.get("first_day")?, row.get("last_day")?);
    Ok(first.zip(last.map(last_missing)))
}

/// How many items have arrived of all devices.
pub(super) fn received(db: &Connection) -> Result<u64, Fault> {
    let mut query = db.prepare_cached("SELECT * FROM device ORDER BY number")?;
    let received = collect(query.query([])?, |row| Ok(Device::of(db, row)?.1.received))?;
    Ok(received.into_iter().fold(0, u64::saturating_add))
}

/// When something of this source's devices arrived last.
pub(super) fn heard(db: &Connection, source: &SourceId) -> Result<Option<i64>, Fault> {
    let crowd: Option<Option<i64>> = db
        .prepare_cached("SELECT heard FROM crowd WHERE source = ?1")?
        .query_row([source.as_str()], |row| row.get(0))
        .optional()?;
    crowd.map_or_else(|| heard_of_each(db, source), Ok)
}

fn heard_of_each(db: &Connection, source: &SourceId) -> Result<Option<i64>, Fault> {
    let mut query = db.prepare_cached("SELECT * FROM device WHERE source = ?1")?;
    let heard = collect(query.query([source.as_str()])?, |row| Ok(Device::of(db, row)?.1.last_seen))?;
    Ok(heard.into_iter().flatten().max())
}

/// A source that has just got so many devices that it is written down when it was heard; with when that was, by the rows.
pub(super) fn crowded(db: &Connection, source: &SourceId) -> Result<Option<Option<i64>>, Fault> {
    let many: bool = db
        .prepare_cached("SELECT count(*) > ?2 FROM (SELECT 1 FROM device WHERE source = ?1 LIMIT ?2 + 1)")?
        .query_row(params![source.as_str(), FEW], |row| row.get(0))?;
    if many { heard_of_each(db, source).map(Some) } else { Ok(None) }
}
