//! The list: who needs a call now?

use super::chart::sparkline;
use super::form::csrf;
use super::layout::{self, Place};
use super::limits::{self, LimitLine};
use super::series::{Panel, Series, readings, series_of};
use super::words;
use crate::access::Caller;
use crate::app::App;
use crate::app::Shared;
use crate::problem::Problem;
use axum::extract::{Query, State};
use care::{Actor, Episode, Patient, PatientId, Permission, Queue, Severity, Task, TaskStatus};
use chrono::TimeDelta;
use chrono_tz::Tz;
use maud::{Markup, html};
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use store::{PageRequest, TaskFilter};
use vitals::Instant;

/// The list's filters, as they stand in the URL.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    /// `me`, `nobody`
    owner: Option<String>,
    /// `operations`
    queue: Option<String>,
}

/// A row's worth of knowledge.
struct Row {
    task: Task,
    patient: Option<Patient>,
    series: Vec<Series>,
    limits: Vec<LimitLine>,
    latest: Option<String>,
}

/// When something is to be done; the list's headings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Now,
    Today,
    Later,
    OnHold,
}

impl Group {
    const ALL: [(Group, &'static str, &'static str); 4] = [
        (Group::Now, "now", "Now"),
        (Group::Today, "today", "Today"),
        (Group::Later, "later", "Later"),
        (Group::OnHold, "on-hold", "On hold"),
    ];

    fn of(task: &Task, now: Instant) -> Group {
        let within = |length| task.due_at.is_some_and(|due| due <= now + length);
        match task.severity {
            _ if task.status == TaskStatus::OnHold => Group::OnHold,
            Severity::Critical => Group::Now,
            _ if within(TimeDelta::hours(1)) => Group::Now,
            _ if within(TimeDelta::hours(24)) => Group::Today,
            _ => Group::Later,
        }
    }
}

/// So many open tasks are shown; beyond it the list says so.
const MOST: usize = 500;
/// What a sparkline shows.
const SPARK: TimeDelta = TimeDelta::days(14);

/// `GET /`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Markup, Problem> {
    let now = app.clock.now();
    let operations = query.queue.as_deref() == Some("operations");
    let open = open_tasks(&app, &caller, if operations { Queue::Operations } else { Queue::Care }).await?;
    let waiting = if operations { 0 } else { open_tasks(&app, &caller, Queue::Operations).await?.len() };
    let total = open.len();
    let mine = |task: &Task| task.owner.as_ref() == Some(&caller.actor);
    let chosen: Vec<Task> = open
        .into_iter()
        .filter(|t| match query.owner.as_deref() {
            Some("me") => mine(t),
            Some("nobody") => t.owner.is_none(),
            _ => true,
        })
        .collect();
    let rows = rows(&app, chosen, now).await?;
    let content = html! {
        div.heading {
            h1 { @if operations { "Operators’ tasks" } @else { "Who needs a call?" } }
            (filters(&query, total, waiting))
        }
        // The script fills this when something new came while the reader points at the list.
        p #news.news hidden aria-live="polite" { button type="button" { "Show what is new" } }
        div #live data-live="tasks" {
            @if rows.is_empty() { (empty(&query)) }
            @for (group, id, name) in Group::ALL {
                @let of_group: Vec<&Row> = rows.iter().filter(|r| Group::of(&r.task, now) == group).collect();
                @if !of_group.is_empty() {
                    section.group aria-labelledby={ "h-" (id) } {
                        h2 id={ "h-" (id) } { (name) " " span.count { (of_group.len()) } }
                        ol.tasks { @for row in of_group { (show_row(&caller, row, app.config.timezone, now)) } }
                    }
                }
            }
            @if total > MOST { p.quiet { "Only the " (MOST) " most urgent of " (total) " open tasks are shown." } }
        }
    };
    Ok(layout::page(&caller, Place::Tasks, "Tasks", &content))
}

