//! One patient: how are they?

use super::chart::{Chart, Shade, draw};
use super::layout::{self, Place};
use super::limits::{self, InForce, LimitLine, whose};
use super::patients::{programmes, status};
use super::series::{PANELS, Panel, readings, replaced, series_of};
use super::words;
use crate::access::Caller;
use crate::api::parameters::in_force;
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::{BookInfo, ParameterInfo};
use axum::extract::{Path, Query, State};
use care::{Episode, ParameterOrigin, Queue, Task};
use chrono::TimeDelta;
use chrono_tz::Tz;
use maud::{Markup, html};
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use store::{PageRequest, PatientRecord, TaskFilter};
use vitals::{Flag, Instant, StoredReading};

/// How many days are shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Range {
    days: Option<i64>,
}

const RANGES: [i64; 3] = [7, 30, 90];
/// So many readings stand in the table; all of them are in the API.
const IN_TABLE: usize = 60;

struct View {
    record: PatientRecord,
    episodes: Vec<Episode>,
    tasks: Vec<Task>,
    readings: Vec<StoredReading>,
    parameters: InForce,
    known: Vec<ParameterInfo>,
    limits: Vec<LimitLine>,
    /// ids of the rulebooks that stand for this patient
    books: Vec<String>,
    days: i64,
    zone: Tz,
    now: Instant,
}

/// `GET /patients/{id}`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(range): Query<Range>,
) -> Result<Markup, Problem> {
    let view = load(&app, &caller, &id, range.days.filter(|d| RANGES.contains(d)).unwrap_or(30)).await?;
    let content = html! {
        (head(&view))
        (open_tasks(&caller, &view))
        div.heading {
            h2 { "Readings" }
            nav.filters aria-label="How much" {
                @for days in RANGES {
                    a href={ "/patients/" (view.record.patient.id) "?days=" (days) } aria-current=[(days == view.days).then_some("true")] { (days) " days" }
                }
            }
        }
        div #live data-live="patients" data-patient=(view.record.patient.id) { (charts(&view)) }
        (table(&view))
        div.columns.even {
            div { (devices(&view)) (episodes(&view)) }
            div { (parameters(&view)) }
        }
    };
    Ok(layout::page(&caller, Place::Patients, &view.record.patient.name, &content))
}

async fn load(app: &App, caller: &Caller, id: &str, days: i64) -> Result<View, Problem> {
    let record = caller.patient(app, id).await?;
    let id = record.patient.id.clone();
    let now = app.clock.now();
    let filter = TaskFilter { patient: vec![id.clone()], queue: Some(Queue::Care), ..TaskFilter::default() };
    let mut tasks = app.store.tasks(caller.scope(), &filter, PageRequest { after: None, limit: 500 }).await?.items;
    tasks.sort_by_key(|t| (!t.status.is_open(), Reverse(t.severity), Reverse(t.created_at)));
    let clinic = in_force(&app.store.clinic_parameters().await?, now);
    let known = app.rulebooks.parameters(now);
    let parameters = effective(&known, &clinic, &in_force(&record.parameters, now));
    let books = app.rulebooks.books(now);
    let standing = books_of(&record, &books, now);
    let limits = limits::of_books(&standing, &parameters);
    let books = standing.iter().map(|b| b.id.clone()).collect();
    Ok(View {
        episodes: app.store.episodes(&id).await?,
        readings: readings(app, &id, &[], (now - TimeDelta::days(days), now)).await?,
        zone: record.patient.timezone,
        record,
        tasks,
        parameters,
        known,
        limits,
        books,
        days,
        now,
    })
}

