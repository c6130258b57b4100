//! What can be done with a task: one thing first, the rest folded away.

use super::View;
use super::command::answer_field;
use crate::pages::form::csrf;
use crate::pages::tasks::row::owner_name;
use crate::text::t;
use care::{Outcome, TaskStatus};
use maud::{Markup, html};

/// The card of actions.
pub(super) fn card(view: &View<'_>) -> Markup {
    let (task, lang) = (&view.task, view.reader.lang);
    html! {
        section.card.work {
            h2 { (t!(lang, "tasks-owner"; who = owner_name(task.owner.as_ref(), view.reader, &view.names))) }
            p.quiet { (status(view)) }
            @if !view.reader.works {
                p.quiet { (t!(lang, "tasks-viewer")) }
            } @else if !task.status.is_open() {
                (note_form(view))
            } @else {
                (first(view))
                (rest(view))
            }
        }
    }
}

fn status(view: &View<'_>) -> Markup {
    let (task, words) = (&view.task, view.words);
    html! {
        (crate::text::capitalised(&words.status(task.status)))
        @if let Some(outcome) = task.outcome { ": " (words.outcome(outcome)) }
        @if let Some(until) = task.held_until { " · " (t!(words.lang, "tasks-waits-until"; time = words.at(until))) }
    }
}

fn form(view: &View<'_>, verb: &str, class: &str, content: &Markup) -> Markup {
    html! {
        form class=(class) method="post" action={ "/tasks/" (view.task.id) "/" (verb) } { (csrf(view.caller)) (content) }
    }
}

/// The one thing to do next: take it, or finish what one has.
fn first(view: &View<'_>) -> Markup {
    let (task, lang) = (&view.task, view.reader.lang);
    match (task.status, view.reader.owns) {
        (TaskStatus::Requested, _) => form(
            view,
            "accept",
            "stack",
            &html! { button.primary type="submit" data-key="a" { (t!(lang, "tasks-accept-it")) } },
        ),
        (TaskStatus::Accepted | TaskStatus::InProgress, true) => html! {
            @if task.status == TaskStatus::Accepted {
                (form(view, "start", "inline", &html! { button type="submit" { (t!(lang, "tasks-start")) } }))
            }
            (complete(view))
        },
        (TaskStatus::OnHold, _) => take_over(view, &t!(lang, "tasks-take-up"), true),
        _ => take_over(view, &t!(lang, "tasks-take-over"), false),
    }
}

fn take_over(view: &View<'_>, text: &str, primary: bool) -> Markup {
    let content = html! {
        input type="hidden" name="owner" value=(view.caller.actor);
        button.primary[primary] type="submit" data-key="a" { (text) }
    };
    form(view, "assign", "stack", &content)
}

/// What was asked, what came of it, what there is to say.
fn complete(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    let content = html! {
        (questions(view))
        label { (t!(lang, "tasks-outcome"))
            select name="outcome" data-key="c" required {
                option value="" { (t!(lang, "tasks-choose")) }
                @for outcome in Outcome::ALL {
                    option value=(outcome) selected[view.typed("outcome") == Some(outcome.as_str())] {
                        (view.words.outcome(*outcome))
                    }
                }
            }
        }
        (note_field(view, "n"))
        details.fold open[view.typed("date").is_some()] { summary { (t!(lang, "tasks-follow-up")) }
            p.quiet { (t!(lang, "tasks-follow-up-detail")) }
            (date_and_time(view, "complete"))
        }
        div.buttons {
            button.primary type="submit" { (t!(lang, "tasks-complete")) }
            button type="submit" formnovalidate formaction={ "/tasks/" (view.task.id) "/note" } { (t!(lang, "tasks-only-note")) }
        }
    };
    form(view, "complete", "stack", &content)
}

fn questions(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    let choices = [("yes", t!(lang, "tasks-yes")), ("no", t!(lang, "tasks-no")), ("", t!(lang, "tasks-not-asked"))];
    html! {
        @if !view.task.ask.is_empty() {
            div.ask { h3 { (t!(lang, "tasks-ask")) }
                @for (at, question) in view.task.ask.iter().enumerate() {
                    @let field = answer_field(at);
                    fieldset { legend { (question) }
                        @for (value, name) in &choices {
                            label.check {
                                input type="radio" name=(field) value=(value)
                                    checked[view.typed(&field).unwrap_or_default() == *value];
                                " " (name)
                            }
                        }
                    }
                }
            }
        }
    }
}

