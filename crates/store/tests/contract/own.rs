//! Links to patients' own pages.

use crate::kit::*;
use crate::worklist::evaluation;
use care::{Effects, PromptRequest};
use chrono::TimeDelta;
use store::*;
use vitals::*;

fn link(patient: &str, id: &str, digest: u8) -> OwnLink {
    OwnLink {
        id: id.into(),
        patient: pid(patient),
        link_sha256: [digest; 32],
        code_sha256: [digest + 100; 32],
        created_at: day(100) + TimeDelta::seconds(digest.into()),
        created_by: actor(),
        expires_at: day(190),
        revoked_at: None,
        failed: 0,
        tried_at: None,
        used_at: None,
    }
}

pub(crate) async fn a_link_opens_with_its_code_until_it_is_taken_back(store: &dyn Store) {
    patient(store, "anna").await;
    patient(store, "bert").await;
    store.add_own_link(link("anna", "a", 1)).await.unwrap();
    assert_eq!(store.own_link(&[1; 32]).await.unwrap(), Some(link("anna", "a", 1)));
    assert_eq!(store.own_link(&[9; 32]).await.unwrap(), None);
    assert!(store.try_own_link(&[1; 32], day(101)).await.unwrap().unwrap().taken);
    store.open_own_page("a", [7; 32], day(101), day(102)).await.unwrap();
    let used = OwnLink { tried_at: Some(day(101)), used_at: Some(day(101)), ..link("anna", "a", 1) };
    assert_eq!(store.own_session(&[7; 32], day(101)).await.unwrap(), Some(used));
    assert_eq!(store.own_session(&[7; 32], day(102)).await.unwrap(), None, "it is over");
    // A second link takes the place of the first, and closes what it opened.
    store.add_own_link(link("anna", "b", 2)).await.unwrap();
    assert_eq!(store.own_session(&[7; 32], day(101)).await.unwrap(), None);
    let links = store.own_links(&pid("anna")).await.unwrap();
    assert_eq!(
        links.iter().map(|l| (l.id.as_str(), l.revoked_at.is_some())).collect::<Vec<_>>(),
        [("b", false), ("a", true)]
    );
    assert!(!store.try_own_link(&[1; 32], day(101)).await.unwrap().unwrap().taken);
    let someone_elses = store.revoke_own_link(&pid("bert"), "b", day(103)).await;
    assert!(matches!(someone_elses, Err(StoreError::NotFound(_))));
    store.open_own_page("b", [8; 32], day(101), day(109)).await.unwrap();
    store.revoke_own_link(&pid("anna"), "b", day(103)).await.unwrap();
    assert_eq!(store.own_session(&[8; 32], day(104)).await.unwrap(), None);
    assert!(matches!(store.open_own_page("b", [9; 32], day(104), day(105)).await, Err(StoreError::NotFound(_))));
}

pub(crate) async fn attempts_are_counted_one_by_one(store: &dyn Store) {
    patient(store, "anna").await;
    store.add_own_link(link("anna", "a", 1)).await.unwrap();
    let one = async || store.try_own_link(&[1; 32], day(101)).await.unwrap().unwrap().taken;
    let (a, b, c, d, e, f, g) = tokio::join!(one(), one(), one(), one(), one(), one(), one());
    let taken = [a, b, c, d, e, f, g].into_iter().filter(|taken| *taken).count();
    assert_eq!(taken, 5, "many at once do not come as one");
    assert_eq!(store.own_link(&[1; 32]).await.unwrap().unwrap().failed, 5);
    let later = store.try_own_link(&[1; 32], day(101) + TimeDelta::seconds(30)).await.unwrap().unwrap();
    assert!(later.taken);
    store.open_own_page("a", [7; 32], day(102), day(103)).await.unwrap();
    assert_eq!(store.own_link(&[1; 32]).await.unwrap().unwrap().failed, 0);
}

pub(crate) async fn prompts_are_those_of_own_readings(store: &dyn Store) {
    patient(store, "anna").await;
    patient(store, "bert").await;
    let both = vec![wears("anna", "shared", Some(1), day(0), None)];
    store.change_patient(&pid("anna"), change("shared"), vec![], Some(both), &actor()).await.unwrap();
    store.assign(wears("bert", "shared", Some(2), day(0), None), "shared", &actor()).await.unwrap();
    stored(store, Reading { user_slot: Some(UserSlot(1)), ..reading("shared", "1", day(99)) }).await;
    let prompt = |slot, until| PromptRequest {
        reading: reading("shared", &format!("p{slot}"), day(99)).key,
        kind: Kind::BodyWeight,
        user_slot: Some(UserSlot(slot)),
        asked_at: day(99),
        until,
    };
    let prompts = vec![prompt(1, day(101)), prompt(2, day(101))];
    let commit = evaluation(store, "anna", Effects { prompts, ..Effects::default() }).await;
    store.commit_evaluation(commit).await.unwrap();
    let open = async |patient: &str, now| store.open_prompts(&pid(patient), now).await.unwrap();
    assert_eq!(open("anna", day(100)).await, [prompt(1, day(101))]);
    assert_eq!(open("bert", day(100)).await, [prompt(2, day(101))]);
    assert_eq!(open("anna", day(101)).await, []);
}
