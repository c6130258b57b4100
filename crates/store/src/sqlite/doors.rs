//! [`Doors`] on SQLite.

use super::SqliteStore;
use super::column::{
    bytes, collect, corrupt, count, first, instant, json, json_list, micros, parsed, time, time_or_none, to_json,
};
use super::device::{self, Device};
use super::fault::Fault;
use super::trail::write_audit;
use super::writer::Commit;
use crate::{
    DeviceSeen, Doors, HubWill, MqttSession, NewAudit, PromptRow, Source, SourceKey, SourceKind, SourceStatus,
    StoreError,
};
use async_trait::async_trait;
use bytes::Bytes;
use care::Actor;
use rusqlite::{Connection, Row, params};
use vitals::{DeviceRef, Instant, SourceId, UserSlot};

fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Gateway => "gateway",
        SourceKind::Vendor => "vendor",
    }
}

/// The source in a row of `source`, as it is.
pub(super) fn source_from(db: &Connection, row: &Row<'_>) -> Result<Source, Fault> {
    let heard = heard(db, &parsed(row, "id")?)?;
    source_heard(row, heard)
}

/// When something of the source's devices arrived last.
pub(super) fn heard(db: &Connection, id: &SourceId) -> Result<Option<Instant>, Fault> {
    device::heard(db, id)?.map(|at| instant("last_seen", at)).transpose()
}

/// The source in a row of `source`, something of whose devices arrived last then: what was acknowledged is seen at once,
/// while connections and counts are noted every few seconds.
pub(super) fn source_heard(row: &Row<'_>, heard: Option<Instant>) -> Result<Source, Fault> {
    let SourceKey { id, kind, secret_sha256, disabled } = key_from(row)?;
    Ok(Source {
        id,
        kind,
        secret_sha256,
        disabled,
        created_at: time(row, "created_at")?,
        last_seen: time_or_none(row, "last_seen")?.max(heard),
        qos0: count(row, "qos0")?,
        unknown_fields: count(row, "unknown_fields")?,
    })
}

fn key_from(row: &Row<'_>) -> Result<SourceKey, Fault> {
    let kind = match row.get_ref("kind")?.as_str().map_err(|e| corrupt("kind", e))? {
        "gateway" => SourceKind::Gateway,
        "vendor" => SourceKind::Vendor,
        _ => return Err(corrupt("kind", "neither gateway nor vendor")),
    };
    let (secret_sha256, disabled) = (bytes(row, "secret")?, row.get("disabled")?);
    Ok(SourceKey { id: parsed(row, "id")?, kind, secret_sha256, disabled })
}

pub(super) fn status_from(row: &Row<'_>) -> Result<SourceStatus, Fault> {
    let payload = Bytes::from(row.get::<_, Vec<u8>>("payload")?);
    Ok(SourceStatus { source: parsed(row, "source")?, payload, at: time(row, "at")? })
}

fn session_from(row: &Row<'_>) -> Result<MqttSession, Fault> {
    Ok(MqttSession {
        source: parsed(row, "source")?,
        client_id: row.get("client")?,
        subscriptions: json(row, "subscriptions")?,
        expires_at: time_or_none(row, "expires_at")?,
    })
}

/// The device in a row of `device`, as it is.
pub(super) fn device_from(db: &Connection, row: &Row<'_>) -> Result<DeviceSeen, Fault> {
    let (device, state) = Device::of(db, row)?;
    Ok(DeviceSeen {
        device,
        last_seen: state.last_seen.map(|at| instant("last_seen", at)).transpose()?,
        last_measured: state.last_measured.map(|at| instant("last_measured", at)).transpose()?,
        battery: state.battery,
        user_slots: state.slots.into_iter().map(UserSlot).collect(),
        unassigned: state.unassigned,
    })
}

fn will_from(row: &Row<'_>) -> Result<HubWill, Fault> {
    Ok(HubWill {
        source: parsed(row, "source")?,
        client_id: row.get("client")?,
        payload: Bytes::from(row.get::<_, Vec<u8>>("payload")?),
        delay_s: row.get("delay_s")?,
        due_at: time_or_none(row, "due_at")?,
    })
}

/// Notes a change of a source in the audit trail and for listeners.
fn source_changed(commit: &mut Commit<'_>, id: &SourceId, action: &str, actor: Actor) -> Result<(), Fault> {
    commit.changes.sources.insert(id.clone());
    let (at, subject) = (commit.at, id.to_string());
    let entry = NewAudit { at, actor, action: action.to_owned(), subject, patient: None, detail: String::new() };
    write_audit(commit.db, &[entry])
}

/// An update that must have met its row.
fn found(updated: usize, what: &'static str) -> Result<(), Fault> {
    if updated == 0 { Err(StoreError::NotFound(what).into()) } else { Ok(()) }
}