/// Rulebook, then clinic, then this patient: the later wins.
pub(super) fn effective(
    known: &[ParameterInfo],
    clinic: &BTreeMap<String, String>,
    own: &BTreeMap<String, String>,
) -> InForce {
    let defaults = known.iter().filter_map(|p| Some((p.key.clone(), (p.default.clone()?, ParameterOrigin::Rulebook))));
    let clinic = clinic.iter().map(|(k, v)| (k.clone(), (v.clone(), ParameterOrigin::Clinic)));
    let own = own.iter().map(|(k, v)| (k.clone(), (v.clone(), ParameterOrigin::Patient)));
    defaults.chain(clinic).chain(own).collect()
}

/// The books of the patient's programmes and those that they include.
fn books_of<'a>(record: &PatientRecord, books: &'a [BookInfo], now: Instant) -> Vec<&'a BookInfo> {
    let enrolled = |book: &BookInfo| {
        let programme = book.programme.as_ref();
        record.enrolments.iter().any(|e| programme == Some(&e.programme) && e.holds_at(now))
    };
    let own: Vec<&BookInfo> = books.iter().filter(|b| enrolled(b)).collect();
    let included = |book: &&BookInfo| own.iter().any(|o| o.include.contains(&book.id));
    books.iter().filter(|b| enrolled(b) || included(b)).collect()
}

fn head(view: &View) -> Markup {
    let patient = &view.record.patient;
    html! {
        p.crumb { a href="/patients" { "Patients" } }
        h1 { (patient.name) }
        dl.facts.wide {
            @if let Some(born) = patient.birth_date { div { dt { "Born" } dd { (born.format("%-d %b %Y")) } } }
            div { dt { "Programmes" } dd { (programmes(&view.record)) ", " (status(view.record.status)) } }
            @if !patient.phone.is_empty() { div { dt { "Telephone" } dd { a href={ "tel:" (patient.phone) } { (patient.phone) } } } }
            div { dt { "Language" } dd { (patient.language) } }
            div { dt { "Local time" } dd { (words::clock(view.now, view.zone, view.now)) " " span.quiet { (patient.timezone.name()) } } }
            @for contact in &patient.contacts {
                div { dt { (if contact.relation.is_empty() { "Contact" } else { contact.relation.as_str() }) } dd { (contact.name) " " a href={ "tel:" (contact.phone) } { (contact.phone) } } }
            }
            @for number in &patient.identifiers { div { dt { (number.system) } dd { (number.value) } } }
        }
    }
}

fn open_tasks(caller: &Caller, view: &View) -> Markup {
    let (open, closed): (Vec<&Task>, Vec<&Task>) = view.tasks.iter().partition(|t| t.status.is_open());
    let row = |task: &Task| {
        html! {
            li.line {
                (words::severity(task.severity))
                a href={ "/tasks/" (task.id) } { (task.title) }
                span { (task.reason) }
                span.quiet {
                    (words::status(task.status)) @if let Some(owner) = &task.owner { ", " (super::tasks::owner_name(caller, Some(owner))) }
                    " · " (words::when(task.created_at, view.zone, view.now))
                }
            }
        }
    };
    html! {
        section {
            @if open.is_empty() { p.quiet { "No open task." } }
            @else { ul.lines { @for task in open { (row(task)) } } }
            @if !closed.is_empty() {
                details { summary { "Closed tasks " span.count { (closed.len()) } } ul.lines { @for task in closed { (row(task)) } } }
            }
        }
    }
}

fn charts(view: &View) -> Markup {
    let (from, to) = (view.now - TimeDelta::days(view.days), view.now);
    let panels = PANELS.into_iter().filter_map(|panel| {
        let series = series_of(panel, &view.readings, view.zone, view.now);
        (!series.is_empty()).then_some((panel, series))
    });
    html! {
        div.charts {
            @for (panel, series) in panels {
                figure.panel {
                    figcaption { strong { (panel.name) } " " span.quiet { (panel.unit().display()) }
                        @if let Some(newest) = latest(&series, view.now) { span.latest { (newest) } } }
                    (draw(&Chart {
                        name: panel.name,
                        unit: panel.unit(),
                        series: &series,
                        limits: &lines(view, panel),
                        shades: &shades(view, panel),
                        from,
                        to,
                        zone: view.zone,
                    }))
                }
            }
        }
        @if view.readings.is_empty() {
            div.empty { p { "No reading in these " (view.days) " days." } p.quiet { "Readings appear here as soon as an assigned device sends one." } }
        }
    }
}

