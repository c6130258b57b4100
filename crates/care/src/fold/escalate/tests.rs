//! The sentences of the contract about telling people, one by one. Ada is first, Ben next, Eve last; see
//! `cover::tests::policy`: high 30, 20 and 10 minutes, critical 5 each, Monday to Friday 08:00–17:00 UTC.

use super::*;
use crate::cover::tests::{policy, t};
use crate::fold::tests::{Says, episode};
use crate::fold::{Effects, Step};
use crate::{Actor, Episode, Event, EventBody, Outcome, PatientId, Verb};

const MONDAY: &str = "2026-11-23T10:00:00Z";
const SUNDAY: &str = "2026-11-22T10:00:00Z";

struct World {
    fold: Fold,
    seq: u64,
    events: Vec<Event>,
    episodes: Vec<Episode>,
    /// what the timeline says, by minute
    said: Vec<String>,
    /// whom each message was for
    sent: Vec<String>,
    withdrawn: Vec<u32>,
}

impl World {
    fn new(policy: Option<Policy>) -> Self {
        let mut world = Self {
            fold: Fold::default(),
            seq: 0,
            events: vec![],
            episodes: vec![],
            said: vec![],
            sent: vec![],
            withdrawn: vec![],
        };
        if policy.is_some() {
            world.set(policy, "2026-11-01T00:00:00Z");
        }
        world
    }

    fn journal(&mut self, at: &str, body: EventBody) {
        self.seq += 1;
        self.events.push(Event { seq: self.seq, at: t(at), actor: Actor("root".into()), body });
    }

    fn set(&mut self, policy: Option<Policy>, at: &str) {
        let policy = policy.map(Box::new);
        self.journal(at, EventBody::CoverSet { policy, effective_from: t(at), reason: "rota".into() });
    }

    fn step(&mut self, at: &str, cause: Cause<'_>) -> Effects {
        self.seq += 1;
        let cover = CoverBook::new(self.events.clone());
        let step = Step {
            seq: self.seq,
            at: t(at),
            cause,
            episodes: &self.episodes,
            faults: &[],
            judge: &Says(false),
            runs: &[],
            cover: &cover,
        };
        let effects = self.fold.step(&PatientId::new("p1").unwrap(), &step);
        let told = ["told", "waits", "nobody-told", "undelivered"];
        for event in effects.task_events.iter().filter(|e| told.contains(&e.what.as_str())) {
            self.said.push(format!("{} {}", event.at.format("%a %H:%M"), event.why));
        }
        for message in &effects.messages {
            let at = message.send_at.format("%a %H:%M");
            self.sent.push(format!("{at} {} {} {}", message.recipient, message.severity, message.step));
        }
        self.withdrawn.extend(effects.withdrawn.iter().map(|w| w.up_to));
        effects
    }

    /// Fires every wake-up up to `until`, as the driver does.
    fn wake_until(&mut self, until: &str) {
        for _ in 0..50 {
            let cover = CoverBook::new(self.events.clone());
            let next = [self.fold.next_wake(), self.fold.next_cover_change(&cover)].into_iter().flatten().min();
            let Some(next) = next.filter(|n| *n <= t(until)) else { return };
            self.step(&next.to_rfc3339(), Cause::Wake);
        }
        panic!("wake-ups without end");
    }

    fn open(&mut self, at: &str, severity: Severity) {
        let mut e = episode("fluid", 0, None);
        e.opened_at = t(at);
        e.severity = severity;
        e.rules[0].severity = severity;
        e.rules[0].task.due_s = Some(4 * 3600);
        self.episodes = vec![e];
        self.step(at, Cause::Other);
    }

