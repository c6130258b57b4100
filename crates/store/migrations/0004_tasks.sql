-- What lists of tasks ask for, as columns, so that a list reads an index and not every task.
ALTER TABLE task ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;       -- of the severity: 3 critical … 0 low
ALTER TABLE task ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN due_at INTEGER;
UPDATE task SET
    rank = CASE severity WHEN 'critical' THEN 3 WHEN 'high' THEN 2 WHEN 'medium' THEN 1 ELSE 0 END,
    created_at = CAST(round(unixepoch(json_extract(body, '$.created_at'), 'subsec') * 1000000) AS INTEGER),
    due_at = CAST(round(unixepoch(json_extract(body, '$.due_at'), 'subsec') * 1000000) AS INTEGER);
CREATE INDEX task_board ON task (queue, status, rank, due_at, created_at, owner, patient)
    WHERE status NOT IN ('completed', 'cancelled');
CREATE INDEX task_patient ON task (patient, row);

-- An episode that still holds: `holds` is 1 with an open task of its group, 2 without one, 0 when it is over.
ALTER TABLE episode ADD COLUMN group_key TEXT NOT NULL DEFAULT '';
ALTER TABLE episode ADD COLUMN holds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE episode ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;  -- about readings that did not come
UPDATE episode SET
    group_key = json_extract(body, '$.group'),
    silent = NOT EXISTS (SELECT 1 FROM json_each(body, '$.rules') r WHERE json_extract(r.value, '$.opened_by') IS NOT NULL),
    holds = json_extract(body, '$.cleared_at') IS NULL;
UPDATE episode SET holds = 2 WHERE holds = 1 AND NOT EXISTS (SELECT 1 FROM task t WHERE t.patient = episode.patient
    AND t.group_key = episode.group_key AND t.status NOT IN ('completed', 'cancelled'));
CREATE INDEX episode_quiet ON episode (opened_at, patient, id) WHERE holds = 2;
CREATE INDEX episode_silent ON episode (patient) WHERE silent AND holds > 0;

-- Programmes as they stand, of the newest list that was journalled for each patient.
CREATE TABLE enrolment (
    patient INTEGER NOT NULL,
    programme TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    until_at INTEGER,
    PRIMARY KEY (patient, programme, from_at)
) WITHOUT ROWID;
INSERT OR REPLACE INTO enrolment
    SELECT e.patient, json_extract(j.value, '$.programme'),
        CAST(round(unixepoch(json_extract(j.value, '$.from'), 'subsec') * 1000000) AS INTEGER),
        CAST(round(unixepoch(json_extract(j.value, '$.until'), 'subsec') * 1000000) AS INTEGER)
    FROM event e JOIN json_each(e.body, '$.enrolments') j
    WHERE e.kind = 'patient-changed' AND e.seq = (SELECT max(x.seq) FROM event x WHERE x.patient = e.patient
        AND x.kind = 'patient-changed' AND json_type(x.body, '$.enrolments') = 'array');
