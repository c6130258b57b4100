//! One row of the list.

use super::names::Names;
use super::trend::trend;
use crate::text::{Lang, Words, t};
use care::{Actor, Patient, Task, TaskStatus};
use chrono::TimeDelta;
use maud::{Markup, html};
use store::{BoardGroup, BoardRow, BoardTimes};
use vitals::Instant;

/// Who reads a row: everything about them that changes what stands in it, so that one drawing serves all alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reader {
    pub(crate) lang: Lang,
    /// may take tasks and give them away
    pub(crate) works: bool,
    /// has this task
    pub(crate) owns: bool,
}

/// The row as an entry of the list. Its forms stand outside of it, so that it carries nobody's token.
pub(crate) fn row(row: &BoardRow, reader: Reader, words: Words, names: &Names, times: BoardTimes) -> Markup {
    let task = &row.task;
    let words = row.patient.as_ref().map_or(words, |p| words.in_zone(p.timezone));
    html! {
        li id={ "t-" (task.id) } class={ "task " (task.severity) } data-id=(task.id)
            data-group=(BoardGroup::of(task, times).as_str()) data-order=(order(task)) {
            div.mark {
                @if reader.works {
                    input type="checkbox" name="task" value=(task.id) form="assign"
                        aria-label=(t!(reader.lang, "tasks-select", name = called(row)));
                }
                (words.severity(task.severity))
            }
            div.what { (what(row, words)) }
            div.trend { (trend(row, words)) }
            div.time { (times_of(task, words)) }
            div.owner { (owner(row, reader, words, names)) }
        }
    }
}

/// By this the script finds a row's place within its group: the order in which the store gives them.
fn order(task: &Task) -> String {
    let rank = match task.severity {
        care::Severity::Critical => 0,
        care::Severity::High => 1,
        care::Severity::Medium => 2,
        care::Severity::Low => 3,
    };
    let micros = |at: Instant| at.timestamp_micros();
    format!("{rank}{:020}{:020}", task.due_at.map_or(i64::MAX, micros), micros(task.created_at))
}

/// The patient's name, or what an operators' task is about.
fn called(row: &BoardRow) -> String {
    row.patient.as_ref().map_or_else(|| row.task.title.clone(), |p| p.name.clone())
}

fn what(row: &BoardRow, words: Words) -> Markup {
    let (task, lang) = (&row.task, words.lang);
    html! {
        h3 { a href={ "/tasks/" (task.id) } { (called(row)) } }
        @if let Some(patient) = &row.patient { (person(patient, row, words)) }
        p.reason { (reason(task, lang)) }
        p.quiet {
            @if row.patient.is_some() { (task.title) }
            @if task.unconfirmed { " · " (t!(lang, "tasks-unconfirmed")) }
            @if task.attempts > 0 { " · " (t!(lang, "tasks-attempts", n = task.attempts)) }
        }
        @if let Some(since) = task.condition_over_since {
            p { span.over { (t!(lang, "tasks-over"; since = words.at(since))) } }
        }
        @if let Some(since) = task.unwatched_since {
            p { span.over { (t!(lang, "tasks-unwatched"; since = words.at(since))) } }
        }
    }
}

fn person(patient: &Patient, row: &BoardRow, words: Words) -> Markup {
    html! {
        span.quiet {
            @if let Some(born) = patient.birth_date { " " (t!(words.lang, "tasks-born", date = words.date(born))) }
            @if !row.programmes.is_empty() {
                " · " (row.programmes.iter().map(|p| words.programme(p.as_str())).collect::<Vec<_>>().join(", "))
            }
        }
        @if !patient.phone.is_empty() { " " a.tel href={ "tel:" (patient.phone) } { (patient.phone) } }
    }
}

/// The task's reason as a sentence.
pub(crate) fn reason(task: &Task, lang: Lang) -> String {
    task.reason.in_language(lang.voice())
}

fn times_of(task: &Task, words: Words) -> Markup {
    let waits = words.now.signed_duration_since(task.created_at);
    html! {
        p { @match (task.status, task.held_until, task.due_at) {
            (TaskStatus::OnHold, Some(until), _) => { (t!(words.lang, "tasks-waits-until"; time = words.at(until))) },
            (_, _, Some(due)) => { (words.due(due)) },
            _ => { (t!(words.lang, "tasks-no-due")) },
        } }
        p.quiet {
            @if waits < TimeDelta::minutes(1) { (t!(words.lang, "tasks-new")) }
            @else { (t!(words.lang, "tasks-waiting", span = words.span(waits))) }
        }
    }
}

fn owner(row: &BoardRow, reader: Reader, words: Words, names: &Names) -> Markup {
    let task = &row.task;
    html! {
        @if task.status == TaskStatus::Requested && reader.works {
            button type="submit" form="take" formaction={ "/tasks/" (task.id) "/accept" }
                aria-label=(t!(reader.lang, "tasks-accept-whose", name = called(row))) { (t!(reader.lang, "tasks-accept")) }
        } @else {
            (owner_name(task.owner.as_ref(), reader, names))
            p.quiet { (words.status(task.status)) }
        }
    }
}

/// "you", a name, or that nobody has it.
pub(crate) fn owner_name(owner: Option<&Actor>, reader: Reader, names: &Names) -> Markup {
    html! {
        @match owner {
            Some(_) if reader.owns => { strong { (t!(reader.lang, "tasks-you")) } },
            Some(owner) => { (names.of(reader.lang, owner)) },
            None => { span.quiet { (t!(reader.lang, "tasks-nobody")) } },
        }
    }
}
