//! [`Accounts`] on SQLite.

use super::SqliteStore;
use super::column::{bytes, collect, first, from_json, micros, parsed, time, time_or_none, to_json};
use super::fault::Fault;
use super::sight;
use super::writer::Commit;
use crate::{Accounts, ApiToken, SignInStep, StoreError, User, UserEdit, WebSession};
use async_trait::async_trait;
use care::{Actor, Role};
use rusqlite::{Connection, Row, params};
use vitals::Instant;

fn user_from(row: &Row<'_>) -> Result<User, Fault> {
    let second_factor: Option<String> = row.get("second_factor")?;
    Ok(User {
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        role: parsed(row, "role")?,
        teams: sight::split(&row.get::<_, String>("teams")?)?,
        language: row.get("language")?,
        email: row.get("email")?,
        // The column was made before anybody was without a password.
        password_hash: Some(row.get("password_hash")?).filter(|hash: &String| !hash.is_empty()),
        second_factor: second_factor.map(|text| from_json("second_factor", &text)).transpose()?,
        subject: row.get("subject")?,
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
        agent: row.get("agent")?,
        means: row.get("means")?,
    })
}

fn token_from(row: &Row<'_>) -> Result<ApiToken, Fault> {
    Ok(ApiToken {
        id: row.get("id")?,
        label: row.get("label")?,
        role: parsed(row, "role")?,
        teams: sight::split(&row.get::<_, String>("teams")?)?,
        read_only: row.get("read_only")?,
        token_sha256: bytes(row, "token")?,
        created_at: time(row, "created_at")?,
        expires_at: time_or_none(row, "expires_at")?,
        disabled: row.get("disabled")?,
    })
}

fn user_named(db: &Connection, name: &str) -> Result<Option<User>, Fault> {
    first(db.prepare_cached("SELECT * FROM user WHERE name = ?1")?.query([name])?, user_from)
}

/// Writes everything of a person; `sql` is an insert or an update with the columns in this order.
fn put_user(db: &Connection, sql: &str, user: &User) -> Result<usize, Fault> {
    sight::known_teams(db, &user.teams)?;
    let second_factor = user.second_factor.as_ref().map(|f| to_json("second_factor", f)).transpose()?;
    Ok(db.prepare_cached(sql)?.execute(params![
        user.name,
        user.display_name,
        user.role.as_str(),
        user.password_hash.as_deref().unwrap_or_default(),
        user.disabled,
        user.failed_attempts,
        user.locked_until.map(micros),
        micros(user.created_at),
        sight::join(&user.teams),
        user.language,
        user.email,
        second_factor,
        user.subject,
    ])?)
}

const INSERT_USER: &str = "INSERT INTO user (name, display_name, role, password_hash, disabled, failed_attempts,
    locked_until, created_at, teams, language, email, second_factor, subject)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
const UPDATE_USER: &str = "UPDATE user SET display_name = ?2, role = ?3, password_hash = ?4, disabled = ?5,
    failed_attempts = ?6, locked_until = ?7, created_at = ?8, teams = ?9, language = ?10, email = ?11,
    second_factor = ?12, subject = ?13 WHERE name = ?1";

/// Changes somebody; whoever lost something by it, or has another way in now, has to sign in again.
fn edit_user(commit: &mut Commit<'_>, name: &str, edit: UserEdit, actor: &Actor) -> Result<User, Fault> {
    let before = user_named(commit.db, name)?.ok_or(StoreError::NotFound("the person"))?;
    let mut after = before.clone();
    edit(&mut after)?;
    if after.name != before.name {
        return Err(StoreError::Invalid("a sign-in name does not change".to_owned()).into());
    }
    put_user(commit.db, UPDATE_USER, &after).map_err(|fault| taken(fault, &after))?;
    if may_administer(&before) && !may_administer(&after) && !somebody_administers(commit.db)? {
        let text = format!("`{name}` is the last administrator; make another one first");
        return Err(StoreError::Conflict(text).into());
    }
    if means_of(&before) != means_of(&after) {
        commit.db.prepare_cached("DELETE FROM web_session WHERE user = ?1")?.execute([name])?;
        commit.changes.people.insert(name.to_owned());
    }
    if before.disabled != after.disabled {
        super::outbox::person_changed(commit, name, after.disabled, actor)?;
    }
    Ok(after)
}