    fn does(&mut self, at: &str, who: &str, verb: Verb, owner: Option<&str>) {
        let task = self.fold.open.values().next().unwrap().id.clone();
        let command = Command {
            task,
            verb,
            note: Some("spoke to him".into()),
            outcome: (verb == Verb::Complete).then_some(Outcome::AdviceGiven),
            owner: owner.map(|o| Actor(o.into())),
            until: (verb == Verb::Hold).then(|| t(at) + chrono::TimeDelta::days(1)),
        };
        let effects = self.step(at, Cause::Command { command: &command, actor: &Actor(who.into()) });
        assert!(effects.outcome.unwrap().result.is_ok());
    }

    fn dead_end(&mut self, at: &str, who: &str, step: u32) {
        let task = self.fold.open.values().next().unwrap().id.clone();
        let recipient = Actor(who.into());
        let dead =
            DeadEnd { task: &task, step, recipient: &recipient, channel: Channel::Email, why: "mailbox unknown" };
        self.step(at, Cause::DeadEnd(dead));
    }
}

#[test]
fn first_again_next_last_and_every_step_in_the_timeline() {
    let mut w = World::new(Some(policy()));
    w.open(MONDAY, Severity::High);
    w.wake_until("2026-11-23T13:59:00Z");
    assert_eq!(
        w.sent,
        ["Mon 10:00 ada high 1", "Mon 10:30 ada high 2", "Mon 10:50 ben high 3", "Mon 11:00 eve high 4"]
    );
    assert_eq!(
        w.said,
        [
            "Mon 10:00 Hearth told Ada. Nobody has taken the task. Next step, if nobody does anything: Mon 23 Nov 10:30 UTC.",
            "Mon 10:30 Hearth told Ada once more. Nobody has taken the task. Next step, if nobody does anything: Mon 23 Nov 10:50 UTC.",
            "Mon 10:50 Hearth passed it on to the next in line: Ben. Nobody has taken the task. Next step, if nobody does anything: Mon 23 Nov 11:00 UTC.",
            "Mon 11:00 Hearth passed it on to the last in line: Eve. Nobody has taken the task.",
        ]
    );
    // Due at 14:00: the chain resumes.
    w.wake_until("2026-11-23T14:10:00Z");
    assert_eq!(w.sent[4..], ["Mon 14:00 ada high 5"]);
}

#[test]
fn whoever_accepts_ends_the_chain_and_what_has_not_left_need_not() {
    let mut w = World::new(Some(policy()));
    w.open(MONDAY, Severity::High);
    w.does("2026-11-23T10:29:00Z", "ada", Verb::Accept, None);
    assert_eq!(w.withdrawn, [1]);
    w.wake_until("2026-11-23T13:59:00Z");
    assert_eq!(w.sent.len(), 1, "{:?}", w.sent);
}

#[test]
fn without_a_policy_nobody_is_told_and_due_runs_by_the_clock() {
    let mut w = World::new(None);
    w.open(SUNDAY, Severity::Critical);
    w.wake_until("2026-11-30T10:00:00Z");
    assert_eq!((w.sent.len(), w.said.len()), (0, 0));
    assert_eq!(w.fold.open.values().next().unwrap().due_at, Some(t("2026-11-22T14:00:00Z")));
}

#[test]
fn outside_cover_critical_goes_to_the_last_at_once_and_the_line_begins_with_cover() {
    let mut w = World::new(Some(policy()));
    w.open(SUNDAY, Severity::Critical);
    assert_eq!(w.fold.open.values().next().unwrap().due_at, Some(t("2026-11-22T14:00:00Z")), "around the clock");
    w.wake_until("2026-11-22T13:00:00Z");
    assert_eq!(w.sent, ["Sun 10:00 eve critical 1", "Sun 10:05 eve critical 2"]);
    w.wake_until("2026-11-23T08:06:00Z");
    assert_eq!(w.sent[2..], ["Mon 08:00 ada critical 3", "Mon 08:05 ada critical 4"]);
}

