-- People: teams, a second factor, sign-in elsewhere, sight of patients, and an audit trail that shows what was changed in it.

CREATE TABLE team (id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
-- Who is in no row here is everybody's. The patient's profile says the same; this is what lists ask.
CREATE TABLE patient_team (
    patient INTEGER NOT NULL,
    team TEXT NOT NULL,
    PRIMARY KEY (patient, team)
) WITHOUT ROWID;
CREATE INDEX patient_team_team ON patient_team (team);

-- Patients of other teams who were opened for a reason, for a while.
CREATE TABLE glass (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL,
    patient TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL
);
CREATE INDEX glass_user ON glass (user, until);

ALTER TABLE user ADD COLUMN teams TEXT NOT NULL DEFAULT '';        -- ids, a space between
ALTER TABLE user ADD COLUMN language TEXT;
ALTER TABLE user ADD COLUMN email TEXT;
ALTER TABLE user ADD COLUMN second_factor TEXT;                    -- JSON
ALTER TABLE user ADD COLUMN subject TEXT;                          -- issuer and subject of OpenID Connect
CREATE UNIQUE INDEX user_subject ON user (subject) WHERE subject IS NOT NULL;

ALTER TABLE web_session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE web_session ADD COLUMN means TEXT NOT NULL DEFAULT 'password';
-- A sign-in between two requests: the second factor is asked for, or the provider has the browser.
CREATE TABLE sign_in_step (
    token BLOB PRIMARY KEY,
    body TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

ALTER TABLE api_token ADD COLUMN teams TEXT NOT NULL DEFAULT '';
ALTER TABLE api_token ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;

-- Each line carries SHA-256 over the hash before it and its own text (docs/guides/security.md): whoever changes one
-- changes all that follow. Lines written before there were hashes are taken over after this, in order.
ALTER TABLE audit RENAME TO audit_before;
CREATE TABLE audit (
    row INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    patient TEXT NOT NULL,         -- empty: of nobody in particular
    detail TEXT NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX audit_at ON audit (at, row);
CREATE INDEX audit_actor ON audit (actor, row);
CREATE INDEX audit_action ON audit (action, row);
CREATE INDEX audit_patient ON audit (patient, row) WHERE patient <> '';
CREATE TRIGGER audit_appends BEFORE INSERT ON audit
    WHEN NEW.row IS NOT (SELECT ifnull(max(row), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is only appended to'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is not changed'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'nothing is taken out of the audit trail'); END;
