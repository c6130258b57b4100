-- What a row of a list shows besides its task is kept in memory as it was read, so what changes the patient's episodes
-- touches their open tasks too, and so does what is journalled of them: a reading, another profile.
CREATE TRIGGER episode_changed AFTER UPDATE OF body ON episode BEGIN
    INSERT INTO touched (task) SELECT row FROM task WHERE patient = new.patient AND status NOT IN ('completed', 'cancelled');
END;
CREATE TRIGGER episode_gone AFTER DELETE ON episode BEGIN
    INSERT INTO touched (task) SELECT row FROM task WHERE patient = old.patient AND status NOT IN ('completed', 'cancelled');
END;
CREATE TRIGGER waiting_made AFTER INSERT ON waiting BEGIN
    INSERT INTO touched (task) SELECT row FROM task WHERE patient = new.patient AND status NOT IN ('completed', 'cancelled');
END;
CREATE TRIGGER waiting_changed AFTER UPDATE ON waiting BEGIN
    INSERT INTO touched (task) SELECT row FROM task WHERE patient = new.patient AND status NOT IN ('completed', 'cancelled');
END;
