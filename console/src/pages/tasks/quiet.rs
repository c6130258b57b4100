//! Episodes that hold while nobody has a task for them: looked at, not forgotten.

use super::row::reason;
use crate::access::Caller;
use crate::app::Shared;
use crate::pages::layout::{self, Place};
use crate::problem::Problem;
use crate::text::{Words, t};
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use store::{PageRequest, QuietEpisode};

/// Rows of a page.
const ROWS: u32 = 50;

/// Where to go on.
#[derive(Debug, Deserialize)]
pub(crate) struct After {
    after: Option<String>,
}

/// `GET /tasks/quiet`.
pub(crate) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(after): Query<After>,
) -> Result<Markup, Problem> {
    let lang = caller.lang;
    let request = PageRequest { after: after.after, limit: ROWS };
    let list = app.store.quiet_episodes(caller.scope().clone(), request).await?;
    let words = caller.words(&app);
    let content = html! {
        p.crumb { a href="/" { (t!(lang, "common-tasks")) } }
        h1 { (t!(lang, "tasks-quiet-title")) }
        p.quiet { (t!(lang, "tasks-quiet-lead")) }
        @if list.items.is_empty() { div.empty { p { (t!(lang, "tasks-quiet-none")) } } }
        ol.tasks { @for quiet in &list.items { (entry(quiet, words)) } }
        @if let Some(next) = &list.next { p { a href={ "/tasks/quiet?after=" (next) } { (t!(lang, "tasks-quiet-more")) } } }
    };
    Ok(layout::page(&caller, Place::Tasks, &t!(lang, "tasks-quiet-title"), &content))
}

fn entry(quiet: &QuietEpisode, words: Words) -> Markup {
    let (lang, patient, episode) = (words.lang, &quiet.patient, &quiet.episode);
    let words = words.in_zone(patient.timezone);
    html! {
        li.quiet-one {
            div { (words.severity(episode.severity)) }
            div {
                h2 { a href={ "/patients/" (patient.id) } { (patient.name) } }
                @if let Some(born) = patient.birth_date { span.quiet { " " (t!(lang, "tasks-born", date = words.date(born))) } }
                @if let Some(why) = episode.reason() { p.reason { (why.in_language(lang.voice())) } }
                p.quiet {
                    (t!(lang, "tasks-holds-since"; since = words.when(episode.opened_at)))
                    @if let Some(task) = &quiet.last {
                        " · " a href={ "/tasks/" (task.id) } {
                            @match (task.closed_at, task.outcome) {
                                (Some(at), Some(outcome)) => {
                                    (t!(lang, "tasks-settled", outcome = words.outcome(outcome); at = words.when(at)))
                                },
                                (Some(at), None) => { (t!(lang, "tasks-dropped"; at = words.when(at))) },
                                _ => { (reason(task, lang)) },
                            }
                        }
                    }
                }
            }
        }
    }
}
