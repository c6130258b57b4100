//! What follows an opening, a clearing, a completion: the sentences of the contract, one by one.

use super::*;
use crate::{
    ClearedBy, Confirm, Ending, EpisodeChange, EpisodeRule, Evidence, PatientId, ProgrammeId, TaskTemplate, Verb,
    Worsened,
};
use chrono::TimeDelta;
use vitals::{DeviceId, MeasuredAt, Reading, ReadingId, ReceivedAt, SourceId, StoredAt};

fn t(minutes: i64) -> Instant {
    Instant::from_timestamp(1_767_225_600 + minutes * 60, 0).unwrap()
}

fn stored(id: &str, measured: i64, stored: i64, hub_connected: bool) -> StoredReading {
    StoredReading {
        seq: 1,
        reading: Reading {
            key: ReadingKey {
                source: SourceId::new("hub").unwrap(),
                device: DeviceId::new("scale").unwrap(),
                id: ReadingId::new(id).unwrap(),
            },
            kind: Kind::BodyWeight,
            measured_at: MeasuredAt::from(t(measured)),
            values: BTreeMap::new(),
            user_slot: None,
            flags: Default::default(),
            sample: None,
            meal: None,
            clock: None,
            battery: None,
            corrects: None,
        },
        received_at: ReceivedAt(t(stored)),
        stored_at: StoredAt(t(stored)),
        admission_flags: Default::default(),
        hub_connected,
    }
}

pub(super) fn episode(group: &str, opened: i64, opened_by: Option<&StoredReading>) -> Episode {
    let by = opened_by.map(|r| r.reading.key.clone());
    Episode {
        id: EpisodeId::derived(&[group, &opened.to_string()]),
        group: GroupKey::new(group).unwrap(),
        opened_at: t(opened),
        rules: vec![rule("HF-W2", opened, by)],
        cleared_at: None,
        severity: Severity::High,
        changes: vec![EpisodeChange { at: t(opened), why: Sentence::words("weight up") }],
    }
}

pub(super) fn rule(id: &str, opened: i64, opened_by: Option<ReadingKey>) -> EpisodeRule {
    EpisodeRule {
        rule: RuleId::new(id).unwrap(),
        programme: ProgrammeId::new("heart-failure").unwrap(),
        rulebook: "heart-failure 2026.1".into(),
        opened_at: t(opened),
        opened_by,
        why: Sentence::words("Weight up 2.6 kg in 3 days, limit 2 kg"),
        evidence: Evidence::default(),
        worsened: None,
        basis: "ESC".into(),
        severity: Severity::High,
        cleared: None,
        confirmed_by: None,
        confirm: None,
        task: TaskTemplate { title: "Call about sudden weight gain".into(), ask: vec![], due_s: Some(14_400) },
        revisit_s: None,
    }
}

/// An engine that says yes or no.
pub(super) struct Says(pub(super) bool);
impl Judge for Says {
    fn true_again(&self, _: &GroupKey, _: Instant, _: Option<Instant>) -> Option<Again> {
        self.0.then(|| Again { rule: RuleId::new("HF-W2").unwrap(), why: Sentence::words("up again") })
    }

    fn newest(&self, _: vitals::Kind) -> Option<Instant> {
        None
    }
}

#[derive(Default)]
struct World {
    fold: Fold,
    seq: u64,
    again: bool,
    runs: Vec<Run>,
    cover: crate::cover::CoverBook,
}

impl World {
    fn step(&mut self, at: i64, cause: Cause<'_>, episodes: &[Episode]) -> Effects {
        self.seq += 1;
        let judge = Says(self.again);
        let step = Step {
            seq: self.seq,
            at: t(at),
            cause,
            episodes,
            faults: &[],
            judge: &judge,
            runs: &self.runs,
            cover: &self.cover,
        };
        self.fold.step(&PatientId::new("p1").unwrap(), &step)
    }

    fn command(&mut self, at: i64, verb: Verb, episodes: &[Episode]) -> Effects {
        let task = self.only_open().id.clone();
        let command = Command {
            task,
            verb,
            note: Some("spoke to him".into()),
            outcome: (verb == Verb::Complete).then_some(Outcome::AdviceGiven),
            owner: None,
            until: (verb == Verb::Hold).then(|| t(at + 600)),
        };
        let actor = Actor("anna".into());
        self.step(at, Cause::Command { command: &command, actor: &actor }, episodes)
    }

