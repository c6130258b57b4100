-- Times are microseconds since 1970 UTC. Positions (`seq`) count everything journalled, readings and events.

-- One row: where the journal stands, updated in every commit.
CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    at INTEGER,
    received INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    quarantined INTEGER NOT NULL
);
INSERT INTO meta VALUES (1, 0, NULL, 0, 0, 0, 0);

CREATE TABLE device (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    device TEXT NOT NULL,
    last_seen INTEGER,
    last_measured INTEGER,
    battery INTEGER,
    battery_at INTEGER,
    slots TEXT NOT NULL DEFAULT '',
    first_day INTEGER,
    last_day INTEGER,
    received INTEGER NOT NULL DEFAULT 0,
    duplicate INTEGER NOT NULL DEFAULT 0,
    unassigned INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, device)
);

-- The journal of readings: appended in commit order, never changed. docs/decisions/0003 has the reasons.
CREATE TABLE reading (
    seq INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    id BLOB NOT NULL,              -- text; a lower-case UUID as its 16 bytes
    day INTEGER NOT NULL,          -- of measurement, UTC, since 1970
    measured INTEGER NOT NULL,
    offset_min INTEGER NOT NULL,   -- minutes east of UTC, as sent
    received INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    digest BLOB NOT NULL,          -- of the content; equal for a duplicate
    kind TEXT NOT NULL,
    vals TEXT NOT NULL,            -- `systolic=128 mm[Hg];pulse=LO`, digits as sent
    hub INTEGER NOT NULL,          -- the source was a connected hub
    via TEXT NOT NULL,
    raw BLOB NOT NULL,
    slot INTEGER,
    battery INTEGER,
    flags TEXT,
    admission TEXT,                -- flags that admission added
    sample TEXT,
    meal TEXT,
    clock_source TEXT,
    clock_error_s INTEGER,
    clock_device_time TEXT,
    corrects BLOB                  -- as `id`
);
-- A key is stored once, whatever the day; ids that grow with time keep this index at its end.
CREATE UNIQUE INDEX reading_id ON reading (id, device);
-- The day first: what arrives now touches a few pages, whoever sent it.
CREATE INDEX reading_day ON reading (day, device);
-- Corrections are few, and whoever has the device asks for all of them.
CREATE INDEX reading_corrects ON reading (device) WHERE corrects IS NOT NULL;

-- Readings that no assignment covers, by the assignments known now: runs of neighbours, all of one device.
CREATE TABLE unassigned (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, device INTEGER NOT NULL);

CREATE TABLE quarantine (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    device INTEGER NOT NULL,
    topic TEXT NOT NULL,
    received INTEGER NOT NULL,
    id TEXT,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    pointer TEXT,
    raw BLOB NOT NULL,
    replayed_at INTEGER
);

