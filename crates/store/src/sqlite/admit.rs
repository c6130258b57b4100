//! Readings in: the hot path of the writer.

use super::fault::Fault;
use super::memory::Place;
use super::row::{self, IdColumn};
use super::writer::Commit;
use crate::{Admit, AdmitItem, Admitted, ItemStatus, RefusedItem, StoreError, Via};
use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use vitals::{ContentDigest, DeviceRef, Reading};

/// A message, encoded by its caller so that the writer need not.
pub(super) struct Message {
    device: DeviceRef,
    admit: Admit,
    encoded: Vec<Option<Encoded>>,
}

/// The columns of a reading that take some work.
struct Encoded {
    digest: ContentDigest,
    values: String,
    flags: Option<String>,
    admission: Option<String>,
}

/// The statements of the hot path, looked up once for many readings.
pub(super) struct Statements<'db> {
    reading: CachedStatement<'db>,
    unassigned: CachedStatement<'db>,
}

impl<'db> Statements<'db> {
    pub(super) fn prepare(db: &'db Connection) -> Result<Self, Fault> {
        Ok(Self {
            reading: db.prepare_cached(
                "INSERT INTO reading (seq, device, id, day, measured, offset_min, received, stored, digest, kind, vals,
                 hub, via, raw, slot, battery, flags, admission, sample, meal, clock_source, clock_error_s,
                 clock_device_time, corrects) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
                 ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) ON CONFLICT (id, device) DO NOTHING",
            )?,
            unassigned: db.prepare_cached("INSERT INTO unassigned VALUES (?1, ?2)")?,
        })
    }
}

/// What became of a reading.
enum Placed {
    Stored(u64),
    Duplicate,
    IdReused,
}

impl Message {
    pub(super) fn new(admit: Admit) -> Self {
        let encode = |item: &AdmitItem| match item {
            AdmitItem::Reading { reading, admission_flags, .. } => Some(Encoded {
                digest: reading.content_digest(),
                values: row::values_text(&reading.values),
                flags: row::flags_text(&reading.flags),
                admission: row::flags_text(admission_flags),
            }),
            AdmitItem::Refused(_) => None,
        };
        let encoded = admit.items.iter().map(encode).collect();
        let device = DeviceRef { source: admit.source.clone(), device: admit.device.clone() };
        Self { device, admit, encoded }
    }

    pub(super) fn items(&self) -> usize {
        self.admit.items.len()
    }

    /// Writes every item and answers for each. `vacant` is the quarantine row that a replay empties: the
    /// first refused item takes it.
    pub(super) fn commit(
        self,
        commit: &mut Commit<'_>,
        statements: &mut Statements<'_>,
        vacant: &mut Option<u64>,
    ) -> Result<Admitted, Fault> {
        let Message { device, admit, encoded } = self;
        let place = commit.memory.device_place(commit.db, &device)?;
        let context = Context {
            place,
            topic: admit.topic,
            received: admit.received_at.micros(),
            hub: admit.hub_connected,
            via: admit.via,
        };
        let mut items = Vec::with_capacity(encoded.len());
        for (item, encoded) in admit.items.into_iter().zip(encoded) {
            commit.memory.numbers.ledger.received = commit.memory.numbers.ledger.received.saturating_add(1);
            let device = commit.memory.device_at(place)?;
            device.received = device.received.saturating_add(1);
            device.last_seen = device.last_seen.max(Some(context.received));
            items.push(match (item, encoded) {
                (AdmitItem::Reading { reading, raw, .. }, Some(encoded)) => {
                    match context.place(commit, statements, &reading, &encoded, &raw)? {
                        Placed::Stored(seq) => ItemStatus::Stored { seq },
                        Placed::Duplicate => ItemStatus::Duplicate,
                        Placed::IdReused => context.refuse(commit, id_reused(&reading, raw), vacant)?,
                    }
                }
                (AdmitItem::Refused(refused), _) => context.refuse(commit, refused, vacant)?,
                (AdmitItem::Reading { .. }, None) => return Err(StoreError::Unavailable("not encoded".into()).into()),
            });
        }
        Ok(Admitted { items, stored_at: commit.at })
    }
}

fn id_reused(reading: &Reading, raw: Bytes) -> RefusedItem {
    RefusedItem {
        id: Some(reading.key.id.as_str().to_owned()),
        code: "id-reused".to_owned(),
        detail: "this device has sent another reading with this id; a correction needs an id of its own and `corrects`"
            .to_owned(),
        pointer: Some("/id".to_owned()),
        raw,
    }
}

/// What the items of a message share.
struct Context {
    place: Place,
    topic: String,
    received: i64,
    hub: bool,
    via: Via,
}

