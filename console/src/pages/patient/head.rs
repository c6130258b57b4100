//! Who the patient is, how to reach them, and what is open.

use super::view::View;
use crate::access::Caller;
use crate::pages::tasks::owner_name;
use crate::text::{Words, t};
use care::{EventBody, PatientStatus, Permission, Task};
use chrono::{Datelike, TimeZone};
use maud::{Markup, html};
use store::PatientRecord;

pub(super) fn head(caller: &Caller, view: &View) -> Markup {
    let (patient, words) = (&view.record.patient, view.words);
    let lang = words.lang;
    html! {
        p.crumb { a href="/patients" { (t!(lang, "common-patients")) } }
        div.heading.person {
            h1 {
                (patient.name)
                @if let Some(born) = patient.birth_date {
                    " " small.born { (t!(lang, "patient-born", date = words.date(born), age = age(born, words))) }
                }
                @for number in &patient.identifiers { " " small.number title=(number.system) { (number.system) " " (number.value) } }
            }
            @if caller.may(Permission::EditContacts) {
                p.tools { a href={ "/patients/" (patient.id) "/edit" } { (t!(lang, "patient-edit")) } }
            }
        }
        (standing_note(view))
        dl.facts.wide {
            @if !patient.phone.is_empty() { div { dt { (t!(lang, "patient-phone")) } dd { a href={ "tel:" (patient.phone) } { (patient.phone) } } } }
            div { dt { (t!(lang, "patient-language")) } dd { (language(&patient.language, words)) } }
            div { dt { (t!(lang, "patient-local-time")) } dd { (words.clock(words.now)) " " span.quiet { (patient.timezone.name()) } } }
            @if !view.teams.is_empty() { div { dt { (t!(lang, "accounts-teams")) } dd { (view.teams) } } }
            @for contact in &patient.contacts {
                div {
                    dt { @if contact.relation.is_empty() { (t!(lang, "patient-contact")) } @else { (contact.relation) } }
                    dd { (contact.name) @if !contact.phone.is_empty() { " " a href={ "tel:" (contact.phone) } { (contact.phone) } } }
                }
            }
        }
    }
}

/// Whole years.
fn age(born: chrono::NaiveDate, words: Words) -> u32 {
    let today = words.zone.from_utc_datetime(&words.now.naive_utc()).date_naive();
    let years = today.year() - born.year();
    let had = (today.month(), today.day()) >= (born.month(), born.day());
    u32::try_from(years - i32::from(!had)).unwrap_or(0)
}

/// A language that the pages know by its name, any other by its code.
fn language(code: &str, words: Words) -> String {
    match code.split('-').next() {
        Some("en") => t!(words.lang, "patient-language-en"),
        Some("de") => t!(words.lang, "patient-language-de"),
        Some("fr") => t!(words.lang, "patient-language-fr"),
        Some("es") => t!(words.lang, "patient-language-es"),
        _ => code.to_owned(),
    }
}

/// Paused or ended: since when, by whom and why.
fn standing_note(view: &View) -> Markup {
    let words = view.words;
    let status = view.record.status;
    if status == PatientStatus::Active {
        return html! {};
    }
    let said = view.agreed.iter().rev().find_map(|event| match &event.body {
        EventBody::PatientChanged(change) if change.status == Some(status) => Some((event, change)),
        _ => None,
    });
    html! {
        p.note {
            strong { (status_word(status, words)) }
            @if let Some((event, change)) = said {
                " " (t!(words.lang, "patient-since", time = words.clock(change.effective_from), who = event.actor.0.as_str()))
                @if !change.reason.is_empty() { " “" (change.reason) "”" }
            }
            " " @if status == PatientStatus::Paused { (t!(words.lang, "patient-paused-means")) } @else { (t!(words.lang, "patient-ended-means")) }
        }
    }
}

pub(in crate::pages) fn status_word(status: PatientStatus, words: Words) -> String {
    match status {
        PatientStatus::Active => t!(words.lang, "patient-active"),
        PatientStatus::Paused => t!(words.lang, "patient-paused"),
        PatientStatus::Ended => t!(words.lang, "patient-ended"),
    }
}

/// "Heart failure, Diabetes".
pub(in crate::pages) fn programme_names(record: &PatientRecord, words: Words) -> String {
    let holds = record.enrolments.iter().filter(|e| e.holds_at(words.now));
    let names: Vec<String> = holds.map(|e| words.programme(e.programme.as_str())).collect();
    if names.is_empty() { t!(words.lang, "patient-no-programme") } else { names.join(", ") }
}

pub(super) fn open_tasks(caller: &Caller, view: &View) -> Markup {
    let (open, closed): (Vec<&Task>, Vec<&Task>) = view.tasks.iter().partition(|t| t.status.is_open());
    let words = view.words;
    html! {
        section.opentasks {
            @if open.is_empty() { p.quiet { (t!(words.lang, "patient-no-open-task")) } }
            @else { ul.lines { @for task in open { (task_line(caller, task, words)) } } }
            @if !closed.is_empty() {
                details { summary { (t!(words.lang, "patient-closed-tasks")) " " span.count { (closed.len()) } }
                    ul.lines { @for task in closed.iter().take(20) { (task_line(caller, task, words)) } } }
            }
        }
    }
}

fn task_line(caller: &Caller, task: &Task, words: Words) -> Markup {
    html! {
        li.line {
            (words.severity(task.severity))
            a href={ "/tasks/" (task.id) } { (task.title) }
            span { (words.says(&task.reason)) }
            span.quiet {
                (words.status(task.status)) @if task.owner.is_some() { ", " (owner_name(caller, task.owner.as_ref())) }
                " · " (words.when(task.created_at))
            }
        }
    }
}
