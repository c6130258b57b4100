//! Whom to call, and what was between them and the clinic before.

use super::View;
use crate::text::t;
use care::Task;
use maud::{Markup, html};

/// Telephone, language, their clock, contacts.
pub(super) fn card(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    let Some(patient) = &view.patient else {
        return html! { section.card { p { (t!(lang, "tasks-names-nobody")) } } };
    };
    html! {
        section.card.call {
            @if !patient.phone.is_empty() {
                a.button.phone href={ "tel:" (patient.phone) } { (t!(lang, "tasks-call", phone = patient.phone.as_str())) }
            } @else {
                p { (t!(lang, "tasks-no-phone"; link = html! { a href={ "/patients/" (patient.id) } { (t!(lang, "tasks-no-phone-link")) } })) }
            }
            dl.facts {
                dt { (t!(lang, "tasks-language")) } dd { (language(&patient.language, view)) }
                dt { (t!(lang, "tasks-local-time")) }
                dd { (view.words.clock(view.words.now)) " " span.quiet { (patient.timezone.name().replace('_', " ")) } }
                @for contact in &patient.contacts {
                    dt { @if contact.relation.is_empty() { (t!(lang, "tasks-contact")) } @else { (contact.relation) } }
                    dd { (contact.name) @if !contact.phone.is_empty() { " " a href={ "tel:" (contact.phone) } { (contact.phone) } } }
                }
            }
        }
    }
}

/// A language by its name where the pages know it, else its code.
fn language(code: &str, view: &View<'_>) -> String {
    let lang = view.reader.lang;
    match code.split(['-', '_']).next().unwrap_or_default() {
        "en" => t!(lang, "tasks-english"),
        "de" => t!(lang, "tasks-german"),
        "fr" => t!(lang, "tasks-french"),
        "es" => t!(lang, "tasks-spanish"),
        "it" => t!(lang, "tasks-italian"),
        "pl" => t!(lang, "tasks-polish"),
        "tr" => t!(lang, "tasks-turkish"),
        "ar" => t!(lang, "tasks-arabic"),
        "ru" => t!(lang, "tasks-russian"),
        "vi" => t!(lang, "tasks-vietnamese"),
        _ => code.to_owned(),
    }
}

/// Other tasks of the patient: those that are open, and what came of the last ones.
pub(super) fn others(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    let (open, closed): (Vec<&Task>, Vec<&Task>) = view.others.iter().partition(|task| task.status.is_open());
    html! {
        @if !open.is_empty() {
            section { h2 { (t!(lang, "tasks-also-open")) }
                ul.lines { @for task in open {
                    li.line { (view.words.severity(task.severity)) a href={ "/tasks/" (task.id) } { (task.title) }
                        span.quiet { (view.words.status(task.status)) } }
                } }
            }
        }
        @if view.patient.is_some() {
            section { h2 { (t!(lang, "tasks-last-contacts")) }
                ul.lines { @for task in closed.iter().take(5) { li.line { (contact(view, task)) } } }
                @if closed.is_empty() { p.quiet { (t!(lang, "tasks-no-contacts")) } }
            }
        }
    }
}

fn contact(view: &View<'_>, task: &Task) -> Markup {
    let words = view.words;
    html! {
        @if let Some(at) = task.closed_at { span.quiet { (words.when(at)) } }
        strong { @match task.outcome {
            Some(outcome) => { (words.outcome(outcome)) },
            None => { (words.status(task.status)) },
        } }
        a href={ "/tasks/" (task.id) } { (task.title) }
        @if let Some(who) = &task.closed_by { span.quiet { (view.names.of(words.lang, who)) } }
    }
}
