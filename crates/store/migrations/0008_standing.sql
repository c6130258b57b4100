-- Where the rules stand with a patient, in one row, so that a turn writes one page here and not three.
CREATE TABLE standing (
    patient INTEGER PRIMARY KEY,
    folded INTEGER NOT NULL,
    wake_at INTEGER,
    fold TEXT NOT NULL,            -- JSON; empty: nothing yet
    quiet_since INTEGER,           -- of the kind that is missing longest; none where nothing is expected
    expected TEXT NOT NULL,        -- JSON: what is expected of the patient
    team_set INTEGER NOT NULL
);
INSERT INTO standing
    SELECT w.patient, w.folded, w.wake_at, ifnull(f.fold, ''), x.quiet_since, ifnull(x.body, '[]'), p.team_set
    FROM patient_work w JOIN patient p ON p.number = w.patient
    LEFT JOIN patient_fold f ON f.patient = w.patient LEFT JOIN expectation x ON x.patient = w.patient;
CREATE INDEX standing_wake ON standing (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX standing_quiet ON standing (quiet_since, patient, team_set) WHERE quiet_since IS NOT NULL;

-- Patients with events that are not folded yet, and the newest of these: a row as long as they wait, so that the table
-- is as small as what waits.
CREATE TABLE waiting (patient INTEGER PRIMARY KEY, head INTEGER NOT NULL);
INSERT INTO waiting SELECT patient, head FROM patient_work WHERE head > folded;
CREATE INDEX waiting_head ON waiting (head);

DROP TABLE patient_work;
DROP TABLE patient_fold;
DROP TABLE expectation;
