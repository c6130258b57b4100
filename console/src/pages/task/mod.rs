//! One task: what happened, what do I do?

mod actions;
mod command;
mod person;
mod timeline;
mod told;

pub(super) use command::{command, refusal};

use super::chart::{Chart, Shade, draw, shade, shapes};
use super::form::Fields;
use super::layout::{self, Place, alert};
use super::limits;
use super::series::{Panel, corrected, latest, readings, series_of};
use super::tasks::names::Names;
use super::tasks::row::{Reader, reason};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Books, Words, t};
use axum::extract::{Path, State};
use care::{Episode, EpisodeRule, Patient, Permission, Queue, Task, TaskStatus};
use chrono::TimeDelta;
use maud::{Markup, html};
use store::{TimelineEntry, shown_by};

/// What a task's chart shows.
const SHOWN: TimeDelta = TimeDelta::days(30);
/// Earlier tasks of the patient that are looked at.
const EARLIER: u32 = 12;

/// `GET /tasks/{id}`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Result<Markup, Problem> {
    show(&app, &caller, &id, None).await
}

/// What was sent and why it was not done.
struct Wrong<'a> {
    text: &'a str,
    typed: &'a Fields,
}

/// Everything that stands on the page.
struct View<'a> {
    caller: &'a Caller,
    reader: Reader,
    /// on the patient's clock
    words: Words,
    names: Names,
    task: Task,
    patient: Option<Patient>,
    /// the episodes that the task covers, oldest first
    episodes: Vec<Episode>,
    timeline: Vec<TimelineEntry>,
    /// other tasks of the patient, newest first
    others: Vec<Task>,
    wrong: Option<Wrong<'a>>,
}

impl View<'_> {
    /// What was typed into a field before it was refused.
    fn typed(&self, field: &str) -> Option<&str> {
        self.wrong.as_ref().and_then(|w| w.typed.get(field))
    }
}

async fn show(app: &App, caller: &Caller, id: &str, wrong: Option<Wrong<'_>>) -> Result<Markup, Problem> {
    let words = caller.words(app);
    let texts = Books::of(app, words);
    let task = texts.task(caller.task(app, id).await?);
    let (mut patient, mut episodes, mut others) = (None, Vec::new(), Vec::new());
    if task.queue == Queue::Care {
        patient = app.store.patient(&task.patient).await?.map(|r| r.patient);
        episodes = app.store.episodes(&task.patient).await?;
        episodes.retain(|e| task.episodes.contains(&e.id));
        others = texts.tasks(app.store.patient_tasks(&task.patient, EARLIER).await?);
        others.retain(|other| other.id != task.id);
    }
    let view = View {
        caller,
        reader: Reader {
            lang: caller.lang,
            works: caller.may(Permission::WorkTasks),
            owns: task.owner.as_ref() == Some(&caller.actor),
        },
        words: patient.as_ref().map_or(words, |p| words.in_zone(p.timezone)),
        names: Names::load(app).await?,
        timeline: app.store.timeline(&task.id).await?,
        task,
        patient,
        episodes,
        others,
        wrong,
    };
    let content = content(&view, &chart(app, &view).await?);
    Ok(layout::page(caller, Place::Tasks, &view.task.title, &content))
}

fn content(view: &View<'_>, chart: &Markup) -> Markup {
    html! {
        div #live data-live="task" data-stream={ "/events?task=" (view.task.id) }
            data-changed=(t!(view.reader.lang, "tasks-changed")) {
            p.crumb { a href="/" data-key="u" { (t!(view.reader.lang, "common-tasks")) } }
            (whois(view))
            div #said aria-live="assertive" { @if let Some(wrong) = &view.wrong { (alert(wrong.text)) } }
            div data-part="head" { (head(view)) }
            div.columns {
                div.side {
                    div data-part="person" { (person::card(view)) }
                    div data-part="actions" { (actions::card(view)) }
                }
                div {
                    div data-part="chart" { (chart) (basis(view)) }
                    div data-part="others" { (person::others(view)) }
                    div data-part="timeline" { (timeline::section(view)) }
                }
            }
        }
    }
}