/// What somebody may do and how they show who they are: a session rests on it.
fn means_of(user: &User) -> impl PartialEq + '_ {
    let factor = user.second_factor.as_ref().map(|f| &f.secret);
    (user.role, user.disabled, &user.teams, &user.password_hash, &user.subject, factor)
}

fn may_administer(user: &User) -> bool {
    user.role == Role::Administrator && !user.disabled
}

fn somebody_administers(db: &Connection) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM user WHERE role = 'administrator' AND NOT disabled)";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

fn taken(fault: Fault, user: &User) -> Fault {
    if !fault.is_unique_violation() {
        return fault;
    }
    StoreError::Conflict(format!("there is a person `{}` already", user.name)).into()
}

#[async_trait]
impl Accounts for SqliteStore {
    async fn add_user(&self, user: User) -> Result<(), StoreError> {
        self.write("adding a person", move |commit| {
            put_user(commit.db, INSERT_USER, &user).map_err(|fault| taken(fault, &user))?;
            Ok(())
        })
        .await
    }

    async fn edit_user(&self, name: &str, edit: UserEdit, actor: &Actor) -> Result<User, StoreError> {
        let (name, actor) = (name.to_owned(), actor.clone());
        self.write("changing a person", move |commit| edit_user(commit, &name, edit, &actor)).await
    }

    async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let name = name.to_owned();
        self.read("a person", move |db| user_named(db, &name)).await
    }

    async fn user_of_subject(&self, subject: &str) -> Result<Option<User>, StoreError> {
        let subject = subject.to_owned();
        self.read("a person", move |db| {
            first(db.prepare_cached("SELECT * FROM user WHERE subject = ?1")?.query([subject])?, user_from)
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
            commit.db.prepare_cached("INSERT INTO web_session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(
                params![
                    session.token_sha256,
                    session.user,
                    session.csrf,
                    micros(session.created_at),
                    micros(session.last_seen),
                    micros(session.expires_at),
                    session.agent,
                    session.means
                ],
            )?;
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

    async fn sessions(&self, user: Option<&str>, now: Instant) -> Result<Vec<WebSession>, StoreError> {
        let user = user.map(str::to_owned);
        self.read("sessions", move |db| {
            let mut query = db.prepare_cached(
                "SELECT * FROM web_session WHERE expires_at > ?2 AND (?1 IS NULL OR user = ?1)
                 ORDER BY last_seen DESC, token",
            )?;
            collect(query.query(params![user, micros(now)])?, session_from)
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
            let mut end = commit.db.prepare_cached("DELETE FROM web_session WHERE token = ?1 RETURNING user")?;
            let user: Option<String> = first(end.query(params![token])?, |row| Ok(row.get("user")?))?;
            commit.changes.people.extend(user);
            Ok(())
        })
        .await
    }

    async fn put_step(&self, step: SignInStep) -> Result<(), StoreError> {
        self.write("a sign-in under way", move |commit| {
            commit.db.prepare_cached("INSERT INTO sign_in_step VALUES (?1, ?2, ?3)")?.execute(params![
                step.token_sha256,
                step.body,
                micros(step.expires_at)
            ])?;
            Ok(())
        })
        .await
    }

    async fn take_step(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<SignInStep>, StoreError> {
        let token_sha256 = *token_sha256;
        self.write("a sign-in that goes on", move |commit| {
            // Those that nobody went on with go with the next one.
            commit.db.prepare_cached("DELETE FROM sign_in_step WHERE expires_at <= ?1")?.execute([micros(now)])?;
            let mut take =
                commit.db.prepare_cached("DELETE FROM sign_in_step WHERE token = ?1 RETURNING body, expires_at")?;
            first(take.query(params![token_sha256])?, |row| {
                Ok(SignInStep { token_sha256, body: row.get("body")?, expires_at: time(row, "expires_at")? })
            })
        })
        .await
    }

    async fn add_token(&self, token: ApiToken) -> Result<(), StoreError> {
        self.write("adding a token", move |commit| {
            sight::known_teams(commit.db, &token.teams)?;
            let added = commit
                .db
                .prepare_cached(
                    "INSERT INTO api_token VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    token.id,
                    token.label,
                    token.role.as_str(),
                    token.token_sha256,
                    micros(token.created_at),
                    token.expires_at.map(micros),
                    token.disabled,
                    sight::join(&token.teams),
                    token.read_only
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
}
