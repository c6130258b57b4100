//! One task: what happened, what do I do?

use super::chart::{Chart, Shade, draw};
use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::series::{readings, series_of};
use super::tasks::{latest, owner_name, shown_by};
use super::words;
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::work;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{Actor, Command, Episode, Outcome, Patient, Permission, Queue, Task, TaskEvent, TaskId, TaskStatus, Verb};
use chrono::{Days, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use store::User;
use vitals::Instant;

/// What a task's chart shows.
const SHOWN: TimeDelta = TimeDelta::days(30);

/// `GET /tasks/{id}`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Result<Markup, Problem> {
    show(&app, &caller, &id, None).await
}

/// `POST /tasks/{id}/{verb}`.
pub(super) async fn command(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, verb)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Problem> {
    let result = match parse(&app, &caller, (&id, &verb), &fields).await {
        Ok(command) => work::command(&app, &caller, command).await,
        Err(problem) => Err(problem),
    };
    match result {
        Ok(_) if fields.get("back") == Some("/") => Ok(Redirect::to("/").into_response()),
        Ok(task) => Ok(Redirect::to(&format!("/tasks/{}", task.id)).into_response()),
        // The page says what was wrong and still offers what can be done.
        Err(problem) if problem.status.is_client_error() => {
            let page = show(&app, &caller, &id, Some(&problem.detail)).await?;
            Ok((problem.status, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn parse(app: &App, caller: &Caller, (id, verb): (&str, &str), fields: &Fields) -> Result<Command, Problem> {
    let missing = || Problem::not_found("such task");
    let task = TaskId::new(id).map_err(|_| missing())?;
    let verb: Verb = verb.parse().map_err(|_| Problem::not_found("such command"))?;
    let outcome = fields.get("outcome").map(str::parse::<Outcome>).transpose();
    let until = match fields.get("until") {
        Some(word) => Some(hold_until(app, caller, &task, word).await?),
        None => None,
    };
    Ok(Command {
        task,
        verb,
        note: note(fields),
        outcome: outcome.map_err(|e| Problem::field("/outcome", format!("{e}.")))?,
        owner: fields.get("owner").map(|o| Actor(o.to_owned())),
        until,
    })
}

/// What was asked (the ticked boxes) and what the person wrote.
fn note(fields: &Fields) -> Option<String> {
    let asked: Vec<&str> = fields.all("asked").collect();
    let asked = (!asked.is_empty()).then(|| format!("Yes to: {}", asked.join(" ")));
    let parts: Vec<String> = asked.into_iter().chain(fields.get("note").map(str::to_owned)).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// The choices of the form, as times; "tomorrow" is the patient's.
async fn hold_until(app: &App, caller: &Caller, task: &TaskId, word: &str) -> Result<Instant, Problem> {
    let now = app.clock.now();
    let hours = match word {
        "1h" => 1,
        "4h" => 4,
        "tomorrow" => {
            let task = caller.task(app, task.as_str()).await?;
            let patient = app.store.patient(&task.patient).await?;
            let zone = patient.map_or(app.config.timezone, |p| p.patient.timezone);
            return tomorrow_at_nine(now, zone).ok_or_else(|| Problem::field("/until", "There is no such time."));
        }
        _ => return Err(Problem::field("/until", "Choose until when the task waits.")),
    };
    Ok(now + TimeDelta::hours(hours))
}

fn tomorrow_at_nine(now: Instant, zone: Tz) -> Option<Instant> {
    let date = zone.from_utc_datetime(&now.naive_utc()).date_naive().checked_add_days(Days::new(1))?;
    let local = date.and_time(NaiveTime::from_hms_opt(9, 0, 0)?);
    zone.from_local_datetime(&local).earliest().map(|t| t.to_utc())
}

struct View {
    task: Task,
    patient: Option<Patient>,
    episodes: Vec<Episode>,
    events: Vec<TaskEvent>,
    users: Vec<User>,
    zone: Tz,
    now: Instant,
}

async fn show(app: &App, caller: &Caller, id: &str, wrong: Option<&str>) -> Result<Markup, Problem> {
    let task = caller.task(app, id).await?;
    let is_care = task.queue == Queue::Care;
    let patient = if is_care { app.store.patient(&task.patient).await?.map(|r| r.patient) } else { None };
    let view = View {
        episodes: if is_care { app.store.episodes(&task.patient).await? } else { Vec::new() },
        events: app.store.task_events(&task.id).await?,
        users: app.store.users().await?,
        zone: patient.as_ref().map_or(app.config.timezone, |p| p.timezone),
        now: app.clock.now(),
        task,
        patient,
    };
    let chart = chart(app, &view).await?;
    let content = html! {
        @if let Some(wrong) = wrong { (alert(wrong)) }
        (head(&view))
        div.columns {
            div { (chart) (why(&view)) }
            div.side { (who(&view)) (actions(caller, &view)) }
            (timeline(&view))
        }
    };
    Ok(layout::page(caller, Place::Tasks, &view.task.title, &content))
}

fn head(view: &View) -> Markup {
    let (task, zone, now) = (&view.task, view.zone, view.now);
    html! {
        p.crumb { a href="/" { "Tasks" } }
        div.taskhead {
            (words::severity(task.severity))
            h1 { (task.title) }
        }
        p.lead { (task.reason) }
        p.quiet {
            "Since " (words::when(task.created_at, zone, now))
            @if let Some(due) = task.due_at.filter(|_| task.status.is_open()) { " · " (words::due(due, now)) ", " (words::at(due, zone, now)) }
            @if let Some(until) = task.held_until { " · on hold until " (words::at(until, zone, now)) }
            @if task.unconfirmed { " · not confirmed by a second reading" }
        }
        @if let Some(since) = task.condition_over_since {
            p.over { "The condition no longer holds since " (words::when(since, zone, now)) ". The task stays until a person completes it." }
        }
        @if let Some(since) = task.unwatched_since {
            p.over { "No longer watched since " (words::when(since, zone, now)) ": nobody can say whether the condition holds. The task stays until a person completes it." }
        }
    }
}

fn who(view: &View) -> Markup {
    let Some(patient) = &view.patient else {
        return html! { section.card { h2 { "For operators" } p { "A rule could not be evaluated. This task names no patient." } } };
    };
    html! {
        section.card {
            h2 { a href={ "/patients/" (patient.id) } { (patient.name) } }
            dl.facts {
                @if let Some(born) = patient.birth_date { dt { "Born" } dd { (born.format("%-d %b %Y")) } }
                @if !patient.phone.is_empty() { dt { "Telephone" } dd { a href={ "tel:" (patient.phone) } { (patient.phone) } } }
                dt { "Language" } dd { (patient.language) }
                dt { "Local time" } dd { (words::clock(view.now, view.zone, view.now)) " " span.quiet { (patient.timezone.name()) } }
                @for contact in &patient.contacts {
                    dt { (if contact.relation.is_empty() { "Contact" } else { contact.relation.as_str() }) }
                    dd { (contact.name) " " a href={ "tel:" (contact.phone) } { (contact.phone) } }
                }
            }
        }
    }
}

async fn chart(app: &App, view: &View) -> Result<Markup, Problem> {
    let Some((panel, limits)) = shown_by(&view.task, &view.episodes) else { return Ok(html! {}) };
    let (from, to) = (view.now - SHOWN, view.now);
    let readings = readings(app, &view.task.patient, &panel.kinds(), (from, to)).await?;
    let series = series_of(panel, &readings, view.zone, view.now);
    let shades: Vec<Shade> =
        view.episodes.iter().filter(|e| view.task.episodes.contains(&e.id)).map(|e| shade(e, to, view)).collect();
    let newest = latest(&series, view.now);
    let chart = Chart {
        name: panel.name,
        unit: panel.unit(),
        series: &series,
        limits: &limits,
        shades: &shades,
        from,
        to,
        zone: view.zone,
    };
    Ok(html! {
        figure.panel {
            figcaption { strong { (panel.name) } " " span.quiet { (panel.unit().display()) ", 30 days" }
                @if let Some(newest) = newest { span.latest { (newest) } } }
            (draw(&chart))
        }
    })
}

fn shade(episode: &Episode, to: Instant, view: &View) -> Shade {
    Shade {
        from: episode.opened_at,
        to: episode.cleared_at.unwrap_or(to),
        severity: episode.severity,
        label: episode_label(episode, view.zone, view.now),
    }
}

/// "High: Weight up 2.6 kg in 3 days, since 3 Nov 07:12".
pub(super) fn episode_label(episode: &Episode, zone: Tz, now: Instant) -> String {
    let why = episode.reason().unwrap_or_default();
    let from = words::clock(episode.opened_at, zone, now);
    match episode.cleared_at {
        None => format!("{}: {why}, since {from}", words::programme(episode.severity.as_str())),
        Some(until) => format!(
            "{}: {why}, {from} to {}",
            words::programme(episode.severity.as_str()),
            words::clock(until, zone, now)
        ),
    }
}

fn why(view: &View) -> Markup {
    let task = &view.task;
    html! {
        @if !task.basis.is_empty() || !task.rule.as_str().is_empty() {
            p.quiet.basis {
                @if !task.basis.is_empty() { "Basis: " (task.basis) ". " }
                small { "Rule " (task.rule) ", " (task.rulebook_version) }
            }
        }
    }
}

fn timeline(view: &View) -> Markup {
    html! {
        section {
            h2 { "What happened" }
            ol.timeline {
                @for event in view.events.iter().rev() {
                    li {
                        p.quiet { (words::when(event.at, view.zone, view.now)) " · " (event.actor) " · " (event.what.replace('-', " ")) }
                        @if !event.why.is_empty() { p.said { (event.why) } }
                    }
                }
            }
            @if view.events.is_empty() { p.quiet { "Nothing has been done with this task yet." } }
        }
    }
}

fn actions(caller: &Caller, view: &View) -> Markup {
    let task = &view.task;
    let mine = task.owner.as_ref() == Some(&caller.actor);
    html! {
        section.card {
            h2 { "Owner: " (owner_name(caller, task.owner.as_ref())) }
            p.quiet { (sentence_status(task)) }
            @if !caller.may(Permission::WorkTasks) {
                p.quiet { "As viewer you can read this task but not work it." }
            } @else if !task.status.is_open() {
                (note_form(caller, task))
            } @else {
                @if task.status == TaskStatus::Requested {
                    form method="post" action={ "/tasks/" (task.id) "/accept" } { (csrf(caller)) button.primary type="submit" { "Accept: I take it" } }
                }
                @if mine && task.status == TaskStatus::Accepted {
                    form method="post" action={ "/tasks/" (task.id) "/start" } { (csrf(caller)) button type="submit" { "Start" } }
                }
                (complete_form(caller, task))
                (other_forms(caller, view))
            }
        }
    }
}

fn sentence_status(task: &Task) -> Markup {
    html! {
        (words::programme(words::status(task.status)))
        @if let Some(outcome) = task.outcome { ": " (words::outcome(outcome).to_lowercase()) }
        @if task.attempts > 0 { ", not reached " (task.attempts) "×" }
    }
}

fn complete_form(caller: &Caller, task: &Task) -> Markup {
    html! {
        form.stack method="post" action={ "/tasks/" (task.id) "/complete" } {
            (csrf(caller))
            h3 { "Complete" }
            @if !task.ask.is_empty() {
                fieldset { legend { "Ask, and tick what is a yes" }
                    @for question in &task.ask {
                        label.check { input type="checkbox" name="asked" value=(question); " " (question) }
                    }
                }
            }
            label { "Outcome"
                select name="outcome" required {
                    option value="" { "Choose" }
                    @for outcome in Outcome::ALL { option value=(outcome) { (words::outcome(*outcome)) } }
                }
            }
            label { "Note" textarea name="note" rows="3" {} }
            button.primary[task.status != TaskStatus::Requested] type="submit" { "Complete" }
        }
    }
}

fn note_form(caller: &Caller, task: &Task) -> Markup {
    html! {
        form.stack method="post" action={ "/tasks/" (task.id) "/note" } {
            (csrf(caller))
            label { "Note" textarea name="note" rows="2" required {} }
            button type="submit" { "Add the note" }
        }
    }
}

fn other_forms(caller: &Caller, view: &View) -> Markup {
    let task = &view.task;
    let action = |verb: &str| format!("/tasks/{}/{verb}", task.id);
    html! {
        details { summary { "Add a note" } (note_form(caller, task)) }
        @if matches!(task.status, TaskStatus::Accepted | TaskStatus::InProgress) {
            details { summary { "Put on hold" }
                form.stack method="post" action=(action("hold")) {
                    (csrf(caller))
                    label { "Until"
                        select name="until" {
                            option value="1h" { "in 1 hour" }
                            option value="4h" { "in 4 hours" }
                            option value="tomorrow" { "tomorrow 09:00, the patient’s time" }
                        }
                    }
                    label.check { input type="checkbox" name="outcome" value="not-reached"; " I called and reached nobody" }
                    label { "Note" textarea name="note" rows="2" {} }
                    button type="submit" { "Hold" }
                }
            }
        }
        details { summary { "Hand over" }
            form.stack method="post" action=(action("assign")) {
                (csrf(caller))
                label { "To"
                    select name="owner" required {
                        @for user in view.users.iter().filter(|u| !u.disabled && u.role.may(Permission::WorkTasks)) {
                            option value=(user.name) { (user.display_name) }
                        }
                    }
                }
                label { "A word to them" textarea name="note" rows="2" {} }
                button type="submit" { "Hand over" }
            }
        }
        details { summary { "Cancel" }
            form.stack method="post" action=(action("cancel")) {
                (csrf(caller))
                label { "Why is it not needed?" textarea name="note" rows="2" required {} }
                button type="submit" { "Cancel the task" }
            }
        }
    }
}