    fn only_open(&self) -> &Task {
        assert_eq!(self.fold.open.len(), 1, "{:?}", self.fold.open);
        self.fold.open.values().next().unwrap()
    }
}

fn whats(effects: &Effects) -> Vec<&str> {
    effects.task_events.iter().map(|e| e.what.as_str()).collect()
}

#[test]
fn an_opening_makes_one_task_and_a_second_look_makes_no_other() {
    let mut w = World::default();
    let e = [episode("fluid", 0, None)];
    assert_eq!(whats(&w.step(1, Cause::Other, &e)), ["created"]);
    assert_eq!(w.step(2, Cause::Other, &e), Effects::default());
    assert_eq!(w.only_open().due_at, Some(t(241)));
}

#[test]
fn seven_days_is_the_limit_for_a_task() {
    let week = 7 * 24 * 60;
    let mut w = World::default();
    w.step(week, Cause::Other, &[episode("fluid", 0, None)]);
    assert_eq!(w.fold.open.len(), 1);
    let mut w = World::default();
    w.step(week + 1, Cause::Other, &[episode("fluid", 0, None)]);
    assert!(w.fold.open.is_empty(), "older ones stand in the chart only");
}

#[test]
fn clearing_never_closes_a_task() {
    let mut w = World::default();
    let mut e = episode("fluid", 0, None);
    w.step(1, Cause::Other, std::slice::from_ref(&e));
    e.cleared_at = Some(t(50));
    e.rules[0].cleared = Some(ClearedBy { at: t(50), how: Ending::Cleared, why: Sentence::words("back") });
    e.changes.push(EpisodeChange { at: t(50), why: Sentence::words("back to 80 kg") });
    let effects = w.step(60, Cause::Other, std::slice::from_ref(&e));
    assert_eq!(whats(&effects), ["cleared"]);
    assert_eq!(w.only_open().condition_over_since, Some(t(50)));
    assert_eq!(w.only_open().status, TaskStatus::Requested);
    // A new opening of the group joins it.
    let second = episode("fluid", 100, None);
    assert_eq!(whats(&w.step(101, Cause::Other, &[e, second])), ["joined"]);
    assert_eq!(w.only_open().episodes.len(), 2);
}

#[test]
fn retraction_cancels_what_nobody_touched_and_is_written_into_what_somebody_has() {
    let mut w = World::default();
    w.step(1, Cause::Other, &[episode("fluid", 0, None)]);
    let effects = w.step(2, Cause::Other, &[]);
    assert_eq!((whats(&effects), effects.tasks[0].status), (vec!["cancelled"], TaskStatus::Cancelled));
    assert!(w.fold.open.is_empty());

    let mut w = World::default();
    let e = [episode("fluid", 0, None)];
    w.step(1, Cause::Other, &e);
    w.command(2, Verb::Accept, &e);
    assert_eq!(whats(&w.step(90_000, Cause::Other, &[])), ["retracted"]);
    assert_eq!(w.only_open().status, TaskStatus::Accepted);
}

#[test]
fn an_opening_that_late_data_moved_is_the_same_episode() {
    let mut w = World::default();
    w.step(1, Cause::Other, &[episode("fluid", 0, None)]);
    let earlier = episode("fluid", -30, None);
    let effects = w.step(2, Cause::Other, std::slice::from_ref(&earlier));
    assert_eq!(effects.task_events, []);
    assert_eq!(w.only_open().episodes, [earlier.id]);
}

#[test]
fn a_connected_hub_is_asked_for_a_repeat_first() {
    let first = stored("a", 0, 1, true);
    let mut e = episode("fluid", 0, Some(&first));
    e.rules[0].confirm = Some(Confirm { repeat: Kind::BodyWeight, within_s: 1800 });
    // A repeat that shows the same opens the task at once.
    let mut w = World::default();
    let effects = w.step(1, Cause::Reading(&first), std::slice::from_ref(&e));
    assert_eq!((effects.prompts.len(), effects.tasks.len()), (1, 0));
    assert_eq!(w.fold.next_wake(), Some(t(30)));
    let repeat = stored("b", 5, 5, true);
    let mut confirmed = e.clone();
    confirmed.rules[0].confirmed_by = Some(repeat.reading.key.clone());
    assert_eq!(whats(&w.step(5, Cause::Reading(&repeat), &[confirmed])), ["created"]);
    assert!(!w.only_open().unconfirmed);
    // A repeat that refutes takes the episode away, and nobody is bothered.
    let mut w = World::default();
    w.step(1, Cause::Reading(&first), std::slice::from_ref(&e));
    assert_eq!(w.step(5, Cause::Reading(&repeat), &[]).tasks, []);
    assert_eq!(w.fold.next_wake(), None);
    // No repeat: the task says so.
    let mut w = World::default();
    w.step(1, Cause::Reading(&first), std::slice::from_ref(&e));
    w.step(30, Cause::Wake, std::slice::from_ref(&e));
    assert!(w.only_open().unconfirmed);
    // A vendor's stream and a backlog never wait.
    for never in [stored("a", 0, 1, false), stored("a", 0, 31, true)] {
        let mut w = World::default();
        let effects = w.step(31, Cause::Reading(&never), std::slice::from_ref(&e));
        assert_eq!((effects.prompts.len(), effects.tasks.len()), (0, 1));
    }
}

