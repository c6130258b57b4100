//! Readings in: the hot path of the writer.

use super::day::DayInsert;
use super::device::Sign;
use super::encode::{Encoded, Texts};
use super::fault::Fault;
use super::insert::{Cell, ReadingInsert, Unassigned};
use super::memory::Place;
use super::row;
use super::writer::Commit;
use crate::{Admit, AdmitItem, Admitted, ItemStatus, RefusedItem, StoreError, Via};
use bytes::Bytes;
use rusqlite::{OptionalExtension, params};
use vitals::{DeviceRef, Instant, Reading};

/// Messages for one commit, encoded by their caller so that the writer need not. It goes back to the caller with the
/// answers in it: what one thread allocates and another frees costs both.
pub(super) struct Batch {
    messages: Vec<Message>,
    texts: Texts,
    stored_at: Instant,
}

/// A message, and room for its answers.
struct Message {
    admit: Admit,
    encoded: Vec<Option<Encoded>>,
    answers: Vec<ItemStatus>,
}

/// The statements of the hot path, looked up once for many readings.
struct Statements<'db> {
    reading: ReadingInsert<'db>,
    day: DayInsert<'db>,
    unassigned: Unassigned<'db>,
}

/// What became of a reading.
enum Placed {
    Stored(u64),
    Duplicate,
    IdReused,
}

impl Batch {
    pub(super) fn new(messages: Vec<Admit>) -> Self {
        let mut texts = Texts::default();
        let message = |admit: Admit| {
            let encoded = admit.items.iter().map(|item| Encoded::of(item, &mut texts)).collect();
            let answers = Vec::with_capacity(admit.items.len());
            Message { admit, encoded, answers }
        };
        let messages = messages.into_iter().map(message).collect();
        Self { messages, texts, stored_at: Instant::UNIX_EPOCH }
    }

    pub(super) fn items(&self) -> usize {
        self.messages.iter().map(|message| message.admit.items.len()).sum()
    }

    /// Writes every item and answers for each. `vacant` is the quarantine row that a replay empties: the first
    /// refused item takes it.
    pub(super) fn commit(&mut self, commit: &mut Commit<'_>, vacant: &mut Option<u64>) -> Result<(), Fault> {
        let mut statements = Statements {
            reading: ReadingInsert::prepare(commit.db)?,
            day: DayInsert::prepare(commit.db)?,
            unassigned: Unassigned::prepare(commit.db)?,
        };
        self.stored_at = commit.at;
        let mut known: Option<(DeviceRef, Place)> = None;
        for Message { admit, encoded, answers } in &mut self.messages {
            // Messages of one device mostly come together.
            let (device, place) = match known.take() {
                Some((device, place)) if device.source == admit.source && device.device == admit.device => {
                    (device, place)
                }
                _ => {
                    let device = DeviceRef { source: admit.source.clone(), device: admit.device.clone() };
                    let place = commit.memory.device_place(commit.db, &device)?;
                    (device, place)
                }
            };
            let context = Context { device: &device, place, admit, texts: &self.texts };
            for (item, encoded) in admit.items.iter().zip(encoded) {
                answers.push(context.item(commit, &mut statements, item, encoded.as_ref(), vacant)?);
            }
            known = Some((device, place));
        }
        statements.unassigned.finish()
    }

    /// What became of each message; for the caller, after the commit.
    pub(super) fn answers(self) -> Vec<Admitted> {
        let stored_at = self.stored_at;
        self.messages.into_iter().map(|message| Admitted { items: message.answers, stored_at }).collect()
    }
}

fn id_reused(reading: &Reading, raw: &Bytes) -> RefusedItem {
    RefusedItem {
        id: Some(reading.key.id.as_str().to_owned()),
        code: "id-reused".to_owned(),
        detail: "this device has sent another reading with this id; a correction needs an id of its own and `corrects`"
            .to_owned(),
        pointer: Some("/id".to_owned()),
        raw: raw.clone(),
    }
}

/// What the items of a message share.
struct Context<'a> {
    device: &'a DeviceRef,
    place: Place,
    admit: &'a Admit,
    texts: &'a Texts,
}

