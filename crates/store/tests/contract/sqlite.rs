//! What only a file can show.

use crate::kit::*;
use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::*;
use vitals::*;

#[tokio::test]
async fn a_failed_commit_is_everybodys_error_and_stores_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let fail = Arc::new(AtomicBool::new(false));
    let store = SqliteStore::open(SqliteOptions { fail_commit: Some(Arc::clone(&fail)), ..options(&dir) }).unwrap();
    patient(&store, "anna").await;
    let seq = stored(&store, reading("scale-anna", "1", day(1))).await;
    let before =
        (store.ledger().await.unwrap(), store.assignments().await.unwrap(), store.last_commit().await.unwrap());
    fail.store(true, Ordering::SeqCst);
    let refused = store.admit(vec![message("scale-anna", vec![item(reading("scale-anna", "2", day(1)))])]);
    let bea = actor();
    let moved = store.assign(wears("anna", "new", None, day(0), None), "x", &bea);
    let added = store.add_patient(entering("bert"), vec![], vec![], &bea);
    let (refused, moved, added) = tokio::join!(refused, moved, added);
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(matches!(moved, Err(StoreError::Unavailable(_))));
    assert!(matches!(added, Err(StoreError::Unavailable(_))));
    fail.store(false, Ordering::SeqCst);
    let after = (store.ledger().await.unwrap(), store.assignments().await.unwrap(), store.last_commit().await.unwrap());
    assert_eq!(after, before);
    // What the writer remembers is as it was, too.
    patient(&store, "bert").await;
    let head = store.work(&pid("bert")).await.unwrap().head;
    assert_eq!(stored(&store, reading("scale-anna", "2", day(1))).await, head + 1);
    assert!(head > seq);
    assert_eq!(store.ledger_recount().await.unwrap(), store.ledger().await.unwrap());
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(&dir)).unwrap();
    let anna = patient(&store, "anna").await;
    let seq = stored(&store, reading("scale-anna", "1", day(1))).await;
    store.close(TimeDelta::seconds(30)).await.unwrap();
    store.close(TimeDelta::seconds(30)).await.unwrap();
    let late = store.admit(vec![message("scale-anna", vec![item(reading("scale-anna", "2", day(1)))])]).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))));
    assert_eq!(store.ledger().await.unwrap().stored, 1, "a closed store can still be read");
    drop(store);
    let store = SqliteStore::open(options(&dir)).unwrap();
    assert_eq!(store.patient(&pid("anna")).await.unwrap(), Some(anna));
    assert_eq!(admit(&store, reading("scale-anna", "1", day(1))).await, ItemStatus::Duplicate);
    assert_eq!(stored(&store, reading("scale-anna", "2", day(2))).await, seq + 1, "positions go on");
    assert_eq!(readings_of(&store, "anna").await.len(), 2, "and so do assignments");
}

#[tokio::test]
async fn what_is_queued_is_committed_before_the_writer_stops() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(&dir)).unwrap();
    let admitted = store.admit(vec![message("scale", vec![item(reading("scale", "1", day(1)))])]);
    let (admitted, closed) = tokio::join!(biased; admitted, store.close(TimeDelta::seconds(30)));
    assert!(admitted.is_ok() && closed.is_ok());
}

#[tokio::test]
async fn stamps_grow_even_where_the_clock_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let clock = TestClock::at(day(100));
    let options = || SqliteOptions::new(dir.path().join("hearth.db"), clock.as_store_clock());
    let mut store = SqliteStore::open(options()).unwrap();
    let mut last = None;
    for (n, now) in [100, 100, 50, 101, 7].into_iter().enumerate() {
        clock.set(day(now));
        stored(&store, reading("scale", &n.to_string(), day(1))).await;
        let stamp = store.last_commit().await.unwrap();
        assert!(stamp > last, "{stamp:?} after {last:?}");
        last = stamp;
        drop(store);
        store = SqliteStore::open(options()).unwrap();
    }
    let stamps: Vec<StoredAt> = store.readings_after(0, 9).await.unwrap().iter().map(|r| r.stored_at).collect();
    assert!(stamps.is_sorted_by(|a, b| a < b));
    assert_eq!(stamps[3], StoredAt(day(101)), "where the clock is ahead, it is the stamp");
}

