//! Live equals replay, second layer: whatever the batches, restarts and lateness, the tasks in the store are those
//! that folding its own journal from empty gives, and the episodes those of the pure function.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "test code"
)]

mod fixture;
mod late;
mod moved;

use care::cover::{Channel, Cover, Hours, Member, Policy, Timing};
use care::{
    Actor, Assignment, Change, Command, Enrolment, Outcome, Patient, PatientId, PatientStatus, ProgrammeId, Role, Run,
    Scope, Severity, Task, TaskId, Verb,
};
use chrono::TimeDelta;
use fixture::{assignment, at, change, device, enrolment, open, patient, policy};
use proptest::prelude::*;
use rules::{PatientReplay, Rulebooks, RulesError, install_shipped, load_rulebooks, refold};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{
    Admit, AdmitItem, PageRequest, Settled, SharedStore, SqliteOptions, SqliteStore, StoreError, TaskFilter, User, Via,
};
use vitals::{
    Decimal, DeviceId, DeviceRef, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt,
    SourceId, Unit, UserSlot, Value,
};

/// 2026-01-05 00:00 UTC, in minutes.
const START: i64 = 1_767_571_200 / 60;

#[derive(Clone, Debug)]
enum Op {
    /// a weight a day, folded each day, for so long that old ones are forgotten
    Habit {
        device: u8,
        days: u8,
    },
    /// device, minutes before now that it was measured, weight in steps of 100 g above 79 kg, hub connected
    Weigh {
        device: u8,
        ago: i64,
        hectograms: u8,
        hub: bool,
    },
    /// a correction of the newest reading, of one long ago or of the next one; by the other's slot or not
    Correct {
        device: u8,
        hectograms: u8,
        of: i8,
        slot: bool,
    },
    Pressure {
        device: u8,
        ago: i64,
        systolic: u8,
    },
    Resend,
    Wait {
        minutes: i64,
    },
    /// fold a patient's waiting events; forgetting means a rebuild from the store
    Fold {
        patient: u8,
        forget: bool,
    },
    Restart,
    Act {
        verb: u8,
    },
    Move {
        device: u8,
        to: u8,
        ago: i64,
    },
    Limit {
        patient: u8,
        grams: i64,
        ago: i64,
    },
    /// the programme is over so many minutes from now, or goes on
    Programme {
        patient: u8,
        over_in: Option<i64>,
    },
    /// whom to tell, in force so many minutes from now; or nobody any more
    Cover {
        variant: Option<u8>,
        later: i64,
    },
    /// anna may, or may no longer, sign in
    Disable {
        disabled: bool,
    },
    /// every message that is due is given up
    GiveUp,
}

fn op() -> impl Strategy<Value = Op> {
    let ago = prop_oneof![4 => 0..20i64, 2 => 0..4_000i64, 1 => 0..16_000i64];
    prop_oneof![
        8 => (0..2u8, ago.clone(), 0..60u8, any::<bool>())
            .prop_map(|(device, ago, hectograms, hub)| Op::Weigh { device, ago, hectograms, hub }),
        2 => (0..2u8, 0..60u8, prop_oneof![2 => Just(0i8), 1 => Just(-2), 1 => Just(2)], any::<bool>())
            .prop_map(|(device, hectograms, of, slot)| Op::Correct { device, hectograms, of, slot }),
        2 => (0..2u8, ago.clone(), 80..200u8).prop_map(|(device, ago, systolic)| Op::Pressure { device, ago, systolic }),
        1 => Just(Op::Resend),
        1 => (0..2u8, 10..25u8).prop_map(|(device, days)| Op::Habit { device, days }),
        5 => prop_oneof![1..60i64, 600..2_000i64, 4_000..9_000i64].prop_map(|minutes| Op::Wait { minutes }),
        5 => (0..2u8, any::<bool>()).prop_map(|(patient, forget)| Op::Fold { patient, forget }),
        1 => Just(Op::Restart),
        2 => (0..5u8).prop_map(|verb| Op::Act { verb }),
        1 => (0..2u8, 0..2u8, ago.clone()).prop_map(|(device, to, ago)| Op::Move { device, to, ago }),
        1 => (0..2u8, 500..4_000i64, ago).prop_map(|(patient, grams, ago)| Op::Limit { patient, grams, ago }),
        1 => (0..2u8, prop::option::of(-6_000..3_000i64))
            .prop_map(|(patient, over_in)| Op::Programme { patient, over_in }),
        2 => (prop::option::weighted(0.9, 0..3u8), prop_oneof![3 => Just(0i64), 1 => 0..3_000i64])
            .prop_map(|(variant, later)| Op::Cover { variant, later }),
        1 => any::<bool>().prop_map(|disabled| Op::Disable { disabled }),
        1 => Just(Op::GiveUp),
    ]
}