impl Context<'_> {
    fn item(
        &self,
        commit: &mut Commit<'_>,
        statements: &mut Statements<'_>,
        item: &AdmitItem,
        encoded: Option<&Encoded>,
        vacant: &mut Option<u64>,
    ) -> Result<ItemStatus, Fault> {
        let received = &mut commit.memory.numbers.ledger.received;
        *received = received.saturating_add(1);
        commit.memory.heard(&self.device.source, self.received());
        match (item, encoded) {
            (AdmitItem::Reading { reading, raw, .. }, Some(encoded)) => {
                match self.place(commit, statements, reading, encoded, raw)? {
                    Placed::Stored(seq) => Ok(ItemStatus::Stored { seq }),
                    Placed::Duplicate => Ok(ItemStatus::Duplicate),
                    Placed::IdReused => self.refuse(commit, &id_reused(reading, raw), vacant),
                }
            }
            (AdmitItem::Refused(refused), _) => self.refuse(commit, refused, vacant),
            (AdmitItem::Reading { .. }, None) => Err(StoreError::Unavailable("not encoded".into()).into()),
        }
    }

    fn received(&self) -> i64 {
        self.admit.received_at.micros()
    }

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
        let device = commit.memory.number_at(self.place)?;
        let inserted = statements.reading.execute([
            Cell::Number(seq.cast_signed()),
            Cell::Number(device),
            encoded.id(&reading.key.id),
            Cell::Number(measured),
            Cell::Number(reading.measured_at.offset_minutes().into()),
            Cell::Number(self.received()),
            Cell::Number(commit.at.timestamp_micros()),
            Cell::Bytes(&encoded.digest.0),
            Cell::Word(reading.kind.as_str()),
            self.texts.cell(encoded.values.as_ref()),
            Cell::Number(self.admit.hub_connected.into()),
            Cell::Word(via_word(self.admit.via)),
            Cell::Bytes(raw),
            Cell::number(reading.user_slot.map(|slot| slot.0)),
            Cell::number(reading.battery),
            self.texts.cell(encoded.flags.as_ref()),
            self.texts.cell(encoded.admission.as_ref()),
            Cell::word(reading.sample.map(vitals::Sample::as_str)),
            Cell::word(reading.meal.map(vitals::Meal::as_str)),
            Cell::word(clock.map(|c| c.source.as_str())),
            Cell::number(clock.and_then(|c| c.error_s)),
            clock.and_then(|c| c.device_time.as_deref()).map_or(Cell::Null, Cell::Text),
            encoded.corrects(reading.corrects.as_ref()),
        ])?;
        if !inserted {
            return self.known(commit, reading, encoded);
        }
        statements.day.add(day, device, seq)?;
        commit.memory.numbers.seq = seq;
        commit.memory.numbers.ledger.stored = commit.memory.numbers.ledger.stored.saturating_add(1);
        let owner = commit.memory.owner(self.device, reading).map(|(number, id)| (number, id.clone()));
        let (slot, battery) = (reading.user_slot.map(|slot| slot.0), reading.battery);
        let sign = Sign { day, measured, received: self.received(), slot, battery };
        commit.memory.saw(self.place, &sign, owner.is_some())?;
        match &owner {
            Some((number, id)) => commit.memory.concern(commit.db, *number, id, seq)?,
            None => statements.unassigned.add(seq, device)?,
        }
        if reading.corrects.is_some() {
            super::record::concern_corrected(commit, self.device, owner.map(|(_, id)| id).as_ref(), seq)?;
        }
        Ok(Placed::Stored(seq))
    }

    /// The key is there already: with the same content it is a duplicate, with another one an error of the sender.
    fn known(&self, commit: &mut Commit<'_>, reading: &Reading, encoded: &Encoded) -> Result<Placed, Fault> {
        let number = commit.memory.number_at(self.place)?;
        let digest: Option<[u8; 16]> = commit
            .db
            .prepare_cached("SELECT digest FROM reading WHERE id = ?1 AND device = ?2")?
            .query_row(params![encoded.id(&reading.key.id), number], |row| row.get(0))
            .optional()?;
        if digest != Some(encoded.digest.0) {
            return Ok(Placed::IdReused);
        }
        let device = commit.memory.device_at(self.place)?;
        device.heard(self.received());
        device.duplicate = device.duplicate.saturating_add(1);
        commit.memory.numbers.ledger.duplicate = commit.memory.numbers.ledger.duplicate.saturating_add(1);
        Ok(Placed::Duplicate)
    }

    fn refuse(
        &self,
        commit: &mut Commit<'_>,
        refused: &RefusedItem,
        vacant: &mut Option<u64>,
    ) -> Result<ItemStatus, Fault> {
        let device = commit.memory.device_at(self.place)?;
        device.heard(self.received());
        let number = device.number;
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
                .execute(params![number, self.admit.topic, self.received(), id, code, detail, pointer, raw.as_ref()])?;
            commit.db.last_insert_rowid().cast_unsigned()
        };
        let ledger = &mut commit.memory.numbers.ledger;
        ledger.quarantined = ledger.quarantined.saturating_add(1);
        Ok(ItemStatus::Quarantined { row, code: code.clone(), detail: detail.clone(), pointer: pointer.clone() })
    }
}

/// Puts a message in the place of quarantine row `row`; the ledger moves one.
pub(super) fn replay(commit: &mut Commit<'_>, row: u64, batch: &mut Batch) -> Result<(), Fault> {
    let found: Option<(Option<i64>, i64)> = commit
        .db
        .prepare_cached("SELECT replayed_at, device FROM quarantine WHERE row = ?1")?
        .query_row([row.cast_signed()], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let (replayed, device) = found.ok_or(StoreError::NotFound("the quarantine row"))?;
    if replayed.is_some() {
        return Err(StoreError::Conflict("this message was replayed already".to_owned()).into());
    }
    if batch.items() == 0 {
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
    batch.commit(commit, &mut vacant)?;
    if vacant.is_some() {
        commit
            .db
            .prepare_cached("UPDATE quarantine SET replayed_at = ?2 WHERE row = ?1")?
            .execute(params![row.cast_signed(), commit.at.timestamp_micros()])?;
    }
    Ok(())
}

fn via_word(via: Via) -> &'static str {
    match via {
        Via::Mqtt => "mqtt",
        Via::Broker => "broker",
        Via::Import => "import",
        Via::Replay => "replay",
    }
}
