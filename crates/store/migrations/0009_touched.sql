-- Open tasks that a list may have to look at again, newest last: what lists keep of them in memory is mended by it. The
-- last ten thousand; whoever kept less reads all of them.
CREATE TABLE touched (number INTEGER PRIMARY KEY, task INTEGER NOT NULL);
CREATE TRIGGER touched_trim AFTER INSERT ON touched BEGIN
    DELETE FROM touched WHERE number <= new.number - 10000;
END;
CREATE TRIGGER task_made AFTER INSERT ON task BEGIN
    INSERT INTO touched (task) VALUES (new.row);
END;
CREATE TRIGGER task_changed AFTER UPDATE ON task BEGIN
    INSERT INTO touched (task) VALUES (new.row);
END;
CREATE TRIGGER task_gone AFTER DELETE ON task BEGIN
    INSERT INTO touched (task) VALUES (old.row);
END;
-- What a list asks of a patient.
CREATE TRIGGER patient_changed AFTER UPDATE OF search ON patient WHEN new.search <> old.search BEGIN
    INSERT INTO touched (task) SELECT row FROM task WHERE patient = new.number AND status NOT IN ('completed', 'cancelled');
END;
CREATE TRIGGER enrolment_made AFTER INSERT ON enrolment BEGIN
    INSERT INTO touched (task) SELECT row FROM task WHERE patient = new.patient AND status NOT IN ('completed', 'cancelled');
END;
CREATE TRIGGER enrolment_gone AFTER DELETE ON enrolment BEGIN
    INSERT INTO touched (task) SELECT row FROM task WHERE patient = old.patient AND status NOT IN ('completed', 'cancelled');
END;
