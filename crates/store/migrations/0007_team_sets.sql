-- Whose patients they are, as one number for each set of teams that occurs: a list of tasks asks it of thousands of
-- rows, and a comparison of small numbers in the list's own index costs a fiftieth of looking teams up for each row.
CREATE TABLE team_set (number INTEGER PRIMARY KEY, teams TEXT NOT NULL UNIQUE);   -- ids in order, a space between
-- Of no team: everybody's.
INSERT INTO team_set VALUES (0, '');
INSERT INTO team_set (teams) SELECT DISTINCT group_concat(team, ' ') OVER
    (PARTITION BY patient ORDER BY team ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM patient_team;
ALTER TABLE patient ADD COLUMN team_set INTEGER NOT NULL DEFAULT 0;
UPDATE patient SET team_set = s.number
    FROM team_set s, (SELECT DISTINCT patient, group_concat(team, ' ') OVER (PARTITION BY patient ORDER BY team
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS teams FROM patient_team) t
    WHERE t.patient = patient.number AND s.teams = t.teams;
DROP TABLE patient_team;

-- The same beside what lists hold.
ALTER TABLE task ADD COLUMN team_set INTEGER NOT NULL DEFAULT 0;
ALTER TABLE episode ADD COLUMN team_set INTEGER NOT NULL DEFAULT 0;
ALTER TABLE expectation ADD COLUMN team_set INTEGER NOT NULL DEFAULT 0;
UPDATE task SET team_set = (SELECT team_set FROM patient WHERE number = task.patient);
UPDATE episode SET team_set = (SELECT team_set FROM patient WHERE number = episode.patient);
UPDATE expectation SET team_set = (SELECT team_set FROM patient WHERE number = expectation.patient);
DROP INDEX task_board;
CREATE INDEX task_board ON task (queue, status, rank, due_at, created_at, owner, team_set, patient)
    WHERE status NOT IN ('completed', 'cancelled');
DROP INDEX episode_quiet;
CREATE INDEX episode_quiet ON episode (opened_at, patient, id, team_set) WHERE holds = 2;
DROP INDEX expectation_quiet;
CREATE INDEX expectation_quiet ON expectation (quiet_since, patient, team_set);

-- Who is silent is counted of what is expected, and nowhere else.
DROP INDEX episode_silent;
ALTER TABLE episode DROP COLUMN silent;
