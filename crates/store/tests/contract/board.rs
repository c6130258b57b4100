//! Lists of tasks: groups, filters, counts, and what a row says.

use crate::kit::*;
use crate::worklist::{commit as evaluated, episode, task};
use care::*;
use chrono::TimeDelta;
use std::collections::BTreeSet;
use store::*;

fn times() -> BoardTimes {
    BoardTimes { now: day(100), day_ends: day(100) + TimeDelta::hours(12) }
}

fn query(filter: BoardFilter) -> BoardQuery {
    BoardQuery { scope: Scope::All, filter, reader: Actor("bea".into()), times: times(), budget: 45, asked: [None; 4] }
}

/// Ids by group, in order.
async fn ids(store: &dyn Store, query: BoardQuery) -> Vec<(BoardGroup, usize, Vec<String>)> {
    let parts = store.board(query).await.unwrap().parts.into_iter();
    let of = |p: BoardPart| (p.group, p.total, p.rows.iter().map(|r| r.task.id.to_string()).collect());
    parts.map(of).filter(|(_, total, _): &(_, usize, Vec<String>)| *total > 0).collect()
}

async fn all_ids(store: &dyn Store, filter: BoardFilter) -> Vec<String> {
    ids(store, query(filter)).await.into_iter().flat_map(|(_, _, ids)| ids).collect()
}

async fn commit(store: &dyn Store, patient: &str, episodes: Vec<Episode>, tasks: Vec<Task>) {
    evaluated(store, patient, Effects { episodes, tasks, ..Effects::default() }).await.unwrap();
}

/// Four patients with a task each.
async fn seeded(store: &dyn Store) {
    for id in ["a", "b", "c", "d"] {
        patient(store, id).await;
    }
    let due = |hours| Some(day(100) + TimeDelta::hours(hours));
    let own =
        |id: &str, severity, due_at| Task { severity, due_at, ..task(id, &format!("t-{id}"), TaskStatus::Requested) };
    let mine = Some(Actor("bea".into()));
    let tasks = [
        own("a", Severity::High, due(-2)),
        own("b", Severity::Critical, due(9)),
        Task { status: TaskStatus::Accepted, owner: mine, ..own("c", Severity::Medium, due(5)) },
        Task { status: TaskStatus::OnHold, held_until: due(20), ..own("d", Severity::High, due(-9)) },
    ];
    for one in tasks {
        let id = one.patient.to_string();
        commit(store, &id, vec![], vec![one]).await;
    }
}

pub(crate) async fn the_most_urgent_stands_first(store: &dyn Store) {
    seeded(store).await;
    let group = |group, ids: &[&str]| (group, ids.len(), ids.iter().map(|id| (*id).to_owned()).collect());
    let expected = [
        group(BoardGroup::Now, &["t-b", "t-a"]),
        group(BoardGroup::Today, &["t-c"]),
        group(BoardGroup::OnHold, &["t-d"]),
    ];
    assert_eq!(ids(store, query(BoardFilter::default())).await, expected);
    let few = BoardQuery { asked: [Some(1), None, None, None], ..query(BoardFilter::default()) };
    assert_eq!(ids(store, few).await[0], (BoardGroup::Now, 2, vec!["t-b".to_owned()]), "a page of the group");
    let counts = store.board(query(BoardFilter::default())).await.unwrap().counts;
    let expected = BoardCounts { open: 4, mine: 1, nobody: 3, overdue: 1, held: 1, ..BoardCounts::default() };
    assert_eq!(counts, expected);
}

pub(crate) async fn a_list_is_narrowed(store: &dyn Store) {
    seeded(store).await;
    let of = |change: fn(&mut BoardFilter)| {
        let mut filter = BoardFilter::default();
        change(&mut filter);
        filter
    };
    for (filter, expected) in [
        (of(|f| f.owner = Some(OwnerFilter::Nobody)), vec!["t-b", "t-a", "t-d"]),
        (of(|f| f.owner = Some(OwnerFilter::Is(Actor("bea".into())))), vec!["t-c"]),
        (of(|f| f.severity = Some(Severity::High)), vec!["t-a", "t-d"]),
        (of(|f| f.overdue = true), vec!["t-a"]),
        (of(|f| f.held = true), vec!["t-d"]),
        (of(|f| f.search = Some("B Name".into())), vec!["t-b"]),
        (of(|f| f.search = Some("mrn-c".into())), vec!["t-c"]),
        (of(|f| f.programme = ProgrammeId::new("copd").ok()), vec![]),
        (of(|f| f.queue = Queue::Operations), vec![]),
    ] {
        assert_eq!(all_ids(store, filter.clone()).await, expected, "{filter:?}");
        // What an open list asks of one row says the same.
        let all: Vec<TaskId> = ["t-a", "t-b", "t-c", "t-d"].map(|id| TaskId::new(id).unwrap()).into();
        let rows = store.board_rows(all, times().now).await.unwrap();
        let taken: BTreeSet<String> =
            rows.iter().filter(|r| filter.takes(r, times().now)).map(|r| r.task.id.to_string()).collect();
        assert_eq!(taken, expected.iter().map(|id| (*id).to_owned()).collect(), "{filter:?}");
    }
    let heart = of(|f| f.programme = ProgrammeId::new("heart-failure").ok());
    assert_eq!(all_ids(store, heart).await.len(), 4);
}

