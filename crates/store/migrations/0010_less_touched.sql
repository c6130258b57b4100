-- What a reading touches in a house of many patients: two pages fewer, each of which was its own alone.

-- Events that are not folded yet, of every patient: as small as what waits. What is folded follows from the journal.
CREATE TABLE unfolded (
    patient INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (patient, seq)
) WITHOUT ROWID;
INSERT INTO unfolded SELECT e.patient, e.seq FROM patient_event e LEFT JOIN standing s ON s.patient = e.patient
    WHERE e.seq > ifnull(s.folded, 0) ORDER BY e.patient, e.seq;
DROP TABLE patient_event;

-- Readings by day of measurement and device. A day of 100,000 patients is some two hundred pages, and a reading would
-- write one of them by itself; so it goes to the second table, which is ten pages at the most, and every few
-- thousand positions all of that is moved to the first at once, in the order of its key.
CREATE TABLE of_day (
    day INTEGER NOT NULL,          -- of measurement, UTC, since 1970
    device INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (day, device, seq)
) WITHOUT ROWID;
CREATE TABLE of_day_fresh (
    day INTEGER NOT NULL,
    device INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (day, device, seq)
) WITHOUT ROWID;
INSERT INTO of_day SELECT day, device, seq FROM reading ORDER BY day, device, seq;
DROP INDEX reading_day;
CREATE VIEW reading_day AS
    SELECT day, device, seq FROM of_day UNION ALL SELECT day, device, seq FROM of_day_fresh;
-- Nothing asks for it any more. This writes the journal anew, once: ten seconds or so for a million readings.
ALTER TABLE reading DROP COLUMN day;
