//! The conductor of a live fleet: who measures when, whose internet is down, which device repeats itself.

use crate::cohort::{Cohort, Home, HomeKind};
use crate::driver::{Clock, Order};
use crate::firmware::{Message, TRANSFER_S};
use crate::fleet::{Door, LiveOptions};
use crate::noise::{Purpose, chance};
use crate::script::{self, Scene};
use chrono::{SubsecRound, TimeDelta};
use rand::Rng;
use rand::rngs::StdRng;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use vitals::{Instant, Kind};

/// How far ahead the natural readings are looked up.
const AHEAD: TimeDelta = TimeDelta::minutes(10);
/// How much of a device's memory may be repeated.
const MEMORY: TimeDelta = TimeDelta::days(3);
/// The longest backlog that a continued demonstration brings.
const LONGEST_BACKLOG: TimeDelta = TimeDelta::days(7);
/// Between the readings of the story's backlog, and of the others'.
const STORY_PACE: TimeDelta = TimeDelta::seconds(4);
const BACKLOG_PACE: TimeDelta = TimeDelta::milliseconds(700);
/// Between outages, and how long one lasts at most, seconds.
const OUTAGE_EVERY: TimeDelta = TimeDelta::seconds(75);
const OUTAGE_S: std::ops::Range<u64> = 15..35;
/// Between suitcases on scales, after the first.
const SUITCASE_EVERY: TimeDelta = TimeDelta::minutes(4);
/// How often the conductor looks at the clock.
const TICK: Duration = Duration::from_millis(200);
/// How often chance may try to find a home that can do something.
const TRIES: usize = 12;

enum Act {
    Deliver(usize, Message),
    Play(Scene),
}

pub(crate) struct Conductor {
    cohort: Arc<Cohort>,
    doors: Vec<Door>,
    options: LiveOptions,
    clock: Clock,
    rng: StdRng,
    acts: BTreeMap<(Instant, u64), Act>,
    next_act: u64,
    planned_until: Instant,
    last_delivery: Instant,
    next_outage: Instant,
    next_suitcase: Instant,
    dark_until: BTreeMap<usize, Instant>,
}

impl Conductor {
    pub(crate) fn new(cohort: Arc<Cohort>, doors: Vec<Door>, options: LiveOptions, clock: Clock) -> Self {
        let now = clock();
        let mut conductor = Self {
            rng: chance(cohort.seed(), Purpose::Conductor, 0, now.timestamp()),
            doors,
            options,
            clock,
            acts: BTreeMap::new(),
            next_act: 0,
            planned_until: now,
            last_delivery: now,
            next_outage: now + OUTAGE_EVERY,
            next_suitcase: now + SUITCASE_EVERY,
            dark_until: BTreeMap::new(),
            cohort,
        };
        conductor.plan_backlogs(now);
        if conductor.options.scenes {
            for (at, scene) in script::scenes(&conductor.cohort, now) {
                conductor.plan(at, Act::Play(scene));
            }
        }
        conductor
    }