pub(crate) async fn a_list_shows_whom_the_reader_sees(store: &dyn Store) {
    seeded(store).await;
    let north = TeamId::new("north").unwrap();
    store.put_team(Team { id: north.clone(), name: "North".into() }).await.unwrap();
    let profile = Patient { teams: [north.clone()].into(), ..profile("a") };
    let change = Change { profile: Some(profile), ..change("moved") };
    store.change_patient(&pid("a"), change, vec![], None, &actor()).await.unwrap();
    let within = |teams: &[&TeamId]| Scope::Within {
        teams: teams.iter().map(|t| (*t).clone()).collect(),
        opened: BTreeSet::new(),
    };
    let seen = |scope| BoardQuery { scope, ..query(BoardFilter::default()) };
    assert_eq!(ids(store, seen(within(&[]))).await[0].2, ["t-b"]);
    assert_eq!(ids(store, seen(within(&[&north]))).await[0].2, ["t-b", "t-a"]);
    let opened = Scope::Within { teams: BTreeSet::new(), opened: [pid("a")].into() };
    assert_eq!(ids(store, seen(opened)).await[0].2, ["t-b", "t-a"]);
    assert_eq!(store.board(seen(within(&[]))).await.unwrap().counts.overdue, 0, "not even counted");
    let team = BoardFilter { team: Some(north), ..BoardFilter::default() };
    assert_eq!(all_ids(store, team).await, ["t-a"]);
}

pub(crate) async fn a_list_that_was_read_before_shows_what_changed_since(store: &dyn Store) {
    seeded(store).await;
    let of = |change: &dyn Fn(&mut BoardFilter)| {
        let mut filter = BoardFilter::default();
        change(&mut filter);
        filter
    };
    let named = |name: &str| of(&|f| f.search = Some(name.into()));
    let copd = of(&|f| f.programme = ProgrammeId::new("copd").ok());
    let mine = of(&|f| f.owner = Some(OwnerFilter::Is(Actor("bea".into()))));
    assert_eq!(all_ids(store, BoardFilter::default()).await, ["t-b", "t-a", "t-c", "t-d"]);
    // The patient is called something else, and is in another programme.
    let profile = Patient { name: "Zoe".into(), ..profile("a") };
    let change_of_a =
        Change { profile: Some(profile), enrolments: Some(vec![enrolment("copd", day(0))]), ..change("another name") };
    store.change_patient(&pid("a"), change_of_a, vec![], None, &actor()).await.unwrap();
    assert_eq!(all_ids(store, named("zoe")).await, ["t-a"]);
    assert_eq!(all_ids(store, named("name")).await, ["t-b", "t-c", "t-d"]);
    assert_eq!(all_ids(store, copd.clone()).await, ["t-a"]);
    let ended = Change { enrolments: Some(vec![]), ..change("ended") };
    store.change_patient(&pid("a"), ended, vec![], None, &actor()).await.unwrap();
    assert_eq!(all_ids(store, copd).await, [""; 0]);
    // A task is somebody's, another is done and a third comes.
    let bea = Some(Actor("bea".into()));
    let taken = Task { status: TaskStatus::Accepted, owner: bea, ..task("b", "t-b", TaskStatus::Requested) };
    commit(store, "b", vec![], vec![taken]).await;
    commit(store, "c", vec![], vec![task("c", "t-c", TaskStatus::Completed)]).await;
    assert_eq!(all_ids(store, mine).await, ["t-b"]);
    patient(store, "e").await;
    commit(store, "e", vec![], vec![task("e", "t-e", TaskStatus::Requested)]).await;
    let open: BTreeSet<String> = all_ids(store, BoardFilter::default()).await.into_iter().collect();
    assert_eq!(open, ["t-a", "t-b", "t-d", "t-e"].map(str::to_owned).into());
}

pub(crate) async fn a_row_says_what_it_is_about(store: &dyn Store) {
    patient(store, "a").await;
    let at = |days: i64| day(100) - TimeDelta::days(days);
    for days in [20, 3, 1, 0] {
        stored(store, reading("scale-a", &format!("r{days}"), at(days))).await;
    }
    let one = episode("e1", at(1));
    let covers = Task { episodes: vec![one.id.clone()], ..task("a", "t-a", TaskStatus::Requested) };
    commit(store, "a", vec![one.clone()], vec![covers]).await;
    let rows = store.board_rows(vec![TaskId::new("t-a").unwrap()], day(100)).await.unwrap();
    let row = &rows[0];
    assert_eq!(row.patient.as_ref().unwrap().name, "Name of a");
    assert_eq!(row.programmes, [ProgrammeId::new("heart-failure").unwrap()]);
    assert_eq!(*row.episodes, [one]);
    let ids: Vec<&str> = row.readings.iter().map(|r| r.reading.key.id.as_str()).collect();
    assert_eq!(ids, ["r3", "r1", "r0"], "of two weeks, oldest first");
}