struct World {
    dir: tempfile::TempDir,
    minutes: Arc<AtomicI64>,
    store: SharedStore,
    rulebooks: Rulebooks,
    runs: Vec<Run>,
    memory: BTreeMap<u8, Box<PatientReplay>>,
    sent: Vec<Admit>,
    count: u32,
    /// turns that read everything again
    rebuilt: u32,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let minutes = Arc::new(AtomicI64::new(START));
        let store = open(dir.path(), &minutes);
        install_shipped(&store, at(START)).await.unwrap();
        for n in 0..2 {
            let profile = Patient {
                id: patient(n),
                name: "Test".into(),
                birth_date: None,
                timezone: chrono_tz::Tz::Europe__Berlin,
                phone: String::new(),
                contacts: vec![],
                language: "en".into(),
                identifiers: vec![],
                teams: Default::default(),
            };
            let enrolment = enrolment(None);
            let change = Change {
                profile: Some(profile),
                timezone: Some(chrono_tz::Tz::Europe__Berlin),
                status: Some(PatientStatus::Active),
                enrolments: Some(vec![enrolment]),
                ..change(START - 20_000)
            };
            // A slot of each device is the other's.
            let slot = Assignment { user_slot: Some(UserSlot(2)), ..assignment(1 - n, n, START - 20_000) };
            store.add_patient(change, vec![], vec![assignment(n, n, START - 20_000), slot], &actor()).await.unwrap();
        }
        let anna = User {
            name: actor().0,
            display_name: String::new(),
            role: Role::Coordinator,
            teams: Default::default(),
            language: None,
            email: None,
            password_hash: None,
            disabled: false,
            failed_attempts: 0,
            locked_until: None,
            created_at: at(START),
            second_factor: None,
            subject: None,
        };
        store.add_user(anna).await.unwrap();
        let runs = store.record_start(at(START)).await.unwrap();
        Self {
            dir,
            minutes,
            store,
            rulebooks: Rulebooks::default(),
            runs,
            memory: BTreeMap::new(),
            sent: vec![],
            count: 0,
            rebuilt: 0,
        }
    }

    fn now(&self) -> i64 {
        self.minutes.load(Ordering::SeqCst)
    }

    async fn send(
        &mut self,
        d: u8,
        ago: i64,
        kind: Kind,
        values: Vec<(Quantity, Value)>,
        hub: bool,
        corrects: Option<(u32, bool)>,
    ) {
        self.count += 1;
        let DeviceRef { source, device } = device(d);
        let id = |n: u32| ReadingId::new(&format!("r{n}")).unwrap();
        let reading = Reading {
            key: ReadingKey { source: source.clone(), device: device.clone(), id: id(self.count) },
            kind,
            measured_at: MeasuredAt::from(at(self.now() - ago)),
            values: values.into_iter().collect(),
            user_slot: corrects.filter(|(_, slot)| *slot).map(|_| UserSlot(2)),
            flags: Default::default(),
            sample: None,
            meal: None,
            clock: None,
            battery: None,
            corrects: corrects.map(|(of, _)| id(of)),
        };
        let admit = Admit {
            source,
            device,
            topic: "t".into(),
            received_at: ReceivedAt(at(self.now())),
            hub_connected: hub,
            via: Via::Mqtt,
            items: vec![AdmitItem::Reading {
                reading: Box::new(reading),
                admission_flags: Default::default(),
                raw: Default::default(),
            }],
        };
        self.sent.push(admit.clone());
        self.store.admit(vec![admit]).await.unwrap();
    }

    async fn tasks(&self) -> Vec<Task> {
        let page = PageRequest { after: None, limit: 500 };
        self.store.tasks(&Scope::All, &TaskFilter::default(), page).await.unwrap().items
    }

    async fn fold(&mut self, p: u8, forget: bool) {
        let mut remembered = self.memory.remove(&p).filter(|_| !forget);
        let now = at(self.now());
        loop {
            let (store, rulebooks, runs) = (&self.store, &self.rulebooks, &self.runs);
            let turn = match rules::turn(store, rulebooks, &patient(p), remembered.take(), runs, || now).await {
                // What is remembered is not where the store stands: from the store once more.
                Err(RulesError::Store(StoreError::Stale)) => continue,
                turn => turn.unwrap(),
            };
            let more = turn.more;
            self.rebuilt += u32::from(turn.rebuilt);
            remembered = Some(turn.replay);
            if !more {
                break;
            }
        }
        self.memory.insert(p, remembered.unwrap());
    }

    /// A weight a day on device 0, three kilograms more on the third.
    async fn gains(&mut self) {
        for hectograms in [10, 12, 40] {
            self.apply(Op::Wait { minutes: 1440 }).await;
            self.apply(Op::Weigh { device: 0, ago: 5, hectograms, hub: false }).await;
        }
        self.fold(0, false).await;
    }

    async fn apply(&mut self, op: Op) {
        let kg = |hectograms: u8| Value::number(Decimal::new(790 + i64::from(hectograms), 1), Unit::Kilogram);
        match op {
            Op::Weigh { device, ago, hectograms, hub } => {
                self.send(device, ago, Kind::BodyWeight, vec![(Quantity::Weight, kg(hectograms))], hub, None).await;
            }
            Op::Correct { device, hectograms, of, slot } => {
                let corrects = Some((self.count.saturating_add_signed(of.into()), slot));
                self.send(device, 0, Kind::BodyWeight, vec![(Quantity::Weight, kg(hectograms))], true, corrects).await;
            }
            Op::Pressure { device, ago, systolic } => {
                let mm = |v: u8| Value::number(Decimal::from(v), Unit::MillimetreOfMercury);
                let values = vec![(Quantity::Systolic, mm(systolic)), (Quantity::Diastolic, mm(systolic - 30))];
                self.send(device, ago, Kind::BloodPressure, values, true, None).await;
            }
            Op::Habit { device, days } => {
                for day in 0..days {
                    self.minutes.fetch_add(1440, Ordering::SeqCst);
                    let values = vec![(Quantity::Weight, kg(10 + day % 3))];
                    self.send(device, 5, Kind::BodyWeight, values, false, None).await;
                    self.fold(device, false).await;
                }
            }
            Op::Resend => {
                if let Some(last) = self.sent.last().cloned() {
                    self.store.admit(vec![last]).await.unwrap();
                }
            }
            Op::Wait { minutes } => {
                self.minutes.fetch_add(minutes, Ordering::SeqCst);
            }
            Op::Fold { patient, forget } => self.fold(patient, forget).await,
            Op::Restart => self.restart().await,
            Op::Act { verb } => self.act(verb).await,
            Op::Move { device, to, ago } => self.move_device(device, to, ago).await,
            Op::Limit { patient: p, grams, ago } => {
                let value = Some(format!("{} kg", Decimal::new(grams, 3)));
                let values = vec![("heart-failure.gain_3d".to_owned(), value)];
                let change = change(self.now() - ago);
                self.store.change_patient(&patient(p), change, values, None, &actor()).await.unwrap();
            }
            Op::Programme { patient: p, over_in } => {
                let enrolments = Some(vec![enrolment(over_in.map(|m| self.now() + m))]);
                let change = Change { enrolments, ..change(self.now()) };
                self.store.change_patient(&patient(p), change, vec![], None, &actor()).await.unwrap();
            }
            Op::Cover { variant, later } => {
                let from = at(self.now() + later);
                self.store.set_cover(variant.map(policy), from, "rota", &actor()).await.unwrap();
            }
            Op::Disable { disabled } => {
                let edit = move |user: &mut User| {
                    user.disabled = disabled;
                    Ok(())
                };
                self.store.edit_user("anna", Box::new(edit), &actor()).await.unwrap();
            }
            Op::GiveUp => {
                let now = at(self.now());
                let claimed = self.store.claim_messages(now, now + TimeDelta::minutes(5), 99).await.unwrap();
                let dead = |why: &str| Settled::DeadEnd { why: why.into() };
                let ends = claimed.batches.into_iter().map(|b| (b.id, dead("mailbox unknown"))).collect();
                self.store.settle_messages(ends).await.unwrap();
            }
        }
    }

    async fn restart(&mut self) {
        self.memory.clear();
        self.store.close(TimeDelta::seconds(10)).await.unwrap();
        self.store = open(self.dir.path(), &self.minutes);
        self.runs = self.store.record_start(at(self.now())).await.unwrap();
    }

    async fn act(&mut self, verb: u8) {
        let Some(task) = self.tasks().await.into_iter().find(|t| t.status.is_open()) else { return };
        let verb = [Verb::Accept, Verb::Start, Verb::Hold, Verb::Complete, Verb::Note][usize::from(verb)];
        let command = Command {
            task: task.id,
            verb,
            note: Some("noted".into()),
            outcome: (verb == Verb::Complete).then_some(Outcome::AdviceGiven),
            owner: None,
            until: (verb == Verb::Hold).then(|| at(self.now() + 300)),
        };
        self.store.submit_command(command, &actor()).await.unwrap();
    }

    /// The device belongs to another patient from some time on.
    async fn move_device(&mut self, d: u8, to: u8, ago: i64) {
        let from = self.now() - ago;
        let owner = self.store.assignments().await.unwrap();
        let Some(last) =
            owner.iter().filter(|a| a.device == device(d) && a.user_slot.is_none()).max_by_key(|a| a.from).cloned()
        else {
            return;
        };
        if last.patient == patient(to) || last.from >= at(from) {
            return;
        }
        let mut list: Vec<Assignment> = owner.into_iter().filter(|a| a.patient == last.patient).collect();
        for a in list.iter_mut().filter(|a| **a == last) {
            a.until = Some(at(from));
        }
        self.store.change_patient(&last.patient, change(self.now()), vec![], Some(list), &actor()).await.unwrap();
        match self.store.assign(assignment(d, to, from), "moved", &actor()).await {
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn messages(&self) -> BTreeSet<(TaskId, u32, Actor)> {
        let mut page = PageRequest { after: None, limit: 500 };
        let mut all = BTreeSet::new();
        loop {
            let list = self.store.messages(None, page).await.unwrap();
            all.extend(list.items.into_iter().map(|m| (m.task, m.step, m.recipient)));
            match list.next {
                Some(next) => page = PageRequest { after: Some(next), limit: 500 },
                None => return all,
            }
        }
    }

    /// Everything folded; then the same from empty, and the same by the pure function.
    async fn check(&mut self) {
        let rulebooks = load_rulebooks(&self.store).await.unwrap();
        for p in 0..2 {
            self.fold(p, false).await;
            let refolded = refold(&self.store, &patient(p), &self.runs, at(self.now())).await.unwrap();
            let mut live: Vec<Task> = self.tasks().await.into_iter().filter(|t| t.patient == patient(p)).collect();
            live.sort_by(|a, b| a.id.cmp(&b.id));
            assert_eq!(live, refolded.tasks, "tasks of p{p}");
            let mut stored = self.store.episodes(&patient(p)).await.unwrap();
            let mut again = refolded.episodes.clone();
            stored.sort_by(|a, b| a.id.cmp(&b.id));
            again.sort_by(|a, b| a.id.cmp(&b.id));
            assert_eq!(stored, again, "episodes of p{p}");
            let head = self.store.work(&patient(p)).await.unwrap().head;
            let history = self.store.history(&patient(p), head).await.unwrap();
            let mut pure = rule_engine::evaluate(&rulebooks, &history, at(self.now())).episodes;
            pure.sort_by(|a, b| a.id.cmp(&b.id));
            assert_eq!(stored, pure, "episodes of p{p} by the pure function");
            let mut events = Vec::new();
            for task in &live {
                events.extend(self.store.task_events(&task.id).await.unwrap());
            }
            assert_eq!(events.len(), refolded.task_events.len(), "timelines of p{p}");
            let ids: Vec<_> = live.iter().map(|t| t.id.clone()).collect();
            let mut sent = self.messages().await;
            sent.retain(|(task, ..)| ids.contains(task));
            let asked = refolded.messages.into_iter().map(|m| (m.task, m.step, m.recipient));
            assert_eq!(sent, asked.collect::<BTreeSet<_>>(), "messages of p{p}");
        }
        let open: Vec<_> = self.tasks().await.into_iter().filter(|t| t.status.is_open()).collect();
        for task in &open {
            let same = open.iter().filter(|t| t.patient == task.patient && t.group == task.group).count();
            assert_eq!(same, 1, "one open task per patient and group");
        }
        assert!(self.store.ledger().await.unwrap().balances());
    }
}

fn actor() -> Actor {
    Actor("anna".into())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn tasks_are_what_folding_the_journal_gives(ops in prop::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for op in ops {
                world.apply(op).await;
            }
            world.check().await;
        });
    }
}

