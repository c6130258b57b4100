//! People, their sessions, tokens, and who did what.

use crate::kit::*;
use care::{Role, Team, TeamId};
use std::collections::BTreeSet;
use store::*;

/// Replaces a person.
async fn set(store: &dyn Store, user: User) -> Result<User, StoreError> {
    let name = user.name.clone();
    let edit = move |known: &mut User| {
        *known = user;
        Ok(())
    };
    store.edit_user(&name, Box::new(edit), &actor()).await
}

pub(crate) async fn people_sign_in(store: &dyn Store) {
    let user = |role, hash: &str| User {
        name: "bea".into(),
        display_name: "Bea".into(),
        role,
        teams: BTreeSet::new(),
        language: None,
        email: None,
        password_hash: Some(hash.into()),
        second_factor: None,
        subject: None,
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
        agent: "Firefox, Linux".into(),
        means: "password".into(),
    };
    store.add_user(user(Role::Viewer, "x")).await.unwrap();
    assert!(matches!(store.add_user(user(Role::Viewer, "x")).await, Err(StoreError::Conflict(_))));
    let nobody = store.edit_user("eve", Box::new(|_| Ok(())), &actor()).await;
    assert!(matches!(nobody, Err(StoreError::NotFound(_))));
    store.add_session(session.clone()).await.unwrap();
    assert_eq!(store.session(&[1; 32], day(1)).await.unwrap(), Some(session.clone()));
    assert_eq!(store.session(&[1; 32], day(2)).await.unwrap(), None, "it is over");
    assert_eq!(store.session(&[2; 32], day(1)).await.unwrap(), None);
    store.touch_session(&[1; 32], hour(30)).await.unwrap();
    let attempt = User { failed_attempts: 2, locked_until: Some(day(3)), ..user(Role::Viewer, "x") };
    set(store, attempt.clone()).await.unwrap();
    assert_eq!(store.users().await.unwrap(), [attempt]);
    let touched = WebSession { last_seen: hour(30), ..session };
    assert_eq!(store.session(&[1; 32], day(1)).await.unwrap(), Some(touched.clone()), "a wrong password ends none");
    assert_eq!(store.sessions(Some("bea"), day(1)).await.unwrap(), std::slice::from_ref(&touched));
    assert_eq!(store.sessions(Some("eve"), day(1)).await.unwrap(), []);
    store.put_team(Team { id: TeamId::new("north").unwrap(), name: "North".into() }).await.unwrap();
    let factor = SecondFactor { secret: "JBSWY3DP".into(), last_step: 7, recovery: BTreeSet::from(["ab".into()]) };
    let base = user(Role::Clinician, "y");
    let north = BTreeSet::from([TeamId::new("north").unwrap()]);
    for changed in [
        user(Role::Clinician, "x"),
        base.clone(),
        User { teams: north.clone(), ..base.clone() },
        User { second_factor: Some(factor.clone()), teams: north.clone(), ..base.clone() },
        User { disabled: true, ..base },
    ] {
        let mut notices = store.notices();
        set(store, changed.clone()).await.unwrap();
        assert_eq!(notices.recv().await.unwrap().people, ["bea"]);
        assert_eq!(store.user("bea").await.unwrap(), Some(changed));
        assert_eq!(store.session(&[1; 32], day(1)).await.unwrap(), None);
        store.add_session(touched.clone()).await.unwrap();
    }
    let unknown = User { teams: BTreeSet::from([TeamId::new("west").unwrap()]), ..user(Role::Viewer, "x") };
    assert!(matches!(set(store, unknown).await, Err(StoreError::Invalid(text)) if text.contains("west")));
    store.end_session(&[1; 32]).await.unwrap();
    assert_eq!(store.session(&[1; 32], day(1)).await.unwrap(), None);
}

pub(crate) async fn tokens_work_until_disabled(store: &dyn Store) {
    let token = ApiToken {
        id: "t".into(),
        label: "export".into(),
        role: Role::Viewer,
        teams: BTreeSet::new(),
        read_only: true,
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

pub(crate) fn somebody(name: &str, role: Role) -> User {
    User {
        name: name.into(),
        display_name: name.into(),
        role,
        teams: BTreeSet::new(),
        language: Some("de".into()),
        email: Some("a@example.org".into()),
        password_hash: None,
        second_factor: None,
        subject: Some(format!("https://id.example {name}")),
        disabled: false,
        failed_attempts: 0,
        locked_until: None,
        created_at: day(1),
    }
}

pub(crate) async fn the_last_administrator_stays(store: &dyn Store) {
    let (ada, bob) = (somebody("ada", Role::Administrator), somebody("bob", Role::Administrator));
    store.add_user(ada.clone()).await.unwrap();
    assert_eq!(store.user_of_subject("https://id.example ada").await.unwrap(), Some(ada.clone()));
    for change in [User { disabled: true, ..ada.clone() }, somebody("ada", Role::Clinician)] {
        let refused = set(store, change).await;
        assert!(matches!(&refused, Err(StoreError::Conflict(text)) if text.contains("last")), "{refused:?}");
    }
    assert_eq!(store.user("ada").await.unwrap(), Some(ada.clone()));
    let same_subject = User { subject: ada.subject.clone(), ..bob.clone() };
    assert!(matches!(store.add_user(same_subject).await, Err(StoreError::Conflict(_))));
    store.add_user(bob).await.unwrap();
    set(store, User { disabled: true, ..ada }).await.unwrap();
}

pub(crate) async fn a_sign_in_goes_on_once(store: &dyn Store) {
    let step = |n: u8, until| SignInStep { token_sha256: [n; 32], body: "{}".into(), expires_at: until };
    store.put_step(step(1, day(2))).await.unwrap();
    store.put_step(step(2, day(2))).await.unwrap();
    assert_eq!(store.take_step(&[1; 32], day(1)).await.unwrap(), Some(step(1, day(2))));
    assert_eq!(store.take_step(&[1; 32], day(1)).await.unwrap(), None);
    assert_eq!(store.take_step(&[2; 32], day(2)).await.unwrap(), None, "it is over");
}
