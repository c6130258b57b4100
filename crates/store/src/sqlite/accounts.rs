//! [`Accounts`] on SQLite.

use super::SqliteStore;
use super::column::{after_row, bytes, collect, count, first, limit, micros, page, parsed, time, time_or_none};
use super::fault::Fault;
use crate::{Accounts, ApiToken, AuditEntry, NewAudit, Page, PageRequest, StoreError, User, WebSession};
use async_trait::async_trait;
use care::Actor;
use rusqlite::{Connection, OptionalExtension, Row, params};
use vitals::Instant;

/// Appends to the audit trail.
pub(super) fn write_audit(db: &Connection, entries: &[NewAudit]) -> Result<(), Fault> {
    let mut insert =
        db.prepare_cached("INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for e in entries {
        insert.execute(params![micros(e.at), e.actor.0, e.action, e.subject, e.detail])?;
    }
    Ok(())
}

fn user_from(row: &Row<'_>) -> Result<User, Fault> {
    Ok(User {
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        role: parsed(row, "role")?,
        password_hash: row.get("password_hash")?,
        disabled: row.get("disabled")?,
        failed_attempts: row.get("failed_attempts")?,
        locked_until: time_or_none(row, "locked_until")?,
        created_at: time(row, "created_at")?,
    })
}

fn session_from(row: &Row<'_>) -> Result<WebSession, Fault> {
    Ok(WebSession {
        token_sha256: bytes(row, "token")?,
        user: row.get("user")?,
        csrf: row.get("csrf")?,
        created_at: time(row, "created_at")?,
        last_seen: time(row, "last_seen")?,
        expires_at: time(row, "expires_at")?,
    })
}

fn token_from(row: &Row<'_>) -> Result<ApiToken, Fault> {
    Ok(ApiToken {
        id: row.get("id")?,
        label: row.get("label")?,
        role: parsed(row, "role")?,
        token_sha256: bytes(row, "token")?,
        created_at: time(row, "created_at")?,
        expires_at: time_or_none(row, "expires_at")?,
        disabled: row.get("disabled")?,
    })
}

fn audit_from(row: &Row<'_>) -> Result<AuditEntry, Fault> {
    let entry = NewAudit {
        at: time(row, "at")?,
        actor: Actor(row.get("actor")?),
        action: row.get("action")?,
        subject: row.get("subject")?,
        detail: row.get("detail")?,
    };
    Ok(AuditEntry { row: count(row, "row")?, entry })
}

/// Replaces what is stored; whoever lost something by it has to sign in again.
fn update_user(db: &Connection, user: &User) -> Result<(), Fault> {
    let same: Option<bool> = db
        .prepare_cached("SELECT role = ?2 AND password_hash = ?3 AND disabled = ?4 FROM user WHERE name = ?1")?
        .query_row(params![user.name, user.role.as_str(), user.password_hash, user.disabled], |row| row.get(0))
        .optional()?;
    let same = same.ok_or(StoreError::NotFound("the person"))?;
    db.prepare_cached(
        "UPDATE user SET display_name = ?2, role = ?3, password_hash = ?4, disabled = ?5, failed_attempts = ?6,
         locked_until = ?7 WHERE name = ?1",
    )?
    .execute(params![
        user.name,
        user.display_name,
        user.role.as_str(),
        user.password_hash,
        user.disabled,
        user.failed_attempts,
        user.locked_until.map(micros)
    ])?;
    if !same {
        db.prepare_cached("DELETE FROM web_session WHERE user = ?1")?.execute([&user.name])?;
    }
    Ok(())
}

#[async_trait]
impl Accounts for SqliteStore {
    async fn add_user(&self, user: User) -> Result<(), StoreError> {
        self.write("adding a person", move |commit| {
            let added = commit
                .db
                .prepare_cached("INSERT INTO user VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING")?
                .execute(params![
                    user.name,
                    user.display_name,
                    user.role.as_str(),
                    user.password_hash,
                    user.disabled,
                    user.failed_attempts,
                    user.locked_until.map(micros),
                    micros(user.created_at)
                ])?;
            if added == 0 {
                return Err(StoreError::Conflict(format!("there is a person `{}` already", user.name)).into());
            }
            Ok(())
        })
        .await
    }

    async fn update_user(&self, user: User) -> Result<(), StoreError> {
        self.write("changing a person", move |commit| update_user(commit.db, &user)).await
    }