#[test]
fn outside_cover_high_waits_says_until_when_and_is_due_in_hours_of_cover() {
    let mut w = World::new(Some(policy()));
    w.open(SUNDAY, Severity::High);
    assert_eq!(
        w.said,
        [
            "Sun 10:00 It waits for cover: nobody is told before Mon 23 Nov 08:00 UTC. It came outside the hours of cover."
        ]
    );
    assert_eq!(w.fold.open.values().next().unwrap().due_at, Some(t("2026-11-23T12:00:00Z")));
    w.wake_until("2026-11-23T08:00:00Z");
    assert_eq!(w.sent, ["Mon 08:00 ada high 1"]);
}

#[test]
fn steps_run_in_hours_of_cover() {
    let mut w = World::new(Some(policy()));
    w.open("2026-11-23T16:50:00Z", Severity::High);
    w.wake_until("2026-11-24T08:40:00Z");
    assert_eq!(w.sent, ["Mon 16:50 ada high 1", "Tue 08:20 ada high 2", "Tue 08:40 ben high 3"]);
}

#[test]
fn a_dead_end_counts_as_a_step() {
    let mut w = World::new(Some(policy()));
    w.open(MONDAY, Severity::High);
    w.dead_end("2026-11-23T10:01:00Z", "ada", 1);
    assert_eq!(w.said[1], "Mon 10:01 A dead end: the message to Ada by e-mail was given up. mailbox unknown");
    w.dead_end("2026-11-23T10:02:00Z", "ada", 2);
    assert_eq!(w.sent, ["Mon 10:00 ada high 1", "Mon 10:01 ada high 2", "Mon 10:02 ben high 3"]);
    w.dead_end("2026-11-23T10:03:00Z", "ada", 2);
    assert_eq!(w.sent.len(), 3, "an old one moves nothing");
}

#[test]
fn dead_ends_outside_cover_end_until_cover_begins() {
    let mut w = World::new(Some(policy()));
    w.open("2026-11-22T23:00:00Z", Severity::Critical);
    for step in 1..=5 {
        w.dead_end(&format!("2026-11-22T23:00:0{step}Z"), "eve", step);
    }
    assert_eq!(w.sent, ["Sun 23:00 eve critical 1", "Sun 23:00 eve critical 2"]);
    w.wake_until("2026-11-23T08:00:00Z");
    assert_eq!(w.sent[2..], ["Mon 08:00 ada critical 3"]);
}

#[test]
fn nobody_in_a_place_is_said_and_passed_over() {
    let mut p = policy();
    p.people[0].email = None;
    let mut w = World::new(Some(p));
    w.open(MONDAY, Severity::High);
    assert_eq!(w.sent, ["Mon 10:00 ben high 1"]);
    assert!(w.said[0].starts_with("Mon 10:00 Nobody who is first in line can be told now."), "{}", w.said[0]);
}

#[test]
fn the_chain_resumes_when_the_owner_goes_off_duty_is_disabled_or_it_is_overdue() {
    // Ada's duty ends at noon on Mondays, cover does not.
    let mut p = policy();
    p.people[0].duty.as_mut().unwrap().week = vec!["Mon-Fri 08:00-12:00".parse().unwrap()];
    let mut w = World::new(Some(p.clone()));
    w.open(MONDAY, Severity::High);
    w.does("2026-11-23T10:10:00Z", "ada", Verb::Accept, None);
    w.wake_until("2026-11-23T12:00:00Z");
    assert_eq!(w.sent[1..], ["Mon 12:00 ben high 2"], "the first in line is off duty");
    assert!(
        w.said
            .last()
            .unwrap()
            .ends_with("Its owner went off duty. Next step, if nobody does anything: Mon 23 Nov 12:10 UTC.")
    );
    w.does("2026-11-23T12:05:00Z", "ben", Verb::Assign, Some("ben"));
    w.wake_until("2026-11-23T13:59:00Z");
    assert_eq!(w.sent.len(), 2);

    w.journal("2026-11-23T13:59:00Z", EventBody::PersonChanged { user: Actor("ben".into()), disabled: true });
    w.wake_until("2026-11-23T13:59:30Z");
    assert_eq!(w.sent[2..], ["Mon 13:59 eve high 3"], "nobody first is on duty, and Ben is gone");

    let mut w = World::new(Some(p));
    w.open(MONDAY, Severity::High);
    w.does("2026-11-23T10:10:00Z", "ben", Verb::Accept, None);
    w.wake_until("2026-11-23T14:30:00Z");
    assert_eq!(w.sent[1..], ["Mon 14:00 ben high 2", "Mon 14:30 ben high 3"], "its owner first");
    w.does("2026-11-23T14:31:00Z", "ben", Verb::Note, None);
    w.wake_until("2026-11-23T16:59:00Z");
    assert_eq!(w.sent.len(), 3, "somebody is at it");
}

