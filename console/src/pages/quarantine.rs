//! What could not become a reading, why, and what to do.

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert, ticked};
use super::pointer::place_of;
use super::reason;
use super::sources::counted;
use crate::access::Caller;
use crate::api::replay_row;
use crate::app::{App, Shared};
use crate::cursor;
use crate::problem::Problem;
use crate::replays::{self, Chosen, End, Run};
use crate::text::{Words, refused, t};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::Permission;
use maud::{Markup, html};
use serde::Deserialize;
use std::fmt::Write;
use store::{PageRequest, QuarantineRow, RefusedKind};
use vitals::SourceId;
use wire::ReasonCode;

/// What is shown, and where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Filter {
    code: Option<String>,
    source: Option<String>,
    cursor: Option<String>,
}

impl Filter {
    fn chosen(code: Option<&str>, source: Option<&str>) -> Result<Chosen, Problem> {
        let given = |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let word = |c: &String| c.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && c.len() <= 64;
        let source = given(source).map(|s| SourceId::new(&s).map_err(|_| Problem::not_found("such source")));
        let code = given(code).map(|c| if word(&c) { Ok(c) } else { Err(Problem::not_found("such reason")) });
        Ok(Chosen { code: code.transpose()?, source: source.transpose()? })
    }
}

/// The filter as it stands behind a `?`; the values need no escaping.
fn query(code: Option<&str>, source: Option<&SourceId>) -> String {
    let code = code.map(|c| format!("code={c}"));
    let source = source.map(|s| format!("source={s}"));
    code.into_iter().chain(source).collect::<Vec<_>>().join("&")
}

/// Items on one page.
const SHOWN: u32 = 50;

/// `GET /quarantine`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Markup, Problem> {
    let chosen = Filter::chosen(filter.code.as_deref(), filter.source.as_deref())?;
    let after = cursor::read(filter.cursor.as_deref())?;
    show(&app, &caller, &chosen, after, None).await
}

