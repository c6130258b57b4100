//! What the writer remembers between commits, so that a reading costs no lookups.

use super::column::{collect, corrupt, instant, micros, parsed};
use super::device::{self, Device, Sign};
use super::fault::Fault;
use super::record::load_assignments;
use super::sight::load_teams;
use super::writer::Changes;
use crate::{Ledger, StoreError};
use care::{Assignments, PatientId, TeamId};
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use vitals::{DeviceRef, Instant, Reading, SourceId};

/// Where the journal stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    /// last position given
    pub(super) seq: u64,
    /// last stamp given, microseconds
    pub(super) at: Option<i64>,
    /// the ledger
    pub(super) ledger: Ledger,
}

/// Where a device stands in the writer's memory, for as long as a job runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(usize);

/// A source of many devices, of which the file says when it was heard.
#[derive(Clone, Copy, Debug)]
struct Crowd {
    heard: Option<i64>,
    changed: bool,
}

/// The writer's memory. Everything in it can be read anew from the file.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) numbers: Numbers,
    /// stamp of the commit before this one
    pub(super) last_commit: Option<i64>,
    /// where each device stands in `devices`
    places: HashMap<DeviceRef, Place>,
    devices: Vec<Device>,
    changed_devices: Vec<Place>,
    /// sources of many devices
    crowds: HashMap<SourceId, Crowd>,
    patients: HashMap<PatientId, i64>,
    pub(super) assignments: Assignments,
    /// whose those are who belong to a team
    teams: HashMap<PatientId, Arc<BTreeSet<TeamId>>>,
    heads: HashMap<i64, (PatientId, u64)>,
    /// a map was changed since the savepoint
    tainted: bool,
}

impl Memory {
    pub(super) fn load(db: &Connection) -> Result<Self, Fault> {
        let numbers = db.prepare_cached("SELECT * FROM meta")?.query_row([], |row| {
            let n = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
            let ledger = Ledger {
                received: n("received")?,
                stored: n("stored")?,
                duplicate: n("duplicate")?,
                quarantined: n("quarantined")?,
            };
            Ok(Numbers { seq: n("seq")?, at: row.get("at")?, ledger })
        })?;
        let mut devices = db.prepare_cached("SELECT * FROM device")?;
        let mut crowds = db.prepare_cached("SELECT source, heard FROM crowd")?;
        let mut patients = db.prepare_cached("SELECT number, id FROM patient")?;
        let named = collect(devices.query([])?, Device::written)?;
        let places = named.iter().enumerate().map(|(at, (name, _))| (name.clone(), Place(at))).collect();
        Ok(Self {
            numbers,
            last_commit: numbers.at,
            places,
            devices: named.into_iter().map(|(_, device)| device).collect(),
            changed_devices: Vec::new(),
            crowds: collect(crowds.query([])?, |row| {
                Ok((parsed(row, "source")?, Crowd { heard: row.get("heard")?, changed: false }))
            })?
            .into_iter()
            .collect(),
            patients: collect(patients.query([])?, |row| Ok((parsed(row, "id")?, row.get("number")?)))?
                .into_iter()
                .collect(),
            assignments: load_assignments(db)?,
            teams: load_teams(db)?.into_iter().map(|(id, teams)| (id, Arc::new(teams))).collect(),
            heads: HashMap::new(),
            tainted: false,
        })
    }

    /// The stamp of a commit that begins now: after every earlier one, whatever the clock says.
    pub(super) fn stamp(&mut self, now: Instant) -> Instant {
        self.last_commit = self.numbers.at;
        let at = self.numbers.at.map_or(micros(now), |last| micros(now).max(last.saturating_add(1)));
        self.numbers.at = Some(at);
        instant("at", at).unwrap_or(now)
    }

    /// The next position.
    pub(super) fn next_seq(&mut self) -> u64 {
        self.numbers.seq = self.numbers.seq.saturating_add(1);
        self.numbers.seq
    }

    /// Writes what was gathered of devices and patients.
    pub(super) fn flush(&mut self, db: &Connection, changes: &mut Changes) -> Result<(), Fault> {
        self.flush_devices(db)?;
        for (source, crowd) in self.crowds.iter_mut().filter(|(_, crowd)| crowd.changed) {
            crowd.changed = false;
            db.prepare_cached("UPDATE crowd SET heard = ?2 WHERE source = ?1")?
                .execute(params![source.as_str(), crowd.heard])?;
        }
        if !self.heads.is_empty() {
            let mut update = db
                .prepare_cached("INSERT INTO waiting VALUES (?1, ?2) ON CONFLICT DO UPDATE SET head = excluded.head")?;
            for (number, (id, head)) in self.heads.drain() {
                update.execute(params![number, head.cast_signed()])?;
                changes.patients.insert(id.clone());
                changes.dirty.insert(id);
            }
        }
        Ok(())
    }