fn run(scenario: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(scenario);
}

#[test]
fn a_gain_makes_one_task_and_a_restart_makes_no_other() {
    run(async {
        let mut world = World::new().await;
        for (wait, hectograms) in [(0, 10), (1440, 12), (1440, 35)] {
            world.apply(Op::Wait { minutes: wait }).await;
            world.apply(Op::Weigh { device: 0, ago: 5, hectograms, hub: false }).await;
            world.fold(0, false).await;
            world.apply(Op::Restart).await;
            world.fold(0, false).await;
        }
        let tasks = world.tasks().await;
        assert_eq!(tasks.len(), 1, "{tasks:#?}");
        assert_eq!(tasks[0].group.as_str(), "fluid");
        assert_eq!(tasks[0].reason.to_string().matches("kg").count(), 3, "numbers and limit: {}", tasks[0].reason);
        world.check().await;
    });
}

#[test]
fn a_correction_takes_the_reading_to_whose_slot_it_names() {
    run(async {
        let mut world = World::new().await;
        for hectograms in [10, 12, 40] {
            world.apply(Op::Wait { minutes: 1440 }).await;
            world.apply(Op::Weigh { device: 0, ago: 5, hectograms, hub: false }).await;
            world.apply(Op::Weigh { device: 1, ago: 5, hectograms: 10, hub: false }).await;
        }
        world.fold(0, false).await;
        let gained = |tasks: &[Task], p: u8| {
            let fluid = tasks.iter().filter(|t| t.patient == patient(p) && t.group.as_str() == "fluid");
            fluid.map(|t| t.status.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(gained(&world.tasks().await, 0), ["requested"]);
        // The newest of device 0 was the other person, who gained as much.
        world.apply(Op::Correct { device: 0, hectograms: 40, of: -1, slot: true }).await;
        // Nobody answers the prompt to measure again.
        world.apply(Op::Wait { minutes: 40 }).await;
        world.check().await;
        let tasks = world.tasks().await;
        assert_eq!((gained(&tasks, 0), gained(&tasks, 1)), (vec!["cancelled"], vec!["requested"]), "{tasks:#?}");
        // A correction that comes before what it corrects.
        world.apply(Op::Correct { device: 0, hectograms: 11, of: 2, slot: true }).await;
        world.apply(Op::Weigh { device: 0, ago: 1, hectograms: 60, hub: false }).await;
        world.check().await;
        assert_eq!(gained(&world.tasks().await, 0), ["cancelled"], "it was corrected before it came");
    });
}

#[test]
fn silence_is_noticed_by_the_clock_alone() {
    run(async {
        let mut world = World::new().await;
        world.apply(Op::Wait { minutes: 5 * 1440 }).await;
        world.fold(0, true).await;
        let tasks = world.tasks().await;
        assert_eq!(tasks.iter().map(|t| t.rule.as_str()).collect::<Vec<_>>(), ["HF-N1"], "{tasks:#?}");
        assert!(tasks[0].created_at < at(world.now()), "dated when it fell due, not when somebody looked");
        world.check().await;
    });
}

#[test]
fn other_dates_of_the_programme_do_not_hide_who_is_silent() {
    run(async {
        let mut world = World::new().await;
        world.apply(Op::Wait { minutes: 3 * 1440 }).await;
        for (from, over_in) in [(START - 10_000, None), (START - 30_000, Some(90_000))] {
            let until = over_in.map(|m: i64| at(world.now() + m));
            let enrolments = Some(vec![Enrolment { from: at(from), until, ..enrolment(None) }]);
            let change = Change { enrolments, ..change(world.now()) };
            world.store.change_patient(&patient(0), change, vec![], None, &actor()).await.unwrap();
        }
        world.apply(Op::Wait { minutes: 1440 }).await;
        world.fold(0, false).await;
        let tasks = world.tasks().await;
        assert_eq!(tasks.iter().map(|t| t.rule.as_str()).collect::<Vec<_>>(), ["HF-N1"], "{tasks:#?}");
        world.check().await;
    });
}

#[test]
fn when_the_programme_is_over_the_task_stays_and_says_that_nobody_watches() {
    run(async {
        let mut world = World::new().await;
        world.gains().await;
        let over = world.now() + 600;
        world.apply(Op::Programme { patient: 0, over_in: Some(600) }).await;
        world.fold(0, false).await;
        assert_eq!(world.tasks().await[0].unwatched_since, None, "not before its time");
        world.apply(Op::Wait { minutes: 5_000 }).await;
        world.fold(0, true).await;
        let task = &world.tasks().await[0];
        assert_eq!((task.status.as_str(), task.unwatched_since), ("requested", Some(at(over))));
        let last = world.store.task_events(&task.id).await.unwrap().pop().unwrap();
        assert_eq!((last.what.as_str(), last.at), ("unwatched", at(over)), "dated when it fell due");
        assert_eq!(last.why.to_string(), "No longer watched: the programme heart failure is over");
        world.check().await;
    });
}