CREATE TABLE source (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    secret BLOB NOT NULL,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen INTEGER,
    qos0 INTEGER NOT NULL DEFAULT 0,
    unknown_fields INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
-- Connections and counts are noted every few seconds; what was acknowledged is seen at once, from its device.
CREATE VIEW source_seen AS SELECT id, kind, secret, disabled, created_at, qos0, unknown_fields,
    nullif(max(ifnull(last_seen, 0),
        ifnull((SELECT max(d.last_seen) FROM device d WHERE d.source = source.id), 0)), 0) AS last_seen
FROM source;
CREATE TABLE source_status (source TEXT PRIMARY KEY, payload BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE mqtt_session (
    source TEXT NOT NULL,
    client TEXT NOT NULL,
    subscriptions TEXT NOT NULL,   -- JSON
    expires_at INTEGER,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (source, client)
) WITHOUT ROWID;
-- What is said of hubs that go without a word; no longer than their connection, or until it is said.
CREATE TABLE mqtt_will (
    source TEXT NOT NULL,
    client TEXT NOT NULL,
    payload BLOB NOT NULL,
    delay_s INTEGER NOT NULL,
    due_at INTEGER,                -- none while the hub is connected
    PRIMARY KEY (source, client)
) WITHOUT ROWID;
CREATE TABLE prompt (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    device INTEGER NOT NULL,
    source TEXT NOT NULL,
    id BLOB NOT NULL,              -- of the reading that wants a repeat, as in `reading`
    kind TEXT NOT NULL,
    until INTEGER NOT NULL,
    body TEXT NOT NULL,            -- JSON
    delivered_at INTEGER,
    UNIQUE (device, id, kind)
);
CREATE INDEX prompt_waiting ON prompt (source, row) WHERE delivered_at IS NULL;

CREATE TABLE patient (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    profile TEXT NOT NULL,         -- JSON
    search TEXT NOT NULL           -- name and identifiers in lower case, a line each
);
-- Bitemporal: holds for measured times [from, until), known at positions [seq_made, seq_ended).
CREATE TABLE assignment (
    number INTEGER PRIMARY KEY,
    patient INTEGER NOT NULL,
    device INTEGER NOT NULL,
    slot INTEGER,
    from_at INTEGER NOT NULL,
    until_at INTEGER,
    seq_made INTEGER NOT NULL,
    seq_ended INTEGER
);
CREATE INDEX assignment_patient ON assignment (patient);
CREATE INDEX assignment_device ON assignment (device);

-- Everything journalled that is no reading. Without a patient: the clinic's, or a start of Hearth.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    patient INTEGER,
    kind TEXT NOT NULL,
    body TEXT NOT NULL             -- JSON
);
CREATE INDEX event_patient ON event (patient, kind, seq);
-- Changes of assignments that moved somebody else's readings too.
CREATE TABLE event_concerns (patient INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (patient, seq)) WITHOUT ROWID;
-- Each patient's events, readings among them, by the assignments known at commit. `bucket` is seq >> 16, so
-- that what arrives now touches a few pages, whosever it is.
CREATE TABLE patient_event (
    bucket INTEGER NOT NULL,
    patient INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (bucket, patient, seq)
) WITHOUT ROWID;

CREATE TABLE rulebook (
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    effective_from INTEGER,        -- none: always
    seq INTEGER NOT NULL,
    PRIMARY KEY (id, version)
);

-- Where the rules stand with a patient; what the fold remembers is apart, because `head` changes with every reading.
CREATE TABLE patient_work (
    patient INTEGER PRIMARY KEY,
    head INTEGER NOT NULL,
    folded INTEGER NOT NULL,
    wake_at INTEGER
);
CREATE INDEX patient_dirty ON patient_work (head) WHERE head > folded;
CREATE INDEX patient_wake ON patient_work (wake_at) WHERE wake_at IS NOT NULL;
CREATE TABLE patient_fold (patient INTEGER PRIMARY KEY, fold TEXT NOT NULL);

CREATE TABLE episode (
    patient INTEGER NOT NULL,
    id TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    body TEXT NOT NULL,            -- JSON
    PRIMARY KEY (patient, id)
) WITHOUT ROWID;

CREATE TABLE task (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    patient INTEGER NOT NULL,
    group_key TEXT NOT NULL,
    queue TEXT NOT NULL,
    status TEXT NOT NULL,
    severity TEXT NOT NULL,
    owner TEXT,
    body TEXT NOT NULL             -- JSON
);
CREATE UNIQUE INDEX task_open ON task (patient, group_key) WHERE status NOT IN ('completed', 'cancelled');
CREATE INDEX task_status ON task (status, row);
CREATE TABLE task_event (
    row INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT NOT NULL              -- JSON
);
CREATE INDEX task_event_task ON task_event (task, seq);
CREATE TABLE command_outcome (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);

CREATE TABLE user (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    failed_attempts INTEGER NOT NULL,
    locked_until INTEGER,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE web_session (
    token BLOB PRIMARY KEY,
    user TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX web_session_user ON web_session (user);
CREATE TABLE api_token (
    id TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    role TEXT NOT NULL,
    token BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    disabled INTEGER NOT NULL
);
CREATE TABLE audit (
    row INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
