//! A device that goes to somebody else takes its readings along, and what follows from them.

use super::{Op, World, patient, run};

#[test]
fn moving_the_device_takes_the_task_to_the_other_person() {
    run(async {
        let mut world = World::new().await;
        world.gains().await;
        world.apply(Op::Move { device: 1, to: 0, ago: 9_000 }).await;
        world.apply(Op::Move { device: 0, to: 1, ago: 9_000 }).await;
        world.check().await;
        let tasks = world.tasks().await;
        let of =
            |p: u8| tasks.iter().filter(|t| t.patient == patient(p)).map(|t| t.status.as_str()).collect::<Vec<_>>();
        assert_eq!((of(0), of(1)), (vec!["cancelled"], vec!["requested"]), "{tasks:#?}");
    });
}

#[test]
fn what_came_with_a_device_is_shown_by_a_task_like_what_came_as_a_reading() {
    run(async {
        let mut world = World::new().await;
        world.gains().await;
        world.apply(Op::Move { device: 1, to: 0, ago: 9_000 }).await;
        world.apply(Op::Move { device: 0, to: 1, ago: 9_000 }).await;
        world.fold(0, false).await;
        world.fold(1, false).await;
        let complete = 3;
        world.act(complete).await;
        world.fold(1, false).await;
        // 83.0 kg were shown; 85.5 kg are as much again.
        world.apply(Op::Wait { minutes: 60 }).await;
        world.apply(Op::Weigh { device: 0, ago: 30, hectograms: 65, hub: false }).await;
        world.check().await;
        let tasks = world.tasks().await;
        let of_1: Vec<_> = tasks.iter().filter(|t| t.patient == patient(1)).map(|t| t.status.as_str()).collect();
        assert_eq!(of_1, ["completed", "requested"], "{tasks:#?}");
        let reason = tasks.last().map(|t| t.reason.to_string()).unwrap_or_default();
        assert!(reason.contains("83") && reason.contains("85.5"), "{reason}");
    });
}
