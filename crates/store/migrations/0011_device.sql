-- A plain reading leaves its device's row alone: the row says what was so at position `as_of`, and whoever reads it
-- counts in the device's readings after that (src/sqlite/device.rs).
ALTER TABLE device ADD COLUMN as_of INTEGER NOT NULL DEFAULT 0;
UPDATE device SET as_of = (SELECT seq FROM meta);

-- Sources of many devices, and when something of them arrived last: one row for the whole crowd, written with each
-- commit. Of other sources their few devices tell it.
CREATE TABLE crowd (source TEXT PRIMARY KEY, heard INTEGER) WITHOUT ROWID;
INSERT INTO crowd SELECT source, max(last_seen) FROM device GROUP BY source HAVING count(*) > 16;
DROP VIEW source_seen;