/// Name and date of birth stay in sight, or the call goes to somebody else.
fn whois(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    html! {
        div.whois {
            @match &view.patient {
                Some(patient) => {
                    h1 { a href={ "/patients/" (patient.id) } { (patient.name) } }
                    @if let Some(born) = patient.birth_date {
                        span.quiet { (t!(lang, "tasks-born", date = view.words.date(born))) }
                    }
                    @for number in &patient.identifiers { span.quiet { (number.system) " " (number.value) } }
                },
                None => { h1 { (t!(lang, "tasks-for-operators")) } },
            }
        }
    }
}

fn head(view: &View<'_>) -> Markup {
    let (task, words, lang) = (&view.task, view.words, view.reader.lang);
    html! {
        div.taskhead { (words.severity(task.severity)) h2 { (task.title) } }
        p.lead { (reason(task, lang)) }
        p.quiet {
            (t!(lang, "tasks-since"; at = words.when(task.created_at)))
            @if let Some(due) = task.due_at.filter(|_| task.status.is_open()) { " · " (words.due(due)) ", " (words.at(due)) }
            @if let Some(until) = task.held_until { " · " (t!(lang, "tasks-waits-until"; time = words.at(until))) }
            @if task.unconfirmed { " · " (t!(lang, "tasks-unconfirmed")) }
            @if task.attempts > 0 { " · " (t!(lang, "tasks-attempts", n = task.attempts)) }
        }
        @if let Some(since) = task.condition_over_since.filter(|_| task.status != TaskStatus::Cancelled) {
            p.over { (t!(lang, "tasks-over-stays"; since = words.when(since))) }
        }
        @if let Some(since) = task.unwatched_since {
            p.over { (t!(lang, "tasks-unwatched-stays"; since = words.when(since))) }
        }
    }
}

async fn chart(app: &App, view: &View<'_>) -> Result<Markup, Problem> {
    // Of an episode that was taken back no evidence is left; what the task was about is shown all the same.
    let rule = shown_by(&view.episodes);
    let quantity = rule.and_then(EpisodeRule::pictured).or_else(|| view.task.reason.quantity());
    let Some(panel) = quantity.and_then(Panel::of) else { return Ok(html! {}) };
    let words = view.words;
    let (from, to) = (words.now - SHOWN, words.now);
    let readings = readings(app, &view.task.patient, &panel.kinds(), (from, to)).await?;
    let series = series_of(panel, &readings, &corrected(&readings), words);
    let shades: Vec<Shade> = view.episodes.iter().map(|e| shade(e, to, words)).collect();
    let limits = rule.map(|rule| limits::of_evidence(rule, words)).unwrap_or_default();
    let chart = Chart {
        panel,
        series: &series,
        limits: &limits,
        band: None,
        shades: &shades,
        gaps: &[],
        readouts: &[],
        from,
        to,
        words,
    };
    Ok(html! {
        figure.panel {
            figcaption {
                strong { (panel.name(words)) } " "
                span.quiet { (panel.unit().display()) ", " (t!(words.lang, "tasks-days", n = SHOWN.num_days())) }
                @if let Some(newest) = latest(&series, words) { span.latest { (newest) } }
            }
            (shapes())
            (draw(&chart))
        }
    })
}

fn basis(view: &View<'_>) -> Markup {
    let (task, lang) = (&view.task, view.reader.lang);
    html! {
        p.quiet.basis {
            @if !task.basis.is_empty() { (t!(lang, "tasks-basis", basis = task.basis.as_str())) " " }
            small { (t!(lang, "tasks-rule", rule = task.rule.as_str(), version = task.rulebook_version.as_str())) }
        }
    }
}