#[test]
fn a_completed_task_settles_what_it_showed_and_no_more() {
    let settled = || {
        let mut w = World::default();
        let e = episode("fluid", 0, None);
        w.step(1, Cause::Other, std::slice::from_ref(&e));
        w.command(2, Verb::Complete, std::slice::from_ref(&e));
        assert!(w.fold.open.is_empty());
        (w, e)
    };
    // It goes on as it was: no new task.
    let (mut w, e) = settled();
    let reading = stored("b", 100, 100, true);
    assert_eq!(w.step(100, Cause::Reading(&reading), &[e]).tasks, []);
    // More severe.
    let (mut w, mut e) = settled();
    e.severity = Severity::Critical;
    let first_id = w.fold.closed.keys().next().unwrap().clone();
    let effects = w.step(100, Cause::Reading(&reading), &[e]);
    assert_eq!(whats(&effects), ["created"]);
    assert_ne!(w.only_open().id, first_id);
    // Another rule of its group.
    let (mut w, mut e) = settled();
    e.rules.push(rule("HF-W3", 100, None));
    assert_eq!(whats(&w.step(100, Cause::Reading(&reading), &[e])), ["created"]);
    // True again over windows that begin at what was shown.
    let (mut w, e) = settled();
    w.again = true;
    assert_eq!(whats(&w.step(100, Cause::Reading(&reading), &[e])), ["created"]);
}

#[test]
fn revisit_is_off_unless_the_clinic_set_it() {
    let mut w = World::default();
    let mut e = episode("fluid", 0, None);
    e.rules[0].revisit_s = Some(86_400);
    w.step(1, Cause::Other, std::slice::from_ref(&e));
    w.command(2, Verb::Complete, std::slice::from_ref(&e));
    let due = t(2) + TimeDelta::days(1);
    assert_eq!(w.fold.next_wake(), Some(due));
    let minutes = 2 + 24 * 60;
    assert_eq!(whats(&w.step(minutes, Cause::Wake, std::slice::from_ref(&e))), ["created"]);
}

#[test]
fn a_hold_returns_to_its_owner_and_worsening_lifts_it() {
    let mut w = World::default();
    let mut e = episode("fluid", 0, None);
    w.step(1, Cause::Other, std::slice::from_ref(&e));
    w.command(2, Verb::Accept, std::slice::from_ref(&e));
    w.command(3, Verb::Hold, std::slice::from_ref(&e));
    assert_eq!((w.only_open().status, w.fold.next_wake()), (TaskStatus::OnHold, Some(t(603))));
    assert_eq!(whats(&w.step(603, Cause::Wake, std::slice::from_ref(&e))), ["returned"]);
    w.command(604, Verb::Hold, std::slice::from_ref(&e));
    e.severity = Severity::Critical;
    assert_eq!(whats(&w.step(700, Cause::Other, &[e])), ["worsened", "returned"]);
    let task = w.only_open();
    assert_eq!((task.status, task.severity), (TaskStatus::Accepted, Severity::Critical));
    assert_eq!(task.owner, Some(Actor("anna".into())));
}

#[test]
fn after_a_stop_a_missing_reading_waits_for_backlogs() {
    let mut w = World::default();
    w.runs.push(Run { down_since: t(-100), started_at: t(10) });
    let e = episode("HF-N1", 0, None);
    assert_eq!(w.step(0, Cause::Wake, std::slice::from_ref(&e)).tasks, []);
    assert_eq!(w.fold.next_wake(), Some(t(25)));
    assert_eq!(whats(&w.step(25, Cause::Wake, std::slice::from_ref(&e))), ["created"]);
}