#[async_trait]
impl Doors for SqliteStore {
    async fn add_source(
        &self,
        id: &SourceId,
        kind: SourceKind,
        secret_sha256: [u8; 32],
        actor: &Actor,
    ) -> Result<Source, StoreError> {
        let (id, actor) = (id.clone(), actor.clone());
        self.write("adding a source", move |commit| {
            let added = commit
                .db
                .prepare_cached(
                    "INSERT INTO source (id, kind, secret, disabled, created_at) VALUES (?1, ?2, ?3, FALSE, ?4)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![id.as_str(), kind_word(kind), secret_sha256, micros(commit.at)])?;
            if added == 0 {
                return Err(StoreError::Conflict(format!("source `{id}` exists already")).into());
            }
            source_changed(commit, &id, "add-source", actor)?;
            let created_at = commit.at;
            let (disabled, last_seen) = (false, None);
            Ok(Source { id, kind, secret_sha256, disabled, created_at, last_seen, qos0: 0, unknown_fields: 0 })
        })
        .await
    }

    async fn rotate_source(&self, id: &SourceId, secret_sha256: [u8; 32], actor: &Actor) -> Result<(), StoreError> {
        let (id, actor) = (id.clone(), actor.clone());
        self.write("rotating a source's secret", move |commit| {
            let mut update = commit.db.prepare_cached("UPDATE source SET secret = ?2 WHERE id = ?1")?;
            found(update.execute(params![id.as_str(), secret_sha256])?, "the source")?;
            source_changed(commit, &id, "rotate-source", actor)
        })
        .await
    }

    async fn set_source_disabled(&self, id: &SourceId, disabled: bool, actor: &Actor) -> Result<(), StoreError> {
        let (id, actor) = (id.clone(), actor.clone());
        self.write("disabling a source", move |commit| {
            let mut update = commit.db.prepare_cached("UPDATE source SET disabled = ?2 WHERE id = ?1")?;
            found(update.execute(params![id.as_str(), disabled])?, "the source")?;
            source_changed(commit, &id, if disabled { "disable-source" } else { "enable-source" }, actor)
        })
        .await
    }

    async fn source(&self, id: &SourceId) -> Result<Option<Source>, StoreError> {
        let id = id.clone();
        self.read("a source", move |db| {
            let mut query = db.prepare_cached("SELECT * FROM source WHERE id = ?1")?;
            first(query.query([id.as_str()])?, |row| source_from(db, row))
        })
        .await
    }

    async fn source_key(&self, id: &SourceId) -> Result<Option<SourceKey>, StoreError> {
        let id = id.clone();
        self.read("a source's key", move |db| {
            let mut query = db.prepare_cached("SELECT * FROM source WHERE id = ?1")?;
            first(query.query([id.as_str()])?, key_from)
        })
        .await
    }

    async fn source_keys(&self) -> Result<Vec<SourceKey>, StoreError> {
        self.read("sources' keys", |db| {
            collect(db.prepare_cached("SELECT * FROM source ORDER BY id")?.query([])?, key_from)
        })
        .await
    }

    async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        self.read("sources", |db| {
            let mut query = db.prepare_cached("SELECT * FROM source ORDER BY id")?;
            collect(query.query([])?, |row| source_from(db, row))
        })
        .await
    }

    async fn note_sources(&self, seen: Vec<(SourceId, Instant, u64, u64)>) -> Result<(), StoreError> {
        self.write("noting sources", move |commit| {
            let mut update = commit.db.prepare_cached(
                "UPDATE source SET last_seen = max(ifnull(last_seen, ?2), ?2), qos0 = qos0 + ?3,
                 unknown_fields = unknown_fields + ?4 WHERE id = ?1",
            )?;
            for (id, at, qos0, unknown) in seen {
                update.execute(params![id.as_str(), micros(at), qos0.cast_signed(), unknown.cast_signed()])?;
                commit.changes.sources.insert(id);
            }
            Ok(())
        })
        .await
    }

    async fn put_status(&self, status: SourceStatus) -> Result<(), StoreError> {
        self.write("keeping a status", move |commit| {
            commit
                .db
                .prepare_cached(
                    "INSERT INTO source_status VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET payload = excluded.payload, at = excluded.at",
                )?
                .execute(params![status.source.as_str(), status.payload.as_ref(), micros(status.at)])?;
            commit.changes.sources.insert(status.source);
            Ok(())
        })
        .await
    }

    async fn statuses(&self) -> Result<Vec<SourceStatus>, StoreError> {
        self.read("statuses", |db| {
            collect(db.prepare_cached("SELECT * FROM source_status ORDER BY source")?.query([])?, status_from)
        })
        .await
    }

    async fn mqtt_session(
        &self,
        source: &SourceId,
        client_id: &str,
        now: Instant,
    ) -> Result<Option<MqttSession>, StoreError> {
        let (source, client) = (source.clone(), client_id.to_owned());
        self.read("an MQTT session", move |db| {
            let mut query = db.prepare_cached(
                "SELECT * FROM mqtt_session WHERE source = ?1 AND client = ?2 AND ifnull(expires_at > ?3, TRUE)",
            )?;
            first(query.query(params![source.as_str(), client, micros(now)])?, session_from)
        })
        .await
    }