    pub(crate) async fn run(mut self, stop: CancellationToken) {
        if self.cohort.homes().is_empty() {
            return;
        }
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => self.tick(),
            }
        }
    }

    fn plan(&mut self, at: Instant, act: Act) {
        self.acts.insert((at, self.next_act), act);
        self.next_act += 1;
    }

    /// What homes have kept while they, or all of us, were away, to be delivered one after the other.
    fn plan_backlogs(&mut self, now: Instant) {
        let cohort = self.cohort.clone();
        let mut at = now + BACKLOG_PACE;
        for (index, home) in cohort.homes().iter().enumerate() {
            let all = self.options.since.map(|since| since.max(now - LONGEST_BACKLOG));
            let story = all.is_none() && home.offline_since.is_some();
            let Some(since) = all.or(home.offline_since) else { continue };
            let mut story_at = now;
            for message in home.messages(since, now) {
                if story {
                    story_at += STORY_PACE;
                    self.plan(story_at, Act::Deliver(index, message));
                } else {
                    at += BACKLOG_PACE;
                    self.plan(at, Act::Deliver(index, message));
                }
            }
        }
    }

    /// Puts on the plan what people measure of themselves.
    fn look_ahead(&mut self, now: Instant) {
        if now < self.planned_until {
            return;
        }
        let until = now + AHEAD;
        let cohort = self.cohort.clone();
        for (index, home) in cohort.homes().iter().enumerate() {
            for message in home.messages(self.planned_until, until) {
                self.plan(message.arrives_at(), Act::Deliver(index, message));
            }
        }
        self.planned_until = until;
    }

    fn tick(&mut self) {
        let now = (self.clock)();
        self.look_ahead(now);
        while self.acts.first_key_value().is_some_and(|((at, _), _)| *at <= now) {
            let Some((_, act)) = self.acts.pop_first() else { break };
            match act {
                Act::Deliver(home, message) => self.deliver(home, message, now),
                Act::Play(scene) => self.play(scene, now),
            }
        }
        if self.options.outages && now >= self.next_outage {
            self.next_outage = now + OUTAGE_EVERY;
            self.outage(now);
        }
        if self.options.scenes && now >= self.next_suitcase {
            self.next_suitcase = now + SUITCASE_EVERY;
            self.suitcase(now);
        }
        let silence = TimeDelta::from_std(self.options.longest_silence).unwrap_or(TimeDelta::MAX);
        let mut due = self.last_delivery + silence;
        // A silence shorter than a tick is a rate: several readings make up for it.
        while due <= now && self.fill(now) {
            due += silence.max(TimeDelta::milliseconds(1));
        }
    }

    /// Whether that home has no internet.
    fn is_dark(&self, home: usize, now: Instant) -> bool {
        self.dark_until.get(&home).is_some_and(|until| *until > now)
    }

    fn deliver(&mut self, home: usize, message: Message, now: Instant) {
        let Some(door) = self.doors.get(home) else { return };
        match door.orders.try_send(Order::Offer(message)) {
            Ok(()) if !self.is_dark(home, now) => self.last_delivery = now,
            Ok(()) => {}
            // The hub is busy; the device keeps the reading and comes again.
            Err(tokio::sync::mpsc::error::TrySendError::Full(Order::Offer(message))) => {
                self.plan(now + TimeDelta::seconds(1), Act::Deliver(home, message));
            }
            Err(_) => {}
        }
    }

    fn play(&mut self, scene: Scene, now: Instant) {
        let cohort = self.cohort.clone();
        let Some(home) = cohort.homes().get(scene.home) else { return };
        let Some(person) = home.persona(scene.persona) else { return };
        if let (Some(door), Some(again)) = (self.doors.get(scene.home), scene.again)
            && let Ok(mut stage) = door.scene.lock()
        {
            stage.insert((scene.persona, again.kind), again);
        }
        let at = just_now(now);
        if let Some(message) = home.message(person, &crate::Measurement { at, ..scene.shows }) {
            self.deliver(scene.home, message, now);
        }
    }

    /// Does something in a home that nothing is told about; false where none was found.
    fn fill(&mut self, now: Instant) -> bool {
        let cohort = self.cohort.clone();
        for _ in 0..TRIES {
            let index = self.rng.random_range(0..cohort.homes().len());
            let Some(home) = cohort.homes().get(index) else { continue };
            if script::is_cast(home) || self.is_dark(index, now) {
                continue;
            }
            let message = if self.rng.random_bool(0.4) { self.remember(home, now) } else { self.spot(home, now) };
            if let Some(message) = message {
                self.deliver(index, message, now);
                return true;
            }
        }
        // Too few people for that: whoever is there repeats what the device remembers.
        let index = self.rng.random_range(0..cohort.homes().len());
        let message =
            cohort.homes().get(index).filter(|h| h.offline_since.is_none()).and_then(|h| self.remember(h, now));
        match message {
            Some(message) => self.deliver(index, message, now),
            // Nobody can do anything: try again after another silence, not in this one.
            None => self.last_delivery = now,
        }
        false
    }

    /// A reading out of a device's memory, sent once more.
    fn remember(&mut self, home: &Home, now: Instant) -> Option<Message> {
        let mut memory = home.messages(now - MEMORY, now - TimeDelta::minutes(1));
        if memory.is_empty() {
            return None;
        }
        let index = self.rng.random_range(0..memory.len());
        Some(memory.swap_remove(index))
    }

    /// Somebody measures for no particular reason.
    fn spot(&mut self, home: &Home, now: Instant) -> Option<Message> {
        let person = home.people.get(self.rng.random_range(0..home.people.len().max(1)))?;
        let kind = person.kinds().get(self.rng.random_range(0..person.kinds().len().max(1)))?;
        home.message(person, &person.measure(*kind, just_now(now)))
    }

    fn outage(&mut self, now: Instant) {
        let cohort = self.cohort.clone();
        let index = self.rng.random_range(0..cohort.homes().len());
        let calm = |h: &&Home| h.kind == HomeKind::Gateway && !script::is_cast(h);
        if cohort.homes().get(index).filter(calm).is_none() {
            return;
        }
        let seconds = self.rng.random_range(OUTAGE_S);
        let order = Order::Offline(Duration::from_secs(seconds));
        if self.doors.get(index).is_some_and(|door| door.orders.try_send(order).is_ok()) {
            let span = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0));
            self.dark_until.insert(index, now + span);
        }
    }

    fn suitcase(&mut self, now: Instant) {
        let cohort = self.cohort.clone();
        let fits = |h: &Home| script::has_scale(h) && !script::is_cast(h);
        let able: Vec<_> = cohort.homes().iter().enumerate().filter(|(_, h)| fits(h)).collect();
        if able.is_empty() {
            return;
        }
        let chosen = able.get(self.rng.random_range(0..able.len()));
        let weighs = |h: &&Home| h.people.iter().find(|p| p.kinds().contains(&Kind::BodyWeight)).cloned();
        if let Some((index, person)) = chosen.and_then(|(index, home)| Some((*index, weighs(home)?))) {
            self.play(script::suitcase(index, &person, now), now);
        }
    }
}

/// When a measurement was that arrives now; devices know whole seconds.
fn just_now(now: Instant) -> Instant {
    (now - TimeDelta::seconds(TRANSFER_S)).trunc_subsecs(0)
}