fn note_field(view: &View<'_>, key: &str) -> Markup {
    html! {
        label { (t!(view.reader.lang, "tasks-note"))
            textarea name="note" rows="3" data-key=(key) { (view.typed("note").unwrap_or_default()) }
        }
    }
}

/// Date and time on the patient's clock.
fn date_and_time(view: &View<'_>, of: &str) -> Markup {
    let lang = view.reader.lang;
    let zone = view.words.zone.name().replace('_', " ");
    html! {
        div.when {
            label { (t!(lang, "tasks-date")) input type="date" name="date" id={ (of) "-date" } value=[view.typed("date")]; }
            label { (t!(lang, "tasks-time")) input type="time" name="time" value=(view.typed("time").unwrap_or("10:00")); }
        }
        p.quiet { (t!(lang, "tasks-their-time", zone = zone)) }
    }
}

fn rest(view: &View<'_>) -> Markup {
    let (task, lang) = (&view.task, view.reader.lang);
    let at_work = matches!(task.status, TaskStatus::Accepted | TaskStatus::InProgress);
    html! {
        @if at_work { details { summary data-key="h" { (t!(lang, "tasks-later-title")) } (hold(view)) } }
        details { summary { (t!(lang, "tasks-hand-over")) } (hand_over(view)) }
        @if !(view.reader.owns && at_work) {
            details { summary { (t!(lang, "tasks-note-title")) } (note_form(view)) }
            details { summary { (t!(lang, "tasks-complete-now")) } (complete(view)) }
        }
        details { summary { (t!(lang, "tasks-cancel-title")) } (cancel(view)) }
    }
}

/// "Call again tomorrow 10:00": it waits and comes back.
fn hold(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    let typed = view.typed("until").unwrap_or("tomorrow");
    let choices =
        [("1h", t!(lang, "tasks-in-1h")), ("4h", t!(lang, "tasks-in-4h")), ("tomorrow", t!(lang, "tasks-tomorrow"))];
    let content = html! {
        label.check {
            input type="checkbox" name="outcome" value="not-reached" checked[view.typed("outcome") == Some("not-reached")];
            " " (t!(lang, "tasks-reached-nobody"))
        }
        label { (t!(lang, "tasks-until"))
            select name="until" {
                @for (value, name) in &choices { option value=(value) selected[typed == *value] { (name) } }
            }
        }
        p { (t!(lang, "tasks-or-at")) }
        (date_and_time(view, "hold"))
        (note_field(view, ""))
        button type="submit" { (t!(lang, "tasks-hold")) }
    };
    form(view, "hold", "stack", &content)
}

fn hand_over(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    let content = html! {
        label { (t!(lang, "tasks-to"))
            select name="owner" required {
                option value="" { (t!(lang, "tasks-choose")) }
                @for user in view.names.workers().into_iter().filter(|u| u.name != view.caller.actor.0) {
                    option value=(user.name) selected[view.typed("owner") == Some(user.name.as_str())] { (user.display_name) }
                }
            }
        }
        label { (t!(lang, "tasks-word")) textarea name="note" rows="2" { (view.typed("note").unwrap_or_default()) } }
        button type="submit" { (t!(lang, "tasks-hand-over")) }
    };
    form(view, "assign", "stack", &content)
}

fn cancel(view: &View<'_>) -> Markup {
    let lang = view.reader.lang;
    let content = html! {
        label { (t!(lang, "tasks-why-cancel"))
            textarea name="note" rows="2" required { (view.typed("note").unwrap_or_default()) } }
        button type="submit" { (t!(lang, "tasks-cancel")) }
    };
    form(view, "cancel", "stack", &content)
}

fn note_form(view: &View<'_>) -> Markup {
    let content = html! { (note_field(view, "n")) button type="submit" { (t!(view.reader.lang, "tasks-add-note")) } };
    form(view, "note", "stack", &content)
}