fn filters(query: &ListQuery, total: usize, waiting: usize) -> Markup {
    let operations = query.queue.as_deref() == Some("operations");
    let current = |owner: Option<&str>| (!operations && query.owner.as_deref() == owner).then_some("true");
    html! {
        nav.filters aria-label="Which tasks" {
            a href="/" aria-current=[current(None)] { "All open" @if !operations && query.owner.is_none() { " " span.count { (total) } } }
            a href="/?owner=me" aria-current=[current(Some("me"))] { "Mine" }
            a href="/?owner=nobody" aria-current=[current(Some("nobody"))] { "Nobody’s yet" }
            @if operations || waiting > 0 {
                a href="/?queue=operations" aria-current=[operations.then_some("true")] {
                    "For operators" @if waiting > 0 { " " span.count { (waiting) } }
                }
            }
        }
    }
}

fn empty(query: &ListQuery) -> Markup {
    html! {
        div.empty {
            @match query.owner.as_deref() {
                Some("me") => { p { "You have no open task. " a href="/?owner=nobody" { "See what nobody has yet" } "." } },
                Some("nobody") => { p { "Every open task has an owner." } },
                _ => {
                    p { strong { "Nobody needs a call." } }
                    p.quiet { "A task appears here by itself as soon as a reading, or a missing one, asks for it. "
                        "To watch somebody, " a href="/patients" { "enter a patient" } " and assign a device." }
                },
            }
        }
    }
}

/// Open tasks of a queue, the most urgent first.
async fn open_tasks(app: &App, caller: &Caller, queue: Queue) -> Result<Vec<Task>, Problem> {
    let status = TaskStatus::ALL.iter().copied().filter(|s| s.is_open()).collect();
    let filter = TaskFilter { status, queue: Some(queue), ..TaskFilter::default() };
    let mut all = Vec::new();
    let mut page = PageRequest { after: None, limit: 500 };
    loop {
        let part = app.store.tasks(caller.scope(), &filter, page.clone()).await?;
        all.extend(part.items);
        let Some(next) = part.next else { break };
        page.after = Some(next);
    }
    // A task without a due time comes after those that have one.
    all.sort_by_key(|t| (Reverse(t.severity), t.due_at.is_none(), t.due_at, t.created_at));
    Ok(all)
}

async fn rows(app: &App, tasks: Vec<Task>, now: Instant) -> Result<Vec<Row>, Problem> {
    let mut known: BTreeMap<PatientId, (Option<Patient>, Vec<Episode>)> = BTreeMap::new();
    let mut rows = Vec::new();
    for task in tasks.into_iter().take(MOST) {
        if task.queue == Queue::Operations {
            rows.push(Row { task, patient: None, series: Vec::new(), limits: Vec::new(), latest: None });
            continue;
        }
        if !known.contains_key(&task.patient) {
            let patient = app.store.patient(&task.patient).await?.map(|r| r.patient);
            let episodes = app.store.episodes(&task.patient).await?;
            known.insert(task.patient.clone(), (patient, episodes));
        }
        let (patient, episodes) = known.get(&task.patient).cloned().unwrap_or_default();
        rows.push(care_row(app, task, patient, &episodes, now).await?);
    }
    Ok(rows)
}

async fn care_row(
    app: &App,
    task: Task,
    patient: Option<Patient>,
    episodes: &[Episode],
    now: Instant,
) -> Result<Row, Problem> {
    let zone = patient.as_ref().map_or(Tz::UTC, |p| p.timezone);
    let evidence = shown_by(&task, episodes);
    let (mut series, mut limits) = (Vec::new(), Vec::new());
    if let Some((panel, lines)) = evidence {
        let readings = readings(app, &task.patient, &panel.kinds(), (now - SPARK, now)).await?;
        series = series_of(panel, &readings, zone, now);
        limits = lines;
    }
    let latest = latest(&series, now);
    Ok(Row { task, patient, series, limits, latest })
}