/// Levels of the rulebooks, and the limits of what holds now.
fn lines(view: &View, panel: Panel) -> Vec<LimitLine> {
    let of_panel = |line: &LimitLine| panel.quantities.contains(&line.quantity);
    let named = |line: &LimitLine| {
        let mut line = line.clone();
        // Two quantities on one pair of axes: the line says whose it is.
        if panel.quantities.len() > 1 {
            line.label = format!("{} {}", words::quantity(line.quantity).to_lowercase(), line.label);
        }
        line
    };
    let mut lines: Vec<LimitLine> = view.limits.iter().filter(|l| of_panel(l)).map(named).collect();
    let open = view.episodes.iter().filter(|e| e.is_open()).filter_map(Episode::leading_rule);
    for line in open.flat_map(limits::of_evidence).filter(of_panel) {
        // The same level twice would be written over itself.
        if !lines.iter().any(|l| (l.value - line.value).abs() < 0.05) {
            lines.push(line);
        }
    }
    lines
}

fn shades(view: &View, panel: Panel) -> Vec<Shade> {
    let concerns = |e: &&Episode| {
        let points = e.rules.iter().flat_map(|r| &r.evidence.points);
        points.map(|p| p.quantity).any(|q| panel.quantities.contains(&q))
    };
    let shade = |e: &Episode| Shade {
        from: e.opened_at,
        to: e.cleared_at.unwrap_or(view.now),
        severity: e.severity,
        label: episode_label(e, view.zone, view.now),
    };
    view.episodes.iter().filter(concerns).map(shade).collect()
}

fn table(view: &View) -> Markup {
    let replaced = replaced(&view.readings);
    html! {
        details.wide {
            summary { "The same as a table " span.count { (view.readings.len()) } }
            div.scroll { table {
                thead { tr { th { "Measured" } th { "What" } th { "Values" } th { "Device" } th { "Remarks" } } }
                tbody {
                    @for stored in view.readings.iter().rev().take(IN_TABLE) {
                        @let r = &stored.reading;
                        tr {
                            td.num { (words::at(r.measured_at.instant(), view.zone, view.now)) }
                            td { (words::kind(r.kind)) }
                            td.num { (values(stored)) }
                            td { (r.device_ref()) @if let Some(slot) = r.user_slot { " slot " (slot) } }
                            td.quiet { (remarks(stored, replaced.contains(&r.key))) }
                        }
                    }
                }
            } }
            @if view.readings.len() > IN_TABLE { p.quiet { "The newest " (IN_TABLE) " of " (view.readings.len()) "." } }
        }
    }
}

fn values(stored: &StoredReading) -> String {
    let of = |(q, v): (&vitals::Quantity, &vitals::Value)| {
        let shown = words::value(v.normalised(*q).unwrap_or(*v));
        if stored.reading.kind.required().first() == Some(q) {
            shown
        } else {
            format!("{} {shown}", words::quantity(*q).to_lowercase())
        }
    };
    // The required value of a kind comes first.
    let mut all: Vec<_> = stored.reading.values.iter().collect();
    all.sort_by_key(|(q, _)| !stored.reading.kind.required().contains(q));
    all.into_iter().map(of).collect::<Vec<_>>().join(", ")
}

fn remarks(stored: &StoredReading, is_replaced: bool) -> String {
    let r = &stored.reading;
    let flags = r.flags.iter().chain(&stored.admission_flags).map(|f: &Flag| f.as_str().replace('-', " "));
    let sample = r.sample.map(|s| s.as_str().replace('-', " "));
    let meal = r.meal.map(|m| m.as_str().to_owned());
    let replaced = is_replaced.then(|| "corrected later".to_owned());
    let correction = r.corrects.as_ref().map(|_| "a correction".to_owned());
    flags.chain(sample).chain(meal).chain(replaced).chain(correction).collect::<Vec<_>>().join(", ")
}

