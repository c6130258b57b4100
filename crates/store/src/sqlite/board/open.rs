//! The open tasks as lists sort, filter and count them, kept in memory: every list looks at all of them, and of thousands
//! few change from one list to the next. Triggers write down which (`touched`), in the transaction that changed them.

use super::super::column::{collect, corrupt, parse, time, time_or_none};
use super::super::fault::Fault;
use super::keys::severity;
use super::programmes::{Programmes, programmes};
use care::{Queue, Severity, TaskStatus};
use rusqlite::{Connection, Row, params};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use vitals::Instant;

/// An open task, without what only its row in a list shows.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) patient: i64,
    pub(super) team_set: i64,
    pub(super) queue: Queue,
    pub(super) status: TaskStatus,
    pub(super) severity: Severity,
    pub(super) due: Option<Instant>,
    pub(super) created: Instant,
    pub(super) owner: Option<Arc<str>>,
    /// the patient's name and numbers in lower case
    pub(super) search: Arc<str>,
    pub(super) programmes: Programmes,
    /// the place in `touched` as of which this was read
    pub(super) since: i64,
}

/// By the task's row, so in the order in which tasks came.
pub(super) type Tasks = BTreeMap<i64, Open>;

/// The open tasks as of a place in `touched`.
#[derive(Debug, Default)]
pub(super) struct OpenTasks(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    upto: i64,
    tasks: Arc<Tasks>,
}

impl OpenTasks {
    /// The open tasks, no older than this snapshot, and its own place in `touched`. They may be a commit newer, if
    /// somebody with a newer one was here first.
    pub(super) fn of(&self, db: &Connection) -> Result<(Arc<Tasks>, i64), Fault> {
        let (oldest, newest): (i64, i64) = db
            .prepare_cached("SELECT ifnull(min(number), 0), ifnull(max(number), 0) FROM touched")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // Whoever comes at the same time waits, and finds the work done.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.as_mut() {
            Some(kept) if kept.upto >= newest => {}
            Some(kept) if kept.upto >= oldest.saturating_sub(1) => {
                let touched = touched(db, kept.upto)?;
                let mut now = read(db, Some(&touched), newest)?;
                let tasks = Arc::make_mut(&mut kept.tasks);
                for row in touched {
                    match now.remove(&row) {
                        Some(open) => drop(tasks.insert(row, open)),
                        None => drop(tasks.remove(&row)),
                    }
                }
                kept.upto = newest;
            }
            _ => *kept = Some(Kept { upto: newest, tasks: Arc::new(read(db, None, newest)?) }),
        }
        Ok((kept.as_ref().map(|kept| Arc::clone(&kept.tasks)).unwrap_or_default(), newest))
    }
}

/// Tasks that were touched after this place.
fn touched(db: &Connection, after: i64) -> Result<Vec<i64>, Fault> {
    let mut query = db.prepare_cached("SELECT DISTINCT task FROM touched WHERE number > ?1")?;
    collect(query.query([after])?, |row| Ok(row.get(0)?))
}

/// Those of these tasks that are open; all of them where none are named.
fn read(db: &Connection, wanted: Option<&[i64]>, since: i64) -> Result<Tasks, Fault> {
    let (open, wanted) = match wanted {
        Some(rows) => {
            let rows = serde_json::Value::from(rows).to_string();
            ("t.row IN (SELECT value FROM json_each(?1)) AND t.status NOT IN ('completed', 'cancelled')", rows)
        }
        None => ("?1 = '' AND t.status NOT IN ('completed', 'cancelled')", String::new()),
    };
    let programmes = programmes(db, open, &wanted)?;
    let mut query = db.prepare_cached(&format!(
        "SELECT t.row, t.patient, t.team_set, t.queue, t.status, t.rank, t.due_at, t.created_at, t.owner,
            ifnull(p.search, '') AS search
         FROM task t LEFT JOIN patient p ON p.number = t.patient WHERE {open}"
    ))?;
    let found =
        collect(query.query(params![wanted])?, |row| Ok((row.get("row")?, open_task(row, &programmes, since)?)))?;
    Ok(found.into_iter().collect())
}

fn open_task(row: &Row<'_>, programmes: &HashMap<i64, Programmes>, since: i64) -> Result<Open, Fault> {
    let text = |name| row.get_ref(name)?.as_str().map_err(|e| corrupt("task", e));
    let patient = row.get("patient")?;
    Ok(Open {
        patient,
        team_set: row.get("team_set")?,
        queue: parse("queue", text("queue")?)?,
        status: parse("status", text("status")?)?,
        severity: severity(row.get("rank")?)?,
        due: time_or_none(row, "due_at")?,
        created: time(row, "created_at")?,
        owner: row.get("owner")?,
        search: row.get("search")?,
        programmes: programmes.get(&patient).cloned().unwrap_or_default(),
        since,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::{SqliteOptions, schema};
    use super::*;

    fn rows(tasks: &Tasks) -> Vec<(i64, Option<String>)> {
        tasks.iter().map(|(row, open)| (*row, open.owner.as_deref().map(str::to_owned))).collect()
    }

    #[test]
    fn what_was_touched_is_read_again_however_much_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(dir.path().join("hearth.db"), Arc::new(|| Instant::UNIX_EPOCH));
        let db = schema::open_writer(&options).unwrap();
        let open = OpenTasks::default();
        assert!(open.of(&db).unwrap().0.is_empty());
        let make = "INSERT INTO task (id, patient, group_key, queue, status, severity, body)
            VALUES (?1, ?2, 'g', 'care', 'requested', 'high', '')";
        let accept = |row: i64, who: &str| db.execute("UPDATE task SET owner = ?2 WHERE row = ?1", params![row, who]);
        for n in 1..=3 {
            db.execute(make, params![format!("t-{n}"), n]).unwrap();
        }
        assert_eq!(rows(&open.of(&db).unwrap().0), [(1, None), (2, None), (3, None)]);
        accept(2, "bea").unwrap();
        db.execute("UPDATE task SET status = 'completed' WHERE row = 3", []).unwrap();
        let before = open.of(&db).unwrap().0;
        assert_eq!(rows(&before), [(1, None), (2, Some("bea".into()))]);
        // More than is kept of what was touched: the first change is forgotten by then, and found all the same.
        accept(1, "carl").unwrap();
        db.execute_batch("BEGIN").unwrap();
        for n in 0..10_000 {
            accept(2, &format!("nurse-{n}")).unwrap();
        }
        db.execute_batch("COMMIT").unwrap();
        let kept: i64 = db.query_row("SELECT count(*) FROM touched", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 10_000);
        assert_eq!(rows(&open.of(&db).unwrap().0), [(1, Some("carl".into())), (2, Some("nurse-9999".into()))]);
        assert_eq!(rows(&before), [(1, None), (2, Some("bea".into()))], "a list that is being drawn stays as it is");
    }
}