#[test]
fn a_fault_is_a_task_of_the_operators_once() {
    let mut w = World::default();
    let faults = [Fault { rule: RuleId::new("HF-W2").unwrap(), rulebook: "hf 1".into(), detail: "overflow".into() }];
    for expected in [1, 0] {
        let step = Step {
            seq: 1,
            at: t(0),
            cause: Cause::Other,
            episodes: &[],
            faults: &faults,
            judge: &Says(false),
            runs: &[],
            cover: &Default::default(),
        };
        let effects = w.fold.step(&PatientId::new("p1").unwrap(), &step);
        assert_eq!(effects.tasks.len(), expected);
    }
    assert_eq!(w.only_open().queue, crate::Queue::Operations);
}

#[test]
fn a_command_on_a_closed_task_is_answered() {
    let mut w = World::default();
    let e = [episode("fluid", 0, None)];
    w.step(1, Cause::Other, &e);
    let task = w.only_open().id.clone();
    w.command(2, Verb::Complete, &e);
    let again = |w: &mut World, actor: &str| {
        let command = Command {
            task: task.clone(),
            verb: Verb::Complete,
            note: None,
            outcome: Some(Outcome::AdviceGiven),
            owner: None,
            until: None,
        };
        let actor = Actor(actor.into());
        w.step(3, Cause::Command { command: &command, actor: &actor }, &e).outcome.unwrap().result
    };
    assert_eq!(again(&mut w, "anna"), Ok(false), "the same by the same person is fine");
    assert!(again(&mut w, "bea").is_err());
}

#[test]
fn the_same_again_is_by_who_did_it_not_by_who_owns_it() {
    let mut w = World::default();
    let e = [episode("fluid", 0, None)];
    w.step(1, Cause::Other, &e);
    let task = w.only_open().id.clone();
    let mut say = |verb: Verb, actor: &str| {
        let command = Command {
            task: task.clone(),
            verb,
            note: Some("rang twice".into()),
            outcome: (verb == Verb::Complete).then_some(Outcome::NoAction),
            owner: None,
            until: None,
        };
        let actor = Actor(actor.into());
        let effects = w.step(2, Cause::Command { command: &command, actor: &actor }, &e);
        (effects.outcome.unwrap().result.map_err(|_| ()), effects.task_events.len())
    };
    assert_eq!(say(Verb::Accept, "bob"), (Ok(true), 1));
    assert_eq!(say(Verb::Note, "ann"), (Ok(true), 1));
    assert_eq!(say(Verb::Note, "ann"), (Ok(false), 0), "a resend is no second note");
    assert_eq!(say(Verb::Complete, "ann"), (Ok(true), 1));
    assert_eq!(say(Verb::Complete, "ann"), (Ok(false), 0));
    assert_eq!(say(Verb::Complete, "bob"), (Err(()), 0), "bob owned it, but ann completed it");
}

#[test]
fn a_task_that_comes_back_says_what_is_true_now() {
    let mut w = World::default();
    let e = [episode("fluid", 0, None)];
    w.step(1, Cause::Other, &e);
    w.command(2, Verb::Complete, &e);
    w.again = true;
    w.step(3, Cause::Other, &e);
    let again = Sentence::words("up again");
    assert_eq!(w.only_open().reason, again);
    // It stays so when a second kind makes it more severe: what was settled is not said again.
    w.again = false;
    let [mut e] = e;
    let second = Sentence::SecondKind { severity: Severity::Critical, kinds: [Kind::BodyWeight, Kind::BloodPressure] };
    e.severity = Severity::Critical;
    e.changes.push(EpisodeChange { at: t(40), why: second.clone() });
    w.step(40, Cause::Other, std::slice::from_ref(&e));
    assert_eq!(
        (&w.only_open().reason, w.only_open().severity),
        (&again.clone().and(second.clone()), Severity::Critical)
    );
    // What the rule itself says later is newer than both.
    let why = Sentence::words("up 4 kg");
    e.rules[0].worsened = Some(Worsened { at: t(50), by: None, why: why.clone(), evidence: Evidence::default() });
    e.rules.push(rule("HF-W3", 50, None));
    w.step(50, Cause::Other, std::slice::from_ref(&e));
    assert_eq!(w.only_open().reason, why.and(second.clone()));
    // Once this task is closed too, its second kind is settled with it.
    w.command(60, Verb::Complete, std::slice::from_ref(&e));
    w.again = true;
    w.step(61, Cause::Other, std::slice::from_ref(&e));
    assert_eq!(w.only_open().reason, again);
}

