//! What a change would make of people, before it is made.

use crate::app::App;
use crate::pages::form::Fields;
use crate::problem::Problem;
use crate::text::{Books, Words, t};
use care::{Episode, Foreseen, PatientId, Proposal, Task};
use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use vitals::Instant;

/// What would come of it, and how to say it.
pub(in crate::pages) struct Outcome<'a> {
    /// "1.5 kg"; none where it is no single value
    pub(in crate::pages) what: Option<&'a str>,
    pub(in crate::pages) foreseen: &'a [Foreseen],
    /// who they are, where it is about several
    pub(in crate::pages) names: &'a [(PatientId, String)],
}

/// Asks the rules.
pub(in crate::pages) async fn of(app: &App, words: Words, proposal: &Proposal) -> Result<Vec<Foreseen>, Problem> {
    Ok(Books::of(app, words).foreseen(app.previewer.foresee(proposal).await?))
}

pub(in crate::pages) fn show(outcome: &Outcome<'_>, words: Words) -> Markup {
    html! {
        @for one in outcome.foreseen {
            @let name = outcome.names.iter().find(|(id, _)| *id == one.patient).map(|(_, name)| name.as_str());
            div.foreseen {
                @if let Some(name) = name { h3 { (name) } }
                p.lead { @if let Some(what) = outcome.what { (t!(words.lang, "patient-with", what = what)) " " } (sentence(one, words)) }
                (changed_tasks(one, words))
                (changed_episodes(one, words))
            }
        }
    }
}

/// "3 more episodes in the last 90 days, 1 task would open now."
fn sentence(one: &Foreseen, words: Words) -> String {
    let lang = words.lang;
    if one.is_nothing() {
        return t!(lang, "patient-changes-nothing");
    }
    let (more, fewer) = (one.gained().count(), one.lost().count());
    let mut parts = Vec::new();
    if more > 0 {
        parts.push(t!(lang, "patient-more-episodes", n = more));
    }
    if fewer > 0 {
        parts.push(t!(lang, "patient-fewer-episodes", n = fewer));
    }
    if parts.is_empty() {
        parts.push(t!(lang, "patient-same-episodes"));
    }
    let tasks = [
        (one.opened.len(), t!(lang, "patient-tasks-open", n = one.opened.len())),
        (one.cancelled.len(), t!(lang, "patient-tasks-go", n = one.cancelled.len())),
        (one.changed.len(), t!(lang, "patient-tasks-change", n = one.changed.len())),
    ];
    let said: Vec<String> = tasks.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect();
    if said.is_empty() {
        parts.push(t!(lang, "patient-no-task-changes"))
    } else {
        parts.extend(said)
    }
    format!("{}.", parts.join(", "))
}

fn changed_tasks(one: &Foreseen, words: Words) -> Markup {
    let line = |task: &Task, what: String| {
        html! { li.line { (words.severity(task.severity)) strong { (task.title) } span { (words.says(&task.reason)) } span.quiet { (what) } } }
    };
    html! {
        @if one.opened.len() + one.cancelled.len() + one.changed.len() > 0 {
            ul.lines {
                @for task in &one.opened { (line(task, t!(words.lang, "patient-would-open"))) }
                @for task in &one.cancelled { (line(task, t!(words.lang, "patient-would-go"))) }
                @for task in &one.changed {
                    @if task.condition_over_since.is_some() { (line(task, t!(words.lang, "patient-would-be-over"))) }
                    @else { (line(task, t!(words.lang, "patient-would-change"))) }
                }
            }
        }
    }
}

/// So many are listed.
const LISTED: usize = 8;

fn changed_episodes(one: &Foreseen, words: Words) -> Markup {
    let line = |episode: &Episode, what: String| {
        html! { li.line {
            (words.severity(episode.severity))
            span { @if let Some(reason) = episode.reason() { (words.says(&reason)) } }
            span.quiet { (words.at(episode.opened_at)) ", " (what) }
        } }
    };
    let (gained, lost): (Vec<&Episode>, Vec<&Episode>) = (one.gained().collect(), one.lost().collect());
    html! {
        @if gained.len() + lost.len() > 0 {
            details { summary { (t!(words.lang, "patient-which-episodes")) }
                ul.lines {
                    @for episode in gained.iter().rev().take(LISTED) { (line(episode, t!(words.lang, "patient-would-be"))) }
                    @for episode in lost.iter().rev().take(LISTED) { (line(episode, t!(words.lang, "patient-would-not-be"))) }
                }
            }
        }
    }
}

/// The fields once more, unseen.
pub(in crate::pages) fn repeated(fields: &Fields, names: &[&str]) -> Markup {
    html! {
        @for name in names {
            @if let Some(value) = fields.get(name) { input type="hidden" name=(name) value=(value); }
        }
    }
}

/// The first moment of a day that was typed.
pub(in crate::pages) fn midnight(date: &str, zone: Tz) -> Option<Instant> {
    let date: NaiveDate = date.parse().ok()?;
    zone.from_local_datetime(&date.and_time(NaiveTime::MIN)).earliest().map(|t| t.to_utc())
}
