//! People, their sessions, tokens, and who did what.

use crate::kit::*;
use care::Role;
use store::*;

pub(crate) async fn people_sign_in(store: &dyn Store) {
    let user = |role, hash: &str| User {
        name: "bea".into(),
        display_name: "Bea".into(),
        role,
        password_hash: hash.into(),
        disabled: false,
        failed_attempts: 0,
        locked_until: None,
        created_at: day(1),
    };
    let session = WebSession {
        token_sha256: [1; 32],
        user: "bea".into(),
        csrf: "c".into(),
        created_at: day(1),
        last_seen: day(1),
        expires_at: day(2),
    };
    store.add_user(user(Role::Viewer, "x")).await.unwrap();
    assert!(matches!(store.add_user(user(Role::Viewer, "x")).await, Err(StoreError::Conflict(_))));
    let stranger = User { name: "eve".into(), ..user(Role::Viewer, "x") };
    assert!(matches!(store.update_user(stranger).await, Err(StoreError::NotFound(_))));
    store.add_session(session.clone()).await.unwrap();
    assert_eq!(store.session(&[1; 32], day(1)).await.unwrap(), Some(session.clone()));
    assert_eq!(store.session(&[1; 32], day(2)).await.unwrap(), None, "it is over");
    assert_eq!(store.session(&[2; 32], day(1)).await.unwrap(), None);
    store.touch_session(&[1; 32], hour(30)).await.unwrap();
    let attempt = User { failed_attempts: 2, locked_until: Some(day(3)), ..user(Role::Viewer, "x") };
    store.update_user(attempt.clone()).await.unwrap();
    assert_eq!(store.users().await.unwrap(), [attempt]);
    let touched = WebSession { last_seen: hour(30), ..session };
    assert_eq!(store.session(&[1; 32], day(1)).await.unwrap(), Some(touched.clone()), "a wrong password ends none");
    for changed in [user(Role::Clinician, "x"), user(Role::Clinician, "y")] {
        store.update_user(changed.clone()).await.unwrap();
        assert_eq!(store.user("bea").await.unwrap(), Some(changed));
        assert_eq!(store.session(&[1; 32], day(1)).await.unwrap(), None);
        store.add_session(touched.clone()).await.unwrap();
    }
    store.end_session(&[1; 32]).await.unwrap();
    assert_eq!(store.session(&[1; 32], day(1)).await.unwrap(), None);
}

pub(crate) async fn tokens_work_until_disabled(store: &dyn Store) {
    let token = ApiToken {
        id: "t".into(),
        label: "export".into(),
        role: Role::Viewer,
        token_sha256: [1; 32],
        created_at: day(1),
        expires_at: Some(day(5)),
        disabled: false,
    };
    store.add_token(token.clone()).await.unwrap();
    assert!(matches!(store.add_token(token.clone()).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.token(&[1; 32], day(4)).await.unwrap(), Some(token.clone()));
    assert_eq!(store.token(&[1; 32], day(5)).await.unwrap(), None);
    store.disable_token("t").await.unwrap();
    assert_eq!(store.token(&[1; 32], day(4)).await.unwrap(), None);
    assert_eq!(store.tokens().await.unwrap(), [ApiToken { disabled: true, ..token }]);
    assert!(matches!(store.disable_token("x").await, Err(StoreError::NotFound(_))));
}

pub(crate) async fn the_trail_is_newest_first(store: &dyn Store) {
    let entry = |n: i64| NewAudit {
        at: day(n),
        actor: actor(),
        action: "read-patient".into(),
        subject: format!("p{n}"),
        detail: String::new(),
    };
    store.audit((0..5).map(entry).collect()).await.unwrap();
    let mut page = PageRequest { after: None, limit: 2 };
    let mut seen = Vec::new();
    loop {
        let found = store.audit_trail(page.clone()).await.unwrap();
        seen.extend(found.items.into_iter().map(|e| e.entry));
        store.audit(vec![entry(9)]).await.unwrap();
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, (0..5).rev().map(entry).collect::<Vec<_>>());
}