#[test]
fn a_retraction_is_written_into_a_completed_task_once() {
    let mut w = World::default();
    let e = [episode("fluid", 0, None)];
    w.step(1, Cause::Other, &e);
    w.command(2, Verb::Complete, &e);
    assert_eq!(whats(&w.step(3, Cause::Other, &[])), ["retracted"]);
    assert_eq!(whats(&w.step(4, Cause::Other, &e)), ["created"]);
    assert_eq!(whats(&w.step(5, Cause::Other, &[])), ["cancelled"]);
}

#[test]
fn a_rule_taken_back_while_its_group_goes_on_leaves_no_claim_behind() {
    let mut milder = episode("fluid", 0, None);
    milder.severity = Severity::Medium;
    milder.rules =
        vec![EpisodeRule { severity: Severity::Medium, why: Sentence::words("up a little"), ..rule("HF-W1", 0, None) }];
    let mut both = milder.clone();
    both.severity = Severity::High;
    both.rules.push(rule("HF-W2", 0, None));
    for touched in [false, true] {
        let mut w = World::default();
        w.step(1, Cause::Other, std::slice::from_ref(&both));
        if touched {
            w.command(2, Verb::Accept, std::slice::from_ref(&both));
        }
        assert_eq!(whats(&w.step(3, Cause::Other, std::slice::from_ref(&milder))), ["retracted"]);
        let expected = if touched { ("HF-W2", Severity::High) } else { ("HF-W1", Severity::Medium) };
        assert_eq!((w.only_open().rule.as_str(), w.only_open().severity), expected);
        assert_eq!(w.only_open().reason.to_string() == "up a little", !touched);
    }
}

#[test]
fn when_only_the_severity_rises_the_task_says_what_raised_it() {
    let mut w = World::default();
    let mut e = episode("fluid", 0, None);
    w.step(1, Cause::Other, std::slice::from_ref(&e));
    let why = Sentence::words("up 4 kg");
    e.severity = Severity::Critical;
    e.rules[0].severity = Severity::Critical;
    e.rules[0].worsened = Some(Worsened { at: t(50), by: None, why: why.clone(), evidence: Evidence::default() });
    let because = Sentence::MoreSevere { severity: Severity::Critical, because: Box::new(why.clone()) };
    e.changes.push(EpisodeChange { at: t(50), why: because.clone() });
    let effects = w.step(60, Cause::Other, std::slice::from_ref(&e));
    assert_eq!((whats(&effects), &effects.task_events[0].why), (vec!["worsened"], &because));
    assert_eq!((&w.only_open().reason, w.only_open().severity), (&why, Severity::Critical));
    // A second kind of reading is part of why it is as severe as it is.
    let second = Sentence::SecondKind { severity: Severity::Critical, kinds: [Kind::BodyWeight, Kind::Glucose] };
    e.rules.push(rule("HF-W3", 70, None));
    e.changes.push(EpisodeChange { at: t(70), why: second.clone() });
    w.step(70, Cause::Other, std::slice::from_ref(&e));
    assert_eq!(w.only_open().reason, why.and(second));
}

#[test]
fn what_nobody_watches_any_more_is_not_over_and_its_task_stays() {
    let mut w = World::default();
    let mut e = episode("fluid", 0, None);
    w.step(1, Cause::Other, std::slice::from_ref(&e));
    let programme = ProgrammeId::new("heart-failure").unwrap();
    let why = Sentence::Unwatched { because: crate::sentence::Unwatched::ProgrammeOver { programme } };
    e.cleared_at = Some(t(50));
    e.rules[0].cleared = Some(ClearedBy { at: t(50), how: Ending::Unwatched, why: why.clone() });
    e.changes.push(EpisodeChange { at: t(50), why: why.clone() });
    let effects = w.step(60, Cause::Other, std::slice::from_ref(&e));
    assert_eq!((whats(&effects), &effects.task_events[0].why), (vec!["unwatched"], &why));
    let task = w.only_open();
    assert_eq!((task.condition_over_since, task.unwatched_since), (None, Some(t(50))));
    assert_eq!(task.status, TaskStatus::Requested);
    // It is watched again, and holds.
    let second = episode("fluid", 100, None);
    assert_eq!(whats(&w.step(101, Cause::Other, &[e, second])), ["joined"]);
    assert_eq!(w.only_open().unwatched_since, None);
}
