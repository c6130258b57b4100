//! What comes so late that the windows in memory begin after it is judged as well, from the journal.

use super::{Op, World, actor, run};
use care::{Command, Outcome, Verb};

#[test]
fn what_comes_weeks_late_is_judged_from_everything_and_the_next_one_from_memory() {
    run(async {
        let mut world = World::new().await;
        world.apply(Op::Habit { device: 0, days: 60 }).await;
        assert_eq!(world.rebuilt, 1, "the first time, and never again");
        // Three kilograms up, forty days ago: an episode that is over, too old for a task.
        world.apply(Op::Weigh { device: 0, ago: 40 * 1440, hectograms: 45, hub: false }).await;
        world.fold(0, false).await;
        assert_eq!(world.rebuilt, 2, "it is older than what is remembered");
        assert_eq!(world.tasks().await, []);
        assert!(!world.store.episodes(&super::patient(0)).await.unwrap().is_empty());
        // The rest of that backlog, and today's weights, need nothing to be read again.
        for ago in [39 * 1440, 38 * 1440, 1] {
            world.apply(Op::Weigh { device: 0, ago, hectograms: 12, hub: false }).await;
            world.fold(0, false).await;
        }
        assert_eq!(world.rebuilt, 2);
        world.check().await;
    });
}

#[test]
fn a_gain_after_two_quiet_months_is_told_from_what_is_remembered() {
    run(async {
        let mut world = World::new().await;
        world.apply(Op::Habit { device: 0, days: 60 }).await;
        world.apply(Op::Wait { minutes: 1435 }).await;
        world.apply(Op::Weigh { device: 0, ago: 5, hectograms: 45, hub: false }).await;
        world.fold(0, false).await;
        assert_eq!(world.rebuilt, 1);
        // Settled, and watched on: from the reading that the task showed.
        let task = world.tasks().await.into_iter().find(|t| t.group.as_str() == "fluid").unwrap().id;
        let outcome = Some(Outcome::AdviceGiven);
        let command = Command { task, verb: Verb::Complete, note: None, outcome, owner: None, until: None };
        world.store.submit_command(command, &actor()).await.unwrap();
        for hectograms in [45, 46, 70] {
            world.apply(Op::Wait { minutes: 1440 }).await;
            world.apply(Op::Weigh { device: 0, ago: 5, hectograms, hub: false }).await;
            world.fold(0, false).await;
        }
        assert_eq!(world.rebuilt, 1, "what a closed task showed is not forgotten");
        world.check().await;
        let tasks = world.tasks().await;
        let of_anna = tasks.iter().filter(|t| t.group.as_str() == "fluid").map(|t| t.status.as_str());
        assert_eq!(of_anna.collect::<Vec<_>>(), ["completed", "requested"], "{tasks:#?}");
    });
}