    fn flush_devices(&mut self, db: &Connection) -> Result<(), Fault> {
        if self.changed_devices.is_empty() {
            return Ok(());
        }
        let mut update = db.prepare_cached(device::WRITE)?;
        for place in self.changed_devices.drain(..) {
            let Some(device) = self.devices.get_mut(place.0) else { continue };
            device.write(&mut update, self.numbers.seq)?;
        }
        Ok(())
    }

    /// Writes where the journal stands.
    pub(super) fn save(&self, db: &Connection, at: Instant) -> Result<(), Fault> {
        let Numbers { seq, ledger, .. } = self.numbers;
        db.prepare_cached("UPDATE meta SET seq=?1, at=?2, received=?3, stored=?4, duplicate=?5, quarantined=?6")?
            .execute(params![
                seq.cast_signed(),
                micros(at),
                ledger.received.cast_signed(),
                ledger.stored.cast_signed(),
                ledger.duplicate.cast_signed(),
                ledger.quarantined.cast_signed(),
            ])?;
        Ok(())
    }

    /// Before a job that may fail alone; everything gathered is written by now.
    pub(super) fn begin_guarded(&mut self) -> Numbers {
        self.tainted = false;
        self.numbers
    }

    /// Such a job failed, and its savepoint was undone.
    pub(super) fn undo_guarded(&mut self, db: &Connection, numbers: Numbers) -> Result<(), Fault> {
        if self.tainted {
            let last_commit = self.last_commit;
            *self = Self::load(db)?;
            self.last_commit = last_commit;
        }
        self.numbers = numbers;
        self.heads.clear();
        self.changed_devices.clear();
        Ok(())
    }

    /// The device, entered if it is new; what the caller changes is written with the commit.
    pub(super) fn device(&mut self, db: &Connection, name: &DeviceRef) -> Result<&mut Device, Fault> {
        let place = self.device_place(db, name)?;
        self.device_at(place)
    }

    /// Where the device stands, which is entered if it is new: found once, it is looked at for many readings.
    pub(super) fn device_place(&mut self, db: &Connection, name: &DeviceRef) -> Result<Place, Fault> {
        let Some(place) = self.places.get(name) else { return self.enter_device(db, name) };
        if let Some(device) = self.devices.get_mut(place.0) {
            device.catch_up(db)?;
        }
        Ok(*place)
    }

    fn enter_device(&mut self, db: &Connection, name: &DeviceRef) -> Result<Place, Fault> {
        self.tainted = true;
        db.prepare_cached("INSERT INTO device (source, device) VALUES (?1, ?2)")?
            .execute(params![name.source.as_str(), name.device.as_str()])?;
        let place = Place(self.devices.len());
        self.devices.push(Device::new(db.last_insert_rowid()));
        self.places.insert(name.clone(), place);
        if !self.crowds.contains_key(&name.source) {
            // What is counted already must stand in the rows that are asked.
            self.flush_devices(db)?;
            if let Some(heard) = device::crowded(db, &name.source)? {
                db.prepare_cached("INSERT INTO crowd VALUES (?1, ?2)")?
                    .execute(params![name.source.as_str(), heard])?;
                self.crowds.insert(name.source.clone(), Crowd { heard, changed: false });
            }
        }
        Ok(place)
    }

    /// The number of the device, which is entered if it is new.
    pub(super) fn device_number(&mut self, db: &Connection, name: &DeviceRef) -> Result<i64, Fault> {
        let place = self.device_place(db, name)?;
        self.number_at(place)
    }

    /// The number of the device that stands there.
    pub(super) fn number_at(&self, place: Place) -> Result<i64, Fault> {
        self.devices.get(place.0).map(|device| device.number).ok_or_else(nowhere)
    }

    /// The device that stands there; what the caller changes is written with the commit.
    pub(super) fn device_at(&mut self, place: Place) -> Result<&mut Device, Fault> {
        self.tainted = true;
        let device = self.devices.get_mut(place.0).ok_or_else(nowhere)?;
        if !std::mem::replace(&mut device.changed, true) {
            self.changed_devices.push(place);
        }
        Ok(device)
    }

    /// A reading of the device that stands there was stored, and is somebody's or not; its row is written if it must be.
    pub(super) fn saw(&mut self, place: Place, sign: &Sign, owned: bool) -> Result<(), Fault> {
        self.tainted = true;
        let device = self.devices.get_mut(place.0).ok_or_else(nowhere)?;
        if owned && device.may_miss(sign) {
            device.saw(sign);
            return Ok(());
        }
        let device = self.device_at(place)?;
        device.saw(sign);
        if !owned {
            device.unassigned = device.unassigned.saturating_add(1);
        }
        Ok(())
    }

    /// Something of a device of this source arrived then.
    pub(super) fn heard(&mut self, source: &SourceId, received: i64) {
        if let Some(crowd) = self.crowds.get_mut(source)
            && crowd.heard < Some(received)
        {
            self.tainted = true;
            *crowd = Crowd { heard: Some(received), changed: true };
        }
    }

