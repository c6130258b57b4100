//! What happened with a task: who, when, why.

use super::View;
use super::told::told;
use crate::text::{Lang, t, undelivered};
use care::cover::Telling;
use care::{Actor, Command, Outcome, Sentence};
use maud::{Markup, html};
use store::TimelineEntry;

/// Newest first.
pub(super) fn section(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    html! {
        section {
            h2 { (t!(lang, "tasks-timeline")) }
            ol.timeline {
                @for entry in view.timeline.iter().rev() {
                    @let (what, why) = told_or_done(view, entry);
                    li {
                        p { (what) " " span.quiet { (view.words.when(entry.event.at)) } }
                        @if !why.0.is_empty() { p.said { (why) } }
                        @if let Some((who, reason)) = &entry.behind { p.said { (behind(view, who, reason)) } }
                    }
                }
            }
            @if view.timeline.is_empty() { p.quiet { (t!(lang, "tasks-timeline-empty")) } }
        }
    }
}

/// Whose change Hearth answered.
fn behind(view: &View<'_>, who: &Actor, reason: &str) -> String {
    let (lang, name) = (view.reader.lang, view.names.of(view.reader.lang, who));
    match reason {
        "" => t!(lang, "tasks-behind", name = name),
        reason => t!(lang, "tasks-behind-because", name = name, why = reason),
    }
}

/// What happened, and why.
fn told_or_done(view: &View<'_>, entry: &TimelineEntry) -> (Markup, Markup) {
    match &entry.event.why {
        Sentence::Telling { telling } => {
            let (step, why) = told(telling, view.words);
            (step, in_language(telling, view.reader.lang).unwrap_or(why))
        }
        why => (happened(view, entry), html! { (view.words.says(why)) }),
    }
}

/// Why a message did not leave, where the courier's words are known in the reader's language.
fn in_language(telling: &Telling, lang: Lang) -> Option<Markup> {
    let Telling::Undelivered { why, .. } = telling else { return None };
    undelivered(lang, why).map(|said| html! { (said) })
}

/// "Ada Fischer accepted it."
fn happened(view: &View<'_>, entry: &TimelineEntry) -> Markup {
    let (lang, event) = (view.reader.lang, &entry.event);
    let name = view.names.of(lang, &event.actor);
    let text = match event.what.as_str() {
        "hold" | "assign" | "complete" => {
            return entry.command.as_ref().map_or_else(
                || html! { (t!(lang, "tasks-did-other", name = name.as_str(), what = event.what.as_str())) },
                |command| with_details(view, &name, command),
            );
        }
        "accept" => t!(lang, "tasks-did-accept", name = name),
        "start" => t!(lang, "tasks-did-start", name = name),
        "cancel" => t!(lang, "tasks-did-cancel", name = name),
        "note" => t!(lang, "tasks-did-note", name = name),
        "created" => t!(lang, "tasks-did-create"),
        "joined" => t!(lang, "tasks-did-join"),
        "worsened" => t!(lang, "tasks-did-worsen"),
        "cleared" => t!(lang, "tasks-did-clear"),
        "goes-on" => t!(lang, "tasks-did-go-on"),
        "returned" => t!(lang, "tasks-did-return"),
        "retracted" => t!(lang, "tasks-did-retract"),
        "cancelled" => t!(lang, "tasks-did-take-back"),
        "unwatched" => t!(lang, "tasks-did-unwatch"),
        other => t!(lang, "tasks-did-other", name = name, what = other.replace('-', " ")),
    };
    html! { (text) }
}

/// What a person asked for besides: to whom, until when, with which outcome.
fn with_details(view: &View<'_>, name: &str, command: &Command) -> Markup {
    let (lang, words) = (view.reader.lang, view.words);
    let until = command.until.map(|at| words.at(at));
    match (command.verb, command.outcome, &command.owner, until) {
        (care::Verb::Hold, Some(Outcome::NotReached), _, Some(until)) => {
            t!(lang, "tasks-did-miss", name = name; until = until)
        }
        (care::Verb::Hold, _, _, Some(until)) => t!(lang, "tasks-did-hold", name = name; until = until),
        (care::Verb::Assign, _, Some(owner), _) if view.names.of(lang, owner) == name => {
            html! { (t!(lang, "tasks-did-take-over", name = name)) }
        }
        (care::Verb::Assign, _, Some(owner), _) => {
            html! { (t!(lang, "tasks-did-assign", name = name, to = view.names.of(lang, owner))) }
        }
        (_, Some(outcome), _, None) => {
            html! { (t!(lang, "tasks-did-complete", name = name, outcome = words.outcome(outcome))) }
        }
        (_, Some(outcome), _, Some(until)) => {
            t!(lang, "tasks-did-complete-until", name = name, outcome = words.outcome(outcome); until = until)
        }
        (verb, ..) => html! { (t!(lang, "tasks-did-other", name = name, what = verb.as_str())) },
    }
}