pub(crate) async fn a_row_that_was_shown_before_says_what_is_so_now(store: &dyn Store) {
    patient(store, "a").await;
    let at = |days: i64| day(100) - TimeDelta::days(days);
    for days in [20, 3, 1, 0] {
        stored(store, reading("scale-a", &format!("r{days}"), at(days))).await;
    }
    let (one, two) = (episode("e1", at(1)), episode("e2", at(0)));
    let covers = |episodes: &[&Episode]| {
        let episodes = episodes.iter().map(|e| e.id.clone()).collect();
        Task { episodes, ..task("a", "t-a", TaskStatus::Requested) }
    };
    commit(store, "a", vec![one.clone()], vec![covers(&[&one])]).await;
    let shown = async |now| {
        let times = BoardTimes { now, day_ends: now + TimeDelta::hours(12) };
        let list = store.board(BoardQuery { times, ..query(BoardFilter::default()) }).await.unwrap();
        list.parts.into_iter().flat_map(|part| part.rows).next().unwrap()
    };
    let measured = |row: &BoardRow| row.readings.iter().map(|r| r.reading.key.id.to_string()).collect::<Vec<_>>();
    let first = shown(day(100)).await;
    assert_eq!((measured(&first), &*first.episodes), (vec!["r3".into(), "r1".into(), "r0".into()], &[one.clone()][..]));
    // Time passes; and what comes late is there at once, also between those that were shown.
    assert_eq!(measured(&shown(day(113)).await), ["r1", "r0"]);
    assert_eq!(measured(&shown(day(100)).await), ["r3", "r1", "r0"]);
    stored(store, reading("scale-a", "r2", at(2))).await;
    assert_eq!(measured(&shown(day(100)).await), ["r3", "r2", "r1", "r0"]);
    // So is a second reading that the rules have not looked at.
    stored(store, reading("scale-a", "r1b", at(1))).await;
    assert_eq!(measured(&shown(day(100)).await), ["r3", "r2", "r1", "r1b", "r0"]);
    // An episode goes on while the task stays as it is; another joins it; one was none.
    let later = Episode { cleared_at: Some(at(0)), ..one.clone() };
    commit(store, "a", vec![later.clone()], vec![]).await;
    assert_eq!(&*shown(day(100)).await.episodes, std::slice::from_ref(&later));
    commit(store, "a", vec![two.clone()], vec![covers(&[&one, &two])]).await;
    assert_eq!(*shown(day(100)).await.episodes, [later, two.clone()]);
    evaluated(store, "a", Effects { retracted: vec![one.id], ..Effects::default() }).await.unwrap();
    assert_eq!(*shown(day(100)).await.episodes, [two]);
    // The patient has another telephone, which no search looks at, and leaves the programme.
    let profile = Patient { phone: "555 0199".into(), ..profile("a") };
    let leaves = Change { profile: Some(profile), enrolments: Some(vec![]), ..change("moved house") };
    store.change_patient(&pid("a"), leaves, vec![], None, &actor()).await.unwrap();
    let row = shown(day(100)).await;
    assert_eq!((row.patient.unwrap().phone.as_str(), row.programmes), ("555 0199", vec![]));
    // The scale goes to somebody else: so do the readings.
    let moved = vec![wears("a", "scale-a", None, day(0), Some(at(2)))];
    store.change_patient(&pid("a"), change("moved"), vec![], Some(moved), &actor()).await.unwrap();
    assert_eq!(shown(day(100)).await.readings.len(), 1, "r3; the others are the other's");
}

pub(crate) async fn what_holds_without_a_task_is_listed(store: &dyn Store) {
    for id in ["a", "b"] {
        patient(store, id).await;
    }
    let (older, newer) = (episode("e1", day(90)), episode("e2", day(95)));
    commit(store, "a", vec![older.clone()], vec![task("a", "t-a", TaskStatus::Requested)]).await;
    commit(store, "b", vec![newer.clone()], vec![]).await;
    let quiet = |limit, after| store.quiet_episodes(Scope::All, PageRequest { after, limit });
    let found = quiet(10, None).await.unwrap().items;
    assert_eq!(found.iter().map(|q| &q.episode.id).collect::<Vec<_>>(), [&newer.id]);
    commit(store, "a", vec![], vec![task("a", "t-a", TaskStatus::Completed)]).await;
    let first = quiet(1, None).await.unwrap();
    let second = quiet(1, first.next).await.unwrap();
    assert_eq!((&first.items[0].episode.id, &second.items[0].episode.id), (&newer.id, &older.id));
    assert_eq!(second.items[0].last.as_ref().map(|t| t.status), Some(TaskStatus::Completed));
    assert_eq!(second.next, None);
    assert_eq!(store.board(query(BoardFilter::default())).await.unwrap().counts.quiet, 2);
    let over = Episode { cleared_at: Some(day(99)), ..older };
    commit(store, "a", vec![over], vec![]).await;
    assert_eq!(store.board(query(BoardFilter::default())).await.unwrap().counts.quiet, 1);
}