    /// The device with this number.
    pub(super) fn device_name(&self, number: i64) -> Option<DeviceRef> {
        let place = self.devices.iter().position(|device| device.number == number)?;
        self.places.iter().find(|(_, p)| p.0 == place).map(|(name, _)| name.clone())
    }

    /// The patient's number.
    pub(super) fn patient(&self, id: &PatientId) -> Result<i64, StoreError> {
        self.patients.get(id).copied().ok_or(StoreError::NotFound("the patient"))
    }

    /// The patient's teams, if there are any.
    pub(super) fn teams(&self, id: &PatientId) -> Option<&Arc<BTreeSet<TeamId>>> {
        self.teams.get(id)
    }

    /// Remembers whose the patient is now.
    pub(super) fn set_teams(&mut self, id: &PatientId, teams: &BTreeSet<TeamId>) {
        self.tainted = true;
        if teams.is_empty() {
            self.teams.remove(id);
        } else {
            self.teams.insert(id.clone(), Arc::new(teams.clone()));
        }
    }

    /// Every patient.
    pub(super) fn everybody(&self) -> Vec<(i64, PatientId)> {
        self.patients.iter().map(|(id, number)| (*number, id.clone())).collect()
    }

    /// Remembers a patient that was just entered.
    pub(super) fn enter_patient(&mut self, id: PatientId, number: i64) {
        self.tainted = true;
        self.patients.insert(id, number);
    }

    /// The assignments, to be changed; the change is undone with the job.
    pub(super) fn assignments_mut(&mut self) -> &mut Assignments {
        self.tainted = true;
        &mut self.assignments
    }

    /// Whose a reading of `device` is, by number.
    pub(super) fn owner(&self, device: &DeviceRef, reading: &Reading) -> Option<(i64, &PatientId)> {
        let id = self.assignments.patient_of(device, reading.user_slot, reading.measured_at.instant())?;
        self.patients.get(id).map(|number| (*number, id))
    }

    /// Event `seq` is this patient's too.
    pub(super) fn concern(&mut self, db: &Connection, number: i64, id: &PatientId, seq: u64) -> Result<(), Fault> {
        db.prepare_cached("INSERT INTO unfolded (patient, seq) VALUES (?1, ?2)")?
            .execute(params![number, seq.cast_signed()])?;
        match self.heads.get_mut(&number) {
            Some((_, head)) => *head = seq,
            None => drop(self.heads.insert(number, (id.clone(), seq))),
        }
        Ok(())
    }
}

fn nowhere() -> Fault {
    corrupt("device", "it was just entered")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{SqliteOptions, schema};

    /// What a guarded job may do: a reading on this day, of which the row need not know.
    fn store(db: &Connection, memory: &mut Memory, name: &DeviceRef, day: i64) {
        let place = memory.device_place(db, name).unwrap();
        let (seq, device) = (memory.next_seq().cast_signed(), memory.number_at(place).unwrap());
        db.execute(
            "INSERT INTO reading (seq, device, id, measured, offset_min, received, stored, digest, kind, vals, hub, via,
             raw) VALUES (?1, ?2, ?1, ?3, 0, ?3, 0, x'', '', '', FALSE, '', x'')",
            [seq, device, day],
        )
        .unwrap();
        db.execute("INSERT INTO of_day_fresh VALUES (?1, ?2, ?3)", [day, device, seq]).unwrap();
        memory.saw(place, &Sign { day, measured: day, received: day, slot: None, battery: None }, true).unwrap();
    }

    #[test]
    fn what_was_undone_is_not_counted() {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(dir.path().join("hearth.db"), Arc::new(|| Instant::UNIX_EPOCH));
        let db = schema::open_writer(&options).unwrap();
        let mut memory = Memory::load(&db).unwrap();
        let name = DeviceRef { source: "hub".parse().unwrap(), device: "scale".parse().unwrap() };
        let mut changes = Changes::default();
        store(&db, &mut memory, &name, 1);
        memory.flush(&db, &mut changes).unwrap();
        store(&db, &mut memory, &name, 2);
        memory.flush(&db, &mut changes).unwrap();
        for flushed in [false, true] {
            db.execute_batch("SAVEPOINT job").unwrap();
            let numbers = memory.begin_guarded();
            (3..30).for_each(|day| store(&db, &mut memory, &name, day));
            if flushed {
                memory.flush(&db, &mut changes).unwrap();
            }
            db.execute_batch("ROLLBACK TO job; RELEASE job").unwrap();
            memory.undo_guarded(&db, numbers).unwrap();
            let place = memory.device_place(&db, &name).unwrap();
            let device = memory.devices.get(place.0).unwrap();
            assert_eq!((device.received, device.days, device.last_seen), (2, Some((1, 2)), Some(2)));
        }
        store(&db, &mut memory, &name, 3);
        memory.flush(&db, &mut changes).unwrap();
        let read = db.query_row("SELECT * FROM device", [], |row| Ok(Device::of(&db, row))).unwrap().unwrap().1;
        assert_eq!((read.received, read.days), (3, Some((1, 3))));
    }
}
