//! What a patient's page asks.

use crate::kit::*;
use care::*;
use store::*;

pub(crate) async fn a_device_goes_to_somebody_else_at_once_or_not_at_all(store: &dyn Store) {
    patient(store, "anna").await;
    patient(store, "bert").await;
    let (scale, mine) = (device("scale-anna"), |from, until| wears("anna", "scale-anna", None, from, until));
    let his = wears("bert", "scale-bert", None, day(0), None);
    let moved = wears("bert", "scale-anna", None, day(50), Some(day(51)));
    let anna = (pid("anna"), vec![mine(day(0), Some(day(50))), mine(day(51), None)]);
    let before = store.device_assignments(&scale).await.unwrap();

    let greedy = (pid("bert"), vec![his.clone(), wears("bert", "scale-anna", None, day(40), None)]);
    let refused = store.hand_over(vec![anna.clone(), greedy], "x", &actor()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(store.device_assignments(&scale).await.unwrap(), before, "nor has anna lost anything");

    let lists = vec![anna.clone(), (pid("bert"), vec![his, moved.clone()])];
    store.hand_over(lists, "bert weighed", &actor()).await.unwrap();
    let mut now = store.device_assignments(&scale).await.unwrap();
    now.sort_by_key(|a| a.from);
    assert_eq!(now, [anna.1[0].clone(), moved, anna.1[1].clone()]);
    let seq = stored(store, reading("scale-anna", "1", hour(50 * 24 + 1))).await;
    assert_eq!(readings_of(store, "bert").await[0].seq, seq);
    assert_eq!(store.device_assignments(&device("nothing")).await.unwrap(), []);
}

pub(crate) async fn what_was_agreed_is_told_with_who_and_why(store: &dyn Store) {
    let early = vec![("heart-failure.gain_1d".to_owned(), Some("1 kg".to_owned()))];
    store.set_clinic_parameters(early, day(0), "before anybody was here", &actor()).await.unwrap();
    patient(store, "anna").await;
    patient(store, "bert").await;
    let paused = Change { status: Some(PatientStatus::Paused), ..change("in hospital") };
    let own = vec![("heart-failure.gain_3d".to_owned(), Some("1.5 kg".to_owned()))];
    store.change_patient(&pid("anna"), paused, own, None, &actor()).await.unwrap();
    stored(store, reading("scale-anna", "1", day(60))).await;

    let agreed = store.agreed(&pid("anna")).await.unwrap();
    assert!(agreed.is_sorted_by_key(|e| e.seq) && agreed.iter().all(|e| e.actor == actor()));
    let of = |word: &str| agreed.iter().filter(|e| format!("{:?}", e.body).contains(word)).count();
    assert_eq!((of("before anybody was here"), of("in hospital"), of("1.5 kg")), (1, 2, 1));
    assert!(!agreed.iter().any(|e| matches!(e.body, EventBody::Reading(_))));
    let others = store.agreed(&pid("bert")).await.unwrap();
    assert!(others.iter().all(|e| !format!("{:?}", e.body).contains("in hospital")));
    assert!(matches!(store.agreed(&pid("cleo")).await, Err(StoreError::NotFound(_))));
}

pub(crate) async fn a_patients_devices_are_theirs_alone(store: &dyn Store) {
    patient(store, "anna").await;
    patient(store, "bert").await;
    stored(store, reading("scale-bert", "1", day(60))).await;
    let names = |list: Vec<DeviceSeen>| list.into_iter().map(|d| d.device).collect::<Vec<_>>();
    assert_eq!(names(store.patient_devices(&pid("anna")).await.unwrap()), [device("scale-anna")]);
    let his = store.patient_devices(&pid("bert")).await.unwrap();
    assert!(his[0].last_measured == Some(day(60)) && his.len() == 1);
}