#[tokio::test]
async fn a_job_that_fails_spoils_nobody_elses() {
    let dir = tempfile::tempdir().unwrap();
    let slow = Some(std::time::Duration::from_millis(20));
    let store = SqliteStore::open(SqliteOptions { commit_delay: slow, ..options(&dir) }).unwrap();
    let first = patient(&store, "anna");
    let reads = |n: u8| {
        let r = reading("scale-anna", &n.to_string(), day(1));
        store.admit(vec![message("scale-anna", vec![item(r)])])
    };
    let bea = actor();
    let twice = || store.add_patient(entering("bert"), vec![], vec![], &bea);
    let (_, a, one, two, b) = tokio::join!(biased; first, reads(1), twice(), twice(), reads(2));
    assert_eq!((a.is_ok(), b.is_ok()), (true, true));
    assert!(one.is_ok());
    assert!(matches!(two, Err(StoreError::Conflict(_))));
    assert_eq!(readings_of(&store, "anna").await.len(), 2);
    assert_eq!(store.ledger_recount().await.unwrap(), store.ledger().await.unwrap());
}

#[tokio::test]
async fn another_process_may_write_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (SqliteStore::open(options(&dir)).unwrap(), SqliteStore::open(options(&dir)).unwrap());
    patient(&one, "anna").await;
    let first = stored(&two, reading("scale-anna", "1", day(1))).await;
    let second = stored(&one, reading("scale-anna", "2", day(1))).await;
    assert_eq!(second, first + 1);
    assert_eq!(admit(&two, reading("scale-anna", "2", day(1))).await, ItemStatus::Duplicate);
    assert_eq!(readings_of(&one, "anna").await.len(), 2);
    assert_eq!(two.ledger_recount().await.unwrap(), one.ledger().await.unwrap());
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(options(&dir)).unwrap());
    let db = rusqlite::Connection::open(dir.path().join("hearth.db")).unwrap();
    db.pragma_update(None, "user_version", 1000).unwrap();
    let refused = SqliteStore::open(options(&dir)).unwrap_err();
    assert!(matches!(&refused, StoreError::Invalid(text) if text.contains("1000")), "{refused}");
}

#[tokio::test]
async fn a_line_of_the_trail_that_was_changed_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let line = |n: i64| NewAudit {
        at: day(n),
        actor: actor(),
        action: "read-patient".into(),
        subject: format!("p{n}"),
        patient: None,
        detail: String::new(),
    };
    let fresh = |dir: &tempfile::TempDir| SqliteStore::open(options(dir)).unwrap();
    fresh(&dir).audit((1..=5).map(line).collect()).await.unwrap();
    let file = dir.path().join("hearth.db");
    for edit in [
        "UPDATE audit SET actor = 'eve' WHERE row = 3",
        "DELETE FROM audit WHERE row = 5",
        "INSERT OR REPLACE INTO audit SELECT row, at, 'eve', action, subject, patient, detail, hash FROM audit WHERE row = 3",
    ] {
        let refused = rusqlite::Connection::open(&file).unwrap().execute(edit, []).unwrap_err().to_string();
        assert!(refused.contains("audit trail"), "{edit}: {refused}");
    }
    // Whoever has the file can take the triggers away; then the chain tells.
    let by_force = |edit: &str| {
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(&file, dir.path().join("hearth.db")).unwrap();
        let db = rusqlite::Connection::open(dir.path().join("hearth.db")).unwrap();
        db.execute_batch("DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept").unwrap();
        db.execute(edit, []).unwrap();
        dir
    };
    for (edit, row) in [
        ("UPDATE audit SET actor = 'eve' WHERE row = 3", 3),
        ("UPDATE audit SET at = at + 1 WHERE row = 1", 1),
        ("UPDATE audit SET hash = zeroblob(32) WHERE row = 4", 4),
        ("UPDATE audit SET hash = 'x' WHERE row = 4", 4),
        ("DELETE FROM audit WHERE row = 2", 2),
    ] {
        let dir = by_force(edit);
        let verdict = fresh(&dir).verify_audit().await.unwrap();
        assert!(matches!(verdict, AuditVerdict::Broken { row: found, .. } if found == row), "{edit}: {verdict:?}");
    }
    // The end can be cut off without a trace; who wrote the head down elsewhere sees it.
    let cut = by_force("DELETE FROM audit WHERE row = 5");
    let (head, kept) = (fresh(&dir).audit_head().await.unwrap(), fresh(&cut).audit_head().await.unwrap());
    assert_eq!((head.map(|h| h.row), kept.map(|h| h.row)), (Some(5), Some(4)));
    assert_eq!(fresh(&cut).verify_audit().await.unwrap(), AuditVerdict::Whole(kept));
}

