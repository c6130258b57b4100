-- Whom we should hear from: one row for each patient of whom a reading is expected, written with each evaluation.
CREATE TABLE expectation (
    patient INTEGER PRIMARY KEY,
    quiet_since INTEGER NOT NULL,  -- of the kind that is missing longest
    body TEXT NOT NULL             -- JSON
);
CREATE INDEX expectation_quiet ON expectation (quiet_since);

-- Devices that somebody should look at.
CREATE INDEX device_unassigned ON device (number) WHERE unassigned > 0;
CREATE INDEX device_battery ON device (number) WHERE battery <= 15;

-- What waits in quarantine, by reason and by device.
CREATE INDEX quarantine_code ON quarantine (code, row) WHERE replayed_at IS NULL;
CREATE INDEX quarantine_device ON quarantine (device, row, code) WHERE replayed_at IS NULL;

-- The patient's own page: a link with a code. Of both only digests are kept; the code's is over link and code, so
-- that it cannot be found by trying without the link.
CREATE TABLE own_link (
    id TEXT PRIMARY KEY,
    patient INTEGER NOT NULL,
    link BLOB NOT NULL UNIQUE,
    code BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    failed INTEGER NOT NULL DEFAULT 0,
    tried_at INTEGER,
    used_at INTEGER
);
CREATE INDEX own_link_patient ON own_link (patient, created_at);
CREATE TABLE own_session (
    token BLOB PRIMARY KEY,
    link TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
