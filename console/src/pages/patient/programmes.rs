//! What the patient is enrolled for, and the schedule that it expects.

use super::head::status_word;
use super::view::View;
use crate::access::Caller;
use crate::text::{Words, t};
use care::{EventBody, PatientStatus, Permission};
use maud::{Markup, html};

pub(super) fn programmes(caller: &Caller, view: &View) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    html! {
        section.programmes {
            div.heading {
                h2 { (t!(lang, "patient-programmes")) }
                @if caller.may(Permission::EditCare) { p.tools { a href={ "/patients/" (view.id()) "/edit#care" } { (t!(lang, "patient-change")) } } }
            }
            @if view.record.enrolments.is_empty() { p.quiet { (t!(lang, "patient-no-programme-yet")) } }
            ul.lines { @for enrolment in &view.record.enrolments {
                li.line {
                    strong { (words.programme(enrolment.programme.as_str())) }
                    span.quiet { (t!(lang, "patient-from", time = words.clock(enrolment.from)))
                        @if let Some(until) = enrolment.until { " " (t!(lang, "patient-until", time = words.clock(until))) } }
                    @if enrolment.holds_at(words.now) { span { (schedule(view, enrolment.programme.as_str())) } }
                }
            } }
            (history(view))
        }
    }
}

/// "Weight 1 per day".
fn schedule(view: &View, programme: &str) -> String {
    let book = view.books.iter().find(|b| b.programme.as_ref().is_some_and(|p| p.as_str() == programme));
    let expected = book.into_iter().flat_map(|b| &b.expected);
    expected
        .map(|(kind, rate)| format!("{}: {}", view.words.kind(*kind), rate_words(rate, view.words)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// "1 per day" as people say it; what a clinic wrote otherwise stays as it is.
fn rate_words(rate: &str, words: Words) -> String {
    match rate.split_once(" per ") {
        Some((n, "day")) => t!(words.lang, "patient-per-day", n = n.parse::<i64>().unwrap_or(1)),
        Some((n, "week")) => t!(words.lang, "patient-per-week", n = n.parse::<i64>().unwrap_or(1)),
        _ if rate == "not configured" => t!(words.lang, "patient-not-set"),
        _ => rate.to_owned(),
    }
}

/// When the patient was paused, ended, active again: who and why.
fn history(view: &View) -> Markup {
    let words = view.words;
    let changes: Vec<_> = view
        .agreed
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::PatientChanged(change) => Some((event, change, change.status?)),
            _ => None,
        })
        .collect();
    // Being entered as active is no news.
    if changes.iter().all(|(_, _, status)| *status == PatientStatus::Active) {
        return html! {};
    }
    html! {
        details { summary { (t!(words.lang, "patient-status-history")) }
            ul.lines { @for (event, change, status) in changes.iter().rev() {
                li.line {
                    strong { (status_word(*status, words)) }
                    span { (t!(words.lang, "patient-since", time = words.clock(change.effective_from), who = event.actor.0.as_str())) }
                    @if !change.reason.is_empty() { span.quiet { "“" (change.reason) "”" } }
                }
            } }
        }
    }
}