#[tokio::test]
async fn a_trail_from_before_there_were_hashes_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let db = rusqlite::Connection::open(dir.path().join("hearth.db")).unwrap();
    db.execute_batch(include_str!("../../migrations/0001_first.sql")).unwrap();
    db.execute_batch(
        "PRAGMA user_version = 1;
         INSERT INTO audit VALUES (1, 5, 'bea', 'sign-in', 'bea', ''), (3, 6, 'bea', 'read-patient', 'p1', 'x');
         INSERT INTO user VALUES ('bea', 'Bea', 'viewer', 'phc', 0, 0, NULL, 0);
         INSERT INTO api_token VALUES ('t', 'x', 'viewer', zeroblob(32), 0, NULL, 0);",
    )
    .unwrap();
    drop(db);
    let store = SqliteStore::open(options(&dir)).unwrap();
    let lines = store.audit_trail(&AuditFilter::default(), all()).await.unwrap().items;
    assert_eq!(lines.iter().map(|l| (l.row, l.entry.subject.as_str())).collect::<Vec<_>>(), [(2, "p1"), (1, "bea")]);
    let head = store.audit_head().await.unwrap();
    assert!(head.is_some());
    assert_eq!(store.verify_audit().await.unwrap(), AuditVerdict::Whole(head));
    let bea = store.user("bea").await.unwrap().unwrap();
    assert_eq!((bea.password_hash.as_deref(), bea.teams.len()), (Some("phc"), 0));
    assert!(store.token(&[0; 32], day(1)).await.unwrap().is_some_and(|t| !t.read_only && t.teams.is_empty()));
}

/// No page shows it, but whoever looks into the journal finds who did it.
#[tokio::test]
async fn who_disabled_somebody_stands_in_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(&dir)).unwrap();
    store.add_user(crate::accounts::somebody("eve", care::Role::Viewer)).await.unwrap();
    let disable = |user: &mut User| {
        user.disabled = true;
        Ok(())
    };
    store.edit_user("eve", Box::new(disable), &care::Actor("ada".into())).await.unwrap();
    store.close(TimeDelta::seconds(30)).await.unwrap();
    let db = rusqlite::Connection::open(options(&dir).path).unwrap();
    let by: String =
        db.query_row("SELECT actor FROM event WHERE kind = 'person-changed'", [], |row| row.get(0)).unwrap();
    assert_eq!(by, "ada");
}

/// Where the rules stood lay in three tables once.
#[tokio::test]
async fn where_the_rules_stood_before_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let db = old_file(&dir, 6);
    let mut fold = care::Fold::default();
    fold.as_of = Some(day(4));
    let expected = r#"[{"kind": "body-weight", "since": "2026-01-04T00:00:00Z", "last": null}]"#;
    db.execute_batch(&format!(
        "INSERT INTO patient (number, id, profile, search) VALUES (1, 'anna', '', ''), (2, 'bert', '', ''), (3, 'carl', '', '');
         INSERT INTO patient_work VALUES (1, 7, 5, {}), (2, 6, 6, NULL), (3, 8, 0, NULL);
         INSERT INTO patient_fold VALUES (1, '{}'), (2, '{}');
         INSERT INTO expectation VALUES (1, {}, '{expected}', 0);",
        day(9).timestamp_micros(),
        serde_json::to_string(&fold).unwrap(),
        serde_json::to_string(&care::Fold::default()).unwrap(),
        day(3).timestamp_micros(),
    ))
    .unwrap();
    drop(db);
    let store = SqliteStore::open(options(&dir)).unwrap();
    let anna = store.work(&pid("anna")).await.unwrap();
    assert_eq!((anna.head, anna.folded, anna.wake_at, anna.fold.as_of), (7, 5, Some(day(9)), Some(day(4))));
    let bert = store.work(&pid("bert")).await.unwrap();
    assert_eq!((bert.head, bert.folded, bert.wake_at, bert.fold), (6, 6, None, care::Fold::default()));
    assert_eq!(store.work(&pid("carl")).await.unwrap().head, 8);
    assert_eq!(store.dirty_patients(9).await.unwrap(), [pid("anna"), pid("carl")]);
    assert_eq!(store.due_patients(day(9), 9).await.unwrap().0, [pid("anna")]);
    assert_eq!(store.silent_count(&care::Scope::All, day(4)).await.unwrap(), 1);
    assert_eq!(store.expectations(&pid("anna")).await.unwrap()[0].since, day(3));
}