async fn show(
    app: &App,
    caller: &Caller,
    chosen: &Chosen,
    after: Option<String>,
    wrong: Option<&str>,
) -> Result<Markup, Problem> {
    let page = PageRequest { after, limit: SHOWN };
    let page = app.store.quarantine(chosen.code.as_deref(), chosen.source.as_ref(), page).await?;
    let kinds = app.store.refused_kinds(chosen.source.as_ref()).await?;
    let ledger = app.store.ledger().await?;
    let (words, lang) = (caller.words(app), caller.lang);
    let administers = caller.may(Permission::Administer);
    let title = t!(lang, "admin-quarantine");
    let content = html! {
        p.crumb {
            a href="/sources" { (t!(lang, "common-sources")) }
            @if let Some(source) = &chosen.source { " › " a href={ "/sources/" (source) } { (source) } }
        }
        h1 { (title) }
        p.quiet { (t!(lang, "admin-quarantine-lead")) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        p.ledger { (t!(lang, "admin-ledger", received = ledger.received, stored = ledger.stored, duplicate = ledger.duplicate, quarantined = ledger.quarantined)) }
        div #live data-live="quarantine" { (runs(&app.replays.all(), words)) }
        (kinds_nav(&kinds, chosen, words))
        @if administers && !page.items.is_empty() { (replay_all(caller, chosen)) }
        @if page.items.is_empty() {
            div.empty { p { strong { (t!(lang, "admin-quarantine-empty")) } } p.quiet { (t!(lang, "admin-quarantine-empty-why")) } }
        } @else {
            ul.refused { @for row in &page.items { (item(row, words, administers)) } }
        }
        @if let Some(next) = page.next {
            p { a href={ "/quarantine?cursor=" (cursor::write(next)) "&" (query(chosen.code.as_deref(), chosen.source.as_ref())) } { (t!(lang, "admin-more")) } }
        }
    };
    Ok(layout::page(caller, Place::Sources, &title, &content))
}

fn kinds_nav(kinds: &[RefusedKind], chosen: &Chosen, words: Words) -> Markup {
    let (lang, source) = (words.lang, chosen.source.as_ref());
    if kinds.is_empty() {
        return html! {};
    }
    html! {
        nav.filters aria-label=(t!(lang, "admin-by-reason")) {
            a href={ "/quarantine?" (query(None, source)) } aria-current=[chosen.code.is_none().then_some("true")] { (t!(lang, "admin-all-reasons")) }
            @for kind in kinds {
                a href={ "/quarantine?" (query(Some(&kind.code), source)) } aria-current=[(chosen.code.as_deref() == Some(kind.code.as_str())).then_some("true")] {
                    (reason::title(lang, &kind.code)) " " span.count { (counted(lang, kind.count)) }
                }
            }
        }
        @if let Some(remedy) = chosen.code.as_deref().and_then(|code| reason::remedy(lang, code)) { p.lead { (remedy) } }
    }
}

fn replay_all(caller: &Caller, chosen: &Chosen) -> Markup {
    let lang = caller.lang;
    html! {
        form.inline method="post" action="/quarantine/replay" {
            (csrf(caller))
            @if let Some(code) = &chosen.code { input type="hidden" name="code" value=(code); }
            @if let Some(source) = &chosen.source { input type="hidden" name="source" value=(source); }
            button type="submit" { (t!(lang, "admin-replay-all")) }
            span.quiet { (t!(lang, "admin-replay-means")) }
        }
    }
}

/// How far replays are, newest first.
fn runs(all: &[Run], words: Words) -> Markup {
    let lang = words.lang;
    html! {
        @for run in all.iter().take(3) {
            @let n = run.stored.saturating_add(run.duplicate).saturating_add(run.refused);
            p.run role="status" {
                strong { @match run.end {
                    None => { (t!(lang, "admin-replay-running")) },
                    Some(End::Done) => { (t!(lang, "admin-replay-done")) },
                    Some(End::Broken) => { (t!(lang, "admin-replay-broken")) },
                } }
                " "
                (t!(lang, "admin-replay-counts", n = n, stored = run.stored, duplicate = run.duplicate, refused = run.refused))
                " " span.quiet {
                    (words.when(run.began_at)) ", " (run.by)
                    @if let Some(code) = &run.chosen.code { ", " (reason::title(lang, code)) }
                    @if let Some(source) = &run.chosen.source { ", " (source) }
                }
            }
        }
    }
}

fn item(row: &QuarantineRow, words: Words, administers: bool) -> Markup {
    html! {
        li {
            p {
                @if administers { a href={ "/quarantine/" (row.row) } { strong { (reason::title(words.lang, &row.refused.code)) } } }
                @else { strong { (reason::title(words.lang, &row.refused.code)) } }
            }
            (detail(row, words, None))
            p.quiet {
                (row.source) "/" (row.device) " · " (words.when(row.received_at.0))
                @if let Some(pointer) = pointer(row) { " · " code { (pointer) } }
            }
        }
    }
}

/// What the sender was told, in the reader's language; a sentence that is known in English only as the receipt has it.
fn detail(row: &QuarantineRow, words: Words, class: Option<&str>) -> Markup {
    html! {
        @match refused(words, &row.refused.detail) {
            Some(said) => { p class=[class] { (ticked(&said)) } },
            None => { p class=[class] lang="en" { (ticked(&row.refused.detail)) } },
        }
    }
}

fn pointer(row: &QuarantineRow) -> Option<&str> {
    row.refused.pointer.as_deref().filter(|p| !p.is_empty())
}

/// `GET /quarantine/{id}`: the bytes, for administrators.
pub(super) async fn row(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Result<Markup, Problem> {
    let row = load(&app, &id).await?;
    Ok(show_row(&app, &caller, &row, None))
}

async fn load(app: &App, id: &str) -> Result<QuarantineRow, Problem> {
    let missing = || Problem::not_found("such item in quarantine");
    Ok(app.store.quarantine_row(id.parse().map_err(|_| missing())?).await?)
}

/// `POST /quarantine/{id}/replay`.
pub(super) async fn replay(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let replayed = replay_row(&app, &id).await?;
    let row = load(&app, &id).await?;
    let lang = caller.lang;
    let word = match replayed.status {
        "stored" => t!(lang, "admin-replayed-stored"),
        "duplicate" => t!(lang, "admin-replayed-duplicate"),
        _ => t!(lang, "admin-replayed-refused"),
    };
    Ok(show_row(&app, &caller, &row, Some(&word)).into_response())
}

/// `POST /quarantine/replay`: everything, or all of one reason or source.
pub(super) async fn replay_many(
    State(app): State<Shared>,
    caller: Caller,
    fields: Fields,
) -> Result<Response, Problem> {
    let chosen = Filter::chosen(fields.get("code"), fields.get("source"))?;
    match replays::begin(&app, chosen.clone(), &caller.actor) {
        Ok(()) => {
            let query = query(chosen.code.as_deref(), chosen.source.as_ref());
            Ok(Redirect::to(&format!("/quarantine?{query}")).into_response())
        }
        Err(problem) => {
            let page = show(&app, &caller, &chosen, None, Some(&t!(caller.lang, "admin-replay-busy"))).await?;
            Ok((problem.status, page).into_response())
        }
    }
}

fn show_row(app: &App, caller: &Caller, row: &QuarantineRow, word: Option<&str>) -> Markup {
    let (words, lang) = (caller.words(app), caller.lang);
    let text = std::str::from_utf8(&row.raw).ok();
    let title = reason::title(lang, &row.refused.code);
    let content = html! {
        p.crumb {
            a href="/sources" { (t!(lang, "common-sources")) } " › "
            a href={ "/sources/" (row.source) } { (row.source) } " › "
            a href={ "/quarantine?source=" (row.source) "&code=" (row.refused.code) } { (t!(lang, "admin-quarantine")) }
        }
        h1 { (title) }
        @if let Some(word) = word { (alert(word)) }
        (detail(row, words, Some("lead")))
        @if let Some(remedy) = reason::remedy(lang, &row.refused.code) { p { strong { (t!(lang, "admin-what-to-do")) } " " (remedy) } }
        @if row.refused.code == ReasonCode::IdReused.as_str() { p.quiet { (t!(lang, "admin-id-reused-note")) } }
        dl.facts {
            dt { (t!(lang, "admin-from")) } dd { a href={ "/sources/" (row.source) } { (row.source) } "/" (row.device) }
            dt { (t!(lang, "admin-topic")) } dd { code { (row.topic) } }
            dt { (t!(lang, "admin-arrived")) } dd { (words.when(row.received_at.0)) }
            @if let Some(id) = &row.refused.id { dt { (t!(lang, "admin-sender-id")) } dd { code { (id) } } }
            @if let Some(pointer) = pointer(row) { dt { (t!(lang, "admin-where")) } dd { code { (pointer) } } }
            dt { (t!(lang, "admin-code")) } dd { code { (row.refused.code) } }
        }
        h2 { (t!(lang, "admin-bytes")) " " span.count { (row.raw.len()) } }
        @match text { Some(text) => { (marked(text, pointer(row))) }, None => { p.quiet { (t!(lang, "admin-no-text")) } } }
        details open[text.is_none()] { summary { (t!(lang, "admin-hexadecimal")) } pre tabindex="0" { (dump(&row.raw)) } }
        @match row.replayed_at {
            None => { form.inline method="post" action={ "/quarantine/" (row.row) "/replay" } { (csrf(caller)) button.primary type="submit" { (t!(lang, "admin-replay")) } span.quiet { (t!(lang, "admin-replay-means")) } } },
            Some(at) => { p.quiet { (t!(lang, "admin-replayed")) " " (words.when(at)) } },
        }
    };
    layout::page(caller, Place::Sources, &title, &content)
}

/// The text with what the pointer names marked in it.
fn marked(text: &str, pointer: Option<&str>) -> Markup {
    let place = pointer.and_then(|p| place_of(text, p));
    let parts = place.and_then(|at| Some((text.get(..at.start)?, text.get(at.clone())?, text.get(at.end..)?)));
    html! {
        pre.bytes tabindex="0" {
            @match parts { Some((before, wrong, after)) => { (before) mark { (wrong) } (after) }, None => { (text) } }
        }
    }
}

/// At most so many bytes are dumped; all of them are in the API.
const DUMPED: usize = 4096;

fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, line) in bytes.chunks(16).take(DUMPED / 16).enumerate() {
        let hex: Vec<String> = line.iter().map(|b| format!("{b:02x}")).collect();
        let plain: String =
            line.iter().map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '.' }).collect();
        // Writing into a String does not fail.
        let _ = writeln!(text, "{:06x}  {:<47}  {plain}", index * 16, hex.join(" "));
    }
    text
}