impl Context {
    fn place(
        &self,
        commit: &mut Commit<'_>,
        statements: &mut Statements<'_>,
        reading: &Reading,
        encoded: &Encoded,
        raw: &Bytes,
    ) -> Result<Placed, Fault> {
        let seq = commit.memory.numbers.seq.saturating_add(1);
        let measured = reading.measured_at.micros();
        let day = row::day_of(measured);
        let clock = reading.clock.as_ref();
        let device = commit.memory.device_at(self.place)?.number;
        let inserted = statements.reading.execute(params![
            seq.cast_signed(),
            device,
            IdColumn(&reading.key.id),
            day,
            measured,
            reading.measured_at.offset_minutes(),
            self.received,
            commit.at.timestamp_micros(),
            encoded.digest.0,
            reading.kind.as_str(),
            encoded.values,
            self.hub,
            via_word(self.via),
            raw.as_ref(),
            reading.user_slot.map(|slot| slot.0),
            reading.battery,
            encoded.flags,
            encoded.admission,
            reading.sample.map(vitals::Sample::as_str),
            reading.meal.map(vitals::Meal::as_str),
            clock.map(|c| c.source.as_str()),
            clock.and_then(|c| c.error_s),
            clock.and_then(|c| c.device_time.as_deref()),
            reading.corrects.as_ref().map(IdColumn),
        ])?;
        if inserted == 0 {
            return self.known(commit, device, reading, encoded);
        }
        commit.memory.numbers.seq = seq;
        commit.memory.numbers.ledger.stored = commit.memory.numbers.ledger.stored.saturating_add(1);
        let owner = commit.memory.owner(reading).map(|(number, id)| (number, id.clone()));
        let state = commit.memory.device_at(self.place)?;
        state.saw(reading, day);
        if owner.is_none() {
            state.unassigned = state.unassigned.saturating_add(1);
        }
        match owner {
            Some((number, id)) => commit.memory.concern(commit.db, number, &id, seq)?,
            None => drop(statements.unassigned.execute(params![seq.cast_signed(), device])?),
        }
        Ok(Placed::Stored(seq))
    }

    /// The key is there already: with the same content it is a duplicate, with another one an error of the sender.
    fn known(
        &self,
        commit: &mut Commit<'_>,
        device: i64,
        reading: &Reading,
        encoded: &Encoded,
    ) -> Result<Placed, Fault> {
        let digest: Option<[u8; 16]> = commit
            .db
            .prepare_cached("SELECT digest FROM reading WHERE id = ?1 AND device = ?2")?
            .query_row(params![IdColumn(&reading.key.id), device], |row| row.get(0))
            .optional()?;
        if digest != Some(encoded.digest.0) {
            return Ok(Placed::IdReused);
        }
        commit.memory.numbers.ledger.duplicate = commit.memory.numbers.ledger.duplicate.saturating_add(1);
        let state = commit.memory.device_at(self.place)?;
        state.duplicate = state.duplicate.saturating_add(1);
        Ok(Placed::Duplicate)
    }

    fn refuse(
        &self,
        commit: &mut Commit<'_>,
        refused: RefusedItem,
        vacant: &mut Option<u64>,
    ) -> Result<ItemStatus, Fault> {
        let number = commit.memory.device_at(self.place)?.number;
        let RefusedItem { id, code, detail, pointer, raw } = refused;
        let row = if let Some(row) = vacant.take() {
            commit
                .db
                .prepare_cached("UPDATE quarantine SET id = ?2, code = ?3, detail = ?4, pointer = ?5 WHERE row = ?1")?
                .execute(params![row.cast_signed(), id, code, detail, pointer])?;
            row
        } else {
            commit
                .db
                .prepare_cached(
                    "INSERT INTO quarantine (device, topic, received, id, code, detail, pointer, raw)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![number, self.topic, self.received, id, code, detail, pointer, raw.as_ref()])?;
            commit.db.last_insert_rowid().cast_unsigned()
        };
        let ledger = &mut commit.memory.numbers.ledger;
        ledger.quarantined = ledger.quarantined.saturating_add(1);
        Ok(ItemStatus::Quarantined { row, code, detail, pointer })
    }
}

/// Puts a message in the place of quarantine row `row`; the ledger moves one.
pub(super) fn replay(commit: &mut Commit<'_>, row: u64, message: Message) -> Result<Admitted, Fault> {
    let found: Option<(Option<i64>, i64)> = commit
        .db
        .prepare_cached("SELECT replayed_at, device FROM quarantine WHERE row = ?1")?
        .query_row([row.cast_signed()], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let (replayed, device) = found.ok_or(StoreError::NotFound("the quarantine row"))?;
    if replayed.is_some() {
        return Err(StoreError::Conflict("this message was replayed already".to_owned()).into());
    }
    if message.items() == 0 {
        return Err(StoreError::Invalid("a replay needs at least one item".to_owned()).into());
    }
    // The row was counted when it came; its items are counted anew, so one takes its place.
    let ledger = &mut commit.memory.numbers.ledger;
    ledger.received = ledger.received.saturating_sub(1);
    ledger.quarantined = ledger.quarantined.saturating_sub(1);
    let name = commit.memory.device_name(device).ok_or(StoreError::NotFound("the device of the quarantine row"))?;
    let state = commit.memory.device(commit.db, &name)?;
    state.received = state.received.saturating_sub(1);
    let mut vacant = Some(row);
    let admitted = message.commit(commit, &mut Statements::prepare(commit.db)?, &mut vacant)?;
    if vacant.is_some() {
        commit
            .db
            .prepare_cached("UPDATE quarantine SET replayed_at = ?2 WHERE row = ?1")?
            .execute(params![row.cast_signed(), commit.at.timestamp_micros()])?;
    }
    Ok(admitted)
}

fn via_word(via: Via) -> &'static str {
    match via {
        Via::Mqtt => "mqtt",
        Via::Broker => "broker",
        Via::Import => "import",
        Via::Replay => "replay",
    }
}
