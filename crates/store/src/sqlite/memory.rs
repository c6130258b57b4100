//! What the writer remembers between commits, so that a reading costs no lookups.

use super::column::{collect, corrupt, count, instant, micros, parsed};
use super::fault::Fault;
use super::record::load_assignments;
use super::row;
use super::sight::load_teams;
use super::writer::Changes;
use crate::{Ledger, StoreError};
use care::{Assignments, PatientId, TeamId};
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use vitals::{DeviceRef, Instant, Reading};

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

/// A device as the writer knows it.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) number: i64,
    pub(super) last_seen: Option<i64>,
    pub(super) last_measured: Option<i64>,
    pub(super) battery: Option<u8>,
    pub(super) battery_at: Option<i64>,
    pub(super) slots: BTreeSet<u8>,
    pub(super) days: Option<(i64, i64)>,
    pub(super) received: u64,
    pub(super) duplicate: u64,
    pub(super) unassigned: u64,
    changed: bool,
}

/// Where a device stands in the writer's memory, for as long as a job runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(usize);

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
        let mut patients = db.prepare_cached("SELECT number, id FROM patient")?;
        let named = collect(devices.query([])?, load_device)?;
        let places = named.iter().enumerate().map(|(at, (name, _))| (name.clone(), Place(at))).collect();
        Ok(Self {
            numbers,
            last_commit: numbers.at,
            places,
            devices: named.into_iter().map(|(_, device)| device).collect(),
            changed_devices: Vec::new(),
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
        if !self.changed_devices.is_empty() {
            let mut update = db.prepare_cached(
                "UPDATE device SET last_seen=?2, last_measured=?3, battery=?4, battery_at=?5, slots=?6, first_day=?7,
                 last_day=?8, received=?9, duplicate=?10, unassigned=?11 WHERE number=?1",
            )?;
            for place in self.changed_devices.drain(..) {
                let Some(d) = self.devices.get_mut(place.0) else { continue };
                d.changed = false;
                update.execute(params![
                    d.number,
                    d.last_seen,
                    d.last_measured,
                    d.battery,
                    d.battery_at,
                    row::join(&d.slots),
                    d.days.map(|days| days.0),
                    d.days.map(|days| days.1),
                    d.received.cast_signed(),
                    d.duplicate.cast_signed(),
                    d.unassigned.cast_signed(),
                ])?;
            }
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
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        self.tainted = true;
        db.prepare_cached("INSERT INTO device (source, device) VALUES (?1, ?2)")?
            .execute(params![name.source.as_str(), name.device.as_str()])?;
        let place = Place(self.devices.len());
        self.devices.push(Device::new(db.last_insert_rowid()));
        self.places.insert(name.clone(), place);
        Ok(place)
    }

    /// The device that stands there; what the caller changes is written with the commit.
    pub(super) fn device_at(&mut self, place: Place) -> Result<&mut Device, Fault> {
        self.tainted = true;
        let Some(device) = self.devices.get_mut(place.0) else { return Err(corrupt("device", "it was just entered")) };
        if !std::mem::replace(&mut device.changed, true) {
            self.changed_devices.push(place);
        }
        Ok(device)
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

impl Device {
    fn new(number: i64) -> Self {
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
            changed: false,
        }
    }

    /// Notes what a stored reading says of its device.
    pub(super) fn saw(&mut self, reading: &Reading, day: i64) {
        let measured = reading.measured_at.micros();
        self.last_measured = self.last_measured.max(Some(measured));
        self.days = Some(self.days.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
        self.slots.extend(reading.user_slot.map(|slot| slot.0));
        // A backlog must not bring back an old battery.
        if reading.battery.is_some() && self.battery_at <= Some(measured) {
            self.battery = reading.battery;
            self.battery_at = Some(measured);
        }
    }
}

fn load_device(row: &rusqlite::Row<'_>) -> Result<(DeviceRef, Device), Fault> {
    let name = DeviceRef { source: parsed(row, "source")?, device: parsed(row, "device")? };
    let first: Option<i64> = row.get("first_day")?;
    let device = Device {
        number: row.get("number")?,
        last_seen: row.get("last_seen")?,
        last_measured: row.get("last_measured")?,
        battery: row.get("battery")?,
        battery_at: row.get("battery_at")?,
        slots: row::split(row.get_ref("slots")?.as_str().map_err(|e| corrupt("slots", e))?)?,
        days: first.zip(row.get("last_day")?),
        received: count(row, "received")?,
        duplicate: count(row, "duplicate")?,
        unassigned: count(row, "unassigned")?,
        changed: false,
    };
    Ok((name, device))
}