#[test]
fn an_owner_who_stays_at_it_off_duty_is_not_gone() {
    let mut w = World::new(Some(policy()));
    w.open("2026-11-23T16:00:00Z", Severity::Critical);
    w.does("2026-11-23T16:01:00Z", "ada", Verb::Accept, None);
    w.wake_until("2026-11-23T17:00:00Z");
    assert_eq!(w.sent[1..], ["Mon 17:00 eve critical 2"], "outside cover, the last in line");
    w.does("2026-11-23T17:01:00Z", "ada", Verb::Note, None);
    assert_eq!(w.withdrawn.last(), Some(&2));
    w.wake_until("2026-11-23T19:00:00Z");
    assert_eq!(w.sent.len(), 2);
}

#[test]
fn a_held_task_is_silent_until_it_returns() {
    let mut w = World::new(Some(policy()));
    w.open(MONDAY, Severity::High);
    w.does("2026-11-23T10:10:00Z", "ada", Verb::Accept, None);
    w.does("2026-11-23T10:11:00Z", "ada", Verb::Hold, None);
    w.wake_until("2026-11-24T10:10:59Z");
    assert_eq!(w.sent.len(), 1, "not even overdue");
    w.wake_until("2026-11-24T10:11:00Z");
    assert_eq!(w.sent[1..], ["Tue 10:11 ada high 2"]);
}

#[test]
fn what_gets_worse_is_told_anew_and_the_owner_of_it_once() {
    for accepted in [false, true] {
        let mut w = World::new(Some(policy()));
        w.open(MONDAY, Severity::Medium);
        assert_eq!(w.sent, ["Tue 07:30 ada medium 1"], "in the digest");
        if accepted {
            w.does("2026-11-23T10:01:00Z", "ada", Verb::Accept, None);
        }
        w.episodes[0].severity = Severity::Critical;
        w.episodes[0].rules[0].severity = Severity::Critical;
        w.step("2026-11-23T10:02:00Z", Cause::Other);
        assert_eq!(w.sent[1..], ["Mon 10:02 ada critical 2"]);
        assert!(w.withdrawn.contains(&1), "the digest's line has no meaning any more");
        w.wake_until("2026-11-23T10:08:00Z");
        assert_eq!(w.sent.len(), if accepted { 2 } else { 3 });
    }
}

#[test]
fn a_policy_that_comes_later_tells_of_what_is_open_and_one_withdrawn_stops() {
    let mut w = World::new(None);
    w.open(MONDAY, Severity::High);
    w.set(Some(policy()), "2026-11-23T10:20:00Z");
    w.wake_until("2026-11-23T10:20:00Z");
    assert_eq!(w.sent, ["Mon 10:20 ada high 1"]);
    w.set(None, "2026-11-23T10:40:00Z");
    w.wake_until("2026-11-23T16:00:00Z");
    assert_eq!((w.sent.len(), w.withdrawn.as_slice()), (1, [1].as_slice()));
}

#[test]
fn a_closed_task_leaves_nothing_behind() {
    let mut w = World::new(Some(policy()));
    w.open(MONDAY, Severity::High);
    w.does("2026-11-23T10:10:00Z", "ada", Verb::Complete, None);
    assert_eq!(w.withdrawn, [1]);
    assert!(w.fold.chains.is_empty());
}
