//! Who did what, and that nobody can say otherwise later.

use crate::kit::*;
use care::Actor;
use chrono::TimeDelta;
use store::*;

fn entry(n: i64) -> NewAudit {
    NewAudit {
        at: day(n),
        actor: Actor(if n % 2 == 0 { "bea" } else { "cem" }.into()),
        action: "read-patient".into(),
        subject: format!("p{n}"),
        patient: Some(pid(&format!("p{n}"))),
        detail: String::new(),
    }
}

fn whole() -> AuditFilter {
    AuditFilter::default()
}

pub(crate) async fn the_trail_is_newest_first(store: &dyn Store) {
    assert_eq!(store.verify_audit().await.unwrap(), AuditVerdict::Whole(None));
    store.audit((0..5).map(entry).collect()).await.unwrap();
    let mut page = PageRequest { after: None, limit: 2 };
    let mut seen = Vec::new();
    loop {
        let found = store.audit_trail(&whole(), page.clone()).await.unwrap();
        seen.extend(found.items.into_iter().map(|e| e.entry));
        store.audit(vec![entry(9)]).await.unwrap();
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, (0..5).rev().map(entry).collect::<Vec<_>>());
}

pub(crate) async fn the_trail_is_filtered(store: &dyn Store) {
    let sign_in = NewAudit { action: "sign-in".into(), patient: None, ..entry(6) };
    store.audit((0..6).map(entry).chain([sign_in.clone()]).collect()).await.unwrap();
    let found = async |filter: AuditFilter| {
        let page = store.audit_trail(&filter, all()).await.unwrap();
        page.items.into_iter().map(|e| e.entry.subject).collect::<Vec<_>>()
    };
    assert_eq!(found(AuditFilter { actor: Some("cem".into()), ..whole() }).await, ["p5", "p3", "p1"]);
    assert_eq!(found(AuditFilter { patient: Some(pid("p3")), ..whole() }).await, ["p3"]);
    assert_eq!(found(AuditFilter { action: Some("sign-in".into()), ..whole() }).await, ["p6"]);
    let two = AuditFilter { from: Some(day(1)), until: Some(day(3)), ..whole() };
    assert_eq!(found(two.clone()).await, ["p2", "p1"]);
    assert_eq!(found(AuditFilter { actor: Some("bea".into()), ..two }).await, ["p2"]);
}

pub(crate) async fn each_line_follows_from_the_one_before(store: &dyn Store) {
    store.audit((0..3).map(entry).collect()).await.unwrap();
    store.audit(vec![NewAudit { at: day(4) + TimeDelta::microseconds(7), ..entry(4) }]).await.unwrap();
    let mut lines = store.audit_trail(&whole(), all()).await.unwrap().items;
    lines.reverse();
    let mut hash = AuditHash::default();
    for (number, line) in (1..).zip(&lines) {
        hash = hash.then(number, &line.entry);
        assert_eq!((line.row, line.hash), (number, hash));
        assert_eq!(store.audit_entry(number).await.unwrap().as_ref(), Some(line));
    }
    assert_eq!(store.audit_after(1, 2).await.unwrap(), lines[1..3]);
    let head = Some(AuditHead { row: 4, hash });
    assert_eq!(store.audit_head().await.unwrap(), head);
    assert_eq!(store.verify_audit().await.unwrap(), AuditVerdict::Whole(head));
}