/// Which panel shows a task's reason, and the limits in it.
pub(super) fn shown_by(task: &Task, episodes: &[Episode]) -> Option<(Panel, Vec<LimitLine>)> {
    let of_task = episodes.iter().rev().filter(|e| task.episodes.contains(&e.id));
    let rule = of_task.filter_map(Episode::leading_rule).find(|r| !r.evidence.points.is_empty())?;
    let panel = Panel::of(rule.evidence.points.last()?.quantity)?;
    Some((panel, limits::of_evidence(rule)))
}

/// "128 / 82 mmHg, 3 h ago".
pub(super) fn latest(series: &[Series], now: Instant) -> Option<String> {
    let newest = series.iter().filter_map(|s| s.points.last()).map(|p| p.at).max()?;
    let last = series.iter().filter_map(|s| s.points.last().filter(|p| p.at == newest).map(|p| (s.quantity, p.value)));
    let values: Vec<(vitals::Quantity, f64)> = last.collect();
    let unit = values.first()?.0.canonical_unit().display();
    let texts: Vec<String> = values.iter().map(|(_, v)| format!("{v:.1}").trim_end_matches(".0").to_owned()).collect();
    Some(format!("{} {unit}, {}", texts.join(" / "), words::ago(newest, now)))
}

fn show_row(caller: &Caller, row: &Row, clinic: Tz, now: Instant) -> Markup {
    let task = &row.task;
    let zone = row.patient.as_ref().map_or(clinic, |p| p.timezone);
    html! {
        li id={ "t-" (task.id) } class={ "task " (task.severity) } data-id=(task.id) {
            div.mark { (words::severity(task.severity)) }
            div.what {
                h3 { a href={ "/tasks/" (task.id) } {
                    @match &row.patient {
                        Some(patient) => { (patient.name) },
                        None => { (task.title) },
                    }
                } }
                @if let Some(born) = row.patient.as_ref().and_then(|p| p.birth_date) {
                    span.quiet { " born " (born.format("%-d %b %Y")) }
                }
                p.reason { (task.reason) }
                p.quiet {
                    @if row.patient.is_some() { (task.title) }
                    @if task.unconfirmed { " · not confirmed by a second reading" }
                    @if let Some(since) = task.condition_over_since {
                        " · " span.over { "no longer holds since " (words::at(since, zone, now)) }
                    }
                    @if let Some(since) = task.unwatched_since {
                        " · " span.over { "no longer watched since " (words::at(since, zone, now)) }
                    }
                    @if task.attempts > 0 { " · not reached " (task.attempts) "×" }
                }
            }
            div.trend {
                (sparkline(&row.series, &row.limits, now - SPARK, now))
                @if let Some(latest) = &row.latest { p.quiet { (latest) } }
            }
            div.time {
                p { @match (task.status, task.held_until, task.due_at) {
                    (TaskStatus::OnHold, Some(until), _) => { "waits until " (words::at(until, zone, now)) },
                    (_, _, Some(due)) => { (words::due(due, now)) },
                    _ => { "no due time" },
                } }
                p.quiet { @if now - task.created_at < TimeDelta::minutes(1) { "new" } @else { "waiting " (words::span(now - task.created_at)) } }
            }
            div.owner { (owner(caller, task)) }
        }
    }
}

fn owner(caller: &Caller, task: &Task) -> Markup {
    let is_free = task.owner.is_none() && task.status == TaskStatus::Requested;
    html! {
        @if is_free && caller.may(Permission::WorkTasks) {
            form method="post" action={ "/tasks/" (task.id) "/accept" } {
                (csrf(caller))
                input type="hidden" name="back" value="/";
                button type="submit" aria-label={ "Accept: " (task.title) } { "Accept" }
            }
        } @else {
            (owner_name(caller, task.owner.as_ref()))
            p.quiet { (words::status(task.status)) }
        }
    }
}

/// "you", a name, or that nobody has it.
pub(super) fn owner_name(caller: &Caller, owner: Option<&Actor>) -> Markup {
    html! {
        @match owner {
            Some(owner) if *owner == caller.actor => { strong { "you" } },
            Some(owner) => { (owner) },
            None => { span.quiet { "nobody" } },
        }
    }
}