    async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let name = name.to_owned();
        self.read("a person", move |db| {
            first(db.prepare_cached("SELECT * FROM user WHERE name = ?1")?.query([name])?, user_from)
        })
        .await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.read("people", |db| collect(db.prepare_cached("SELECT * FROM user ORDER BY name")?.query([])?, user_from))
            .await
    }

    async fn add_session(&self, session: WebSession) -> Result<(), StoreError> {
        self.write("beginning a session", move |commit| {
            // Sessions that are over go with the next one that begins.
            commit
                .db
                .prepare_cached("DELETE FROM web_session WHERE expires_at <= ?1")?
                .execute([micros(session.created_at)])?;
            commit.db.prepare_cached("INSERT INTO web_session VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
                session.token_sha256,
                session.user,
                session.csrf,
                micros(session.created_at),
                micros(session.last_seen),
                micros(session.expires_at)
            ])?;
            Ok(())
        })
        .await
    }

    async fn session(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<WebSession>, StoreError> {
        let token = *token_sha256;
        self.read("a session", move |db| {
            let mut query = db.prepare_cached("SELECT * FROM web_session WHERE token = ?1 AND expires_at > ?2")?;
            first(query.query(params![token, micros(now)])?, session_from)
        })
        .await
    }

    async fn touch_session(&self, token_sha256: &[u8; 32], now: Instant) -> Result<(), StoreError> {
        let token = *token_sha256;
        self.write("a session in use", move |commit| {
            commit
                .db
                .prepare_cached("UPDATE web_session SET last_seen = max(last_seen, ?2) WHERE token = ?1")?
                .execute(params![token, micros(now)])?;
            Ok(())
        })
        .await
    }

    async fn end_session(&self, token_sha256: &[u8; 32]) -> Result<(), StoreError> {
        let token = *token_sha256;
        self.write("ending a session", move |commit| {
            commit.db.prepare_cached("DELETE FROM web_session WHERE token = ?1")?.execute(params![token])?;
            Ok(())
        })
        .await
    }

    async fn add_token(&self, token: ApiToken) -> Result<(), StoreError> {
        self.write("adding a token", move |commit| {
            let added = commit
                .db
                .prepare_cached("INSERT INTO api_token VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING")?
                .execute(params![
                    token.id,
                    token.label,
                    token.role.as_str(),
                    token.token_sha256,
                    micros(token.created_at),
                    token.expires_at.map(micros),
                    token.disabled
                ])?;
            if added == 0 {
                return Err(StoreError::Conflict(format!("there is a token `{}` already", token.id)).into());
            }
            Ok(())
        })
        .await
    }

    async fn token(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<ApiToken>, StoreError> {
        let token = *token_sha256;
        self.read("a token", move |db| {
            let mut query = db.prepare_cached(
                "SELECT * FROM api_token WHERE token = ?1 AND NOT disabled AND ifnull(expires_at > ?2, TRUE)",
            )?;
            first(query.query(params![token, micros(now)])?, token_from)
        })
        .await
    }

    async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        self.read("tokens", |db| {
            collect(db.prepare_cached("SELECT * FROM api_token ORDER BY created_at, id")?.query([])?, token_from)
        })
        .await
    }

    async fn disable_token(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write("disabling a token", move |commit| {
            let updated =
                commit.db.prepare_cached("UPDATE api_token SET disabled = TRUE WHERE id = ?1")?.execute([id])?;
            if updated == 0 { Err(StoreError::NotFound("the token").into()) } else { Ok(()) }
        })
        .await
    }

    async fn audit(&self, entries: Vec<NewAudit>) -> Result<(), StoreError> {
        self.write("writing the audit trail", move |commit| write_audit(commit.db, &entries)).await
    }

    async fn audit_trail(&self, request: PageRequest) -> Result<Page<AuditEntry>, StoreError> {
        let before = after_row(&request)?.unwrap_or(i64::MAX);
        let limit = limit(&request);
        self.read("the audit trail", move |db| {
            let mut query = db.prepare_cached("SELECT * FROM audit WHERE row < ?1 ORDER BY row DESC LIMIT ?2")?;
            let one_more = i64::try_from(limit).unwrap_or(500).saturating_add(1);
            Ok(page(collect(query.query([before, one_more])?, audit_from)?, limit, |e| e.row.to_string()))
        })
        .await
    }
}