/// Every event of every patient was noted for good once, and each reading had its day.
#[tokio::test]
async fn events_and_days_from_before_are_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let db = old_file(&dir, 7);
    let entered = serde_json::to_string(&care::EventBody::PatientChanged(Box::new(entering("anna")))).unwrap();
    let profile = serde_json::to_string(&profile("anna")).unwrap();
    db.execute_batch(&format!(
        "UPDATE meta SET seq = 6, at = 6, received = 4, stored = 4;
         INSERT INTO patient (number, id, profile, search) VALUES (1, 'anna', '{profile}', ''), (2, 'bert', '', '');
         INSERT INTO device (number, source, device, first_day, last_day, received, unassigned)
             VALUES (1, 'hub', 'scale-anna', 20454, 20455, 4, 1);
         INSERT INTO event VALUES (1, 1, 'bea', 1, 'patient-changed', '{entered}');
         INSERT INTO assignment (patient, device, from_at, seq_made, seq_ended) VALUES (1, 1, 0, 1, 5);
         INSERT INTO patient_event VALUES (0, 1, 1), (0, 1, 2), (0, 1, 3), (0, 1, 4), (0, 2, 5);
         INSERT INTO standing VALUES (1, 3, NULL, '', NULL, '[]', 0);
         INSERT INTO waiting VALUES (1, 4), (2, 5);"
    ))
    .unwrap();
    let days = [(2, 20_454, day(0)), (3, 20_455, day(1)), (4, 20_455, day(1)), (6, 20_455, day(1))];
    for (seq, on, measured) in days {
        db.execute(
            "INSERT INTO reading (seq, device, id, day, measured, offset_min, received, stored, digest, kind, vals, hub,
             via, raw) VALUES (?1, 1, CAST(?1 AS TEXT), ?2, ?3, 0, 0, ?1, zeroblob(16), 'body-weight',
             'weight=80 kg', 1, 'mqtt', x'00')",
            rusqlite::params![seq, on, measured.timestamp_micros()],
        )
        .unwrap();
    }
    drop(db);
    let store = SqliteStore::open(options(&dir)).unwrap();
    let events = async |after| {
        let events = store.events_after(&pid("anna"), after, 9).await.unwrap();
        events.iter().map(|e| e.seq).collect::<Vec<_>>()
    };
    assert_eq!(events(3).await, [4], "what waits is noted");
    assert_eq!(events(0).await, [1, 2, 3, 4], "what is folded is found, and what came when it was hers");
    let of_device = async || {
        let readings = store.device_readings(&device("scale-anna"), 9).await.unwrap();
        readings.iter().map(|r| r.seq).collect::<Vec<_>>()
    };
    assert_eq!(of_device().await, [6, 4, 3, 2]);
    let seq = stored(&store, reading("scale-anna", "new", day(1))).await;
    assert_eq!(of_device().await, [seq, 6, 4, 3, 2]);
}

/// Else the table of what waits would grow as the journal does.
#[tokio::test]
async fn what_is_folded_waits_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(&dir)).unwrap();
    for id in ["anna", "bert"] {
        patient(&store, id).await;
    }
    let first = stored(&store, reading("scale-anna", "1", day(1))).await;
    let second = stored(&store, reading("scale-anna", "2", day(1))).await;
    let all = crate::worklist::evaluation(&store, "anna", care::Effects::default()).await;
    store.commit_evaluation(EvaluationCommit { folded: first, ..all }).await.unwrap();
    crate::worklist::commit(&store, "bert", care::Effects::default()).await.unwrap();
    let db = rusqlite::Connection::open(options(&dir).path).unwrap();
    let mut query = db.prepare("SELECT seq FROM unfolded").unwrap();
    let left: Vec<i64> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(left, [second.cast_signed()]);
}

/// What arrives is noted apart and moved now and then, which nobody sees.
#[tokio::test]
async fn days_are_moved_unseen() {
    let dir = tempfile::tempdir().unwrap();
    let fail = Arc::new(AtomicBool::new(false));
    let open = || SqliteOptions { fail_commit: Some(Arc::clone(&fail)), ..options(&dir) };
    let mut store = SqliteStore::open(open()).unwrap();
    patient(&store, "anna").await;
    let counts = || {
        let db = rusqlite::Connection::open(dir.path().join("hearth.db")).unwrap();
        db.query_row("SELECT (SELECT count(*) FROM of_day), (SELECT count(*) FROM of_day_fresh)", [], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?))
        })
        .unwrap()
    };
    let batch = |from: i64| {
        let one = |n: i64| item(reading("scale-anna", &n.to_string(), day(n % 3)));
        vec![message("scale-anna", (from..from + 1500).map(one).collect())]
    };
    for from in [0, 1500, 3000, 4500] {
        fail.store(true, Ordering::SeqCst);
        assert!(store.admit(batch(from)).await.is_err());
        fail.store(false, Ordering::SeqCst);
        store.admit(batch(from)).await.unwrap();
        store.admit(batch(from)).await.unwrap();
        let mut found = store.device_readings(&device("scale-anna"), 9000).await.unwrap();
        found.sort_by_key(|r| r.seq);
        found.dedup();
        assert_eq!(found, store.readings_after(0, 9000).await.unwrap(), "once each");
        drop(store);
        store = SqliteStore::open(open()).unwrap();
    }
    assert_eq!(counts(), (4500, 1500), "at the commit that passed 4096");
}