    async fn mqtt_sessions(&self, source: &SourceId, most: u32, now: Instant) -> Result<Vec<MqttSession>, StoreError> {
        let source = source.clone();
        self.read("a source's MQTT sessions", move |db| {
            let mut query = db.prepare_cached(
                "SELECT * FROM mqtt_session WHERE source = ?1 AND ifnull(expires_at > ?2, TRUE)
                 ORDER BY expires_at IS NULL DESC, updated_at DESC, client LIMIT ?3",
            )?;
            collect(query.query(params![source.as_str(), micros(now), most])?, session_from)
        })
        .await
    }

    async fn put_mqtt_session(&self, session: MqttSession, cap: u32) -> Result<(), StoreError> {
        self.write("keeping an MQTT session", move |commit| {
            let source = session.source.as_str();
            commit
                .db
                .prepare_cached("DELETE FROM mqtt_session WHERE source = ?1 AND expires_at <= ?2")?
                .execute(params![source, micros(commit.at)])?;
            commit
                .db
                .prepare_cached(
                    "INSERT INTO mqtt_session VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
                     subscriptions = excluded.subscriptions, expires_at = excluded.expires_at,
                     updated_at = excluded.updated_at",
                )?
                .execute(params![
                    source,
                    session.client_id,
                    to_json("subscriptions", &session.subscriptions)?,
                    session.expires_at.map(micros),
                    micros(commit.at)
                ])?;
            // Beyond the cap those known to be disconnected go first, oldest first; the one just put stays.
            commit
                .db
                .prepare_cached(
                    "DELETE FROM mqtt_session WHERE source = ?1 AND client IN (SELECT client FROM mqtt_session
                     WHERE source = ?1 ORDER BY client = ?2 DESC, expires_at IS NULL DESC, updated_at DESC
                     LIMIT -1 OFFSET ?3)",
                )?
                .execute(params![source, session.client_id, cap.max(1)])?;
            Ok(())
        })
        .await
    }

    async fn drop_mqtt_session(&self, source: &SourceId, client_id: &str) -> Result<(), StoreError> {
        let (source, client) = (source.clone(), client_id.to_owned());
        self.write("forgetting an MQTT session", move |commit| {
            commit
                .db
                .prepare_cached("DELETE FROM mqtt_session WHERE source = ?1 AND client = ?2")?
                .execute(params![source.as_str(), client])?;
            Ok(())
        })
        .await
    }

    async fn put_will(&self, will: HubWill) -> Result<(), StoreError> {
        self.write("keeping a last will", move |commit| {
            commit
                .db
                .prepare_cached(
                    "INSERT INTO mqtt_will VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
                     payload = excluded.payload, delay_s = excluded.delay_s, due_at = excluded.due_at",
                )?
                .execute(params![
                    will.source.as_str(),
                    will.client_id,
                    will.payload.as_ref(),
                    will.delay_s,
                    will.due_at.map(micros)
                ])?;
            Ok(())
        })
        .await
    }

    async fn drop_will(&self, source: &SourceId, client_id: &str) -> Result<(), StoreError> {
        let (source, client) = (source.clone(), client_id.to_owned());
        self.write("forgetting a last will", move |commit| {
            commit
                .db
                .prepare_cached("DELETE FROM mqtt_will WHERE source = ?1 AND client = ?2")?
                .execute(params![source.as_str(), client])?;
            Ok(())
        })
        .await
    }

    async fn wills(&self) -> Result<Vec<HubWill>, StoreError> {
        self.read("last wills", |db| {
            collect(db.prepare_cached("SELECT * FROM mqtt_will ORDER BY source, client")?.query([])?, will_from)
        })
        .await
    }

    async fn prompts(&self, source: &SourceId, after: u64, now: Instant) -> Result<Vec<PromptRow>, StoreError> {
        let source = source.clone();
        self.read("prompts", move |db| {
            let mut query = db.prepare_cached(
                "SELECT p.row, p.body, d.source, d.device FROM prompt p JOIN device d ON d.number = p.device
                 WHERE p.source = ?1 AND p.row > ?2 AND p.delivered_at IS NULL AND p.until > ?3 ORDER BY p.row",
            )?;
            collect(query.query(params![source.as_str(), after.cast_signed(), micros(now)])?, |row| {
                let device = DeviceRef { source: parsed(row, "source")?, device: parsed(row, "device")? };
                Ok(PromptRow { row: count(row, "row")?, device, prompt: json(row, "body")? })
            })
        })
        .await
    }

    async fn prompts_delivered(&self, rows: &[u64], at: Instant) -> Result<(), StoreError> {
        let rows = json_list(rows);
        self.write("noting delivered prompts", move |commit| {
            commit
                .db
                .prepare_cached(
                    "UPDATE prompt SET delivered_at = ?2 WHERE delivered_at IS NULL
                     AND row IN (SELECT CAST(value AS INTEGER) FROM json_each(?1))",
                )?
                .execute(params![rows, micros(at)])?;
            Ok(())
        })
        .await
    }

    async fn devices(&self) -> Result<Vec<DeviceSeen>, StoreError> {
        self.read("devices", |db| {
            let mut query = db.prepare_cached("SELECT * FROM device ORDER BY source, device")?;
            collect(query.query([])?, |row| device_from(db, row))
        })
        .await
    }
}