fn devices(view: &View) -> Markup {
    html! {
        section {
            h2 { "Devices" }
            @if view.record.assignments.is_empty() { p.quiet { "No device is assigned. " a href="/devices" { "Assign one" } "." } }
            @else {
                ul.lines { @for a in &view.record.assignments {
                    li.line {
                        strong { (a.device) } @if let Some(slot) = a.user_slot { span { "slot " (slot) } }
                        span.quiet { "from " (words::at(a.from, view.zone, view.now)) @if let Some(until) = a.until { " until " (words::at(until, view.zone, view.now)) } }
                    }
                } }
            }
        }
    }
}

fn episodes(view: &View) -> Markup {
    html! {
        @if !view.episodes.is_empty() {
            section {
                h2 { "Episodes" }
                ul.lines { @for episode in view.episodes.iter().rev().take(20) {
                    li.line {
                        (words::severity(episode.severity))
                        span { (episode.reason().unwrap_or_default()) }
                        span.quiet {
                            (words::at(episode.opened_at, view.zone, view.now))
                            @match episode.cleared_at { Some(t) => { " to " (words::at(t, view.zone, view.now)) }, None => { ", still holds" } }
                        }
                    }
                } }
            }
        }
    }
}

fn parameters(view: &View) -> Markup {
    let stands = |key: &str| view.books.iter().any(|book| key.split('.').next() == Some(book));
    let rows = view
        .known
        .iter()
        .filter(|p| stands(&p.key) || view.parameters.get(&p.key).is_some_and(|v| v.1 == ParameterOrigin::Patient));
    html! {
        section {
            h2 { "Limits and whose they are" }
            div.scroll { table.limits {
                thead { tr { th { "Parameter" } th { "Value" } th { "Set by" } } }
                tbody { @for parameter in rows {
                    tr {
                        th scope="row" { (if parameter.description.is_empty() { parameter.key.as_str() } else { parameter.description.as_str() }) " " small.quiet { (parameter.key) } }
                        @match view.parameters.get(&parameter.key) {
                            Some((value, origin)) => { td.num { (limits::readable(value)) } td { (whose(*origin)) } },
                            None => { td.quiet { "not configured" } td {} },
                        }
                    }
                } }
            } }
        }
    }
}

/// "High: Weight up 2.6 kg in 3 days, since 3 Nov 07:12".
fn episode_label(episode: &Episode, zone: Tz, now: Instant) -> String {
    let why = episode.reason().unwrap_or_default();
    let from = words::clock(episode.opened_at, zone, now);
    match episode.cleared_at {
        None => format!("{}: {why}, since {from}", words::programme(episode.severity.as_str())),
        Some(until) => {
            let until = words::clock(until, zone, now);
            format!("{}: {why}, {from} to {until}", words::programme(episode.severity.as_str()))
        }
    }
}

/// "128 / 82 mmHg, 3 h ago".
fn latest(series: &[super::series::Series], now: Instant) -> Option<String> {
    let newest = series.iter().filter_map(|s| s.points.last()).map(|p| p.at).max()?;
    let last = series.iter().filter_map(|s| s.points.last().filter(|p| p.at == newest).map(|p| (s.quantity, p.value)));
    let values: Vec<(vitals::Quantity, f64)> = last.collect();
    let unit = values.first()?.0.canonical_unit().display();
    let texts: Vec<String> = values.iter().map(|(_, v)| format!("{v:.1}").trim_end_matches(".0").to_owned()).collect();
    Some(format!("{} {unit}, {}", texts.join(" / "), words::ago(newest, now)))
}
